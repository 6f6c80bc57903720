import type { Server } from 'node:http'
import { isPrivateAddress } from '../address/private-address.js'
import type { RelayBackplane } from '../backplane/backplane.js'
import { P2PError } from '../base/errors.js'
import { MAIL_LIMITS } from '../base/limits/mail.js'
import { ONION_HOP_LIMITS } from '../base/limits/onion-hop.js'
import { changedLimits, DEFAULT_LIMITS, type Limits } from '../base/limits.js'
import { consoleLogger, fencedLogger, type Logger } from '../base/logger.js'
import { DEFAULT_NETWORK } from '../identity/envelope.js'
import type { Identity } from '../identity/identity.js'
import type { MailWaiting } from '../mail/server/mail-server.js'
import type { MailStore } from '../mail/server/mail-store.js'
import { memoryMail } from '../mail/server/memory-mail.js'
import { mailServer } from '../mail/server/plugin.js'
import { PACKET_BYTES } from '../onion/packet.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import type { AdmissionOptions } from './admission.js'
import { defaultCeiling, MIN_CEILING_BYTES } from './memory-ceiling.js'
import { isHopByDefault, type OnionRelayOptions, onionRelay } from './onion-relay.js'
import { addressesAt } from './web-socket-server.js'

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

/** What the options of a relay come to. */
export interface RelayPlan {
  readonly port: number
  readonly host: string
  readonly network: string
  readonly name: string | undefined
  readonly maxConnections: number
  readonly limits: Limits
  readonly logger: Logger
  readonly powDifficulty: number
  readonly maxMemoryBytes: number
  readonly mail: ReturnType<typeof mailServer> | undefined
  /** What mailboxes may hold; 0 without them. */
  readonly maxMailBytes: number
  readonly onion: ReturnType<typeof onionRelay> | undefined
}

/** Checks the options of a relay, and fills in what they leave open. The logger is told of options that are unknown. @throws P2PError INVALID_CONFIG. */
export function relayPlan(options: RelayOptions): RelayPlan {
  const { port = 8787, host = '0.0.0.0', network = DEFAULT_NETWORK, name, maxConnections = 1_000 } = options
  const unknown = Object.keys(options).filter((option) => !Object.hasOwn(OPTIONS, option))
  const logger = fencedLogger(options.logger ?? consoleLogger)
  if (unknown.length > 0) logger.warn('RelayOptions has unknown options', { options: unknown })
  if (name !== undefined && (typeof name !== 'string' || name.length === 0 || name.length > MAX_LABEL_LENGTH)) {
    throw new P2PError('INVALID_CONFIG', `The name of a relay has 1 to ${MAX_LABEL_LENGTH} characters.`)
  }
  const reachedAt = options.announce ?? addressesAt(host, options.server)
  const { powDifficulty = reachedAt.every(isPrivateAddress) ? 0 : PUBLIC_POW_DIFFICULTY } = options
  const { maxMemoryBytes = defaultCeiling(), mail: keptIn = false, onMail, backplane } = options
  if (!Number.isSafeInteger(maxMemoryBytes) || maxMemoryBytes < MIN_CEILING_BYTES) {
    throw new P2PError('INVALID_CONFIG', `maxMemoryBytes must be a whole number, at least ${MIN_CEILING_BYTES}.`)
  }
  const mail = keptIn === false ? undefined : mailServer({ store: keptIn === true ? memoryMail() : keptIn, onMail })
  // Each process of a relay would have hop keys of its own under the one identity.
  const { onion: hops = backplane === undefined && isHopByDefault(reachedAt) } = options
  if (hops !== false && backplane !== undefined) {
    throw new P2PError(
      'INVALID_CONFIG',
      'A relay of several processes is no hop of the onion yet: leave out `onion` or `backplane`.',
    )
  }
  const onion = hops === false ? undefined : onionRelay(hops === true ? {} : hops)
  const limits = changedLimits<Limits>(
    { ...DEFAULT_LIMITS, ...(mail && MAIL_LIMITS), ...(onion && ONION_HOP_LIMITS) },
    {
      ...RELAY_LIMITS,
      ...shares(maxMemoryBytes, mail !== undefined, onion !== undefined),
      ...options.limits,
      maxConnections,
    },
  )
  if (backplane !== undefined && options.identity === undefined) {
    throw new P2PError('INVALID_CONFIG', 'All processes of a relay need the same identity: give `identity` beside `backplane`.')
  }
  const most = limits as Partial<typeof MAIL_LIMITS>
  const maxMailBytes = (mail && (isInMemory(keptIn) ? most.maxMailMemoryBytes : most.maxMailBytes)) ?? 0
  return { port, host, network, name, maxConnections, limits, logger, powDifficulty, maxMemoryBytes, mail, maxMailBytes, onion }
}

/** What may be kept of each kind, so that none of it alone reaches the ceiling. */
function shares(maxMemoryBytes: number, hasMail: boolean, isHop: boolean): Partial<Limits> {
  const maxStoreBytes = Math.min(DEFAULT_LIMITS.maxStoreBytes, Math.floor(maxMemoryBytes / 4))
  const maxMailMemoryBytes = Math.min(MAIL_LIMITS.maxMailMemoryBytes, Math.floor(maxMemoryBytes / 8))
  const maxOnionDelayed = Math.min(ONION_HOP_LIMITS.maxOnionDelayed, Math.floor(maxMemoryBytes / 16 / PACKET_BYTES))
  return { maxStoreBytes, ...(hasMail && { maxMailMemoryBytes }), ...(isHop && { maxOnionDelayed }) }
}

function isInMemory(mail: boolean | MailStore): boolean {
  return typeof mail === 'boolean' || mail.inMemory
}
