import { equalBytes, joined } from '../base/bytes.js'
import { invalid, POINT_BYTES } from './curve.js'
import { hash160 } from './hash.js'
import { encodeOutput, type TransactionOutput } from './transaction.js'

/** OP_DUP OP_HASH160 and a push of 20 bytes. */
const P2PKH_HEAD = /* @__PURE__ */ Uint8Array.of(0x76, 0xa9, 0x14)
/** OP_EQUALVERIFY OP_CHECKSIG. */
const P2PKH_TAIL = /* @__PURE__ */ Uint8Array.of(0x88, 0xac)
/** OP_SCRIPTTYPE OP_1 and a push of 33 bytes (lotusd, `taproot.cpp`). */
const TAPROOT_HEAD = /* @__PURE__ */ Uint8Array.of(0x62, 0x51, 0x21)
const STATE_PUSH = 0x20
const STATE_BYTES = 32
const P2PKH_BYTES = 25
const TAPROOT_BYTES = 36

/** What an output of a known form pays to. */
export type KnownScript =
  | { readonly kind: 'p2pkh' /** 20 bytes. */; readonly keyHash: Uint8Array }
  | {
      readonly kind: 'taproot'
      /** The commitment: 33 bytes. */
      readonly publicKey: Uint8Array
      /** 32 bytes. */
      readonly state: Uint8Array | undefined
    }

/** scriptPubKey of a public key's hash: 25 bytes. */
export function p2pkhScript(publicKey: Uint8Array): Uint8Array {
  return joined(P2PKH_HEAD, hash160(publicKey), P2PKH_TAIL)
}

/**
 * scriptPubKey of a Taproot commitment: 36 bytes, or 69 with a state.
 *
 * @param commitment 33 bytes.
 * @param state 32 bytes.
 */
export function taprootScript(commitment: Uint8Array, state?: Uint8Array): Uint8Array {
  if (commitment.length !== POINT_BYTES || (state !== undefined && state.length !== STATE_BYTES)) {
    throw invalid('A Taproot commitment has 33 bytes, and a state 32.')
  }
  return state === undefined
    ? joined(TAPROOT_HEAD, commitment)
    : joined(TAPROOT_HEAD, commitment, Uint8Array.of(STATE_PUSH), state)
}

/** The form of a scriptPubKey; undefined for one that neither pays to a key's hash nor is Taproot. */
export function readScript(script: Uint8Array): KnownScript | undefined {
  const startsWith = (head: Uint8Array) => equalBytes(script.subarray(0, head.length), head)
  if (script.length === P2PKH_BYTES && startsWith(P2PKH_HEAD) && equalBytes(script.subarray(23), P2PKH_TAIL)) {
    return { kind: 'p2pkh', keyHash: script.slice(3, 23) }
  }
  if (!startsWith(TAPROOT_HEAD)) return undefined
  const publicKey = script.slice(3, TAPROOT_BYTES)
  if (script.length === TAPROOT_BYTES) return { kind: 'taproot', publicKey, state: undefined }
  const hasState = script.length === TAPROOT_BYTES + 1 + STATE_BYTES && script[TAPROOT_BYTES] === STATE_PUSH
  return hasState ? { kind: 'taproot', publicKey, state: script.slice(TAPROOT_BYTES + 1) } : undefined
}

/** scriptSig: pushes of up to 75 bytes each. */
export function pushesOf(...items: Uint8Array[]): Uint8Array {
  return joined(...items.flatMap((item) => [Uint8Array.of(item.length), item]))
}

/** What spending an output costs at least, in bytes at one sat each, three times: less is dust (lotusd, `GetDustThreshold`). */
const SPENDING_BYTES = 148
const DUST_FACTOR = 3

/** Sats below which an output is not relayed: 546 of P2PKH, 579 of Taproot, 678 with a state. One that nobody can spend is none (OP_RETURN). */
export function dustOf(output: TransactionOutput): bigint {
  if (output.script[0] === 0x6a) return 0n
  return BigInt(DUST_FACTOR * (encodeOutput(output).length + SPENDING_BYTES))
}
