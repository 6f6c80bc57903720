import { Decoder } from '@msgpack/msgpack'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes as bytes, concatBytes, bytesToHex as hex, utf8ToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import vectors from '../../docs/vectors/mail.json' with { type: 'json' }
import { mailVectors, shortened } from '../vectors/make-mail.js'
import { nobleOpen } from './noble-hpke.js'

const decoder = new Decoder()
const signed = (tag: string, payload: Uint8Array) => concatBytes(utf8ToBytes(`lotus-p2p/${tag}/2\0${vectors.network}\0`), payload)
const first16 = (...parts: Uint8Array[]) => hex(sha256(concatBytes(...parts)).slice(0, 16))

test('the vectors are what npm run docs:vectors:mail makes', async () => {
  expect(JSON.parse(JSON.stringify(shortened(await mailVectors())))).toEqual(vectors)
})

test('letters open by libraries of others, and their signatures hold', async () => {
  const { recipient, prekey, sender } = vectors
  const made = await mailVectors()
  for (const [i, { letter: given, bytes: length, id, n, sentAt }] of vectors.letters.entries()) {
    if (given === undefined) continue
    const letter = bytes(given)
    expect(letter).toHaveLength(length)
    expect(first16(letter)).toBe(id)
    const head = letter.slice(0, 12)
    expect(hex(head)).toBe(`01000101${prekey.id}`)
    const info = concatBytes(utf8ToBytes('lotus-p2p/mail/1\0'), bytes(recipient.publicKey), bytes(prekey.id))
    const enc = letter.slice(12, 44)
    const padded = nobleOpen(bytes(prekey.secretKey), enc, info, head, letter.slice(44))
    const end = padded.lastIndexOf(0x80)
    expect(padded.slice(end + 1).every((byte) => byte === 0)).toBe(true)
    const [version, from, number, body, date, signature, extras] = decoder.decode(padded.slice(0, end)) as [
      number,
      Uint8Array,
      number,
      Uint8Array,
      number,
      Uint8Array,
      { access?: Uint8Array },
    ]
    expect([version, hex(from), number, hex(body), date]).toEqual([1, sender.publicKey, n, vectors.letters[i]!.body, sentAt])
    const plain = padded.slice(0, end)
    // MessagePack of [sender key, n, body, sentAt, extras]: the plaintext without its version and signature.
    const at = plain.length - encodedLength(extras)
    const inner = concatBytes(Uint8Array.of(0x95), plain.slice(2, at - 66), plain.slice(at))
    const payload = concatBytes(bytes(recipient.publicKey), enc, sha256(inner))
    expect(ed25519.verify(signature, signed('mail', payload), bytes(sender.publicKey))).toBe(true)
    expect(made.letters[i]!.letter).toBe(given)
  }
})

test('box, access, card, batch, opening and work are made as the document says', () => {
  const { box, access, card, batch, open, work, recipient, relay } = vectors
  expect(first16(utf8ToBytes('lotus-p2p/box/1\0'), bytes(box.publicKey))).toBe(box.id)
  expect(hex(ed25519.getPublicKey(bytes(box.seed)))).toBe(box.publicKey)
  const forBox = hmac(sha256, bytes(access.key), bytes(box.id)).slice(0, 16)
  expect([hex(forBox), hex(sha256(forBox))]).toEqual([access.forBox, access.hash])
  const [key, payload, signature] = decoder.decode(bytes(card.record)) as Uint8Array[]
  expect(hex(key!)).toBe(recipient.publicKey)
  expect(ed25519.verify(signature!, signed('record', payload!), key!)).toBe(true)
  expect(ed25519.verify(bytes(batch.signature), signed('prekeys', bytes(batch.batch)), bytes(recipient.publicKey))).toBe(true)
  expect(ed25519.verify(bytes(open.signature), signed('box', bytes(open.signed)), bytes(box.publicKey))).toBe(true)
  const ends = relay.publicKey + recipient.publicKey + open.relaySession + open.ownerSession
  expect(open.signed.startsWith(ends) && open.signed.length === ends.length + 64).toBe(true)
  const block = bytes(work.deposit.block)
  block.set(bytes(work.deposit.nonce), 56)
  expect(sha256(block)[0]).toBe(0)
  expect(hex(block.slice(0, 53))).toBe(
    hex(concatBytes(utf8ToBytes('lotus-p2p/mailwork/1\0'), bytes(box.id), bytes(work.deposit.letterId))),
  )
})

/** Bytes of extras as MessagePack, by their keys. */
function encodedLength(extras: { access?: Uint8Array }): number {
  return extras.access === undefined ? 1 : 1 + 7 + 2 + 16
}
