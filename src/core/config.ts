import { checkForm } from '../address/web-address.js'
import { type Clock, systemClock } from '../base/clock.js'
import { identityFailed, isP2PError, P2PError } from '../base/errors.js'
import { CORE_LIMITS } from '../base/limits/core.js'
import { changedLimits, type Limits } from '../base/limits.js'
import { consoleLogger, fencedLogger, type Logger } from '../base/logger.js'
import { type Random, systemRandom } from '../base/random.js'
import { suggestion } from '../base/sentences.js'
import { withDeadline } from '../base/wait.js'
import { checkMetadata } from '../channel/description.js'
import { DEFAULT_NETWORK, isNetworkName } from '../identity/envelope.js'
import { type Identity, identityFromSeed, isIdentity, withinDeadline } from '../identity/identity.js'
import { assertPeerName, encodePeerId } from '../identity/peer-id.js'
import { asSent } from '../message/codec.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { type KeyValueStore, memoryStore } from '../storage/key-value-store.js'
import type { Listener } from '../transport/transport.js'
import type { Plugin } from './plugin.js'
import type { Privacy } from './privacy.js'

/** Accepts connections, and may bring plugins that a listening coordinator needs, as `webSocketServer()` brings a DHT server. */
export type CoordinatorListener = Listener & { readonly plugins?: readonly Plugin[] }

/** Configuration of `P2PCoordinator` of `lotus-p2p/core`; each option may be left out. */
export interface CoreConfig<P extends readonly Plugin[] = readonly Plugin[]> {
  /**
   * The network, 1 to 32 characters of `[a-z0-9-]`. Peers of another one refuse us with WRONG_NETWORK, and no signature, proof of work
   * or record of one network counts in another. Default 'lotus'.
   */
  network?: string | undefined
  /** A name instead of the `lp1…` id; every peer pins it to our key on first contact. */
  peerId?: string | undefined
  /** Default: a fresh one for this coordinator. */
  identity?: Identity | undefined
  /** Connected peers at most. Default 50. */
  maxConnections?: number | undefined
  /** Milliseconds between probes, at least 100. Default 30,000. */
  heartbeatInterval?: number | undefined
  /** Peers to connect to, and to come back to: `'wss://relay.example'` is enough. */
  bootstrap?: (string | PeerInfo)[] | undefined
  /**
   * Relays that are trusted to show the network as it is: `'wss://…'`, or a PeerInfo with its peer id. The coordinator dials them
   * like `bootstrap` and keeps their places for them. The eclipse watch compares what other relays say with what anchors say.
   */
  anchors?: (string | PeerInfo)[] | undefined
  /** Where to accept connections, e.g. `webSocketServer()` of `lotus-p2p/node`. */
  listen?: CoordinatorListener[] | undefined
  /** Addresses to tell others instead of the listeners' own, e.g. `['wss://relay.example']` behind a TLS proxy. */
  announce?: string[] | undefined
  /** Parts beyond the core, attached in this order; `P2PCoordinator.use` attaches more at run time. */
  plugins?: P | undefined
  /**
   * Believe addresses in private networks when others tell them: for peers of one house or one machine, and for tests. By default an
   * address that a peer, a record or a relay tells is dialled, kept and told on only where it is reached from everywhere, so that
   * nobody makes us knock at doors inside. It concerns no address that you name yourself: `bootstrap`, `anchors` and
   * `connectToPeer('ws://…')` may be private. Default false.
   */
  allowPrivate?: boolean | undefined
  /**
   * Who may learn our network address. With `'relayed'` and `'onion'` the coordinator lets nobody in directly, tells no address, and dials directly
   * only what the application has named (`bootstrap`, `anchors`, `connectToPeer('wss://…')`): name relays there. `'onion'` needs the
   * plugin of that name. docs/privacy.md says who learns what. Default 'direct'.
   */
  privacy?: Privacy | undefined
  /**
   * Keeps pinned names, bans, proofs of work, the relays that served us long and, with `persistence()`, what waits for peers, what was announced and
   * who is wanted. Default: memory.
   */
  store?: KeyValueStore | undefined
  /** Where all times and timers come from. Default: the system's; `VirtualClock` of `lotus-p2p/testing` in tests. */
  clock?: Clock | undefined
  /** Where ids, lots and jitter come from; `seededRandom` of `lotus-p2p/testing` makes a run that repeats. Keys are never drawn from it. */
  random?: Random | undefined
  /** Takes what no event tells, and errors without a listener. Default: the console, warnings and errors only. */
  logger?: Logger | undefined
  /** Sign direct messages too, and refuse unsigned ones. */
  requireSignatures?: boolean | undefined
  /** Limits other than the defaults; docs/limits.md has each with its reason. */
  limits?: Partial<Limits> | undefined
  /** Told to every peer we connect to; serialised at most 2,048 bytes. */
  metadata?: Record<string, unknown> | undefined
}

