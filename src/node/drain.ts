import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed } from '../base/clock.js'
import { P2PError } from '../base/errors.js'

/** How a relay leaves without losing anything. */
export interface DrainOptions {
  /** Seconds in which newcomers are still taken, while `/healthz` already says 503: balancers look every few seconds. Default 5. */
  noticeS?: number | undefined
  /** Seconds over which the peers are sent away at most. Default 20. */
  spreadS?: number | undefined
}

/** A connected peer, as one who is to leave. */
export interface LeavingPeer {
  peerId: string
  /** Comes by requests, each of which a balancer may bring elsewhere. */
  isByRequests: boolean
  /** Circuits end with it. */
  hasCircuits: boolean
}

export interface DrainWiring {
  clock: Clock
  /** The peers that are connected now. */
  peers(): LeavingPeer[]
  /** Tells a peer why, and ends its connection; resolves when the peer has all that was accepted for it. */
  leave(peerId: string, reason: P2PError): Promise<unknown>
  /** Takes no newcomers from now on. */
  stopListening(): void
}

/** Longest `noticeS` and `spreadS`: an hour. */
const MAX_S = 3_600
const NOTICE_S = 5
const SPREAD_S = 20
/** Peers are sent away in batches, so far apart, milliseconds. */
const BATCH_MS = 250
/**
 * The fewest that are sent away in a second while there are any: their starts elsewhere cost the other relays a twentieth of a core, and a
 * relay with few peers need not take its whole time.
 */
const LEAST_PER_S = 32
/** So long after the last planned batch peers that have come at the last moment are sent away, milliseconds. */
const LATE_MS = 2_000

/**
 * Empties a relay: newcomers are still taken for a while, then none; the peers are told in batches to come back at once, to the relay's
 * other processes or to their other relays. Those that come by requests go first, then those without circuits.
 */
export class Drain {
  private running: Promise<void> | undefined
  private readonly noticeMs: number
  private readonly spreadMs: number

  /** @throws P2PError INVALID_CONFIG. */
  constructor(
    private readonly wiring: DrainWiring,
    { noticeS = NOTICE_S, spreadS = SPREAD_S }: DrainOptions = {},
  ) {
    for (const [name, seconds] of Object.entries({ noticeS, spreadS })) {
      if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_S)) {
        throw new P2PError('INVALID_CONFIG', `${name} of a drain must be a number of seconds from 0 to ${MAX_S}.`)
      }
    }
    this.noticeMs = 1_000 * noticeS
    this.spreadMs = 1_000 * spreadS
  }

  /** Begins, unless it has begun; resolves when no peer is left, or none of those that are left answers. */
  run(): Promise<void> {
    this.running ??= this.empty()
    return this.running
  }

  private async empty(): Promise<void> {
    const { wiring } = this
    // Where nobody is connected, nobody is to be spared.
    if (wiring.peers().length > 0) await this.pause(this.noticeMs)
    const leaving = new Map<string, Promise<unknown>>()
    const sendAway = (peers: readonly LeavingPeer[]) => {
      for (const { peerId } of peers) {
        const left = wiring.leave(peerId, movedError()).catch(() => {})
        leaving.set(
          peerId,
          left.then(() => leaving.delete(peerId)),
        )
      }
    }
    const staying = () => wiring.peers().filter(({ peerId }) => !leaving.has(peerId))
    // Each of their requests may need a new socket, that for the goodbye too.
    sendAway(staying().filter(({ isByRequests }) => isByRequests))
    await Promise.all(leaving.values())
    wiring.stopListening()
    const until = elapsed(wiring.clock) + this.spreadMs
    while (elapsed(wiring.clock) <= until + LATE_MS) {
      const left = staying().sort((a, b) => Number(a.hasCircuits) - Number(b.hasCircuits))
      if (left.length === 0) {
        // Handshakes that were under way may have ended meanwhile.
        if (leaving.size === 0) return
        await Promise.all(leaving.values())
        continue
      }
      const batches = Math.max(1, Math.floor((until - elapsed(wiring.clock)) / BATCH_MS))
      sendAway(left.slice(0, Math.max((LEAST_PER_S * BATCH_MS) / 1_000, Math.ceil(left.length / batches))))
      await this.pause(BATCH_MS)
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => new Alarm(this.wiring.clock, resolve).arm(ms))
  }
}

/** What a peer is told that another process, or another relay, is to serve from now on. */
function movedError(): P2PError {
  return new P2PError('SHUT_DOWN', 'This relay process ends. Come back at once.', { details: { moved: true } })
}
