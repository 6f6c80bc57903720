import { type Clock, elapsed } from '../base/clock.js'
import { P2PError, violation } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'
import { Entry } from './batch.js'
import type { NoiseChannel } from './noise.js'

/** How many frames are paid for at once: a look at the clock for each would be a cost of its own. */
const FRAME_STEP = 64
/** The budgets of a peer are 670 bytes for each frame. */
const IGNORED_SHIFT = 9
const REKEY_FRAME = /* @__PURE__ */ Uint8Array.of(Entry.REKEY, 0, 0)

/** Seals the frames that leave, and opens those that come: the keys change from time to time, and the peer has a budget of frames. */
export class SealedFrames {
  private sent = 0
  private received = 0
  /** Until this many, no budget is looked at. */
  private allowed = FRAME_STEP
  private rekeys = 0
  private budget: TokenBucket | undefined

  constructor(
    private readonly ciphers: NoiseChannel,
    private readonly limits: Limits,
    private readonly clock: Clock,
  ) {}

  /** Sends a plaintext as a frame, and behind it, where it is time for another key, a frame that says so. */
  seal(plaintext: Uint8Array, transmit: (frame: Uint8Array) => void): void {
    const { send } = this.ciphers
    transmit(send.encrypt(plaintext))
    if (++this.sent < this.limits.rekeyAfterFrames) return
    this.sent = 0
    transmit(send.encrypt(REKEY_FRAME))
    send.rekey()
  }

  /** @throws P2PError DECRYPT_FAILED, RATE_LIMITED. */
  open(frame: Uint8Array): Uint8Array {
    if (++this.received > this.allowed) this.allow()
    return this.ciphers.receive.decrypt(frame)
  }

  /** An entry has come that is ignored: a long one counts as so many frames as would carry messages of the same size. */
  ignored({ length }: Uint8Array): void {
    this.received += length >> IGNORED_SHIFT
  }

  /** The peer changes its key. @throws P2PError PROTOCOL_VIOLATION where it does so too often. */
  rekey(): void {
    // Each costs a block of the cipher; honest ones come once in `rekeyAfterFrames`.
    if (++this.rekeys * 16 > this.received + 1_024) throw violation('changes its key too often')
    this.ciphers.receive.rekey()
  }

  /** Zeroes the keys. */
  wipe(): void {
    const { send, receive } = this.ciphers
    send.wipe()
    receive.wipe()
  }

  /** Frames cost a decryption each, whatever is in them: more than messages could need end the channel. */
  private allow(): void {
    const { peerMessagesPerS, peerMessageBurst } = this.limits
    const now = elapsed(this.clock)
    this.budget ??= new TokenBucket(4 * peerMessagesPerS, 4 * peerMessageBurst, now)
    const waitMs = this.budget.take(now, FRAME_STEP)
    if (waitMs > 0) {
      throw new P2PError('RATE_LIMITED', 'The peer sends too many frames.', {
        details: { limit: 'peerMessagesPerS', retryAfterMs: waitMs },
      })
    }
    this.allowed += FRAME_STEP
  }
}
