import type { Limits } from '../base/limits.js'
import { decode } from './decoder.js'
import { encode } from './encoder.js'

export { decode, encode }

/** The value as it would arrive: what its owner changes later does not count. @throws P2PError UNSERIALIZABLE_PAYLOAD. */
export function asSent<T>(value: T, limits: Limits): T {
  return value === undefined ? value : (decode(encode(value, limits), limits) as T)
}
