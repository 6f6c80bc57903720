import { table } from '../table.js'

/** What `webRtc()` reads beside the limits of the core. */
export const WEBRTC_LIMITS = /* @__PURE__ */ table({
  /** Characters of a session description. One for a data channel has about 600, and as much again for a dozen candidates. */
  maxSdpChars: 16_384,
  /** ICE candidates that one side may bring to one description: a dozen interfaces, each by UDP, TCP, STUN and TURN. */
  maxIceCandidates: 64,
  /** WebRTC sessions being set up for others, in all: each is a peer connection of the browser, which has some hundreds. */
  maxWebRtcSessions: 64,
  /** WebRTC sessions with one peer, set up or open: one is in use, one replaces it, and the same again of a peer that began anew. */
  maxWebRtcSessionsPerPeer: 4,
  /** Signals of one peer in `webRtcSignalWindowMs`: more than four sessions with all candidates that honest peers have. */
  maxWebRtcSignals: 256,
  webRtcSignalWindowMs: 10_000,
  /** Time for a WebRTC session to open: ICE tries hundreds of pairs behind a bad NAT, some seconds. */
  webRtcTimeoutMs: 15_000,
  /** How long a WebRTC path may be interrupted before ICE starts anew: a lost packet or two recovers by itself. */
  webRtcRestartMs: 2_000,
  /** Bytes in a data channel's own buffer above which frames are queued outside: steadier than megabytes, by measurement. */
  webRtcHighWaterBytes: 262_144,
  /** Bytes in a data channel's own buffer at which it is filled again. */
  webRtcLowWaterBytes: 65_536,
} as const)
