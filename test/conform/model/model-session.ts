import { joined } from '../../../src/base/bytes.js'
import {
  type Anything,
  ackEntry,
  Kind,
  type MessageParts,
  messageBytes,
  random,
  readUint,
  sequenceEntry,
  switchEntry,
} from '../../../src/node/conform/wire.js'
import { type ModelChannel, Violation } from './model-channel.js'
import type { ModelPeer } from './model-peer.js'

const HEARTBEAT = 'lotus/heartbeat'

interface Incoming {
  protocol: string
  received: number
  passed: number
  /** Of a numbering that its sender has ended. */
  isOld?: boolean
}

interface Outgoing {
  protocol: string
  next: number
  acked: number
  /** Unacknowledged, and those that wait. */
  sent: { number: number; bytes: Uint8Array }[]
  waiting: Uint8Array[]
  pausedUntil: number
}

class Bucket {
  private level: number
  private at = Date.now()
  constructor(
    private readonly perS: number,
    private readonly burst: number,
  ) {
    this.level = burst
  }
  /** Milliseconds until there is room; 0 where it was taken. */
  take(): number {
    const now = Date.now()
    this.level = Math.min(this.burst, this.level + ((now - this.at) / 1_000) * this.perS)
    this.at = now
    if (this.level < 1) return Math.ceil(((1 - this.level) / this.perS) * 1_000)
    this.level--
    return 0
  }
}

