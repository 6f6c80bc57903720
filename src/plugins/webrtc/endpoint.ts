import { parseWebRtc, webRtcAddress } from '../../address/addresses.js'
import { elapsed } from '../../base/clock.js'
import { abortedError, asP2PError, P2PError, type P2PErrorCode, shutDownError } from '../../base/errors.js'
import { WEBRTC_LIMITS } from '../../base/limits/webrtc.js'
import { type LimitName, type Limits, limitsOf } from '../../base/limits.js'
import { randomId } from '../../base/random.js'
import { tupleKey } from '../../base/tuple-key.js'
import type { P2PMessage } from '../../message/message.js'
import { unknownType } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'
import type { Connection, DialOptions, Listener, Transport } from '../../transport/transport.js'
import { RtcSession } from './negotiation.js'
import { platformRtc, type RtcConfiguration, type RtcIceServer, type RtcImplementation } from './rtc-types.js'
import { parseCandidate, parseDescription, parseEnd, WEBRTC_PROTOCOL } from './signals.js'

export interface WebRtcOptions {
  limits?: Limits | undefined
  /** Where WebRTC comes from; by default the platform's own. In Node: `await import('node-datachannel/polyfill')`. */
  implementation?: RtcImplementation | undefined
  /** STUN and TURN servers. Default none: nobody outside is contacted, and only peers of one network find each other. */
  iceServers?: RtcIceServer[] | undefined
  /** A path to this peer carries nothing for a while; another one should serve meanwhile, and carry the signals. */
  onInterrupted?: ((peerId: string) => void) | undefined
  /** It carries again. */
  onRecovered?: ((peerId: string) => void) | undefined
  /** `relay` uses TURN only, which hides our IP addresses from peers. Default `all`. */
  iceTransportPolicy?: 'all' | 'relay' | undefined
}

/** What `WebRtcEndpoint.getStats` tells. Counts. */
export interface WebRtcStats {
  /** Sessions with an open data channel. */
  live: number
  settingUp: number
  /** Closed by us, the peer has yet to receive all. */
  closing: number
  /** Sessions that opened, since the start. */
  opened: number
  /** Sessions that ended before they opened, since the start. */
  failed: number
}

/**
 * WebRTC between peers that are connected already: the signals travel over whatever path there is, a circuit included.
 * An address is `webrtc:<peer id>`. Who the peer is, is not WebRTC's to prove: the Noise handshake runs inside the channel.
 *
 * @example
 * const endpoint = new WebRtcEndpoint({ iceServers: [{ urls: 'stun:stun.example' }] })
 */
export class WebRtcEndpoint implements IProtocolHandler, Transport, Listener {
  readonly protocolName = WEBRTC_PROTOCOL
  readonly rateLimits = { messagesPerS: 50, burst: 1_000 }
  readonly name = 'webrtc'
  readonly transport = 'webrtc'
  readonly listener: Listener = this
  readonly rank = 3
  readonly direct: boolean
  /** Empty: whom we are connected to can dial us by our peer id. */
  readonly addresses: readonly string[] = []

  private readonly limits: Limits
  private readonly implementation: RtcImplementation | undefined
  private readonly configuration: RtcConfiguration
  private protocolHost: ProtocolHost | undefined
  private accept: ((connection: Connection) => void) | undefined
  /** By peer and session id, oldest first. */
  private readonly sessions = new Map<string, RtcSession>()
  /** Signals that each connected peer sent in its current window. */
  private readonly rates = new Map<string, { since: number; count: number }>()
  private readonly wiring: WebRtcOptions
  private opened = 0
  private failed = 0

  constructor(options: WebRtcOptions = {}) {
    this.wiring = options
    this.limits = options.limits ?? limitsOf(WEBRTC_LIMITS)
    this.implementation = options.implementation ?? platformRtc()
    this.direct = options.iceTransportPolicy !== 'relay'
    this.configuration = { iceServers: options.iceServers ?? [] }
    if (options.iceTransportPolicy !== undefined) this.configuration.iceTransportPolicy = options.iceTransportPolicy
  }

