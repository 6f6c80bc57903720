import { setTimeout as pause } from 'node:timers/promises'
import { joined } from '../../base/bytes.js'
import type { Bench, DialOptions } from './bench.js'
import type { Channel, Got } from './channel.js'
import { type Check, ensure, NotObservable } from './check.js'
import { Pipe } from './pipe.js'
import { Self } from './self.js'
import { entry, Frame, Kind, offerBytes, random } from './wire.js'

export const HOP = 'lotus/circuit-hop'
export const STOP = 'lotus/circuit-stop'
const HEARTBEAT = 'lotus/heartbeat'
/** What a frame in a circuit costs beside its length (R-8). */
const FRAME_COST = 128
const relay = ['relay'] as const
const peer = ['peer'] as const

const firstFrame = (bench: Bench): Uint8Array => joined(Uint8Array.of(Frame.NOISE), random(32), offerBytes(bench.options.network))

/** A peer that can be called. */
const callable = (bench: Bench, options: DialOptions = {}): Promise<Channel> =>
  bench.dial({ ...options, description: { protocols: [HEARTBEAT, STOP] } })

async function reserved(bench: Bench): Promise<Channel> {
  const called = await callable(bench)
  const { type, payload } = await called.ask('reserve', null, HOP)
  ensure(type === 'reserved', `\`reserve\` is answered by ${type} ${payload?.code ?? ''}`)
  return called
}

async function open(caller: Channel, target: unknown, frame: Uint8Array): Promise<Got> {
  return caller.ask('open', { target, frame }, HOP)
}

/** A circuit between two of the tester's peers. */
async function circuit(bench: Bench) {
  const [caller, called] = [await bench.dial(), await reserved(bench)]
  const opened = await open(caller, called.self.peerId, firstFrame(bench))
  ensure(opened.type === 'opened', `\`open\` is answered by ${opened.type} ${opened.payload?.code ?? ''}`)
  const incoming = await called.message(({ type }) => type === 'incoming')
  ensure(incoming !== undefined, `no \`incoming\`, ${called.state()}`)
  const [near, far]: number[] = [opened.payload.circuit, incoming.payload.circuit]
  return { caller, called, opened, incoming, near: near!, far: far! }
}

const closeOf = (channel: Channel, id: number): Promise<Got | undefined> =>
  channel.message(({ type, payload, protocol }) => type === 'close' && payload?.[0] === id && protocol !== HEARTBEAT)

const closes = (channel: Channel, id: number): Got[] =>
  channel.messages.filter(({ type, payload }) => type === 'close' && payload?.[0] === id)

async function refusedWith(answer: Got, code: string, what: string): Promise<void> {
  ensure(answer.type === 'failed' && answer.payload?.code === code, `${what}: ${answer.payload?.code ?? answer.type}`)
}

/** The tester as a relay, with a circuit to the target in which it is the dialler too. */
class Incoming {
  readonly pipe: Pipe
  /** What has come of the circuit. */
  readonly frames: Uint8Array[] = []
  private unacknowledged = 0
  acks = true

  private constructor(
    readonly channel: Channel,
    readonly circuit: number,
  ) {
    this.pipe = new Pipe(
      (frame) => this.data(frame as Uint8Array),
      () => this.close(),
    )
    channel.onMessage.add((got) => this.onMessage(got))
  }

  static async begin(bench: Bench, first: Uint8Array, more: object = {}, circuit = 1, channel?: Channel): Promise<Incoming> {
    const relayed = channel ?? (await asRelay(bench))
    const incoming = new Incoming(relayed, circuit)
    const from = relayed.self.peerId
    const payload = { circuit, from, frame: first, window: 65_536, frameBytes: 61_440, ...more }
    relayed.say({ type: 'incoming', protocol: STOP, payload })
    return incoming
  }

  data(frame: Uint8Array): void {
    this.say('data', [this.circuit, frame])
  }

  ack(bytes: number): void {
    this.say('ack', [this.circuit, bytes])
  }

  close(): void {
    this.say('close', [this.circuit])
  }

  private say(type: string, payload: unknown): void {
    if (!this.channel.isOver) this.channel.say({ type, protocol: STOP, payload })
  }

  private onMessage({ type, payload, protocol }: Got): void {
    if (protocol !== HOP || payload?.[0] !== this.circuit) return
    if (type === 'close') this.pipe.finish()
    if (type !== 'data') return
    const frame = new Uint8Array(payload[1])
    this.frames.push(frame)
    this.unacknowledged += frame.length + FRAME_COST
    if (this.acks) this.ack(this.unacknowledged)
    if (this.acks) this.unacknowledged = 0
    this.pipe.take(frame)
  }

  get unacknowledgedBytes(): number {
    return this.unacknowledged
  }

