import { webRtcAddress } from '../../address/addresses.js'
import { isArrayBuffer } from '../../base/bytes.js'
import type { Clock } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { FramePipe } from '../../transport/frames/frame-pipe.js'
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
  /** False where TURN servers carry everything. */
  direct: boolean
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
export class RtcConnection {
  readonly pipe: FramePipe
  private readonly channel: RtcDataChannel
  private isOpen = false
  /** Chunks of a frame whose last one has not come. */
  private parts: Uint8Array[] = []
  private partBytes = 0
  private failed = false
  private endSent = false
  private endsReceived = 0

  constructor({ channel, peerId, outbound, direct, limits, clock, onOpen, onEnd }: RtcConnectionOptions) {
    this.channel = channel
    this.pipe = new FramePipe({
      transport: 'webrtc',
      rank: 3,
      direct,
      remoteAddress: webRtcAddress(peerId),
      outbound,
      maxFrameBytes: RTC_FRAME_BYTES,
      limits,
      clock,
      // As long as a frame waits the channel holds more than its low-water mark, so that an event brings us back.
      hasRoom: () => channel.bufferedAmount < limits.webRtcHighWaterBytes,
      transmit: (frame) => this.transmit(frame),
      heldBytes: () => channel.bufferedAmount,
      flushed: () => this.flushed(),
      ended: (error) => {
        channel.onopen = channel.onclose = channel.onerror = channel.onmessage = channel.onbufferedamountlow = null
        try {
          channel.close()
        } catch {
          // It is closed already.
        }
        onEnd(error)
      },
    })
    const { pipe } = this
    channel.binaryType = 'arraybuffer'
    // Not above what `onDrain` waits for, or nothing would tell of it.
    channel.bufferedAmountLowThreshold = Math.min(limits.webRtcLowWaterBytes, limits.sendLowWaterBytes)
    channel.onopen = () => {
      this.isOpen = true
      onOpen()
    }
    channel.onmessage = ({ data }) => this.receive(data)
    channel.onbufferedamountlow = () => pipe.pump()
    channel.onerror = () => {
      this.failed = true
    }
    channel.onclose = () => pipe.end(this.failed && !this.closing ? lost('the data channel failed') : undefined)
  }

  /** True from `close` until the end. */
  get closing(): boolean {
    return this.pipe.state === 'closing'
  }

  private transmit(frame: Uint8Array): void {
    const room = RTC_CHUNK_BYTES - 1
    for (let start = 0; start < frame.length && this.pipe.state !== 'ended'; start += room) {
      const part = frame.subarray(start, start + room)
      const chunk = new Uint8Array(part.length + 1)
      chunk[0] = start + room < frame.length ? MORE : LAST
      chunk.set(part, 1)
      this.give(chunk)
    }
  }

  /** Whoever gets our end mark has got everything before it and closes the channel. */
  private flushed(): void {
    if (!this.isOpen) this.pipe.end()
    if (!this.isOpen || this.endSent) return
    this.endSent = true
    this.give(END)
    if (this.endsReceived > 0) this.give(END)
  }

  private receive(data: unknown): void {
    if (!isArrayBuffer(data) || data.byteLength > RTC_CHUNK_BYTES) {
      const message = 'The peer sent a malformed chunk over its data channel.'
      this.pipe.end(new P2PError('PROTOCOL_VIOLATION', message))
    } else if (data.byteLength > 0) {
      this.receiveChunk(new Uint8Array(data))
    } else if (this.closing && ++this.endsReceived === 1) {
      // Both close at once. Each says a second time that it has everything, for closing the channel could overtake our own end mark.
      if (this.endSent) this.give(END)
    } else {
      this.pipe.end()
    }
  }

  private receiveChunk(chunk: Uint8Array): void {
    const [mark] = chunk
    const part = chunk.subarray(1)
    if (mark === LAST && this.parts.length === 0) {
      this.pipe.receive(part)
      return
    }
    this.partBytes += part.length
    if ((mark !== LAST && mark !== MORE) || part.length === 0 || this.partBytes > RTC_FRAME_BYTES) {
      this.pipe.end(new P2PError('PROTOCOL_VIOLATION', 'The peer sent a malformed chunk over its data channel.'))
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
    this.pipe.receive(frame)
  }

  private give(chunk: Uint8Array): void {
    if (this.pipe.state === 'ended') return
    try {
      this.channel.send(chunk as Uint8Array<ArrayBuffer>)
    } catch {
      this.pipe.end(lost('the data channel takes nothing more'))
    }
  }
}

export function lost(why: string): P2PError {
  return new P2PError('CONNECTION_LOST', `The WebRTC connection broke: ${why}. Connect again.`)
}
