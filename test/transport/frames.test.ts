import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { Credit } from '../../src/transport/frames/credit.js'
import { FramePipe, type FramePipeOptions } from '../../src/transport/frames/frame-pipe.js'
import { FrameQueue } from '../../src/transport/frames/frame-queue.js'
import { record } from '../circuit/test-network.js'

const bytes = (...values: number[]) => Uint8Array.from(values)
const microtasks = () => new Promise<void>((resolve) => queueMicrotask(resolve))

/** A pipe whose carrier has room for so many frames. */
function pipeWith(changes: Partial<FramePipeOptions> = {}) {
  const carrier = { room: Number.POSITIVE_INFINITY, sent: [] as Uint8Array[], ends: [] as (Error | undefined)[] }
  const clock = new VirtualClock()
  const pipe = new FramePipe({
    transport: 'test',
    rank: 2.5,
    direct: false,
    remoteAddress: 'test:1',
    outbound: true,
    maxFrameBytes: 100,
    limits: resolveLimits({ sendLowWaterBytes: 100, closeGraceMs: 1_000 }),
    clock,
    hasRoom: () => carrier.room > 0,
    transmit: (frame) => {
      carrier.room--
      carrier.sent.push(frame)
    },
    ended: (error) => carrier.ends.push(error),
    ...changes,
  })
  const grant = (frames: number) => {
    carrier.room = frames
    pipe.pump()
  }
  return { pipe, carrier, clock, grant }
}

