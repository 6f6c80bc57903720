import { P2PError } from '../base/errors.js'

/** Says which pages may connect. */
export interface OriginPolicy {
  /** Whether a request with this `Origin` header may come in; undefined where it has none, as programs other than browsers. */
  allows(origin: string | undefined): boolean
  /** Any page may: answers can say so to all alike. */
  readonly isOpen: boolean
}

/**
 * An allow-list of web origins (RFC 6454). A browser tells truthfully which page connects; other programs say what they like, so
 * this keeps foreign pages away, not attackers.
 *
 * @param origins exact ones, such as `https://wallet.example`; `*.wallet.example` for https pages of all hosts below; `null` for
 * pages without an origin. Default: any.
 * @param required refuse requests that name no origin too.
 * @throws P2PError INVALID_CONFIG.
 */
export function originPolicy(origins: readonly string[] | undefined, required = false): OriginPolicy {
  if (origins === undefined) return { allows: (origin) => origin !== undefined || !required, isOpen: true }
  const exact = new Set<string>()
  const below: string[] = []
  for (const entry of origins) {
    const host = /^\*(\.[a-z0-9-]+(?:\.[a-z0-9-]+)*)$/i.exec(entry)?.[1]
    if (host !== undefined) below.push(host.toLowerCase())
    else if (entry === 'null' || isOrigin(entry)) exact.add(entry.toLowerCase())
    else {
      throw new P2PError(
        'INVALID_CONFIG',
        `"${entry}" is no origin. Write https://wallet.example without a path, or *.wallet.example.`,
      )
    }
  }
  return {
    allows: (origin) => {
      if (origin === undefined) return !required
      const lower = origin.toLowerCase()
      if (exact.has(lower)) return true
      // Over plain http anybody on the way could be that page.
      const host = /^https:\/\/([^/:@]+)(?::\d{1,5})?$/.exec(lower)?.[1]
      return host !== undefined && below.some((suffix) => host.endsWith(suffix) && host.length > suffix.length)
    },
    isOpen: false,
  }
}

/** A scheme, a host and perhaps a port, as browsers write it; extensions have schemes of their own. */
function isOrigin(text: string): boolean {
  try {
    const { pathname, search, hash, username, host } = new URL(text)
    return host !== '' && (pathname === '' || pathname === '/') && !text.endsWith('/') && `${search}${hash}${username}` === ''
  } catch {
    return false
  }
}
