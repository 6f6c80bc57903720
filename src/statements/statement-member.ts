import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import { type Clock, lateness } from '../base/clock.js'
import { tupleKey } from '../base/tuple-key.js'
import type { Held } from './statement-board.js'

/** How often one statement is asked of a member, and shown to it, and what one digest stands for is listed to it, in one connection. */
const MAX_TIMES = 3
/** A timer later than this means that we stood still: what we wait for may lie unread. */
const LATE_MS = 1_000

/** One connected member of a session: what has been told it, and what it owes us. */
export class StatementMember {
  /** It says that it is in the session. */
  joined = false
  /** It has left the session. */
  ended = false
  /** By round, the last digest that was told it. */
  readonly told = new Map<number, string>()
  /** Rounds that it sees otherwise than we: by a digest that has just come, and by one that is older than a comparison. */
  doubted = new Set<number>()
  suspected: ReadonlySet<number> = new Set()
  /** Our own statements that were sent to it, whether it was in the session or not. */
  readonly sent = new Set<Held>()
  private readonly times = new Map<string, number>()
  /** Ids of statements that it says it has, with the place of their signer. */
  private readonly claims = new Map<string, number>()
  private readonly alarm: Alarm
  /** What it owes when the alarm rings, and when that is, milliseconds since the Unix epoch. */
  private owed: string[] = []
  private late: () => number = () => 0

  constructor(
    readonly peerId: string,
    readonly publicKey: Uint8Array,
    private readonly options: { clock: Clock; showMs: number; onLiar: () => void },
  ) {
    this.alarm = new Alarm(options.clock, () => this.judge())
  }

  /** True as long as this may be asked or shown once more. */
  mayRepeat(what: 'ask' | 'show' | 'list', id: Uint8Array): boolean {
    const name = tupleKey(what, hexOf(id))
    const times = this.times.get(name) ?? 0
    this.times.set(name, times + 1)
    return times < MAX_TIMES
  }

  /** A comparison is over: what is doubted now is looked at in the next. @returns whether anything is. */
  suspect(): boolean {
    this.suspected = this.doubted
    this.doubted = new Set()
    return this.suspected.size > 0
  }

  /** It claims a statement, and has been asked for it. */
  claim(id: Uint8Array, signer: number): void {
    this.claims.set(hexOf(id), signer)
    if (!this.alarm.isArmed) this.wait()
  }

  /** It has shown one. */
  shown(id: Uint8Array): void {
    this.claims.delete(hexOf(id))
    if (this.claims.size === 0) this.stop()
  }

  get claimed(): number {
    return this.claims.size
  }

  /** Whoever has learned that this signer lies or floods no longer shows what it said. */
  excuse(signer: number): void {
    for (const [id, index] of this.claims) if (index === signer) this.claims.delete(id)
    if (this.claims.size === 0) this.stop()
  }

  /** Forgets what it owes: it has left, or we have. */
  stop(): void {
    this.claims.clear()
    this.alarm.disarm()
  }

  private wait(): void {
    const { clock, showMs } = this.options
    this.late = lateness(clock, showMs)
    // Those that it owes now; what is claimed meanwhile has time of its own.
    this.owed = [...this.claims.keys()]
    this.alarm.arm(showMs)
  }

  private judge(): void {
    const { onLiar } = this.options
    if (this.late() <= LATE_MS && this.owed.some((id) => this.claims.has(id))) {
      this.stop()
      onLiar()
    } else if (this.claims.size > 0) this.wait()
  }
}
