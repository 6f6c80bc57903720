import type { Clock } from './clock.js'
import type { Identity } from './identity/identity.js'
import type { Limits } from './limits.js'
import type { Logger } from './logger.js'
import type { PeerInfo } from './peer/peer-info.js'
import type { KeyValueStore } from './storage/key-value-store.js'
import type { Listener, Transport } from './transport/transport.js'

export interface P2PConfig {
  /** A name instead of the `lp1…` id; every peer pins it to our key on first contact. */
  peerId?: string
  /** Default: a fresh one for this coordinator. */
  identity?: Identity
  /** Connected peers at most. Default 50. */
  maxConnections?: number
  /** Milliseconds between probes. Default 30,000. */
  heartbeatInterval?: number
  /** Peers to connect to, and to come back to: `'wss://relay.example'` is enough. */
  bootstrap?: (string | PeerInfo)[]
  /** Where to accept connections, e.g. `webSocketServer()` of `lotus-p2p/node`. */
  listen?: Listener[]
  /** Ways to dial. Default: `[webSocket()]`. Circuits through relays are always there. */
  transports?: Transport[]
  /** Keeps pinned names. Default: memory. */
  store?: KeyValueStore
  clock?: Clock
  logger?: Logger
  /** Sign direct messages too, and refuse unsigned ones. */
  requireSignatures?: boolean
  /** `'auto'`: a server where the coordinator listens, else a client. */
  dht?: { mode?: 'auto' | 'client' | 'server' }
  limits?: Partial<Limits>
  /** Told to every peer we connect to; serialised at most 2,048 bytes. */
  metadata?: Record<string, unknown>
}
