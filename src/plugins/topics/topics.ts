import { BoundedMap, RecentKeys } from '../../base/bounded-map.js'
import { equalBytes } from '../../base/bytes.js'
import { asP2PError, isP2PError, P2PError, shutDownError } from '../../base/errors.js'
import { checkListener, type Unsubscribe } from '../../base/events.js'
import { fenced } from '../../base/fenced.js'
import { LazyMap } from '../../base/lazy-map.js'
import { TOPIC_LIMITS } from '../../base/limits/topics.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import { checkOptions, WAIT } from '../../base/options.js'
import { RateBuckets } from '../../base/rate-buckets.js'
import { JoinedSignal, withDeadline } from '../../base/wait.js'
import { asSent } from '../../message/codec.js'
import type { P2PMessage } from '../../message/message.js'
import { unknownType } from '../../message/shape.js'
import type { IProtocolHandler, PacedOptions, ProtocolHost } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'
import { DHT_PROTOCOL } from '../dht/client/dht-messages.js'
import { Advertisements } from './advertisements.js'
import { Interest, isOfOneRelay } from './interest.js'
import { PublishingPace } from './publishing-pace.js'
import { SpreadingTree } from './spreading-tree.js'
import { TopicHistory } from './topic-history.js'
import {
  checkTopic,
  RUN_BYTES,
  readGraft,
  readHaves,
  readTopicMessage,
  readTopics,
  readWants,
  type SignedTopicMessage,
  signTopicMessage,
  TOPICS_PROTOCOL,
  topicMessageOf,
  type VerifiedTopicMessage,
  verifyTopicMessage,
  wireOf,
} from './topic-messages.js'
import type { PublishResult, SubscribeOptions, TopicListener, TopicStats, TopicsOptions } from './topic-types.js'
import { Wants } from './wants.js'

/**
 * Publish and subscribe across relays: the protocol `lotus/topics`. Subscribers tell their neighbours what they want; routers tell
 * each other what is wanted behind them, and pass messages on along a tree that forms by itself. Each message is signed by its
 * publisher, verified once at each node, and delivered once.
 *
 * @example
 * const stop = coordinator.subscribe('offers', ({ payload, publisherId }) => console.log(publisherId, payload), { history: 10 })
 * const { subscribers } = await coordinator.publish('offers', { sats: 5n })
 */
export class Topics implements IProtocolHandler {
  readonly protocolName = TOPICS_PROTOCOL
  readonly use = 'passing'
  /** Publishers and neighbours have budgets of their own; this is for what is refused unread. */
  readonly rateLimits = { messagesPerS: 10_000, burst: 40_000 }
  private readonly limits: Limits
  private readonly interest: Interest
  private readonly tree: SpreadingTree
  private readonly seen: RecentKeys
  /** By publisher, run and sequence, the id of the message that was verified: another one is a proof against the publisher. */
  private readonly slots: BoundedMap<string, string>
  private run!: Uint8Array
  private sequence = 0
  private readonly listeners = new LazyMap<string, Set<(message: VerifiedTopicMessage, past: boolean) => void>>()
  /**
   * Connected peers that speak this protocol, and whether they are routers. Null: a peer that says so and that we have not chosen; it may
   * subscribe here, and is asked for nothing. A router takes the word of others: all that it passes on is for whoever asks.
   */
  private readonly peers = new LazyMap<string, boolean | null>()
  private readonly wants: Wants
  /** Bytes under way to each neighbour. */
  private readonly underWay = new LazyMap<string, number>()
  private readonly counts = { published: 0, delivered: 0, forwarded: 0, duplicates: 0 }
  private readonly dropped: Record<string, number> = {}
  private protocolHost: ProtocolHost | undefined
  private isOver = false
  private history!: TopicHistory
  private publishers!: RateBuckets
  private pace!: PublishingPace
  private neighbours!: RateBuckets
  private advertisements: Advertisements | undefined

