import { BoundedMap, RecentKeys } from '../base/bounded-map.js'
import { compareBytes, hexOf, isBytes } from '../base/bytes.js'
import { isP2PError, P2PError } from '../base/errors.js'
import { STATEMENT_LIMITS } from '../base/limits/statements.js'
import { type Limits, limitsOf } from '../base/limits.js'
import { RateBuckets } from '../base/rate-buckets.js'
import { checkWait } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import type { Identity } from '../identity/identity.js'
import { encodePeerId, isPeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { type EquivocationEvidence, readEvidence, type VerifiedEvidence, verifyEvidence, wireEvidence } from './equivocation.js'
import { OwnSlots } from './own-slots.js'
import { freshName } from './statement.js'
import { isSessionMessage, readSessionMessage, STATEMENTS_PROTOCOL } from './statement-messages.js'
import { StatementRun, type StatementRunOptions } from './statement-run.js'
import { StatementSession, type StatementSessionOptions } from './statement-session.js'

/** Bytes that a member draws for a session. */
const FRESH_BYTES = 16

/**
 * Statements and proofs of equivocation, as a service to multi-party protocols. The plugin `statements()` attaches one; a protocol joins
 * a session for each of its runs. Proofs that peers bring are verified, and the liar blamed, also without any session.
 *
 * @example
 * const wallet = new P2PCoordinator({ plugins: [statements()] })
 * const session = wallet.statements.join({ protocol: 'dice', session: 'table-7', members })
 */
export class Statements implements IProtocolHandler {
  readonly protocolName = STATEMENTS_PROTOCOL
  readonly rateLimits = { messagesPerS: 100, burst: 2_000 }
  private readonly limits: Limits
  private readonly sessions = new Map<string, StatementSession>()
  /** Sessions once joined: a second one of the same name would have us sign second statements. */
  private readonly joined: RecentKeys
  private readonly liars: RecentKeys
  private budget: RateBuckets | undefined
  private slots: OwnSlots | undefined
  /** What was drawn and is in no session yet, in hex. */
  private readonly drawn: BoundedMap<string, true>
  private host: (ProtocolHost & Partial<Pick<PluginKit, 'report'>>) | undefined

  /**
   * @param identity the one of the coordinator: members know each other by its public key.
   * @param options.limits those of the coordinator, where it has others than the defaults.
   */
  constructor(
    private readonly identity: Identity,
    options?: { limits?: Partial<Limits> | undefined },
  ) {
    this.limits = limitsOf({ ...STATEMENT_LIMITS, ...options?.limits })
    this.joined = new RecentKeys(this.limits.maxStatementMemory)
    this.liars = new RecentKeys(this.limits.maxStatementMemory)
    this.drawn = new BoundedMap(this.limits.maxStatementMemory)
  }

  /** @throws P2PError INVALID_CONFIG where the coordinator has another identity. */
  onRegister(host: ProtocolHost): void {
    // The coordinator's own identity needs no check, for which a browser would have to derive its key.
    const isOwn = 'identity' in host && host.identity === this.identity
    if (!isOwn && isPeerId(host.peerId) && host.peerId !== encodePeerId(this.identity.publicKey)) {
      throw new P2PError('INVALID_CONFIG', 'Statements must have the identity of their coordinator. Give both the same one.')
    }
    const { maxEvidencePerMinute, maxRateBuckets } = this.limits
    this.host = host
    const { store, clock, network } = host
    this.slots = new OwnSlots({ store, clock, network, identity: this.identity, keptMs: this.limits.ownStatementMs })
    this.slots.prune().catch((error) => host.logger.debug('Old statements were not forgotten.', { error: String(error) }))
    this.budget = new RateBuckets(host.clock, maxEvidencePerMinute / 60, maxEvidencePerMinute, maxRateBuckets)
  }

  onUnregister(): void {
    for (const session of [...this.sessions.values()]) session.close()
    this.host = undefined
  }

  /** Whether a session that was joined is not closed yet. */
  get isLive(): boolean {
    return this.sessions.size > 0
  }

  /**
   * Draws what names a session together with what the other members draw: send it to them, and give all of it to `join`. It is kept in
   * memory only and serves once, so that a member that was restarted, from a backup too, joins no session that it was in.
   *
   * @returns 16 random bytes.
   * @throws P2PError INVALID_CONFIG before registration.
   * @example
   * const mine = wallet.statements.fresh()
   * const session = wallet.statements.join({ protocol: 'dice', session: 'table-7', members, fresh: [mine, theirs] })
   */
  fresh(): Uint8Array {
    if (this.host === undefined) throw new P2PError('INVALID_CONFIG', 'Register Statements with the coordinator first.')
    const bytes = this.host.random.bytes(FRESH_BYTES)
    this.drawn.set(hexOf(bytes), true)
    return bytes
  }

  /**
   * Begins to take part in a session. All members must name the same members; one that names others is in another session.
   *
   * @throws P2PError INVALID_CONFIG before registration, without valid names or members, for `fresh` that was not drawn here, for a session that was joined before, or
   *   above `maxStatementSessions` and `maxStatementMembers`; INVALID_PEER_ID; ABORTED.
   */
  join(options: StatementSessionOptions): StatementSession {
    return this.open(options)
  }

  private open(options: StatementSessionOptions, rounds?: number, onClosed?: () => void): StatementSession {
    const { host, identity, limits } = this
    const { protocol, signal, fresh, remember = fresh === undefined } = options
    if (host === undefined)
      throw new P2PError('INVALID_CONFIG', 'Register Statements with the coordinator before you join a session.')
    if (this.sessions.size >= limits.maxStatementSessions) {
      throw new P2PError('INVALID_CONFIG', `Only ${limits.maxStatementSessions} sessions at once. Close one first.`, {
        details: { limit: 'maxStatementSessions' },
      })
    }
    checkWait('The session', { signal })
    const name = fresh === undefined ? options.session : this.freshName(options, fresh)
    const joined = JSON.stringify([protocol, name])
    if (this.joined.has(joined)) {
      throw new P2PError(
        'INVALID_CONFIG',
        'This session was joined before. Take a fresh name: two statements in one slot of one session would be a proof against us.',
      )
    }
    const slots = remember ? this.slots : undefined
    const session: StatementSession = new StatementSession(
      { ...options, session: name },
      {
        slots,
        rounds,
        identity,
        limits,
        network: host.network,
        clock: host.clock,
        send: (peerId, type, payload) => this.send(peerId, type, payload),
        onFault: (peerId, error) => host.reject(peerId, error),
        onLiar: (key) => host.blame(key, 'statement-not-shown', `It claims a statement in "${protocol}" that it does not show.`),
        onFlood: (key) => host.blame(key, 'too-many-statements', `It states more in "${protocol}" than one member may.`),
        onEvidence: (evidence) => this.convict(evidence),
        onListenerFailed: (cause) => {
          const error = new P2PError('LISTENER_FAILED', `A listener of a session of "${protocol}" failed.`, { cause })
          if (host.report === undefined) host.logger.error(error.message, { error: String(cause) })
          else host.report(error)
        },
        onClosed: () => {
          this.sessions.delete(session.tag)
          onClosed?.()
        },
      },
    )
    this.joined.add(joined)
    this.sessions.set(session.tag, session)
    for (const { peerId, publicKey } of host.peers()) if (publicKey) session.exchange.connected(peerId, publicKey)
    return session
  }

  /**
   * Takes part in a protocol in phases, whose items are statements of a session of this call's own. Its honest members go on together or stop together, with the same items.
   *
   * @throws P2PError INVALID_CONFIG for phases without distinct names and deadlines, and as `join`.
   * @example
   * const run = wallet.statements.run({
   *   protocol: 'dice', session: 'table-7', members,
   *   phases: [{ name: 'commit', deadlineMs: 30_000 }, { name: 'reveal', deadlineMs: 30_000 }],
   *   say: (phase) => (phase === 'commit' ? commitment : number),
   * })
   * const items = await run.finished
   */
  run(options: StatementRunOptions): StatementRun {
    const { host, identity } = this
    if (host === undefined) throw new P2PError('INVALID_CONFIG', 'Register Statements with the coordinator first.')
    return new StatementRun(options, {
      host,
      self: identity.publicKey,
      join: (joining, rounds, onClosed) => this.open(joining, rounds, onClosed),
      run: (next) => this.run(next),
    })
  }

  /**
   * Shows a proof to connected peers; sessions do so by themselves.
   *
   * @param peerIds default: all connected peers that have this protocol.
   * @throws P2PError INVALID_EVIDENCE.
   */
  async tell(evidence: EquivocationEvidence | Uint8Array | string, peerIds?: string[]): Promise<void> {
    this.spread(await verifyEvidence(evidence, { network: this.host?.network }), peerIds)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { type, payload } = message
    try {
      if (type === 'evidence') await this.judge(payload, from)
      else if (isSessionMessage(type)) {
        const read = readSessionMessage(type, payload)
        if (from.publicKey) await this.sessions.get(hexOf(read[1]))?.exchange.handle(read, from.publicKey)
      } else throw unknownType(message)
    } catch (error) {
      if (!isP2PError(error, 'MALFORMED_DATA') && !isP2PError(error, 'INVALID_EVIDENCE')) throw error
      this.host?.reject(from.peerId, error)
    }
  }

  async onPeerConnected({ peerId, publicKey }: PeerInfo): Promise<void> {
    if (publicKey) for (const session of this.sessions.values()) session.exchange.connected(peerId, publicKey)
  }

  async onPeerDisconnected({ publicKey }: PeerInfo): Promise<void> {
    if (publicKey) for (const session of this.sessions.values()) session.exchange.disconnected(publicKey)
  }

  /** The name of a session that all members have drawn for. @throws P2PError INVALID_CONFIG. */
  private freshName(options: StatementSessionOptions, fresh: readonly Uint8Array[]): string {
    const { members } = options
    const own = this.identity.publicKey
    const keys = new Map([...members, own].map((key) => [hexOf(key), key]))
    const sorted = [...keys.values()].sort(compareBytes)
    const mine = fresh[sorted.findIndex((key) => compareBytes(key, own) === 0)]
    if (fresh.length !== sorted.length || !fresh.every((bytes) => isBytes(bytes, FRESH_BYTES))) {
      throw new P2PError('INVALID_CONFIG', `fresh must hold ${FRESH_BYTES} bytes of each member.`, {
        details: { option: 'fresh' },
      })
    }
    if (!this.drawn.delete(hexOf(mine!))) {
      throw new P2PError('INVALID_CONFIG', 'fresh must hold what fresh() has drawn here, and for one session only.', {
        details: { option: 'fresh' },
      })
    }
    return freshName(this.host!.network, options, sorted, fresh)
  }

  /** A proof that a peer brings. */
  private async judge(payload: unknown, from: PeerInfo): Promise<void> {
    const evidence = readEvidence(payload)
    const key = evidence.publicKey
    const sessions = [...this.sessions.values()]
    if (!sessions.some((session) => session.isConcerned(evidence))) {
      if (this.liars.has(hexOf(key))) return
      // Strangers are without number: keys cost nothing, nor do two statements of each.
      if (!sessions.some((session) => session.isMember(key)) && this.budget?.take(from.peerId) !== 0) return
    }
    this.convict(await verifyEvidence(evidence, { network: this.host?.network }), from.peerId)
  }

  private convict(evidence: VerifiedEvidence, from?: string): void {
    const { publicKey, protocol } = evidence
    const { host } = this
    if (host === undefined) return
    const concerned = [...this.sessions.values()].filter((session) => session.isConcerned(evidence))
    const first = this.liars.add(hexOf(publicKey))
    // What was found here, or matters here, is passed on, once; proofs against strangers are not.
    if (concerned.length > 0 || (first && from === undefined)) this.spread(evidence, undefined, from)
    if (compareBytes(publicKey, this.identity.publicKey) === 0) {
      host.logger.error('There is a proof of equivocation against our own key: it is used twice, or stolen.', { protocol })
    } else if (first) {
      host.blame(publicKey, 'two-statements', `It has said two things in one slot of "${protocol.slice(0, 32)}".`)
    }
    for (const session of concerned) session.convict(evidence)
  }

  private spread(evidence: VerifiedEvidence, peerIds?: string[], except?: string): void {
    const liar = encodePeerId(evidence.publicKey)
    const served = this.host?.peers().filter((peer) => this.isServed(peer) && encodePeerId(peer.publicKey!) !== liar) ?? []
    for (const peerId of peerIds ?? served.map((peer) => peer.peerId)) {
      if (peerId !== except) this.send(peerId, 'evidence', wireEvidence(evidence))
    }
  }

  private isServed({ protocols, publicKey }: PeerInfo): boolean {
    if (publicKey === undefined) return false
    const isMember = [...this.sessions.values()].some((session) => session.isMember(publicKey))
    return isMember || protocols?.includes(STATEMENTS_PROTOCOL) === true
  }

  private send(peerId: string, type: string, payload: unknown): void {
    // Whoever is gone hears it when it comes back.
    this.host?.sendTo(peerId, { type, payload, protocol: STATEMENTS_PROTOCOL }).catch((error) => {
      this.host?.logger.debug('A message about statements was not sent.', { peerId, error: String(error) })
    })
  }
}
