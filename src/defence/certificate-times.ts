import type { Clock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { type Certificate, holdsAt } from '../channel/certificate.js'

/** How far our clock may be off from the truth where we dial. */
const TRUSTED_WITHIN_MS = 86_400_000

/**
 * Judges the date of a responder's certificate.
 *
 * @param address as the responder was dialled.
 * @param now the responder's clock, milliseconds since the Unix epoch.
 * @throws P2PError CLOCK_SKEW.
 */
export type CertificateJudge = (address: string, certificate: Certificate, now: number) => Promise<void> | void

/** Judges a dialler's certificate by our clock. @throws P2PError CLOCK_SKEW. */
export function judgeDialler(certificate: Certificate, clock: Clock, limits: Limits): void {
  const now = clock.now()
  if (!holdsAt(certificate, now, limits.maxClockSkewMs)) throw notNow('Your', now - certificate.notBefore)
}

/** Judges a responder's certificate by its clock and by ours. @throws P2PError CLOCK_SKEW. */
export function judgeResponder(certificate: Certificate, now: number, clock: Clock, limits: Limits): void {
  checkOwnTime(certificate, now, clock, limits)
  if (!holdsByOurClock(certificate, clock)) throw notNow("The peer's", now - clock.now())
}

/**
 * We date our own certificate by the responder's clock: no further from the truth than the responder's certificate is.
 *
 * @throws P2PError CLOCK_SKEW for a responder whose own clock its certificate does not hold by.
 */
export function checkOwnTime(certificate: Certificate, now: number, clock: Clock, limits: Limits): void {
  if (!holdsAt(certificate, now, limits.maxClockSkewMs)) throw notNow("By its own clock, the peer's", now - clock.now())
}

export function holdsByOurClock(certificate: Certificate, clock: Clock): boolean {
  return holdsAt(certificate, clock.now(), TRUSTED_WITHIN_MS)
}

/** @param offsetMs how far the other clock is ahead of ours. */
export function skewed(what: string, offsetMs: number): P2PError {
  const hours = Math.round(Math.abs(offsetMs) / 3_600_000)
  const direction = offsetMs > 0 ? 'ahead' : 'behind'
  return new P2PError('CLOCK_SKEW', `${what}: the other clock is ${hours} h ${direction}.`, { details: { offsetMs } })
}

/** @param offsetMs as for `skewed`. */
export function notNow(whose: string, offsetMs: number): P2PError {
  return skewed(`${whose} certificate does not hold at this time`, offsetMs)
}
