import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { scriptOf } from '../../src/coinjoin/fields.js'
import { encodeKeys, type Reveal, readKeys, seedCommitmentOf } from '../../src/coinjoin/items.js'
import { isSigned, mixTransactionOf } from '../../src/coinjoin/mix-transaction.js'
import { padKeysOf } from '../../src/coinjoin/pads.js'
import {
  encodeRegistration,
  isBalanced,
  judgeRegistrations,
  MAX_COINS,
  type Registration,
  readRegistration,
} from '../../src/coinjoin/registration.js'
import { encodeVector, messagesIn } from '../../src/coinjoin/vectors.js'
import { culpritsOf, judgeKeys, judgeVectors } from '../../src/coinjoin/verdict.js'
import { ownershipHash } from '../../src/lotus/ownership.js'
import { schnorrSign } from '../../src/lotus/schnorr.js'
import { sumOf } from '../../src/lotus/transaction.js'
import { verdictOf } from '../musig2/oracle.js'
import { draws } from '../seed.js'
import { done, itemsOf, mixed, roomOf, scriptsOf } from './rooms.js'

const ROOMS = [
  { members: 3, seed: 1 },
  { members: 5, seed: 2, outputType: 1 as const },
  { members: 6, seed: 3, outputs: (place: number) => 1 + (place % 3) },
  { members: 4, seed: 4, outputType: 1 as const, hasChange: () => false, rate: 1_500 },
  { members: 10, seed: 5, hasChange: () => true },
]

/** The list with another item in one place; −1: the last. */
const replaced = <T>(list: readonly T[], at: number, item: T): T[] =>
  list.map((each, i) => (i === (at + list.length) % list.length ? item : each))

describe.each(ROOMS)('a transaction of $members members, seed $seed', (options) => {
  const room = roomOf(options)
  const { outputType = 0, rate = 1_000 } = options
  const mix = mixed(room)

  it('is accepted by the interpreter of others at each input, and has the id that it finds', () => {
    const { txid, faults } = verdictOf(mix.bytes, mix.coins)
    expect(faults).toEqual(mix.coins.map(() => undefined))
    expect(txid).toBe(hexOf(mix.txid.slice().reverse()))
  })

  it('pays each member what it was promised, and the miners what the rate asks', () => {
    const { outputs } = mix.transaction
    const paid = outputs.filter(({ sats }) => sats === room.pool.denomination).map(({ script }) => hexOf(script))
    expect(paid.sort()).toEqual(scriptsOf(room, outputType).map(hexOf).sort())
    for (const { registration } of room.members) if (registration.change) expect(outputs).toContainEqual(registration.change)
    const fee = Number(sumOf(mix.coins as never) - sumOf(outputs))
    expect(fee / mix.bytes.length).toBeGreaterThanOrEqual(rate / 1_000)
    expect(fee / mix.bytes.length).toBeLessThan((1.2 * rate) / 1_000)
  })

  it('is in the one order that its content gives, whoever puts it together', () => {
    const registrations = room.members.map(({ registration }) => registration)
    const messages = room.members.flatMap(({ reveal }) => reveal.messages)
    const backwards = mixTransactionOf(room.pool, [...registrations].reverse(), [...messages].reverse())
    expect(backwards.transaction).toEqual(mix.transaction)
    const ids = mix.transaction.inputs.map(({ txid }) => hexOf(txid.slice().reverse()))
    expect(ids).toEqual([...ids].sort())
  })

  it('has signatures that hold, and no other does', () => {
    for (const [input, signature] of mix.signatures.entries()) {
      expect(isSigned(mix, input, signature)).toBe(true)
      expect(isSigned(mix, (input + 1) % mix.signatures.length, signature)).toBe(false)
      expect(isSigned(mix, mix.signatures.length, signature)).toBe(false)
    }
  })
})

