import type { P2PError } from '../../base/errors.js'

/** Whether a store has failed for want of room, whatever it has wrapped that in. @param error that of a `StateWriter`. */
export function isQuota(error: unknown): boolean {
  return (error as P2PError).walk((cause) => (cause as Error).name === 'QuotaExceededError') !== undefined
}
