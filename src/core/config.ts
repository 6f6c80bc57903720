import * as v from 'valibot'
import { type Clock, systemClock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import { type Limits, resolveLimits } from '../base/limits.js'
import { consoleLogger, type Logger } from '../base/logger.js'
import { checkMetadata } from '../channel/hello.js'
import { PUBLIC_KEY_BYTES } from '../identity/ed25519.js'
import { type Identity, identityFromSeed } from '../identity/identity.js'
import { assertPeerName, encodePeerId } from '../identity/peer-id.js'
import { webFallback } from '../plugins/http/web-fallback.js'
import { MAX_POW_DIFFICULTY, type WorkWorker } from '../plugins/proof-of-work/proof-of-work.js'
import { type WebRtcOptions as EndpointOptions, WebRtcEndpoint } from '../plugins/webrtc/endpoint.js'
import type { RtcImplementation } from '../plugins/webrtc/rtc-types.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { type KeyValueStore, memoryStore } from '../storage/key-value-store.js'
import type { Listener, Transport } from '../transport/transport.js'

/** How WebRTC is done. */
export type WebRtcConfig = Pick<EndpointOptions, 'implementation' | 'iceServers' | 'iceTransportPolicy'>

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
  /**
   * Relays that are trusted to show the network as it is: `'wss://…'`, or a PeerInfo with its peer id. They are dialled as `bootstrap`
   * is, nobody takes their place, and what others say is compared with what they say.
   */
  anchors?: (string | PeerInfo)[]
  /** Where to accept connections, e.g. `webSocketServer()` of `lotus-p2p/node`. */
  listen?: Listener[]
  /** Addresses to tell others instead of the listeners' own, e.g. `['wss://relay.example']` behind a TLS proxy. */
  announce?: string[]
  /** Ways to dial. Default: `[webFallback()]`: WebSocket, and HTTP where that is blocked. Circuits through relays are always there. */
  transports?: Transport[]
  /**
   * Direct paths between browsers. Default: on where the platform has WebRTC, with no STUN or TURN server. Node needs an
   * implementation, e.g. that of `node-datachannel/polyfill`.
   */
  webrtc?: boolean | WebRtcConfig
  /** Reach peers and be reached through relays only, so that no peer learns our network address. Turns WebRTC off. */
  relayOnly?: boolean
  /** Keeps pinned names, bans, our proof of work, and the relays that served us long. Default: memory. */
  store?: KeyValueStore
  clock?: Clock
  logger?: Logger
  /** Sign direct messages too, and refuse unsigned ones. */
  requireSignatures?: boolean
  /**
   * Bits of proof of work (0 to 40) that we demand of strangers who dial us, so that identities cost something: 2^bits hashes
   * each, renewed every week. Wallets do up to `limits.maxWorkBits`. Default 0: none; public relays demand 20.
   */
  powDifficulty?: number
  /**
   * Where we do the work that others demand. `worker` makes a worker of `lotus-p2p/pow-worker`; without it, it is done here in
   * slices of 10 ms.
   */
  proofOfWork?: { worker?: () => WorkWorker }
  /**
   * `'server'`: stores records for others and is kept in their routing tables from the start, as relays are. `'auto'`, where the
   * coordinator listens: stores at once, and is a node once it was reached and has been up for ten minutes; else a `'client'`,
   * which has servers look for it.
   */
  dht?: { mode?: 'auto' | 'client' | 'server' }
  limits?: Partial<Limits>
  /** Told to every peer we connect to; serialised at most 2,048 bytes. */
  metadata?: Record<string, unknown>
}

/** A configuration with nothing left open. */
export interface ResolvedConfig {
  peerId: string
  identity: Identity
  maxConnections: number
  heartbeatIntervalMs: number
  bootstrap: (string | PeerInfo)[]
  anchors: (string | PeerInfo)[]
  listen: Listener[]
  announce: string[] | undefined
  transports: Transport[]
  store: KeyValueStore
  clock: Clock
  logger: Logger
  requireSignatures: boolean
  relayOnly: boolean
  webrtc: WebRtcConfig | undefined
  powDifficulty: number
  powWorker: (() => WorkWorker) | undefined
  /** `'auto'` only where we listen. */
  dhtMode: 'auto' | 'client' | 'server'
  limits: Limits
  metadata: Record<string, unknown> | undefined
}

const having = <T>(what: string, ...members: string[]) =>
  v.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      members.every((member) => typeof (value as Record<string, unknown>)[member] === 'function'),
    `must be ${what}`,
  )
const targets = /* @__PURE__ */ (() =>
  v.array(
    v.union(
      [v.pipe(v.string(), v.minLength(1)), v.custom<PeerInfo>((value) => typeof (value as PeerInfo | null)?.peerId === 'string')],
      'must be addresses or PeerInfos',
    ),
  ))()
const count = /* @__PURE__ */ (() => v.pipe(v.number(), v.integer(), v.minValue(1)))()

