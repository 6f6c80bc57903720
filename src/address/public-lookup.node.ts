import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPrivateAddress } from './private-address.js'
import { parsedUrl } from './web-address.js'

/**
 * Ports of 1,024 and more at which browsers connect to nothing (Fetch §2.9, "bad port"): protocols that a request could be mistaken for.
 * Undefined in browsers, which refuse them by themselves.
 */
export const blockedPorts: RegExp | undefined = /^(1719|172[03]|2049|3659|4045|4190|506[01]|6000|6566|666[5-9]|6679|6697|10080)$/

/**
 * Resolves a name as `dns.lookup` does and gives only addresses that are reached from everywhere. A socket that is given this hook
 * connects to what was checked here: nothing is resolved again between the check and the connect (DNS rebinding). The hook of Node;
 * undefined in browsers, which resolve by themselves.
 */
export const publicLookup: LookupFunction | undefined = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, answers) => {
    const good = error === null ? answers.filter(({ address }) => isPublicAnswer(address)) : []
    const [first] = good
    if (first === undefined) {
      const why = `${hostname} leads into a private network`
      callback(error ?? Object.assign(new Error(why), { code: 'ENOTFOUND' }), '', 0)
    } else if (options.all) callback(null, good)
    else callback(null, first.address, first.family)
  })
}

/** Whether an answer leads out of private networks. A resolver of an IPv6-only network gives public IPv4 hosts as 64:ff9b::/96 (RFC 6147). */
function isPublicAnswer(ip: string): boolean {
  const url = `ws://${ip.includes(':') ? `[${ip}]` : ip}`
  const [, high, low] = /^\[64:ff9b::(\w+):(\w+)\]$/.exec(parsedUrl(url)?.hostname ?? '') ?? []
  if (high === undefined || low === undefined) return !isPrivateAddress(url)
  return !isPrivateAddress(`ws://${Number(`0x${high}${low.padStart(4, '0')}`)}`)
}
