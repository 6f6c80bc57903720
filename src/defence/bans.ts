import { type Clock, elapsed } from '../base/clock.js'
import { asP2PError, P2PError } from '../base/errors.js'
import { LazyMap } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import { cutText } from '../base/text.js'
import { decode, encode } from '../message/codec.js'
import { number, object, oneOf, shaped, text } from '../message/shape.js'
import type { BlameCause } from '../protocol/blame.js'
import type { KeyValueStore } from '../storage/key-value-store.js'

/** Somebody who may not connect. Listeners get it frozen; what `ban` and `listBans` return is a copy. */
export interface Ban {
  /** The peer's `lp1…` id; or `address:` and an IP address or an address group, for floods without a name. */
  readonly id: string
  /** A sentence for people. */
  readonly reason: string
  readonly cause: BlameCause | 'manual'
  /** Milliseconds since 1970. */
  readonly since: number
  /** Milliseconds since 1970. */
  readonly until: number
  /** How often it was banned, this time included: each ban lasts longer than the one before. */
  readonly times: number
}

const PREFIX = 'ban/'

const banShape = /* @__PURE__ */ (() => {
  const count = number(0, Number.MAX_SAFE_INTEGER)
  const cause = oneOf('offence', 'flood', 'timeout', 'equivocation', 'manual')
  return object({ reason: text(), cause, since: count, until: count, times: count })
})()

/** When each ban ends, by `elapsed`. */
const ends = /* @__PURE__ */ new WeakMap<Ban, number>()

/**
 * Who may not connect, until when, and why; kept in the store, so that a restart forgets none. A ban that has ended is remembered
 * for as long again as it lasted, so that the next one is longer. A ban lasts as long as it was to, whatever becomes of the date meanwhile;
 * of what the store holds only the rest is known, which is never more than the whole.
 */
export class Bans {
  private readonly bans = new LazyMap<string, Ban>()
  private loading: Promise<void> | undefined

  constructor(
    private readonly wiring: {
      clock: Clock
      limits: Limits
      store: KeyValueStore
      onBanned(ban: Ban): void
      onError(error: P2PError): void
    },
  ) {}

  /** Reads what the store holds; entries that are none are removed. A store that fails is reported, and holds up nobody. */
  load(): Promise<void> {
    this.loading ??= this.read().catch((error) => this.failed(error))
    return this.loading
  }

  /** The ban in force, if there is one. */
  of(id: string): Ban | undefined {
    const ban = this.bans.get(id)
    return ban !== undefined && this.leftMs(ban) > 0 ? ban : undefined
  }

  /** What whoever is banned is told, and whoever dials one; undefined where no ban is in force. */
  refusal(id: string): P2PError | undefined {
    const ban = this.of(id)
    if (ban === undefined) return undefined
    const { reason, until } = ban
    const retryAfterMs = Math.min(Math.ceil(this.leftMs(ban)), 86_400_000)
    return new P2PError('BANNED', `Banned: ${reason}`, { details: { ban: id, until, retryAfterMs } })
  }

  /** Copies of those in force, the one that ends last first. */
  list(): Ban[] {
    return this.inForce()
      .sort((a, b) => b.until - a.until)
      .map((ban) => ({ ...ban }))
  }

  /** Those in force. */
  get count(): number {
    return this.inForce().length
  }

  /** @param durationMs milliseconds; by default `banMs` at the first time, four times as long at each further one, at most `maxBanMs`. */
  add(id: string, { cause, reason, durationMs }: { cause: Ban['cause']; reason: string; durationMs?: number | undefined }): Ban {
    const { clock, limits } = this.wiring
    if (durationMs !== undefined && !(typeof durationMs === 'number' && durationMs > 0)) {
      throw new P2PError('INVALID_CONFIG', 'durationMs must be a number of milliseconds above 0.')
    }
    const now = clock.now()
    const times = (this.bans.get(id)?.times ?? 0) + 1
    const lasts = Math.min(durationMs ?? limits.banMs * 4 ** Math.min(times - 1, 16), limits.maxBanMs)
    // Frozen, since listeners get this very object.
    const ban: Ban = Object.freeze({ id, reason: cutText(reason, 256), cause, since: now, until: now + lasts, times })
    this.bans.delete(id)
    this.keep(ban, lasts)
    this.shed()
    this.write(ban)
    this.wiring.onBanned(ban)
    return ban
  }

  /** Ends a ban; false where there is none. */
  lift(id: string): boolean {
    const isInForce = this.of(id) !== undefined
    this.drop(id)
    return isInForce
  }

  private inForce(): Ban[] {
    return [...this.bans.values()].filter((ban) => this.leftMs(ban) > 0)
  }

  private keep(ban: Ban, leftMs: number): void {
    this.bans.set(ban.id, ban)
    ends.set(ban, elapsed(this.wiring.clock) + leftMs)
  }

  /** Milliseconds until the ban ends; below 0 where it has ended. */
  private leftMs(ban: Ban): number {
    return (ends.get(ban) ?? 0) - elapsed(this.wiring.clock)
  }

  private write(ban: Ban): void {
    const { id, ...rest } = ban
    this.wiring.store.set(PREFIX + id, encode(rest)).catch((error) => this.failed(error))
  }

  private drop(id: string): void {
    if (this.bans.delete(id)) this.wiring.store.delete(PREFIX + id).catch((error) => this.failed(error))
  }

  private shed(): void {
    const { maxBans } = this.wiring.limits
    if (this.bans.size <= maxBans) return
    for (const ban of this.bans.values()) if (-this.leftMs(ban) >= ban.until - ban.since) this.drop(ban.id)
    // The one that would end first: it was the mildest, or is nearly served.
    while (this.bans.size > maxBans) {
      let first: Ban | undefined
      for (const ban of this.bans.values()) if (first === undefined || this.leftMs(ban) < this.leftMs(first)) first = ban
      this.drop(first!.id)
    }
  }

  private async read(): Promise<void> {
    const { store, clock } = this.wiring
    const now = clock.now()
    for (const key of await store.keys(PREFIX)) {
      const bytes = await store.get(key)
      const ban = bytes && banOf(key.slice(PREFIX.length), bytes)
      if (ban === undefined || now >= ban.until + (ban.until - ban.since)) await store.delete(key)
      // One of this session is newer.
      else if (!this.bans.has(ban.id)) this.keep(ban, Math.min(ban.until - now, ban.until - ban.since))
    }
    this.shed()
  }

  private failed(error: unknown): void {
    const message = 'The store of bans failed. Check P2PConfig.store.'
    this.wiring.onError(asP2PError(error, 'STORAGE_FAILED', message))
  }
}

function banOf(id: string, bytes: Uint8Array): Ban | undefined {
  try {
    const ban = shaped(banShape, decode(bytes))
    return ban && { id, ...ban }
  } catch {
    return undefined
  }
}