  /** Whether WebRTC can be used here: in a page always, in Node and in workers only with an implementation. */
  static available(implementation: RtcImplementation | undefined = platformRtc()): boolean {
    return typeof implementation?.RTCPeerConnection === 'function'
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  /** Ends what is being set up. Open channels stay until their connection or `close` ends them: a goodbye may be on its way. */
  onUnregister(): void {
    const error = shutDownError()
    for (const session of this.all()) session.fail(error)
    this.rates.clear()
    this.protocolHost = undefined
  }

  canDial(address: string): boolean {
    return address.startsWith('webrtc:')
  }

  /** Where both ends have WebRTC. */
  upgradeOf({ peerId, protocols }: { peerId: string; protocols?: readonly string[] | undefined }): string | undefined {
    return protocols?.includes(WEBRTC_PROTOCOL) ? webRtcAddress(peerId) : undefined
  }

  /**
   * Opens a data channel to a peer that is connected by another path.
   *
   * @throws P2PError INVALID_ADDRESS, SELF_DIAL, TRANSPORT_UNAVAILABLE, PEER_NOT_CONNECTED, PROTOCOL_NOT_SUPPORTED,
   * DUPLICATE_CONNECTION where the peer is dialling us (its connection comes to the listener), LIMIT_EXCEEDED, PEER_UNREACHABLE,
   * TIMEOUT after `limits.webRtcTimeoutMs`, ABORTED, SHUT_DOWN, or the code with which the peer ended it.
   */
  async dial(address: string, { signal, firstFrame }: DialOptions): Promise<Connection> {
    const peerId = parseWebRtc(address)
    const { protocolHost: host, implementation } = this
    if (host === undefined) throw shutDownError()
    if (signal?.aborted) throw abortedError('The dial', signal.reason)
    if (implementation === undefined) {
      const message = 'This platform has no WebRTC. In Node give an implementation.'
      throw new P2PError('TRANSPORT_UNAVAILABLE', message)
    }
    this.checkDial(host, peerId)
    return new Promise((resolve, reject) => {
      const onAbort = () => session.fail(abortedError('The dial', signal?.reason))
      const settle = () => signal?.removeEventListener('abort', onAbort)
      const session = this.add(host, implementation, {
        id: randomId(host.random),
        peerId,
        outbound: true,
        onOpen: (connection) => {
          settle()
          connection.send(firstFrame)
          resolve(connection)
        },
        onFailed: (error) => {
          settle()
          reject(error)
        },
      })
      signal?.addEventListener('abort', onAbort)
      session.offer()
    })
  }

  async listen(accept: (connection: Connection) => void): Promise<void> {
    this.accept = accept
  }

  /** Ends every session and waits until the last peer connection is freed, at most `limits.closeGraceMs`. */
  async close(): Promise<void> {
    this.accept = undefined
    const sessions = this.all()
    for (const session of sessions) session.close(shutDownError())
    await Promise.all(sessions.map((session) => session.freed))
  }

  /** Call it when the device has changed its network, as on the `online` event: every open connection looks for a new path. */
  networkChanged(): void {
    for (const session of this.all()) session.restart()
  }

  getStats(): WebRtcStats {
    const sessions = this.all()
    const live = sessions.filter((session) => session.state === 'live')
    const closing = live.filter((session) => session.connection?.closing).length
    const { opened, failed } = this
    return { live: live.length - closing, settingUp: sessions.length - live.length, closing, opened, failed }
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { protocolHost: host } = this
    if (host === undefined) return
    try {
      this.countSignal(host, from.peerId)
      this.receive(host, message, from.peerId)
    } catch (error) {
      if (!(error instanceof P2PError) || (error.code !== 'MALFORMED_DATA' && error.code !== 'LIMIT_EXCEEDED')) throw error
      host.reject(from.peerId, error)
    }
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    for (const session of this.with(peer.peerId)) session.resignal()
  }

  /** An open channel outlives the path over which it was agreed. */
  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    const { peerId } = peer
    this.rates.delete(peerId)
    const error = new P2PError('CONNECTION_LOST', `The path for WebRTC signals is gone. Connect again.`, {
      details: { peerId },
    })
    for (const session of this.with(peerId)) session.fail(error, false)
  }

