/** Names of the SDK's own protocols begin so; their messages are never signed one by one. */
export const INTERNAL_PREFIX = 'lotus/'

/** One message between two peers. */
export interface P2PMessage<T = unknown> {
  type: string
  /** Peer id of the sender: the one the channel has proven. */
  from: string
  /** Peer id of the receiver; absent in a broadcast. */
  to?: string
  payload: T
  /** Milliseconds since the Unix epoch, by the sender's clock. */
  timestamp: number
  /** Unique; 21 characters by nanoid. */
  messageId: string
  /** Ed25519 signature (64 bytes) where `requireSignatures` is set at either end. */
  signature?: Uint8Array
  /** The handler that the message is for; without it, only the 'message' event sees it. */
  protocol?: string
  /** The `messageId` of the request that this message answers. */
  inReplyTo?: string
  /** With `mailbox()`: it came through a mailbox, and its sender may be away. */
  mailed?: true
  /** Of mail: when it was sealed, milliseconds since the Unix epoch, by the sender's clock. */
  sentAt?: number
  /** With `mailbox()`: its handlers may have had it before, for the process ended while they ran. */
  redelivered?: true
}

/**
 * The type itself where its values can travel: what JSON takes, and `Uint8Array`, `Date` and `bigint`. Functions, symbols, `Map`, `Set`
 * and other arrays of bytes become `never`, so that they do not compile.
 */
export type Travelling<T> = unknown extends T
  ? T
  : T extends string | number | boolean | bigint | null | undefined | Date | Uint8Array
    ? T
    : T extends
          | symbol
          | ((...args: never[]) => unknown)
          | ReadonlyMap<unknown, unknown>
          | ReadonlySet<unknown>
          | ArrayBuffer
          | ArrayBufferView
          | Promise<unknown>
      ? never
      : { [K in keyof T]: Travelling<T[K]> }

/** A message as an application writes it: `from`, `timestamp` and `messageId` are filled in; a foreign `from` is refused. */
export type OutgoingMessage<T = unknown> = Pick<P2PMessage<T>, 'type' | 'payload'> & Partial<P2PMessage<T>>
