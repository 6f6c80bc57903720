import { type Clock, elapsed, lateness, systemClock, type Timer } from '../../base/clock.js'
import type { Unsubscribe } from '../../base/events.js'
import { isHidden } from '../../base/hidden.js'
import { SMALL_PLUGIN_LIMITS } from '../../base/limits/small-plugins.js'
import type { Limits } from '../../base/limits.js'
import type { WakeReason } from '../../core/plugin.js'

/** Options of `WakeWatch`. */
export interface WakeWatchOptions {
  clock?: Clock | undefined
  limits?: Pick<Limits, 'wakeCheckMs'> | undefined
  /** Called with the first reason of a burst. */
  onWake: (reason: WakeReason) => void
  /** The network is gone, as far as the browser knows. */
  onOffline?: (() => void) | undefined
  /** The network is back; `onWake('online')` follows, unless the burst was told already. */
  onOnline?: (() => void) | undefined
}

/** Events so soon after the last told one are of the same waking: a phone that is unlocked brings four of them. */
const BURST_MS = 500
/** A timer late by more than so many periods means sleep; a busy page is late by less. */
const LATE_PERIODS = 3
/** Browsers let the timers of a tab that is long hidden run once a minute only: there this is the period. */
const HIDDEN_PERIOD_MS = 60_000

/**
 * Tells when the page or the machine wakes and when the network goes and returns, in browsers, workers and Node; where an
 * event does not exist, the timer remains. Between `start` and `stop` only, and it never holds a process.
 *
 * @example
 * const watch = new WakeWatch({ onWake: (reason) => probeConnections(reason) })
 * watch.start()
 * // …
 * watch.stop()
 */
export class WakeWatch {
  private readonly clock: Clock
  private readonly checkMs: number
  private unlisten: Unsubscribe | undefined
  private timer: Timer
  private lastTold = Number.NEGATIVE_INFINITY

  constructor(private readonly wiring: WakeWatchOptions) {
    this.clock = wiring.clock ?? systemClock
    this.checkMs = (wiring.limits ?? SMALL_PLUGIN_LIMITS).wakeCheckMs
  }

  /** Begins to watch; a second call does nothing. */
  start(): void {
    if (this.unlisten !== undefined) return
    this.unlisten = this.listen()
    this.check()
  }

  /** Ends the watch: no timer and no listener is left, and nothing is called any more. It may start again. */
  stop(): void {
    this.unlisten?.()
    this.unlisten = undefined
    this.clock.clearTimeout(this.timer)
    this.lastTold = Number.NEGATIVE_INFINITY
  }

  private listen(): Unsubscribe {
    const { document, navigator } = globalThis as {
      document?: Document
      navigator?: { connection?: Partial<EventTarget> }
    }
    const page = globalThis as Partial<EventTarget>
    const network = navigator?.connection
    const wakes = (reason: WakeReason) => () => this.wake(reason)
    const watched: [target: Partial<EventTarget> | undefined, event: string, listener: (event: Event) => void][] = [
      [page, 'online', () => this.online()],
      [page, 'offline', () => this.wiring.onOffline?.()],
      // The first showing of a page is not a return.
      [page, 'pageshow', (event) => (event as PageTransitionEvent).persisted !== false && this.wake('pageshow')],
      [document, 'visibilitychange', () => document?.visibilityState === 'visible' && this.wake('visible')],
      [document, 'resume', wakes('resume')],
      [network, 'change', wakes('network-change')],
    ]
    for (const [target, event, listener] of watched) target?.addEventListener?.(event, listener)
    return () => {
      for (const [target, event, listener] of watched) target?.removeEventListener?.(event, listener)
    }
  }

  private online(): void {
    this.wiring.onOnline?.()
    // The callback may have stopped us.
    if (this.unlisten !== undefined) this.wake('online')
  }

  private check(): void {
    const lateMs = lateness(this.clock, this.checkMs)
    this.timer = this.clock.setTimeout(() => {
      const late = lateMs()
      this.check()
      if (late > LATE_PERIODS * (isHidden() ? Math.max(HIDDEN_PERIOD_MS, this.checkMs) : this.checkMs)) this.wake('late-timer')
    }, this.checkMs)
    // The system clock of Node gives timers that would keep the process alive.
    ;(this.timer as { unref?: () => void } | undefined)?.unref?.()
  }

  private wake(reason: WakeReason): void {
    const now = elapsed(this.clock)
    if (now - this.lastTold < BURST_MS) return
    this.lastTold = now
    this.wiring.onWake(reason)
  }
}
