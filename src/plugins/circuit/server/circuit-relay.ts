import { Alarm } from '../../../base/alarm.js'
import { BoundedMap } from '../../../base/bounded-map.js'
import { elapsed } from '../../../base/clock.js'
import { codeOf, isP2PError, P2PError, type P2PErrorCode, type P2PErrorDetails } from '../../../base/errors.js'
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
  MAX_CIRCUIT_ID,
  openShape,
  parseFrame,
} from '../frames.js'

/** A peer that has, or had, circuits here. */
interface Party {
  readonly peerId: string
  /** The last circuit id that it was given. */
  lastId: number
  /** Its ends of circuits, by id. */
  readonly ends: Map<number, End>
  /** Circuits that it may open. */
  readonly opens: TokenBucket
  /** Circuits that may be opened to it. */
  readonly calls: TokenBucket
  /** The last unknown id that it was told of: what else is under way on it needs no second word. */
  unknown: number
  /** Such words that it may yet hear: no honest peer speaks of more circuits than it has had. */
  readonly words: TokenBucket
  /** Such words that have not left: a peer that does not read is told no more of them. */
  telling: number
  /** Its first calls after a while, which a peer that is called all the time takes nevertheless. */
  readonly firstCalls: TokenBucket
  /** Those that it takes. */
  readonly callsOfOthers: TokenBucket
}

/** One end of a circuit, and the direction that leads to it. */
interface End {
  readonly party: Party
  /** What this party calls the circuit. The other end has an id of its own. */
  readonly id: number
  readonly circuit: Circuit
  /** False until its opening is on its way: frames follow it. */
  isOpen: boolean
  /** It has closed, or was told of the close. */
  isOver: boolean
  /** The other end has closed in good order: this one hears of it behind the last frame. */
  isLast: boolean
  /** Frames given to its connection and not yet on their way: what is no frame may overtake them there. */
  leaving: number
  /** Bytes sent by the other end and not yet acknowledged by this one, counted by `costOf`. */
  unacked: number
  /** Bytes that may go on at once. One frame may overdraw it, so that the largest passes the smallest allowance. */
  readonly allowance: TokenBucket
  /** Frames that wait for it, or for the opening; the window bounds them. */
  readonly delayed: Uint8Array[]
  readonly alarm: Alarm
}

interface Circuit {
  /** The caller's, and the called peer's. */
  ends: [End, End]
  /** The caller has gone on after the called peer's answer, which it needs for it. */
  isUsed: boolean
  /** Bytes carried in both directions. */
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
  private readonly circuits = new Set<Circuit>()
  /** The peers with circuits, by peer id. */
  private readonly parties = new Map<string, Party>()
  /**
   * Those that are gone. A peer that comes back before it has noticed the loss may still speak of circuits that it had: no other circuit
   * has their ids. And to come back fills no budget.
   */
  private readonly gone: BoundedMap<string, Party>
  /** When each peer's reservation ends, by `elapsed`. */
  private readonly reservations = new Map<string, number>()
  /** Bytes given to a peer's connection and not yet accepted by it, over all its circuits. */
  private readonly pending = new Map<string, number>()
  private readonly counts = { opened: 0, refused: 0, frames: 0, bytes: 0, violations: 0 }

  constructor(options: { limits?: Limits } = {}) {
    this.limits = options.limits ?? limitsOf(CIRCUIT_RELAY_LIMITS)
    this.window = Math.max(1_024, this.limits.circuitWindowBytes)
    this.gone = new BoundedMap(this.limits.maxRateBuckets)
    this.frameBytes = Math.max(256, Math.min(this.limits.circuitFrameBytes, Math.floor(this.window / 2)))
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    for (const circuit of [...this.circuits]) this.end(circuit, 'SHUT_DOWN')
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
    const { protocolHost: host } = this
    return host !== undefined && (this.reservations.get(peerId) ?? 0) > elapsed(host.clock)
  }

