/** A pending timer; give it to `clearTimeout`. */
export type Timer = unknown

/** Where all times and timers of the SDK come from. Tests replace it with `VirtualClock` of `lotus-p2p/testing`. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds since whenever, which nobody sets back. Default: `now`. */
  elapsed?(): number
  setTimeout(callback: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
}

/** Timers of the platform hold their delay in 31 bits; a longer one would fire at once (HTML §8.6, Node's `timers`). */
export const MAX_DELAY_MS = 2 ** 31 - 1

/** For how long something has gone on: the difference of two readings. */
export function elapsed(clock: Clock): number {
  return clock.elapsed?.() ?? clock.now()
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS)),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
}
