import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { BoundedMap } from '../base/bounded-map.js'
import { untraced } from '../base/untraced.js'
import { isAcceptable, pkcs8, type SyncEd25519Provider } from './ed25519-provider.js'

/** Public keys that are kept imported, about a kilobyte each. */
const MAX_IMPORTED = 1_024
/** By the key in base64url, the longest unused first. To import a key takes Node 24 a third of what a check of a signature does. */
const imported = /* @__PURE__ */ new BoundedMap<string, KeyObject>(MAX_IMPORTED)

/** Ed25519 of node:crypto; undefined in what is built for browsers. Node 20 prints a warning for WebCrypto's, and not for this. */
export const nodeEd25519: SyncEd25519Provider | undefined = {
  name: 'node',
  // Not as JWK: in Node 20 that export deadlocks the process when a garbage collection falls into it.
  publicKey: (seed) => new Uint8Array(createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(-32)),
  signer(seed) {
    const key = privateKeyOf(seed)
    return (bytes) => new Uint8Array(sign(null, bytes, key))
  },
  verify(signature, message, publicKey) {
    if (!isAcceptable(signature, message, publicKey)) return false
    try {
      return verify(null, message, publicKeyOf(publicKey), signature)
    } catch {
      return false
    }
  },
}

function publicKeyOf({ buffer, byteOffset, length }: Uint8Array): KeyObject {
  const x = Buffer.from(buffer, byteOffset, length).toString('base64url')
  // As JWK: ten times faster to import than DER.
  return imported.use(x, () => untraced(() => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })))
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  // Node takes any Uint8Array here; its types say Buffer.
  return createPrivateKey({ key: pkcs8(seed) as never, format: 'der', type: 'pkcs8' })
}
