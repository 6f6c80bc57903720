import type { WaitOptions } from '../base/wait.js'
import type { RecordLog, SharedMap } from './backplane.js'

/** A subject that is subscribed to. */
export interface Subscription {
  /** Others reach us there from when it resolves. */
  readonly ready: Promise<void>
  end(): void
}

/** @param respond present where the sender waits for an answer. */
export type OnBusMessage = (bytes: Uint8Array, respond: ((bytes: Uint8Array) => void) | undefined) => void

/** What a backplane needs of the machinery under it: subjects, as NATS has them. Messages of one sender to one subscriber stay in order. */
export interface Bus {
  readonly state: 'up' | 'down'
  readonly shared: SharedMap
  readonly records: RecordLog
  /** Connects. @throws P2PError BACKPLANE_DOWN. */
  open(onState: (state: 'up' | 'down') => void): Promise<void>
  /** @param subject words of letters, digits, `-` and `_` with dots between. */
  subscribe(subject: string, onMessage: OnBusMessage): Subscription
  /** False while it is down, or takes no more. */
  publish(subject: string, bytes: Uint8Array): boolean
  /** @throws P2PError PEER_NOT_FOUND at once where nobody is subscribed; BACKPLANE_DOWN, TIMEOUT, ABORTED. */
  request(subject: string, bytes: Uint8Array, wait: WaitOptions): Promise<Uint8Array>
  /** Lets what was published leave. */
  close(): Promise<void>
}
