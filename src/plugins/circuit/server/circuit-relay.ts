import { Alarm } from '../../../base/alarm.js'
import { elapsed } from '../../../base/clock.js'
import { codeOf, isP2PError, P2PError, type P2PErrorCode } from '../../../base/errors.js'
import { CIRCUIT_RELAY_LIMITS } from '../../../base/limits/circuit-relay.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import { TokenBucket } from '../../../base/token-bucket.js'
import { encodePeerId } from '../../../identity/peer-id.js'
import type { P2PMessage } from '../../../message/message.js'
import { checkEmpty, unknownType } from '../../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import {
  ackShape,
  CIRCUIT_HOP,
  CIRCUIT_RATES,
  CIRCUIT_STOP,
  closeShape,
  costOf,
  dataShape,
  openShape,
  parseFrame,
} from '../frames.js'
import { Admission } from './admission.js'
import { type Circuit, type End, otherOf, Parties, type Party } from './parties.js'

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
  private readonly circuits = new Set<Circuit>()
  private readonly parties: Parties
  private readonly admission: Admission
  /** Bytes given to a peer's connection and not yet accepted by it, over all its circuits. */
  private readonly pending = new Map<string, number>()
  private readonly counts = { opened: 0, frames: 0, bytes: 0, violations: 0 }

  constructor(options: { limits?: Limits | undefined } = {}) {
    this.limits = options.limits ?? limitsOf(CIRCUIT_RELAY_LIMITS)
    this.window = Math.max(1_024, this.limits.circuitWindowBytes)
    this.frameBytes = Math.max(256, Math.min(this.limits.circuitFrameBytes, Math.floor(this.window / 2)))
    this.parties = new Parties(this.limits)
    this.admission = new Admission(this.limits, this.parties, this.frameBytes)
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    for (const circuit of [...this.circuits]) this.end(circuit, 'SHUT_DOWN')
    this.protocolHost = undefined
  }

  getStats(): RelayStats {
    const { reserved, refused } = this.admission
    return { circuits: this.circuits.size, reservations: reserved, refused, ...this.counts }
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const host = this.protocolHost
    if (host === undefined) return
    try {
      switch (message.type) {
        case 'data':
          return this.data(host, message.payload, from.peerId)
        case 'ack':
          return this.ack(host, message.payload, from.peerId)
        case 'close':
          return this.close(host, message.payload, from.peerId)
        case 'open':
          return await this.open(host, message, from)
        case 'reserve':
          checkEmpty(message)
          return await this.reserve(host, message, from)
        default:
          throw unknownType(message)
      }
    } catch (error) {
      if (isP2PError(error, 'MALFORMED_DATA')) {
        this.counts.violations++
        return host.reject(from.peerId, error)
      }
      throw error
    }
  }

  hasReservation(peerId: string): boolean {
    return this.admission.hasReservation(peerId, this.protocolHost)
  }

  /** Whether circuits go to a peer, or from it. */
  hasCircuits(peerId: string): boolean {
    return (this.parties.get(peerId)?.ends.size ?? 0) > 0
  }

  /** Whether callers are brought to this peer. */
  canBeCalled(peer: PeerInfo): boolean {
    return this.admission.canBeCalled(peer, this.protocolHost)
  }

  async onPeerDisconnected({ peerId }: PeerInfo): Promise<void> {
    const party = this.parties.get(peerId)
    this.admission.remove(peerId)
    this.parties.remove(peerId)
    for (const end of [...(party?.ends.values() ?? [])]) {
      // What it sent before a close in good order still arrives.
      if (end.isOver) continue
      end.isOver = true
      this.end(end.circuit, 'CONNECTION_LOST')
    }
  }

  private async reserve(host: ProtocolHost, message: P2PMessage, from: PeerInfo): Promise<void> {
    this.admission.reserve(from, elapsed(host.clock))
    const { reservationMs, maxCircuitsPerPeer, circuitMs, circuitBytes, circuitBytesPerS } = this.limits
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
    const { target, frame } = parseFrame(openShape, message.payload)
    const caller = this.parties.of(from.peerId, elapsed(host.clock))
    const called = host.peer(target)
    this.admission.admit(host, { caller, from, called, bytes: frame.length }, this.circuits.size, (silent) =>
      this.end(silent, 'LIMIT_EXCEEDED', 'maxCircuitsPerPeer'),
    )
    const circuit = {
      bytes: 0,
      isUsed: false,
      alarm: new Alarm(host.clock, () => this.end(circuit, 'LIMIT_EXCEEDED', 'circuitMs')),
    } as Circuit
    const [near, far] = [caller, this.parties.of(called!.peerId, elapsed(host.clock))].map((party) =>
      this.endOf(host, party, circuit),
    ) as [End, End]
    circuit.ends = [near, far]
    circuit.alarm.arm(this.limits.circuitMs)
    this.circuits.add(circuit)
    this.counts.opened++
    const bounds = { window: this.window, frameBytes: this.frameBytes }
    // The answer does not wait for the called one, whose first frame follows it: a round trip saved. A refusal comes as `close`.
    const incoming = { circuit: far.id, from: encodePeerId(from.publicKey!), frame, ...bounds }
    this.forward(host, far, 'incoming', incoming, frame.length, () => this.begin(host, far))
    if (!this.circuits.has(circuit)) throw new P2PError('CIRCUIT_REFUSED', 'That peer reads too slowly. Try later.')
    // In the protocol of the frames, which so stay behind it.
    const opened = { type: 'opened', payload: { circuit: near.id, ...bounds }, protocol: CIRCUIT_STOP }
    await host.reply(message, opened).then(
      () => this.begin(host, near),
      () => this.end(circuit, 'CONNECTION_LOST'),
    )
  }

  private begin(host: ProtocolHost, end: End): void {
    end.isOpen = true
    this.pass(host, end)
  }

  private endOf(host: ProtocolHost, party: Party, circuit: Circuit): End {
    const { circuitBytesPerS } = this.limits
    const end: End = {
      party,
      id: ++party.lastId,
      circuit,
      isOpen: false,
      isOver: false,
      isLast: false,
      leaving: 0,
      unacked: 0,
      allowance: new TokenBucket(circuitBytesPerS, circuitBytesPerS, elapsed(host.clock), 1),
      delayed: [],
      alarm: new Alarm(host.clock, () => this.pass(host, end)),
    }
    party.ends.set(end.id, end)
    return end
  }

  private data(host: ProtocolHost, payload: unknown, from: string): void {
    const [id, frame] = parseFrame(dataShape, payload)
    const sender = this.known(host, id, from)
    if (sender === undefined) return
    const { circuit } = sender
    const end = otherOf(sender)
    if (sender === circuit.ends[0]) circuit.isUsed = true
    end.unacked += costOf(frame)
    if (end.unacked > this.window || frame.length > this.frameBytes) {
      this.counts.violations++
      this.end(circuit, 'PROTOCOL_VIOLATION')
      return
    }
    // The other end has closed, and hears nothing more; this one learns of the close behind the frames that were before it.
    if (end.isOver) return
    circuit.bytes += frame.length
    if (circuit.bytes > this.limits.circuitBytes) {
      this.end(circuit, 'LIMIT_EXCEEDED', 'circuitBytes')
      return
    }
    end.delayed.push(frame)
    if (!end.alarm.isArmed) this.pass(host, end)
  }

  /** Passes on what the allowance of a direction lets through; the rest follows as it fills again, and a close behind it. */
  private pass(host: ProtocolHost, end: End): void {
    const { delayed, circuit } = end
    while (end.isOpen && !end.isOver) {
      const frame = delayed[0]
      if (frame === undefined) {
        if (end.isLast && end.leaving === 0) this.end(circuit, undefined)
        return
      }
      const waitMs = end.allowance.take(elapsed(host.clock), frame.length)
      if (waitMs > 0) {
        end.alarm.arm(waitMs)
        return
      }
      delayed.shift()
      this.counts.frames++
      this.counts.bytes += frame.length
      end.leaving++
      this.forward(host, end, 'data', [end.id, frame], frame.length, () => {
        end.leaving--
        if (end.isLast && !end.alarm.isArmed) this.pass(host, end)
      })
    }
  }

  private ack(host: ProtocolHost, payload: unknown, from: string): void {
    const [id, bytes] = parseFrame(ackShape, payload)
    const end = this.known(host, id, from)
    if (end === undefined) return
    if (bytes > end.unacked) {
      this.counts.violations++
      this.end(end.circuit, 'PROTOCOL_VIOLATION')
      return
    }
    end.unacked -= bytes
    const sender = otherOf(end)
    if (!sender.isOver) this.forward(host, sender, 'ack', [sender.id, bytes], 0)
  }

  private close(host: ProtocolHost, payload: unknown, from: string): void {
    const [id, code] = parseFrame(closeShape, payload)
    const end = this.parties.get(from)?.ends.get(id)
    if (end === undefined || end.isOver) return
    end.isOver = true
    const other = otherOf(end)
    if (code !== undefined || other.isOver) this.end(end.circuit, codeOf(code, 'CONNECTION_CLOSED'))
    else {
      other.isLast = true
      if (!other.alarm.isArmed) this.pass(host, other)
    }
  }

  /**
   * The end of a peer with this id. Where there is none, the peer is told that the circuit is over, and nothing else: a circuit may have
   * ended while its frames were under way.
   */
  private known(host: ProtocolHost, id: number, from: string): End | undefined {
    const party = this.parties.of(from, elapsed(host.clock))
    const end = party.ends.get(id)
    if (end !== undefined && !end.isOver) return end
    const mayBeTold = party.unknown !== id && party.telling < this.limits.maxCircuitsPerPeer
    if (mayBeTold && party.words.take(elapsed(host.clock)) === 0) {
      party.unknown = id
      party.telling++
      void this.sayClose(host, from, [id, 'CONNECTION_LOST']).then(() => party.telling--)
    }
    return undefined
  }

  private forward(host: ProtocolHost, end: End, type: string, payload: unknown, bytes: number, done = () => {}): void {
    const { peerId } = end.party
    const pending = (this.pending.get(peerId) ?? 0) + bytes
    // The other half is for what the relay itself has to say.
    if (pending > this.limits.sendMaxBufferedBytes / 2) {
      this.end(end.circuit, 'BUFFER_FULL')
      return
    }
    this.pending.set(peerId, pending)
    const settled = () => {
      const left = (this.pending.get(peerId) ?? 0) - bytes
      if (left > 0) this.pending.set(peerId, left)
      else this.pending.delete(peerId)
    }
    host.sendTo(peerId, { type, payload, protocol: CIRCUIT_STOP }).then(
      () => {
        settled()
        done()
      },
      (error: unknown) => {
        settled()
        this.end(end.circuit, isP2PError(error, 'BUFFER_FULL') ? error.code : 'CONNECTION_LOST')
      },
    )
  }

  /** Ends a circuit at once, and tells the ends that do not know. */
  private end(circuit: Circuit, code: P2PErrorCode | undefined, limit?: string): void {
    if (!this.circuits.delete(circuit)) return
    circuit.alarm.disarm()
    for (const end of circuit.ends) {
      end.alarm.disarm()
      end.party.ends.delete(end.id)
      if (end.isOver || this.protocolHost === undefined) continue
      end.isOver = true
      const payload = limit !== undefined ? [end.id, code, limit] : code === undefined ? [end.id] : [end.id, code]
      void this.sayClose(this.protocolHost, end.party.peerId, payload)
    }
  }

  /** A peer that cannot be told hears of the end when it next speaks on the circuit. */
  private sayClose(host: ProtocolHost, to: string, payload: unknown): Promise<void> {
    return host.sendTo(to, { type: 'close', payload, protocol: CIRCUIT_STOP }).catch(() => {})
  }
}
