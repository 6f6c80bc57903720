import { equalBytes, hexOf } from '../base/bytes.js'
import { abortedError, asP2PError, P2PError, shutDownError } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { checkWait } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { BlameReason } from '../protocol/blame.js'
import type { ProtocolHost } from '../protocol/handler.js'
import { equivocated } from './statement-board.js'
import { GO, ITEM, READY_MS, type Round, StatementRounds } from './statement-rounds.js'
import type { StatementSession, StatementSessionOptions } from './statement-session.js'

/** Rounds of one run: what all members say in it stays in memory to its end. */
const MAX_ROUNDS = 16

/** The items of each phase, by phase name and then by the `lp1…` id of the sender. */
export type PhaseItems = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>

/** One step of a protocol: each of `from` owes one item within the deadline. */
export interface Phase {
  name: string
  /** Milliseconds from the beginning of the phase, by our own clock. The same at all members. */
  deadlineMs: number
  /** Public keys of the members that owe an item, or a function that finds them from earlier items. Default: all members. */
  from?: (readonly Uint8Array[] | ((items: PhaseItems) => readonly Uint8Array[])) | undefined
  /**
   * Whether the members confirm to each other that they hold the same items so far, in a round of its own, before the next phase begins, or the run ends.
   * Default: true. False saves the time of one message where nothing is given away yet. The same at all members.
   */
  ready?: boolean | undefined
}

/** How far a phase is. */
export interface PhaseProgress {
  phase: string
  /** The items are here, and the members confirm that they have the same. */
  ready: boolean
  /** Items, or confirmations, that have come, of so many. */
  done: number
  of: number
  /** `lp1…` ids of the members that still owe one. */
  missing: string[]
  /** Milliseconds since the Unix epoch. */
  deadlineAt: number
}

/** Options of `Statements.run`. */
export interface StatementRunOptions extends Omit<StatementSessionOptions, 'slots' | 'onStatement'> {
  /** Which attempt this is, from 1: each has a session of its own. Default 1. */
  attempt?: number | undefined
  /** In order; the same at all members, with the same names. At most 16, those that are confirmed counted twice. */
  phases: readonly Phase[]
  /**
   * What we state in a phase, at most 16 KiB; undefined: nothing. Called when the phase begins, where we owe an item. What it throws ends the run.
   *
   * @param items of the phases before, by phase and then by `lp1…` id: the same at all members, if the last of these phases was confirmed.
   */
  say: (phase: string, items: PhaseItems) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** All items of a phase are here; other members may have heard others, until `finished`, or a later phase that follows on `ready`. */
  onItems?: ((phase: string, items: PhaseItems) => void) | undefined
  onProgress?: ((progress: PhaseProgress) => void) | undefined
  /**
   * True: of the members that miss a deadline only those are blamed that are in the session and have answered a probe after it. So a member that is cut off
   * blames nobody. Default false: to leave is to miss the phase, and `details.blamed` holds all that have missed it.
   */
  excuseAbsent?: boolean | undefined
}

interface RunSurroundings {
  host: ProtocolHost & Partial<Pick<PluginKit, 'report'>>
  self: Uint8Array
  /** @param rounds how many there are. @param onClosed the session is closed, by whomever. */
  join(options: StatementSessionOptions, rounds: number, onClosed: () => void): StatementSession
  run(options: StatementRunOptions): StatementRun
}

/** A round of a run: the items of a phase, or the word of each member that it is ready for the next. */
interface PlannedRound {
  readonly phase: Phase
  readonly isReady: boolean
}

/**
 * One attempt of a protocol in phases, all of whose items are statements: made by `Statements.run`. Its members go on together or stop together, and with the same items,
 * as long as messages between honest members take less than a step of one second. A member that lies, or misses a deadline, is named and blamed.
 */
