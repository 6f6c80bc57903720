import type { Clock, Timer } from '../clock.js'
import { asP2PError, type P2PError } from '../errors.js'
import type { Limits } from '../limits.js'
import type { PeerInfo } from './peer-info.js'

interface Entry {
  target: string | PeerInfo
  peerId: string | undefined
  failures: number
  timer: Timer | undefined
  dialling: boolean
}

/** Codes after which dialling again cannot help. */
const FINAL = /* @__PURE__ */ new Set([
  'INVALID_ADDRESS',
  'INSECURE_ADDRESS',
  'INVALID_PEER_ID',
  'WRONG_PEER',
  'NAME_TAKEN',
  'REPLACED',
  'SELF_DIAL',
  'UNSUPPORTED_VERSION',
  'SHUT_DOWN',
])

/**
 * Keeps the connections to the bootstrap peers: dials, and dials again after a failure or a loss, with pauses from 1 to 60 s
 * that double and vary by 30 %, so that a thousand tabs do not come back to a restarted relay in one second.
 */
export class Bootstrap {
  private readonly entries: Entry[]
  private running = false

  constructor(
    targets: (string | PeerInfo)[],
    private readonly options: {
      clock: Clock
      limits: Limits
      dial: (target: string | PeerInfo) => Promise<string>
      onError: (error: P2PError) => void
      /** `pending` may have changed. */
      onChange: () => void
    },
  ) {
    this.entries = targets.map((target) => ({
      target,
      peerId: undefined,
      failures: 0,
      timer: undefined,
      dialling: false,
    }))
  }

  /** True while some bootstrap peer is still to be reached. */
  get pending(): boolean {
    return this.running && this.entries.some((entry) => entry.dialling || entry.timer !== undefined)
  }

  /** Dials all; resolves with the first that connects, or when all have failed once. */
  async start(): Promise<void> {
    this.running = true
    const first = this.entries.map((entry) => this.dial(entry).then((connected) => (connected ? undefined : Promise.reject())))
    if (first.length > 0) await Promise.any(first).catch(() => {})
  }

  stop(): void {
    this.running = false
    for (const entry of this.entries) this.disarm(entry)
  }

  lost(peerId: string, error: P2PError): void {
    for (const entry of this.entries) {
      if (entry.peerId !== peerId) continue
      entry.peerId = undefined
      // Whoever called disconnectFromPeer meant it.
      const wanted = error.code === 'CONNECTION_CLOSED' && error.details.byPeer !== true
      if (this.running && !wanted) this.again(entry, error)
    }
  }

  /** The network is back, or the tab awoke: dial now, from the shortest pause. */
  wake(): void {
    for (const entry of this.entries) {
      if (entry.timer === undefined) continue
      entry.failures = 0
      this.disarm(entry)
      void this.dial(entry)
    }
  }

  private async dial(entry: Entry): Promise<boolean> {
    entry.dialling = true
    try {
      entry.peerId = await this.options.dial(entry.target)
      entry.failures = 0
      return true
    } catch (error) {
      const failure = asP2PError(error, 'PEER_UNREACHABLE', 'A bootstrap peer cannot be reached.')
      if (!this.running) return false
      // The first of a row of failures is told; the rest only repeat it.
      if (entry.failures === 0 || FINAL.has(failure.code)) this.options.onError(failure)
      this.again(entry, failure)
      return false
    } finally {
      entry.dialling = false
      this.options.onChange()
    }
  }

  private again(entry: Entry, error: P2PError): void {
    if (FINAL.has(error.code)) return
    const { clock, limits } = this.options
    const pause = Math.min(limits.reconnectMaxMs, limits.reconnectMinMs * 2 ** entry.failures)
    entry.failures = Math.min(entry.failures + 1, 16)
    const asked = error.details.retryAfterMs ?? 0
    const delay = Math.max(pause * (0.7 + 0.6 * Math.random()), Math.min(asked, limits.reconnectMaxMs))
    entry.timer = clock.setTimeout(() => {
      entry.timer = undefined
      void this.dial(entry)
    }, delay)
  }

  private disarm(entry: Entry): void {
    if (entry.timer !== undefined) this.options.clock.clearTimeout(entry.timer)
    entry.timer = undefined
  }
}
