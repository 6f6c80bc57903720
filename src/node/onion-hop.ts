import { Alarm } from '../base/alarm.js'
import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { elapsed } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { RateBuckets } from '../base/rate-buckets.js'
import type { PluginKit } from '../core/plugin.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import { encodePeerId } from '../identity/peer-id.js'
import { INBOX_TAG_BYTES, openPacket, type PathHop, type PeeledPacket, packetId, peelPacket } from '../onion/packet.js'
import { ONION_PROTOCOL, readErrorMessage, readInbox, readPacket } from '../onion/messages.js'
import { createOnionError, OnionFault, passOnionError } from '../onion/onion-errors.js'
import type { IProtocolHandler } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { ProtocolLimits } from '../protocol/rate-limits.js'
import { DelayQueue } from './delay-queue.js'
import type { HopDirectory, KnownHop } from './hop-directory.js'
import type { HopKey, HopKeys } from './hop-keys.js'
import type { HopLinks } from './hop-links.js'
import { HopLoops } from './hop-loops.js'
import type { OnionSums } from './onion-sums.js'
import { PacketQueue } from './packet-queue.js'

/** Errors and requests of one link in a second. */
const REQUESTS_PER_S = 50

/** Where an error about a packet that was sent on goes. */
interface WayBack {
  readonly peerId: string
  readonly id: Uint8Array
  readonly secret: Uint8Array
  readonly at: number
}

