/** The share of one client, once half of all are taken. */
const SHARES = 8

/** Lookups that a server runs for clients: at most so many at once, of which half are for clients that have no more than their share. */
export class WalksForOthers {
  private underWay = 0
  /** By peer id. */
  private readonly ofEach = new Map<string, number>()

  constructor(private readonly max: number) {}

  /**
   * Runs one, unless too many are under way.
   *
   * @returns what it returns; undefined where it did not run. Rejects with what it throws.
   */
  async run<T>(peerId: string, walk: () => Promise<T>): Promise<T | undefined> {
    const own = this.ofEach.get(peerId) ?? 0
    const most = this.underWay < this.max / 2 ? this.max : this.max / SHARES
    if (this.underWay >= this.max || own >= most) return undefined
    this.underWay++
    this.ofEach.set(peerId, own + 1)
    try {
      return await walk()
    } finally {
      this.underWay--
      const left = this.ofEach.get(peerId)! - 1
      if (left > 0) this.ofEach.set(peerId, left)
      else this.ofEach.delete(peerId)
    }
  }
}
