import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { seededRandom } from '../../src/base/random.js'
import { pause as pauseBy } from '../../src/coinjoin/pause.js'
import { coversEnough } from '../../src/coinjoin/roster.js'
import { LONG, unlessLong } from '../long.js'
import { type Answer, EPOCH_MS, type Hall, type HallOptions, hallOf } from './hall.js'
import { WHOLE } from './whole.js'

/** What holds of every roster that an honest member takes, whatever others do. */
function judge(hall: Hall, minPeers = 3) {
  for (const [by, roster] of hall.rosters) {
    const places = hall.placesIn(roster)
    expect(places).toContain(by)
    expect(places.length).toBeGreaterThanOrEqual(minPeers)
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
    // Nobody that the member has not seen, and three quarters of those that it has.
    for (const place of places) expect(hall.seen(by).map(hexOf)).toContain(hexOf(hall.keys[place]!))
    expect(hall.seen(by).length).toBeLessThanOrEqual(50)
    expect(coversEnough(roster.keys, hall.seen(by))).toBe(true)
  }
  // A word is given to one at a time.
  for (const { by, at } of hall.promises)
    expect(hall.promises.filter((other) => other.by === by && Math.abs(other.at - at) < 10_000)).toHaveLength(1)
}

const hashes = (hall: Hall) => new Set([...hall.rosters.values()].map(({ hash }) => hexOf(hash)))

async function play(options: HallOptions, act?: (hall: Hall) => Promise<unknown>, epochs = 3): Promise<Hall> {
  const hall = hallOf(options)
  const acting = act?.(hall).catch(() => undefined)
  await hall.clock.advance(epochs * EPOCH_MS)
  await acting
  hall.close()
  return hall
}

unlessLong.describe('a lobby of honest members', () => {
  it.each([3, 4, 10, 50])('of %i forms one roster of all in the first epoch', async (members) => {
    const hall = await play({ members, seed: members }, undefined, 1.5)
    judge(hall)
    expect([...hall.rosters.keys()]).toHaveLength(members)
    expect(hashes(hall).size).toBe(1)
  })

  it('forms one where each has not seen one other yet, of which each finds three quarters', async () => {
    const hall = await play({ members: 8, sees: (by, of) => (by + 1) % 8 !== of }, undefined, 6)
    judge(hall)
  })

  it('refuses while an eclipse is suspected: it proposes nothing, gives its word to nobody and joins nothing', async () => {
    const hall = await play({ members: 4, isOpen: (place) => place !== 2 }, undefined, 3)
    judge(hall)
    expect(hall.rosters.has(2)).toBe(false)
    expect(hall.promises.some(({ by }) => by === 2)).toBe(false)
    expect([...hall.rosters.keys()].sort()).toEqual([0, 1, 3])
    const all = await play({ members: 4, isOpen: () => false })
    expect([all.rosters.size, all.promises.length]).toEqual([0, 0])
  })
})

/** How a hostile member may answer. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  silence: async () => undefined,
  no: async () => ['no', 'REFUSED'],
  garbage: async () => ['yes', 3, new Uint8Array(16), new Uint8Array(64)],
  greedy: async (proposal, _, self) => {
    const { proposalHash } = await import('../../src/coinjoin/roster.js')
    const [, ...said] = await self.join(proposalHash(proposal), 50)
    return ['yes', ...said]
  },
  yes: async (proposal, _, self) => {
    const { proposalHash } = await import('../../src/coinjoin/roster.js')
    const [, ...said] = await self.join(proposalHash(proposal), 3)
    return ['yes', ...said]
  },
}

/** Sets of the three honest members of four. */
const SUBSETS = Array.from({ length: 8 }, (_, bits) => [0, 1, 2].filter((i) => bits & (1 << i)))

