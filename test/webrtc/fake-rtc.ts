import type {
  RtcCandidate,
  RtcConfiguration,
  RtcDataChannel,
  RtcDescription,
  RtcImplementation,
} from '../../src/plugins/webrtc/rtc-types.js'

/** WebRTC without a network: descriptions name their maker, and two that have each other's are connected. States are set by hand. */
export class FakeRtc implements RtcImplementation {
  readonly made: FakePeerConnection[] = []
  /** Pairs that know each other open their channels. */
  connects = true
  readonly RTCPeerConnection: RtcImplementation['RTCPeerConnection']

  constructor() {
    const network = this
    this.RTCPeerConnection = class extends FakePeerConnection {
      constructor(configuration: RtcConfiguration) {
        super(network, configuration)
      }
    }
  }

  get open(): FakePeerConnection[] {
    return this.made.filter((pc) => pc.connectionState !== 'closed')
  }
}

export class FakePeerConnection {
  connectionState = 'new'
  signalingState = 'stable'
  localDescription: RtcDescription | null = null
  onicecandidate: ((event: { candidate: RtcCandidate | null }) => void) | null = null
  onconnectionstatechange: ((event: unknown) => void) | null = null
  readonly id: number
  readonly candidates: RtcCandidate[] = []
  channel: FakeChannel | undefined
  peer: FakePeerConnection | undefined
  rollbacks = 0
  restarts = 0
  private stable: RtcDescription | null = null

  constructor(
    private readonly network: FakeRtc,
    readonly configuration: RtcConfiguration,
  ) {
    this.id = network.made.push(this) - 1
  }

  createDataChannel(): RtcDataChannel {
    this.channel = new FakeChannel()
    return this.channel
  }

  async createOffer() {
    return { type: 'offer' as const, sdp: this.sdp() }
  }

  async createAnswer() {
    return { type: 'answer' as const, sdp: this.sdp() }
  }

  async setLocalDescription(description: RtcDescription) {
    this.localDescription = description
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable'
    if (description.type === 'answer') this.settled()
    this.onicecandidate?.({ candidate: { candidate: `candidate:1 1 udp 1 192.0.2.${this.id} 9 typ host`, sdpMid: '0' } })
    this.onicecandidate?.({ candidate: null })
  }

  async setRemoteDescription({ type, sdp }: RtcDescription) {
    const maker = /o=- (\d+)/.exec(sdp)?.[1]
    if (maker === undefined) throw new Error('InvalidAccessError')
    if (type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('InvalidStateError')
    if (type === 'offer' && this.signalingState === 'have-local-offer') {
      this.rollbacks++
      this.localDescription = this.stable
    }
    this.peer = this.network.made[Number(maker)]
    this.signalingState = type === 'offer' ? 'have-remote-offer' : 'stable'
    if (type === 'answer') this.settled()
  }

  async addIceCandidate(candidate: RtcCandidate) {
    if (!/^candidate:\d+ 1 udp /.test(candidate.candidate)) throw new Error('OperationError')
    this.candidates.push(candidate)
  }

  restartIce() {
    this.restarts++
  }

  close() {
    this.connectionState = 'closed'
    this.channel?.abort()
    queueMicrotask(() => this.peer?.channel?.abort())
  }

  set(state: string) {
    this.connectionState = state
    this.onconnectionstatechange?.(undefined)
  }

  private sdp() {
    return `v=0\r\no=- ${this.id} ${this.restarts} IN IP4 127.0.0.1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`
  }

  private settled() {
    this.stable = this.localDescription
    const { peer, network } = this
    if (!network.connects || peer?.peer !== this || peer.signalingState !== 'stable' || this.connectionState === 'connected')
      return
    for (const [pc, other] of [[this, peer] as const, [peer, this] as const]) {
      pc.channel!.other = other.channel
      queueMicrotask(() => {
        if (pc.connectionState === 'closed') return
        pc.set('connected')
        pc.channel!.readyState = 'open'
        pc.channel!.onopen?.(undefined)
      })
    }
  }
}

class FakeChannel implements RtcDataChannel {
  binaryType = 'blob'
  bufferedAmountLowThreshold = 0
  readyState = 'connecting'
  other: FakeChannel | undefined
  onopen: RtcDataChannel['onopen'] = null
  onclose: RtcDataChannel['onclose'] = null
  onerror: RtcDataChannel['onerror'] = null
  onmessage: RtcDataChannel['onmessage'] = null
  onbufferedamountlow: RtcDataChannel['onbufferedamountlow'] = null
  bufferedAmount = 0

  send(data: Uint8Array<ArrayBuffer> | string) {
    const copy = typeof data === 'string' ? data : data.slice().buffer
    queueMicrotask(() => this.other?.onmessage?.({ data: copy }))
  }

  close() {
    queueMicrotask(() => this.other?.abort())
    this.abort()
  }

  abort() {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    queueMicrotask(() => this.onclose?.(undefined))
  }
}
