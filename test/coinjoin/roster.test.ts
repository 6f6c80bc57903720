import { describe, expect, it } from 'vitest'
import { compareBytes } from '../../src/base/bytes.js'
import { seededRandom } from '../../src/base/random.js'
import { entryData, mineEntry, orderedKeys, readEntry } from '../../src/coinjoin/entry.js'
import {
  areSorted,
  coversEnough,
  isJoined,
  largestSet,
  type Proposal,
  proposalHash,
  readRoster,
  rosterHashOf,
  rosterPayload,
  signJoin,
} from '../../src/coinjoin/roster.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'

const random = seededRandom(5)
const identities = Array.from({ length: 6 }, () => identityFromSeed(random.bytes(32))).sort((a, b) =>
  compareBytes(a.publicKey, b.publicKey),
)
const keys = identities.map(({ publicKey }) => publicKey)
const poolId = '00112233445566778899aabbccddeeff'
const proposal: Proposal = [1, poolId, 5, random.bytes(32), keys]
const hash = proposalHash(proposal)
const joined = (minPeers: readonly number[]) =>
  Promise.all(minPeers.map((min, i) => signJoin(identities[i]!, 'lotus', hash, min, random.bytes(16))))

describe('an entry', () => {
  const nowMs = 1_700_000_000_000
  const about = { network: 'lotus', poolId, nowMs, bits: 8 }
  const announced = (data: unknown, by = 0) => ({
    resourceId: 'a',
    resourceType: 'b',
    creatorPeerId: encodePeerId(keys[by]!),
    data,
    createdAt: nowMs,
  })

  it('counts for its key, pool, network and two hours alone', async () => {
    const data = entryData(await mineEntry(about, keys[0]!))
    expect(readEntry(announced(data), about)).toEqual(keys[0])
    expect(readEntry(announced(data), { ...about, nowMs: nowMs + 3_600_000 })).toEqual(keys[0])
    for (const other of [
      { nowMs: nowMs + 7_200_000 },
      { nowMs: nowMs - 3_600_000 },
      { poolId: 'ff'.repeat(16), bits: 30 },
      { network: 'test', bits: 30 },
    ])
      expect(readEntry(announced(data), { ...about, ...other })).toBeUndefined()
    expect(readEntry(announced(data, 1), { ...about, bits: 30 })).toBeUndefined()
    expect(readEntry({ ...announced(data), creatorPeerId: 'alice' }, about)).toBeUndefined()
    expect(readEntry(announced([1, 2]), about)).toBeUndefined()
  })

  it('has a place that hangs on epoch and block', () => {
    const order = orderedKeys(poolId, 1, new Uint8Array(32), keys)
    expect([...order].sort(compareBytes)).toEqual(keys)
    expect(orderedKeys(poolId, 1, new Uint8Array(32), [...keys].reverse())).toEqual(order)
    expect(orderedKeys(poolId, 2, new Uint8Array(32), keys)).not.toEqual(order)
    expect(orderedKeys(poolId, 1, new Uint8Array(32).fill(1), keys)).not.toEqual(order)
  })
})

describe('a roster', () => {
  it('is the largest set in which nobody has fewer than it wants', async () => {
    expect(largestSet(await joined([3, 3, 3, 6, 5, 4])).length).toBe(6)
    expect(largestSet(await joined([3, 3, 3, 7, 6, 5])).map(([, minPeers]) => minPeers)).toEqual([3, 3, 3])
    expect(largestSet(await joined([4, 4, 4])).length).toBe(0)
  })

  it('names a round by all that was signed, and each signature is for its proposal and answer', async () => {
    const joins = await joined([3, 3, 3])
    const read = readRoster(rosterPayload(hash, joins))
    expect(read.joins).toEqual(joins)
    expect(rosterHashOf(read.joins)).toEqual(rosterHashOf(joins))
    for (const join of joins) {
      expect(await isJoined('lotus', hash, join)).toBe(true)
      expect(await isJoined('lotus', new Uint8Array(32), join)).toBe(false)
      expect(await isJoined('test', hash, join)).toBe(false)
      expect(await isJoined('lotus', hash, [join[0], 4, join[2], join[3]])).toBe(false)
      expect(await isJoined('lotus', hash, [keys[5]!, join[1], join[2], join[3]])).toBe(false)
    }
    expect(() => readRoster(rosterPayload(hash, joins.slice(1)))).toThrow(expect.objectContaining({ code: 'MALFORMED_DATA' }))
  })

  it('that names friends only is refused by who has seen others', () => {
    expect(coversEnough(keys.slice(0, 3), keys.slice(0, 4))).toBe(true)
    expect(coversEnough(keys.slice(0, 3), keys.slice(0, 5))).toBe(false)
    // Of more than a round may have, those count that are first in the order: not any 50.
    const many = Array.from({ length: 200 }, () => random.bytes(32))
    expect(coversEnough(many.slice(0, 50), many)).toBe(true)
    expect(coversEnough(many.slice(12, 62), many)).toBe(true)
    expect(coversEnough(many.slice(13, 63), many)).toBe(false)
    expect(coversEnough(many.slice(50, 100), many)).toBe(false)
    expect(areSorted(keys)).toBe(true)
    expect(areSorted([keys[1]!, keys[0]!])).toBe(false)
    expect(areSorted([keys[0]!, keys[0]!])).toBe(false)
  })
})
