import { P2PError } from '../base/errors.js'

/** The schemes of a transport of the web: `ws` stands for ws:// and wss://, `http` for http:// and https://. */
export type WebScheme = 'ws' | 'http'

/**
 * Reads an address that can be dialled.
 *
 * @throws P2PError INVALID_ADDRESS where it is no URL of this scheme, or holds a password or a fragment; INSECURE_ADDRESS where the
 *   page was loaded over https and may not dial without TLS, except on this machine (W3C Mixed Content §4.4).
 * @example
 * parseWebAddress('wss://relay.example/p2p', 'ws').host // 'relay.example'
 */
export function parseWebAddress(address: string, scheme: WebScheme): URL {
  const url = webUrl(address, scheme)
  const page = (globalThis as { location?: { protocol?: string } }).location
  const isHere = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (page?.protocol === 'https:' && url.protocol === `${scheme}:` && !isHere) {
    const message = `A page loaded over https cannot reach ${address}. Use ${scheme}s://.`
    throw new P2PError('INSECURE_ADDRESS', message, { details: { address } })
  }
  return url
}

/** What is no name, for it has a slash or ends with a port, and no address either. */
const UNFINISHED = /^[^:/]+:\d+(\/|$)|^[^:]*\/|^(ws|http)s?:(?!\/\/.)/i

/**
 * Checks the form of what an application names as a place: an address, a peer id, or the name that a peer has chosen. Names have no `/`.
 *
 * @throws P2PError INVALID_ADDRESS for what has the form of no address, and is no peer id or name.
 */
export function checkForm(text: string): void {
  if (UNFINISHED.test(text)) throw invalidAddress(text, 'it has no scheme; write wss:// or ws:// before the host')
  if (text.includes('://')) urlOf(text)
}

function webUrl(address: string, scheme: WebScheme): URL {
  const url = urlOf(address)
  if (url.protocol !== `${scheme}:` && url.protocol !== `${scheme}s:`) {
    throw invalidAddress(address, `it must begin with ${scheme}:// or ${scheme}s://`)
  }
  if (url.hash !== '') throw invalidAddress(address, 'it must not have a #fragment')
  if (url.username !== '' || url.password !== '') throw invalidAddress(address, 'it must not hold a password')
  return url
}

function urlOf(address: string): URL {
  const url = parsedUrl(address)
  if (url === undefined) throw invalidAddress(address, 'it is not a URL')
  return url
}

/** For an address that no transport can dial. */
export function invalidAddress(address: string, why: string): P2PError {
  const message = `"${address.slice(0, 200)}" cannot be dialled: ${why}.`
  return new P2PError('INVALID_ADDRESS', message, { details: { address } })
}

/**
 * The URL that a text is; undefined where it is none. `URL.canParse` is not asked: that of Node 20, once it is compiled, refuses hosts with
 * letters beyond ASCII.
 */
export function parsedUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** The host of a URL in lower case, without its port, an IPv6 address in brackets; undefined where it is no URL. */
export function hostnameOf(address: string): string | undefined {
  return parsedUrl(address)?.hostname.toLowerCase()
}
