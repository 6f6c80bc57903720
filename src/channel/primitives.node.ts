import * as crypto from 'node:crypto'
import { AEAD_TAG_BYTES, type Aead, contributory, type NoiseKeyPair, opened, type X25519 } from './primitives.js'

/** Undefined in what is built for browsers, and where crypto (Electron's, Bun's, Deno's) lacks a part that we need. */
export const nodeX25519: X25519 | undefined = /* @__PURE__ */ findNodeX25519()

/** Undefined in what is built for browsers, and where crypto lacks this cipher (Electron's BoringSSL). */
export const nodeAead: Aead | undefined = /* @__PURE__ */ findNodeAead()

/** HMAC-SHA256 (RFC 2104): 32 bytes. Node's takes 1.4 µs, ours 3.7 µs; a handshake has twelve on each side. */
export const nodeHmac: ((key: Uint8Array, data: Uint8Array) => Uint8Array) | undefined = (key, data) =>
  new Uint8Array(crypto.createHmac('sha256', key).update(data).digest())

function findNodeX25519(): X25519 | undefined {
  // Importing the private key costs as much as the agreement; the entry goes when its key pair does.
  const imported = new WeakMap<NoiseKeyPair, crypto.KeyObject>()
  // JWK, because Node parses it twelve times faster than DER.
  const base64Url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  const jwk = (x: Uint8Array, d?: Uint8Array) => ({
    format: 'jwk' as const,
    key: { kty: 'OKP', crv: 'X25519', x: base64Url(x), ...(d && { d: base64Url(d) }) },
  })
  const provider: X25519 = {
    generate() {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
      // Both end with the 32 bytes of the key (RFC 8410 §4, §7). Not exported as JWK: in Node 20 that deadlocks the process when a
      // garbage collection falls into it.
      const keys = {
        publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
        secretKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)),
      }
      imported.set(keys, privateKey)
      return keys
    },
    dh: (keys, publicKey) =>
      contributory(() => {
        let privateKey = imported.get(keys)
        if (privateKey === undefined) {
          privateKey = crypto.createPrivateKey(jwk(keys.publicKey, keys.secretKey))
          imported.set(keys, privateKey)
        }
        const shared = crypto.diffieHellman({ privateKey, publicKey: crypto.createPublicKey(jwk(publicKey)) })
        return new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
      }),
  }
  try {
    const keys = provider.generate()
    provider.dh(keys, keys.publicKey)
    return provider
  } catch {
    return undefined
  }
}

function findNodeAead(): Aead | undefined {
  const name = 'chacha20-poly1305'
  const options = { authTagLength: AEAD_TAG_BYTES }
  // Node wants the plaintext length with associated data only for CCM; its types ask for it everywhere.
  const associated = (ad: Uint8Array) => ({ plaintextLength: ad.length })
  // Importing a key anew for each message costs Node 24 three times as much as the encryption of a small one.
  const imported = new WeakMap<Uint8Array, crypto.KeyObject>()
  const keyOf = (key: Uint8Array) => {
    let object = imported.get(key)
    if (object === undefined) {
      object = crypto.createSecretKey(key)
      imported.set(key, object)
    }
    return object
  }
  const provider: Aead = {
    encrypt(key, nonce, plaintext, ad) {
      const cipher = crypto.createCipheriv(name, keyOf(key), nonce, options)
      if (ad?.length) cipher.setAAD(ad, associated(ad))
      const body = cipher.update(plaintext)
      cipher.final()
      const sealed = new Uint8Array(plaintext.length + AEAD_TAG_BYTES)
      sealed.set(body)
      sealed.set(cipher.getAuthTag(), plaintext.length)
      return sealed
    },
    decrypt: (key, nonce, ciphertext, ad) =>
      opened(() => {
        const length = ciphertext.length - AEAD_TAG_BYTES
        const decipher = crypto.createDecipheriv(name, keyOf(key), nonce, options)
        decipher.setAuthTag(ciphertext.subarray(length))
        if (ad?.length) decipher.setAAD(ad, associated(ad))
        const body = decipher.update(ciphertext.subarray(0, length))
        // Throws unless the tag is right, so that the bytes above never leave unauthenticated.
        decipher.final()
        return new Uint8Array(body.buffer, body.byteOffset, body.length)
      }),
  }
  try {
    const key = new Uint8Array(32)
    const nonce = new Uint8Array(12)
    provider.decrypt(key, nonce, provider.encrypt(key, nonce, nonce, nonce), nonce)
    return provider
  } catch {
    return undefined
  }
}
