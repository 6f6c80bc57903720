import { writeFileSync } from 'node:fs'
import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { coinName } from '../../src/coinjoin/coins.js'
import { bigEndian, elementOf } from '../../src/coinjoin/fields.js'
import { encodeEnd, encodeKeys } from '../../src/coinjoin/items.js'
import { sighashTypeOf } from '../../src/coinjoin/mix-transaction.js'
import { padKeysOf, padOf } from '../../src/coinjoin/pads.js'
import { Polynomials } from '../../src/coinjoin/polynomials.js'
import { poolIdOf } from '../../src/coinjoin/pool.js'
import { polynomialOf } from '../../src/coinjoin/power-sums.js'
import { encodeVector } from '../../src/coinjoin/vectors.js'
import { culpritsOf } from '../../src/coinjoin/verdict.js'
import { ownershipHash } from '../../src/lotus/ownership.js'
import { sighashOf } from '../../src/lotus/sighash.js'
import { encodeTransaction } from '../../src/lotus/transaction.js'
import { done, itemsOf, mixed, type RoomOptions, roomOf } from '../coinjoin/rooms.js'

// Makes docs/vectors/coinjoin.json: `npm run docs:vectors:coinjoin`. test/coinjoin/vectors.test.ts holds it against libraries of others.

const ROOMS: RoomOptions[] = [
  { members: 3, seed: 101 },
  { members: 3, seed: 102, outputType: 1, hasChange: () => false },
  { members: 5, seed: 103, outputType: 1, outputs: (place) => 1 + (place % 2) },
  { members: 10, seed: 104, hasChange: () => false },
]

const rounds = ROOMS.map((options) => {
  const room = roomOf(options)
  const { field, attempt, members, vectors, pool, rosterHash } = room
  const ring = new Polynomials(field.prime)
  const mix = mixed(room)
  const { register, commit, vector } = itemsOf(room)
  const element = (number: bigint) => hex(bigEndian(number, field.elementBytes))
  const sums = vectors[0]!.map((_, k) => ring.residue(vectors.reduce((sum, each) => sum + each[k]!, 0n)))
  const party = (place: number) => ({ member: members[place]!.key, padKey: members[place]!.keys.padKey })
  const pad = padOf(field, attempt, padKeysOf(members[0]!.reveal.seed, attempt), party(0), party(1), room.total)
  return {
    pool: { network: 'lotus', denomination: String(pool.denomination), outputType: pool.outputType, rate: pool.rate },
    poolId: poolIdOf('lotus', pool),
    rosterHash: hex(rosterHash),
    attempt: hex(attempt),
    members: members.map(({ key, coinKey, registration, reveal, keys }, place) => ({
      key: hex(key),
      coinKey: hex(coinKey),
      outpoint: coinName(registration.coins[0]!),
      sats: String(registration.coins[0]!.sats),
      script: hex(registration.coins[0]!.script),
      ownershipHash: hex(ownershipHash(rosterHash, key, registration.coins[0]!)),
      proof: hex(registration.coins[0]!.proof),
      change: registration.change ? { sats: String(registration.change.sats), script: hex(registration.change.script) } : null,
      seed: hex(reveal.seed),
      messages: reveal.messages.map(hex),
      elements: reveal.messages.map((message) => element(elementOf(attempt, message))),
      padKey: hex(keys.padKey),
      seedCommitment: hex(keys.commitment),
      // Zeros at the end are left out.
      registerItem: hex(register[place]!).replace(/(00)+$/, ''),
      keysItem: hex(encodeKeys(keys)).replace(/(00)+$/, ''),
      revealItem: hex(encodeEnd(['reveal', reveal.seed, reveal.messages])).replace(/(00)+$/, ''),
      vector: hex(encodeVector(field, vectors[place]!)),
      vectorCommitment: hex(commit[place]!),
    })),
    padOfFirstTwo: pad.map(element),
    sums: sums.map(element),
    polynomial: done(polynomialOf(ring, sums)).map(element),
    vectors: vector.map(hex),
    transaction: hex(encodeTransaction(mix.transaction)),
    txid: hex(mix.txid.slice().reverse()),
    inputs: mix.coins.map((coin, input) => ({
      owner: mix.owners[input],
      sats: String(coin.sats),
      script: hex(coin.script),
      sighashType: sighashTypeOf(coin.kind),
      sighash: hex(sighashOf(mix.transaction, input, mix.coins, sighashTypeOf(coin.kind))),
      signature: hex(mix.signatures[input]!),
    })),
    signed: hex(mix.bytes),
  }
})

const room = roomOf({ members: 4, seed: 105 })
const disturbed = room.vectors.map((vector, place) => (place === 2 ? [12_345n, ...vector.slice(1)] : vector))
const culprits = done(
  culpritsOf(
    {
      field: room.field,
      attempt: room.attempt,
      members: room.members.map(({ key }) => key),
      keys: room.members.map(({ keys }) => keys),
      counts: room.members.map(({ registration }) => registration.outputs),
      vectors: disturbed,
    },
    room.members.map(({ reveal }) => reveal),
  ),
)
const blame = {
  outputType: room.pool.outputType,
  attempt: hex(room.attempt),
  members: room.members.map(({ key, keys, reveal }, place) => ({
    key: hex(key),
    padKey: hex(keys.padKey),
    seedCommitment: hex(keys.commitment),
    seed: hex(reveal.seed),
    messages: reveal.messages.map(hex),
    vector: hex(encodeVector(room.field, disturbed[place]!)),
  })),
  culprits,
}
writeFileSync('docs/vectors/coinjoin.json', `${JSON.stringify({ rounds, blame }, null, 2)}\n`)