  constructor(private readonly wiring: TopicsOptions) {
    this.limits = wiring.limits ?? limitsOf(TOPIC_LIMITS)
    this.interest = new Interest(this.limits, (topic, peerId) => this.unwantedBy(peerId, topic))
    this.wants = new Wants(this.interest, this.peers, this.wiring.router === true, (peerId, type, list) =>
      this.send(peerId, type, list),
    )
    this.tree = new SpreadingTree(this.limits.maxTopicsPerRouter)
    this.seen = new RecentKeys(this.limits.topicSeen)
    this.slots = new BoundedMap(this.limits.topicSeen)
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
    this.run = host.random.bytes(RUN_BYTES)
    this.advertisements = new Advertisements({
      clock: host.clock,
      limits: this.limits,
      send: (peerId, list) => this.send(peerId, 'have', list),
      graft: (peerId, topic, id) => {
        this.tree.graft(topic, peerId)
        this.send(peerId, 'graft', [topic, id])
      },
      drop: (cause) => this.drop(cause),
    })
    this.history = new TopicHistory(host.clock, this.limits)
    this.pace = new PublishingPace(host.clock, this.limits)
    const { topicRatePerS, topicBurst, topicNeighbourRatePerS, maxRateBuckets } = this.limits
    this.publishers = new RateBuckets(host.clock, topicRatePerS, topicBurst, maxRateBuckets)
    this.neighbours = new RateBuckets(host.clock, topicNeighbourRatePerS, 2 * topicNeighbourRatePerS, maxRateBuckets)
  }

  onUnregister(): void {
    this.isOver = true
    this.pace?.close()
    this.advertisements?.close()
    this.listeners.clear()
    this.protocolHost = undefined
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    if (!speaks(peer)) return
    const claims = isRouter(peer)
    this.peers.set(peer.peerId, claims && !this.wiring.router && peer.connection?.chosen !== true ? null : claims)
    this.wants.tellAll(peer.peerId)
  }

  async onPeerDisconnected({ peerId }: PeerInfo): Promise<void> {
    this.peers.delete(peerId)
    this.wants.forget(peerId)
    this.advertisements?.forget(peerId)
    this.underWay.delete(peerId)
    this.tree.forget(peerId)
    for (const topic of this.interest.removePeer(peerId)) this.wants.tell(topic)
  }

  /**
   * From now on the listener gets what others publish on a topic; not what we publish ourselves.
   *
   * @throws P2PError INVALID_TOPIC, LIMIT_EXCEEDED, INVALID_CONFIG.
   */
  subscribe<T = unknown>(topic: string, listener: TopicListener<T>, options?: SubscribeOptions): Unsubscribe {
    const { history = 0 } = options ?? {}
    if (this.isOver) throw shutDownError()
    checkTopic(topic, this.limits)
    checkListener('subscribe', listener)
    checkOptions('subscribe', options, ['history'])
    if (!Number.isInteger(history) || history < 0) {
      throw new P2PError('INVALID_CONFIG', 'history must be a whole number, 0 or more.')
    }
    const own = this.listeners.get(topic) ?? new Set()
    if (own.size === 0 && this.listeners.size >= this.limits.maxTopicsPerPeer) {
      throw new P2PError(
        'LIMIT_EXCEEDED',
        `No more than ${this.limits.maxTopicsPerPeer} topics at once. Unsubscribe from some.`,
        {
          details: { limit: 'maxTopicsPerPeer' },
        },
      )
    }
    const deliver = (message: VerifiedTopicMessage, past: boolean) => this.hand(message, past, listener as TopicListener)
    this.listeners.set(topic, own.add(deliver))
    this.interest.addOwn(topic, 1)
    this.wiring.run?.().catch((error) => this.failed(asP2PError(error, 'LISTEN_FAILED', 'The coordinator did not start.')))
    this.wants.past(topic, history)
    this.wants.tell(topic, own.size === 1 ? history : 0)
    for (const message of this.history?.last(topic, history) ?? [])
      queueMicrotask(() => own.has(deliver) && deliver(message, true))
    return () => {
      if (!own.delete(deliver)) return
      if (own.size === 0) {
        this.listeners.delete(topic)
        this.wants.noPast(topic)
      }
      this.interest.addOwn(topic, -1)
      this.wants.tell(topic)
    }
  }

