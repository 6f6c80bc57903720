import { expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { Entry } from '../../src/channel/batch.js'
import type { SecureChannel } from '../../src/channel/secure-channel.js'
import { Gate } from '../../src/defence/gate.js'
import type { PeerGate } from '../../src/defence/peer-gate.js'
import type { P2PMessage } from '../../src/message/message.js'
import { Paths } from '../../src/peer/connection/paths.js'
import { Session } from '../../src/peer/connection/session.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { dialled, type PipeEnd } from '../channel/pair.js'

const SEEDS = Number(process.env.PATHS_SEEDS ?? 10)
const limits = resolveLimits({})
const lost = () => new P2PError('CONNECTION_LOST', 'Broken.')

/** Messages without a protocol, of one that the other end does not serve, and of many that it does. */
const PROTOCOLS = [undefined, 'unknown', ...Array.from({ length: 40 }, (_, i) => `chat${i}`)]

/** A message as an inbox decodes it: its number is what it says. */
function numbered(body: Uint8Array): P2PMessage {
  const payload = new DataView(body.buffer, body.byteOffset).getUint32(0)
  const protocol = PROTOCOLS[body[4]!]
  return { type: 'x', from: 'peer', payload, timestamp: 0, messageId: String(payload), ...(protocol && { protocol }) }
}

class End {
  readonly got: number[] = []
  /** The protocol of each message sent. */
  readonly protocols: number[] = []
  readonly gone: string[] = []
  readonly settled: boolean[][] = []
  /** Whether the next messages that arrive are refused. */
  refuseNext: boolean[] = []
  /** What the gate has found to be more than an honest peer sends. */
  readonly faults: string[] = []
  sent = 0
  up = false
  paths!: Paths
  readonly session: Session
  private readonly gate: PeerGate

  constructor(
    private readonly clock: VirtualClock,
    private readonly leads: boolean,
  ) {
    this.session = new Session(clock, limits)
    const told = { served: () => [], limitsOf: () => undefined, shareOf: () => 1, shareChanged: () => {} }
    this.gate = new Gate({ limits, clock, ...told }).of(new Uint8Array(32))
  }

  connect(channel: SecureChannel): void {
    this.up = true
    this.paths = new Paths(channel, {
      session: this.session,
      inbox: {
        offer: (_, body) => (this.refuseNext.shift() ? { retryAfterMs: 300, limit: 'test' } : numbered(body)),
        deliver: ({ payload }, body) => {
          this.gate.taken(body.length)
          this.got.push(payload as number)
        },
        gate: {
          burstOf: () => 100_000,
          refusal: (refusal) => this.gate.refusal(refusal, ''),
          pauseMs: (refusal) => this.gate.pauseMs(refusal),
          cameInVain: (bytes) => this.gate.cameInVain(bytes),
          controlEntry: () => this.gate.controlEntry(),
        },
        dropped: (refusal, bytes) => this.mind(this.gate.dropped(refusal, bytes) === undefined, 'ignores a refusal'),
        rest: () => {},
        bear: (isHonest) => this.mind(isHonest, 'repeats, or sends entries without messages, without end'),
      },
      peerContext: { clock: this.clock, limits },
      leads: this.leads,
      events: {
        switched: () => {},
        interrupted: () => {},
        spareLost: () => {},
        progressed: () => {},
        paused: () => {},
        gone: ({ code }) => {
          this.up = false
          this.gone.push(code)
        },
      },
    })
    this.paths.begin()
  }

  private mind(isHonest: boolean, otherwise: string): void {
    if (!isHonest) this.faults.push(otherwise)
  }

  /** @param protocol an index. */
  send(bytes: number, protocol: number): void {
    const body = new Uint8Array(bytes)
    new DataView(body.buffer).setUint32(0, this.sent)
    const settled: boolean[] = []
    body[4] = protocol
    this.protocols[this.sent] = protocol
    this.settled[this.sent++] = settled
    const stream = this.session.outgoing.streamOf(PROTOCOLS[protocol], protocol !== 1)
    const onSettled = (delivered: boolean) => void settled.push(delivered)
    const message = {
      kind: Entry.MESSAGE as const,
      head: stream.head,
      body,
      lasting: true,
      budget: { changed: () => {} },
      onSettled,
    }
    this.paths.send(stream, { ...message, number: 0, order: 0, repeatedOn: 0 })
    this.gate.creditEntry()
  }

  /** What came of a protocol. */
  gotOf(from: End, protocol: number): number[] {
    return this.got.filter((number) => from.protocols[number] === protocol)
  }

  sentOf(protocol: number): number[] {
    return Array.from(this.protocols.keys()).filter((number) => this.protocols[number] === protocol)
  }

  add(channel: SecureChannel): void {
    if (this.up) this.paths.add(channel)
    else channel.close(lost())
  }
}

/** A pair of processes, and the paths that were ever between them, each with a delay of its own. */
class World {
  readonly clock = new VirtualClock()
  readonly a = new End(this.clock, true)
  readonly b = new End(this.clock, false)
  readonly pipes: PipeEnd[] = []
  /** Ends whose next frame breaks the path within the call. */
  readonly breaking = new Set<PipeEnd>()

  constructor(readonly random: () => number) {}

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!
  }

  async path(): Promise<[atA: SecureChannel, atB: SecureChannel]> {
    const { clock, random } = this
    const pair = dialled({ clock })
    const channels = await clock.run(Promise.all([pair.a, pair.b]))
    const swapped = random() < 0.5
    const transport = this.pick(['circuit', 'memory'])
    for (const end of [pair.near, pair.far]) {
      Object.assign(end, { transport, outbound: (end === pair.near) !== swapped })
      this.delay(end, 5 + random() * 60)
    }
    this.pipes.push(pair.near, pair.far)
    return channels
  }

  private delay(end: PipeEnd, ms: number): void {
    const { clock } = this
    const isOver = () => end.closedHere || end.closes > 0
    end.send = (frame) => {
      if (isOver()) return
      const copy = frame.slice()
      if (this.breaking.delete(end)) this.break(end, ms)
      else clock.setTimeout(() => end.peer.receive(copy), ms)
    }
    end.close = () => {
      if (isOver()) return
      end.closedHere = true
      clock.setTimeout(() => end.peer.ended(), ms)
      queueMicrotask(() => end.ended())
    }
  }

  break(end: PipeEnd, noticedAfterMs: number): void {
    end.ended(lost())
    this.clock.setTimeout(() => end.peer.ended(), noticedAfterMs)
  }

  async reconnect(): Promise<void> {
    const { a, b } = this
    if (a.up !== b.up) (a.up ? a : b).paths.drop(lost())
    await this.clock.advance(1)
    if (a.up || b.up) return
    const [atA, atB] = await this.path()
    a.connect(atA)
    b.connect(atB)
  }

  async step(): Promise<void> {
    const { a, b, random, clock } = this
    const end = this.pick([a, b])
    const what = random()
    if (random() < 0.1) end.refuseNext = [false, random() < 0.5, random() < 0.5, true]
    if (!end.up || what < 0.5) {
      for (let i = random() * 40; i > 0; i--) {
        const from = this.pick([a, b])
        if (from.up) from.send(random() < 0.03 ? 100_000 : 100, Math.floor(random() * PROTOCOLS.length))
      }
    } else if (what < 0.65) {
      const [atA, atB] = await this.path()
      const [first, second] = random() < 0.5 ? [() => a.add(atA), () => b.add(atB)] : [() => b.add(atB), () => a.add(atA)]
      first()
      clock.setTimeout(second, random() < 0.5 ? 0 : random() * 80)
    } else if (what < 0.75) end.paths.active.onInterrupted(true)
    else if (what < 0.82) for (const path of [...end.paths.standby, end.paths.active]) path.onInterrupted(false)
    else if (what < 0.88) end.paths.drop(lost())
    else if (what < 0.94) this.breaking.add(this.pick(this.pipes))
    else this.break(this.pick(this.pipes), random() * 500)
    await clock.advance(random() < 0.3 ? 0 : random() * 150)
  }
}

