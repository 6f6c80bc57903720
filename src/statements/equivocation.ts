import { compareBytes, isBytes } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import type { Verified } from '../base/verified.js'
import { DEFAULT_NETWORK, verifyEnvelope } from '../identity/envelope.js'
import { decode, encode } from '../message/codec.js'
import { fromJsonValue, toJsonValue } from '../message/json.js'
import {
  MAX_STATEMENT_VALUE_BYTES,
  type NetworkOptions,
  readStatement,
  type SignedStatement,
  type Statement,
  type VerifiedStatement,
} from './statement.js'

/** Two statements with what belongs to them, in bytes; in base64url a third more. */
const MAX_EVIDENCE_BYTES = 2 * MAX_STATEMENT_VALUE_BYTES + 4_096
const MAX_EVIDENCE_CHARACTERS = 2 * MAX_EVIDENCE_BYTES

/** Proof that one key has said two things where there may be one. It convinces a peer that has seen neither. */
export interface EquivocationEvidence extends Omit<Statement, 'value'> {
  /** Ed25519 public key of the liar, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Both statements, by payload, the smaller first. */
  readonly statements: readonly [SignedStatement, SignedStatement]
}

/** Evidence whose two signatures hold: only this convicts, and only this is shown to others. */
export type VerifiedEvidence = Verified<EquivocationEvidence>

/** The evidence in two statements; undefined where they do not contradict each other. */
export function evidenceOf(one: VerifiedStatement, other: VerifiedStatement): VerifiedEvidence | undefined {
  return contradiction(one, other) as VerifiedEvidence | undefined
}

function contradiction(one: SignedStatement, other: SignedStatement): EquivocationEvidence | undefined {
  const { publicKey, protocol, session, round, slot } = one
  if (compareBytes(publicKey, other.publicKey) !== 0) return
  if (protocol !== other.protocol || session !== other.session || round !== other.round || slot !== other.slot) return
  const order = compareBytes(one.payload, other.payload)
  if (order === 0) return
  return { publicKey, protocol, session, round, slot, statements: order < 0 ? [one, other] : [other, one] }
}

/** The evidence in bytes, at most about 37 kB, for storing and forwarding. */
export function encodeEvidence(evidence: EquivocationEvidence): Uint8Array {
  return encode(wireEvidence(evidence))
}

/** The evidence as one line of JSON, bytes as base64url. */
export function evidenceToJson(evidence: EquivocationEvidence): string {
  return JSON.stringify(toJsonValue(wireEvidence(evidence)))
}

/**
 * Checks evidence from anywhere: an object, the bytes of `encodeEvidence`, or the text of `evidenceToJson`. It needs nothing else:
 * no session, no connection, no trust in who brought it. What it returns was read from the signed bytes.
 *
 * @param options.network the network in which the key has lied; default 'lotus'. Evidence names none: it is proof in one only.
 * @throws P2PError INVALID_EVIDENCE, and nothing else, for whatever is no proof.
 * @example
 * const { publicKey, protocol, round } = await verifyEvidence(bytes)
 * console.log(encodePeerId(publicKey), 'has lied in round', round, 'of', protocol)
 */
export async function verifyEvidence(
  evidence: EquivocationEvidence | Uint8Array | string,
  options?: NetworkOptions,
): Promise<VerifiedEvidence> {
  const network = options?.network ?? DEFAULT_NETWORK
  const read = readEvidence(evidence)
  for (const statement of read.statements) {
    if (!(await verifyEnvelope('statement', statement, network)))
      throw invalidEvidence('one of its statements was not signed by the key it accuses')
  }
  return read as VerifiedEvidence
}

/** Reads evidence without believing it. @throws P2PError INVALID_EVIDENCE. */
export function readEvidence(evidence: unknown): EquivocationEvidence {
  let found: EquivocationEvidence | undefined
  try {
    const wire = wireOf(evidence)
    const [publicKey, payload, signature, otherPayload, otherSignature, ...more] = wire
    if (more.length > 0) throw invalidEvidence('it is too long')
    // One key for both: evidence against somebody in the name of another cannot even be written.
    found = contradiction(
      readStatement([publicKey, payload, signature]),
      readStatement([publicKey, otherPayload, otherSignature]),
    )
  } catch (error) {
    throw invalidEvidence('it does not hold one key and two statements', error)
  }
  if (found === undefined) throw invalidEvidence('its statements do not contradict each other')
  return found
}

/** `[public key, payload, signature, payload, signature]`, the bytewise smaller payload first. */
export function wireEvidence({ publicKey, statements: [one, other] }: EquivocationEvidence): Uint8Array[] {
  return [publicKey, one.payload, one.signature, other.payload, other.signature]
}

function wireOf(evidence: unknown): unknown[] {
  if (isBytes(evidence)) {
    if (evidence.length > MAX_EVIDENCE_BYTES) throw invalidEvidence('it is too long')
    return decode(evidence) as unknown[]
  }
  if (typeof evidence === 'string') {
    if (evidence.length > MAX_EVIDENCE_CHARACTERS) throw invalidEvidence('it is too long')
    return fromJsonValue(JSON.parse(evidence)) as unknown[]
  }
  return Array.isArray(evidence) ? evidence : wireEvidence(evidence as EquivocationEvidence)
}

function invalidEvidence(why: string, cause?: unknown): P2PError {
  return new P2PError('INVALID_EVIDENCE', `This is no proof of equivocation: ${why}.`, { cause })
}
