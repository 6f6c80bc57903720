import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import { asP2PError, isP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'

/** One way to a peer. */
export interface DialPath {
  /** As errors name it; the same name is tried once. */
  readonly name: string
  dial(signal: AbortSignal): Promise<string>
}

/**
 * Tries several paths to one peer, each `dialHeadStartMs` after the one before or as soon as all before it have failed; the
 * first that connects wins and ends the others. As "Happy Eyeballs" does with addresses (RFC 8305 §5).
 */
export class PathRace {
  private readonly names = new Set<string>()
  private readonly waiting: DialPath[] = []
  private readonly running = new Set<string>()
  private readonly failures: { path: string; error: P2PError }[] = []
  private readonly ended = new AbortController()
  /** Until the next path may begin. */
  private readonly headStart: Alarm
  private readonly lookup: Alarm
  /** What looks for more paths: to be asked, under way, or done. */
  private source: 'idle' | 'asked' | 'done' = 'idle'
  private sourceFailure: P2PError | undefined
  private more: () => Promise<void> = async () => {}
  /** Ends the race, with the peer id reached or why there is none. */
  private settle: ((outcome: string | P2PError) => void) | undefined

  constructor(
    private readonly peerId: string,
    clock: Clock,
    private readonly limits: Limits,
  ) {
    this.headStart = new Alarm(clock, () => this.advance())
    this.lookup = new Alarm(clock, () => this.ask())
  }

  get knowsPaths(): boolean {
    return this.names.size > 0
  }

  /** Each path tried and why it failed; those that still run have no answer yet. */
  told(): { path: string; code: string; message: string }[] {
    return [
      ...this.failures.map(({ path, error }) => ({ path, code: error.code, message: error.message })),
      ...[...this.running].map((path) => ({ path, code: 'TIMEOUT', message: 'It has not answered in time.' })),
    ]
  }

  /**
   * @param more looks for further paths and `add`s them; asked at once where none is given, else when those have failed or
   * take longer than `dialLookupMs`.
   * @throws P2PError of the only path, what `more` throws, or PEER_UNREACHABLE.
   */
  run(signal: AbortSignal, given: DialPath[], more: () => Promise<void>): Promise<string> {
    this.more = more
    return new Promise((resolve, reject) => {
      const stop = () => this.end()
      signal.addEventListener('abort', stop)
      this.settle = (outcome) => {
        signal.removeEventListener('abort', stop)
        this.end()
        if (typeof outcome === 'string') resolve(outcome)
        else reject(outcome)
      }
      this.lookup.arm(this.limits.dialLookupMs)
      for (const path of given) this.add(path)
      this.advance()
    })
  }

  add(path: DialPath): void {
    if (this.names.has(path.name)) return
    this.names.add(path.name)
    this.waiting.push(path)
    this.advance()
  }

  private advance(): void {
    if (this.settle === undefined || this.headStart.isArmed) return
    const path = this.waiting.shift()
    if (path !== undefined) {
      this.start(path)
      return
    }
    if (this.running.size > 0) return
    if (this.source === 'idle') this.ask()
    else if (this.source === 'done') this.settle(this.failure())
  }

  private start(path: DialPath): void {
    const { name } = path
    this.running.add(name)
    this.headStart.arm(this.limits.dialHeadStartMs)
    path.dial(this.ended.signal).then(
      (peerId) => {
        this.running.delete(name)
        this.settle?.(peerId)
      },
      (cause) => {
        if (!this.running.delete(name) || this.settle === undefined) return
        const error = asP2PError(cause, 'PEER_UNREACHABLE', `The path over ${name} failed.`)
        const isOurEnd = error.code === 'SUSPENDED' || error.code === 'SHUT_DOWN'
        if (isOurEnd && !error.details.byPeer && !error.details.inClear) return this.settle(error)
        this.failures.push({ path: name, error })
        if (this.running.size === 0) this.goOn()
      },
    )
  }

  private goOn(): void {
    this.headStart.disarm()
    this.advance()
  }

  private ask(): void {
    if (this.source !== 'idle') return
    this.source = 'asked'
    this.more()
      .catch((cause) => {
        this.sourceFailure = isP2PError(cause) ? cause : this.notFound(cause)
      })
      .finally(() => {
        this.source = 'done'
        this.advance()
      })
  }

  private failure(): P2PError {
    const paths = this.told()
    const taken = this.failures.filter(({ error }) => error.code === 'NAME_TAKEN')
    const [first] = taken.length > 0 ? taken : this.failures
    if (first === undefined) return this.sourceFailure ?? this.notFound()
    if (this.failures.length === 1 || taken.length > 0) {
      first.error.details.paths ??= paths
      return first.error
    }
    const told = paths.map(({ path, code }) => `${path}: ${code}`).join(', ')
    return new P2PError('PEER_UNREACHABLE', `${this.peerId} could not be reached by any path (${told}).`, {
      details: { peerId: this.peerId, paths },
      cause: first.error,
    })
  }

  private notFound(cause?: unknown): P2PError {
    return new P2PError('PEER_NOT_FOUND', `${this.peerId} was not found.`, { details: { peerId: this.peerId }, cause })
  }

  private end(): void {
    this.settle = undefined
    this.headStart.disarm()
    this.lookup.disarm()
    this.ended.abort()
  }
}
