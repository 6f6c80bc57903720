/**
 * The group of network addresses that somebody is likely to hold together: an IPv4 /16, an IPv6 /32 (what Bitcoin Core's
 * `netgroup` and Heilman et al., "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", 2015, count by).
 *
 * @param address an IPv4 or IPv6 address in numbers, or a URL with one as its host.
 * @returns for example `10.1` or `2001:db8`; undefined for a name, or what is no address.
 * @example
 * addressGroup('203.0.113.7') // '203.0'
 * addressGroup('ws://[2001:db8::1]:8787') // '2001:db8'
 */
export function addressGroup(address: string): string | undefined {
  const host = hostOf(address)
  const v4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/i.exec(host)
  if (v4 !== null) return `${Number(v4[1])}.${Number(v4[2])}`
  if (!/^[0-9a-f:]+$/i.test(host) || !host.includes(':')) return undefined
  // The zeros that '::' stands for may be among the first two groups.
  const [first = '', second = ''] = host.split('::')[0]!.split(':')
  return `${(first || '0').toLowerCase()}:${(second || '0').toLowerCase()}`
}

/**
 * The first groups of an IPv6 address: four are what a customer has at least, three what a site has at most (RFC 6177 §2).
 *
 * @param host in numbers, without brackets; IPv4 at the end stands for two groups.
 * @returns for example `2001:db8:0:1`, without leading zeros.
 */
export function prefixOf(host: string, groups: number): string {
  const [left = '', right] = host.split('%')[0]!.toLowerCase().split('::')
  const head = left.split(':')
  const tail = right?.split(':') ?? []
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length - Number(right.includes('.'))
  return [...head, ...Array(Math.max(0, zeros)).fill('0'), ...tail]
    .slice(0, groups)
    .map((group) => group.replace(/^0+(?=.)/, '') || '0')
    .join(':')
}

/** True for an address of this very machine: 127.0.0.0/8 or ::1. Whoever connects from there may be a proxy for anybody. */
export function isLoopback(address: string): boolean {
  const host = hostOf(address)
  return /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i.test(host) || host === '::1'
}

/** The host of a URL such as `ws://[::1]:8787`, without brackets and port; anything else as it is. */
export function hostOf(address: string): string {
  const host = /^[a-z-]+:\/\/(\[[^\]]*\]|[^/:]*)/i.exec(address)?.[1] ?? address
  return host.startsWith('[') ? host.slice(1, -1) : host
}
