import { askHolder } from '../../../backplane/ask-holder.js'
import type { RelayBackplane, Sender } from '../../../backplane/backplane.js'
import { BACKPLANE_LIMITS } from '../../../backplane/limits.js'
import { elapsed } from '../../../base/clock.js'
import { codeOf, isP2PError, P2PError, type P2PErrorCode } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import type { Limits } from '../../../base/limits.js'
import { encodePeerId, isPeerId } from '../../../identity/peer-id.js'
import { decode, encode } from '../../../message/codec.js'
import { bytes, custom, int, object, parsed, text, tuple } from '../../../message/shape.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { MAX_CIRCUIT_ID } from '../frames.js'
import type { Admission } from './admission.js'
import { type Bounds, type Circuit, type End, type Opened, Parties, type Party, type Side } from './parties.js'
import { ackBody, closeBody, ENTRY, type Entry, ProcessLinks, readAck, readClose } from './process-links.js'

const number = /* @__PURE__ */ int(1, MAX_CIRCUIT_ID)
const bounds = /* @__PURE__ */ (() => ({ window: int(1_024), frameBytes: int(256) }))()
/** The question of the caller's process. */
const callShape = /* @__PURE__ */ (() => object({ number, from: custom<string>(isPeerId), frame: bytes(), ...bounds }))()
/** The answer: the called peer's process, its number for the circuit, and what the circuit allows. */
const answerShape = /* @__PURE__ */ (() => tuple(text(10, 10), number, bounds.window, bounds.frameBytes))()

/** What half circuits need of the relay that forwards. */
interface Wiring {
  readonly host: ProtocolHost
  readonly backplane: RelayBackplane
  readonly limits: Limits
  readonly bounds: Bounds
  readonly admission: Admission
  /** The peers of this process. */
  readonly parties: Parties
  openCircuits(): number
  begin(near: Side, far: Side, bounds: Bounds): Opened
  /** Tells a peer of this process that it is called. */
  tell(end: End, from: string, frame: Uint8Array, bounds: Bounds): void
  has(circuit: Circuit): boolean
  data(end: End, frame: Uint8Array): void
  ack(end: End, bytes: number): void
  close(end: End, code: string | undefined, limit: string | undefined): void
  end(circuit: Circuit, code: P2PErrorCode | undefined, limit?: string): void
}

/**
 * Circuits between peers of two processes of one relay. Each process keeps a half: its own peer at one end, the other process at the other.
 * Credit is counted from end to end, so that at most a window of a circuit is between the processes.
 */
export class HalfCircuits {
  private readonly links: ProcessLinks
  /** Our ends that are at other processes, by our number. */
  private readonly ends = new Map<number, End>()
  /** The peers of other processes that have circuits here. */
  private readonly distant: Parties
  private readonly inUse = new Map<string, Set<End>>()
  private last = 0
  private readonly stop: Unsubscribe

  constructor(private readonly wiring: Wiring) {
    const { backplane, host, limits } = wiring
    this.distant = new Parties(limits)
    this.links = new ProcessLinks({
      backplane,
      clock: host.clock,
      arrived: (nodeId, entry) => this.arrived(nodeId, entry),
      lost: (nodeId) => this.lost(nodeId),
      inUse: (nodeId) => this.inUse.has(nodeId),
    })
    this.stop = backplane.answer('incoming', (body, from) => this.called(body, from))
  }

  get remote(): number {
    return this.ends.size
  }

  get gaps(): number {
    return this.links.gaps
  }

  close(): void {
    this.stop()
    this.links.close()
  }

  nextNumber(): number {
    do this.last = (this.last % MAX_CIRCUIT_ID) + 1
    while (this.ends.has(this.last))
    return this.last
  }

  /**
   * Calls a peer of another process for one of ours.
   *
   * @throws P2PError CIRCUIT_REFUSED, PEER_NOT_FOUND, NO_RESERVATION.
   */
  async call(caller: Party, from: PeerInfo, target: string, frame: Uint8Array): Promise<{ near: End; bounds: Bounds }> {
    const { host, backplane, admission } = this.wiring
    admission.admitCaller(host, { caller, from, bytes: frame.length }, this.wiring.openCircuits())
    const elsewhere = { nodeId: '', number: 0 }
    const side = { party: this.distantParty(target), elsewhere }
    const { circuit, near, far } = this.wiring.begin({ party: caller }, side, this.wiring.bounds)
    this.ends.set(far.id, far)
    try {
      const question = encode({ number: far.id, from: encodePeerId(from.publicKey!), frame, ...this.wiring.bounds })
      const answer = decode(await askHolder(backplane, host.clock, target, 'incoming', question))
      const [nodeId, theirs, window, frameBytes] = parsed(answerShape, answer, 'The answer of another process')
      elsewhere.nodeId = nodeId
      elsewhere.number = theirs
      if (!this.wiring.has(circuit)) {
        // The caller has left meanwhile.
        this.send(far, ENTRY.close, closeBody('CONNECTION_LOST', undefined))
        throw new P2PError('CONNECTION_LOST', 'The caller has left.')
      }
      const agreed = { window: Math.min(window, circuit.window), frameBytes: Math.min(frameBytes, circuit.frameBytes) }
      Object.assign(circuit, agreed)
      this.use(far)
      far.isOpen = true
      return { near, bounds: agreed }
    } catch (error) {
      // The answer to its question tells the caller.
      near.isOver = far.isOver = true
      this.wiring.end(circuit, 'CIRCUIT_REFUSED')
      throw isP2PError(error, 'TIMEOUT') || isP2PError(error, 'BACKPLANE_DOWN') ? refused(error) : error
    }
  }

