import { P2PError } from '../base/errors.js'
import { array, bytes, int, present, type Shape, type Shaped, shaped, text, tuple } from '../message/shape.js'

/** Spoken between the members of a session, and to whoever may be shown a proof. */
export const STATEMENTS_PROTOCOL = 'lotus/statements'
/** Entries of one message: with the longest slots, half of what a message may have. */
export const MAX_ENTRIES = 1_024

const count = /* @__PURE__ */ (() => int(0, Number.MAX_SAFE_INTEGER))()
const tag = /* @__PURE__ */ (() => bytes(32))()
const slot = /* @__PURE__ */ (() => text(0, 128))()
const entries = <T>(entry: Shape<T>) => array(entry, MAX_ENTRIES)

/** Messages about a session; the first item of each is the session's tag. */
const shapes = /* @__PURE__ */ (() => ({
  /** I am in the session now. */
  join: tuple(tag),
  /** I have left it. */
  end: tuple(tag),
  /** `[public key, payload, signature]` each. */
  statements: tuple(tag, entries(tuple(present, present, present))),
  /** What I have heard, by rounds. */
  digest: tuple(tag, entries(tuple(count, bytes(32)))),
  /** The same for one round, statement by statement: place of the member, slot, id. */
  list: tuple(tag, count, entries(tuple(count, slot, bytes(32)))),
  /** Show me these: place of the member, slot. */
  want: tuple(tag, count, entries(tuple(count, slot))),
}))()

export type SessionMessageType = keyof typeof shapes
export type SessionMessage = {
  [Type in SessionMessageType]: readonly [Type, ...Shaped<(typeof shapes)[Type]>]
}[SessionMessageType]

export function isSessionMessage(type: string): type is SessionMessageType {
  return Object.hasOwn(shapes, type)
}

/** The message as `[type, tag, …]`. @throws P2PError MALFORMED_DATA. */
export function readSessionMessage(type: SessionMessageType, payload: unknown): SessionMessage {
  const parsed = shaped<readonly unknown[]>(shapes[type], payload)
  if (parsed !== undefined) return [type, ...parsed] as unknown as SessionMessage
  throw malformed(type)
}

export function malformed(type: string): P2PError {
  return new P2PError(
    'MALFORMED_DATA',
    `A "${type}" of ${STATEMENTS_PROTOCOL} does not have the form that docs/wire-protocol.md gives it.`,
  )
}
