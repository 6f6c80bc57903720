import { Alarm } from '../../base/alarm.js'
import type { Clock } from '../../base/clock.js'
import { asP2PError, P2PError, violation } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Entry } from '../../channel/batch.js'
import type { ChannelSink } from '../../channel/channel-options.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import type { Refusal } from '../../defence/peer-gate.js'
import { IncomingPlaces } from './incoming.js'
import type { OutgoingPath } from './outgoing.js'

/** The rank of a path: of two, the one of the higher rank is better; see `Transport.rank`. */
export function rankOf({ connection }: SecureChannel): number {
  return connection.rank
}

interface PathWiring {
  readonly inbox: Resting
  readonly events: Progress
}

interface Resting {
  rest(): void
}

interface Progress {
  progressed(): void
}

/** What hears of all that comes on a path. */
export interface PathOwner {
  readonly wiring: PathWiring
  receive(path: Path, kind: Entry, body: Uint8Array): void
  goodbye(path: Path): void
  ended(path: Path, error: P2PError, fault: boolean): void
  interrupted(path: Path, isInterrupted: boolean): void
}

/** One channel to a peer, and where it stands in the peer's streams. */
export class Path implements OutgoingPath, ChannelSink {
  readonly incomingPlaces = new IncomingPlaces()
  /** Streams of which we refused a message here. We take none of those after it either, until the peer begins again with that one. */
  readonly refusals = new LazyMap<number, Refusal>()
  /** The count of path changes with which the peer last began to speak here; undefined until it does. */
  changes: number | undefined
  /** The path that this one has made superfluous; it ends as soon as the peer speaks here. */
  replaces: Path | undefined
  /** The path carries nothing at present, and may recover. */
  isInterrupted = false
  private ending: Alarm | undefined

  constructor(
    readonly channel: SecureChannel,
    private readonly clock: Clock,
    private readonly owner: PathOwner,
  ) {}

  onEntry(kind: Entry, body: Uint8Array): void {
    this.owner.receive(this, kind, body)
  }

  onRead(): void {
    this.owner.wiring.inbox.rest()
  }

  onGoodbye(): void {
    this.owner.goodbye(this)
  }

  onClose(error: P2PError, fault: boolean): void {
    this.owner.ended(this, error, fault)
  }

  onDrain(): void {
    this.owner.wiring.events.progressed()
  }

  onInterrupted(isInterrupted: boolean): void {
    this.owner.interrupted(this, isInterrupted)
  }

  get open(): boolean {
    return this.channel.open
  }

  /** A path that takes nothing more ends; its `onClose` comes. */
  send(kind: Entry, head: Uint8Array | undefined, body: Uint8Array): void {
    const { channel } = this
    if (!channel.open) return
    try {
      channel.send(kind, head, body)
    } catch (error) {
      channel.close(asP2PError(error, 'CONNECTION_LOST', 'Sending failed.'))
    }
  }

  /**
   * The peer speaks here from now on.
   *
   * @param changes of the path, by both ends.
   * @throws P2PError PROTOCOL_VIOLATION where it has not left in between.
   */
  switchedTo(changes: number): void {
    if (this.changes !== undefined && changes <= this.changes) throw violation('switched to a path that it had not left')
    this.changes = changes
    this.incomingPlaces.clear()
    this.refusals.clear()
  }

  /** Ends the channel after a while, unless it is kept before. */
  endAfter(delayMs: number): void {
    this.ending ??= new Alarm(this.clock, () => this.end())
    this.ending.arm(delayMs)
  }

  /** Ends the channel: another one has taken its place. */
  end(): void {
    this.keep()
    this.channel.close(duplicate())
  }

  /** Lets the channel be. */
  keep(): void {
    this.ending?.disarm()
  }
}

/** The open path that serves best: one that works before one that is interrupted, then by rank, then the oldest. */
export function bestOf(paths: Iterable<Path>): Path | undefined {
  let best: Path | undefined
  for (const path of paths) if (path.open && (best === undefined || isBetter(path, best))) best = path
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
