import { Alarm } from '../base/alarm.js'
import { equalBytes } from '../base/bytes.js'
import { type Clock, elapsed, lateness } from '../base/clock.js'
import { taggedHash } from '../identity/envelope.js'

/** What a member says in a round, in its two slots. */
export const ITEM = 'item'
export const GO = 'go'
/**
 * Longer than a statement takes from one honest member to another, by how much their rounds begin apart included, milliseconds. Fixed, as
 * members that count otherwise would not stop together.
 */
export const STEP_MS = 1_000
/** Time for the members to confirm that they have the same, milliseconds. */
export const READY_MS = 10_000
/** The most members whose `go` a round may need: one of so many is honest where fewer collude. */
const MAX_GOES = 8
/** How often we look whether we stood still, and a look later than this says that we did: a busy page is late by less. */
export const TICK_MS = 1_000
export const LATE_MS = 2_000
/** What lies unread after a sleep comes in within this time. */
export const GRACE_MS = 5_000

/** A member is named by its place. */
export interface Round {
  /** Milliseconds from the beginning of the round, by our own clock. */
  readonly deadlineMs: number
  /** Everybody's item is a hash of all items before it, and counts where it is the one that we have. */
  readonly isReady: boolean
  /** The members that owe an item, in order. */
  owing(): readonly number[]
}

/** What the rounds need of their surroundings: what was heard, and how to speak. */
export interface RoundsOptions {
  clock: Clock
  network: string
  /** How many members there are, and which of them we are. */
  members: number
  own: number
  rounds: readonly Round[]
  /** Id of a member's item; in a round `ready` of that with this value. */
  item(round: number, place: number, value: Uint8Array | undefined): Uint8Array | undefined
  /** What a member has said as `go`; in a round `ready` this value, where it has said that among others. */
  go(round: number, place: number, value: Uint8Array | undefined): Uint8Array | undefined
  /** The round begins: say the item. @param value the one that we say in a round `ready`. */
  begin(round: number, value: Uint8Array | undefined): void
  /** All items are here: say `go`. @param late the others may lack the time to ask: show them all that is held of the round. */
  complete(round: number, digest: Uint8Array, late: boolean): void
  /** The member says that it has all items: ask it for those that we lack. */
  ask(round: number, place: number, items: readonly number[]): boolean
  onProgress(): void
  /** The deadline is over, and these owe their items; they have some steps more. */
  onOverdue?(places: readonly number[]): void
  /** Time is over, and these owe their items. @param excused we stood still, so it may be our own fault. */
  stop(round: number, places: readonly number[], excused: boolean): void
  /** All rounds are complete. */
  end(): void
  /** The others are complete too, or had the time for it. */
  leave(): void
}

/**
 * The rule by which the members of a run go on together, or stop together, each by itself: a broadcast after Dolev and Strong
 * ("Authenticated Algorithms for Byzantine Agreement", 1983), in which a round's `go` are the chain of signatures.
 *
 * A member completes a round when it holds all items, says `go` over them and shows what others lack. After its deadline it may complete
 * for k more steps only with the `go` of k others, so whoever completes leaves the others a step to do the same. It stops K steps after
 * the deadline and not before, K the number of the others and at most 8: K members whose last moment has come are not all liars.
 *
 * A round `ready` holds a hash of all that was said before. Its items are equal where all have the same, so a member whose items
 * differ from ours is never one of those with which we complete it. Knows of no network.
 */
export class StatementRounds {
  /** The round that we are in. */
  at = -1
  /** Its members whose items are not here. */
  missing: readonly number[] = []
  owing: readonly number[] = []
  /** By the time that passes, not by the date. */
  private begunAt = 0
  private begunOn = 0
  private stopsAt = 0
  /** We stood still in this round: what others did meanwhile we do not know. */
  private stalled = false
  /** Who owed its item at the deadline. */
  private owed: readonly number[] | undefined
  /** What we say in this round, where it is `ready`. */
  private value: Uint8Array | undefined
  /** Ids of all items, by round and place. */
  private readonly ids: Uint8Array[] = []
  /** Members that were asked for what we lack in this round. */
  private readonly asked = new Set<number>()
  private over = false
  private looking = false
  /** Set at the end: the digest of the last round. */
  private last: Uint8Array | undefined
  private late: () => number = () => 0
  private readonly alarm: Alarm
  private readonly steps: number

  constructor(private readonly options: RoundsOptions) {
    this.alarm = new Alarm(options.clock, () => this.tick())
    this.steps = Math.min(options.members - 1, MAX_GOES)
  }

  start(): void {
    this.next()
    this.look()
  }

