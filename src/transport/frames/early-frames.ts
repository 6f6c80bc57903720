import type { FrameSink } from '../transport.js'

/** Keeps what a connection brings until its sink is there; then hands it over in order and steps aside. */
export class EarlyFrames {
  private sink: FrameSink | undefined
  private waiting: (() => void)[] = []

  attach(sink: FrameSink): void {
    if (this.sink !== undefined) return
    this.sink = sink
    const waiting = this.waiting
    this.waiting = []
    for (const deliver of waiting) deliver()
  }

  frame(frame: Uint8Array): void {
    if (this.sink !== undefined) this.sink.onFrame(frame)
    else this.waiting.push(() => this.sink!.onFrame(frame))
  }

  closed(error?: Error): void {
    if (this.sink !== undefined) this.sink.onClose(error)
    else this.waiting.push(() => this.sink!.onClose(error))
  }

  drained(): void {
    this.sink?.onDrain()
  }
}
