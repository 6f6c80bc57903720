import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { abortedError, P2PError, timeoutError } from '../../base/errors.js'
import { LazySet } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { TokenBucket } from '../../base/token-bucket.js'
import { LEAST_PER_S, type ToldBudget, type ToldBudgets, type ToldRate } from '../../channel/description.js'
import type { PacedOptions } from '../../protocol/handler.js'
import type { InFlight, Outgoing, OutgoingStream } from './outgoing.js'

/** A message that waits. */
interface Held {
  readonly stream: OutgoingStream
  readonly bytes: number
  /** Sends it. */
  go(): void
  /** Its time is over. */
  fail(error: Error): void
}

/** What waits for one budget of the peer, and what is under way within it. */
export class Lane implements InFlight {
  readonly held = new LazySet<Held>()
  private messages: TokenBucket | undefined
  private bytes: TokenBucket | undefined
  private messagesUnderWay = 0
  private bytesUnderWay = 0
  private told: Readonly<ToldRate | ToldBudget> | undefined

  /**
   * @param key the protocol, or protocol, U+0000 and type.
   * @param whole the budget of everything together, of which this is a part.
   */
  constructor(
    readonly key: string,
    private readonly whole: Lane | undefined,
  ) {}

  /** Shown to people. */
  get name(): string {
    return this.key.replace('\0', ' ')
  }

  /** What the peer takes; undefined: as much as the whole allows. */
  tell(budget: Readonly<ToldRate | ToldBudget> | undefined, now: number): void {
    // A budget that is told again is as full as it was.
    const before = this.told
    if (budget === before || (before?.every((value, i) => i === 4 || value === budget?.[i]) ?? false)) return
    this.told = budget
    this.messages = budget && new TokenBucket(budget[0], budget[1], now, 1)
    this.bytes = budget?.[2] == null ? undefined : new TokenBucket(budget[2], budget[3] ?? Number.POSITIVE_INFINITY, now, 1)
  }

  /** Whether the peer takes nothing at all. */
  get isShut(): boolean {
    return this.told !== undefined && this.told[0] < LEAST_PER_S
  }

  changed(messages: number, bytes: number): void {
    this.messagesUnderWay += messages
    this.bytesUnderWay += bytes
    this.whole?.changed(messages, bytes)
  }

  /** 0 where the budget has room for a message of so many bytes; else milliseconds, and Infinity where an acknowledgement is awaited. */
  waitMs(now: number, bytes: number): number {
    const [, burst, , burstBytes] = this.told ?? NO_LIMIT
    const isFull =
      this.messagesUnderWay >= burst ||
      (this.bytesUnderWay > 0 && this.bytesUnderWay + bytes > (burstBytes ?? Number.POSITIVE_INFINITY))
    if (isFull) return Number.POSITIVE_INFINITY
    return Math.max(this.messages?.waitMs(now) ?? 0, this.bytes?.waitMs(now) ?? 0, this.whole?.waitMs(now, bytes) ?? 0)
  }

  charge(bytes: number): void {
    this.messages?.charge(1)
    this.bytes?.charge(bytes)
    this.whole?.charge(bytes)
  }
}

/** Where the messages of one protocol go. */
export interface Route {
  /** Undefined: messages without a protocol. */
  readonly protocol: string | undefined
  readonly stream: OutgoingStream
  readonly lane: Lane
  /** Types that have a budget of their own. */
  readonly types: ReadonlyMap<string, Lane> | undefined
}

/**
 * Keeps within what the peer takes: a message waits for its turn before it has a number, so that a protocol, or a type with a budget
 * of its own, holds up no other. What waits for one budget stays in order.
 */
