import type { SyncEd25519Provider } from './ed25519-provider.js'

/** None in Node, which has Ed25519 of its own; noble's in what is built for browsers. */
export const ed25519Fallback: SyncEd25519Provider | undefined = undefined