  private receive(host: ProtocolHost, message: P2PMessage, peerId: string): void {
    const { type, payload } = message
    // After a session has ended here, signals may still be on their way.
    const find = (id: string) => this.sessions.get(keyOf(peerId, id))
    if (type === 'description') {
      const { session: id, type: kind, sdp } = parseDescription(payload, this.limits)
      const session = find(id)
      if (session !== undefined) session.receiveDescription(kind, sdp)
      else if (kind === 'offer') this.incoming(host, peerId, id, sdp)
    } else if (type === 'candidate') {
      const candidate = parseCandidate(payload)
      find(candidate.session)?.receiveCandidate(candidate)
    } else if (type === 'end') {
      const { session, code } = parseEnd(payload)
      find(session)?.receiveEnd(endedBy(peerId, code))
    } else {
      throw unknownType(message)
    }
  }

  /** An offer of a new session. Where we do not take it, the peer hears why. */
  private incoming(host: ProtocolHost, peerId: string, id: string, sdp: string): void {
    try {
      this.takeOffer(host, peerId, id).receiveDescription('offer', sdp)
    } catch (error) {
      const { code } = asP2PError(error, 'TRANSPORT_UNAVAILABLE', 'WebRTC failed.')
      host.sendTo(peerId, { protocol: WEBRTC_PROTOCOL, type: 'end', payload: { session: id, code } }).catch(() => {})
    }
  }

  /** @throws P2PError why the offer is not taken. */
  private takeOffer(host: ProtocolHost, peerId: string, id: string): RtcSession {
    const { implementation, accept } = this
    if (implementation === undefined || accept === undefined) {
      throw new P2PError('TRANSPORT_UNAVAILABLE', 'WebRTC connections are not accepted here.')
    }
    const settingUp = this.with(peerId).filter((session) => session.state === 'setup')
    const ours = settingUp.filter((session) => session.outbound)
    if (ours.length > 0) {
      // Glare: both have offered. Taking back an offer whose session is new means forgetting the session.
      if (!isPolite(host.peerId, peerId)) throw duplicate(peerId)
      for (const session of ours) session.fail(duplicate(peerId), false)
    }
    if (this.with(peerId).length >= this.limits.maxWebRtcSessionsPerPeer) {
      const oldest = settingUp.find((session) => !session.outbound)
      if (oldest === undefined) throw tooMany(peerId, 'maxWebRtcSessionsPerPeer')
      oldest.fail(duplicate(peerId))
    }
    const pending = this.all().filter((session) => session.state === 'setup' && !session.outbound)
    if (pending.length >= this.limits.maxWebRtcSessions) throw tooMany(peerId, 'maxWebRtcSessions')
    return this.add(host, implementation, { id, peerId, outbound: false, onOpen: accept, onFailed: () => {} })
  }

  /** @throws P2PError TRANSPORT_UNAVAILABLE. */
  private add(
    host: ProtocolHost,
    implementation: RtcImplementation,
    options: Pick<RtcSession, 'id' | 'peerId' | 'outbound'> & {
      onOpen: (connection: Connection) => void
      onFailed: (error: P2PError) => void
    },
  ): RtcSession {
    const { id, peerId, onOpen, onFailed } = options
    let session: RtcSession
    try {
      session = new RtcSession({
        ...options,
        polite: isPolite(host.peerId, peerId),
        implementation,
        configuration: this.configuration,
        limits: this.limits,
        clock: host.clock,
        signal: (type, payload) => host.sendTo(peerId, { protocol: WEBRTC_PROTOCOL, type, payload }),
        onOpen: (connection) => {
          this.opened++
          onOpen(connection.pipe)
        },
        onFailed: (error) => {
          this.failed++
          onFailed(error)
        },
        onInterrupted: () => this.wiring.onInterrupted?.(peerId),
        onRecovered: () => this.wiring.onRecovered?.(peerId),
        onFreed: () => this.sessions.delete(keyOf(peerId, id)),
      })
    } catch (cause) {
      const message = 'WebRTC made no peer connection. Check iceServers.'
      throw asP2PError(cause, 'TRANSPORT_UNAVAILABLE', message)
    }
    this.sessions.set(keyOf(peerId, id), session)
    return session
  }