  /** Whether callers are brought to this peer. Who has just come is about to reserve. */
  canBeCalled({ peerId, protocols, connection }: PeerInfo): boolean {
    if (connection === undefined || connection.transport === 'circuit' || protocols?.includes(CIRCUIT_STOP) !== true) return false
    const now = this.protocolHost?.clock.now() ?? 0
    return this.hasReservation(peerId) || now - connection.since < this.limits.reservationGraceMs
  }

  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    this.reservations.delete(peer.peerId)
    const party = this.parties.get(peer.peerId)
    if (party === undefined) return
    this.parties.delete(peer.peerId)
    // On a new connection the count may begin anew.
    if (party.lastId < MAX_CIRCUIT_ID / 2) this.gone.set(peer.peerId, party)
    for (const end of [...party.ends.values()]) {
      // What it sent before a close in good order still arrives.
      if (end.isOver) continue
      end.isOver = true
      this.end(end.circuit, 'CONNECTION_LOST')
    }
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
    this.reservations.set(from.peerId, elapsed(host.clock) + reservationMs)
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
    const caller = this.partyOf(host, from.peerId)
    const called = host.peer(target)
    const refusal = this.refusalOf(host, caller, called, from, frame)
    if (refusal !== undefined) {
      this.counts.refused++
      throw refusal
    }
    const circuit = {
      bytes: 0,
      isUsed: false,
      alarm: new Alarm(host.clock, () => this.end(circuit, 'LIMIT_EXCEEDED', 'circuitMs')),
    } as Circuit
    const [near, far] = [caller, this.partyOf(host, called!.peerId)].map((party) => this.endOf(host, party, circuit)) as [
      End,
      End,
    ]
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

  private partyOf(host: ProtocolHost, peerId: string): Party {
    const known = this.parties.get(peerId)
    if (known !== undefined) return known
    const { circuitOpensPerS, circuitOpenBurst, circuitCallsPerS, circuitCallBurst } = this.limits
    const now = elapsed(host.clock)
    const party = this.gone.get(peerId) ?? {
      peerId,
      lastId: 0,
      ends: new Map(),
      opens: new TokenBucket(circuitOpensPerS, circuitOpenBurst, now, 1),
      calls: new TokenBucket(circuitCallsPerS, circuitCallBurst, now, 1),
      unknown: 0,
      words: new TokenBucket(circuitOpensPerS + circuitCallsPerS, circuitOpenBurst + circuitCallBurst, now, 1),
      telling: 0,
      firstCalls: new TokenBucket(circuitOpensPerS / 100, circuitOpenBurst / 32, now, 1),
      callsOfOthers: new TokenBucket(circuitCallsPerS / 2, circuitCallBurst / 4, now, 1),
    }
    this.gone.delete(peerId)
    this.parties.set(peerId, party)
    return party
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

  private refusalOf(
    host: ProtocolHost,
    caller: Party,
    called: PeerInfo | undefined,
    from: PeerInfo,
    frame: Uint8Array,
  ): P2PError | undefined {
    const refuse = (why: string, details: P2PErrorDetails = {}) =>
      new P2PError('CIRCUIT_REFUSED', `The relay refuses the circuit: ${why}.`, { details })
    const now = elapsed(host.clock)
    // The relay in the middle would then pay for a way that its own peers cannot see.
    if (from.connection?.transport === 'circuit') return refuse('a circuit inside a circuit')
    const callerWaitMs = caller.opens.take(now)
    if (callerWaitMs > 0) {
      return refuse('you open them too fast', { limit: 'circuitOpensPerS', retryAfterMs: callerWaitMs })
    }
    if (frame.length > this.frameBytes) return refuse('its first frame is too large', { limit: 'circuitFrameBytes' })
    if (this.circuits.size >= this.limits.maxCircuits) return refuse('it has as many as it takes', { limit: 'maxCircuits' })
    if (full(caller, this.limits)) return refuse('you have as many as you may', { limit: 'maxCircuitsPerPeer' })
    if (called === undefined || called.connection?.transport === 'circuit') {
      return new P2PError('PEER_NOT_FOUND', 'That peer is not connected to this relay. Try another relay, or later.')
    }
    if (called.peerId === from.peerId) return refuse('the target must be a third peer')
    if (called.protocols?.includes(CIRCUIT_STOP) !== true) return refuse('that peer takes no circuits')
    if (!this.canBeCalled(called)) {
      return new P2PError(
        'NO_RESERVATION',
        'That peer is connected to this relay, but has no reservation here. Try its other relays.',
      )
    }
    const target = this.partyOf(host, called.peerId)
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
    if (silent !== undefined) this.end(silent, 'LIMIT_EXCEEDED', 'maxCircuitsPerPeer')
    return undefined
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
    const party = this.partyOf(host, from)
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

function otherOf(end: End): End {
  const [near, far] = end.circuit.ends
  return near === end ? far : near
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
