import { table } from '../table.js'

/** What `dhtWalk()` reads beside the limits of the core, and `dhtNode()` and `eclipseWatch()` with it. */
export const WALK_LIMITS = /* @__PURE__ */ table({
  /** Nodes in one bucket of the routing table, nodes that store one record, and nodes in one answer: Kademlia's k. */
  dhtBucketSize: 20,
  /** Percent of the connections that we choose by ourselves which one address group or operator may have, as long as there are others to choose. */
  maxOriginShare: 25,
  /** How often one node that others have told of is tried, to see whether it lives. */
  feelerIntervalMs: 120_000,
  /** Questions of one lookup under way at once: Kademlia's α. */
  dhtConcurrency: 3,
  /** Paths of one lookup that share no node, so that a liar misleads one of them at most: S/Kademlia's d. */
  dhtPaths: 3,
  /** Nodes that must agree before a lookup ends early. */
  dhtQuorum: 2,
  /** Connections that are kept open for lookups alone: lookups of a thousand nodes take no longer than with twice as many. */
  dhtLinks: 8,
  /** How long one of them stays open without being used. */
  dhtLinkIdleMs: 300_000,
  /** How often buckets that no lookup went through are refreshed (Kademlia's hour), and nodes silent for as long are asked whether they live. */
  dhtRefreshMs: 3_600_000,
} as const)
