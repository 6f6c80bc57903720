import { diverse } from '../../address/diversity.js'
import { operatorOf } from '../../address/operator.js'
import { Alarm } from '../../base/alarm.js'
import { Backoff } from '../../base/backoff.js'
import { elapsed } from '../../base/clock.js'
import { asP2PError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { jittered } from '../../base/random.js'
import { malformed } from '../../message/shape.js'
import type { ProtocolHost } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'
import { CIRCUIT_HOP, parseFrame, reservedShape } from './frames.js'

/** A relay's promise to bring us callers, and what it allows them. */
export interface Reservation {
  /** Peer id of the relay. */
  relay: string
  /** Milliseconds since the Unix epoch; renewed well before. */
  expiresAt: number
  /** Circuits to and from us at once. */
  maxCircuits: number
  /** Milliseconds that one circuit may last. */
  circuitMs: number
  /** Bytes that one circuit may carry, both directions together. */
  circuitBytes: number
  /** Bytes a second that one circuit may carry in each direction. */
  circuitBytesPerS: number
}

interface Entry {
  reservation: Reservation | undefined
  /** A request is under way. */
  asking: boolean
  readonly backoff: Backoff
  /** When to ask (again), milliseconds since the Unix epoch. */
  due: number
}

/** The share by which the time of a renewal varies: all peers of a relay that has restarted reserve in the same second. */
const RENEWAL_JITTER = 0.2

/**
 * Keeps reservations at up to `maxReservations` of the connected relays, of different operators where there are so many:
 * asks when a relay connects, and again after half of the time that was granted. One timer serves all.
 */
export class Reservations {
  private readonly entries = new LazyMap<string, Entry>()
  private readonly alarm: Alarm
  private isOver = false

  constructor(
    private readonly protocolHost: ProtocolHost,
    private readonly limits: Limits,
    private readonly relays: () => PeerInfo[],
    private readonly onChange: () => void,
  ) {
    this.alarm = new Alarm(protocolHost.clock, () => this.update())
  }

  /** Those that hold now. */
  all(): Reservation[] {
    const now = elapsed(this.protocolHost.clock)
    return [...this.entries.values()].flatMap(({ reservation }) =>
      reservation !== undefined && reservation.expiresAt > now ? [reservation] : [],
    )
  }

  /** A relay has come, or a refusal has made room for another one. */
  update(): void {
    if (this.isOver) return
    const now = elapsed(this.protocolHost.clock)
    const chosen = this.choose(now)
    let next = Number.POSITIVE_INFINITY
    let dropped = false
    for (const [peerId, entry] of this.entries) {
      if (chosen.has(peerId) || entry.asking) continue
      // One refused before is asked again when it is due and there is room; one that others replace is let go.
      if (entry.reservation === undefined)
        next = Math.min(next, entry.due > now ? entry.due : now + this.limits.reserveRetryMinMs)
      else dropped = this.entries.delete(peerId)
    }
    if (dropped) this.onChange()
    for (const peerId of chosen) {
      const entry = this.entries.get(peerId) ?? this.entryOf()
      this.entries.set(peerId, entry)
      if (entry.asking) continue
      if (entry.due <= now) void this.ask(peerId, entry)
      else next = Math.min(next, entry.due)
    }
    this.alarm.arm(next - now)
  }

  lost(relay: string): void {
    const had = this.entries.get(relay)?.reservation
    this.entries.delete(relay)
    if (had !== undefined) this.onChange()
    this.update()
  }

  close(): void {
    this.isOver = true
    this.entries.clear()
    this.alarm.disarm()
  }

  private entryOf(): Entry {
    const { reserveRetryMinMs: minMs, reserveRetryMaxMs: maxMs } = this.limits
    return {
      reservation: undefined,
      asking: false,
      backoff: new Backoff({ minMs, maxMs, random: this.protocolHost.random }),
      due: 0,
    }
  }

  /** One for each operator first, then any; what we have comes before what we should have to ask for. */
  private choose(now: number): Set<string> {
    const ours = (relay: PeerInfo) => this.entries.get(relay.peerId)?.reservation !== undefined
    const possible = this.relays().filter(({ peerId }) => {
      const entry = this.entries.get(peerId)
      // Not one that has refused a little while ago.
      return entry === undefined || entry.reservation !== undefined || entry.asking || entry.due <= now
    })
    const relays = [...possible.filter(ours), ...possible.filter((relay) => !ours(relay))]
    // Relays that tell no address count as one operator.
    const operator = ({ addresses: { websocket, http } }: PeerInfo) => operatorOf(websocket ?? http) ?? ''
    return new Set(diverse(relays, this.limits.maxReservations, 0, operator).map(({ peerId }) => peerId))
  }

  private async ask(relay: string, entry: Entry): Promise<void> {
    const { clock } = this.protocolHost
    entry.asking = true
    const before = entry.reservation
    try {
      const answer = await this.protocolHost.request(relay, { type: 'reserve', payload: null, protocol: CIRCUIT_HOP })
      const { expiresInS, ...allowed } = parseFrame(reservedShape, answer.payload)
      // A relay may promise a year; what was promised is asked for again in time.
      const ms = Math.min(expiresInS * 1_000, this.limits.reservationMs)
      entry.reservation = { relay, expiresAt: elapsed(clock) + ms, ...allowed }
      entry.backoff.reset()
      entry.due = elapsed(clock) + jittered(this.protocolHost.random, ms / 2, RENEWAL_JITTER)
    } catch (error) {
      if (this.isOver || this.entries.get(relay) !== entry) return
      const { code, details } = asP2PError(error, 'CIRCUIT_REFUSED', '')
      if (code === 'MALFORMED_DATA') return this.protocolHost.reject(relay, malformed('A reservation', error))
      entry.due = elapsed(clock) + entry.backoff.next(Math.min(details.retryAfterMs ?? 0, this.limits.reservationMs))
      if (before !== undefined && before.expiresAt <= entry.due) entry.reservation = undefined
    } finally {
      entry.asking = false
    }
    if (this.isOver || this.entries.get(relay) !== entry) return
    if ((before === undefined) !== (entry.reservation === undefined)) this.onChange()
    this.update()
  }
}
