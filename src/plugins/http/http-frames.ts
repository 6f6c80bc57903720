import type { FrameQueue } from '../../transport/frames/frame-queue.js'

/** Where the endpoint is below the path of an address. */
export const HTTP_PATH = '/lotus-p2p/2'
/** Largest frame: the largest Noise message (Noise rev 34 §3). */
export const HTTP_FRAME_BYTES = 65_535
/** Largest body of frames in one request, and in one answer that is not streamed. */
export const HTTP_BODY_BYTES = 262_144
/** The type of every answer that holds frames. A captive portal's page has another, and is not taken for one. */
export const HTTP_FRAMES_TYPE = 'application/octet-stream'

/** Length 0 begins a control: one byte says which. This one says nothing; it shows that the stream is alive. */
export const NOTHING: Uint8Array = /* @__PURE__ */ Uint8Array.of(0, 0, 0)
/** The control that says that the sender has closed; no frame follows. */
export const END: Uint8Array = /* @__PURE__ */ Uint8Array.of(0, 0, 1)

/** How many frames, from `from` on, fit a body of `maxBytes`. At least one where there is one. */
export function framesThatFit(frames: FrameQueue, from: number, maxBytes: number): number {
  let count = 0
  let bytes = 0
  while (from + count < frames.length) {
    bytes += 2 + frames.at(from + count).length
    if (bytes > maxBytes && count > 0) break
    count++
  }
  return count
}

/** Each frame after its length, two bytes big-endian; then the control, if there is one. */
export function encodeFrames(frames: readonly Uint8Array[], control?: Uint8Array): Uint8Array<ArrayBuffer> {
  let length = control?.length ?? 0
  for (const frame of frames) length += 2 + frame.length
  const body = new Uint8Array(length)
  let at = 0
  for (const frame of frames) {
    body[at++] = frame.length >> 8
    body[at++] = frame.length & 0xff
    body.set(frame, at)
    at += frame.length
  }
  if (control !== undefined) body.set(control, at)
  return body
}

/** What a reader found that is no frame. */
export type Control = 'nothing' | 'end' | 'unknown'

/** Takes bytes as they come and gives whole frames, each in memory of its own. Keeps one unfinished frame at most. */
export class FrameReader {
  private header = 0
  private headerBytes = 0
  private frame: Uint8Array | undefined
  private filled = 0

  constructor(
    private readonly onFrame: (frame: Uint8Array) => void,
    private readonly onControl: (control: Control) => void,
  ) {}

  /** True between two frames: nothing has been cut. */
  get whole(): boolean {
    return this.headerBytes === 0
  }

  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.frame === undefined) {
        this.readHeader(chunk[at++]!)
        continue
      }
      const part = chunk.subarray(at, at + this.frame.length - this.filled)
      this.frame.set(part, this.filled)
      this.filled += part.length
      at += part.length
      if (this.filled < this.frame.length) return
      const { frame } = this
      this.reset()
      this.onFrame(frame)
    }
  }

  private readHeader(byte: number): void {
    this.headerBytes++
    if (this.headerBytes < 3) this.header = (this.header << 8) | byte
    if (this.headerBytes === 2 && this.header > 0) this.frame = new Uint8Array(this.header)
    if (this.headerBytes < 3) return
    this.reset()
    this.onControl(byte === 0 ? 'nothing' : byte === 1 ? 'end' : 'unknown')
  }

  private reset(): void {
    this.header = 0
    this.headerBytes = 0
    this.frame = undefined
    this.filled = 0
  }
}
