import { tupleKey } from '../../../base/tuple-key.js'
import { JoinedSignal } from '../../../base/wait.js'
import type { PluginKit } from '../../../core/plugin.js'
import type { FindOptions } from '../client/lookup.js'
import type { DhtParts } from '../client/plugin.js'
import {
  compareDistance,
  halvesOf,
  isInPart,
  MAX_SET_DEPTH,
  placeOfKey,
  placeOfSet,
  type SetPart,
  setOfPattern,
} from '../records/key-space.js'
import type { VerifiedRecord } from '../records/record.js'
import { RecordMerge } from '../records/record-merge.js'
import type { Contact } from './contact.js'
import type { Kademlia } from './kademlia.js'

/** Is told of the nearest node that does not have a record which others have. */
export type OnMissing = (contact: Contact, newest: VerifiedRecord) => void

/** What one place has given. */
interface Found {
  readonly merge: RecordMerge
  /** The part of the set there has outgrown it: its halves hold more. */
  split: boolean
}

/** Walks to where records are kept, and collects them: those under one key, or all of a set. */
export class RecordWalks {
  constructor(
    private readonly parts: Pick<DhtParts, 'servers' | 'dht'> & Pick<PluginKit, 'limits' | 'clock'>,
    private readonly network: Kademlia,
    private readonly onMissing?: OnMissing,
  ) {}

  /**
   * What the network holds under a key or a set (`resource:<type>:*`), what is stored here included where it belongs here. Another
   * pattern has no place to walk to: nothing is found.
   *
   * @throws P2PError ABORTED, SHUT_DOWN.
   */
  async collect(pattern: string, options: FindOptions): Promise<VerifiedRecord[]> {
    const set = setOfPattern(pattern)
    if (set !== undefined) return this.collectSet(set, options)
    if (pattern.endsWith('*')) return []
    return (await this.walk(placeOfKey(pattern, this.network.networkName), pattern, undefined, options)).merge.all()
  }

  private async collectSet(part: SetPart, options: FindOptions): Promise<VerifiedRecord[]> {
    const { merge, split } = await this.walk(placeOfSet(part, this.network.networkName), `${part.prefix}*`, part, options)
    const isFull = merge.size >= (options.maxResults ?? this.parts.limits.maxQueryRecords)
    if (!split || isFull || part.depth >= MAX_SET_DEPTH) return merge.all()
    const halves = await Promise.all(halvesOf(part).map((half) => this.collectSet(half, options)))
    for (const entry of halves.flat()) merge.add(entry)
    return merge.all()
  }

  private async walk(place: Uint8Array, key: string, part: SetPart | undefined, options: FindOptions): Promise<Found> {
    const { servers, limits, clock } = this.parts
    const { filters, maxResults } = options
    const found: Found = { merge: new RecordMerge(), split: false }
    const known = part && new Vicinity(place, limits.dhtBucketSize, this.network.table.closest(place, limits.dhtBucketSize))
    const tally = new Tally(found.merge, limits.dhtQuorum, known)
    const own = this.own(place, key, part)
    tally.count(own)
    if (part !== undefined && own.length >= limits.maxSetRecords) found.split = true
    const end = new JoinedSignal(options.signal)
    let late = false
    let grace: unknown
    const isEnough = () => {
      if (tally.holders === 0) return false
      // Whoever has a first answer waits no longer for the slow than a caller would want to.
      grace ??= clock.setTimeout(
        () => {
          late = true
          end.abort()
        },
        // Of a set each node may have members that the others lack.
        part ? limits.dhtGraceMs : Math.min(limits.dhtGraceMs, this.network.meanRttMs ?? limits.dhtGraceMs),
      )
      return late || tally.isDecided
    }
    /** The nearest node that has been asked and does not have it. */
    let without: Contact | undefined
    const payload = {
      key,
      place,
      withdrawn: true,
      ...(filters && { filters }),
      ...(maxResults !== undefined && { max: maxResults }),
      ...(part && { part: { depth: part.depth, path: part.path } }),
    }
    try {
      const plan = { signal: end.signal, timeoutMs: options.timeoutMs, thorough: true, isEnough }
      await this.network.walkTo(place, plan, async (contact, signal) => {
        const ask = (request: { type: string; payload: unknown }) => this.network.ask(contact, request, signal)
        const { records, pages } = await servers.exchanges.readFrom(payload, ask, contact.peerId).catch((error) => {
          known?.failed(contact)
          throw error
        })
        if (pages.some(({ split }) => split)) found.split = true
        if (pages.some(({ cached }) => cached)) for (const entry of records) found.merge.add(entry)
        else tally.count(records, contact)
        const isNearer = without === undefined || compareDistance(place, contact.id, without.id) < 0
        if (records.length === 0 && isNearer) without = contact
        const closer = this.network.contactsFrom(pages[0]?.closer, place, contact)
        known?.learn([contact, ...closer])
        return closer
      })
    } catch (error) {
      if (!late) throw error
    } finally {
      end.release()
      if (grace !== undefined) clock.clearTimeout(grace)
    }
    const [newest] = found.merge.all()
    if (part === undefined && newest !== undefined && without !== undefined) this.onMissing?.(without, newest)
    return found
  }

