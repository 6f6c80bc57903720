import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { P2PCoordinator } from '../coordinator.js'
import { relayProtocols } from '../discovery/relay-protocols.js'
import { P2PError } from '../errors.js'
import type { Identity } from '../identity/identity.js'
import { type Limits, resolveLimits } from '../limits.js'
import type { Logger } from '../logger.js'
import type { PeerInfo } from '../peer/peer-info.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { VERSION } from '../version.js'
import { webSocketServer } from './web-socket-server.js'

/** Versions of the wire protocol that this SDK speaks. */
const PROTOCOL_VERSIONS = [1]
const MAX_LABEL_LENGTH = 64

export interface RelayOptions {
  /** TCP port; 0 takes a free one. Default 8787. */
  port?: number
  /** Interface. Default `0.0.0.0`: all. */
  host?: string
  /** A label for people, at most 64 characters; shown at /info and to peers. Not a peer id. */
  name?: string
  /** Default: a fresh one, so that the relay has another peer id after every start; see `fileIdentity`. */
  identity?: Identity
  /** Connected peers at most. Default 1,000. */
  maxConnections?: number
  limits?: Partial<Limits>
  /** Addresses to tell others, e.g. `['wss://relay.example']` behind a TLS proxy. Default: those that it listens at. */
  announce?: string[]
  /** Other relays to connect to: with them it is a node of one network. */
  bootstrap?: (string | PeerInfo)[]
  logger?: Logger
  /**
   * What must outlast a restart is kept here: pinned names, and what defences remember. Default: memory. See `levelStore`; who made
   * a store closes it after `stop`.
   */
  store?: KeyValueStore
  /** An http or https server to share, instead of `port` and `host` where it listens already. */
  server?: Server
}

export interface Relay {
  /** The first of `addresses`. */
  readonly url: string
  readonly addresses: readonly string[]
  readonly peerId: string
  readonly coordinator: P2PCoordinator
  /** Ends all connections and frees the port; a second call waits for the first. */
  stop(): Promise<void>
}

/**
 * Starts a relay: a peer that listens, keeps DHT records, introduces its peers to each other and forwards their circuits,
 * which it cannot read. Serves `/healthz` and `/info` on the same port.
 *
 * @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED, INVALID_CONFIG.
 * @example
 * const relay = await startRelay({ port: 8787 })
 * console.log(relay.url, relay.peerId)
 */
export async function startRelay(options: RelayOptions = {}): Promise<Relay> {
  const { port = 8787, host = '0.0.0.0', name, maxConnections = 1_000 } = options
  if (name !== undefined && (typeof name !== 'string' || name.length === 0 || name.length > MAX_LABEL_LENGTH)) {
    throw new P2PError('INVALID_CONFIG', `The name of a relay has 1 to ${MAX_LABEL_LENGTH} characters.`)
  }
  const limits = resolveLimits({ ...options.limits, maxConnections })
  const startedMs = performance.now()
  const listener = webSocketServer({
    port,
    host,
    limits,
    // Sockets in their handshake and plain HTTP requests come on top of the peers; a peer by HTTP has two.
    maxSockets: maxConnections + 2 * limits.maxPendingHandshakes + limits.httpMaxSessions,
    onRequest: routes(() => ({
      name: name ?? null,
      version: VERSION,
      peerId: coordinator.peerId,
      protocolVersions: PROTOCOL_VERSIONS,
      peers: coordinator.getConnectedPeers().length,
      maxConnections,
      limits,
      uptimeS: Math.floor((performance.now() - startedMs) / 1_000),
    })),
    ...(options.server && { server: options.server }),
  })
  const coordinator = new P2PCoordinator({
    maxConnections,
    limits,
    listen: [listener],
    dht: { mode: 'server' },
    ...(options.identity && { identity: options.identity }),
    ...(options.bootstrap && { bootstrap: options.bootstrap }),
    ...(options.announce && { announce: options.announce }),
    ...(options.logger && { logger: options.logger }),
    ...(options.store && { store: options.store }),
    ...(name !== undefined && { metadata: { name } }),
  })
  for (const handler of relayProtocols(coordinator.dht)) coordinator.registerProtocol(handler)
  try {
    await coordinator.start()
  } catch (error) {
    await coordinator.shutdown()
    throw error
  }
  const addresses = [...listener.addresses]
  return {
    url: addresses[0]!,
    addresses,
    peerId: coordinator.peerId,
    coordinator,
    stop: () => coordinator.shutdown(),
  }
}

/** Health and facts for operators and wallets; any page may read them. */
function routes(info: () => Record<string, unknown>): RequestListener {
  return (request, response) => {
    const [status, type, body] = answerTo(request, info)
    response.writeHead(status, {
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(body),
      'Access-Control-Allow-Origin': '*',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
}

function answerTo(request: IncomingMessage, info: () => Record<string, unknown>): [status: number, type: string, body: string] {
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, 'text/plain', 'Only GET and HEAD.\n']
  switch (request.url?.split('?')[0]) {
    case '/healthz':
      return [200, 'text/plain', 'ok\n']
    case '/info':
      return [200, 'application/json', `${JSON.stringify(info())}\n`]
    default:
      return [404, 'text/plain', 'This is a lotus-p2p relay. Connect to it with ws:// or wss://, or read /info and /healthz.\n']
  }
}
