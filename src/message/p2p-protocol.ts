import { nanoid } from 'nanoid'
import { equalBytes, isBytes } from '../base/bytes.js'
import { type Clock, systemClock } from '../base/clock.js'
import { P2PError, violation } from '../base/errors.js'
import { type Limits, limitsOf } from '../base/limits.js'
import { decode, encode } from './codec.js'
import { fromJsonValue, toJsonValue } from './json.js'
import type { P2PMessage } from './message.js'

/** First item of a serialised message: the version of this layout. */
const LAYOUT = 1
const SIGNATURE_BYTES = 64
const MAX_ID_LENGTH = 64
const MAX_PEER_ID_LENGTH = 128

export type CreateMessageOptions = Partial<
  Pick<P2PMessage, 'to' | 'protocol' | 'inReplyTo' | 'messageId' | 'timestamp' | 'signature'>
>

/**
 * Makes messages, checks them, and turns them into bytes and back.
 *
 * @example
 * const protocol = new P2PProtocol()
 * const message = protocol.createMessage('hello', { text: 'hi' }, coordinator.peerId)
 * protocol.deserialize(protocol.serialize(message)) // equals message
 */
export class P2PProtocol {
  private readonly limits: Limits
  private readonly clock: Clock

  constructor(options: { limits?: Limits | undefined; clock?: Clock | undefined } = {}) {
    this.limits = options.limits ?? limitsOf()
    this.clock = options.clock ?? systemClock
  }

  /** A message with a fresh id and the time of now. */
  createMessage<T>(type: string, payload: T, from: string, options: CreateMessageOptions = {}): P2PMessage<T> {
    const message = { type, from, payload, timestamp: this.clock.now(), messageId: nanoid(), ...options }
    checkMessage(message, this.limits)
    return message
  }

  /** @throws P2PError INVALID_MESSAGE, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE. */
  serialize(message: P2PMessage): Uint8Array {
    checkMessage(message, this.limits)
    const bytes = encode(toWire(message, message.from, message.to), this.limits)
    if (bytes.length > this.limits.maxMessageBytes) throw messageTooLarge(bytes.length, this.limits)
    return bytes
  }

  /** @throws P2PError MESSAGE_TOO_LARGE, MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_MESSAGE. */
  deserialize<T = unknown>(bytes: Uint8Array): P2PMessage<T> {
    return decodeMessage(bytes, this.limits) as P2PMessage<T>
  }

  /**
   * The bytes that the sender of a message has signed under the tag 'message', for checking a message that was passed on.
   *
   * @param from the sender's Ed25519 public key, 32 bytes: that of its `lp1…` id, or the one that its name belongs to.
   * @param to the receiver's key, 32 bytes; absent for a broadcast.
   * @throws P2PError INVALID_MESSAGE, UNSERIALIZABLE_PAYLOAD.
   * @example
   * const payload = protocol.signedBytes(message, decodePeerId(message.from), decodePeerId(message.to))
   * await verifyEnvelope('message', { publicKey: decodePeerId(message.from), payload, signature: message.signature }, network)
   */
  signedBytes(message: P2PMessage, from: Uint8Array, to?: Uint8Array): Uint8Array {
    checkMessage(message, this.limits)
    return encodeSigned(message, from, to, this.limits)
  }

  /**
   * The readable form, one line of JSON; bytes as base64url.
   *
   * @throws P2PError INVALID_MESSAGE, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE.
   */
  toJSON(message: P2PMessage): string {
    // What JSON would change without a word, or never end with, is refused here as there.
    this.serialize(message)
    return JSON.stringify(toJsonValue(message))
  }

  /** @throws P2PError MALFORMED_DATA, INVALID_MESSAGE, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE. */
  fromJSON<T = unknown>(json: string): P2PMessage<T> {
    // Base64 and escapes make text longer than the bytes it stands for, at most sixfold.
    if (json.length > this.limits.maxMessageBytes * 6) throw messageTooLarge(json.length, this.limits)
    let value: unknown
    try {
      value = fromJsonValue(JSON.parse(json))
    } catch (error) {
      if (error instanceof P2PError) throw error
      throw new P2PError('MALFORMED_DATA', 'This text is not JSON.', { cause: error })
    }
    this.serialize(value as P2PMessage)
    return value as P2PMessage<T>
  }

  /** True if the value has the shape of a message, with names and ids within their limits. Says nothing of its size. */
  validateMessage(message: unknown): message is P2PMessage {
    return faultOf(message, this.limits) === undefined
  }

  /** True if the message can be serialised and is no longer than `maxBytes` (default: the limit `maxMessageBytes`, 1 MiB). */
  validateMessageSize(message: P2PMessage, maxBytes: number = this.limits.maxMessageBytes): boolean {
    try {
      return encode(toWire(message, message.from, message.to), this.limits).length <= maxBytes
    } catch {
      return false
    }
  }
}

/** What the two ends of a channel know anyway, so that messages on it need not repeat it. */
export interface ChannelEnds {
  /** Peer id of the other end: a message without `from` is theirs. */
  remote: string
  /** Our own peer id: a message marked as "to you" is ours. */
  local: string
}

