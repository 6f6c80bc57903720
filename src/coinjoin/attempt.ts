import { hexOf, isBytes } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import { encodePeerId } from '../identity/peer-id.js'
import { STEP_MS } from '../statements/statement-rounds.js'
import type { PhaseItems, PhaseProgress, StatementRun } from '../statements/statement-run.js'
import type { Statements } from '../statements/statements.js'
import { AttemptMath, type Verdict } from './attempt-math.js'
import { type MixFault, mixFailed } from './errors.js'
import { encodeEnd, encodeKeys, type Rejection, type Reveal, seedCommitmentOf } from './items.js'
import { inputsOf, isSigned, type MixTransaction, signedTransaction } from './mix-transaction.js'
import { padKeysOf } from './pads.js'
import { attemptIdOf, placeOf } from './pool.js'
import type { RegisteredCoin, Registration, RegistrationTerms } from './registration.js'
import { inSlices } from './slices.js'
import { commitmentOf, encodeVector } from './vectors.js'
import type { ScriptFate } from './wallet.js'

/** Name of the protocol, of messages and statements alike. */
export const MIX_PROTOCOL = 'lotus/coinjoin'
/** Rounds of an attempt, with the time for each. */
export const PHASES = [
  { name: 'register', deadlineMs: 30_000, ready: false },
  { name: 'keys', deadlineMs: 30_000, ready: false },
  { name: 'commit', deadlineMs: 10_000, ready: false },
  { name: 'vector', deadlineMs: 10_000, ready: true },
  { name: 'end', deadlineMs: 45_000, ready: false },
] as const
/** Round of `end`: after those before it, and `ready`. */
const END_ROUND = 5
/** How long we stay after a verdict, so that members that lack something of what led to it can ask us. */
const LINGER_MS = 2 * STEP_MS

export interface Named {
  /** Of the member, in the roster. */
  readonly place: number
  readonly fault: MixFault
  /** Its coins, as far as it has proven that they are its own. */
  readonly coins: readonly RegisteredCoin[]
}

/** How an attempt has ended. */
export interface AttemptEnd {
  /** All have signed: the transaction in bytes. */
  readonly transaction: Uint8Array | undefined
  /** What was to be signed, where the attempt has come so far. */
  readonly mix: MixTransaction | undefined
  readonly named: readonly Named[]
  /** What each member has registered, by its place in the roster. */
  readonly registered: ReadonlyMap<number, Uint8Array>
  /** Of what we had drawn. */
  readonly fate: ScriptFate
}

export interface AttemptOptions {
  statements: Statements
  clock: Clock
  random: (count: number) => Uint8Array
  self: Uint8Array
  /** All members of the roster, in bytewise order. */
  roster: readonly Uint8Array[]
  /** Places of those that take part in this attempt; ascending. */
  places: readonly number[]
  /** From 1. */
  number: number
  terms: RegistrationTerms
  /** Our `register` item: the same in all attempts of a round. It may take its time: the others are waited for meanwhile. */
  register(): Promise<Uint8Array>
  /** What each had registered in the attempt before, by its place in the roster. */
  before: ReadonlyMap<number, Uint8Array> | undefined
  /** Messages of fresh scripts. */
  fresh(): Promise<readonly Uint8Array[]>
  /** The last look, with what all have registered. False: we leave. */
  confirm(registrations: readonly Registration[]): Promise<boolean>
  /** Why a coin is not taken; undefined: it is. */
  judgeCoin(coin: RegisteredCoin): Promise<Rejection | undefined>
  /** Signs our inputs. */
  sign(mix: MixTransaction, inputs: number[], messages: readonly Uint8Array[]): Promise<Uint8Array[]>
  onProgress?(progress: PhaseProgress): void
  onVerdict?(verdict: Verdict): void
  signal?: AbortSignal | undefined
}

/** One attempt of a round: made by `runAttempt`. */
class Attempt {
  readonly math: AttemptMath
  private readonly members: readonly Uint8Array[]
  private readonly place: number
  private readonly attempt: Uint8Array
  private run: StatementRun | undefined
  private reveal: Reveal | undefined
  private vector = new Uint8Array(0)
  /** Of our messages: whether others know them, and whose they are. */
  private fate: ScriptFate = 'released'
  private verdict: Verdict | undefined
  /** What is to be signed. */
  private mix: MixTransaction | undefined
  private readonly registered = new Map<number, Uint8Array>()
  /** By place, what was said in `end`. */
  private readonly ends = new Map<number, Uint8Array>()