  /** What is stored here, where it belongs here. */
  private own(place: Uint8Array, key: string, part: SetPart | undefined): VerifiedRecord[] {
    const { dht, limits } = this.parts
    if (!this.network.isResponsible(place)) return []
    return [...dht.store.scan(key)]
      .filter(
        (entry) => entry.signature !== undefined && (part === undefined || isInPart(entry.key, part, this.network.networkName)),
      )
      .slice(0, limits.maxQueryRecords)
  }
}

/** The nodes nearest to a place, as far as a walk knows. */
class Vicinity {
  private readonly lost = new Set<string>()

  constructor(
    private readonly place: Uint8Array,
    private readonly size: number,
    private nearest: Contact[],
  ) {}

  learn(contacts: readonly Contact[]): void {
    const all = new Map([...this.nearest, ...contacts].map((contact) => [contact.peerId, contact]))
    const living = [...all.values()].filter(({ peerId }) => !this.lost.has(peerId))
    this.nearest = living.sort((a, b) => compareDistance(this.place, a.id, b.id)).slice(0, this.size)
  }

  /** A node that does not answer keeps nothing there. */
  failed({ peerId }: Contact): void {
    this.lost.add(peerId)
    this.learn([])
  }

  /** How many of the nearest are among these. */
  countOf(peerIds: ReadonlySet<string>): number {
    return this.nearest.filter(({ peerId }) => peerIds.has(peerId)).length
  }
}

/** Counts which nodes have confirmed what. */
class Tally {
  private readonly holding = new Set<string>()
  /** By publisher and sequence. */
  private readonly votes = new Map<string, number>()

  constructor(
    private readonly merge: RecordMerge,
    private readonly quorum: number,
    /** Of a set. */
    private readonly vicinity: Vicinity | undefined,
  ) {}

  /** @param contact undefined: what is stored here. */
  count(records: readonly VerifiedRecord[], contact?: Contact): void {
    for (const entry of records) {
      this.merge.add(entry)
      const id = idOf(entry)
      this.votes.set(id, (this.votes.get(id) ?? 0) + 1)
    }
    if (records.length > 0) this.holding.add(contact?.peerId ?? '')
  }

  /**
   * Nodes that had anything. Of a set only the nearest to its place count: any node on the way may keep some of its members under their
   * own keys, and knows nothing of how many there are.
   */
  get holders(): number {
    const { holding, vicinity } = this
    return vicinity === undefined ? holding.size : vicinity.countOf(holding) + (holding.has('') ? 1 : 0)
  }

  /** Of a set, more than a quorum has told its members; else a quorum has confirmed what is newest. */
  get isDecided(): boolean {
    if (this.vicinity !== undefined) return this.holders > this.quorum
    const [newest] = this.merge.all()
    return newest !== undefined && (this.votes.get(idOf(newest)) ?? 0) >= this.quorum
  }
}

function idOf({ publisher, sequence }: VerifiedRecord): string {
  return tupleKey(publisher, sequence)
}
