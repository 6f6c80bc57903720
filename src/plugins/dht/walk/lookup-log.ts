import type { LookupStats, Percentiles, TraceStep } from '../client/lookup.js'

const KEPT = 1_000

/** How the latest lookups went. */
export class LookupLog {
  private readonly hops: number[] = []
  private readonly latencies: number[] = []
  private count = 0
  private failed = 0
  private questions = 0

  ended(hops: number, tookMs: number, isSuccess: boolean, steps: readonly TraceStep[]): void {
    this.count++
    this.questions += steps.length
    if (!isSuccess) {
      this.failed++
      return
    }
    const at = (this.count - this.failed - 1) % KEPT
    this.hops[at] = hops
    this.latencies[at] = tookMs
  }

  getStats(): LookupStats {
    return {
      lookups: this.count,
      questions: this.questions,
      successRate: this.count === 0 ? 1 : (this.count - this.failed) / this.count,
      hops: percentiles(this.hops),
      latencyMs: percentiles(this.latencies),
    }
  }
}

function percentiles(values: number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
