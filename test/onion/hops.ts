import { MAILBOX_LIMITS } from '../../src/base/limits/mailbox.js'
import { ONION_LIMITS } from '../../src/base/limits/onion.js'
import { limitsOf } from '../../src/base/limits.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import type { Hop } from '../../src/onion/hop.js'
import type { HopRecord } from '../../src/onion/messages.js'

export const limits = limitsOf({ ...MAILBOX_LIMITS, ...ONION_LIMITS }) as never

export const DAY_MS = 86_400_000
/** A date in the middle of an epoch. */
export const NOON = 20_000 * DAY_MS + DAY_MS / 2

/** The key of the nth hop. */
export const keyOf = (n: number) => {
  const key = new Uint8Array(32).fill(7)
  new DataView(key.buffer).setUint32(0, n)
  return key
}

export function recordOf(n: number, more: Partial<HopRecord> = {}): HopRecord {
  return {
    v: 1,
    address: `wss://hop.operator${n % 4}.example`,
    keys: [[20_000, keyOf(n)]],
    family: [],
    rate: 3,
    exit: ['ping', 'find'],
    bits: {},
    up: 1,
    ...more,
  }
}

export function hopOf(n: number, more: Partial<HopRecord> = {}): Hop {
  const publicKey = keyOf(n)
  return {
    id: encodePeerId(publicKey),
    publicKey,
    record: recordOf(n, more),
    firstSeenAt: 0,
    toldAt: NOON,
    tellers: 3,
    history: 2 ** 24 - 1,
  }
}

export const groupOf = ({ record: { address } }: Hop) => address
