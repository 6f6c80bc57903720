import { compareBytes, equalBytes, hexOf, joined } from '../base/bytes.js'
import { isP2PError, type P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { sha256 } from '../base/sha256.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import { taggedHash } from '../lotus/hash.js'
import type { EquivocationEvidence } from '../statements/equivocation.js'
import type { PhaseItems, StatementRun } from '../statements/statement-run.js'
import type { Statements } from '../statements/statements.js'
import { addUp, type ByMember, sumsOf } from './combine.js'
import { type SigningFailure, type SigningFailureDetails, signerFailed, signingFailed } from './errors.js'
import { MUSIG2_PROTOCOL, noncesIn, partialsIn } from './messages.js'
import type { SharedRequest } from './request.js'
import type { MuSig2Signer } from './signer.js'

const OTHER_LENGTH = 'What the signer gives has another length.'
const PHASES = ['commit', 'nonce', 'partial'] as const
type SigningPhase = (typeof PHASES)[number]

export interface AttemptOptions {
  kit: PluginKit
  statements: Statements
  limits: Required<Limits>
  signer: () => Promise<MuSig2Signer>
  /** Ends it, also where it is signed and others may still need what we hold. */
  signal: AbortSignal
  request: SharedRequest
  /** `lp1…` ids of the members, in their order. */
  peerIds: readonly string[]
  /** The bytes that were accepted. */
  bytes: Uint8Array
  /** Our place among the members. */
  own: number
  /** From 1, as the roster says. */
  number: number
  /** What each member has drawn, in their order. */
  fresh: readonly Uint8Array[]
  listener: AttemptListener
}

/** What a session tells. */
export interface AttemptListener {
  /** It has gone on. */
  changed(): void
  /** All have signed: 64 bytes for each of the request's `sign`. */
  allSigned(signatures: readonly Uint8Array[]): void
  attemptFailed(error: P2PError): void
}

/** How far a session is. */
export interface AttemptProgress {
  phase: SigningPhase
  /** Members whose item of this phase is missing, or that have not confirmed that they have the same as we. */
  missing: number[]
  /** When the phase ends, milliseconds since the Unix epoch. */
  deadlineAt: number
}

/** What the members have said, by their places. */
type Values = readonly Uint8Array[]

/**
 * One session of a request: nonces, and partial signatures as soon as all nonces are there, in a run of statements. Whoever can add them up is done; where they
 * do not add up, the run goes on until all members have the same, and only then anybody is convicted: so all convict the same.
 */
export class Attempt {
  private readonly run: StatementRun | undefined
  private over = false
  /** Whether our part may have left: another member may finish. */
  gave = false
  /** Our own nonces, as we say them. */
  private value: Uint8Array | undefined
  /** Of all members, once they are there and well formed. */
  private nonces: ByMember = []
  private sums: readonly Uint8Array[] = []
  /** What all have said as `partial`, and the sum of it that is under way. */
  private parts: Values = []
  private adding: Promise<void> | undefined
  /** Whose parts do not hold, were all to have the same nonces. */
  private culprits: readonly number[] = []
  /** Members whose nonces are none, or not what they have committed to. */
  private faulty: readonly number[] = []

  /** @throws P2PError as `Statements.run`. */
  constructor(private readonly options: AttemptOptions) {
    const { statements, request, fresh, number, limits, signal, listener } = options
    const members = request.members.map(({ networkKey }) => networkKey)
    const order = [...members.keys()].sort((a, b) => compareBytes(members[a]!, members[b]!))
    const phases = request.nonceCommitments ? PHASES : PHASES.slice(1)
    this.run = statements.run({
      protocol: MUSIG2_PROTOCOL,
      session: hexOf(request.hash),
      attempt: number,
      members,
      fresh: order.map((member) => fresh[member]!),
      // Nothing is given away before `partial`, and a part is worth nothing without all others.
      phases: phases.map((name) => ({ name, deadlineMs: limits.signingPhaseMs, ready: name === 'partial' })),
      excuseAbsent: true,
      signal,
      say: (phase, items) => this.own((signer) => this.say(phase as SigningPhase, items, signer)),
      onItems: (phase, items) => void (phase === 'partial' && this.finish(this.valuesOf(items, phase))),
      onEquivocation: (evidence) => void this.lied(evidence),
      onProgress: () => void (this.run !== undefined && !this.over && listener.changed()),
    })
    this.run.finished.then(
      () => this.judge(true),
      (error) => this.stopped(error),
    )
  }

  /** How far it is; undefined once it has ended, or all have confirmed that they have the same. */
  get progress(): AttemptProgress | undefined {
    const found = this.run?.progress
    if (found === undefined) return undefined
    return { phase: found.phase as SigningPhase, missing: this.placesOf(found.missing), deadlineAt: found.deadlineAt }
  }

  /** A member has begun anew: what it still owes here will not come. */
  left(member: number): void {
    const { progress } = this
    if (!this.over && progress?.missing.includes(member)) this.missed(progress.phase, [member], [])
  }

  /** Ends it; nobody is told anything. */
  close(): void {
    this.end()
    this.run?.abort('the member stops', [], null)
  }

  /** What we say in a phase. */
  private async say(phase: SigningPhase, items: PhaseItems, signer: MuSig2Signer): Promise<Uint8Array> {
    const { request, bytes } = this.options
    if (this.value === undefined) {
      const value = joined(...(await signer.createNonces({ session: this.session, request: bytes })))
      if (noncesIn(value, request.sign.length) === undefined) throw signerFailed(OTHER_LENGTH)
      this.value = value
    }
    if (phase === 'commit') return commitmentTo(this.value)
    return phase === 'nonce' ? this.value : this.sign(this.valuesOf(items, 'nonce'), this.valuesOf(items, 'commit'), signer)
  }

  /** Our partial signatures behind the context that they are for; the context alone where we cannot sign for a nonce that is none. */
  private async sign(values: Values, commitments: Values, signer: MuSig2Signer): Promise<Uint8Array> {
    const { request } = this.options
    const context = sha256(...values)
    const count = request.sign.length
    const nonces = values.map((value) => noncesIn(value, count))
    this.faulty = placesWhere(nonces, (all, member) => {
      const commitment = commitments[member]
      return all === undefined || (commitment !== undefined && !equalBytes(commitmentTo(values[member]!), commitment))
    })
    if (this.faulty.length > 0) return context
    this.nonces = nonces as ByMember
    const { sums, faulty } = await sumsOf(request, this.nonces)
    this.faulty = faulty
    if (faulty.length > 0) return context
    this.sums = sums
    const byInput = request.sign.map((_, i) => this.nonces.map((all) => all[i]!.slice()))
    const parts = await signer.signPartials({ session: this.session, nonces: byInput, sums: sums.map((sum) => sum.slice()) })
    const value = joined(context, ...parts)
    if (partialsIn(value, count) === undefined) throw signerFailed(OTHER_LENGTH)
    this.gave = true
    return value
  }

  /** All parts are here: whoever can add them up waits for nobody. */
  private finish(values: Values): void {
    this.parts = values
    const parts = values.map((value) => this.partsIn(value))
    if (this.sums.length === 0 || parts.includes(undefined)) return
    this.adding = addUp(this.options.request, this.nonces, parts as ByMember, this.sums).then((found) => {
      this.culprits = found.culprits ?? []
      if (found.signatures === undefined || this.over) return
      this.end()
      this.options.listener.allSigned(found.signatures)
    })
  }

  /**
   * Who is convicted. A nonce that is none, another length, and a part that does not hold for the very nonces that its signer says it is for convict by themselves.
   * That somebody has signed for other nonces does so only where all members have the same.
   */
  private async judge(haveAllTheSame: boolean): Promise<void> {
    await this.adding
    if (this.over || this.parts.length === 0) return
    if (this.faulty.length > 0) return this.convict('INVALID_NONCE', this.faulty)
    const context = contextIn(this.parts[this.options.own]!)
    const isOurs = (member: number) => equalBytes(contextIn(this.parts[member]!), context)
    const strange = placesWhere(this.parts, (value, member) => {
      if (this.partsIn(value) === undefined) return haveAllTheSame || value.length !== context.length
      return haveAllTheSame && !isOurs(member)
    })
    const culprits = strange.length > 0 ? strange : this.culprits.filter(isOurs)
    if (haveAllTheSame || culprits.length > 0) this.convict('INVALID_PARTIAL', culprits)
  }

  private partsIn(value: Uint8Array): readonly Uint8Array[] | undefined {
    return partialsIn(value, this.options.request.sign.length)?.slice(1)
  }

  /** The run has failed. */
  private async stopped(error: P2PError): Promise<void> {
    await this.judge(false)
    const { phase = '', missing = [], blamed = [] } = error.details as Stopped
    if (isP2PError(error, 'PHASE_TIMEOUT')) this.missed(phase as SigningPhase, this.placesOf(missing), blamed)
    else this.fail('SIGNER_FAILED', 'The session of statements failed.', [this.options.own], {}, error)
  }

  /** A member is proven to have said two things: nobody waits for what it makes of that. All have the proof. */
  private async lied(evidence: EquivocationEvidence): Promise<void> {
    if (this.adding !== undefined) await this.adding
    const blamed = [encodePeerId(evidence.publicKey)]
    this.fail('EQUIVOCATED', 'A member has said two things.', this.placesOf(blamed), { blamed, evidence })
  }

  /** These have not acted in time; some of them could have. */
  private missed(phase: SigningPhase, missing: readonly number[], blamed: string[]): void {
    this.fail(missedReason(phase), 'Members did not act in time. They may be away.', missing, { blamed })
  }

  private convict(reason: SigningFailure, culprits: readonly number[]): void {
    const { own, kit, request } = this.options
    const named = culprits.filter((member) => member !== own)
    if (named.length === 0) {
      this.fail(culprits.length > 0 ? 'SIGNER_FAILED' : 'INVALID_SIGNATURE', 'The signature does not hold.', culprits)
      return
    }
    for (const member of named)
      kit.blame(request.members[member]!.networkKey, 'own-rules', `It did not sign as ${MUSIG2_PROTOCOL} says.`)
    this.fail(reason, 'What a member has given does not hold.', named, { blamed: this.idsOf(named) })
  }

  private fail(
    reason: SigningFailure,
    message: string,
    who: readonly number[],
    details: Partial<SigningFailureDetails> = {},
    cause?: unknown,
  ): void {
    if (this.over) return
    this.end()
    // A run that has ended well stays for those that are not so far: what fails by its items fails for all alike.
    if (this.run?.progress !== undefined) this.run.abort(reason, [], null)
    const all = { reason, members: this.idsOf(who), ...details, ...(this.gave && { mayStillComplete: true }) }
    this.options.listener.attemptFailed(signingFailed(message, all, cause))
  }

  /** What our own signer does. */
  private async own<T>(act: (signer: MuSig2Signer) => Promise<T>): Promise<T> {
    try {
      const signer = await this.options.signer()
      if (this.over) throw signerFailed('The session is over.')
      return await act(signer)
    } catch (cause) {
      this.fail('SIGNER_FAILED', 'The signer failed.', [this.options.own], {}, cause)
      throw cause
    } finally {
      // What it has made since is of no use.
      if (this.over) this.forget()
    }
  }

  /** Nothing more is said here; the nonces are forgotten. */
  private end(): void {
    if (this.over) return
    this.over = true
    this.forget()
  }

  private forget(): void {
    this.options
      .signer()
      .then((signer) => signer.forget(this.session))
      .catch(() => {})
  }

  private get session(): string {
    return this.run!.session.tag
  }

  private valuesOf(items: PhaseItems, phase: SigningPhase): Values {
    const said = items.get(phase)
    return said === undefined ? [] : this.options.peerIds.map((peerId) => said.get(peerId)!)
  }

  private placesOf(ids: readonly string[]): number[] {
    return placesWhere(this.options.peerIds, (id) => ids.includes(id))
  }

  private idsOf(places: readonly number[]): string[] {
    return places.map((member) => this.options.peerIds[member]!)
  }
}

/** Why a request has failed in which a phase was not completed. */
export function missedReason(phase: SigningPhase): SigningFailure {
  return phase === 'partial' ? 'PARTIALS_MISSING' : 'NONCES_MISSING'
}

/** What `StatementRun.finished` says of its failures. */
interface Stopped {
  phase?: string
  missing?: string[]
  blamed?: string[]
}

function commitmentTo(nonces: Uint8Array): Uint8Array {
  return taggedHash('lotus-p2p/musig2/commit/1', nonces)
}

function contextIn(value: Uint8Array): Uint8Array {
  return value.subarray(0, 32)
}

function placesWhere<T>(all: readonly T[], is: (each: T, place: number) => boolean): number[] {
  return [...all.keys()].filter((place) => is(all[place]!, place))
}
