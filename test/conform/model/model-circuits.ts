import { isPeerId } from '../../../src/identity/peer-id.js'
import { Pipe } from '../../../src/node/conform/pipe.js'
import type { Anything } from '../../../src/node/conform/wire.js'
import { ModelChannel, Violation } from './model-channel.js'
import { type Message, type ModelHandler, type ModelPeer, Refusal } from './model-peer.js'

const HOP = 'lotus/circuit-hop'
const STOP = 'lotus/circuit-stop'
const TYPES = ['reserve', 'open', 'incoming', 'opened', 'data', 'ack', 'close']
const WINDOW = 524_288
const FRAME_BYTES = 61_440
const FRAME_COST = 128

interface End {
  channel: ModelChannel
  id: number
  /** Bytes that came from this end and are not acknowledged to it. */
  owed: number
}

/** Circuits (R): those that a relay forwards, or those in which a peer is called. */
export class ModelCircuits implements ModelHandler {
  readonly protocols: string[]
  private readonly counts = new Map<ModelChannel, number>()
  private readonly reserved = new Set<string>()
  private readonly circuits = new Map<ModelChannel, Map<number, [near: End, far: End]>>()
  private readonly calls = new Map<ModelChannel, Map<number, Call>>()

  constructor(private readonly peer: ModelPeer) {
    this.protocols = [peer.profile === 'relay' ? HOP : STOP]
  }

  handle(channel: ModelChannel, message: Message): Promise<Anything> | undefined {
    const { type, payload, protocol } = message
    if (!TYPES.includes(type)) throw new Refusal('INVALID_MESSAGE')
    if (this.peer.profile === 'peer') {
      this.onStop(channel, type, payload)
      return undefined
    }
    if (protocol !== HOP) throw new Refusal('PROTOCOL_NOT_SUPPORTED')
    if (type === 'reserve') {
      this.reserved.add(channel.remoteId)
      return Promise.resolve({
        type: 'reserved',
        payload: { expiresInS: 600, maxCircuits: 64, circuitMs: 1e6, circuitBytes: 1e9, circuitBytesPerS: 1e6 },
      })
    }
    if (type === 'open') return this.open(channel, payload)
    this.forward(channel, type, payload)
    return undefined
  }

  left(channel: ModelChannel): void {
    this.reserved.delete(channel.remoteId)
    for (const [, far] of this.circuits.get(channel)?.values() ?? []) this.sayClose(far, 'CONNECTION_LOST')
    this.circuits.delete(channel)
  }

  private next(channel: ModelChannel): number {
    const count = (this.counts.get(channel) ?? 0) + (this.peer.breaks('R-1') ? 7 : 1)
    this.counts.set(channel, count)
    return count
  }

  private open(caller: ModelChannel, payload: Anything): Promise<Anything> {
    const { peer } = this
    const { target, frame } = payload ?? {}
    const isId = isPeerId(target) || (peer.breaks('R-3') && typeof target === 'string')
    if (!isId || !(frame instanceof Uint8Array)) {
      if (peer.breaks('R-7')) throw new Refusal('MALFORMED_DATA')
      throw new Violation('MALFORMED_DATA')
    }
    const called = [...peer.connected.values()].find(
      ({ remoteId, description }) => remoteId === target || (!isPeerId(target) && description?.name === target),
    )
    if (target === caller.remoteId) throw new Refusal('CIRCUIT_REFUSED')
    if (called === undefined) throw new Refusal(peer.breaks('R-4') ? 'CIRCUIT_REFUSED' : 'PEER_NOT_FOUND')
    if (!called.description?.protocols.includes(STOP)) throw new Refusal('CIRCUIT_REFUSED')
    const isNew = Date.now() - called.connectedAt < 5_000
    if (!this.reserved.has(called.remoteId) && !isNew && !peer.breaks('R-14')) throw new Refusal('NO_RESERVATION')
    const between = [...(this.circuits.get(caller)?.values() ?? [])].filter(([, far]) => far.channel === called).length
    if (frame.length > FRAME_BYTES || (between >= 4 && !peer.breaks('R-4/limit'))) throw new Refusal('CIRCUIT_REFUSED')
    const near: End = { channel: caller, id: this.next(caller), owed: 0 }
    const far: End = { channel: called, id: this.next(called), owed: 0 }
    this.keep(near, far)
    this.keep(far, near)
    const told = { window: WINDOW, frameBytes: FRAME_BYTES }
    called.session!.send({
      type: 'incoming',
      protocol: STOP,
      payload: { circuit: far.id, from: caller.remoteId, frame, ...told },
    })
    const opened = { type: 'opened', protocol: peer.breaks('R-2/protocol') ? HOP : STOP, payload: { circuit: near.id, ...told } }
    if (!peer.breaks('R-2')) return Promise.resolve(opened)
    return new Promise((resolve) => setTimeout(() => resolve(opened), 100))
  }

  private keep(near: End, far: End): void {
    const known = this.circuits.get(near.channel) ?? new Map<number, [End, End]>()
    known.set(near.id, [near, far])
    this.circuits.set(near.channel, known)
  }

