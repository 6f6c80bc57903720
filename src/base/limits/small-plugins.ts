import { table } from '../table.js'

/**
 * What `peerWatch()`, `pageEvents()`, `resourceWatch()` and `relayClocks()` read beside the limits of the core. One table: one for each would be
 * longer than what it holds.
 */
export const SMALL_PLUGIN_LIMITS = /* @__PURE__ */ table({
  /** Watches for peers that one peer may have at a relay. */
  maxPeerWatches: 64,
  /** How often we look whether the machine slept; a timer more than three times as late means that it did. */
  wakeCheckMs: 5_000,
  /** Records of others that live watches keep in view. */
  maxWatchedRecords: 10_000,
  /** Peers whose clocks must agree before we say that ours is wrong. */
  clockSkewQuorum: 3,
} as const)
