import type { RelayBackplane, Sender } from '../../backplane/backplane.js'
import { BACKPLANE_LIMITS } from '../../backplane/limits.js'
import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import { decode, encode } from '../../message/codec.js'
import { int, object, parsed, text } from '../../message/shape.js'

/** A peer that is connected to this process. */
interface Attached {
  readonly key: string
  /** What the peer's process calls itself. */
  readonly process: string
  /** Greater than that of whoever had the peer before: when it came, by the time that the processes have in common. */
  since: number
  isHeld: boolean
  /** Whether it has been claimed. */
  isSettled: boolean
  /** When it is taken from a holder that has the same process of it, by `elapsed`. */
  claimAt: number
  readonly alarm: Alarm
}

interface Wiring {
  readonly backplane: RelayBackplane
  readonly clock: Clock
  /** Ends the connection of a peer, which is now at another process. */
  drop(key: string, error: P2PError): void
}

export interface PresenceStats {
  /** Peers that this process holds. */
  heldPeers: number
  /** Claims of ours that nobody disputed, that took a peer from another process, and claims of others that took one from us. */
  first: number
  won: number
  lost: number
}

const { claimWaitMs, claimLookMs } = BACKPLANE_LIMITS
const isSo = () => true
const isNot = () => false

const claimShape = /* @__PURE__ */ (() => object({ process: text(1, 64), since: int(0) }))()

/**
 * Says which process has a peer. The process that a peer connects to last has it: it asks who holds the peer, subscribes to the peer's subject, and
 * tells all that are subscribed there; the older lets go. Since each tells after it has subscribed, of two at the same moment at least one hears the other.
 *
 * A wallet may reach two processes at once, by WebSocket and by HTTP, and choose one. So where the holder has the same process of the wallet, the
 * newer waits for the choice before it claims.
 */
export class Presence {
  private readonly attached = new Map<string, Attached>()
  private readonly counts = { first: 0, won: 0, lost: 0 }
  private readonly stops: Unsubscribe[]

  constructor(private readonly wiring: Wiring) {
    const { backplane } = wiring
    const again = () => this.claimAll()
    this.stops = [
      backplane.answer('who', (_, from) => this.who(from)),
      backplane.receive('claim', (bytes, from) => this.claimed(bytes, from)),
      // What others have told us meanwhile we have not heard.
      backplane.on('up', again),
      backplane.on('late', again),
    ]
  }

  /** Peers that are connected to this process. */
  get size(): number {
    return this.attached.size
  }

  getStats(): PresenceStats {
    let heldPeers = 0
    for (const { isHeld } of this.attached.values()) if (isHeld) heldPeers++
    return { heldPeers, ...this.counts }
  }

  /** A peer has connected to this process. @param key its `lp1…` id. */
  connected(key: string, process: string): void {
    const { backplane, clock } = this.wiring
    this.remove(key)
    const alarm = new Alarm(clock, () => void this.take(peer))
    const peer: Attached = { key, process, since: backplane.now(), isHeld: false, isSettled: false, claimAt: 0, alarm }
    this.attached.set(key, peer)
    void this.attach(peer)
  }

  disconnected(key: string): void {
    this.remove(key)
  }

  close(): void {
    for (const stop of this.stops) stop()
    for (const key of [...this.attached.keys()]) this.remove(key)
  }

  private remove(key: string): void {
    const peer = this.attached.get(key)
    if (peer === undefined) return
    peer.alarm.disarm()
    this.attached.delete(key)
    this.letGo(peer)
  }

  private async attach(peer: Attached): Promise<void> {
    const { backplane } = this.wiring
    const asked = backplane.askPeer(peer.key, 'who', new Uint8Array(0))
    // Behind the question, which so does not come to us, and without a wait for its answer: whoever calls the peer now finds it.
    const held = this.hold(peer)
    const holder = await asked.then(readClaim).catch(() => undefined)
    // Whoever has claimed it meanwhile is waited for already.
    if (this.attached.get(peer.key) !== peer || peer.alarm.isArmed) return
    if (holder?.process === peer.process) {
      this.wait(peer, holder.since)
      return
    }
    if (holder !== undefined) peer.since = Math.max(peer.since, holder.since + 1)
    await held
    if (peer.alarm.isArmed) return
    this.settle(peer, holder !== undefined)
  }

  /** Another process has the same process of the wallet, which has yet to choose. @param since what the other claims by. */
  private wait(peer: Attached, since: number): void {
    this.letGo(peer)
    peer.since = Math.max(peer.since, since + 1)
    peer.claimAt = elapsed(this.wiring.clock) + claimWaitMs
    peer.alarm.arm(claimLookMs)
  }

  /** The wallet has had the time to choose, and is still here; or the holder has let it go already. */
  private async take(peer: Attached): Promise<void> {
    const { backplane, clock } = this.wiring
    const isHeld =
      elapsed(clock) < peer.claimAt && (await backplane.askPeer(peer.key, 'who', new Uint8Array(0)).then(isSo, isNot))
    if (this.attached.get(peer.key) !== peer) return
    if (isHeld) {
      peer.alarm.arm(claimLookMs)
      return
    }
    await this.hold(peer)
    this.settle(peer, true)
  }

  private async hold(peer: Attached): Promise<void> {
    peer.isHeld = true
    await this.wiring.backplane.hold(peer.key).catch(() => {})
  }

  private letGo(peer: Attached): void {
    if (peer.isHeld) this.wiring.backplane.release(peer.key)
    peer.isHeld = false
  }

  private settle(peer: Attached, wasHeld: boolean): void {
    if (this.attached.get(peer.key) !== peer) return
    peer.isSettled = true
    if (wasHeld) this.counts.won++
    else this.counts.first++
    this.claim(peer)
  }

  private claim({ key, process, since }: Attached): void {
    this.wiring.backplane.toPeer(key, 'claim', encode({ process, since }))
  }

  private claimAll(): void {
    for (const peer of this.attached.values()) if (peer.isHeld) this.claim(peer)
  }

  private who({ peer: key = '' }: Sender): Uint8Array {
    const peer = this.attached.get(key)
    if (peer === undefined) throw new P2PError('PEER_NOT_FOUND', 'That peer has left this process.')
    return encode({ process: peer.process, since: peer.since })
  }

  /** Another process says that it has a peer that we hold. */
  private claimed(bytes: Uint8Array, { nodeId, peer: key = '' }: Sender): void {
    const { process, since } = readClaim(bytes)
    const peer = this.attached.get(key)
    if (peer === undefined) return
    if (!peer.isSettled && process === peer.process) {
      this.wait(peer, since)
      return
    }
    const isOlder = peer.since > since || (peer.since === since && this.wiring.backplane.nodeId > nodeId)
    if (isOlder) {
      this.claim(peer)
      return
    }
    this.counts.lost++
    this.remove(key)
    const error =
      process === peer.process
        ? new P2PError('DUPLICATE_CONNECTION', 'The peer has connected to another process of this relay.')
        : new P2PError('REPLACED', 'Another process with the same identity has connected to this relay.')
    this.wiring.drop(key, error)
  }
}

/** @throws P2PError MALFORMED_DATA. */
function readClaim(bytes: Uint8Array): { process: string; since: number } {
  return parsed(claimShape, decode(bytes), 'A claim of a peer')
}
