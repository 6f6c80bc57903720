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
  let url: URL
  try {
    url = new URL(address)
  } catch (error) {
    throw invalidAddress(address, 'it is not a URL', error)
  }
  if (url.protocol !== `${scheme}:` && url.protocol !== `${scheme}s:`) {
    throw invalidAddress(address, `it must begin with ${scheme}:// or ${scheme}s://`)
  }
  if (url.hash !== '') throw invalidAddress(address, 'it must not have a #fragment')
  if (url.username !== '' || url.password !== '') throw invalidAddress(address, 'it must not hold a password')
  const page = (globalThis as { location?: { protocol?: string } }).location
  const isHere = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (page?.protocol === 'https:' && url.protocol === `${scheme}:` && !isHere) {
    const message = `A page loaded over https cannot reach ${address}. Use ${scheme}s://.`
    throw new P2PError('INSECURE_ADDRESS', message, { details: { address } })
  }
  return url
}

/** For an address that no transport can dial. */
export function invalidAddress(address: string, why: string, cause?: unknown): P2PError {
  const message = `"${address.slice(0, 200)}" cannot be dialled: ${why}.`
  return new P2PError('INVALID_ADDRESS', message, { details: { address }, cause })
}

/** The host of a URL in lower case, without its port, an IPv6 address in brackets; undefined where it is no URL. */
export function hostnameOf(address: string): string | undefined {
  try {
    return new URL(address).hostname.toLowerCase()
  } catch {
    return undefined
  }
}
