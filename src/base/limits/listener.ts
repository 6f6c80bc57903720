import { table } from '../table.js'

/** What `webSocketServer()` reads beside the limits of the core. */
export const LISTENER_LIMITS = /* @__PURE__ */ table({
  /** Connections that one client address (IPv6: /64) has open at a relay: many wallets may share the address of a NAT, one must not take the pool. */
  maxConnectionsPerAddress: 64,
  /** Connections and requests that one client address may begin in a second, and at once. */
  connectionsPerAddressPerS: 20,
  connectionBurstPerAddress: 100,
  /** Upgrades in a second, from all addresses, that do not bring the first frame of the handshake with them as the SDK does. Above it they are refused with 503, and as long as they keep coming by a reset, before their requests are parsed: a flood of connections that say nothing stays cheap. */
  bareUpgradesPerS: 100,
  /** Sockets and handshakes of one client address that are not finished: above what a NAT's wallets have under way when they all come back at once. */
  maxPendingPerAddress: 32,
  /** Peers that join a relay in a second, and at once, before newcomers are asked to come later: after an outage 500 wallets are back within 3 s, and more come one after the other. */
  newcomersPerS: 250,
  newcomerBurst: 500,
  /** Client addresses without a connection that a relay remembers: what they have used up is forgotten early only in a flood from more than these. */
  maxIdleAddresses: 20_000,
  /** Connections that the system has accepted and a relay has not: a burst of newcomers waits rather than be told nothing. */
  listenBacklog: 4_096,
  /** Headers of a request to a relay: a browser sends about 600 bytes, the first frame at most 1,400 characters. */
  maxHeaderBytes: 8_192,
  /** Bytes that wait for a peer below which it is not ended for acknowledging nothing: it costs too little, and its probes decide. */
  slowReaderBytes: 65_536,
  /** Time in which a reader must have taken something of what waits for it: at 64 kB in this time even 20 kbit/s is fast enough. */
  slowReaderMs: 30_000,
  /** HTTP sessions of a listener, those that have closed but wait to be told so included. Each may hold a frame in the making and its queue. */
  httpMaxSessions: 512,
  /** Time without a poll after which a session ends: a phone changing networks needs some seconds, a peer that is gone never comes. */
  httpSessionMs: 40_000,
  /** A streamed answer is ended and asked for again after this time and these bytes, so that what collects answers on the way stays small. */
  httpStreamMs: 60_000,
  httpStreamBytes: 4_194_304,
} as const)
