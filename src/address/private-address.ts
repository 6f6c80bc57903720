import { hostnameOf } from './web-address.js'

/**
 * Whether an address means something only in a network of its own: loopback, private and link-local ranges (RFC 1918, RFC 4193,
 * RFC 3927, RFC 4291 §2.5.3 and §2.5.6, RFC 6598), names without a dot, and those under `.local` (RFC 6762) and `.localhost`.
 *
 * @param address a URL; what is none counts as private.
 */
export function isPrivateAddress(address: string): boolean {
  const host = hostnameOf(address)
  if (host === undefined) return true
  if (host.startsWith('[')) return /^\[(::1?\]|f[cd]|fe[89ab]|::ffff:)/.test(host)
  if (!host.includes('.')) return true
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return /\.(local|localhost|internal)\.?$/.test(host)
  const [a = 0, b = 0] = host.split('.').map(Number)
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    a >= 224
  )
}
