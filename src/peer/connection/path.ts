import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { IncomingNumbers } from './session.js'

/** The rank of a path: of two, the one of the higher rank is better; see `Transport.rank`. */
export function rankOf({ connection }: SecureChannel): number {
  return connection.rank
}

/** One channel to a peer, and where it stands in both streams. */
export class Path {
  /** The peer's numbering here; undefined until its SEQUENCE. */
  incoming: IncomingNumbers | undefined
  /** The path that this one has made superfluous; it ends as soon as the peer speaks here. */
  replaces: Path | undefined
  /** We refused a message here. We take none of those after it either, until the peer begins again with that one. */
  refusing = false
  /** The path carries nothing at present, and may recover. */
  isInterrupted = false
  private readonly ending: Alarm

  constructor(
    readonly channel: SecureChannel,
    clock: Clock,
  ) {
    this.ending = new Alarm(clock, () => this.end())
  }

  /** Ends the channel after a while, unless it is kept before. */
  endAfter(delayMs: number): void {
    this.ending.arm(delayMs)
  }

  /** Ends the channel: another one has taken its place. */
  end(): void {
    this.keep()
    this.channel.close(duplicate())
  }

  /** Lets the channel be. */
  keep(): void {
    this.ending.disarm()
  }
}

/** The open path that serves best: one that works before one that is interrupted, then by rank, then the oldest. */
export function bestOf(paths: Iterable<Path>): Path | undefined {
  let best: Path | undefined
  for (const path of paths) if (path.channel.open && (best === undefined || isBetter(path, best))) best = path
  return best
}

function isBetter(path: Path, than: Path): boolean {
  if (path.isInterrupted !== than.isInterrupted) return than.isInterrupted
  return rankOf(path.channel) > rankOf(than.channel)
}

/** Goodbyes that concern one path and not the peer. */
const PATH_ONLY: ReadonlySet<string> = /* @__PURE__ */ new Set(['DUPLICATE_CONNECTION', 'CONNECTION_LOST'])

/** Whether the peer has ended one path with this, rather than left. */
export function isAboutPathOnly({ code }: P2PError): boolean {
  return PATH_ONLY.has(code)
}

export function duplicate(): P2PError {
  return new P2PError('DUPLICATE_CONNECTION', 'Another connection has taken over.')
}
