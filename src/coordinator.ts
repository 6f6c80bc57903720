import { P2PError } from './base/errors.js'
import { checkListener, type Unsubscribe } from './base/events.js'
import { DEFAULT_LIMITS } from './base/limits.js'
import { nearest } from './base/nearest.js'
import { checkOptions, withCheckedOptions } from './base/options.js'
import type { WaitOptions } from './base/wait.js'
import { type CoreConfig, invalidOption } from './core/config.js'
import { type RunTimeConfig, reconfigure } from './core/configure.js'
import { coreOf } from './core/core.js'
import type { P2PStatus } from './core/events.js'
import type { Plugin, PluginKit } from './core/plugin.js'
import type { WithPlugins } from './core/typed.js'
import { type CoordinatorCoreEvents, type CoordinatorCoreStats, CoreCoordinator } from './core-coordinator.js'
import type { Ban } from './defence/bans.js'
import { canonicalId } from './identity/peer-id.js'
import { installEd25519Fallback } from './identity/with-fallback.js'
import type { Travelling } from './message/message.js'
import { type PeerWatch, peerWatch } from './plugins/circuit/peer-watch.js'
import { CheckedTable } from './plugins/dht/client/checked-table.js'
import type { EclipseEvidence } from './plugins/dht/eclipse/eclipse-watch.js'
import { type EclipseStats, eclipseWatch } from './plugins/dht/eclipse/plugin.js'
import { dhtWalk } from './plugins/dht/walk/plugin.js'
import { resourceOptions } from './plugins/discovery/checked-resources.js'
import { type ResourceWatch, type ResourceWatchEvents, resourceWatch } from './plugins/discovery/resource-watch.js'
import { httpFallback } from './plugins/http/plugin.js'
import { outbox } from './plugins/outbox/plugin.js'
import { oneTab } from './plugins/page/one-tab.js'
import { pageEvents } from './plugins/page/plugin.js'
import { persistence } from './plugins/persistence/plugin.js'
import { type ProofOfWorkOptions, proofOfWork } from './plugins/proof-of-work/plugin.js'
import type { ProofOfWorkEvent } from './plugins/proof-of-work/work-proofs.js'
import { relayClocks } from './plugins/relay-clocks/plugin.js'
import { topics } from './plugins/topics/plugin.js'
import type { TopicMessage } from './plugins/topics/topic-messages.js'
import type { PublishResult, SubscribeOptions, TopicListener, TopicStats } from './plugins/topics/topic-types.js'
import type { Topics } from './plugins/topics/topics.js'
import type { WebRtcStats } from './plugins/webrtc/endpoint.js'
import { type WebRtcConfig, webRtc } from './plugins/webrtc/plugin.js'
import type { PacedOptions } from './protocol/handler.js'
import type { PeerInfo } from './protocol/peer-info.js'
/** Configuration of `P2PCoordinator`; each option may be left out. */
export interface P2PConfig<P extends readonly Plugin[] = readonly Plugin[]> extends CoreConfig<P> {
  /**
   * Direct paths between browsers. Default: on where the platform has WebRTC, with no STUN or TURN server. Node needs an
   * implementation, e.g. that of `node-datachannel/polyfill`.
   */
  webrtc?: boolean | WebRtcConfig | undefined
  /**
   * Of several tabs with one identity one runs, and the others wait (`status` 'standby'); `'throw'`: their start fails with STORE_IN_USE.
   * Default: true in browsers where `identity` or `store` is given.
   */
  oneTab?: boolean | 'throw' | undefined
  /**
   * Bits of proof of work (0 to 40) that this coordinator demands of strangers that dial it: 2^bits hashes each, renewed every week.
   * Wallets do up to `limits.maxWorkBits`. Default 0: none; public relays demand 18.
   */
  powDifficulty?: number | undefined
  /** How this coordinator does the work that others demand; see `proofOfWork`. */
  proofOfWork?: Pick<ProofOfWorkOptions, 'worker'> | undefined
}

/** What `configure` can change; what is left out stays as it is. */
export type RunTimeOptions = RunTimeConfig & Pick<P2PConfig, 'webrtc'>

/** The events of a coordinator, and their listeners' arguments. */
export interface CoordinatorEvents extends CoordinatorCoreEvents, ResourceWatchEvents {
  /** A peer that we dial demands a proof of work: how it goes on, about ten times a second, and its end. */
  'proof-of-work': [event: ProofOfWorkEvent]
  /**
   * What our relays show does not fit together, or no anchor can be reached: an attacker may be keeping us from the rest of the
   * network. Emitted again at most every `limits.eclipseCheckMs` while the suspicion lasts.
   */
  'eclipse-suspected': [evidence: EclipseEvidence]
  /** Two rounds have found no reason for the suspicion. */
  'eclipse-cleared': []
}