export class StatementRun {
  /** Which attempt this is, from 1. */
  readonly attempt: number
  readonly session: StatementSession
  /**
   * Resolves with all items once all members have confirmed that they have the same; rejects with PHASE_TIMEOUT (`details.phase`, `details.missing`, `details.blamed`),
   * EQUIVOCATION (`details.evidence`, `details.blamed`), ABORTED, or what `say` threw. Never an unhandled rejection.
   */
  readonly finished: Promise<PhaseItems>
  /** Of each round, the phase and its place among the phases. */
  private readonly plan: readonly PlannedRound[]
  private readonly rounds: StatementRounds
  /** `lp1…` ids of the members, by their places. */
  private readonly memberIds: readonly string[]
  private readonly items = new Map<string, Map<string, Uint8Array>>()
  private over = false
  private named: readonly Uint8Array[] = []
  /** Members that were late and have answered a probe since, in hex. */
  private readonly present = new Set<string>()
  private settle!: { resolve: (items: PhaseItems) => void; reject: (error: P2PError) => void }
  private readonly onSignal = () => this.end(abortedError(this.title, this.options.signal?.reason))

  /** @throws P2PError as `Statements.run`. @internal */
  constructor(
    private readonly options: StatementRunOptions,
    private readonly around: RunSurroundings,
  ) {
    const { attempt = 1, phases, signal, say, onItems, onProgress, excuseAbsent, onEquivocation, ...joining } = options
    const { host, self } = around
    // One that has fired ends the run as it begins.
    if (!signal?.aborted) checkWait('The run', { signal })
    if (!(Number.isSafeInteger(attempt) && attempt >= 1))
      throw invalid('attempt', 'attempt must be a whole number of at least 1.')
    this.attempt = attempt
    this.plan = phases.flatMap((phase): PlannedRound[] => {
      const items = { phase, isReady: false }
      return phase.ready === false ? [items] : [items, { phase, isReady: true }]
    })
    const names = new Set(phases.map(({ name }) => name))
    if (
      names.size === 0 ||
      names.size < phases.length ||
      this.plan.length > MAX_ROUNDS ||
      !phases.every(({ deadlineMs }) => deadlineMs > 0)
    )
      throw invalid(
        'phases',
        `A run needs one phase at least, each with its own name and a deadlineMs above 0, and ${MAX_ROUNDS} rounds at most.`,
      )
    this.finished = new Promise((resolve, reject) => {
      this.settle = { resolve, reject }
    })
    this.finished.catch(() => {})
    this.session = around.join(
      {
        ...joining,
        session: `${options.session} #${attempt}`,
        slots: [ITEM, GO],
        onStatement: () => this.rounds.look(),
        // It is blamed already, and all members have the proof.
        onEquivocation: (evidence) => {
          this.run(() => onEquivocation?.(evidence))
          if (this.rounds.isCommitted) this.rounds.look()
          else this.lied()
        },
      },
      this.plan.length,
      () => this.closed(),
    )
    const { board, exchange } = this.session
    this.memberIds = board.members.map(encodePeerId)
    const said = (round: number, place: number, slot: string, value: Uint8Array | undefined) => {
      const held = board.get(round, place, slot)
      return held && (value === undefined || equalBytes(held.statement.value, value)) ? held : undefined
    }
    this.rounds = new StatementRounds({
      clock: host.clock,
      network: host.network,
      members: board.members.length,
      own: board.indexOf(self)!,
      rounds: this.plan.map(({ phase, isReady }): Round => {
        const deadlineMs = isReady ? READY_MS : phase.deadlineMs
        return { isReady, deadlineMs, owing: () => this.owing(phase, isReady) }
      }),
      item: (round, place, value) => said(round, place, ITEM, value)?.id,
      go: (round, place, value) => said(round, place, GO, value)?.statement.value,
      begin: (round, value) => this.run(() => this.begin(round, value)),
      complete: (round, digest, late) => {
        this.run(() => this.session.say({ round, slot: GO, value: digest }))
        if (late) exchange.push(round)
        this.completed(round)
      },
      ask: (round, place, items) =>
        exchange.ask(
          round,
          place,
          items.map((item) => [item, ITEM]),
        ),
      onProgress: () => this.progressed(),
      ...(excuseAbsent && { onOverdue: (places) => this.probe(places) }),
      stop: (round, places, excused) => this.timedOut(round, places, excused),
      end: () => this.end(),
      leave: () => this.session.close(),
    })
    if (signal?.aborted) this.onSignal()
    else {
      signal?.addEventListener('abort', this.onSignal)
      this.rounds.start()
    }
  }

