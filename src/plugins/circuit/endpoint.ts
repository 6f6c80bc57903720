import { circuitAddress, parseCircuit } from '../../address/addresses.js'
import { abortedError, isP2PError, P2PError, shutDownError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import { tupleKey } from '../../base/tuple-key.js'
import { encodePeerId, isPeerId } from '../../identity/peer-id.js'
import type { P2PMessage } from '../../message/message.js'
import { unknownType } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import { type PeerInfo, serves } from '../../protocol/peer-info.js'
import type { Connection, DialOptions, Listener, Transport } from '../../transport/transport.js'
import { CircuitConnection, circuitEnded, type Opened, sayClose } from './circuit-connection.js'
import {
  ackShape,
  CIRCUIT_HOP,
  CIRCUIT_RATES,
  CIRCUIT_STOP,
  closeShape,
  dataShape,
  incomingShape,
  openedShape,
  parseFrame,
} from './frames.js'
import { type Reservation, Reservations } from './reservations.js'

/** True for a peer that forwards circuits, that we have chosen, and that is reached without one. */
export function isRelay(peer: PeerInfo): boolean {
  return peer.connection?.transport !== 'circuit' && serves(peer, CIRCUIT_HOP)
}

/**
 * The ends of circuits: dials through a relay that we are connected to, and accepts what relays bring. An address is
 * `circuit:<peer id of the relay>/<peer id of the target>`; the relay is told the target's `lp1…` id, whatever name it has chosen.
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
  private readonly keyOf: (name: string) => Promise<Uint8Array | undefined>
  private protocolHost: ProtocolHost | undefined
  private reservations: Reservations | undefined
  private accept: ((connection: Connection) => void) | undefined
  /** By relay and circuit id: two relays may use the same id. */
  private readonly circuits = new LazyMap<string, CircuitConnection>()
  /** The last unknown circuit that a relay was told of: what else is under way on it needs no second word. */
  private unknown: string | undefined
  /** Such words that have not left: a relay that does not read is told no more of them. */
  private telling = 0

  /**
   * @param options.onReservation told when a reservation is there, or is lost.
   * @param options.keyOf the key of a peer that is dialled by a chosen name.
   */
  constructor(
    options: { limits?: Limits; onReservation?: () => void; keyOf?: (name: string) => Promise<Uint8Array | undefined> } = {},
  ) {
    this.limits = options.limits ?? limitsOf()
    this.onReservation = options.onReservation ?? (() => {})
    this.keyOf = options.keyOf ?? (async () => undefined)
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
    const { relay, peerId } = parseCircuit(address)
    const host = this.protocolHost
    if (host === undefined) throw shutDownError()
    if (signal?.aborted) throw abortedError('The dial', signal.reason)
    if (peerId === host.peerId) throw new P2PError('SELF_DIAL', 'A circuit cannot lead to oneself.', { details: { address } })
    const relayPeer = host.peer(relay)
    if (relayPeer === undefined || !isRelay(relayPeer)) {
      const why = relayPeer === undefined ? 'is not connected' : 'does not forward circuits'
      throw new P2PError('NO_RELAY', `The relay ${relay} ${why}. Connect to a relay directly first.`, {
        details: { address, peerId: relay },
      })
    }
    const target = await this.idOf(host, peerId)
    const circuit = this.create(host, relayPeer.peerId, address, true)
    try {
      await host.request(
        circuit.relay,
        { type: 'open', payload: { target, frame: firstFrame }, protocol: CIRCUIT_HOP },
        {
          signal,
          timeoutMs: this.limits.dialTimeoutMs,
          // Before the frames that may follow in the same batch.
          onAnswer: ({ payload }) => {
            const opened = parseFrame(openedShape, payload)
            circuit.id = opened.circuit
            this.open(circuit, this.checkBounds(opened))
          },
        },
      )
    } catch (error) {
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
    try {
      this.receive(host, message, from)
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
    const error = circuitEnded('The relay is gone.', peer.peerId)
    this.endAll((circuit) => circuit.relay === peer.peerId, error, false)
  }

  private receive(host: ProtocolHost, message: P2PMessage, from: PeerInfo): void {
    const { payload, type } = message
    const relay = from.peerId
    if (type === 'data') {
      const [id, frame] = parseFrame(dataShape, payload)
      this.known(host, relay, id)?.receive(frame)
    } else if (type === 'ack') {
      const [id, bytes] = parseFrame(ackShape, payload)
      this.known(host, relay, id)?.acknowledged(bytes)
    } else if (type === 'close') {
      const [id, code, limit] = parseFrame(closeShape, payload)
      const why = limit === undefined ? code : `the relay's limit ${limit} is reached`
      const details = { reason: code, ...(limit !== undefined && { limit }) }
      const error = code === undefined ? undefined : circuitEnded(`The circuit ended: ${why}.`, relay, details)
      this.circuits.get(keyOf(relay, id))?.end(error, false)
    } else if (type === 'incoming') {
      this.incoming(host, payload, from)
    } else if (type === 'opened') {
      // The answer to a dial that was given up meanwhile.
      void sayClose(host, relay, [parseFrame(openedShape, payload).circuit, 'ABORTED'])
    } else {
      throw unknownType(message)
    }
  }

  /**
   * The circuit of this id, or undefined, and the relay is told. After our end of a circuit has gone, what was under way still comes; or
   * we lost the relay and came back before the relay had noticed, so that the other end hears of it only now.
   */
  private known(host: ProtocolHost, relay: string, id: number): CircuitConnection | undefined {
    const key = keyOf(relay, id)
    const circuit = this.circuits.get(key)
    if (circuit === undefined && this.unknown !== key && this.telling < this.limits.maxCircuitsPerPeer) {
      this.unknown = key
      this.telling++
      void sayClose(host, relay, [id, 'CONNECTION_LOST']).then(() => this.telling--)
    }
    return circuit
  }

  private incoming(host: ProtocolHost, payload: unknown, from: PeerInfo): void {
    const { from: caller, frame, ...opened } = parseFrame(incomingShape, payload)
    const { peerId: relay } = from
    let ofRelay = 0
    for (const circuit of this.circuits.values()) if (circuit.relay === relay) ofRelay++
    const full = ofRelay >= this.limits.maxCircuitsPerPeer
    // A peer may have ceased to be a relay while this was under way.
    if (this.accept === undefined || full || !isRelay(from) || opened.window > this.limits.sendMaxBufferedBytes) {
      void sayClose(host, relay, [opened.circuit, 'CIRCUIT_REFUSED'])
      return
    }
    const circuit = this.create(host, relay, circuitAddress(relay, caller), false)
    this.open(circuit, opened)
    circuit.receive(frame, 0)
    this.accept(circuit.pipe)
  }

  private create(host: ProtocolHost, relay: string, remoteAddress: string, outbound: boolean): CircuitConnection {
    const onEnd = () => {
      const key = keyOf(relay, circuit.id)
      if (this.circuits.get(key) === circuit) this.circuits.delete(key)
    }
    const circuit: CircuitConnection = new CircuitConnection({ relay, remoteAddress, outbound, host, limits: this.limits, onEnd })
    return circuit
  }

  private open(circuit: CircuitConnection, opened: Opened): void {
    const key = keyOf(circuit.relay, opened.circuit)
    // The relay has lost us and begun its count anew, and we have not noticed: the circuit before is no more.
    this.circuits.get(key)?.end(circuitEnded('The relay has given its id to another circuit.', circuit.relay), false)
    this.circuits.set(key, circuit)
    circuit.opened(opened)
  }

  /** @throws P2PError PEER_NOT_FOUND where nobody knows the key of a chosen name. */
  private async idOf(host: ProtocolHost, peerId: string): Promise<string> {
    if (isPeerId(peerId)) return peerId
    const key = host.peer(peerId)?.publicKey ?? (await this.keyOf(peerId))
    if (key !== undefined) return encodePeerId(key)
    throw new P2PError('PEER_NOT_FOUND', `Nobody knows the key of ${peerId}. Use its lp1… id.`, { details: { peerId } })
  }

  /** A window is what a relay may make us hold: never more than any other slow path may cost. */
  private checkBounds(bounds: Opened): Opened {
    if (bounds.window <= this.limits.sendMaxBufferedBytes) return bounds
    throw new P2PError('CIRCUIT_REFUSED', "The relay's window is larger than limits.sendMaxBufferedBytes.")
  }

  private endAll(which: (circuit: CircuitConnection) => boolean, error: Error | undefined, tellRelay: boolean): void {
    for (const circuit of [...this.circuits.values()]) if (which(circuit)) circuit.end(error, tellRelay)
  }
}

function keyOf(relay: string, circuit: number): string {
  return tupleKey(relay, circuit)
}
