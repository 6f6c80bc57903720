import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { asP2PError, P2PError } from '../base/errors.js'
import { TypedEvents, type Unsubscribe } from '../base/events.js'
import { fenced } from '../base/fenced.js'
import type { Limits } from '../base/limits.js'
import { cutText } from '../base/text.js'
import { checkWait, type WaitOptions } from '../base/wait.js'
import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { Statements } from '../statements/statements.js'
import type { SignedTransaction } from './combine.js'
import { SignerDiscovery } from './discovery.js'
import { inputLocked, invalidRequest, unknownRequest } from './errors.js'
import { KeptRequests } from './kept-requests.js'
import { MUSIG2_PROTOCOL } from './messages.js'
import type { MuSig2Events, MuSig2Options, PendingRequest, Reachability } from './musig2-options.js'
import { bytesOfRequest, readRequest, type SharedRequest, type SigningRequest } from './request.js'
import { checkTtl, contentOf, type OwnParts, type SignOptions } from './sign-options.js'
import { Signing, type SigningSurroundings } from './signing.js'
import { type AnsweredKind, type EndedSigning, idOf, placeOf, SigningInbox } from './signing-inbox.js'
import type { SigningSession } from './signing-session.js'
import { type RequestSummary, summaryOf } from './summary.js'

/** A request of ours, with our place in it. */
interface Written<R> {
  bytes: Uint8Array
  request: R
  own: number
}

/**
 * Several wallets sign one transaction, over whatever paths there are. The plugin `musig2()` makes one.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [statements(), musig2({ signer })] })
 * wallet.musig2.on('request', async ({ summary, accept, reject }) => ((await ask(summary)) ? accept() : reject('declined')))
 * const { transaction, txid } = await wallet.musig2.sign({ transaction, spent, keyset, cosigners, purpose: 'Rent, March' })
 */
export class MuSig2 {
  /** `lp1…` ids of peers that may ask our user: yours to change. `sign` adds its cosigners. */
  readonly contacts: Set<string>
  /** Signers for hire, and members of a keyset that look for each other. */
  readonly discovery: SignerDiscovery
  private readonly limits: Required<Limits>
  private readonly live = new Map<string, Signing>()
  /** What became of others, with their signatures, for members that come back. */
  private readonly ended: BoundedMap<string, EndedSigning>
  private readonly listeners = new Map<string, (session: SigningSession) => void>()
  private readonly events: TypedEvents<MuSig2Events>
  private readonly kept: KeptRequests
  /** @internal */
  readonly around: SigningSurroundings
  private loading: Promise<void> | undefined
  /** Requests that are answered here beside those of payments. @internal */
  otherKind: AnsweredKind | undefined
  /** Ends sessions that live on for others, when the coordinator stops or sleeps. */
  private lifetime = new AbortController()

  /** @internal */
  constructor(
    private readonly kit: PluginKit,
    statements: Statements,
    private readonly options: MuSig2Options,
  ) {
    const limits = kit.limits as Required<Limits>
    const { signer, contacts = [], ownScripts = [] } = options
    this.limits = limits
    this.contacts = new Set(contacts)
    this.discovery = new SignerDiscovery(kit, async () => signer)
    this.ended = new BoundedMap(limits.maxSigningHistory)
    this.kept = new KeptRequests(kit.store, limits.maxSigningHistory)
    this.events = new TypedEvents((error) => kit.report(asP2PError(error, 'LISTENER_FAILED', 'A listener of musig2 failed.')))
    // It fails where it is used.
    Promise.resolve(signer).catch(() => {})
    this.around = {
      kit,
      statements,
      limits,
      ownScripts,
      signer: async () => signer,
      lifetime: () => this.lifetime.signal,
      isLocked: (asking) => this.isLocked(asking),
      changed: (signing) => this.changed(signing),
      keep: (signing) => this.keep(signing),
      ended: (signing) => this.forget(signing),
    }
    const inbox = new SigningInbox(this.around, options, this.contacts, this.live, this.ended, {
      received: (signing, seen) => this.received(signing, seen),
      otherKind: () => this.otherKind,
    })
    kit.registerProtocol({
      protocolName: MUSIG2_PROTOCOL,
      rateLimits: { messagesPerS: 5, burst: 200, types: { request: { messagesPerS: 1, burst: 40 } } },
      handleMessage: (message, from) => inbox.handle(message, from),
    })
    const tell = (event: 'connected' | 'moved') => (peer: PeerInfo) => {
      for (const signing of [...this.live.values()]) signing[event](idOf(peer))
    }
    const moved = tell('moved')
    kit.onPeer({ connected: tell('connected'), disconnected: moved, pathChanged: moved })
    kit.onLifecycle({
      start: () => this.load(),
      suspend: () => this.pause(),
      holds: () => [...this.live.values()].some(({ isLive }) => isLive),
      stop: () => this.pause(),
    })
  }

