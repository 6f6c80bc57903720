import { codeOf, P2PError, type P2PErrorDetails } from '../base/errors.js'
import { decode, encode } from '../message/codec.js'
import { array, bytes, int, malformed, object, oneOf, optional, parsed, text, tuple, union, where } from '../message/shape.js'
import { MAX_ONION_MESSAGE_BYTES } from './messages.js'
import { MAX_CONTENT_BYTES } from './packet.js'
import { SURB_BYTES } from './surb.js'
import { ONION_NONCE_BYTES } from './work.js'

/** Bytes that name a message at an exit. */
export const MESSAGE_ID_BYTES = 8
/** Packets of one message, and of one answer. */
export const MAX_PARTS = 16
/** Reply blocks in one packet. */
export const MAX_SURBS = 6

/** Bytes of a part's head: the array, an action of 32 characters, heads of the part and of the list, id, numbers and nonce. */
const PART_OVERHEAD = 1 + 34 + 3 + 1 + 10 + 1 + 1 + 10
const SURB_OVERHEAD = SURB_BYTES + 3
/** Bytes of an answer's head: the array, id, numbers, status, and the head of the part. */
const ANSWER_OVERHEAD = 1 + 10 + 1 + 1 + 1 + 3
/** Bytes of an answer in one packet. */
export const ANSWER_PART_BYTES = MAX_CONTENT_BYTES - ANSWER_OVERHEAD

/** What an answer is: the result; why there is none; or a piece of a stream. */
export const AnswerStatus = { DONE: 0, REFUSED: 1, CELL: 2 } as const
export type AnswerStatus = (typeof AnswerStatus)[keyof typeof AnswerStatus]

/** One packet of a message to an exit. */
export interface RequestPart {
  action: string
  /** A piece of the MessagePack of the arguments. */
  part: Uint8Array
  /** Reply blocks, 401 bytes each. */
  surbs: Uint8Array[]
  /** 8 bytes. */
  messageId: Uint8Array
  /** From 0 up. */
  index: number
  total: number
  /** 8 bytes; see `findOnionWork`. */
  nonce: Uint8Array | null
}

/** One packet of an answer. */
export interface AnswerPart {
  messageId: Uint8Array
  index: number
  total: number
  status: AnswerStatus
  /** A piece of the MessagePack of the result, or of the refusal. */
  part: Uint8Array
}

const messageId = /* @__PURE__ */ bytes(MESSAGE_ID_BYTES)
const index = /* @__PURE__ */ int(0, MAX_PARTS - 1)
const total = /* @__PURE__ */ int(1, MAX_PARTS)
const requestShape = /* @__PURE__ */ (() =>
  where(
    tuple(
      text(1, 32, /^[a-z][a-z-]*$/),
      bytes(),
      array(bytes(SURB_BYTES), MAX_SURBS),
      messageId,
      index,
      total,
      union(bytes(ONION_NONCE_BYTES), oneOf(null)),
    ),
    ([, , , , index, total]) => index < total,
  ))()
const answerShape = /* @__PURE__ */ (() =>
  where(tuple(messageId, index, total, oneOf(0, 1, 2), bytes()), ([, index, total]) => index < total))()
const refusalShape = /* @__PURE__ */ (() =>
  object({
    code: text(1, 64),
    message: optional(text(0, 512)),
    /** With PROOF_OF_WORK_REQUIRED: zero bits that would do. */
    bits: optional(int(0, 256)),
    retryAfterMs: optional(int(0, Number.MAX_SAFE_INTEGER)),
  }))()

const CONTENT_LIMITS = { maxDecodeDepth: 3, maxDecodeItems: 32 }
const REFUSAL_LIMITS = { maxDecodeDepth: 2, maxDecodeItems: 16 }

/** Bytes of arguments that fit into one packet, beside so many reply blocks. */
export function partRoom(surbs: number): number {
  return MAX_CONTENT_BYTES - PART_OVERHEAD - surbs * SURB_OVERHEAD
}

/**
 * The contents of the packets that carry a message to an exit.
 *
 * @param request.args MessagePack of the arguments, at most 40,000 bytes.
 * @param request.surbs reply blocks for each packet, in their order; packets beyond the list carry none.
 * @param request.messageId 8 random bytes. A message that is sent again keeps its id, and is done once.
 * @throws P2PError MESSAGE_TOO_LARGE for more than 16 packets, or more bytes.
 */
