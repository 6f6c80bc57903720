/** Whether a store has failed for want of room, whatever it has wrapped that in. */
export function isQuota(error: unknown): boolean {
  for (let at = error as { name?: string; cause?: unknown } | undefined; at; at = at.cause as typeof at) {
    if (at.name === 'QuotaExceededError') return true
  }
  return false
}