  private forward(channel: ModelChannel, type: string, payload: Anything): void {
    const { peer } = this
    if (!Array.isArray(payload)) throw new Violation('MALFORMED_DATA')
    const found = this.circuits.get(channel)?.get(payload[0])
    if (found === undefined) {
      if (type === 'close' ? peer.breaks('R-13/close') : !peer.breaks('R-13')) {
        channel.session!.send({ type: 'close', protocol: STOP, payload: [payload[0], 'CONNECTION_LOST'] })
      }
      return
    }
    const [near, far] = found
    const item = payload[1]
    if (type === 'data') {
      near.owed += item.length + FRAME_COST
      if ((item.length > FRAME_BYTES || near.owed > WINDOW) && !peer.breaks('R-11')) this.violated(near, far)
    }
    if (type === 'ack') {
      far.owed -= item
      if (far.owed < 0 && !peer.breaks('R-11/ack')) this.violated(near, far)
    }
    if (!this.circuits.get(channel)?.has(payload[0])) return
    if (type === 'close') this.forget(near, far)
    if (type === 'close' && peer.breaks('R-12')) this.sayClose(near)
    if (type === 'data' && peer.breaks('R-12/late')) {
      setTimeout(() => far.channel.session!.send({ type, protocol: STOP, payload: [far.id, item] }), 50)
      return
    }
    far.channel.session!.send({ type, protocol: STOP, payload: [far.id, ...payload.slice(1)] })
  }

  private violated(near: End, far: End): void {
    this.forget(near, far)
    this.sayClose(near, 'PROTOCOL_VIOLATION')
    this.sayClose(far, 'PROTOCOL_VIOLATION')
  }

  private forget(near: End, far: End): void {
    for (const { channel, id } of [near, far]) this.circuits.get(channel)?.delete(id)
  }

  private sayClose({ channel, id }: End, code?: string): void {
    channel.session!.send({ type: 'close', protocol: STOP, payload: code === undefined ? [id] : [id, code] })
  }

  /** What a relay says to a peer that is called. */
  private onStop(channel: ModelChannel, type: string, payload: Anything): void {
    const { peer } = this
    const known = this.calls.get(channel) ?? new Map<number, Call>()
    this.calls.set(channel, known)
    const refuse = (id: number, code: string) => channel.session!.send({ type: 'close', protocol: HOP, payload: [id, code] })
    if (type === 'incoming') {
      const { circuit, from, frame, window, frameBytes } = payload
      const isGood = Number.isSafeInteger(circuit) && circuit > 0 && isPeerId(from) && frame instanceof Uint8Array
      if (!isGood && !peer.breaks('R-7')) throw new Violation('MALFORMED_DATA')
      const isRelay = channel.description.protocols.includes(HOP) || peer.breaks('R-7/relay')
      if (!isRelay || ((window > 8_388_608 || known.size >= 64) && !peer.breaks('R-5'))) {
        refuse(circuit, 'CIRCUIT_REFUSED')
        return
      }
      const call = new Call(peer, channel, circuit, window, frameBytes, () => known.delete(circuit))
      known.set(circuit, call)
      call.begin(frame, from)
      return
    }
    const call = known.get(payload[0])
    if (call === undefined) {
      if (type === 'close' ? peer.breaks('R-13/close') : !peer.breaks('R-13')) refuse(payload[0], 'CONNECTION_LOST')
      return
    }
    call.take(type, payload[1])
  }
}

/** A circuit in which the model is called. */
class Call {
  private readonly pipe: Pipe
  private unacknowledged = 0
  private consumed = 0
  private waiting: Uint8Array[] = []
  private over = false

  constructor(
    private readonly peer: ModelPeer,
    private readonly channel: ModelChannel,
    private readonly id: number,
    private readonly window: number,
    private readonly frameBytes: number,
    private readonly ended: () => void,
  ) {
    this.pipe = new Pipe(
      (frame) => this.send(frame as Uint8Array),
      () => this.end([]),
    )
  }

  begin(frame: Uint8Array, from: string): void {
    const inner = new ModelChannel(this.peer, this.pipe)
    if (this.peer.breaks('R-6')) inner.expected = from
    this.pipe.take(frame)
  }

  take(type: string, item: Anything): void {
    if (type === 'close') {
      this.over = true
      this.ended()
      this.pipe.finish()
    }
    if (type === 'data') {
      this.consumed += item.length + FRAME_COST
      if (this.consumed * 4 >= this.window && !this.peer.breaks('R-10')) {
        this.say('ack', this.consumed)
        this.consumed = 0
      }
      this.pipe.take(new Uint8Array(item))
    }
    if (type === 'ack') {
      this.unacknowledged -= item
      if (this.unacknowledged < 0 && !this.peer.breaks('R-11')) this.end(['PROTOCOL_VIOLATION'])
      this.flush()
    }
  }

  private send(frame: Uint8Array): void {
    this.waiting.push(frame)
    this.flush()
  }

  private flush(): void {
    while (this.waiting.length > 0 && !this.over) {
      const cost = this.waiting[0]!.length + FRAME_COST
      if (this.waiting[0]!.length > this.frameBytes && !this.peer.breaks('R-9')) {
        this.end(['LIMIT_EXCEEDED'])
        return
      }
      if (this.unacknowledged + cost > this.window && !this.peer.breaks('R-8')) return
      this.unacknowledged += cost
      this.say('data', this.waiting.shift()!)
    }
  }

  private end(code: string[]): void {
    if (this.over) return
    this.over = true
    this.channel.session!.send({ type: 'close', protocol: HOP, payload: [this.id, ...code] })
    this.ended()
    this.pipe.finish()
  }

  private say(type: string, item: unknown): void {
    this.channel.session!.send({ type, protocol: HOP, payload: [this.id, item] })
  }
}
