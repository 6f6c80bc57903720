import { elapsed } from '../base/clock.js'
import { noRelayError, P2PError } from '../base/errors.js'
import type { WaitOptions } from '../base/wait.js'
import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import { canonicalId, checkTarget, encodePeerId } from '../identity/peer-id.js'
import { decode, encode } from '../message/codec.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import { isRelay } from '../plugins/circuit/endpoint.js'
import { provenAddress } from '../plugins/circuit/proven-address.js'
import { dhtOf } from '../plugins/dht/client/plugin.js'
import { createRecord, dhtRecord, wireRecord } from '../plugins/dht/records/record.js'
import { RecordVerifier } from '../plugins/dht/records/record-verifier.js'
import { asTold, type PeerInfo, PeerState, serves } from '../protocol/peer-info.js'
import { handlerFailed } from '../protocol/router.js'
import { type Binding, bindingWith } from './box.js'
import { type CardRecord, type CardValue, cardKeyOf } from './card.js'
import { MAIL_PROTOCOL } from './messages.js'
import { findMailWork } from './work.js'

/** What mail needs of the plugin kit. */
export type MailKit = Pick<
  PluginKit,
  | 'peerId'
  | 'publicKey'
  | 'network'
  | 'clock'
  | 'random'
  | 'identity'
  | 'store'
  | 'limits'
  | 'request'
  | 'reply'
  | 'sendTo'
  | 'peers'
  | 'peer'
  | 'emit'
  | 'report'
  | 'run'
>

/** A relay that may keep our mail. */
export interface RelayPlace {
  /** Its `lp1…` id. */
  peerId: string
  /** Where others find it; undefined where that is not known. */
  address: string | undefined
  /** Whether the application has named it as an anchor. */
  isTrusted: boolean
}

/** The coordinator that a mailbox is of: what mail reads, asks and tells there. */
export interface MailHost {
  readonly kit: MailKit
  /** The Ed25519 key of a peer, by its id, or by a name that we have met; undefined for another name. */
  keyOf(peerId: string): Promise<Uint8Array | undefined>
  /** The id by which a peer is addressed. @throws P2PError INVALID_PEER_ID, SELF_DIAL. */
  targetOf(peerId: string): string
  /** The message as it goes out. @throws P2PError as `sendTo`. */
  complete(message: OutgoingMessage, to: string, wait: WaitOptions): P2PMessage
  /** Asks for a connection to a peer that messages wait for. */
  want(peerId: string): void
  /** Sends a message to a connected peer that knows no mail; told once its process has it, or the connection is gone. */
  sendBare(peerId: string, message: P2PMessage, onSettled: (delivered: boolean) => void): void
  /** Whether a handler or a listener takes this message. */
  isHeard(message: P2PMessage): boolean
  /** Runs the handlers and listeners of a message; resolves when all have settled. */
  hand(message: P2PMessage, from: PeerInfo): Promise<void>
  /** What a handler or listener gets as the sender of mail. */
  infoOf(sender: Uint8Array): PeerInfo
  isBanned(publicKey: Uint8Array): boolean
  /**
   * How long a message of this sender has to wait for the budget of its protocol, milliseconds; 0: it is taken.
   *
   * @param isMailed it is charged as one that has come: over a connection, what brought it was.
   */
  charge(sender: Uint8Array, message: P2PMessage, bytes: number, isMailed: boolean): number
  /** Connected relays that keep mail, trusted ones first. */
  relays(): RelayPlace[]
  /** Connects to a relay, at the address that a card or the application has named. */
  reach(relayId: string, address: string | null, wait: WaitOptions): Promise<void>
  /** Connects to a relay that the application has named. @returns its `lp1…` id. */
  dial(address: string, wait: WaitOptions): Promise<string>
  /** Ends a connection that `reach` made, unless it is in use. */
  release(relayId: string): void
  /** Keeps the connection to a relay that has a mailbox of ours, or does so no more. */
  keep(relayId: string, address: string | null, isKept: boolean): void
  /** Undefined where the relay is not connected. */
  binding(relayId: string): Binding | undefined
  /** Finds the record of a card. */
  findCard(owner: Uint8Array, wait: WaitOptions): Promise<CardRecord | undefined>
  /** Verifies the record of a card, as MessagePack. @throws P2PError MALFORMED_DATA, INVALID_RECORD, INVALID_SIGNATURE. */
  verifyCard(record: Uint8Array): Promise<CardRecord>
  /** Publishes our card, in the DHT or not. @returns the signed record as MessagePack. */
  publishCard(value: CardValue, ttlS: number, isPublic: boolean): Promise<Uint8Array>
  /** Searches for the nonce of a proof of work. */
  work(block: Uint8Array, bits: number): Promise<Uint8Array>
}

/** Cards whose signatures are not checked again. */
const CARD_CACHE = 128

