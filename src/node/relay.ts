import type { BackplaneStats, RelayBackplane } from '../backplane/backplane.js'
import { systemClock } from '../base/clock.js'
import { fenced } from '../base/fenced.js'
import { DEFAULT_LIMITS } from '../base/limits.js'
import { VERSION } from '../base/version.js'
import { PROTOCOL_VERSIONS } from '../channel/hello.js'
import { P2PCoordinator } from '../coordinator.js'
import type { MailServerStats } from '../mail/server/mail-server.js'
import type { PeerLoad } from '../peer/connection/peer-connection.js'
import type { RelayStats } from '../plugins/circuit/server/circuit-relay.js'
import { relayServices } from '../plugins/circuit/server/relay-services.js'
import { dhtNode } from '../plugins/dht/node/plugin.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { oneWalker } from './backplane/one-walker.js'
import { Presence, type PresenceStats } from './backplane/presence.js'
import { SharedBans } from './backplane/shared-bans.js'
import { sharedBlame } from './backplane/shared-blame.js'
import { SharedCaps } from './backplane/shared-caps.js'
import { sharedRecords } from './backplane/shared-records.js'
import { sharedTopics } from './backplane/shared-topics.js'
import { Drain, type DrainOptions } from './drain.js'
import { HttpForward } from './http-forward.js'
import { MemoryCeiling } from './memory-ceiling.js'
import { type Metrics, relayMetrics } from './metrics.js'
import { Newcomers } from './newcomers.js'
import type { OnionRelayStats } from './onion-relay.js'
import { refusing } from './refusing-listener.js'
import { type RelayOptions, relayPlan } from './relay-options.js'
import { type Health, relayRoutes } from './relay-routes.js'
import { endSilent } from './silent-readers.js'
import { type WebSocketServerStats, webSocketServer } from './web-socket-server.js'

export interface Relay {
  /** The first of `addresses`. */
  readonly url: string
  readonly addresses: readonly string[]
  readonly peerId: string
  /** The network that it serves. */
  readonly network: string
  /** Bits of proof of work that it demands. */
  readonly powDifficulty: number
  readonly coordinator: P2PCoordinator
  /** What it does beside what `coordinator.getStats()` tells. */
  getStats(): RelayServerStats
  /**
   * Sends all peers away, so that nothing is lost that `sendTo` accepted: `/healthz` is 503 at once; after `noticeS` no newcomers are taken,
   * and the peers are told in batches to come back elsewhere, at the latest after `spreadS`. Resolves when they are gone; then `stop` it. A second
   * call waits for the first.
   *
   * @throws P2PError INVALID_CONFIG for times that are none.
   * @example
   * process.once('SIGTERM', async () => {
   *   await relay.drain()
   *   await relay.stop()
   * })
   */
  drain(options?: DrainOptions): Promise<void>
  /** Ends all connections and frees the port; a second call waits for the first. */
  stop(): Promise<void>
}

export interface RelayServerStats {
  listener: WebSocketServerStats
  circuits: RelayStats
  /** Where it keeps mail. */
  mail?: MailServerStats
  /** Where it is one of several processes. */
  backplane?: BackplaneStats &
    PresenceStats & {
      /** Whether it is the one that dials other relays. */
      walker: boolean
    }
  /** Whether it sends its peers away. */
  draining: boolean
  /** Where it is a hop of the onion. */
  onion?: OnionRelayStats
  /** Peers ended because they did not read, or acknowledged nothing. */
  slowReaders: number
  memory: {
    usedBytes: number
    maxBytes: number
    /** 0: as ever. 1: newcomers are refused. 2: peers are being ended. */
    state: 0 | 1 | 2
    /** Newcomers refused, and peers ended, for want of memory. */
    refused: number
    ended: number
  }
}

