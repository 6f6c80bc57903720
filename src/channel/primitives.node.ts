import * as crypto from 'node:crypto'
import { equalBytes } from '../base/bytes.js'
import { untraced } from '../base/untraced.js'
import { AEAD_TAG_BYTES, type Aead, contributory, type NoiseKeyPair, opened, type X25519 } from './primitives.js'

/** Undefined in what is built for browsers, and where crypto (Electron's, Bun's, Deno's) lacks a part that we need. */
export const nodeX25519: X25519 | undefined = /* @__PURE__ */ findNodeX25519()

/** Undefined in what is built for browsers, and where crypto lacks this cipher (Electron's BoringSSL). */
export const nodeAead: Aead | undefined = /* @__PURE__ */ findNodeAead()

/**
 * HMAC-SHA256 (RFC 2104): 32 bytes. Node 24 takes 4.5 µs with a key object, and 17 µs with bytes, of which it makes one first; Node 20 takes
 * twice as long with a key object as with bytes. Ours takes 6.5 µs; a handshake has twelve on each side.
 */
export const nodeHmac: ((key: Uint8Array, data: Uint8Array) => Uint8Array) | undefined = (key, data) => {
  const keyed = crypto.createHmac('sha256', takesBytes() ? key : crypto.createSecretKey(key))
  return new Uint8Array(keyed.update(data).digest())
}

function takesBytes(): boolean {
  return Number.parseInt(process.versions.node, 10) < 24
}

/**
 * ChaCha20 (RFC 8439 §2.4) with counter and nonce zero: the bytes with the key stream added. Undefined in what is built for browsers, and
 * where crypto lacks this cipher (Electron's BoringSSL).
 */
export const nodeChaCha20: ((key: Uint8Array, data: Uint8Array) => Uint8Array) | undefined = /* @__PURE__ */ findNodeChaCha20()

function findNodeChaCha20() {
  // OpenSSL takes the counter, 4 bytes, and the nonce as one.
  const start = new Uint8Array(16)
  const provider = (key: Uint8Array, data: Uint8Array) => {
    const { buffer, byteOffset, length } = crypto.createCipheriv('chacha20', key, start).update(data)
    return new Uint8Array(buffer, byteOffset, length)
  }
  try {
    provider(new Uint8Array(32), start)
    return provider
  } catch {
    return undefined
  }
}

function findNodeX25519(): X25519 | undefined {
  const made = madeX25519()
  if (made !== undefined) return made
  // Raw, which recent versions of Node 24 know; or in DER, of which both end with the 32 bytes of the key (RFC 8410 §4, §7), and the writing
  // takes 44 µs. Not as JWK: in Node 20 that export deadlocks the process when a garbage collection falls into it.
  const spki = { format: 'der', type: 'spki' }
  for (const [ofPublic, ofPrivate] of [
    [{ format: 'raw-public' }, { format: 'raw-private' }],
    [spki, { ...spki, type: 'pkcs8' }],
  ] as const) {
    const provider = nodeX25519Of(ofPublic, ofPrivate)
    try {
      const keys = provider.generate()
      provider.dh(keys, keys.publicKey)
      return provider
    } catch {
      // This platform has no such export, or no X25519 at all.
    }
  }
  return undefined
}

/**
 * Pairs of a random secret key, and of the agreement of it with the base point (RFC 7748 §6.1): a third of the time of a pair of Node's, of which
 * both keys have to be written out. Undefined where Node takes no private key whose public half it does not know yet.
 */
function madeX25519(): X25519 | undefined {
  try {
    const imported = new WeakMap<NoiseKeyPair, crypto.KeyObject>()
    const base = Uint8Array.of(9, ...new Uint8Array(31))
    const basePoint = crypto.createPublicKey(jwk(base))
    const provider: X25519 = {
      generate() {
        const secretKey = crypto.getRandomValues(new Uint8Array(32))
        // A public half is asked for, and not looked at.
        const privateKey = crypto.createPrivateKey(jwk(base, secretKey))
        const publicKey = new Uint8Array(crypto.diffieHellman({ privateKey, publicKey: basePoint }))
        const keys = { publicKey, secretKey }
        imported.set(keys, privateKey)
        return keys
      },
      dh: agreement(imported),
    }
    // Two pairs agree, and so does a pair that is imported whole.
    const [a, b] = [provider.generate(), provider.generate()]
    const shared = provider.dh(a, b.publicKey)
    const isSame = (other: Uint8Array) => other.every((byte, i) => byte === shared[i])
    return isSame(provider.dh(b, a.publicKey)) && isSame(provider.dh({ ...b }, a.publicKey)) ? provider : undefined
  } catch {
    return undefined
  }
}

function nodeX25519Of(ofPublic: object, ofPrivate: object): X25519 {
  const imported = new WeakMap<NoiseKeyPair, crypto.KeyObject>()
  // Node's types do not know the raw formats.
  const exported = (key: crypto.KeyObject, form: object) =>
    new Uint8Array(key.export(form as crypto.KeyExportOptions<'der'>).subarray(-32))
  return {
    generate() {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
      const keys = { publicKey: exported(publicKey, ofPublic), secretKey: exported(privateKey, ofPrivate) }
      imported.set(keys, privateKey)
      return keys
    },
    dh: agreement(imported),
  }
}

/** @param imported private keys: importing one costs as much as the agreement, and an entry goes when its key pair does. */
function agreement(imported: WeakMap<NoiseKeyPair, crypto.KeyObject>): X25519['dh'] {
  // A hop of the onion agrees twice with one element.
  let last: { bytes: Uint8Array; key: crypto.KeyObject } | undefined
  const publicKeyOf = (bytes: Uint8Array) => {
    if (last === undefined || !equalBytes(last.bytes, bytes)) {
      last = { bytes: bytes.slice(), key: untraced(() => crypto.createPublicKey(jwk(bytes))) }
    }
    return last.key
  }
  return (keys, publicKey) =>
    contributory(() => {
      let privateKey = imported.get(keys)
      if (privateKey === undefined) {
        privateKey = crypto.createPrivateKey(jwk(keys.publicKey, keys.secretKey))
        imported.set(keys, privateKey)
      }
      const shared = crypto.diffieHellman({ privateKey, publicKey: publicKeyOf(publicKey) })
      return new Uint8Array(shared.buffer, shared.byteOffset, shared.length)
    })
}

/** JWK, because Node parses it twelve times faster than DER. */
function jwk(x: Uint8Array, d?: Uint8Array) {
  const base64Url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  return { format: 'jwk' as const, key: { kty: 'OKP', crv: 'X25519', x: base64Url(x), ...(d && { d: base64Url(d) }) } }
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
      const { length } = plaintext
      const sealed = new Uint8Array(length + AEAD_TAG_BYTES)
      sealed.set(body)
      sealed.set(cipher.getAuthTag(), length)
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