export class Pacer {
  /** Bytes that wait. */
  heldBytes = 0
  private budgets: ToldBudgets = {}
  private served: readonly string[] = []
  private readonly whole = new Lane('*', undefined)
  private lanes: Lane[] = []
  /** Of a handful of protocols: a Map takes four times as much, and finds none sooner. */
  private routes: Route[] = []
  /** Lanes in which something waits, each in its turn. */
  private readonly waiting = new LazySet<Lane>()
  private readonly alarm: Alarm
  private isPumping = false
  /** Called when nothing waits any more. */
  onIdle: () => unknown = NONE

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly outgoing: Outgoing,
    /** Bytes that have not left yet. */
    public unsentBytes: () => number = NONE,
  ) {
    this.alarm = new Alarm(clock, () => this.pump())
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.waiting.size === 0
  }

  /** The peer tells what it takes, and which protocols it serves. */
  tell(budgets: ToldBudgets, served: readonly string[]): void {
    this.budgets = budgets
    this.served = served
    this.routes = []
    const now = elapsed(this.clock)
    this.whole.tell(this.budgetOf('*'), now)
    // What waits goes on waiting in its lane.
    for (const lane of this.lanes) {
      const [protocol, type] = lane.key.split('\0') as [string, string | undefined]
      const budget = this.budgetOf(protocol)
      lane.tell(type === undefined ? budget : (budget?.[4]?.[type] ?? budget), now)
    }
    this.pump()
  }

  /** @param protocol undefined: of messages without a protocol. */
  routeOf(protocol: string | undefined): Route {
    return this.routes.find((route) => route.protocol === protocol) ?? this.newRoute(protocol)
  }

  /** The budget of a message; an answer that the peer awaits has but that of everything together. */
  laneOf({ lane, types }: Route, type: string, isAwaited: boolean): Lane {
    return isAwaited ? this.whole : (types?.get(type) ?? lane)
  }

  /**
   * Takes the room that a message needs, where there is room.
   *
   * @throws P2PError PROTOCOL_NOT_SUPPORTED where the peer takes no such messages.
   */
  takes({ stream }: Route, lane: Lane, bytes: number): boolean {
    if (lane.isShut) throw notTaken(lane)
    if (lane.held.size > 0 || this.waitMs(stream, lane, bytes, elapsed(this.clock)) > 0) return false
    lane.charge(bytes)
    return true
  }

  /**
   * Waits for room.
   *
   * @param what the message, for errors.
   * @param go sends it.
   * @returns resolves when it was sent.
   * @throws P2PError TIMEOUT, ABORTED, RATE_LIMITED where it must not wait, BUFFER_FULL where too much waits.
   */
  hold(
    { stream }: Route,
    lane: Lane,
    bytes: number,
    what: string,
    { timeoutMs = this.limits.sendTimeoutMs, signal, wait = true }: PacedOptions,
    go: () => void,
  ): Promise<void> {
    const { clock, limits } = this
    const now = elapsed(clock)
    if (!wait) throw this.limited(stream, lane, bytes, now)
    if (this.heldBytes + bytes > limits.sendMaxBufferedBytes) throw tooMuchWaits(limits)
    return new Promise((resolve, reject) => {
      const done = () => {
        lane.held.delete(held)
        if (lane.held.size === 0) this.waiting.delete(lane)
        this.heldBytes -= bytes
        clock.clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const held: Held = {
        stream,
        bytes,
        go: () => {
          done()
          try {
            go()
            resolve()
          } catch (error) {
            reject(error)
          }
        },
        fail: (error) => {
          done()
          reject(error)
        },
      }
      const onAbort = () => held.fail(abortedError(what, signal?.reason))
      const timer = clock.setTimeout(() => held.fail(timeoutError(what, timeoutMs, { limit: lane.name })), timeoutMs)
      signal?.addEventListener('abort', onAbort)
      this.heldBytes += bytes
      lane.held.add(held)
      this.waiting.add(lane)
      this.pump()
    })
  }

  /** There may be room: sends what waits, one message of each lane in turn. */
  pump(): void {
    if (this.isPumping || this.waiting.size === 0) return
    this.isPumping = true
    const now = elapsed(this.clock)
    let wakeMs: number
    let hasMoved: boolean
    do {
      wakeMs = Number.POSITIVE_INFINITY
      hasMoved = false
      for (const lane of this.waiting) {
        const [held] = lane.held
        if (held === undefined) continue
        const waitMs = this.waitMs(held.stream, lane, held.bytes, now)
        wakeMs = Math.min(wakeMs, waitMs)
        if (waitMs > 0) continue
        lane.charge(held.bytes)
        held.go()
        hasMoved = true
      }
    } while (hasMoved)
    this.isPumping = false
    this.alarm.arm(wakeMs)
    if (this.isIdle) this.onIdle()
  }

  /** Nothing is sent any more: what waits fails. */
  close(error: Error): void {
    this.alarm.disarm()
    this.unsentBytes = NONE
    this.onIdle = NONE
    for (const lane of [...this.waiting]) for (const held of [...lane.held]) held.fail(error)
  }

  private waitMs(stream: OutgoingStream, lane: Lane, bytes: number, now: number): number {
    const { outgoing, limits } = this
    if (!stream.isReady || this.unsentBytes() > limits.sendHighWaterBytes) return Number.POSITIVE_INFINITY
    // A stream may take as much of the room as it leaves to the others, so that none that stands still keeps all of it.
    const hasRoom = outgoing.bytes === 0 || stream.bytes + outgoing.bytes + bytes <= limits.sendMaxBufferedBytes
    return hasRoom ? lane.waitMs(now, bytes) : Number.POSITIVE_INFINITY
  }

  private limited(stream: OutgoingStream, lane: Lane, bytes: number, now: number): P2PError {
    const isPaused = stream.pausedUntil > now
    const waitMs = isPaused ? stream.pausedUntil - now : this.waitMs(stream, lane, bytes, now)
    const details = { limit: isPaused ? stream.pausedBy : lane.name, byPeer: isPaused }
    return new P2PError('RATE_LIMITED', 'The peer takes no more at present. Send less.', {
      details: { ...details, ...(Number.isFinite(waitMs) && { retryAfterMs: waitMs }) },
    })
  }

  private newRoute(protocol: string | undefined): Route {
    const isServed = protocol === undefined || this.served.includes(protocol)
    const name = isServed && protocol !== undefined ? protocol : ''
    const budget = this.budgetOf(name)
    const types =
      budget?.[4] && new Map(Object.entries(budget[4]).map(([type, own]) => [type, this.lane(`${name}\0${type}`, own)]))
    const route: Route = { protocol, stream: this.outgoing.streamOf(protocol, isServed), lane: this.lane(name, budget), types }
    // Of names that the peer does not serve, none is remembered.
    if (isServed) this.routes = [...this.routes, route]
    return route
  }

  private lane(name: string, budget: ToldRate | ToldBudget | undefined): Lane {
    const known = this.lanes.find(({ key }) => key === name)
    if (known !== undefined) return known
    const lane = new Lane(name, this.whole)
    lane.tell(budget, elapsed(this.clock))
    this.lanes = [...this.lanes, lane]
    return lane
  }

  private budgetOf(name: string) {
    return Object.hasOwn(this.budgets, name) ? this.budgets[name] : undefined
  }
}

const NONE = () => 0
const NO_LIMIT: ToldRate = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, null, null]

function notTaken({ name }: Lane): P2PError {
  return new P2PError('PROTOCOL_NOT_SUPPORTED', `The peer takes no messages of "${name}".`, { details: { protocol: name } })
}

function tooMuchWaits({ sendMaxBufferedBytes: maxBytes }: Limits): P2PError {
  return new P2PError('BUFFER_FULL', 'Too much waits for this peer. Wait for sendTo.', {
    details: { limit: 'sendMaxBufferedBytes', maxBytes },
  })
}
