// In the place of src/plugins/dht/records/record.ts: thousands of nodes in one process decode the same records.
import type { Limits } from '../../../src/base/limits.js'
import { decodeRecord as decode, type RecordEntry } from '../../../src/plugins/dht/records/record.js'

export * from '../../../src/plugins/dht/records/record.js'

/** By the signature in what was decoded, and in what came of it: nobody writes into either. */
const records = new WeakMap<Uint8Array, RecordEntry>()
const sources = new WeakMap<RecordEntry, { key: Uint8Array; payload: Uint8Array }>()

export function decodeRecord(wire: unknown, limits: Limits, network: string): RecordEntry {
  const [key, payload, signature] = Array.isArray(wire) ? (wire as Uint8Array[]) : []
  const known = signature instanceof Uint8Array ? records.get(signature) : undefined
  if (known !== undefined) {
    const source = sources.get(known)!
    const isSame = source.key === key && source.payload === payload
    if (isSame || (known.publicKey === key && known.payload === payload)) return known
  }
  const entry = decode(wire, limits, network)
  records.set(signature!, entry)
  if (entry.signature !== undefined) records.set(entry.signature, entry)
  sources.set(entry, { key: key!, payload: payload! })
  return entry
}