  /** @throws P2PError why a dial to this peer cannot begin. */
  private checkDial(host: ProtocolHost, peerId: string): void {
    const details = { peerId }
    if (peerId === host.peerId) throw new P2PError('SELF_DIAL', 'A WebRTC connection cannot lead to oneself.', { details })
    const peer = host.peers().find((connected) => connected.peerId === peerId)
    if (peer === undefined) {
      const message = `${peerId} is not connected. Connect through a relay first.`
      throw new P2PError('PEER_NOT_CONNECTED', message, { details })
    }
    if (peer.protocols?.includes(WEBRTC_PROTOCOL) !== true) {
      const message = `${peerId} does not offer WebRTC.`
      throw new P2PError('PROTOCOL_NOT_SUPPORTED', message, { details: { ...details, protocol: WEBRTC_PROTOCOL } })
    }
    const sessions = this.with(peerId)
    if (sessions.some((session) => session.state === 'setup' && !session.outbound)) throw duplicate(peerId)
    const pending = this.all().filter((session) => session.state === 'setup' && session.outbound)
    if (sessions.length >= this.limits.maxWebRtcSessionsPerPeer) throw tooMany(peerId, 'maxWebRtcSessionsPerPeer')
    if (pending.length >= this.limits.maxWebRtcSessions) throw tooMany(peerId, 'maxWebRtcSessions')
  }

  /** @throws P2PError LIMIT_EXCEEDED where a peer floods us with signals. */
  private countSignal(host: ProtocolHost, peerId: string): void {
    const now = elapsed(host.clock)
    const { maxWebRtcSignals, webRtcSignalWindowMs } = this.limits
    let rate = this.rates.get(peerId)
    if (rate === undefined || now - rate.since >= webRtcSignalWindowMs) {
      rate = { since: now, count: 0 }
      this.rates.set(peerId, rate)
    }
    if (++rate.count > maxWebRtcSignals) {
      const message = `The peer sent more than ${maxWebRtcSignals} WebRTC signals within ${webRtcSignalWindowMs} ms.`
      throw new P2PError('LIMIT_EXCEEDED', message, { details: { peerId, limit: 'maxWebRtcSignals' } })
    }
  }

  private with(peerId: string): RtcSession[] {
    return this.all().filter((session) => session.peerId === peerId)
  }

  private all(): RtcSession[] {
    return [...this.sessions.values()]
  }
}

function keyOf(peerId: string, session: string): string {
  return tupleKey(peerId, session)
}

/** In a glare the polite side gives way: the one whose peer id is the larger string. */
function isPolite(own: string, peer: string): boolean {
  return own > peer
}

function duplicate(peerId: string): P2PError {
  return new P2PError('DUPLICATE_CONNECTION', `${peerId} is opening a WebRTC connection to us already.`, {
    details: { peerId },
  })
}

function tooMany(peerId: string, limit: LimitName): P2PError {
  const message = 'Too many WebRTC connections are being set up. Wait for one.'
  return new P2PError('LIMIT_EXCEEDED', message, { details: { peerId, limit } })
}

function endedBy(peerId: string, code: P2PErrorCode): P2PError {
  return new P2PError(code, `${peerId} gave the WebRTC connection up: ${code}. Try again.`, {
    details: { peerId, byPeer: true },
  })
}
