import { type OptionsOf, withCheckedOptions } from '../../base/options.js'
import { CRITERIA } from './filters.js'
import { Resources } from './resources.js'

/** The options of the calls of `Resources`. */
export const resourceOptions = (): Record<string, OptionsOf> => ({
  announceResource: [3, 'ttl', 'republish', 'whileConnected'],
  withdrawResource: [2],
  discoverResources: [2, 'maxResults', 'onePerPublisher', 'resourcesPerPublisher', ...CRITERIA],
  getResource: [2, 'creatorPeerId'],
})

/** `Resources` whose calls refuse options that there are none of. */
export const CheckedResources: typeof Resources = /* @__PURE__ */ (() =>
  withCheckedOptions(class extends Resources {}, '', resourceOptions()))()
