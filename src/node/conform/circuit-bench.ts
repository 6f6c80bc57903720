import { Bench, type TargetOptions } from './bench.js'
import type { Got } from './channel.js'
import { FRAME_COST } from './circuits/seen.js'
import { Failed } from './outcome.js'
import { Pipe } from './pipe.js'
import { HOP, NO_BYTES, STOP } from './wire.js'

/** A bench whose target is called through the relay at its address. */
export class CircuitBench extends Bench {
  constructor(
    options: TargetOptions,
    private readonly peerId: string,
  ) {
    super(options)
  }

  override get isDirect(): boolean {
    return false
  }

  protected override async carry(first: Uint8Array = NO_BYTES): Promise<Pipe> {
    // A caller of its own for each circuit: two peers have few circuits at once.
    const road = new Bench(this.options)
    this.roads.push(road)
    const caller = await road.dial()
    const waiting: Got[] = []
    let take = (got: Got): void => void waiting.push(got)
    caller.onMessage.add((got) => take(got))
    const { type, payload } = await caller.ask('open', { target: this.peerId, frame: first }, HOP)
    if (type !== 'opened') throw new Failed(`the relay opens no circuit: ${payload?.code}`)
    const { circuit, window } = payload
    const queued: Uint8Array[] = []
    let credit: number = window
    const flush = () => {
      while (queued.length > 0 && queued[0]!.length + FRAME_COST <= credit) {
        const frame = queued.shift()!
        credit -= frame.length + FRAME_COST
        say('data', frame)
      }
    }
    const say = (kind: string, ...items: unknown[]) => {
      if (!caller.isOver) caller.say({ type: kind, protocol: HOP, payload: [circuit, ...items] })
    }
    const pipe = new Pipe(
      (frame) => {
        queued.push(frame as Uint8Array)
        flush()
      },
      () => {
        say('close')
        pipe.finish()
      },
    )
    take = ({ type: kind, payload: items, protocol }) => {
      if (protocol !== STOP || !Array.isArray(items) || items[0] !== circuit) return
      const item = items[1]
      if (kind === 'close') pipe.finish()
      if (kind === 'ack') {
        credit += item
        flush()
      }
      if (kind !== 'data') return
      say('ack', item.length + FRAME_COST)
      pipe.take(new Uint8Array(item))
    }
    for (const got of waiting) take(got)
    caller.pipe.onEnd(() => pipe.finish())
    return pipe
  }

  private readonly roads: Bench[] = []

  override end(): void {
    super.end()
    for (const road of this.roads.splice(0)) road.end()
  }
}
