import { nanoid } from 'nanoid'
import type { Clock } from '../../src/base/clock.js'
import { isP2PError, P2PError } from '../../src/base/errors.js'
import { seededRandom } from '../../src/base/random.js'
import { withDeadline } from '../../src/base/wait.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { decode, encode } from '../../src/message/codec.js'
import type { OutgoingMessage, P2PMessage } from '../../src/message/message.js'
import type { BroadcastResult, IProtocolHandler, ProtocolHost, RequestOptions } from '../../src/protocol/handler.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection, FrameSink } from '../../src/transport/transport.js'

interface Link {
  host: TestHost
  transport: string
}

/** Hosts wired by hand: each message is encoded, carried in order, decoded and handled, with nothing else in between. */
export class TestHost implements ProtocolHost {
  readonly network = 'lotus'
  readonly store = memoryStore()
  readonly logger = { debug: () => {}, warn: () => {}, error: () => {} }
  readonly clock: Clock
  readonly links = new Map<string, Link>()
  /** How long what leaves here is under way, milliseconds of the clock. */
  latencyMs = 0
  readonly rejected: { peerId: string; error: Error }[] = []
  readonly errors: unknown[] = []
  /** Every encoded message that passed here, in or out. */
  readonly seen: Uint8Array[] = []
  /** Peers whose connection takes nothing: their sends wait. */
  readonly stalled = new Map<string, (() => void)[]>()
  readonly publicKey = crypto.getRandomValues(new Uint8Array(32))
  metadata: Record<string, unknown> | undefined
  addresses: PeerInfo['addresses'] = {}
  private readonly handlers = new Map<string, IProtocolHandler>()
  private readonly waiting = new Map<string, { resolve: (m: P2PMessage) => void; reject: (e: unknown) => void }>()

  constructor(
    readonly peerId: string,
    clock: Clock = new VirtualClock(),
    /** By default another for each name. */
    readonly random = seededRandom([...peerId].reduce((seed, letter) => 31 * seed + letter.charCodeAt(0), 1)),
  ) {
    this.clock = clock
  }

  register(...handlers: IProtocolHandler[]): this {
    for (const handler of handlers) {
      this.handlers.set(handler.protocolName, handler)
      handler.onRegister?.(this)
    }
    return this
  }

  get protocols(): string[] {
    return [...this.handlers.keys()]
  }

  connect(other: TestHost, transport: string = 'memory'): void {
    this.links.set(other.peerId, { host: other, transport })
    other.links.set(this.peerId, { host: this, transport })
    this.meet(other)
    other.meet(this)
  }

  private meet(other: TestHost): void {
    for (const handler of this.handlers.values()) void handler.onPeerConnected?.(this.info(other.peerId)!)
  }

  disconnect(other: TestHost): void {
    this.lose(other)
    other.lose(this)
  }

  /** Loses the other host and is connected again, before the other one has noticed anything. */
  flicker(other: TestHost): void {
    const link = this.links.get(other.peerId)
    if (link === undefined) return
    this.lose(other)
    this.links.set(other.peerId, link)
    this.meet(other)
  }

  private lose(other: TestHost): void {
    const info = this.info(other.peerId)
    if (info === undefined) return
    this.links.delete(other.peerId)
    for (const handler of this.handlers.values())
      void handler.onPeerDisconnected?.(info, new P2PError('CONNECTION_LOST', 'Gone.'))
  }

  private info(peerId: string): PeerInfo | undefined {
    const link = this.links.get(peerId)
    if (link === undefined) return undefined
    const { host } = link
    return {
      peerId,
      publicKey: host.publicKey,
      addresses: host.addresses,
      state: PeerState.CONNECTED,
      lastSeen: this.clock.now(),
      protocols: host.protocols,
      ...(host.metadata && { metadata: host.metadata }),
      connection: { transport: link.transport, since: 0, outbound: true, direct: link.transport !== 'circuit', chosen: true },
    }
  }

  peers(): PeerInfo[] {
    return [...this.links.keys()].map((id) => this.info(id)!)
  }

  /** Our `lp1…` id. */
  get id(): string {
    return encodePeerId(this.publicKey)
  }

  peer(peerId: string): PeerInfo | undefined {
    const link = [...this.links.values()].find(({ host }) => host.peerId === peerId || host.id === peerId)
    return link && this.info(link.host.peerId)
  }

  async sendTo(peerId: string, message: OutgoingMessage): Promise<void> {
    this.transmit(peerId, message)
    const stalled = this.stalled.get(peerId)
    if (stalled !== undefined) await new Promise<void>((resolve) => stalled.push(resolve))
  }

