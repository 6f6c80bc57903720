import { hexOf } from '../base/bytes.js'
import { isP2PError } from '../base/errors.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { RateBuckets } from '../base/rate-buckets.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import { ONION_PROTOCOL, readErrorMessage, readInbox, readPacket } from '../onion/messages.js'
import { createOnionError, OnionFault, passOnionError } from '../onion/onion-errors.js'
import { INBOX_TAG_BYTES, openPacket, type PathHop, type PeeledPacket, packetId, peelPacket } from '../onion/packet.js'
import { provenAddress } from '../plugins/circuit/proven-address.js'
import type { IProtocolHandler } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { ProtocolLimits } from '../protocol/rate-limits.js'
import { DelayQueue } from './delay-queue.js'
import type { HopDirectory, KnownHop } from './hop-directory.js'
import type { HopKey, HopKeys } from './hop-keys.js'
import type { HopLinks } from './hop-links.js'
import { HopLoops } from './hop-loops.js'
import { Inboxes } from './inboxes.js'
import type { OnionSums } from './onion-sums.js'
import { PacketQueue } from './packet-queue.js'
import { WaysBack } from './ways-back.js'

/** The link of packets of our own. */
const OWN = ''
/** Errors and requests of one link in a second. */
const REQUESTS_PER_S = 50

/** A packet that has come over a link. */
interface Incoming {
  readonly packet: Uint8Array
  /** Whose it is, as the links share what is kept: the key of the peer in hex, or '' for our own. */
  readonly link: string
  /** The link; undefined for one of our own, to ourselves. */
  readonly from: string | undefined
}

export interface OnionHopParts {
  keys: HopKeys
  directory: HopDirectory
  links: HopLinks
  sums: OnionSums
  limits: OnionHopLimits
  /** A packet ends here: its payload. Undefined where this hop is no exit. */
  exit: ((delta: Uint8Array) => void) | undefined
  /** Whether it sends loops of its own. */
  hasLoops: boolean
  /** A peer, by its key in hex, has cost so much processor time. */
  charge(key: string, ms: number): void
}

/**
 * A hop: it takes packets from links, peels one layer of each, and after the delay that the sender has drawn passes it on. The protocol
 * `lotus/onion` at a relay. Nothing about a single packet is logged or kept, but for what can bring an error back, for half a minute.
 */
export class OnionHop implements IProtocolHandler {
  readonly protocolName = ONION_PROTOCOL
  readonly use = 'passing'
  readonly rateLimits: ProtocolLimits
  private readonly queue: PacketQueue<Incoming>
  private readonly delays: DelayQueue
  private readonly wallets: RateBuckets
  private readonly waysBack: WaysBack
  private readonly inboxes: Inboxes
  private readonly loops: HopLoops

  constructor(
    private readonly kit: PluginKit,
    private readonly parts: OnionHopParts,
  ) {
    const { clock, random } = kit
    const { limits } = parts
    const rate = { messagesPerS: limits.onionLinkPacketsPerS, burst: limits.onionLinkPacketBurst }
    // A newcomer is told half of it.
    this.rateLimits = {
      ...{ messagesPerS: REQUESTS_PER_S, burst: 4 * REQUESTS_PER_S },
      types: { packet: rate, error: { messagesPerS: limits.onionLinkPacketsPerS / 2, burst: limits.onionLinkPacketBurst } },
    }
    this.queue = new PacketQueue({
      ...{ clock, msPerS: limits.onionPeelMsPerS, burstMs: limits.onionPeelBurstMs, maxPerLink: limits.maxOnionBacklog },
      work: (incoming) => this.peel(incoming),
      charge: (key, ms) => parts.charge(key, ms),
    })
    this.delays = new DelayQueue(clock, random, limits.maxOnionDelayed, () => parts.sums.count('overloaded'))
    this.wallets = new RateBuckets(clock, limits.onionPacketsPerS, limits.onionPacketBurst)
    this.waysBack = new WaysBack(clock, limits)
    this.inboxes = new Inboxes(limits.maxOnionInboxes)
    this.loops = new HopLoops({
      ...{ clock, random, limits, tag: random.bytes(INBOX_TAG_BYTES), others: () => parts.directory.others() },
      own: () => this.asPathHop(),
      send: (hop, packet) => this.sendOn(hop, packet),
      count: (what) => parts.sums.count(what),
    })
  }

