import { Alarm } from '../base/alarm.js'
import { compareBytes, hexOf, isBytes } from '../base/bytes.js'
import { elapsed, lateness } from '../base/clock.js'
import { abortedError, asP2PError, isP2PError, P2PError } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { encodePeerId } from '../identity/peer-id.js'
import { encode } from '../message/codec.js'
import type { BlameReason } from '../protocol/blame.js'
import type { ProtocolHost } from '../protocol/handler.js'

/** The items of each phase, by phase name and then by the `lp1…` id of the sender. */
export type PhaseItems<Item> = ReadonlyMap<string, ReadonlyMap<string, Item>>

/** One step of a protocol: each of `from` owes one item within the deadline. */
export interface Phase<Item = unknown> {
  name: string
  /** Milliseconds from the beginning of the phase, by our own clock. */
  deadlineMs: number
  /** Public keys of the members that owe an item, or a function that finds them from earlier items. Default: all members. */
  from?: readonly Uint8Array[] | ((items: PhaseItems<Item>) => readonly Uint8Array[])
}

/** How far a phase is. */
export interface PhaseProgress {
  phase: string
  /** Items that have come, of so many. */
  done: number
  of: number
  /** `lp1…` ids of the members that still owe an item. */
  missing: string[]
  /** Milliseconds since the Unix epoch. */
  deadlineAt: number
}

/**
 * What became of an item: `accepted`; `early`, kept for its phase; `duplicate`, the same as before; `late`, its phase or all of it is
 * over; `conflict`, something else than this peer has sent before, the first stands; `unexpected`, no such phase, or not from this peer.
 */
export type PhaseVerdict = 'accepted' | 'early' | 'duplicate' | 'late' | 'conflict' | 'unexpected'

/** Options of `PhaseMachine`. */
export interface PhaseMachineOptions<Item = unknown> {
  /** What `IProtocolHandler.onRegister` gives. */
  host: Pick<ProtocolHost, 'clock' | 'peers' | 'blame'>
  /** What this is, in reasons and errors, e.g. 'musig2 session 7'. */
  name: string
  /** Our own Ed25519 public key, 32 bytes: we owe items like others, and are never blamed. */
  self: Uint8Array
  /** Public keys of all members, 32 bytes each. */
  members: readonly Uint8Array[]
  phases: readonly Phase<Item>[]
  /**
   * A phase begins: send what we owe, and give it to `received` too. If it throws, or rejects, all ends with that; a TIMEOUT with
   * `details.missing`, as of `StatementSession.agreement`, counts as the phase's own deadline.
   */
  onPhase?: (phase: string, items: PhaseItems<Item>) => void | Promise<void>
  onProgress?: (progress: PhaseProgress) => void
  onDone?: (items: PhaseItems<Item>) => void
  onAborted?: (error: P2PError) => void
  /** Whether two items are the same. Default: their MessagePack bytes are. */
  same?: (one: Item, other: Item) => boolean
  /** Ends all phases with ABORTED; no member is blamed. */
  signal?: AbortSignal
}

/** How often we look whether we stood still, and a look later than this says that we did: a busy page is late by less. */
const TICK_MS = 1_000
const LATE_MS = 2_000
/** What lies unread after a sleep comes in within this time. */
const GRACE_MS = 5_000

/**
 * The phases of a multi-party protocol: which member owes what until when. The machine ends when every phase has all its items, or at
 * the first deadline, where it names and blames exactly the members that owe. A coordinator that was asleep or offline itself blames
 * none.
 *
 * Others count on it that all see the same items: send them as statements of a session, or a member that serves only some of the
 * others makes those look idle to the rest.
 *
 * @example
 * const machine = new PhaseMachine<Uint8Array>({
 *   host, name: 'dice at table 7', self: identity.publicKey, members,
 *   phases: [{ name: 'commit', deadlineMs: 30_000 }, { name: 'reveal', deadlineMs: 30_000 }],
 *   onPhase: (phase) => session.say({ round: 0, slot: phase, value: phase === 'commit' ? hash : number }),
 * })
 * machine.start()
 * // …for each statement: machine.received(statement.slot, statement.publicKey, statement.value)
 * const items = await machine.finished
 */
export class PhaseMachine<Item = unknown> {
  /** Resolves with all items, or rejects as `start` says. Never an unhandled rejection. */
  readonly finished: Promise<PhaseItems<Item>>
  private readonly ids = new Map<string, string>()
  /** Items by phase and peer id, those that are early included. */
  private readonly items = new Map<string, Map<string, Item>>()
  private readonly conflicting = new Set<string>()
  private at = -1
  private owing = new Set<string>()
  private expected = 0
  /** By the time that passes, not by the date. */
  private deadlineAt = 0
  /** We stood still in this phase: what others did meanwhile we do not know. */
  private stalled = false
  private readonly alarm: Alarm
  /** By how much the next look is late, milliseconds. */
  private late: () => number = () => 0
  private over = false
  private named: readonly Uint8Array[] = []
  private settle!: { resolve: (items: PhaseItems<Item>) => void; reject: (error: P2PError) => void }
  private readonly onSignal = () => this.end(abortedError(this.options.name, this.options.signal?.reason))

