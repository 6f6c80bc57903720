import { BoundedMap } from '../base/bounded-map.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import { tupleKey } from '../base/tuple-key.js'

/** What is expected of a hop of which nothing is known: so much lost, as if so many packets had been seen. */
const EXPECTED_LOSS = 0.02
const EXPECTED_PACKETS = 10
/** A hop that loses more is left out: success below 80 %. */
const MAX_LOSS = 0.2
/** Packets whose fate is remembered, and how often the losses are put down to hops anew until they no longer move. */
const MAX_OUTCOMES = 512
const ROUNDS = 30
/** By how much, as a natural logarithm, what happened must be more likely if a hop loses packets than if it does not: e^5 is 150. */
const MIN_EVIDENCE = 5
/** So many next hops that it says it cannot reach, and that others do reach, make a liar. */
const MAX_LIES = 3
/** How long what a hop says of others is compared with what happens. */
const REPORT_MS = 1_800_000
/** How long a hop is doubted after a packet over it was lost. */
const DOUBT_MS = 60_000
/** Hops and pairs that are remembered. */
const MAX_KEPT = 4_096

interface Outcome {
  readonly path: readonly string[]
  /** Packets that were lost: 1, 0, or a half where a hop says so of another. */
  readonly lost: number
  readonly at: number
}

/** Which hops lose how much, so that what happened is the most likely. */
interface Estimate {
  readonly packets: Map<string, number>
  /** 0 to 1. */
  readonly losses: Map<string, number>
  readonly logLikelihood: number
}

/** What a hop has said that it cannot reach, and when; and those of them that others have reached since. */
interface Reports {
  readonly open: Map<string, number>
  readonly lies: Set<string>
}

/**
 * What a wallet has seen of hops: which lose packets, which pairs do not reach each other, and which say so falsely. A lost packet tells
 * of no single hop. The losses of the last hours are put down to the hops that explain them best (expectation-maximization, Dempster,
 * Laird and Rubin 1977), so that a hop that loses packets stands out from those that only share paths with it.
 */
export class Scores {
  private outcomes: Outcome[] = []
  private readonly leftOut = new BoundedMap<string, number>(MAX_KEPT)
  /** When a packet over a hop was lost, and none has come through since. */
  private readonly doubts = new BoundedMap<string, number>(MAX_KEPT)
  private readonly pairs = new BoundedMap<string, number>(MAX_KEPT)
  private readonly reports = new BoundedMap<string, Reports>(MAX_KEPT)

  constructor(
    private readonly clock: Clock,
    private readonly limits: Required<Limits>,
    /** Told of each hop that is left out from here on. */
    private readonly onLeftOut: (id: string) => void = () => {},
  ) {}

  /** A packet has come through over these hops. */
  passed(path: readonly string[]): void {
    this.note(path, 0)
    for (const id of path) this.doubts.delete(id)
    for (const [i, id] of path.entries()) if (i > 0) this.reached(path[i - 1]!, id)
  }

  /** A packet over these hops, or its answer, has not come. @returns ids of hops that are left out from here on. */
  vanished(path: readonly string[]): string[] {
    this.note(path, 1)
    const now = elapsed(this.clock)
    for (const id of path) this.doubts.set(id, now)
    this.outcomes = this.outcomes.filter(({ at }) => now - at <= this.limits.onionScoreMs)
    const { packets, losses, logLikelihood } = this.estimate()
    const suspects = [...losses]
      .filter(([id, loss]) => loss > MAX_LOSS && packets.get(id)! >= this.limits.onionJudgedPackets && !this.isLeftOut(id))
      .map(([id]) => id)
    // What happened must be far less likely if the hop were as good as others: hops that share its paths may be the cause.
    const out = suspects.filter((id) => logLikelihood - this.estimate(id).logLikelihood > MIN_EVIDENCE)
    for (const id of out) this.leaveOut(id)
    return out
  }

