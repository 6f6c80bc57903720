import { compareBytes } from '../../src/base/bytes.js'
import type { Coin } from '../../src/coinjoin/coins.js'
import { feeOf, keyOfCoin, sizeOf } from '../../src/coinjoin/coins.js'
import { fieldOf, messageOf, type OutputType, scriptOf } from '../../src/coinjoin/fields.js'
import { type KeysItem, type Reveal, seedCommitmentOf } from '../../src/coinjoin/items.js'
import { type MixTransaction, mixTransactionOf, sighashTypeOf, signedTransaction } from '../../src/coinjoin/mix-transaction.js'
import { padKeysOf, padOf } from '../../src/coinjoin/pads.js'
import type { Steps } from '../../src/coinjoin/polynomials.js'
import { attemptIdOf, type MixPool } from '../../src/coinjoin/pool.js'
import { encodeRegistration, type RegisteredCoin, type Registration } from '../../src/coinjoin/registration.js'
import { commitmentOf, encodeVector, messagesIn, vectorOf } from '../../src/coinjoin/vectors.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { ownershipHash } from '../../src/lotus/ownership.js'
import { schnorrSign } from '../../src/lotus/schnorr.js'
import { p2pkhScript, taprootScript } from '../../src/lotus/script.js'
import { sighashOf } from '../../src/lotus/sighash.js'
import { drawing } from '../musig2/wallets.js'

/** Does work at once. */
export function done<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

export interface RoomOptions {
  members: number
  seed: number
  outputType?: OutputType
  /** Mixed outputs of the member at a place. Default 1. */
  outputs?: (place: number) => number
  /** Default: those at even places. */
  hasChange?: (place: number) => boolean
  /** Default: P2PKH and Taproot in turn. */
  coinKind?: (place: number) => OutputType
  rate?: number
}

export interface RoomMember {
  key: Uint8Array
  coinKey: Uint8Array
  registration: Registration
  reveal: Reveal
  keys: KeysItem
}

/** All that the members of an attempt have and say, in one process. */
export function roomOf(options: RoomOptions) {
  const { members: count, seed, outputType = 0, outputs = () => 1, rate = 1_000 } = options
  const { hasChange = (place) => place % 2 === 0, coinKind = (place) => ((place >> 1) % 2) as OutputType } = options
  const draw = drawing(seed)
  const pool: MixPool = { denomination: 1_000_000n, outputType, rate }
  const field = fieldOf(outputType)
  const rosterHash = draw(32)
  const attempt = attemptIdOf(
    rosterHash,
    1,
    Array.from({ length: count }, (_, i) => i),
  )
  const keysOfMembers = Array.from({ length: count }, () => draw(32)).sort(compareBytes)
  const members = keysOfMembers.map((key, place): RoomMember => {
    const coinKey = draw(32)
    const kind = coinKind(place)
    const publicKey = publicKeyOf(coinKey)
    const script = kind === 0 ? p2pkhScript(publicKey) : taprootScript(publicKey)
    const fresh = () => {
      const own = publicKeyOf(draw(32))
      return outputType === 0 ? p2pkhScript(own) : taprootScript(own)
    }
    const change = hasChange(place) ? { sats: 40_000n + BigInt(place), script: p2pkhScript(publicKeyOf(draw(32))) } : undefined
    const fee = feeOf(sizeOf([kind], outputs(place), outputType, change && 0), rate)
    const sats = BigInt(outputs(place)) * pool.denomination + fee + (change?.sats ?? BigInt(place))
    const coin: Coin = { txid: draw(32), index: place, sats, script, publicKey }
    const proof = schnorrSign(ownershipHash(rosterHash, key, coin), coinKey, draw(32))
    const registered: RegisteredCoin = { ...coin, kind, publicKey, proof }
    const messages = Array.from({ length: outputs(place) }, () => messageOf(outputType, fresh())!)
    const reveal = { seed: draw(32), messages }
    const keys: KeysItem = {
      padKey: padKeysOf(reveal.seed, attempt).publicKey,
      commitment: seedCommitmentOf(attempt, key, reveal),
      unwanted: [],
    }
    return { key, coinKey, registration: { coins: [registered], outputs: outputs(place), change }, reveal, keys }
  })
  const total = members.reduce((sum, { registration }) => sum + registration.outputs, 0)
  const parties = members.map(({ key, keys }) => ({ member: key, padKey: keys.padKey }))
  const vectors = members.map(({ reveal }, place) => {
    const own = padKeysOf(reveal.seed, attempt)
    const padWith = (other: number) => padOf(field, attempt, own, parties[place]!, parties[other]!, total)
    return done(vectorOf({ field, attempt, messages: reveal.messages, place, members: count, count: total, padWith }))
  })
  const terms = { pool, rosterHash, rosterSize: count }
  return { pool, field, rosterHash, attempt, members, vectors, total, terms, draw }
}

export type Room = ReturnType<typeof roomOf>

/** What the members find, sign and send. */
export function mixed(room: Room): MixTransaction & { bytes: Uint8Array; signatures: Uint8Array[] } {
  const messages = done(messagesIn(room.field, room.attempt, room.vectors, room.draw))
  if (messages === undefined) throw new Error('The sum is disturbed.')
  const mix = mixTransactionOf(
    room.pool,
    room.members.map(({ registration }) => registration),
    messages,
  )
  const signatures = mix.owners.map((owner, input) => {
    const type = sighashTypeOf(keyOfCoin(mix.coins[input]!)!.kind)
    return schnorrSign(sighashOf(mix.transaction, input, mix.coins, type), room.members[owner]!.coinKey, room.draw(32))
  })
  return { ...mix, signatures, bytes: signedTransaction(mix, signatures) }
}

/** The items of all as they are said. */
export function itemsOf({ members, vectors, field, attempt }: Room) {
  const vector = vectors.map((each) => encodeVector(field, each))
  return {
    register: members.map(({ registration }) => encodeRegistration(registration)),
    vector,
    commit: vector.map((bytes, place) => commitmentOf(attempt, members[place]!.key, bytes)),
  }
}

export const scriptsOf = ({ members }: Room, type: OutputType) =>
  members.flatMap(({ reveal }) => reveal.messages.map((message) => scriptOf(type, message)))
