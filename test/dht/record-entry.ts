import type { RecordEntry, VerifiedRecord } from '../../src/plugins/dht/records/record.js'

export const START = 1_700_000_000_000

/** A record for the tests of stores and watches: its signature is not a true one. */
export const recordEntry = (key: string, publisher: string, more: Partial<RecordEntry> = {}): VerifiedRecord =>
  ({
    network: 'lotus',
    key,
    publisher,
    publisherId: publisher,
    name: undefined,
    publicKey: new Uint8Array(32),
    sequence: 1,
    publishedAt: START,
    ttl: 60,
    expiresAt: START + 60_000,
    withdrawn: false,
    payload: new Uint8Array(10),
    signature: new Uint8Array(64),
    ...more,
  }) as VerifiedRecord