/**
 * Starts a relay: a peer that listens, keeps DHT records, introduces its peers to each other and forwards their circuits,
 * which it cannot read. Serves `/healthz` and `/info` on the same port. The logger is told of options that are unknown.
 *
 * @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED, INVALID_CONFIG.
 * @example
 * const relay = await startRelay({ port: 8787 })
 * console.log(relay.url, relay.peerId)
 */
export async function startRelay(given?: RelayOptions): Promise<Relay> {
  const options = given ?? {}
  const { backplane, metrics: access = false } = options
  const { port, host, network, name, maxConnections, limits, logger, powDifficulty, maxMemoryBytes, mail, maxMailBytes, onion } =
    relayPlan(options)
  const startedMs = performance.now()
  let metrics: Metrics | undefined
  const others = backplane && new HttpForward(backplane)
  let draining: Drain | undefined
  /** Of the connected peers. A list of all that is known of them would cost a question at /info a tenth of a second where they are thousands. */
  const transports = new Map<string, string>()
  /** A relay that is short of memory takes no newcomers, and comes out of it by itself. */
  const health = (): Health => (draining !== undefined ? 'draining' : memory.state > 0 ? 'degraded' : 'ok')
  const drain = async (how?: DrainOptions) => {
    draining ??= new Drain(
      {
        clock: systemClock,
        peers: () =>
          [...transports].map(([peerId, transport]) => ({
            peerId,
            isByRequests: transport === 'http',
            hasCircuits: circuits.hasCircuits(peerId),
          })),
        leave: (peerId, reason) => coordinator.disconnectFromPeer(peerId, reason),
        stopListening: () => listener.stopListening(),
      },
      how,
    )
    backplane?.announce()
    await draining.run()
  }
  const listener = webSocketServer({
    ...options,
    others,
    port,
    host,
    // Those of mail and of the onion are none of a listener's.
    limits: Object.fromEntries(Object.entries(limits).filter(([limit]) => Object.hasOwn(DEFAULT_LIMITS, limit))),
    // Sockets in their handshake and plain HTTP requests come on top of the peers; a peer by HTTP has two.
    maxSockets: maxConnections + 2 * limits.maxPendingHandshakes + limits.httpMaxSessions,
    onRequest: relayRoutes({
      access,
      health,
      drain: () => {
        fenced(
          () => (options.onDrain ?? drain)(),
          () => logger.warn('onDrain of the relay failed'),
        )
      },
      metrics: () => metrics?.text(),
      info: () => ({
        name: name ?? null,
        network,
        version: VERSION,
        peerId: coordinator.peerId,
        protocolVersions: PROTOCOL_VERSIONS,
        peers: transports.size,
        maxConnections,
        powDifficulty,
        limits,
        draining: draining !== undefined,
        degraded: health() === 'degraded',
        uptimeS: Math.floor((performance.now() - startedMs) / 1_000),
      }),
    }),
  })
  const circuits = relayServices({ backplane })
  const walker = backplane && oneWalker(backplane)
  const blame = backplane && sharedBlame(backplane)
  const coordinator: P2PCoordinator = new P2PCoordinator({
    network,
    maxConnections,
    powDifficulty,
    limits,
    listen: [refusing(listener, () => memory.refusal() ?? newcomers.refusal())],
    plugins: [
      dhtNode({ mode: 'server', backplane }),
      circuits,
      ...(mail === undefined ? [] : [mail]),
      ...(onion === undefined ? [] : [onion]),
      ...(backplane === undefined ? [] : [sharedRecords(backplane), sharedTopics(backplane), walker!, blame!]),
    ],
    ...(options.identity && { identity: options.identity }),
    ...(options.bootstrap && { bootstrap: options.bootstrap }),
    ...(options.allowPrivate !== undefined && { allowPrivate: options.allowPrivate }),
    ...(options.announce && { announce: options.announce }),
    ...(options.logger && { logger: options.logger }),
    ...(options.store && { store: options.store }),
    ...(name !== undefined && { metadata: { name } }),
  })
  const presence = backplane && presenceOf(coordinator, backplane)
  const newcomers = new Newcomers(limits)
  const arrived = ({ peerId, connection }: PeerInfo) => void transports.set(peerId, connection?.transport ?? '')
  coordinator.on('connected', (peer) => {
    newcomers.joined()
    arrived(peer)
  })
  coordinator.on('path-changed', arrived)
  coordinator.on('disconnected', ({ peerId }) => void transports.delete(peerId))
  const memory = new MemoryCeiling({
    maxBytes: maxMemoryBytes,
    trim: () => coordinator.trim(),
    loads: () =>
      coordinator.getConnectedPeers().map(({ peerId, connection }) => ({
        peerId,
        bufferedBytes: bufferedBytes(coordinator.getPeerLoad(peerId)),
        since: connection?.since ?? 0,
        hasReservation: circuits.hasReservation(peerId),
      })),
    end: (peerId, error) => void coordinator.disconnectFromPeer(peerId, error).catch(() => {}),
  })
  const silent = endSilent(coordinator, limits)
  const getStats = (): RelayServerStats => ({
    listener: listener.getStats(),
    circuits: circuits.getStats(),
    ...(mail && { mail: mail.getStats()! }),
    ...(backplane && { backplane: { ...backplane.getStats(), ...presence!.getStats(), walker: walker!.leads } }),
    draining: draining !== undefined,
    ...(onion && { onion: onion.getStats()! }),
    slowReaders: listener.getStats().slowReaders + silent.ended,
    memory: { usedBytes: memory.usedBytes, maxBytes: maxMemoryBytes, state: memory.state, ...memory.counts },
  })
  let bans: SharedBans | undefined
  let caps: SharedCaps | undefined
  try {
    if (access !== false) {
      metrics = await relayMetrics(
        () => ({ coordinator: coordinator.getStats(), maxMailBytes, ...getStats() }),
        (observe) => backplane?.on('asked', observe),
      )
    }
    await backplane?.start(() => ({ peers: presence!.size, maxPeers: maxConnections, draining: draining !== undefined }))
    bans = backplane && new SharedBans({ backplane, clock: systemClock, coordinator })
    caps = backplane && new SharedCaps(backplane, systemClock, listener.caps)
    blame?.begin(coordinator)
    walker?.begin((peerId) => void coordinator.disconnectFromPeer(peerId).catch(() => {}))
    await coordinator.start()
  } catch (error) {
    await coordinator.shutdown()
    await backplane?.close()
    throw error
  }
  memory.start()
  let stopped: Promise<void> | undefined
  const addresses = [...listener.addresses]
  return {
    url: addresses[0]!,
    addresses,
    peerId: coordinator.peerId,
    network,
    powDifficulty,
    coordinator,
    getStats,
    drain,
    stop: async () => {
      memory.stop()
      stopped ??= coordinator.shutdown().then(() => onion?.save())
      await stopped
      for (const part of [bans, caps, blame, walker, others, presence]) part?.close()
      await backplane?.close()
    },
  }
}

/** Tells the other processes which peers this one has, and ends those that have gone to another one. */
function presenceOf(coordinator: P2PCoordinator, backplane: RelayBackplane): Presence {
  const presence = new Presence({
    backplane,
    clock: systemClock,
    drop: (peerId, error) => void coordinator.disconnectFromPeer(peerId, error).catch(() => {}),
  })
  coordinator.on('connected', ({ peerId, connection }) => {
    // What is reached through others is none of ours; nor is whoever we have dialled, another relay.
    if (connection?.direct === true) presence.connected(peerId, coordinator.getPeerLoad(peerId)?.process ?? '')
  })
  coordinator.on('disconnected', ({ peerId }) => presence.disconnected(peerId))
  return presence
}

function bufferedBytes({ unsentBytes = 0, partBytes = 0, unacknowledgedBytes = 0 }: Partial<PeerLoad> = {}): number {
  return unsentBytes + partBytes + unacknowledgedBytes
}
