import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError, P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { decode, encode } from '../../src/message/codec.js'

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
    ['a million maps in each other', new Uint8Array(1_000_000).map((_, i) => (i % 2 === 0 ? 0x81 : 0xa0)), 'LIMIT_EXCEEDED'],
    ['a million maps as keys of each other', new Uint8Array(1_000_000).fill(0x81), 'MALFORMED_DATA'],
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

  it('takes a value in one form only: what it takes as signed, the encoder writes again', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        let value: unknown
        try {
          value = decode(bytes, DEFAULT_LIMITS, { canonical: true })
        } catch {
          return
        }
        // The encoder's depth counts scalars too.
        if (bytes.length < 32) expect(encode(value)).toEqual(new Uint8Array(bytes))
      }),
      { numRuns: 2_000 },
    )
    fc.assert(fc.property(anyValue, (value) => void decode(encode(value), DEFAULT_LIMITS, { canonical: true })))
  })
})

describe('the one form of a value', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const unhex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
  const { MAX_SAFE_INTEGER: MAX } = Number

  it.each<[unknown, string]>([
    [0, '00'],
    [-0, '00'],
    [127, '7f'],
    [128, 'cc 80'],
    [255, 'cc ff'],
    [256, 'cd 0100'],
    [65_535, 'cd ffff'],
    [65_536, 'ce 00010000'],
    [2 ** 32 - 1, 'ce ffffffff'],
    [2 ** 32, 'cf 0000000100000000'],
    [MAX, 'cf 001fffffffffffff'],
    [MAX + 1, 'cb 4340000000000000'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0 df'],
    [-128, 'd0 80'],
    [-129, 'd1 ff7f'],
    [-32_768, 'd1 8000'],
    [-32_769, 'd2 ffff7fff'],
    [-(2 ** 31), 'd2 80000000'],
    [-(2 ** 31) - 1, 'd3 ffffffff7fffffff'],
    [-MAX, 'd3 ffe0000000000001'],
    [-MAX - 1, 'cb c340000000000000'],
    [0.5, 'cb 3fe0000000000000'],
    [Number.NaN, 'cb 7ff8000000000000'],
    [Number.NEGATIVE_INFINITY, 'cb fff0000000000000'],
    ['x', 'a1 78'],
    ['x'.repeat(31), `bf ${'78'.repeat(31)}`],
    ['x'.repeat(32), `d920 ${'78'.repeat(32)}`],
    ['x'.repeat(255), `d9ff ${'78'.repeat(255)}`],
    ['x'.repeat(256), `da0100 ${'78'.repeat(256)}`],
    ['é'.repeat(16), `d920 ${'c3a9'.repeat(16)}`],
    ['é'.repeat(128), `da0100 ${'c3a9'.repeat(128)}`],
    ['é'.repeat(32_768), `db00010000 ${'c3a9'.repeat(32_768)}`],
    [new Uint8Array(255), `c4ff ${'00'.repeat(255)}`],
    [new Uint8Array(256), `c50100 ${'00'.repeat(256)}`],
    [new Uint8Array(65_536), `c600010000 ${'00'.repeat(65_536)}`],
    [new Array(15).fill(0), `9f ${'00'.repeat(15)}`],
    [new Array(16).fill(0), `dc0010 ${'00'.repeat(16)}`],
    [new Array(65_536).fill(0), `dd00010000 ${'00'.repeat(65_536)}`],
    [{ b: 1, a: 2, '': 3, aa: 4 }, '84 a0 03 a161 02 a26161 04 a162 01'],
    // In JavaScript's own order the surrogates of U+10000 come first.
    [{ '\u{10000}': 1, '\uffff': 2 }, '82 a3efbfbf 02 a4f0908080 01'],
    [{ 10: 1, 9: 2 }, '82 a23130 01 a139 02'],
    [0n, 'd401 30'],
    [-5n, 'd501 2d35'],
    [12345n, 'c70501 3132333435'],
    [10n ** 255n, `c8010001 31 ${'30'.repeat(255)}`],
    [new Date(0), 'd6ff 00000000'],
    [new Date((2 ** 32 - 1) * 1_000), 'd6ff ffffffff'],
    [new Date(1), 'd7ff 003d0900 00000000'],
    [new Date(2 ** 32 * 1_000), 'd7ff 00000001 00000000'],
    [new Date((2 ** 34 - 1) * 1_000), 'd7ff 00000003 ffffffff'],
    [new Date(2 ** 34 * 1_000), 'c70cff 00000000 0000000400000000'],
    [new Date(-1), 'c70cff 3b8b87c0 ffffffffffffffff'],
  ])('of %o', (value, form) => {
    expect(hex(encode(value))).toBe(form.replaceAll(' ', ''))
    expect(decode(unhex(form), DEFAULT_LIMITS, { canonical: true })).toEqual(Object.is(value, -0) ? 0 : value)
  })

  it('of a map with undefined values, of whatever length, has only the others', () => {
    for (const length of [1, 15, 16, 17, 300]) {
      const entries = Array.from({ length }, (_, i) => [`k${i}`, i] as const)
      const thinned = Object.fromEntries(entries.flatMap(([key, i]) => [[`${key}!`, undefined], [key, i] as const]))
      expect(hex(encode([thinned, 'after']))).toBe(hex(encode([Object.fromEntries(entries), 'after'])))
    }
  })

  it.each<[string, string]>([
    ['an integer of 8 bits', 'cc 7f'],
    ['an integer of 16 bits', 'cd 00ff'],
    ['an integer of 32 bits', 'ce 0000ffff'],
    ['an integer of 64 bits', 'cf 00000000ffffffff'],
    ['an integer above 2^53 − 1', 'cf 0020000000000000'],
    ['the greatest of 64 bits', 'cf ffffffffffffffff'],
    ['a negative one of 8 bits', 'd0 e0'],
    ['a positive one with a sign', 'd0 7f'],
    ['zero with a sign', 'd3 0000000000000000'],
    ['a negative one of 16 bits', 'd1 ff80'],
    ['a negative one of 32 bits', 'd2 ffff8000'],
    ['a negative one of 64 bits', 'd3 ffffffff80000000'],
    ['one below −(2^53 − 1)', 'd3 ffe0000000000000'],
    ['a float of 32 bits', 'ca 3f000000'],
    ['an integer as float', 'cb 3ff0000000000000'],
    ['−0', 'cb 8000000000000000'],
    ['0 as float', 'cb 0000000000000000'],
    ['another NaN', 'cb 7ff8000000000001'],
    ['a negative NaN', 'cb fff8000000000000'],
    ['a signalling NaN', 'cb 7ff0000000000001'],
    ['a text with 8 bits of length', 'd901 78'],
    ['a text with 16 bits of length', `da0020 ${'78'.repeat(32)}`],
    ['a text with 32 bits of length', `db00000100 ${'78'.repeat(256)}`],
    ['bytes with 16 bits of length', 'c50001 00'],
    ['bytes with 32 bits of length', `c600000100 ${'00'.repeat(256)}`],
    ['an array with 16 bits of length', 'dc0001 00'],
    ['an array with 32 bits of length', `dd00000010 ${'00'.repeat(16)}`],
    ['a map with 16 bits of length', 'de0001 a161 00'],
    ['a map with 32 bits of length', 'df00000001 a161 00'],
    ['a key with 8 bits of length', '81 d90161 00'],
    ['a key of bytes', '81 c40161 00'],
    ['a key that is a number', '81 01 00'],
    ['a key twice', '82 a161 00 a161 00'],
    ['a key twice, others between', '83 a162 00 a161 00 a162 00'],
    ['the empty key twice', '82 a0 00 a0 00'],
    ['a key of all objects twice', '82 a8746f537472696e67 00 a8746f537472696e67 00'],
    ['a BigInt with a leading zero', 'd501 3035'],
    ['a BigInt with a plus', 'd501 2b35'],
    ['a BigInt with a space', 'd501 2035'],
    ['a BigInt of −0', 'd501 2d30'],
    ['a BigInt in hexadecimal', 'c70301 307835'],
    ['a BigInt of one digit with a length', 'c70101 35'],
    ['a BigInt with 16 bits of length', 'c8000301 313233'],
    ['a BigInt with 32 bits of length', 'c90000000301 313233'],
    ['a date of 64 bits that 32 hold', 'd7ff 00000000 00000001'],
    ['a date of 96 bits that 64 hold', 'c70cff 00000000 0000000000000001'],
    ['a date with a length', 'c704ff 00000000'],
    ['a date with microseconds', 'd7ff 00000fa0 00000000'],
    ['a date with 10^9 nanoseconds', 'd7ff ee6b2800 00000000'],
  ])('is the only one: %s is refused', (_, form) => {
    expect(() => decode(unhex(form))).toThrow(code('MALFORMED_DATA'))
  })

  it('has its keys in order where it is signed; elsewhere any order is read', () => {
    for (const form of ['82 a162 01 a161 02', '82 a161 01 a0 02', '82 a4f0908080 01 a3efbfbf 02']) {
      expect(Object.keys(decode(unhex(form)) as object)).toHaveLength(2)
      expect(() => decode(unhex(form), DEFAULT_LIMITS, { canonical: true })).toThrow(code('MALFORMED_DATA'))
      expect(() => decode(unhex(`91${form}`), DEFAULT_LIMITS, { canonical: true })).toThrow(code('MALFORMED_DATA'))
    }
  })
})

