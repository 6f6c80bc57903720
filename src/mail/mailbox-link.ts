import { Alarm } from '../base/alarm.js'
import { Backoff } from '../base/backoff.js'
import { elapsed } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import { signEnvelope } from '../identity/envelope.js'
import { type Identity, identityFromSeed, identityReady } from '../identity/identity.js'
import { accessFor, accessHashOf, boxIdOf, openingBytes } from './box.js'
import type { Courier } from './courier.js'
import type { MailHost } from './host.js'
import { MAX_DROPPED, MAX_FETCH_BYTES, type MailAnswer, type MailRequestType, type PlacedLetter } from './messages.js'
import type { Prekeys } from './prekeys.js'

/** Batches brought to a mailbox at once, and the prekeys left below which more are brought. */
const REFILL_BATCHES = 3
const FEW_PREKEYS = 16
/** The first and the longest pause after a mailbox could not be opened. */
const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 600_000
/** Answers of letters that are taken in a row: several times what a mailbox holds, whatever its relay says that there is more. */
const MAX_PAGES = 64

/** A mailbox as it is kept. */
export interface KeptBox {
  /** The relay's `lp1…` id. */
  relayId: string
  address: string | null
  /** Of the box key, Ed25519, 32 bytes. */
  seed: Uint8Array
  /** When it was given up, milliseconds since the Unix epoch; 0: it is in use. */
  givenUpAt: number
  /** Failures to open it in a row, and days on which there were some. */
  failures: number
  failedDays: number
  lastFailedAt: number
  /** Whether the relay has granted it, in this process or before. */
  isGranted: boolean
}

export interface MailboxLinkOptions {
  host: MailHost
  courier: Courier
  access: () => Uint8Array
  settings: { bits: number | null; max: number; wake: string | undefined }
  /** Our card as MessagePack; undefined: the relay is given none. */
  card: () => Uint8Array | undefined
  prekeys: Prekeys
  /** A letter has been fetched. Resolves when it was opened. */
  onLetter: (link: MailboxLink, placed: PlacedLetter) => Promise<void>
  /** Whether it was opened, or could not be. */
  onChange: (link: MailboxLink) => void
}

/** One mailbox of ours: keeps it open, reads it, and drops what is done with. */
export class MailboxLink {
  readonly box: Promise<Uint8Array>
  /** When all that it had was read, by `elapsed`; undefined while it is not open. */
  readAt: number | undefined
  /** Bytes of its letters that wait to be handled. */
  waitingBytes = 0
  quota: MailAnswer<'open'> | undefined
  /** The card that its relay was given last. */
  toldCard: Uint8Array | undefined
  private readonly identity: Identity
  private readonly backoff: Backoff
  private readonly again: Alarm
  private readonly dropping: Alarm
  private dropped: string[] = []
  private opening: Promise<void> | undefined
  private isOver = false
  private isLost = false

  constructor(
    readonly kept: KeptBox,
    private readonly options: MailboxLinkOptions,
  ) {
    const { clock, random } = options.host.kit
    this.identity = identityFromSeed(kept.seed)
    this.box = identityReady(this.identity).then(() => boxIdOf(this.identity.publicKey))
    this.backoff = new Backoff({ minMs: MIN_PAUSE_MS, maxMs: MAX_PAUSE_MS, random })
    this.again = new Alarm(clock, () => this.attach())
    this.dropping = new Alarm(clock, () => void this.dropNow())
  }

  get isRead(): boolean {
    return this.readAt !== undefined
  }

  /** Opens the mailbox and reads it, unless that is under way. */
  attach(): void {
    if (this.isOver || this.opening !== undefined) return
    this.again.disarm()
    const opening = this.open()
      .then(
        () => {
          if (this.isLost) {
            this.lost()
            return
          }
          this.backoff.reset()
          this.kept.failures = 0
          this.kept.failedDays = 0
        },
        (error) => {
          this.readAt = undefined
          this.noteFailure()
          const { retryAfterMs = 0 } = isP2PError(error) ? error.details : {}
          // A relay that asks for longer fails, and is replaced in its time.
          if (!this.isOver) this.again.arm(this.backoff.next(Math.min(retryAfterMs, MAX_PAUSE_MS)))
        },
      )
      .finally(() => {
        if (this.opening === opening) this.opening = undefined
        this.options.onChange(this)
      })
    this.opening = opening
  }