  constructor(private readonly options: AttemptOptions) {
    const { roster, places, number, terms, self, before, random } = options
    this.members = places.map((place) => roster[place]!)
    this.place = placeOf(this.members, self)
    this.attempt = attemptIdOf(terms.rosterHash, number, places)
    const saidBefore = places.map((place) => before?.get(place))
    this.math = new AttemptMath(this.attempt, this.members, terms, saidBefore, random)
  }

  /** @throws P2PError MIX_FAILED where we have to leave. */
  async go(): Promise<AttemptEnd> {
    const { statements, number, onProgress, signal } = this.options
    const run = statements.run({
      protocol: MIX_PROTOCOL,
      session: hexOf(this.attempt),
      members: this.members,
      attempt: number,
      phases: PHASES,
      remember: false,
      ...(signal && { signal }),
      say: (phase, items) => this.say(phase, items),
      onProgress: (progress) => {
        this.hear()
        onProgress?.(progress)
      },
    })
    this.run = run
    try {
      const items = await run.finished
      for (const [place, value] of this.byPlace(items, 'end').entries()) this.ends.set(place, value)
    } catch (error) {
      return await this.failed(error, run)
    }
    return this.ended(new Map())
  }

  private async say(phase: string, items: PhaseItems): Promise<Uint8Array | undefined> {
    switch (phase) {
      case 'register':
        return this.options.register()
      case 'keys':
        return this.sayKeys(this.byPlace(items, 'register'))
      case 'commit':
        return this.sayCommit(this.byPlace(items, 'keys'))
      case 'vector':
        if (!this.math.isDoomed) this.fate = 'pending'
        return this.vector
      default:
        return this.sayEnd(items)
    }
  }

  /** Where nothing can come of the attempt we say nothing of our own, but go on until all have confirmed that they see the same. */
  private async sayKeys(register: readonly Uint8Array[]): Promise<Uint8Array> {
    const { math, options, attempt, members, place } = this
    for (const [at, item] of register.entries()) this.registered.set(options.places[at]!, item)
    await inSlices(math.register(register), options.signal)
    if (math.isDoomed) return new Uint8Array(0)
    if (!(await options.confirm(math.registrations))) throw mixFailed('REFUSED', 'The mix was refused.', { phase: 'keys' })
    const whys = await Promise.all(
      math.registrations.map(async ({ coins }) => {
        const found = await Promise.all(coins.map((coin) => options.judgeCoin(coin)))
        return found.find((why) => why !== undefined)
      }),
    )
    if (whys[place] !== undefined)
      throw mixFailed('COIN_SPENT', 'A coin of this plan is spent, too young, or another than the plan says.', { phase: 'keys' })
    this.reveal = { seed: options.random(32), messages: await options.fresh() }
    return encodeKeys({
      padKey: padKeysOf(this.reveal.seed, attempt).publicKey,
      commitment: seedCommitmentOf(attempt, members[place]!, this.reveal),
      unwanted: whys.flatMap((why, at) => (why === undefined ? [] : [[at, why] as const])),
    })
  }

  private async sayCommit(keys: readonly Uint8Array[]): Promise<Uint8Array> {
    const { math, attempt, members, place, options } = this
    await inSlices(math.keys(keys), options.signal)
    if (math.isDoomed) return new Uint8Array(0)
    const vector = await inSlices(math.vector(place, this.reveal!), options.signal)
    this.vector = encodeVector(math.field, vector) as typeof this.vector
    return commitmentOf(attempt, members[place]!, this.vector)
  }

  /** All honest members hold the same items here, and come to the same verdict: they all sign, or all reveal, or all stop. */
  private async sayEnd(items: PhaseItems): Promise<Uint8Array | undefined> {
    const { math, options, place } = this
    const verdict = await inSlices(math.verdict(this.byPlace(items, 'commit'), this.byPlace(items, 'vector')), options.signal)
    this.verdict = verdict
    options.onVerdict?.(verdict)
    if (verdict === 'disturbed') {
      this.fate = 'burned'
      return encodeEnd(['reveal', this.reveal!.seed, this.reveal!.messages])
    }
    if ('fault' in verdict) {
      options.clock.setTimeout(() => this.run?.abort('no mix', [], null), LINGER_MS)
      return undefined
    }
    const { mix, messages } = verdict
    this.mix = mix
    const found = new Set(messages.map((message) => message.join()))
    if (!this.reveal!.messages.every((message) => found.has(message.join())))
      throw mixFailed('OUTPUT_MISSING', 'An output of ours is missing. Nothing was signed.', { phase: 'end' })
    const inputs = inputsOf(mix, place)
    const signatures = await options.sign(mix, inputs, this.reveal!.messages)
    // What does not hold would be held against us.
    const isGood = (signature: Uint8Array, i: number) => isBytes(signature, 64) && isSigned(mix, inputs[i]!, signature)
    const isComplete = signatures.length === inputs.length && signatures.every(isGood)
    if (!isComplete) throw mixFailed('SIGNER_FAILED', 'The wallet has not signed each of its inputs.', { phase: 'end' })
    return encodeEnd(['sign', inputs.map((input, i) => [input, signatures[i]!] as const)])
  }

