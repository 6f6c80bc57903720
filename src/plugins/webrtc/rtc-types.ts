/**
 * The part of WebRTC 1.0 (W3C Recommendation) that is used here, as structural types: the classes of a browser fit, and so
 * do those of `node-datachannel/polyfill`.
 */

/** A STUN or TURN server, as `RTCIceServer` (WebRTC 1.0 §4.2.2). */
export interface RtcIceServer {
  urls: string | string[]
  username?: string
  credential?: string
}

export interface RtcConfiguration {
  iceServers?: RtcIceServer[]
  iceTransportPolicy?: 'all' | 'relay'
}

/** A method type is compared both ways, so that a handler need not name every field of the browser's event. */
type Handler<Event> = { handle(event: Event): void }['handle'] | null

export interface RtcDescription {
  type: 'offer' | 'answer' | 'pranswer' | 'rollback'
  sdp: string
}

export interface RtcCandidate {
  candidate: string
  sdpMid?: string | null
  sdpMLineIndex?: number | null
}

export interface RtcDataChannel {
  binaryType: string
  bufferedAmountLowThreshold: number
  readonly bufferedAmount: number
  readonly readyState: string
  onopen: Handler<unknown>
  onclose: Handler<unknown>
  onerror: Handler<unknown>
  onmessage: Handler<{ data: unknown }>
  onbufferedamountlow: Handler<unknown>
  send(data: Uint8Array<ArrayBuffer>): void
  close(): void
}

export interface RtcPeerConnection {
  readonly connectionState: string
  readonly signalingState: string
  readonly localDescription: RtcDescription | null
  onicecandidate: Handler<{ candidate: RtcCandidate | null }>
  onconnectionstatechange: Handler<unknown>
  createDataChannel(label: string, options: { negotiated: true; id: number; ordered: true }): RtcDataChannel
  createOffer(): Promise<{ type: RtcDescription['type']; sdp?: string }>
  createAnswer(): Promise<{ type: RtcDescription['type']; sdp?: string }>
  setLocalDescription(description: RtcDescription): Promise<void>
  setRemoteDescription(description: RtcDescription): Promise<void>
  addIceCandidate(candidate: RtcCandidate): Promise<void>
  restartIce(): unknown
  close(): void
}

/**
 * Where WebRTC comes from. A browser's is found by itself; in Node give one.
 *
 * @example
 * const implementation: RtcImplementation = await import('node-datachannel/polyfill')
 */
export interface RtcImplementation {
  RTCPeerConnection: new (configuration: RtcConfiguration) => RtcPeerConnection
}

/** The platform's own WebRTC, or undefined: Node has none, and neither have workers. */
export function platformRtc(): RtcImplementation | undefined {
  const { RTCPeerConnection } = globalThis as Partial<RtcImplementation>
  return RTCPeerConnection === undefined ? undefined : { RTCPeerConnection }
}
