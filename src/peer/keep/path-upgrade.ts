import { Alarm } from '../../base/alarm.js'
import { Backoff } from '../../base/backoff.js'
import type { Clock } from '../../base/clock.js'
import { asP2PError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import type { Logger } from '../../base/logger.js'
import { type Random, systemRandom } from '../../base/random.js'
import type { WaitOptions } from '../../base/wait.js'
import type { PeerInfo } from '../../protocol/peer-info.js'

interface Entry {
  readonly address: string
  readonly backoff: Backoff
  readonly alarm: Alarm
  attempt: AbortController | undefined
}

export interface PathUpgradeOptions {
  clock: Clock
  limits: Limits
  logger: Logger
  /** Default `systemRandom`. */
  random?: Random | undefined
  get: (peerId: string) => PeerInfo | undefined
  /** The address of a better path to a peer than the one that serves it; undefined where there is none to try. */
  addressOf: (peer: PeerInfo) => string | undefined
  dial: (address: string, peerId: string, wait: WaitOptions) => Promise<unknown>
}

/**
 * Looks for a better path to every peer whose path is not direct, such as a circuit. The end that dialled begins. A failed attempt is
 * repeated with back-off, and never touches the path that works.
 */
export class PathUpgrade {
  private readonly entries = new LazyMap<string, Entry>()

  constructor(private readonly wiring: PathUpgradeOptions) {}

  /** A peer has connected, or is served by another path than before. */
  consider(peerId: string): void {
    const peer = this.wiring.get(peerId)
    const address = peer && this.wiring.addressOf(peer)
    if (address === undefined) {
      this.forget(peerId)
      return
    }
    if (!peer?.connection?.outbound || this.entries.has(peerId)) return
    const { clock, limits, random = systemRandom } = this.wiring
    const entry: Entry = {
      address,
      backoff: new Backoff({ minMs: limits.upgradeMinMs, maxMs: limits.upgradeMaxMs, random }),
      alarm: new Alarm(clock, () => void this.attempt(peerId, entry)),
      attempt: undefined,
    }
    this.entries.set(peerId, entry)
    void this.attempt(peerId, entry)
  }

  forget(peerId: string): void {
    const entry = this.entries.get(peerId)
    if (entry === undefined) return
    this.entries.delete(peerId)
    entry.alarm.disarm()
    entry.attempt?.abort()
  }

  /** The network has changed: what failed before may work now. */
  retry(): void {
    for (const [peerId, entry] of this.entries) {
      entry.backoff.reset()
      if (!entry.alarm.isArmed) continue
      entry.alarm.disarm()
      void this.attempt(peerId, entry)
    }
  }

  close(): void {
    for (const peerId of [...this.entries.keys()]) this.forget(peerId)
  }

  private async attempt(peerId: string, entry: Entry): Promise<void> {
    const { logger, dial } = this.wiring
    entry.attempt = new AbortController()
    try {
      await dial(entry.address, peerId, { signal: entry.attempt.signal })
      if (this.entries.get(peerId) === entry) this.entries.delete(peerId)
    } catch (error) {
      if (this.entries.get(peerId) !== entry) return
      entry.attempt = undefined
      const retryMs = entry.backoff.next()
      logger.debug('no direct path yet', { peerId, code: asP2PError(error, 'PEER_UNREACHABLE', '').code, retryMs })
      entry.alarm.arm(retryMs)
    }
  }
}
