import type { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import type { WaitOptions } from '../../base/wait.js'
import type { Identity } from '../../identity/identity.js'
import type { TopicMessage } from './topic-messages.js'

export type TopicListener<T = unknown> = (message: TopicMessage<T>) => void

export interface SubscribeOptions {
  /** How many of the last messages are wanted first, where relays still have them. Default 0. */
  history?: number | undefined
}

/** What became of a publication. */
export interface PublishResult {
  /** 64 hexadecimal digits. */
  messageId: string
  /** Peer ids of the neighbours that took it. */
  sentTo: string[]
  /** Those whom they know to want it: subscribers, and relays with subscribers behind them. 0: nobody is listening. */
  subscribers: number
}

export interface TopicStats {
  /** Topics that neighbours want. */
  topics: number
  /** Our own subscriptions. */
  subscriptions: number
  published: number
  /** Messages given to listeners of ours. */
  delivered: number
  forwarded: number
  duplicates: number
  /** Messages that went no further, by cause. */
  dropped: Record<string, number>
  historyBytes: number
}

export interface TopicsOptions {
  identity: Identity
  limits?: Limits | undefined
  /** Forward for others, as relays do. Default false. */
  router?: boolean | undefined
  /** Enters `running`; called by what needs a network. */
  run?: ((wait?: WaitOptions) => Promise<void>) | undefined
  /** A listener threw. */
  onError?: ((error: P2PError) => void) | undefined
}