  /** How far the phase is; undefined after the end. */
  get progress(): PhaseProgress | undefined {
    const { at, owing, missing, leftMs } = this.rounds
    if (this.over) return undefined
    const { phase, isReady } = this.plan[at]!
    return {
      phase: phase.name,
      ready: isReady,
      done: owing.length - missing.length,
      of: owing.length,
      missing: missing.map((place) => this.memberIds[place]!),
      deadlineAt: this.around.host.clock.now() + leftMs,
    }
  }

  /** The members for another attempt: all but those that the end has named. */
  get others(): Uint8Array[] {
    const names = new Set(this.named.map(hexOf))
    return this.options.members.filter((key) => !names.has(hexOf(key)))
  }

  /**
   * Ends this attempt with ABORTED, and leaves its session at once.
   *
   * @param named public keys of the members whose fault it is, `details.blamed` in the error.
   * @param cause why they are blamed: a share that does not verify, for instance; null: they are not.
   */
  abort(reason: string, named: readonly Uint8Array[] = [], cause: BlameReason | null = 'own-rules'): void {
    if (!this.over) {
      if (cause === null) this.named = named
      else this.blame(named, cause, reason)
      this.end(new P2PError('ABORTED', `${this.title} was ended: ${reason}`, { details: { blamed: named.map(encodePeerId) } }))
    }
    this.rounds.close()
    this.session.close()
  }

  /**
   * Begins the next attempt, in a session of its own, without the members that the end of this one has named. Each member has to come to the same
   * members by itself: where views differ, they are in different sessions.
   *
   * @param changes what is to differ. Secrets of the attempt before must not be said again.
   * @throws P2PError as `Statements.run`.
   */
  again(changes: Partial<StatementRunOptions> = {}): StatementRun {
    this.abort('the next attempt has begun', [], null)
    return this.around.run({ ...this.options, members: this.others, ...changes, attempt: this.attempt + 1 })
  }

  private get title(): string {
    return `${this.options.protocol}, ${this.options.session}, attempt ${this.attempt}`
  }

  private async begin(round: number, ready: Uint8Array | undefined): Promise<void> {
    const { session, rounds } = this
    session.enter(round)
    if (ready !== undefined) session.board.prefer(round, ready)
    else if (!rounds.owing.includes(session.board.indexOf(this.around.self)!)) return
    const value = ready ?? (await this.options.say(this.plan[round]!.phase.name, this.snapshot()))
    if (value === undefined || this.over) return
    await session.say({ round, slot: ITEM, value })
    rounds.look()
  }

  private owing({ name, from }: Phase, isReady: boolean): number[] {
    const { board } = this.session
    const all = Array.from(board.members, (_, place) => place)
    if (isReady || from === undefined) return all
    let places: number[] = []
    this.run(() => {
      const keys = typeof from === 'function' ? from(this.snapshot()) : from
      const named = keys.map((key) => board.indexOf(key))
      if (named.includes(undefined)) throw invalid('phases', `The phase "${name}" expects somebody who is no member.`)
      places = all.filter((place) => named.includes(place))
    })
    return places
  }