  /** All requests of now, and those that have ended last: snapshots for a store of React, Vue or Svelte. */
  get sessions(): SigningSession[] {
    const live = [...this.live.values()].flatMap(({ snapshot }) => snapshot ?? [])
    return [...[...this.ended.values()].map(({ session }) => session), ...live]
  }

  /** Requests that our user has to decide. */
  requests(): PendingRequest[] {
    return [...this.live.values()].flatMap((signing) => (signing.isAsked && this.pending(signing)) || [])
  }

  /** Calls the listener at each event of this name. @returns ends it. */
  on<Name extends keyof MuSig2Events>(event: Name, listener: (...args: MuSig2Events[Name]) => void): Unsubscribe {
    return this.events.on(event, listener)
  }

  /**
   * What a request would show to cosigners; nothing is sent.
   *
   * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, with `details.field`.
   */
  async summarize(options: SignOptions): Promise<RequestSummary> {
    return summaryOf((await this.prepare(options)).request, this.options.ownScripts)
  }

  /**
   * Asks the cosigners, and signs with them. Members that are away are asked when they come, until the request ends. It goes on after a reload, where the
   * coordinator has a store: `accept(id)` is its promise then.
   *
   * @returns what the chain takes: as soon as it is signed, or, where there is a `broadcast`, as soon as it is sent, by us or by another member.
   * @throws P2PError SIGNING_FAILED with `details` of `SigningFailureDetails`. With reason BROADCAST_FAILED it is signed, `details.transaction` is what was
   *   not sent, and another member may still send it. SHUT_DOWN, SUSPENDED.
   */
  async sign(options: SignOptions): Promise<SignedTransaction> {
    const { signal, onProgress, broadcast = this.options.broadcast } = options
    await this.kit.run({ signal })
    const { bytes, request, own } = await this.prepare(options)
    const signing = new Signing(this.around, request, bytes, own, own, { broadcast, isKnown: this.options.isKnown })
    if (this.isLocked(signing)) {
      signing.close()
      throw inputLocked()
    }
    if (onProgress !== undefined) this.listeners.set(signing.id, onProgress)
    await this.begin(signing, signal)
    return signing.signed!
  }

  /**
   * Our user agrees; of a request that was accepted before, its promise. It resolves as soon as the transaction is signed: the initiator sends it first.
   *
   * @param id 32 digits.
   * @throws P2PError SIGNING_FAILED as `sign`; reason EXPIRED for an id that is not known.
   */
  async accept(id: string): Promise<SignedTransaction> {
    const signing = this.known(id)
    if (signing.snapshot === undefined) throw unknownRequest()
    await signing.accept()
    return signing.signed!
  }

  /**
   * Our user does not agree, or no longer: the request ends at all members.
   *
   * @param reason at most 64 characters, for programs.
   * @param note at most 256, for people.
   * @throws P2PError SIGNING_FAILED, reason EXPIRED, for an id that is not known.
   */
  reject(id: string, reason = 'rejected', note = ''): void {
    this.known(id).reject(cutText(reason, 64), cutText(note, 256))
  }

  /** Whether cosigners can be reached, by their `lp1…` ids: connects to each. */
  preflight(peerIds: readonly string[], wait: WaitOptions = {}): Promise<Reachability[]> {
    return Promise.all(
      peerIds.map(async (peerId): Promise<Reachability> => {
        try {
          checkWait('Connecting', wait)
          const known = this.kit.peer(peerId) ?? (await coreOf(this.kit).network.connect(peerId, wait))
          if (known.protocols?.includes(MUSIG2_PROTOCOL) === false) {
            throw new P2PError('PROTOCOL_NOT_SUPPORTED', 'The peer does not sign with others.', { details: { peerId } })
          }
          return { peerId, isReachable: true, ...(known.connection && { path: known.connection.transport }) }
        } catch (error) {
          return { peerId, isReachable: false, error: asP2PError(error, 'PEER_UNREACHABLE', 'The peer could not be reached.') }
        }
      }),
    )
  }

  /** The wallet has sent a signed transaction by itself: members are told. @param txid 64 digits. */
  reportBroadcast(txid: string): void {
    for (const signing of [...this.live.values()]) if (signing.txid === txid) signing.reportSent()
  }

  /** What became of requests, the latest first, at most `limits.maxSigningHistory`; as far as the coordinator has a store, also of before. */
  history(): Promise<SigningSession[]> {
    return this.kept.history()
  }

