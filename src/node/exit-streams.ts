import { hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { isPeerId } from '../identity/peer-id.js'
import { bytes, custom, parsed, tuple } from '../message/shape.js'
import { readForwardCell, STREAM_ID_BYTES } from '../onion/stream-messages.js'
import { ExitStream } from './exit-stream.js'
import type { OwnHandlers } from './own-handlers.js'

const openShape = /* @__PURE__ */ (() => tuple(custom<string>(isPeerId), bytes(STREAM_ID_BYTES), bytes()))()

/** The streams that end at an exit. */
export class ExitStreams {
  /** By the stream's id in hex. */
  private readonly streams = new Map<string, ExitStream>()
  /** By the message that has opened the stream, in hex: what reply blocks its answer leaves are the first credit. */
  private readonly opened = new Map<string, ExitStream>()

  constructor(
    private readonly options: {
      clock: Clock
      own: OwnHandlers
      limits: OnionHopLimits
      sendBy(surb: Uint8Array, content: Uint8Array): void
    },
  ) {}

  get size(): number {
    return this.streams.size
  }

  /** The action `circuit`. @throws P2PError MALFORMED_DATA, LIMIT_EXCEEDED, and as `ExitCircuit.open`. */
  async open(args: unknown, messageId: Uint8Array): Promise<void> {
    const [target, stream, frame] = parsed(openShape, args, 'The opening of a stream')
    const { clock, own, limits, sendBy } = this.options
    const key = hexOf(stream)
    if (this.streams.has(key)) throw new P2PError('LIMIT_EXCEEDED', 'There is a stream of this name.')
    if (this.streams.size >= limits.maxOnionStreams) {
      throw new P2PError('LIMIT_EXCEEDED', 'This exit has as many streams as it takes. Use another one.', {
        details: { limit: 'maxOnionStreams' },
      })
    }
    const message = hexOf(messageId)
    const onEnd = () => {
      this.streams.delete(key)
      this.opened.delete(message)
    }
    const made = new ExitStream({ clock, own, stream, sendBy, onEnd })
    this.streams.set(key, made)
    this.opened.set(message, made)
    await made.open(target, frame)
  }

  /** Reply blocks that are left of the message that has opened a stream. */
  credit(messageId: Uint8Array, surbs: readonly Uint8Array[]): void {
    this.opened.get(hexOf(messageId))?.credit(surbs)
  }

  /** A cell of a stream; of one that is over nothing is said. @throws P2PError MALFORMED_DATA. */
  take(args: unknown, surbs: readonly Uint8Array[]): void {
    const cell = readForwardCell(args)
    this.streams.get(hexOf(cell.stream))?.take(cell, surbs)
  }

  close(): void {
    for (const stream of [...this.streams.values()]) stream.close()
  }
}
