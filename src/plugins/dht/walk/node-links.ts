import { Alarm } from '../../../base/alarm.js'
import { elapsed } from '../../../base/clock.js'
import { LazyMap } from '../../../base/lazy-map.js'
import type { Limits } from '../../../base/limits.js'
import { type WaitOptions, withDeadline } from '../../../base/wait.js'
import type { OutgoingMessage, P2PMessage } from '../../../message/message.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import type { Contact } from './contact.js'
import { RoundTrips } from './round-trips.js'

/** How the DHT reaches nodes that nobody is connected to. */
export interface NodeDialer {
  /** Whether nodes may be dialled at present; while not, only those are asked that are connected anyway. */
  mayDial(): boolean
  /** Connects to a node at its address; fails with WRONG_PEER where another one answers there. */
  dial(address: string, peerId: string, wait: WaitOptions): Promise<string>
  isConnected(peerId: string): boolean
  /** Ends a connection that `dial` made, unless somebody else here wants it. */
  release(peerId: string): void
}

interface Link {
  /** Questions under way. */
  busy: number
  usedAt: number
}

/** Links above the number that is kept: for how long after their last use, and how many times as many. */
const SETTLE_MS = 15_000
const MOST = 6

/** Shortest time that a node has to answer, milliseconds: a loaded machine stands still for as long now and then. */
const MIN_TIMEOUT_MS = 500
/** Likewise where it has to be dialled first: Firefox opens one WebSocket to an address at a time, so a dial may wait for others. */
const MIN_DIAL_TIMEOUT_MS = 1500

/**
 * Asks nodes, over connections that are there or are made for it. Those made for it stay open while they are used, the latest
 * `dhtLinks` of them, so that most lookups begin with a node that answers in one round trip.
 */
export class NodeLinks {
  readonly times: RoundTrips
  private readonly links = new LazyMap<string, Link>()
  /** Nodes whose connections stay, used or not. */
  private warm: ReadonlySet<string> | undefined
  private readonly alarm: Alarm
  private isOver = false

  constructor(
    private readonly protocolHost: ProtocolHost,
    private readonly dialer: NodeDialer,
    private readonly limits: Limits,
  ) {
    this.times = new RoundTrips(limits.dhtBucketSize * 32)
    this.alarm = new Alarm(protocolHost.clock, () => this.tidy())
  }

  /** Connections to these nodes stay, used or not; those to others go as they are not used. */
  keepWarm(peerIds: Iterable<string>): void {
    this.warm = new Set(peerIds)
  }

  isConnected(peerId: string): boolean {
    return this.dialer.isConnected(peerId)
  }

  slowAfterMs({ peerId }: Contact): number {
    return this.times.slowAfter(peerId, this.isConnected(peerId))
  }

  /** Asks a node. @throws P2PError TIMEOUT, ABORTED, what a dial fails with, or what the node refuses with. */
  async ask(contact: Contact, message: OutgoingMessage, { signal }: WaitOptions): Promise<P2PMessage> {
    const { peerId } = contact
    const max = this.limits.dhtTimeoutMs
    const isConnected = this.isConnected(peerId)
    const min = isConnected ? MIN_TIMEOUT_MS : MIN_DIAL_TIMEOUT_MS
    const timeoutMs = this.times.timeout(peerId, isConnected, { min, max })
    return withDeadline(this.protocolHost.clock, 'The question to a DHT node', { signal, timeoutMs }, async (inner) => {
      if (!isConnected) {
        await this.dialer.dial(contact.address, peerId, { signal: inner, timeoutMs })
        // Two questions at once dial once, and share the link.
        if (!this.links.has(peerId)) this.links.set(peerId, { busy: 0, usedAt: 0 })
      }
      const link = this.links.get(peerId)
      if (link !== undefined) link.busy++
      const startedAt = elapsed(this.protocolHost.clock)
      try {
        const answer = await this.protocolHost.request(peerId, message, { signal: inner, timeoutMs })
        this.times.measured(peerId, elapsed(this.protocolHost.clock) - startedAt)
        return answer
      } finally {
        if (link !== undefined) {
          link.busy--
          link.usedAt = elapsed(this.protocolHost.clock)
          // The latest used come last.
          if (this.links.delete(peerId)) this.links.set(peerId, link)
          this.trim()
          this.arm()
        }
      }
    })
  }

  /** A connection is gone, for whatever reason. */
  lost(peerId: string): void {
    this.links.delete(peerId)
  }

  close(): void {
    this.isOver = true
    this.alarm.disarm()
    this.links.clear()
  }

  /** Ends the least used of those that are too many; what was just used is likely to be used again, as by a store after its walk. */
  private trim(): void {
    const { dhtLinks } = this.limits
    const settled = elapsed(this.protocolHost.clock) - SETTLE_MS
    for (const [peerId, { busy, usedAt }] of this.links) {
      if (this.links.size <= dhtLinks) return
      if (busy === 0 && !this.warm?.has(peerId) && (usedAt <= settled || this.links.size > dhtLinks * MOST)) this.release(peerId)
    }
  }

  /** Runs only while there are links. */
  private arm(): void {
    const { dhtLinks, dhtLinkIdleMs } = this.limits
    if (this.links.size > 0 && !this.isOver) this.alarm.armOnce(this.links.size > dhtLinks ? SETTLE_MS : dhtLinkIdleMs / 4)
  }

  /** Ends links that nobody has used for a while. */
  private tidy(): void {
    const until = elapsed(this.protocolHost.clock) - this.limits.dhtLinkIdleMs
    for (const [peerId, { busy, usedAt }] of this.links) {
      if (busy === 0 && usedAt <= until && !this.warm?.has(peerId)) this.release(peerId)
    }
    this.trim()
    this.arm()
  }

  private release(peerId: string): void {
    this.links.delete(peerId)
    this.dialer.release(peerId)
  }
}
