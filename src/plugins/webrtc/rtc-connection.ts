import type { Clock, Timer } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { EarlyFrames } from '../../transport/frames/early-frames.js'
import type { Connection, FrameSink } from '../../transport/transport.js'
import type { RtcDataChannel } from './rtc-types.js'

/** Largest frame, bytes: the largest Noise message (Noise rev 34 §3). */
export const RTC_FRAME_BYTES = 65_535
/** Largest message of the data channel: every browser takes it, and a small message never waits long behind it (RFC 8831 §6.6). */
export const RTC_CHUNK_BYTES = 16_384
/** First byte of a chunk: whether the frame ends with it. */
const LAST = 0
const MORE = 1

interface RtcConnectionOptions {
  channel: RtcDataChannel
  peerId: string
  outbound: boolean
  limits: Limits
  clock: Clock
  onOpen: () => void
  /** Called once, at the end: nothing is needed of the peer connection any more. */
  onEnd: (error: Error | undefined) => void
}

/**
 * Ends a direction: nothing follows it. The close of a data channel is not enough, for implementations differ in whether what
 * was sent before still arrives (libdatachannel drops it at times).
 */
const END = /* @__PURE__ */ new Uint8Array(0)

/**
 * A data channel as a connection. The browser's own buffer is kept between two watermarks and the rest queued here, where
 * the secure channel's backpressure sees it: browsers fail the channel when their buffer overflows.
 */
export class RtcConnection implements Connection {
  readonly transport = 'webrtc'
  readonly remoteAddress: string
  readonly outbound: boolean
  readonly maxFrameBytes = RTC_FRAME_BYTES

  private readonly channel: RtcDataChannel
  private readonly options: RtcConnectionOptions
  private readonly highWater: number
  private readonly lowWater: number
  private readonly early = new EarlyFrames()
  private state: 'opening' | 'open' | 'closing' | 'ended' = 'opening'
  private queue: Uint8Array[] = []
  /** Chunks of a frame whose last one has not come. */
  private parts: Uint8Array[] = []
  private partBytes = 0
  /** Frames of the queue that have left. */
  private taken = 0
  private queuedBytes = 0
  private aboveLowWater = false
  private failed = false
  private endSent = false
  private endsReceived = 0
  private graceTimer: Timer

  constructor(options: RtcConnectionOptions) {
    const { channel, limits } = options
    this.options = options
    this.channel = channel
    this.remoteAddress = `webrtc:${options.peerId}`
    this.outbound = options.outbound
    this.highWater = limits.webRtcHighWaterBytes
    this.lowWater = limits.sendLowWaterBytes
    channel.binaryType = 'arraybuffer'
    // Not above what `onDrain` waits for, or nothing would tell of it.
    channel.bufferedAmountLowThreshold = Math.min(limits.webRtcLowWaterBytes, this.lowWater)
    channel.onopen = () => this.opened()
    channel.onmessage = ({ data }) => this.receive(data)
    channel.onbufferedamountlow = () => this.pump()
    channel.onerror = () => {
      this.failed = true
    }
    channel.onclose = () => this.end(this.failed && !this.closing ? lost('the data channel failed') : undefined)
  }

  get bufferedAmount(): number {
    return this.state === 'ended' ? 0 : this.queuedBytes + this.channel.bufferedAmount
  }

  attach(sink: FrameSink): void {
    this.early.attach(sink)
  }

  send(frame: Uint8Array): void {
    if (frame.length > RTC_FRAME_BYTES) {
      throw new P2PError('LIMIT_EXCEEDED', `A frame over WebRTC has at most ${RTC_FRAME_BYTES} bytes. Split what you send.`)
    }
    if (this.state !== 'open') return
    const room = RTC_CHUNK_BYTES - 1
    for (let start = 0; start < frame.length && this.state === 'open'; start += room) {
      const part = frame.subarray(start, start + room)
      const chunk = new Uint8Array(part.length + 1)
      chunk[0] = start + room < frame.length ? MORE : LAST
      chunk.set(part, 1)
      this.enqueue(chunk)
    }
  }

