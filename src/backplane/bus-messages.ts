import { joined } from '../base/bytes.js'
import { P2PError } from '../base/errors.js'
import { decodedError, encodedError } from './errors.js'
import { BACKPLANE_LIMITS } from './limits.js'

/** Characters of a process's id. */
export const NODE_ID_LENGTH = 10
const NODE_ID = /^[A-Za-z0-9_-]{10}$/
const KIND = /^[a-z][a-z-]{0,15}$/

/** What travels on a subject: length of the kind (1 byte) ‖ kind ‖ id of the sender (10) ‖ body. */
export interface BusMessage {
  kind: string
  from: string
  body: Uint8Array
}

/** The heads of messages of one process, which are few and the same again and again. */
export class Heads {
  private readonly heads = new Map<string, Uint8Array>()

  constructor(private readonly nodeId: string) {}

  /** @throws P2PError INVALID_CONFIG for what is no kind, MESSAGE_TOO_LARGE. */
  message(kind: string, body: Uint8Array): Uint8Array {
    const { maxBackplaneBytes } = BACKPLANE_LIMITS
    if (body.length > maxBackplaneBytes) {
      throw new P2PError(
        'MESSAGE_TOO_LARGE',
        `Processes of a relay tell each other at most ${maxBackplaneBytes} bytes at once.`,
        {
          details: { limit: 'maxBackplaneBytes' },
        },
      )
    }
    return joined(this.head(kind), body)
  }

  private head(kind: string): Uint8Array {
    const known = this.heads.get(kind)
    if (known !== undefined) return known
    if (!KIND.test(kind)) throw new P2PError('INVALID_CONFIG', 'A kind of message has 1 to 16 small letters.')
    const text = new TextEncoder().encode(kind + this.nodeId)
    const head = joined(Uint8Array.of(kind.length), text)
    this.heads.set(kind, head)
    return head
  }
}

/** The parts of a message; undefined where it is none. */
export function readMessage(bytes: Uint8Array): BusMessage | undefined {
  const length = bytes[0] ?? 0
  const end = 1 + length + NODE_ID_LENGTH
  if (length === 0 || bytes.length < end) return undefined
  const kind = ascii(bytes, 1, 1 + length)
  const from = ascii(bytes, 1 + length, end)
  return KIND.test(kind) && NODE_ID.test(from) ? { kind, from, body: bytes.subarray(end) } : undefined
}

/** Faster than a TextDecoder for so few bytes. */
function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

/** What comes back: 0 ‖ body, or 1 ‖ the error. */
export async function answered(answer: () => Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return joined(Uint8Array.of(0), await answer())
  } catch (error) {
    return joined(Uint8Array.of(1), encodedError(error))
  }
}

/** @throws P2PError what the other side has thrown, or MALFORMED_DATA. */
export function bodyOf(answer: Uint8Array): Uint8Array {
  if (answer[0] === 0) return answer.subarray(1)
  throw decodedError(answer.subarray(1))
}
