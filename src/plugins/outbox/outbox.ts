import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { asP2PError, P2PError } from '../../base/errors.js'
import { LazyMap, LazySet } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import type { QueuedMessage, QueuedOutcome } from '../../core/queue.js'
import type { P2PMessage } from '../../message/message.js'
import { messageTooLarge } from '../../message/p2p-protocol.js'
import { encodeForPeer } from '../../peer/connection/peer-connection.js'

/** A message that waits, or is on its way. */
export interface OutboxEntry {
  readonly peerId: string
  readonly message: P2PMessage
  /** The message as it goes out: what the application changes after the call does not count. */
  readonly encoded: Uint8Array
  readonly bytes: number
  /** The date of its end, milliseconds since the Unix epoch, for whoever keeps it beyond this process. */
  readonly expiresAt: number
  /** Its end here, by `elapsed`. */
  readonly endsAt: number
  readonly settle: (outcome: QueuedOutcome) => void
  /** Given to a connection, which tells when the peer has it. */
  sent: ((delivered: boolean) => void) | undefined
  /** Given to one that has ended since. */
  isRepeated: boolean
}

/** Keeps an outbox beyond this process. */
export interface OutboxJournal {
  /** Resolves once the entry is kept; it leaves no earlier. Its caller has given up where `ended` says so. */
  add(entry: OutboxEntry, ended: AbortSignal | undefined): Promise<void>
  /** Whether it outlasts this process. */
  keeps(entry: OutboxEntry): boolean
  /** The message has been delivered, or has expired. */
  delete(entry: OutboxEntry): void
}

/** Of an entry that is not kept yet. */
const NOT_YET = () => {}

export interface OutboxOptions {
  clock: Clock
  limits: Limits
  /**
   * Gives a message to the peer's connection.
   *
   * @param encoded the same message by `encodeForPeer`, for `SendOptions.encoded`.
   * @throws P2PError where there is no connection, or it takes nothing now.
   */
  send: (
    peerId: string,
    message: P2PMessage,
    onSettled: (delivered: boolean) => void,
    encoded: Uint8Array,
  ) => Promise<void> | undefined
  /**
   * Whether so many bytes may be given to the peer's connection once more: 0, or milliseconds to wait. A peer that comes as ever new
   * processes and acknowledges nothing is not sent all of it each time.
   */
  repeatMs: (peerId: string, bytes: number) => number
  /** Takes back a message that was given to a connection that is gone; false where the peer has it after all. */
  takeBack: (peerId: string, onSettled: (delivered: boolean) => void) => boolean
  /** Settles when the peer's connection may take more, or is gone; undefined where nothing on it waits. */
  progress: (peerId: string) => Promise<void> | undefined
  /** Asks for a connection to this peer. */
  want: (peerId: string) => void
  /** @param encoded as for `send`. */
  onOutcome: (message: P2PMessage, outcome: 'delivered' | 'expired', encoded: Uint8Array) => void
}

/**
 * Keeps messages for peers that are away, in order, until they are delivered or their time is over. A message that was given to
 * a connection stays here until the peer's process has acknowledged it, so that a loss on the way only delays it.
 */
export class Outbox {
  private readonly queues = new LazyMap<string, OutboxEntry[]>()
  /** Peers whose connection took no more. */
  private readonly blocked = new LazySet<string>()
  journal: OutboxJournal | undefined
  private count = 0
  private bytes = 0
  private readonly alarm: Alarm
  private alarmAt = Number.POSITIVE_INFINITY
  private hasRoom: (() => void) | undefined
  private readonly again: Alarm

  constructor(private readonly wiring: OutboxOptions) {
    this.alarm = new Alarm(wiring.clock, () => this.expire())
    this.again = new Alarm(wiring.clock, () => {
      for (const peerId of [...this.queues.keys()]) this.flushTo(peerId)
    })
  }

  get stats(): { messages: number; bytes: number } {
    return { messages: this.count, bytes: this.bytes }
  }

  /** Resolves when a message has left the outbox. For one caller at a time. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.hasRoom = resolve
    })
  }

  /** True while messages wait for this peer. */
  has(peerId: string): boolean {
    return this.queues.has(peerId)
  }

  /**
   * @param ttlS seconds.
   * @param ended the caller has given up before a journal has kept the message.
   * @throws P2PError OUTBOX_FULL, MESSAGE_TOO_LARGE, UNSERIALIZABLE_PAYLOAD, INVALID_CONFIG.
   */
  add(peerId: string, message: P2PMessage, ttlS: number, ended?: AbortSignal): QueuedMessage | Promise<QueuedMessage> {
    const { clock, limits } = this.wiring
    if (!(typeof ttlS === 'number' && ttlS > 0 && ttlS <= limits.maxOutboxTtlS)) {
      throw new P2PError('INVALID_CONFIG', `ttl must be above 0 and at most ${limits.maxOutboxTtlS} seconds.`)
    }
    const encoded = encodeForPeer(message, true, limits)
    // Where the message has to be signed, it holds both ids, of up to 4 bytes more than their text.
    const bytes = encoded.length + new TextEncoder().encode(message.from + peerId).length + 4
    if (bytes > limits.maxMessageBytes) throw messageTooLarge(bytes, limits)
    if (this.count >= limits.maxOutboxMessages || this.bytes + bytes > limits.maxOutboxBytes) {
      const limit = this.count >= limits.maxOutboxMessages ? 'maxOutboxMessages' : 'maxOutboxBytes'
      throw new P2PError('OUTBOX_FULL', 'Too many messages wait for peers that are away or have not acknowledged them yet.', {
        details: { peerId, limit },
      })
    }
    const [entry, outcome] = this.put({ peerId, message, encoded, bytes, expiresAt: clock.now() + ttlS * 1_000 })
    const queued: QueuedMessage = { messageId: message.messageId, peerId, isKept: false, outcome }
    const keeping = this.journal?.add(entry, ended)
    const go = () => {
      entry.sent = undefined
      this.flushTo(peerId)
      if (this.queues.get(peerId)?.some(({ sent }) => sent === undefined)) this.wiring.want(peerId)
      return queued
    }
    if (keeping === undefined) return go()
    entry.sent = NOT_YET
    const kept = () => {
      queued.isKept = this.journal?.keeps(entry) === true
      return go()
    }
    return keeping.then(kept, (error) => {
      this.take(entry)
      throw error
    })
  }

