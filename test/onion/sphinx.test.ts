import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hexToBytes as bytes, bytesToHex as hex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { chaChaBlock, chaChaState } from '../../src/channel/chacha20-poly1305.js'
import { addKeyStream, addOwnKeyStream } from '../../src/channel/key-stream.js'
import { ladderX25519, platformX25519 } from '../../src/channel/x25519.js'
import { malformed } from '../../src/message/shape.js'
import { lionessLock, lionessUnlock } from '../../src/onion/lioness.js'
import {
  blinded,
  createHeader,
  isFieldElement,
  openHeader,
  peelRouting,
  purposeKey,
  type SphinxFormat,
  X25519_GROUP,
} from '../../src/onion/sphinx.js'
import { draws } from '../seed.js'
import { publicVectors } from '../vectors/public.js'
import { withByte } from './paths.js'

const PUBLIC = publicVectors('bolt04-onion.json')

/** BOLT 4: secp256k1, 1,300 bytes, payloads that begin with their length as a BigSize. */
const BOLT_4: SphinxFormat = {
  group: {
    base: secp256k1.Point.BASE.toBytes(true),
    multiply: ({ secretKey }, element) =>
      secp256k1.Point.fromBytes(element)
        .multiply(BigInt(`0x${hex(secretKey)}`))
        .toBytes(true),
  },
  routingBytes: 1_300,
  payloadBytes(routing) {
    if (routing[0]! < 0xfd) return 1 + routing[0]!
    if (routing[0] !== 0xfd) throw malformed('A length')
    return 3 + routing[1]! * 256 + routing[2]!
  },
}

function finished<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

describe.skipIf(PUBLIC === undefined)('the public vector of BOLT 4', () => {
  const vector = JSON.parse(PUBLIC ?? '{}') as {
    generate: { session_key: string; associated_data: string; hops: { pubkey: string; payload: string }[] }
    onion: string
    decode: string[]
  }

  const create = () => {
    const { session_key, associated_data, hops } = vector.generate
    const secret = bytes(session_key)
    // BOLT 4 fills β with a key stream of the session key, where we have random bytes.
    const padding = addKeyStream(purposeKey('pad', secret), new Uint8Array(BOLT_4.routingBytes))
    return finished(
      createHeader(
        BOLT_4,
        hops.map(({ pubkey }) => bytes(pubkey)),
        hops.map(({ payload }) => bytes(payload)),
        { secret, padding, associated: bytes(associated_data) },
      ),
    )
  }

  test('is created, byte for byte', () => {
    const { element, routing, mac } = create().header
    expect(`00${hex(element)}${hex(routing)}${hex(mac)}`).toBe(vector.onion)
    expect(vector.onion).toHaveLength(2 * 1_366)
  })

  test('is peeled by all five hops, each with what it is told', () => {
    const associated = bytes(vector.generate.associated_data)
    const { header: created, secrets } = create()
    let header = created
    for (const [i, privateKey] of vector.decode.entries()) {
      const keys = { secretKey: bytes(privateKey), publicKey: bytes(vector.generate.hops[i]!.pubkey) }
      const secret = openHeader(BOLT_4, header, keys, associated)
      expect(hex(secret)).toBe(hex(secrets[i]!))
      const { payload, routing, mac } = peelRouting(BOLT_4, header.routing, secret)
      expect(hex(payload)).toBe(vector.generate.hops[i]!.payload)
      header = { element: blinded(BOLT_4, header.element, secret), routing, mac }
    }
    // The last hop finds no other behind it.
    expect(hex(header.mac)).toBe('00'.repeat(32))
  })
})

test('the key stream is that of RFC 8439, by the platform and by our own code', () => {
  const random = draws()
  for (const length of [0, 1, 63, 64, 65, 272, 2_703]) {
    const [key, data] = [random.bytes(32), random.bytes(length)]
    const sum = addKeyStream(key, data)
    expect(hex(addOwnKeyStream(key, data))).toBe(hex(sum))
    const state = chaChaState(key, new Uint8Array(12))
    const block = new Int32Array(16)
    chaChaBlock(state, block)
    const stream = new Uint8Array(block.buffer)
    for (let i = 0; i < Math.min(64, length); i++) expect(sum[i]).toBe(data[i]! ^ stream[i]!)
  }
})

test('scalars of X25519 commute although they are clamped, by the platform and by the ladder', () => {
  const [a, b, target] = [platformX25519.generate(), platformX25519.generate(), platformX25519.generate()]
  for (const provider of [platformX25519, ladderX25519]) {
    const one = provider.dh(a, provider.dh(b, target.publicKey))
    const other = provider.dh(b, provider.dh(a, target.publicKey))
    expect(hex(one)).toBe(hex(other))
  }
})

test('a scalar counts without its public key, which the platform is told another one of', () => {
  const keys = platformX25519.generate()
  const target = platformX25519.generate().publicKey
  const bare = { secretKey: keys.secretKey.slice(), publicKey: X25519_GROUP.base }
  expect(hex(X25519_GROUP.multiply(bare, target))).toBe(hex(ladderX25519.dh(keys, target)))
})

test('an element of X25519 has one form', () => {
  const p = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xed : i === 31 ? 0x7f : 0xff))
  const below = withByte(p, 0, 0xec)
  expect(isFieldElement(below)).toBe(true)
  expect(isFieldElement(p)).toBe(false)
  expect(isFieldElement(withByte(p, 0, 0xee))).toBe(false)
  expect(isFieldElement(withByte(p, 7, 0xfe))).toBe(true)
  const { publicKey } = platformX25519.generate()
  expect(isFieldElement(publicKey)).toBe(true)
  expect(isFieldElement(withByte(publicKey, 31, publicKey[31]! | 0x80))).toBe(false)
  expect(isFieldElement(publicKey.subarray(1))).toBe(false)
  expect(() => X25519_GROUP.multiply(platformX25519.generate(), withByte(p, 31, 0xff))).toThrow('malformed')
})

test('a payload is one wide block: one bit changed anywhere makes noise of all, both ways', () => {
  const random = draws()
  const secret = random.bytes(32)
  const text = new Uint8Array(2_735)
  expect(hex(lionessUnlock(secret, lionessLock(secret, text)))).toBe(hex(text))
  expect(hex(lionessLock(secret, lionessUnlock(secret, text)))).toBe(hex(text))
  for (const run of [lionessLock, lionessUnlock]) {
    const plain = run(secret, text)
    for (const at of [0, 31, 32, 1_000, 2_734]) {
      const changed = run(secret, withByte(text, at, text[at]! ^ 1))
      // Half of the bits are others: 2,735 bytes have 10,940 of them in the mean, give or take 74.
      let bits = 0
      for (let i = 0; i < text.length; i++) for (let x = plain[i]! ^ changed[i]!; x > 0; x &= x - 1) bits++
      expect(Math.abs(bits - 10_940)).toBeLessThan(600)
      expect(changed.subarray(0, 32).some((byte, i) => byte !== plain[i])).toBe(true)
    }
  }
})
