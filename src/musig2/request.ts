import { compareBytes, equalBytes, hexOf } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'
import { tupleKey } from '../base/tuple-key.js'
import { POINT_BYTES } from '../lotus/curve.js'
import { dustOf } from '../lotus/script.js'
import { SIGHASH_FORKID, SIGHASH_LOTUS, type SighashType, sighashesOf } from '../lotus/sighash.js'
import { MAX_BRANCH, provesSpent, type SpentOutput, type SpentProof } from '../lotus/spent.js'
import { decodeTransaction, encodeTransaction, MAX_TRANSACTION_BYTES, sumOf, type Transaction } from '../lotus/transaction.js'
import { decode, encode } from '../message/codec.js'
import {
  array,
  bigint,
  bytes,
  Fault,
  int,
  oneOf,
  optional,
  type Shape,
  type Shaped,
  text,
  tuple,
  union,
} from '../message/shape.js'
import { checkedField, invalidRequest } from './errors.js'
import type { Aggregation } from './key-agg.js'
import { aggregateKeys, type Keyset, type KeysetKey, MAX_SIGNERS, paysTo } from './keyset.js'

/** Version of the messages, and kind of the request: a transaction. */
const VERSION = 1
export const MAX_REQUEST_BYTES = 524_288
export const MAX_PURPOSE_LENGTH = 256
export const MAX_INPUTS_TO_SIGN = 128
/** Keys of ours and of others that one request may name. */
export const MAX_KEYSETS = 128
const ID_BYTES = 16
const NETWORK_KEY_BYTES = 32

/** Who signs: where it is reached, and with what it signs the first keyset. */
export interface Member {
  /** Ed25519 public key: 32 bytes. */
  networkKey: Uint8Array
  /** secp256k1 public key: 33 bytes. */
  walletKey: Uint8Array
}

/** An input that is signed together. */
export interface InputToSign {
  /** Of the transaction's inputs. */
  input: number
  /** 0x41 or 0x61; Taproot takes 0x61 alone. */
  type: SighashType
  /** Of the request's keysets. */
  keyset: number
}

/** What requests of all kinds say. */
export interface SharedContent {
  /** 16 bytes, random. */
  id: Uint8Array
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
  /** The initiator's words, at most 256 characters: not to be believed. */
  purpose: string
  members: readonly Member[]
  /** `keys[i]` belongs to `members[i]`. */
  keysets: readonly Keyset[]
  /** Members commit to their nonces before they tell them. MuSig2 with two nonces needs no such round; some policies demand one. */
  nonceCommitments?: boolean
}

/** What is asked of all members, in words of a program. */
export interface RequestContent extends SharedContent {
  /** Without signatures in the inputs that are to be signed. */
  transaction: Transaction
  /** What each input spends. */
  spent: readonly SpentOutput[]
  sign: readonly InputToSign[]
}

/** What was found out of a request of any kind. */
export interface CheckedRequest {
  /** SHA-256 of its bytes: 32. */
  readonly hash: Uint8Array
  readonly keys: readonly KeysetKey[]
  /** What is signed, for each of `sign`: 32 bytes. */
  readonly sighashes: readonly Uint8Array[]
}

/** A request to sign a transaction that has been read and checked. */
export interface SigningRequest extends RequestContent, CheckedRequest {}

/** A request of any kind, as far as a session needs it: what each signature is of, and by which keyset. */
export interface SharedRequest extends SharedContent, CheckedRequest {
  readonly sign: readonly Pick<InputToSign, 'keyset'>[]
}

const AGGREGATIONS: readonly Aggregation[] = ['lotus', 'bip327']
const merkleShape: Shape<[Uint8Array, number]> = tuple(bytes(32), int(0, MAX_BRANCH + 1))
const proofShape = tuple(int(-(2 ** 31), 2 ** 31 - 1), merkleShape, array(bytes(32), MAX_BRANCH), int(0, 2 ** 32 - 1))
const spentShape = union(tuple(bigint(), bytes()), tuple(bigint(), bytes(), proofShape))
export const keysetShape = tuple(int(0, 1), array(bytes(POINT_BYTES), MAX_SIGNERS, 2), union(bytes(32), oneOf(null)))
const membersShape = array(tuple(bytes(NETWORK_KEY_BYTES), bytes(POINT_BYTES)), MAX_SIGNERS, 2)
/** Id, end, purpose and members. */
export const headShape = [bytes(ID_BYTES), int(0), text(0, MAX_PURPOSE_LENGTH), membersShape] as const
const requestShape = tuple(
  oneOf(VERSION),
  ...headShape,
  array(keysetShape, MAX_KEYSETS, 1),
  bytes(),
  array(spentShape),
  array(tuple(int(0), oneOf(SIGHASH_FORKID, SIGHASH_LOTUS), int(0)), MAX_INPUTS_TO_SIGN, 1),
  optional(oneOf(1)),
)

