// In the place of src/identity/peer-id.ts: thousands of nodes in one process work out the same ids.
import { decodePeerId as decode, encodePeerId as encode, isPeerId as isId } from '../../../src/identity/peer-id.js'

export * from '../../../src/identity/peer-id.js'

const MAX_DECODED = 100_000
const ids = new WeakMap<Uint8Array, string>()
const keys = new Map<string, Uint8Array>()

export function encodePeerId(publicKey: Uint8Array): string {
  let id = ids.get(publicKey)
  if (id === undefined) {
    id = encode(publicKey)
    ids.set(publicKey, id)
    if (keys.size >= MAX_DECODED) keys.clear()
    if (!keys.has(id)) keys.set(id, publicKey)
  }
  return id
}

export function decodePeerId(id: string): Uint8Array {
  return keys.get(id) ?? decode(id)
}

export function isPeerId(text: unknown): text is string {
  return keys.has(text as string) || isId(text)
}
