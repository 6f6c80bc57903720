import { equalBytes } from '../../base/bytes.js'
import { BATCH_PREKEYS } from '../messages.js'

/** A batch of prekeys as its owner has signed it. */
export interface SignedBatch {
  /** See `readPrekeyBatch`. */
  batch: Uint8Array
  /** Of the owner's identity, which the relay need not know: senders check it. 64 bytes. */
  signature: Uint8Array
  /** 8 bytes. */
  generation: Uint8Array
  /** Milliseconds since 1970, by the owner's clock. */
  madeAt: number
}

/** One prekey of a batch. */
export interface Prekey {
  batch: Uint8Array
  signature: Uint8Array
  /** Its place in the batch. */
  index: number
}

/** A batch, and the first of its prekeys that nobody has got. */
export type PiledBatch = SignedBatch & { next: number }

/** With another batch: those of another generation go, and the oldest beyond `max`. A batch that is there stays as it is. */
export function withBatch(pile: readonly PiledBatch[], added: SignedBatch, max: number): readonly PiledBatch[] {
  if (pile.some(({ batch }) => equalBytes(batch, added.batch))) return pile
  const same = pile.filter(({ generation }) => equalBytes(generation, added.generation))
  return [...same, { ...added, next: 0 }].slice(-max)
}

/** Takes a prekey from the oldest batch that still counts; undefined where fewer than `min` are left. */
export function withoutOne(
  pile: readonly PiledBatch[],
  min: number,
  madeAfter: number,
): { pile: readonly PiledBatch[]; prekey: Prekey } | undefined {
  const good = pile.filter(({ madeAt }) => madeAt >= madeAfter)
  const [oldest, ...rest] = good
  if (oldest === undefined || prekeysLeft(good) < Math.max(1, min)) return undefined
  const { batch, signature, next } = oldest
  const left = next + 1 < BATCH_PREKEYS ? [{ ...oldest, next: next + 1 }] : []
  return { pile: [...left, ...rest], prekey: { batch, signature, index: next } }
}

export function prekeysLeft(pile: readonly PiledBatch[]): number {
  return pile.reduce((sum, { next }) => sum + BATCH_PREKEYS - next, 0)
}