/** What two processes say to each other (S). */
export class ModelSession {
  incoming = new Map<number, Incoming>()
  serving: ModelChannel | undefined
  changes = 0
  streams = random(8)
  readonly paths = new Set<ModelChannel>()
  private theirStreams = ''
  private readonly outgoing = new Map<number, Outgoing>()
  /** Streams whose SEQUENCE has gone on the serving path. */
  private told = new Set<number>()
  private all = new Bucket(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  private readonly pings: Bucket
  private budgets: Anything = {}
  private listed: string[] = []

  constructor(
    readonly peer: ModelPeer,
    readonly process: string,
  ) {
    const { perS, burst } = peer.pingBudget
    this.pings = new Bucket(perS * 1.1, peer.breaks('S-18') ? burst / 2 : burst * 2)
  }

  described(channel: ModelChannel, streams: Uint8Array): void {
    const named = Buffer.from(streams).toString('hex')
    const isNew = named !== this.theirStreams && !this.peer.breaks('S-2')
    if (isNew && this.peer.breaks('S-3')) {
      for (const known of this.incoming.values()) known.isOld = true
    } else if (isNew) this.incoming = new Map()
    this.theirStreams = named
    this.budgets = channel.description.budgets ?? {}
    this.listed = channel.description.protocols
    const star = this.budgets['*']
    if (star !== undefined && !this.peer.breaks('S-17')) this.all = new Bucket(star[0], star[1])
    this.paths.add(channel)
    if (this.serving === undefined) this.speakOn(channel)
  }

  private speakOn(channel: ModelChannel): void {
    this.serving = channel
    this.told = new Set()
    if (!this.peer.breaks('S-23')) channel.write(switchEntry(this.peer.breaks('S-25/count') ? 1_000 : this.changes))
    for (const stream of this.outgoing.values()) stream.waiting.unshift(...stream.sent.splice(0).map(({ bytes }) => bytes))
    for (const [id, stream] of this.outgoing) {
      stream.next = stream.acked + 1
      this.pump(id, stream)
    }
    for (const [stream, known] of this.incoming) if (!this.peer.breaks('S-13/switch')) this.ack(stream, known.received)
    if (this.peer.breaks('S-23')) setTimeout(() => channel.write(switchEntry(this.changes)), 200)
  }

  onSwitch(channel: ModelChannel, changes: number): void {
    const isLate = channel.switched !== undefined && changes <= channel.switched
    if (isLate && !this.peer.breaks('S-30')) throw new Violation('PROTOCOL_VIOLATION')
    channel.switched = changes
    channel.sequences.clear()
    if (channel === this.serving || changes < this.changes) return
    if (this.peer.breaks('S-25')) return
    this.changes = changes
    const old = this.serving
    this.speakOn(channel)
    if (old === undefined) return
    if (this.peer.breaks('S-24')) {
      setTimeout(() => old.write(sequenceEntry(0, 1, 0, '')), 20)
    }
    if (!this.peer.breaks('S-29')) setTimeout(() => old.close('DUPLICATE_CONNECTION'), this.peer.leaveMs)
  }

  lost(channel: ModelChannel): void {
    this.paths.delete(channel)
    if (this.serving === channel) this.serving = [...this.paths][0]
    if (this.paths.size === 0) this.peer.gone(this, channel)
  }

  begins(stream: number, number: number, givenUp: number, protocol: string): void {
    const known = this.incoming.get(stream)
    if (known === undefined) {
      this.incoming.set(stream, { protocol, received: number - 1, passed: number - 1 })
      return
    }
    if (known.protocol !== protocol && !this.peer.breaks('S-4')) throw new Violation('PROTOCOL_VIOLATION')
    const gap = number - known.received - 1
    if (gap <= 0) return
    if (known.passed + gap > givenUp && !this.peer.breaks('S-10')) throw new Violation('PROTOCOL_VIOLATION')
    known.passed += gap
    known.received = number - 1
  }

  has(stream: number, number: number): boolean {
    if (this.peer.breaks('S-1')) return (this.incoming.get(stream)?.received ?? 0) >= number && this.paths.size < 2
    return (this.incoming.get(stream)?.received ?? 0) >= number && this.incoming.get(stream)?.isOld !== true
  }

  received(channel: ModelChannel, stream: number, number: number): void {
    const known = this.incoming.get(stream)
    if (known === undefined) return
    known.received = Math.max(known.received, number)
    const delay = this.peer.breaks('S-13') ? 2_500 : 0
    if (delay > 0) setTimeout(() => this.ack(stream, known.received), delay)
    else if (!channel.over && !this.peer.breaks('C-14')) this.ack(stream, known.received)
    else if (!channel.over) setTimeout(() => this.ack(stream, known.received), 60)
  }

  private ack(stream: number, number: number): void {
    if (this.serving?.over !== true) this.serving?.write(ackEntry(stream, number))
  }

  acknowledge(_channel: ModelChannel): void {
    for (const [stream, { received }] of this.incoming) this.ack(stream, received)
  }

  /** Milliseconds that a message has to wait, by the budget of its protocol. */
  over(protocol: string | undefined): number {
    return protocol === HEARTBEAT ? this.pings.take() : 0
  }

  onAck(body: Uint8Array): void {
    for (let at = 0; at < body.length; at += 7) {
      const [stream, number] = [body[at]!, readUint(body.subarray(at + 1, at + 7))]
      const known = this.outgoing.get(stream)
      if (number >= (known?.next ?? 1) || stream > 127) {
        if (this.peer.breaks('S-14')) continue
        throw new Violation('PROTOCOL_VIOLATION')
      }
      if (known === undefined) continue
      known.acked = Math.max(known.acked, number)
      known.sent = known.sent.filter((sent) => sent.number > number)
      this.pump(stream, known)
    }
  }

  onRefused(body: Uint8Array): void {
    const stream = body[0]!
    const [number, ms] = [readUint(body.subarray(1, 7)), readUint(body.subarray(7, 11))]
    const known = this.outgoing.get(stream)
    if (known === undefined || number >= known.next) {
      if (this.peer.breaks('S-14/refused')) return
      throw new Violation('PROTOCOL_VIOLATION')
    }
    if (number <= known.acked) {
      if (this.peer.breaks('S-36')) return
      known.waiting.unshift(...known.sent.map(({ bytes }) => bytes))
      known.sent = []
      known.next = known.acked + 1
      this.told.delete(stream)
      this.pump(stream, known)
      return
    }
    this.refusals++
    const growing = this.refusals > 1 && !this.peer.breaks('S-16') ? 50 * 2 ** this.refusals : 0
    const pauseMs = Math.max(this.peer.breaks('S-22') ? ms / 4 : ms, growing)
    known.waiting.unshift(...known.sent.filter((sent) => sent.number >= number).map(({ bytes }) => bytes))
    known.sent = []
    if (this.peer.breaks('S-31')) known.waiting.shift()
    known.next = this.peer.breaks('S-31') ? number + 1 : number
    known.acked = number - 1
    known.pausedUntil = Date.now() + pauseMs
    this.told.delete(stream)
    setTimeout(() => this.pump(stream, known), pauseMs + 1)
  }

  private refusals = 0

  send(parts: MessageParts, raw?: Uint8Array): void {
    const { protocol } = parts
    const id = this.streamOf(protocol)
    const stream = this.outgoing.get(id)!
    stream.waiting.push(raw ?? messageBytes(parts))
    this.pump(id, stream)
  }

  private streamOf(protocol: string | undefined): number {
    const named = protocol === undefined || this.listed.includes(protocol) || this.peer.breaks('S-5')
    let id = 0
    if (named) {
      id = [...this.outgoing].find(([at, known]) => at > 0 && known.protocol === (protocol ?? ''))?.[0] ?? 0
      if (id === 0) id = this.outgoing.size + 1
    }
    const first = this.peer.breaks('S-7') ? 4 : 1
    if (!this.outgoing.has(id)) {
      const name = id === 0 ? '' : (protocol ?? '')
      this.outgoing.set(id, { protocol: name, next: first, acked: first - 1, sent: [], waiting: [], pausedUntil: 0 })
    }
    return id
  }

  private burst(id: number, { protocol }: Outgoing): number {
    if (this.peer.breaks('S-19')) return Number.POSITIVE_INFINITY
    return this.budgets[id === 0 ? '*' : protocol]?.[1] ?? Number.POSITIVE_INFINITY
  }

  private pump(id: number, stream: Outgoing): void {
    const path = this.serving
    while (path !== undefined && !path.over && stream.waiting.length > 0 && Date.now() >= stream.pausedUntil) {
      if (stream.sent.length >= this.burst(id, stream)) return
      const waitMs = this.all.take()
      if (waitMs > 0) {
        setTimeout(() => this.pump(id, stream), waitMs)
        return
      }
      if (!this.told.has(id)) {
        this.told.add(id)
        const sequence = sequenceEntry(id, stream.next, 0, stream.protocol)
        if (!this.peer.breaks('S-8/own')) path.write(sequence)
      }
      const bytes = stream.waiting.shift()!
      stream.sent.push({ number: stream.next++, bytes })
      path.writeLong(Kind.MESSAGE, joined(Uint8Array.of(id), bytes))
    }
  }
}
