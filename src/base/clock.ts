/** A pending timer; give it to `clearTimeout`. */
export type Timer = unknown

/** Where all times and timers of the SDK come from. Tests replace it with `VirtualClock` of `lotus-p2p/testing`. */
export interface Clock {
  /** The date, milliseconds since the Unix epoch. It may be set at any time, so durations and deadlines go by `elapsed`. */
  now(): number
  /** Milliseconds since whenever, which nobody sets back. Default: `now`. */
  elapsed?(): number
  setTimeout(callback: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
}

/** Timers of the platform hold their delay in 31 bits; a longer one would fire at once (HTML §8.6, Node's `timers`). */
export const MAX_DELAY_MS = 2 ** 31 - 1

/** A timer of the platform itself, for what happens in its time and not in a test's. @param delayMs of any length. */
export function platformTimer(callback: () => void, delayMs: number): ReturnType<typeof setTimeout> {
  return setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS))
}

/** As `platformTimer`, again and again. */
export function platformInterval(callback: () => void, periodMs: number): ReturnType<typeof setInterval> {
  return setInterval(callback, Math.min(periodMs, MAX_DELAY_MS))
}

/** For how long something has gone on: the difference of two readings. */
export function elapsed(clock: Clock): number {
  return clock.elapsed?.() ?? clock.now()
}

/**
 * How much later than in `delayMs` it is, milliseconds: by the date, or by the time that has passed, whichever is more. The one may
 * have been set back, and the other stands still where the machine sleeps.
 *
 * @example
 * const late = lateness(clock, 5_000)
 * clock.setTimeout(() => { if (late() > 1_000) weHaveSlept() }, 5_000)
 */
export function lateness(clock: Clock, delayMs: number): () => number {
  const date = clock.now() + delayMs
  const due = elapsed(clock) + delayMs
  return () => Math.max(clock.now() - date, elapsed(clock) - due)
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: platformTimer,
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
}
