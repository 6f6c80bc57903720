import { bytesOfHex, equalBytes, joined } from '../base/bytes.js'
import { numberOf, pointOf } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'
import { readScript, taprootScript } from '../lotus/script.js'

/** 0: mixed outputs are P2PKH; 1: Taproot without a script. All mixed outputs of a pool are alike. */
export type OutputType = 0 | 1

export const P2PKH = 0
export const TAPROOT = 1

/** Bytes that tell a message from noise. */
const CHECK_BYTES = 4

/** The field in which the members add up, large enough for a message with its check. */
export interface MixField {
  readonly type: OutputType
  readonly prime: bigint
  /** Bytes of an element, big-endian. */
  readonly elementBytes: number
  /** Bytes of a message: the key's hash, or the commitment. */
  readonly messageBytes: number
}

/** By output type: the largest primes below 2^200 and 2^304. */
const FIELDS: readonly MixField[] = /* @__PURE__ */ [
  { type: P2PKH, prime: (1n << 200n) - 75n, elementBytes: 25, messageBytes: 20 },
  { type: TAPROOT, prime: (1n << 304n) - 75n, elementBytes: 38, messageBytes: 33 },
]

export function fieldOf(type: OutputType): MixField {
  return FIELDS[type]!
}

/**
 * The number that stands for an output in one attempt: the message and the first bytes of its hash.
 *
 * @param attempt id of the attempt, 32 bytes.
 */
export function elementOf(attempt: Uint8Array, message: Uint8Array): bigint {
  return numberOf(joined(message, checkOf(attempt, message)))
}

/** The message in a root; undefined for a number that is none. */
export function messageIn({ messageBytes, type }: MixField, attempt: Uint8Array, element: bigint): Uint8Array | undefined {
  const length = messageBytes + CHECK_BYTES
  if (element >> BigInt(8 * length) !== 0n) return undefined
  const bytes = bigEndian(element, length)
  const message = bytes.slice(0, messageBytes)
  const isOne = equalBytes(bytes.subarray(messageBytes), checkOf(attempt, message)) && isMessage(type, message)
  return isOne ? message : undefined
}

/** Whether an output of this type can pay to a message: a commitment is a point of the curve. */
export function isMessage(type: OutputType, message: Uint8Array): boolean {
  return message.length === fieldOf(type).messageBytes && (type === P2PKH || pointOf(message) !== undefined)
}

/** The message of a scriptPubKey; undefined for one of another type. */
export function messageOf(type: OutputType, script: Uint8Array): Uint8Array | undefined {
  const read = readScript(script)
  if (read?.kind === 'p2pkh') return type === P2PKH ? read.keyHash : undefined
  return type === TAPROOT && read?.state === undefined ? read?.publicKey : undefined
}

/** The scriptPubKey of a message. */
export function scriptOf(type: OutputType, message: Uint8Array): Uint8Array {
  return type === TAPROOT ? taprootScript(message) : joined(Uint8Array.of(0x76, 0xa9, 0x14), message, Uint8Array.of(0x88, 0xac))
}

/** The number as so many bytes, the highest first. */
export function bigEndian(number: bigint, length: number): Uint8Array {
  return bytesOfHex(number.toString(16).padStart(2 * length, '0'))
}

function checkOf(attempt: Uint8Array, message: Uint8Array): Uint8Array {
  return taggedHash('lotus-p2p/coinjoin/check/1', attempt, message).subarray(0, CHECK_BYTES)
}
