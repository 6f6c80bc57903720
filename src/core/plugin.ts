import type { Unsubscribe } from '../base/events.js'
import type { Limits } from '../base/limits.js'
import type { WaitOptions } from '../base/wait.js'
import type { PeerDescription } from '../channel/description.js'
import type { CertificateJudge } from '../defence/certificate-times.js'
import type { Meter } from '../defence/gate-wiring.js'
import type { Identity } from '../identity/identity.js'
import type { PinnedNames } from '../identity/pinned-names.js'
import type { ChosenPeer } from '../peer/keep/anchors.js'
import type { WorkSupply } from '../peer/pool/work.js'
import type { IProtocolHandler, ProtocolHost } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { Transport } from '../transport/transport.js'
import type { Privacy } from './privacy.js'

/**
 * A part of a coordinator beyond its core: a transport, a protocol, a service, or several of them under one name.
 *
 * @typeParam Api members that the coordinator gains, by name.
 * @typeParam Events events that the coordinator gains: names and the listeners' arguments.
 * @typeParam Stats what `getStats` gains, by name.
 * @example
 * const greeter = (): Plugin<{ greeter: { greet(peerId: string): Promise<void> } }> => ({
 *   name: 'greeter',
 *   attach(kit) {
 *     kit.registerProtocol({ protocolName: 'greeter', async handleMessage(message, from) { console.log(from.peerId, message.payload) } })
 *     return { greeter: { greet: (peerId) => kit.sendTo(peerId, { type: 'greeting', payload: 'hi', protocol: 'greeter' }) } }
 *   },
 * })
 */
export interface Plugin<Api extends object = object, Events extends object = object, Stats extends object = object> {
  /** Unique within a coordinator: 'webrtc', 'topics', …; 1 to 64 characters. One named 'onion' has to keep what `privacy: 'onion'` promises. */
  readonly name: string
  /** Names of plugins that must be attached before; without one of them the coordinator refuses with INVALID_CONFIG. */
  readonly needs?: readonly string[]
  /** Limits that this plugin of the SDK reads beside those of the core, with their defaults. `P2PConfig.limits` may change them. */
  readonly limits?: Partial<Limits>
  /** Called once: at construction, or by `P2PCoordinator.use`. @returns the members that the coordinator gains. */
  attach(kit: PluginKit): Api
  /** Types only; never set. */
  readonly _events?: Events
  readonly _stats?: Stats
}

/**
 * What tells that connections may have died unnoticed: the page is shown again, comes back from the back/forward cache or from being
 * frozen, the network returns or changes (Wi-Fi to mobile), a timer fired so late that the machine slept, or the application says so.
 */
export type WakeReason = 'visible' | 'pageshow' | 'resume' | 'online' | 'network-change' | 'late-timer' | 'asked'

/** What a plugin may hear of connected peers. A listener may be async and may fail: its error reaches 'error'. */
export interface PeerListener {
  connected?(peer: PeerInfo): unknown
  disconnected?(peer: PeerInfo): unknown
  /** The peer tells other protocols, addresses or metadata than before. */
  described?(peer: PeerInfo): unknown
  /** Another path serves the peer; `from` is the name of the transport before. */
  pathChanged?(peer: PeerInfo, from: string): unknown
}

/** When a coordinator starts and ends. Each hook may be left out. */
export interface LifecycleHooks {
  /** Before it begins to run, each time: resolves when it may. A rejection fails the start. `suspend` and `stop` come meanwhile too. */
  lead?(): Promise<void>
  /** Each time that the coordinator begins to run: after the first call that needs a network, and after `resume`. */
  start?(): unknown
  /** `suspend` was called: let go of sockets and timers; what was asked for is kept. */
  suspend?(): unknown
  /** The machine or the page has woken, or the network has changed. */
  wake?(reason: string): unknown
  /** A peer that is to be connected could not be reached, or was lost; it is dialled again after a pause. Relays do not count. */
  away?(peerId: string): unknown
  /** `connectToPeer` has connected this peer: it is kept connected from here on. */
  wanted?(peerId: string): unknown
  /** What `PluginKit.describe` tells has changed, or may have. */
  described?(): unknown
  /** Memory is short: give up what can be had again. */
  trim?(): unknown
  /** `configure` has changed options: those of plugins, and `privacy` where it is another than before. */
  configured?(changes: { readonly privacy?: Privacy | undefined; readonly [option: string]: unknown }): unknown
  /** True while others wait for this process, as in a signing session: a hidden tab does not hand over to another one then. */
  holds?(): boolean
  /** The coordinator shuts down; called before its peers are told goodbye. */
  stop?(): unknown
}

/** Finds where a peer can be reached. Resolves to nothing where it does not know. */
export type PeerResolver = (peerId: string, wait: WaitOptions) => Promise<PeerInfo[]>

