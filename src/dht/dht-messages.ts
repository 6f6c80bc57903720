import * as v from 'valibot'
import { P2PError } from '../errors.js'
import { recordFilters } from './record-filters.js'

/** The protocol of who stores records for others. */
export const DHT_PROTOCOL = 'lotus/dht'
/** The protocol of who is told of changes. */
export const DHT_WATCH_PROTOCOL = 'lotus/dht-watch'

const position = /* @__PURE__ */ (() => v.tuple([v.string(), v.string()]))()

export const storeRequest = /* @__PURE__ */ (() => v.object({ record: v.unknown() }))()
export const watchRequest = /* @__PURE__ */ (() => v.object({ key: v.string() }))()
export const findRequest = /* @__PURE__ */ (() =>
  v.object({
    /** A key, or a prefix and `*`. */
    key: v.string(),
    filters: v.optional(recordFilters),
    /** Only the newest so many. */
    max: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    /** Withdrawals too, for who merges several answers. */
    withdrawn: v.optional(v.boolean()),
    /** Where the page before ended. */
    after: v.optional(position),
  }))()

export const storeAnswer = /* @__PURE__ */ (() =>
  v.union([
    v.object({ stored: v.literal(true) }),
    v.object({
      stored: v.literal(false),
      code: v.string(),
      message: v.string(),
      /** With STALE_RECORD: the newer record. */
      record: v.optional(v.unknown()),
    }),
  ]))()
export const findAnswer = /* @__PURE__ */ (() =>
  v.object({
    records: v.array(v.unknown()),
    /** True where there is more: ask again with `after`. */
    more: v.optional(v.boolean()),
    after: v.optional(position),
  }))()
export const recordPush = /* @__PURE__ */ (() => v.object({ record: v.unknown() }))()

export type FindRequest = v.InferOutput<typeof findRequest>
export type FindAnswer = v.InferOutput<typeof findAnswer>

/** @throws P2PError MALFORMED_DATA. */
export function parsePayload<Schema extends v.GenericSchema>(
  schema: Schema,
  payload: unknown,
  what: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, payload)
  if (parsed.success) return parsed.output
  throw new P2PError('MALFORMED_DATA', `The payload of "${what}" has not the form that the DHT protocol gives it.`)
}
