// The threats of docs/coinjoin.md that need a whole round: one hostile member, or some, against honest ones over a network on a virtual clock.
import { describe, expect, it } from 'vitest'
import { type Coin, coinName } from '../../src/coinjoin/coins.js'
import { readEnd } from '../../src/coinjoin/items.js'
import { type MixTransaction, signedTransaction } from '../../src/coinjoin/mix-transaction.js'
import { pause } from '../../src/coinjoin/pause.js'
import { encodeRegistration, readRegistration } from '../../src/coinjoin/registration.js'
import { commitmentOf } from '../../src/coinjoin/vectors.js'
import type { SignInputsInput } from '../../src/coinjoin/wallet.js'
import { decodeTransaction } from '../../src/lotus/transaction.js'
import { type Chain, judge, namedBy, type Played, playRound, type Tamper } from './table.js'
import { WHOLE } from './whole.js'

const ELEMENT_BYTES = [25, 38] as const

/** Commits to a vector of its own, and opens it: what others cannot tell from an honest one. */
function disturbing(change: (honest: Uint8Array) => Uint8Array, count: number, type: 0 | 1): Tamper {
  return ({ attempt, phase, id, key, honest }) => {
    if (attempt > 1 || honest === undefined) return honest
    // The honest vector is not known when it commits: what it opens is drawn before.
    const vector = change(new Uint8Array(count * ELEMENT_BYTES[type]))
    return phase === 'vector' ? vector : phase === 'commit' ? commitmentOf(id, key, vector) : honest
  }
}

const GARBAGE: Readonly<Record<string, (zeros: Uint8Array) => Uint8Array>> = {
  'nothing at all': (zeros) => zeros,
  'one and the same': (zeros) => zeros.fill(1),
  'one element of noise': (zeros) => zeros.map((_, i) => (i < 20 ? (i * 37) & 0xff : 0)),
  'numbers that are none of the field': (zeros) => zeros.fill(0xff),
  'too little': (zeros) => zeros.slice(1),
}

/** All honest ones have finished, in one transaction, and have named these and nobody else. */
function finished(played: Played, hostile: readonly number[], names: readonly string[]) {
  const { honest, txids } = judge(played, hostile)
  expect(namedBy(played, honest)).toEqual([...names].sort())
  expect(txids.size).toBe(1)
  for (const member of honest) expect(played.results[member]!.error).toBeUndefined()
  return honest
}

describe('a member that disturbs the sum', () => {
  // Each kind with both types, and each place with each type; the whole has all 50.
  const places = WHOLE ? () => [0, 1, 2, 3, 4] : (kind: number, type: number) => [(kind + 2 * type) % 5]
  const cases = Object.keys(GARBAGE).flatMap((kind, i) =>
    ([0, 1] as const).flatMap((type) => places(i, type).map((place) => ({ kind, place, type }))),
  )
  it.each(cases)(
    'with $kind, at place $place, outputs of type $type, is named alone, and the rest finishes',
    async ({ kind, place, type }) => {
      const hostile = { [place]: disturbing(GARBAGE[kind]!, 5, type) }
      const played = await playRound({ members: 5, outputType: type, hostile, seed: 30 + place })
      finished(played, [place], [`${place} offence`])
    },
  )

  it('by the message of an accomplice is named with it, and nobody else', async () => {
    const played = await playRound({
      members: 7,
      seed: 21,
      purse: (member) => (member === 2 || member === 5 ? { freshSeed: 999 } : {}),
      // They do not know how to behave once it is found: their wallets make other scripts then.
      hostile: { 2: ({ honest }) => honest, 5: ({ honest }) => honest },
    })
    finished(played, [2, 5], ['2 offence', '5 offence'])
  })

  it('after it has seen what others have opened cannot: it has committed before', async () => {
    const last: Tamper = async ({ phase, attempt, honest, heard, clock }) => {
      if (phase !== 'vector' || attempt > 1 || honest === undefined) return honest
      await pause(clock, 3_000)
      // The others' vectors are here. It opens a sum of them in place of its own.
      const others = heard(3).filter(({ slot }) => slot === 'item')
      expect(others.length).toBeGreaterThanOrEqual(4)
      return honest.map((byte, i) => byte ^ others[0]!.value[i]!)
    }
    const played = await playRound({ members: 5, seed: 22, hostile: { 1: last } })
    finished(played, [1], ['1 offence'])
  })
})