  acknowledge(): void {
    const bytes = this.unacknowledged
    this.unacknowledged = 0
    if (bytes > 0) this.ack(bytes)
  }
}

async function asRelay(bench: Bench): Promise<Channel> {
  if (!bench.isDirect) throw new NotObservable('a peer that is reached by a circuit takes the tester for no relay')
  const channel = await bench.dial({ description: { protocols: [HEARTBEAT, HOP] } })
  if (!channel.description.protocols.includes(STOP)) throw new NotObservable('the target does not list lotus/circuit-stop')
  return channel
}

/** A circuit from the tester as a relay to the target, and a handshake in it up to message 2. */
async function called(bench: Bench, more: object = {}) {
  const attempt = await bench.within()
  const incoming = await Incoming.begin(bench, attempt.firstFrame(), more)
  attempt.use(incoming.pipe)
  const { channel } = incoming
  await channel.until(() => incoming.frames[0] ?? (incoming.pipe.ended || undefined), 2_000)
  const [refusal] = closes(channel, incoming.circuit)
  if (incoming.frames.length === 0 && refusal?.payload[1] === 'CIRCUIT_REFUSED') {
    throw new NotObservable('the target takes circuits of relays alone that it has dialled')
  }
  return { attempt, incoming }
}

export const circuitChecks: Check[] = [
  {
    clause: 'R-1',
    profiles: relay,
    title: 'counts circuits up from 1, for each connection',
    async run(bench) {
      const { caller, called, near, far } = await circuit(bench)
      const second = await open(caller, called.self.peerId, firstFrame(bench))
      const incoming = await called.until(() => called.messages.filter(({ type }) => type === 'incoming')[1])
      const ids = [near, second.payload?.circuit, far, incoming?.payload?.circuit]
      ensure(near === 1 && far === 1, `the first circuits are ${near} and ${far}`)
      ensure(ids[1] === 2 && ids[3] === 2, `the second circuits are ${ids[1]} and ${ids[3]}`)
      return '1 and 2, at both ends'
    },
  },
  {
    clause: 'R-2',
    profiles: relay,
    title: 'answers `open` in lotus/circuit-stop, before any data',
    async run(bench) {
      const [caller, target] = [await bench.dial(), await reserved(bench)]
      // The called peer answers at once.
      target.onMessage.add(({ type, payload }) => {
        if (type === 'incoming') target.say({ type: 'data', protocol: HOP, payload: [payload.circuit, random(10)] })
      })
      const opened = await open(caller, target.self.peerId, firstFrame(bench))
      ensure(opened.type === 'opened' && opened.protocol === STOP, `answered by ${opened.type} of ${opened.protocol}`)
      const data = await caller.message(({ type }) => type === 'data')
      ensure(data !== undefined, `no data, ${caller.state()}`)
      ensure(caller.messages.indexOf(opened) < caller.messages.indexOf(data), '`data` came before `opened`')
      return '`opened`, then `data`'
    },
  },
  {
    clause: 'R-3',
    profiles: relay,
    title: 'opens circuits to lp1… ids alone',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      const target = await bench.dial({ description: { name, protocols: [HEARTBEAT, STOP] } })
      await target.ask('reserve', null, HOP)
      const caller = await bench.dial()
      const id = caller.say({ type: 'open', protocol: HOP, payload: { target: name, frame: firstFrame(bench) } })
      await caller.until(() => caller.answerTo(id) ?? (caller.isOver || undefined))
      const answer = caller.answerTo(id)
      ensure(answer?.type !== 'opened', 'a circuit to a name')
      return answer === undefined ? `a name: ${caller.state()}` : `a name: ${answer.payload?.code}`
    },
  },
  {
    clause: 'R-4',
    profiles: relay,
    title: 'says why it opens no circuit',
    async run(bench) {
      const caller = await bench.dial()
      const frame = firstFrame(bench)
      await refusedWith(await open(caller, (await Self.create()).peerId, frame), 'PEER_NOT_FOUND', 'nobody')
      await refusedWith(await open(caller, caller.self.peerId, frame), 'CIRCUIT_REFUSED', 'the dialler itself')
      const deaf = await bench.dial()
      await deaf.alive()
      await refusedWith(await open(caller, deaf.self.peerId, frame), 'CIRCUIT_REFUSED', 'a peer without lotus/circuit-stop')
      const target = await reserved(bench)
      await refusedWith(
        await open(caller, target.self.peerId, new Uint8Array(61_441)),
        'CIRCUIT_REFUSED',
        'a first frame of 61,441 bytes',
      )
      for (let i = 0; i < 4; i++) {
        const { type } = await open(caller, target.self.peerId, frame)
        ensure(type === 'opened', `circuit ${i + 1} between two: ${type}`)
      }
      await refusedWith(await open(caller, target.self.peerId, frame), 'CIRCUIT_REFUSED', 'a fifth circuit between two')
      return 'PEER_NOT_FOUND, CIRCUIT_REFUSED'
    },
  },
  {
    clause: 'R-5',
    profiles: peer,
    title: 'refuses circuits of too large a window, and more than 64 of one relay',
    async run(bench) {
      const channel = await asRelay(bench)
      const large = await Incoming.begin(bench, firstFrame(bench), { window: 8_388_609 }, 1, channel)
      const close = await closeOf(channel, large.circuit)
      ensure(close?.payload[1] === 'CIRCUIT_REFUSED', `a window of 8,388,609: ${close?.payload[1] ?? 'no close'}`)
      const crowd = await asRelay(bench)
      await Incoming.begin(bench, firstFrame(bench), {}, 66, crowd)
      const alone = await crowd.until(() => closes(crowd, 66)[0], 500)
      if (alone?.payload[1] === 'CIRCUIT_REFUSED') return 'CIRCUIT_REFUSED, of any circuit of a relay that it has not dialled'
      for (let id = 1; id <= 64; id++) await Incoming.begin(bench, firstFrame(bench), {}, id, crowd)
      const last = await closeOf(crowd, 64)
      ensure(last?.payload[1] === 'CIRCUIT_REFUSED', `the 65th circuit: ${last?.payload[1] ?? 'no close'}`)
      return 'CIRCUIT_REFUSED'
    },
  },
  {
    clause: 'R-6',
    profiles: peer,
    title: 'trusts the handshake, not `from`',
    async run(bench) {
      const { attempt } = await called(bench, { from: (await Self.create()).peerId })
      await attempt.meet()
      const inner = await bench.confirmed(attempt)
      await bench.ready(inner)
      inner.switchHere(0)
      await inner.alive()
      return 'a circuit with the `from` of another is taken by its handshake'
    },
  },
  {
    clause: 'R-7',
    title: 'takes `incoming` of relays alone, and ends a connection that brings a malformed payload',
    profiles: ['relay', 'peer'],
    async run(bench) {
      const channel = await bench.dial()
      const listed: string[] = channel.description.protocols
      if (listed.includes(HOP)) {
        channel.say({ type: 'open', protocol: HOP, payload: { target: channel.self.peerId } })
        return channel.isEnded(['MALFORMED_DATA'], '`open` without a frame')
      }
      if (!listed.includes(STOP)) throw new NotObservable('the target lists neither lotus/circuit-hop nor lotus/circuit-stop')
      const payload = { circuit: 1, from: channel.self.peerId, frame: firstFrame(bench), window: 65_536, frameBytes: 61_440 }
      channel.say({ type: 'incoming', protocol: STOP, payload })
      const close = await closeOf(channel, 1)
      ensure(
        close?.payload[1] === 'CIRCUIT_REFUSED',
        `\`incoming\` of a peer that is no relay: ${close?.payload[1] ?? 'no close'}`,
      )
      const relayed = await asRelay(bench)
      relayed.say({ type: 'incoming', protocol: STOP, payload: { circuit: 0 } })
      return `CIRCUIT_REFUSED; ${await relayed.isEnded(['MALFORMED_DATA'], 'a malformed `incoming`')}`
    },
  },
  {
    clause: 'R-8',
    profiles: peer,
    title: 'keeps frames within the window',
    async run(bench) {
      const window = 4_096
      const { attempt, incoming } = await called(bench, { window })
      incoming.acks = false
      await attempt.meet()
      ensure(incoming.unacknowledgedBytes <= window, `${incoming.unacknowledgedBytes} bytes, where the window is ${window}`)
      incoming.acknowledge()
      const inner = await bench.confirmed(attempt)
      await pause(300)
      ensure(incoming.unacknowledgedBytes <= window, `${incoming.unacknowledgedBytes} bytes, where the window is ${window}`)
      incoming.acknowledge()
      incoming.acks = true
      await bench.ready(inner)
      inner.switchHere(0)
      incoming.acks = false
      // Each answer costs a frame or a part of one: more than fit.
      for (let i = 0; i < 60; i++) inner.ping()
      await pause(300)
      ensure(incoming.unacknowledgedBytes <= window, `${incoming.unacknowledgedBytes} bytes, where the window is ${window}`)
      return `at most ${window} bytes unacknowledged`
    },
  },
  {
    clause: 'R-9',
    profiles: peer,
    title: 'sends no frame above frameBytes',
    async run(bench) {
      const { incoming } = await called(bench, { frameBytes: 256 })
      await incoming.channel.until(() => incoming.frames[0] ?? (incoming.pipe.ended || undefined), 500)
      const long = incoming.frames.find((frame) => frame.length > 256)
      ensure(long === undefined, `a frame of ${long?.length} bytes, where frameBytes is 256`)
      return 'no frame above 256 bytes'
    },
  },
  {
    clause: 'R-10',
    profiles: peer,
    title: 'acknowledges what it has consumed',
    async run(bench) {
      const window = 16_384
      const { attempt, incoming } = await called(bench, { window })
      await attempt.meet()
      const inner = await bench.confirmed(attempt)
      await bench.ready(inner)
      inner.switchHere(0)
      for (let i = 0; i < 5; i++) inner.write(entry(Kind.PADDING, random(1_000)))
      const { channel } = incoming
      const ack = await channel.message(({ type, payload }) => type === 'ack' && payload?.[0] === incoming.circuit)
      ensure(ack !== undefined, `no ack of a quarter of the window, ${channel.state()}`)
      return `ack of ${ack.payload[1]} bytes`
    },
  },
  {
    clause: 'R-11',
    profiles: ['relay', 'peer'],
    title: 'ends a circuit that goes beyond its credit',
    async run(bench) {
      const lists: string[] = (await bench.dial()).description.protocols
      if (!lists.includes(HOP)) {
        const { incoming, attempt } = await called(bench)
        await attempt.meet()
        incoming.ack(999_999)
        const close = await closeOf(incoming.channel, incoming.circuit)
        ensure(close?.payload[1] === 'PROTOCOL_VIOLATION', `a false ack: ${close?.payload[1] ?? 'no close'}`)
        return 'PROTOCOL_VIOLATION'
      }
      for (const [what, type, item] of [
        ['a frame of 61,441 bytes', 'data', new Uint8Array(61_441)],
        ['a false ack', 'ack', 5_000],
      ] as const) {
        const { caller, called, near, far } = await circuit(bench)
        caller.say({ type, protocol: HOP, payload: [near, item] })
        for (const [channel, id] of [
          [caller, near],
          [called, far],
        ] as const) {
          const close = await closeOf(channel, id)
          ensure(close?.payload[1] === 'PROTOCOL_VIOLATION', `${what}: ${close?.payload[1] ?? 'no close'} at an end`)
        }
      }
      return 'PROTOCOL_VIOLATION at both ends'
    },
  },
  {
    clause: 'R-12',
    profiles: relay,
    title: 'passes on what came before `close`, and closes the other end once',
    async run(bench) {
      const { caller, called, near, far } = await circuit(bench)
      const frame = random(100)
      caller.say({ type: 'data', protocol: HOP, payload: [near, frame] })
      caller.say({ type: 'close', protocol: HOP, payload: [near] })
      const close = await closeOf(called, far)
      ensure(close !== undefined, `no close at the other end, ${called.state()}`)
      ensure(close.payload.length === 1, `an orderly close arrives with ${close.payload[1]}`)
      const data = called.messages.find(({ type, payload }) => type === 'data' && payload?.[0] === far)
      ensure(data !== undefined && Buffer.compare(data.payload[1], frame) === 0, 'the data before `close` is lost')
      ensure(called.messages.indexOf(data) < called.messages.indexOf(close), '`close` overtook data')
      await caller.alive()
      ensure(closes(caller, near).length === 0, 'the end that has closed is sent a close')
      return 'data, then close'
    },
  },
  {
    clause: 'R-13',
    profiles: ['relay', 'peer'],
    title: 'answers what is for no circuit with `close`, and a `close` not at all',
    async run(bench) {
      const channel = await bench.dial()
      const protocol = [HOP, STOP].find((name) => channel.description.protocols.includes(name))
      if (protocol === undefined) throw new NotObservable('the target lists neither lotus/circuit-hop nor lotus/circuit-stop')
      channel.say({ type: 'close', protocol, payload: [70_001] })
      channel.say({ type: 'data', protocol, payload: [70_002, random(5)] })
      channel.say({ type: 'ack', protocol, payload: [70_003, 5] })
      for (const id of [70_002, 70_003]) {
        const close = await closeOf(channel, id)
        ensure(close?.payload[1] === 'CONNECTION_LOST', `circuit ${id}: ${close?.payload[1] ?? 'no close'}`)
      }
      ensure(closes(channel, 70_001).length === 0, 'a close is answered')
      await channel.alive()
      return 'CONNECTION_LOST for data and ack, nothing for close'
    },
  },
  {
    clause: 'R-14',
    profiles: relay,
    title: 'brings callers to those that have reserved',
    async run(bench) {
      const target = await callable(bench)
      await pause(5_600)
      const caller = await bench.dial()
      await refusedWith(
        await open(caller, target.self.peerId, firstFrame(bench)),
        'NO_RESERVATION',
        'no reservation, connected for 5.6 s',
      )
      await target.ask('reserve', null, HOP)
      const { type } = await open(caller, target.self.peerId, firstFrame(bench))
      ensure(type === 'opened', `after \`reserve\`: ${type}`)
      return 'NO_RESERVATION, and opened after `reserve`'
    },
  },
]