describe('registrations', () => {
  const room = roomOf({ members: 4, seed: 9 })
  const keys = room.members.map(({ key }) => key)
  const judged = (change: (all: Registration[]) => void) => {
    const all = room.members.map(({ registration }) => structuredClone(registration))
    change(all)
    return done(judgeRegistrations(room.terms, keys, all.map(encodeRegistration)))
  }

  it('of honest members are all good, and as long as each other', () => {
    const { guilty, registrations, proven } = judged(() => {})
    expect(guilty).toEqual([])
    expect(registrations).toEqual(room.members.map(({ registration }) => registration))
    expect(proven.map((coins) => coins.length)).toEqual([1, 1, 1, 1])
    expect(new Set(itemsOf(room).register.map(({ length }) => length))).toEqual(new Set([4_096]))
  })

  it('name the member whose proof, sum, number of outputs or change is wrong', () => {
    const cases: ((registration: Record<string, unknown> & Registration) => void)[] = [
      (r) => Object.assign(r.coins[0]!, { proof: new Uint8Array(64) }),
      (r) => Object.assign(r.coins[0]!, { sats: r.coins[0]!.sats + 1n }),
      (r) => Object.assign(r, { outputs: 2 }),
      (r) => Object.assign(r, { change: { ...r.change!, sats: r.change!.sats - 1n } }),
      (r) => Object.assign(r, { change: undefined }),
    ]
    for (const spoil of cases) expect(judged((all) => spoil(all[2] as never)).guilty).toEqual([2])
  })

  it('hold a proof for one roster and one member alone', () => {
    const coin = room.members[1]!.registration.coins[0]!
    const { guilty, proven } = judged((all) => {
      Object.assign(all[0]!, structuredClone(room.members[1]!.registration))
    })
    // Only the copyist is named: the proof is not its own.
    expect(guilty).toEqual([0])
    expect(proven[0]).toEqual([])
    const other = schnorrSign(ownershipHash(new Uint8Array(32), keys[1]!, coin), room.members[1]!.coinKey)
    expect(judged((all) => Object.assign(all[1]!.coins[0]!, { proof: other })).guilty).toEqual([1])
  })

  it('name both owners of a coin that is registered twice with proofs that hold', () => {
    const { guilty } = judged((all) => {
      const own = room.members[1]!
      const coin = own.registration.coins[0]!
      const proof = schnorrSign(ownershipHash(room.rosterHash, keys[3]!, coin), own.coinKey)
      Object.assign(all[3]!, structuredClone(own.registration), { coins: [{ ...coin, proof }] })
    })
    expect(guilty).toEqual([1, 3])
  })

  it('do not fit where they are too large for the roster', () => {
    const registration = room.members[1]!.registration
    expect(isBalanced(registration, room.terms)).toBe(true)
    expect(isBalanced(registration, { ...room.terms, rosterSize: 101 })).toBe(false)
    const [coin] = registration.coins
    expect(() => encodeRegistration({ ...registration, coins: new Array(40).fill(coin) })).toThrow(RangeError)
    expect(readRegistration(encodeRegistration({ ...registration, coins: new Array(MAX_COINS + 1).fill(coin) }))).toBeUndefined()
  })

  it('have one encoding', () => {
    const bytes = itemsOf(room).register[0]!
    expect(readRegistration(bytes)).toBeDefined()
    for (const at of [0, 1, 4_095]) {
      const other = bytes.slice()
      other[at]! ^= 1
      expect(readRegistration(other)).toBeUndefined()
    }
    expect(readRegistration(bytes.subarray(1))).toBeUndefined()
  })
})

describe('keys', () => {
  const room = roomOf({ members: 5, seed: 11 })
  const said = (unwanted: (place: number) => [number, 0 | 1 | 2][]) =>
    done(judgeKeys(room.members.map(({ keys }, place) => encodeKeys({ ...keys, unwanted: unwanted(place) }))))

  it('leave out whose coin more than half of the others reject, and who rejects alone leaves', () => {
    expect(said((place) => (place >= 2 ? [[0, 1]] : []))).toMatchObject({ guilty: [], outvoted: [0], parting: [] })
    expect(said((place) => (place >= 3 ? [[0, 1]] : []))).toMatchObject({ guilty: [], outvoted: [], parting: [3, 4] })
  })

  it('name who rejects itself, nobody, or one twice, or has a key that hides nothing', () => {
    expect(said((place) => (place === 2 ? [[2, 0]] : [])).guilty).toEqual([2])
    expect(said((place) => (place === 2 ? [[9, 0]] : [])).guilty).toEqual([2])
    const twice: [number, 0][] = [
      [1, 0],
      [1, 0],
    ]
    expect(said((place) => (place === 2 ? twice : [])).guilty).toEqual([2])
    const items = room.members.map(({ keys }) => encodeKeys(keys))
    expect(
      done(judgeKeys(replaced(items, 3, encodeKeys({ ...room.members[3]!.keys, padKey: new Uint8Array(32) })))).guilty,
    ).toEqual([3])
    expect(done(judgeKeys(replaced(items, 1, items[1]!.subarray(2)))).guilty).toEqual([1])
    expect(readKeys(items[0]!)).toEqual(room.members[0]!.keys)
  })
})

