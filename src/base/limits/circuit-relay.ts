import { table } from '../table.js'

/** What `relayServices()` reads beside the limits of the core. */
export const CIRCUIT_RELAY_LIMITS = /* @__PURE__ */ table({
  /** Circuits of a relay in all. */
  maxCircuits: 10_000,
  /** Unacknowledged bytes of one direction of one circuit: the most a relay may have to hold for it. */
  circuitWindowBytes: 524_288,
  /** How long one circuit may last. */
  circuitMs: 43_200_000,
  /** Bytes that one circuit may carry, both directions together. */
  circuitBytes: 17_179_869_184,
  /** Bytes a second that one direction of one circuit may carry, beyond which the relay delays it; operators of public relays lower it. */
  circuitBytesPerS: 134_217_728,
  /** Circuits between the same two peers: one is in use, one replaces it, two are dialled at once from both ends. So that one caller cannot use up the called one's share. */
  maxCircuitsPerPair: 4,
  /** Circuits that one peer may open in a second, and at once: twice as many as it may have, so that a wallet that connects and disconnects for fun is served. */
  circuitOpensPerS: 10,
  circuitOpenBurst: 128,
  /** Circuits that are opened to one peer in a second, and at once, whoever calls: each costs the called peer a handshake, and the relay's word to it counts in the budget of all that the relay says. */
  circuitCallsPerS: 50,
  circuitCallBurst: 256,
  /** Time in which a peer that has just connected is brought callers without a reservation: it is about to make one. */
  reservationGraceMs: 5_000,
  /** Reservations of a relay in all. */
  maxRelayReservations: 10_000,
  /** Bytes of one introduction: what one peer may learn by a question of a hundred bytes. Those that it holds are drawn by lot. */
  maxIntroductionBytes: 65_536,
  /** Watches for peers of a relay in all: some for each peer of a large one. */
  maxRelayPeerWatches: 20_000,
  /** How long changes are collected before a watcher of peers is told, so that many cost one message. */
  peerWatchDelayMs: 100,
} as const)
