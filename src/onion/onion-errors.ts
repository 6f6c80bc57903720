import { joined, viewOf } from '../base/bytes.js'
import { addKeyStream } from '../channel/key-stream.js'
import { isSame, mac, purposeKey, SECRET_BYTES } from './sphinx.js'

/** Bytes of every error: MAC (32) ‖ code (2) ‖ zeros. */
export const ERROR_BYTES = 128

/** Why a hop has given up a packet. */
export const OnionFault = {
  /** The next hop is not in its directory, or could not be reached. */
  UNREACHABLE: 1,
  /** The packet was made for a key that is no longer in use. */
  KEY_EXPIRED: 2,
  /** The hop has more to do than it takes on. */
  OVERLOADED: 3,
  /** The hop is no exit. */
  NO_EXIT: 4,
  /** The connection of the inbox tag is gone. */
  NO_INBOX: 5,
} as const
export type OnionFault = (typeof OnionFault)[keyof typeof OnionFault]

/**
 * Creates an error that only the packet's sender can read, and that names the hop: BOLT 4, "Returning Errors".
 *
 * @param secret that the hop shares with the sender.
 * @returns 128 bytes, for the link that the packet came by.
 */
export function createOnionError(secret: Uint8Array, code: number): Uint8Array {
  const text = new Uint8Array(ERROR_BYTES - SECRET_BYTES)
  viewOf(text).setUint16(0, code)
  return passOnionError(secret, joined(mac(purposeKey('um', secret), text), text))
}

/** Encrypts an error on its way back, as each hop does. @param secret that the hop shares with the sender of the packet. */
export function passOnionError(secret: Uint8Array, error: Uint8Array): Uint8Array {
  return addKeyStream(purposeKey('ammag', secret), error)
}

/**
 * Reads an error.
 *
 * @param secrets of the packet's hops, in their order.
 * @returns which hop says it, from 0 up, and its code; undefined where no hop of this path has made it.
 */
export function readOnionError(secrets: readonly Uint8Array[], error: Uint8Array): { hop: number; code: number } | undefined {
  if (error.length !== ERROR_BYTES) return undefined
  let plain = error
  for (const [hop, secret] of secrets.entries()) {
    plain = passOnionError(secret, plain)
    const text = plain.subarray(SECRET_BYTES)
    if (isSame(mac(purposeKey('um', secret), text), plain.subarray(0, SECRET_BYTES))) {
      return { hop, code: viewOf(text).getUint16(0) }
    }
  }
  return undefined
}