  /** What has come of `end`: the session forgets it when it fails. */
  private hear(): void {
    for (const { slot, publicKey, value } of this.run?.session.statements(END_ROUND) ?? []) {
      const place = placeOf(this.members, publicKey)
      if (slot === 'item') this.ends.set(place, value.slice())
    }
  }

  private async failed(error: unknown, run: StatementRun): Promise<AttemptEnd> {
    if (!isP2PError(error)) throw error
    const { verdict, members, math } = this
    // Our own verdict has ended it.
    if (typeof verdict === 'object' && 'fault' in verdict) {
      if (verdict.places.includes(this.place)) {
        const reason = math.judged?.outvoted.includes(this.place) ? 'COIN_REJECTED' : 'EXCLUDED'
        throw mixFailed(reason, 'The others go on without us.', { phase: 'keys' })
      }
      return this.end(new Map(verdict.places.map((place) => [place, verdict.fault])))
    }
    if (error.code !== 'PHASE_TIMEOUT' && error.code !== 'EQUIVOCATION') throw error
    const { missing = [], blamed = [], phase } = error.details as { missing?: string[]; blamed?: string[]; phase?: string }
    if (missing.includes(encodePeerId(members[this.place]!)) || (error.code === 'PHASE_TIMEOUT' && blamed.length === 0))
      throw mixFailed('MISSED_DEADLINE', 'This device was too slow, or lost its connection.', { phase: String(phase) }, error)
    const others = new Set(run.others.map(hexOf))
    const fault =
      error.code === 'EQUIVOCATION'
        ? 'equivocation'
        : phase !== 'end'
          ? 'missed'
          : verdict === 'disturbed'
            ? 'unrevealed'
            : 'unsigned'
    const named = members.flatMap((key, place) => (others.has(hexOf(key)) ? [] : [[place, fault as MixFault] as const]))
    return this.ended(new Map(named))
  }

  /** After `end`, complete or not. @param named those that are named already. */
  private async ended(named: Map<number, MixFault>): Promise<AttemptEnd> {
    const { verdict, math, members, ends, options } = this
    const said = members.map((_, place) => ends.get(place))
    if (verdict === 'disturbed') {
      for (const place of await inSlices(math.culprits(said), options.signal)) if (!named.has(place)) named.set(place, 'offence')
    } else if (this.mix !== undefined) {
      const { signatures, guilty } = await inSlices(math.signatures(this.mix, said), options.signal)
      // Whatever else somebody has said: with all signatures it is a transaction.
      if (signatures.every((signature) => signature !== undefined))
        return this.end(named, signedTransaction(this.mix, signatures as Uint8Array[]))
      for (const place of guilty) if (!named.has(place)) named.set(place, 'offence')
    }
    return this.end(named)
  }

  private end(named: ReadonlyMap<number, MixFault>, transaction?: Uint8Array): AttemptEnd {
    const { math, options, mix, fate } = this
    this.reveal?.seed.fill(0)
    return {
      transaction,
      mix,
      named: [...named].map(([at, fault]) => ({ place: options.places[at]!, fault, coins: math.provenOf(at) })),
      registered: this.registered,
      fate,
    }
  }

  private byPlace(items: PhaseItems, phase: string): Uint8Array[] {
    const said = items.get(phase)!
    return this.members.map((key) => said.get(encodePeerId(key))!)
  }
}

/**
 * Takes part in one attempt to mix: all honest members end it with the same transaction signed, or with nobody's signature given and the same
 * members named.
 *
 * @throws P2PError MIX_FAILED where we leave the round; what the wallet's callbacks throw.
 */
export function runAttempt(options: AttemptOptions): Promise<AttemptEnd> {
  return new Attempt(options).go()
}