  /** Asks the cosigners, and waits for what comes of it. @internal */
  async begin(signing: Signing, signal: AbortSignal | undefined): Promise<void> {
    for (const peerId of signing.peerIds) this.contacts.add(peerId)
    this.live.set(signing.id, signing)
    const onAbort = () => signing.reject('cancelled', '')
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    try {
      await signing.accept()
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  private pause(): void {
    for (const signing of this.live.values()) signing.close()
    this.lifetime.abort()
  }

  /** A member asks us. */
  private async received(signing: Signing, seen: () => Promise<void>): Promise<void> {
    this.live.set(signing.id, signing)
    await this.keep(signing).catch((error) => this.kit.report(error))
    await seen()
    this.show(signing)
  }

  private show(signing: Signing): void {
    if (signing.isOver) return
    this.changed(signing)
    if (!signing.isAsked) return
    const pending = this.pending(signing)
    if (pending === undefined) this.otherKind?.asked(signing)
    else this.events.emit('request', pending)
  }

  /** Undefined of what is no payment. */
  private pending({ id, peerIds, from, summary }: Signing): PendingRequest | undefined {
    if (summary === undefined) return undefined
    const reject = (reason?: string, note?: string) => this.reject(id, reason, note)
    return { id, from: peerIds[from]!, summary, accept: () => this.accept(id), reject }
  }

  /** The request, as all members will read it. */
  private prepare(options: SignOptions): Promise<Written<SigningRequest>> {
    const { ttlMs = this.limits.signingTtlMs } = options
    return this.written(ttlMs, readRequest, (own) => bytesOfRequest(contentOf(options, own)))
  }

  /** A request of ours of any kind, read as all members will read it. @throws P2PError SIGNING_FAILED, INVALID_CONFIG. @internal */
  async written<R extends SharedRequest>(
    ttlMs: number,
    read: (bytes: Uint8Array) => R,
    write: (own: OwnParts) => Uint8Array,
  ): Promise<Written<R>> {
    const { limits, kit } = this
    checkTtl(ttlMs, limits.maxSigningTtlMs)
    const { publicKeys } = await this.options.signer
    const expiresAt = Math.floor(kit.clock.now() + ttlMs)
    const bytes = write({ publicKeys, networkKey: kit.publicKey, id: kit.random.bytes(16), expiresAt })
    const request = read(bytes)
    if (request.members.length > limits.maxSigners) throw invalidRequest('members', `At most ${limits.maxSigners} sign together.`)
    const own = placeOf(request, publicKeys, this.kit.publicKey)
    if (own < 0) throw invalidRequest('members', 'No key of each keyset is ours.')
    return { bytes, request, own }
  }

  private known(id: string): Signing {
    const signing = this.live.get(id)
    if (signing === undefined) throw unknownRequest()
    return signing
  }

  private isLocked(asking: Signing): boolean {
    const wanted = new Set(asking.outpoints)
    return [...this.live.values()].some(
      (other) => other !== asking && !other.isAsked && other.outpoints.some((each) => wanted.has(each)),
    )
  }

  private changed(signing: Signing): void {
    const { snapshot, id } = signing
    if (snapshot === undefined) return
    const listener = this.listeners.get(id)
    if (listener !== undefined)
      fenced(
        () => listener(snapshot),
        (error) => this.kit.report(asP2PError(error, 'LISTENER_FAILED', 'onProgress failed.')),
      )
    this.events.emit('session', snapshot)
  }

  private async keep({ id, bytes, from, isAsked, signatures, snapshot }: Signing): Promise<void> {
    if (snapshot !== undefined) await this.kept.keep(id, bytes, from, !isAsked, signatures)
  }

  private forget(signing: Signing): void {
    const { id, snapshot, signatures } = signing
    if (!this.live.delete(id) || snapshot === undefined) return
    this.listeners.delete(id)
    this.ended.set(id, { session: snapshot, signatures })
    this.kept.end(id, this.kit.clock.now(), snapshot).catch((error) => this.kit.report(error))
  }

  /** What the process before has left; later starts come back from `suspend`. */
  private load(): Promise<void> | undefined {
    if (this.lifetime.signal.aborted) this.lifetime = new AbortController()
    for (const signing of this.live.values()) if (this.loading !== undefined) signing.resume()
    this.loading ??= this.restore().catch((error) =>
      this.kit.report(asP2PError(error, 'STORAGE_FAILED', 'Requests were not restored.')),
    )
    return this.loading
  }

  private async restore(): Promise<void> {
    const { publicKeys } = await this.options.signer
    for (const [, bytes, from, isAccepted, signatures] of await this.kept.load()) {
      try {
        const request = readRequest(bytes)
        const id = hexOf(request.id)
        const own = placeOf(request, publicKeys, this.kit.publicKey)
        if (this.live.has(id)) continue
        if (own < 0 || from >= request.members.length) throw new Error('It is of another wallet.')
        const signing = new Signing(this.around, request, bytes, own, from, this.options)
        this.live.set(id, signing)
        signing.restore(isAccepted === 1, signatures)
        this.show(signing)
      } catch (error) {
        this.kit.logger.debug('A signing request of the store was not restored.', { error: String(error) })
      }
    }
  }
}
