import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { type Aead, chaCha20Poly1305, nodeAead, platformAead } from '../../src/channel/aead.js'
import { CipherState, MAX_NOISE_NONCE, MAX_NOISE_PLAINTEXT_BYTES } from '../../src/channel/cipher-state.js'

const providers = { node: nodeAead as Aead, portable: chaCha20Poly1305 }
const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const nonce12 = fc.uint8Array({ minLength: 12, maxLength: 12 })

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    return isP2PError(error) ? error.code : `untyped: ${error}`
  }
  return undefined
}

describe.each(Object.entries(providers))('ChaCha20-Poly1305 of %s', (_, aead) => {
  it('satisfies RFC 8439 §2.8.2', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
    const nonce = hexToBytes('070000004041424344454647')
    const ad = hexToBytes('50515253c0c1c2c3c4c5c6c7')
    const plaintext = utf8ToBytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    )
    const sealed =
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b' +
      '1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691'
    expect(bytesToHex(aead.encrypt(key, nonce, plaintext, ad))).toBe(sealed)
    expect(aead.decrypt(key, nonce, hexToBytes(sealed), ad)).toEqual(plaintext)
  })

  it('opens nothing that differs by a bit, a byte or its associated data', () => {
    const data = fc.uint8Array({ maxLength: 100 })
    fc.assert(
      fc.property(key32, nonce12, data, data, fc.nat(), (key, nonce, plaintext, ad, position) => {
        const sealed = aead.encrypt(key, nonce, plaintext, ad)
        const bit = position % (sealed.length * 8)
        const flipped = sealed.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(codeOf(() => aead.decrypt(key, nonce, flipped, ad))).toBe('DECRYPT_FAILED')
        expect(codeOf(() => aead.decrypt(key, nonce, sealed.subarray(0, bit >> 3), ad))).toBe('DECRYPT_FAILED')
        expect(codeOf(() => aead.decrypt(key, nonce, new Uint8Array([...sealed, 0]), ad))).toBe('DECRYPT_FAILED')
        expect(codeOf(() => aead.decrypt(key, nonce, sealed, new Uint8Array([...ad, 0])))).toBe('DECRYPT_FAILED')
      }),
    )
  })

  it('opens no bytes that nobody sealed', () => {
    fc.assert(
      fc.property(key32, nonce12, fc.uint8Array({ maxLength: 200 }), (key, nonce, noise) => {
        expect(codeOf(() => aead.decrypt(key, nonce, noise))).toBe('DECRYPT_FAILED')
      }),
    )
  })

  it('leaves its inputs as they were, and returns arrays of its own that are no Buffers', () => {
    const [key, nonce, plaintext] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2), new Uint8Array(50).fill(3)]
    const sealed = aead.encrypt(key, nonce, plaintext)
    const kept = sealed.slice()
    const opened = aead.decrypt(key, nonce, sealed)
    expect(Object.getPrototypeOf(sealed)).toBe(Uint8Array.prototype)
    expect(Object.getPrototypeOf(opened)).toBe(Uint8Array.prototype)
    opened.fill(9)
    expect([key[0], nonce[0], plaintext[0]]).toEqual([1, 2, 3])
    expect(sealed).toEqual(kept)
  })
})

describe('ChaCha20-Poly1305 providers', () => {
  it('use Node where Node has the cipher', () => {
    expect(platformAead).toBe(nodeAead)
  })

  it('seal the same bytes, at any offset in a larger buffer', () => {
    const size = fc.oneof(fc.nat(300), fc.constantFrom(16_384, MAX_NOISE_PLAINTEXT_BYTES))
    fc.assert(
      fc.property(key32, nonce12, size, fc.nat(7), fc.uint8Array({ maxLength: 40 }), (key, nonce, length, offset, ad) => {
        const plaintext = new Uint8Array(offset + length).map((_, i) => i * 7).subarray(offset)
        const sealed = providers.node.encrypt(key, nonce, plaintext, ad)
        expect(Buffer.compare(sealed, providers.portable.encrypt(key, nonce, plaintext, ad))).toBe(0)
        const shifted = new Uint8Array(offset + sealed.length)
        shifted.set(sealed, offset)
        for (const aead of [chaCha20Poly1305, providers.node]) {
          expect(Buffer.compare(aead.decrypt(key, nonce, shifted.subarray(offset), ad), plaintext)).toBe(0)
        }
      }),
    )
  })
})

