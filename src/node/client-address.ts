import { BlockList, isIP, isIPv6 } from 'node:net'
import { prefixOf } from '../address/address-group.js'
import { P2PError } from '../base/errors.js'

/** More proxies in a row than anybody runs; a longer header was made up. */
const MAX_FORWARDED = 32

const NAMED: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'],
}

/**
 * Whom to believe when they say on whose behalf they connect: addresses, networks in CIDR form, `'loopback'`, `'private'`;
 * `true` stands for both of these.
 */
export class TrustedProxies {
  private readonly list = new BlockList()
  /** False where nobody is trusted. */
  readonly any: boolean

  /** @throws P2PError INVALID_CONFIG. */
  constructor(trust: boolean | readonly string[] = false) {
    const entries = trust === true ? ['loopback', 'private'] : trust === false ? [] : trust
    this.any = entries.length > 0
    for (const entry of entries.flatMap((name) => NAMED[name] ?? [name])) {
      const [network = '', bits, ...rest] = String(entry).split('/')
      const version = isIP(network)
      const width = bits === undefined ? undefined : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
      if (version === 0 || rest.length > 0 || (width !== undefined && !(width <= (version === 4 ? 32 : 128)))) {
        throw new P2PError(
          'INVALID_CONFIG',
          `trustProxy: "${entry}" is no address and no network. Write 10.0.0.0/8, 2001:db8::/32, loopback or private.`,
        )
      }
      const family = version === 4 ? 'ipv4' : 'ipv6'
      if (width === undefined) this.list.addAddress(network, family)
      else this.list.addSubnet(network, width, family)
    }
  }

  includes(host: string): boolean {
    return this.any && isIP(host) !== 0 && this.list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
  }

  /**
   * Who is at the other end: the right-most address of `X-Forwarded-For` that is no trusted proxy, where a trusted proxy brings it.
   * What stands left of it was written by whoever is at that address, so nobody chooses his own.
   *
   * @param socketHost the address of the socket's other end.
   * @param header the value of `X-Forwarded-For`; several headers joined by commas.
   * @returns an address without port. The socket's own where its owner is not trusted, or the header is missing or malformed.
   */
  clientOf(socketHost: string | undefined, header: string | string[] | undefined): string {
    const host = plainAddress(socketHost ?? '') ?? 'unknown'
    if (!this.includes(host) || header === undefined) return host
    const entries = String(header).split(',', MAX_FORWARDED + 1)
    if (entries.length > MAX_FORWARDED) return host
    let client = host
    for (const entry of entries.reverse()) {
      const address = plainAddress(entry.trim())
      if (address === undefined) return host
      client = address
      if (!this.includes(address)) break
    }
    return client
  }
}

/** An address as a number, without port, brackets and zone; IPv4 in IPv6 as IPv4. Undefined for anything else. */
function plainAddress(text: string): string | undefined {
  const inBrackets = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)
  const bare = inBrackets?.[1] ?? (/^[\d.]+:\d{1,5}$/.test(text) ? text.slice(0, text.indexOf(':')) : text)
  const address = bare.split('%')[0]!.toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (mapped !== undefined) return isIP(mapped) === 4 ? mapped : undefined
  return isIP(address) === 0 ? undefined : address
}

/**
 * What one customer of a network has: an IPv4 address, an IPv6 /64 (RFC 6177 §2: a site gets that or more, so its single
 * addresses cost nothing).
 *
 * @returns for example `203.0.113.7` or `2001:db8:0:1`; what is no address as it is.
 */
export function addressKey(host: string): string {
  return isIPv6(host) ? prefixOf(host, 4) : host
}
