import WebSocket from 'ws'
import type { Session } from './session.js'
import { type Anything, Fault } from './wire.js'

// What carries frames: F.2, R.3, R.4.

export const HOP = 'lotus/circuit-hop'

/** What the other side has said, which is not answered, [H-26]. */
export class Refused extends Fault {}

/** What has come, until somebody wants it. */
export class Inbox<T> {
  private readonly items: T[] = []
  private waiting: { wants: (item: T) => boolean; take: (item: T) => void; fail: (error: unknown) => void }[] = []
  private error: unknown
  put(item: T) {
    const index = this.waiting.findIndex(({ wants }) => wants(item))
    if (index >= 0) this.waiting.splice(index, 1)[0]!.take(item)
    else this.items.push(item)
  }
  next(wants: (item: T) => boolean = () => true): Promise<T> {
    const index = this.items.findIndex(wants)
    if (index >= 0) return Promise.resolve(this.items.splice(index, 1)[0]!)
    if (this.error !== undefined) return Promise.reject(this.error)
    return new Promise((take, fail) => this.waiting.push({ wants, take, fail }))
  }
  end(error: unknown) {
    this.error ??= error
    for (const { fail } of this.waiting.splice(0)) fail(this.error)
  }
}

/** A transport: F.2 or R.3. */
export interface Pipe {
  rank: number
  largest: number
  frames: Inbox<Buffer>
  send(frame: Buffer): void
  close(): void
}

export function webSocket(url: string): (first: Buffer) => Promise<Pipe> {
  return (first) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, [`lotus-p2p.2.${first.toString('base64url')}`], { perMessageDeflate: false })
      const frames = new Inbox<Buffer>()
      socket.on('error', reject)
      socket.on('message', (data: Buffer, binary) => (binary ? frames.put(data) : socket.close()))
      socket.on('close', () => frames.end(new Refused('CONNECTION_LOST')))
      const close = () => socket.terminate()
      socket.on('open', () => resolve({ rank: 3, largest: 65_535, frames, send: (frame) => socket.send(frame), close }))
    })
}

export class Circuit implements Pipe {
  readonly rank = 1
  readonly frames = new Inbox<Buffer>()
  private readonly queue: Buffer[] = []
  private readonly window: number
  private unacknowledged = 0
  private consumed = 0
  private last: Promise<unknown> = Promise.resolve()
  readonly id: number
  readonly largest: number
  constructor(
    private readonly relay: Session,
    { circuit, window, frameBytes }: Anything,
  ) {
    this.id = circuit
    this.largest = frameBytes
    this.window = window
    relay.circuits.set(circuit, this)
  }
  send(frame: Buffer) {
    this.queue.push(frame)
    this.acknowledged(0)
  }
  /** */
  acknowledged(bytes: number) {
    this.unacknowledged -= bytes
    while (this.queue.length > 0 && this.unacknowledged + this.queue[0]!.length + 128 <= this.window) {
      const frame = this.queue.shift()!
      this.unacknowledged += frame.length + 128
      this.last = this.relay.post('data', [this.id, frame], HOP)
    }
  }
  /** */
  arrived(frame: Buffer) {
    this.consumed += frame.length + 128
    this.frames.put(frame)
    if (this.consumed < this.window / 4) return
    void this.relay.post('ack', [this.id, this.consumed], HOP)
    this.consumed = 0
  }
  ended(code: string) {
    this.relay.circuits.delete(this.id)
    this.frames.end(new Refused(code))
  }
  close() {
    if (this.relay.circuits.get(this.id) === this) void this.last.then(() => this.relay.post('close', [this.id], HOP))
    this.ended('CONNECTION_LOST')
  }
}
