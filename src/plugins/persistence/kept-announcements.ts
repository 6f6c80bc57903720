import { hexOf } from '../../base/bytes.js'
import { isP2PError } from '../../base/errors.js'
import { sha256 } from '../../base/sha256.js'
import type { PluginKit } from '../../core/plugin.js'
import { boolean, int, number, parsed, present, text, tuple } from '../../message/shape.js'
import type { RecordJournal } from '../dht/client/hash-table.js'
import { dhtOf } from '../dht/client/plugin.js'
import { publisherOf, recordValue, type VerifiedRecord } from '../dht/records/record.js'
import { readState, stateOf } from './state-format.js'
import type { StateWriter } from './state-writer.js'

const PREFIX = 'announce/'

const entryShape = /* @__PURE__ */ (() => tuple(text(), number(0), int(0), number(0), boolean(), present))()

interface Kept {
  key: string
  ttl: number
  sequence: number
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
  /** Whether it is announced anew. */
  isAlive: boolean
  value: unknown
}

/**
 * What we have announced, in the store: `announce/<SHA-256 of the key>` → version, key, ttl (s), sequence, end (ms), whether it is kept alive,
 * value. Sequences go on where they were, whatever the clock says.
 */
export class KeptAnnouncements implements RecordJournal {
  private isOpen = false
  /** Made before the store was ours. */
  private readonly early = new Map<string, [entry: VerifiedRecord, republish: boolean]>()

  constructor(
    private readonly kit: PluginKit,
    private readonly writer: StateWriter,
  ) {}

  /** The store may be another process's from here on. */
  suspend(): void {
    this.isOpen = false
  }

  async load(): Promise<number> {
    const { clock, store, logger, publicKey } = this.kit
    const publisher = publisherOf(publicKey)
    const { dht } = dhtOf(this.kit)
    const { found, bad } = await readState(store, PREFIX, (members): Kept => {
      const [key, ttl, sequence, expiresAt, isAlive, value] = parsed(entryShape, members, 'announcement')
      return { key, ttl, sequence, expiresAt, isAlive, value }
    })
    this.isOpen = true
    for (const [name, { key, ttl, sequence, expiresAt, isAlive, value }] of found) {
      dht.lastSequence = Math.max(dht.lastSequence, sequence)
      if (expiresAt <= clock.now()) this.writer.writeSoon({ key: name, delete: true })
      const own = dht.store.find(key, publisher)
      if (this.early.has(name) || (own === undefined ? !isAlive || expiresAt <= clock.now() : own.sequence >= sequence)) continue
      // Another process of ours may have led meanwhile, and have withdrawn it.
      const making = isAlive ? dht.announce({ key, value, ttl }) : dht.withdraw(key)
      making.catch((error) => {
        // It is offered again to each server that comes.
        if (!isP2PError(error, 'SHUT_DOWN')) logger.warn('a record could not be announced anew', { key, code: error.code })
      })
    }
    for (const [entry, republish] of this.early.values()) this.write(entry, republish)
    this.early.clear()
    return bad
  }

  made(entry: VerifiedRecord, republish: boolean): void {
    if (this.isOpen) this.write(entry, republish)
    else this.early.set(nameOf(entry), [entry, republish])
  }

  private write(entry: VerifiedRecord, republish: boolean): void {
    const { key, ttl, sequence, expiresAt, withdrawn, withdrawal } = entry
    // Our own peer record is made anew in any case, as we are then.
    const isAlive = republish && !withdrawn && withdrawal === undefined && !key.startsWith('peer:')
    const value = isAlive ? recordValue(entry, this.kit.limits) : null
    this.writer.writeSoon({ key: nameOf(entry), value: stateOf(key, ttl, sequence, expiresAt, isAlive, value) })
  }
}

function nameOf({ key }: VerifiedRecord): string {
  return PREFIX + hexOf(sha256(new TextEncoder().encode(key)))
}
