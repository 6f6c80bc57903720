/** Frames in order, with their bytes counted. Removing from the front costs the same however many wait. */
export class FrameQueue {
  /** Bytes of the frames that wait. */
  bytes = 0
  private frames: Uint8Array[] = []
  /** Frames before this index are gone. */
  private first = 0

  get length(): number {
    return this.frames.length - this.first
  }

  /** @param at a place in the queue, 0 to `length` - 1. */
  at(at: number): Uint8Array {
    return this.frames[this.first + at]!
  }

  /** The frames from one place in the queue up to another. */
  slice(from: number, to: number): Uint8Array[] {
    return this.frames.slice(this.first + from, this.first + to)
  }

  push(frame: Uint8Array): void {
    this.frames.push(frame)
    this.bytes += frame.length
  }

  /** Removes so many frames from the front. */
  drop(count: number): void {
    const { frames } = this
    for (const end = this.first + count; this.first < end; this.first++) this.bytes -= frames[this.first]!.length
    if (2 * this.first < frames.length) return
    frames.copyWithin(0, this.first)
    frames.length -= this.first
    this.first = 0
  }

  clear(): void {
    this.frames = []
    this.first = this.bytes = 0
  }
}
