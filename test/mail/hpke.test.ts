import { hexToBytes as bytes, bytesToHex as hex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { platformAead } from '../../src/channel/aead.js'
import { ladderX25519 } from '../../src/channel/x25519.js'
import { generateKeyPair, hpkeOpen, hpkeSeal, keyPairOf, keySchedule, sharedSecret } from '../../src/mail/hpke.js'
import { publicVectors } from '../vectors/public.js'
import { nobleOpen, nobleSeal } from './noble-hpke.js'

const text = publicVectors('rfc9180-a2.1.json')
const about = { info: Uint8Array.of(1, 2, 3), aad: Uint8Array.of(4) }

describe.skipIf(text === undefined)('RFC 9180, appendix A.2.1', () => {
  const vector = JSON.parse(text ?? '{}')
  const ephemeral = () => ({ secretKey: bytes(vector.skEm), publicKey: bytes(vector.pkEm) })
  const recipient = () => ({ secretKey: bytes(vector.skRm), publicKey: bytes(vector.pkRm) })

  test('the first message is sealed as there, and opened', async () => {
    const [{ pt, aad, ct }] = vector.encryptions
    const given = { info: bytes(vector.info), aad: bytes(aad) }
    const { enc, ciphertext } = await hpkeSeal(bytes(vector.pkRm), given, () => bytes(pt), ephemeral())
    expect(hex(enc)).toBe(vector.enc)
    expect(hex(ciphertext)).toBe(ct)
    expect(hex(hpkeOpen(recipient(), { enc, ciphertext }, given))).toBe(pt)
  })

  test('shared secret, key and nonce are those of the RFC', () => {
    const dh = ladderX25519.dh(ephemeral(), bytes(vector.pkRm))
    const shared = sharedSecret(dh, bytes(vector.enc), bytes(vector.pkRm))
    expect(hex(shared)).toBe(vector.shared_secret)
    const { key, nonce } = keySchedule(shared, bytes(vector.info))
    expect([hex(key), hex(nonce)]).toEqual([vector.key, vector.base_nonce])
    for (const [i, { pt, aad, ct }] of vector.encryptions.entries()) {
      const at = nonce.slice()
      at[11]! ^= i
      expect(hex(platformAead.encrypt(key, at, bytes(pt), bytes(aad)))).toBe(ct)
    }
  })

  test('public keys are derived from secret ones', () => {
    expect(hex(keyPairOf(bytes(vector.skRm)).publicKey)).toBe(vector.pkRm)
    expect(hex(keyPairOf(bytes(vector.skEm)).publicKey)).toBe(vector.pkEm)
  })
})

test('what one implementation seals the other one opens, both ways', async () => {
  for (let length = 0; length < 40; length++) {
    const keys = generateKeyPair()
    const plaintext = new Uint8Array(length * 7).fill(length)
    const ours = await hpkeSeal(keys.publicKey, about, () => plaintext)
    expect(nobleOpen(keys.secretKey, ours.enc, about.info, about.aad, ours.ciphertext)).toEqual(plaintext)
    expect(hpkeOpen(keys, nobleSeal(keys.publicKey, about.info, about.aad, plaintext), about)).toEqual(plaintext)
  }
})

test('nothing but the sealed bytes opens, under the same info and data, with the same key', async () => {
  const keys = generateKeyPair()
  const sealed = await hpkeSeal(keys.publicKey, about, () => Uint8Array.of(1, 2, 3))
  for (let i = 0; i < sealed.ciphertext.length; i++) {
    const ciphertext = sealed.ciphertext.slice()
    ciphertext[i]! ^= 1
    expect(() => hpkeOpen(keys, { ...sealed, ciphertext }, about)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
  }
  for (const other of [
    { ...about, info: Uint8Array.of(9) },
    { ...about, aad: Uint8Array.of(9) },
  ]) {
    expect(() => hpkeOpen(keys, sealed, other)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
  }
  expect(() => hpkeOpen(generateKeyPair(), sealed, about)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
})

test('keys of low order are refused at both ends', async () => {
  const zero = new Uint8Array(32)
  await expect(hpkeSeal(zero, about, () => zero)).rejects.toMatchObject({ code: 'HANDSHAKE_FAILED' })
  const sealed = { enc: zero, ciphertext: new Uint8Array(32) }
  expect(() => hpkeOpen(generateKeyPair(), sealed, about)).toThrow(expect.objectContaining({ code: 'HANDSHAKE_FAILED' }))
})
