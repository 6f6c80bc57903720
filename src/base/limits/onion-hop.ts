import { table } from '../table.js'

/** What a relay reads that passes onion packets on, or is an exit, beside the limits of the core. */
export const ONION_HOP_LIMITS = /* @__PURE__ */ table({
  /** Packets that one connection may send in a second, and at once: a session with cover sends 0.6 a second, a stream 80. */
  onionPacketsPerS: 50,
  onionPacketBurst: 200,
  /** The same for a hop that is in the directory, which brings packets of many. */
  onionLinkPacketsPerS: 2_000,
  onionLinkPacketBurst: 4_000,
  /** Processor time for packets, milliseconds in a second, and at once: a packet costs about a fifth of one. */
  onionPeelMsPerS: 300,
  onionPeelBurstMs: 300,
  /** Packets of one connection that wait to be peeled: those of the greediest are dropped first. */
  maxOnionBacklog: 256,
  /** Packets that wait for their delay to be over, which links share: 3 kB each. A sixteenth of the memory ceiling at most. */
  maxOnionDelayed: 100_000,
  /** How long a hop that an error may come back from is remembered, and packets for which that is so. */
  onionErrorMs: 30_000,
  maxOnionErrors: 65_536,
  /** Longest random time before an error leaves, so that its time does not tell where the packet failed. */
  onionErrorDelayMs: 200,
  /** How long the next hop is dialled before a packet for it is given up, and packets that wait for one. */
  onionDialMs: 3_000,
  maxOnionDialBacklog: 1_024,
  /** Connections to other hops that stay open when they are idle, and for how long. */
  onionLinks: 16,
  onionLinkIdleMs: 300_000,
  /** How often the directory is read, and how often at most because hops come; and a hop is looked up that a packet names and that is not there. */
  onionHopDirectoryMs: 600_000,
  onionHopDirectoryMinMs: 10_000,
  /** Hops that a hop knows. */
  maxOnionHopsKnown: 4_096,
  /** How often the own record is published; it lives for two hours. */
  onionRecordMs: 3_600_000,
  /** Mean time between the loops of a hop, and how long one may take. */
  onionHopLoopMs: 10_000,
  onionHopLoopTimeoutMs: 10_000,
  /** Inbox tags at one guard, of all connections. */
  maxOnionInboxes: 65_536,
  /** Messages to the exit that are remembered, so that a repeat is done once, for how long, and bytes of their answers. */
  maxOnionMessages: 8_192,
  onionMessageMs: 600_000,
  maxOnionAnswerBytes: 67_108_864,
  /** How long the parts of a message are waited for. */
  onionPartsMs: 30_000,
  /** Actions under way at once, half of them of one kind; and of one kind in a second before its work rises by a bit, with each doubling by another. */
  maxOnionActions: 256,
  onionActionsPerS: 20,
  /** Most bits of work that an exit asks for when it is busy. */
  maxOnionExitBits: 22,
  /** Streams that end at the exit: each holds at most a window of its circuit. */
  maxOnionStreams: 256,
  /** How long an action may take; a letter as long as its sender waits. */
  onionActionMs: 20_000,
  maxOnionLetterWaitMs: 60_000,
  /** Anonymous letters under way to one peer. */
  maxOnionLettersPerPeer: 16,
} as const)

/** The limits of hops and exits, resolved. */
export type OnionHopLimits = { readonly [Name in keyof typeof ONION_HOP_LIMITS]: number }
