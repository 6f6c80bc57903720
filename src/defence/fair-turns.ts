import { P2PError } from '../base/errors.js'
import { nextTurn } from '../base/turn.js'

/** Work that can be interrupted: it yields what each step has cost, in units of about a microsecond, and returns what was asked for. */
export type Work<T> = Generator<number, T, void>

interface Job {
  /** Goes on for one slice; true where the job is done. */
  slice(): boolean
  fail(error: P2PError): void
}

export interface FairTurnsOptions {
  /** Units of one slice. */
  sliceUnits?: number | undefined
  /** Lets everything else have its turn. */
  turn?: (() => Promise<void>) | undefined
  /** A slice for a peer took so long, milliseconds. */
  charge?: ((peer: string, ms: number) => void) | undefined
  /** Processor time is real even where the clock is not. */
  cpuNow?: (() => number) | undefined
}

/** Units of one slice: less than a frame of a screen on any machine, and more than an honest question needs. */
const SLICE_UNITS = 1_024
/** Slices that one peer gets at once in a turn: more than it asks in a frame of short questions, and less than others notice. */
const AT_ONCE_SLICES = 8
/** Jobs of one peer that wait: far more than a meter lets come. */
const MAX_WAITING = 1_024

/**
 * Runs long work for peers without holding up the others: what is short runs at once, up to some slices of a peer in a turn of the event
 * loop, and the rest in slices, one in each turn, of one peer after the other (fair queuing, Nagle, RFC 970).
 *
 * @example
 * const answer = await turns.run(peerId, scan())
 */
export class FairTurns {
  /** What waits, by peer, in the order of their turns. */
  private readonly lines = new Map<string, Job[]>()
  /** Units that peers have had at once in this turn of the event loop. */
  private readonly atOnce = new Map<string, number>()
  private readonly sliceUnits: number
  private isActive = false

  constructor(private readonly options: FairTurnsOptions = {}) {
    this.sliceUnits = options.sliceUnits ?? SLICE_UNITS
  }

  /** Jobs of a peer that wait. */
  waitingOf(peer: string): number {
    return this.lines.get(peer)?.length ?? 0
  }

  /**
   * @returns what the work returns, or rejects with what it throws.
   * @throws P2PError RATE_LIMITED where too much of this peer waits, PEER_NOT_CONNECTED where the peer has gone meanwhile.
   */
  run<T>(peer: string, work: Work<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let units = 0
      const slice = (): boolean => {
        try {
          for (units = 0; units < this.sliceUnits; ) {
            const { done, value } = work.next()
            if (done) {
              resolve(value)
              return true
            }
            units += value
          }
          return false
        } catch (error) {
          reject(error)
          return true
        }
      }
      const line = this.lines.get(peer) ?? []
      // What a peer asks later does not overtake.
      if (line.length === 0 && this.mayRunAtOnce(peer)) {
        const isDone = slice()
        this.atOnce.set(peer, (this.atOnce.get(peer) ?? 0) + units)
        if (isDone) return
      }
      if (line.length >= MAX_WAITING) {
        reject(new P2PError('RATE_LIMITED', 'Too many questions of this peer wait.', { details: { retryAfterMs: 1_000 } }))
        return
      }
      line.push({ slice, fail: reject })
      this.lines.set(peer, line)
      void this.serve()
    })
  }

  private mayRunAtOnce(peer: string): boolean {
    const { turn = nextTurn } = this.options
    if (this.atOnce.size === 0) void turn().then(() => this.atOnce.clear())
    return (this.atOnce.get(peer) ?? 0) < AT_ONCE_SLICES * this.sliceUnits
  }

  /** A peer has cost so much beside its turns: what was done for it after something else had to be waited for. */
  charge(peer: string, ms: number): void {
    this.options.charge?.(peer, ms)
  }

  /** A peer is gone, and with it what waits for it. */
  forget(peer: string): void {
    const line = this.lines.get(peer)
    this.lines.delete(peer)
    this.atOnce.delete(peer)
    for (const { fail } of line ?? []) fail(new P2PError('PEER_NOT_CONNECTED', 'The peer is gone.'))
  }

  private async serve(): Promise<void> {
    if (this.isActive) return
    this.isActive = true
    const { turn = nextTurn, charge, cpuNow = () => performance.now() } = this.options
    while (this.lines.size > 0) {
      await turn()
      for (const [peer, line] of this.lines) {
        const started = cpuNow()
        if (line[0]!.slice()) line.shift()
        // To the end of the round.
        this.lines.delete(peer)
        if (line.length > 0) this.lines.set(peer, line)
        charge?.(peer, cpuNow() - started)
        break
      }
    }
    this.isActive = false
  }
}
