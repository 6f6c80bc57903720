import { isPrivateAddress } from '../../address/private-address.js'
import { hostnameOf } from '../../address/web-address.js'
import { codeOf, type P2PErrorCode } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { int, malformed, object, oneOf, optional, parsed, type Shaped, text, union } from '../../message/shape.js'

/** The protocol of the signals; a peer that lists it takes offers. */
export const WEBRTC_PROTOCOL = 'lotus/webrtc'

/** Characters of one candidate line. An honest one has about 150; a host name in it at most 255. */
/** What is read here, for errors. */
export const SIGNAL = 'A WebRTC signal'
const MAX_CANDIDATE_CHARS = 1_024

const session = /* @__PURE__ */ (() => text(16, 64))()

const descriptionShape = /* @__PURE__ */ (() => object({ session, type: oneOf('offer', 'answer'), sdp: text(1) }))()
const candidateShape = /* @__PURE__ */ (() =>
  object({
    session,
    candidate: text(0, MAX_CANDIDATE_CHARS),
    sdpMid: optional(union(text(0, 64), oneOf(null))),
    sdpMLineIndex: optional(union(int(0, 65_535), oneOf(null))),
  }))()
const endShape = /* @__PURE__ */ (() => object({ session, code: optional(text(0, 64)) }))()

/** `description`: an offer begins a session or renegotiates it, an answer completes either. */
export type DescriptionSignal = Shaped<typeof descriptionShape>
/** `candidate`: one way to reach the sender (trickle ICE, RFC 8838); empty where there will be no more. */
export type CandidateSignal = Shaped<typeof candidateShape>

/** @throws P2PError MALFORMED_DATA. */
export function parseDescription(payload: unknown, limits: Limits): DescriptionSignal {
  const signal = parsed(descriptionShape, payload, SIGNAL)
  if (signal.sdp.length > limits.maxSdpChars) throw malformed(SIGNAL)
  return signal
}

/** @throws P2PError MALFORMED_DATA. */
export function parseCandidate(payload: unknown): CandidateSignal {
  return parsed(candidateShape, payload, SIGNAL)
}

/** `end`: the session is over before it opened; the code says why. @throws P2PError MALFORMED_DATA. */
export function parseEnd(payload: unknown): { session: string; code: P2PErrorCode } {
  const signal = parsed(endShape, payload, SIGNAL)
  return { session: signal.session, code: codeOf(signal.code, 'PEER_UNREACHABLE') }
}

/**
 * Whether a description asks for one data channel association and nothing else. Media sections would make a browser
 * allocate receivers for us to ignore, and a candidate with a host name would make it ask a name server of the sender's choice.
 */
export function isDataOnly(sdp: string): boolean {
  const lines = sdp.split(/\r\n|\r|\n/)
  const media = lines.filter((line) => line.startsWith('m='))
  if (lines[0] !== 'v=0' || media.length !== 1 || !media[0]!.startsWith('m=application ')) return false
  return lines.every((line) => !line.startsWith('a=candidate:') || isContained(line.slice(2)))
}

/**
 * Whether ICE may try a candidate. It names an IP address, or by UDP an mDNS name as browsers use to hide one (RFC 8839 §5.1 allows any
 * host name). A check by UDP is a fixed STUN request, which wallets of one house need at private addresses; this machine, link-local
 * and multicast addresses nobody needs. By TCP ICE opens connections, so only at addresses that are reached from everywhere.
 */
export function isContained(candidate: string): boolean {
  if (candidate === '') return true
  const [, , transport = '', , address = ''] = candidate.trim().split(/\s+/)
  const isUdp = /^udp$/i.test(transport)
  if (/^[\w-]+\.local$/i.test(address)) return isUdp
  const isIPv6 = /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(address)
  if (!isIPv6 && !/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return false
  const url = `ws://${isIPv6 ? `[${address}]` : address}`
  if (!isPrivateAddress(url)) return true
  return isUdp && /^\[f([cd]|e[89ab])|^(?!(0|127|169\.254|22[4-9]|2[345]\d)\.)\d/.test(hostnameOf(url) ?? '')
}
