/** Bytes of one direction that are on their way and not yet acknowledged: at most a window of them. Each end counts with one. */
export class Credit {
  /** Bytes taken and not given back. */
  used = 0
  private consumed = 0

  constructor(public window: number) {}

  /** @returns false where the window has no room for so many bytes; then none are taken. */
  take(bytes: number): boolean {
    if (this.used + bytes > this.window) return false
    this.used += bytes
    return true
  }

  /** So many bytes have been acknowledged. */
  give(bytes: number): void {
    // More than was sent is a lie that would lift our bound.
    this.used = Math.max(0, this.used - bytes)
  }

  /**
   * So many received bytes have been consumed.
   *
   * @returns the bytes to acknowledge: none until they are a quarter of the window, so that few acknowledgements travel.
   */
  consume(bytes: number): number {
    this.consumed += bytes
    if (this.consumed < this.window / 4) return 0
    const acknowledged = this.consumed
    this.consumed = 0
    this.give(acknowledged)
    return acknowledged
  }
}
