import { originOf } from '../../../address/origin.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import { LazyMap } from '../../../base/lazy-map.js'
import type { Limits } from '../../../base/limits.js'
import type { BucketStats } from '../client/lookup.js'
import { commonBits, compareDistance, KEY_BITS } from '../records/key-space.js'
import type { Contact } from './contact.js'

interface Entry {
  contact: Contact
  /** Who holds its address; undefined for private ones. */
  readonly origin: string | undefined
  /** When it last answered or spoke, milliseconds since the Unix epoch; 0: it has only been told of. */
  seenAt: number
  /** Requests in a row that it did not answer. */
  failures: number
  /** Who told of it last, and how many did, one after the other; only while it has not been met. */
  teller: string | undefined
  tellers: number
}

interface Bucket {
  /** Least recently seen first. */
  readonly entries: Entry[]
  /** Who comes in when one fails; most recently seen last. */
  readonly waiting: Entry[]
  /** When a lookup last went through it. */
  usedAt: number
}

/** A node, by its place and by its name: its address does not matter. */
type Node = Pick<Contact, 'id' | 'peerId'>

/** What became of a contact that was seen. */
export type Seen = 'added' | 'known' | 'waiting'

/**
 * The nodes that we know, in buckets by the leading bits that they share with us, at most `dhtBucketSize` in each (Maymounkov
 * and Mazières, "Kademlia", 2002, §2.2–2.4). A node that lives is never displaced by a newer one: who has been there long
 * stays likely to be, and nobody can flush a table by showing many new faces. Those wait until one fails.
 *
 * But for one case: of nodes of one origin that have more than `maxOriginShare` of a full bucket, one makes room for a newcomer of
 * a rarer origin (Marcus et al., "Low-Resource Eclipse Attacks on Ethereum's Peer-to-Peer Network", 2018, §5; there, as a bound
 * that holds always).
 */
export class RoutingTable {
  private readonly buckets = new LazyMap<number, Bucket>()
  /** By peer id: each contact has that text already, and a node id in hex would be made anew at each look. */
  private readonly byId = new LazyMap<string, Entry>()
  private nodes = 0

  private id: Uint8Array | undefined

