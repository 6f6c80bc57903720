/** A pending timer; give it to `clearTimeout`. */
export type Timer = unknown

/** Where all times and timers of the SDK come from. Tests replace it with `VirtualClock` of `lotus-p2p/testing`. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  setTimeout(callback: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
}
