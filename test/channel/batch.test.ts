import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { BatchReader, BatchWriter, Entry } from '../../src/channel/batch.js'
import { pattern } from './pair.js'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const ROOM = 65_519
const code = (code: string) => expect.objectContaining({ name: 'P2PError', code })

/** Writes the bodies, reads the frames back. */
function through(bodies: Uint8Array[], room = ROOM, head?: Uint8Array) {
  const frames: Uint8Array[] = []
  const writer = new BatchWriter(room, (plaintext) => frames.push(plaintext.slice()))
  for (const body of bodies) writer.add(Entry.MESSAGE, head, body)
  writer.writeOut()
  const reader = new BatchReader(DEFAULT_LIMITS)
  const entries: [number, Uint8Array][] = []
  for (const frame of frames) reader.read(frame, (kind, body) => entries.push([kind, body.slice()]))
  return { frames, entries, writer }
}

const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0

describe('batches', () => {
  it('bring every sequence of entries back, in frames no larger than allowed', () => {
    const lengths = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: 90, max: 110 }), fc.nat(700)), { maxLength: 30 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 64, max: 200 }), (sizes, room) => {
        const bodies = sizes.map((size, i) => pattern(size, i))
        const { frames, entries } = through(bodies, room)
        expect(frames.every((frame) => frame.length <= room && frame.length > 0)).toBe(true)
        expect(entries.length).toBe(bodies.length)
        expect(entries.every(([kind, body], i) => kind === Entry.MESSAGE && same(body, bodies[i]!))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ROOM - 5,
    ROOM - 4,
    ROOM - 3,
    ROOM - 2,
    ROOM - 1,
    ROOM,
    ROOM + 1,
    65_535,
    65_536,
    2 * ROOM - 8,
    2 * ROOM - 7,
    2 * ROOM - 6,
    2 * ROOM - 5,
    1_048_576,
  ])('bring an entry of %i bytes back, alone and among others', (size) => {
    const body = pattern(size)
    for (const bodies of [[body], [pattern(10), body, pattern(10, 2)], [pattern(ROOM / 2), body, body]]) {
      const { frames, entries } = through(bodies)
      expect(frames.every(({ length }) => length <= ROOM)).toBe(true)
      expect(entries.every(([, got], i) => same(got, bodies[i]!)) && entries.length === bodies.length).toBe(true)
    }
    const head = pattern(64, 9)
    expect(same(through([body], ROOM, head).entries[0]![1], Buffer.concat([head, body]))).toBe(true)
  })

  it('fill one frame before the next', () => {
    const { frames } = through(Array.from({ length: 1_000 }, () => pattern(256)))
    expect(frames.length).toBe(Math.ceil((1_000 * 259) / (ROOM - (ROOM % 259))))
    // A large one splits into no more frames than it needs.
    expect(through([pattern(1_048_576)]).frames.length).toBe(Math.ceil(1_048_577 / (ROOM - 3)))
  })

  it('hold no large buffer when nothing waits, and do not mix writers that share one', () => {
    const frames: Record<string, Uint8Array[]> = { x: [], y: [] }
    const x = new BatchWriter(ROOM, (plaintext) => frames.x!.push(plaintext.slice()))
    const y = new BatchWriter(ROOM, (plaintext) => frames.y!.push(plaintext.slice()))
    const writers = Array.from({ length: 1_000 }, () => new BatchWriter(ROOM, () => {}))
    const before = process.memoryUsage().arrayBuffers
    const large = pattern(60_000)
    for (const writer of writers) {
      writer.add(Entry.MESSAGE, undefined, large)
      writer.writeOut()
    }
    collect()
    // 65 MB, if each kept its own.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000)
    expect(writers.every(({ waiting }) => waiting === 0)).toBe(true)
    x.add(Entry.MESSAGE, undefined, pattern(40_000, 1))
    y.add(Entry.MESSAGE, undefined, pattern(40_000, 2))
    x.add(Entry.MESSAGE, undefined, pattern(100, 3))
    x.writeOut()
    y.writeOut()
    expect(same(frames.x![0]!.subarray(3, 40_003), pattern(40_000, 1))).toBe(true)
    expect(same(frames.y![0]!.subarray(3), pattern(40_000, 2))).toBe(true)
  })
})

