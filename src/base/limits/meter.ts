import { table } from '../table.js'

/** What a peer that serves strangers reads to account costs to them. */
export const METER_LIMITS = /* @__PURE__ */ table({
  /** Processor time for what peers send, milliseconds in a second, above which those that use the most wait, while turns are long: half a core leaves room for handshakes and for who asks little. */
  processorMsPerS: 500,
  /** Work on messages in one turn of the event loop above which the others feel it. An honest bulk transfer stays below, by measurement, and is never held back. */
  longTurnMs: 15,
  /** Bytes of answers that one peer gets in a second, and at once, before its questions wait: ten full DHT answers a second. */
  answerBytesPerS: 8_388_608,
  answerByteBurst: 33_554_432,
  /** Long scans of one peer that wait for their turn, beyond which its questions wait. */
  maxScansWaiting: 16,
} as const)