/** The coordinator that a plugin is attached to. @param cardTtlS the longest life of a card, seconds. */
export function hostOf(kit: PluginKit, cardTtlS: number): MailHost {
  const core = coreOf(kit)
  const { dht } = dhtOf(kit)
  // A card outlives all other records, for its owner cannot publish while it is away.
  const cardLimits = { ...core.limits, maxTtlS: cardTtlS, verifiedRecordCache: CARD_CACHE }
  const verifier = new RecordVerifier({ network: kit.network, clock: kit.clock, limits: cardLimits })
  const { network, defence, router, emitter, messaging } = core
  const keyOf = async (peerId: string) => core.keyOf(peerId) ?? (await kit.names.lookup(peerId))
  return {
    kit,
    keyOf,
    targetOf(peerId) {
      const to = network.peers.get(peerId)?.peerId ?? canonicalId(peerId)
      checkTarget(to, core.peerId)
      return to
    },
    complete: (message, to, wait) => messaging.complete(message, to, wait),
    want(peerId) {
      network.reconnector.want(peerId)
      // While the coordinator is suspended, what waits goes on waiting.
      if (!core.isRunning) core.startSoon()
    },
    sendBare(peerId, message, onSettled) {
      network.peers
        .need(peerId)
        .send(message, { onSettled })
        ?.catch(() => onSettled(false))
    },
    isHeard: ({ protocol }) => router.limitsOf(protocol) !== undefined || emitter.hasListeners('message'),
    async hand(message, from) {
      const { protocol = '' } = message
      const told = Object.freeze({ ...message })
      const running = emitter.hasListeners('message') ? (emitter.emit('message', told, from) as unknown[]) : []
      const handler = router.handlers.get(protocol)
      if (handler !== undefined) {
        const handling = (async () => handler.handleMessage(message, from))()
        running.push(handling.catch((cause) => kit.report(handlerFailed(protocol, cause), from)))
      }
      await Promise.allSettled(running)
    },
    infoOf(sender) {
      const peerId = encodePeerId(sender)
      const known = kit.peer(peerId)
      return known ?? { peerId, publicKey: sender.slice(), addresses: asTold({}), state: PeerState.DISCONNECTED, lastSeen: 0 }
    },
    isBanned: (publicKey) => defence.bans.refusal(encodePeerId(publicKey)) !== undefined,
    charge(sender, message, bytes, isMailed) {
      const gate = defence.gate.of(sender)
      gate.open--
      const now = elapsed(kit.clock)
      const refusal = isMailed ? gate.arrive(bytes, now) : undefined
      return (refusal ?? gate.admit(message, bytes, now))?.retryAfterMs ?? 0
    },
    relays() {
      const chosen = kit.dialer.chosen()
      return kit
        .peers()
        .filter((peer) => isRelay(peer) && serves(peer, MAIL_PROTOCOL))
        .map((peer) => {
          const { id = peer.peerId, isTrusted = false, address } = chosen.find(({ peerId }) => peerId === peer.peerId) ?? {}
          return { peerId: id, address: provenAddress(kit, peer) ?? address, isTrusted }
        })
        .sort((a, b) => Number(b.isTrusted) - Number(a.isTrusted))
    },
    async reach(relayId, address, wait) {
      if (kit.peer(relayId) !== undefined) return
      if (address === null) throw noRelayError()
      await kit.dialer.dial(address, relayId, wait)
    },
    async dial(address, wait) {
      const known = kit.dialer.chosen().find((peer) => peer.address === address)
      if (known !== undefined) return known.id
      // Named by the application: it may be anywhere, and is kept.
      const { publicKey, peerId } = await network.connect(address, wait)
      return publicKey === undefined ? peerId : encodePeerId(publicKey)
    },
    release: (relayId) => kit.dialer.release(kit.peer(relayId)?.peerId ?? relayId),
    keep(relayId, address, isKept) {
      const { peerId = relayId } = kit.peer(relayId) ?? {}
      if (isKept) network.reconnector.keep(address ?? relayId, peerId)
      else network.reconnector.release(peerId)
    },
    binding: (relayId) => bindingWith(kit, relayId, false),
    async findCard(owner, wait) {
      const key = cardKeyOf(owner)
      const publisherId = kit.peer(encodePeerId(owner))?.peerId ?? encodePeerId(owner)
      return (await dht.get(key, { ...wait, publisherId })) ?? undefined
    },
    async verifyCard(record) {
      const entry = await verifier.verify(verifier.read(decode(record, core.limits)))
      if (entry.withdrawn) throw new P2PError('INVALID_RECORD', 'This card was withdrawn.')
      return dhtRecord(entry, core.limits)
    },
    async publishCard(value, ttlS, isPublic) {
      const key = cardKeyOf(kit.publicKey)
      const now = kit.clock.now()
      if (isPublic) {
        // Servers that refuse it are offered it again, and so are those that come.
        dht.announce({ key, value, ttl: core.limits.maxTtlS, publishedAt: now }).catch(() => {})
      }
      const content = { key, value, sequence: now, publishedAt: now, ttl: ttlS }
      return encode(wireRecord(await createRecord(content, { identity: kit.identity }, cardLimits, kit.network)))
    },
    work: findMailWork,
  }
}

/** Whether a peer takes mail over its connection. A relay that keeps mail for others is none. */
export function takesMail(peer: PeerInfo | undefined): peer is PeerInfo {
  return peer?.isRelay !== true && peer?.protocols?.includes(MAIL_PROTOCOL) === true
}