  /** Inbox tags that are attached. */
  get attached(): number {
    return this.inboxes.size
  }

  start(): void {
    if (this.parts.hasLoops) this.loops.start()
  }

  onUnregister(): void {
    this.queue.close()
    this.delays.close()
    this.loops.close()
    this.waysBack.close()
  }

  async onPeerDisconnected({ peerId, publicKey }: PeerInfo): Promise<void> {
    this.inboxes.detach(peerId)
    this.parts.links.lost(peerId)
    if (publicKey !== undefined) this.queue.forget(hexOf(publicKey))
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { type, payload } = message
    if (type === 'packet') this.receive(readPacket(payload), from)
    else if (type === 'error') this.passBack(readErrorMessage(payload), from)
    else if (type === 'inbox') {
      this.inboxes.attach(from.peerId, readInbox(payload))
      await this.kit.reply(message, { type: 'attached', payload: null })
    } else throw unknownType(message)
  }

  /** Sends a packet of our own to its first hop: a reply, or a loop. */
  sendFrom(first: Uint8Array, packet: Uint8Array): void {
    const { directory, sums } = this.parts
    if (hexOf(first) === hexOf(this.kit.publicKey)) {
      this.queue.add(OWN, { packet, link: OWN, from: undefined })
      return
    }
    const hop = directory.use(first)
    if (hop !== undefined) this.sendOn(hop, packet)
    else sums.count('unreachable')
  }

  private receive(packet: Uint8Array, peer: PeerInfo): void {
    const { sums } = this.parts
    const link = linkOf(peer)
    if (!this.isHop(peer) && this.wallets.take(link) > 0) {
      sums.count('overLink')
      return
    }
    if (!this.queue.add(link, { packet, link, from: peer.peerId })) sums.count('overloaded')
  }

  /** Whether it brings packets of many: a record is a claim of its own, so it must have been reached where it can be. */
  private isHop(peer: PeerInfo): boolean {
    const { publicKey, connection } = peer
    if (publicKey === undefined || this.parts.directory.find(publicKey) === undefined) return false
    return connection?.chosen === true || provenAddress(this.kit, peer) !== undefined
  }

  private peel({ packet, link, from }: Incoming): void {
    const { sums } = this.parts
    sums.count('peeled')
    const opened = this.open(packet)
    if (opened === undefined) {
      sums.count('unreadable')
      return
    }
    const { key, isExpired, secret, tag } = opened
    // Only the tag counts: α can be changed into others that give the same secret.
    if (!key.replays.add(tag)) {
      sums.count('replayed')
      return
    }
    let peeled: PeeledPacket
    try {
      peeled = peelPacket(packet, secret)
    } catch {
      sums.count('malformed')
      return
    }
    const fault = (code: OnionFault) => {
      if (peeled.delayMs === 0 && from !== undefined) this.fail(from, link, packetId(packet), secret, code)
    }
    if (isExpired) {
      sums.count('expired')
      fault(OnionFault.KEY_EXPIRED)
      return
    }
    const isTaken = this.delays.add(peeled.delayMs, () => this.act(peeled, { packet, link, from, secret }, fault), link)
    if (isTaken) return
    sums.count('overloaded')
    fault(OnionFault.OVERLOADED)
  }

  private open(packet: Uint8Array): { key: HopKey; isExpired: boolean; secret: Uint8Array; tag: Uint8Array } | undefined {
    for (const { key, isExpired } of this.parts.keys.live()) {
      try {
        return { key, isExpired, ...openPacket(packet, key.keys) }
      } catch {
        // It may be for the key of another epoch.
      }
    }
    return undefined
  }

