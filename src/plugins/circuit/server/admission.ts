import { elapsed } from '../../../base/clock.js'
import { P2PError, type P2PErrorDetails } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { CIRCUIT_STOP, MAX_CIRCUIT_ID } from '../frames.js'
import type { Circuit, Parties, Party } from './parties.js'

/** A circuit that a peer asks for. */
export interface CircuitRequest {
  caller: Party
  from: PeerInfo
  /** Undefined where no such peer is connected. */
  called: PeerInfo | undefined
  /** Bytes of its first frame. */
  bytes: number
}

/** What a relay grants: reservations, and circuits to the peers that have one. */
export class Admission {
  refused = 0
  /** When each peer's reservation ends, by `elapsed`. */
  private readonly reservations = new Map<string, number>()

  /** @param frameBytes bytes of the longest frame. */
  constructor(
    private readonly limits: Limits,
    private readonly parties: Parties,
    private readonly frameBytes: number,
  ) {}

  get reserved(): number {
    return this.reservations.size
  }

  hasReservation(peerId: string, host: ProtocolHost | undefined): boolean {
    return host !== undefined && (this.reservations.get(peerId) ?? 0) > elapsed(host.clock)
  }

  /** Whether callers are brought to this peer. Who has just come is about to reserve. */
  canBeCalled({ peerId, protocols, connection }: PeerInfo, host: ProtocolHost | undefined): boolean {
    if (connection === undefined || connection.transport === 'circuit' || protocols?.includes(CIRCUIT_STOP) !== true) return false
    const now = host?.clock.now() ?? 0
    return this.hasReservation(peerId, host) || now - connection.since < this.limits.reservationGraceMs
  }

  /** @throws P2PError CIRCUIT_REFUSED. */
  reserve({ peerId, connection }: PeerInfo, now: number): void {
    const { reservationMs, maxRelayReservations } = this.limits
    if (connection?.transport === 'circuit') {
      throw new P2PError('CIRCUIT_REFUSED', 'The relay takes reservations over direct connections only.')
    }
    const isNew = !this.reservations.has(peerId)
    if (isNew && this.reservations.size >= maxRelayReservations) {
      this.refused++
      throw new P2PError('CIRCUIT_REFUSED', 'The relay has given all its reservations. Use another relay, or try later.', {
        details: { limit: 'maxRelayReservations', retryAfterMs: reservationMs / 4 },
      })
    }
    this.reservations.set(peerId, now + reservationMs)
  }

  /** A peer has disconnected. */
  remove(peerId: string): void {
    this.reservations.delete(peerId)
  }

  /**
   * Lets a circuit be opened between two peers of this process.
   *
   * @param openCircuits how many there are.
   * @param end ends a circuit that makes room for it.
   * @throws P2PError CIRCUIT_REFUSED, PEER_NOT_FOUND, NO_RESERVATION.
   */
  admit(host: ProtocolHost, request: CircuitRequest, openCircuits: number, end: (circuit: Circuit) => void): void {
    this.admitCaller(host, request, openCircuits)
    this.admitCall(host, request, end)
  }

  /** Lets a peer of this process call, whoever has the called one. @throws P2PError CIRCUIT_REFUSED. */
  admitCaller(host: ProtocolHost, request: Omit<CircuitRequest, 'called'>, openCircuits: number): void {
    this.check(this.callerRefusal(host, request, openCircuits))
  }

  /** Lets a peer of this process be called, whoever has the caller. @throws P2PError as `admit`. */
  admitCall(
    host: ProtocolHost,
    request: Omit<CircuitRequest, 'from'> & { from: { peerId: string } },
    end: (circuit: Circuit) => void,
  ): void {
    this.check(this.callRefusal(host, request, end))
  }

  private check(refusal: P2PError | undefined): void {
    if (refusal === undefined) return
    this.refused++
    throw refusal
  }