describe('the encoder', () => {
  it('keeps to the limits that it is given', () => {
    const limits = resolveLimits({ maxDecodeDepth: 3, maxDecodeItems: 5 })
    expect(encode([[1]], limits)).toEqual(from(0x91, 0x91, 1))
    expect(() => encode([[[1]]], limits)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(encode([1, 2, 3, 4], limits)).toEqual(from(0x94, 1, 2, 3, 4))
    expect(() => encode([1, 2, 3, 4, 5], limits)).toThrow(code('MESSAGE_TOO_LARGE'))
    expect(() => encode({ a: 1, b: 2, c: 3 }, limits)).toThrow(code('MESSAGE_TOO_LARGE'))
    const wide = resolveLimits({ maxDecodeDepth: 100, maxDecodeItems: 200_000 })
    expect(decode(encode(new Array(150_000).fill(0), wide), wide)).toHaveLength(150_000)
  })

  it('goes on after a getter that fails within a getter that encodes', () => {
    const value = {
      a: 1,
      get b() {
        expect(() => encode({ c: [1, 2, { d: () => 1 }] })).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
        return encode(new Uint8Array(100_000)).length
      },
      c: 'x'.repeat(5_000),
    }
    expect(decode(encode(value))).toEqual({ a: 1, b: 100_005, c: 'x'.repeat(5_000) })
  })

  it('takes bytes and dates of another realm', () => {
    const foreign = runInNewContext('({ bytes: new Uint8Array([1, 2]), date: new Date(5), list: [1], map: new Map() })')
    expect(decode(encode([foreign.bytes, foreign.date, foreign.list]))).toEqual([from(1, 2), new Date(5), [1]])
    expect(() => encode(foreign.map)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(() =>
      encode(
        new (class {
          [Symbol.toStringTag] = 'Date'
        })(),
      ),
    ).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
  })
})
