import { Alarm } from '../base/alarm.js'
import type { Clock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import { isHidden } from '../base/hidden.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import { exponential } from './draw.js'

/** When cover traffic goes: never; while an identity is open; always. */
export type CoverMode = 'off' | 'session' | 'always'

/** How soon a page that is shown again goes on. */
const HIDDEN_MS = 1_000

export interface CoverOptions {
  clock: Clock
  random: Random
  limits: Required<Limits>
  mode: CoverMode
  /** Whether an identity is open. */
  isInSession: () => boolean
  /** Sends a packet that ends at a random hop. */
  drop: () => Promise<void>
  /** Sends a packet that comes back. */
  loop: () => Promise<void>
  /** Whether nobody sees the page, so that its timers are slowed down. Default: as the document says. */
  isHidden?: (() => boolean) | undefined
}

/**
 * Two Poisson streams of a wallet (Loopix §3): packets to send, real where one waits and else cover, and loops back to itself. An observer
 * of the wallet's link sees one stream at one rate. A browser slows the timers of a hidden tab down to bursts, which tell more than none:
 * cover stops then, and says so.
 */
export class Cover {
  private readonly waiting: (() => void)[] = []
  private readonly sending: Alarm
  private readonly looping: Alarm
  private sent = 0
  private isOver = false

  constructor(private readonly options: CoverOptions) {
    this.sending = new Alarm(options.clock, () => this.sendNow())
    this.looping = new Alarm(options.clock, () => this.loopNow())
  }

  get state(): 'on' | 'paused' | 'off' {
    const { mode, isInSession } = this.options
    if (this.isOver || mode === 'off' || (mode === 'session' && !isInSession())) return 'off'
    return this.isHidden ? 'paused' : 'on'
  }

  /** Packets that wait for a slot. */
  get queued(): number {
    return this.waiting.length
  }

  /** The state may have changed. */
  update(): void {
    if (this.state === 'off') {
      this.sending.disarm()
      this.looping.disarm()
      this.flush()
      return
    }
    this.sending.armOnce(this.draw('onionSendMs', 'onionIdleSendMs'))
    this.looping.armOnce(this.draw('onionLoopMs', 'onionIdleLoopMs'))
  }

  /**
   * Resolves when a real packet may leave: at its slot where there is cover, else at once.
   *
   * @throws P2PError BUFFER_FULL where too many wait already.
   */
  async turn(): Promise<void> {
    if (this.state !== 'on') {
      // Without cover, loops go in proportion to what is sent.
      if (++this.sent % this.options.limits.onionPacketsPerLoop === 0) void this.options.loop().catch(() => {})
      return
    }
    if (this.waiting.length >= this.options.limits.maxOnionWaiting) {
      throw new P2PError('BUFFER_FULL', 'Too many packets wait for the cover stream of the onion. Send less, or without cover.')
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  close(): void {
    this.isOver = true
    this.update()
  }

  private get isHidden(): boolean {
    return (this.options.isHidden ?? isHidden)()
  }

  private sendNow(): void {
    const next = this.isHidden ? undefined : this.waiting.shift()
    if (this.isHidden) this.flush()
    else if (next !== undefined) next()
    else void this.options.drop().catch(() => {})
    this.again(this.sending, this.draw('onionSendMs', 'onionIdleSendMs'))
  }

  private loopNow(): void {
    if (!this.isHidden) void this.options.loop().catch(() => {})
    this.again(this.looping, this.draw('onionLoopMs', 'onionIdleLoopMs'))
  }

  private again(alarm: Alarm, delayMs: number): void {
    if (this.state === 'off') this.update()
    else alarm.arm(this.isHidden ? HIDDEN_MS : delayMs)
  }

  /** Nothing real waits for slots that do not come. */
  private flush(): void {
    for (const go of this.waiting.splice(0)) go()
  }

  private draw(inSession: 'onionSendMs' | 'onionLoopMs', idle: 'onionIdleSendMs' | 'onionIdleLoopMs'): number {
    const { limits, random, isInSession } = this.options
    return exponential(random, limits[isInSession() ? inSession : idle])
  }
}