  /**
   * Publishes to all who are subscribed, at whichever relay. It waits for the rate that a publisher has (`limits.topicRatePerS`,
   * `topicBurst`), so that a loop that awaits each call is never refused.
   *
   * @param options.timeoutMs milliseconds for all of it, default 30,000; then TIMEOUT.
   * @param options.wait false: RATE_LIMITED at once instead of a wait, with `details.retryAfterMs`.
   * @throws P2PError INVALID_TOPIC, INVALID_CONFIG, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, RATE_LIMITED, IDENTITY_FAILED, NO_PEERS where nobody is
   * connected that could take it, ABORTED, TIMEOUT, SHUT_DOWN, or why no relay took it.
   */
  async publish(topic: string, payload: unknown, given?: PacedOptions): Promise<PublishResult> {
    const options = given ?? {}
    checkOptions('publish', given, ['wait', ...WAIT])
    const kept = asSent(payload, this.limits)
    await this.wiring.run?.(options)
    const host = this.protocolHost
    if (host === undefined) throw shutDownError()
    checkTopic(topic, this.limits)
    this.checkPeers()
    const { wait = true, signal, timeoutMs = this.limits.sendTimeoutMs } = options
    return withDeadline(host.clock, 'Publishing', { timeoutMs, signal }, async (signal) => {
      if (wait) await this.pace.wait(signal)
      else {
        const retryAfterMs = this.pace.take()
        if (retryAfterMs > 0) throw tooFast(retryAfterMs, this.limits)
      }
      if (this.isOver) throw shutDownError()
      if (signal.aborted) throw signal.reason
      this.checkPeers()
      return this.publishNow(host, topic, kept, signal)
    })
  }

  /** @throws P2PError NO_PEERS. */
  private checkPeers(): void {
    if (this.peers.size > 0) return
    throw new P2PError('NO_PEERS', 'No connected peer takes topics. Connect to a relay first.')
  }

  private async publishNow(host: ProtocolHost, topic: string, kept: unknown, signal: AbortSignal): Promise<PublishResult> {
    const publication = { run: this.run, sequence: ++this.sequence, publishedAt: host.clock.now() }
    const message = await signTopicMessage(this.wiring.identity, topic, kept, publication, this.limits, host.network)
    this.seen.add(message.id)
    this.slots.set(message.slot, message.id)
    this.history.add(message)
    const wanted = new Set(this.interest.peersOf(topic))
    const result: PublishResult = { messageId: message.id, sentTo: [], subscribers: 0 }
    const failures: unknown[] = []
    const wire = wireOf(message)
    const joined = new JoinedSignal(signal)
    try {
      await Promise.all(
        [...this.peers].map(async ([peerId, router]) => {
          // Who is no router and wants it is a subscriber, and needs no asking.
          if (!router) {
            if (!wanted.has(peerId) || !this.push(peerId, wire, message.bytes.length)) return
            result.sentTo.push(peerId)
            result.subscribers++
            return
          }
          try {
            const answer = await host.request(
              peerId,
              { type: 'publish', payload: wire, protocol: TOPICS_PROTOCOL },
              { signal: joined.child() },
            )
            const { subscribers } = (answer.payload ?? {}) as { subscribers?: unknown }
            result.sentTo.push(peerId)
            if (Number.isSafeInteger(subscribers)) result.subscribers += Math.max(0, subscribers as number)
          } catch (error) {
            failures.push(error)
          }
        }),
      )
    } finally {
      joined.release()
    }
    this.counts.published++
    if (result.sentTo.length === 0 && failures.length > 0) {
      throw asP2PError(failures[0], 'PEER_UNREACHABLE', 'No relay took the publication. Try again.')
    }
    return result
  }

  getStats(): TopicStats {
    let subscriptions = 0
    for (const own of this.listeners.values()) subscriptions += own.size
    const dropped = { ...this.dropped }
    return { topics: this.interest.topics, subscriptions, ...this.counts, dropped, historyBytes: this.history?.bytes ?? 0 }
  }

