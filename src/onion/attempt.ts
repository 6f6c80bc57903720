import { Alarm } from '../base/alarm.js'
import { equalBytes, joined } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { isP2PError, type P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { encode } from '../message/codec.js'
import type { Carrier, Purpose } from './carrier.js'
import type { Entry } from './entry.js'
import {
  ANSWER_PART_BYTES,
  type AnswerPart,
  AnswerStatus,
  MAX_PARTS,
  MAX_SURBS,
  readAnswerPart,
  readRefusal,
  requestContents,
} from './exit-messages.js'
import type { Hop } from './hop.js'
import type { Paths } from './paths.js'
import { expectedDelayMs, type OnionProfile } from './profile.js'
import type { Scores } from './scores.js'

/** Reply blocks in one packet: with one fewer than fit there is room for arguments. */
const BLOCKS_IN_PACKET = MAX_SURBS - 1
/** How long an answer is waited for at least before another copy goes, and how many such copies go. */
const MIN_HEDGE_MS = 1_000
const MAX_HEDGES = 2
/** How often the parts of an answer that are missing are asked for. */
const MAX_MORE = 4

/** What became of one attempt. `lost`: the guard is gone, and it may be tried again at once. */
export type Outcome =
  | { kind: 'answer'; bytes: Uint8Array }
  | { kind: 'refused'; error: P2PError }
  | { kind: 'fault'; code: number; isExitGone: boolean }
  | { kind: 'silence' | 'lost' }

/** Joins the parts of one exit's answer to one message, over all attempts. */
export class AnswerCollector {
  private readonly parts = new Map<number, Uint8Array>()
  private status: AnswerStatus = AnswerStatus.DONE
  private total: number | undefined
  /** Told of each part that is new. */
  onPart: (() => void) | undefined

  constructor(private readonly messageId: Uint8Array) {}

  /** Takes the content of a reply; what is no part of this answer is left out. */
  take(content: Uint8Array): void {
    let read: AnswerPart
    try {
      read = readAnswerPart(content)
    } catch {
      return
    }
    const { messageId, index, total, status, part } = read
    if (!equalBytes(messageId, this.messageId) || status === AnswerStatus.CELL) return
    // A refusal ends what was begun; an exit that changes its mind is an exit that does not answer.
    if (this.total !== undefined && (total !== this.total || status !== this.status)) {
      this.parts.clear()
    }
    this.total = total
    this.status = status
    this.parts.set(index, part)
    this.onPart?.()
  }

  /** Indexes of parts that have not come, of those that are known to be. */
  get missing(): number[] {
    return Array.from({ length: this.total ?? 0 }, (_, index) => index).filter((index) => !this.parts.has(index))
  }

  get hasSome(): boolean {
    return this.parts.size > 0
  }

  get outcome(): Outcome | undefined {
    const { total } = this
    if (total === undefined || this.parts.size < total) return undefined
    const bytes = joined(...Array.from({ length: total }, (_, index) => this.parts.get(index)!))
    if (this.status === AnswerStatus.DONE) return { kind: 'answer', bytes }
    try {
      return { kind: 'refused', error: readRefusal(bytes) }
    } catch {
      return { kind: 'silence' }
    }
  }
}

/** One copy of the message on its way. */
interface Copy {
  readonly sentAt: number
  /** Ids of the hops that its first packet crosses, and its first reply. */
  there: readonly string[]
  back: readonly string[]
  hasReply: boolean
}

export interface AttemptOptions {
  carrier: Carrier
  paths: Paths
  scores: Scores
  clock: Clock
  limits: Required<Limits>
  purpose: Purpose
  guard: { entry: Entry; hop: Hop }
  exit: Hop
  profile: OnionProfile
  action: string
  /** MessagePack of the arguments. */
  args: Uint8Array
  messageId: Uint8Array
  nonce: Uint8Array | undefined
  /** Bytes of the answer that reply blocks are sent for at once. */
  answerBytes: number
  /** How long the exit itself may take, milliseconds. */
  waitMs: number
  /** How often the message is sent, each time by other middles: the exit does it once. */
  copies: number
  /** Ids of hops in the middle that were tried in vain for this message: others are taken where there are some. */
  tried: Set<string>
  /** Told of all that comes by the reply blocks. */
  onContent: ((content: Uint8Array) => void) | undefined
  collector: AnswerCollector
  /** An answer is late: the other guards are asked whether they are there, so that the next attempt goes by one that is. */
  onLate: () => void
  signal: AbortSignal
}

/** One attempt to ask an exit: sends the packets of a message with reply blocks, waits for the answer, and asks for parts that are missing. */
export class Attempt {
  private settle!: (outcome: Outcome) => void
  private readonly settled: Promise<Outcome>
  private readonly alarm: Alarm
  private readonly doubt: Alarm
  /** Copies of the message of which no hop has said that it has given them up. */
  private copiesLeft: number
  private readonly copies: Copy[] = []
  private patienceMs = 0
  /** Reply blocks that are out, by which no reply has come. */
  private blocksOut = 0
  private asked = 0
  private hedges = 0
  private isOver = false
  /** Whether the round trip of this attempt is known, and how long hops keep its packets in the mean. */
  private isMeasured = false
  private delaysMs = 0

  constructor(private readonly options: AttemptOptions) {
    this.settled = new Promise((resolve) => {
      this.settle = resolve
    })
    this.alarm = new Alarm(options.clock, () => this.waited())
    this.doubt = new Alarm(options.clock, () => void this.hedge())
    this.copiesLeft = options.copies
  }

  /** @throws P2PError what keeps it from being sent, but for a guard that is gone. */
  async run(): Promise<Outcome> {
    const { carrier, collector, guard, signal, waitMs } = this.options
    const stop = carrier.onLost(guard.hop.id, () => this.settle({ kind: 'lost' }))
    const onAbort = () => this.settle({ kind: 'lost' })
    signal.addEventListener('abort', onAbort)
    const startedAt = carrier.now
    try {
      collector.onPart = () => {
        this.blocksOut--
        if (!this.isMeasured && waitMs === 0) carrier.measured(carrier.now - startedAt - this.delaysMs)
        this.isMeasured = true
        this.doubt.disarm()
        this.came()
      }
      await this.send()
      this.came()
      if (!collector.hasSome) {
        this.alarm.arm(this.patienceMs + waitMs)
        this.doubt.arm(this.hedgeMs)
      }
      return await this.settled
    } catch (error) {
      if (!signal.aborted && (isP2PError(error, 'PEER_NOT_CONNECTED') || isP2PError(error, 'CONNECTION_LOST')))
        return { kind: 'lost' }
      throw error
    } finally {
      this.isOver = true
      this.alarm.disarm()
      this.doubt.disarm()
      stop()
      signal.removeEventListener('abort', onAbort)
      collector.onPart = undefined
    }
  }

  private async send(): Promise<void> {
    for (let copy = 0; copy < this.options.copies; copy++) await this.sendCopy()
  }

  private async sendCopy(): Promise<void> {
    const { action, args, messageId, nonce, answerBytes, carrier } = this.options
    const copy: Copy = { sentAt: carrier.now, there: [], back: [], hasReply: false }
    const surbs = await this.blocks(Math.min(MAX_PARTS, Math.ceil(answerBytes / ANSWER_PART_BYTES) + 1), copy)
    await this.sendAll(requestContents({ action, args, surbs, messageId, nonce }), copy)
    this.copies.push(copy)
  }

  /** The hops in the middle that copies without a reply went by are not taken again. */
  private giveUp(): void {
    const { tried, guard } = this.options
    for (const { there, back, hasReply } of this.copies) {
      if (!hasReply) for (const id of [...there.slice(1, -1), ...back]) if (id !== guard.hop.id) tried.add(id)
    }
  }

  /** When an answer is late, milliseconds. */
  private get hedgeMs(): number {
    return Math.max(MIN_HEDGE_MS, 2 * (this.delaysMs + this.options.carrier.rttMs)) + this.options.waitMs
  }

  /** An answer is late: the guard may be gone, else one copy more goes by other hops. */
  private async hedge(): Promise<void> {
    const { guard, collector, signal } = this.options
    this.options.onLate()
    const isThere = await guard.entry.isAlive()
    if (!isThere || collector.hasSome || this.isOver || signal.aborted) return
    this.copiesLeft++
    this.giveUp()
    // The first copy may yet be answered.
    await this.sendCopy().catch(() => {})
    if (++this.hedges < MAX_HEDGES && !this.isOver) this.doubt.arm(this.hedgeMs)
  }

  private async sendMore(missing: number[]): Promise<void> {
    const { messageId } = this.options
    const copy: Copy = { sentAt: this.options.carrier.now, there: [], back: [], hasReply: false }
    const surbs = await this.blocks(missing.length, copy)
    await this.sendAll(requestContents({ action: 'more', args: encode(missing), surbs, messageId }), copy)
  }

  /** Reply blocks, as lists for one packet each. */
  private async blocks(count: number, copy: Copy): Promise<Uint8Array[][]> {
    const { carrier, purpose, guard, exit, profile, collector, onContent, signal, tried } = this.options
    const onReply = (content: Uint8Array) => {
      copy.hasReply = true
      onContent?.(content)
      collector.take(content)
    }
    const lists: Uint8Array[][] = []
    for (let i = 0; i < count; i++) {
      const { surb, path } = await carrier.block(purpose, { guard: guard.hop, exit }, profile, onReply, { signal, tried })
      if (copy.back.length === 0) copy.back = path
      this.blocksOut++
      if (i % BLOCKS_IN_PACKET === 0) lists.push([])
      lists.at(-1)!.push(surb)
    }
    return lists
  }

  private async sendAll(contents: readonly Uint8Array[], copy: Copy): Promise<void> {
    const { carrier, paths, purpose, guard, exit, profile, signal, tried } = this.options
    for (const content of contents) {
      const route = paths.forward(purpose, guard.hop, exit, tried)
      if (copy.there.length === 0) copy.there = route.map(({ id }) => id)
      this.patienceMs = carrier.patienceMs(route, route, profile)
      this.delaysMs = 2 * expectedDelayMs(route, profile)
      await carrier.send(guard.entry, route, profile, content, {
        signal,
        onFault: (code, next) => {
          const isExitGone = next === exit.id
          if (--this.copiesLeft <= 0 || isExitGone) this.settle({ kind: 'fault', code, isExitGone })
        },
      })
    }
  }

  /** Something of the answer may be there. */
  private came(): void {
    const { collector, scores, carrier } = this.options
    const { outcome } = collector
    if (outcome !== undefined) {
      for (const { there, back, hasReply, sentAt } of this.copies) {
        if (hasReply) scores.passed(there)
        // One that was sent long before another that was answered is lost.
        else if (carrier.now - sentAt >= this.hedgeMs) scores.vanished([...there, ...back])
      }
      this.settle(outcome)
    } else if (collector.hasSome) {
      // The exit has run out of reply blocks; else what is missing may still come.
      if (this.blocksOut <= 0) this.askForMore()
      else this.alarm.arm(this.patienceMs)
    }
  }

  private waited(): void {
    const { collector, scores, guard } = this.options
    if (collector.hasSome) {
      this.askForMore()
      return
    }
    // A network that is down says nothing of hops.
    void guard.entry.isAlive().then((isAlive) => {
      // The guard is crossed both ways, and counts twice.
      if (isAlive) for (const { there, back } of this.copies) scores.vanished([...there, ...back])
      this.giveUp()
      this.settle({ kind: isAlive ? 'silence' : 'lost' })
    })
  }

  private askForMore(): void {
    if (++this.asked > MAX_MORE) {
      this.settle({ kind: 'silence' })
      return
    }
    this.sendMore(this.options.collector.missing).then(
      () => this.alarm.arm(this.patienceMs),
      () => this.settle({ kind: 'lost' }),
    )
  }
}