describe('one hostile member of four', () => {
  it('keeps the three others from no round, however it answers, and whomever it sends which roster to', async () => {
    const ways = Object.values(ANSWERS).flatMap((answer) =>
      SUBSETS.flatMap((asked) => SUBSETS.map((told) => ({ answer, asked, told }))),
    )
    expect(ways).toHaveLength(320)
    for (const [i, { answer, asked, told }] of ways.entries()) {
      if (!LONG && i % 11 !== 0) continue
      const seed = 1 + (i % 7)
      const hostile = i % 4
      const honest = [0, 1, 2, 3].filter((place) => place !== hostile)
      const at = (set: readonly number[]) => set.map((each) => honest[each]!)
      const hall = await play({ members: 4, hostile: [hostile], seed, answer }, async ({ clock, seats, order }) => {
        const seat = seats.get(hostile)!
        // In its turn, as early as it may.
        const next = Math.floor(clock.now() / EPOCH_MS) + 1
        await pauseBy(clock, next * EPOCH_MS + 5_000 * order(next).indexOf(hostile) - 900 - clock.now())
        const { hash, joins } = await seat.propose([0, 1, 2, 3], at(asked))
        seat.roster(hash, [...joins, await seat.join(hash, 3)], at(told))
      })
      judge(hall)
      // Those that it has told a roster of its own have gone with it; the rest form one as soon as they are enough.
      const left = honest.filter((place) => !hall.rosters.has(place))
      expect([i, left.length < 3]).toEqual([i, true])
    }
  }, 600_000)

  unlessLong.it(
    'that makes two rosters of one proposal parts no more than it has words for: each holds three quarters of all',
    async () => {
      const hall = hallOf({ members: 4, hostile: [3], answer: ANSWERS.silence! })
      const seat = hall.seats.get(3)!
      await hall.clock.advance(EPOCH_MS - (hall.clock.now() % EPOCH_MS) + 2_000 + 5_000 * hall.order().indexOf(3))
      const asking = seat.propose([0, 1, 2, 3], [0, 1, 2])
      await hall.clock.advance(1_000)
      const { hash, joins } = await asking
      const own = await seat.join(hash, 3)
      for (const leftOut of joins) seat.roster(hash, [...joins.filter((join) => join !== leftOut), own], [0, 1, 2])
      await hall.clock.advance(1_000)
      judge(hall)
      hall.close()
    },
  )
})

describe('four hostile members of ten', () => {
  it('bring no honest one into a roster of their friends, in random schedules', async () => {
    const set = (max: number) => fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: max })
    const move = fc.record({
      atMs: fc.integer({ min: 0, max: 150_000 }),
      by: fc.integer({ min: 0, max: 3 }),
      list: set(10),
      asked: set(10),
      told: set(10),
      friends: fc.boolean(),
    })
    const schedule = fc.record({
      seed: fc.integer({ min: 1, max: 1_000 }),
      hostile: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
      moves: fc.array(move, { maxLength: 12 }),
      answer: fc.constantFrom(...Object.values(ANSWERS)),
    })
    await fc.assert(
      fc.asyncProperty(schedule, async ({ seed, hostile, moves, answer }) => {
        const random = seededRandom(seed)
        const delayMs = () => 10 + random.unit() * 900
        const hall = await play(
          { members: 10, hostile, seed, answer, delayMs, minPeers: 5 },
          async ({ clock, seats, honest }) => {
            await Promise.all(
              moves.map(async ({ atMs, by, list, asked, told, friends }) => {
                await pauseBy(clock, atMs)
                const seat = seats.get(hostile[by]!)!
                const isHonest = (place: number) => honest.includes(place)
                const all = [...new Set([...list, ...hostile, ...asked.filter(isHonest)])]
                const { hash, joins } = await seat.propose(all, asked.filter(isHonest))
                const others = friends ? await Promise.all([...seats.values()].map((each) => each.join(hash, 3))) : []
                seat.roster(hash, [...joins, ...others], told.filter(isHonest))
              }),
            )
          },
        )
        judge(hall, 5)
      }),
      { numRuns: WHOLE ? 500 : LONG ? 100 : 10 },
    )
  }, 3_600_000)
})

unlessLong.it('a flood of proposals and rosters takes one word in ten seconds, and leaves the rest their round', async () => {
  const hall = hallOf({ members: 5, hostile: [4], answer: ANSWERS.silence! })
  const seat = hall.seats.get(4)!
  const flood = async () => {
    for (let i = 0; i < 400; i++) {
      seat.propose([0, 1, 2, 3, 4], [0, 1, 2, 3]).then(({ hash }) => seat.roster(hash, [], [0, 1, 2, 3]))
      await pauseBy(hall.clock, 300)
    }
  }
  flood()
  await hall.clock.advance(6 * EPOCH_MS)
  judge(hall)
  expect([...hall.rosters.keys()].sort()).toEqual([0, 1, 2, 3])
  expect(hashes(hall).size).toBe(1)
  hall.close()
})

unlessLong.describe('proposals of anybody', () => {
  it('have a member look who waits no more than once in two seconds, for each epoch that may be proposed', async () => {
    const hostile = [1, 2, 3, 4, 5]
    const hall = hallOf({ members: 8, hostile, seed: 3 })
    // Late in an epoch: no honest member's turn comes.
    await hall.clock.advance(2 * EPOCH_MS - (hall.clock.now() % EPOCH_MS) - 10_000)
    const now = Math.floor(hall.clock.now() / EPOCH_MS)
    const before = hall.looks.get(0) ?? 0
    // Too early, for whom it is not their turn, and in any epoch: each is refused only once the pool is known.
    for (let i = 0; i < 20; i++) {
      for (const place of hostile)
        for (const epoch of [now - 1, now, now + 1]) void hall.seats.get(place)!.propose([0, place, 6], [0], epoch)
      await hall.clock.advance(100)
    }
    const looked = (hall.looks.get(0) ?? 0) - before
    expect(looked).toBeGreaterThan(0)
    expect(looked).toBeLessThanOrEqual(6)
    hall.close()
  })
})
