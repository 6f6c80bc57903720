import { operatorOf } from '../../address/operator.js'
import type { Timer } from '../../base/clock.js'
import { asP2PError, isP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
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
  failures: number
  /** When to ask (again), milliseconds since the Unix epoch. */
  due: number
}

/** First pause after a refusal; it doubles. */
const RETRY_MS = 5_000

/**
 * Keeps reservations at up to `maxReservations` of the connected relays, of different operators where there are so many:
 * asks when a relay connects, and again after half of the time that was granted. One timer serves all.
 */
export class Reservations {
  private readonly entries = new Map<string, Entry>()
  private timer: Timer | undefined
  private closed = false

  constructor(
    private readonly host: ProtocolHost,
    private readonly limits: Limits,
    private readonly relays: () => PeerInfo[],
    private readonly onChange: () => void,
  ) {}

  /** Those that hold now. */
  all(): Reservation[] {
    const now = this.host.clock.now()
    return [...this.entries.values()].flatMap(({ reservation }) =>
      reservation !== undefined && reservation.expiresAt > now ? [reservation] : [],
    )
  }

  /** A relay has come, or a refusal has made room for another one. */
  update(): void {
    if (this.closed) return
    const now = this.host.clock.now()
    const chosen = this.choose(now)
    let next = Number.POSITIVE_INFINITY
    let dropped = false
    for (const [peerId, entry] of this.entries) {
      if (chosen.has(peerId) || entry.asking) continue
      // One refused before is asked again when it is due and there is room; one that others replace is let go.
      if (entry.reservation === undefined) next = Math.min(next, Math.max(entry.due, now + RETRY_MS))
      else dropped = this.entries.delete(peerId)
    }
    if (dropped) this.onChange()
    for (const peerId of chosen) {
      const entry = this.entries.get(peerId) ?? { reservation: undefined, asking: false, failures: 0, due: 0 }
      this.entries.set(peerId, entry)
      if (entry.asking) continue
      if (entry.due <= now) void this.ask(peerId, entry)
      else next = Math.min(next, entry.due)
    }
    this.arm(next)
  }

  lost(relay: string): void {
    const had = this.entries.get(relay)?.reservation
    this.entries.delete(relay)
    if (had !== undefined) this.onChange()
    this.update()
  }

  close(): void {
    this.closed = true
    this.entries.clear()
    if (this.timer !== undefined) this.host.clock.clearTimeout(this.timer)
    this.timer = undefined
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
    const operators = new Set<string>()
    const chosen = new Set<string>()
    for (const pass of ['new operator', 'any'] as const) {
      for (const { peerId, addresses } of relays) {
        if (chosen.size >= this.limits.maxReservations) return chosen
        const operator = operatorOf(addresses.websocket ?? addresses.http)
        if (pass === 'new operator' && (operator === undefined || operators.has(operator))) continue
        if (operator !== undefined) operators.add(operator)
        chosen.add(peerId)
      }
    }
    return chosen
  }

  private async ask(relay: string, entry: Entry): Promise<void> {
    const { clock } = this.host
    entry.asking = true
    const before = entry.reservation
    try {
      const answer = await this.host.request(relay, { type: 'reserve', payload: null, protocol: CIRCUIT_HOP })
      const { expiresInS, ...allowed } = parseFrame(reservedShape, answer.payload)
      // A relay may promise a year; what was promised is asked for again in time.
      const ms = Math.min(expiresInS * 1_000, this.limits.reservationMs)
      entry.reservation = { relay, expiresAt: clock.now() + ms, ...allowed }
      entry.failures = 0
      entry.due = clock.now() + ms / 2
    } catch (error) {
      if (this.closed || this.entries.get(relay) !== entry) return
      const { code, details } = asP2PError(error, 'CIRCUIT_REFUSED', '')
      if (code === 'MALFORMED_DATA') {
        return this.host.reject(
          relay,
          new P2PError('MALFORMED_DATA', "The relay's reservation has no meaning.", { cause: error }),
        )
      }
      // A relay of an earlier kind, that needs no reservation, is not asked again.
      const pause = isP2PError(error, 'PROTOCOL_NOT_SUPPORTED') ? this.limits.reservationMs : RETRY_MS * 2 ** entry.failures
      entry.failures = Math.min(entry.failures + 1, 8)
      entry.due = clock.now() + Math.max(pause, Math.min(details.retryAfterMs ?? 0, this.limits.reservationMs))
      if (before !== undefined && before.expiresAt <= entry.due) entry.reservation = undefined
    } finally {
      entry.asking = false
    }
    if (this.closed || this.entries.get(relay) !== entry) return
    if ((before === undefined) !== (entry.reservation === undefined)) this.onChange()
    this.update()
  }

  private arm(at: number): void {
    const { clock } = this.host
    if (this.timer !== undefined) clock.clearTimeout(this.timer)
    this.timer = undefined
    if (at === Number.POSITIVE_INFINITY) return
    this.timer = clock.setTimeout(
      () => {
        this.timer = undefined
        this.update()
      },
      Math.max(0, at - clock.now()),
    )
  }
}
