import type { RelayBackplane } from '../../../backplane/backplane.js'
import { BACKPLANE_LIMITS } from '../../../backplane/limits.js'
import { Alarm } from '../../../base/alarm.js'
import { joined, viewOf } from '../../../base/bytes.js'
import type { Clock } from '../../../base/clock.js'
import type { P2PErrorCode } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { nextTurn } from '../../../base/turn.js'
import { malformed } from '../../../message/shape.js'

const { linkBatchBytes, linkProbeMs } = BACKPLANE_LIMITS

/** What an entry is: a frame, the acknowledgement of bytes, or the end of a circuit. */
export const ENTRY = { data: 0, ack: 1, close: 2 } as const
/** The receiver's number of the circuit (4), the sender's (4), what it is (1), length of the body (4). */
const ENTRY_HEAD_BYTES = 13
/** The number of the message. */
const BATCH_HEAD_BYTES = 4

export interface Entry {
  /** The receiver's number of the circuit, and the sender's. */
  to: number
  from: number
  kind: number
  body: Uint8Array
}

interface Link {
  readonly nodeId: string
  /** Messages sent, whether they could leave or not: the receiver sees by a gap that one is missing. */
  sent: number
  /** Messages that have come, by the number of the last. */
  received: number
  /** Entries that leave with the end of this turn. */
  waiting: Uint8Array[]
  bytes: number
  readonly alarm: Alarm
}

interface Wiring {
  readonly backplane: RelayBackplane
  readonly clock: Clock
  arrived(nodeId: string, entry: Entry): void
  /** Something on the way from or to a process was lost, or the process is gone: circuits over it cannot go on. */
  lost(nodeId: string): void
  /** Whether there are circuits over that process. */
  inUse(nodeId: string): boolean
}

/**
 * Carries frames of circuits between the processes of a relay, many in one message. A backplane delivers at most once: messages are numbered, and
 * what is missing ends the circuits, whose wallets then make new ones and send again what was not acknowledged. The last message before a silence
 * is missed by the probes that a link in use sends each `linkProbeMs`; they also find at once that a process was killed.
 */
export class ProcessLinks {
  /** Links that have lost something. */
  gaps = 0
  private readonly links = new Map<string, Link>()
  private readonly stops: Unsubscribe[]

  constructor(private readonly wiring: Wiring) {
    const { backplane } = wiring
    this.stops = [
      backplane.receive('circuit', (bytes, { nodeId }) => this.arrived(nodeId, bytes)),
      backplane.answer('probe', (bytes, { nodeId }) => this.probed(nodeId, bytes)),
      backplane.on('node-gone', (nodeId) => this.gone(nodeId)),
    ]
  }

  /** Sends an entry, in the order of the calls. */
  send(nodeId: string, { to, from, kind, body }: Entry): void {
    const link = this.of(nodeId)
    const head = new Uint8Array(ENTRY_HEAD_BYTES)
    const view = viewOf(head)
    view.setUint32(0, to)
    view.setUint32(4, from)
    head[8] = kind
    view.setUint32(9, body.length)
    const length = ENTRY_HEAD_BYTES + body.length
    if (link.bytes + length > linkBatchBytes) this.flush(link)
    const isFirst = link.waiting.length === 0
    link.waiting.push(head, body)
    link.bytes += length
    if (isFirst) void nextTurn().then(() => this.flush(link))
    link.alarm.armOnce(linkProbeMs)
  }

  /** A circuit over a process begins: from here on the process is looked after. */
  watch(nodeId: string): void {
    this.of(nodeId).alarm.armOnce(linkProbeMs)
  }

  close(): void {
    for (const stop of this.stops) stop()
    for (const link of this.links.values()) {
      this.flush(link)
      link.alarm.disarm()
    }
    this.links.clear()
  }

  private of(nodeId: string): Link {
    const known = this.links.get(nodeId)
    if (known !== undefined) return known
    const alarm = new Alarm(this.wiring.clock, () => void this.probe(link))
    const link: Link = { nodeId, sent: 0, received: 0, waiting: [], bytes: 0, alarm }
    this.links.set(nodeId, link)
    return link
  }

