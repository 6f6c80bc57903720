import type { Channel, Got } from '../channel.js'
import { Pipe } from '../pipe.js'
import { HOP, STOP } from '../wire.js'
import { FRAME_COST } from './seen.js'

/** The circuits that each connection has had. */
const counts = new WeakMap<Channel, number>()

/** The tester as a relay, with a circuit to the target in which it is the dialler too. */
export class Incoming {
  readonly pipe: Pipe
  /** What has come of the circuit. */
  readonly frames: Uint8Array[] = []
  private unacknowledged = 0
  acks = true

  private constructor(
    readonly channel: Channel,
    readonly circuit: number,
  ) {
    this.pipe = new Pipe(
      (frame) => this.data(frame as Uint8Array),
      () => this.close(),
    )
    channel.onMessage.add((got) => this.onMessage(got))
  }

  /** @param more other fields of `incoming`. */
  static begin(relayed: Channel, first: Uint8Array, more: object = {}): Incoming {
    const circuit = (counts.get(relayed) ?? 0) + 1
    counts.set(relayed, circuit)
    const incoming = new Incoming(relayed, circuit)
    const from = relayed.self.peerId
    const payload = { circuit, from, frame: first, window: 65_536, frameBytes: 61_440, ...more }
    relayed.say({ type: 'incoming', protocol: STOP, payload })
    return incoming
  }

  data(frame: Uint8Array): void {
    this.say('data', [this.circuit, frame])
  }

  ack(bytes: number): void {
    this.say('ack', [this.circuit, bytes])
  }

  close(): void {
    this.say('close', [this.circuit])
  }

  private say(type: string, payload: unknown): void {
    if (!this.channel.isOver) this.channel.say({ type, protocol: STOP, payload })
  }

  private onMessage({ type, payload, protocol }: Got): void {
    if (protocol !== HOP || payload?.[0] !== this.circuit) return
    if (type === 'close') this.pipe.finish()
    if (type !== 'data') return
    const frame = new Uint8Array(payload[1])
    this.frames.push(frame)
    this.unacknowledged += frame.length + FRAME_COST
    if (this.acks) this.ack(this.unacknowledged)
    if (this.acks) this.unacknowledged = 0
    this.pipe.take(frame)
  }

  get unacknowledgedBytes(): number {
    return this.unacknowledged
  }

  acknowledge(): void {
    const bytes = this.unacknowledged
    this.unacknowledged = 0
    if (bytes > 0) this.ack(bytes)
  }
}