  /** Forgets the messages kept for late subscribers. */
  trim(): void {
    this.history?.clear()
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { protocolHost: host, limits } = this
    if (host === undefined) return
    const { type, payload } = message
    try {
      if (this.neighbours.take(from.peerId) > 0) {
        throw new P2PError('RATE_LIMITED', 'Too many topic messages came. Send less.', { details: { retryAfterMs: 1_000 } })
      }
      if (type === 'message' || type === 'past')
        await this.receive(readTopicMessage(payload, limits, host.network), from.peerId, type === 'past')
      else if (type === 'publish') {
        const read = readTopicMessage(payload, limits, host.network)
        await this.receive(read, from.peerId)
        await host.reply(message, { type: 'published', payload: { subscribers: this.subscribersOf(read.topic, from.peerId) } })
      } else if (type === 'want') this.wanted(payload, from.peerId)
      else if (type === 'unwant') this.unwanted(payload, from.peerId)
      else if (type === 'have') this.advertised(payload, from.peerId)
      else if (type === 'graft') this.grafted(payload, from.peerId)
      else if (type === 'prune') for (const topic of readTopics(payload)) this.pruned(topic, from.peerId)
      else throw unknownType(message)
    } catch (error) {
      const { code } = asP2PError(error, 'HANDLER_FAILED', '')
      this.drop(code)
      if (NEVER_HONEST.has(code)) host.reject(from.peerId, error as P2PError)
      else if (type === 'publish' || code === 'INVALID_MESSAGE' || !isP2PError(error)) throw error
    }
  }

  private async receive(read: SignedTopicMessage, from: string, past = false): Promise<void> {
    const { protocolHost: host, limits } = this
    const { topic, id, slot, publishedAt, publicKey } = read
    const now = host!.clock.now()
    if (read.hops > limits.maxTopicHops * 2) return this.drop('HOPS')
    if (publishedAt > now + limits.maxClockSkewMs || publishedAt < now - limits.maxClockSkewMs - limits.topicHistoryMs) {
      return this.drop('STALE')
    }
    if (this.seen.has(id)) {
      // Past messages come from everybody who is asked, and say nothing of the tree.
      if (past) return
      this.counts.duplicates++
      if (this.tree.duplicate(topic, from)) this.send(from, 'prune', [topic])
      return
    }
    const message = await host!.check(from, () => verifyTopicMessage(read, host!.network))
    // While it was verified another copy may have come.
    if (this.protocolHost === undefined || !this.seen.add(id)) return
    if ((this.slots.get(slot) ?? id) !== id) return this.equivocated(message)
    this.slots.set(slot, id)
    const retryAfterMs = this.publishers.take(String.fromCharCode(...publicKey))
    if (retryAfterMs > 0) throw tooFast(retryAfterMs, limits)
    this.advertisements?.arrived(id)
    this.tree.first(topic, from)
    this.history.add(message)
    for (const deliver of [...(this.listeners.get(topic) ?? [])]) deliver(message, past)
    if (this.wiring.router) this.forward(message, from)
  }

  /** Both messages were verified here. What the first of them said has gone on already; the second goes no further. */
  private equivocated({ publicKey }: VerifiedTopicMessage): void {
    this.drop('EQUIVOCATION')
    if (equalBytes(publicKey, this.wiring.identity.publicKey)) return
    this.protocolHost!.blame(publicKey, 'two-messages', 'It has published two messages under one sequence.')
  }

  private forward(message: VerifiedTopicMessage, from: string): void {
    const { topic, id } = message
    // Nobody signs it: whoever writes a high number has its own copy dropped at most, not those that we pass on. Loops end at `seen`.
    const wire = wireOf(message, Math.min(message.hops + 1, 2 * this.limits.maxTopicHops))
    for (const peerId of this.interest.peersOf(topic)) {
      if (isOfOneRelay(peerId, from)) continue
      if (this.tree.isEager(topic, peerId) && this.push(peerId, wire, message.bytes.length)) this.counts.forwarded++
      else this.advertisements?.advertise(peerId, topic, id)
    }
  }

