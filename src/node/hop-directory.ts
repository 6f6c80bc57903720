import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import { HOP_PREFIX, HOP_TTL_S, type HopRecord, hopKeyOf, readHopRecord } from '../onion/messages.js'
import type { QueryOptions } from '../plugins/dht/client/dht-types.js'
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

/** Hops that are looked up at once, because packets name them. */
const LOOKUPS = 4
/** Hops that are looked up before their records end, because packets went to them. */
const RENEWALS = 64
/** Ids that led to no hop, for a while. */
const MAX_MISSED = 1_024

/**
 * The hops that a hop passes packets on to: those whose signed records are in the DHT. No address ever comes out of a packet, so that
 * nobody makes a hop knock at doors. Keys cost nothing, so records of thousands that are no hops may be there: they take what room there
 * is, and displace none that packets go to, and whoever is named by a packet is looked up by its own key.
 */
export class HopDirectory {
  private readonly hops: BoundedMap<string, KnownHop>
  private readAt = Number.NEGATIVE_INFINITY
  /** Ids in hex that led to no hop, and when. */
  private readonly missed = new BoundedMap<string, number>(MAX_MISSED)
  /** Ids in hex that are being looked up. */
  private readonly lookups = new Set<string>()
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

  /** As `find`, for a packet: of many hops those are kept that packets go to. */
  use(id: Uint8Array): KnownHop | undefined {
    const hop = this.find(id)
    if (hop !== undefined) this.hops.set(hexOf(id), hop)
    else this.wanted(id)
    return hop
  }

  /** Hops other than this one. */
  others(): KnownHop[] {
    const now = this.kit.clock.now()
    const own = hexOf(this.kit.publicKey)
    return [...this.hops].filter(([key, { expiresAt }]) => key !== own && expiresAt > now).map(([, hop]) => hop)
  }

  /** Reads the records of all hops. Those that cannot be reached now count until they end. */
  read(): Promise<void> {
    this.readAt = elapsed(this.kit.clock)
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined
    })
    return this.reading
  }

  /** Others have come, who may know of hops. It is read again, unless that was done just before. */
  refresh(): void {
    if (elapsed(this.kit.clock) - this.readAt >= this.limits.onionHopDirectoryMinMs) void this.read()
  }

  /** A packet names a hop that is not here: it is looked up, unless that was done just before. */
  private wanted(id: Uint8Array): void {
    const key = hexOf(id)
    const now = elapsed(this.kit.clock)
    const missedAt = this.missed.get(key) ?? Number.NEGATIVE_INFINITY
    if (this.lookups.size >= LOOKUPS || this.lookups.has(key) || now - missedAt < this.limits.onionHopDirectoryMinMs) return
    this.lookups.add(key)
    void this.lookUp(id).finally(() => {
      this.lookups.delete(key)
      if (!this.hops.has(key)) this.missed.set(key, elapsed(this.kit.clock))
    })
  }

  private async lookUp(id: Uint8Array): Promise<void> {
    const peerId = encodePeerId(id)
    for (const hop of await this.query({ key: hopKeyOf(peerId), publisherId: peerId, maxResults: 1 }))
      this.hops.set(hexOf(id), hop)
  }

  private async readAll(): Promise<void> {
    const { limits, kit } = this
    const now = kit.clock.now()
    for (const [key, { expiresAt }] of [...this.hops]) if (expiresAt <= now) this.hops.delete(key)
    for (const hop of await this.query({ key: `${HOP_PREFIX}*`, perPublisher: 1, maxResults: limits.maxOnionHopsKnown })) {
      const key = hexOf(hop.id)
      if (this.hops.has(key) || this.hops.size < limits.maxOnionHopsKnown) this.hops.put(key, hop)
    }
    // Records of hops are renewed after half of their life: of these others have taken the place in what was read.
    const ending = [...this.hops.values()].filter(({ expiresAt }) => expiresAt - now < (HOP_TTL_S * 1_000) / 3)
    for (const { id } of ending.slice(-RENEWALS)) await this.lookUp(id)
  }

  private async query(query: QueryOptions): Promise<KnownHop[]> {
    const found: KnownHop[] = []
    try {
      for (const { key, value, publisherKey: id, expiresAt } of await this.dht.query(query)) {
        if (id === undefined) continue
        const peerId = encodePeerId(id)
        if (key !== hopKeyOf(peerId)) continue
        try {
          found.push({ id, peerId, record: readHopRecord(value), expiresAt })
        } catch {
          // The publisher's own loss: nobody sends it packets.
        }
      }
    } catch (error) {
      this.kit.logger.debug('Records of hops could not be read.', { error })
    }
    return found
  }
}