type Wire = Shaped<typeof requestShape>

/**
 * The bytes that all members get.
 *
 * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`, for what no member would sign.
 */
export function encodeRequest(content: RequestContent): Uint8Array {
  const bytes = bytesOfRequest(content)
  readRequest(bytes)
  return bytes
}

/** The same, not checked. */
export function bytesOfRequest(content: RequestContent): Uint8Array {
  const { keysets, transaction, spent, sign, nonceCommitments } = content
  return encode([
    VERSION,
    ...headOf(content),
    keysets.map(wireKeyset),
    encodeTransaction(transaction),
    spent.map(({ sats, script, proof }) => (proof === undefined ? [sats, script] : [sats, script, wireOf(proof)])),
    sign.map(({ input, type, keyset }) => [input, type, keyset]),
    ...(nonceCommitments ? [1] : []),
  ])
}

/** Id, end, purpose and members, as messages have them. */
export function headOf({ id, expiresAt, purpose, members }: SharedContent): unknown[] {
  return [id, expiresAt, purpose, members.map(({ networkKey, walletKey }) => [networkKey, walletKey])]
}

export function wireKeyset({ keys, aggregation = 'lotus', taproot = false }: Keyset): unknown[] {
  const root = typeof taproot === 'boolean' ? (taproot ? new Uint8Array(32) : null) : taproot
  return [AGGREGATIONS.indexOf(aggregation), [...keys], root]
}

function wireOf({ version, inputs, branch, locktime }: SpentProof): unknown[] {
  return [version, [inputs.root, inputs.height], branch, locktime]
}

/**
 * Reads a request, and checks everything that all members can check alike: keys, amounts, scripts, and what is spent.
 *
 * @param encoded at most 512 kB. The same bytes are hashed.
 * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`.
 */
export function readRequest(encoded: Uint8Array): SigningRequest {
  return atOnce(checkedRequest(encoded, contentOfRequest(encoded)))
}

/** All steps of a work. */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/**
 * What a request says, before anything is computed: its form, its members, its amounts.
 *
 * @throws P2PError SIGNING_FAILED, as `readRequest`.
 */
export function contentOfRequest(encoded: Uint8Array): RequestContent {
  const read = readAs(requestShape, encoded, FIELDS)
  const [, id, expiresAt, purpose, members, keysets, transactionBytes, spent, sign, commitments] = read
  if (transactionBytes.length > MAX_TRANSACTION_BYTES) throw invalidRequest('transaction', 'The transaction is too long.')
  const content: RequestContent = {
    id,
    expiresAt,
    purpose,
    members: membersOf(members),
    keysets: keysets.map(keysetOf),
    transaction: checkedField('transaction', () => decodeTransaction(transactionBytes)),
    spent: spent.map(spentOf),
    sign: sign.map(([input, type, keyset]) => ({ input, type, keyset })),
    nonceCommitments: commitments === 1,
  }
  checkMembers(content)
  checkAmounts(content)
  return content
}

/**
 * What is expensive about a request, in steps: the sum of each keyset, and what is signed.
 *
 * @param encoded what the content was read from.
 * @throws P2PError SIGNING_FAILED, as `readRequest`.
 */
export function* checkedRequest(encoded: Uint8Array, content: RequestContent): Generator<void, SigningRequest, void> {
  const { keysets, transaction, spent, sign } = content
  const keys = yield* keysOf(keysets)
  checkSigned(content, keys)
  const sighash = sighashesOf(transaction, spent)
  const sighashes = sign.map(({ input, type }, i) => checkedField(`sign.${i}`, () => sighash(input, type)))
  return { ...content, hash: sha256(encoded), keys, sighashes }
}

/** The sum of each keyset. @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST. */
export function* keysOf(keysets: readonly Keyset[]): Generator<void, KeysetKey[], void> {
  const keys: KeysetKey[] = []
  for (const [i, keyset] of keysets.entries()) {
    keys.push(checkedField(`keysets.${i}`, () => aggregateKeys(keyset)))
    yield
  }
  return keys
}

/** @param fields names of the parts. @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`. */
export function readAs<T>(shape: Shape<T>, encoded: Uint8Array, fields: readonly string[]): T {
  if (encoded.length > MAX_REQUEST_BYTES) throw invalidRequest('', `A request has at most ${MAX_REQUEST_BYTES} bytes.`)
  const read = shape(decodedOf(encoded))
  if (read instanceof Fault) throw invalidRequest(nameOf(read.at, fields), 'The request is malformed.')
  return read
}

