import { Alarm } from '../base/alarm.js'
import { BoundedMap } from '../base/bounded-map.js'
import { equalBytes, hexOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { type Random, randomItem } from '../base/random.js'
import { epochAt } from '../onion/messages.js'
import { createPacket, type PathHop, SURB_ID_BYTES } from '../onion/packet.js'
import type { KnownHop } from './hop-directory.js'

export interface HopLoopsOptions {
  clock: Clock
  random: Random
  limits: OnionHopLimits
  /** By which this hop knows its own loops, 16 bytes. */
  tag: Uint8Array
  others(): KnownHop[]
  own(): PathHop | undefined
  send(hop: KnownHop, packet: Uint8Array): void
  count(what: 'loopsSent' | 'loopsBack'): void
}

/** Loops under way at most. */
const MAX_UNDER_WAY = 64
/** How long a loop stays at each hop. */
const MEAN_LOOP_DELAY_MS = 500
const MAX_LOOP_DELAY_MS = 3_000

/**
 * The own cover of a hop: packets through two random hops back to itself, at random times. They hide how many packets wait here, and show
 * whether neighbours pass on what they get (Loopix §4.1.3).
 */
export class HopLoops {
  private readonly alarm: Alarm
  private readonly underWay: BoundedMap<string, number>

  constructor(private readonly options: HopLoopsOptions) {
    this.alarm = new Alarm(options.clock, () => {
      this.arm()
      void this.send().catch(() => {})
    })
    this.underWay = new BoundedMap(MAX_UNDER_WAY)
  }

  start(): void {
    this.arm()
  }

  close(): void {
    this.alarm.disarm()
  }

  /** Whether a packet that ends here is a loop of ours. */
  take(tag: Uint8Array, id: Uint8Array): boolean {
    const { clock, limits, count } = this.options
    if (!equalBytes(tag, this.options.tag)) return false
    const key = hexOf(id)
    const sentAt = this.underWay.get(key)
    this.underWay.delete(key)
    if (sentAt !== undefined && elapsed(clock) - sentAt <= limits.onionHopLoopTimeoutMs) count('loopsBack')
    return true
  }

  /** Exponential pauses: a Poisson stream looks the same at all times. */
  private arm(): void {
    const { limits, random } = this.options
    this.alarm.arm(-Math.log(1 - random.unit()) * limits.onionHopLoopMs)
  }

  private async send(): Promise<void> {
    const { clock, random, others, own, tag, send, count } = this.options
    const known = others()
    const first = randomItem(random, known)
    const second = randomItem(
      random,
      known.filter((hop) => hop !== first),
    )
    const end = own()
    if (first === undefined || second === undefined || end === undefined) return
    const epoch = epochAt(clock.now())
    const path = [first, second].map(({ id, record: { keys } }) => {
      const key = (keys.find(([of]) => of === epoch) ?? keys[0]!)[1]
      return { id, key, delayMs: Math.floor(Math.min(MAX_LOOP_DELAY_MS, -Math.log(1 - random.unit()) * MEAN_LOOP_DELAY_MS)) }
    })
    const surbId = random.bytes(SURB_ID_BYTES)
    const { packet } = await createPacket([...path, end], { command: 'inbox', tag, surbId }, new Uint8Array(0), { random })
    if (!this.alarm.isArmed) return
    this.underWay.set(hexOf(surbId), elapsed(clock))
    count('loopsSent')
    send(first, packet)
  }
}
