import { type Clock, elapsed } from '../base/clock.js'
import { LazyMap } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'
import { BLAME, type BlameCause, type BlameReason } from '../protocol/blame.js'

/** What follows from a peer's score. */
export type Consequence = 'none' | 'throttle' | 'disconnect' | 'ban'

/** What we hold of one peer. */
export interface Standing {
  /** 0 for a stranger, below for who misbehaved, above for who has been of use; drawn to 0 with time. */
  score: number
  /** How often it was blamed, by cause. */
  faults: { [Cause in BlameCause]?: number }
}

interface Entry extends Standing {
  /** Points for timeouts, which lower the order in which a peer is chosen and nothing else. */
  late: number
  /** When `score` and `late` held. */
  at: number
  creditedAt: number
}

/**
 * Local opinions of peers, never told to anybody. Every stranger begins at 0, so a new identity is worth no more than that; good
 * exchanges earn a little, one at most in `creditEveryMs` so that chatter earns nothing, up to `maxCredit`; faults cost more. Both
 * fade, by half in `reputationHalfLifeMs`.
 */
export class Reputation {
  /** By the public key in hex, longest untouched first. */
  private readonly entries = new LazyMap<string, Entry>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {}

  get size(): number {
    return this.entries.size
  }

  /** Notes a fault; tells what is to follow. Equivocation is proven, and bans whatever the score; a timeout has no consequence. */
  blame(key: string, reason: BlameReason): Consequence {
    const cause = BLAME[reason]
    const entry = this.touch(key)
    entry[cause === 'timeout' ? 'late' : 'score'] -= this.penalty(cause)
    entry.faults[cause] = (entry.faults[cause] ?? 0) + 1
    return cause === 'equivocation' ? 'ban' : cause === 'timeout' ? 'none' : this.consequenceOf(entry.score)
  }

  /** Notes a good exchange. */
  credit(key: string): void {
    const { maxCredit, creditEveryMs } = this.limits
    const now = elapsed(this.clock)
    const known = this.entries.get(key)
    if (known !== undefined && now - known.creditedAt < creditEveryMs) return
    const entry = this.touch(key)
    entry.creditedAt = now
    entry.score = Math.min(maxCredit, entry.score + 1)
  }

  /** By which peers are chosen: timeouts count. */
  scoreOf(key: string): number {
    const entry = this.entries.get(key)
    return entry === undefined ? 0 : this.faded(entry, entry.score + entry.late)
  }

  /** The part of a rate limit that a peer gets: half as a newcomer, a quarter as one that misbehaved. */
  shareOf(key: string): number {
    const entry = this.entries.get(key)
    const score = entry === undefined ? 0 : this.faded(entry)
    return score <= -this.limits.throttleBelow ? 0.25 : score < this.limits.establishedAt ? 0.5 : 1
  }

  standingOf(key: string): Standing {
    return { score: this.scoreOf(key), faults: { ...this.entries.get(key)?.faults } }
  }

  /** Forgives everything. */
  forget(key: string): void {
    this.entries.delete(key)
  }

  private penalty(cause: BlameCause): number {
    const { penaltyOffence, penaltyFlood, penaltyTimeout, penaltyEquivocation } = this.limits
    return { offence: penaltyOffence, flood: penaltyFlood, timeout: penaltyTimeout, equivocation: penaltyEquivocation }[cause]
  }

  private consequenceOf(score: number): Consequence {
    const { banBelow, disconnectBelow, throttleBelow } = this.limits
    return score <= -banBelow ? 'ban' : score <= -disconnectBelow ? 'disconnect' : score <= -throttleBelow ? 'throttle' : 'none'
  }

  private faded({ score, at }: Entry, points = score): number {
    return points * 0.5 ** ((elapsed(this.clock) - at) / this.limits.reputationHalfLifeMs)
  }

  private touch(key: string): Entry {
    const now = elapsed(this.clock)
    const entry = this.entries.get(key) ?? { score: 0, late: 0, at: now, creditedAt: Number.NEGATIVE_INFINITY, faults: {} }
    entry.late = this.faded(entry, entry.late)
    entry.score = this.faded(entry)
    entry.at = now
    this.entries.delete(key)
    this.entries.set(key, entry)
    if (this.entries.size > this.limits.maxReputations) this.shed()
    return entry
  }

  /** Strangers who misbehave a little cannot push out those whom we know well: whoever matters least goes first. */
  private shed(): void {
    let least: string | undefined
    let weight = Number.POSITIVE_INFINITY
    let looked = 0
    for (const [key, entry] of this.entries) {
      const of = Math.abs(this.faded(entry, entry.score + entry.late))
      if (of < weight) [least, weight] = [key, of]
      if (++looked === 16) break
    }
    if (least !== undefined) this.entries.delete(least)
  }
}
