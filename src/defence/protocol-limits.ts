import { P2PError } from '../errors.js'

/** How much one peer may send. */
export interface RateLimit {
  /** Messages a second that go on passing. */
  messagesPerS: number
  /** Messages at once. Default: twice `messagesPerS`. */
  burst?: number
}

/** What a protocol takes from one peer; see `IProtocolHandler.rateLimits`. */
export interface ProtocolLimits extends RateLimit {
  /** Limits of single message types, instead of that of the protocol. `'own'`: the handler itself limits them. */
  types?: Record<string, RateLimit | 'own'>
}

/** @throws P2PError INVALID_CONFIG for rates that are no positive numbers. */
export function checkProtocolLimits(protocol: string, limits: ProtocolLimits | undefined): void {
  if (limits === undefined) return
  for (const limit of [limits, ...Object.values(limits.types ?? {})]) {
    if (limit === 'own') continue
    const { messagesPerS, burst = 1 } = limit
    if (messagesPerS > 0 && burst >= 1 && Number.isFinite(messagesPerS) && Number.isFinite(burst)) continue
    throw new P2PError(
      'INVALID_CONFIG',
      `The limits of protocol "${protocol}" must have messagesPerS above 0, and burst of at least 1.`,
      { details: { protocol } },
    )
  }
}
