import { Alarm } from '../../base/alarm.js'
import { Backoff } from '../../base/backoff.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { asP2PError, type P2PError } from '../../base/errors.js'
import { isHidden } from '../../base/hidden.js'
import { LazySet } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { type Random, systemRandom } from '../../base/random.js'
import type { PeerInfo } from '../../protocol/peer-info.js'

/** A connection that is kept. */
export interface KeptConnection {
  target: string | PeerInfo
  /** Tried for ever, as the application has configured it. */
  readonly bootstrap: boolean
  peerId: string | undefined
  readonly backoff: Backoff
  /** Whether the application has been told that the peer cannot be reached. */
  told: boolean
  readonly alarm: Alarm
  dialling: boolean
  /** Why what was dialled is lost again, before the dial has resolved. */
  broke?: P2PError | undefined
  /** Since when the peer is away, milliseconds since the Unix epoch. */
  awaySince: number | undefined
  /** When it was connected last, milliseconds since the Unix epoch. */
  since: number
}

/**
 * Codes after which dialling again cannot help: what we know without the network. Whoever answers instead of the peer, with another key or version, or leads our dial back to
 * ourselves, can be anybody on the way.
 */
const FINAL = /^(INVALID_ADDRESS|INSECURE_ADDRESS|INVALID_PEER_ID|SHUT_DOWN)$/

/** A relay that shuts down often starts again; a refusal in the clear can be anybody's, and so can what is no description. */
function isFinal({ code, details }: P2PError): boolean {
  return FINAL.test(code) && !details.inClear && !details.byPeer && !details.fault
}

/** What a refusal in the clear may ask for at most, milliseconds: with the jitter of `Backoff` it keeps us away for less than 10 s. */
const MAX_CLEAR_MS = 6_000

export interface ReconnectorOptions {
  clock: Clock
  limits: Limits
  /** Default `systemRandom`. */
  random?: Random | undefined
  dial: (target: string | PeerInfo) => Promise<string>
  isConnected: (peerId: string) => boolean
  /** Whether messages wait for this peer: it is then dialled for as long as they do. */
  isWanted: (peerId: string) => boolean
  onError: (error: P2PError) => void
  /** `pending` may have changed. */
  onChange: () => void
  /** A peer was dialled, and is connected, that was given up meanwhile. */
  onUnwanted?: ((peerId: string) => void) | undefined
  /** A peer that is no relay is away, and wanted. */
  onAway?: ((peerId: string) => void) | undefined
}

/**
 * Keeps connections. Those to the bootstrap peers are kept for ever; those that the application asked for until it disconnects, the
 * peer says goodbye, or the peer was away for `reconnectGiveUpMs`. Dials again after a loss, with pauses from 1 to 60 s; relays, while
 * the page is visible, with pauses of at most `reconnectVisibleMs`.
 */
export class Reconnector {
  readonly entries = new LazySet<KeptConnection>()
  isActive = false
  /** Settles when all that are dialled at the start are connected or have failed; undefined after it. */
  joining: Promise<unknown> | undefined

  constructor(
    targets: (string | PeerInfo)[],
    private readonly wiring: ReconnectorOptions,
  ) {
    for (const target of targets) this.entries.add(this.entryOf(target, true, undefined))
  }

  /** True while a peer is still to be reached. */
  get pending(): boolean {
    if (!this.isActive) return false
    for (const { dialling, alarm } of this.entries) if (dialling || alarm.isArmed) return true
    return false
  }

  /** Dials all; resolves with the first that connects, or when all have failed once. */
  async start(): Promise<void> {
    this.isActive = true
    const dials = this.wake()
    const joining = Promise.all(dials)
    this.joining = joining
    void joining.finally(() => {
      if (this.joining === joining) this.joining = undefined
    })
    const first = dials.map((dial) => dial.then((connected) => (connected ? undefined : Promise.reject())))
    if (first.length > 0) await Promise.any(first).catch(() => {})
  }

  /** Dials no peer until `start`. */
  stop(): void {
    this.isActive = false
    for (const { alarm } of this.entries) alarm.disarm()
  }

  /** Keeps the connection to this peer: it is made anew when it is lost. */
  keep(target: string | PeerInfo, peerId: string): void {
    if (!this.wants(peerId)) this.entries.add(this.entryOf(target, false, peerId))
  }

  /** Whether the application has asked for this connection. */
  wants(peerId: string): boolean {
    return this.entriesOf(peerId).length > 0
  }

  /** Dials a peer that is away, as though its connection had just been lost; where it was last, if that is known. */
  want(peerId: string, target: string | PeerInfo = peerId): void {
    if (this.wants(peerId)) return
    const entry = this.entryOf(target, false, peerId)
    entry.awaySince = elapsed(this.wiring.clock)
    this.entries.add(entry)
    if (this.isActive) void this.dial(entry)
  }

  /** Keeps the connection to this peer no more. */
  release(peerId: string): void {
    for (const entry of this.entriesOf(peerId)) {
      entry.alarm.disarm()
      if (!entry.bootstrap) this.entries.delete(entry)
    }
    this.wiring.onChange()
  }

