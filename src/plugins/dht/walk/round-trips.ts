import { BoundedMap } from '../../../base/bounded-map.js'

/** Of a question to a node that is not connected: the dial takes one to three round trips more. */
const DIAL_FACTOR = 2.5
/** Where nothing is known yet, milliseconds: a round trip around the world, and a slow phone. */
const FIRST_MS = 400

/**
 * How long answers take, as TCP estimates it (RFC 6298 §2): a smoothed mean and deviation over all nodes, and each node's own
 * where it is known.
 */
export class RoundTrips {
  private readonly all = new Estimate()
  private readonly byPeer: BoundedMap<string, Estimate>

  /** @param maxPeers nodes whose own times are remembered. */
  constructor(maxPeers: number) {
    this.byPeer = new BoundedMap(maxPeers)
  }

  /** An answer took so long; the time of a dial is not to be in it. */
  measured(peerId: string, ms: number): void {
    this.all.add(ms)
    this.byPeer.use(peerId, () => new Estimate()).add(ms)
  }

  /** After which time an answer is late enough to ask somebody else too, milliseconds. */
  slowAfter(peerId: string, isConnected: boolean): number {
    return this.estimate(peerId, isConnected, 1)
  }

  /** After which time no answer is to be expected any more, milliseconds. */
  timeout(peerId: string, isConnected: boolean, { min, max }: { min: number; max: number }): number {
    return Math.min(max, Math.max(min, this.estimate(peerId, isConnected, 8)))
  }

  /** Smoothed mean over all nodes, milliseconds; undefined where nothing was measured. */
  get mean(): number | undefined {
    return this.all.mean
  }

  /** Smoothed mean of one node, milliseconds; infinite where nothing was measured. */
  meanOf(peerId: string): number {
    return this.byPeer.get(peerId)?.mean ?? Number.POSITIVE_INFINITY
  }

  private estimate(peerId: string, isConnected: boolean, deviations: number): number {
    const { mean = FIRST_MS, deviation } = this.byPeer.get(peerId) ?? this.all
    return (mean + deviations * deviation) * (isConnected ? 1 : DIAL_FACTOR)
  }
}

class Estimate {
  mean: number | undefined
  deviation = FIRST_MS / 2

  add(ms: number): void {
    if (this.mean === undefined) {
      this.mean = ms
      this.deviation = ms / 2
      return
    }
    this.deviation += (Math.abs(ms - this.mean) - this.deviation) / 4
    this.mean += (ms - this.mean) / 8
  }
}