const EVENTS =
  /* @__PURE__ */ 'connected disconnected path-changed message error status peer-banned peer-unbanned delivered expired resource proof-of-work eclipse-suspected eclipse-cleared'.split(
    ' ',
  )
const statuses: readonly P2PStatus[] = ['offline', 'connecting', 'online', 'suspended', 'standby']

/** What `getStats` tells. */
export type CoordinatorStats = CoordinatorCoreStats & EclipseStats & { topics: TopicStats; webrtc?: WebRtcStats }

/** The core coordinator with the usual plugins: WebRTC, HTTP fallback, proof of work, topics, watches for peers and resources, own walks in the DHT, the eclipse watch. */
export class FullCoordinator extends CoreCoordinator {
  declare readonly topics: Topics
  declare readonly watchPeers: PeerWatch['watchPeers']
  declare readonly watchResources: ResourceWatch['watchResources']
  /**
   * Changes options while the coordinator runs, all that are given or none.
   *
   * - `bootstrap`: connections to targets that are not in the new list end, those that are new in it are dialled.
   * - `privacy: 'relayed'`: every path ends, and peers are connected anew through relays; messages that were accepted arrive all the same.
   *   `'onion'` needs its plugin. With `'direct'` paths get better again by and by.
   * - `webrtc`: paths of other settings end, and peers move to a new one where they can.
   * - `metadata`: connected peers are told.
   * - `maxConnections`: of more peers than that, relays and those that the application asked for stay longest.
   *
   * @throws P2PError INVALID_CONFIG for what is misspelt or cannot change, INVALID_ADDRESS, LIMIT_EXCEEDED, UNSERIALIZABLE_PAYLOAD, SHUT_DOWN.
   * @example
   * wallet.configure({ bootstrap: ['wss://relay2.example'], privacy: 'relayed' })
   */
  declare readonly configure: (changes: RunTimeOptions) => void

  constructor(config: P2PConfig = {}) {
    installEd25519Fallback()
    super(withUsualPlugins(config))
    Object.setPrototypeOf(this.dht, CheckedTable.prototype)
  }

  override on<Name extends keyof CoordinatorCoreEvents>(
    event: Name,
    listener: (...args: CoordinatorCoreEvents[Name]) => void,
  ): Unsubscribe {
    checkListener('on', listener)
    return super.on(checked(event), listener)
  }

  override once<Name extends keyof CoordinatorCoreEvents>(
    event: Name,
    listener: (...args: CoordinatorCoreEvents[Name]) => void,
  ): Unsubscribe {
    checkListener('once', listener)
    return super.once(checked(event), listener)
  }

  override off<Name extends keyof CoordinatorCoreEvents>(
    event: Name,
    listener: (...args: CoordinatorCoreEvents[Name]) => void,
  ): void {
    super.off(checked(event), listener)
  }

  override async waitFor(status: P2PStatus, options?: WaitOptions): Promise<void> {
    await super.waitFor(checked(status, statuses, 'status'), options)
  }

  override connectToPeer(peer: PeerInfo | string, options?: WaitOptions): Promise<PeerInfo> {
    return super.connectToPeer(typeof peer === 'string' ? peer.trim() : peer, options)
  }

  override unban(id: string): boolean {
    return super.unban(canonicalId(id))
  }

  override ban(id: string, options?: { reason?: string | undefined; durationMs?: number | undefined }): Ban {
    checkOptions('ban', options, ['reason', 'durationMs'])
    return super.ban(id, options)
  }

  /**
   * Subscribes to a topic: the listener gets what others publish on it, at whichever relay, each message once and verified.
   *
   * @param options.history how many earlier messages come first, as far as relays still have them; default 0.
   * @returns ends the subscription.
   * @throws P2PError INVALID_TOPIC, INVALID_CONFIG, LIMIT_EXCEEDED, SHUT_DOWN.
   * @example
   * const stop = coordinator.subscribe<Offer>('offers', ({ payload, publisherId }) => show(publisherId, payload), { history: 10 })
   */
  subscribe<T = unknown>(topic: string, listener: TopicListener<T>, options?: SubscribeOptions): Unsubscribe {
    return this.topics.subscribe(topic, listener as (message: TopicMessage) => void, options)
  }

  /**
   * Publishes to all subscribers of a topic; waits for the rate of one publisher, as `sendTo` for a budget.
   *
   * @param payload at most 64 KiB encoded.
   * @returns the neighbours that took it, and how many subscribers they know; 0: none listens.
   * @throws P2PError as `Topics.publish`, and as `start`.
   */
  publish<T>(topic: string, payload: T & Travelling<T>, options?: PacedOptions): Promise<PublishResult> {
    return this.topics.publish(topic, payload, options)
  }
}