  private transmit(peerId: string, message: OutgoingMessage): string {
    const link = this.links.get(peerId)
    if (link === undefined) throw new P2PError('PEER_NOT_CONNECTED', `${peerId} is not connected.`)
    const messageId = nanoid()
    const bytes = encode({ timestamp: this.clock.now(), messageId, ...message, from: this.peerId })
    this.seen.push(bytes)
    // What is under way on a link ends with it.
    const arrive = () => this.links.get(peerId) === link && link.host.receive(this.peerId, bytes)
    const deliver = () => (this.latencyMs > 0 ? this.clock.setTimeout(arrive, this.latencyMs) : queueMicrotask(arrive))
    const stalled = this.stalled.get(peerId)
    if (stalled === undefined) deliver()
    else stalled.push(deliver)
    return messageId
  }

  /** Lets what waited for this peer go. */
  resume(peerId: string): void {
    const waiting = this.stalled.get(peerId) ?? []
    this.stalled.delete(peerId)
    for (const go of waiting) go()
  }

  async reply(request: P2PMessage, message: OutgoingMessage): Promise<void> {
    this.transmit(request.from, { ...message, inReplyTo: request.messageId })
  }

  request<T>(peerId: string, message: OutgoingMessage, { onAnswer, ...wait }: RequestOptions = {}): Promise<P2PMessage<T>> {
    return withDeadline(this.clock, 'The request', wait, (signal) => {
      return new Promise<P2PMessage<T>>((resolve, reject) => {
        const id = this.transmit(peerId, message)
        signal.addEventListener('abort', () => this.waiting.delete(id))
        const settle = (answer: P2PMessage) => {
          try {
            onAnswer?.(answer)
            resolve(answer as P2PMessage<T>)
          } catch (error) {
            reject(error)
          }
        }
        this.waiting.set(id, { resolve: settle, reject })
      })
    })
  }

  async broadcast(): Promise<BroadcastResult> {
    return { sent: [], failed: [] }
  }

  blame(): void {}

  check<T>(_peerId: string, work: () => Promise<T>): Promise<T> {
    return work()
  }

  reject(peerId: string, error: Error): void {
    this.rejected.push({ peerId, error })
    const link = this.links.get(peerId)
    if (link !== undefined) this.disconnect(link.host)
  }

  private receive(from: string, bytes: Uint8Array): void {
    const info = this.info(from)
    if (info === undefined) return
    this.seen.push(bytes)
    let message: P2PMessage
    try {
      message = decode(bytes) as P2PMessage
    } catch (error) {
      this.errors.push(error)
      return
    }
    const waiting = message.inReplyTo === undefined ? undefined : this.waiting.get(message.inReplyTo)
    if (waiting !== undefined) {
      this.waiting.delete(message.inReplyTo!)
      if (message.type === 'failed') {
        const [code, details] = message.payload as ['CIRCUIT_REFUSED', { retryAfterMs?: number }]
        waiting.reject(new P2PError(code, 'Refused.', { details }))
      } else waiting.resolve(message)
      return
    }
    const handler = this.handlers.get(message.protocol!)
    if (handler === undefined) return
    handler.handleMessage(message, info).catch((error) => {
      this.errors.push(error)
      if (!this.links.has(from)) return
      // As the core does: the requester fails promptly, with the code and when to come again.
      const retryAfterMs = isP2PError(error) ? error.details.retryAfterMs : undefined
      const payload = [isP2PError(error) ? error.code : 'HANDLER_FAILED', retryAfterMs === undefined ? {} : { retryAfterMs }]
      void this.reply(message, { type: 'failed', payload })
    })
  }
}

/** A sink that remembers. */
export class Recorder implements FrameSink {
  readonly frames: Uint8Array[] = []
  readonly closes: (Error | undefined)[] = []
  drains = 0
  private readonly watchers = new Set<() => void>()

  onFrame(frame: Uint8Array): void {
    this.frames.push(frame)
    this.tell()
  }
  onClose(error?: Error): void {
    this.closes.push(error)
    this.tell()
  }
  onDrain(): void {
    this.drains++
    this.tell()
  }

  /** Settles when the condition holds; events, never a clock. */
  until(condition: (recorder: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition(this)) return
        this.watchers.delete(check)
        resolve()
      }
      this.watchers.add(check)
      check()
    })
  }

  private tell(): void {
    for (const check of [...this.watchers]) check()
  }
}

export function record(connection: Connection): Recorder {
  const recorder = new Recorder()
  connection.attach(recorder)
  return recorder
}

/** Lets everything that waits on promises run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** How a caller finds the key of a name: the relay's peers are asked. */
export const keysAt = (relay: TestHost) => async (name: string) => relay.peer(name)?.publicKey

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