/** A configuration with nothing left open. */
export interface ResolvedConfig {
  network: string
  identity: Identity
  /** The chosen name; undefined for a peer that is known by its key alone. */
  name: string | undefined
  heartbeatIntervalMs: number
  bootstrap: (string | PeerInfo)[]
  anchors: (string | PeerInfo)[]
  listen: CoordinatorListener[]
  announce: string[] | undefined
  allowPrivate: boolean
  privacy: Privacy
  store: KeyValueStore
  clock: Clock
  random: Random
  logger: Logger
  requireSignatures: boolean
  limits: Limits
  metadata: Record<string, unknown> | undefined
}

/** Checks the value of an option, or of an item of a list: `bootstrap[0]`. @throws P2PError INVALID_CONFIG. */
type Check = (option: string, value: unknown) => void

const being =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (option, value) => {
    if (!holds(value)) throw invalidOption(option, `must be ${what}`)
  }
const having =
  (...methods: string[]): Check =>
  (option, value) => {
    const missing = methods.find((name) => typeof (value as Record<string, unknown> | null)?.[name] !== 'function')
    if (missing !== undefined) throw invalidOption(option, `must have a method ${missing}`)
  }
const listOf =
  (item: Check): Check =>
  (option, value) => {
    if (!Array.isArray(value)) throw invalidOption(option, 'must be an array')
    for (const [place, each] of value.entries()) item(`${option}[${place}]`, each)
  }
const whole = (min: number): Check =>
  being(`a whole number of at least ${min}`, (value) => Number.isSafeInteger(value) && (value as number) >= min)
