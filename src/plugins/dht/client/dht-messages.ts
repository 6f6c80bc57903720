import {
  array,
  boolean,
  bytes,
  int,
  object,
  oneOf,
  optional,
  present,
  type Shaped,
  text,
  tuple,
  union,
  where,
} from '../../../message/shape.js'
import { MAX_SET_DEPTH, NODE_ID_BYTES } from '../records/key-space.js'
import { recordFilters } from '../records/record-filters.js'

/** The protocol of who stores records for others. */
export const DHT_PROTOCOL = 'lotus/dht'
/** Told by who can be dialled and stays, so that others may keep it in their routing tables. */
export const DHT_NODE_PROTOCOL = 'lotus/dht-node'
/** The protocol of who is told of changes. */
export const DHT_WATCH_PROTOCOL = 'lotus/dht-watch'

const position = /* @__PURE__ */ (() => tuple(text(), text()))()

const place = /* @__PURE__ */ (() => bytes(NODE_ID_BYTES))()
const setPart = /* @__PURE__ */ (() =>
  where(object({ depth: int(0, MAX_SET_DEPTH), path: int(0) }), ({ depth, path }) => path < 2 ** depth))()

export const storeRequest = /* @__PURE__ */ (() =>
  object({
    record: present,
    /** Signed by the same key, for when its connection is lost. */
    withdrawal: optional(present),
    /** Store it at the nodes where it belongs. */
    walk: optional(boolean()),
    /** As a member of its set, at this depth; absent: under its key. */
    depth: optional(int(0, MAX_SET_DEPTH)),
    /** A copy on the way of lookups, for a short while. */
    cache: optional(boolean()),
  }))()
export const findNodeRequest = /* @__PURE__ */ (() => object({ target: place }))()
export const findNodeAnswer = /* @__PURE__ */ (() => object({ closer: present }))()
export const watchRequest = /* @__PURE__ */ (() => object({ key: text() }))()
export const findRequest = /* @__PURE__ */ (() =>
  object({
    /** A key, or a prefix and `*`. */
    key: text(),
    filters: optional(recordFilters),
    /** Only the newest so many. */
    max: optional(int(1)),
    /** Withdrawals too, for who merges several answers. */
    withdrawn: optional(boolean()),
    /** Where the page before ended. */
    after: optional(position),
    /** Look in the whole network. */
    walk: optional(boolean()),
    /** Name the nodes nearest to this place too. */
    place: optional(place),
    /** Only this part of a set; its prefix is the key's. */
    part: optional(setPart),
  }))()

export const storeAnswer = /* @__PURE__ */ (() =>
  union(
    object({
      stored: oneOf(true),
      /** With `walk`: nodes that hold it now. */
      copies: optional(int(0)),
    }),
    object({
      stored: oneOf(false),
      code: text(),
      message: text(),
      /** With STALE_RECORD: the newer record. */
      record: optional(present),
      /** The set has grown: its members belong to parts of this depth. */
      depth: optional(int(1, MAX_SET_DEPTH)),
    }),
  ))()
export const findAnswer = /* @__PURE__ */ (() =>
  object({
    records: array(present),
    /** True where there is more: ask again with `after`. */
    more: optional(boolean()),
    after: optional(position),
    /** With `place`: the nodes nearest to it, nearest first. */
    closer: optional(present),
    /** This part of the set has grown: its halves hold more. */
    split: optional(boolean()),
    /** Some of the records are copies that may be old. */
    cached: optional(boolean()),
  }))()
export const recordPush = /* @__PURE__ */ (() => object({ record: present }))()

export type FindRequest = Shaped<typeof findRequest>
export type StoreRequest = Shaped<typeof storeRequest>
export type FindAnswer = Shaped<typeof findAnswer>
