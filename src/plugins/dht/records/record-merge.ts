import { tupleKey } from '../../../base/tuple-key.js'
import { newestFirst, supersedes, type VerifiedRecord } from './record.js'

/** Joins what several nodes say: of each publisher under each key, the newest. */
export class RecordMerge {
  private readonly newest = new Map<string, VerifiedRecord>()

  constructor(entries: Iterable<VerifiedRecord> = []) {
    for (const entry of entries) this.add(entry)
  }

  add(entry: VerifiedRecord): void {
    const id = tupleKey(entry.publisher, entry.key)
    const known = this.newest.get(id)
    if (known === undefined || supersedes(entry, known)) this.newest.set(id, entry)
  }

  get size(): number {
    return this.newest.size
  }

  /** Newest first, withdrawals included. */
  all(): VerifiedRecord[] {
    return [...this.newest.values()].sort(newestFirst)
  }
}
