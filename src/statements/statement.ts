import { compareBytes, hexOf, isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { Verified } from '../base/verified.js'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../identity/ed25519.js'
import { DEFAULT_NETWORK, type SignedEnvelope, signEnvelope, taggedHash, verifyEnvelope } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import { decode, encode } from '../message/codec.js'

/** Bytes of a statement's value. Fixed, as all bounds here: whoever is shown a proof must read it as everybody else does. */
export const MAX_STATEMENT_VALUE_BYTES = 16_384
/** Characters of protocol, session and slot. */
const MAX_TEXT_LENGTH = 128
const MAX_ROUND = 0xffff_ffff
/** Three texts of at most 3 bytes a character, the value, and the heads. */
const MAX_PAYLOAD_BYTES = MAX_STATEMENT_VALUE_BYTES + 3 * (3 * MAX_TEXT_LENGTH + 3) + 16

/** What one party of a protocol says, once and for all: there is one value for each (protocol, session, round, slot) of one key. */
export interface Statement {
  /** 1 to 128 characters. */
  readonly protocol: string
  /** 1 to 128 characters; never used again for another session, for a second value under it is a proof against its signer. */
  readonly session: string
  /** 0 to 2^32 − 1. */
  readonly round: number
  /** What is said in this round, e.g. 'nonce'; 1 to 128 characters. */
  readonly slot: string
  /** At most 16,384 bytes; of anything longer state the hash. */
  readonly value: Uint8Array
}

/** A statement with its proof: the payload is the exact bytes that were signed, and decides what the statement says. */
export interface SignedStatement extends Statement, Readonly<SignedEnvelope> {}

/** A statement whose signature holds, or that we have signed: what is kept, shown to others, and evidence is made of. */
export type VerifiedStatement = Verified<SignedStatement>

/** Options of `signStatement`, `verifyStatement` and `verifyEvidence`. */
export interface NetworkOptions {
  /** Name of the network; default 'lotus'. */
  network?: string | undefined
}

/** How a statement travels: public key, 32 bytes; payload; signature, 64 bytes. */
export type WireStatement = [publicKey: Uint8Array, payload: Uint8Array, signature: Uint8Array]

/**
 * Signs a statement under the tag 'statement'. Whoever holds two of one key that differ in `value` only can prove to anybody that
 * the key lied ({@link verifyEvidence}): never sign a second one for the same slot. `StatementSession.say` sees to that.
 *
 * @param options.network the network in which it is said; default 'lotus'.
 * @throws P2PError INVALID_STATEMENT for a field out of its bounds, IDENTITY_FAILED.
 * @example
 * const statement = await signStatement(identity, { protocol: 'musig2', session, round: 1, slot: 'nonce', value: nonce })
 */
export async function signStatement(
  identity: Identity,
  statement: Statement,
  options?: NetworkOptions,
): Promise<VerifiedStatement> {
  const network = options?.network ?? DEFAULT_NETWORK
  const fault = faultOf(statement)
  if (fault !== undefined) throw invalidStatement(fault)
  const { protocol, session, round, slot, value } = statement
  const envelope = await signEnvelope(identity, 'statement', encode([protocol, session, round, slot, value]), network)
  return { protocol, session, round, slot, value: value.slice(), ...envelope } as VerifiedStatement
}

/**
 * Checks form and signature, and returns what was signed, whatever else the object claims. Needs nothing but the envelope.
 *
 * @param options.network the network for which it must be signed; default 'lotus'. The envelope names none.
 * @throws P2PError INVALID_STATEMENT for a wrong form, INVALID_SIGNATURE.
 */
export async function verifyStatement(envelope: SignedEnvelope, options?: NetworkOptions): Promise<VerifiedStatement> {
  const network = options?.network ?? DEFAULT_NETWORK
  const statement = readStatement([envelope?.publicKey, envelope?.payload, envelope?.signature])
  if (await verifyEnvelope('statement', statement, network)) return statement as VerifiedStatement
  throw new P2PError('INVALID_SIGNATURE', 'The statement was not signed by its key. Drop it.')
}

/**
 * Reads a statement without believing it. Only the one encoding that `signStatement` makes is taken, so that the same statement
 * is always the same bytes: what differs in its bytes then differs in what it says.
 *
 * @throws P2PError INVALID_STATEMENT.
 */
export function readStatement(wire: unknown): SignedStatement {
  const [publicKey, payload, signature] = Array.isArray(wire) && wire.length === 3 ? wire : []
  if (!isBytes(publicKey, PUBLIC_KEY_BYTES) || !isBytes(signature, SIGNATURE_BYTES) || !isBytes(payload))
    throw invalidStatement('it is not a public key, a payload and a signature')
  if (payload.length > MAX_PAYLOAD_BYTES) throw invalidStatement('it is too long')
  let fields: unknown
  try {
    fields = decode(payload)
  } catch (error) {
    throw invalidStatement('its payload is not MessagePack', error)
  }
  const [protocol, session, round, slot, value] = Array.isArray(fields) ? fields : []
  const statement = { protocol, session, round, slot, value } as Statement
  const fault = faultOf(statement)
  if (fault !== undefined) throw invalidStatement(fault)
  if (compareBytes(encode([protocol, session, round, slot, value]), payload) !== 0)
    throw invalidStatement('its payload is not in the one encoding that counts')
  // Decoded bytes are views of a whole message; what is kept must not keep that alive.
  return {
    ...statement,
    value: statement.value.slice(),
    publicKey: publicKey.slice(),
    payload: payload.slice(),
    signature: signature.slice(),
  }
}

export function wireStatement({ publicKey, payload, signature }: SignedEnvelope): WireStatement {
  return [publicKey, payload, signature]
}

/** A hash of public key and payload, 32 bytes: the signature is left out, for a key may sign the same bytes in many ways. */
export function statementId({ publicKey, payload }: SignedEnvelope, network: string): Uint8Array {
  return taggedHash('statement-id', network, publicKey, payload)
}

/**
 * The name of a session that all members have drawn for.
 *
 * @param members public keys in bytewise order.
 * @param fresh what each of them has drawn, in this order: 16 bytes each.
 */
export function freshName(
  network: string,
  { protocol, session }: Pick<Statement, 'protocol' | 'session'>,
  members: readonly Uint8Array[],
  fresh: readonly Uint8Array[],
): string {
  return hexOf(taggedHash('statement-session-name', network, encode([protocol, session, [...members], [...fresh]])))
}

export function invalidStatement(why: string, cause?: unknown): P2PError {
  return new P2PError('INVALID_STATEMENT', `This statement is not acceptable: ${why}.`, { cause })
}

function faultOf({ protocol, session, round, slot, value }: Statement): string | undefined {
  for (const [name, text] of Object.entries({ protocol, session, slot })) {
    if (typeof text !== 'string' || text === '' || text.length > MAX_TEXT_LENGTH || /\p{Cs}/u.test(text))
      return `${name} must be well-formed text of 1 to ${MAX_TEXT_LENGTH} characters`
  }
  if (!Number.isSafeInteger(round) || round < 0 || round > MAX_ROUND) return `round must be a whole number up to ${MAX_ROUND}`
  if (!isBytes(value) || value.length > MAX_STATEMENT_VALUE_BYTES)
    return `value must be a Uint8Array of at most ${MAX_STATEMENT_VALUE_BYTES} bytes`
  return
}
