import { joined } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { type ExitAction, liveEpochs } from '../onion/messages.js'
import { onionWorkBits } from '../onion/work.js'
import { ReplayCache } from './replay-cache.js'

/** Zero bits of work for each action, while the exit is not busy. */
export const EXIT_BITS: Record<ExitAction, number> = {
  ping: 8,
  find: 12,
  letter: 16,
  take: 16,
  owner: 16,
  store: 18,
  publish: 18,
  deposit: 18,
  circuit: 18,
}

/** Time in which a measured rate fades to 37 %. */
const RATE_MS = 10_000

/** The work that an exit demands: its callers have no name, and so nothing else that they could lose. */
export class ExitWork {
  /** Work that has been used, for each epoch in which it could be again: message id ‖ nonce. */
  private readonly used = new Map<number, ReplayCache>()
  /** How many there were of late of each action, each of which fades, and when that was counted: cheap ones make no dear one dearer. */
  private readonly recent = new Map<string, { count: number; atMs: number }>()

  constructor(
    private readonly exit: Uint8Array,
    private readonly clock: Clock,
    private readonly limits: Pick<OnionHopLimits, 'onionActionsPerS' | 'maxOnionExitBits'>,
    private readonly bits: Readonly<Record<string, number>>,
  ) {}

  /** Zero bits for an action now: a bit more with each doubling above `onionActionsPerS` of that action. */
  bitsOf(action: string): number {
    const { onionActionsPerS, maxOnionExitBits } = this.limits
    const perS = this.faded(action) / (RATE_MS / 1_000)
    const base = this.bits[action] ?? maxOnionExitBits
    return Math.max(base, Math.min(maxOnionExitBits, base + Math.floor(Math.max(0, Math.log2(perS / onionActionsPerS)))))
  }

  /**
   * Takes the work for a message, once.
   *
   * @param action one that the exit does.
   * @throws P2PError PROOF_OF_WORK_REQUIRED with `details.bits`; REPLAYED for work that was used before.
   */
  take(action: string, messageId: Uint8Array, nonce: Uint8Array | null): void {
    const bits = this.bitsOf(action)
    const epochs = liveEpochs(this.clock.now())
    const epoch =
      nonce === null
        ? undefined
        : epochs.find((each) => onionWorkBits({ exit: this.exit, epoch: each, messageId }, nonce) >= bits)
    if (nonce === null || epoch === undefined) {
      throw new P2PError('PROOF_OF_WORK_REQUIRED', `This exit demands work of ${bits} bits.`, { details: { bits } })
    }
    for (const each of this.used.keys()) if (!epochs.includes(each)) this.used.delete(each)
    let used = this.used.get(epoch)
    if (used === undefined) {
      used = new ReplayCache()
      this.used.set(epoch, used)
    }
    if (!used.add(joined(messageId, nonce))) throw new P2PError('REPLAYED', 'This work was done for another message.')
    this.recent.set(action, { count: this.faded(action) + 1, atMs: elapsed(this.clock) })
  }

  private faded(action: string): number {
    const { count, atMs } = this.recent.get(action) ?? { count: 0, atMs: 0 }
    return count * Math.exp((atMs - elapsed(this.clock)) / RATE_MS)
  }
}
