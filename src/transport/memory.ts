import { memoryAddress } from '../address/addresses.js'
import { type Clock, elapsed, systemClock } from '../base/clock.js'
import { abortedError, P2PError } from '../base/errors.js'
import { systemRandom } from '../base/random.js'
import { FramePipe } from './frames/frame-pipe.js'
import type { Connection, DialOptions, Listener, Transport } from './transport.js'

/** How a link of the in-memory network behaves. */
export interface LinkConditions {
  /** One-way delay, milliseconds, the same for all or by host. Default 0. */
  latencyMs?: (number | ((from: string, to: string) => number)) | undefined
  /** Random extra delay of each frame up to so many milliseconds; frames stay in order. Default 0. */
  jitterMs?: number | undefined
  /** Share of frames that vanish, 0 to 1. A channel notices at the next frame and closes. Default 0. */
  loss?: number | undefined
  /** Share of frames that overtake the one before, 0 to 1. A channel notices and closes. Default 0. */
  reorder?: number | undefined
}

export interface MemoryNetworkOptions extends LinkConditions {
  clock?: Clock | undefined
  /** 0 ≤ x < 1; give a seeded one for runs that repeat. */
  random?: (() => number) | undefined
  /** `'ws'`: addresses that look like those of WebSocket, so that peers tell them to others. Default `'memory'`. */
  scheme?: 'memory' | 'ws' | undefined
}

/**
 * A network in memory: `listener('a')` accepts what is dialled at `memory://a`. Frames are delayed, lost, reordered or held
 * back by partitions as told, on the clock given.
 */
export class MemoryNetwork {
  conditions: LinkConditions
  readonly clock: Clock
  readonly random: () => number
  private readonly listeners = new Map<string, MemoryListener>()
  private readonly links = new Set<Link>()
  private separated: ReadonlySet<string>[] = []
  private readonly vanished = new Set<string>()
  private readonly prefix: string

  constructor({ clock, random, scheme = 'memory', ...conditions }: MemoryNetworkOptions = {}) {
    this.prefix = memoryAddress('', scheme)
    this.clock = clock ?? systemClock
    this.random = random ?? systemRandom.unit
    this.conditions = conditions
  }

  /** A transport for the host of this name. */
  transport(host: string): Transport {
    return {
      name: 'memory',
      rank: 3,
      direct: true,
      canDial: (address) => address.startsWith(this.prefix),
      dial: (address, options) => this.dial(host, address, options),
    }
  }

  /** A listener at `memory://<host>`. */
  listener(host: string): Listener {
    return new MemoryListener(host, `${this.prefix}${host}`, this.listeners)
  }

  /**
   * Cuts the network into groups that cannot reach each other; hosts in no group reach everybody. Frames between groups are
   * held back and go on at `heal`, as TCP would resend them; dials hang.
   */
  partition(...groups: string[][]): void {
    this.separated = groups.map((group) => new Set(group))
    for (const link of [...this.links]) link.release()
  }

  heal(): void {
    this.separated = []
    for (const link of [...this.links]) link.release()
  }

  /** Breaks every connection of a host without a word, as a crash does. */
  crash(host: string): void {
    for (const link of [...this.links]) if (link.from === host || link.to === host) link.break()
  }

  /** From now on nothing goes to a host or comes from it, and nobody is told: it has lost its power, or its network. */
  vanish(host: string): void {
    this.vanished.add(host)
  }

  hasVanished(host: string): boolean {
    return this.vanished.has(host)
  }

  isCut(a: string, b: string): boolean {
    const groupOf = (host: string) => this.separated.findIndex((group) => group.has(host))
    const [first, second] = [groupOf(a), groupOf(b)]
    return first !== second && first !== -1 && second !== -1
  }

  private dial(from: string, address: string, { signal, firstFrame }: DialOptions): Promise<Connection> {
    const to = address.slice(this.prefix.length)
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw abortedError('The dial', signal.reason)
      const there = new Link(this, from, to)
      const back = new Link(this, to, from)
      const near = new MemoryConnection(this, address, true, there, back)
      const far = new MemoryConnection(this, `${this.prefix}${from}`, false, back, there)
      near.peer = far
      far.peer = near
      const onAbort = () => {
        near.pipe.close()
        reject(abortedError('The dial', signal?.reason))
      }
      signal?.addEventListener('abort', onAbort)
      this.links.add(there).add(back)
      there.onBroken = back.onBroken = () => {
        this.links.delete(there)
        this.links.delete(back)
      }
      // The opening takes a round trip, and the first frame rides with it.
      there.push(0, () => {
        const listener = this.listeners.get(to)
        if (listener?.accept === undefined) {
          back.push(0, () => {
            signal?.removeEventListener('abort', onAbort)
            there.break()
            reject(new P2PError('PEER_UNREACHABLE', `Nobody listens at ${address}.`, { details: { address } }))
          })
          return
        }
        back.push(0, () => {
          signal?.removeEventListener('abort', onAbort)
          resolve(near.pipe)
        })
        listener.accepted(far)
      })
      there.push(firstFrame.length, () => far.pipe.receive(firstFrame))
    })
  }
}

