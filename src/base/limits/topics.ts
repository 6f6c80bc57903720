import { table } from '../table.js'

/** What `topics()` reads beside the limits of the core. */
export const TOPIC_LIMITS = /* @__PURE__ */ table({
  /** One topic message: every subscriber pays for it. */
  maxTopicMessageBytes: 65_536,
  /** Topics that one peer may want. */
  maxTopicsPerPeer: 256,
  /** Topics that a router may want, for all behind it. */
  maxTopicsPerRouter: 10_000,
  /** Topics that a router knows somebody to want, in all. */
  maxTopics: 50_000,
  /** Routers between a publisher and a subscriber: more than any sensible mesh of relays has. */
  maxTopicHops: 8,
  /** Last messages of a topic that are kept for late subscribers, and for how long. */
  topicHistory: 32,
  topicHistoryMs: 600_000,
  /** Bytes of all kept messages of all topics; the oldest go first. */
  maxTopicHistoryBytes: 16_777_216,
  /** How long advertisements of messages are collected into one. */
  topicHaveDelayMs: 100,
  /** How long an advertised message may take to come by itself, before it is asked for. */
  topicGraftMs: 500,
  /** Advertised messages that have not come, remembered with who has them. */
  maxTopicMissing: 1_024,
  /** Ids of topic messages remembered, so that none is delivered twice. */
  topicSeen: 50_000,
  /** Messages that one publisher may publish in a second, and at once. */
  topicRatePerS: 50,
  topicBurst: 100,
  /** Topic messages of any kind that one neighbour may send in a second; a relay brings those of many publishers. */
  topicNeighbourRatePerS: 2_000,
} as const)
