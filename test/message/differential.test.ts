import { isDeepStrictEqual } from 'node:util'
import { Decoder, decodeTimestampExtension } from '@msgpack/msgpack'
import { expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { decode, encode } from '../../src/message/codec.js'

/** Inputs; `npm run test:differential` takes a million. */
const RUNS = Number(process.env.DIFFERENTIAL_RUNS ?? 20_000)
/** `DIFFERENTIAL_SEED` repeats a run. */
const SEED = Number(process.env.DIFFERENTIAL_SEED ?? Math.floor(Math.random() * 2 ** 32))

/** An independent decoder of MessagePack, with our BigInt. */
const other = new Decoder({
  extensionCodec: {
    tryToEncode: () => null,
    decode: (data, type) => (type === -1 ? decodeTimestampExtension(data) : BigInt(String.fromCharCode(...data))),
  },
})

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = randomOf(SEED)
const below = (n: number) => Math.floor(random() * n)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!
const bytes = (length: number) => Uint8Array.from({ length }, () => below(256))
const CHARACTERS = [...'abcdefgh019_ $', 'é', 'ß', '漢', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}']
const text = () => Array.from({ length: below(pick([3, 8, 40, 300])) }, () => pick(CHARACTERS)).join('')
const whole = () => Math.floor((random() - 0.5) * 2 ** below(55)) || 0

function anyValue(depth: number): unknown {
  switch (below(depth > 3 ? 8 : 11)) {
    case 0:
      return pick([null, true, false, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 63), 1e300, 5e-324])
    case 1:
    case 2:
      return whole()
    case 3:
      return random() * 10 ** below(20)
    case 4:
      return text()
    case 5:
      return bytes(below(pick([4, 40, 300])))
    case 6:
      return BigInt(whole()) ** BigInt(below(4))
    case 7:
      return new Date(pick([0, whole(), below(2 ** 32) * 1_000, 2 ** 32 * 4_000, 8.64e15]) % 8.64e15)
    case 8:
      return Array.from({ length: below(pick([4, 20])) }, () => anyValue(depth + 1))
    default:
      return Object.fromEntries(Array.from({ length: below(pick([4, 20])) }, () => [text(), anyValue(depth + 1)]))
  }
}

const HEADS = [0x81, 0x82, 0x91, 0x92, 0xa0, 0xa1, ...Array.from({ length: 32 }, (_, i) => 0xc0 + i), 0, 1, 0x30, 0x61, 0xff]

function anyBytes(): Uint8Array {
  if (below(4) === 0) return Uint8Array.from({ length: 1 + below(16) }, () => pick(HEADS))
  const encoded = encode(anyValue(0))
  const kind = below(4)
  if (kind === 0) return encoded
  for (let i = 0; i < kind; i++) encoded[below(encoded.length)] = below(2) === 0 ? pick(HEADS) : below(256)
  return below(8) === 0 ? encoded.subarray(0, below(encoded.length)) : encoded
}

function refused<T>(read: () => T): { value: T } | undefined {
  try {
    return { value: read() }
  } catch (error) {
    if (isP2PError(error)) return undefined
    throw error
  }
}

it(`what this decoder takes, another reads as the same, and the encoder writes again (seed ${SEED})`, {
  timeout: 3_600_000,
}, () => {
  let taken = 0
  for (let i = 0; i < RUNS; i++) {
    const input = anyBytes()
    const hex = () => `seed ${SEED}, input ${i}: ${Buffer.from(input).toString('hex')}`
    const ours = refused(() => decode(input))
    const signed = refused(() => decode(input, DEFAULT_LIMITS, { canonical: true }))
    if (ours !== undefined) {
      taken++
      if (!isDeepStrictEqual(ours.value, other.decode(input))) expect.unreachable(`read otherwise: ${hex()}`)
    }
    if (signed === undefined) continue
    if (!isDeepStrictEqual(signed.value, ours?.value)) expect.unreachable(`signed, it says something else: ${hex()}`)
    if (Buffer.compare(encode(signed.value), input) !== 0) expect.unreachable(`two forms: ${hex()}`)
  }
  expect(taken).toBeGreaterThan(RUNS / 10)
})
