import { table } from '../table.js'

/** What `relayServices()` reads beside the limits of the core. */
export const CIRCUIT_RELAY_LIMITS = /* @__PURE__ */ table({
  /** Circuits between the same two peers: one is in use, one replaces it, two are dialled at once from both ends. So that one caller cannot use up the called one's share. */
  maxCircuitsPerPair: 4,
  /** Time in which a peer that has just connected is brought callers without a reservation: it is about to make one. */
  reservationGraceMs: 5_000,
  /** Reservations of a relay in all. */
  maxRelayReservations: 10_000,
} as const)
