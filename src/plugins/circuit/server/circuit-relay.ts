import { Alarm } from '../../../base/alarm.js'
import { isP2PError, P2PError, type P2PErrorCode } from '../../../base/errors.js'
import { CIRCUIT_RELAY_LIMITS } from '../../../base/limits/circuit-relay.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import { TokenBucket } from '../../../base/token-bucket.js'
import type { P2PMessage } from '../../../message/message.js'
import { unknownType } from '../../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import {
  CIRCUIT_HOP,
  CIRCUIT_RATES,
  CIRCUIT_STOP,
  costOf,
  openShape,
  parseAck,
  parseClose,
  parseData,
  parseFrame,
} from '../frames.js'

/** One direction of a circuit. */
interface Direction {
  /** The receiver. */
  to: string
  /** Bytes sent by the other end and not yet acknowledged by the receiver, counted by `costOf`. */
  unacked: number
  /** Bytes that may go on at once. One frame may overdraw it, so that the largest passes the smallest allowance. */
  readonly allowance: TokenBucket
  /** Frames that wait for it; the window bounds them. */
  readonly delayed: [frame: Uint8Array, id: string][]
  readonly alarm: Alarm
}

interface Circuit {
  id: string
  /** From the caller to the called, and back. */
  directions: [Direction, Direction]
  /** Bytes carried in both. */
  bytes: number
  /** Rings at the end of its time. */
  readonly alarm: Alarm
}

export interface RelayStats {
  /** Open now. */
  circuits: number
  reservations: number
  opened: number
  refused: number
  /** Frames, and their bytes, forwarded. */
  frames: number
  bytes: number
  /** Messages that no honest peer sends. */
  violations: number
}

/**
 * Forwards opaque frames between two connected peers. It holds at most a window of unacknowledged bytes for each direction of a circuit,
 * never waits for one peer while others want to be served, and tells both ends of every end.
 */
export class CircuitRelay implements IProtocolHandler {
  readonly protocolName = CIRCUIT_HOP
  readonly rateLimits = CIRCUIT_RATES

  private readonly limits: Limits
  private readonly window: number
  private readonly frameBytes: number
  private protocolHost: ProtocolHost | undefined
  private readonly circuits = new Map<string, Circuit>()
  private readonly byPeer = new Map<string, Set<Circuit>>()
  /** When each peer's reservation ends, milliseconds since the Unix epoch. */
  private readonly reservations = new Map<string, number>()
  /** Bytes given to a peer's connection and not yet accepted by it, over all its circuits. */
  private readonly pending = new Map<string, number>()
  private readonly counts = { opened: 0, refused: 0, frames: 0, bytes: 0, violations: 0 }

  constructor(options: { limits?: Limits } = {}) {
    this.limits = options.limits ?? limitsOf(CIRCUIT_RELAY_LIMITS)
    this.window = Math.max(1_024, this.limits.circuitWindowBytes)
    this.frameBytes = Math.max(256, Math.min(this.limits.circuitFrameBytes, Math.floor(this.window / 2)))
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    for (const circuit of [...this.circuits.values()]) this.end(circuit, 'SHUT_DOWN')
    this.protocolHost = undefined
  }

  getStats(): RelayStats {
    return { circuits: this.circuits.size, reservations: this.reservations.size, ...this.counts }
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const host = this.protocolHost
    if (host === undefined) return
    try {
      switch (message.type) {
        case 'data':
          return this.data(host, message.payload, from.peerId)
        case 'ack':
          return this.ack(message.payload, from.peerId)
        case 'close':
          return this.close(message.payload, from.peerId)
        case 'open':
          return await this.open(host, message, from)
        case 'reserve':
          return await this.reserve(host, message, from)
        default:
          throw unknownType(message)
      }
    } catch (error) {
      if (isP2PError(error, 'MALFORMED_DATA') || isP2PError(error, 'PROTOCOL_VIOLATION')) {
        this.counts.violations++
        return host.reject(from.peerId, error)
      }
      throw error
    }
  }

  hasReservation(peerId: string): boolean {
    return (this.reservations.get(peerId) ?? 0) > (this.protocolHost?.clock.now() ?? 0)
  }

