import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  accessFor,
  accessHashOf,
  type Binding,
  boxIdOf,
  bucketFor,
  bucketOf,
  equalHashes,
  letterIdOf,
  openingBytes,
  ttlClassFor,
} from '../../src/mail/box.js'
import { type MailRequestType, readMailAnswer, readMailPush, readPrekeyBatch } from '../../src/mail/messages.js'
import { isMailRequest, MAIL_REQUESTS, readMailRequest } from '../../src/mail/server/requests.js'
import { depositWorkBits, findMailWork, hourOf, mailWorkBits, mailWorkBlock, takeSubject } from '../../src/mail/work.js'
import { encode } from '../../src/message/codec.js'

const sha256 = (...parts: (Uint8Array | string)[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
const filled = (length: number, byte = 7) => new Uint8Array(length).fill(byte)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const malformed = expect.objectContaining({ code: 'MALFORMED_DATA' })

describe('names and keys of a box', () => {
  it('are hashes of the box key, as node:crypto makes them', () => {
    const box = boxIdOf(filled(32, 1))
    expect(hex(box)).toBe(hex(sha256('lotus-p2p/box/1', Uint8Array.of(0), filled(32, 1)).slice(0, 16)))
    const access = accessFor(filled(16, 2), box)
    const hmac = createHmac('sha256', filled(16, 2)).update(box).digest()
    expect(hex(access)).toBe(hmac.toString('hex').slice(0, 32))
    expect(hex(accessHashOf(access))).toBe(hex(sha256(access)))
    expect(hex(letterIdOf(filled(1_024)))).toBe(hex(sha256(filled(1_024)).slice(0, 16)))
  })

  it('give another access to each box', () => {
    const accesses = [1, 2].map((n) => hex(accessFor(filled(16), boxIdOf(filled(32, n)))))
    expect(new Set(accesses).size).toBe(2)
  })

  it('are compared whole', () => {
    expect(equalHashes(filled(32), filled(32))).toBe(true)
    expect(equalHashes(filled(32), filled(32, 8))).toBe(false)
    expect(equalHashes(filled(32), filled(31))).toBe(false)
    expect(equalHashes(filled(31), filled(32))).toBe(false)
  })

  it('sign an opening for one connection, and for all that it says', () => {
    const ends: Binding = {
      relayKey: filled(32, 1),
      ownerKey: filled(32, 2),
      relaySession: filled(16, 3),
      ownerSession: filled(16, 4),
    }
    const opening = { boxKey: filled(32, 5), access: filled(32, 6), bits: 20, max: 4, card: filled(9), wake: 'w' }
    const signed = hex(openingBytes(ends, opening))
    expect(signed.slice(0, 192)).toBe(hex(Buffer.concat(Object.values(ends))))
    expect(signed.slice(192)).toBe(hex(sha256(encode(opening))))
    const others = [
      ...Object.keys(ends).map((name) => openingBytes({ ...ends, [name]: filled(name.endsWith('Key') ? 32 : 16, 9) }, opening)),
      ...[{ boxKey: filled(32, 9) }, { access: filled(32, 9) }, { bits: null }, { max: 3 }].map((change) =>
        openingBytes(ends, { ...opening, ...change }),
      ),
      openingBytes(ends, { ...opening, card: undefined }),
      openingBytes(ends, { ...opening, wake: undefined }),
    ]
    expect(new Set([signed, ...others.map(hex)]).size).toBe(1 + others.length)
  })
})

describe('sizes and times', () => {
  it('come in classes', () => {
    expect([1_024, 4_096, 16_384, 65_536, 262_144, 1_023, 0].map(bucketOf)).toEqual([0, 1, 2, 3, 4, undefined, undefined])
    expect([1, 1_024, 1_025, 262_144, 262_145].map(bucketFor)).toEqual([0, 0, 1, 4, undefined])
    expect([1, 3_600, 3_601, 86_401, 604_801, 9e9].map(ttlClassFor)).toEqual([0, 0, 1, 2, 3, 3])
  })
})

describe('the work for a letter', () => {
  const box = filled(16, 1)
  const id = filled(16, 2)

  it('fills one block of 64 bytes: domain, box, letter, three zeros and nonce', async () => {
    const block = mailWorkBlock(box, id)
    expect(hex(block)).toBe(`${hex(Buffer.from('lotus-p2p/mailwork/1'))}00${hex(box)}${hex(id)}000000${'00'.repeat(8)}`)
    expect(block.length).toBe(64)
    const nonce = await findMailWork(block, 10)
    const hash = sha256(block.subarray(0, 56), nonce)
    expect(((hash[0]! << 8) | hash[1]!) >> 6).toBe(0)
    expect(mailWorkBits(block, nonce)).toBeGreaterThanOrEqual(10)
  })

  it('is worth nothing for another box or letter', async () => {
    const nonce = await findMailWork(mailWorkBlock(box, id), 12)
    expect(mailWorkBits(mailWorkBlock(filled(16, 3), id), nonce)).toBeLessThan(12)
    expect(mailWorkBits(mailWorkBlock(box, filled(16, 3)), nonce)).toBeLessThan(12)
  })

  it('grows with the letter, and names key and hour where it is for a prekey', () => {
    expect([0, 4].map((bucket) => depositWorkBits(20, bucket))).toEqual([20, 24])
    expect(hourOf(3_600_000 * 0x01020304 + 5)).toBe(0x01020304)
    expect(hex(takeSubject(filled(32), 0x01020304))).toBe(hex(sha256(filled(32), Uint8Array.of(1, 2, 3, 4)).slice(0, 16)))
  })

  it('can be cancelled', async () => {
    await expect(findMailWork(mailWorkBlock(box, id), 60, AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

const keys = Array.from({ length: 16 }, (_, n) => [filled(8, n), filled(32, n)])
const batch = encode([1, filled(8), 1_700_000_000_000, keys])

/** A request of each type, and what spoils it. */
const REQUESTS: Record<MailRequestType, [good: unknown, bad: object[]]> = {
  open: [
    {
      boxKey: filled(32),
      access: filled(32),
      bits: 20,
      max: 4,
      card: filled(2_048),
      wake: 'x'.repeat(1_024),
      signature: filled(64),
    },
    [
      { boxKey: filled(31) },
      { access: filled(16) },
      { bits: 25 },
      { bits: undefined },
      { max: 5 },
      { max: 0.5 },
      { card: filled(2_049) },
      { card: filled(0) },
      { wake: 'x'.repeat(1_025) },
      { wake: '' },
      { signature: filled(63) },
    ],
  ],
  fetch: [
    { after: '00ff:1', bytes: 786_432 },
    [{ after: '' }, { after: 'x'.repeat(65) }, { after: '../' }, { bytes: 0 }, { bytes: 786_433 }],
  ],
  drop: [{ cursors: Array(256).fill('0a') }, [{ cursors: [] }, { cursors: Array(257).fill('0a') }, { cursors: ['/'] }]],
  prekeys: [{ batch, signature: filled(64) }, [{ batch: filled(1_025) }, { batch: filled(0) }, { signature: filled(65) }]],
  take: [
    { box: filled(16), access: filled(16), work: filled(8) },
    [{ box: filled(15) }, { access: filled(17) }, { work: filled(9) }],
  ],
  deposit: [
    { box: filled(16), letter: filled(1_024), ttl: 3, access: filled(16), work: filled(8) },
    [{ letter: filled(1_025) }, { letter: filled(0) }, { letter: filled(524_288) }, { ttl: 4 }, { ttl: -1 }, { box: 'x' }],
  ],
  card: [{ peerId: 'lp1x' }, [{ peerId: '' }, { peerId: 'x'.repeat(129) }, { peerId: 1 }]],
  close: [null, []],
}

describe('requests of lotus/mail', () => {
  it.each(Object.entries(REQUESTS))('%s: pass as they have to be, and are refused otherwise', (type, [good, bad]) => {
    expect(isMailRequest(type)).toBe(true)
    const read = (payload: unknown) => readMailRequest(type as MailRequestType, payload)
    expect(read(good)).toEqual(good)
    for (const change of bad) expect(() => read({ ...(good as object), ...change })).toThrow(malformed)
    const without = type === 'close' ? [{}] : type === 'fetch' ? [null] : [null, {}, [good]]
    for (const payload of [undefined, 'x', 7, ...without]) expect(() => read(payload)).toThrow(malformed)
  })

  it('are these', () => {
    expect(Object.keys(MAIL_REQUESTS)).toEqual(Object.keys(REQUESTS))
    expect(['letter', 'opened', 'toString', '__proto__'].some(isMailRequest)).toBe(false)
  })

  it('may leave out what is optional', () => {
    const { boxKey, access, signature } = REQUESTS.open[0] as Record<string, unknown>
    expect(readMailRequest('open', { boxKey, access, bits: null, max: 0, signature })).not.toHaveProperty('card')
    expect(readMailRequest('fetch', {})).toEqual({})
    expect(readMailRequest('take', { box: filled(16) })).toEqual({ box: filled(16) })
  })
})

/** An answer of each type, and what spoils it. */
const ANSWERS: Record<MailRequestType, [type: string, good: unknown, bad: unknown[]]> = {
  open: [
    'opened',
    { until: 1, letters: 2, bytes: 3, prekeys: 4, quota: { letters: 5, bytes: 6 }, max: 4, ttl: 3 },
    [{}, null, { until: -1, letters: 2, bytes: 3, prekeys: 4, quota: { letters: 5, bytes: 6 }, max: 4, ttl: 3 }],
  ],
  fetch: [
    'letters',
    { letters: [['1', filled(1_024)]], more: true },
    [{ letters: [['1', filled(1_023)]], more: true }, { letters: [['1']], more: false }, { letters: [] }],
  ],
  drop: ['dropped', null, [{}]],
  prekeys: ['taken', null, [true]],
  take: [
    'prekey',
    { batch, signature: filled(64), index: 15 },
    [{ batch, signature: filled(64), index: 16 }, { batch, signature: filled(64) }, null],
  ],
  deposit: ['deposited', { until: 5 }, [{}, { until: '5' }]],
  card: ['card', { record: filled(2_048) }, [{ record: filled(2_049) }, null]],
  close: ['closed', null, [0]],
}

describe('answers of lotus/mail', () => {
  it.each(Object.entries(ANSWERS))('to %s: pass as they have to be, and are refused otherwise', (request, [type, good, bad]) => {
    const read = (answer: { type: string; payload: unknown }) => readMailAnswer(request as MailRequestType, answer)
    expect(read({ type, payload: good })).toEqual(good)
    for (const payload of bad) expect(() => read({ type, payload })).toThrow(malformed)
    expect(() => read({ type: 'pong', payload: good })).toThrow(malformed)
  })

  it('may have no prekey, and no card', () => {
    expect(readMailAnswer('take', { type: 'prekey', payload: {} })).toEqual({})
    expect(readMailAnswer('card', { type: 'card', payload: {} })).toEqual({})
  })

  it('refuse with a code, the work that would do, and the time to wait', () => {
    const refusal = { code: 'PROOF_OF_WORK_REQUIRED', message: 'Work.', bits: 20, retryAfterMs: 5 }
    expect(() => readMailAnswer('deposit', { type: 'refused', payload: refusal })).toThrow(
      expect.objectContaining({ code: refusal.code, details: { byPeer: true, bits: 20, retryAfterMs: 5 } }),
    )
    expect(() => readMailAnswer('open', { type: 'refused', payload: { code: '<b>' } })).toThrow(
      expect.objectContaining({ code: 'HANDLER_FAILED' }),
    )
    expect(() => readMailAnswer('open', { type: 'refused', payload: {} })).toThrow(malformed)
  })

  it('are followed by letters that are pushed', () => {
    expect(readMailPush(['1', filled(4_096)])).toEqual(['1', filled(4_096)])
    for (const payload of [null, ['1', filled(5)], ['1', filled(1_024), 1]])
      expect(() => readMailPush(payload)).toThrow(malformed)
  })
})

describe('a batch of prekeys', () => {
  it('has 16 of them, in one form only', () => {
    expect(batch.length).toBeLessThanOrEqual(1_024)
    expect(readPrekeyBatch(batch)).toEqual({ generation: filled(8), madeAt: 1_700_000_000_000, keys })
    const bad = [
      [2, filled(8), 1, keys],
      [1, filled(7), 1, keys],
      [1, filled(8), -1, keys],
      [1, filled(8), 1, keys.slice(1)],
      [1, filled(8), 1, [...keys.slice(1), [filled(8), filled(31)]]],
      [1, filled(8), 1, keys, 0],
    ]
    for (const value of bad) expect(() => readPrekeyBatch(encode(value))).toThrow(malformed)
    expect(() => readPrekeyBatch(filled(1_025))).toThrow(malformed)
    expect(() => readPrekeyBatch(batch.subarray(1))).toThrow()
  })
})
