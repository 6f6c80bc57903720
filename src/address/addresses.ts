import { invalidAddress, type WebScheme } from './web-address.js'

/** The longest peer id or name in an address, characters. */
const MAX_ID_LENGTH = 128

/** @returns the scheme of an address in small letters, such as `wss` or `circuit`; '' for what has none, such as a peer id. */
export function schemeOf(address: string): string {
  return (/^([a-z][a-z\d+.-]*):/i.exec(address)?.[1] ?? '').toLowerCase()
}

/**
 * Whether a text is an address and not a peer id: a URL such as `wss://relay.example`, or one of `circuit:`, `tab:`, `webrtc:`. A
 * transport of one's own may use other schemes: ask `TransportRegistry.canDial` too.
 */
export function isAddress(text: string): boolean {
  return text.includes('://') || /^(circuit|tab|webrtc):/.test(text)
}

/** Whether an address is a URL of WebSocket (`ws`) or of HTTP (`http`), with TLS or without. */
export function isWebAddress(address: string, scheme: WebScheme): boolean {
  return new RegExp(`^${scheme}s?:`, 'i').test(address)
}

/** The HTTP address of a host whose WebSocket address is known, or the other way round: a relay serves both at one place. */
export function asWebAddress(address: string, scheme: WebScheme): string {
  return address.replace(/^(ws|http)(?=s?:)/i, scheme)
}

/** `circuit:<relay>/<peer>`: a peer that is reached through a relay. The relay is named by its peer id. */
export function circuitAddress(relay: string, peerId: string): string {
  return `circuit:${relay}/${peerId}`
}

/** @throws P2PError INVALID_ADDRESS. */
export function parseCircuit(address: string): { relay: string; peerId: string } {
  const [, relay, peerId] = /^circuit:([^/]+)\/([^/]+)$/.exec(address) ?? []
  if (relay === undefined || peerId === undefined) {
    throw invalidAddress(address, 'it must be circuit:<relay>/<peer>')
  }
  return { relay, peerId }
}

/** `webrtc:<peer id>`: a peer that is connected by another path, over a data channel. */
export function webRtcAddress(peerId: string): string {
  return `webrtc:${peerId}`
}

/** @returns the peer id. @throws P2PError INVALID_ADDRESS. */
export function parseWebRtc(address: string): string {
  const peerId = address.slice('webrtc:'.length)
  if (address.startsWith('webrtc:') && peerId !== '' && peerId.length <= MAX_ID_LENGTH) return peerId
  throw invalidAddress(address, 'it must be webrtc:<peer id>')
}

/** `tab:<name>/<id>`: a tab of the same browser, on the `BroadcastChannel` of that name. */
export function tabAddress(name: string, id: string): string {
  return `tab:${encodeURIComponent(name)}/${id}`
}

/** `memory://<host>`, or `ws://<host>` where an in-memory network looks like WebSocket. */
export function memoryAddress(host: string, scheme: 'memory' | 'ws' = 'memory'): string {
  return `${scheme}://${host}`
}