export function requestContents(request: {
  action: string
  args: Uint8Array
  surbs?: readonly (readonly Uint8Array[])[] | undefined
  messageId: Uint8Array
  nonce?: Uint8Array | undefined
}): Uint8Array[] {
  const { action, args, surbs = [], messageId, nonce = null } = request
  const parts: [part: Uint8Array, surbs: readonly Uint8Array[]][] = []
  let at = 0
  do {
    const here = surbs[parts.length] ?? []
    const end = Math.min(args.length, at + Math.max(0, partRoom(here.length)))
    parts.push([args.slice(at, end), here])
    at = end
  } while ((at < args.length || parts.length < surbs.length) && parts.length <= MAX_PARTS)
  if (args.length > MAX_ONION_MESSAGE_BYTES || parts.length > MAX_PARTS) {
    throw new P2PError('MESSAGE_TOO_LARGE', `A message to an exit has at most ${MAX_ONION_MESSAGE_BYTES} bytes. Split it.`, {
      details: { bytes: args.length, maxBytes: MAX_ONION_MESSAGE_BYTES },
    })
  }
  return parts.map(([part, surbs], index) => encode([action, part, surbs, messageId, index, parts.length, nonce]))
}

/** What a packet carries to an exit. @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED. */
export function readRequestPart(content: Uint8Array): RequestPart {
  const [action, part, surbs, messageId, index, total, nonce] = parsed(
    requestShape,
    decode(content, CONTENT_LIMITS, { canonical: true }),
    'A message to an exit',
  )
  return { action, part, surbs, messageId, index, total, nonce }
}

/**
 * The contents of the packets that carry an answer.
 *
 * @param bytes MessagePack of the result, at most 16 packets of it.
 * @throws P2PError MESSAGE_TOO_LARGE.
 */
export function answerContents(messageId: Uint8Array, status: AnswerStatus, bytes: Uint8Array): Uint8Array[] {
  const total = Math.max(1, Math.ceil(bytes.length / ANSWER_PART_BYTES))
  if (total > MAX_PARTS) {
    throw new P2PError('MESSAGE_TOO_LARGE', 'The answer is too long for the onion. Ask for less at once.', {
      details: { bytes: bytes.length, maxBytes: MAX_PARTS * ANSWER_PART_BYTES },
    })
  }
  return Array.from({ length: total }, (_, index) => {
    const at = index * ANSWER_PART_BYTES
    return encode([messageId, index, total, status, bytes.slice(at, at + ANSWER_PART_BYTES)])
  })
}

/** What a reply carries from an exit. @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED. */
export function readAnswerPart(content: Uint8Array): AnswerPart {
  const [messageId, index, total, status, part] = parsed(
    answerShape,
    decode(content, CONTENT_LIMITS, { canonical: true }),
    'An answer of an exit',
  )
  return { messageId, index, total, status, part }
}

/** The bytes of a refusal. */
export function refusalBytes({ code, message, details: { bits, retryAfterMs } }: P2PError): Uint8Array {
  return encode({ code, message: message.slice(0, 512), bits, retryAfterMs })
}

/** The error with which an exit refuses, its parts joined. @throws P2PError MALFORMED_DATA where it is none. */
export function readRefusal(bytes: Uint8Array): P2PError {
  const refusal = parsed(refusalShape, decode(bytes, REFUSAL_LIMITS), 'A refusal')
  const { code, message = 'The exit refuses it.', bits, retryAfterMs } = refusal
  const details: P2PErrorDetails = { byPeer: true }
  if (bits !== undefined) details.bits = bits
  if (retryAfterMs !== undefined) details.retryAfterMs = retryAfterMs
  return new P2PError(codeOf(code, 'HANDLER_FAILED'), message, { details })
}

/** The indexes that `more` asks for. @throws P2PError MALFORMED_DATA. */
export function readMore(args: unknown): number[] {
  const wanted = parsed(array(index, MAX_PARTS, 1), args, 'A demand for more')
  if (new Set(wanted).size < wanted.length) throw malformed('A demand for more')
  return wanted
}
