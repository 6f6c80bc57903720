import type { Clock } from '../base/clock.js'
import { isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import { type WaitOptions, withDeadline } from '../base/wait.js'
import { decode, encode } from '../message/codec.js'
import { AnswerCollector, Attempt, type AttemptOptions, type Outcome } from './attempt.js'
import type { Carrier, Purpose } from './carrier.js'
import type { Entries } from './entries.js'
import { MESSAGE_ID_BYTES } from './exit-messages.js'
import type { Hop } from './hop.js'
import { epochAt, MAX_EXIT_BITS } from './messages.js'
import { OnionFault } from './onion-errors.js'
import type { Paths } from './paths.js'
import type { OnionProfile } from './profile.js'
import type { Scores } from './scores.js'
import { findOnionWork } from './work.js'

/** Attempts in all: those that fail at once, for a reason, do not count among the tries. */
const MAX_ATTEMPTS = 9
/** The pause after a hop has given a packet up, longer each time. */
const FAULT_MS = 100
/** Bytes of a short answer. */
const SHORT_ANSWER = 1_000

/** What an exit is asked. */
export interface ExitQuestion extends WaitOptions {
  action: string
  args: unknown
  profile?: OnionProfile | undefined
  /** Ids of exits that would do; default: any that offers the action. */
  exits?: ReadonlySet<string> | undefined
  /** How long the answer is likely to be: reply blocks for so much are sent at once. */
  answerBytes?: number | undefined
  /** How long the exit itself may take, milliseconds. */
  waitMs?: number | undefined
  /** By which the exit knows the message, 8 bytes; default: drawn. */
  messageId?: Uint8Array | undefined
  /** Told of all that comes by the reply blocks, parts of the answer too. */
  onContent?: ((content: Uint8Array) => void) | undefined
}

/** A guard that is connected. */
type Guarding = AttemptOptions['guard']

/** What an exit has answered. */
export interface ExitAnswer {
  result: unknown
  exit: Hop
}

export interface AskerOptions {
  clock: Clock
  random: Random
  limits: Required<Limits>
  purpose: Purpose
  paths: Paths
  scores: Scores
  entries: Entries
  carrier: Carrier
}

/** Asks exits in the name of one purpose: each try by other middles, and after a silence by another guard and another exit. */
export class Asker {
  constructor(private readonly options: AskerOptions) {}

  /**
   * Asks an exit. A message keeps its id when it is tried again, so that an exit does nothing twice.
   *
   * @throws P2PError ONION_TIMEOUT, ONION_NO_PATH, ONION_TOO_FEW_OPERATORS, ABORTED, INVALID_CONFIG, MESSAGE_TOO_LARGE; ONION_EXIT_REFUSED
   * with `details.reason`.
   */
  async ask(question: ExitQuestion): Promise<ExitAnswer> {
    const { clock, limits } = this.options
    const { profile = 'quick', signal } = question
    const timeoutMs = question.timeoutMs ?? limits[TIMEOUTS[profile]]
    // Encoded at the call: what the caller changes afterwards does not count.
    const args = encode(question.args)
    try {
      return await withDeadline(clock, 'The request through the onion', { signal, timeoutMs }, (inner) =>
        this.tried({ ...question, profile }, args, inner),
      )
    } catch (error) {
      throw isP2PError(error, 'TIMEOUT') ? timedOut(question.action, error) : error
    }
  }

  private async tried(
    question: ExitQuestion & { profile: OnionProfile },
    args: Uint8Array,
    signal: AbortSignal,
  ): Promise<ExitAnswer> {
    const { entries, paths, purpose, random, limits } = this.options
    const { action, exits } = question
    const { messageId = random.bytes(MESSAGE_ID_BYTES) } = question
    const avoid = new Set<string>()
    const tried = new Set<string>()
    const collectors = new Map<string, AnswerCollector>()
    let guard: Guarding | undefined
    let exit: Hop | undefined
    let bits = 0
    let silences = 0
    for (let i = 0; i < MAX_ATTEMPTS && !signal.aborted; i++) {
      paths.checkOperators()
      const first = await entries.ready({ signal })
      // Silence may be the guard's: the other one stands by for that.
      const open = entries.open()
      if (exit === undefined || !guard?.entry.isOpen) {
        const inTurn = open[silences % Math.max(1, open.length)] ?? first
        // An exit that would do may be of the operator of one guard.
        ;[guard, exit] = firstOf([inTurn, ...open], (each) => paths.exit(purpose, each.hop, action, avoid, exits))
      }
      const { id, record, publicKey } = exit
      const collector = collectors.get(id) ?? new AnswerCollector(messageId)
      collectors.set(id, collector)
      const needed = Math.max(bits, record.bits[action] ?? 0)
      if (needed > MAX_EXIT_BITS) throw refusedBy(new P2PError('PROOF_OF_WORK_TOO_HARD', `The exit demands ${needed} bits.`), id)
      const epoch = epochAt(this.options.clock.now())
      const nonce = needed === 0 ? undefined : await findOnionWork({ exit: publicKey, epoch, messageId }, needed, signal)
      // What was lost once is sent twice at once, by other hops.
      const copies = silences === 0 ? 1 : 2
      const outcome = await this.attempt(question, { guard, exit, args, messageId, nonce, copies, tried, collector, signal })
      if (signal.aborted) break
      switch (outcome.kind) {
        case 'answer':
          return { result: decode(outcome.bytes, limits), exit }
        case 'refused': {
          const { error } = outcome
          const demanded = error.details.bits
          if (error.code === 'PROOF_OF_WORK_REQUIRED' && typeof demanded === 'number' && demanded > needed) {
            bits = demanded
            collectors.delete(id)
            continue
          }
          // What it has forgotten, or has no room for, another one may do.
          if (!isP2PError(error, 'RATE_LIMITED') && !isP2PError(error, 'ONION_GONE')) throw refusedBy(error, id)
          collectors.delete(id)
          avoid.add(id)
          exit = undefined
          bits = 0
          continue
        }
        case 'fault':
          // A hop may not know the next one yet.
          await pause(this.options.clock, FAULT_MS * (i + 1), signal)
          if (outcome.code !== OnionFault.NO_EXIT && !outcome.isExitGone) continue
          avoid.add(id)
          exit = undefined
          bits = 0
          continue
        case 'lost':
          // The next guard may be related to the exit.
          exit = undefined
          continue
        default:
          silences++
          if (silences >= limits.onionTries) throw timedOut(action)
          avoid.add(id)
          exit = undefined
          bits = 0
      }
    }
    throw signal.aborted ? signal.reason : timedOut(action)
  }

  private async attempt(
    { action, profile, answerBytes = SHORT_ANSWER, waitMs = 0, onContent }: ExitQuestion & { profile: OnionProfile },
    about: Pick<AttemptOptions, 'guard' | 'exit' | 'args' | 'messageId' | 'nonce' | 'copies' | 'tried' | 'collector' | 'signal'>,
  ): Promise<Outcome> {
    const { carrier, paths, scores, clock, limits, purpose, entries } = this.options
    const onLate = () => {
      for (const { entry } of entries.open()) void entry.isAlive()
    }
    return new Attempt({
      carrier,
      paths,
      scores,
      clock,
      limits,
      purpose,
      profile,
      action,
      answerBytes,
      waitMs,
      onContent,
      onLate,
      ...about,
    }).run()
  }
}

/** The first guard for which something is found, and that. @throws what is thrown for the first one. */
function firstOf(guards: readonly Guarding[], find: (guard: Guarding) => Hop): [Guarding, Hop] {
  let failure: unknown
  for (const guard of guards) {
    try {
      return [guard, find(guard)]
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

/** How long a request takes at most where its caller does not say. */
const TIMEOUTS = { quick: 'onionQuickMs', mixed: 'onionMixedMs', background: 'onionBackgroundMs' } as const

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clock.clearTimeout(timer)
      resolve()
    })
  })
}

function timedOut(action: string, cause?: unknown): P2PError {
  return new P2PError(
    'ONION_TIMEOUT',
    `No answer to "${action}" has come through the onion. It may have been done all the same.`,
    {
      details: { action },
      cause,
    },
  )
}

function refusedBy(error: P2PError, exit: string): P2PError {
  const { code, message, details } = error
  return new P2PError('ONION_EXIT_REFUSED', `The exit refuses: ${message}`, {
    details: { ...details, peerId: exit, reason: code },
    cause: error,
  })
}