  sendData(end: End, frame: Uint8Array): void {
    this.send(end, ENTRY.data, frame)
  }

  sendAck(end: End, bytes: number): void {
    this.send(end, ENTRY.ack, ackBody(bytes))
  }

  /** A circuit has ended here: its other process is told, unless it has said so. */
  ended(end: End, code: P2PErrorCode | undefined, limit: string | undefined): void {
    const { nodeId } = end.elsewhere!
    this.ends.delete(end.id)
    const users = this.inUse.get(nodeId)
    users?.delete(end)
    if (users?.size === 0) this.inUse.delete(nodeId)
    if (end.party.ends.size === 0) this.distant.remove(end.party.peerId)
    if (!end.isOver) this.send(end, ENTRY.close, closeBody(code, limit))
    end.isOver = true
  }

  private distantParty(peerId: string): Party {
    return this.distant.of(peerId, elapsed(this.wiring.host.clock))
  }

  private send(end: End, kind: number, body: Uint8Array): void {
    const { nodeId, number } = end.elsewhere!
    if (number !== 0) this.links.send(nodeId, { to: number, from: end.id, kind, body })
  }

  private use(end: End): void {
    const { nodeId } = end.elsewhere!
    const users = this.inUse.get(nodeId) ?? new Set()
    this.inUse.set(nodeId, users.add(end))
    this.links.watch(nodeId)
  }

  /** Another process calls a peer of ours. @throws P2PError as `call`. */
  private called(body: Uint8Array, { nodeId, peer }: Sender): Uint8Array {
    const { host, admission, limits } = this.wiring
    const { number: theirs, from, frame, window, frameBytes } = parsed(callShape, decode(body), 'A call of another process')
    const called = peer === undefined ? undefined : host.peer(peer)
    const isFull = this.wiring.openCircuits() >= limits.maxCircuits
    const agreed = {
      window: Math.min(window, this.wiring.bounds.window),
      frameBytes: Math.min(frameBytes, this.wiring.bounds.frameBytes),
    }
    if (isFull || frame.length > agreed.frameBytes) {
      admission.refused++
      const limit = isFull ? 'maxCircuits' : 'circuitFrameBytes'
      throw new P2PError('CIRCUIT_REFUSED', 'The relay refuses the circuit.', { details: { limit } })
    }
    const caller = this.distantParty(from)
    admission.admitCall(host, { caller, from: { peerId: from }, called, bytes: frame.length }, (silent) =>
      this.wiring.end(silent, 'LIMIT_EXCEEDED', 'maxCircuitsPerPeer'),
    )
    const party = this.wiring.parties.of(called!.peerId, elapsed(host.clock))
    const near = { party: caller, elsewhere: { nodeId, number: theirs } }
    const opened = this.wiring.begin(near, { party }, agreed)
    this.ends.set(opened.near.id, opened.near)
    this.use(opened.near)
    opened.near.isOpen = true
    this.wiring.tell(opened.far, from, frame, agreed)
    if (!this.wiring.has(opened.circuit)) throw new P2PError('CIRCUIT_REFUSED', 'That peer reads too slowly. Try later.')
    return encode([this.wiring.backplane.nodeId, opened.near.id, agreed.window, agreed.frameBytes])
  }

  private arrived(nodeId: string, { to, from, kind, body }: Entry): void {
    const end = this.ends.get(to)
    const { elsewhere } = end ?? {}
    const isKnown = elsewhere !== undefined && (elsewhere.nodeId === nodeId || elsewhere.nodeId === '')
    if (end === undefined || end.isOver || !isKnown) {
      // It has ended here while this was under way, or has never been: the other process has a half without another one.
      if (kind !== ENTRY.close)
        this.links.send(nodeId, { to: from, from: to, kind: ENTRY.close, body: closeBody('CONNECTION_LOST', undefined) })
      return
    }
    if (kind === ENTRY.data) this.wiring.data(end, body)
    else if (kind === ENTRY.ack) this.wiring.ack(end, readAck(body))
    else if (kind === ENTRY.close) {
      const { code, limit } = readClose(body)
      this.wiring.close(end, code === undefined ? undefined : codeOf(code, 'CONNECTION_LOST'), limit)
    }
  }

  private lost(nodeId: string): void {
    for (const { circuit } of [...(this.inUse.get(nodeId) ?? [])]) this.wiring.end(circuit, 'CONNECTION_LOST')
  }
}

function refused(cause: unknown): P2PError {
  return new P2PError('CIRCUIT_REFUSED', 'The relay cannot reach that peer at present. Try another relay, or later.', {
    details: { retryAfterMs: BACKPLANE_LIMITS.backplaneRetryMs },
    cause,
  })
}