  private completed(round: number): void {
    const { phase, isReady } = this.plan[round]!
    if (isReady || this.over) return
    const { board } = this.session
    const values = this.rounds.owing.map((place): [string, Uint8Array] => [
      this.memberIds[place]!,
      board.get(round, place, ITEM)!.statement.value.slice(),
    ])
    this.items.set(phase.name, new Map(values))
    this.run(() => this.options.onItems?.(phase.name, this.snapshot()))
  }

  private snapshot(): PhaseItems {
    return new Map([...this.items].map(([phase, items]) => [phase, new Map(items)]))
  }

  private lied(): void {
    if (this.over) return
    const evidence = this.session.board.evidence()
    this.named = evidence.map(({ publicKey }) => publicKey)
    const error = equivocated(evidence[0]!)
    this.end(new P2PError(error.code, error.message, { details: { ...error.details, blamed: this.named.map(encodePeerId) } }))
  }

  private timedOut(round: number, places: readonly number[], stalled: boolean): void {
    const { host, self } = this.around
    // Only the liar is named: what others lack it may have kept from them.
    if (this.session.evidence.length > 0) {
      this.lied()
      return
    }
    const owing = this.keys(places)
    const idle = owing.filter((key) => !equalBytes(key, self))
    const offline = host.peers().length === 0 || (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false
    const { name } = this.plan[round]!.phase
    const isAbsent = (key: Uint8Array) => !this.present.has(hexOf(key)) || !this.session.hasJoined(key)
    const late = stalled || offline ? [] : this.options.excuseAbsent ? idle.filter((key) => !isAbsent(key)) : idle
    this.blame(late, 'phase-missed', `It did not act in time in the phase "${name}" of ${this.title}.`)
    this.named = idle
    const blamed = late.map(encodePeerId)
    const text = `${this.title} ended in its phase "${name}": ${owing.length} did not act in time. Try again without them.`
    this.end(
      new P2PError('PHASE_TIMEOUT', text, {
        details: { phase: name, missing: places.map((place) => this.memberIds[place]!), blamed },
      }),
    )
  }

  /** Whoever answers after the deadline was there, and so were we. */
  private probe(places: readonly number[]): void {
    const { host } = this.around
    const owing = new Set(this.keys(places).map(hexOf))
    for (const { peerId, publicKey } of host.peers()) {
      if (publicKey === undefined || !owing.has(hexOf(publicKey))) continue
      // The probe of the heartbeat, which every peer answers.
      host.request(peerId, { type: 'ping', payload: null, protocol: 'lotus/heartbeat' }).then(
        () => this.present.add(hexOf(publicKey)),
        () => {},
      )
    }
  }

  private keys(places: readonly number[]): Uint8Array[] {
    return places.map((place) => this.session.board.members[place]!)
  }

  private blame(keys: readonly Uint8Array[], why: BlameReason, reason: string): void {
    this.named = keys
    for (const key of keys) if (!equalBytes(key, this.around.self)) this.around.host.blame(key, why, reason)
  }

  private progressed(): void {
    const { progress } = this
    if (progress !== undefined) this.run(() => this.options.onProgress?.(progress))
  }

  /** The session was closed: by us, or by the coordinator that stops. */
  private closed(): void {
    this.rounds.close()
    this.end(shutDownError(this.title))
  }

  /** Without an error the session lives on for those that still lack what we have. */
  private end(error?: P2PError): void {
    if (this.over) return
    this.over = true
    this.options.signal?.removeEventListener('abort', this.onSignal)
    if (error === undefined) {
      this.settle.resolve(this.snapshot())
      return
    }
    this.settle.reject(error)
    this.rounds.close()
    this.session.close()
  }

  /** The author's own code, and what we say: where it fails, the run cannot go on. */
  private run(callback: () => unknown): void {
    fenced(callback, (cause) => this.end(asP2PError(cause, 'HANDLER_FAILED', `${this.title} failed in its own code.`)))
  }
}

function invalid(option: string, text: string): P2PError {
  return new P2PError('INVALID_CONFIG', text, { details: { option } })
}
