import { P2PError } from '../base/errors.js'

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
export function isWebAddress(address: string, scheme: 'ws' | 'http'): boolean {
  return new RegExp(`^${scheme}s?:`, 'i').test(address)
}

/** The HTTP address of a host whose WebSocket address is known, or the other way round: a relay serves both at one place. */
export function asWebAddress(address: string, scheme: 'ws' | 'http'): string {
  return address.replace(/^(ws|http)(?=s?:)/i, scheme)
}

/**
 * The URL of a WebSocket or HTTP address.
 *
 * @throws P2PError INVALID_ADDRESS for what is no such URL, has a #fragment or a password; INSECURE_ADDRESS where a page loaded over
 * https may not reach it, which is anything without TLS but this machine.
 */
export function webUrl(address: string, scheme: 'ws' | 'http'): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch (error) {
    throw invalidAddress(address, 'it is not a URL', error)
  }
  if (!isWebAddress(url.protocol, scheme)) throw invalidAddress(address, `it must begin with ${scheme}:// or ${scheme}s://`)
  if (url.hash !== '') throw invalidAddress(address, 'it must not have a #fragment')
  if (url.username !== '' || url.password !== '') throw invalidAddress(address, 'it must not hold a password')
  const page = (globalThis as { location?: { protocol?: string } }).location
  const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (page?.protocol === 'https:' && url.protocol === `${scheme}:` && !loopback) {
    const message = `A page loaded over https cannot reach ${address}. Use ${scheme}s://, or serve the relay behind TLS.`
    throw new P2PError('INSECURE_ADDRESS', message, { details: { address } })
  }
  return url
}

/** `circuit:<relay>/<peer>`: a peer that is reached through a relay. The relay is named by its peer id. */
export function circuitAddress(relay: string, peerId: string): string {
  return `circuit:${relay}/${peerId}`
}

/** @throws P2PError INVALID_ADDRESS. */
export function parseCircuit(address: string): { relay: string; peerId: string } {
  const [, relay, peerId] = /^circuit:([^/]+)\/([^/]+)$/.exec(address) ?? []
  if (relay === undefined || peerId === undefined) {
    throw invalidAddress(address, 'a circuit address is circuit:<relay>/<peer>, both peer ids')
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
  throw invalidAddress(address, 'a WebRTC address is webrtc:<peer id>')
}

/** `tab:<name>/<id>`: a tab of the same browser, on the `BroadcastChannel` of that name. */
export function tabAddress(name: string, id: string): string {
  return `tab:${encodeURIComponent(name)}/${id}`
}

/** `memory://<host>`, or `ws://<host>` where an in-memory network looks like WebSocket. */
export function memoryAddress(host: string, scheme: 'memory' | 'ws' = 'memory'): string {
  return `${scheme}://${host}`
}

/** The error for an address that cannot be dialled; `why` continues "is not an address that can be dialled:". */
export function invalidAddress(address: string, why: string, cause?: unknown): P2PError {
  const message = `"${address.slice(0, 200)}" is not an address that can be dialled: ${why}.`
  return new P2PError('INVALID_ADDRESS', message, { details: { address: address.slice(0, 200) }, cause })
}
