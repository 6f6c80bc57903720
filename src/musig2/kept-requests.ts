import { encode } from '../message/codec.js'
import { array, bytes, int, oneOf, optional, type Shaped, shaped, tuple } from '../message/shape.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { decodedOf } from './request.js'
import type { SigningSession } from './signing-session.js'

const REQUESTS = 'musig2/request/'
const HISTORY = 'musig2/history/'
const keptShape = /* @__PURE__ */ (() => tuple(oneOf(1), bytes(), int(0), oneOf(0, 1), optional(array(bytes(64)))))()

/** A request as a reload finds it. Nothing of a session is in it: no nonce, no name, nothing that was drawn. */
export type KeptRequest = Shaped<typeof keptShape>

/** What the store holds of a request; undefined for other bytes. */
export function readKept(stored: Uint8Array | undefined): KeptRequest | undefined {
  return shaped(keptShape, decodedOf(stored))
}

/** Requests that live, and what became of others, in the coordinator's store. */
export class KeptRequests {
  constructor(
    private readonly store: KeyValueStore,
    private readonly maxHistory: number,
  ) {}

  keep(id: string, ...[request, from, isAccepted, signatures]: [Uint8Array, number, boolean, readonly Uint8Array[] | undefined]) {
    return this.store.set(REQUESTS + id, encode([1, request, from, isAccepted ? 1 : 0, ...(signatures ? [[...signatures]] : [])]))
  }

  /** Those that can be read; the others go. */
  async load(): Promise<KeptRequest[]> {
    return this.read(await this.store.keys(REQUESTS), readKept)
  }

  /** @param at when it ended, milliseconds since the Unix epoch. */
  async end(id: string, at: number, { failure, ...rest }: SigningSession): Promise<void> {
    await this.store.delete(REQUESTS + id)
    // Evidence is kept where it is verified.
    const kept = failure === undefined ? rest : { ...rest, failure: { ...failure, evidence: undefined } }
    await this.store.set(`${HISTORY}${String(at).padStart(16, '0')}/${id}`, encode(kept))
    const keys = (await this.store.keys(HISTORY)).sort()
    for (const key of keys.slice(0, Math.max(0, keys.length - this.maxHistory))) await this.store.delete(key)
  }

  /** What became of requests, the latest first. */
  async history(): Promise<SigningSession[]> {
    const keys = (await this.store.keys(HISTORY)).sort().reverse()
    return this.read(keys, (stored) => decodedOf(stored) as SigningSession | undefined)
  }

  private async read<T>(keys: readonly string[], of: (stored: Uint8Array | undefined) => T | undefined): Promise<T[]> {
    const found: T[] = []
    for (const key of keys) {
      const read = of(await this.store.get(key))
      if (read !== undefined) found.push(read)
      else await this.store.delete(key)
    }
    return found
  }
}
