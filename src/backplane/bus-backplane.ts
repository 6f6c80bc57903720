import { joined, viewOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import { TypedEvents, type Unsubscribe } from '../base/events.js'
import { fenced } from '../base/fenced.js'
import { type Random, randomId, systemRandom } from '../base/random.js'
import { checkWait, type WaitOptions, withDeadline } from '../base/wait.js'
import type {
  Answerer,
  BackplaneEvents,
  BackplaneStats,
  Gathered,
  GatherOptions,
  NodeInfo,
  NodeLoad,
  Receiver,
  RecordLog,
  RelayBackplane,
  Sender,
  SharedMap,
} from './backplane.js'
import type { Bus, Subscription } from './bus.js'
import { answered, bodyOf, Heads, NODE_ID_LENGTH, readMessage } from './bus-messages.js'
import { backplaneDown, encodedError } from './errors.js'
import { Leases } from './leases.js'
import { BACKPLANE_LIMITS } from './limits.js'
import { NodeList } from './node-list.js'

const { askMs, gatherMs } = BACKPLANE_LIMITS

interface Gathering {
  readonly answers: Gathered[]
  /** Those that have not answered. */
  readonly waiting: Set<string>
  readonly enough: number
  done(): void
}

export interface BusBackplaneOptions {
  clock: Clock
  random?: Random | undefined
  /** Makes the bus of this process. */
  bus: (nodeId: string) => Bus
}

/** A backplane over subjects: all that is the same for NATS and for several relays in one process. */
export class BusBackplane implements RelayBackplane {
  readonly nodeId: string
  readonly shared: SharedMap
  readonly records: RecordLog
  private readonly clock: Clock
  private readonly bus: Bus
  private readonly heads: Heads
  private readonly list: NodeList
  private readonly leases: Leases
  private readonly events = new TypedEvents<BackplaneEvents>(() => {})
  private readonly answerers = new Map<string, Answerer>()
  private readonly receivers = new Map<string, Receiver>()
  private readonly held = new Map<string, Subscription>()
  private readonly groups = new Map<string, Subscription>()
  private readonly gatherings = new Map<number, Gathering>()
  private lastGathering = 0
  private own: Subscription[] = []
  private isStarted = false
  private isClosed = false
  private readonly counts: Omit<BackplaneStats, 'up' | 'nodes'> = {
    sent: {},
    received: {},
    bytesOut: 0,
    bytesIn: 0,
    noResponder: 0,
    unread: 0,
  }

  constructor({ clock, random = systemRandom, bus }: BusBackplaneOptions) {
    this.clock = clock
    this.nodeId = randomId(random, NODE_ID_LENGTH)
    this.bus = bus(this.nodeId)
    this.shared = this.bus.shared
    this.records = this.bus.records
    this.heads = new Heads(this.nodeId)
    this.leases = new Leases(this.nodeId, clock, this.shared)
    this.list = new NodeList({
      nodeId: this.nodeId,
      clock,
      tell: (bytes, nodeId) => (nodeId === undefined ? this.toAll('node', bytes) : this.toNode(nodeId, 'node', bytes)),
      joined: (nodeId) => this.events.emit('node-joined', nodeId),
      gone: (nodeId) => {
        for (const gathering of this.gatherings.values()) this.settle(gathering, nodeId)
        this.events.emit('node-gone', nodeId)
      },
      late: () => this.events.emit('late'),
    })
    this.receive('node', (bytes, { nodeId }) => this.list.heard(nodeId, bytes))
    this.receive('bye', (_, { nodeId }) => this.list.remove(nodeId))
    this.receive('gather', (bytes, from) => void this.gathered(bytes, from))
    this.receive('gathered', (bytes, { nodeId }) => this.collect(bytes, nodeId))
  }

  get state(): 'up' | 'down' {
    return this.isStarted && !this.isClosed ? this.bus.state : 'down'
  }

  async start(load: () => NodeLoad): Promise<void> {
    await this.bus.open((state) => this.stateChanged(state))
    this.own = [`node.${this.nodeId}`, 'all'].map((subject) => this.subscribe(subject))
    await Promise.all(this.own.map(({ ready }) => ready))
    this.isStarted = true
    this.list.start(load)
    // The others tell of themselves meanwhile.
    await new Promise<void>((resolve) => this.clock.setTimeout(resolve, gatherMs))
    this.list.time.agree()
  }

  now(): number {
    return this.list.time.now()
  }

  announce(): void {
    if (this.state === 'up') this.list.announce()
  }

  nodes(): NodeInfo[] {
    return this.list.all()
  }

  hold(peer: string): Promise<void> {
    const known = this.held.get(peer) ?? this.subscribe(`peer.${peer}`, peer)
    this.held.set(peer, known)
    return known.ready
  }

  release(peer: string): void {
    this.held.get(peer)?.end()
    this.held.delete(peer)
  }

  askPeer(peer: string, kind: string, bytes: Uint8Array, wait?: WaitOptions): Promise<Uint8Array> {
    return this.ask(`peer.${peer}`, kind, bytes, wait)
  }

  async askNode(nodeId: string, kind: string, bytes: Uint8Array, wait?: WaitOptions): Promise<Uint8Array> {
    try {
      return await this.ask(`node.${nodeId}`, kind, bytes, wait)
    } catch (error) {
      if (isP2PError(error, 'PEER_NOT_FOUND') && error.details.byBus === true) this.list.remove(nodeId)
      throw error
    }
  }

  async gather(kind: string, bytes: Uint8Array, options: GatherOptions = {}): Promise<Gathered[]> {
    const { slowestMs = gatherMs, enough = Number.POSITIVE_INFINITY, group } = options
    const waiting = new Set(this.list.otherIds)
    if (waiting.size === 0 || this.state === 'down') return []
    this.lastGathering = (this.lastGathering + 1) % 2 ** 32
    const id = this.lastGathering
    const head = new Uint8Array(5 + kind.length)
    viewOf(head).setUint32(0, id)
    head[4] = kind.length
    head.set(new TextEncoder().encode(kind), 5)
    const body = joined(head, bytes)
    const answers: Gathered[] = []
    try {
      await withDeadline(this.clock, 'A question to all processes', { timeoutMs: slowestMs }, (signal) => {
        return new Promise<void>((done) => {
          signal.addEventListener('abort', () => done())
          // Who is not in the group does not answer: then there is no telling when all have.
          if (group !== undefined) waiting.add('')
          this.gatherings.set(id, { answers, waiting, enough, done })
          const left = group === undefined ? this.toAll('gather', body) : this.toGroup(group, 'gather', body)
          if (!left) done()
        })
      })
    } catch {
      // What has come is the answer.
    } finally {
      this.gatherings.delete(id)
    }
    return answers
  }

  toPeer(peer: string, kind: string, bytes: Uint8Array): boolean {
    return this.publish(`peer.${peer}`, kind, bytes)
  }

  toNode(nodeId: string, kind: string, bytes: Uint8Array): boolean {
    return this.publish(`node.${nodeId}`, kind, bytes)
  }

  toAll(kind: string, bytes: Uint8Array): boolean {
    return this.publish('all', kind, bytes)
  }

  toGroup(group: string, kind: string, bytes: Uint8Array): boolean {
    return this.publish(`group.${group}`, kind, bytes)
  }

  join(group: string): void {
    if (!this.groups.has(group)) this.groups.set(group, this.subscribe(`group.${group}`))
  }

  leaveGroup(group: string): void {
    this.groups.get(group)?.end()
    this.groups.delete(group)
  }

  answer(kind: string, answerer: Answerer): Unsubscribe {
    this.answerers.set(kind, answerer)
    return () => {
      if (this.answerers.get(kind) === answerer) this.answerers.delete(kind)
    }
  }

  receive(kind: string, receiver: Receiver): Unsubscribe {
    this.receivers.set(kind, receiver)
    return () => {
      if (this.receivers.get(kind) === receiver) this.receivers.delete(kind)
    }
  }

  lead(role: string, onChange: (leading: boolean) => void): Unsubscribe {
    return this.leases.lead(role, onChange)
  }

  on<Name extends keyof BackplaneEvents>(event: Name, listener: (...args: BackplaneEvents[Name]) => void): Unsubscribe {
    return this.events.on(event, listener)
  }

  getStats(): BackplaneStats {
    const { sent, received } = this.counts
    return { up: this.state === 'up', nodes: this.nodes().length, ...this.counts, sent: { ...sent }, received: { ...received } }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    if (this.state === 'up') {
      await this.leases.close()
      this.toAll('bye', new Uint8Array(0))
    }
    this.isClosed = true
    this.list.close()
    for (const subscription of [...this.own, ...this.held.values(), ...this.groups.values()]) subscription.end()
    this.held.clear()
    this.groups.clear()
    for (const gathering of this.gatherings.values()) gathering.done()
    await this.bus.close()
    this.events.clear()
  }

  private stateChanged(state: 'up' | 'down'): void {
    if (!this.isStarted || this.isClosed) return
    this.list.setUp(state === 'up')
    this.events.emit(state)
  }

  private subscribe(subject: string, peer?: string): Subscription {
    return this.bus.subscribe(subject, (bytes, respond) => this.arrived(bytes, respond, peer))
  }

  private publish(subject: string, kind: string, bytes: Uint8Array): boolean {
    const message = this.heads.message(kind, bytes)
    if (this.state === 'down' || !this.bus.publish(subject, message)) return false
    this.countSent(kind, message.length)
    return true
  }

  private async ask(subject: string, kind: string, bytes: Uint8Array, wait: WaitOptions = {}): Promise<Uint8Array> {
    const { timeoutMs = askMs, signal } = wait
    checkWait('A question to another process', { timeoutMs, signal })
    const message = this.heads.message(kind, bytes)
    if (this.state === 'down') throw backplaneDown()
    this.countSent(kind, message.length)
    const askedAt = elapsed(this.clock)
    try {
      return bodyOf(await this.bus.request(subject, message, { timeoutMs, signal }))
    } catch (error) {
      if (isP2PError(error, 'PEER_NOT_FOUND') && error.details.byBus === true) this.counts.noResponder++
      throw error
    } finally {
      this.events.emit('asked', kind, elapsed(this.clock) - askedAt)
    }
  }

  /** A message of another process, or of this one, which hears itself where it is asked. */
  private arrived(bytes: Uint8Array, respond: ((bytes: Uint8Array) => void) | undefined, peer: string | undefined): void {
    const message = this.isClosed ? undefined : readMessage(bytes)
    if (message === undefined) {
      this.counts.unread++
      return
    }
    const { kind, from, body } = message
    this.counts.bytesIn += bytes.length
    this.counts.received[kind] = (this.counts.received[kind] ?? 0) + 1
    const sender = { nodeId: from, peer }
    if (respond !== undefined) {
      const answerer = this.answerers.get(kind)
      const answer = () => (answerer ?? unknown)(body, sender)
      void answered(answer).then((answer) => {
        this.counts.bytesOut += answer.length
        respond(answer)
      })
      return
    }
    if (from === this.nodeId) return
    const receiver = this.receivers.get(kind)
    if (receiver === undefined) this.counts.unread++
    // What cannot be read is another version's, and harms nobody.
    else
      fenced(
        () => receiver(body, sender),
        () => this.counts.unread++,
      )
  }

  /** Another process asks all. */
  private async gathered(bytes: Uint8Array, from: Sender): Promise<void> {
    if (bytes.length < 5) return
    const kind = new TextDecoder().decode(bytes.subarray(5, 5 + bytes[4]!))
    const answerer = this.answerers.get(kind) ?? unknown
    const answer = await answered(() => answerer(bytes.subarray(5 + bytes[4]!), from))
    const fits = answer.length <= BACKPLANE_LIMITS.maxBackplaneBytes - 4
    this.toNode(
      from.nodeId,
      'gathered',
      joined(bytes.subarray(0, 4), fits ? answer : joined(Uint8Array.of(1), encodedError(undefined))),
    )
  }

  private collect(bytes: Uint8Array, nodeId: string): void {
    const gathering = bytes.length < 5 ? undefined : this.gatherings.get(viewOf(bytes).getUint32(0))
    if (gathering === undefined) return
    if (bytes[4] === 0 && gathering.answers.length < gathering.enough)
      gathering.answers.push({ nodeId, bytes: bytes.subarray(5) })
    this.settle(gathering, nodeId)
  }

  private settle(gathering: Gathering, nodeId: string): void {
    gathering.waiting.delete(nodeId)
    if (gathering.waiting.size === 0 || gathering.answers.length >= gathering.enough) gathering.done()
  }

  private countSent(kind: string, bytes: number): void {
    this.counts.sent[kind] = (this.counts.sent[kind] ?? 0) + 1
    this.counts.bytesOut += bytes
  }
}

function unknown(): never {
  throw new P2PError(
    'PROTOCOL_NOT_SUPPORTED',
    'That process of the relay does not answer such questions: it may be of another version.',
  )
}