  private act(
    peeled: PeeledPacket,
    { packet, link, from, secret }: Incoming & { secret: Uint8Array },
    fault: (code: OnionFault) => void,
  ): void {
    const { directory, sums, exit } = this.parts
    switch (peeled.command) {
      case 'drop':
        sums.count('covered')
        return
      case 'inbox':
        this.deliver(peeled)
        return
      case 'exit':
        if (exit === undefined) {
          sums.count('noExit')
          fault(OnionFault.NO_EXIT)
          return
        }
        sums.count('exited')
        exit(peeled.delta)
        return
      case 'forward': {
        const hop = directory.use(peeled.next)
        if (hop === undefined) {
          sums.count('unreachable')
          fault(OnionFault.UNREACHABLE)
          return
        }
        if (peeled.delayMs === 0 && from !== undefined) {
          this.waysBack.remember(hop.peerId, packetId(peeled.packet), { peerId: from, id: packetId(packet), secret })
        }
        sums.count('forwarded')
        this.sendOn(hop, peeled.packet, link, fault)
        return
      }
    }
  }

  private sendOn(hop: KnownHop, packet: Uint8Array, link = OWN, fault?: (code: OnionFault) => void): void {
    this.parts.links.send(hop, packet, link).catch((error: unknown) => {
      const isBusy = isP2PError(error, 'RATE_LIMITED') || isP2PError(error, 'BUFFER_FULL')
      this.parts.sums.count(isBusy ? 'overloaded' : 'unreachable')
      fault?.(isBusy ? OnionFault.OVERLOADED : OnionFault.UNREACHABLE)
    })
  }

  private deliver({ tag, surbId, delta }: PeeledPacket & { command: 'inbox' }): void {
    const { kit, parts } = this
    if (this.loops.take(tag, surbId)) return
    const peerId = this.inboxes.ownerOf(tag)
    if (peerId === undefined) {
      parts.sums.count('noInbox')
      return
    }
    const message = { type: 'delivered', payload: [surbId, delta], protocol: ONION_PROTOCOL }
    kit.sendTo(peerId, message, { wait: false }).then(
      () => parts.sums.count('delivered'),
      () => parts.sums.count('noInbox'),
    )
  }

  /** Tells the sender of a packet, by the way that it came, that it was given up here. */
  private fail(from: string, link: string, id: Uint8Array, secret: Uint8Array, code: OnionFault): void {
    const { kit, parts } = this
    const delayMs = kit.random.unit() * parts.limits.onionErrorDelayMs
    this.delays.add(delayMs, () => this.sendError(from, id, createOnionError(secret, code)), link)
  }

  private passBack([id, error]: [Uint8Array, Uint8Array], peer: PeerInfo): void {
    const { peerId, publicKey } = peer
    const back = this.waysBack.take(publicKey === undefined ? peerId : encodePeerId(publicKey), id)
    // Replies that fail come here too: nobody waits for them.
    if (back === undefined) return
    this.delays.add(0, () => this.sendError(back.peerId, back.id, passOnionError(back.secret, error)), linkOf(peer))
  }

  private sendError(peerId: string, id: Uint8Array, error: Uint8Array): void {
    this.parts.sums.count('errors')
    const message = { type: 'error', payload: [id, error], protocol: ONION_PROTOCOL }
    void this.kit.sendTo(peerId, message, { wait: false }).catch(() => {})
  }

  /** This hop as the end of a loop. */
  private asPathHop(): PathHop | undefined {
    const [, key] = this.parts.keys.told()[0] ?? []
    return key && { id: this.kit.publicKey, key, delayMs: 0 }
  }
}

function linkOf({ peerId, publicKey }: PeerInfo): string {
  return publicKey === undefined ? peerId : hexOf(publicKey)
}
