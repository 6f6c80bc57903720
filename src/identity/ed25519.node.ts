import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { isAcceptable, pkcs8, type SyncEd25519Provider } from './ed25519-provider.js'

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
      // As JWK: ten times faster to import than DER.
      const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }
      return verify(null, message, { key, format: 'jwk' }, signature)
    } catch {
      return false
    }
  },
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  // Node takes any Uint8Array here; its types say Buffer.
  return createPrivateKey({ key: pkcs8(seed) as never, format: 'der', type: 'pkcs8' })
}
