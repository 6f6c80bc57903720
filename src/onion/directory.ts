import { hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { encodePeerId } from '../identity/peer-id.js'
import { bytes, int, parsed, present, tuple } from '../message/shape.js'
import { readState, stateOf } from '../plugins/persistence/state-format.js'
import type { KeyValueStore, StoreChange } from '../storage/key-value-store.js'
import { type Hop, keyAt, presence } from './hop.js'
import { type HopRecord, readHopRecord } from './messages.js'

const HOP = 'onion/hop/'
const ASKED = 'onion/directory'
const HISTORY_BITS = 24
/** A hop that was told in a smaller share of the last 24 hours is not used. */
const MIN_PRESENCE = 0.9

const count = /* @__PURE__ */ (() => int(0, Number.MAX_SAFE_INTEGER))()
const hopShape = /* @__PURE__ */ (() => tuple(bytes(32), present, count, count, count, count))()
const askedShape = /* @__PURE__ */ (() => tuple(count))()

/** What one relay has told: the records of hops, whose signatures hold. */
export interface Told {
  /** The relay, and who runs it. */
  readonly peerId: string
  readonly hops: readonly { publicKey: Uint8Array; record: HopRecord }[]
}

/** What asking the relays has shown. */
export interface DirectoryChange {
  /** Relays that tell so few of the hops that others tell, or so many that no other tells, that they may be keeping us from the rest. */
  suspects: string[]
}

/** A relay that tells so few of what the others tell does not show the same network. */
const MIN_SHARED = 0.5
/** Fewer hops say nothing. */
const MIN_COMPARED = 4

/** What a directory works with. */
export interface DirectoryOptions {
  clock: Clock
  store: KeyValueStore
  limits: Required<Limits>
  /** How long a hop must be known, milliseconds. */
  hopAgeMs: number
  guardAgeMs: number
}

/**
 * The hops that relays of different operators tell of. None is used that one relay alone tells, nor one that is new: whoever wants to be
 * chosen has to wait where all can see it. A wallet that knows no hop takes those that all relays tell, as it has nothing older.
 */
export class Directory {
  /** By `lp1…` id. */
  private readonly known = new Map<string, Hop>()
  /** How often the relays were asked, as far as it counts. */
  private asked = 0

  constructor(private readonly options: DirectoryOptions) {}

  get size(): number {
    return this.known.size
  }

  get(id: string): Hop | undefined {
    return this.known.get(id)
  }

  /** Takes in what is in the store. @returns how many entries could not be read. */
  async load(): Promise<number> {
    const { store } = this.options
    this.known.clear()
    const asked = await readState(store, ASKED, (members) => parsed(askedShape, members, 'directory'))
    this.asked = asked.found[0]?.[1][0] ?? 0
    const { found, bad } = await readState(store, HOP, (members): Hop => {
      const [publicKey, record, firstSeenAt, toldAt, tellers, history] = parsed(hopShape, members, 'hop')
      return { id: encodePeerId(publicKey), publicKey, record: readHopRecord(record), firstSeenAt, toldAt, tellers, history }
    })
    for (const [, hop] of found) this.known.set(hop.id, hop)
    return bad + asked.bad
  }

  /**
   * Takes in what relays of different operators have told at one time.
   *
   * @returns whose view does not fit those of the others.
   * @throws P2PError ONION_NO_PATH for fewer than two relays, STORAGE_FAILED.
   */
  async take(told: readonly Told[]): Promise<DirectoryChange> {
    if (told.length < 2) throw tooFewDirectories()
    const now = this.options.clock.now()
    const isFresh = this.known.size === 0
    const seen = new Map<string, Pick<Hop, 'publicKey' | 'record' | 'tellers'>>()
    for (const { hops } of told) {
      const once = new Set<string>()
      for (const { publicKey, record } of hops) {
        const id = encodePeerId(publicKey)
        if (once.has(id)) continue
        once.add(id)
        const before = seen.get(id)
        // Of two records the one that reaches further into the future is the newer one.
        const isNewer = before === undefined || lastEpoch(record) >= lastEpoch(before.record)
        seen.set(id, { publicKey, record: isNewer ? record : before.record, tellers: (before?.tellers ?? 0) + 1 })
      }
    }
    this.asked = Math.min(HISTORY_BITS, this.asked + 1)
    const changes: StoreChange[] = [{ key: ASKED, value: stateOf(this.asked) }]
    for (const hop of this.known.values()) {
      hop.history = (hop.history << 1) & (2 ** HISTORY_BITS - 1)
      hop.tellers = 0
    }
    for (const [id, { publicKey, record, tellers }] of seen) {
      const hop = this.known.get(id)
      if (hop === undefined) {
        // One relay that makes hops up fills no memory.
        if (tellers < 2) continue
        const firstSeenAt = isFresh && tellers === told.length ? 0 : now
        // It counts as present before it was known: the age rule keeps it off long enough.
        const history = 2 ** HISTORY_BITS - 1
        this.known.set(id, { id, publicKey: publicKey.slice(), record, firstSeenAt, toldAt: now, tellers, history })
        continue
      }
      hop.record = record
      hop.toldAt = now
      hop.tellers = tellers
      hop.history |= 1
    }
    for (const gone of this.overfull()) {
      this.known.delete(gone.id)
      changes.push({ key: HOP + gone.id, delete: true })
    }
    for (const hop of this.known.values()) changes.push(changeOf(hop))
    await this.options.store.batch(changes)
    return { suspects: suspectsOf(told) }
  }

  /** Hops that may stand anywhere in a path. */
  usable(): Hop[] {
    const { clock, hopAgeMs } = this.options
    const now = clock.now()
    return this.all().filter((hop) => this.isOffered(hop, now) && now - hop.firstSeenAt >= hopAgeMs)
  }

  /** Hops that may be guards: a guard stays for months. */
  guards(): Hop[] {
    const { clock, guardAgeMs } = this.options
    const now = clock.now()
    return this.all().filter((hop) => this.isOffered(hop, now) && now - hop.firstSeenAt >= guardAgeMs)
  }

  all(): Hop[] {
    return [...this.known.values()]
  }

  /** Whether two relays have told it lately, it has a key for now, and it stays. */
  private isOffered(hop: Hop, now: number): boolean {
    // A record lives for two hours; the directory may be asked a little late.
    const isRecent = now - hop.toldAt < 3 * this.options.limits.onionDirectoryMs
    return isRecent && hop.tellers >= 2 && keyAt(hop, now) !== undefined && presence(hop, this.asked) >= MIN_PRESENCE
  }

  /** Those beyond the bound: told the longest ago, and of these the youngest. */
  private overfull(): Hop[] {
    const over = this.known.size - this.options.limits.maxOnionHops
    if (over <= 0) return []
    return this.all()
      .sort((a, b) => a.toldAt - b.toldAt || b.firstSeenAt - a.firstSeenAt)
      .slice(0, over)
  }
}

/** Reads the records of hops that a relay has told; what is none, or speaks of somebody else, is left out. */
export function hopsIn(
  records: readonly { key: string; publicKey: Uint8Array | undefined; value: unknown }[],
  keyOf: (id: string) => string,
): Told['hops'] {
  return records.flatMap(({ key, publicKey, value }) => {
    if (publicKey === undefined || key !== keyOf(encodePeerId(publicKey))) return []
    try {
      return [{ publicKey, record: readHopRecord(value) }]
    } catch {
      return []
    }
  })
}

function changeOf({ id, publicKey, record, firstSeenAt, toldAt, tellers, history }: Hop): StoreChange {
  return { key: HOP + id, value: stateOf(publicKey, record, firstSeenAt, toldAt, tellers, history) }
}

function lastEpoch({ keys }: HopRecord): number {
  return Math.max(...keys.map(([epoch]) => epoch))
}

/** Relays whose view shares too little with what the others tell together. */
function suspectsOf(told: readonly Told[]): string[] {
  const sets = told.map(({ hops }) => new Set(hops.map(({ publicKey }) => hexOf(publicKey))))
  return told.flatMap(({ peerId }, i) => {
    const others = sets.filter((_, j) => i !== j)
    const own = sets[i]!
    const shown = new Set(others.flatMap((set) => [...set]))
    // What all others show, so that one who makes hops up does not make liars of the rest.
    const agreed = [...shown].filter((id) => others.every((set) => set.has(id)))
    const hides = agreed.length >= MIN_COMPARED && agreed.filter((id) => own.has(id)).length < agreed.length * MIN_SHARED
    const invents = own.size >= MIN_COMPARED && [...own].filter((id) => shown.has(id)).length < own.size * MIN_SHARED
    return hides || invents ? [peerId] : []
  })
}

export function tooFewDirectories(): P2PError {
  return new P2PError(
    'ONION_NO_PATH',
    'The directory of hops needs two connected relays of different operators. Add one to P2PConfig.bootstrap.',
  )
}