  private flush(link: Link): void {
    if (link.waiting.length === 0) return
    const number = new Uint8Array(BATCH_HEAD_BYTES)
    link.sent = (link.sent + 1) % 2 ** 32
    viewOf(number).setUint32(0, link.sent)
    const batch = joined(number, ...link.waiting)
    link.waiting = []
    link.bytes = 0
    if (!this.wiring.backplane.toNode(link.nodeId, 'circuit', batch)) this.lose(link)
  }

  private arrived(nodeId: string, bytes: Uint8Array): void {
    if (bytes.length < BATCH_HEAD_BYTES) throw malformed('A message of circuits')
    const link = this.of(nodeId)
    const view = viewOf(bytes)
    this.check(link, view.getUint32(0), 1)
    for (let at = BATCH_HEAD_BYTES; at < bytes.length; ) {
      if (bytes.length < at + ENTRY_HEAD_BYTES) throw malformed('A message of circuits')
      const start = at + ENTRY_HEAD_BYTES
      const end = start + view.getUint32(at + 9)
      if (bytes.length < end) throw malformed('A message of circuits')
      const entry = {
        to: view.getUint32(at),
        from: view.getUint32(at + 4),
        kind: bytes[at + 8]!,
        body: bytes.subarray(start, end),
      }
      at = end
      this.wiring.arrived(nodeId, entry)
    }
  }

  /** @param ahead how far the number is ahead of that of the last message that has come, where nothing is missing. */
  private check(link: Link, number: number, ahead: number): void {
    const isNext = number === (link.received + ahead) % 2 ** 32
    link.received = number
    if (!isNext) this.lose(link)
  }

  private async probe(link: Link): Promise<void> {
    const { backplane, inUse } = this.wiring
    if (!inUse(link.nodeId)) return
    this.flush(link)
    const number = new Uint8Array(4)
    viewOf(number).setUint32(0, link.sent)
    // Whether it is gone, the backplane tells.
    await backplane.askNode(link.nodeId, 'probe', number, { timeoutMs: 2 * linkProbeMs }).catch(() => {})
    if (this.links.get(link.nodeId) === link) link.alarm.armOnce(linkProbeMs)
  }

  private probed(nodeId: string, bytes: Uint8Array): Uint8Array {
    if (bytes.length !== 4) throw malformed('A probe')
    this.check(this.of(nodeId), viewOf(bytes).getUint32(0), 0)
    return new Uint8Array(0)
  }

  private lose(link: Link): void {
    if (this.wiring.inUse(link.nodeId)) this.gaps++
    this.wiring.lost(link.nodeId)
  }

  private gone(nodeId: string): void {
    const link = this.links.get(nodeId)
    link?.alarm.disarm()
    this.links.delete(nodeId)
    this.wiring.lost(nodeId)
  }
}

/** The body of an acknowledgement. */
export function ackBody(bytes: number): Uint8Array {
  const body = new Uint8Array(8)
  viewOf(body).setFloat64(0, bytes)
  return body
}

/** @throws P2PError MALFORMED_DATA. */
export function readAck(body: Uint8Array): number {
  const bytes = body.length === 8 ? viewOf(body).getFloat64(0) : 0
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw malformed('An acknowledgement of another process')
  return bytes
}

/** The body of a close: the code and the limit, with a line feed between; nothing after an orderly end. */
export function closeBody(code: P2PErrorCode | undefined, limit: string | undefined): Uint8Array {
  return new TextEncoder().encode(code === undefined ? '' : limit === undefined ? code : [code, limit].join('\n'))
}

export function readClose(body: Uint8Array): { code: string | undefined; limit: string | undefined } {
  const [code, limit] = body.length === 0 || body.length > 256 ? [] : new TextDecoder().decode(body).split('\n')
  return { code, limit }
}
