import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed, lateness } from '../../base/clock.js'
import { isP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { P2PMessage } from '../../message/message.js'
import { checkEmpty, unknownType } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'

const PING = 'ping'
const PONG = 'pong'

export interface HeartbeatOptions {
  clock: Clock
  limits: Limits
  intervalMs: number
  /** The channel that carries the peer's messages at present. */
  pathOf(peerId: string): { readonly bytesIn: number } | undefined
  /** @param skewMs how far the peer's clock is ahead of ours. */
  onMeasured(peerId: string, rttMs: number, skewMs: number): void
  onDead(peerId: string, error: P2PError): void
}

/**
 * Probes every peer once when it connects and then at an interval, measures the round trip, and gives up paths that do not answer.
 * One timer serves all peers.
 */
export class Heartbeat implements IProtocolHandler {
  readonly protocolName = 'lotus/heartbeat'
  readonly use = 'upkeep'
  /** One at each connection too: a wallet may connect many times in a second. */
  readonly rateLimits = { messagesPerS: 50, burst: 1_000 }
  private protocolHost: ProtocolHost | undefined
  private readonly alarm: Alarm
  /** By how much the alarm is late, milliseconds. */
  private late: () => number = () => 0

  constructor(private readonly wiring: HeartbeatOptions) {
    this.alarm = new Alarm(wiring.clock, () => this.round())
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    this.alarm.disarm()
    this.protocolHost = undefined
  }

  async handleMessage(message: P2PMessage): Promise<void> {
    if (message.type !== PING) throw unknownType(message)
    checkEmpty(message)
    await this.protocolHost?.reply(message, { type: PONG, payload: null })
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    if (!this.alarm.isArmed) this.arm()
    await this.probe(peer.peerId)
  }

  /** Probes every peer at once; a path that does not answer in this time is given up. */
  probeAll(timeoutMs: number): void {
    for (const { peerId } of this.protocolHost?.peers() ?? []) void this.probe(peerId, timeoutMs)
  }

  /** Probes one peer: its path has changed, or may be broken. */
  measure(peerId: string, timeoutMs?: number): void {
    void this.probe(peerId, timeoutMs)
  }

  private arm(): void {
    const { clock, intervalMs } = this.wiring
    this.late = lateness(clock, intervalMs)
    this.alarm.arm(intervalMs)
  }

  private round(): void {
    const { limits } = this.wiring
    const peers = this.protocolHost?.peers() ?? []
    // Without peers no timer runs: a coordinator that is only made, as on a server that renders a page, holds no process.
    if (peers.length === 0) return
    // A tab that slept wakes with all timers late: the answers to the probes may arrive first.
    const stalled = this.late() > limits.heartbeatTimeoutMs
    if (!stalled) for (const peer of peers) void this.probe(peer.peerId)
    this.arm()
  }

  private async probe(peerId: string, timeoutMs = this.wiring.limits.heartbeatTimeoutMs): Promise<void> {
    const { clock, pathOf, onDead } = this.wiring
    const late = lateness(clock, timeoutMs)
    const path = pathOf(peerId)
    // The time runs in two halves: an answer that lies unread after the first, because we stood still, counts in the second.
    if (await this.answers(peerId, timeoutMs / 2)) return
    const heard = path?.bytesIn
    if (await this.answers(peerId, timeoutMs / 2)) return
    // A timer so late means that we stood still: the answer may lie unread.
    // Another path serves the peer meanwhile: the probe says nothing of it.
    // Other bytes have come: the answer stands behind them.
    if (late() > 100 || pathOf(peerId) !== path || path?.bytesIn !== heard) return this.probe(peerId, timeoutMs)
    onDead(
      peerId,
      new P2PError('CONNECTION_LOST', `The peer did not answer within ${timeoutMs} ms. Connect again.`, {
        details: { peerId },
      }),
    )
  }

  /** False where no answer came in time. */
  private async answers(peerId: string, timeoutMs: number): Promise<boolean> {
    const { clock, onMeasured } = this.wiring
    const sentAt = elapsed(clock)
    try {
      const answer = await this.protocolHost?.request(
        peerId,
        { type: PING, payload: null, protocol: this.protocolName },
        { timeoutMs },
      )
      const rttMs = elapsed(clock) - sentAt
      // As in NTP (RFC 5905 §8), the answer is taken to have been written half-way.
      if (answer !== undefined) onMeasured(peerId, rttMs, answer.timestamp - clock.now() + rttMs / 2)
      return true
    } catch (error) {
      // A peer that answers with an error is alive; of one that is gone there is nothing to say.
      return !isP2PError(error, 'TIMEOUT')
    }
  }
}
