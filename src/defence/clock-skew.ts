import { P2PError } from '../base/errors.js'
import { LazyMap, LazySet } from '../base/lazy-map.js'
import type { Limits } from '../base/limits.js'

/**
 * Compares our clock with those of our peers. A clock that is far off is nobody's fault and is not punished; but records and signed
 * messages dated by it are refused, so whoever runs it has to know.
 */
export class ClockSkew {
  /** By peer id, milliseconds by which the peer's clock is ahead of ours. */
  private readonly skews = new LazyMap<string, number>()
  private readonly told = new LazySet<string>()

  constructor(
    private readonly limits: Limits,
    private readonly onSkew: (error: P2PError, peerId: string) => void,
  ) {}

  /** Milliseconds by which the peers' clocks are ahead of ours, their median; undefined without peers. */
  get medianMs(): number | undefined {
    const sorted = [...this.skews.values()].sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)]
  }

  measured(peerId: string, skewMs: number): void {
    this.skews.set(peerId, skewMs)
    const isFar = Math.abs(skewMs) > this.limits.maxClockSkewMs
    if (!isFar) this.told.delete(peerId)
    else if (!this.told.has(peerId)) {
      this.told.add(peerId)
      this.onSkew(this.error(peerId, skewMs), peerId)
    }
  }

  gone(peerId: string): void {
    this.skews.delete(peerId)
    this.told.delete(peerId)
  }

  private error(peerId: string, skewMs: number): P2PError {
    const agree = [...this.skews.values()].filter((other) => Math.abs(other - skewMs) <= this.limits.maxClockSkewMs / 2)
    const areMany = agree.length >= this.limits.clockSkewQuorum && agree.length * 2 > this.skews.size
    const minutes = Math.round(Math.abs(skewMs) / 60_000)
    const direction = skewMs > 0 ? 'behind' : 'ahead of'
    const whose = areMany ? `those of ${agree.length} peers. Set it right` : 'that of a peer. One of them is wrong'
    const message = `The clock of this device is ${minutes} min ${direction} ${whose}.`
    return new P2PError('CLOCK_SKEW', message, { details: { peerId, skewMs: Math.round(skewMs), agreeing: agree.length } })
  }
}
