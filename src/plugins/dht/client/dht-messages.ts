import * as v from 'valibot'
import { P2PError } from '../../../base/errors.js'
import { MAX_SET_DEPTH, NODE_ID_BYTES } from '../records/key-space.js'
import { recordFilters } from '../records/record-filters.js'

/** The protocol of who stores records for others. */
export const DHT_PROTOCOL = 'lotus/dht'
/** Told by who can be dialled and stays, so that others may keep it in their routing tables. */
export const DHT_NODE_PROTOCOL = 'lotus/dht-node'
/** The protocol of who is told of changes. */
export const DHT_WATCH_PROTOCOL = 'lotus/dht-watch'

const position = /* @__PURE__ */ (() => v.tuple([v.string(), v.string()]))()

const place = /* @__PURE__ */ (() =>
  v.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === NODE_ID_BYTES))()
const setPart = /* @__PURE__ */ (() =>
  v.pipe(
    v.object({
      depth: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_SET_DEPTH)),
      path: v.pipe(v.number(), v.integer(), v.minValue(0)),
    }),
    v.check(({ depth, path }) => path < 2 ** depth),
  ))()

export const storeRequest = /* @__PURE__ */ (() =>
  v.object({
    record: v.unknown(),
    /** Store it at the nodes where it belongs. */
    walk: v.optional(v.boolean()),
    /** As a member of its set, at this depth; absent: under its key. */
    depth: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_SET_DEPTH))),
    /** A copy on the way of lookups, for a short while. */
    cache: v.optional(v.boolean()),
  }))()
export const findNodeRequest = /* @__PURE__ */ (() => v.object({ target: place }))()
export const findNodeAnswer = /* @__PURE__ */ (() => v.object({ closer: v.unknown() }))()
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
    /** Look in the whole network. */
    walk: v.optional(v.boolean()),
    /** Name the nodes nearest to this place too. */
    place: v.optional(place),
    /** Only this part of a set; its prefix is the key's. */
    part: v.optional(setPart),
  }))()

export const storeAnswer = /* @__PURE__ */ (() =>
  v.union([
    v.object({
      stored: v.literal(true),
      /** With `walk`: nodes that hold it now. */
      copies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    }),
    v.object({
      stored: v.literal(false),
      code: v.string(),
      message: v.string(),
      /** With STALE_RECORD: the newer record. */
      record: v.optional(v.unknown()),
      /** The set has grown: its members belong to parts of this depth. */
      depth: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SET_DEPTH))),
    }),
  ]))()
export const findAnswer = /* @__PURE__ */ (() =>
  v.object({
    records: v.array(v.unknown()),
    /** True where there is more: ask again with `after`. */
    more: v.optional(v.boolean()),
    after: v.optional(position),
    /** With `place`: the nodes nearest to it, nearest first. */
    closer: v.optional(v.unknown()),
    /** This part of the set has grown: its halves hold more. */
    split: v.optional(v.boolean()),
    /** Some of the records are copies that may be old. */
    cached: v.optional(v.boolean()),
  }))()
export const recordPush = /* @__PURE__ */ (() => v.object({ record: v.unknown() }))()

export type FindRequest = v.InferOutput<typeof findRequest>
export type StoreRequest = v.InferOutput<typeof storeRequest>
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
