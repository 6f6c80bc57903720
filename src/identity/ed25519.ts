import { fromBase64Url } from '../base/base64url.js'
import { identityFailed, type P2PError } from '../base/errors.js'
import { nodeEd25519 } from './ed25519.node.js'
import { type Ed25519Provider, isAcceptable, pkcs8, type SyncEd25519Provider } from './ed25519-provider.js'

export { PUBLIC_KEY_BYTES, SEED_BYTES, SIGNATURE_BYTES } from './ed25519-provider.js'

/**
 * True if the signature (64 bytes) over the message was made with the key of `publicKey` (32 bytes). Anything malformed is
 * false. Answers at once in Node, with a promise in browsers.
 *
 * Two peers that disagree on a signature disagree on what is true, so every platform decides by the same rules, stricter
 * than RFC 8032 §5.1.7 where implementations differ (see "Taming the many EdDSAs", Chalkias et al., 2020): S < L, A and R
 * canonical and not of small order, and the equation without cofactor, [S]B = R + [k]A, as node:crypto and WebCrypto do.
 *
 * @throws P2PError IDENTITY_FAILED, as a rejection, where no implementation of Ed25519 exists.
 */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean> {
  if (nodeEd25519 !== undefined) return nodeEd25519.verify(signature, message, publicKey)
  return preferredProvider().then((provider) => provider.verify(signature, message, publicKey))
}

let fallback: SyncEd25519Provider | undefined
let webCrypto: Promise<boolean> | undefined

/** The implementation for browsers whose WebCrypto has no Ed25519. The core ships none; `lotus-p2p` gives noble's. */
export function useEd25519Fallback(implementation: SyncEd25519Provider | undefined): void {
  fallback = implementation
}

/**
 * node:crypto in Node; else WebCrypto where it knows Ed25519, found out once; else the fallback.
 *
 * @throws P2PError IDENTITY_FAILED, as a rejection, where none of them exists.
 */
export async function preferredProvider(): Promise<Ed25519Provider> {
  // WebCrypto is not even looked at in Node: version 20 prints a warning for its Ed25519.
  if (nodeEd25519 !== undefined) return nodeEd25519
  webCrypto ??= webCryptoWorks()
  return (await webCrypto) ? webCryptoEd25519 : fallbackOr(noEd25519)
}

/** The fallback, or the error where there is none. */
export function fallbackOr(error: (cause?: unknown) => P2PError, cause?: unknown): SyncEd25519Provider {
  if (fallback === undefined) throw error(cause)
  return fallback
}

export function noEd25519(cause?: unknown): P2PError {
  return identityFailed('WebCrypto has no Ed25519 here. Import lotus-p2p instead of lotus-p2p/core.', cause)
}

export const webCryptoEd25519: Ed25519Provider = {
  name: 'webcrypto',
  async publicKey(seed) {
    // WebCrypto derives a public key in this export alone; the key that can be exported goes when this returns.
    const key = await crypto.subtle.importKey('pkcs8', pkcs8(seed), 'Ed25519', true, ['sign'])
    return fromBase64Url((await crypto.subtle.exportKey('jwk', key)).x as string)
  },
  async signer(seed) {
    const key = await crypto.subtle.importKey('pkcs8', pkcs8(seed), 'Ed25519', false, ['sign'])
    return (bytes) => webCryptoSign(key, bytes)
  },
  async verify(signature, message, publicKey) {
    if (!isAcceptable(signature, message, publicKey)) return false
    try {
      const key = await crypto.subtle.importKey('raw', source(publicKey), 'Ed25519', true, ['verify'])
      return await crypto.subtle.verify('Ed25519', key, source(signature), source(message))
    } catch {
      return false
    }
  },
}

/** A fresh key that no script can read: the private half is a non-extractable CryptoKey. WebCrypto only. */
export async function generateCryptoKey(): Promise<{ publicKey: Uint8Array; privateKey: CryptoKey }> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  return { publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), privateKey: pair.privateKey }
}

export async function webCryptoSign(key: CryptoKey, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, source(bytes)))
}

/** Whether WebCrypto verifies RFC 8032 §7.1 test 1, refuses it for another message, and can make keys. */
async function webCryptoWorks(): Promise<boolean> {
  try {
    const publicKey = fromBase64Url('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')
    const signature = fromBase64Url('5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw')
    const works = await webCryptoEd25519.verify(signature, new Uint8Array(0), publicKey)
    if (!works || (await webCryptoEd25519.verify(signature, new Uint8Array(1), publicKey))) return false
    await generateCryptoKey()
    return true
  } catch {
    return false
  }
}

/** WebCrypto's types ask for bytes that are not shared between threads; it checks that itself. */
function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
