import type { Random } from '../base/random.js'
import { exponential } from './draw.js'
import type { Hop } from './hop.js'
import { MAX_DELAY_MS, type PathHop } from './packet.js'

/**
 * How long hops keep a packet. `quick`: not at all, as Tor does. `mixed`: a few seconds each, about as long as a wallet with cover waits
 * between two packets, so that each wallet may have sent it. `background`: up to half a minute each, for what nobody waits for.
 */
export type OnionProfile = 'quick' | 'mixed' | 'background'

/** Packets that wait at a hop beside one of `mixed`, and of `background`, in the mean (λ/μ of Loopix §4). */
const MIXED_PACKETS = 16
const BACKGROUND_PACKETS = 40

/**
 * The mean delay at a hop, milliseconds.
 *
 * @param rate log2 of the packets that the hop handles in a second.
 */
export function meanDelayMs(profile: OnionProfile, rate: number): number {
  if (profile === 'quick') return 0
  const perMs = 2 ** rate / 1_000
  return profile === 'mixed' ? within(MIXED_PACKETS / perMs, 3_000, 5_000) : within(BACKGROUND_PACKETS / perMs, 5_000, 30_000)
}

/** A path as packets name it: with each hop's key for this epoch, and a delay drawn for it. A delay of 0 asks for errors: only `quick` has it. */
export function pathHops(path: readonly { hop: Hop; key: Uint8Array }[], profile: OnionProfile, random: Random): PathHop[] {
  return path.map(({ hop, key }) => {
    const drawn = Math.round(exponential(random, meanDelayMs(profile, hop.record.rate)))
    return { id: hop.publicKey, key, delayMs: profile === 'quick' ? 0 : within(drawn, 1, MAX_DELAY_MS) }
  })
}

/** How long a packet is on its way over these hops in the mean, but for the links, milliseconds. */
export function expectedDelayMs(path: readonly Hop[], profile: OnionProfile): number {
  return path.reduce((sum, { record }) => sum + meanDelayMs(profile, record.rate), 0)
}

/**
 * log2 of the packets that the hops of a path handle while one of this profile waits there, by the rates that they tell: among so many an
 * observer of the path has to guess. 0 where a packet does not wait.
 */
export function anonymityBits(path: readonly Hop[], profile: OnionProfile): number {
  const packets = path.reduce((sum, { record: { rate } }) => sum + (2 ** rate * meanDelayMs(profile, rate)) / 1_000, 0)
  return packets <= 1 ? 0 : Math.round(Math.log2(packets) * 10) / 10
}

function within(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}
