import { Alarm } from '../../base/alarm.js'
import { hexOf } from '../../base/bytes.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import type { RemoteHello } from '../../channel/hello.js'
import { Session } from './session.js'

interface Kept {
  readonly session: Session
  /** The session id of the peer's process. */
  readonly process: string
  /** When the peer went away; undefined while it is connected. */
  awaySince: number | undefined
}

/** How many times longer we remember what has arrived than a peer remembers what it has sent. */
const REMEMBER_FACTOR = 4

/** By what a peer has proven on a channel, which is one coordinator's. */
const told = /* @__PURE__ */ new WeakMap<RemoteHello, Session>()

/**
 * The sessions with all processes that are connected or were so a little while ago. Messages for a process that is away are given up
 * after `sessionGraceMs`. Which messages have come from it is known for longer, so that none is taken twice.
 */
export class Sessions {
  /** By the public key of the peer, in the order in which they went away. */
  private readonly kept = new LazyMap<string, Kept>()
  private readonly alarm: Alarm
  /** By the public key and the process of a peer of which no channel is in service yet. */
  private readonly prepared = new LazyMap<string, Session>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
  ) {
    this.alarm = new Alarm(clock, () => this.arm())
  }

  get size(): number {
    return this.kept.size
  }

  /** The session with the process that was told of it. A session with an earlier process of the same peer ends. */
  open(remote: RemoteHello): Session {
    const owner = hexOf(remote.publicKey)
    const known = this.kept.get(owner)
    const session = this.of(remote)
    this.prepared.delete(`${owner} ${remote.session}`)
    this.kept.delete(owner)
    this.kept.set(owner, { session, process: remote.session, awaySince: undefined })
    if (known !== undefined && known.session !== session) known.session.end()
    return session
  }

  /**
   * The session with a process, for a channel on which the process is about to be told of it: the same for all channels with it, whichever
   * of them comes into service.
   */
  of(remote: RemoteHello): Session {
    const { publicKey, session: process } = remote
    const owner = hexOf(publicKey)
    const known = this.kept.get(owner)
    const goesOn = known?.process === process && !known.session.outgoing.isWorn
    const id = `${owner} ${process}`
    const session =
      told.get(remote) ??
      (goesOn ? known.session : this.prepared.get(id)) ??
      new Session(this.clock, this.limits, known?.session.outgoing.repetition)
    told.set(remote, session)
    if (!goesOn) this.prepared.set(id, session)
    for (const oldest of this.prepared.keys()) {
      if (this.prepared.size <= this.limits.maxPendingHandshakes) break
      this.prepared.delete(oldest)
    }
    return session
  }

  /** @param isToLast whether messages were sent that outlast a connection; without any there is nothing to remember. */
  away({ publicKey }: RemoteHello, isToLast: boolean): void {
    const owner = hexOf(publicKey)
    const kept = this.kept.get(owner)
    if (kept === undefined) return
    if (!isToLast && kept.session.waiting === 0) {
      this.kept.delete(owner)
      kept.session.end()
      return
    }
    kept.awaySince = elapsed(this.clock)
    this.kept.delete(owner)
    this.kept.set(owner, kept)
    this.shed()
    this.arm()
  }

  /** Takes back a message that waits for a peer that is away; false where it waits no more. */
  takeBack(onSettled: (delivered: boolean) => void): boolean {
    for (const { session, awaySince } of this.kept.values()) {
      if (awaySince !== undefined && session.outgoing.giveUp((message) => message.onSettled === onSettled) > 0) return true
    }
    return false
  }

  close(): void {
    this.alarm.disarm()
    for (const { session } of this.kept.values()) session.end()
    this.kept.clear()
  }

  private shed(): void {
    const away = [...this.kept].filter(([, { awaySince }]) => awaySince !== undefined)
    let bytes = away.reduce((sum, [, { session }]) => sum + session.outgoing.bytes, 0)
    let count = away.length
    for (const [id, { session }] of away) {
      if (count <= this.limits.maxSessions && bytes <= this.limits.maxSessionBytes) break
      bytes -= session.outgoing.bytes
      count--
      this.kept.delete(id)
      session.end()
    }
  }

  /** Arms the alarm while messages wait for a peer that is away. Sessions without any are dropped when it is armed the next time. */
  private arm(): void {
    const { sessionGraceMs } = this.limits
    const now = elapsed(this.clock)
    let next = Number.POSITIVE_INFINITY
    for (const [id, { session, awaySince }] of this.kept) {
      if (awaySince === undefined) continue
      if (now - awaySince >= sessionGraceMs * REMEMBER_FACTOR) this.kept.delete(id)
      if (session.waiting === 0) continue
      if (now - awaySince >= sessionGraceMs) session.giveUpAll()
      else next = Math.min(next, awaySince + sessionGraceMs)
    }
    // At infinity it never rings.
    this.alarm.arm(next - now)
  }
}
