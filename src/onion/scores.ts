import { BoundedMap } from '../base/bounded-map.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import { tupleKey } from '../base/tuple-key.js'

/** What is expected of a hop of which nothing is known: so much lost, as if so many packets had been seen. */
const EXPECTED_LOSS = 0.02
const EXPECTED_PACKETS = 5
/** A hop that loses more is left out: success below 80 %. */
const MAX_LOSS = 0.2
/** So many next hops that it says it cannot reach, and that others do reach, make a liar. */
const MAX_LIES = 3
/** How long what a hop says of others is compared with what happens. */
const REPORT_MS = 1_800_000
/** Hops and pairs that are remembered. */
const MAX_KEPT = 4_096

interface Score {
  /** Packets that crossed it, and the share of lost ones that is put down to it; both fade. */
  packets: number
  lost: number
  at: number
  leftOutUntil: number
  /** What it has said it cannot reach, and when; and of these, those that others have reached since. */
  readonly reports: Map<string, number>
  readonly lies: Set<string>
}

/**
 * What a wallet has seen of hops: which lose packets, which pairs do not reach each other, and which say so falsely. A lost packet tells
 * of no single hop. It is put down to the hops of its path in the proportion in which they are suspect already, so that a hop that loses
 * packets stands out from those that only share paths with it (the expectation step of an EM estimate).
 */
export class Scores {
  private readonly scores = new BoundedMap<string, Score>(MAX_KEPT)
  private readonly pairs = new BoundedMap<string, number>(MAX_KEPT)
  /** Hops whose reports are open: few, if any. */
  private readonly reporters = new Set<string>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Required<Limits>,
  ) {}

  /** A packet has come through over these hops. */
  passed(path: readonly string[]): void {
    for (const id of path) this.faded(id).packets++
    for (const [i, id] of path.entries()) if (i > 0) this.reached(path[i - 1]!, id)
  }

  /** A packet over these hops, or its answer, has not come. @returns ids of hops that are left out from here on. */
  vanished(path: readonly string[]): string[] {
    const scores = path.map((id) => this.faded(id))
    const losses = scores.map(lossOf)
    const sum = losses.reduce((total, loss) => total + loss, 0)
    const out: string[] = []
    for (const [i, score] of scores.entries()) {
      score.packets++
      score.lost += losses[i]! / sum
      if (score.packets < this.limits.onionJudgedPackets || lossOf(score) <= MAX_LOSS || this.isLeftOut(path[i]!)) continue
      this.leaveOut(path[i]!)
      out.push(path[i]!)
    }
    return out
  }

  /** Leaves a pair of hops out for ten minutes. */
  avoid(id: string, next: string): void {
    this.pairs.set(tupleKey(id, next), elapsed(this.clock) + this.limits.onionPairMs)
  }

  /** A hop says that it cannot reach the next one: the pair is left out, and half a packet is put down to the hop. */
  unreachable(id: string, next: string): void {
    const now = elapsed(this.clock)
    this.avoid(id, next)
    const score = this.faded(id)
    score.packets++
    score.lost += 0.5
    score.reports.delete(next)
    score.reports.set(next, now)
    this.reporters.add(id)
    const [oldest] = score.reports.keys()
    if (score.reports.size > 64 && oldest !== undefined) score.reports.delete(oldest)
  }

  /** Whether a packet is not to go from one hop to the other at present. */
  isPairLeftOut(id: string, next: string): boolean {
    return (this.pairs.get(tupleKey(id, next)) ?? 0) > elapsed(this.clock)
  }

  isLeftOut(id: string): boolean {
    return (this.scores.get(id)?.leftOutUntil ?? 0) > elapsed(this.clock)
  }

  /** The share of packets that a hop seems to lose, 0 to 1. */
  lossOf(id: string): number {
    const score = this.scores.get(id)
    return score === undefined ? EXPECTED_LOSS : lossOf(score)
  }

  private leaveOut(id: string): void {
    const score = this.faded(id)
    score.leftOutUntil = elapsed(this.clock) + this.limits.onionLeftOutMs
    // It begins anew afterwards.
    score.packets = 0
    score.lost = 0
    score.lies.clear()
    score.reports.clear()
  }

  /** A hop is there, as another one has reached it: whoever has said otherwise lately may have lied to choose the path. */
  private reached(by: string, next: string): void {
    const now = elapsed(this.clock)
    for (const id of this.reporters) {
      const score = this.scores.get(id)
      const saidAt = score?.reports.get(next)
      if (score === undefined || score.reports.size === 0) this.reporters.delete(id)
      if (id === by || score === undefined || saidAt === undefined) continue
      score.reports.delete(next)
      if (now - saidAt > REPORT_MS) continue
      score.lies.add(next)
      if (score.lies.size >= MAX_LIES) this.leaveOut(id)
    }
  }

  private faded(id: string): Score {
    const now = elapsed(this.clock)
    const score = this.scores.use(id, () => ({
      packets: 0,
      lost: 0,
      at: now,
      leftOutUntil: 0,
      reports: new Map(),
      lies: new Set(),
    }))
    const share = 0.5 ** ((now - score.at) / this.limits.onionScoreHalfMs)
    score.packets *= share
    score.lost *= share
    score.at = now
    return score
  }
}

function lossOf({ packets, lost }: Pick<Score, 'packets' | 'lost'>): number {
  return (lost + EXPECTED_LOSS * EXPECTED_PACKETS) / (packets + EXPECTED_PACKETS)
}
