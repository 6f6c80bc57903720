import { chaCha20Poly1305 } from './chacha20-poly1305.js'
import type { Aead } from './primitives.js'
import { nodeAead } from './primitives.node.js'

export { chaCha20Poly1305 } from './chacha20-poly1305.js'
export { AEAD_TAG_BYTES, type Aead } from './primitives.js'
export { nodeAead } from './primitives.node.js'

/** Node's is the faster at every size. */
export const platformAead: Aead = nodeAead ?? chaCha20Poly1305
