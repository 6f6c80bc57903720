import { addressGroup } from './address-group.js'
import { hostnameOf } from './web-address.js'

/**
 * Who runs a relay, as far as its address tells: the registrable domain of a name, or the address group of a number (IPv4 /16,
 * IPv6 /32). Two relays of one operator fail together, and see together. Without a public-suffix list the domain is a guess:
 * the last two labels, or three where the last two are short, as in `co.uk`. So all customers of a host that gives names away
 * (`*.fly.dev`, `*.duckdns.org`) count as one operator, unlike in that list: who can have a thousand names for nothing is not
 * a thousand operators.
 */
export function operatorOf(address: string | undefined): string | undefined {
  const host = hostnameOf(address ?? '')?.replace(/\.$/, '')
  if (!host) return undefined
  const group = addressGroup(host.replace(/^\[|\]$/g, ''))
  if (group !== undefined) return group
  const labels = host.split('.')
  const [second = '', last = ''] = labels.slice(-2)
  return labels.slice(last.length === 2 && second.length <= 3 ? -3 : -2).join('.')
}
