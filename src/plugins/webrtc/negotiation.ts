import type { Clock, Timer } from '../../base/clock.js'
import { asP2PError, P2PError, timeoutError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { malformed } from '../../message/shape.js'
import { lost, RtcConnection } from './rtc-connection.js'
import type { RtcCandidate, RtcConfiguration, RtcImplementation, RtcPeerConnection } from './rtc-types.js'
import { type CandidateSignal, isContained, isDataOnly, SIGNAL } from './signals.js'

export interface RtcSessionOptions {
  id: string
  peerId: string
  outbound: boolean
  /** Which side gives way where both offer at once; the other side's is the opposite. */
  polite: boolean
  implementation: RtcImplementation
  configuration: RtcConfiguration
  limits: Limits
  clock: Clock
  /** Sends one signal to the peer. It rejects where no path is left. */
  signal: (type: 'description' | 'candidate' | 'end', payload: Record<string, unknown>) => Promise<void>
  onOpen: (connection: RtcConnection) => void
  /** Called once, where the session ends before its channel was open. */
  onFailed: (error: P2PError) => void
  /** The open channel carries nothing, for `webRtcRestartMs` now; ICE starts anew. */
  onInterrupted: () => void
  /** It carries again. */
  onRecovered: () => void
  /** Called once: the peer connection is closed and nothing refers to it. */
  onFreed: () => void
}

/**
 * One peer connection with one data channel, from the first offer until it is freed. Offers follow the pattern of perfect
 * negotiation (WebRTC 1.0 §10.7): where two collide, the polite side takes its own back and answers, the impolite one
 * ignores the other's. All that changes the description runs one after another, which stands for the pattern's `makingOffer`.
 */
export class RtcSession {
  readonly id: string
  readonly peerId: string
  readonly outbound: boolean
  state: 'setup' | 'live' | 'freed' = 'setup'
  connection: RtcConnection | undefined
  /** Settles when the session is freed. */
  readonly freed: Promise<void>

  private readonly pc: RtcPeerConnection
  private readonly wiring: RtcSessionOptions
  private tail: Promise<void> = Promise.resolve()
  private pending = 0
  /** Our description has left, so that candidates may follow. */
  private described = false
  private ownWaiting: RtcCandidate[] = []
  private ownCandidates = 0
  /** Candidates that came before any description of the peer. */
  private peerWaiting: RtcCandidate[] | undefined = []
  private peerCandidates = 0
  /** A restart that the peer has not been told of. */
  private wantsRestart = false
  private interrupted = false
  private timer: Timer
  private settleFreed!: () => void

  /** @throws what the implementation throws for a bad configuration or too many peer connections. */
  constructor(options: RtcSessionOptions) {
    const { id, peerId, outbound, limits, clock, implementation, configuration } = options
    this.id = id
    this.peerId = peerId
    this.outbound = outbound
    this.wiring = options
    this.freed = new Promise((resolve) => {
      this.settleFreed = resolve
    })
    // A copy: implementations write to it.
    this.pc = new implementation.RTCPeerConnection(structuredClone(configuration))
    this.pc.onicecandidate = ({ candidate }) => candidate !== null && this.ownCandidate(candidate)
    this.pc.onconnectionstatechange = () => this.stateChanged()
    this.timer = clock.setTimeout(() => {
      this.fail(timeoutError('Opening a WebRTC connection', limits.webRtcTimeoutMs, { peerId }))
    }, limits.webRtcTimeoutMs)
  }

  /** Begins as the side that dialled. */
  offer(): void {
    this.enqueue(async () => {
      this.openChannel()
      await this.makeOffer()
    })
  }

  receiveDescription(type: 'offer' | 'answer', sdp: string): void {
    this.enqueue(() => this.applyDescription(type, sdp))
  }

  receiveCandidate({ candidate, sdpMid, sdpMLineIndex }: CandidateSignal): void {
    // More than honest peers have, or one that leads astray: it changes nothing for the others.
    if (this.peerCandidates >= this.wiring.limits.maxIceCandidates || !isContained(candidate)) return
    this.peerCandidates++
    const whole = { candidate, sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null }
    this.enqueue(() => this.applyCandidate(whole))
  }

  /** The peer has given the session up. */
  receiveEnd(error: P2PError): void {
    if (this.state === 'setup') this.fail(error, false)
  }

  /**
   * Finds a new path between the same two ends (ICE restart, RFC 8445 §9): after a change of network. The channel stays
   * open meanwhile. Does nothing where the implementation cannot, as libdatachannel.
   */
  restart(): void {
    if (this.state !== 'live') return
    this.enqueue(async () => {
      try {
        this.pc.restartIce()
      } catch {
        return
      }
      this.wantsRestart = true
      await this.makeOffer()
    })
  }

  /** A path for signals is there again. */
  resignal(): void {
    if (this.state === 'live' && this.wantsRestart) this.enqueue(() => this.makeOffer())
  }

  /** Ends what is being set up. `tell`: the peer hears of it, with the error's code. */
  fail(error: P2PError, tell = true): void {
    if (this.state !== 'setup') return
    if (tell && (this.described || !this.outbound)) this.send('end', { code: error.code })
    this.free()
    this.connection?.pipe.end(error)
    this.wiring.onFailed(error)
  }

  /** Ends it, open or not, after what was sent is flushed. */
  close(error: P2PError): void {
    if (this.state === 'setup') this.fail(error)
    else this.connection?.pipe.close()
  }

  private openChannel(): void {
    const { peerId, outbound, limits, clock, configuration } = this.wiring
    // Agreed beforehand (WebRTC 1.0 §6.2): no handshake of the channel's own, and neither side can open others for us to hold.
    const channel = this.pc.createDataChannel('lotus', { negotiated: true, id: 0, ordered: true })
    const connection = new RtcConnection({
      channel,
      peerId,
      outbound,
      direct: configuration.iceTransportPolicy !== 'relay',
      limits,
      clock,
      onOpen: () => this.opened(connection),
      onEnd: (error) => this.channelEnded(error),
    })
    this.connection = connection
  }

  private opened(connection: RtcConnection): void {
    if (this.state !== 'setup') return
    this.state = 'live'
    this.wiring.clock.clearTimeout(this.timer)
    this.wiring.onOpen(connection)
  }

  private channelEnded(error: Error | undefined): void {
    if (this.state === 'live') this.free()
    else this.fail(asP2PError(error, 'PEER_UNREACHABLE', 'The data channel closed too early. Try again.'))
  }

  private stateChanged(): void {
    const { connectionState } = this.pc
    const { clock, limits, peerId } = this.wiring
    if (this.state === 'setup') {
      if (connectionState === 'failed' || connectionState === 'closed') {
        const message = 'No direct path to the peer was found. Give iceServers a TURN server.'
        this.fail(new P2PError('PEER_UNREACHABLE', message, { details: { peerId } }))
      }
    } else if (connectionState === 'failed' && this.connection?.closing === false) {
      this.connection.pipe.end(lost('no path to the peer works any more'))
    } else if (connectionState === 'closed' || connectionState === 'failed') {
      // The channel's own end, which may still be on its way to us, tells more.
      clock.clearTimeout(this.timer)
      this.timer = clock.setTimeout(() => this.connection?.pipe.end(undefined), 0)
    } else {
      clock.clearTimeout(this.timer)
      if (connectionState === 'connected' && this.interrupted) {
        this.interrupted = false
        this.connection?.pipe.interrupt(false)
        this.wiring.onRecovered()
      } else if (connectionState === 'disconnected') {
        this.timer = clock.setTimeout(() => {
          this.interrupted = true
          this.connection?.pipe.interrupt(true)
          this.wiring.onInterrupted()
          this.restart()
        }, limits.webRtcRestartMs)
      }
    }
  }

  private async makeOffer(): Promise<void> {
    const { pc } = this
    // An offer that got no answer is sent again as it is: an answer to the first one must fit.
    if (pc.signalingState !== 'have-local-offer') {
      const { sdp = '' } = await pc.createOffer()
      // libdatachannel makes and sets its offer by itself, as soon as there is a channel.
      if ((pc.signalingState as string) === 'stable') await pc.setLocalDescription({ type: 'offer', sdp })
    }
    this.describe()
  }

  private async applyDescription(type: 'offer' | 'answer', sdp: string): Promise<void> {
    const { pc } = this
    const collides = type === 'offer' && pc.signalingState !== 'stable'
    if (collides && !this.wiring.polite) return
    // A second answer, to an offer that was sent twice.
    if (type === 'answer' && pc.signalingState !== 'have-local-offer') return
    if (!isDataOnly(sdp)) throw malformed(SIGNAL)
    try {
      // An offer rolls our own back where there is one (WebRTC 1.0 §4.4.1.5).
      await pc.setRemoteDescription({ type, sdp })
    } catch (cause) {
      throw malformed(SIGNAL, cause)
    }
    if (type === 'answer' || collides) this.wantsRestart = false
    this.peerCandidates = this.peerWaiting?.length ?? 0
    const waiting = this.peerWaiting ?? []
    this.peerWaiting = undefined
    for (const candidate of waiting) await this.applyCandidate(candidate)
    if (type === 'answer' || this.over) return
    if (this.connection === undefined) this.openChannel()
    const { sdp: answer = '' } = await pc.createAnswer()
    // libdatachannel has set its answer by itself.
    if ((pc.signalingState as string) === 'have-remote-offer') await pc.setLocalDescription({ type: 'answer', sdp: answer })
    this.describe()
  }

  private async applyCandidate(candidate: RtcCandidate): Promise<void> {
    if (this.peerWaiting !== undefined) {
      this.peerWaiting.push(candidate)
      return
    }
    try {
      await this.pc.addIceCandidate(candidate)
    } catch {
      // One of an offer that we ignored, or nonsense: the others may do.
    }
  }

  private describe(): void {
    const description = this.pc.localDescription
    if (this.over || description === null) return
    this.ownCandidates = 0
    this.send('description', { type: description.type, sdp: withoutCandidates(description.sdp) })
    this.described = true
    const waiting = this.ownWaiting
    this.ownWaiting = []
    for (const candidate of waiting) this.ownCandidate(candidate)
  }

  private ownCandidate(candidate: RtcCandidate): void {
    if (!this.described) {
      this.ownWaiting.push(candidate)
      return
    }
    if (this.ownCandidates++ >= this.wiring.limits.maxIceCandidates) return
    const { candidate: line, sdpMid = null, sdpMLineIndex = null } = candidate
    this.send('candidate', { candidate: line, sdpMid, sdpMLineIndex })
  }

  private send(type: 'description' | 'candidate' | 'end', payload: Record<string, unknown>): void {
    this.wiring.signal(type, { session: this.id, ...payload }).catch((error) => {
      // An open session outlives the path of its signals.
      this.fail(asP2PError(error, 'CONNECTION_LOST', 'The path for WebRTC signals is gone. Connect again.'), false)
    })
  }

  /** One after another; what comes after the end does nothing. */
  private enqueue(task: () => Promise<void>): void {
    if (this.over) return
    if (this.pending >= 2 * this.wiring.limits.maxIceCandidates) {
      this.broken(new P2PError('LIMIT_EXCEEDED', 'The peer sends WebRTC signals too fast.'))
      return
    }
    this.pending++
    this.tail = this.tail.then(async () => {
      this.pending--
      if (this.over) return
      try {
        await task()
      } catch (error) {
        this.broken(asP2PError(error, 'PEER_UNREACHABLE', 'WebRTC could not negotiate. Try again.'))
      }
    })
  }

  private broken(error: P2PError): void {
    if (this.over) return
    if (this.state === 'setup') this.fail(error)
    else this.connection?.pipe.end(error)
  }

  private get over(): boolean {
    return this.state === 'freed'
  }

  private free(): void {
    if (this.state === 'freed') return
    this.state = 'freed'
    const { pc } = this
    this.wiring.clock.clearTimeout(this.timer)
    pc.onicecandidate = pc.onconnectionstatechange = null
    this.ownWaiting = []
    this.peerWaiting = undefined
    pc.close()
    this.wiring.onFreed()
    this.settleFreed()
  }
}

/** Each candidate travels once, as a signal of its own. libdatachannel at times refuses an answer for the candidates in it. */
function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(candidate:|end-of-candidates).*\r?\n/gm, '')
}