  /** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
  constructor(private readonly options: PhaseMachineOptions<Item>) {
    const { phases, members } = options
    const names = new Set(phases.map(({ name }) => name))
    if (
      phases.length === 0 ||
      names.size !== phases.length ||
      !phases.every(({ deadlineMs }) => typeof deadlineMs === 'number' && deadlineMs > 0)
    ) {
      throw new P2PError(
        'INVALID_CONFIG',
        'A PhaseMachine needs one phase at least, each with its own name and a deadlineMs above 0.',
      )
    }
    this.alarm = new Alarm(options.host.clock, () => this.look())
    for (const key of members) this.ids.set(hexOf(key), encodePeerId(key))
    this.finished = new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
    })
    this.finished.catch(() => {})
  }

  /**
   * Begins the first phase; the same promise as `finished`.
   *
   * @throws P2PError PHASE_TIMEOUT with `details.phase` and `details.missing` (peer ids), ABORTED, what `onPhase` throws.
   */
  start(): Promise<PhaseItems<Item>> {
    const { signal } = this.options
    if (this.at >= 0 || this.over) return this.finished
    if (signal?.aborted) this.onSignal()
    else {
      signal?.addEventListener('abort', this.onSignal)
      this.advance()
    }
    return this.finished
  }

  /**
   * An item has come; ours count too. A second, different one is an offence of its sender, for which it is blamed once: give only
   * what is proven to be from this peer.
   *
   * @param from public key, 32 bytes, or the `PeerInfo` that a handler got.
   */
  received(phase: string, from: Uint8Array | { publicKey?: Uint8Array }, item: Item): PhaseVerdict {
    const key = isBytes(from) ? from : from.publicKey
    const id = key && this.ids.get(hexOf(key))
    if (this.over) return 'late'
    const index = this.options.phases.findIndex(({ name }) => name === phase)
    if (index < 0 || id === undefined) return 'unexpected'
    const known = this.items.get(phase)
    if (known?.has(id)) return this.again(key!, id, known.get(id)!, item)
    if (index < this.at) return 'late'
    if (index === this.at && !this.owing.has(id)) return 'unexpected'
    this.items.set(phase, (known ?? new Map<string, Item>()).set(id, item))
    // One item of each member for each phase: no more than the protocol itself holds in the end.
    if (index > this.at) return 'early'
    this.owing.delete(id)
    this.progressed()
    // A listener may have ended it.
    if (!this.over && this.owing.size === 0) this.advance()
    return 'accepted'
  }

  /** How far the phase is; undefined before the start and after the end. */
  get progress(): PhaseProgress | undefined {
    const phase = this.options.phases[this.at]
    if (this.over || phase === undefined) return undefined
    const { expected, owing, deadlineAt } = this
    const { clock } = this.options.host
    const left = deadlineAt - elapsed(clock)
    return { phase: phase.name, done: expected - owing.size, of: expected, missing: [...owing], deadlineAt: clock.now() + left }
  }

  /**
   * Ends all of it, with ABORTED and this reason.
   *
   * @param named public keys of whose fault it is, `details.blamed` in the error.
   * @param cause why they are blamed; null: they are not, or are already, as after an equivocation.
   */
  abort(reason: string, named: readonly Uint8Array[] = [], cause: BlameReason | null = 'own-rules'): void {
    if (this.over) return
    if (cause === null) this.named = named
    else this.blame(named, cause, reason)
    this.end(
      new P2PError('ABORTED', `${this.options.name} was ended: ${reason}`, { details: { blamed: named.map(encodePeerId) } }),
    )
  }

  /** The members for another attempt: without those that the end has named. Give it a fresh session. */
  retryWithout(): Uint8Array[] {
    const names = new Set(this.named.map(hexOf))
    return this.options.members.filter((key) => !names.has(hexOf(key)))
  }

  private again(key: Uint8Array, id: string, first: Item, item: Item): PhaseVerdict {
    const { name, self } = this.options
    if ((this.options.same ?? sameBytes)(first, item)) return 'duplicate'
    if (!this.conflicting.has(id) && compareBytes(key, self) !== 0) {
      this.conflicting.add(id)
      this.options.host.blame(key, 'two-items', `It sent two different items in one phase of ${name}.`)
    }
    return 'conflict'
  }