  private enqueue(chunk: Uint8Array): void {
    const buffered = this.channel.bufferedAmount
    if (this.queuedBytes === 0 && buffered < this.highWater) {
      this.transmit(chunk)
    } else {
      this.queue.push(chunk)
      this.queuedBytes += chunk.length
    }
    if (buffered + this.queuedBytes + chunk.length > this.lowWater) this.aboveLowWater = true
  }

  /** True from `close` until the end. */
  get closing(): boolean {
    return this.state === 'closing'
  }

  /** Whoever gets our end mark has got everything before it and closes the channel. */
  close(): void {
    if (this.state === 'opening') this.end(undefined)
    if (this.state !== 'open') return
    this.state = 'closing'
    const { clock, limits } = this.options
    this.graceTimer = clock.setTimeout(() => this.end(undefined), limits.closeGraceMs)
    // The caller of close() hears of the end after its own code has run.
    queueMicrotask(() => this.pump())
  }

  /** Ends it now. What has not left is lost. */
  end(error: Error | undefined): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.queue = []
    this.queuedBytes = 0
    this.options.clock.clearTimeout(this.graceTimer)
    const { channel } = this
    channel.onopen = channel.onclose = channel.onerror = channel.onmessage = channel.onbufferedamountlow = null
    try {
      channel.close()
    } catch {
      // It is closed already.
    }
    this.options.onEnd(error)
    this.early.closed(error)
  }

  private opened(): void {
    if (this.state !== 'opening') return
    this.state = 'open'
    this.options.onOpen()
  }

  private receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer) || data.byteLength > RTC_CHUNK_BYTES) {
      this.end(new P2PError('PROTOCOL_VIOLATION', 'The peer sent a text or a chunk that is too large over its data channel.'))
    } else if (data.byteLength > 0) {
      this.receiveChunk(new Uint8Array(data))
    } else if (this.state === 'closing' && ++this.endsReceived === 1) {
      // Both close at once. Each says a second time that it has everything, for closing the channel could overtake our own end mark.
      if (this.endSent) this.transmit(END)
    } else {
      this.end(undefined)
    }
  }

  private receiveChunk(chunk: Uint8Array): void {
    const [mark] = chunk
    const part = chunk.subarray(1)
    if (mark === LAST && this.parts.length === 0) {
      this.early.frame(part)
      return
    }
    this.partBytes += part.length
    if ((mark !== LAST && mark !== MORE) || part.length === 0 || this.partBytes > RTC_FRAME_BYTES) {
      this.end(new P2PError('PROTOCOL_VIOLATION', 'The peer sent a malformed chunk over its data channel.'))
      return
    }
    this.parts.push(part)
    if (mark === MORE) return
    const frame = new Uint8Array(this.partBytes)
    let position = 0
    for (const piece of this.parts) {
      frame.set(piece, position)
      position += piece.length
    }
    this.parts = []
    this.partBytes = 0
    this.early.frame(frame)
  }

  private pump(): void {
    const { channel, queue, highWater } = this
    if (this.state === 'ended' || this.state === 'opening') return
    // As long as some is queued the channel holds more than its low-water mark, so that an event brings us back here.
    while (this.taken < queue.length && channel.bufferedAmount < highWater) {
      const frame = queue[this.taken++]!
      this.queuedBytes -= frame.length
      if (!this.transmit(frame)) return
    }
    if (this.taken === queue.length || this.taken >= 256) {
      this.queue = queue.slice(this.taken)
      this.taken = 0
    }
    if (this.state === 'closing') {
      if (this.queuedBytes > 0 || this.endSent) return
      this.endSent = true
      if (this.transmit(END) && this.endsReceived > 0) this.transmit(END)
    } else if (this.aboveLowWater && this.bufferedAmount <= this.lowWater) {
      this.aboveLowWater = false
      this.early.drained()
    }
  }

  private transmit(frame: Uint8Array): boolean {
    try {
      this.channel.send(frame as Uint8Array<ArrayBuffer>)
      return true
    } catch {
      this.end(lost('the data channel takes nothing more'))
      return false
    }
  }
}

export function lost(why: string): P2PError {
  return new P2PError('CONNECTION_LOST', `The WebRTC connection broke: ${why}. Connect again.`)
}
