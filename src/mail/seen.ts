import { bytesOfHex, hexOf, joined } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import { sha256 } from '../base/sha256.js'
import { bytes, tuple } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import type { StoreChange } from '../storage/key-value-store.js'
import type { MailState } from './state.js'

const PREFIX = 'seen/'
const ID_BYTES = 16
/** Ids in one entry: an entry is written anew with each of its changes. */
const CHUNK_IDS = 256
const DAY_MS = 86_400_000
const DIGITS = 6

const entryShape = /* @__PURE__ */ (() => tuple(bytes()))()

/** What became of a message: its handlers run, or ran when the process ended; or they are through. */
export type SeenState = 'delivering' | 'done'

interface Chunk {
  readonly key: string
  readonly day: number
  /** The states, by id in hex. */
  readonly ids: Map<string, SeenState>
}

/** What messages are known by: first 16 bytes of the SHA-256 of the sender's key (32) and the message id, in hex. */
export function seenIdOf(sender: Uint8Array, messageId: string): string {
  return hexOf(sha256(sender, new TextEncoder().encode(messageId)).subarray(0, ID_BYTES))
}

/**
 * Ids of letters and messages that have come, in the store: `seen/<day>/<i>` → version, 256 times id (16 bytes) and state (1 byte). What is
 * not in it may come again, so an id is kept for longer than any letter may be old.
 */
export class Seen {
  private readonly chunks = new Map<string, Chunk>()
  private readonly at = new Map<string, Chunk>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Required<Limits>,
    private readonly state: MailState,
  ) {}

  get size(): number {
    return this.at.size
  }

  get isFull(): boolean {
    return this.at.size >= this.limits.maxSeenMail
  }

  async load(): Promise<void> {
    this.chunks.clear()
    this.at.clear()
    const found = await this.state.read(PREFIX, entryShape, ([all], key): Chunk => {
      const ids = new Map<string, SeenState>()
      for (let i = 0; i + ID_BYTES < all.length; i += ID_BYTES + 1) {
        ids.set(hexOf(all.subarray(i, i + ID_BYTES)), all[i + ID_BYTES] === 1 ? 'done' : 'delivering')
      }
      return { key, day: Number(key.split('/')[1]), ids }
    })
    for (const chunk of found) {
      this.chunks.set(chunk.key, chunk)
      for (const id of chunk.ids.keys()) this.at.set(id, chunk)
    }
  }

  /** @param id 32 digits of hex. */
  get(id: string): SeenState | undefined {
    return this.at.get(id)?.ids.get(id)
  }

  /** @param sentAt the sender's date, milliseconds since the Unix epoch: an id is kept from the later of it and now. @returns what writes it. */
  set(ids: readonly string[], state: SeenState, sentAt: number): StoreChange[] {
    const touched = new Set<Chunk>()
    for (const id of ids) {
      let chunk = this.at.get(id)
      if (chunk === undefined) {
        chunk = this.open(Math.floor(Math.max(sentAt, this.clock.now()) / DAY_MS))
        this.at.set(id, chunk)
      }
      chunk.ids.set(id, state)
      touched.add(chunk)
    }
    return [...touched].map(changeOf)
  }

  /** Forgets what is too old to come again. @returns what deletes it. */
  expire(): StoreChange[] {
    const changes: StoreChange[] = []
    for (const chunk of this.chunks.values()) {
      if (this.clock.now() - (chunk.day + 1) * DAY_MS < this.limits.seenMailMs) continue
      this.chunks.delete(chunk.key)
      for (const id of chunk.ids.keys()) this.at.delete(id)
      changes.push({ key: chunk.key, delete: true })
    }
    return changes
  }

  private open(day: number): Chunk {
    let i = 0
    for (;;) {
      const key = `${PREFIX}${String(day).padStart(DIGITS, '0')}/${String(i++).padStart(DIGITS, '0')}`
      const known = this.chunks.get(key)
      if (known !== undefined && known.ids.size >= CHUNK_IDS) continue
      const chunk = known ?? { key, day, ids: new Map() }
      this.chunks.set(key, chunk)
      return chunk
    }
  }
}

function changeOf({ key, ids }: Chunk): StoreChange {
  const parts = [...ids].map(([id, state]) => joined(bytesOfHex(id), Uint8Array.of(state === 'done' ? 1 : 0)))
  return { key, value: stateOf(joined(...parts)) }
}
