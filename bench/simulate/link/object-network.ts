import type { Clock } from '../../../src/base/clock.js'
import { abortedError, P2PError } from '../../../src/base/errors.js'
import type { OwnDescription } from '../../../src/channel/description.js'
import type { P2PMessage } from '../../../src/message/message.js'
import type { Connection, DialOptions, FrameSink, Listener, Transport } from '../../../src/transport/transport.js'

/** What goes from one end of a link to the other: objects, where a real connection carries frames. */
export type Parcel =
  | { readonly kind: 'hello'; readonly publicKey: Uint8Array; readonly session: string }
  | { readonly kind: 'confirm'; readonly publicKey: Uint8Array; readonly session: string; readonly description: OwnDescription }
  | { readonly kind: 'ready'; readonly description: OwnDescription }
  | { readonly kind: 'end'; readonly error: P2PError }
  | { readonly kind: 'message'; readonly message: P2PMessage }

/** Receives what comes over a link. */
export interface ParcelSink {
  onParcel(parcel: Parcel): void
  onClose(): void
}

const PREFIX = 'ws://'

/** Hosts and the links between them. What is sent arrives after the one-way delay of the two hosts, in order and whole. */
export class ObjectNetwork {
  private readonly listeners = new Map<string, ObjectListener>()
  /** The open links of each host. */
  private readonly links = new Map<string, Set<ObjectLink>>()
  private readonly vanished = new Set<string>()

  /** @param delayMs one way, milliseconds. */
  constructor(
    readonly clock: Clock,
    private readonly delayMs: (from: string, to: string) => number,
  ) {}

  transport(host: string): Transport {
    return {
      name: 'memory',
      rank: 3,
      direct: true,
      canDial: (address) => address.startsWith(PREFIX),
      dial: (address, options) => this.dial(host, address, options),
    }
  }

  listener(host: string): Listener {
    return new ObjectListener(host, this.listeners)
  }

  /** Ends of links that are open. */
  get ends(): number {
    let ends = 0
    for (const links of this.links.values()) ends += links.size
    return ends
  }

  /** From now on nothing goes to a host or comes from it, and nobody is told: it has lost its power, or its network. */
  vanish(host: string): void {
    this.vanished.add(host)
    for (const link of this.links.get(host) ?? []) link.cut()
    this.links.delete(host)
  }

  opened(link: ObjectLink): void {
    const links = this.links.get(link.host) ?? new Set()
    this.links.set(link.host, links.add(link))
  }

  closed(link: ObjectLink): void {
    const links = this.links.get(link.host)
    if (links?.delete(link) && links.size === 0) this.links.delete(link.host)
  }

  /** As TCP: the opening takes a round trip. */
  private dial(from: string, address: string, { signal }: DialOptions): Promise<Connection> {
    const to = address.slice(PREFIX.length)
    // Whole milliseconds, as all times here: V8 keeps others in objects of their own.
    const delayMs = Math.max(1, Math.round(this.delayMs(from, to)))
    const { clock } = this
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw abortedError('The dial', signal.reason)
      const near = new ObjectLink(this, from, address, true, delayMs)
      const over = (error: P2PError) => {
        signal?.removeEventListener('abort', onAbort)
        near.close()
        reject(error)
      }
      const onAbort = () => over(abortedError('The dial', signal?.reason))
      signal?.addEventListener('abort', onAbort)
      clock.setTimeout(() => {
        if (this.vanished.has(to) || this.vanished.has(from)) return
        const accept = this.listeners.get(to)?.accept
        const refused = () => over(new P2PError('PEER_UNREACHABLE', `Nobody listens at ${address}.`, { details: { address } }))
        const opened = () => {
          signal?.removeEventListener('abort', onAbort)
          resolve(near)
        }
        clock.setTimeout(accept === undefined ? refused : opened, delayMs)
        if (accept === undefined || near.isClosed) return
        const far = new ObjectLink(this, to, `${PREFIX}${from}`, false, delayMs)
        near.far = far
        far.far = near
        accept(far)
      }, delayMs)
    })
  }
}

/** One end of a link between two hosts. */
export class ObjectLink implements Connection {
  readonly transport = 'memory'
  readonly rank = 3
  readonly direct = true
  readonly maxFrameBytes = Number.POSITIVE_INFINITY
  readonly bufferedAmount = 0
  far: ObjectLink | undefined
  isClosed = false
  private sink: ParcelSink | undefined
  private early: Parcel[] | undefined
  private isOver = false

  constructor(
    private readonly network: ObjectNetwork,
    readonly host: string,
    readonly remoteAddress: string,
    readonly outbound: boolean,
    readonly delayMs: number,
  ) {
    network.opened(this)
  }

  /** Whether the other end has vanished without a word. */
  get isCut(): boolean {
    return this.far === undefined
  }

  attach(sink: FrameSink | ParcelSink): void {
    this.sink = sink as ParcelSink
    for (const parcel of this.early ?? []) this.sink.onParcel(parcel)
    this.early = undefined
    if (this.isOver) this.sink.onClose()
  }

  send(parcel: Uint8Array | Parcel): void {
    const { far } = this
    if (this.isClosed || far === undefined) return
    this.network.clock.setTimeout(() => far.receive(parcel as Parcel), this.delayMs)
  }

  /** Ends this end now, and the other one once all that was sent has come. */
  close(): void {
    const { far } = this
    if (this.isClosed) return
    this.isClosed = true
    this.network.closed(this)
    if (far !== undefined) this.network.clock.setTimeout(() => far.end(), this.delayMs)
    this.end()
  }

  /** The host has vanished: neither end hears of the other any more. */
  cut(): void {
    if (this.far !== undefined) this.far.far = undefined
    this.far = undefined
    this.isClosed = true
    this.sink = undefined
  }

  private receive(parcel: Parcel): void {
    if (this.isClosed) return
    if (this.sink !== undefined) this.sink.onParcel(parcel)
    else {
      this.early ??= []
      this.early.push(parcel)
    }
  }

  private end(): void {
    if (this.isOver) return
    this.isOver = true
    this.isClosed = true
    this.network.closed(this)
    this.far = undefined
    this.sink?.onClose()
  }
}

class ObjectListener implements Listener {
  readonly transport = 'memory'
  readonly addresses: readonly string[]
  accept: ((connection: Connection) => void) | undefined

  constructor(
    private readonly host: string,
    private readonly listeners: Map<string, ObjectListener>,
  ) {
    this.addresses = [`${PREFIX}${host}`]
  }

  async listen(accept: (connection: Connection) => void): Promise<void> {
    this.accept = accept
    this.listeners.set(this.host, this)
  }

  async close(): Promise<void> {
    if (this.listeners.get(this.host) === this) this.listeners.delete(this.host)
    this.accept = undefined
  }
}
