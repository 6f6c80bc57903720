import { table } from '../table.js'

/** What `dhtNode()` reads beside the limits of the core, and `relayServices()` with it. */
export const NODE_LIMITS = /* @__PURE__ */ table({
  /** Bytes of one DHT answer: below `maxMessageBytes` with room for the envelope. */
  maxAnswerBytes: 786_432,
  /** Questions that one peer may ask a server in a second, and ten times as many at once: a wallet that announces a thousand records, a node in the middle of many lookups. */
  dhtRequestsPerS: 2_000,
  /** How often a node looks for those nearest to itself, and what it stores for others is offered to the nodes nearest to that. */
  dhtReplicateMs: 600_000,
  /** How long a copy on the way of lookups is kept. */
  dhtCacheMs: 120_000,
  /** How long the publisher of a record that holds while it is connected may be away: a page that reloads is back before. */
  dhtAwayMs: 5_000,
  /** How long a listening peer must be up, and have been reached, before others keep it in their routing tables. */
  dhtNodeAfterMs: 600_000,
  /** Members of one part of a set at one node, beyond which it is split in two. */
  maxSetRecords: 2_048,
  /** Lookups that a server runs for others at once; above it, it answers from its own store. One client has an eighth of them, or of what is free up to half of them. */
  maxWalksForOthers: 256,
  /** Changes on their way to one watcher; a slower one is told that it missed some and asks again. */
  maxWatchBacklog: 256,
  /** Watches one peer may hold at a server. */
  maxWatchesPerPeer: 64,
  /** Watches a server keeps in all. */
  maxWatches: 50_000,
} as const)
