import { describe, expect, test } from 'vitest'
import { joined } from '../../src/base/bytes.js'
import { limitsOf } from '../../src/base/limits.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { LETTER_BYTES } from '../../src/mail/box.js'
import { generateKeyPair, hpkeSeal } from '../../src/mail/hpke.js'
import { fitsLetter, LETTER_HEAD_BYTES, openLetter, PrekeyKind, prekeyOf, sealLetter } from '../../src/mail/letter.js'
import { decode, encode } from '../../src/message/codec.js'

const limits = limitsOf()
const network = 'lotus'
const alice = identityFromSeed(new Uint8Array(32).fill(1))
const bob = identityFromSeed(new Uint8Array(32).fill(2))
const carol = identityFromSeed(new Uint8Array(32).fill(3))
const keys = generateKeyPair()
const prekey = { kind: PrekeyKind.SIGNED, id: new Uint8Array(8).fill(7), key: keys.publicKey }
const content = { n: 3, body: new Uint8Array(50).fill(9), sentAt: 1_700_000_000_000, extras: { access: new Uint8Array(16) } }
const seal = (body = content.body) => sealLetter(bob.publicKey, prekey, { ...content, body }, { identity: alice, network })
const open = (letter: Uint8Array, to = bob.publicKey) => openLetter(letter, to, keys, limits, network)

test('a letter opens as what it was, with its sender', async () => {
  const letter = await seal()
  expect(prekeyOf(letter)).toEqual({ kind: 1, id: prekey.id })
  expect(await open(letter)).toEqual({ ...content, sender: alice.publicKey })
})

test('every length of message has the length of a bucket, and opens', async () => {
  for (const bucket of LETTER_BYTES) {
    const lengths = new Set<number>()
    for (const length of [bucket - 300, bucket - 290, bucket - 240]) {
      const letter = await seal(new Uint8Array(length).fill(0))
      lengths.add(letter.length)
      expect(LETTER_BYTES).toContain(letter.length)
      expect((await open(letter)).body).toHaveLength(length)
      if (length + 300 > LETTER_BYTES.at(-1)!) break
    }
    expect(lengths).toContain(bucket)
  }
})

test('what is too large for the largest bucket is refused', async () => {
  await expect(seal(new Uint8Array(262_144))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  expect([261_908, 261_909].map((bytes) => fitsLetter(bytes, 4))).toEqual([true, false])
  expect([788, 789].map((bytes) => fitsLetter(bytes, 0))).toEqual([true, false])
  expect(await seal(new Uint8Array(788))).toHaveLength(1_024)
})

test('the same message is never sealed twice to the same bytes', async () => {
  expect(await seal()).not.toEqual(await seal())
})

describe('a letter that is not what its sender has sealed does not open', () => {
  test('with any byte changed', async () => {
    const letter = await seal()
    for (let i = 0; i < letter.length; i += i < 80 ? 1 : 97) {
      const changed = letter.slice()
      changed[i]! ^= 0x40
      await expect((async () => open(changed))()).rejects.toBeDefined()
    }
  })

  test('with another length', async () => {
    const letter = await seal()
    for (const other of [letter.slice(0, -1), joined(letter, new Uint8Array(1)), new Uint8Array(0)]) {
      await expect((async () => open(other))()).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
    }
  })

  test('with `enc` of another letter', async () => {
    const [one, two] = [await seal(), await seal()]
    const swapped = one.slice()
    swapped.set(two.subarray(12, LETTER_HEAD_BYTES), 12)
    await expect(open(swapped)).rejects.toMatchObject({ code: 'DECRYPT_FAILED' })
  })

  test('sealed anew for a third by its recipient', async () => {
    // Bob opens what Alice wrote to him, and seals the same plaintext to Carol, in the hope that she takes it for Alice's.
    const letter = await seal()
    const plain = await plainOf(letter)
    const carolKeys = generateKeyPair()
    const head = letter.slice(0, 12)
    const about = { info: joined(new TextEncoder().encode('lotus-p2p/mail/1\0'), carol.publicKey, prekey.id), aad: head }
    const { enc, ciphertext } = await hpkeSeal(carolKeys.publicKey, about, () => plain)
    const forged = joined(head, enc, ciphertext)
    await expect(openLetter(forged, carol.publicKey, carolKeys, limits, network)).rejects.toMatchObject({
      code: 'INVALID_SIGNATURE',
    })
  })

  test('with another sender, number, body, date or extras inside', async () => {
    const plain = decode(unpad(await plainOf(await seal())), limits) as unknown[]
    const changes: [number, unknown][] = [
      [1, carol.publicKey],
      [2, 4],
      [3, new Uint8Array(50)],
      [4, 1_700_000_000_001],
      [6, {}],
      [6, { access: new Uint8Array(16), later: 1 }],
    ]
    for (const [at, value] of changes) {
      const changed = [...plain]
      changed[at] = value
      await expect(open(await sealedPlain(encode(changed)))).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
    }
    await expect(open(await sealedPlain(encode(plain.slice(0, 6))))).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
    await expect(open(await sealedPlain(encode('no array')))).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
  })

  test('in another network', async () => {
    await expect(openLetter(await seal(), bob.publicKey, keys, limits, 'test')).rejects.toMatchObject({
      code: 'INVALID_SIGNATURE',
    })
  })

  test('without the end of its padding', async () => {
    const about = { info: joined(new TextEncoder().encode('lotus-p2p/mail/1\0'), bob.publicKey, prekey.id), aad: head() }
    const { enc, ciphertext } = await hpkeSeal(keys.publicKey, about, () => new Uint8Array(1_024 - 60))
    await expect(open(joined(head(), enc, ciphertext))).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
  })
})

const head = () => Uint8Array.of(1, 0, 1, 1, ...prekey.id)

/** What Bob, who has the key, can find out and seal. */
async function plainOf(letter: Uint8Array): Promise<Uint8Array> {
  const { hpkeOpen } = await import('../../src/mail/hpke.js')
  const info = joined(new TextEncoder().encode('lotus-p2p/mail/1\0'), bob.publicKey, prekey.id)
  const sealed = { enc: letter.slice(12, LETTER_HEAD_BYTES), ciphertext: letter.slice(LETTER_HEAD_BYTES) }
  return hpkeOpen(keys, sealed, { info, aad: letter.slice(0, 12) })
}

function unpad(padded: Uint8Array): Uint8Array {
  return padded.subarray(0, padded.lastIndexOf(0x80))
}

async function sealedPlain(plain: Uint8Array): Promise<Uint8Array> {
  const info = joined(new TextEncoder().encode('lotus-p2p/mail/1\0'), bob.publicKey, prekey.id)
  const whole = joined(plain, Uint8Array.of(0x80), new Uint8Array(1_024 - 61 - plain.length))
  const { enc, ciphertext } = await hpkeSeal(keys.publicKey, { info, aad: head() }, () => whole)
  return joined(head(), enc, ciphertext)
}