  /** Sends one message; false to a neighbour that reads too slowly, which is told of it only. */
  private push(peerId: string, wire: unknown, bytes: number, type = 'message'): boolean {
    const before = this.underWay.get(peerId) ?? 0
    if (before > this.limits.sendHighWaterBytes) return false
    this.underWay.set(peerId, before + bytes)
    const done = () => {
      const left = (this.underWay.get(peerId) ?? 0) - bytes
      if (left > 0) this.underWay.set(peerId, left)
      else this.underWay.delete(peerId)
    }
    this.protocolHost!.sendTo(peerId, { type, payload: wire, protocol: TOPICS_PROTOCOL }).then(done, done)
    return true
  }

  private advertised(payload: unknown, from: string): void {
    for (const [topic, id] of readHaves(payload)) {
      const isWanted = this.interest.ownCount(topic) > 0 || this.interest.countOf(topic) > 0
      if (this.seen.has(id) || !isWanted) continue
      if (this.advertisements?.heard(from, topic, id) === false) return
    }
  }

  private grafted(payload: unknown, from: string): void {
    const [topic, id] = readGraft(payload)
    this.tree.graft(topic, from)
    const message = this.history.get(id)
    if (message !== undefined) this.push(from, wireOf(message), message.bytes.length)
  }

  private pruned(topic: string, from: string): void {
    // Only for links that there are: nobody can fill the tree with others.
    for (const peerId of this.interest.peersOf(topic))
      if (peerId === from) {
        this.tree.prune(topic, from)
        return
      }
  }

  private wanted(payload: unknown, from: string): void {
    const router = this.peers.get(from)
    // It has gone since.
    if (router === undefined) return
    for (const [topic, distance, history = 0] of readWants(payload)) {
      if (this.interest.add(from, topic, distance, router === true)) this.wants.tell(topic)
      for (const message of this.history.last(topic, Math.min(history, this.limits.topicHistory))) {
        this.push(from, wireOf(message), message.bytes.length, 'past')
      }
    }
  }

  private unwanted(payload: unknown, from: string): void {
    for (const topic of readTopics(payload)) if (this.interest.remove(from, topic)) this.unwantedBy(from, topic)
  }

  private unwantedBy(peerId: string, topic: string): void {
    this.tree.graft(topic, peerId)
    this.wants.tell(topic)
  }

  private subscribersOf(topic: string, except: string): number {
    let count = this.interest.ownCount(topic) > 0 ? 1 : 0
    if (this.wiring.router) for (const peerId of this.interest.peersOf(topic)) if (peerId !== except) count++
    return count
  }

  private send(peerId: string, type: string, payload: unknown): void {
    // A neighbour that is gone is told everything when it comes back.
    this.protocolHost?.sendTo(peerId, { type, payload, protocol: TOPICS_PROTOCOL }).catch(() => {})
  }

  private hand(message: VerifiedTopicMessage, past: boolean, listener: TopicListener): void {
    this.counts.delivered++
    fenced(
      () => listener(topicMessageOf(message, past, this.limits)),
      (cause) => this.failed(new P2PError('LISTENER_FAILED', `A listener of the topic "${message.topic}" failed.`, { cause })),
    )
  }

  private failed(error: P2PError): void {
    fenced(() => this.wiring.onError?.(error))
  }

  private drop(cause: string): void {
    this.dropped[cause] = (this.dropped[cause] ?? 0) + 1
  }
}

/** What no honest neighbour sends, for it has checked what it passes on. */
const NEVER_HONEST: ReadonlySet<string> = /* @__PURE__ */ new Set(['MALFORMED_DATA', 'INVALID_SIGNATURE'])

function speaks({ protocols }: PeerInfo): boolean {
  return protocols?.includes(TOPICS_PROTOCOL) === true
}

/** Listening DHT servers, relays among them, pass on what others publish. */
function isRouter({ protocols }: PeerInfo): boolean {
  return protocols?.includes(DHT_PROTOCOL) === true
}

function tooFast(retryAfterMs: number, limits: Limits): P2PError {
  const message = `One publisher may publish ${limits.topicRatePerS} messages a second. Publish less.`
  return new P2PError('RATE_LIMITED', message, { details: { limit: 'topicRatePerS', retryAfterMs } })
}
