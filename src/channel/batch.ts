import { P2PError, violation } from '../base/errors.js'
import type { Limits } from '../base/limits.js'

/** Kinds of the entries in a channel's frames. */
export enum Entry {
  /** One message: its MessagePack bytes. */
  MESSAGE = 0x01,
  /** One signed message: signature (64 bytes), then its MessagePack bytes. */
  SIGNED_MESSAGE = 0x02,
  /** A part of an entry too long for one frame; the first byte of the whole is its kind. */
  FRAGMENT = 0x03,
  /** The last part. */
  LAST_FRAGMENT = 0x04,
  /** The responder accepts the initiator and its description; first entry of its direction. */
  READY = 0x10,
  /** The sender ends the channel: a refusal (MessagePack). Nothing follows. */
  CLOSE = 0x11,
  /** The sender's key changes after this frame (Noise rev 34 §11.3). Alone in its frame. */
  REKEY = 0x12,
  /** Which messages of the receiver's streams have arrived; see peer/connection/stream-entries.ts. */
  ACK = 0x13,
  /** The number of the next message in one of the sender's streams. */
  SEQUENCE = 0x14,
  /** From which message of a stream on nothing was taken, and when to send it again. */
  REFUSED = 0x15,
  /** What the sender tells of itself (MessagePack), once for each channel; see description.ts. */
  DESCRIPTION = 0x16,
  /** The sender speaks on this path from here on. */
  SWITCH = 0x17,
  /** Nothing: it makes a frame longer. */
  PADDING = 0x80,
}

/** Kinds from here on are passed over by a peer that does not know them. */
export const FIRST_IGNORED = 0x80

const FRAGMENTED: ReadonlySet<number> = /* @__PURE__ */ new Set([Entry.MESSAGE, Entry.SIGNED_MESSAGE, Entry.DESCRIPTION])

/** Kind (1 byte) and length of the body (2 bytes, big-endian). */
const HEADER_BYTES = 3
const SMALL_BYTES = 2_048
const SMALLEST_BUCKET = 256
/** Any plaintext of a Noise message fits. */
const LARGE_BYTES = 65_535

/** One large buffer goes from writer to writer: under load the next batch comes at once, and an idle channel holds none. */
let spare: Uint8Array | undefined

/**
 * Collects entries and packs them into frames of bounded size, splitting what is too long. Holds a buffer only while
 * something waits, so that an idle connection costs none.
 */
export class BatchWriter {
  private buffer: Uint8Array | undefined
  private used = 0

  /** @param emit takes one plaintext frame; it must use or copy the bytes before it returns. */
  constructor(
    private readonly maxPlaintextBytes: number,
    private readonly emit: (plaintext: Uint8Array) => void,
  ) {}

  /** Bytes that wait for `writeOut`. */
  get waiting(): number {
    return this.used
  }

  add(kind: Entry, head: Uint8Array | undefined, body: Uint8Array): void {
    const length = (head?.length ?? 0) + body.length
    const room = this.maxPlaintextBytes
    if (HEADER_BYTES + length <= room) {
      if (this.used + HEADER_BYTES + length > room) this.writeOut()
      this.write(kind, length, head, body)
      return
    }
    const whole = new Uint8Array(1 + length)
    whole[0] = kind
    if (head !== undefined) whole.set(head, 1)
    whole.set(body, 1 + (head?.length ?? 0))
    for (let position = 0; position < whole.length; ) {
      if (this.used > room / 2) this.writeOut()
      const part = whole.subarray(position, position + room - this.used - HEADER_BYTES)
      position += part.length
      this.write(position < whole.length ? Entry.FRAGMENT : Entry.LAST_FRAGMENT, part.length, undefined, part)
    }
  }

  writeOut(): void {
    if (this.buffer === undefined || this.used === 0) return
    const plaintext = this.buffer.subarray(0, this.used)
    const { buffer } = this
    this.buffer = undefined
    this.used = 0
    this.emit(plaintext)
    if (buffer.length === LARGE_BYTES) spare = buffer
  }

