/**
 * Who runs a relay, as far as its address tells: the registrable domain of a name, or the address group of a number (IPv4 /16,
 * IPv6 /32). Two relays of one operator fail together, and see together. Without a public-suffix list the domain is a guess:
 * the last two labels, or three where the last two are short, as in `co.uk`.
 */
export function operatorOf(address: string | undefined): string | undefined {
  let host: string
  try {
    host = new URL(address ?? '').hostname.toLowerCase()
  } catch {
    return undefined
  }
  if (host === '') return undefined
  if (host.startsWith('[')) return host.slice(1, -1).split(':').slice(0, 2).join(':')
  const labels = host.split('.')
  if (/^\d+(\.\d+){3}$/.test(host)) return labels.slice(0, 2).join('.')
  const [second = '', last = ''] = labels.slice(-2)
  return labels.slice(last.length === 2 && second.length <= 3 ? -3 : -2).join('.')
}