describe('members that stall', () => {
  const silentIn =
    (phase: string): Tamper =>
    (at) =>
      at.phase === phase && at.attempt === 1 ? undefined : at.honest
  const FAULTS = { register: 'missed', keys: 'missed', commit: 'missed', vector: 'missed', end: 'unsigned' } as const
  const phases = Object.entries(FAULTS)
  it.each(phases.flatMap(([phase, fault]) => [1, 2].map((count) => ({ phase, fault, count }))))(
    '$count of seven in $phase cost one rerun, and are named as $fault',
    async ({ phase, fault, count }) => {
      const stallers = [1, 4].slice(0, count)
      const hostile = Object.fromEntries(stallers.map((member) => [member, silentIn(phase)]))
      const played = await playRound({ members: 7, hostile, seed: 23 })
      const honest = finished(
        played,
        stallers,
        stallers.map((member) => `${member} ${fault}`),
      )
      for (const { by, progress } of played.progress) if (honest.includes(by)) expect(progress.attempt).toBeLessThanOrEqual(2)
    },
  )

  it.each(phases)('because their machine is lost in %s are named as %s, and the others go on', async (phase, fault) => {
    const lost: Tamper = ({ phase: at, attempt, honest, vanish }) => {
      if (at !== phase || attempt > 1) return honest
      vanish()
      return undefined
    }
    const played = await playRound({ members: 5, hostile: { 3: lost }, seed: 24 })
    finished(played, [3], [`3 ${fault}`])
  })

  it('one after the other, in each attempt one, leave the others their mix after as many reruns', async () => {
    const stallsIn =
      (attempt: number): Tamper =>
      (at) =>
        at.phase === 'commit' && at.attempt === attempt ? undefined : at.honest
    const played = await playRound({ members: 9, hostile: { 0: stallsIn(1), 4: stallsIn(2), 8: stallsIn(3) }, seed: 25 })
    const honest = finished(played, [0, 4, 8], ['0 missed', '4 missed', '8 missed'])
    const attempts = played.progress.filter(({ by }) => honest.includes(by)).map(({ progress }) => progress.attempt)
    expect(Math.max(...attempts)).toBe(4)
  })
})

describe('a coin', () => {
  it('that was proven for another member, or in another roster, is refused as its own fault', async () => {
    // It says what another has said: that one's coin, with that one's proof.
    const replay: Tamper = async ({ phase, attempt, honest, heard, clock }) => {
      if (phase !== 'register' || attempt > 1) return honest
      await pause(clock, 1_000)
      const others = heard(0).filter(({ slot }) => slot === 'item')
      return others[0]!.value
    }
    const played = await playRound({ members: 5, hostile: { 2: replay }, seed: 26 })
    const honest = finished(played, [2], ['2 offence'])
    // Whose coin it was is not banned for it.
    for (const by of honest) expect(played.bans[by]).toEqual([])
  })

  it('of more than was proven is refused: the amount is in the proof', async () => {
    const richer: Tamper = ({ phase, attempt, honest }) => {
      if (phase !== 'register' || attempt > 1) return honest
      const { coins, ...rest } = readRegistration(honest!)!
      return encodeRegistration({ ...rest, coins: coins.map((coin) => ({ ...coin, sats: coin.sats + 1n })) })
    }
    const played = await playRound({ members: 5, hostile: { 0: richer }, seed: 27 })
    finished(played, [0], ['0 offence'])
  })

  it('that is spent under way names its owner, who is refused for a day, and the rest finishes', async () => {
    let chain: Chain | undefined
    let coin: Coin | undefined
    // One brings the attempt down, and another spends its coin meanwhile, and says itself that all is well.
    const spoils: Tamper = ({ phase, attempt, honest }) => {
      if (phase !== 'commit' || attempt > 1) return honest
      chain!.coins.delete(coinName(coin!))
      return honest!.map((byte) => byte ^ 1)
    }
    const played = await playRound({
      members: 7,
      seed: 28,
      hostile: { 3: spoils, 5: ({ honest }) => honest },
      onSeats: (seats, made) => {
        chain = made
        coin = seats[5]!.purse.coin
      },
      seen: (by, owner, state) => (by === 5 && owner === 5 ? { ...coin!, confirmations: 10 } : state),
    })
    const honest = finished(played, [3, 5], ['3 offence', '5 spent'])
    for (const by of honest) expect(played.bans[by]!.map(coinName)).toContain(coinName(coin!))
  })

  it('that is spent after all have signed ends the round at all, and its owner is named', async () => {
    let chain: Chain | undefined
    let coin: Coin | undefined
    const played = await playRound({
      members: 5,
      seed: 29,
      hostile: {
        4: ({ phase, honest }) => {
          if (phase === 'end') chain!.coins.delete(coinName(coin!))
          return honest
        },
      },
      onSeats: (seats, made) => {
        chain = made
        coin = seats[4]!.purse.coin
      },
    })
    const { honest, txids } = judge(played, [4])
    expect(txids.size).toBe(0)
    for (const member of honest) {
      const { details } = played.results[member]!.error!
      expect(details).toMatchObject({ reason: 'BROADCAST_FAILED', coinLocked: true, named: [{ fault: 'spent' }] })
      expect(played.bans[member]!.map(coinName)).toEqual([coinName(coin!)])
    }
  })
})

