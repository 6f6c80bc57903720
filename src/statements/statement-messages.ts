import * as v from 'valibot'
import { P2PError } from '../base/errors.js'

/** Spoken between the members of a session, and to whoever may be shown a proof. */
export const STATEMENTS_PROTOCOL = 'lotus/statements'
/** Entries of one message: with the longest slots, half of what a message may have. */
export const MAX_ENTRIES = 1_024

const bytes = (length: number) => v.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length)
const count = /* @__PURE__ */ (() => v.pipe(v.number(), v.safeInteger(), v.minValue(0)))()
const slot = /* @__PURE__ */ (() => v.pipe(v.string(), v.maxLength(128)))()
const entries = <Entry extends v.GenericSchema>(entry: Entry) => v.pipe(v.array(entry), v.maxLength(MAX_ENTRIES))

/** Messages about a session; the first item of each is the session's tag. */
const schemas = /* @__PURE__ */ (() => ({
  /** I am in the session now. */
  join: v.tuple([bytes(16)]),
  /** I have left it. */
  end: v.tuple([bytes(16)]),
  /** `[public key, payload, signature]` each. */
  statements: v.tuple([bytes(16), entries(v.unknown())]),
  /** What I have heard, by rounds. */
  digest: v.tuple([bytes(16), entries(v.tuple([count, bytes(32)]))]),
  /** The same for one round, statement by statement: place of the member, slot, id. */
  list: v.tuple([bytes(16), count, entries(v.tuple([count, slot, bytes(32)]))]),
  /** Show me these: place of the member, slot. */
  want: v.tuple([bytes(16), count, entries(v.tuple([count, slot]))]),
}))()

export type SessionMessageType = keyof typeof schemas
export type SessionMessage = {
  [Type in SessionMessageType]: readonly [Type, ...v.InferOutput<(typeof schemas)[Type]>]
}[SessionMessageType]

export function isSessionMessage(type: string): type is SessionMessageType {
  return Object.hasOwn(schemas, type)
}

/** The message as `[type, tag, …]`. @throws P2PError MALFORMED_DATA. */
export function readSessionMessage(type: SessionMessageType, payload: unknown): SessionMessage {
  const parsed = v.safeParse(schemas[type], payload)
  if (parsed.success) return [type, ...parsed.output] as unknown as SessionMessage
  throw malformed(type)
}

export function malformed(type: string): P2PError {
  return new P2PError(
    'MALFORMED_DATA',
    `A "${type}" of ${STATEMENTS_PROTOCOL} does not have the form that docs/wire-protocol.md gives it.`,
  )
}