  private write(kind: Entry, length: number, head: Uint8Array | undefined, body: Uint8Array): void {
    const needed = this.used + HEADER_BYTES + length
    let buffer = this.buffer
    if (buffer === undefined || buffer.length < needed) {
      let larger: Uint8Array
      if (spare !== undefined) {
        larger = spare
        spare = undefined
      } else
        larger = new Uint8Array(needed <= SMALL_BYTES ? SMALL_BYTES : needed <= 8 * SMALL_BYTES ? 8 * SMALL_BYTES : LARGE_BYTES)
      if (buffer !== undefined) larger.set(buffer.subarray(0, this.used))
      this.buffer = buffer = larger
    }
    let position = this.used
    buffer[position++] = kind
    buffer[position++] = length >> 8
    buffer[position++] = length & 0xff
    // Most have a stream alone: a call of `set` for one byte costs more than all the rest of the header.
    if (head?.length === 1) buffer[position++] = head[0]!
    else if (head !== undefined) {
      buffer.set(head, position)
      position += head.length
    }
    buffer.set(body, position)
    this.used = position + body.length
  }
}

/**
 * The entries, with a PADDING that makes their frame as long as a power of two, from 256 bytes on, or as the longest frame. It stands before
 * them, for nothing may follow CLOSE; behind READY and DESCRIPTION, which come first.
 *
 * @param max bytes of the longest plaintext; the frame of each is `tagBytes` longer.
 */
export function padded(plaintext: Uint8Array, max: number, tagBytes: number): Uint8Array {
  const { length } = plaintext
  let bucket = SMALLEST_BUCKET
  while (bucket - tagBytes < length + HEADER_BYTES && bucket - tagBytes !== length) bucket *= 2
  const whole = new Uint8Array(Math.min(bucket - tagBytes, max))
  const rest = whole.length - length - HEADER_BYTES
  if (rest < 0) return plaintext
  const isFirst = plaintext[0] === Entry.READY || plaintext[0] === Entry.DESCRIPTION
  whole.set(plaintext, isFirst ? 0 : rest + HEADER_BYTES)
  whole.set([Entry.PADDING, rest >> 8, rest & 0xff], isFirst ? length : 0)
  return whole
}

/** Unpacks plaintext frames into entries, putting fragments together again. */
export class BatchReader {
  /** The parts so far, in a buffer that doubles: it never holds more than twice what has come, however small the parts. */
  private whole: Uint8Array | undefined
  /** Bytes of the entry that is put together. */
  partBytes = 0

  /** Bytes of the longest entry that is put together, its kind included. */
  private maxBytes!: number

  constructor(private readonly limits: Limits) {
    this.takeMessages()
  }

  /** From now on, nothing longer than a description is put together. */
  takeDescription(): void {
    this.maxBytes = this.limits.maxDescriptionBytes + 1
  }

  /** From now on, messages of full length are put together: kind, stream and signature come on top of them. */
  takeMessages(): void {
    this.maxBytes = this.limits.maxMessageBytes + 66
  }

  /** @throws P2PError PROTOCOL_VIOLATION for a malformed frame, LIMIT_EXCEEDED for an over-long entry. */
  read(plaintext: Uint8Array, onEntry: (kind: number, body: Uint8Array) => void): void {
    const end = plaintext.length
    let position = 0
    while (position < end) {
      if (position + HEADER_BYTES > end) throw violation('sent a cut entry')
      const kind = plaintext[position]!
      const length = (plaintext[position + 1]! << 8) | plaintext[position + 2]!
      position += HEADER_BYTES
      if (position + length > end) throw violation('sent a cut entry')
      const body = plaintext.subarray(position, position + length)
      position += length
      // Else one frame could ask for twenty thousand keys.
      if (kind === Entry.REKEY && end !== HEADER_BYTES) throw violation('sent a misplaced re-key')
      if (kind === Entry.FRAGMENT || kind === Entry.LAST_FRAGMENT) this.fragment(kind, body, onEntry)
      else onEntry(kind, body)
    }
  }

  private fragment(kind: number, body: Uint8Array, onEntry: (kind: number, body: Uint8Array) => void): void {
    if (body.length === 0) throw violation('sent an empty fragment')
    const max = this.maxBytes
    const needed = this.partBytes + body.length
    if (needed > max) throw new P2PError('LIMIT_EXCEEDED', `The peer sent an entry of more than ${max} bytes.`)
    let { whole } = this
    if (whole === undefined || whole.length < needed) {
      const larger = new Uint8Array(Math.min(max, Math.max(needed, SMALL_BYTES, 2 * (whole?.length ?? 0))))
      if (whole !== undefined) larger.set(whole)
      this.whole = whole = larger
    }
    whole.set(body, this.partBytes)
    this.partBytes = needed
    if (kind === Entry.FRAGMENT) return
    this.whole = undefined
    this.partBytes = 0
    const inner = whole[0]!
    if (!FRAGMENTED.has(inner)) throw violation('sent a misplaced fragment')
    onEntry(inner, whole.subarray(1, needed))
  }
}
