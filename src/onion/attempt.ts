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
import type { OnionProfile } from './profile.js'
import type { Scores } from './scores.js'

/** Reply blocks in one packet: with one fewer than fit there is room for arguments. */
const BLOCKS_IN_PACKET = MAX_SURBS - 1
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
  /** Told of all that comes by the reply blocks. */
  onContent: ((content: Uint8Array) => void) | undefined
  collector: AnswerCollector
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
  private readonly there: (readonly Hop[])[] = []
  private patienceMs = 0
  /** Reply blocks that are out, by which no reply has come; and the hops of the last one. */
  private blocksOut = 0
  private lastBack: readonly string[] = []
  private asked = 0
  /** Ids of hops in the middle that the first copies went by. */
  private readonly tried = new Set<string>()
  private isOver = false

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
        this.doubt.arm(this.patienceMs / 2)
      }
      return await this.settled
    } catch (error) {
      if (!signal.aborted && (isP2PError(error, 'PEER_NOT_CONNECTED') || isP2PError(error, 'CONNECTION_LOST'))) return { kind: 'lost' }
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

  private isMeasured = false
  private delaysMs = 0

  private async send(): Promise<void> {
    for (let copy = 0; copy < this.options.copies; copy++) await this.sendCopy()
  }

  private async sendCopy(): Promise<void> {
    const { action, args, messageId, nonce, answerBytes } = this.options
    const surbs = await this.blocks(Math.min(MAX_PARTS, Math.ceil(answerBytes / ANSWER_PART_BYTES) + 1))
    await this.sendAll(requestContents({ action, args, surbs, messageId, nonce }))
  }

  /** Half of the time is over: the guard may be gone, else one copy more goes by other hops. */
  private async hedge(): Promise<void> {
    const { guard, collector, signal } = this.options
    const isThere = await guard.entry.isAlive()
    if (!isThere || collector.hasSome || this.isOver || signal.aborted) return
    this.copiesLeft++
    for (const path of [...this.there.map((route) => route.slice(1, -1).map(({ id }) => id)), this.lastBack]) {
      for (const id of path) this.tried.add(id)
    }
    // The first copy may yet be answered.
    await this.sendCopy().catch(() => {})
  }

  private async sendMore(missing: number[]): Promise<void> {
    const { messageId } = this.options
    const surbs = await this.blocks(missing.length)
    await this.sendAll(requestContents({ action: 'more', args: encode(missing), surbs, messageId }))
  }

  /** Reply blocks, as lists for one packet each. */
  private async blocks(count: number): Promise<Uint8Array[][]> {
    const { carrier, purpose, guard, exit, profile, collector, onContent, signal } = this.options
    const onReply = (content: Uint8Array) => {
      onContent?.(content)
      collector.take(content)
    }
    const lists: Uint8Array[][] = []
    for (let i = 0; i < count; i++) {
      const { surb, path } = await carrier.block(purpose, { guard: guard.hop, exit }, profile, onReply, { signal, tried: this.tried })
      this.lastBack = path
      this.blocksOut++
      if (i % BLOCKS_IN_PACKET === 0) lists.push([])
      lists.at(-1)!.push(surb)
    }
    return lists
  }

  private async sendAll(contents: readonly Uint8Array[]): Promise<void> {
    const { carrier, paths, purpose, guard, exit, profile, signal } = this.options
    for (const content of contents) {
      const route = paths.forward(purpose, guard.hop, exit, this.tried)
      this.there.push(route)
      this.patienceMs = carrier.patienceMs(route, route, profile)
      this.delaysMs = this.patienceMs / 3 - carrier.rttMs
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
    const { collector, scores } = this.options
    const { outcome } = collector
    if (outcome !== undefined) {
      for (const route of this.there) scores.passed(route.map(({ id }) => id))
      this.settle(outcome)
    } else if (collector.hasSome) {
      // The exit has run out of reply blocks; else what is missing may still come.
      if (this.blocksOut <= 0) this.askForMore()
      else this.alarm.arm(this.patienceMs)
    }
  }

  private waited(): void {
    const { collector, scores, guard } = this.options
    if (collector.hasSome) return this.askForMore()
    const [route = []] = this.there
    // The guard is crossed both ways, and counts twice.
    const path = [...route.map(({ id }) => id), ...this.lastBack]
    // A network that is down says nothing of hops.
    void guard.entry.isAlive().then((isAlive) => {
      if (isAlive) scores.vanished(path)
      this.settle({ kind: isAlive ? 'silence' : 'lost' })
    })
  }

  private askForMore(): void {
    if (++this.asked > MAX_MORE) return this.settle({ kind: 'silence' })
    this.sendMore(this.options.collector.missing).then(
      () => this.alarm.arm(this.patienceMs),
      () => this.settle({ kind: 'lost' }),
    )
  }
}
