import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { type Aead, opened } from './primitives.js'
import { nodeAead } from './primitives.node.js'

export { AEAD_TAG_BYTES, type Aead } from './primitives.js'
export { nodeAead } from './primitives.node.js'

export const nobleAead: Aead = {
  encrypt: (key, nonce, plaintext, ad) => chacha20poly1305(key, nonce, ad).encrypt(plaintext),
  decrypt: (key, nonce, ciphertext, ad) => opened(() => chacha20poly1305(key, nonce, ad).decrypt(ciphertext)),
}

/** Node's is the faster at every size: 1.2 × noble at 64 B, 2 × at 1 kB, 7 × at 64 kB to encrypt, more to decrypt. */
export const platformAead: Aead = nodeAead ?? nobleAead