it('an old attempt that is mined during a rerun ends as mixed, and nobody is banned for it', async () => {
  let chain: Chain | undefined
  let given: SignInputsInput | undefined
  let coins: readonly Coin[] = []
  const holds: Tamper = ({ phase, attempt, honest, heard, clock }) => {
    if (phase !== 'end' || attempt > 1) return honest
    // The signatures of all others come, and its own makes the transaction whole. It is sent when the others have begun anew.
    const others = () => heard(5).flatMap(({ slot, value }) => (slot === 'item' ? [value] : []))
    pause(clock, 5_000).then(() => ends.push(honest!, ...others()))
    return undefined
  }
  const ends: Uint8Array[] = []
  const played = await playRound({
    members: 6,
    seed: 31,
    hostile: { 2: holds },
    onSeats: (seats, made) => {
      chain = made
      coins = seats.map(({ purse }) => purse.coin)
      const { wallet } = seats[2]!.purse
      const { signInputs } = wallet
      wallet.signInputs = (input) => {
        given ??= input
        return signInputs(input)
      }
    },
    round: (member) => ({
      onProgress: ({ attempt }) => {
        if (member === 0 && attempt === 2 && chain!.transactions.length === 0) chain!.take(wholeOf(given!, ends, coins))
      },
    }),
  })
  const { honest, txids } = judge(played, [2])
  expect(txids.size).toBe(1)
  expect(played.chain.transactions).toHaveLength(1)
  for (const member of honest) {
    // It pays each what the first attempt had promised: six outputs, that of the one that held its signature back among them.
    expect(played.results[member]!.error).toBeUndefined()
    expect(played.results[member]!.result!.anonymitySet).toBe(6)
    expect(played.bans[member]!.map(coinName).filter((name) => name !== coinName(coins[2]!))).toEqual([])
  }
})

/** The transaction that one was asked to sign, with what all have said in `end`. */
function wholeOf({ transaction: encoded, spent }: SignInputsInput, ends: readonly Uint8Array[], coins: readonly Coin[]) {
  const transaction = decodeTransaction(encoded)
  const signatures = new Map<number, Uint8Array>()
  for (const value of ends) {
    const end = readEnd(value)
    for (const [input, signature] of end?.[0] === 'sign' ? end[1] : []) signatures.set(input, signature)
  }
  expect(signatures.size).toBe(transaction.inputs.length)
  const owned = transaction.inputs.map((input, i) => {
    const { publicKey } = coins.find((coin) => coinName(coin) === coinName(input))!
    return { ...spent[i]!, kind: 0, publicKey }
  })
  const mix = { transaction, coins: owned } as unknown as MixTransaction
  return signedTransaction(
    mix,
    transaction.inputs.map((_, i) => signatures.get(i)!),
  )
}