describe('FramePipe', () => {
  it('is a connection that says what it is', () => {
    const { pipe } = pipeWith()
    expect(pipe).toMatchObject({
      transport: 'test',
      rank: 2.5,
      direct: false,
      remoteAddress: 'test:1',
      outbound: true,
      maxFrameBytes: 100,
    })
  })

  it('has the default limits where it is given none', () => {
    expect(DEFAULT_LIMITS).toMatchObject(pipeWith({ limits: undefined }).pipe.limits)
  })

  it('hands frames over at once while there is room, keeps the rest in order, and counts what waits', () => {
    const { pipe, carrier, grant } = pipeWith()
    carrier.room = 1
    for (let i = 1; i <= 4; i++) pipe.send(bytes(i, i))
    expect([carrier.sent.length, pipe.bufferedAmount]).toEqual([1, 6])
    grant(2)
    expect(pipe.bufferedAmount).toBe(2)
    grant(9)
    expect([carrier.sent.map(([first]) => first), pipe.bufferedAmount]).toEqual([[1, 2, 3, 4], 0])
  })

  it('sends nothing twice where the carrier calls back while it takes a frame', () => {
    const sent: Uint8Array[] = []
    const { pipe } = pipeWith({
      hasRoom: () => true,
      transmit: (frame) => {
        sent.push(frame)
        if (sent.length === 1) pipe.send(bytes(2))
        pipe.pump()
      },
    })
    pipe.send(bytes(1))
    expect(sent).toEqual([bytes(1), bytes(2)])
  })

  it('tells once that it has drained: what it and its carrier hold fell to the mark after it was above', () => {
    let held = 0
    const { pipe, carrier, grant } = pipeWith({ heldBytes: () => held })
    const sink = record(pipe)
    carrier.room = 0
    pipe.send(new Uint8Array(60))
    grant(0)
    expect([pipe.bufferedAmount, sink.drains]).toEqual([60, 0])
    pipe.send(new Uint8Array(60))
    held = 60
    grant(1)
    expect([pipe.bufferedAmount, sink.drains]).toEqual([120, 0])
    held = 0
    grant(0)
    expect([pipe.bufferedAmount, sink.drains]).toEqual([60, 1])
    grant(1)
    expect(sink.drains).toBe(1)
  })

  it('refuses a frame that is too large, and what the carrier does not accept', () => {
    const { pipe, carrier } = pipeWith({ accepts: (frame) => frame[0] !== 9 })
    expect(() => pipe.send(new Uint8Array(101))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    pipe.send(bytes(9))
    pipe.send(new Uint8Array(100))
    expect(carrier.sent.map(({ length }) => length)).toEqual([100])
  })

  it('keeps frames, and the end, for a sink that comes late', () => {
    const consumed: number[] = []
    const { pipe } = pipeWith({ consumed: (cost) => consumed.push(cost) })
    pipe.receive(bytes(1), 5)
    pipe.receive(bytes(2, 2), 6)
    expect([pipe.earlyBytes, consumed]).toEqual([3, []])
    pipe.end(new Error('broken'))
    pipe.receive(bytes(3))
    const sink = record(pipe)
    expect([sink.frames, sink.closes, pipe.earlyBytes]).toEqual([[bytes(1), bytes(2, 2)], [new Error('broken')], 0])
  })

  it('tells the carrier of the sink, and of each frame that the sink has', () => {
    const told: (string | number)[] = []
    const { pipe } = pipeWith({ consumed: (cost) => told.push(cost), attached: () => told.push('attached') })
    pipe.receive(bytes(1), 5)
    record(pipe)
    pipe.receive(bytes(2), 6)
    expect(told).toEqual([5, 'attached', 6])
  })

  it('delivers nothing more to a sink that has ended it', async () => {
    const { pipe, carrier } = pipeWith()
    const seen: unknown[] = []
    for (let i = 1; i <= 3; i++) pipe.receive(bytes(i))
    const onFrame = (frame: Uint8Array) => {
      seen.push(frame[0])
      if (frame[0] === 2) pipe.close()
    }
    pipe.attach({ onFrame, onClose: () => seen.push('closed'), onDrain: () => {} })
    pipe.receive(bytes(4))
    await microtasks()
    expect([seen, carrier.ends]).toEqual([[1, 2, 'closed'], [undefined]])
  })

  it('flushes before it ends, and tells the end once, after the code that closed it', async () => {
    const { pipe, carrier, grant } = pipeWith()
    const sink = record(pipe)
    carrier.room = 0
    pipe.send(bytes(1))
    pipe.close()
    pipe.close()
    pipe.send(bytes(2))
    expect([pipe.state, carrier.ends]).toEqual(['closing', []])
    grant(1)
    expect([pipe.state, carrier.sent, sink.closes]).toEqual(['ended', [bytes(1)], []])
    await microtasks()
    pipe.end(new Error('later'))
    await microtasks()
    expect([sink.closes, carrier.ends]).toEqual([[undefined], [undefined]])
  })

  it('waits for the end of a carrier that closes by itself, but not for ever', async () => {
    let flushed = 0
    const { pipe, carrier, clock } = pipeWith({ flushed: () => flushed++ })
    const sink = record(pipe)
    pipe.close()
    await clock.advance(999)
    expect([flushed, pipe.state, sink.closes]).toEqual([1, 'closing', []])
    await clock.advance(1)
    expect([carrier.ends, sink.closes]).toEqual([[undefined], [undefined]])
  })

  it('leaves no timer behind', async () => {
    let late = 0
    const { pipe, clock } = pipeWith({ flushed: () => {}, late: () => late++ })
    pipe.close()
    pipe.end()
    await clock.advance(10_000)
    expect(late).toBe(0)
  })

  it('can tell the end while the carrier goes on with what waits', async () => {
    const { pipe, carrier, grant } = pipeWith()
    const sink = record(pipe)
    carrier.room = 0
    pipe.send(bytes(1))
    pipe.close()
    pipe.tell()
    await microtasks()
    grant(1)
    await microtasks()
    expect([sink.closes, carrier.sent]).toEqual([[undefined], [bytes(1)]])
  })

  it('passes an interruption on', () => {
    const { pipe } = pipeWith()
    pipe.interrupt(true)
    const told: boolean[] = []
    const none = () => {}
    pipe.attach({ onFrame: none, onClose: none, onDrain: none, onInterrupted: (interrupted) => told.push(interrupted) })
    pipe.interrupt(true)
    pipe.interrupt(false)
    expect(told).toEqual([true, false])
  })
})

describe('FrameQueue', () => {
  it('keeps order and count through any mix of pushes and drops', () => {
    const queue = new FrameQueue()
    const model: number[] = []
    let next = 0
    for (let round = 0; round < 300; round++) {
      for (let i = 0; i < (round * 7) % 5; i++) {
        queue.push(new Uint8Array((next % 9) + 1).fill(next))
        model.push(next++)
      }
      const count = Math.min(model.length, (round * 3) % 4)
      queue.drop(count)
      model.splice(0, count)
      expect(queue.slice(0, queue.length).map(([first]) => first)).toEqual(model.map((number) => number % 256))
      expect(queue.bytes).toBe(model.reduce((sum, number) => sum + (number % 9) + 1, 0))
      if (model.length > 2) expect([queue.at(1)[0], queue.slice(1, 3).length]).toEqual([model[1]! % 256, 2])
    }
    expect(model.length).toBeGreaterThan(20)
    queue.clear()
    expect([queue.length, queue.bytes]).toEqual([0, 0])
  })
})

describe('Credit', () => {
  it('takes no more than a window, and no lie about what came back lifts it', () => {
    const credit = new Credit(100)
    expect([credit.take(60), credit.take(41), credit.take(40), credit.used]).toEqual([true, false, true, 100])
    credit.give(1_000)
    expect([credit.used, credit.take(101), credit.take(100)]).toEqual([0, false, true])
  })

  it('acknowledges a quarter of the window or more at once', () => {
    const credit = new Credit(100)
    credit.take(90)
    expect([credit.consume(24), credit.consume(1), credit.consume(30), credit.consume(0)]).toEqual([0, 25, 30, 0])
    expect(credit.used).toBe(35)
  })
})