it(`paths that come, go and break at random lose, double and reorder nothing, and look like no flood (${SEEDS} runs)`, {
  timeout: SEEDS * 5_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(seededRandom(seed).unit)
    const { a, b, clock } = world
    for (let i = 0; i < 120; i++) {
      if (!a.up || !b.up) await world.reconnect()
      await world.step()
    }
    world.breaking.clear()
    a.refuseNext = []
    b.refuseNext = []
    for (let i = 0; i < 20; i++) {
      if (!a.up || !b.up) await world.reconnect()
      await clock.advance(3_000)
    }
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const protocol of PROTOCOLS.keys()) expect([seed, to.gotOf(from, protocol)]).toEqual([seed, from.sentOf(protocol)])
      expect([seed, from.settled.filter((told) => told.length !== 1 || !told[0]), from.session.waiting]).toEqual([seed, [], 0])
      expect([seed, from.faults]).toEqual([seed, []])
      expect([seed, from.gone.filter((code) => code !== 'CONNECTION_LOST' && code !== 'DUPLICATE_CONNECTION')]).toEqual([
        seed,
        [],
      ])
    }
    await clock.advance(300_000)
    expect([seed, clock.pending, a.paths.standby.length, b.paths.standby.length]).toEqual([seed, 0, 0, 0])
  }
})
