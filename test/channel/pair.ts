import type { P2PError } from '../../src/base/errors.js'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import { type ChannelKeys, createChannelKeys } from '../../src/channel/certificate.js'
import type { ChannelOptions, ChannelSink } from '../../src/channel/channel-options.js'
import type { OwnDescription } from '../../src/channel/description.js'
import type { HelloParts, LocalHello } from '../../src/channel/hello.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection, DialOptions, FrameSink, Transport } from '../../src/transport/transport.js'

export type Side = 'a' | 'b'
/** What becomes of a frame on its way: any number of frames. */
export type Alter = (frame: Uint8Array, from: Side, index: number) => Uint8Array[]

/** One end of a pipe with somebody in the middle. */
export class PipeEnd implements Connection {
  readonly transport: string = 'memory'
  readonly direct = true
  readonly remoteAddress = 'memory://pipe'
  readonly maxFrameBytes = 65_535
  bufferedAmount = 0
  peer!: PipeEnd
  closes = 0
  /** Closed from its own side. */
  closedHere = false
  readonly sent: Uint8Array[] = []
  private sink: FrameSink | undefined
  private early: Uint8Array[] = []

  constructor(
    readonly side: Side,
    readonly outbound: boolean,
    private readonly alter: Alter,
  ) {}

  get rank(): number {
    return this.transport === 'circuit' ? 1 : 3
  }

  attach(sink: FrameSink): void {
    this.sink = sink
    for (const frame of this.early.splice(0)) sink.onFrame(frame)
    if (this.closes > 0) sink.onClose()
  }
  send(frame: Uint8Array): void {
    if (this.closedHere || this.closes > 0) return
    for (const copy of this.alter(frame.slice(), this.side, this.sent.push(frame) - 1))
      queueMicrotask(() => this.peer.receive(copy))
  }
  receive(frame: Uint8Array): void {
    if (this.closedHere || this.closes > 0) return
    if (this.sink === undefined) this.early.push(frame)
    else this.sink.onFrame(frame)
  }
  close(): void {
    if (this.closedHere || this.closes > 0) return
    this.closedHere = true
    queueMicrotask(() => this.peer.ended())
    queueMicrotask(() => this.ended())
  }
  /** The end, with or without a word. */
  ended(error?: Error): void {
    if (this.closes > 0) return
    this.closes++
    this.sink?.onClose(error)
  }
  drain(): void {
    this.sink?.onDrain()
  }
}

/** The network of the tests of channels. */
export const NETWORK = 'test'
/** When their clocks begin. */
export const START = new VirtualClock().now()

/** One end of a handshake: what it proves, the keys that it does so with, and what it tells of itself. */
export interface Party {
  readonly local: LocalHello
  readonly keys: ChannelKeys
  readonly described: OwnDescription
  describe(): OwnDescription
}

export async function party(seed: number, changes: Partial<OwnDescription> = {}): Promise<Party> {
  const keys = await createChannelKeys(identityFromSeed(new Uint8Array(32).fill(seed)), NETWORK, START)
  const streams = new Uint8Array(8).fill(seed)
  return partyOf(keys, seed, { agent: 'test/1', protocols: ['chat'], addresses: [], streams, ...changes })
}

export function partyOf(keys: ChannelKeys, seed: number, described: OwnDescription): Party {
  const local: LocalHello = { network: NETWORK, session: new Uint8Array(16).fill(seed), keys: async () => keys }
  return { local, keys, described, describe: () => described }
}

/** What the hello of a party says, as its sender makes it. */
export function partsOf({ keys, local }: Party): HelloParts {
  return { version: 2, suite: 'ChaChaPoly', keys, session: local.session, now: START }
}

export const alice = await party(1, { name: 'alice' })
export const bob = await party(2)

export interface PairOptions {
  alter?: Alter
  limits?: Partial<Limits>
  clock?: VirtualClock
  a?: Partial<ChannelOptions> & { signal?: AbortSignal; admit?: (channel: SecureChannel) => Promise<void> }
  b?: Partial<ChannelOptions> & { admit?: (channel: SecureChannel) => Promise<void> }
}

export interface Pair {
  clock: VirtualClock
  limits: Limits
  near: PipeEnd
  far: PipeEnd
  a: Promise<SecureChannel>
  b: Promise<SecureChannel>
}

/** Alice dials Bob, over a pipe. */
export function dialled({
  alter = (frame) => [frame],
  limits: changes = {},
  clock = new VirtualClock(),
  a = {},
  b = {},
}: PairOptions = {}): Pair {
  const limits = resolveLimits(changes)
  const [near, far] = pipe(alter)
  const transport: Transport = {
    name: 'memory',
    rank: 3,
    direct: true,
    canDial: () => true,
    dial: async (_, { firstFrame }: DialOptions) => {
      near.send(firstFrame)
      return near
    },
  }
  const dialling = SecureChannel.dial(transport, 'memory://pipe', { ...alice, limits, clock, ...a })
  const accepting = SecureChannel.accept(far, { ...bob, limits, clock, ...b })
  // Each test looks at the end it is about.
  dialling.catch(() => {})
  accepting.catch(() => {})
  return { clock, limits, near, far, a: dialling, b: accepting }
}

export function pipe(alter: Alter = (frame) => [frame]): [PipeEnd, PipeEnd] {
  const near = new PipeEnd('a', true, alter)
  const far = new PipeEnd('b', false, alter)
  near.peer = far
  far.peer = near
  return [near, far]
}

/** What an open channel brought. */
export class Inbox implements ChannelSink {
  readonly messages: Uint8Array[] = []
  readonly closes: { error: P2PError; fault: boolean }[] = []
  drains = 0

  constructor(channel: SecureChannel) {
    channel.attach(this)
  }
  onEntry(_: number, body: Uint8Array): void {
    this.messages.push(body)
  }
  onClose(error: P2PError, fault: boolean): void {
    this.closes.push({ error, fault })
  }
  onDrain(): void {
    this.drains++
  }
}

export async function opened(options: PairOptions = {}) {
  const pair = dialled(options)
  const [a, b] = await pair.clock.run(Promise.all([pair.a, pair.b]))
  return { ...pair, a, b, atA: new Inbox(a), atB: new Inbox(b) }
}

export const send = (channel: SecureChannel, body: Uint8Array): void => channel.send(Entry.MESSAGE, undefined, body)
export const settled = (pair: { clock: VirtualClock }): Promise<void> => pair.clock.advance(0)

export function pattern(length: number, seed = 1): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff)
}
