import type { Clock } from '../base/clock.js'
import { elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import { jittered, type Random } from '../base/random.js'
import { encodePeerId } from '../identity/peer-id.js'
import { bytes, int, parsed, text, tuple } from '../message/shape.js'
import { readState, stateOf } from '../plugins/persistence/state-format.js'
import type { KeyValueStore, StoreChange } from '../storage/key-value-store.js'
import { drawDiverse } from './draw.js'
import type { Hop } from './hop.js'

const PREFIX = 'onion/guard/'

const count = /* @__PURE__ */ (() => int(0, Number.MAX_SAFE_INTEGER))()
const guardShape = /* @__PURE__ */ (() => tuple(bytes(32), text(1, 512), bytes(32), count, count, count, count))()

/** A hop through which everything of this wallet enters. */
export interface Guard {
  /** Its `lp1…` id, and its Ed25519 key, 32 bytes. */
  readonly id: string
  readonly publicKey: Uint8Array
  address: string
  /** Of the entry identity: used for this guard alone, 32 bytes. */
  readonly seed: Uint8Array
  /** Place in the sample: the earlier is tried first. */
  readonly place: number
  readonly sampledAt: number
  /** When it leaves the sample, milliseconds since the Unix epoch. */
  readonly expiresAt: number
  /** When the directory told it last. */
  seenAt: number
}

/** What guards work with. */
export interface GuardsOptions {
  clock: Clock
  random: Random
  store: KeyValueStore
  limits: Required<Limits>
  groupOf: (hop: Hop) => string
  /** Whether the application has named it as a relay: it knows the wallet by its own name. */
  isNamed: (hop: Hop) => boolean
  /** 32 secret bytes. */
  makeSeed: () => Uint8Array
}

/**
 * The guards of a wallet (Tor's guard-spec, in small): a sample that stays for months, of which the first two that can be reached are
 * used. Whoever drew new guards for each path would meet a hostile one soon. The sample grows only where all of it has been unreachable
 * for twenty minutes while relays were reachable.
 */
export class Guards {
  /** In the order of their places. */
  private sample: Guard[] = []
  /** Since when each cannot be reached, by `elapsed`; absent: it can, as far as is known. */
  private readonly unreachable = new Map<string, number>()
  /** Since when all cannot be reached though relays can. */
  private cutOffSince: number | undefined

  constructor(private readonly options: GuardsOptions) {}

  /** @returns how many entries could not be read. */
  async load(): Promise<number> {
    const { found, bad } = await readState(this.options.store, PREFIX, (members): Guard => {
      const [publicKey, address, seed, place, sampledAt, expiresAt, seenAt] = parsed(guardShape, members, 'guard')
      return { id: encodePeerId(publicKey), publicKey, address, seed, place, sampledAt, expiresAt, seenAt }
    })
    this.sample = found.map(([, guard]) => guard).sort((a, b) => a.place - b.place)
    return bad
  }

  all(): readonly Guard[] {
    return this.sample
  }

  /** Those that are to be used: the first of the sample that can be reached. */
  primaries(): Guard[] {
    return this.sample.filter(({ id }) => !this.unreachable.has(id)).slice(0, this.options.limits.onionGuards)
  }

  /**
   * Brings the sample up to date with the directory: what has expired, or is gone for long, leaves it, and it is filled where that is
   * allowed.
   *
   * @param candidates hops that may be guards.
   * @param told a hop as the directory has it.
   */
  async update(candidates: readonly Hop[], told: (id: string) => Hop | undefined): Promise<void> {
    const { clock, limits } = this.options
    const now = clock.now()
    const changes: StoreChange[] = []
    for (const guard of this.sample) {
      const hop = told(guard.id)
      if (hop !== undefined && hop.toldAt > guard.seenAt) {
        guard.seenAt = hop.toldAt
        guard.address = hop.record.address
        changes.push(changeOf(guard))
      }
    }
    const isOver = (guard: Guard) => now >= guard.expiresAt || now - guard.seenAt >= limits.onionGuardMissingMs
    for (const guard of this.sample) if (isOver(guard)) changes.push({ key: keyOf(guard), delete: true })
    this.sample = this.sample.filter((guard) => !isOver(guard))
    for (const guard of this.draw(candidates, limits.onionGuardSample - this.sample.length)) changes.push(changeOf(guard))
    if (changes.length > 0) await this.options.store.batch(changes)
  }

  /** A guard has answered. */
  reached(id: string): void {
    this.unreachable.delete(id)
    this.cutOffSince = undefined
  }

  /** A guard cannot be reached. */
  failed(id: string): void {
    if (!this.unreachable.has(id)) this.unreachable.set(id, elapsed(this.options.clock))
  }

  /**
   * Samples one guard more where all of the sample have been unreachable for long while some relay was reachable.
   *
   * @param isOnline whether some relay is reachable at present.
   * @returns whether it did.
   */
  async extend(candidates: readonly Hop[], isOnline: boolean): Promise<boolean> {
    const { clock, limits, store } = this.options
    const isCutOff = isOnline && this.sample.every(({ id }) => this.unreachable.has(id))
    if (!isCutOff) {
      this.cutOffSince = undefined
      return false
    }
    const now = elapsed(clock)
    this.cutOffSince ??= now
    if (now - this.cutOffSince < limits.onionGuardPatienceMs) return false
    this.cutOffSince = now
    const drawn = this.draw(candidates, 1)
    await store.batch(drawn.map(changeOf))
    return drawn.length > 0
  }

  private draw(candidates: readonly Hop[], count: number): Guard[] {
    if (count <= 0) return []
    const { clock, random, limits, groupOf, isNamed, makeSeed } = this.options
    const taken = new Set(this.sample.map(({ id }) => id))
    const free = candidates.filter(({ id }) => !taken.has(id))
    const known = candidates.filter(({ id }) => taken.has(id))
    const strangers = free.filter((hop) => !isNamed(hop))
    const first = drawDiverse(random, strangers, count, groupOf, known)
    const named = drawDiverse(random, free.filter(isNamed), count - first.length, groupOf, [...known, ...first])
    const now = clock.now()
    let place = Math.max(0, ...this.sample.map((guard) => guard.place + 1))
    const drawn = [...first, ...named].map(
      ({ id, publicKey, record }): Guard => ({
        id,
        publicKey,
        address: record.address,
        seed: makeSeed(),
        place: place++,
        sampledAt: now,
        // Guards that were sampled on one day do not all leave on one day.
        expiresAt: now + Math.floor(jittered(random, limits.onionGuardMs, 0.1)),
        seenAt: now,
      }),
    )
    this.sample.push(...drawn)
    return drawn
  }
}

function keyOf({ id }: Guard): string {
  return PREFIX + id
}

function changeOf(guard: Guard): StoreChange {
  const { publicKey, address, seed, place, sampledAt, expiresAt, seenAt } = guard
  return { key: keyOf(guard), value: stateOf(publicKey, address, seed, place, sampledAt, expiresAt, seenAt) }
}
