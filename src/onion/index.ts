// lotus-p2p/onion: asks, announces and looks up so that no single party can tell who does. Experimental.
export type { CoverMode } from './cover.js'
export type { GroupOf } from './hop.js'
export type { OnionAnnouncement, OnionCallOptions, OnionIdentity } from './identity.js'
export type { AnonymousRequestOptions } from './letters.js'
export type { Onion, OnionPathHop, OnionStatus } from './onion.js'
export { type OnionOptions, onion } from './plugin.js'
export type { OnionProfile } from './profile.js'
