import { writeFileSync } from 'node:fs'
import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { limitsOf } from '../../src/base/limits.js'
import { signEnvelope } from '../../src/identity/envelope.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { accessFor, accessHashOf, boxIdOf, LETTER_BYTES, letterIdOf, openingBytes } from '../../src/mail/box.js'
import { cardKeyOf } from '../../src/mail/card.js'
import { keyPairOf } from '../../src/mail/hpke.js'
import { PrekeyKind, sealLetter } from '../../src/mail/letter.js'
import { bodyOf } from '../../src/mail/outgoing-entry.js'
import { signBatch } from '../../src/mail/prekey-batch.js'
import { derived } from '../../src/mail/recovery.js'
import { findMailWork, hourOf, mailWorkBlock, takeSubject } from '../../src/mail/work.js'
import { encode } from '../../src/message/codec.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'

// Makes docs/vectors/mail.json: `npm run docs:vectors:mail`. test/mail/vectors.test.ts holds it against code of others.

const NETWORK = 'lotus'
const NOW = 1_700_000_000_000
const limits = limitsOf()
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)

export async function mailVectors() {
  const sender = identityFromSeed(filled(32, 1))
  const recipient = identityFromSeed(filled(32, 2))
  const boxSeed = filled(32, 3)
  const boxKey = identityFromSeed(boxSeed)
  const relay = identityFromSeed(filled(32, 4))
  const prekeySecret = filled(32, 5)
  const prekey = { id: filled(8, 6), ...keyPairOf(prekeySecret) }
  const box = boxIdOf(boxKey.publicKey)
  const generation = filled(8, 7)
  const accessKey = filled(16, 8)
  const value = {
    v: 1,
    generation,
    prekey: [prekey.id, prekey.publicKey, NOW],
    boxes: [[encodePeerId(relay.publicKey), 'wss://relay.example', box]],
    bits: 20,
    max: 4,
  }
  const content = { key: cardKeyOf(recipient.publicKey), value, sequence: NOW, publishedAt: NOW, ttl: 86_400 }
  const card = encode(wireRecord(await createRecord(content, { identity: recipient }, limits, NETWORK)))
  const oneTime = Array.from({ length: 16 }, (_, i): [Uint8Array, Uint8Array] => [
    filled(8, 16 + i),
    keyPairOf(filled(32, 32 + i)).publicKey,
  ])
  const batch = await signBatch({ identity: recipient, network: NETWORK }, generation, NOW, oneTime)
  const letters = []
  for (const [bucket, size] of LETTER_BYTES.entries()) {
    const message = {
      type: 'invoice',
      from: encodePeerId(sender.publicKey),
      payload: { bucket, note: 'x'.repeat(bucket === 0 ? 20 : LETTER_BYTES[bucket - 1]!) },
      timestamp: NOW,
      messageId: `message-${bucket}`,
      protocol: 'shop',
    }
    const body = bodyOf(message, limits)
    const ephemeralSecret = filled(32, 64 + bucket)
    const extras = bucket === 0 ? { access: accessKey } : {}
    const key = { kind: PrekeyKind.SIGNED, id: prekey.id, key: prekey.publicKey }
    const about = { n: bucket + 1, body, sentAt: NOW + 1_000, extras }
    const from = { identity: sender, network: NETWORK }
    const letter = await sealLetter(recipient.publicKey, key, about, from, keyPairOf(ephemeralSecret))
    if (letter.length !== size) throw new Error(`The letter of bucket ${bucket} has ${letter.length} bytes.`)
    const whole = bucket < 2 ? { body: hex(body), letter: hex(letter) } : {}
    letters.push({
      bucket,
      bytes: size,
      n: about.n,
      sentAt: about.sentAt,
      message,
      ephemeralSecret: hex(ephemeralSecret),
      id: hex(letterIdOf(letter)),
      extras: extras.access ? { access: hex(extras.access) } : {},
      ...whole,
    })
  }
  const first = letters[0]!
  const letterBlock = mailWorkBlock(box, Uint8Array.from(Buffer.from(first.id, 'hex')))
  const subject = takeSubject(sender.publicKey, hourOf(NOW))
  const opening = { boxKey: boxKey.publicKey, access: accessHashOf(accessFor(accessKey, box)), bits: 20, max: 4 }
  const binding = {
    relayKey: relay.publicKey,
    ownerKey: recipient.publicKey,
    relaySession: filled(16, 9),
    ownerSession: filled(16, 10),
  }
  const opened = openingBytes(binding, opening)
  return {
    network: NETWORK,
    nowMs: NOW,
    sender: { seed: hex(filled(32, 1)), publicKey: hex(sender.publicKey) },
    recipient: { seed: hex(filled(32, 2)), publicKey: hex(recipient.publicKey) },
    relay: { publicKey: hex(relay.publicKey) },
    box: { seed: hex(boxSeed), publicKey: hex(boxKey.publicKey), id: hex(box) },
    access: { key: hex(accessKey), forBox: hex(accessFor(accessKey, box)), hash: hex(opening.access) },
    open: {
      relaySession: hex(binding.relaySession),
      ownerSession: hex(binding.ownerSession),
      bits: opening.bits,
      max: opening.max,
      signed: hex(opened),
      signature: hex((await signEnvelope(boxKey, 'box', opened, NETWORK)).signature),
    },
    prekey: { id: hex(prekey.id), secretKey: hex(prekeySecret), publicKey: hex(prekey.publicKey), madeAt: NOW },
    card: { key: content.key, generation: hex(generation), address: 'wss://relay.example', record: hex(card) },
    batch: {
      secretKeys: oneTime.map((_, i) => hex(filled(32, 32 + i))),
      ids: oneTime.map(([id]) => hex(id)),
      madeAt: NOW,
      batch: hex(batch.batch),
      signature: hex(batch.signature),
    },
    work: {
      deposit: { letterId: first.id, bits: 8, block: hex(letterBlock), nonce: hex(await findMailWork(letterBlock, 8)) },
      take: { hour: hourOf(NOW), subject: hex(subject), bits: 8, nonce: hex(await findMailWork(mailWorkBlock(box, subject), 8)) },
    },
    recovery: { seed: hex(filled(32, 2)), secretKey: hex(derived(filled(32, 2), 'lotus-p2p/mail-recovery/1')) },
    letters,
  }
}

if (process.argv.includes('--write'))
  writeFileSync('docs/vectors/mail.json', `${JSON.stringify(shortened(await mailVectors()), null, 2)}\n`)

/** Long notes are said, and not written out. */
export function shortened(vectors: Awaited<ReturnType<typeof mailVectors>>) {
  const letters = vectors.letters.map((letter) => ({
    ...letter,
    message: {
      ...letter.message,
      payload: { bucket: letter.message.payload.bucket, noteLength: letter.message.payload.note.length },
    },
  }))
  return { ...vectors, letters }
}
