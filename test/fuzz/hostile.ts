import fc from 'fast-check'
import { encode } from '../../src/message/codec.js'
import { VALUES } from './samples.js'

const big = [255, 255, 255, 255]
const nested = (depth: number, head: readonly number[]) =>
  Uint8Array.from([...Array.from({ length: depth }, () => head).flat(), 0xc0])
const mapOf = (...pairs: [string, number[]][]) =>
  Uint8Array.from([0x80 + pairs.length, ...pairs.flatMap(([key, value]) => [...encode(key), ...value])])
const str = (...bytes: number[]) => Uint8Array.from([0xa0 + bytes.length, ...bytes])

/** MessagePack that declares far more than follows. */
export const BOMBS: readonly Uint8Array[] = [
  ...[0xdb, 0xc6, 0xdd, 0xdf, 0xc9].flatMap((head) => [
    Uint8Array.from([head, ...big]),
    Uint8Array.from([head, ...big, 1, 0xc0, 0xc0]),
    Uint8Array.from([head, 127, 255, 255, 255, 1, 2, 3]),
  ]),
  // Each level is as long as the bytes that remain let it claim: its square in a decoder that allocates by heads alone.
  Uint8Array.from(
    Array.from({ length: 30 }, () => [0xdd, 0, 0, 0xf0, 0])
      .flat()
      .concat(Array(61_440).fill(0xc0)),
  ),
  Uint8Array.from([0xdd, 0, 1, 0, 0, ...Array(65_536).fill(0x90)]),
  Uint8Array.from([0xdd, 0, 0, 0x7f, 0xff, ...Array.from({ length: 32_767 }, () => [0xa1, 0x41]).flat()]),
]

/** MessagePack that means something odd, or nothing. */
export const ODD: readonly Uint8Array[] = [
  ...[1, 31, 32, 33, 1_000, 60_000].flatMap((depth) => [nested(depth, [0x91]), nested(depth, [0x81, 0xa1, 0x61])]),
  ...['__proto__', 'constructor', 'prototype', 'toString', 'then', 'length', 'hasOwnProperty'].flatMap((key) => [
    mapOf([key, [1]]),
    mapOf([key, [0x81, 0xa1, 0x78, 1]]),
    Uint8Array.from([0x91, ...mapOf([key, [0xc0]])]),
  ]),
  // A key twice.
  mapOf(['key', [1]], ['key', [2]]),
  mapOf(['circuit', [1]], ['circuit', [0xc0]], ['v', [1]]),
  // Keys that are no texts.
  ...[0xc0, 0xc3, 5, 0x90, 0x80, 0xcb].map((key) =>
    Uint8Array.from([0x81, key, ...(key === 0xcb ? Array(8).fill(0xff) : []), 1]),
  ),
  // NaN with a payload, both infinities, -0, the integers at and beyond 2^53.
  ...['7ff8000000000001', 'fff0000000000000', '7ff0000000000000', '8000000000000000'].map((hex) => number(0xcb, hex)),
  ...['ffffffffffffffff', '0020000000000001', '8000000000000000'].flatMap((hex) => [number(0xcf, hex), number(0xd3, hex)]),
  Uint8Array.of(0xca, 0x7f, 0xc0, 0, 1),
  // Extensions: unknown, BigInts that are none, timestamps of each size and of none, with more nanoseconds than a second has.
  ...[0, 2, 127, 128, 254].map((type) => Uint8Array.of(0xd4, type, 9)),
  ...['', '-', '--1', '1.5', '0x10', ' 1', '1'.repeat(321), '-0', '007'].map((digits) =>
    Uint8Array.from([0xc8, digits.length >> 8, digits.length & 255, 1, ...new TextEncoder().encode(digits)]),
  ),
  Uint8Array.from([0xd6, 0xff, ...big]),
  Uint8Array.from([0xd7, 0xff, ...big, ...big]),
  Uint8Array.from([0xc7, 12, 0xff, ...big, ...big, ...big]),
  Uint8Array.from([0xc7, 12, 0xff, ...big, 127, 255, 255, 255, ...big]),
  ...[0, 1, 3, 5, 9, 11, 13].map((bytes) => Uint8Array.from([0xc7, bytes, 0xff, ...Array(bytes).fill(1)])),
  // UTF-8 that is none (Unicode 16 §3.9, table 3-8): stray, cut, overlong, surrogates, beyond U+10FFFF.
  ...[[0x80], [0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc0, 0xae], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80]].map((bytes) =>
    str(...bytes),
  ),
  ...[[0xed, 0xb0, 0x80, 0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe0]].map((bytes) =>
    str(...bytes),
  ),
  // A cut sequence, whose missing bytes are those of the next value.
  Uint8Array.of(0x92, 0xa1, 0xe2, 0xa2, 0x82, 0xac),
  Uint8Array.from([0xd9, 255, ...Array(255).fill(0xe2)]),
  Uint8Array.of(0xc1),
  new Uint8Array(),
]

