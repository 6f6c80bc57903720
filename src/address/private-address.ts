import { hostnameOf } from './web-address.js'

/**
 * IPv4 that is nobody's in the Internet (IANA special-purpose registry, RFC 6890): this network, private (RFC 1918), shared (RFC 6598),
 * loopback, link-local (RFC 3927), protocol assignments, documentation (RFC 5737), the relays of 6to4 (RFC 7526), benchmarks
 * (RFC 2544), multicast, and 240/4 with the broadcast address.
 */
const PRIVATE_IPV4 =
  /^(0|10|127|22[4-9]|2[345]\d|100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])|169\.254|172\.(1[6-9]|2\d|3[01])|192\.(168|0\.[02]|88\.99)|198\.(1[89]|51\.100)|203\.0\.113)\./

/** Names that are looked up inside: RFC 6761, 6762, 8375, ICANN's `.internal`, and those that houses and firms have made up. */
const PRIVATE_NAME = /(^|\.)(local(host|domain)?|lan|home(\.arpa)?|internal|corp|intranet|private)$/

/**
 * Whether an address means something only in a network of its own, or leads into one: special ranges of IPv4; all of IPv6 but global
 * unicast (2000::/3, RFC 4291), and there Teredo and its neighbours (2001::/23) and 6to4 of a special IPv4; names without a dot and
 * those that are looked up inside. The URL parser of the platform has undone decimal, octal, hexadecimal and short IPv4, full-width
 * characters and percent-encoding before anything is compared.
 *
 * @param address a URL; what is none counts as private.
 */
export function isPrivateAddress(address: string): boolean {
  let host = hostnameOf(address)
  if (host === undefined) return true
  // `/\.+$/` would take the square of the dots that stand before something else.
  while (host.endsWith('.')) host = host.slice(0, -1)
  if (host.startsWith('[')) return isPrivateIPv6(groupsOf(host.slice(1, -1)))
  return isIPv4(host) ? PRIVATE_IPV4.test(host) : !host.includes('.') || PRIVATE_NAME.test(host)
}

/** Whether a host, as the URL parser writes it, is an address in numbers. */
export function isIpLiteral(host: string): boolean {
  return host.startsWith('[') || isIPv4(host)
}

function isIPv4(host: string): boolean {
  return /^\d+(\.\d+){3}$/.test(host)
}

function isPrivateIPv6([first = 0, second = 0, third = 0]: number[]): boolean {
  if (first >> 13 !== 1 || (first === 0x2001 && second < 0x200)) return true
  return first === 0x2002 && PRIVATE_IPV4.test(`${second >> 8}.${second & 255}.${third >> 8}.`)
}

/** The first groups of an IPv6 address as the URL parser writes it: all that come before `::`, which stands for zeros. */
function groupsOf(text: string): number[] {
  return text
    .split('::')[0]!
    .split(':')
    .map((group) => Number.parseInt(group || '0', 16))
}