  /** Milliseconds that the round has left to its deadline. */
  get leftMs(): number {
    return this.begunAt + this.round.deadlineMs - elapsed(this.options.clock)
  }

  /** We have said that we are ready: a liar whose `ready` is ours holds nobody up, and is no reason to stop, for others may complete. */
  get isCommitted(): boolean {
    return this.value !== undefined && this.options.item(this.at, this.options.own, this.value) !== undefined
  }

  /** Something was heard, or said by us. */
  look(): void {
    // What a callback brings about is seen by the look that is under way.
    if (this.looking || this.at < 0) return
    this.looking = true
    try {
      while (!this.over && this.step());
    } finally {
      this.looking = false
    }
  }

  /** Ends it; a second call does nothing. */
  close(): void {
    this.over = true
    this.alarm.disarm()
  }

  private get round(): Round {
    return this.options.rounds[this.at]!
  }

  private step(): boolean {
    const { options, at, last } = this
    if (last !== undefined) {
      if (this.goesOf(last).length === this.options.members - 1) this.leave()
      return false
    }
    const ids = new Map(this.owing.map((place) => [place, options.item(at, place, this.value)]))
    const missing = this.owing.filter((place) => ids.get(place) === undefined)
    const news = missing.length !== this.missing.length
    this.missing = missing
    if (news) options.onProgress()
    if (missing.length > 0) {
      for (const place of this.places()) {
        if (!this.asked.has(place) && options.go(at, place, this.value) !== undefined && options.ask(at, place, missing))
          this.asked.add(place)
      }
      return false
    }
    const found = [...ids.values()] as Uint8Array[]
    const digest = this.value ?? taggedHash('statement-go', options.network, ...found)
    const lateMs = this.lateMs()
    if (this.goesOf(digest).length < Math.min(this.steps, Math.ceil(lateMs / STEP_MS))) return false
    this.ids.push(...found)
    options.complete(at, digest, lateMs > -STEP_MS)
    if (this.over) return false
    if (at + 1 < options.rounds.length) this.next()
    else {
      this.last = digest
      this.stopsAt += STEP_MS
      options.end()
    }
    return true
  }

  private next(): void {
    const { options } = this
    const { clock, network } = options
    const round = options.rounds[++this.at]!
    this.asked.clear()
    this.owed = undefined
    this.stalled = false
    this.value = round.isReady ? taggedHash('statement-ready', network, ...this.ids) : undefined
    this.owing = round.owing()
    if (this.over) return
    this.missing = this.owing
    this.begunAt = elapsed(clock)
    this.begunOn = clock.now()
    this.stopsAt = this.begunAt + round.deadlineMs + this.steps * STEP_MS
    this.arm()
    options.begin(this.at, this.value)
    if (!this.over) options.onProgress()
  }

  /** How long the deadline is over, milliseconds; below 0 before it. By the date too: the time that passes may not have passed in a sleep. */
  private lateMs(): number {
    const { clock } = this.options
    return Math.max(elapsed(clock) - this.begunAt, clock.now() - this.begunOn) - this.round.deadlineMs
  }

  private places(): number[] {
    return Array.from({ length: this.options.members }, (_, place) => place).filter((place) => place !== this.options.own)
  }

  private goesOf(digest: Uint8Array): number[] {
    const { options, at } = this
    return this.places().filter((place) => {
      const said = options.go(at, place, this.value)
      return said !== undefined && equalBytes(said, digest)
    })
  }

  private arm(): void {
    const { clock } = this.options
    const now = elapsed(clock)
    const until = this.owed === undefined && this.last === undefined ? this.begunAt + this.round.deadlineMs : this.stopsAt
    const delayMs = Math.min(Math.max(0, Math.ceil(until - now)), TICK_MS)
    this.late = lateness(clock, delayMs)
    this.alarm.arm(delayMs)
  }

  private tick(): void {
    const now = elapsed(this.options.clock)
    if (this.late() > LATE_MS && !this.stalled) {
      // Once: a hidden tab is late at every look, and must come to an end too.
      this.stalled = true
      this.stopsAt = Math.max(this.stopsAt, now + GRACE_MS)
    }
    if (this.leftMs <= 0 && this.owed === undefined) {
      this.owed = this.missing
      this.options.onOverdue?.(this.owed)
    }
    if (now < this.stopsAt) this.arm()
    else if (this.last !== undefined) this.leave()
    else {
      this.close()
      // Where all have come, some came late.
      this.options.stop(this.at, this.missing.length > 0 ? this.missing : this.owed!, this.stalled)
    }
  }

  private leave(): void {
    this.close()
    this.options.leave()
  }
}