  /** Leaves a pair of hops out for ten minutes. */
  avoid(id: string, next: string): void {
    this.pairs.set(tupleKey(id, next), elapsed(this.clock) + this.limits.onionPairMs)
  }

  /** A hop says that it cannot reach the next one: the pair is left out, and half a packet is put down to the hop. */
  unreachable(id: string, next: string): void {
    this.avoid(id, next)
    this.note([id], 0.5)
    const { open } = this.reports.use(id, () => ({ open: new Map(), lies: new Set() }))
    open.delete(next)
    open.set(next, elapsed(this.clock))
    const [oldest] = open.keys()
    if (open.size > 64 && oldest !== undefined) open.delete(oldest)
  }

  /** Whether a packet is not to go from one hop to the other at present. */
  isPairLeftOut(id: string, next: string): boolean {
    return (this.pairs.get(tupleKey(id, next)) ?? 0) > elapsed(this.clock)
  }

  /** Whether a hop may be down: others are taken for a minute, where there are some. */
  isDoubted(id: string): boolean {
    const at = this.doubts.get(id)
    return at !== undefined && elapsed(this.clock) - at < DOUBT_MS
  }

  isLeftOut(id: string): boolean {
    return (this.leftOut.get(id) ?? 0) > elapsed(this.clock)
  }

  private note(path: readonly string[], lost: number): void {
    const now = elapsed(this.clock)
    this.outcomes.push({ path, lost, at: now })
    const first = this.outcomes[0]!
    if (this.outcomes.length > MAX_OUTCOMES || now - first.at > this.limits.onionScoreMs) this.outcomes.shift()
  }

  /**
   * Puts what was lost down to hops.
   *
   * @param innocent a hop that is taken to lose no more than is expected.
   */
  private estimate(innocent?: string): Estimate {
    const packets = new Map<string, number>()
    for (const { path } of this.outcomes) for (const id of path) packets.set(id, (packets.get(id) ?? 0) + 1)
    let losses = new Map([...packets.keys()].map((id) => [id, EXPECTED_LOSS]))
    for (let round = 0; round < ROUNDS; round++) {
      const lost = new Map<string, number>()
      for (const { path, lost: count } of this.outcomes) {
        if (count === 0) continue
        const any = 1 - throughOf(path, losses)
        for (const id of path) lost.set(id, (lost.get(id) ?? 0) + (count * losses.get(id)!) / any)
      }
      losses = new Map(
        [...packets].map(([id, count]) => [
          id,
          id === innocent ? EXPECTED_LOSS : ((lost.get(id) ?? 0) + EXPECTED_LOSS * EXPECTED_PACKETS) / (count + EXPECTED_PACKETS),
        ]),
      )
    }
    let logLikelihood = 0
    for (const { path, lost } of this.outcomes) {
      const through = throughOf(path, losses)
      logLikelihood += lost === 0 ? Math.log(through) : lost * Math.log(1 - through)
    }
    return { packets, losses, logLikelihood }
  }

  private leaveOut(id: string): void {
    this.leftOut.set(id, elapsed(this.clock) + this.limits.onionLeftOutMs)
    // What was lost stays remembered: it is explained by this hop, and by no other.
    this.reports.delete(id)
    this.onLeftOut(id)
  }

  /** A hop is there, as another one has reached it: whoever has said otherwise lately may have lied to choose the path. */
  private reached(by: string, next: string): void {
    const now = elapsed(this.clock)
    for (const [id, { open, lies }] of this.reports) {
      const saidAt = open.get(next)
      if (id === by || saidAt === undefined) continue
      open.delete(next)
      if (now - saidAt > REPORT_MS) continue
      lies.add(next)
      if (lies.size >= MAX_LIES) this.leaveOut(id)
    }
  }
}

/** How likely a packet comes through over these hops. */
function throughOf(path: readonly string[], losses: Map<string, number>): number {
  return path.reduce((through, id) => through * (1 - losses.get(id)!), 1)
}
