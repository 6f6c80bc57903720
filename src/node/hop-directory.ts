import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import { HOP_PREFIX, type HopRecord, hopKeyOf, readHopRecord } from '../onion/messages.js'
import type { HashTable } from '../plugins/dht/client/hash-table.js'

/** A hop that others can be sent to. */
export interface KnownHop {
  /** Ed25519 key, 32 bytes. */
  readonly id: Uint8Array
  readonly peerId: string
  readonly record: HopRecord
  /** When its record ends, milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

/**
 * The hops that a hop passes packets on to: those whose signed records are in the DHT. No address ever comes out of a packet, so that
 * nobody makes a hop knock at doors.
 */
export class HopDirectory {
  private readonly hops: BoundedMap<string, KnownHop>
  private readAt = Number.NEGATIVE_INFINITY
  private reading: Promise<void> | undefined

  constructor(
    private readonly kit: Pick<PluginKit, 'clock' | 'logger' | 'publicKey'>,
    private readonly dht: Pick<HashTable, 'query'>,
    private readonly limits: OnionHopLimits,
  ) {
    this.hops = new BoundedMap(limits.maxOnionHopsKnown)
  }

  get size(): number {
    return this.hops.size
  }

  /** The hop with this Ed25519 key, 32 bytes. */
  find(id: Uint8Array): KnownHop | undefined {
    const key = hexOf(id)
    const hop = this.hops.get(key)
    if (hop === undefined || hop.expiresAt > this.kit.clock.now()) return hop
    this.hops.delete(key)
    return undefined
  }

  /** Hops other than this one. */
  others(): KnownHop[] {
    const now = this.kit.clock.now()
    const own = hexOf(this.kit.publicKey)
    return [...this.hops].filter(([key, { expiresAt }]) => key !== own && expiresAt > now).map(([, hop]) => hop)
  }

  /** A packet names a hop that is not here: the directory is read again, unless that was done just before. */
  wanted(): void {
    if (elapsed(this.kit.clock) - this.readAt >= this.limits.onionHopDirectoryMinMs) void this.read()
  }

  /** Reads the records of all hops. Those that cannot be reached now count until they end. */
  read(): Promise<void> {
    this.readAt = elapsed(this.kit.clock)
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined
    })
    return this.reading
  }

  private async readAll(): Promise<void> {
    const { limits, kit } = this
    try {
      const records = await this.dht.query({ key: `${HOP_PREFIX}*`, perPublisher: 1, maxResults: limits.maxOnionHopsKnown })
      for (const { key, value, publisherKey: id, expiresAt } of records) {
        if (id === undefined) continue
        const peerId = encodePeerId(id)
        if (key !== hopKeyOf(peerId)) continue
        try {
          this.hops.set(hexOf(id), { id, peerId, record: readHopRecord(value), expiresAt })
        } catch {
          // The publisher's own loss: nobody sends it packets.
        }
      }
    } catch (error) {
      kit.logger.debug('The directory of hops could not be read.', { error })
    }
  }
}
