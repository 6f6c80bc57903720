import { hexOf } from '../../base/bytes.js'
import type { Clock } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { MailLimits } from '../../base/limits/mail.js'
import { RateBuckets } from '../../base/rate-buckets.js'
import { accessHashOf, bucketOf, equalHashes, letterIdOf, TTL_CLASS_S, type TtlClass } from '../box.js'
import { depositWorkBits, hourOf, mailWorkBits, mailWorkBlock, TAKE_WORK_BITS, takeSubject } from '../work.js'
import type { Box, MailStore } from './mail-store.js'
import type { Prekey } from './prekey-pile.js'
import type { MailRequest } from './requests.js'

const PER_MIN = 1 / 60
const PER_HOUR = 1 / 3_600

/** Who may leave a letter, and take a prekey: what costs least is looked at first. */
export class DepositRules {
  private readonly contacts: RateBuckets
  private readonly strangers: RateBuckets
  private readonly takers: RateBuckets
  private readonly newBoxes: RateBuckets

  constructor(
    private readonly store: MailStore,
    private readonly clock: Clock,
    private readonly limits: MailLimits,
    /** Accounts processor time to a peer, by its key in hex. */
    private readonly charge: (key: string, ms: number) => void = () => {},
  ) {
    const { depositsPerMin, depositBurst, strangerDepositsPerMin, strangerDepositBurst, newBoxesPerHour } = limits
    const strangers = () => new RateBuckets(clock, strangerDepositsPerMin * PER_MIN, strangerDepositBurst)
    this.contacts = new RateBuckets(clock, depositsPerMin * PER_MIN, depositBurst)
    this.strangers = strangers()
    this.takers = strangers()
    this.newBoxes = new RateBuckets(clock, newBoxesPerHour * PER_HOUR, newBoxesPerHour)
  }

  /** @throws P2PError STORE_FULL, RATE_LIMITED. */
  checkNewBox(publicKey: Uint8Array): void {
    const { maxBoxes } = this.limits
    if (this.store.totals.boxes >= maxBoxes) {
      throw new P2PError('STORE_FULL', `This relay keeps ${maxBoxes} mailboxes and no more. Use another relay.`)
    }
    spend(this.newBoxes, publicKey)
  }

  /**
   * Stores a letter, where its sender may leave it.
   *
   * @returns until when it is kept, milliseconds since 1970, and whether it was not here before.
   * @throws P2PError MESSAGE_TOO_LARGE, NO_MAILBOX, MAIL_REFUSED, RATE_LIMITED, PROOF_OF_WORK_REQUIRED, MAILBOX_FULL.
   */
  async deposit(request: MailRequest<'deposit'>, publicKey: Uint8Array): Promise<{ box: Box; until: number; isNew: boolean }> {
    const { letter, ttl, access, work } = request
    const { store, limits, clock } = this
    const bucket = bucketOf(letter.length)!
    if (bucket > store.maxBucket) throw new P2PError('MESSAGE_TOO_LARGE', 'This relay keeps no letters of this size.')
    const box = await this.boxNamed(request.box)
    if (bucket > box.max) throw new P2PError('MAIL_REFUSED', 'The owner of this mailbox takes no letters of this size.')
    const isStranger = !isContact(box, access)
    spend(isStranger ? this.strangers : this.contacts, publicKey)
    if (isStranger && box.bits === null)
      throw new P2PError('MAIL_REFUSED', 'The owner of this mailbox takes no letters of strangers.')
    const id = this.charged(publicKey, () => {
      const hash = letterIdOf(letter)
      if (isStranger) demand(depositWorkBits(box.bits!, bucket), work, [mailWorkBlock(request.box, hash)])
      return hash
    })
    const maxBytes = store.inMemory ? Math.min(limits.maxMailMemoryBytes, limits.maxMailBytes) : limits.maxMailBytes
    const bounds = { now: clock.now(), maxBytes, limits }
    const deposit = { id, letter, ttl: Math.min(ttl, store.maxTtl) as TtlClass, isStranger }
    const result = await store.deposit(box.id, deposit, bounds)
    if (result.outcome === 'no-box') throw noMailbox()
    if (result.outcome === 'full') {
      const retryAfterMs = 1_000 * TTL_CLASS_S[0]!
      throw new P2PError('MAILBOX_FULL', 'There is no room for this letter. What is there stays.', { details: { retryAfterMs } })
    }
    return { box, until: result.until, isNew: result.outcome === 'stored' }
  }

  /** A prekey of a box. @throws P2PError NO_MAILBOX, MAIL_REFUSED, RATE_LIMITED, PROOF_OF_WORK_REQUIRED. */
  async take({ box: id, access, work }: MailRequest<'take'>, publicKey: Uint8Array): Promise<Prekey | undefined> {
    const { store, limits, clock } = this
    const box = await this.boxNamed(id)
    const isStranger = !isContact(box, access)
    spend(isStranger ? this.takers : this.contacts, publicKey)
    if (isStranger && box.bits === null)
      throw new P2PError('MAIL_REFUSED', 'The owner of this mailbox takes no letters of strangers.')
    const now = clock.now()
    if (isStranger) {
      // The hour is that of the sender's clock.
      const hours = [0, -1, 1].map((by) => hourOf(now) + by)
      const blocks = () => hours.map((hour) => mailWorkBlock(id, takeSubject(publicKey, hour)))
      this.charged(publicKey, () => demand(TAKE_WORK_BITS, work, blocks()))
    }
    return store.takePrekey(box.id, isStranger ? limits.prekeyReserve : 1, now - limits.prekeyBatchMs)
  }

  /** What hashes cost is the sender's: they come after the store has been waited for, where nobody else accounts for them. */
  private charged<T>(publicKey: Uint8Array, run: () => T): T {
    const startedMs = performance.now()
    try {
      return run()
    } finally {
      this.charge(hexOf(publicKey), performance.now() - startedMs)
    }
  }

  private async boxNamed(id: Uint8Array): Promise<Box> {
    const box = await this.store.getBox(hexOf(id))
    if (box === undefined) throw noMailbox()
    return box
  }
}

function noMailbox(): P2PError {
  return new P2PError('NO_MAILBOX', 'This relay has no such mailbox.')
}

function isContact(box: Box, access: Uint8Array | undefined): boolean {
  return access !== undefined && equalHashes(accessHashOf(access), box.access)
}

/** @throws P2PError RATE_LIMITED. */
function spend(buckets: RateBuckets, publicKey: Uint8Array): void {
  const retryAfterMs = buckets.take(hexOf(publicKey))
  if (retryAfterMs > 0) throw new P2PError('RATE_LIMITED', 'Too much mail of this peer. Wait.', { details: { retryAfterMs } })
}

/** @throws P2PError PROOF_OF_WORK_REQUIRED, with `details.bits`. */
function demand(bits: number, work: Uint8Array | undefined, blocks: readonly Uint8Array[]): void {
  if (work !== undefined && blocks.some((block) => mailWorkBits(block, work) >= bits)) return
  if (work === undefined && bits === 0) return
  throw new P2PError('PROOF_OF_WORK_REQUIRED', `This mailbox demands work of ${bits} bits of strangers.`, { details: { bits } })
}
