// Nobody but its owner may tell whose an output is. Two honest members' outputs are swapped, and what relay and hostile members see is compared.
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { elementOf } from '../../src/coinjoin/fields.js'
import { padKeysOf, padOf } from '../../src/coinjoin/pads.js'
import { Polynomials } from '../../src/coinjoin/polynomials.js'
import { addPowers } from '../../src/coinjoin/power-sums.js'
import { encodeVector, messagesIn, vectorOf } from '../../src/coinjoin/vectors.js'
import { done, roomOf } from './rooms.js'
import { playRound, type TableOptions } from './table.js'

describe('what hostile members see of two honest ones', () => {
  it.each([0, 1] as const)(
    'is possible both ways, to the bit: only the pad of the two, which they alone know, is another (type %i)',
    (outputType) => {
      const room = roomOf({ members: 4, seed: 9, outputType })
      const { field, attempt, members, total, vectors } = room
      const ring = new Polynomials(field.prime)
      const [one, two] = [0, 1] as const
      const powers = (place: number) => {
        const sums = new Array<bigint>(total).fill(0n)
        addPowers(
          ring,
          sums,
          members[place]!.reveal.messages.map((message) => elementOf(attempt, message)),
        )
        return sums
      }
      const party = (place: number) => ({ member: members[place]!.key, padKey: members[place]!.keys.padKey })
      const padOfPlaces = (by: number, other: number) =>
        padOf(field, attempt, padKeysOf(members[by]!.reveal.seed, attempt), party(by), party(other), total)
      // The pad under which the same vectors hold the outputs of the other.
      const [mine, theirs] = [powers(one), powers(two)]
      const pad = padOfPlaces(one, two).map((each, k) => ring.residue(each + mine[k]! - theirs[k]!))
      const swapped = (place: number, other: number) =>
        done(
          vectorOf({
            field,
            attempt,
            messages: members[other]!.reveal.messages,
            place,
            members: members.length,
            count: total,
            padWith: (at) => (at === other ? pad : padOfPlaces(place, at)),
          }),
        )
      const again = [swapped(one, two), swapped(two, one), vectors[2]!, vectors[3]!]
      for (const [place, vector] of again.entries())
        expect(hexOf(encodeVector(field, vector))).toBe(hexOf(encodeVector(field, vectors[place]!)))
      // And what all find is the same.
      const found = (all: readonly (readonly bigint[])[]) =>
        done(messagesIn(field, attempt, all, room.draw))!
          .map(hexOf)
          .sort()
      expect(found(again)).toEqual(found(vectors))
    },
  )

  it('of a vector alone is noise: its elements have no more in common with one output than with another', () => {
    // Over many rounds the first byte of an element is as often high as low, whatever is in it.
    let high = 0
    let all = 0
    for (let seed = 1; seed <= 12; seed++) {
      const { vectors, field } = roomOf({ members: 6, seed })
      for (const vector of vectors)
        for (const element of vector) {
          all++
          if (element > field.prime / 2n) high++
        }
    }
    // Six standard deviations.
    expect(Math.abs(high - all / 2)).toBeLessThan(3 * Math.sqrt(all))
  })
})

/** Frames below this carry no item: a word that a phase is complete, a digest. Two of them may travel in one, as a machine has it. */
const ITEM_BYTES = 800

/** The items that leave each member, as a relay sees them: by sender and receiver their bytes, in order. */
async function transcript(options: TableOptions) {
  const items = new Map<string, number[]>()
  const played = await playRound({
    ...options,
    onFrame: (from, to, bytes) => {
      const pair = `${from}>${to}`
      if (bytes > ITEM_BYTES) items.set(pair, [...(items.get(pair) ?? []), bytes])
    },
  })
  for (const { error } of played.results) expect(error).toBeUndefined()
  return { items: [...items].sort(([a], [b]) => (a < b ? -1 : 1)), played }
}

describe('what a relay sees', () => {
  it('is the same, in sizes, order and time, where two members have each the outputs of the other', async () => {
    const seeds = (swap: boolean) => (member: number) => ({
      outputs: 1,
      freshSeed: 4_000 + (swap && member < 2 ? 1 - member : member),
    })
    const straight = await transcript({ members: 5, seed: 6, purse: seeds(false) })
    const swapped = await transcript({ members: 5, seed: 6, purse: seeds(true) })
    const outputs = ({ played }: typeof straight) => played.seats.map(({ purse }) => purse.given)
    // The outputs are swapped, and the transaction pays to the same scripts.
    expect(outputs(swapped)).toEqual([outputs(straight)[1], outputs(straight)[0], ...outputs(straight).slice(2)])
    const scripts = ({ played }: typeof straight) => played.seats.flatMap(({ purse }) => purse.given).sort()
    expect(scripts(swapped)).toEqual(scripts(straight))
    // Registration, keys and end, the same from each to each: commitments and short vectors are below.
    expect(straight.items).toHaveLength(20)
    expect(new Set(straight.items.map(([, sizes]) => sizes.join())).size).toBe(1)
    expect(straight.items[0]![1].length).toBeGreaterThanOrEqual(3)
    expect(swapped.items).toEqual(straight.items)
    // Nobody waits for anything that hangs on whose an output is.
    expect(Math.abs(swapped.played.tookMs - straight.played.tookMs)).toBeLessThan(200)
  })

  it('has the same sizes whatever a member brings: coins, outputs and change are padded', async () => {
    const plain = await transcript({ members: 4, seed: 8 })
    const other = await transcript({
      members: 4,
      seed: 8,
      purse: (member) => ({ coinKind: (member % 2) as 0 | 1, change: member === 0 ? 60_000n : 0n }),
    })
    expect(other.items).toEqual(plain.items)
  })
})