const schema = /* @__PURE__ */ (() =>
  v.object({
    peerId: v.optional(v.string()),
    identity: v.optional(
      v.custom<Identity>((value) => {
        const identity = value as Partial<Identity> | null
        return (
          identity?.publicKey instanceof Uint8Array &&
          identity.publicKey.length === PUBLIC_KEY_BYTES &&
          typeof identity.sign === 'function'
        )
      }, `must have a publicKey of ${PUBLIC_KEY_BYTES} bytes and a sign function`),
    ),
    maxConnections: v.optional(count),
    heartbeatInterval: v.optional(v.pipe(count, v.minValue(100))),
    bootstrap: v.optional(targets),
    anchors: v.optional(targets),
    listen: v.optional(v.array(having<Listener>('a listener, such as webSocketServer()', 'listen', 'close'))),
    announce: v.optional(
      v.array(v.pipe(v.string(), v.maxLength(256), v.regex(/^wss?:\/\/[^/]/, 'must be ws:// or wss:// addresses'))),
    ),
    transports: v.optional(v.array(having<Transport>('a transport, such as webSocket()', 'canDial', 'dial'))),
    store: v.optional(having<KeyValueStore>('a KeyValueStore', 'get', 'set', 'delete', 'keys')),
    clock: v.optional(having<Clock>('a Clock', 'now', 'setTimeout', 'clearTimeout')),
    logger: v.optional(having<Logger>('a Logger', 'debug', 'warn', 'error')),
    requireSignatures: v.optional(v.boolean()),
    relayOnly: v.optional(v.boolean()),
    webrtc: v.optional(
      v.union(
        [
          v.boolean(),
          v.object({
            implementation: v.optional(
              v.custom<RtcImplementation>(
                (value) => typeof (value as RtcImplementation | null)?.RTCPeerConnection === 'function',
                'must have RTCPeerConnection, as node-datachannel/polyfill has',
              ),
            ),
            iceServers: v.optional(v.array(v.object({ urls: v.union([v.string(), v.array(v.string())]) }))),
            iceTransportPolicy: v.optional(v.picklist(['all', 'relay'])),
          }),
        ],
        'must be true, false, or { implementation?, iceServers?, iceTransportPolicy? }',
      ),
    ),
    powDifficulty: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_POW_DIFFICULTY))),
    proofOfWork: v.optional(v.object({ worker: v.optional(v.function()) })),
    dht: v.optional(v.object({ mode: v.optional(v.picklist(['auto', 'client', 'server'])) })),
    limits: v.optional(v.record(v.string(), v.number())),
    metadata: v.optional(v.record(v.string(), v.unknown())),
  }))()

/** @throws P2PError INVALID_CONFIG naming the option at fault, INVALID_PEER_ID, LIMIT_EXCEEDED, UNSERIALIZABLE_PAYLOAD. */
export function resolveConfig(config: P2PConfig = {}): ResolvedConfig {
  const parsed = v.safeParse(schema, config)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const path = v.getDotPath(issue) ?? 'P2PConfig'
    throw new P2PError('INVALID_CONFIG', `P2PConfig.${path}: ${issue.message}.`, { details: { option: path } })
  }
  const { maxConnections, heartbeatInterval, listen = [], dht } = config
  const limits = resolveLimits({ ...config.limits, ...(maxConnections !== undefined && { maxConnections }) })
  const logger = config.logger ?? consoleLogger
  const unknown = Object.keys(config).filter((name) => !(name in schema.entries))
  if (unknown.length > 0) logger.warn('P2PConfig has options that this version does not know', { options: unknown })
  const identity = config.identity ?? identityFromSeed(crypto.getRandomValues(new Uint8Array(32)))
  const ownId = encodePeerId(identity.publicKey)
  const peerId = config.peerId ?? ownId
  if (peerId !== ownId) assertPeerName(peerId)
  checkMetadata(config.metadata, limits)
  return {
    peerId,
    identity,
    maxConnections: limits.maxConnections,
    heartbeatIntervalMs: heartbeatInterval ?? limits.heartbeatIntervalMs,
    bootstrap: config.bootstrap ?? [],
    anchors: config.anchors ?? [],
    listen,
    announce: config.announce,
    transports: config.transports ?? [webFallback({ limits })],
    store: config.store ?? memoryStore(),
    clock: config.clock ?? systemClock,
    logger,
    requireSignatures: config.requireSignatures ?? false,
    relayOnly: config.relayOnly ?? false,
    webrtc: webRtcOf(config),
    powDifficulty: config.powDifficulty ?? 0,
    powWorker: config.proofOfWork?.worker,
    dhtMode: dht?.mode === 'server' ? 'server' : dht?.mode === 'client' || listen.length === 0 ? 'client' : 'auto',
    limits,
    metadata: config.metadata,
  }
}

function webRtcOf({ webrtc = true, relayOnly }: P2PConfig): WebRtcConfig | undefined {
  if (relayOnly || webrtc === false) return undefined
  const options = webrtc === true ? {} : webrtc
  return WebRtcEndpoint.available(options.implementation) ? options : undefined
}
