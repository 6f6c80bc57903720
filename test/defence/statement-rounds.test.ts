// The rule by which the members of a run go on or stop together, in a model: whatever the hostile ones say to whom and when.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { GO, ITEM, STEP_MS } from '../../src/statements/statement-rounds.js'
import { LONG } from '../long.js'
import { DEADLINE_MS, type HostileMove, type ModelOptions, type Outcome, runModel } from './rounds-model.js'

/** Two honest members never end otherwise, and no honest one is named. */
function fault(outcomes: readonly Outcome[]): string | undefined {
  const honest = outcomes.length
  if (outcomes.some(({ place }) => place < 0)) return 'a member never ends'
  if (new Set(outcomes.map(({ items }) => items)).size > 1) return 'they end otherwise'
  for (const { named = [] } of outcomes) if (named.some((place) => place < honest)) return 'an honest member is named'
  for (const { named } of outcomes) if (named?.length === 0) return 'nobody is named'
  return undefined
}

const check = (options: ModelOptions) => {
  const outcomes = runModel(options)
  const why = fault(outcomes)
  if (why !== undefined) throw new Error(`${why}: ${JSON.stringify({ outcomes, moves: options.moves })}`)
  return outcomes
}

/** Messages and beginnings as far apart as the rule bears. */
function timesOf(seed: number) {
  const { unit } = seededRandom(seed)
  return { delayMs: () => unit() * 400, skewMs: () => unit() * 300 }
}

describe('rounds', () => {
  it('go on at all members where all are honest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(), (members, seed) => {
        const rounds = [false, true, false, false, true]
        const outcomes = check({ members, hostile: 0, rounds, ...timesOf(seed), moves: [] })
        expect(outcomes.every(({ items }) => items !== undefined)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  const moveOf = (members: number, hostile: number, rounds: readonly boolean[]) => {
    // Times at which something is decided, and others.
    const edges = rounds.flatMap((_, round) =>
      Array.from({ length: 10 }, (_, step) => round * 200 + DEADLINE_MS + step * STEP_MS),
    )
    const atMs = fc.oneof(
      fc.nat(1_500),
      fc.tuple(fc.constantFrom(...edges), fc.integer({ min: -700, max: 700 })).map(([edge, off]) => edge + off),
      fc.nat(40_000),
    )
    return fc.record<HostileMove>({
      atMs,
      by: fc.integer({ min: members - hostile, max: members - 1 }),
      to: fc.nat(members - hostile - 1),
      round: fc.nat(rounds.length - 1),
      slot: fc.constantFrom(ITEM, GO),
      kind: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
    })
  }
  it.each([
    [4, 1],
    [4, 2],
    [10, 4],
  ])(
    'of %i members, %i of them hostile, end alike whatever these say, and name nobody else',
    (members, hostile) => {
      const rounds = [false, true, false, true]
      let completed = 0
      let runs = 0
      fc.assert(
        fc.property(
          fc.array(moveOf(members, hostile, rounds), { maxLength: 12 }),
          // Whom each hostile member tells the truth in time, in each slot: else hardly a round is ever completed.
          fc.array(fc.nat(2 ** (members - hostile) - 1), { minLength: 8, maxLength: 8 }),
          fc.nat(),
          (extra, masks, seed) => {
            const moves: HostileMove[] = [...extra]
            for (let by = members - hostile; by < members; by++)
              for (let round = 0; round < rounds.length; round++)
                for (let to = 0; to < members - hostile; to++) {
                  const mask = by === members - 1 ? masks[round]! | masks[round + 4]! : -1
                  if ((mask >> to) & 1) moves.push({ atMs: 300 + round * 800, by, to, round, slot: ITEM, kind: 0 })
                }
            const outcomes = check({ members, hostile, rounds, moves, ...timesOf(seed) })
            runs++
            if (outcomes[0]!.items !== undefined) completed++
          },
        ),
        { numRuns: LONG ? 5_000 : 100 },
      )
      expect(completed).toBeGreaterThan(runs / 10)
    },
    300_000,
  )

  it('of 4 members, one hostile, end alike whenever its item comes to each, and its go: all of these schedules', () => {
    const times = LONG ? [undefined, -900, -50, 400, 900, 1_400, 1_900, 2_950] : [undefined, -50, 900, 2_950]
    const ends = new Set<string>()
    for (const round of [0, 1]) {
      const late = (ms: number) => round * 300 + DEADLINE_MS + ms
      for (const [a, b, c] of times.flatMap((x) => times.flatMap((y) => times.map((z) => [x, y, z] as const)))) {
        for (const go of [undefined, -50, 900]) {
          const moves: HostileMove[] = []
          for (let to = 0; to < 3; to++) {
            const at = [a, b, c][to]
            if (round === 1) moves.push({ atMs: 100, by: 3, to, round: 0, slot: ITEM, kind: 0 })
            if (at !== undefined) moves.push({ atMs: late(at), by: 3, to, round, slot: ITEM, kind: 0 })
            if (go !== undefined) moves.push({ atMs: late(go), by: 3, to: 0, round, slot: GO, kind: 0 })
          }
          // The last round: nothing after it brings together what it has split.
          const rounds = round === 0 ? [false] : [false, true]
          const [first] = check({ members: 4, hostile: 1, rounds, moves, delayMs: () => 400, skewMs: (place) => place * 100 })
          ends.add(first!.items === undefined ? 'stopped' : 'went on')
        }
      }
    }
    expect(ends.size).toBe(2)
  })
})
