import { equalBytes } from '../../../base/bytes.js'
import { P2PError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import type { Limits } from '../../../base/limits.js'
import { type RecordEntry, supersedes, type VerifiedRecord } from './record.js'

/** Called with what is there now and what was there before, under one key of one publisher. */
export type StoreListener = (entry: VerifiedRecord | undefined, previous: VerifiedRecord | undefined) => void

export interface RecordStoreStats {
  /** Live records. */
  records: number
  /** Withdrawals kept until the withdrawn record would have ended. */
  withdrawn: number
  publishers: number
  bytes: number
  /** Since the start. */
  stored: number
  expired: number
  /** Given up to make room. */
  shed: number
}

/**
 * Holds one record per key and publisher. A newer one replaces an older one, a withdrawal stays until it expires, what has
 * expired is never given out. Does no verification: its type has it that only verified records are put in.
 */
export interface Records {
  /** Names a publisher, our own, whose records are never shed for those of others. */
  keep(publisher: string): void
  /**
   * Stores a record. False if exactly this one was there already.
   *
   * A full store gives up the record that ends first of the publisher that takes most, so that a flood displaces itself.
   *
   * @throws P2PError INVALID_RECORD if expired, STALE_RECORD if a newer one is there, LIMIT_EXCEEDED for too many records of
   * one publisher, STORE_FULL.
   */
  put(entry: VerifiedRecord): boolean
  /** The record or withdrawal of one publisher under a key. */
  find(key: string, publisher: string): VerifiedRecord | undefined
  /** Records and withdrawals whose key is the pattern, or begins with it where it ends with `*`; ordered by key and publisher. */
  scan(pattern: string): Iterable<VerifiedRecord>
  /** Records and withdrawals of one publisher. A node's store knows them. */
  of?(publisher: string): Iterable<VerifiedRecord>
  /** Drops what has expired; returns how many. @param most a node's store drops some at once, and those that it has not dropped count for nothing. */
  removeExpired(most?: number): number
  /** Tells every change: stored, replaced, withdrawn, expired, shed. */
  onChange(listener: StoreListener): Unsubscribe
  getStats(): RecordStoreStats
}

/** Whether exactly this record is there already. @throws P2PError STALE_RECORD if a newer one is. */
export function isThere(entry: RecordEntry, previous: VerifiedRecord | undefined): boolean {
  if (previous === undefined || supersedes(entry, previous)) return false
  if (previous.sequence === entry.sequence && equalBytes(previous.payload, entry.payload)) return true
  throw new P2PError('STALE_RECORD', 'A newer record of this publisher is there.', {
    details: { key: entry.key, sequence: previous.sequence },
  })
}

/** @param records that the publisher has already, under other keys. @throws P2PError LIMIT_EXCEEDED. */
export function checkQuota(records: number, { maxRecordsPerPublisher: value }: Limits): void {
  if (records < value) return
  throw new P2PError('LIMIT_EXCEEDED', `One publisher may have ${value} records. Withdraw some first.`, {
    details: { limit: 'maxRecordsPerPublisher', value },
  })
}

export function storeFull({ maxRecords: value }: Limits): P2PError {
  return new P2PError('STORE_FULL', 'The store is full. Try again later.', { details: { limit: 'maxRecords', value } })
}

/** How much of a store a record takes: one, and one more for each KiB. */
export function shareOf(bytes: number): number {
  return 1 + (bytes >> 10)
}