describe('the reader of batches', () => {
  const entry = (kind: number, body: Uint8Array) => Uint8Array.from([kind, body.length >> 8, body.length & 255, ...body])
  const frame = (...entries: Uint8Array[]) => new Uint8Array(Buffer.concat(entries))

  it.each([
    ['a cut header', Uint8Array.of(1, 0)],
    ['a body longer than the frame', Uint8Array.of(1, 0, 2, 5)],
    ['an empty fragment', entry(Entry.FRAGMENT, new Uint8Array())],
    ['an empty last fragment', entry(Entry.LAST_FRAGMENT, new Uint8Array())],
    ['a split close', entry(Entry.LAST_FRAGMENT, Uint8Array.of(Entry.CLOSE, 1, 2))],
    ['a fragment within a fragment', entry(Entry.LAST_FRAGMENT, Uint8Array.of(Entry.LAST_FRAGMENT, 1, 2))],
    ['a re-key among others', frame(entry(Entry.MESSAGE, pattern(3)), entry(Entry.REKEY, new Uint8Array()))],
    ['two re-keys in one frame', frame(entry(Entry.REKEY, new Uint8Array()), entry(Entry.REKEY, new Uint8Array()))],
    ['a re-key with a body', entry(Entry.REKEY, pattern(1))],
  ])('refuses %s', (_, bytes) => {
    expect(() => new BatchReader(DEFAULT_LIMITS).read(bytes, () => {})).toThrow(code('PROTOCOL_VIOLATION'))
  })

  it('takes a message of exactly the limit in fragments, and refuses one byte more', () => {
    const limits = resolveLimits({ maxMessageBytes: 1_000 })
    const signed = (extra: number) => [
      entry(Entry.FRAGMENT, Uint8Array.of(Entry.SIGNED_MESSAGE)),
      // Stream and signature.
      entry(Entry.FRAGMENT, pattern(65)),
      entry(Entry.LAST_FRAGMENT, pattern(1_000 + extra)),
    ]
    const got: number[] = []
    new BatchReader(limits).read(frame(...signed(0)), (_, body) => got.push(body.length))
    expect(got).toEqual([1_065])
    expect(() => new BatchReader(limits).read(frame(...signed(1)), () => {})).toThrow(code('LIMIT_EXCEEDED'))
  })

  it('never holds more than about what it was sent, though each fragment came in a large frame', () => {
    const reader = new BatchReader(DEFAULT_LIMITS)
    const before = process.memoryUsage().arrayBuffers
    let messages = 0
    for (let i = 0; i < 2_000; i++) {
      // One byte to keep, 60,000 to throw away.
      const large = new Uint8Array(60_007)
      large.set([Entry.FRAGMENT, 0, 1, Entry.MESSAGE])
      large.set([Entry.MESSAGE, 60_000 >> 8, 60_000 & 255], 4)
      reader.read(large, () => messages++)
    }
    expect(messages).toBe(2_000)
    // Buffers are freed on another thread after a collection; the next collection waits for it.
    collect()
    collect()
    // 120 MB, if it kept the frames.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000)
  })

  it('takes any bytes and throws nothing but a P2PError', () => {
    const likely = fc
      .array(fc.tuple(fc.constantFrom(1, 2, 3, 4, 0x10, 0x11, 0x12, 9), fc.uint8Array({ maxLength: 20 })))
      .map((entries) => frame(...entries.map(([kind, body]) => entry(kind, body))))
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.uint8Array(), likely), { maxLength: 5 }), (frames) => {
        const reader = new BatchReader(resolveLimits({ maxMessageBytes: 50 }))
        let bytes = 0
        try {
          for (const each of frames) reader.read(each, (_, body) => (bytes += body.length))
        } catch (error) {
          expect(error).toBeInstanceOf(P2PError)
        }
        expect(bytes).toBeLessThanOrEqual(frames.reduce((sum, each) => sum + each.length, 0))
      }),
      { numRuns: 500 },
    )
  })
})