function number(head: number, hex: string): Uint8Array {
  return Uint8Array.from([head, ...Buffer.from(hex, 'hex')])
}

const edit = fc.oneof(
  fc.record({ what: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ what: fc.constant('put' as const), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
  fc.record({ what: fc.constant('cut' as const), at: fc.nat(), length: fc.nat(20) }),
  fc.record({
    what: fc.constant('insert' as const),
    at: fc.nat(),
    bytes: fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(...ODD.filter(({ length }) => length < 400))),
  }),
  fc.record({ what: fc.constant('double' as const), at: fc.nat(), length: fc.nat(40) }),
  // A length field that claims more.
  fc.record({
    what: fc.constant('inflate' as const),
    at: fc.nat(),
    head: fc.constantFrom(0xc6, 0xc9, 0xdb, 0xdd, 0xdf, 0xd9, 0xdc),
  }),
  fc.record({ what: fc.constant('truncate' as const), at: fc.nat() }),
  fc.record({ what: fc.constant('nest' as const), at: fc.nat(40) }),
)

/** A valid encoding, altered in a few places. */
export function mutated(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 4 })).map(([sample, edits]) => {
    let bytes = [...sample]
    for (const each of edits) {
      const at = bytes.length === 0 ? 0 : each.at % bytes.length
      if (each.what === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << each.bit)
      else if (each.what === 'put') bytes.splice(at, each.bytes.length, ...each.bytes)
      else if (each.what === 'cut') bytes.splice(at, each.length)
      else if (each.what === 'insert') bytes.splice(at, 0, ...each.bytes)
      else if (each.what === 'double') bytes.splice(at, 0, ...bytes.slice(at, at + each.length))
      else if (each.what === 'inflate') bytes.splice(at, 1, each.head, ...big)
      else if (each.what === 'truncate') bytes = bytes.slice(0, at)
      else bytes = [...Array(each.at).fill(0x91), ...bytes]
    }
    return Uint8Array.from(bytes)
  })
}

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    1e308,
    0.5,
    5n,
    -(2n ** 300n),
  ),
  fc.constantFrom<unknown>(
    '',
    '*',
    'a*',
    '__proto__',
    'constructor',
    '\ud800',
    'x\udc00y',
    '\0',
    'wss://',
    'ws://\n',
    'lp1',
    '😀'.repeat(40),
  ),
  fc.constantFrom<unknown>(
    new Date(0),
    new Date(Number.NaN),
    new Date(8.64e15),
    [],
    {},
    new Uint8Array(),
    new Uint8Array(32),
    new Uint8Array(64),
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.uint8Array({ maxLength: 70 }),
)

/** One value in a valid one replaced, removed or added. */
const altered = fc
  .tuple(fc.constantFrom(...VALUES), fc.array(fc.tuple(fc.nat(), fc.nat(3), scalar), { maxLength: 3 }))
  .map(([sample, edits]) => {
    const root = { value: structuredClone(sample) as unknown }
    for (const [at, how, shared] of edits) {
      // Else one that is altered in turn would hold itself, here and in the next run.
      const replacement = structuredClone(shared)
      const places = [...placesIn(root)]
      const place = places[at % Math.max(1, places.length)]
      if (place === undefined) break
      const [holder, key] = place
      if (how === 0 && !Array.isArray(holder)) delete holder[key]
      else if (how === 1 && Array.isArray(holder[key])) holder[key].push(replacement)
      else holder[key] = replacement
    }
    return root.value as unknown
  })

function* placesIn(holder: Record<string, unknown>): Generator<[Record<string, unknown>, string]> {
  for (const [key, value] of Object.entries(holder)) {
    yield [holder, key]
    if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      yield* placesIn(value as Record<string, unknown>)
    }
  }
}

/** What a structured clone may bring from another tab, too: maps, sparse arrays, objects without a prototype. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: altered, weight: 3 },
  { arbitrary: scalar, weight: 1 },
  {
    arbitrary: fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
      maxDepth: 4,
    }),
    weight: 1,
  },
)
