import { x25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { generateNoiseKeyPair, ladderX25519, nodeX25519, platformX25519, type X25519 } from '../../src/channel/x25519.js'

const pairOf = (secretKey: Uint8Array) => ({ secretKey, publicKey: x25519.getPublicKey(secretKey) })
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

/** All u-coordinates whose result is zero, each also with the unused top bit. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap((hex) => {
  const topBit = hexToBytes(hex)
  topBit[31] = (topBit[31] as number) | 0x80
  return [hex, bytesToHex(topBit)]
})

function refusal(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

const providers = { node: nodeX25519 as X25519, noble: ladderX25519 }

describe.each(Object.entries(providers))('X25519 of %s', (_, provider) => {
  it.each([
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ])('satisfies RFC 7748 §5.2, scalar %s', (scalar, u, result) => {
    expect(bytesToHex(provider.dh(pairOf(hexToBytes(scalar)), hexToBytes(u)))).toBe(result)
  })

  it('satisfies the iterated vectors of RFC 7748 §5.2', () => {
    let k: Uint8Array = hexToBytes(`09${'00'.repeat(31)}`)
    let u = k
    const publicKey = k
    for (let i = 1; i <= 1000; i++) {
      const next = provider.dh({ secretKey: k, publicKey }, u)
      u = k
      k = next
      if (i === 1) expect(bytesToHex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079')
    }
    expect(bytesToHex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
  }, 30_000)

  it('satisfies RFC 7748 §6.1', () => {
    const alice = pairOf(hexToBytes('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'))
    const bob = pairOf(hexToBytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'))
    expect(bytesToHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    expect(bytesToHex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
    expect(bytesToHex(provider.dh(alice, bob.publicKey))).toBe(shared)
    expect(bytesToHex(provider.dh(bob, alice.publicKey))).toBe(shared)
  })

  it('generates pairs whose public key belongs to the secret key', () => {
    const keys = provider.generate()
    expect(keys.secretKey).toHaveLength(32)
    expect(x25519.getPublicKey(keys.secretKey)).toEqual(keys.publicKey)
    expect(provider.generate().secretKey).not.toEqual(keys.secretKey)
  })

  it.each(LOW_ORDER)('refuses the low-order key %s', (hex) => {
    const error = refusal(() => provider.dh(provider.generate(), hexToBytes(hex)))
    expect(isP2PError(error, 'HANDSHAKE_FAILED')).toBe(true)
  })

  it.each([0, 31, 33])('refuses a public key of %i bytes', (length) => {
    const error = refusal(() => provider.dh(provider.generate(), new Uint8Array(length).fill(9)))
    expect(isP2PError(error, 'HANDSHAKE_FAILED')).toBe(true)
  })
})

describe('X25519 providers', () => {
  it('use Node where Node has X25519', () => {
    expect(platformX25519).toBe(nodeX25519)
    expect(generateNoiseKeyPair().publicKey).toHaveLength(32)
  })

  it('agree on any secret and any public bytes, canonical or not', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (secret, u) => {
        const keys = pairOf(secret)
        const nodes = refusalOr(() => providers.node.dh(keys, u))
        expect(nodes).toEqual(refusalOr(() => providers.noble.dh(keys, u)))
      }),
      { numRuns: 100 },
    )
  })

  it('agree on the non-canonical coordinates 2^255 - 17 to 2^255 - 1', () => {
    const keys = generateNoiseKeyPair()
    for (let low = 0xef; low <= 0xff; low++) {
      const u = new Uint8Array(32).fill(0xff)
      u[0] = low
      u[31] = 0x7f
      expect(providers.node.dh(keys, u)).toEqual(providers.noble.dh(keys, u))
    }
  })

  it('accept key pairs that the other generated', () => {
    const [a, b] = [providers.node.generate(), providers.noble.generate()]
    expect(providers.node.dh(b, a.publicKey)).toEqual(providers.noble.dh(a, b.publicKey))
  })
})

function refusalOr(act: () => Uint8Array): unknown {
  try {
    return bytesToHex(act())
  } catch (error) {
    return isP2PError(error) ? error.code : error
  }
}
