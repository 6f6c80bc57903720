import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError, P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { decode, encode } from '../../src/message/codec.js'
import { checkStructure } from '../../src/message/structure.js'

const code = (code: string) => expect.objectContaining({ name: 'P2PError', code })
const from = (...bytes: number[]) => Uint8Array.from(bytes)
const joined = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
const heapBytes = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers

/** What travels unchanged. MessagePack has no -0 for integers, and a Date has whole milliseconds. */
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger().filter((value) => !Object.is(value, -0)),
  fc.double().filter((value) => !Object.is(value, -0)),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 1000n), max: 2n ** 1000n }),
  fc.date({ noInvalidDate: true }),
)
const key = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name !== '__proto__')
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}))

describe('the codec', () => {
  it('brings back every value it takes: numbers, text, bytes, BigInt, Date, nested', () => {
    fc.assert(
      fc.property(anyValue, (value) => void expect(decode(encode(value))).toEqual(value)),
      { numRuns: 500 },
    )
  })

  it('leaves undefined properties out, and makes undefined items null', () => {
    expect(decode(encode({ a: undefined, b: 1 }))).toEqual({ b: 1 })
    // biome-ignore lint/suspicious/noSparseArray: that is the case here
    expect(decode(encode([1, , undefined]))).toEqual([1, null, null])
  })

  it('takes a Buffer as plain bytes, and objects without prototype or of a class as what they hold', () => {
    const back = decode(encode({ bytes: Buffer.from([1, 2]), bare: Object.assign(Object.create(null), { x: 1 }) }))
    expect(back).toEqual({ bytes: from(1, 2), bare: { x: 1 } })
    class Point {
      constructor(
        readonly x: number,
        readonly y: number,
      ) {}
    }
    expect(decode(encode(new Point(1, 2)))).toEqual({ x: 1, y: 2 })
  })

  it('does not call toJSON: what is sent is what the object holds', () => {
    expect(() => encode({ toJSON: () => 'other' })).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  let deep: unknown = 0
  for (let i = 0; i < 32; i++) deep = [deep]
  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a nested function', { a: [() => 1] }],
    ['a symbol', Symbol('s')],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    ['a WeakMap', new WeakMap()],
    ['a RegExp', /x/],
    ['a Promise', Promise.resolve()],
    ['an Error', new Error('x')],
    ['a boxed string', Object('text')],
    ['a Float64Array', new Float64Array([1.5])],
    ['a Uint16Array', new Uint16Array([1])],
    ['an ArrayBuffer', new ArrayBuffer(4)],
    ['a DataView', new DataView(new ArrayBuffer(4))],
    ['a cycle', cyclic],
    ['an invalid Date', new Date(Number.NaN)],
    ['a BigInt of 1,000 digits', 10n ** 999n],
    ['nesting of 32 arrays', deep],
    ['an own key __proto__', JSON.parse('{"__proto__":{"admin":true}}')],
    ['a nested key __proto__', { a: [JSON.parse('{"__proto__":1}')] }],
    [
      'a getter that throws',
      {
        get x() {
          throw new Error('no')
        },
      },
    ],
    [
      'a Proxy that throws',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no')
          },
        },
      ),
    ],
  ])('refuses %s, and goes on working', (_, value) => {
    expect(() => encode(value)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(decode(encode({ fine: true }))).toEqual({ fine: true })
  })

  it('refuses at once what holds the same object over and over, which would grow as 3^25', () => {
    let branching: unknown[] = []
    for (let i = 0; i < 25; i++) branching = [branching, branching, branching]
    expect(() => encode(branching)).toThrow(code('MESSAGE_TOO_LARGE'))
  })

  it('refuses more values than any decoder takes, before a peer has to', () => {
    const { maxDecodeItems } = DEFAULT_LIMITS
    expect(decode(encode(new Array(maxDecodeItems - 1).fill(0)))).toHaveLength(maxDecodeItems - 1)
    expect(() => encode(new Array(maxDecodeItems).fill(0))).toThrow(code('MESSAGE_TOO_LARGE'))
    expect(() => encode(new Array(maxDecodeItems + 1).fill({}))).toThrow(code('MESSAGE_TOO_LARGE'))
  })

  it('survives a getter that encodes something else meanwhile', () => {
    const value = {
      get inner() {
        return encode([1, 2, 3])
      },
    }
    expect(decode(encode(value))).toEqual({ inner: encode([1, 2, 3]) })
  })

  it('takes every value that it wrote: what leaves one peer enters the next', () => {
    const nested = fc.integer({ min: 0, max: 40 }).map((depth) => {
      let value: unknown = 'x'
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value }
      return value
    })
    fc.assert(
      fc.property(
        fc.oneof(nested, fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true })),
        (value) => {
          let bytes: Uint8Array
          try {
            bytes = encode(value)
          } catch (error) {
            return isP2PError(error, 'UNSERIALIZABLE_PAYLOAD')
          }
          decode(bytes)
          return true
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the decoder, before it allocates', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', from(), 'MALFORMED_DATA'],
    ['an array of 2^32 - 1 items', from(0xdd, 0xff, 0xff, 0xff, 0xff), 'MALFORMED_DATA'],
    ['a map of 2^32 - 1 entries', from(0xdf, 0xff, 0xff, 0xff, 0xff), 'MALFORMED_DATA'],
    ['a map of 16 bit', from(0xde, 0xff, 0xff, 0xa1, 0x61), 'MALFORMED_DATA'],
    ['a text of 4 GB', from(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61), 'MALFORMED_DATA'],
    ['bytes of 4 GB', from(0xc6, 0xff, 0xff, 0xff, 0xff, 1), 'MALFORMED_DATA'],
    ['an extension of 4 GB', from(0xc9, 0xff, 0xff, 0xff, 0xff, 1, 1), 'MALFORMED_DATA'],
    ['arrays of 2^32 - 1 items in each other', joined(...new Array(30).fill([0xdd, 0xff, 0xff, 0xff, 0xff])), 'MALFORMED_DATA'],
    ['33 arrays in each other', joined(new Array(33).fill(0x91), [0xc0]), 'LIMIT_EXCEEDED'],
    ['a million arrays in each other', new Uint8Array(1_000_000).fill(0x91), 'LIMIT_EXCEEDED'],
    ['a million maps in each other', new Uint8Array(1_000_000).fill(0x81), 'LIMIT_EXCEEDED'],
    ['a million nulls', joined([0xdd, 0, 0x0f, 0x42, 0x40], new Uint8Array(1_000_000).fill(0xc0)), 'LIMIT_EXCEEDED'],
    ['the unused head 0xc1', from(0xc1), 'MALFORMED_DATA'],
    ['a value and one more', from(0xc0, 0xc0), 'MALFORMED_DATA'],
    ['half a float', from(0xcb, 1, 2, 3), 'MALFORMED_DATA'],
    ['an extension of unknown type', from(0xd4, 0x55, 0), 'MALFORMED_DATA'],
    ['a BigInt of letters', from(0xd4, 1, 0x61), 'MALFORMED_DATA'],
    ['an empty BigInt', from(0xc7, 0, 1), 'MALFORMED_DATA'],
    ['a BigInt of 60,000 digits', joined([0xc8, 0xea, 0x60, 1], new Uint8Array(60_000).fill(0x39)), 'MALFORMED_DATA'],
    ['a timestamp of five bytes', from(0xc7, 5, 0xff, 1, 2, 3, 4, 5), 'MALFORMED_DATA'],
    [
      'a timestamp in the year 292,277,026,596',
      from(0xc7, 12, 0xff, 0, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255),
      'MALFORMED_DATA',
    ],
    ['the key __proto__', joined([0x81, 0xa9], new TextEncoder().encode('__proto__'), [0xc0]), 'MALFORMED_DATA'],
    ['a key that is an array', from(0x81, 0x90, 0xc0), 'MALFORMED_DATA'],
  ])('refuses %s', (_, bytes, expected) => {
    const before = heapBytes()
    for (let i = 0; i < 20; i++) expect(() => decode(bytes)).toThrow(code(expected))
    // Any of the declared sizes would take hundreds of megabytes at once.
    expect(heapBytes() - before).toBeLessThan(64 * 1_048_576)
  })

  it('keeps to the limits that it is given', () => {
    const limits = resolveLimits({ maxDecodeDepth: 2, maxDecodeItems: 5 })
    expect(decode(encode([[1, 2, 3]]), limits)).toEqual([[1, 2, 3]])
    expect(() => decode(encode([[[]]]), limits)).not.toThrow()
    expect(() => decode(encode([[[1]]]), limits)).toThrow(code('LIMIT_EXCEEDED'))
    expect(() => decode(encode([[1, 2, 3, 4]]), limits)).toThrow(code('LIMIT_EXCEEDED'))
  })

  /** Bytes that look like MessagePack more often than random ones. */
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom(0x81, 0x91, 0x92, 0xa1, 0xc0, 0xc4, 0xc7, 0xd4, 0xd6, 0xdc, 0xde, 0xff, 0, 1, 2, 0x61), {
        maxLength: 60,
      })
      .map((bytes) => Uint8Array.from(bytes)),
    fc.tuple(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([value, at, byte]) => {
      const bytes = encode(value)
      bytes[at % bytes.length] = byte
      return bytes
    }),
    fc.tuple(anyValue, fc.nat()).map(([value, at]) => {
      const bytes = encode(value)
      return bytes.subarray(0, at % bytes.length)
    }),
  )

  it('takes any bytes and throws nothing but a P2PError', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(P2PError)
          expect(['MALFORMED_DATA', 'LIMIT_EXCEEDED']).toContain((error as P2PError).code)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('lets through its check only what the decoder finds whole, and all that the encoder writes', () => {
    const WHOLE = /RangeError|Insufficient|Extra|out of bounds|Too/i
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          checkStructure(bytes, DEFAULT_LIMITS)
        } catch {
          return
        }
        try {
          decode(bytes)
        } catch (error) {
          // Only meaning may be wrong now (extensions, keys), never the structure.
          expect(String((error as Error).cause ?? error)).not.toMatch(WHOLE)
        }
      }),
      { numRuns: 2_000 },
    )
    fc.assert(fc.property(anyValue, (value) => checkStructure(encode(value), DEFAULT_LIMITS)))
  })
})
