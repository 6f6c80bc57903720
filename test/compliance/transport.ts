import { afterEach, describe, expect, it } from 'vitest'
import type { P2PErrorCode } from '../../src/base/errors.js'
import type { Connection, Transport } from '../../src/transport/transport.js'
import { record } from '../circuit/test-network.js'
import { draws } from '../seed.js'

export interface TransportSetup {
  transport: Transport
  /** Where a listener of the same kind accepts. */
  address: string
  /** The next connection accepted. */
  next(): Promise<Connection>
  stop(): Promise<unknown>
}

export interface TransportTraits {
  /** An address where nobody is, and the code for it. */
  unreachable: [address: string, code: P2PErrorCode]
  /** Addresses of its kind that it must refuse as INVALID_ADDRESS. */
  invalid: string[]
  /** What its connections say of themselves, where they are of another transport that it uses. Default: the transport's own. */
  connections?: Pick<Transport, 'name' | 'rank'>
}

const FIRST = Uint8Array.of(1, 2, 3)
const LOW_WATER_BYTES = 262_144
const marked = (length: number, mark: number) => {
  const frame = new Uint8Array(length).fill(mark)
  new DataView(frame.buffer).setUint32(0, mark)
  return frame
}
const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0

/** What every Transport with its Listener must do. `create` makes a fresh pair. */
export function transportCompliance(
  name: string,
  create: () => Promise<TransportSetup>,
  { unreachable, invalid, connections }: TransportTraits,
): void {
  describe(`${name} as a Transport`, () => {
    const stops: (() => Promise<unknown>)[] = []
    afterEach(async () => {
      for (const stop of stops.splice(0)) await stop()
    })

    async function setup() {
      const made = await create()
      stops.push(() => made.stop())
      return made
    }

    async function connected() {
      const { transport, address, next } = await setup()
      const [near, far] = await Promise.all([transport.dial(address, { firstFrame: FIRST }), next()])
      return { near, far, transport, address, next }
    }

    it('says which side dialled, by what, how good a path it is, and how large a frame may be', async () => {
      const { near, far, transport, address } = await connected()
      expect(transport.canDial(address)).toBe(true)
      expect(transport.canDial('unknown:address')).toBe(false)
      expect([near.outbound, far.outbound]).toEqual([true, false])
      expect([near.transport, far.transport]).toEqual(Array(2).fill((connections ?? transport).name))
      expect([near.rank, far.rank]).toEqual(Array(2).fill((connections ?? transport).rank))
      expect([near.direct, far.direct]).toEqual([transport.direct, transport.direct])
      expect(near.remoteAddress).toBe(address)
      expect(far.remoteAddress).not.toBe('')
      expect(Math.min(near.maxFrameBytes, far.maxFrameBytes)).toBeGreaterThanOrEqual(8_192)
    })

    it('brings the first frame first, whole', async () => {
      const { transport, address, next } = await setup()
      const firstFrame = draws().bytes(600)
      const [near, far] = await Promise.all([transport.dial(address, { firstFrame }), next()])
      near.send(Uint8Array.of(9))
      const sink = record(far)
      await sink.until(({ frames }) => frames.length === 2)
      expect(sink.frames).toEqual([firstFrame, Uint8Array.of(9)])
    })

    it('carries frames in order, both ways at once', async () => {
      const { near, far } = await connected()
      const [atNear, atFar] = [record(near), record(far)]
      for (let i = 0; i < 300; i++) {
        near.send(marked(4 + (i % 50), i))
        far.send(marked(4 + (i % 60), i))
      }
      await Promise.all([atFar.until(({ frames }) => frames.length === 301), atNear.until(({ frames }) => frames.length === 300)])
      expect(atFar.frames.slice(1)).toEqual(Array.from({ length: 300 }, (_, i) => marked(4 + (i % 50), i)))
      expect(atNear.frames).toEqual(Array.from({ length: 300 }, (_, i) => marked(4 + (i % 60), i)))
    })

    it('carries frames whole, from one byte to the largest', async () => {
      const { near, far } = await connected()
      const max = Math.min(near.maxFrameBytes, far.maxFrameBytes)
      const sizes = [1, 125, 126, 127, 65_535, max - 1, max].filter((size) => size <= max)
      const [atNear, atFar] = [record(near), record(far)]
      const random = draws()
      const frames = sizes.map((size) => random.bytes(size))
      for (const frame of frames) {
        near.send(frame.slice())
        far.send(frame.slice())
      }
      await Promise.all([
        atFar.until((sink) => sink.frames.length > sizes.length),
        atNear.until((sink) => sink.frames.length === sizes.length),
      ])
      expect(frames.every((frame, i) => same(atFar.frames[i + 1], frame) && same(atNear.frames[i], frame))).toBe(true)
    })

    it('gives plain Uint8Arrays that the sink may change without changing another frame', async () => {
      const { near, far } = await connected()
      const sink = record(far)
      for (let i = 1; i <= 20; i++) near.send(marked(40, i))
      await sink.until(({ frames }) => frames.length === 21)
      expect(sink.frames.every((frame) => frame.constructor === Uint8Array)).toBe(true)
      for (const frame of sink.frames.filter((_, i) => i % 2 === 1)) frame.fill(0xee)
      expect(sink.frames.every((frame, i) => i === 0 || i % 2 === 1 || same(frame, marked(40, i)))).toBe(true)
    })

    it('keeps frames, and the end, for a sink that comes late', async () => {
      const { near, far } = await connected()
      const atNear = record(near)
      for (let i = 0; i < 5; i++) near.send(marked(10, i))
      near.close()
      await atNear.until(({ closes }) => closes.length === 1)
      const sink = record(far)
      await sink.until(({ closes }) => closes.length === 1)
      expect(sink.frames).toEqual([FIRST, ...Array.from({ length: 5 }, (_, i) => marked(10, i))])
      expect(sink.closes).toEqual([undefined])
    })

    it.each(['near', 'far'] as const)('ends at both ends, once each, when the %s end closes', async (which) => {
      const pair = await connected()
      const sinks = [record(pair.near), record(pair.far)]
      pair[which].close()
      pair[which].close()
      await Promise.all(sinks.map((sink) => sink.until(({ closes }) => closes.length > 0)))
      pair.near.close()
      pair.far.close()
      const counts = sinks.map(({ frames }) => frames.length)
      pair.near.send(marked(4, 1))
      pair.far.send(marked(4, 1))
      await new Promise((resolve) => setImmediate(resolve))
      expect(sinks.map(({ closes }) => closes)).toEqual([[undefined], [undefined]])
      expect(sinks.map(({ frames }) => frames.length)).toEqual(counts)
    })

    it.each(['near', 'far'] as const)('flushes what the %s end sent before it closed', async (which) => {
      const pair = await connected()
      const [from, to] = which === 'near' ? [pair.near, pair.far] : [pair.far, pair.near]
      record(from)
      const sink = record(to)
      const extra = which === 'near' ? 1 : 0
      for (let i = 0; i < 20; i++) from.send(marked(8_000, i))
      from.close()
      from.send(marked(8_000, 99))
      await sink.until(({ closes }) => closes.length === 1)
      expect(sink.frames.length).toBe(20 + extra)
      expect(sink.frames.slice(extra).every((frame, i) => same(frame, marked(8_000, i)))).toBe(true)
    })

    it.each(['near', 'far'] as const)('tells what waits at the %s end, and when it has drained', async (which) => {
      const pair = await connected()
      const [from, to] = which === 'near' ? [pair.near, pair.far] : [pair.far, pair.near]
      const sink = record(from)
      const receiver = record(to)
      expect(from.bufferedAmount).toBeLessThan(1_000)
      const size = Math.min(60_000, from.maxFrameBytes)
      let sent = 0
      while (from.bufferedAmount <= 2 * LOW_WATER_BYTES && sent < 1_000) from.send(marked(size, sent++))
      expect(from.bufferedAmount).toBeGreaterThan(LOW_WATER_BYTES)
      // A carrier with a thread of its own may have emptied itself between two frames of a busy machine.
      const before = sink.drains
      await sink.until(({ drains }) => drains > before)
      expect(from.bufferedAmount).toBeLessThanOrEqual(LOW_WATER_BYTES)
      await receiver.until(({ frames }) => frames.length >= sent)
      expect(sink.drains).toBe(before + 1)
    })

    it('fails typed where nobody is', async () => {
      const { transport } = await setup()
      const [address, code] = unreachable
      await expect(transport.dial(address, { firstFrame: FIRST })).rejects.toMatchObject({ name: 'P2PError', code })
    })

    it.skipIf(invalid.length === 0).each(invalid)('refuses the address %s', async (address) => {
      const { transport } = await setup()
      await expect(transport.dial(address, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
    })

    it('does not begin with a signal that has fired', async () => {
      const { transport, address } = await setup()
      const dial = transport.dial(address, { firstFrame: FIRST, signal: AbortSignal.abort() })
      await expect(dial).rejects.toMatchObject({ code: 'ABORTED' })
    })

    it('gives a dial up when its signal fires, and what was accepted ends', async () => {
      const { transport, address, next } = await setup()
      const controller = new AbortController()
      const dial = transport.dial(address, { firstFrame: FIRST, signal: controller.signal })
      controller.abort()
      await expect(dial).rejects.toMatchObject({ code: 'ABORTED' })
      // It goes on working.
      const [near] = await Promise.all([transport.dial(address, { firstFrame: FIRST }), next()])
      near.close()
    })

    it('leaves an open connection alone when the signal of its dial fires later', async () => {
      const { transport, address, next } = await setup()
      const controller = new AbortController()
      const [near, far] = await Promise.all([transport.dial(address, { firstFrame: FIRST, signal: controller.signal }), next()])
      controller.abort()
      const sink = record(far)
      near.send(Uint8Array.of(5))
      await sink.until(({ frames }) => frames.length === 2)
      expect(sink.closes).toEqual([])
    })

    it('keeps many connections at once apart', async () => {
      const { transport, address, next } = await setup()
      const count = 30
      const accepted = Promise.all(Array.from({ length: count }, () => next()))
      const near = await Promise.all(
        Array.from({ length: count }, (_, i) => transport.dial(address, { firstFrame: marked(50, i) })),
      )
      const far = (await accepted).map(record)
      for (const [i, connection] of near.entries()) connection.send(marked(60, i))
      await Promise.all(far.map((sink) => sink.until(({ frames }) => frames.length === 2)))
      const seen = far.map(({ frames }) => [frames[0]![3], frames[1]![3], frames[0]!.length, frames[1]!.length])
      expect(seen.sort((a, b) => a[0]! - b[0]!)).toEqual(near.map((_, i) => [i, i, 50, 60]))
    })
  })
}

/** Hands out accepted connections one by one. */
export function acceptor() {
  const accepted: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  return {
    accept: (connection: Connection) => {
      const next = waiting.shift()
      if (next === undefined) accepted.push(connection)
      else next(connection)
    },
    next: () => {
      const connection = accepted.shift()
      return connection === undefined ? new Promise<Connection>((resolve) => waiting.push(resolve)) : Promise.resolve(connection)
    },
  }
}
