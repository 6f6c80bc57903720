import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed } from '../base/clock.js'
import { TokenBucket } from '../base/token-bucket.js'
import { nextTurn } from '../base/turn.js'

export interface PacketQueueOptions<Packet> {
  clock: Clock
  /** Processor time, milliseconds: in a second, and at once. */
  msPerS: number
  burstMs: number
  /** Packets of one link that wait. */
  maxPerLink: number
  /** Peels one. */
  work(packet: Packet, link: string): void
  /** A link has cost so much, milliseconds. */
  charge?: ((link: string, ms: number) => void) | undefined
  /** Milliseconds of the processor, which pass even where the clock does not. */
  cpuNow?: (() => number) | undefined
}

/** The processor is given to others after so much time. */
const SLICE_MS = 8

/**
 * Packets that wait to be peeled, in one line for each link. The links take turns (fair queuing, Nagle, RFC 970), and a link that brings more
 * than its turns fills its own line, and loses its own packets. All together they have a budget of processor time.
 */
export class PacketQueue<Packet> {
  private readonly lines = new Map<string, Packet[]>()
  private readonly budget: TokenBucket
  private readonly alarm: Alarm
  private readonly cpuNow: () => number
  private isActive = false

  constructor(private readonly options: PacketQueueOptions<Packet>) {
    const { clock, msPerS, burstMs, cpuNow = () => performance.now() } = options
    this.budget = new TokenBucket(msPerS, burstMs, elapsed(clock), 1)
    this.alarm = new Alarm(clock, () => void this.serve())
    this.cpuNow = cpuNow
  }

  /** @returns false, and drops the packet, where too many of this link wait. */
  add(link: string, packet: Packet): boolean {
    const line = this.lines.get(link) ?? []
    if (line.length >= this.options.maxPerLink) return false
    if (line.push(packet) === 1) this.lines.set(link, line)
    if (!this.alarm.isArmed) void this.serve()
    return true
  }

  /** A link is gone, and with it what waits of it. */
  forget(link: string): void {
    this.lines.delete(link)
  }

  close(): void {
    this.lines.clear()
    this.alarm.disarm()
  }

  private async serve(): Promise<void> {
    if (this.isActive) return
    this.isActive = true
    // What comes in the same turn is served together.
    await nextTurn()
    for (let startedMs = this.cpuNow(); this.lines.size > 0; ) {
      const waitMs = this.budget.waitMs(elapsed(this.options.clock))
      if (waitMs > 0) {
        this.alarm.arm(waitMs)
        break
      }
      this.serveOne()
      if (this.cpuNow() - startedMs < SLICE_MS) continue
      await nextTurn()
      startedMs = this.cpuNow()
    }
    this.isActive = false
  }

  private serveOne(): void {
    const { work, charge } = this.options
    const [link, line] = this.lines.entries().next().value!
    const packet = line.shift()!
    // To the end of the round.
    this.lines.delete(link)
    if (line.length > 0) this.lines.set(link, line)
    const startedMs = this.cpuNow()
    work(packet, link)
    const tookMs = this.cpuNow() - startedMs
    this.budget.charge(tookMs)
    charge?.(link, tookMs)
  }
}