/** A packet that has come over a link. */
interface Incoming {
  readonly packet: Uint8Array
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
  private readonly waysBack: BoundedMap<string, WayBack>
  /** Who has attached a tag, by the tag in hex; and the tags of each, the longest attached first. */
  private readonly inboxes = new Map<string, string>()
  private readonly tagsOf = new Map<string, string[]>()
  private readonly loops: HopLoops
  private readonly sweeping: Alarm
  private isOver = false

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
    this.delays = new DelayQueue(clock, random, limits.maxOnionDelayed)
    this.wallets = new RateBuckets(clock, limits.onionPacketsPerS, limits.onionPacketBurst)
    this.waysBack = new BoundedMap(limits.maxOnionErrors)
    this.sweeping = new Alarm(clock, () => this.sweep())
    this.loops = new HopLoops({
      ...{ clock, random, limits, tag: random.bytes(INBOX_TAG_BYTES), others: () => parts.directory.others() },
      own: () => this.asPathHop(),
      send: (hop, packet) => this.sendOn(hop, packet),
      count: (what) => parts.sums.count(what),
    })
  }

  /** Packets that wait for their delay to be over. */
  get delayed(): number {
    return this.delays.size
  }

  /** Inbox tags that are attached. */
  get attached(): number {
    return this.inboxes.size
  }

  start(): void {
    if (this.parts.hasLoops) this.loops.start()
  }

  onUnregister(): void {
    this.isOver = true
    this.queue.close()
    this.delays.close()
    this.loops.close()
    this.sweeping.disarm()
  }

  async onPeerDisconnected({ peerId, publicKey }: PeerInfo): Promise<void> {
    this.detach(peerId)
    this.parts.links.lost(peerId)
    if (publicKey !== undefined) this.queue.forget(hexOf(publicKey))
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { type, payload } = message
    if (type === 'packet') this.receive(readPacket(payload), from)
    else if (type === 'error') this.passBack(readErrorMessage(payload), from.peerId)
    else if (type === 'inbox') {
      this.attach(from.peerId, readInbox(payload))
      await this.kit.reply(message, { type: 'attached', payload: null })
    } else throw unknownType(message)
  }

  /** Sends a packet of our own to its first hop: a reply, or a loop. */
  sendFrom(first: Uint8Array, packet: Uint8Array): void {
    const { directory, sums } = this.parts
    if (hexOf(first) === hexOf(this.kit.publicKey)) {
      this.queue.add('', { packet, from: undefined })
      return
    }
    const hop = directory.find(first)
    if (hop !== undefined) return this.sendOn(hop, packet)
    directory.wanted()
    sums.count('unreachable')
  }

  private receive(packet: Uint8Array, { peerId, publicKey }: PeerInfo): void {
    const { directory, sums } = this.parts
    const link = publicKey === undefined ? peerId : hexOf(publicKey)
    const isHop = publicKey !== undefined && directory.find(publicKey) !== undefined
    if (!isHop && this.wallets.take(link) > 0) return sums.count('overLink')
    if (!this.queue.add(link, { packet, from: peerId })) sums.count('overloaded')
  }

  private peel({ packet, from }: Incoming): void {
    const { sums } = this.parts
    sums.count('peeled')
    const opened = this.open(packet)
    if (opened === undefined) return sums.count('unreadable')
    const { key, isExpired, secret, tag } = opened
    // Only the tag counts: α can be changed into others that give the same secret.
    if (!key.replays.add(tag)) return sums.count('replayed')
    let peeled: PeeledPacket
    try {
      peeled = peelPacket(packet, secret)
    } catch {
      return sums.count('malformed')
    }
    const fault = (code: OnionFault) => {
      if (peeled.delayMs === 0 && from !== undefined) this.fail(from, packetId(packet), secret, code)
    }
    if (isExpired) {
      sums.count('expired')
      return fault(OnionFault.KEY_EXPIRED)
    }
    const isTaken = this.delays.add(peeled.delayMs, () => this.act(peeled, { packet, from, secret }, fault))
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
    { packet, from, secret }: Incoming & { secret: Uint8Array },
    fault: (code: OnionFault) => void,
  ): void {
    const { directory, sums, exit } = this.parts
    switch (peeled.command) {
      case 'drop':
        return sums.count('covered')
      case 'inbox':
        return this.deliver(peeled)
      case 'exit':
        if (exit === undefined) {
          sums.count('noExit')
          return fault(OnionFault.NO_EXIT)
        }
        sums.count('exited')
        return exit(peeled.delta)
      case 'forward': {
        const hop = directory.find(peeled.next)
        if (hop === undefined) {
          directory.wanted()
          sums.count('unreachable')
          return fault(OnionFault.UNREACHABLE)
        }
        if (peeled.delayMs === 0 && from !== undefined) this.remember(hop, peeled.packet, { from, packet, secret })
        sums.count('forwarded')
        return this.sendOn(hop, peeled.packet, fault)
      }
    }
  }

  private sendOn(hop: KnownHop, packet: Uint8Array, fault?: (code: OnionFault) => void): void {
    this.parts.links.send(hop, packet).catch((error: unknown) => {
      const isBusy = isP2PError(error, 'RATE_LIMITED') || isP2PError(error, 'BUFFER_FULL')
      this.parts.sums.count(isBusy ? 'overloaded' : 'unreachable')
      fault?.(isBusy ? OnionFault.OVERLOADED : OnionFault.UNREACHABLE)
    })
  }

  private deliver({ tag, surbId, delta }: PeeledPacket & { command: 'inbox' }): void {
    const { kit, parts } = this
    if (this.loops.take(tag, surbId)) return
    const peerId = this.inboxes.get(hexOf(tag))
    if (peerId === undefined) return parts.sums.count('noInbox')
    const message = { type: 'delivered', payload: [surbId, delta], protocol: ONION_PROTOCOL }
    kit.sendTo(peerId, message, { wait: false }).then(
      () => parts.sums.count('delivered'),
      () => parts.sums.count('noInbox'),
    )
  }

  /** All the tags of a connection: whoever knows a tag may have it. */
  private attach(peerId: string, tags: Uint8Array[]): void {
    this.detach(peerId)
    const names = tags.map(hexOf)
    const room = this.parts.limits.maxOnionInboxes - this.inboxes.size
    for (const name of names.slice(0, Math.max(0, room))) this.inboxes.set(name, peerId)
    this.tagsOf.set(peerId, names)
  }

  private detach(peerId: string): void {
    for (const name of this.tagsOf.get(peerId) ?? []) if (this.inboxes.get(name) === peerId) this.inboxes.delete(name)
    this.tagsOf.delete(peerId)
  }

  /** Tells the sender of a packet, by the way that it came, that it was given up here. */
  private fail(from: string, id: Uint8Array, secret: Uint8Array, code: OnionFault): void {
    const { kit, parts } = this
    const delayMs = kit.random.unit() * parts.limits.onionErrorDelayMs
    this.delays.add(delayMs, () => this.sendError(from, id, createOnionError(secret, code)))
  }

  private remember(hop: KnownHop, out: Uint8Array, { from, packet, secret }: { from: string; packet: Uint8Array; secret: Uint8Array }): void {
    const at = elapsed(this.kit.clock)
    this.waysBack.set(wayOf(hop.peerId, packetId(out)), { peerId: from, id: packetId(packet), secret, at })
    this.sweeping.armOnce(this.parts.limits.onionErrorMs)
  }

  private passBack([id, error]: [Uint8Array, Uint8Array], from: string): void {
    const way = wayOf(lp1Of(this.kit, from), id)
    const back = this.waysBack.get(way)
    // Replies that fail come here too: nobody waits for them.
    if (back === undefined) return
    this.waysBack.delete(way)
    if (elapsed(this.kit.clock) - back.at > this.parts.limits.onionErrorMs) return
    this.delays.add(0, () => this.sendError(back.peerId, back.id, passOnionError(back.secret, error)))
  }

  private sendError(peerId: string, id: Uint8Array, error: Uint8Array): void {
    this.parts.sums.count('errors')
    const message = { type: 'error', payload: [id, error], protocol: ONION_PROTOCOL }
    void this.kit.sendTo(peerId, message, { wait: false }).catch(() => {})
  }

  private sweep(): void {
    const until = elapsed(this.kit.clock) - this.parts.limits.onionErrorMs
    for (const [way, { at }] of this.waysBack) {
      if (at > until) break
      this.waysBack.delete(way)
    }
    if (this.waysBack.size > 0 && !this.isOver) this.sweeping.arm(this.parts.limits.onionErrorMs)
  }

  /** This hop as the end of a loop. */
  private asPathHop(): PathHop | undefined {
    const [, key] = this.parts.keys.told()[0] ?? []
    return key && { id: this.kit.publicKey, key, delayMs: 0 }
  }
}

function wayOf(peerId: string, id: Uint8Array): string {
  return `${peerId} ${hexOf(id)}`
}

/** The `lp1…` id of a connected peer, which may go by a name. */
function lp1Of(kit: PluginKit, peerId: string): string {
  const key = kit.peer(peerId)?.publicKey
  return key === undefined ? peerId : encodePeerId(key)
}