  lost(peerId: string, error: P2PError): void {
    for (const entry of this.entriesOf(peerId)) {
      const { byPeer, moved, inClear } = error.details
      // Another process of the peer has come in the place of the one before.
      if (error.code === 'REPLACED' && byPeer !== true) continue
      // The application has disconnected on purpose, or the peer has said goodbye, inside its channel.
      const isGoodbye = !inClear && /^(CONNECTION_CLOSED|SHUT_DOWN|NAME_TAKEN)$/.test(error.code)
      const wanted = isGoodbye && moved !== true && (byPeer !== true || !entry.bootstrap)
      if (wanted && this.isActive) {
        if (!entry.bootstrap) this.entries.delete(entry)
        continue
      }
      const { clock, limits } = this.wiring
      const now = elapsed(clock)
      entry.awaySince ??= now
      if (entry.dialling) entry.broke = error
      if (!this.isActive || entry.dialling) continue
      // The peer asks us to come back at once; one that asks again and again is dialled with pauses.
      if (moved === true && now - entry.since >= limits.reconnectMinMs) entry.alarm.arm(0)
      else this.again(entry, error)
    }
  }

  /** A connection came about, from whichever end. @param address where we have dialled: the dial resolves after what is done at this moment. */
  found(peerId: string, address?: string): void {
    for (const entry of this.entries) if (entry.dialling && entry.target === address) entry.peerId = peerId
    for (const entry of this.entriesOf(peerId)) {
      entry.backoff.reset()
      entry.awaySince = undefined
      entry.since = elapsed(this.wiring.clock)
      entry.alarm.disarm()
    }
  }

  /**
   * Dials now, and from the shortest pause, all that are away: the network is back, or the machine awoke. The time that they were
   * away does not count: this machine was asleep or offline, and the peers may have been there.
   */
  wake(): Promise<boolean>[] {
    for (const entry of this.entries) if (entry.awaySince !== undefined) entry.awaySince = elapsed(this.wiring.clock)
    return this.dialAway(() => true)
  }

  /** A relay is connected: the peers that it may bring us to are dialled now. */
  relayBack(): void {
    this.dialAway((entry) => entry.alarm.isArmed && !isRelay(entry))
  }

  /** A peer was seen: it is dialled now, where it is wanted. */
  seen(peerId: string): void {
    this.dialAway((entry) => entry.peerId === peerId)
  }

  private entriesOf(peerId: string): KeptConnection[] {
    return [...this.entries].filter((entry) => entry.peerId === peerId)
  }

  private dialAway(which: (entry: KeptConnection) => boolean): Promise<boolean>[] {
    const away = [...this.entries].filter((entry) => {
      const { dialling, peerId } = entry
      return !dialling && which(entry) && (peerId === undefined || !this.wiring.isConnected(peerId))
    })
    return away.map((entry) => {
      entry.backoff.reset()
      entry.alarm.disarm()
      return this.dial(entry)
    })
  }

  async dial(entry: KeptConnection): Promise<boolean> {
    entry.dialling = true
    entry.broke = undefined
    try {
      entry.peerId = await this.wiring.dial(entry.target)
      entry.since = elapsed(this.wiring.clock)
      entry.backoff.reset()
      entry.told = false
      entry.awaySince = undefined
      if (entry.broke !== undefined) this.again(entry, entry.broke)
      if (!this.entries.has(entry) && !this.wants(entry.peerId)) this.wiring.onUnwanted?.(entry.peerId)
      return true
    } catch (error) {
      const failure = asP2PError(error, 'PEER_UNREACHABLE', 'A peer cannot be reached.')
      if (!this.isActive || !this.entries.has(entry)) return false
      // Only the first of a row of failures is reported.
      if (entry.bootstrap && (!entry.told || isFinal(failure))) this.wiring.onError(failure)
      entry.told = true
      this.again(entry, failure)
      return false
    } finally {
      entry.dialling = false
      this.wiring.onChange()
    }
  }

  private again(entry: KeptConnection, error: P2PError): void {
    const { clock, limits } = this.wiring
    const isWanted = entry.bootstrap || (entry.peerId !== undefined && this.wiring.isWanted(entry.peerId))
    const givenUp = !isWanted && elapsed(clock) - (entry.awaySince ?? elapsed(clock)) >= limits.reconnectGiveUpMs
    if (isFinal(error) || givenUp) {
      if (!entry.bootstrap) this.entries.delete(entry)
      return
    }
    if (entry.alarm.isArmed) return
    const { code, details } = error
    const mostMs = details.inClear === true ? MAX_CLEAR_MS : limits.reconnectMaxMs
    // Another process with our key is there. To come back at once would only drive it out in its turn.
    const isReplaced = code === 'REPLACED' && details.inClear !== true
    const askedMs = isReplaced ? limits.reconnectGiveUpMs : Math.min(details.retryAfterMs ?? 0, mostMs)
    entry.alarm.arm(entry.backoff.next(askedMs, isRelay(entry) && !isHidden() ? limits.reconnectVisibleMs : undefined))
    if (!isRelay(entry) && entry.peerId !== undefined) this.wiring.onAway?.(entry.peerId)
  }

  entryOf(target: string | PeerInfo, bootstrap: boolean, peerId: string | undefined): KeptConnection {
    const { clock, limits, random = systemRandom } = this.wiring
    const entry: KeptConnection = {
      target,
      bootstrap,
      peerId,
      backoff: new Backoff({ minMs: limits.reconnectMinMs, maxMs: limits.reconnectMaxMs, random }),
      told: false,
      alarm: new Alarm(clock, () => void this.dial(entry)),
      dialling: false,
      awaySince: undefined,
      since: elapsed(clock),
    }
    return entry
  }
}

/** Whether the application has named an address, as of a relay: a peer that is known by its id is found through one. */
function isRelay({ target, bootstrap }: KeptConnection): boolean {
  return bootstrap || (typeof target === 'string' && target.includes('://'))
}
