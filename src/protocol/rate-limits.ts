import { P2PError } from '../base/errors.js'

/** How much one peer may send. */
export interface RateLimit {
  /** Messages a second that go on passing. */
  messagesPerS: number
  /** Messages at once. Default: twice `messagesPerS`. */
  burst?: number
  /** Bytes of messages a second, as they travel. Default: no limit but `limits.peerBytesPerS`. */
  bytesPerS?: number
  /** Bytes at once. Default: twice `bytesPerS`. One message may have more; the next one waits for it. */
  burstBytes?: number
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
    const { messagesPerS, burst = 1, bytesPerS = 1, burstBytes = 1 } = limit
    const areNumbers = [messagesPerS, burst, bytesPerS, burstBytes].every(Number.isFinite)
    if (areNumbers && messagesPerS > 0 && burst >= 1 && bytesPerS > 0 && burstBytes >= 1) continue
    throw new P2PError('INVALID_CONFIG', `rateLimits of "${protocol}" must have rates above 0 and bursts of at least 1.`, {
      details: { protocol },
    })
  }
}
