import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

// HPKE by libraries of others, written down from RFC 9180 once more, to hold ours against.

const KEM = concatBytes(utf8ToBytes('KEM'), Uint8Array.of(0, 0x20))
const SUITE = concatBytes(utf8ToBytes('HPKE'), Uint8Array.of(0, 0x20, 0, 1, 0, 3))
const none = new Uint8Array(0)

const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array) =>
  extract(sha256, concatBytes(utf8ToBytes('HPKE-v1'), suite, utf8ToBytes(label), ikm), salt)
const labeledExpand = (suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number) =>
  expand(
    sha256,
    prk,
    concatBytes(Uint8Array.of(length >> 8, length & 255), utf8ToBytes('HPKE-v1'), suite, utf8ToBytes(label), info),
    length,
  )

function schedule(dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array, info: Uint8Array) {
  const shared = labeledExpand(KEM, labeledExtract(KEM, none, 'eae_prk', dh), 'shared_secret', concatBytes(enc, publicKey), 32)
  const hashes = [labeledExtract(SUITE, none, 'psk_id_hash', none), labeledExtract(SUITE, none, 'info_hash', info)]
  const context = concatBytes(Uint8Array.of(0), ...hashes)
  const secret = labeledExtract(SUITE, shared, 'secret', none)
  return { key: labeledExpand(SUITE, secret, 'key', context, 32), nonce: labeledExpand(SUITE, secret, 'base_nonce', context, 12) }
}

export function nobleSeal(publicKey: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array) {
  const secret = x25519.utils.randomSecretKey()
  const enc = x25519.getPublicKey(secret)
  const { key, nonce } = schedule(x25519.getSharedSecret(secret, publicKey), enc, publicKey, info)
  return { enc, ciphertext: chacha20poly1305(key, nonce, aad).encrypt(plaintext) }
}

export function nobleOpen(secretKey: Uint8Array, enc: Uint8Array, info: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array) {
  const { key, nonce } = schedule(x25519.getSharedSecret(secretKey, enc), enc, x25519.getPublicKey(secretKey), info)
  return chacha20poly1305(key, nonce, aad).decrypt(ciphertext)
}