  /** Whether callers are brought to this peer. Who has just come is about to reserve. */
  canBeCalled({ peerId, protocols, connection }: PeerInfo): boolean {
    if (connection === undefined || connection.transport === 'circuit' || protocols?.includes(CIRCUIT_STOP) !== true) return false
    const now = this.protocolHost?.clock.now() ?? 0
    return (this.reservations.get(peerId) ?? 0) > now || now - connection.since < this.limits.reservationGraceMs
  }

  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    this.reservations.delete(peer.peerId)
    for (const circuit of [...(this.byPeer.get(peer.peerId) ?? [])]) this.end(circuit, 'CONNECTION_LOST', peer.peerId)
  }

  private async reserve(host: ProtocolHost, message: P2PMessage, from: PeerInfo): Promise<void> {
    const { reservationMs, maxRelayReservations, maxCircuitsPerPeer, circuitMs, circuitBytes, circuitBytesPerS } = this.limits
    if (from.connection?.transport === 'circuit') {
      throw new P2PError('CIRCUIT_REFUSED', 'The relay takes reservations over direct connections only.')
    }
    const isNew = !this.reservations.has(from.peerId)
    if (isNew && this.reservations.size >= maxRelayReservations) {
      this.counts.refused++
      throw new P2PError('CIRCUIT_REFUSED', 'The relay has given all its reservations. Use another relay, or try later.', {
        details: { limit: 'maxRelayReservations', retryAfterMs: reservationMs / 4 },
      })
    }
    this.reservations.set(from.peerId, host.clock.now() + reservationMs)
    const payload = {
      expiresInS: Math.max(10, Math.floor(reservationMs / 1_000)),
      maxCircuits: maxCircuitsPerPeer,
      circuitMs,
      circuitBytes,
      circuitBytesPerS,
    }
    await host.reply(message, { type: 'reserved', payload })
  }

  private async open(host: ProtocolHost, message: P2PMessage, from: PeerInfo): Promise<void> {
    const { circuit: id, target, frame } = parseFrame(openShape, message.payload)
    const refusal = this.refusalOf(host, id, target, from, frame)
    if (refusal !== undefined) {
      this.counts.refused++
      throw refusal
    }
    const circuit: Circuit = {
      id,
      directions: [this.direction(host, target, () => circuit), this.direction(host, from.peerId, () => circuit)],
      bytes: 0,
      alarm: new Alarm(host.clock, () => this.end(circuit, 'LIMIT_EXCEEDED', undefined, 'circuitMs')),
    }
    circuit.alarm.arm(this.limits.circuitMs)
    this.circuits.set(id, circuit)
    for (const { to } of circuit.directions) {
      const known = this.byPeer.get(to) ?? new Set()
      this.byPeer.set(to, known)
      known.add(circuit)
    }
    this.counts.opened++
    const bounds = { window: this.window, frameBytes: this.frameBytes }
    // The answer does not wait for the called one, whose first frame follows it: a round trip saved. A refusal comes as `close`.
    this.forward(host, circuit, target, 'incoming', { circuit: id, from: from.peerId, frame, ...bounds }, frame.length)
    await host.reply(message, { type: 'opened', payload: bounds }).catch(() => this.end(circuit, 'CONNECTION_LOST'))
  }

  private direction(host: ProtocolHost, to: string, circuit: () => Circuit): Direction {
    const { circuitBytesPerS } = this.limits
    const direction: Direction = {
      to,
      unacked: 0,
      allowance: new TokenBucket(circuitBytesPerS, circuitBytesPerS, host.clock.now(), 1),
      delayed: [],
      alarm: new Alarm(host.clock, () => this.pass(host, circuit(), direction)),
    }
    return direction
  }

  private refusalOf(host: ProtocolHost, id: string, target: string, from: PeerInfo, frame: Uint8Array): P2PError | undefined {
    const refuse = (why: string, limit?: string) =>
      new P2PError('CIRCUIT_REFUSED', `The relay refuses the circuit: ${why}.`, limit === undefined ? {} : { details: { limit } })
    // The relay in the middle would then pay for a way that its own peers cannot see.
    if (from.connection?.transport === 'circuit') return refuse('a circuit inside a circuit')
    if (target === from.peerId || target === host.peerId) return refuse('the target must be a third peer')
    if (this.circuits.has(id)) return refuse('its id is in use')
    if (frame.length > this.frameBytes) return refuse('its first frame is too large', 'circuitFrameBytes')
    if (this.circuits.size >= this.limits.maxCircuits) return refuse('it has as many as it takes', 'maxCircuits')
    const own = this.byPeer.get(from.peerId)
    if (full(own, this.limits)) return refuse('you have as many as you may', 'maxCircuitsPerPeer')
    let same = 0
    for (const { directions } of own ?? []) if (directions.some(({ to }) => to === target)) same++
    if (same >= this.limits.maxCircuitsPerPair) return refuse('there are enough to that peer', 'maxCircuitsPerPair')
    const called = host.peers().find((peer) => peer.peerId === target)
    if (called === undefined || called.connection?.transport === 'circuit') {
      return new P2PError('PEER_NOT_FOUND', 'That peer is not connected to this relay. Try another relay, or later.')
    }
    if (called.protocols?.includes(CIRCUIT_STOP) !== true) return refuse('that peer takes no circuits')
    if (!this.canBeCalled(called)) {
      return new P2PError(
        'NO_RESERVATION',
        'That peer is connected to this relay, but has no reservation here. Try its other relays.',
      )
    }
    // Only now, so that whether a peer is here is told in the same way at any load of ours.
    if (full(this.byPeer.get(target), this.limits)) return refuse('that peer has as many as it may', 'maxCircuitsPerPeer')
    return undefined
  }

  private data(host: ProtocolHost, payload: unknown, from: string): void {
    const [id, frame] = parseData(payload)
    const direction = this.directionFrom(id, from)
    if (direction === undefined) {
      // Ended while this was under way. Should its notice have been lost, this is the second one.
      this.notify(host, from, id, 'CONNECTION_CLOSED')
      return
    }
    const circuit = this.circuits.get(id)!
    direction.unacked += costOf(frame)
    if (direction.unacked > this.window || frame.length > this.frameBytes) {
      this.counts.violations++
      this.end(circuit, 'PROTOCOL_VIOLATION')
      return
    }
    circuit.bytes += frame.length
    if (circuit.bytes > this.limits.circuitBytes) {
      this.end(circuit, 'LIMIT_EXCEEDED', undefined, 'circuitBytes')
      return
    }
    direction.delayed.push([frame, id])
    if (!direction.alarm.isArmed) this.pass(host, circuit, direction)
  }

  /** Passes on what the allowance of a direction lets through; the rest follows as it fills again. */
  private pass(host: ProtocolHost, circuit: Circuit, direction: Direction): void {
    const now = host.clock.now()
    for (;;) {
      const next = direction.delayed[0]
      if (next === undefined || !this.circuits.has(circuit.id)) return
      const [frame, id] = next
      const waitMs = direction.allowance.take(now, frame.length)
      if (waitMs > 0) {
        direction.alarm.arm(waitMs)
        return
      }
      direction.delayed.shift()
      this.counts.frames++
      this.counts.bytes += frame.length
      this.forward(host, circuit, direction.to, 'data', [id, frame], frame.length)
    }
  }

  private ack(payload: unknown, from: string): void {
    const [id, bytes] = parseAck(payload)
    const sent = this.directionFrom(id, from)
    if (sent === undefined) return
    const circuit = this.circuits.get(id)!
    const received = circuit.directions.find((direction) => direction !== sent)!
    if (bytes > received.unacked) {
      this.counts.violations++
      this.end(circuit, 'PROTOCOL_VIOLATION')
      return
    }
    received.unacked -= bytes
    this.forward(this.protocolHost!, circuit, sent.to, 'ack', [id, bytes], 0)
  }

  private close(payload: unknown, from: string): void {
    const { circuit: id, code } = parseClose(payload)
    if (this.directionFrom(id, from) === undefined) return
    this.end(this.circuits.get(id)!, code, from)
  }

  /** The direction in which this peer sends; undefined where there is no such circuit (any more). @throws P2PError PROTOCOL_VIOLATION. */
  private directionFrom(id: string, from: string): Direction | undefined {
    const circuit = this.circuits.get(id)
    if (circuit === undefined) return undefined
    const [out, back] = circuit.directions
    if (back.to === from) return out
    if (out.to === from) return back
    // Ids are random: nobody names another's by accident.
    throw new P2PError('PROTOCOL_VIOLATION', 'A peer spoke on a circuit that is not its own.', { details: { peerId: from } })
  }

  private forward(host: ProtocolHost, circuit: Circuit, to: string, type: string, payload: unknown, bytes: number): void {
    const pending = (this.pending.get(to) ?? 0) + bytes
    if (pending > this.limits.sendMaxBufferedBytes) {
      this.end(circuit, 'BUFFER_FULL')
      return
    }
    this.pending.set(to, pending)
    const done = () => {
      const left = (this.pending.get(to) ?? 0) - bytes
      if (left > 0) this.pending.set(to, left)
      else this.pending.delete(to)
    }
    host.sendTo(to, { type, payload, protocol: CIRCUIT_STOP }).then(done, (error: unknown) => {
      done()
      this.end(circuit, isP2PError(error, 'BUFFER_FULL') ? error.code : 'CONNECTION_LOST')
    })
  }

  private end(circuit: Circuit, code: P2PErrorCode | undefined, except?: string, limit?: string): void {
    if (this.circuits.get(circuit.id) !== circuit) return
    this.circuits.delete(circuit.id)
    circuit.alarm.disarm()
    for (const { to, delayed, alarm } of circuit.directions) {
      alarm.disarm()
      // What came before an orderly end still arrives.
      if (to !== except && this.protocolHost !== undefined && code === undefined) {
        for (const [frame, id] of delayed) this.deliverLate(this.protocolHost, to, [id, frame])
      }
      const known = this.byPeer.get(to)
      known?.delete(circuit)
      if (known?.size === 0) this.byPeer.delete(to)
      if (to !== except && this.protocolHost !== undefined) this.notify(this.protocolHost, to, circuit.id, code, limit)
    }
  }

  private deliverLate(host: ProtocolHost, to: string, payload: unknown): void {
    host.sendTo(to, { type: 'data', payload, protocol: CIRCUIT_STOP }).catch(() => {})
  }

  private notify(host: ProtocolHost, to: string, id: string, code: P2PErrorCode | undefined, limit?: string): void {
    const payload = limit !== undefined ? [id, code, limit] : code === undefined ? [id] : [id, code]
    host.sendTo(to, { type: 'close', payload, protocol: CIRCUIT_STOP }).catch((error: unknown) => {
      // A peer that reads nothing can no longer be told; the end of its connection tells it.
      if (isP2PError(error, 'BUFFER_FULL')) host.reject(to, error)
    })
  }
}

function full(circuits: ReadonlySet<Circuit> | undefined, limits: Limits): boolean {
  return (circuits?.size ?? 0) >= limits.maxCircuitsPerPeer
}