  private callerRefusal(
    host: ProtocolHost,
    { caller, from, bytes }: Omit<CircuitRequest, 'called'>,
    openCircuits: number,
  ): P2PError | undefined {
    // The relay in the middle would then pay for a way that its own peers cannot see.
    if (from.connection?.transport === 'circuit') return refuse('a circuit inside a circuit')
    const callerWaitMs = caller.opens.take(elapsed(host.clock))
    if (callerWaitMs > 0) {
      return refuse('you open them too fast', { limit: 'circuitOpensPerS', retryAfterMs: callerWaitMs })
    }
    if (bytes > this.frameBytes) return refuse('its first frame is too large', { limit: 'circuitFrameBytes' })
    if (openCircuits >= this.limits.maxCircuits) return refuse('it has as many as it takes', { limit: 'maxCircuits' })
    if (full(caller, this.limits)) return refuse('you have as many as you may', { limit: 'maxCircuitsPerPeer' })
    return undefined
  }

  private callRefusal(
    host: ProtocolHost,
    { caller, from, called }: Omit<CircuitRequest, 'from'> & { from: { peerId: string } },
    end: (circuit: Circuit) => void,
  ): P2PError | undefined {
    const now = elapsed(host.clock)
    if (called === undefined || called.connection?.transport === 'circuit') {
      return new P2PError('PEER_NOT_FOUND', 'That peer is not connected to this relay. Try another relay, or later.')
    }
    if (called.peerId === from.peerId) return refuse('the target must be a third peer')
    if (called.protocols?.includes(CIRCUIT_STOP) !== true) return refuse('that peer takes no circuits')
    if (!this.canBeCalled(called, host)) {
      return new P2PError(
        'NO_RESERVATION',
        'That peer is connected to this relay, but has no reservation here. Try its other relays.',
      )
    }
    const target = this.parties.of(called.peerId, now)
    let same = 0
    for (const { circuit } of caller.ends.values()) if (circuit.ends.some(({ party }) => party === target)) same++
    if (same >= this.limits.maxCircuitsPerPair) return refuse('there are enough to that peer', { limit: 'maxCircuitsPerPair' })
    // Only now, so that whether a peer is here is told in the same way at any load of ours.
    const silent = full(target, this.limits) ? silentAt(target, caller) : undefined
    if (full(target, this.limits) && silent === undefined) {
      return refuse('that peer has as many as it may', { limit: 'maxCircuitsPerPeer' })
    }
    const callsSeldom = caller.firstCalls.take(now) === 0
    const calledWaitMs = target.calls.take(now)
    if (calledWaitMs > 0 && !(callsSeldom && target.callsOfOthers.take(now) === 0)) {
      return refuse('that peer is called too often', { limit: 'circuitCallsPerS', retryAfterMs: calledWaitMs })
    }
    // An id is never given twice: a frame that is late must not reach another circuit.
    if (Math.max(caller.lastId, target.lastId) >= MAX_CIRCUIT_ID) return refuse('its ids are used up; connect to it again')
    if (silent !== undefined) end(silent)
    return undefined
  }
}

function refuse(why: string, details: P2PErrorDetails = {}): P2PError {
  return new P2PError('CIRCUIT_REFUSED', `The relay refuses the circuit: ${why}.`, { details })
}

/**
 * The circuit that makes room for another caller at a peer that has as many as it may: of those whose callers have said nothing since
 * they called, the oldest of the caller with the most. So nobody keeps a peer from being called by calls that lead to nothing.
 */
function silentAt(target: Party, caller: Party): Circuit | undefined {
  const byCaller = new Map<Party, Circuit[]>()
  for (const { circuit } of target.ends.values()) {
    const [{ party }, called] = circuit.ends
    if (called.party !== target || circuit.isUsed) continue
    byCaller.set(party, [...(byCaller.get(party) ?? []), circuit])
  }
  const own = byCaller.get(caller)?.length ?? 0
  let most: Circuit[] = []
  for (const silent of byCaller.values()) if (silent.length > Math.max(own, most.length)) most = silent
  return most[0]
}

function full({ ends }: Party, limits: Limits): boolean {
  return ends.size >= limits.maxCircuitsPerPeer
}
