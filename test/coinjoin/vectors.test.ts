import { createCipheriv, hkdfSync } from 'node:crypto'
import { x25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes as bytes, bytesToHex as hex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import vectors from '../../docs/vectors/coinjoin.json' with { type: 'json' }
import { seededRandom } from '../../src/base/random.js'
import { fieldOf, type OutputType } from '../../src/coinjoin/fields.js'
import { readEnd, readKeys } from '../../src/coinjoin/items.js'
import { mixTransactionOf } from '../../src/coinjoin/mix-transaction.js'
import { attemptIdOf, poolIdOf } from '../../src/coinjoin/pool.js'
import { judgeRegistrations, readRegistration } from '../../src/coinjoin/registration.js'
import { decodeVector, messagesIn } from '../../src/coinjoin/vectors.js'
import { culpritsOf } from '../../src/coinjoin/verdict.js'
import { encodeTransaction } from '../../src/lotus/transaction.js'
import { bitcore, verdictOf } from '../musig2/oracle.js'
import { done } from './rooms.js'

const tagged = (tag: string, ...parts: Uint8Array[]) => {
  const hash = sha256(new TextEncoder().encode(tag))
  return sha256(Buffer.concat([hash, hash, ...parts]))
}
const padded = (digits: string, length: number) => bytes(digits.padEnd(2 * length, '0'))
const number = (digits: string) => BigInt(`0x${digits}`)

describe.each(vectors.rounds.map((each, i) => [i, each] as const))('round %i of docs/vectors/coinjoin.json', (_, round) => {
  const pool = { ...round.pool, denomination: BigInt(round.pool.denomination), outputType: round.pool.outputType as OutputType }
  const field = fieldOf(pool.outputType)
  const attempt = bytes(round.attempt)
  const members = round.members.map(({ key }) => bytes(key))
  const draw = seededRandom(1).bytes

  it('has the ids that the code finds', () => {
    expect(poolIdOf(pool.network, pool)).toBe(round.poolId)
    expect(hex(attemptIdOf(bytes(round.rosterHash), 1, [...members.keys()]))).toBe(round.attempt)
  })

  it('has keys, checks, commitments and pads that libraries of others find', () => {
    for (const member of round.members) {
      const secret = tagged('lotus-p2p/coinjoin/dh/1', bytes(member.seed), attempt)
      expect(hex(x25519.getPublicKey(secret))).toBe(member.padKey)
      const elements = member.messages.map((message) => {
        const check = tagged('lotus-p2p/coinjoin/check/1', attempt, bytes(message)).subarray(0, 4)
        return (message + hex(check)).padStart(2 * field.elementBytes, '0')
      })
      expect(elements).toEqual(member.elements)
      const commitment = tagged('lotus-p2p/coinjoin/vector/1', attempt, bytes(member.key), bytes(member.vector))
      expect(hex(commitment)).toBe(member.vectorCommitment)
    }
    const [one, two] = round.members
    const secret = tagged('lotus-p2p/coinjoin/dh/1', bytes(one!.seed), attempt)
    const shared = x25519.getSharedSecret(secret, bytes(two!.padKey))
    const info = Buffer.from(
      `${hex(new TextEncoder().encode('lotus-p2p/coinjoin/pad/1'))}${one!.key}${two!.key}${one!.padKey}${two!.padKey}`,
      'hex',
    )
    const key = new Uint8Array(hkdfSync('sha256', shared, attempt, info, 32))
    const block = field.elementBytes + 16
    const stream = createCipheriv('chacha20', key, new Uint8Array(16)).update(new Uint8Array(block * round.padOfFirstTwo.length))
    const pad = round.padOfFirstTwo.map((_, k) => number(hex(stream.subarray(k * block, (k + 1) * block))) % field.prime)
    expect(pad).toEqual(round.padOfFirstTwo.map(number))
  })

  it('has sums and a polynomial with the elements as its roots', () => {
    const elements = round.members.flatMap((member) => member.elements.map(number))
    const prime = field.prime
    const all = round.members.map(({ vector }) => decodeVector(field, bytes(vector), elements.length)!)
    for (const [k, sum] of round.sums.entries()) {
      const powers = elements.reduce((total, each) => {
        let power = 1n
        for (let i = 0; i <= k; i++) power = (power * each) % prime
        return total + power
      }, 0n)
      expect(number(sum)).toBe(powers % prime)
      expect(all.reduce((total, vector) => total + vector[k]!, 0n) % prime).toBe(number(sum))
    }
    const polynomial = round.polynomial.map(number)
    for (const z of elements) expect(polynomial.reduceRight((sum, each) => (sum * z + each) % prime, 0n)).toBe(0n)
  })

  it('has items that read as what they say, and proofs that xpi-ts makes too', () => {
    const register = round.members.map(({ registerItem }) => padded(registerItem, 4_096))
    const terms = { pool, rosterHash: bytes(round.rosterHash), rosterSize: members.length }
    const { guilty } = done(judgeRegistrations(terms, members, register))
    expect(guilty).toEqual([])
    for (const member of round.members) {
      const [coin] = readRegistration(padded(member.registerItem, 4_096))!.coins
      expect([hex(coin!.script), String(coin!.sats), hex(coin!.proof)]).toEqual([member.script, member.sats, member.proof])
      expect(readKeys(padded(member.keysItem, 512))).toEqual({
        padKey: bytes(member.padKey),
        commitment: bytes(member.seedCommitment),
        unwanted: [],
      })
      const reveal = ['reveal', bytes(member.seed), member.messages.map(bytes)]
      expect(readEnd(padded(member.revealItem, 2_048))).toEqual(reveal)
      const owner = new bitcore.PrivateKey(member.coinKey).publicKey
      expect(member.script).toContain(hex(coin!.kind === 1 ? owner.toBuffer() : coin!.script))
    }
  })

  it('comes to the transaction, which the interpreter of others accepts', () => {
    const registrations = round.members.map(({ registerItem }) => readRegistration(padded(registerItem, 4_096))!)
    const all = round.members.map(({ vector }) => decodeVector(field, bytes(vector), round.sums.length)!)
    const mix = mixTransactionOf(pool, registrations, done(messagesIn(field, attempt, all, draw))!)
    expect(hex(encodeTransaction(mix.transaction))).toBe(round.transaction)
    const spent = round.inputs.map(({ sats, script }) => ({ sats: BigInt(sats), script: bytes(script) }))
    expect(verdictOf(bytes(round.signed), spent)).toEqual({ txid: round.txid, faults: spent.map(() => undefined) })
  })
})

it('the blame of docs/vectors/coinjoin.json names whom it says', () => {
  const { attempt, members, culprits } = vectors.blame
  const field = fieldOf(vectors.blame.outputType as OutputType)
  const all = members.map(({ vector }) => decodeVector(field, bytes(vector), members.length)!)
  const disturbed = {
    field,
    attempt: bytes(attempt),
    members: members.map(({ key }) => bytes(key)),
    keys: members.map(({ padKey, seedCommitment }) => ({
      padKey: bytes(padKey),
      commitment: bytes(seedCommitment),
      unwanted: [],
    })),
    counts: members.map(({ messages }) => messages.length),
    vectors: all,
  }
  const reveals = members.map(({ seed, messages }) => ({ seed: bytes(seed), messages: messages.map(bytes) }))
  expect(done(messagesIn(field, disturbed.attempt, all, seededRandom(1).bytes))).toBeUndefined()
  expect(done(culpritsOf(disturbed, reveals))).toEqual(culprits)
})
