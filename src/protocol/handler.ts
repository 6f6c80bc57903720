import type { Clock } from '../base/clock.js'
import type { P2PError } from '../base/errors.js'
import type { Logger } from '../base/logger.js'
import type { Random } from '../base/random.js'
import type { WaitOptions } from '../base/wait.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import type { BlameReason } from './blame.js'
import type { PeerInfo } from './peer-info.js'
import type { ProtocolLimits } from './rate-limits.js'

/**
 * A protocol that runs over the SDK: heartbeat, DHT, circuits, MuSig2, or your own. Messages whose `protocol` equals
 * `protocolName` come to `handleMessage`. A handler that throws or never returns harms no other.
 *
 * @example
 * class Chat implements IProtocolHandler {
 *   readonly protocolName = 'chat'
 *   async handleMessage(message: P2PMessage<string>, from: PeerInfo) { console.log(from.peerId, message.payload) }
 * }
 */
export interface IProtocolHandler {
  readonly protocolName: string
  /** How much one peer may send of this protocol; default: `limits.protocolMessagesPerS`. Read at registration. */
  readonly rateLimits?: ProtocolLimits
  /** What its messages say of the connection that carries them; default `'lasting'`. Read at registration. */
  readonly use?: ProtocolUse
  /**
   * True: with `onion()` it takes messages of senders whom nobody knows. Their `from` has `anonymous: true`, and `reply` serves once and for a
   * minute. Default false: such messages are refused.
   */
  readonly anonymous?: boolean
  /** Another protocol in which the handler asks peers, with the same `use`. Read at registration. */
  readonly asks?: string
  handleMessage(message: P2PMessage, from: PeerInfo): Promise<void>
  onPeerConnected?(peer: PeerInfo): Promise<void>
  /** @param reason as that of the event `disconnected`. */
  onPeerDisconnected?(peer: PeerInfo, reason: P2PError): Promise<void>
  /** Called at registration with what the handler may use. */
  onRegister?(host: ProtocolHost): void
  /** Called when the handler is unregistered, or the coordinator shuts down: release timers, settle what waits. */
  onUnregister?(): void
}

/**
 * What a protocol's messages say of the connection that carries them. `'upkeep'` serves the connection alone. `'passing'` is of use,
 * and no reason to keep a connection that was made for a lookup. `'lasting'` is a reason to keep it.
 */
export type ProtocolUse = 'upkeep' | 'passing' | 'lasting'

/** What a coordinator gives a protocol handler to work with. */
export interface ProtocolHost {
  readonly peerId: string
  /** The name of our network; what is signed or hashed names it, so that nothing crosses from one network to another. */
  readonly network: string
  /** See `P2PConfig.allowPrivate`; absent: false. */
  readonly allowPrivate?: boolean
  readonly clock: Clock
  readonly random: Random
  readonly store: KeyValueStore
  readonly logger: Logger
  /** Waits for room and for the peer's budget, as `P2PCoordinator.sendTo` does. */
  sendTo(peerId: string, message: OutgoingMessage, options?: PacedOptions): Promise<void>
  /** Answers a request; `inReplyTo` and `protocol` are taken from it. */
  reply(request: P2PMessage, message: OutgoingMessage): Promise<void>
  request<T = unknown>(peerId: string, message: OutgoingMessage, options?: RequestOptions): Promise<P2PMessage<T>>
  broadcast(message: OutgoingMessage, options?: BroadcastOptions): Promise<BroadcastResult>
  /**
   * The connected peers.
   *
   * @param dialled true: those that a dial of ours has found. They are few where thousands have come by themselves, as at a relay.
   */
  peers(dialled?: boolean): PeerInfo[]
  /** A connected peer, by its peer id, or by the `lp1…` id of a peer with a chosen name. */
  peer(peerId: string): PeerInfo | undefined
  /** Ends the connection of a peer whose fault cannot be honest; reported as 'error'. */
  reject(peerId: string, error: Error): void
  /**
   * Runs an expensive check of what a peer has sent, such as that of a signature. Checks for one peer run one after the other, and end
   * with the first that finds a forgery. A peer that has sent forgeries before gets no more processor time than a budget allows.
   *
   * @throws P2PError PEER_NOT_CONNECTED, RATE_LIMITED; or what the check throws.
   */
  check<T>(peerId: string, work: () => Promise<T>): Promise<T>
  /**
   * Lowers a peer's reputation, whether it is connected or not. A reputation below `limits.banBelow` is a ban; proven equivocation bans
   * at once. Blame only what the peer alone can have caused.
   *
   * @param publicKey Ed25519 public key, 32 bytes.
   * @param reason for a protocol of your own `'own-rules'`, an offence, or `'phase-missed'`, a timeout.
   * @param text a sentence for people.
   */
  blame(publicKey: Uint8Array, reason: BlameReason, text: string): void
}

/** How a sender waits for room and for the peer's budget. */
export interface PacedOptions extends WaitOptions {
  /** False: RATE_LIMITED at once instead of a wait. Default true. */
  wait?: boolean | undefined
}

/** How a protocol handler asks. */
export interface RequestOptions extends WaitOptions {
  /**
   * Called with the answer as it comes, before any message that came after it; what `request` resolves to comes a moment later. What it
   * throws, or rejects with, fails the request.
   */
  onAnswer?(answer: P2PMessage): unknown
}

/** Which peers a broadcast goes to, and how long it waits for those that take no more at present: 30 s by default, in milliseconds. */
export interface BroadcastOptions extends WaitOptions {
  /** Peer ids that do not get it. */
  exclude?: string[] | undefined
  /** True: relays get it too, and can read it. Default false; true for protocols of the SDK itself. */
  relays?: boolean | undefined
}

/** What became of a broadcast. */
export interface BroadcastResult {
  /** Peers whose connection took the message. */
  sent: string[]
  /** Peers that did not get it, and why. */
  failed: { peerId: string; error: P2PError }[]
}
