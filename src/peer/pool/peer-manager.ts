import { invalidAddress } from '../../address/web-address.js'
import { hexOf } from '../../base/bytes.js'
import type { Clock } from '../../base/clock.js'
import { asP2PError, isP2PError, P2PError, shutDownError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { VERSION } from '../../base/version.js'
import { type WaitOptions, withDeadline } from '../../base/wait.js'
import type { ChannelKeys, PeerDescription, RemoteHello } from '../../channel/hello.js'
import { type ChannelOptions, type Schedule, SecureChannel } from '../../channel/secure-channel.js'
import { Defence } from '../../defence/defence.js'
import { equalBytes } from '../../identity/ed25519.js'
import type { Identity } from '../../identity/identity.js'
import { decodePeerId, encodePeerId, isPeerId } from '../../identity/peer-id.js'
import type { PinnedNames } from '../../identity/pinned-names.js'
import type { P2PMessage } from '../../message/message.js'
import { workDemand } from '../../plugins/proof-of-work/work-demand.js'
import { isWorkNeeded, type WorkProofs, workNeeded } from '../../plugins/proof-of-work/work-proofs.js'
import type { BroadcastResult } from '../../protocol/handler.js'
import { memoryStore } from '../../storage/key-value-store.js'
import type { Connection, Transport } from '../../transport/transport.js'
import { duplicate, rankOf } from '../connection/paths.js'
import { PeerConnection, type PeerConnectionOptions } from '../connection/peer-connection.js'
import { Sessions } from '../connection/sessions.js'
import { probe } from '../dial/probe.js'
import { SharedDials } from '../dial/shared-dials.js'
import { Slots } from './slots.js'

export interface PeerManagerOptions {
  peerId: string
  identity: Identity
  /** Made once per coordinator; see `createChannelKeys`. */
  keys: () => Promise<ChannelKeys>
  /** What handshakes tell of us. */
  describe: () => PeerDescription
  transports: Transport[]
  names: PinnedNames
  limits: Limits
  clock: Clock
  maxConnections: number
  requireSignatures: boolean
  /** Default: one of its own, which forgets with the process. */
  defence?: Defence
  /** Whether a message answers a request of ours; such ones do not count against the budgets of their types. */
  expects?(message: P2PMessage): boolean
  /** A signed message whose date is too far from now. */
  onStale?(message: P2PMessage, peer: PeerConnection): void
  /** Bits of work that we demand of who dials us; 0: none. */
  powDifficulty: number
  /** Our own. */
  work: WorkProofs
  /** Peers that the application has named: nobody takes their place. */
  isNamed?: (peerId: string) => boolean
  /** Reputation, below 0 for who has misbehaved: those make room first. Public key, 32 bytes. */
  scoreOf?: (publicKey: Uint8Array) => number
  onConnected(peer: PeerConnection): void
  onDisconnected(peer: PeerConnection, error: P2PError): void
  onPathChanged(peer: PeerConnection, from: string): void
  onMessage(message: P2PMessage, peer: PeerConnection): void
  onError(error: P2PError, peer?: PeerConnection): void
  /** The number of peers or dials has changed. */
  onChange(): void
}

/** Who is connected: dials, accepts, settles on one connection per peer, and keeps within the pool. */
export class PeerManager {
  readonly stats = {
    dialled: 0,
    dialsFailed: 0,
    accepted: 0,
    refused: 0,
    refusals: {} as Record<string, number>,
    faults: {} as Record<string, number>,
  }
  private readonly peers = new Map<string, PeerConnection>()
  private readonly byKey = new Map<string, PeerConnection>()
  private readonly dials: SharedDials
  /** What all connections have in common. */
  private readonly shared: Omit<PeerConnectionOptions, 'session'>
  readonly sessions: Sessions
  readonly slots: Slots
  /** Dials, by the key of the peer reached, that wait for its acceptance. */
  private readonly confirming = new Map<string, Promise<string>>()
  /** What peers that are gone have sent and got. */
  private readonly defence: Defence
  private readonly past = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0, refusals: 0 }
  /** Why nobody comes in and nobody is dialled: for a while, or for good. */
  private resting: P2PError | undefined

  constructor(private readonly options: PeerManagerOptions) {
    this.defence =
      options.defence ??
      new Defence({
        ...options,
        store: memoryStore(),
        limitsOf: () => 'default',
        disconnect: (key, error) => this.disconnectKey(key, error),
        onBanned: () => {},
      })
    this.dials = new SharedDials(options.clock, options.onChange, () => options.work.pausedMs)
    this.shared = {
      localPeerId: options.peerId,
      identity: options.identity,
      requireSignatures: options.requireSignatures,
      limits: options.limits,
      clock: options.clock,
      gate: this.defence.gate,
      budget: this.defence.budget,
      onStrike: ({ publicKey }) => this.defence.blame(publicKey, 'flood', 'It went on sending after it was told to wait.'),
      onStale: (message, peer) => options.onStale?.(message, peer),
      expects: (message) => options.expects?.(message) ?? false,
      onMessage: (message, peer) => {
        this.slots.heard(peer, message.protocol, options.clock.now())
        options.onMessage(message, peer)
      },
      onPathChanged: (changed, from) => options.onPathChanged(changed, from.connection.transport),
      onClose: (gone, error, fault) => this.gone(gone, error, fault),
    }
    this.sessions = new Sessions(options.clock, options.limits)
    this.slots = new Slots({ scoreOf: (key) => this.defence.reputation.scoreOf(hexOf(key)), ...options })
  }

  get size(): number {
    return this.peers.size
  }

  /** Dials under way. */
  get dialling(): number {
    return this.dials.count
  }

  all(): PeerConnection[] {
    return [...this.peers.values()]
  }

  /** By peer id, or by the `lp1…` id of a peer with a chosen name. */
  get(peerId: string): PeerConnection | undefined {
    return this.peers.get(peerId) ?? (isPeerId(peerId) ? this.byKey.get(hexOf(decodePeerId(peerId))) : undefined)
  }

  /** @throws P2PError PEER_NOT_CONNECTED. */
  need(peerId: string): PeerConnection {
    const peer = this.get(peerId)
    if (peer === undefined) {
      throw new P2PError('PEER_NOT_CONNECTED', `Not connected to ${String(peerId).slice(0, 128)}. Call connectToPeer first.`, {
        details: { peerId },
      })
    }
    return peer
  }

  /**
   * Connects to whoever answers at an address; two calls share one dial.
   *
   * @param expected the peer that must be found there.
   * @returns the peer id.
   * @throws P2PError INVALID_ADDRESS, POOL_FULL, WRONG_PEER, NAME_TAKEN, SELF_DIAL, PROOF_OF_WORK_TOO_HARD, TIMEOUT, ABORTED, and those of `SecureChannel.dial`.
   */
  async dial(address: string, expected: string | undefined, wait: WaitOptions): Promise<string> {
    this.checkOpen()
    const transport = this.transportFor(address)
    const known = this.all().find((peer) => peer.activeChannel.connection.outbound && sameAddress(peer, address))
    if (known !== undefined && (expected === undefined || this.get(expected) === known)) return known.peerId
    const timeoutMs = wait.timeoutMs ?? this.options.limits.dialTimeoutMs
    return this.dials.join(`${address} ${expected ?? ''}`, { signal: wait.signal, timeoutMs }, (signal) => {
      const open = () => this.open(transport, address, expected, signal, () => dial)
      const dial: Promise<string> = this.options.work.dial(address, signal, open)
      return dial
    })
  }

  /**
   * Who answers at an address, without becoming connected: nobody is told, and no place is taken.
   *
   * @throws P2PError as `dial`.
   */
  async look(address: string, wait: WaitOptions): Promise<RemoteHello> {
    this.checkOpen()
    const transport = this.transportFor(address)
    const { clock, limits } = this.options
    const within = { signal: wait.signal, timeoutMs: wait.timeoutMs ?? limits.dialTimeoutMs }
    return withDeadline(clock, `Looking at ${address}`, within, async (signal) =>
      probe(transport, address, { ...(await this.channelOptions()), signal }),
    )
  }

  /** Takes a connection that somebody else dialled. */
  accept(connection: Connection): void {
    const { defence } = this
    const { limits, maxConnections } = this.options
    const full = this.slots.mayFit(connection) ? undefined : poolFull(maxConnections, limits)
    const refusal = this.resting ?? defence.refusalAt(connection) ?? full
    if (refusal !== undefined) {
      this.refused(refusal)
      SecureChannel.refuse(connection, refusal)
      return
    }
    const source = defence.sourceOf(connection)
    const pending = { source, end: () => connection.close() }
    defence.slots.enter(pending)
    const schedule: Schedule = (work) => {
      defence.slots.began(pending)
      return defence.budget.run(source, work)
    }
    const admit = (channel: SecureChannel) => this.admit(channel, undefined)
    this.channelOptions()
      .then((options) => {
        const work = workDemand({
          bits: this.options.powDifficulty,
          transport: connection.transport,
          clock: options.clock,
          limits,
          isConnected: (key) => this.byKey.has(hexOf(key)),
        })
        return SecureChannel.accept(connection, { ...options, work, schedule, admit })
      })
      .then(
        (channel) => {
          this.stats.accepted++
          try {
            this.adopt(channel)
          } catch {
            // Somebody else has taken the place meanwhile; the dialler has been told.
            this.stats.accepted--
            this.stats.refused++
          }
        },
        (error) => {
          connection.close()
          const failure = asP2PError(error, 'HANDSHAKE_FAILED', 'An incoming connection failed.')
          defence.strangerFailed(connection, failure)
          this.refused(failure)
          this.report(failure)
        },
      )
      .finally(() => defence.slots.leave(pending))
  }

  /** Says goodbye and forgets the peer. */
  disconnect(peerId: string, error: P2PError): void {
    this.need(peerId).close(error)
  }

  /** Says goodbye to all; those on circuits first, for their relays carry it. */
  private disconnectAll(error: P2PError): void {
    const isCircuit = (peer: PeerConnection) => peer.activeChannel.connection.transport === 'circuit'
    const peers = this.all()
    for (const peer of [...peers.filter(isCircuit), ...peers.filter((other) => !isCircuit(other))]) peer.close(error)
  }

  /** Ends the connection with the holder of a key, if there is one. */
  disconnectKey(publicKey: Uint8Array, error: P2PError): void {
    this.byKey.get(hexOf(publicKey))?.close(error)
  }

  /** Ends the connection of a peer that broke the rules; reported once as an error. */
  reject(peerId: string, error: P2PError): void {
    const peer = this.peers.get(peerId)
    if (peer === undefined) return
    this.fault(error, peer)
    peer.close(error)
  }

  broadcast(message: P2PMessage, exclude: ReadonlySet<string>): BroadcastResult {
    const result: BroadcastResult = { sent: [], failed: [] }
    for (const peer of this.peers.values()) {
      if (exclude.has(peer.peerId)) continue
      try {
        // Whoever is slow is passed over, not waited for; a signature may still fail later.
        peer
          .send(message, { mayWait: false })
          ?.catch((error) => this.report(asP2PError(error, 'CONNECTION_LOST', 'A broadcast failed.')))
        result.sent.push(peer.peerId)
      } catch (error) {
        result.failed.push({ peerId: peer.peerId, error: error as Error })
      }
    }
    return result
  }

  /** Messages and their bytes since the start, over all peers, in both directions; and how often peers told us to wait. */
  traffic(): Traffic {
    const sum = { ...this.past }
    for (const peer of this.peers.values()) for (const name of TRAFFIC) sum[name] += peer.traffic[name]
    return sum
  }

  /** Ends every connection and dial, and begins none until `resume`. */
  rest(error: P2PError): void {
    this.resting = error
    this.dials.abortAll(error)
    this.options.work.rest()
    this.disconnectAll(error)
  }

  resume(): void {
    this.resting = undefined
  }

  /** Ends everything for good. */
  close(error: P2PError): void {
    this.rest(error)
    this.resting = shutDownError()
    this.sessions.close()
  }

  private async open(
    transport: Transport,
    address: string,
    expected: string | undefined,
    signal: AbortSignal,
    self: () => Promise<string>,
  ): Promise<string> {
    const { maxConnections, limits } = this.options
    if (this.peers.size >= maxConnections) throw poolFull(maxConnections, limits)
    this.stats.dialled++
    let remote: string | undefined
    let key: string | undefined
    let earlier: Promise<string> | undefined
    try {
      const channel = await SecureChannel.dial(transport, address, {
        ...(await this.channelOptions()),
        work: this.options.work,
        signal,
        admit: async (channel) => {
          remote = channel.remote.peerId
          await this.admit(channel, expected)
          const reached = hexOf(channel.remote.publicKey)
          // Another address of the same peer is a step ahead of this one.
          earlier = this.confirming.get(reached)
          if (earlier !== undefined) throw duplicate()
          const { work } = channel.remote
          if (work !== undefined && !work.proven) throw workNeeded(work.bits)
          key = reached
          this.confirming.set(key, self())
        },
      })
      this.adopt(channel)
      return channel.remote.peerId
    } catch (error) {
      // The peer, or we, settled on another connection to it.
      if (remote !== undefined && isP2PError(error, 'DUPLICATE_CONNECTION')) {
        if (earlier !== undefined) return earlier
        if (this.peers.has(remote)) return remote
      }
      if (isWorkNeeded(error)) throw error
      this.stats.dialsFailed++
      if (this.resting !== undefined) throw this.resting
      if (isP2PError(signal.reason)) throw signal.reason
      const failure = asP2PError(error, 'PEER_UNREACHABLE', `No connection to ${address}.`)
      failure.details.address ??= address
      throw failure
    } finally {
      if (key !== undefined) this.confirming.delete(key)
    }
  }

  private async channelOptions(): Promise<ChannelOptions> {
    const { keys, describe, peerId, requireSignatures, limits, clock } = this.options
    const ready = await keys()
    const name = peerId.startsWith('lp1') ? undefined : peerId
    return { limits, clock, local: { keys: ready, name, agent: `lotus-p2p/${VERSION}`, requireSignatures, ...describe() } }
  }

  /** Whether an authenticated peer may come in. */
  private async admit(channel: SecureChannel, expected: string | undefined): Promise<void> {
    const { remote } = channel
    const { identity, names, peerId, maxConnections, limits } = this.options
    if (equalBytes(remote.publicKey, identity.publicKey)) {
      throw new P2PError('SELF_DIAL', 'That address leads back to this peer itself.')
    }
    this.defence.checkPeer(remote.publicKey)
    if (expected !== undefined && expected !== remote.peerId && expected !== encodePeerId(remote.publicKey)) {
      throw new P2PError('WRONG_PEER', `At this address is ${remote.peerId}, not ${expected}. Ask for its new address.`, {
        details: { peerId: remote.peerId, expected },
      })
    }
    if (remote.name !== undefined && (remote.name === peerId || !(await names.claim(remote.name, remote.publicKey, 'contact')))) {
      throw new P2PError(
        'NAME_TAKEN',
        `The name "${remote.name}" belongs to another key. Choose another peerId, or use the key it was first used with.`,
        {
          details: { name: remote.name },
        },
      )
    }
    const key = hexOf(remote.publicKey)
    // Both dial at once: the smaller key has the say, and waits for its own dial before it takes the other's.
    if (!channel.connection.outbound && this.oursWins(channel)) await this.confirming.get(key)?.catch(() => {})
    const existing = this.byKey.get(key)
    if (existing === undefined) {
      if (!this.slots.placeFor(channel.connection).fits) throw poolFull(maxConnections, limits)
    } else if (this.verdict(existing, channel) === 'keep') throw duplicate()
  }

  private adopt(channel: SecureChannel): void {
    const { remote } = channel
    const key = hexOf(remote.publicKey)
    const existing = this.byKey.get(key)
    if (this.resting !== undefined) channel.close(this.resting)
    if (!channel.open) throw channel.ended ?? shutDownError()
    if (existing !== undefined) {
      // A peer that has just accepted our dial has given up any connection before it.
      const verdict = this.verdict(existing, channel)
      if (verdict === 'switch' || (verdict === 'keep' && channel.connection.outbound)) {
        existing.addPath(channel)
        return
      }
      if (verdict === 'keep') {
        channel.close(duplicate())
        throw duplicate()
      }
      existing.close(
        new P2PError('REPLACED', 'Another session with the same identity has connected. Use one identity per tab or process.'),
      )
    } else {
      const { fits, evicted } = this.slots.placeFor(channel.connection)
      const error = poolFull(this.options.maxConnections, this.options.limits)
      if (!fits) {
        channel.close(error)
        throw error
      }
      evicted?.close(error)
    }
    const { options } = this
    const peer = new PeerConnection(channel, { ...this.shared, session: this.sessions.open(channel.remote) })
    this.peers.set(peer.peerId, peer)
    this.byKey.set(key, peer)
    this.slots.add(peer)
    options.onConnected(peer)
    options.onChange()
    peer.begin()
  }

  /**
   * What to do with a second connection to a peer: `keep` the first; `switch` to the second without anybody noticing; or
   * `replace` the session, where the peer is another process than before.
   */
  private verdict(existing: PeerConnection, channel: SecureChannel): 'keep' | 'switch' | 'replace' {
    const old = existing.activeChannel
    if (!equalBytes(old.remote.channelKey, channel.remote.channelKey)) return 'replace'
    if (rankOf(channel) > rankOf(old) || existing.interrupted) return 'switch'
    if (channel.connection.outbound) return 'keep'
    // One that has just accepted our dial had its own under way, and settles on ours. Much later, a dial means that the peer
    // has lost the first connection.
    const simultaneous = this.options.clock.now() - existing.since <= this.options.limits.handshakeTimeoutMs
    return old.connection.outbound && simultaneous && this.oursWins(channel) ? 'keep' : 'switch'
  }

  private oursWins({ remote }: SecureChannel): boolean {
    return hexOf(this.options.identity.publicKey) < hexOf(remote.publicKey)
  }

  private gone(peer: PeerConnection, error: P2PError, fault: boolean): void {
    if (this.peers.get(peer.peerId) !== peer) return
    this.peers.delete(peer.peerId)
    this.slots.delete(peer)
    this.sessions.away(peer.remote, peer.isInUse)
    this.byKey.delete(hexOf(peer.publicKey))
    for (const name of TRAFFIC) this.past[name] += peer.traffic[name]
    if (fault) this.fault(error, peer)
    this.options.onDisconnected(peer, error)
    this.options.onChange()
  }

  private refused({ code }: P2PError): void {
    this.stats.refused++
    this.stats.refusals[code] = (this.stats.refusals[code] ?? 0) + 1
  }

  /** Failed handshakes of strangers: reported where they cannot be honest, else only counted. */
  private report(error: P2PError): void {
    if (error.details.fault === true || error.code === 'NAME_TAKEN') this.fault(error)
  }

  private fault(error: P2PError, peer?: PeerConnection): void {
    this.stats.faults[error.code] = (this.stats.faults[error.code] ?? 0) + 1
    this.options.onError(error, peer)
    if (peer !== undefined) this.defence.faulted(peer.publicKey, peer.activeChannel.connection, error)
  }

  private transportFor(address: string): Transport {
    const transport = this.options.transports.find((candidate) => candidate.canDial(address))
    if (transport !== undefined) return transport
    throw invalidAddress(address, 'no transport here understands it (by default ws://, wss://, http:// and https:// work)')
  }

  private checkOpen(): void {
    if (this.resting !== undefined) throw this.resting
  }
}

const TRAFFIC = ['messagesIn', 'messagesOut', 'bytesIn', 'bytesOut', 'refusals'] as const
export type Traffic = Record<(typeof TRAFFIC)[number], number>

function sameAddress(peer: PeerConnection, address: string): boolean {
  return peer.activeChannel.connection.remoteAddress === address
}

function poolFull(maxConnections: number, limits: Limits): P2PError {
  return new P2PError(
    'POOL_FULL',
    `All ${maxConnections} connections are taken. Disconnect from a peer, or raise maxConnections.`,
    {
      details: { limit: 'maxConnections', maxConnections, retryAfterMs: limits.heartbeatIntervalMs },
    },
  )
}

export function suspended(): P2PError {
  return new P2PError('SUSPENDED', 'This coordinator is suspended. Call resume() first.')
}
