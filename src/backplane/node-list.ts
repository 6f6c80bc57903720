import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed, lateness } from '../base/clock.js'
import { decode, encode } from '../message/codec.js'
import { boolean, int, object, optional, parsed } from '../message/shape.js'
import type { NodeInfo, NodeLoad } from './backplane.js'
import { CommonTime } from './common-time.js'
import { BACKPLANE_LIMITS } from './limits.js'

const { nodeRenewMs, nodeGoneMs } = BACKPLANE_LIMITS
const shape = /* @__PURE__ */ (() =>
  object({ startedAt: int(0), peers: int(0), maxPeers: int(0), draining: boolean(), now: optional(int(0)) }))()

interface Wiring {
  readonly nodeId: string
  readonly clock: Clock
  /** Tells all others, or one. */
  tell(bytes: Uint8Array, nodeId?: string): void
  joined(nodeId: string): void
  gone(nodeId: string): void
  /** We were frozen for so long that the others may have taken us for gone. */
  late(): void
}

/**
 * The processes that are there. Each tells the others each `nodeRenewMs` that it lives; whoever was not heard for `nodeGoneMs` is gone. The one
 * who judges goes by its own clock.
 */
export class NodeList {
  readonly time: CommonTime
  private readonly others = new Map<string, { info: NodeInfo; heardAt: number }>()
  private readonly alarm: Alarm
  /** Rings when the process that was not heard for longest is gone. */
  private readonly judging: Alarm
  private readonly startedAt: number
  private load: () => NodeLoad = () => ({ peers: 0, maxPeers: 0, draining: false })
  private late = () => 0
  private isUp = false

  constructor(private readonly wiring: Wiring) {
    this.time = new CommonTime(wiring.clock)
    this.startedAt = wiring.clock.now()
    this.alarm = new Alarm(wiring.clock, () => this.renew())
    this.judging = new Alarm(wiring.clock, () => this.judge())
  }

  start(load: () => NodeLoad): void {
    this.load = load
    this.isUp = true
    this.announce()
  }

  /** The others could not be heard for a while, and are given the time to say that they live. */
  setUp(isUp: boolean): void {
    this.isUp = isUp
    if (!isUp) return
    const now = elapsed(this.wiring.clock)
    for (const other of this.others.values()) other.heardAt = now
    this.judging.arm(nodeGoneMs)
    this.announce()
  }

  announce(): void {
    this.wiring.tell(this.told())
    this.late = lateness(this.wiring.clock, nodeRenewMs)
    this.alarm.arm(nodeRenewMs)
  }

  all(): NodeInfo[] {
    const { nodeId } = this.wiring
    return [{ nodeId, startedAt: this.startedAt, ...this.load() }, ...[...this.others.values()].map(({ info }) => info)]
  }

  get otherIds(): string[] {
    return [...this.others.keys()]
  }

  has(nodeId: string): boolean {
    return this.others.has(nodeId)
  }

  /** Another process says that it lives. @throws P2PError MALFORMED_DATA. */
  heard(nodeId: string, bytes: Uint8Array): void {
    const { now, ...told } = parsed(shape, decode(bytes), 'What a process says of itself')
    const info = { nodeId, ...told }
    if (now !== undefined) this.time.heard(now)
    const isNew = !this.others.has(nodeId)
    this.others.set(nodeId, { info, heardAt: elapsed(this.wiring.clock) })
    if (!this.judging.isArmed) this.judging.arm(nodeGoneMs)
    if (!isNew) return
    this.wiring.tell(this.told(), nodeId)
    this.wiring.joined(nodeId)
  }

  /** It has said goodbye, or does not answer at all. */
  remove(nodeId: string): void {
    if (this.others.delete(nodeId)) this.wiring.gone(nodeId)
  }

  close(): void {
    this.alarm.disarm()
    this.judging.disarm()
  }

  private told(): Uint8Array {
    return encode({ ...this.load(), startedAt: this.startedAt, now: this.time.told })
  }

  private renew(): void {
    const { wasFrozen } = this
    this.announce()
    if (!wasFrozen) return
    // Nobody could be heard, for we have not listened.
    this.setUp(this.isUp)
    this.wiring.late()
  }

  private judge(): void {
    if (!this.isUp || this.others.size === 0) return
    const now = elapsed(this.wiring.clock)
    if (!this.wasFrozen)
      for (const [nodeId, { heardAt }] of [...this.others]) if (now - heardAt >= nodeGoneMs) this.remove(nodeId)
    const heardAt = Math.min(...[...this.others.values()].map((other) => other.heardAt))
    if (this.others.size > 0) this.judging.arm(this.wasFrozen ? nodeRenewMs : heardAt + nodeGoneMs - now)
  }

  /** Our own renewal is late: what others have said meanwhile is yet to be heard. */
  private get wasFrozen(): boolean {
    return this.late() > nodeGoneMs - nodeRenewMs
  }
}