class MemoryListener implements Listener {
  readonly transport = 'memory'
  readonly addresses: readonly string[]
  accept: ((connection: Connection) => void) | undefined
  private readonly connections = new Set<MemoryConnection>()

  constructor(
    private readonly host: string,
    address: string,
    private readonly listeners: Map<string, MemoryListener>,
  ) {
    this.addresses = [address]
  }

  async listen(accept: (connection: Connection) => void): Promise<void> {
    if (this.listeners.has(this.host)) {
      const message = `Somebody listens at ${this.addresses[0]} already. Use another name.`
      throw new P2PError('ADDRESS_IN_USE', message, { details: { address: this.addresses[0]! } })
    }
    this.accept = accept
    this.listeners.set(this.host, this)
  }

  accepted(connection: MemoryConnection): void {
    this.connections.add(connection)
    connection.onGone = () => this.connections.delete(connection)
    this.accept?.(connection.pipe)
  }

  async close(): Promise<void> {
    if (this.listeners.get(this.host) === this) this.listeners.delete(this.host)
    this.accept = undefined
    for (const { pipe } of [...this.connections]) pipe.close()
  }
}

/** One direction of a connection: deliveries in order, each after the link's delay. */
class Link {
  onBroken: (() => void) | undefined
  bytes = 0
  private lastAt = 0
  private broken = false
  /** In order; how many of them have their time behind them, but are held by a partition. */
  private readonly queue: (() => void)[] = []
  private due = 0

  constructor(
    private readonly network: MemoryNetwork,
    readonly from: string,
    readonly to: string,
  ) {}

  push(bytes: number, deliver: () => void): void {
    if (this.broken) return
    this.bytes += bytes
    this.queue.push(() => {
      this.bytes -= bytes
      deliver()
    })
    this.schedule()
  }

  release(): void {
    const { due } = this
    this.due = 0
    for (let i = 0; i < due; i++) this.schedule()
  }

  private schedule(): void {
    const { network } = this
    const { latencyMs = 0, jitterMs = 0 } = network.conditions
    const latency = typeof latencyMs === 'number' ? latencyMs : latencyMs(this.from, this.to)
    const delay = latency + (jitterMs > 0 ? network.random() * jitterMs : 0)
    const now = elapsed(network.clock)
    this.lastAt = Math.max(this.lastAt, now + delay)
    if (this.lastAt <= now) queueMicrotask(this.arrive)
    else network.clock.setTimeout(this.arrive, this.lastAt - now)
  }

  /** One more delivery is due: always the first that waits, so that the order holds whichever timer fires first. */
  private readonly arrive = (): void => {
    if (this.broken) return
    if (this.network.hasVanished(this.from) || this.network.hasVanished(this.to)) return
    if (this.network.isCut(this.from, this.to)) this.due++
    else this.queue.shift()?.()
  }

  break(): void {
    if (this.broken) return
    this.broken = true
    this.queue.length = 0
    this.onBroken?.()
  }
}

class MemoryConnection {
  readonly pipe: FramePipe
  onGone: (() => void) | undefined
  peer: MemoryConnection | undefined
  /** A frame that the next one overtakes. */
  private late: Uint8Array | undefined

  constructor(
    private readonly network: MemoryNetwork,
    remoteAddress: string,
    outbound: boolean,
    private readonly out: Link,
    private readonly back: Link,
  ) {
    this.pipe = new FramePipe({
      transport: 'memory',
      rank: 3,
      direct: true,
      remoteAddress,
      outbound,
      maxFrameBytes: 65_535,
      clock: network.clock,
      transmit: (frame) => this.transmit(frame),
      heldBytes: () => out.bytes,
      flushed: () => this.closed(),
      ended: () => this.ended(),
    })
  }

  private transmit(frame: Uint8Array): void {
    const { loss = 0, reorder = 0 } = this.network.conditions
    if (loss > 0 && this.network.random() < loss) return
    if (reorder > 0 && this.late === undefined && this.network.random() < reorder) {
      this.late = frame
      return
    }
    this.push(frame)
    this.pushLate()
  }

  private push(frame: Uint8Array): void {
    const copy = frame.slice()
    this.out.push(copy.length, () => {
      this.peer?.pipe.receive(copy)
      this.pipe.pump()
    })
  }

  private pushLate(): void {
    if (this.late !== undefined) this.push(this.late)
    this.late = undefined
  }

  private closed(): void {
    this.pushLate()
    this.out.push(0, () => this.peer?.pipe.end())
    this.pipe.end()
  }

  private ended(): void {
    this.onGone?.()
    if (this.peer?.pipe.state !== 'ended') return
    this.back.break()
    this.out.break()
  }
}