const flag = /* @__PURE__ */ being('true or false', (value) => typeof value === 'boolean')
const record = /* @__PURE__ */ being('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))
const peer = /* @__PURE__ */ being('an address or a peer id, without white space before it, or a PeerInfo', (value) =>
  typeof value === 'string' ? /^\S/.test(value) : typeof (value as PeerInfo | null)?.peerId === 'string',
)
/** A peer, and each address in it. */
const target: Check = (option, value) => {
  peer(option, value)
  const { websocket, http, others, relays } = (value as PeerInfo).addresses ?? {}
  for (const address of typeof value === 'string' ? [value] : [websocket, http, others, relays].flat()) {
    if (address !== undefined) checkForm(`${address}`)
  }
}
const announced = /* @__PURE__ */ being('a ws:// or wss:// address of at most 256 characters', (value) => {
  return typeof value === 'string' && value.length <= 256 && /^wss?:\/\/[^/]/.test(value)
})

/** The check of each option. A table made at the first call, so that importing it does nothing. */
const checks = (): Record<keyof CoreConfig, Check> => ({
  network: being('1 to 32 characters of [a-z0-9-]', isNetworkName),
  peerId: being('a text', (value) => typeof value === 'string'),
  identity: being('an Identity', isIdentity),
  maxConnections: whole(1),
  heartbeatInterval: whole(100),
  bootstrap: listOf(target),
  anchors: listOf(target),
  listen: listOf(having('listen', 'close')),
  announce: listOf((option, value) => {
    if (typeof value === 'string') checkForm(value)
    announced(option, value)
  }),
  plugins: listOf(having('attach')),
  allowPrivate: flag,
  privacy: being("'direct', 'relayed' or 'onion'", (value) => ['direct', 'relayed', 'onion'].includes(value as string)),
  store: having('get', 'set', 'delete', 'keys', 'batch'),
  clock: having('now', 'setTimeout', 'clearTimeout'),
  random: having('bytes', 'unit'),
  logger: having('debug', 'warn', 'error'),
  requireSignatures: flag,
  limits: record,
  metadata: record,
})

/** @throws P2PError INVALID_CONFIG naming the option at fault, INVALID_ADDRESS naming the address, INVALID_PEER_ID, LIMIT_EXCEEDED, UNSERIALIZABLE_PAYLOAD. */
export function resolveConfig(config: CoreConfig = {}): ResolvedConfig {
  if (typeof config !== 'object' || config === null) throw new P2PError('INVALID_CONFIG', 'P2PConfig must be an object.')
  const table = checks()
  for (const [name, value] of Object.entries(config)) {
    const check = Object.hasOwn(table, name) ? table[name as keyof CoreConfig] : undefined
    if (check === undefined) throw invalidOption(name, `does not exist${suggestion(name, Object.keys(table))}`)
    if (value !== undefined) check(name, value)
  }
  const { maxConnections, metadata } = config
  const limits = changedLimits(
    defaultLimits(config),
    maxConnections === undefined ? config.limits : { ...config.limits, maxConnections },
  )
  checkMetadata(metadata, limits)
  const { clock = systemClock } = config
  const timeoutMs = limits.signTimeoutMs
  const identity =
    config.identity === undefined
      ? identityFromSeed(crypto.getRandomValues(new Uint8Array(32)))
      : withinDeadline(config.identity, (sign) =>
          withDeadline(clock, 'The signature', { timeoutMs }, sign).catch((error) => {
            throw isP2PError(error, 'TIMEOUT') ? identityFailed(`The signer has not answered for ${timeoutMs} ms.`, error) : error
          }),
        )
  return {
    network: config.network ?? DEFAULT_NETWORK,
    identity,
    name: nameOf(config),
    heartbeatIntervalMs: config.heartbeatInterval ?? limits.heartbeatIntervalMs,
    // Copies: what their owner changes later has not been checked.
    bootstrap: [...(config.bootstrap ?? [])],
    anchors: [...(config.anchors ?? [])],
    listen: [...(config.listen ?? [])],
    announce: config.announce && [...config.announce],
    allowPrivate: config.allowPrivate ?? false,
    privacy: config.privacy ?? 'direct',
    store: config.store ?? memoryStore(),
    clock,
    random: config.random ?? systemRandom,
    logger: fencedLogger(config.logger ?? consoleLogger),
    requireSignatures: config.requireSignatures ?? false,
    limits,
    metadata: asSent(metadata, limits),
  }
}

/** The limits of the core, and of the plugins that are configured or that listeners bring. */
function defaultLimits({ plugins = [], listen = [] }: CoreConfig): Partial<Limits> {
  const all = [...listen.flatMap((listener) => listener.plugins ?? []), ...plugins]
  let known: Partial<Limits> = CORE_LIMITS
  for (const { limits } of all) known = withLimits(known, limits)
  return known
}

/**
 * A frozen table with the limits of a plugin beside those known; a limit that is known keeps its value.
 *
 * Coordinators share the table that has all others in it: it is two kilobytes.
 */
export function withLimits<T extends Partial<Limits>>(known: T, limits: Partial<Limits> = {}): T {
  if (Object.keys(limits).every((name) => name in known)) return known
  const all = Object.entries(known).every(([name, value]) => limits[name as keyof Limits] === value)
  return all && Object.isFrozen(limits) ? (limits as T) : Object.freeze({ ...limits, ...known })
}

/** The chosen name. An id that is given as the name has to be that of the identity. */
function nameOf({ peerId, identity }: CoreConfig): string | undefined {
  if (peerId === undefined || (identity !== undefined && peerId === encodePeerId(identity.publicKey))) return undefined
  assertPeerName(peerId)
  return peerId
}

export function invalidOption(option: string, fault: string): P2PError {
  return new P2PError('INVALID_CONFIG', `P2PConfig.${option} ${fault}.`, { details: { option } })
}