  /** Takes in what a journal has kept, before all else that waits for the peer. @param place how many of them are in already. */
  restore(kept: Pick<OutboxEntry, 'peerId' | 'message' | 'encoded' | 'expiresAt'>, place: number): OutboxEntry {
    const [entry] = this.put({ ...kept, bytes: kept.encoded.length }, place)
    this.wiring.want(kept.peerId)
    return entry
  }

  private put(
    about: Pick<OutboxEntry, 'peerId' | 'message' | 'encoded' | 'bytes' | 'expiresAt'>,
    place?: number,
  ): [entry: OutboxEntry, outcome: Promise<QueuedOutcome>] {
    let settle!: (outcome: QueuedOutcome) => void
    const outcome = new Promise<QueuedOutcome>((resolve) => {
      settle = resolve
    })
    const { clock, limits } = this.wiring
    const { peerId, bytes, expiresAt } = about
    // Of one that a journal has kept no more is left than it had, whatever became of the date since.
    const endsAt = elapsed(clock) + Math.min(expiresAt - clock.now(), limits.maxOutboxTtlS * 1_000)
    const entry: OutboxEntry = { ...about, endsAt, settle, sent: undefined, isRepeated: false }
    const queue = this.queues.get(peerId) ?? []
    this.queues.set(peerId, queue)
    queue.splice(place ?? queue.length, 0, entry)
    this.count++
    this.bytes += bytes
    this.arm(endsAt)
    return [entry, outcome]
  }

  /** Sends what waits for a peer that is connected, in order. */
  flushTo(peerId: string): void {
    for (const entry of [...(this.queues.get(peerId) ?? [])]) {
      if (entry.sent !== undefined) continue
      const waitMs = entry.isRepeated ? this.wiring.repeatMs(peerId, entry.bytes) : 0
      if (waitMs > 0) {
        this.again.armOnce(waitMs)
        return
      }
      const onSettled = (delivered: boolean) => {
        if (entry.sent !== onSettled) return
        entry.sent = undefined
        entry.isRepeated = true
        if (delivered) this.finish(entry, 'delivered')
      }
      entry.sent = onSettled
      try {
        this.wiring.send(peerId, entry.message, onSettled, entry.encoded)?.catch(() => {
          onSettled(false)
          this.flushLater(peerId)
        })
      } catch (error) {
        entry.sent = undefined
        // The peer is away, or the connection is full: the rest must not overtake this message.
        if (asP2PError(error, 'CONNECTION_LOST', '').code !== 'UNSERIALIZABLE_PAYLOAD') {
          this.flushLater(peerId)
          return
        }
        this.finish(entry, 'expired')
      }
    }
  }

  private flushLater(peerId: string): void {
    if (this.blocked.has(peerId)) return
    const progress = this.wiring.progress(peerId)
    if (progress === undefined) return
    this.blocked.add(peerId)
    void progress.then(() => {
      this.blocked.delete(peerId)
      this.flushTo(peerId)
    })
  }

  /** Forgets all messages: what no journal keeps has expired. */
  close(): void {
    for (const queue of [...this.queues.values()])
      for (const entry of [...queue]) this.finish(entry, this.journal?.keeps(entry) ? 'kept' : 'expired')
    this.disarm()
  }

  /** Tells what became of a message; one that is in no queue any more has been told of. */
  finish(entry: OutboxEntry, outcome: Exclude<QueuedOutcome, 'mailed'>): void {
    if (!this.take(entry)) return
    entry.settle(outcome)
    if (outcome === 'kept') return
    this.journal?.delete(entry)
    this.wiring.onOutcome(entry.message, outcome, entry.encoded)
  }

  private take(entry: OutboxEntry): boolean {
    const { peerId } = entry
    const queue = this.queues.get(peerId)
    const index = queue?.indexOf(entry) ?? -1
    if (queue === undefined || index === -1) return false
    queue.splice(index, 1)
    if (queue.length === 0) this.queues.delete(peerId)
    this.count--
    this.bytes -= entry.bytes
    if (this.count === 0) this.disarm()
    this.hasRoom?.()
    return true
  }

  private expire(): void {
    const { clock, takeBack } = this.wiring
    const now = elapsed(clock)
    let next = Number.POSITIVE_INFINITY
    this.alarmAt = next
    for (const [peerId, queue] of [...this.queues]) {
      for (const entry of [...queue]) {
        if (entry.endsAt > now) next = Math.min(next, entry.endsAt)
        else if (entry.sent === undefined || takeBack(peerId, entry.sent)) this.finish(entry, 'expired')
        // The message is on its way: the peer has it at any moment, or the connection breaks.
        else next = Math.min(next, now + 1_000)
      }
    }
    this.arm(next)
  }

  private arm(at: number): void {
    if (at >= this.alarmAt) return
    this.alarmAt = at
    this.alarm.arm(at - elapsed(this.wiring.clock))
  }

  private disarm(): void {
    this.alarm.disarm()
    this.again.disarm()
    this.alarmAt = Number.POSITIVE_INFINITY
  }
}
