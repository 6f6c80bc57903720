import { compareBytes, equalBytes } from '../base/bytes.js'
import { sha256 } from '../base/sha256.js'

/** In which order members act where one has to begin: an order, and no power. */
export type Election = 'hash' | 'lexicographic' | 'first' | 'last'

/**
 * Wallet keys in the order in which their owners act.
 *
 * @param keys 33 bytes each, in the order of the request.
 * @param method `'hash'`: by SHA-256 of seed ‖ key, another order for each seed; `'lexicographic'`: by the keys; `'first'`: as given; `'last'`: reversed.
 * @param seed what all members know, such as the hash of the request.
 * @example
 * const [first] = electionOrder(keys, 'hash', session)
 */
export function electionOrder(keys: readonly Uint8Array[], method: Election, seed: Uint8Array): Uint8Array[] {
  const ordered = [...keys]
  if (method === 'last') return ordered.reverse()
  if (method === 'first') return ordered
  const names = new Map(keys.map((key) => [key, method === 'hash' ? sha256(seed, key) : key]))
  return ordered.sort((one, other) => compareBytes(names.get(one)!, names.get(other)!))
}

/** The place of a key in the order. */
export function rankOf(key: Uint8Array, keys: readonly Uint8Array[], method: Election, seed: Uint8Array): number {
  return electionOrder(keys, method, seed).findIndex((each) => equalBytes(each, key))
}
