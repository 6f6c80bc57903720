import { Alarm } from '../base/alarm.js'
import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import { tupleKey } from '../base/tuple-key.js'
import { bytes, int, text, tuple } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import type { StoreChange } from '../storage/key-value-store.js'
import type { MailState } from './state.js'

const PREFIX = 'mail/last/'

const lineShape = /* @__PURE__ */ (() => tuple(bytes(32), text(0, 256), int(0, Number.MAX_SAFE_INTEGER)))()

/** A message that has its place. */
export interface Ordered {
  readonly sender: Uint8Array
  readonly protocol: string
  /** 0: in no order. */
  readonly n: number
}

interface Line<Item> {
  readonly sender: Uint8Array
  readonly protocol: string
  /** The highest number that was let through. */
  last: number
  /** Numbers let through that are not done with. */
  readonly open: Set<number>
  /** What waits for a number before it, by its own. */
  readonly held: Map<number, Item>
  /** When the gap was first seen, by `elapsed`. */
  gapSince: number
}

export interface OrderOptions<Item> {
  clock: Clock
  limits: Required<Limits>
  state: MailState
  /**
   * Since when all mailboxes are read, by `elapsed`; Infinity while one is not. Only from then on is what is missing likely not to come:
   * whoever was cut off as we were may need as long to send it.
   */
  readSince: () => number
  /** The item's turn has come. Those of one sender and protocol come in the order of their numbers. */
  onTurn: (item: Item) => void
}

/** Brings messages of one sender and protocol into the order of their numbers. A gap is waited for, and given up. */
export class Order<Item extends Ordered> {
  private readonly lines: BoundedMap<string, Line<Item>>
  private heldCount = 0
  private readonly alarm: Alarm

  constructor(private readonly options: OrderOptions<Item>) {
    this.alarm = new Alarm(options.clock, () => this.giveUp())
    this.lines = new BoundedMap(options.limits.maxMailOrders, (_, line) => {
      options.state.writeSoon({ key: this.nameOf(line), delete: true })
      const items = [...line.held].sort(([a], [b]) => a - b)
      this.heldCount -= items.length
      for (const [, item] of items) options.onTurn(item)
    })
  }

  async load(): Promise<void> {
    this.stop()
    const found = await this.options.state.read(PREFIX, lineShape, (members) => members)
    for (const [sender, protocol, last] of found) this.lineOf(sender, protocol).last = last
  }

  /** Forgets what waits: it comes again. */
  stop(): void {
    this.alarm.disarm()
    this.lines.clear()
    this.heldCount = 0
  }

  add(item: Item): void {
    const { sender, protocol, n } = item
    const line = this.lineOf(sender, protocol)
    // A second message of one number: the number is no order then.
    if (n === 0 || line.held.has(n)) {
      this.options.onTurn(item)
      return
    }
    // One that was given up, or comes from a store that began anew: late is better than never.
    if (n <= line.last) this.pass(line, item)
    else {
      if (line.held.size === 0) line.gapSince = elapsed(this.options.clock)
      this.heldCount++
      line.held.set(n, item)
      this.drain(line)
      if (this.heldCount > this.options.limits.maxHeldMail) this.giveUp(this.longest)
      else if (line.held.size > 0) this.alarm.armOnce(this.options.limits.mailGapMs)
    }
  }

  /** An item waits no more. @returns false where it did not wait. */
  remove(item: Item): boolean {
    const { held } = this.lineOf(item.sender, item.protocol)
    if (held.get(item.n) !== item) return false
    this.heldCount--
    return held.delete(item.n)
  }

  /** The handlers of an item are through. @returns what notes how far its line has come. */
  done({ sender, protocol, n }: Ordered): StoreChange[] {
    const line = this.lines.get(lineKey(sender, protocol))
    if (line === undefined || n === 0) return []
    line.open.delete(n)
    // What is still open comes again after a crash, and before what came after it.
    const last = Math.min(line.last, ...[...line.open].map((open) => open - 1))
    return [{ key: this.nameOf(line), value: stateOf(sender, protocol, last) }]
  }

  private lineOf(sender: Uint8Array, protocol: string): Line<Item> {
    const make = (): Line<Item> => ({ sender: sender.slice(), protocol, last: 0, open: new Set(), held: new Map(), gapSince: 0 })
    return this.lines.use(lineKey(sender, protocol), make)
  }

  private drain(line: Line<Item>): void {
    for (let item = line.held.get(line.last + 1); item !== undefined; item = line.held.get(line.last + 1)) {
      line.held.delete(line.last + 1)
      this.heldCount--
      line.gapSince = elapsed(this.options.clock)
      this.pass(line, item)
    }
  }

  private pass(line: Line<Item>, item: Item): void {
    line.last = Math.max(line.last, item.n)
    line.open.add(item.n)
    this.options.onTurn(item)
  }

  /** Whoever sends most without what comes before it loses its order first, and spoils nobody else's. */
  private get longest(): Line<Item> {
    return [...this.lines.values()].reduce((most, line) => (line.held.size > most.held.size ? line : most))
  }

  /** Gives up the gaps whose time is over, and that of `which`: what is missing has expired, or was never mailed. */
  private giveUp(which?: Line<Item>): void {
    const { clock, limits, readSince } = this.options
    const { mailGapMs, mailAwayGapMs } = limits
    const now = elapsed(clock)
    const since = readSince()
    for (const line of [...this.lines.values()]) {
      const until = Math.min(Math.max(line.gapSince, since) + mailGapMs, line.gapSince + mailAwayGapMs)
      if (line.held.size === 0 || !(line === which || now >= until)) continue
      line.last = Math.min(...line.held.keys()) - 1
      this.drain(line)
    }
    if (this.heldCount > 0) this.alarm.armOnce(mailGapMs)
  }

  private nameOf({ sender, protocol }: Pick<Line<Item>, 'sender' | 'protocol'>): string {
    return this.options.state.nameOf(PREFIX, lineKey(sender, protocol))
  }
}

function lineKey(sender: Uint8Array, protocol: string): string {
  return tupleKey(hexOf(sender), protocol)
}
