import type { NoiseKeyPair } from '../../src/channel/x25519.js'
import { keyPairOf } from '../../src/mail/hpke.js'
import type { PathHop } from '../../src/onion/packet.js'

/** A hop with its keys. */
export interface TestHop extends PathHop {
  keys: NoiseKeyPair
}

/** Hops with keys that are the same each time. @param delayMs of each. */
export function hopsOf(count: number, delayMs = 0): TestHop[] {
  return Array.from({ length: count }, (_, i) => {
    const keys = keyPairOf(new Uint8Array(32).fill(i + 1))
    return { id: new Uint8Array(32).fill(0xa0 + i), key: keys.publicKey, delayMs: delayMs * (i + 1), keys }
  })
}

/** The bytes with another one at this place. */
export function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = byte
  return changed
}
