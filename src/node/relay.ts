import type { Server } from 'node:http'
import { isPrivateAddress } from '../address/private-address.js'
import type { BackplaneStats, RelayBackplane } from '../backplane/backplane.js'
import { systemClock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { MAIL_LIMITS } from '../base/limits/mail.js'
import { ONION_HOP_LIMITS } from '../base/limits/onion-hop.js'
import { changedLimits, DEFAULT_LIMITS, type Limits } from '../base/limits.js'
import { consoleLogger, fencedLogger, type Logger } from '../base/logger.js'
import { VERSION } from '../base/version.js'
import { PROTOCOL_VERSIONS } from '../channel/hello.js'
import { SecureChannel } from '../channel/secure-channel.js'
import { P2PCoordinator } from '../coordinator.js'
import type { CoordinatorListener } from '../core/config.js'
import { DEFAULT_NETWORK } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import type { MailServerStats, MailWaiting } from '../mail/server/mail-server.js'
import type { MailStore } from '../mail/server/mail-store.js'
import { memoryMail } from '../mail/server/memory-mail.js'
import { mailServer } from '../mail/server/plugin.js'
import { PACKET_BYTES } from '../onion/packet.js'
import type { PeerLoad } from '../peer/connection/peer-connection.js'
import type { RelayStats } from '../plugins/circuit/server/circuit-relay.js'
import { relayServices } from '../plugins/circuit/server/relay-services.js'
import { dhtNode } from '../plugins/dht/node/plugin.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import type { AdmissionOptions } from './admission.js'
import { oneWalker } from './backplane/one-walker.js'
import { Presence, type PresenceStats } from './backplane/presence.js'
import { SharedBans } from './backplane/shared-bans.js'
import { sharedBlame } from './backplane/shared-blame.js'
import { SharedCaps } from './backplane/shared-caps.js'
import { sharedRecords } from './backplane/shared-records.js'
import { sharedTopics } from './backplane/shared-topics.js'
import { Drain, type DrainOptions } from './drain.js'
import { HttpForward } from './http-forward.js'
import { defaultCeiling, MemoryCeiling, MIN_CEILING_BYTES } from './memory-ceiling.js'
import { type Metrics, relayMetrics } from './metrics.js'
import { Newcomers } from './newcomers.js'
import { isHopByDefault, type OnionRelayOptions, type OnionRelayStats, onionRelay } from './onion-relay.js'
import { type Health, relayRoutes } from './relay-routes.js'
import { type Reader, SlowReaders } from './slow-readers.js'
import { addressesAt, type WebSocketServerStats, webSocketServer } from './web-socket-server.js'

const MAX_LABEL_LENGTH = 64
/** No application talks to a relay: what has no protocol of ours is either a mistake or an attack. */
const RELAY_LIMITS = { protocolMessagesPerS: 500, protocolMessageBurst: 1_000 }
/** What an identity costs each day at a relay that anybody can reach: a tenth of a second of a desktop, a second of a phone. */
export const PUBLIC_POW_DIFFICULTY = 18

export interface RelayOptions extends AdmissionOptions {
  /** TCP port; 0 takes a free one. Default 8787. */
  port?: number | undefined
  /** Interface. Default `0.0.0.0`: all. */
  host?: string | undefined
  /** As `P2PConfig.network` of its wallets: a relay serves one network. Shown at /info. Default 'lotus'. */
  network?: string | undefined
  /** A label for people, at most 64 characters; shown at /info and to peers. Not a peer id. */
  name?: string | undefined
  /** Default: a fresh one, so that the relay has another peer id after every start; see `fileIdentity`. */
  identity?: Identity | undefined
  /** Connected peers at most. Default 1,000. */
  maxConnections?: number | undefined
  limits?: Partial<Limits> | undefined
  /** Addresses to tell others, e.g. `['wss://relay.example']` behind a TLS proxy. Default: those that it listens at. */
  announce?: string[] | undefined
  /** Other relays to connect to: with them it is a node of one network. */
  bootstrap?: (string | PeerInfo)[] | undefined
  /** Believe addresses in private networks when other relays tell them: for relays of one house or one machine. Default false; see `P2PConfig`. */
  allowPrivate?: boolean | undefined
  /**
   * Bytes of memory above which the relay refuses newcomers and, where that is not enough, ends peers; at least 134,217,728. Default:
   * three quarters of what the process may have.
   */
  maxMemoryBytes?: number | undefined
  /**
   * Serve `/metrics` for Prometheus, to programs on this machine; with a token, to whoever brings it (`Authorization: Bearer …`).
   * Needs the package `prom-client`. Default false.
   */
  metrics?: boolean | { token: string } | undefined
  logger?: Logger | undefined
  /**
   * Bits of proof of work that whoever connects has to show, 0 to 40; told at /info. Default: 18 where an address that it
   * announces, or listens at, is reached from everywhere; 0 in private networks and on loopback.
   */
  powDifficulty?: number | undefined
  /**
   * What must outlast a restart is kept here: pinned names, and what defences remember. Default: memory. See `levelStore`; who made
   * a store closes it after `stop`.
   */
  store?: KeyValueStore | undefined
  /**
   * Keep mailboxes, in which letters wait for wallets that are away: in this store, or with `true` in memory, where only the smallest
   * letters are kept, for a day. See `levelMail`; who made a store closes it after `stop`. Default false.
   */
  mail?: boolean | MailStore | undefined
  /** Wakes the owner of a mailbox; see docs/relay.md for one that sends Web Push. Called with no content, at most once a minute for each box. */
  onMail?: ((mail: MailWaiting) => unknown) | undefined
  /**
   * The other processes of this relay: all have the same `identity`, and are one relay to wallets. `startRelay` starts it, and `stop` closes it.
   * See `natsBackplane`. Default: this process is the whole relay.
   */
  backplane?: RelayBackplane | undefined
  /** Called at `POST /drain`, which only programs on this machine may send. Default: `drain()`. */
  onDrain?: (() => unknown) | undefined
  /**
   * Experimental: be a hop of the onion, which passes on packets that it cannot read, and its exit, which serves callers that it does not
   * know; exits reach peers of this network only. Default: true where an address that it announces, or listens at, is reached from everywhere,
   * and `backplane` is not given: a relay of several processes is no hop yet.
   */
  onion?: boolean | OnionRelayOptions | undefined
  /** An http or https server to share, instead of `port` and `host` where it listens already. */
  server?: Server | undefined
}

/** The name of each option. */
const OPTIONS: Record<keyof RelayOptions, true> = {
  port: true,
  host: true,
  network: true,
  name: true,
  identity: true,
  maxConnections: true,
  limits: true,
  announce: true,
  bootstrap: true,
  allowPrivate: true,
  maxMemoryBytes: true,
  metrics: true,
  logger: true,
  powDifficulty: true,
  store: true,
  mail: true,
  onMail: true,
  backplane: true,
  onDrain: true,
  onion: true,
  server: true,
  trustProxy: true,
  origins: true,
  requireOrigin: true,
  capLoopback: true,
}

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
  const { port = 8787, host = '0.0.0.0', network = DEFAULT_NETWORK, name, maxConnections = 1_000 } = options
  const unknown = Object.keys(options).filter((option) => !Object.hasOwn(OPTIONS, option))
  const logger = fencedLogger(options.logger ?? consoleLogger)
  if (unknown.length > 0) logger.warn('RelayOptions has unknown options', { options: unknown })
  if (name !== undefined && (typeof name !== 'string' || name.length === 0 || name.length > MAX_LABEL_LENGTH)) {
    throw new P2PError('INVALID_CONFIG', `The name of a relay has 1 to ${MAX_LABEL_LENGTH} characters.`)
  }
  const reachedAt = options.announce ?? addressesAt(host, options.server)
  const { powDifficulty = reachedAt.every(isPrivateAddress) ? 0 : PUBLIC_POW_DIFFICULTY } = options
  const { maxMemoryBytes = defaultCeiling(), metrics: access = false } = options
  if (!Number.isSafeInteger(maxMemoryBytes) || maxMemoryBytes < MIN_CEILING_BYTES) {
    throw new P2PError('INVALID_CONFIG', `maxMemoryBytes must be a whole number, at least ${MIN_CEILING_BYTES}.`)
  }
  // Records alone must not reach the ceiling.
  const maxStoreBytes = Math.min(DEFAULT_LIMITS.maxStoreBytes, Math.floor(maxMemoryBytes / 4))
  const { mail: keptIn = false, onMail, backplane } = options
  const mail = keptIn === false ? undefined : mailServer({ store: keptIn === true ? memoryMail() : keptIn, onMail })
  const maxMailMemoryBytes = Math.min(MAIL_LIMITS.maxMailMemoryBytes, Math.floor(maxMemoryBytes / 8))
  // Each process of a relay would have hop keys of its own under the one identity.
  const { onion: hops = backplane === undefined && isHopByDefault(reachedAt) } = options
  if (hops !== false && backplane !== undefined) {
    throw new P2PError(
      'INVALID_CONFIG',
      'A relay of several processes is no hop of the onion yet: leave out `onion` or `backplane`.',
    )
  }
  const onion = hops === false ? undefined : onionRelay(hops === true ? {} : hops)
  const maxOnionDelayed = Math.min(ONION_HOP_LIMITS.maxOnionDelayed, Math.floor(maxMemoryBytes / 16 / PACKET_BYTES))
  const known = { ...DEFAULT_LIMITS, ...(mail && MAIL_LIMITS), ...(onion && ONION_HOP_LIMITS) }
  const limits = changedLimits(known, {
    ...RELAY_LIMITS,
    maxStoreBytes,
    ...(mail && { maxMailMemoryBytes }),
    ...(onion && { maxOnionDelayed }),
    ...options.limits,
    maxConnections,
  })
  const startedMs = performance.now()
  let metrics: Metrics | undefined
  if (backplane !== undefined && options.identity === undefined) {
    throw new P2PError('INVALID_CONFIG', 'All processes of a relay need the same identity: give `identity` beside `backplane`.')
  }
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
  const most = limits as Partial<typeof MAIL_LIMITS>
  const maxMailBytes = (mail && (isInMemory(keptIn) ? most.maxMailMemoryBytes : most.maxMailBytes)) ?? 0
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

/**
 * Ends peers that acknowledge nothing of what waits for them: the system's buffers take megabytes for a reader that never reads,
 * and all of it is kept here until it is acknowledged. They have twice `slowReaderMs`, for what is in those buffers has to arrive too.
 */
function endSilent(coordinator: P2PCoordinator, limits: Limits): SlowReaders {
  const readers = new SlowReaders({ ...limits, slowReaderMs: 2 * limits.slowReaderMs })
  const known = new Map<string, Reader>()
  coordinator.on('connected', ({ peerId }) => {
    const reader: Reader = {
      get isWaiting() {
        return (coordinator.getPeerLoad(peerId)?.unacknowledgedBytes ?? 0) > limits.slowReaderBytes
      },
      get progress() {
        const { delivered = 0, unsentBytes = 0 } = coordinator.getPeerLoad(peerId) ?? {}
        return `${delivered} ${unsentBytes}`
      },
      end: (error) => void coordinator.disconnectFromPeer(peerId, error).catch(() => {}),
    }
    known.set(peerId, reader)
    readers.add(reader)
  })
  coordinator.on('disconnected', ({ peerId }) => {
    const reader = known.get(peerId)
    known.delete(peerId)
    if (reader !== undefined) readers.remove(reader)
  })
  return readers
}

function isInMemory(mail: boolean | MailStore): boolean {
  return typeof mail === 'boolean' || mail.inMemory
}

function bufferedBytes({ unsentBytes = 0, partBytes = 0, unacknowledgedBytes = 0 }: Partial<PeerLoad> = {}): number {
  return unsentBytes + partBytes + unacknowledgedBytes
}

/** A listener that tells newcomers why they are not let in, before any cryptography. */
function refusing(listener: CoordinatorListener, refusal: () => P2PError | undefined): Required<CoordinatorListener> {
  return {
    transport: listener.transport,
    // What accounts costs to peers is one of them.
    plugins: listener.plugins ?? [],
    get addresses() {
      return listener.addresses
    },
    listen: (accept) =>
      listener.listen((connection) => {
        const error = refusal()
        if (error === undefined) accept(connection)
        else SecureChannel.refuse(connection, error)
      }),
    close: () => listener.close(),
  }
}