/** Undefined for what is no MessagePack. */
export function decodedOf(bytes: Uint8Array | undefined): unknown {
  try {
    return decode(bytes!)
  } catch {
    return undefined
  }
}

export const HEAD = ['version', 'id', 'expiresAt', 'purpose', 'members'] as const
const FIELDS = [...HEAD, 'keysets', 'transaction', 'spent', 'sign', 'nonceCommitments']

/** The names of a request's parts in place of their numbers. */
function nameOf(at: string, fields: readonly string[]): string {
  const [index, ...rest] = at.split('.')
  return [fields[Number(index)] ?? at, ...rest].join('.')
}

export function membersOf(wires: Wire[4]): Member[] {
  return wires.map(([networkKey, walletKey]) => ({ networkKey, walletKey }))
}

export function keysetOf([aggregation, keys, root]: Wire[5][number]): Keyset {
  return { keys, aggregation: AGGREGATIONS[aggregation]!, taproot: root ?? false }
}

function spentOf([sats, script, proof]: Wire[7][number]): SpentOutput {
  if (proof === undefined) return { sats, script }
  const [version, [root, height], branch, locktime] = proof
  return { sats, script, proof: { version, inputs: { root, height }, branch, locktime } }
}

export function checkMembers({ members, keysets }: SharedContent): void {
  const networkKeys = members.map(({ networkKey }) => networkKey).sort(compareBytes)
  if (networkKeys.some((key, i) => i > 0 && equalBytes(key, networkKeys[i - 1]!))) {
    throw invalidRequest('members', 'Two members have the same network key.')
  }
  for (const [i, { keys }] of keysets.entries()) {
    if (keys.length !== members.length) throw invalidRequest(`keysets.${i}`, 'A keyset has one key of each member.')
  }
  const first = keysets[0]!.keys
  const wrong = members.findIndex(({ walletKey }, i) => !equalBytes(walletKey, first[i]!))
  if (wrong >= 0) throw invalidRequest(`members.${wrong}`, "A member's wallet key is that of the first keyset.")
}

function checkAmounts({ transaction, spent }: RequestContent): void {
  const { inputs, outputs } = transaction
  if (inputs.length === 0 || outputs.length === 0) throw invalidRequest('transaction', 'A transaction has inputs and outputs.')
  if (spent.length !== inputs.length) throw invalidRequest('spent', 'Give the output that each input spends, in their order.')
  const outpoints = new Set(inputs.map(({ txid, index }) => tupleKey(hexOf(txid), index)))
  if (outpoints.size !== inputs.length) throw invalidRequest('transaction', 'Two inputs spend the same output.')
  for (const [i, { sats }] of spent.entries()) if (sats < 0n) throw invalidRequest(`spent.${i}`, 'An amount is negative.')
  if (sumOf(spent) < sumOf(outputs)) throw invalidRequest('transaction', 'The outputs are worth more than the inputs.')
  const dust = outputs.findIndex((output) => output.sats < dustOf(output))
  if (dust >= 0)
    throw invalidRequest(`transaction.outputs.${dust}`, `The output is dust: less than ${dustOf(outputs[dust]!)} sats.`)
}

function checkSigned({ transaction, spent, sign, keysets }: RequestContent, keys: readonly KeysetKey[]): void {
  const { inputs } = transaction
  if (new Set(sign.map(({ input }) => input)).size !== sign.length) throw invalidRequest('sign', 'An input is signed twice.')
  for (const [i, { input, type, keyset }] of sign.entries()) {
    const field = `sign.${i}`
    if (input >= inputs.length) throw invalidRequest(field, 'The transaction has no such input.')
    if (keyset >= keysets.length) throw invalidRequest(field, 'The request has no such keyset.')
    if (inputs[input]!.script.length > 0) throw invalidRequest(field, 'The input is signed already.')
    const { proof, ...output } = spent[input]!
    if (!paysTo(output.script, keys[keyset]!)) throw invalidRequest(field, 'What the input spends is not paid to the keyset.')
    if (type === SIGHASH_LOTUS || inputs.length === 1) continue
    // Two requests that lie about one amount each would give two signatures that are valid together, and burn the difference.
    if (proof === undefined || !provesSpent(inputs[input]!, output, proof)) {
      throw invalidRequest(`spent.${input}`, 'With more inputs than one, 0x41 needs a proof of what each signed input spends.')
    }
  }
}