/**
 * A peer: finds others, talks to them privately, and runs protocols with them.
 *
 * @example
 * const coordinator = new P2PCoordinator({ bootstrap: ['wss://relay.example'] })
 * coordinator.on('message', (message, from) => console.log(from.peerId, message.payload))
 * await coordinator.start()
 * await coordinator.sendTo(bob, { type: 'hello', payload: 'hi' })
 */
export type P2PCoordinator<P extends readonly Plugin[] = readonly []> = WithPlugins<
  FullCoordinator,
  CoordinatorEvents,
  CoordinatorStats,
  P
>

/** The class with checks of the options of each call; `findPeers`, `watchPeers`, `watchResources` and topics have their own. */
const Checked = /* @__PURE__ */ (() =>
  withCheckedOptions(FullCoordinator, '', {
    start: [0],
    resume: [0],
    waitFor: [1],
    connectToPeer: [1],
    sendTo: [2, 'queue', 'ttl', 'sealed', 'via', 'wait'],
    broadcast: [1, 'exclude', 'relays'],
    request: [2, 'onAnswer'],
    ...resourceOptions(),
  }))()

// TypeScript has no class whose members depend on what it is constructed with, hence the conversion.
/** @throws P2PError INVALID_CONFIG, INVALID_ADDRESS, INVALID_PEER_ID. */
export const P2PCoordinator = Checked as unknown as {
  new <const P extends readonly Plugin[] = readonly []>(config?: P2PConfig<P>): P2PCoordinator<P>
}

/** Plugins have events of their own: only what is nearly one of ours is refused. */
function checked<Name extends string>(name: Name, known: readonly string[] = EVENTS, kind = 'event'): Name {
  const meant = nearest(`${name}`, known)
  if (meant === name || (meant === undefined && known === EVENTS)) return name
  throw new P2PError('INVALID_CONFIG', `There is no ${kind} "${name}"; perhaps you mean "${meant ?? known.join('", "')}".`)
}

function withUsualPlugins(config: P2PConfig): CoreConfig {
  if (typeof config !== 'object' || config === null) return config
  const { webrtc = true, powDifficulty, proofOfWork: work, oneTab: mode = isKept(config), plugins, ...core } = config
  const usual: Plugin[] = [
    // Every limit may be set, whatever is attached: also those of plugins that come later, and of a relay.
    { name: 'limits', limits: DEFAULT_LIMITS, attach: () => ({}) },
    outbox(),
    {
      name: 'configure',
      attach: (kit) => ({ configure: (changes: RunTimeOptions) => configure(kit, changes) }),
    },
    relayClocks(),
    pageEvents(),
    peerWatch(),
    resourceWatch(),
    httpFallback(),
    proofOfWork({ ...(powDifficulty !== undefined && { difficulty: powDifficulty }), ...worker(work) }),
    topics({ router: core.listen !== undefined && core.listen.length > 0 }),
    dhtWalk(),
    eclipseWatch(),
  ]
  if (mode === 'throw' || mode === true) usual.push(oneTab({ throws: mode === 'throw' }))
  else if (mode !== false) throw invalidOption('oneTab', "must be true, false or 'throw'")
  if (core.store !== undefined) usual.push(persistence())
  usual.push(webRtc(webRtcOf(webrtc)))
  const own: unknown = plugins ?? []
  // What is no list is named by the core.
  if (!Array.isArray(own)) return { ...core, plugins: own as Plugin[] }
  // Off, it leaves its name to another one.
  const isTaken = webrtc === false && own.some((plugin) => plugin?.name === 'webrtc')
  return { ...core, plugins: [...usual.filter(({ name }) => !isTaken || name !== 'webrtc'), ...own] }
}

function configure(kit: PluginKit, changes: RunTimeOptions): void {
  const { webrtc, ...rest } = Object(changes) as RunTimeOptions
  const given = changes === Object(changes) ? rest : changes
  reconfigure(coreOf(kit), given, webrtc === undefined ? {} : { webrtc: webRtcOf(webrtc) })
}

/** Whether another tab may come with the same identity. */
function isKept({ identity, store }: P2PConfig): boolean {
  return (identity !== undefined || store !== undefined) && ('document' in globalThis || 'WorkerGlobalScope' in globalThis)
}

function worker(work: unknown): Pick<ProofOfWorkOptions, 'worker'> {
  if (work === undefined) return {}
  if (typeof work === 'object' && work !== null) return work
  throw invalidOption('proofOfWork', 'must be { worker }')
}

function webRtcOf(webrtc: unknown): WebRtcConfig | false {
  if (webrtc === false) return false
  if (webrtc === true) return {}
  if (typeof webrtc === 'object' && webrtc !== null) return webrtc
  throw invalidOption('webrtc', 'must be true, false or a WebRtcConfig')
}
