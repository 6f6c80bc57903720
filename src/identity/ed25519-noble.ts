import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import { equalBytes, hexOf } from '../base/bytes.js'
import { isAcceptable, type SyncEd25519Provider } from './ed25519-provider.js'
import { sha512 } from './sha512.js'

/** Ed25519 for browsers whose WebCrypto has none. Deriving a public key takes about 20 ms in a tab. */
export const nobleEd25519: SyncEd25519Provider = {
  name: 'noble',
  publicKey: (seed) => hashed(() => getPublicKey(seed)),
  signer(seed) {
    const own = seed.slice()
    return (bytes) => hashed(() => sign(bytes, own))
  },
  verify(signature, message, publicKey) {
    if (!isAcceptable(signature, message, publicKey)) return false
    try {
      // noble's own verify multiplies by the cofactor; the native implementations do not, and would refuse what it accepts.
      const R = signature.subarray(0, 32)
      const k = sha512(R, publicKey, message)
      const kA = Point.fromBytes(publicKey).multiplyUnsafe(littleEndian(k) % GROUP_ORDER)
      return equalBytes(
        Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32)))
          .subtract(kA)
          .toBytes(),
        R,
      )
    } catch {
      return false
    }
  },
}

/** L of RFC 8032 §5.1. */
const GROUP_ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn

/** @noble/ed25519 leaves its SHA-512 to be chosen; set at each use, so that importing the SDK changes nothing. */
function hashed<T>(work: () => T): T {
  hashes.sha512 = sha512
  return work()
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexOf(bytes.slice().reverse())}`)
}
