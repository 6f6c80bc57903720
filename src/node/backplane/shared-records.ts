import type { RelayBackplane } from '../../backplane/backplane.js'
import { hexOf } from '../../base/bytes.js'
import type { Unsubscribe } from '../../base/events.js'
import { sha256 } from '../../base/sha256.js'
import { tupleKey } from '../../base/tuple-key.js'
import type { Plugin } from '../../core/plugin.js'
import { decode, encode } from '../../message/codec.js'
import { type DhtParts, dhtOf } from '../../plugins/dht/client/plugin.js'
import { publisherOf, type VerifiedRecord, wireRecord } from '../../plugins/dht/records/record.js'

/** Records that wait to be told: what cannot be kept any more was replaced, or ends soon. */
const MAX_WAITING = 10_000

/**
 * Every process of a relay has all records of the relay: what is stored at one goes through a log to all. Each checks every signature again, so
 * that whoever has stolen the key to the log plants nothing.
 */
export function sharedRecords(backplane: RelayBackplane): Plugin {
  return {
    name: 'shared-records',
    needs: ['dht', 'dht-node'],
    attach(kit) {
      const sharing = new RecordSharing(backplane, dhtOf(kit), publisherOf(kit.publicKey))
      kit.onLifecycle({ lead: () => sharing.begin(), stop: () => sharing.close() })
      return {}
    },
  }
}

class RecordSharing {
  /** A record of the log is being stored: it is there already. */
  private isApplying = false
  /** Records that could not be appended, by their names in the log. */
  private readonly waiting = new Map<string, VerifiedRecord>()
  private begun: Promise<void> | undefined
  private stops: Unsubscribe[] = []
  private checking: Promise<void> = Promise.resolve()

  constructor(
    private readonly backplane: RelayBackplane,
    private readonly parts: DhtParts,
    /** We ourselves, whose record each process makes anew. */
    private readonly own: string,
  ) {}

  /** Resolves once what the others have is here. */
  begin(): Promise<void> {
    this.begun ??= this.replay()
    return this.begun
  }

  close(): void {
    for (const stop of this.stops) stop()
    this.stops = []
  }

  private async replay(): Promise<void> {
    const { backplane, parts } = this
    this.stops.push(
      parts.dht.store.onChange((entry) => {
        if (entry !== undefined && !this.isApplying) this.append(entry)
      }),
      backplane.on('up', () => this.appendWaiting()),
    )
    this.stops.push(await backplane.records.replay((bytes) => this.arrived(bytes)))
    await this.checking
  }

  private append(entry: VerifiedRecord): void {
    const wire = wireRecord(entry)
    if (wire === undefined || entry.publisher === this.own) return
    const name = nameOf(entry)
    this.backplane.records.append(name, encode(wire)).catch(() => {
      if (this.waiting.size < MAX_WAITING) this.waiting.set(name, entry)
    })
  }

  private appendWaiting(): void {
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    for (const entry of waiting) this.append(entry)
  }

  /** One after the other, as they were appended. */
  private arrived(bytes: Uint8Array): void {
    this.checking = this.checking
      .then(() => this.take(bytes))
      .catch(() => {
        // Forged, ended, or older than what is here.
      })
  }

  private async take(bytes: Uint8Array): Promise<void> {
    const { dht, verifier } = this.parts
    const entry = verifier.read(decode(bytes))
    if (entry.publisher === this.own) return
    const known = dht.store.find(entry.key, entry.publisher)
    if (known !== undefined && known.sequence >= entry.sequence) return
    const verified = await verifier.verify(entry)
    this.isApplying = true
    try {
      dht.store.put(verified)
    } finally {
      this.isApplying = false
    }
  }
}

/** The name of a record in the log: of its key and publisher, which have any characters. */
function nameOf({ key, publisher }: VerifiedRecord): string {
  return hexOf(sha256(new TextEncoder().encode(tupleKey(publisher, key)))).slice(0, 32)
}
