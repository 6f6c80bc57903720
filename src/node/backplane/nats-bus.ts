import type { Msg, NatsConnection } from '@nats-io/transport-node'
import type { Bus, OnBusMessage, Subscription } from '../../backplane/bus.js'
import { backplaneDown, nobodyHolds } from '../../backplane/errors.js'
import { BACKPLANE_LIMITS } from '../../backplane/limits.js'
import { systemClock } from '../../base/clock.js'
import { timeoutError } from '../../base/errors.js'
import { type WaitOptions, withDeadline } from '../../base/wait.js'
import { type NatsClient, plainBytes } from './nats-link.js'
import { NatsRecords } from './nats-records.js'
import { NatsShared } from './nats-shared.js'

const { maxBackplaneWaitingBytes, askMs } = BACKPLANE_LIMITS
/** Bytes after which a round trip to the server measures how much of what was published has left. */
const MEASURE_BYTES = 262_144

/** The subjects of one relay's processes at NATS: `lotus.<cluster>.…`. */
export class NatsBus implements Bus {
  readonly shared: NatsShared
  readonly records: NatsRecords
  private readonly prefix: string
  private nats: NatsConnection | undefined
  /** Bytes published and not known to have left. */
  private waiting = 0
  private isMeasuring = false
  private flushing: Promise<void> | undefined
  /** Questions that wait: nothing answers them once the link is down. */
  private readonly asking = new Set<(error: Error) => void>()

  constructor(readonly link: NatsClient) {
    this.prefix = `lotus.${link.cluster}.`
    this.shared = new NatsShared(link)
    this.records = new NatsRecords(link)
  }

  get state(): 'up' | 'down' {
    return this.nats === undefined ? 'down' : this.link.state
  }

  async open(onState: (state: 'up' | 'down') => void): Promise<void> {
    this.nats = await this.link.connection()
    this.link.on('up', () => {
      this.waiting = 0
      onState('up')
    })
    this.link.on('down', () => {
      for (const fail of [...this.asking]) fail(backplaneDown())
      onState('down')
    })
    await this.shared.open()
  }

  subscribe(subject: string, onMessage: OnBusMessage): Subscription {
    const callback = (error: Error | null, message: Msg) => {
      if (error !== null) return
      const { reply } = message
      onMessage(
        plainBytes(message.data),
        reply === undefined || reply === '' ? undefined : (answer) => void this.send(reply, answer),
      )
    }
    const subscription = this.nats!.subscribe(this.prefix + subject, { callback })
    return {
      ready: this.flushed(),
      end: () => {
        if (!this.nats!.isClosed()) subscription.unsubscribe()
      },
    }
  }

  publish(subject: string, bytes: Uint8Array): boolean {
    return this.send(this.prefix + subject, bytes)
  }

  request(subject: string, bytes: Uint8Array, wait: WaitOptions): Promise<Uint8Array> {
    const { timeoutMs = askMs } = wait
    return withDeadline(systemClock, 'A question to another process', wait, () => {
      return new Promise<Uint8Array>((resolve, reject) => {
        if (this.state === 'down') return reject(backplaneDown())
        this.asking.add(reject)
        const settle = (done: () => void) => {
          this.asking.delete(reject)
          done()
        }
        this.nats!.request(this.prefix + subject, bytes, { timeout: timeoutMs }).then(
          ({ data }) => settle(() => resolve(plainBytes(data))),
          (error: Error) => settle(() => reject(isNobody(error) ? nobodyHolds() : failed(error, timeoutMs))),
        )
      })
    })
  }

  async close(): Promise<void> {
    this.shared.close()
    this.records.close()
    await this.link.close()
  }

  /** NATS takes what is published while it is down without a word, and it never arrives: so nothing is. */
  private send(subject: string, bytes: Uint8Array): boolean {
    if (this.state === 'down' || this.waiting + bytes.length > maxBackplaneWaitingBytes) return false
    this.nats!.publish(subject, bytes)
    this.waiting += bytes.length
    if (this.waiting > MEASURE_BYTES && !this.isMeasuring) void this.measure()
    return true
  }

  private async measure(): Promise<void> {
    this.isMeasuring = true
    const measured = this.waiting
    await this.nats!.flush().catch(() => {})
    this.waiting = Math.max(0, this.waiting - measured)
    this.isMeasuring = false
  }

  /** The server knows all that we have subscribed to: at once, or when it is back. */
  private async roundTrip(): Promise<void> {
    for (;;) {
      const done = await this.nats!.flush().then(
        () => true,
        () => this.nats!.isClosed(),
      )
      if (done) return
      await new Promise<void>((resolve) => {
        const stop = this.link.on('up', () => {
          stop()
          resolve()
        })
      })
    }
  }

  /** Many that subscribe in one turn share a round trip. */
  private flushed(): Promise<void> {
    this.flushing ??= Promise.resolve().then(() => {
      this.flushing = undefined
      return this.roundTrip()
    })
    return this.flushing
  }
}

/** What the client tells of a request that failed; its classes are those of a package that is loaded late. */
function isNobody(error: Error & { isNoResponders?: () => boolean }): boolean {
  return error.name === 'NoRespondersError' || error.isNoResponders?.() === true
}

function failed(error: Error, timeoutMs: number): Error {
  const isLate = error.name === 'TimeoutError' || (error.cause as Error | undefined)?.name === 'TimeoutError'
  return isLate ? timeoutError('A question to another process', timeoutMs) : backplaneDown(error)
}