  /** The relay is gone: its mailbox is opened anew when it is back, or soon. */
  lost(): void {
    this.readAt = undefined
    this.isLost = true
    if (!this.isOver) this.again.armOnce(this.backoff.next())
  }

  /** Opens it anew, for what is told then has changed. It is read anew too: a relay pushes what comes behind the last that was read. */
  async renew(): Promise<void> {
    await this.opening
    if (!this.isRead) return
    this.attach()
    await this.opening
  }

  /** The owner has the letter. */
  drop(cursor: string): void {
    this.dropped.push(cursor)
    this.dropping.armOnce(0)
  }

  /** Ends the mailbox at its relay, with all that is in it. @throws P2PError as `PluginKit.request`. */
  async remove(): Promise<void> {
    await this.ask('close', null)
    this.giveUp()
  }

  /** The relay is no reason any more to stay connected to it. */
  giveUp(): void {
    this.stop()
    const { relayId, address } = this.kept
    this.options.host.keep(relayId, address, false)
  }

  stop(): void {
    // What is handled is not fetched again.
    void this.dropNow()
    this.isOver = true
    this.readAt = undefined
    this.again.disarm()
    this.dropping.disarm()
  }

  private async open(): Promise<void> {
    const { host, courier } = this.options
    const { relayId, address } = this.kept
    this.readAt = undefined
    this.isLost = false
    await courier.reach(relayId, address)
    const { prekeys } = await this.sayOpen()
    this.kept.isGranted = true
    host.keep(relayId, address, true)
    await this.fetchAll()
    if (!this.isLost) this.readAt = elapsed(host.kit.clock)
    if (prekeys < FEW_PREKEYS || this.options.prekeys.batchesAreOld) await this.refill()
  }

  private async sayOpen(): Promise<MailAnswer<'open'>> {
    const { host, settings, card } = this.options
    const { relayId } = this.kept
    await identityReady(this.identity)
    const binding = host.binding(relayId)
    if (binding === undefined) throw new Error('The relay is gone.')
    const { bits, max, wake } = settings
    const record = card()
    const opening = {
      boxKey: this.identity.publicKey,
      access: accessHashOf(accessFor(this.options.access(), await this.box)),
      bits,
      max,
      ...(record !== undefined && { card: record }),
      ...(wake !== undefined && { wake }),
    }
    const { signature } = await signEnvelope(this.identity, 'box', openingBytes(binding, opening), host.kit.network)
    const opened = await this.ask('open', { ...opening, signature })
    this.quota = opened
    this.toldCard = record
    return opened
  }

  private async fetchAll(): Promise<void> {
    let after: string | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const { letters, more } = await this.ask('fetch', { ...(after !== undefined && { after }), bytes: MAX_FETCH_BYTES })
      // The next ones are asked for once these are opened: there is room for one answer.
      for (const placed of letters) await this.options.onLetter(this, placed)
      const last = letters.at(-1)
      if (!more || last === undefined) return
      after = last[0]
    }
  }

  private async refill(): Promise<void> {
    for (let i = 0; i < REFILL_BATCHES; i++) {
      const { batch, signature } = await this.options.prekeys.makeBatch()
      try {
        await this.ask('prekeys', { batch, signature })
      } catch (error) {
        // It has as many as it keeps.
        if (isP2PError(error, 'LIMIT_EXCEEDED') || isP2PError(error, 'STORE_FULL')) return
        throw error
      }
    }
  }

  private async dropNow(): Promise<void> {
    const cursors = this.dropped.splice(0, MAX_DROPPED)
    if (cursors.length === 0) return
    // What is not dropped is fetched again, and known by its id then.
    await this.ask('drop', { cursors }).catch(() => {})
    if (this.dropped.length > 0 && !this.isOver) this.dropping.armOnce(0)
  }

  private ask<T extends MailRequestType>(type: T, payload: unknown): Promise<MailAnswer<T>> {
    return this.options.courier.ask(this.kept.relayId, type, payload)
  }

  private noteFailure(): void {
    const { kept } = this
    const now = this.options.host.kit.clock.now()
    kept.failures++
    if (now - kept.lastFailedAt >= 86_400_000 || kept.failedDays === 0) {
      kept.failedDays++
      kept.lastFailedAt = now
    }
  }
}
