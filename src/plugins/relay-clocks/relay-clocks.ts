import { originOf } from '../../address/origin.js'
import { type Clock, elapsed } from '../../base/clock.js'
import type { P2PError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { type Certificate, holdsAt } from '../../channel/certificate.js'
import { checkOwnTime, holdsByOurClock, notNow, skewed } from '../../defence/certificate-times.js'
import type { KeyValueStore } from '../../storage/key-value-store.js'

/** How far the clocks of two relays may differ that agree. */
const AGREE_WITHIN_MS = 600_000
/** How often the application is told of a wrong clock. */
const TELL_EVERY_MS = 3_600_000
const STORE_KEY = 'clock/not-before'

/**
 * Judges the dates of responders' certificates: by our own clock and, where that is off by more than a day, by the clocks of the relays
 * that the application has named. So a device whose clock is weeks wrong connects, and an expired certificate passes only with the
 * help of two operators, and never one from before the newest that we have seen.
 */
export class RelayClocks {
  /** By operator, the date of its relay less what has passed here by then, milliseconds: nobody sets that. */
  private readonly offsets = new LazyMap<string, number>()
  private newest: Promise<number> | undefined
  private toldAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly wiring: {
      readonly clock: Clock
      readonly limits: Limits
      readonly store: KeyValueStore
      /** Addresses of the relays that the application has named. */
      readonly named: ReadonlySet<string>
      onSkew(error: P2PError): void
    },
  ) {}

  /**
   * @param address as the responder was dialled.
   * @param now the responder's clock, milliseconds since the Unix epoch.
   * @throws P2PError CLOCK_SKEW for a certificate that does not hold, or for a responder whose own clock it does not hold by.
   */
  async judge(address: string, certificate: Certificate, now: number): Promise<void> {
    const { clock, limits, named } = this.wiring
    const own = clock.now()
    checkOwnTime(certificate, now, clock, limits)
    if (named.has(address)) this.offsets.set(originOf(address) ?? address, now - elapsed(clock))
    if (!holdsByOurClock(certificate, clock)) {
      const at = elapsed(clock) + (this.agreed() ?? Number.NaN)
      if (!(at >= (await this.seen()) && holdsAt(certificate, at, AGREE_WITHIN_MS))) {
        throw notNow("The peer's", now - own)
      }
      if (elapsed(clock) - this.toldAt >= TELL_EVERY_MS) {
        this.toldAt = elapsed(clock)
        this.wiring.onSkew(skewed('The clock of this device is wrong. Set it right', at - own))
      }
    }
    if (named.has(address)) await this.note(certificate.notBefore)
  }

  /** What the clocks of two operators agree on, or that of the only relay says. */
  private agreed(): number | undefined {
    const sorted = [...this.offsets.values()].sort((a, b) => a - b)
    if (this.wiring.named.size === 1) return sorted[0]
    const groups = sorted.map((least) => sorted.filter((other) => other >= least && other - least <= AGREE_WITHIN_MS))
    const most = groups.reduce((best, group) => (group.length > best.length ? group : best), [])
    return most.length >= 2 ? most[most.length >> 1] : undefined
  }

  /** The newest `notBefore` of a relay's certificate; a store that fails costs the memory of it only. */
  private seen(): Promise<number> {
    this.newest ??= this.wiring.store.get(STORE_KEY).then(
      (kept) => (kept?.length === 8 ? new DataView(kept.buffer, kept.byteOffset).getFloat64(0) || 0 : 0),
      () => 0,
    )
    return this.newest
  }

  private async note(notBefore: number): Promise<void> {
    if (notBefore <= (await this.seen())) return
    this.newest = Promise.resolve(notBefore)
    const kept = new DataView(new ArrayBuffer(8))
    kept.setFloat64(0, notBefore)
    this.wiring.store.set(STORE_KEY, new Uint8Array(kept.buffer)).catch(() => {})
  }
}