describe.each([0, 1] as const)('blame of output type %i', (outputType) => {
  const room = roomOf({ members: 5, seed: 21, outputType, outputs: (place) => 1 + (place % 2) })
  const members = room.members.map(({ key }) => key)
  const disturbed = {
    field: room.field,
    attempt: room.attempt,
    members,
    keys: room.members.map(({ keys }) => keys),
    counts: room.members.map(({ registration }) => registration.outputs),
    vectors: room.vectors,
  }
  const honest: Reveal[] = room.members.map(({ reveal }) => reveal)
  const culprits = (changes: Partial<typeof disturbed>, reveals: readonly (Reveal | undefined)[] = honest) =>
    done(culpritsOf({ ...disturbed, ...changes }, reveals))

  it('finds nobody where nobody has disturbed', () => expect(culprits({})).toEqual([]))

  it('at each place, with each kind of garbage, names that member and nobody else', () => {
    const { bytes } = draws()
    for (let place = 0; place < 5; place++) {
      const garbage = room.vectors[place]!.map(() => BigInt(`0x${hexOf(bytes(8))}`))
      const vectors = [
        garbage,
        replaced(room.vectors[place]!, 0, 0n),
        replaced(room.vectors[place]!, -1, (room.vectors[place]!.at(-1)! + 1n) % room.field.prime),
        room.vectors[(place + 1) % 5]!,
        room.vectors[place]!.map(() => 0n),
      ]
      for (const vector of vectors) {
        const all = replaced(room.vectors, place, vector)
        expect(done(messagesIn(room.field, room.attempt, all, bytes))).toBeUndefined()
        expect(culprits({ vectors: all })).toEqual([place])
      }
      const seed = replaced(honest, place, { ...honest[place]!, seed: bytes(32) })
      expect(culprits({}, seed)).toEqual([place])
      const messages = replaced(honest, place, {
        ...honest[place]!,
        messages: honest[place]!.messages.map((each) => bytes(each.length)),
      })
      expect(culprits({}, messages)).toEqual([place])
      // Who does not reveal is named for that, and is no reason to name others.
      expect(culprits({}, replaced(honest, place, undefined as never))).toEqual([])
    }
  })

  it('of fifty names the one that has disturbed', () => {
    const { field, attempt, members: fifty, vectors } = roomOf({ members: 50, seed: 22, outputType })
    const about = {
      field,
      attempt,
      members: fifty.map(({ key }) => key),
      keys: fifty.map(({ keys }) => keys),
      counts: fifty.map(() => 1),
      vectors: replaced(vectors, 7, vectors[8]!),
    }
    expect(done(messagesIn(field, attempt, about.vectors, draws().bytes))).toBeUndefined()
    const reveals = fifty.map(({ reveal }) => reveal)
    expect(done(culpritsOf(about, reveals))).toEqual([7])
  })

  it('names two accomplices with one message, and a message that no output can pay to', () => {
    const of = (place: number, messages: readonly Uint8Array[]) => {
      const reveal = { seed: honest[place]!.seed, messages }
      const commitment = seedCommitmentOf(room.attempt, members[place]!, reveal)
      return { reveal, keys: { ...disturbed.keys[place]!, commitment } }
    }
    const copied = of(2, honest[0]!.messages)
    expect(culprits({ keys: replaced(disturbed.keys, 2, copied.keys) }, replaced(honest, 2, copied.reveal))).toEqual([0, 2])
    const short = of(4, [new Uint8Array(7)])
    expect(culprits({ keys: replaced(disturbed.keys, 4, short.keys) }, replaced(honest, 4, short.reveal))).toEqual([4])
    if (outputType === 1) {
      const offCurve = of(4, [new Uint8Array(33).fill(5)])
      expect(culprits({ keys: replaced(disturbed.keys, 4, offCurve.keys) }, replaced(honest, 4, offCurve.reveal))).toEqual([4])
    }
    const twice = of(1, [honest[1]!.messages[0]!, honest[1]!.messages[0]!])
    expect(culprits({ keys: replaced(disturbed.keys, 1, twice.keys) }, replaced(honest, 1, twice.reveal))).toEqual([1])
    const otherKey = padKeysOf(new Uint8Array(32).fill(3), room.attempt).publicKey
    expect(culprits({ keys: replaced(disturbed.keys, 3, { ...disturbed.keys[3]!, padKey: otherKey }) })).toContain(3)
  })

  it('names who opens another vector than it had committed to, or none', () => {
    const { vector, commit } = itemsOf(room)
    const judged = (change: Uint8Array) =>
      judgeVectors(room.field, room.attempt, members, { commit, vector: replaced(vector, 3, change) }, room.total)
    expect(judged(vector[3]!)).toEqual({ vectors: room.vectors, guilty: [] })
    expect(judged(encodeVector(room.field, room.vectors[2]!))).toMatchObject({ guilty: [3] })
    expect(judged(new Uint8Array())).toMatchObject({ guilty: [3] })
  })
})

it('scripts of both types come out of their messages', () => {
  for (const type of [0, 1] as const) {
    const room = roomOf({ members: 3, seed: 31, outputType: type })
    expect(scriptsOf(room, type).map(({ length }) => length)).toEqual([0, 1, 2].map(() => (type === 0 ? 25 : 36)))
    expect(scriptOf(type, room.members[0]!.reveal.messages[0]!)).toEqual(scriptsOf(room, type)[0])
  }
})
