import { table } from '../table.js'

/** What `httpFallback()` reads beside the limits of the core. */
export const HTTP_LIMITS = /* @__PURE__ */ table({
  /** How long a long poll waits before it is answered with nothing: below the 30 s at which the strictest common proxies cut. */
  httpPollMs: 25_000,
  /** Time in which a request that fails is repeated before the connection counts as lost, and in which a closed session still hands out its last frames. */
  httpRetryMs: 10_000,
  /** Time for one request body to come in: a full body of 256 kB at 200 kbit/s. What came before is kept, so that a slower link gets on too. */
  httpUploadMs: 10_000,
  /** Time for the first byte of a streamed answer; later means that something on the way holds answers back, and long polls serve. */
  httpFirstByteMs: 2_000,
  /** Head start of a WebSocket before HTTP is tried beside it: three round trips of a bad mobile link. */
  httpHeadStartMs: 3_000,
} as const)
