import { table } from '../table.js'

/** What a codec reads: its own table, for parts that have messages and no coordinator. */
export const CODEC_LIMITS = /* @__PURE__ */ table({
  /** Nesting of a decoded value. Honest payloads stay below 10; deeper ones only exhaust a stack. */
  maxDecodeDepth: 32,
  /** Values (array items, map keys and values, scalars) in one decoded message, so that 1 byte on the wire cannot become 50 in memory without bound. */
  maxDecodeItems: 131_072,
} as const)
