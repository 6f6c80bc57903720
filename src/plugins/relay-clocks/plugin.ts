import type { Plugin } from '../../core/plugin.js'
import { RelayClocks } from './relay-clocks.js'

/**
 * Lets a device connect whose clock is more than a day wrong: the clocks of the relays in `bootstrap` and `anchors` tell the time there,
 * and an `'error'` event CLOCK_SKEW says once an hour that the clock is to be set right.
 */
export function relayClocks(): Plugin {
  return {
    name: 'relay-clocks',
    attach(kit) {
      const { clock, limits, store, named } = kit
      const clocks = new RelayClocks({ clock, limits, store, named, onSkew: (error) => kit.report(error) })
      kit.setJudge((address, certificate, now) => clocks.judge(address, certificate, now))
      return {}
    },
  }
}
