import { P2PError } from '../base/errors.js'
import type { PluginKit } from '../core/plugin.js'
import type { BlameReason } from '../protocol/blame.js'
import type { ProtocolHost } from '../protocol/handler.js'
import { type Phase, type PhaseItems, PhaseMachine, type PhaseProgress } from './phases.js'
import type { StatementSession, StatementSessionOptions } from './statement-session.js'

/** Options of `Statements.run`. */
export interface StatementRunOptions extends Omit<StatementSessionOptions, 'slots' | 'onStatement' | 'onEquivocation'> {
  /** Which attempt this is, from 1: each has a session of its own. Default 1. */
  attempt?: number
  /** In order; the same at all members, with the same names. */
  phases: readonly Phase<Uint8Array>[]
  /**
   * What we state in a phase, at most 16 KiB; undefined: nothing. Called when the phase begins and all members have heard the same in those before. What it throws ends the run.
   *
   * @param items of the phases before, by phase and then by `lp1…` id.
   */
  say: (phase: string, items: PhaseItems<Uint8Array>) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  onProgress?: (progress: PhaseProgress) => void
}

interface RunSurroundings {
  host: ProtocolHost & Partial<Pick<PluginKit, 'report'>>
  self: Uint8Array
  join(options: StatementSessionOptions): StatementSession
  run(options: StatementRunOptions): StatementRun
}

/**
 * One attempt of a protocol in phases, all of whose items are statements: made by `Statements.run`. Each phase begins once all members
 * agree on what was said in the one before; a member that lies, or misses a deadline, is named and blamed.
 */
export class StatementRun {
  /** Which attempt this is, from 1. */
  readonly attempt: number
  readonly session: StatementSession
  /**
   * Resolves with all items once all members have heard them; rejects with PHASE_TIMEOUT (`details.phase`, `details.missing`), TIMEOUT where they do not agree on the last
   * phase, ABORTED, or what `say` threw. Never an unhandled rejection.
   */
  readonly finished: Promise<PhaseItems<Uint8Array>>
  private readonly machine: PhaseMachine<Uint8Array>

  /** @throws P2PError as `Statements.run`. */
  constructor(
    private readonly options: StatementRunOptions,
    private readonly around: RunSurroundings,
  ) {
    const { host, self } = around
    const { attempt = 1, phases, protocol, session, say, onProgress, members, signal, ...joining } = options
    if (!(Number.isSafeInteger(attempt) && attempt >= 1)) {
      throw new P2PError('INVALID_CONFIG', 'attempt must be a whole number of at least 1.', { details: { option: 'attempt' } })
    }
    this.attempt = attempt
    const rounds = new Map(phases.map(({ name }, round) => [name, round]))
    this.machine = new PhaseMachine<Uint8Array>({
      host,
      name: `${protocol}, ${session}, attempt ${attempt}`,
      self,
      members,
      phases,
      onPhase: async (phase, items) => {
        const round = rounds.get(phase)!
        if (round > 0) await this.session.agreement(round - 1, { timeoutMs: phases[round]!.deadlineMs })
        const value = await say(phase, items)
        if (value === undefined) return
        await this.session.say({ round, slot: phase, value })
        this.machine.received(phase, self, value)
      },
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    })
    this.session = around.join({
      ...joining,
      protocol,
      session: `${session} #${attempt}`,
      members,
      slots: [...rounds.keys()],
      onStatement: ({ round, slot, publicKey, value }) => {
        if (rounds.get(slot) === round) this.machine.received(slot, publicKey, value)
      },
      // It is blamed already, and all have the proof.
      onEquivocation: ({ publicKey }) => this.machine.abort('a member said two things', [publicKey], null),
    })
    this.finished = this.go(phases)
    this.finished.catch(() => {})
  }

  /** How far the phase is; undefined after the end. */
  get progress(): PhaseProgress | undefined {
    return this.machine.progress
  }

  /** The members for another attempt: all but those that the end has named. */
  get others(): Uint8Array[] {
    return this.machine.retryWithout()
  }

  /** Ends this attempt with ABORTED. @param named whose fault it is, and why they are blamed: a share that does not verify, for instance. */
  abort(reason: string, named: readonly Uint8Array[] = [], cause: BlameReason | null = 'own-rules'): void {
    this.machine.abort(reason, named, cause)
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

  private async go(phases: readonly Phase<Uint8Array>[]): Promise<PhaseItems<Uint8Array>> {
    try {
      const items = await this.machine.start()
      // A member that leaves sooner cannot pass on what another still lacks.
      await this.session.agreement(phases.length - 1, { timeoutMs: phases.at(-1)!.deadlineMs })
      return items
    } finally {
      this.session.close()
    }
  }
}
