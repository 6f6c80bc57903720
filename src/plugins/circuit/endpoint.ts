import { parseCircuit } from '../../address/addresses.js'
import { abortedError, isP2PError, P2PError, shutDownError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import { randomId } from '../../base/random.js'
import type { P2PMessage } from '../../message/message.js'
import { unknownType } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'
import type { Connection, DialOptions, Listener, Transport } from '../../transport/transport.js'
import { CircuitConnection } from './circuit-connection.js'
import {
  CIRCUIT_HOP,
  CIRCUIT_RATES,
  CIRCUIT_STOP,
  incomingShape,
  openedShape,
  parseAck,
  parseClose,
  parseData,
  parseFrame,
} from './frames.js'
import { type Reservation, Reservations } from './reservations.js'

/** True for a peer that forwards circuits and is reached without one. */
export function isRelay(peer: PeerInfo): boolean {
  return peer.connection?.transport !== 'circuit' && peer.protocols?.includes(CIRCUIT_HOP) === true
}

/**
 * The ends of circuits: dials through a relay that we are connected to, and accepts what relays bring. An address is
 * `circuit:<peer id of the relay>/<peer id of the target>`.
 */
export class CircuitEndpoint implements IProtocolHandler, Transport, Listener {
  readonly protocolName = CIRCUIT_STOP
  readonly rateLimits = CIRCUIT_RATES
  readonly name = 'circuit'
  readonly transport = 'circuit'
  readonly listener: Listener = this
  readonly rank = 1
  readonly direct = false
  /** Empty: a circuit's address depends on the relay; see `reserved`. */
  readonly addresses: readonly string[] = []

  private readonly limits: Limits
  private readonly onReservation: () => void
  private protocolHost: ProtocolHost | undefined
  private reservations: Reservations | undefined
  private accept: ((connection: Connection) => void) | undefined
  /** By relay and circuit id: two relays may use the same id. */
  private readonly circuits = new LazyMap<string, CircuitConnection>()

  /** @param options.onReservation told when a reservation is there, or is lost. */
  constructor(options: { limits?: Limits; onReservation?: () => void } = {}) {
    this.limits = options.limits ?? limitsOf()
    this.onReservation = options.onReservation ?? (() => {})
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    this.reservations?.close()
    this.endAll(() => true, shutDownError(), true)
    this.protocolHost = undefined
  }

  /** Where callers can reach us. */
  reserved(): Reservation[] {
    return this.reservations?.all() ?? []
  }

  canDial(address: string): boolean {
    return address.startsWith('circuit:')
  }

  /**
   * The first frame travels with the request to the relay, so that the answer to it comes after one round trip end to end.
   *
   * @throws P2PError INVALID_ADDRESS, SELF_DIAL, NO_RELAY, PEER_NOT_FOUND, CIRCUIT_REFUSED, ABORTED, or what became of the relay.
   */
  async dial(address: string, { signal, firstFrame }: DialOptions): Promise<Connection> {
    const { relay, peerId: target } = parseCircuit(address)
    const host = this.protocolHost
    if (host === undefined) throw shutDownError()
    if (signal?.aborted) throw abortedError('The dial', signal.reason)
    if (target === host.peerId) throw new P2PError('SELF_DIAL', 'A circuit cannot lead to oneself.', { details: { address } })
    const relayPeer = host.peers().find((peer) => peer.peerId === relay)
    if (relayPeer === undefined || !isRelay(relayPeer)) {
      const why = relayPeer === undefined ? 'is not connected' : 'does not forward circuits'
      throw new P2PError('NO_RELAY', `The relay ${relay} ${why}. Connect to a relay directly first.`, {
        details: { address, peerId: relay },
      })
    }
    const circuit = this.add(host, { id: randomId(host.random), relay, peer: target, outbound: true })
    try {
      const payload = { circuit: circuit.id, target, frame: firstFrame }
      const answer = await host.request(
        relay,
        { type: 'open', payload, protocol: CIRCUIT_HOP },
        { signal, timeoutMs: this.limits.dialTimeoutMs },
      )
      circuit.opened(this.checkBounds(parseFrame(openedShape, answer.payload)))
    } catch (error) {
      // The relay may have opened it all the same.
      circuit.end(error as Error)
      throw error
    }
    if (circuit.pipe.error !== undefined) throw circuit.pipe.error
    return circuit.pipe
  }

  async listen(accept: (connection: Connection) => void): Promise<void> {
    this.accept = accept
    const { protocolHost: host } = this
    if (host === undefined) return
    this.reservations ??= new Reservations(host, this.limits, () => host.peers().filter(isRelay), this.onReservation)
    this.reservations.update()
  }

  async close(): Promise<void> {
    this.accept = undefined
    this.reservations?.close()
    this.reservations = undefined
    this.endAll(({ pipe }) => !pipe.outbound, undefined, true)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const host = this.protocolHost
    if (host === undefined) return
    if (!isRelay(from)) {
      const details = { peerId: from.peerId }
      return host.reject(from.peerId, new P2PError('PROTOCOL_VIOLATION', 'A peer that is no relay spoke as one.', { details }))
    }
    try {
      this.receive(host, message, from.peerId)
    } catch (error) {
      if (isP2PError(error, 'MALFORMED_DATA')) host.reject(from.peerId, error)
      else throw error
    }
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    if (isRelay(peer)) this.reservations?.update()
  }

  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    this.reservations?.lost(peer.peerId)
    const error = new P2PError('CONNECTION_LOST', `The relay ${peer.peerId} is gone. Connect again.`, {
      details: { peerId: peer.peerId },
    })
    this.endAll((circuit) => circuit.relay === peer.peerId, error, false)
  }

  private receive(host: ProtocolHost, message: P2PMessage, relay: string): void {
    const { payload } = message
    // After our end of it has gone, a circuit may still bring what was under way.
    const find = (id: string) => this.circuits.get(keyOf(relay, id))
    if (message.type === 'data') {
      const [id, frame] = parseData(payload)
      const circuit = find(id)
      if (circuit !== undefined) circuit.receive(frame)
      // We lost the relay and with it this circuit, and came back before the relay had noticed: the other end hears of it now.
      else host.sendTo(relay, { type: 'close', payload: [id, 'CONNECTION_LOST'], protocol: CIRCUIT_HOP }).catch(() => {})
    } else if (message.type === 'ack') {
      const [id, bytes] = parseAck(payload)
      find(id)?.acknowledged(bytes)
    } else if (message.type === 'close') {
      const { circuit: id, code, limit } = parseClose(payload)
      find(id)?.end(code && closedBy(code, relay, limit), false)
    } else if (message.type === 'incoming') {
      this.incoming(host, payload, relay)
    } else {
      throw unknownType(message)
    }
  }

  private incoming(host: ProtocolHost, payload: unknown, relay: string): void {
    const { circuit: id, from, frame, ...bounds } = parseFrame(incomingShape, payload)
    const twin = this.circuits.get(keyOf(relay, id))
    if (twin !== undefined) {
      // It would swap the far end of a circuit under its channel.
      twin.end(new P2PError('PROTOCOL_VIOLATION', 'The relay used a circuit id twice.'), 'PROTOCOL_VIOLATION')
      return
    }
    let ofRelay = 0
    for (const circuit of this.circuits.values()) if (circuit.relay === relay) ofRelay++
    const full = ofRelay >= this.limits.maxCircuitsPerPeer
    if (this.accept === undefined || from === host.peerId || full || bounds.window > this.limits.sendMaxBufferedBytes) {
      host.sendTo(relay, { type: 'close', payload: [id, 'CIRCUIT_REFUSED'], protocol: CIRCUIT_HOP }).catch(() => {})
      return
    }
    const circuit = this.add(host, { id, relay, peer: from, outbound: false, bounds })
    circuit.receive(frame, 0)
    this.accept(circuit.pipe)
  }

  private add(
    host: ProtocolHost,
    options: { id: string; relay: string; peer: string; outbound: boolean; bounds?: Bounds },
  ): CircuitConnection {
    const key = keyOf(options.relay, options.id)
    const onEnd = () => this.circuits.delete(key)
    const circuit = new CircuitConnection({ ...options, host, limits: this.limits, onEnd })
    this.circuits.set(key, circuit)
    return circuit
  }

  /** A window is what a relay may make us hold: never more than any other slow path may cost. */
  private checkBounds(bounds: Bounds): Bounds {
    if (bounds.window <= this.limits.sendMaxBufferedBytes) return bounds
    throw new P2PError('CIRCUIT_REFUSED', "The relay's window is larger than limits.sendMaxBufferedBytes.")
  }

  private endAll(which: (circuit: CircuitConnection) => boolean, error: Error | undefined, tellRelay: boolean): void {
    for (const circuit of [...this.circuits.values()]) if (which(circuit)) circuit.end(error, tellRelay)
  }
}

function keyOf(relay: string, circuit: string): string {
  return `${circuit} ${relay}`
}

interface Bounds {
  window: number
  frameBytes: number
}

function closedBy(code: P2PError['code'], relay: string, limit: string | undefined): P2PError {
  const why = limit === undefined ? code : `the relay's limit ${limit} is reached`
  const details = { peerId: relay, ...(limit !== undefined && { limit, byRelay: true }) }
  // The relay's shutting down is not ours.
  return new P2PError(code === 'SHUT_DOWN' ? 'CONNECTION_LOST' : code, `The circuit ended: ${why}. Connect again.`, { details })
}
