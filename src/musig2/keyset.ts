import { equalBytes } from '../base/bytes.js'
import { invalid } from '../lotus/curve.js'
import { hash160 } from '../lotus/hash.js'
import { p2pkhScript, readScript, taprootScript } from '../lotus/script.js'
import { NO_SCRIPTS, type TaprootTweak, tweakOf } from '../lotus/taproot.js'
import { type Aggregation, addKeys, sortKeys } from './key-agg.js'
import type { SigningKey } from './session-math.js'

/** Public keys that pay together, and how. All that is needed to find the address again. */
export interface Keyset {
  /** 33 bytes each, 2 to 32, all different. */
  keys: readonly Uint8Array[]
  /** Default `'lotus'`: sorted, and the address that xpi-ts finds. `'bip327'` takes the order as given. */
  aggregation?: Aggregation
  /** A Taproot output that the key alone can spend, or one with scripts, by the root of their tree (32 bytes). Default: P2PKH. */
  taproot?: boolean | Uint8Array
}

/** The one key of a keyset. */
export interface KeysetKey {
  /** The key that is on the chain: 33 bytes. */
  readonly publicKey: Uint8Array
  /** scriptPubKey; that of Taproot without a state. */
  readonly script: Uint8Array
  /** The place of each of `Keyset.keys` among the signers. */
  readonly places: readonly number[]
  /** What signs. @internal */
  readonly signingKey: SigningKey
}

export const MAX_SIGNERS = 32

/**
 * Adds up the keys of a keyset.
 *
 * @throws P2PError INVALID_TRANSACTION for keys that are none, too few, too many, or the same twice.
 * @example
 * const { script } = aggregateKeys({ keys: [mine, bobs, carols] }) // pay to it, and three have to sign
 */
export function aggregateKeys(keyset: Keyset): KeysetKey {
  const { keys, aggregation = 'lotus', taproot = false } = keyset
  if (keys.length < 2 || keys.length > MAX_SIGNERS) throw invalid(`A keyset has 2 to ${MAX_SIGNERS} keys.`)
  const sorted = sortKeys(keys)
  if (sorted.some((key, i) => i > 0 && equalBytes(key, sorted[i - 1]!))) throw invalid('A keyset has no key twice.')
  const ordered = aggregation === 'lotus' ? sorted : [...keys]
  const aggregated = addKeys(ordered, aggregation)
  const places = keys.map((key) => ordered.findIndex((each) => equalBytes(each, key)))
  const { point: untweaked } = aggregated
  const { tweak, commitment: point }: TaprootTweak =
    taproot === false ? { tweak: 0n, commitment: untweaked } : tweakOf(untweaked, taproot === true ? NO_SCRIPTS : taproot)
  const publicKey = point.toBytes(true)
  const script = (taproot === false ? p2pkhScript : taprootScript)(publicKey)
  return {
    publicKey,
    script,
    places,
    signingKey: { aggregated, point, factor: 1n, tweak, isTweakedByFirst: aggregation === 'lotus' },
  }
}

/** Whether an output pays to this key, with whatever state. */
export function paysTo(script: Uint8Array, { publicKey, script: own }: KeysetKey): boolean {
  const known = readScript(script)
  if (known?.kind === 'taproot') return readScript(own)?.kind === 'taproot' && equalBytes(known.publicKey, publicKey)
  return known?.kind === 'p2pkh' && readScript(own)?.kind === 'p2pkh' && equalBytes(known.keyHash, hash160(publicKey))
}