  /** @param own our node id, 32 bytes, or what tells it once it is known. */
  constructor(
    private readonly own: Uint8Array | (() => Uint8Array),
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  /** Our place among the nodes. */
  get ownId(): Uint8Array {
    this.id ??= typeof this.own === 'function' ? this.own() : this.own
    return this.id
  }

  /** Nodes in the buckets; those that wait do not count. */
  get size(): number {
    return this.nodes
  }

  /** A node has answered us, or was met at an address that it can be dialled at. */
  seen(contact: Contact): Seen {
    const bits = commonBits(this.ownId, contact.id)
    if (bits === KEY_BITS) return 'known'
    const bucket = this.bucket(bits)
    const known = this.byId.get(contact.peerId)
    const now = elapsed(this.clock)
    if (known !== undefined) {
      known.contact = contact
      known.seenAt = now
      known.failures = 0
      known.teller = undefined
      moveToEnd(bucket.entries, known)
      return 'known'
    }
    drop(bucket.waiting, contact)
    const entry: Entry = { contact, origin: originOf(contact.address), seenAt: now, failures: 0, teller: undefined, tellers: 0 }
    const hearsay = bucket.entries[0]
    if (bucket.entries.length >= this.limits.dhtBucketSize && hearsay?.seenAt === 0) this.remove(hearsay.contact)
    this.balance(bucket, entry)
    if (bucket.entries.length < this.limits.dhtBucketSize) {
      this.insert(bucket, entry)
      return 'added'
    }
    bucket.waiting.push(entry)
    if (bucket.waiting.length > this.limits.dhtBucketSize) bucket.waiting.shift()
    return 'waiting'
  }

  /**
   * Somebody has told of a node. It comes in where there is room, and goes before any that was met itself: a liar can fill a gap,
   * and displace nobody.
   */
  learned(contact: Contact, teller: string): void {
    const bits = commonBits(this.ownId, contact.id)
    if (bits === KEY_BITS) return
    const known = this.byId.get(contact.peerId)
    if (known !== undefined) {
      if (known.seenAt > 0 || known.teller === teller) return
      known.teller = teller
      known.tellers++
      return
    }
    const bucket = this.bucket(bits)
    const entry: Entry = { contact, origin: originOf(contact.address), seenAt: 0, failures: 1, teller, tellers: 1 }
    this.balance(bucket, entry)
    if (bucket.entries.length < this.limits.dhtBucketSize) this.insert(bucket, entry)
  }

  /** Nodes that we have met. */
  met(): Contact[] {
    return [...this.byId.values()].filter(({ seenAt }) => seenAt > 0).map(({ contact }) => contact)
  }

  /** Nodes that others have told of, and nobody here has met. */
  hearsay(): Contact[] {
    return [...this.byId.values()].filter(({ seenAt }) => seenAt === 0).map(({ contact }) => contact)
  }

  /** Who has been silent longest where a newcomer would go: it is asked, and stays if it answers. */
  leastRecentlySeen(near: Contact): Contact | undefined {
    return this.buckets.get(commonBits(this.ownId, near.id))?.entries[0]?.contact
  }

  /**
   * A node did not answer. It goes at once where another waits for its place, else after the second time: a network that is
   * down for a moment empties no table. True if it is gone.
   */
  failed(node: Node): boolean {
    const entry = this.byId.get(node.peerId)
    const bucket = this.buckets.get(commonBits(this.ownId, node.id))
    if (bucket === undefined) return false
    if (entry === undefined) {
      drop(bucket.waiting, node)
      return false
    }
    entry.failures++
    if (entry.failures < 2 && bucket.waiting.length === 0) return false
    this.remove(node)
    return true
  }

  /** A node is gone for good, or is no node any more. */
  remove(node: Node): void {
    const bucket = this.buckets.get(commonBits(this.ownId, node.id))
    if (bucket === undefined) return
    drop(bucket.waiting, node)
    if (!this.byId.delete(node.peerId)) return
    drop(bucket.entries, node)
    this.nodes--
    const next = bucket.waiting.pop()
    if (next !== undefined) this.insert(bucket, next)
  }

  /** The nodes nearest to a place, nearest first. */
  closest(target: Uint8Array, count: number): Contact[] {
    return this.nearest(target, count, () => true)
  }

  /** Those of them that we have met ourselves, or that two have told of. Which of them others are told decides `AddressProofs`. */
  trusted(target: Uint8Array, count: number): Contact[] {
    return this.nearest(target, count, ({ seenAt, tellers }) => seenAt > 0 || tellers > 1)
  }

  private nearest(target: Uint8Array, count: number, which: (entry: Entry) => boolean): Contact[] {
    const bits = commonBits(this.ownId, target)
    const found: Contact[] = []
    const take = (entries: Entry[]) => {
      const near = entries.filter(which).map(({ contact }) => contact)
      found.push(...near.sort((a, b) => compareDistance(target, a.id, b.id)).slice(0, count - found.length))
    }
    // Nodes of the target's own bucket are nearer to it than any others; then those nearer to us; then bucket by bucket outwards.
    take(this.buckets.get(bits)?.entries ?? [])
    if (found.length < count) take([...this.buckets].flatMap(([other, { entries }]) => (other > bits ? entries : [])))
    for (let other = Math.min(bits, KEY_BITS) - 1; other >= 0 && found.length < count; other--)
      take(this.buckets.get(other)?.entries ?? [])
    return found
  }

  /** A lookup has gone to this place: its bucket needs no refresh for a while. */
  used(target: Uint8Array): void {
    const bucket = this.buckets.get(commonBits(this.ownId, target))
    if (bucket !== undefined) bucket.usedAt = elapsed(this.clock)
  }

  /** Buckets, by their bits, that no lookup has gone through for so long; the empty ones among the far are included. */
  stale(olderThanMs: number): number[] {
    const until = elapsed(this.clock) - olderThanMs
    const deepest = Math.max(-1, ...[...this.buckets].filter(([, { entries }]) => entries.length > 0).map(([bits]) => bits))
    const stale: number[] = []
    for (let bits = 0; bits <= deepest; bits++) {
      const bucket = this.buckets.get(bits)
      if (bucket === undefined || bucket.usedAt <= until) stale.push(bits)
    }
    return stale
  }

  isSilent({ peerId }: Node, forMs: number): boolean {
    const entry = this.byId.get(peerId)
    return entry !== undefined && entry.seenAt > 0 && entry.seenAt <= elapsed(this.clock) - forMs
  }

  /** Nodes that nothing has been heard of for so long, the longest silent first. */
  silent(forMs: number): Contact[] {
    const until = elapsed(this.clock) - forMs
    const entries = [...this.byId.values()].filter(({ seenAt }) => seenAt <= until)
    return entries.sort((a, b) => a.seenAt - b.seenAt).map(({ contact }) => contact)
  }

  /** The nodes that share exactly so many bits with us, that we have met. */
  inBucket(bits: number): Contact[] {
    return (this.buckets.get(bits)?.entries ?? []).filter(({ seenAt }) => seenAt > 0).map(({ contact }) => contact)
  }

  all(): Contact[] {
    return [...this.byId.values()].map(({ contact }) => contact)
  }

  getStats(): BucketStats[] {
    return [...this.buckets]
      .filter(([, { entries }]) => entries.length > 0)
      .sort(([a], [b]) => a - b)
      .map(([bits, { entries, waiting }]) => ({
        bits,
        nodes: entries.length,
        waiting: waiting.length,
        oldestSeenAt: this.dateOf(entries[0]!),
      }))
  }

  private dateOf({ seenAt }: Entry): number {
    return seenAt > 0 ? Math.round(this.clock.now() - elapsed(this.clock) + seenAt) : 0
  }

  private bucket(bits: number): Bucket {
    let bucket = this.buckets.get(bits)
    if (bucket === undefined) {
      bucket = { entries: [], waiting: [], usedAt: elapsed(this.clock) }
      this.buckets.set(bits, bucket)
    }
    return bucket
  }

  /** Makes room for a newcomer where an origin has too much of a full bucket and the newcomer's has less; never a met node for one that was only told of. */
  private balance({ entries }: Bucket, { origin, seenAt }: Entry): void {
    const { dhtBucketSize, maxOriginShare } = this.limits
    if (origin === undefined || entries.length < dhtBucketSize) return
    const sizes = new Map<string, number>()
    for (const entry of entries) if (entry.origin !== undefined) sizes.set(entry.origin, (sizes.get(entry.origin) ?? 0) + 1)
    const fewest = Math.max((sizes.get(origin) ?? 0) + 1, Math.floor((dhtBucketSize * maxOriginShare) / 100))
    let found: Entry | undefined
    for (const entry of entries) {
      const size = sizes.get(entry.origin ?? '') ?? 0
      if (size <= fewest || (seenAt === 0 && entry.seenAt > 0)) continue
      if (found === undefined || size > sizes.get(found.origin!)!) found = entry
    }
    if (found === undefined) return
    entries.splice(entries.indexOf(found), 1)
    this.byId.delete(found.contact.peerId)
    this.nodes--
  }

  private insert(bucket: Bucket, entry: Entry): void {
    bucket.entries.push(entry)
    bucket.entries.sort((a, b) => a.seenAt - b.seenAt)
    this.byId.set(entry.contact.peerId, entry)
    this.nodes++
  }
}

function moveToEnd(entries: Entry[], entry: Entry): void {
  entries.splice(entries.indexOf(entry), 1)
  entries.push(entry)
}

function drop(entries: Entry[], { peerId }: Node): void {
  const index = entries.findIndex(({ contact }) => contact.peerId === peerId)
  if (index !== -1) entries.splice(index, 1)
}
