export const sorted = (values) => [...values].sort((a, b) => a - b)

/** Nearest-rank percentile. */
export function percentile(values, p) {
  const ordered = sorted(values)
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil((p / 100) * ordered.length) - 1))]
}

/** Middle value; the mean of the two middle ones for an even number. */
export function median(values) {
  const ordered = sorted(values)
  const middle = ordered.length >> 1
  return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
}