/** The ends of a channel as a signed message names them: by their Ed25519 keys, 32 bytes each, for a name can belong to another elsewhere. */
export interface ChannelEndKeys {
  readonly local: Uint8Array
  readonly remote: Uint8Array
}

/** The array that travels: `[layout, type, from, to, payload, timestamp, messageId, protocol, inReplyTo, signature]`. */
export function toWire(
  message: P2PMessage,
  from: string | Uint8Array | undefined,
  to: string | Uint8Array | true | undefined,
): unknown[] {
  const wire: unknown[] = [
    LAYOUT,
    message.type,
    from,
    to,
    message.payload,
    message.timestamp,
    message.messageId,
    message.protocol,
  ]
  if (message.inReplyTo !== undefined || message.signature !== undefined) wire.push(message.inReplyTo)
  if (message.signature !== undefined) wire.push(message.signature)
  return wire
}

/** What is signed of a message: both ends are in it, by their keys. @param to absent for a broadcast. */
export function encodeSigned(message: P2PMessage, from: Uint8Array, to: Uint8Array | undefined, limits: Limits): Uint8Array {
  const { signature, ...unsigned } = message
  return encode(toWire(unsigned, from, to), limits)
}

/**
 * @param ends absent where the message names both ends itself.
 * @param keys given where the bytes are signed: the message must be from the one, and to the other or a broadcast.
 * @throws P2PError MESSAGE_TOO_LARGE, MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_MESSAGE; of a signed one FOREIGN_SENDER,
 *   PROTOCOL_VIOLATION.
 */
export function decodeMessage(bytes: Uint8Array, limits: Limits, ends?: ChannelEnds, keys?: ChannelEndKeys): P2PMessage {
  if (bytes.length > limits.maxMessageBytes) throw messageTooLarge(bytes.length, limits)
  const wire = decode(bytes, limits, { canonical: keys !== undefined })
  if (!Array.isArray(wire)) throw invalid('form')
  const { length } = wire
  // On a channel the signature stands in the entry. What is absent at the end is left out: one message has one form.
  if (length < 8 || length > (ends ? 9 : 10) || (length > 8 && wire[length - 1] === null)) throw invalid('form')
  if (wire[0] !== LAYOUT) throw invalid('version')
  if (keys !== undefined) {
    if (!isKey(wire[2], keys.remote)) throw new P2PError('FOREIGN_SENDER', 'The peer sent a message in the name of another.')
    if (wire[3] !== null && !isKey(wire[3], keys.local)) throw violation('sent a message for another')
    wire[2] = null
    wire[3] &&= true
  }
  const message: P2PMessage = {
    type: wire[1],
    from: wire[2] ?? ends?.remote,
    payload: wire[4],
    timestamp: wire[5],
    messageId: wire[6],
  }
  const to = wire[3] === true ? ends?.local : wire[3]
  if (to != null) message.to = to
  if (wire[7] != null) message.protocol = wire[7]
  if (wire[8] != null) message.inReplyTo = wire[8]
  if (wire[9] != null) message.signature = wire[9]
  checkMessage(message, limits)
  return message
}

/** @throws P2PError INVALID_MESSAGE naming the field at fault. */
export function checkMessage(message: unknown, limits: Limits): asserts message is P2PMessage {
  const fault = faultOf(message, limits)
  if (fault !== undefined) throw invalid(fault)
}

/** The part of a message that is missing or wrong. */
function faultOf(value: unknown, limits: Limits): string | undefined {
  if (typeof value !== 'object' || value === null) return 'form'
  const message = value as Partial<P2PMessage>
  if (!isText(message.type, limits.maxNameLength)) return 'type'
  if (!isText(message.from, MAX_PEER_ID_LENGTH)) return 'from'
  if (message.to !== undefined && !isText(message.to, MAX_PEER_ID_LENGTH)) return 'to'
  if (typeof message.timestamp !== 'number' || !(message.timestamp >= 0 && message.timestamp <= Number.MAX_SAFE_INTEGER)) {
    return 'timestamp'
  }
  if (!isText(message.messageId, MAX_ID_LENGTH)) return 'messageId'
  if (message.protocol !== undefined && !isText(message.protocol, limits.maxNameLength)) {
    return 'protocol'
  }
  if (message.inReplyTo !== undefined && !isText(message.inReplyTo, MAX_ID_LENGTH)) return 'inReplyTo'
  const { signature } = message
  if (signature !== undefined && !isBytes(signature, SIGNATURE_BYTES)) {
    return 'signature'
  }
  return 'payload' in message ? undefined : 'payload'
}

function isKey(value: unknown, key: Uint8Array): boolean {
  return isBytes(value) && equalBytes(value, key)
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength
}

function invalid(part: string): P2PError {
  return new P2PError('INVALID_MESSAGE', `The ${part} of this message is missing or wrong.`)
}

export function messageTooLarge(bytes: number, limits: Limits): P2PError {
  return new P2PError(
    'MESSAGE_TOO_LARGE',
    `The message has ${bytes} bytes, and at most ${limits.maxMessageBytes} travel. Split it.`,
    { details: { bytes, limit: 'maxMessageBytes', maxBytes: limits.maxMessageBytes } },
  )
}