  /** Goes to the next phase in which a member still owes an item. */
  private advance(): void {
    const { phases, host } = this.options
    for (;;) {
      const phase = phases[++this.at]
      if (phase === undefined) {
        this.end()
        return
      }
      const owing = this.owedIn(phase)
      if (owing === undefined) return
      // An early item of a member that owes nothing here is none of the phase's items.
      const early = this.items.get(phase.name) ?? new Map<string, Item>()
      this.items.set(phase.name, new Map([...early].filter(([id]) => owing.has(id))))
      this.expected = owing.size
      this.owing = new Set([...owing].filter((id) => !early.has(id)))
      this.stalled = false
      this.deadlineAt = elapsed(host.clock) + phase.deadlineMs
      this.tick()
      const at = this.at
      this.run(() => this.options.onPhase?.(phase.name, this.snapshot()))
      // Our own item may have been the last that was owed, and the next phase has begun already.
      if (this.over || this.at !== at) return
      this.progressed()
      if (this.over || this.at !== at || this.owing.size > 0) return
    }
  }

  private owedIn({ from = this.options.members, name }: Phase<Item>): Set<string> | undefined {
    let owing: Set<string> | undefined
    this.run(() => {
      const ids = (typeof from === 'function' ? from(this.snapshot()) : from).map((key) => this.ids.get(hexOf(key)))
      if (ids.includes(undefined)) throw new P2PError('INVALID_CONFIG', `The phase "${name}" expects somebody who is no member.`)
      owing = new Set(ids as string[])
    })
    return owing
  }

  private tick(): void {
    const { clock } = this.options.host
    const delayMs = Math.min(this.deadlineAt - elapsed(clock), TICK_MS)
    this.late = lateness(clock, delayMs)
    this.alarm.arm(delayMs)
  }

  private look(): void {
    const { clock } = this.options.host
    const now = elapsed(clock)
    if (this.late() > LATE_MS && !this.stalled) {
      // Once: a hidden tab is late at every look, and must come to an end too.
      this.stalled = true
      this.deadlineAt = Math.max(this.deadlineAt, now + GRACE_MS)
      this.progressed()
    }
    if (this.over) return
    if (now >= this.deadlineAt) this.timeOut()
    else this.tick()
  }

  private timeOut(owing: ReadonlySet<string> = this.owing): void {
    const { name, phases, members, self, host } = this.options
    if (this.over) return
    const phase = phases[this.at]!.name
    const missing = [...owing]
    const offline = host.peers().length === 0 || (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false
    const idle = members.filter((key) => owing.has(this.ids.get(hexOf(key))!) && compareBytes(key, self) !== 0)
    const excused = this.stalled || offline
    if (excused) this.named = idle
    else this.blame(idle, 'phase-missed', `It did not act in time in the phase "${phase}" of ${name}.`)
    this.end(
      new P2PError(
        'PHASE_TIMEOUT',
        `${name} ended in its phase "${phase}": ${missing.length} did not act in time. Try again without them.`,
        {
          details: { phase, missing, blamed: excused ? [] : idle.map(encodePeerId) },
        },
      ),
    )
  }

  private blame(keys: readonly Uint8Array[], why: BlameReason, reason: string): void {
    this.named = keys
    for (const key of keys) if (compareBytes(key, this.options.self) !== 0) this.options.host.blame(key, why, reason)
  }

  private progressed(): void {
    const { onProgress } = this.options
    const { progress } = this
    if (progress !== undefined) this.run(() => onProgress?.(progress))
  }

  private end(error?: P2PError): void {
    if (this.over) return
    const items = this.items as PhaseItems<Item>
    const result = error ?? new Map(items)
    this.over = true
    this.alarm.disarm()
    this.options.signal?.removeEventListener('abort', this.onSignal)
    this.items.clear()
    this.owing.clear()
    this.conflicting.clear()
    if (isP2PError(result)) this.settle.reject(result)
    else this.settle.resolve(result)
    this.run(() => (isP2PError(result) ? this.options.onAborted?.(result) : this.options.onDone?.(result)))
  }

  /** The author's own code: where it fails, the protocol cannot go on. */
  private run(callback: () => unknown): void {
    fenced(callback, (cause) => {
      // As `StatementSession.agreement` fails: these have not acted in time.
      const missing = isP2PError(cause, 'TIMEOUT') ? cause.details.missing : undefined
      if (Array.isArray(missing)) this.timeOut(new Set(missing))
      else this.end(asP2PError(cause, 'HANDLER_FAILED', `${this.options.name} failed in its own code.`))
    })
  }

  /** What has come up to the phase that begins: the early items of later ones are nobody's business yet. */
  private snapshot(): PhaseItems<Item> {
    const begun = this.options.phases.slice(0, this.at + 1).map(({ name }) => name)
    return new Map(begun.map((name) => [name, new Map(this.items.get(name))]))
  }
}

function sameBytes(one: unknown, other: unknown): boolean {
  return compareBytes(encode(one), encode(other)) === 0
}