/**
 * Dials for purposes of the plugin's own: what it connects is not kept when it is lost. Unless `PluginKit.privacy` is 'direct', `dial`
 * fails with NO_RELAY where no relay leads to the address.
 */
export interface Dialer {
  /**
   * Connects to an address that others have told, as far as the dial policy takes it, or does nothing where a connection to it is there already.
   *
   * @param expected the id of the peer that must be found there; undefined: any peer.
   * @returns the peer id found.
   */
  dial(address: string, expected: string | undefined, wait: WaitOptions): Promise<string>
  /** Ends a connection made by `dial`, unless the application or another protocol uses it. */
  release(peerId: string): void
  /** The peers that this coordinator has dialled directly: relays and DHT servers, as a rule. @internal */
  chosen(): ChosenPeer[]
  /** Says that a peer has come somewhere: where it is wanted, it is dialled now. */
  seen(peerId: string): void
}

/** What a plugin works with: all that a protocol handler has, and the places where it plugs in. */
export interface PluginKit extends ProtocolHost {
  /** Our Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly identity: Identity
  /** Who may learn our network address. It changes with `configure`: read it at each use. */
  readonly privacy: Privacy
  /** How many trusted relays are configured. */
  readonly anchors: number
  /** Addresses of the relays in `P2PConfig.bootstrap` and `anchors`. */
  readonly named: ReadonlySet<string>
  /** Which key a chosen name belongs to. @internal */
  readonly names: PinnedNames
  readonly limits: Limits
  readonly dialer: Dialer
  /** Adds a way to reach peers. Of two transports that can dial an address, the one added last does. */
  addTransport(transport: Transport): void
  /** Adds a way to find peers by their id. */
  addResolver(resolver: PeerResolver): void
  /** Supplies proofs of work to dials, and demands them of peers that dial us. One plugin only. @internal */
  setWork(work: WorkSupply): void
  /** Judges the dates of responders' certificates in place of the core, which goes by the clock of this device alone. One plugin only. @internal */
  setJudge(judge: CertificateJudge): void
  /** Accounts to peers what they cost. @internal */
  setMeter(meter: Meter): void
  /** As `P2PCoordinator.registerProtocol`, also for names that begin with `lotus/`. */
  registerProtocol(handler: IProtocolHandler): void
  unregisterProtocol(protocolName: string): void
  onPeer(listener: PeerListener): Unsubscribe
  onLifecycle(hooks: LifecycleHooks): Unsubscribe
  /** Adds a section to `getStats`. */
  stats(name: string, read: () => object | undefined): void
  /** What this coordinator tells others of itself: protocols, public addresses, metadata. */
  describe(): PeerDescription
  /** Says that something of `describe`, or of where this coordinator can be reached, has changed. */
  described(): void
  /** Emits an event of the plugin's own on the coordinator. */
  emit(event: string, ...args: unknown[]): void
  /** Reports a failure that no call waits for, as an 'error' event. */
  report(error: Error, peer?: PeerInfo): void
  /** Enters `running`, as every call that needs a network does. @throws P2PError SHUT_DOWN, SUSPENDED, and as `start`. */
  run(wait?: WaitOptions): Promise<void>
  /**
   * Signs with the identity, under a tag that keeps one protocol's signatures from being taken for another's.
   *
   * @param tag 1 to 64 characters of `[a-z0-9-/]`.
   * A verifier calls ``verifyEnvelope(`app/${tag}`, { publicKey, payload: bytes, signature }, network)``.
   *
   * @returns an Ed25519 signature, 64 bytes.
   */
  sign(tag: string, bytes: Uint8Array): Promise<Uint8Array>
  /** Says that connections may have died unnoticed: they are probed, and peers that are away are dialled. 'offline': the network has gone. */
  woke(reason: WakeReason | 'offline'): void
  /** As `P2PCoordinator.suspend`, before the handler of an event returns: what is not sent by then is not waited for. */
  suspend(): void
  /** Comes back from `suspend`. */
  resume(): Promise<void>
  /** While true, `status` is `'standby'`: another process runs in our place. @internal */
  standby(isStandby: boolean): void
  /** Another plugin's members, once it is attached; undefined before. */
  plugin(name: string): object | undefined
}

type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never
type ApiOf<P> = P extends Plugin<infer Api, object, object> ? Api : never
type EventsOf<P> = P extends Plugin<object, infer Events, object> ? Events : never
type StatsOf<P> = P extends Plugin<object, object, infer Stats> ? Stats : never

/** What the plugins of a list add to a coordinator, to its events, and to its statistics. */
export type ApisOf<P extends readonly Plugin[]> = P extends readonly [] ? object : UnionToIntersection<ApiOf<P[number]>>
export type PluginEvents<P extends readonly Plugin[]> = P extends readonly [] ? object : UnionToIntersection<EventsOf<P[number]>>
export type PluginStats<P extends readonly Plugin[]> = P extends readonly [] ? object : UnionToIntersection<StatsOf<P[number]>>