describe.each(Object.entries(providers))('CipherState over %s', (_, aead) => {
  const pair = (nonce = 0) => {
    const make = () => new CipherState(new Uint8Array(32).fill(7), aead, nonce)
    return [make(), make()] as const
  }
  const text = utf8ToBytes('one message')

  it('counts what it seals and opens', () => {
    const [send, receive] = pair()
    for (let i = 0; i < 3; i++) expect(receive.decrypt(send.encrypt(text))).toEqual(text)
    expect([send.nonce, receive.nonce]).toEqual([3, 3])
    expect(send.encrypt(text)).not.toEqual(send.encrypt(text))
  })

  it('keeps its counter when opening fails, so that the due message still opens', () => {
    const [send, receive] = pair()
    const sealed = send.encrypt(text)
    expect(codeOf(() => receive.decrypt(sealed.subarray(1)))).toBe('DECRYPT_FAILED')
    expect(receive.nonce).toBe(0)
    expect(receive.decrypt(sealed)).toEqual(text)
  })

  it('refuses messages repeated, skipped or out of order', () => {
    const [send, receive] = pair()
    const [first, second] = [send.encrypt(text), send.encrypt(text)]
    expect(codeOf(() => receive.decrypt(second))).toBe('DECRYPT_FAILED')
    receive.decrypt(first)
    expect(codeOf(() => receive.decrypt(first))).toBe('DECRYPT_FAILED')
    expect(receive.decrypt(second)).toEqual(text)
  })

  it('goes on after both sides re-key, and cannot open what came before', () => {
    const [send, receive] = pair()
    const old = send.encrypt(text)
    receive.decrypt(old)
    send.rekey()
    receive.rekey()
    expect(receive.decrypt(send.encrypt(text))).toEqual(text)
    expect(send.nonce).toBe(2)
    const thief = pair()[1]
    thief.rekey()
    expect(codeOf(() => thief.decrypt(old))).toBe('DECRYPT_FAILED')
  })

  it('seals and opens the longest message and refuses a longer one', () => {
    const [send, receive] = pair()
    expect(receive.decrypt(send.encrypt(new Uint8Array(65_519)))).toHaveLength(65_519)
    expect(codeOf(() => send.encrypt(new Uint8Array(65_520)))).toBe('LIMIT_EXCEEDED')
    expect(codeOf(() => receive.decrypt(new Uint8Array(65_536)))).toBe('LIMIT_EXCEEDED')
  })

  it('passes the 32-bit boundary of its counter with distinct nonces', () => {
    const [send, receive] = pair(2 ** 32 - 1)
    for (let i = 0; i < 2; i++) expect(receive.decrypt(send.encrypt(text))).toEqual(text)
    expect(codeOf(() => pair(0)[0].decrypt(pair(2 ** 32)[1].encrypt(text)))).toBe('DECRYPT_FAILED')
  })

  it('stops at 2^48 messages and never wraps', () => {
    const [send, receive] = pair(MAX_NOISE_NONCE - 1)
    const last = send.encrypt(text)
    expect(receive.decrypt(last)).toEqual(text)
    expect(codeOf(() => send.encrypt(text))).toBe('LIMIT_EXCEEDED')
    expect(codeOf(() => receive.decrypt(last))).toBe('LIMIT_EXCEEDED')
    expect(send.nonce).toBe(MAX_NOISE_NONCE)
  })

  it('zeroes its key when re-keyed and when wiped, and does nothing after that', () => {
    const key = new Uint8Array(32).fill(7)
    new CipherState(key, aead).rekey()
    expect(key).toEqual(new Uint8Array(32))
    const last = new Uint8Array(32).fill(7)
    const state = new CipherState(last, aead)
    state.wipe()
    state.wipe()
    expect(last).toEqual(new Uint8Array(32))
    for (const act of [() => state.encrypt(text), () => state.decrypt(text), () => state.rekey()]) {
      expect(codeOf(act)).toBe('CONNECTION_CLOSED')
    }
  })
})
