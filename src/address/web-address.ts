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

/**
 * Checks the form of what an application names as a place: an address, a peer id, or the name that a peer has chosen. Names have no `/`.
 *
 * @param isName whether it is no address of a transport of the application's own, which may have any scheme.
 * @throws P2PError INVALID_ADDRESS.
 */
export function checkNamed(text: string, isName = false): void {
  const [, scheme] = /^(ws|http)s?:/i.exec(text) ?? []
  if (text.includes('://')) {
    if (scheme !== undefined) webUrl(text, scheme.toLowerCase() as WebScheme)
    return
  }
  // A name may hold a colon, yet none that a port or a path follows.
  const isAddress = !isName && scheme === undefined && /^[a-z][a-z\d+.-]*:/i.test(text)
  if (/^[^:/]+:\d+$/.test(text) || (text.includes('/') && !isAddress)) {
    throw new P2PError('INVALID_ADDRESS', `"${text}" has no scheme. Write "wss://${text}".`, { details: { address: text } })
  }
}

function webUrl(address: string, scheme: WebScheme): URL {
  const url = parsedUrl(address)
  if (url === undefined) throw invalidAddress(address, 'it is not a URL')
  if (url.protocol !== `${scheme}:` && url.protocol !== `${scheme}s:`) {
    throw invalidAddress(address, `it must begin with ${scheme}:// or ${scheme}s://`)
  }
  if (url.hash !== '') throw invalidAddress(address, 'it must not have a #fragment')
  if (url.username !== '' || url.password !== '') throw invalidAddress(address, 'it must not hold a password')
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
