import { isIpLiteral, isPrivateAddress } from './private-address.js'
import { blockedPorts, publicLookup } from './public-lookup.node.js'
import { invalidAddress, parsedUrl } from './web-address.js'

declare const brand: unique symbol

/** An address that others have told and that the dial policy has passed. Only `learnt` and `needLearnt` make one. */
export type LearntAddress = string & { readonly [brand]: 'learnt' }

/**
 * An address that the application has named itself: the dial policy does not concern it. Whatever dials takes a plain text for one that
 * others have told, so a place that forgets to ask has asked.
 */
export class NamedAddress {
  constructor(readonly text: string) {}
}

/** What decides beside the address itself. */
export interface DialRules {
  /** Whether addresses that others tell may lead into private networks; see `P2PConfig.allowPrivate`. */
  readonly allowPrivate?: boolean | undefined
}

/** Scheme, host and port, with nothing before, between or behind: no user, path, query or fragment, and nothing that a parser drops. */
const BARE = /^(ws|http)s?:\/\/[^/\\?#@\s]{1,256}\/?$/i
/**
 * The dial policy. An address that others tell is taken where it names a WebSocket or HTTP server that is reached from everywhere: port
 * 80, 443, or 1,024 and more; no path; a host outside of all private networks. Node takes any public host, and its transports check
 * what a name resolves to when they connect. A browser cannot resolve: it takes only TLS with a name, for which a server inside has
 * no certificate.
 *
 * @param canPin whether transports check what names resolve to. Default: as this platform does.
 * @returns the address as scheme, host and port alone; undefined where it is not to be dialled, stored or told on.
 * @example
 * learnt('wss://relay.example:8443/', {}) // 'wss://relay.example:8443'
 * learnt('ws://127.0.0.1:8080/admin', {}) // undefined
 */
export function learnt(address: string, rules: DialRules, canPin = publicLookup !== undefined): LearntAddress | undefined {
  const url = BARE.test(address) ? parsedUrl(address) : undefined
  if (url === undefined) return undefined
  const { protocol, host, hostname, port } = url
  if (port !== '' && port !== '80' && port !== '443' && (Number(port) < 1024 || blockedPorts?.test(port))) return undefined
  if (!rules.allowPrivate) {
    if (isPrivateAddress(address)) return undefined
    if (!canPin && (!/[ps]s:$/.test(protocol) || isIpLiteral(hostname))) return undefined
  }
  return `${protocol}//${host}` as LearntAddress
}

/** The addresses of a list that the dial policy takes. */
export function allLearnt(addresses: readonly string[], rules: DialRules): LearntAddress[] {
  return addresses.flatMap((address) => learnt(address, rules) ?? [])
}

/**
 * What is dialled where others have told of an address: a circuit or another path between peers as it is, for it names nothing but
 * peer ids; an address of the web as far as the dial policy takes it.
 *
 * @param expected the peer that must answer there.
 * @throws P2PError INVALID_ADDRESS.
 */
export function needLearnt(address: string, expected: string | undefined, rules: DialRules): string {
  if (!isWeb(address)) return address
  const taken = learnt(address, rules)
  if (taken === undefined || expected === undefined) {
    throw invalidAddress(address, 'others have told it, without an id, with a path or inside a private network; see allowPrivate')
  }
  return taken
}

/** Whether an address leads to a host of a network, and so concerns the dial policy. */
export function isWeb(address: string): boolean {
  return /^(ws|http)s?:/i.test(address)
}
