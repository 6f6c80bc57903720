import { abortedError, shutDownError, suspendedError } from '../base/errors.js'
import { LazySet } from '../base/lazy-map.js'

/** Where a coordinator is in its life: `idle → opening → running ⇄ suspended → closed`. */
export type Phase = 'idle' | 'opening' | 'running' | 'suspended' | 'closed'

export interface LifecycleSteps {
  /** Opens what listens. Called once, and again after a failure. */
  open(): Promise<void>
  /** Waits until this process may run: another one may lead. Called before each `run`. */
  lead(): Promise<unknown>
  /** Begins to run, at first or after `rest`. */
  run(): void
  /** Lets go of connections and timers until `run`. */
  rest(): void
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/**
 * The one state machine of a coordinator. Each call that needs a network waits for `run`. A wait ends at once when the
 * coordinator is suspended or shut down, even if a signer or a listener never answers.
 */
export class Lifecycle {
  private current: Phase = 'idle'
  private opened: Promise<void> | undefined
  /** The way into `running` that was begun last: one before it is over. */
  private entry: object | undefined
  private readonly waiters = new LazySet<Waiter>()

  constructor(private readonly steps: LifecycleSteps) {}

  get phase(): Phase {
    return this.current
  }

  /**
   * Enters `running`; resolves once it is there.
   *
   * @throws P2PError SUSPENDED, SHUT_DOWN, ABORTED, or what opening failed with.
   */
  run(signal?: AbortSignal): Promise<void> {
    if (this.current === 'running') return Promise.resolve()
    if (this.current === 'closed') return Promise.reject(shutDownError())
    if (this.current === 'suspended') return Promise.reject(suspendedError())
    return this.wait(signal, () => {
      if (this.current === 'idle') this.enter()
    })
  }

  suspend(): void {
    const before = this.current
    if (before === 'suspended' || before === 'closed') return
    this.current = 'suspended'
    this.settle((waiter) => waiter.reject(suspendedError()))
    // Also what opens at this moment may have listeners, and peers, already.
    if (before !== 'idle') this.steps.rest()
  }

  /** Comes back from `suspend`; otherwise does nothing. @throws P2PError as `run`. */
  resume(signal?: AbortSignal): Promise<void> {
    if (this.current !== 'suspended') return Promise.resolve()
    return this.wait(signal, () => this.enter())
  }

  /** Ends every wait. The caller then closes what was opened. */
  close(): void {
    this.current = 'closed'
    this.settle((waiter) => waiter.reject(shutDownError()))
  }

  private wait(signal: AbortSignal | undefined, begin: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedError('The start', signal.reason))
      const leave = () => {
        this.waiters.delete(waiter)
        signal?.removeEventListener('abort', onAbort)
      }
      const onAbort = () => waiter.reject(abortedError('The start', signal?.reason))
      const waiter: Waiter = {
        resolve: () => {
          leave()
          resolve()
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      this.waiters.add(waiter)
      signal?.addEventListener('abort', onAbort)
      begin()
    })
  }

  private enter(): void {
    this.current = 'opening'
    this.opened ??= this.steps.open()
    const { opened } = this
    const entry = {}
    this.entry = entry
    opened
      .then(() => this.entry === entry && this.steps.lead())
      .then(
        () => {
          // Suspended, resumed or closed meanwhile: the call that changed the phase has settled the waits, or has begun again.
          if (this.current !== 'opening' || this.entry !== entry) return
          this.current = 'running'
          this.steps.run()
          this.settle((waiter) => waiter.resolve())
        },
        (error) => {
          // A hardware signer may be plugged in later.
          if (this.opened === opened) this.opened = undefined
          if (this.current !== 'opening' || this.entry !== entry) return
          this.current = 'idle'
          this.settle((waiter) => waiter.reject(error))
        },
      )
  }

  private settle(how: (waiter: Waiter) => void): void {
    for (const waiter of [...this.waiters]) how(waiter)
  }
}
