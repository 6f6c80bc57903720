import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'
import { CipherSuite, HkdfSha256 } from '@hpke/core'
import { DhkemX25519HkdfSha256 } from '@hpke/dhkem-x25519'
import { expect, test } from 'vitest'
import { generateKeyPair, hpkeOpen, hpkeSeal } from '../../src/mail/hpke.js'

/** The suite of letters by an implementation of others. */
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })
const about = { info: new TextEncoder().encode('lotus-p2p/mail/1\0'), aad: Uint8Array.of(1, 0, 1, 1) }
const buffer = (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer
const lengths = [0, 1, 15, 16, 17, 63, 64, 65, 1_000, 65_536, 262_084]

test('what we seal @hpke/core opens', async () => {
  for (const length of lengths) {
    const keys = generateKeyPair()
    const plaintext = new Uint8Array(length).map((_, i) => i)
    const { enc, ciphertext } = await hpkeSeal(keys.publicKey, about, () => plaintext)
    const recipientKey = await suite.kem.importKey('raw', buffer(keys.secretKey), false)
    const recipient = await suite.createRecipientContext({ recipientKey, enc: buffer(enc), info: buffer(about.info) })
    expect(new Uint8Array(await recipient.open(buffer(ciphertext), buffer(about.aad)))).toEqual(plaintext)
  }
})

test('what @hpke/core seals we open', async () => {
  for (const length of lengths) {
    const keys = generateKeyPair()
    const plaintext = new Uint8Array(length).map((_, i) => i)
    const recipientPublicKey = await suite.kem.importKey('raw', buffer(keys.publicKey), true)
    const sender = await suite.createSenderContext({ recipientPublicKey, info: buffer(about.info) })
    const ciphertext = new Uint8Array(await sender.seal(buffer(plaintext), buffer(about.aad)))
    expect(hpkeOpen(keys, { enc: new Uint8Array(sender.enc), ciphertext }, about)).toEqual(plaintext)
  }
})

test('keys are derived alike', async () => {
  const pair = await suite.kem.generateKeyPair()
  const secretKey = new Uint8Array(await suite.kem.serializePrivateKey(pair.privateKey))
  const publicKey = new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey))
  const { keyPairOf } = await import('../../src/mail/hpke.js')
  expect(keyPairOf(secretKey).publicKey).toEqual(publicKey)
})
