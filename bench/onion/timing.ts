// What times alone tell of who asked: clients and hops without cryptography, with the cover streams and the delays of the SDK, on a
// virtual clock. An observer sees when each client sends something to its guard, and when requests of one user arrive at an exit; it
// knows all delays and rates, and names the client that is the most likely to have sent them.
import { ONION_LIMITS } from '../../src/base/limits/onion.js'
import { seededRandom } from '../../src/base/random.js'
import { Cover, type CoverMode } from '../../src/onion/cover.js'
import { exponential } from '../../src/onion/draw.js'
import { meanDelayMs, type OnionProfile } from '../../src/onion/profile.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

export interface TimingOptions {
  clients: number
  hops: number
  profile: OnionProfile
  cover: CoverMode
  /** Mean time between two requests of one client, milliseconds. */
  requestMs: number
  /** How long is simulated, milliseconds. */
  durationMs: number
  /** Users who are looked for, in all numbers of observations. */
  trials: number
  seed: number
}

export interface TimingResult {
  /** Packets of one client in a second, and of one hop. */
  clientRate: number
  hopRate: number
  /** Mean time from client to exit, milliseconds. */
  meanMs: number
  /** For 1, 10 and 50 observed requests of one user: how often the observer names it, and how many times better than by guessing. */
  found: { observations: number; share: number; timesGuessing: number }[]
}

/** One link, milliseconds: uniform, as between a home and data centres of one continent. */
const MIN_LINK_MS = 10
const MAX_LINK_MS = 60
const HOPS = 3
const OBSERVATIONS = [1, 10, 50]
/** The observer's table of how likely a delay is: steps of so many milliseconds. */
const STEPS = 4_000

export async function simulateTiming(options: TimingOptions): Promise<TimingResult> {
  const { clients, hops, profile, cover: mode, requestMs, durationMs, trials, seed } = options
  const random = seededRandom(seed)
  const clock = new VirtualClock(0)
  /** When each client has sent something, real or not. */
  const sent: number[][] = Array.from({ length: clients }, () => [])
  /** When its requests have left. */
  const real: number[][] = Array.from({ length: clients }, () => [])
  const covers = sent.map((times, client) => {
    const note = async () => void times.push(clock.now())
    const cover = new Cover({
      clock,
      random,
      limits: ONION_LIMITS as never,
      mode,
      isInSession: () => true,
      drop: note,
      loop: note,
      isHidden: () => false,
    })
    cover.update()
    const ask = () => {
      clock.setTimeout(
        () => {
          cover.turn().then(
            () => {
              times.push(clock.now())
              real[client]!.push(clock.now())
            },
            () => {},
          )
          ask()
        },
        exponential(random, requestMs),
      )
    }
    ask()
    return cover
  })
  for (let at = 0; at < durationMs; at += 60_000) await clock.advance(60_000)
  for (const cover of covers) cover.close()
  const packets = sent.reduce((sum, times) => sum + times.length, 0)
  const clientRate = packets / clients / (durationMs / 1_000)
  // Each packet crosses three hops; answers cross as many.
  const answers = real.reduce((sum, times) => sum + times.length, 0)
  const hopRate = ((packets + answers) * HOPS) / hops / (durationMs / 1_000)
  const rate = Math.max(0, Math.round(Math.log2(hopRate)))
  const meanMs = meanDelayMs(profile, rate)
  const delay = () => {
    let sum = 0
    for (let hop = 0; hop < HOPS; hop++) {
      sum += exponential(random, meanMs) + MIN_LINK_MS + (MAX_LINK_MS - MIN_LINK_MS) * random.unit()
    }
    return sum
  }
  const likely = density(Array.from({ length: 400_000 }, delay))
  const found = OBSERVATIONS.map((observations) => {
    let hits = 0
    let tried = 0
    for (let trial = 0; trial < trials; trial++) {
      const user = Math.floor(random.unit() * clients)
      const own = real[user]!
      if (own.length < observations) continue
      tried++
      // Requests of one user that the exit sees under one key: so many in a row, from anywhere on.
      const first = Math.floor(random.unit() * (own.length - observations + 1))
      const arrivals = own.slice(first, first + observations).map((at) => at + delay())
      if (bestOf(sent, arrivals, likely, random.unit) === user) hits++
    }
    const share = tried === 0 ? Number.NaN : hits / tried
    return { observations, share, timesGuessing: share * clients }
  })
  return { clientRate, hopRate, meanMs: HOPS * (meanMs + (MIN_LINK_MS + MAX_LINK_MS) / 2), found }
}

/** How likely each delay is, per millisecond. */
function density(samples: number[]): { at(ms: number): number; maxMs: number } {
  const maxMs = samples.reduce((max, ms) => Math.max(max, ms), 0)
  const step = maxMs / STEPS
  const counts = new Float64Array(STEPS + 1)
  for (const ms of samples) counts[Math.floor(ms / step)]! += 1 / samples.length / step
  return { maxMs, at: (ms) => (ms < 0 || ms > maxMs ? 0 : counts[Math.floor(ms / step)]!) }
}

/**
 * The client whose packets explain the arrivals best: for each arrival the likelihood that one of its packets became it, by the density of
 * delays, and for each client in proportion to how much it sends.
 */
function bestOf(
  sent: readonly number[][],
  arrivals: readonly number[],
  likely: { at(ms: number): number; maxMs: number },
  unit: () => number,
): number {
  let best: number[] = []
  let bestScore = Number.NEGATIVE_INFINITY
  for (const [client, times] of sent.entries()) {
    let score = 0
    for (const arrival of arrivals) {
      let sum = 0
      for (let i = after(times, arrival - likely.maxMs); i < times.length && times[i]! <= arrival; i++)
        sum += likely.at(arrival - times[i]!)
      // A packet may also be one that the observer has missed.
      score += Math.log((sum + 1e-9) / Math.max(1, times.length))
    }
    if (score > bestScore) best = []
    if (score >= bestScore) best.push(client)
    bestScore = Math.max(bestScore, score)
  }
  return best[Math.floor(unit() * best.length)]!
}

/** The index of the first time that is not before another. */
function after(times: readonly number[], at: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}
