import { addressGroup, isLoopback } from './address-group.js'
import { operatorOf } from './operator.js'
import { isPrivateAddress } from './private-address.js'
import { hostnameOf } from './web-address.js'

/** Addresses of documentation and tests (RFC 5737): nobody is reached at one, yet they stand for many different owners. */
const DOCUMENTATION = /^(192\.0\.2|198\.51\.100|203\.0\.113)\./

/**
 * Who is behind an address that we dial: the operator of a name, the group of a number. Undefined where the address means
 * something on this machine or in this house only: there, all may be one's own, and nothing can be told apart.
 *
 * @example
 * originOf('wss://a.relays.example') // 'relays.example'
 * originOf('ws://203.0.113.7:8787') // '203.0'
 * originOf('ws://192.168.1.4:8787') // undefined
 */
export function originOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  return isPrivateAddress(address) && !DOCUMENTATION.test(hostnameOf(address) ?? '') ? undefined : operatorOf(address)
}

/**
 * Where somebody has come from: the group of the address; of a circuit the relay; else the transport, for all who share it look
 * alike. So do those that come from this very machine, which may be a proxy.
 */
export function groupOf({ remoteAddress, transport }: { remoteAddress: string; transport: string }): string {
  if (transport === 'circuit') return remoteAddress.split('/')[0]!
  return (isLoopback(remoteAddress) ? undefined : addressGroup(remoteAddress)) ?? transport
}
