import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import type { GateRefusal } from '../../src/defence/gate-wiring.js'
import type { P2PMessage } from '../../src/message/message.js'
import { Paths } from '../../src/peer/connection/paths.js'
import { Session } from '../../src/peer/connection/session.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { dialled, type opened } from '../channel/pair.js'

type Pair = Awaited<ReturnType<typeof opened>>

/** A channel between two ends that are not attached to anything yet. */
async function channel(clock: VirtualClock): Promise<Pick<Pair, 'a' | 'b' | 'near' | 'far'>> {
  const pair = dialled({ clock })
  const [a, b] = await clock.run(Promise.all([pair.a, pair.b]))
  return { ...pair, a, b }
}

/** As though the path went through a relay. */
function worse(end: Pair['near']): void {
  Object.assign(end, { transport: 'circuit' })
}

/** A message as an inbox decodes it: its number is what it says. */
function numbered(body: Uint8Array): P2PMessage {
  const payload = new DataView(body.buffer, body.byteOffset).getUint32(0)
  return { type: 'x', from: 'peer', payload, timestamp: 0, messageId: String(payload) }
}

class End {
  readonly got: number[] = []
  readonly gone: string[] = []
  switches = 0
  readonly settled: [number, boolean][] = []
  paths!: Paths

  /** What the next messages that arrive are answered with; undefined: accepted. */
  refusals: (GateRefusal | P2PError | undefined)[] = []
  dropped = 0
  pauses = 0
  /** Messages of one protocol that the other end may have unacknowledged. */
  burst = 100_000
  interruptions = 0
  sparesLost = 0

  constructor(
    readonly session: Session,
    private readonly clock: VirtualClock,
    private readonly leads: boolean,
  ) {}

  connect(first: Pair['a']): void {
    this.paths = new Paths(first, {
      session: this.session,
      inbox: {
        offer: (_, body) => this.refusals.shift() ?? numbered(body),
        deliver: ({ payload }) => this.got.push(payload as number),
        gate: {
          burstOf: () => this.burst,
          refusal: (refusal) => ({ ...refusal, at: 0, until: 0, inFlight: 0, messages: 0, bytes: 0 }),
          pauseMs: () => 0,
          cameInVain: () => true,
          controlEntry: () => true,
        },
        dropped: () => this.dropped++,
        rest: () => {},
        bear: () => {},
      },
      peerContext: { clock: this.clock, limits: resolveLimits({}) },
      leads: this.leads,
      events: {
        switched: () => this.switches++,
        interrupted: () => this.interruptions++,
        spareLost: () => this.sparesLost++,
        progressed: () => {},
        paused: () => this.pauses++,
        gone: (error) => this.gone.push(error.code),
      },
    })
    this.paths.begin()
  }

  send(number: number, lasting = true, bytes = 100): void {
    const body = new Uint8Array(bytes)
    new DataView(body.buffer).setUint32(0, number)
    const stream = this.session.outgoing.streamOf(undefined, true)
    const onSettled = (delivered: boolean) => void this.settled.push([number, delivered])
    const message = { kind: Entry.MESSAGE as const, head: stream.head, body, lasting, budget: { changed: () => {} }, onSettled }
    this.paths.send(stream, { ...message, number: 0, order: 0, repeatedOn: 0 })
  }
}

async function connected() {
  const clock = new VirtualClock()
  const limits = resolveLimits({})
  const first = await channel(clock)
  const [a, b] = [new End(new Session(clock, limits), clock, true), new End(new Session(clock, limits), clock, false)]
  a.connect(first.a)
  b.connect(first.b)
  await clock.advance(0)
  return { clock, first, a, b }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const broken = new P2PError('CONNECTION_LOST', 'Broken.')

describe('messages', () => {
  it('arrive once and in order, and are acknowledged within the delay', async () => {
    const { clock, a, b } = await connected()
    for (let i = 0; i < 500; i++) a.send(i)
    await clock.advance(0)
    expect(b.got).toEqual(range(0, 500))
    expect(a.session.waiting).toBeLessThan(256)
    await clock.advance(250)
    expect([a.session.waiting, a.session.outgoing.bytes]).toEqual([0, 0])
    expect(a.settled).toEqual(range(0, 500).map((i) => [i, true]))
    expect(clock.pending).toBe(0)
  })
})

describe('a change of paths', () => {
  it.each(['at both ends', 'by the dialler first', 'by the called one first'])(
    'while messages are under way loses, doubles and reorders none (%s)',
    async (who) => {
      const { clock, a, b } = await connected()
      const second = await channel(clock)
      for (let i = 0; i < 100; i++) {
        a.send(i)
        b.send(i)
      }
      if (who !== 'by the called one first') a.paths.add(second.a)
      else b.paths.add(second.b)
      for (let i = 100; i < 200; i++) {
        a.send(i)
        b.send(i)
      }
      if (who !== 'at both ends') await clock.advance(0)
      if (who !== 'by the called one first') b.paths.add(second.b)
      else a.paths.add(second.a)
      for (let i = 200; i < 300; i++) {
        a.send(i)
        b.send(i)
      }
      await clock.advance(1_000)
      expect(a.got).toEqual(range(0, 300))
      expect(b.got).toEqual(range(0, 300))
      expect([a.paths.active, b.paths.active]).toEqual([second.a, second.b])
      expect([a.paths.standby, b.paths.standby, a.gone, b.gone]).toEqual([[], [], [], []])
    },
  )

  it('by breaking falls back to the path that stands by, though one end notices late', async () => {
    const { clock, first, a, b } = await connected()
    // As though the first went through a relay.
    Object.assign(first.near, { transport: 'circuit' })
    Object.assign(first.far, { transport: 'circuit' })
    const second = await channel(clock)
    a.paths.add(second.a)
    b.paths.add(second.b)
    await clock.advance(10)
    expect([a.paths.standby.length, b.paths.standby.length]).toEqual([1, 1])
    for (let i = 0; i < 50; i++) {
      a.send(i)
      b.send(i)
    }
    // Nothing of it leaves: the path is dead, and only a knows.
    second.near.send = () => {}
    second.far.send = () => {}
    a.paths.drop(broken)
    await clock.advance(300)
    expect([a.got, b.got]).toEqual([range(0, 50), range(0, 50)])
    expect([a.paths.active, b.paths.active]).toEqual([first.a, first.b])
    await clock.advance(200_000)
    expect([a.gone, b.gone, first.a.open, second.b.open]).toEqual([[], [], true, false])
    expect(clock.pending).toBe(0)
  })

  it('is safe where the spare one breaks, of which the end that notices is told; its orderly end is nothing to tell', async () => {
    for (const [error, told] of [
      [broken, 1],
      [new P2PError('DUPLICATE_CONNECTION', 'Over.'), 0],
    ] as const) {
      const { clock, first, a, b } = await connected()
      worse(first.near)
      worse(first.far)
      const second = await channel(clock)
      a.paths.add(second.a)
      b.paths.add(second.b)
      await clock.advance(0)
      expect(a.paths.standby).toEqual([first.a])
      first.a.close(error)
      await clock.advance(10)
      expect([a.sparesLost, a.gone, a.paths.active === second.a]).toEqual([told, [], true])
    }
  })

  it('by breaking under the very message that it is given loses none', async () => {
    const { clock, first, a, b } = await connected()
    Object.assign(first.near, { transport: 'circuit' })
    Object.assign(first.far, { transport: 'circuit' })
    const second = await channel(clock)
    a.paths.add(second.a)
    b.paths.add(second.b)
    await clock.advance(10)
    // As a data channel that takes nothing more: it ends within the call.
    second.near.send = () => second.near.ended(broken)
    // More than a frame holds, so that frames leave while messages are added.
    for (let i = 0; i < 2_000; i++) a.send(i)
    await clock.advance(1_000)
    expect(b.got).toEqual(range(0, 2_000))
    expect([a.session.waiting, a.gone, b.gone]).toEqual([0, [], []])
  })

  it('by breaking under a message that is larger than a frame loses nothing', async () => {
    const { clock, first, a, b } = await connected()
    Object.assign(first.near, { transport: 'circuit' })
    Object.assign(first.far, { transport: 'circuit' })
    const second = await channel(clock)
    a.paths.add(second.a)
    b.paths.add(second.b)
    await clock.advance(10)
    second.near.send = () => second.near.ended(broken)
    a.send(7, true, 300_000)
    a.send(8)
    await clock.advance(1_000)
    expect(b.got).toEqual([7, 8])
  })

  it('away from one that is interrupted ends that one in time, unless it serves again', async () => {
    for (const recovers of [true, false]) {
      const { clock, first, a, b } = await connected()
      for (const end of [first.near, first.far]) Object.assign(end, { transport: 'circuit' })
      const second = await channel(clock)
      a.paths.add(second.a)
      b.paths.add(second.b)
      await clock.advance(10)
      second.a.onInterrupted(true)
      expect([a.paths.active, a.interruptions]).toEqual([first.a, 0])
      await clock.advance(5_000)
      const third = recovers ? second : await channel(clock)
      if (recovers) second.a.onInterrupted(false)
      else {
        a.paths.add(third.a)
        b.paths.add(third.b)
      }
      await clock.advance(300_000)
      expect([a.paths.active, b.paths.active]).toEqual([third.a, third.b])
      expect([a.paths.standby, b.paths.standby, a.gone, b.gone, clock.pending]).toEqual([[], [], [], [], 0])
    }
  })

  it('away from the only one, which is interrupted, is somebody else’s to find; it serves on once it has recovered', async () => {
    const { clock, first, a, b } = await connected()
    a.paths.active.onInterrupted(true)
    expect([a.paths.isInterrupted, a.interruptions, a.switches]).toEqual([true, 1, 0])
    const second = await channel(clock)
    for (const end of [second.near, second.far]) worse(end)
    a.paths.add(second.a)
    b.paths.add(second.b)
    expect([a.paths.active, a.paths.isInterrupted]).toEqual([second.a, false])
    first.a.onInterrupted(false)
    expect([a.paths.active, a.paths.isInterrupted, a.interruptions]).toEqual([first.a, false, 1])
    a.send(1)
    await clock.advance(300_000)
    expect([b.got, b.paths.active, a.paths.standby, clock.pending]).toEqual([[1], first.b, [], 0])
  })

  it('that a peer makes without end holds no more than a few channels open', async () => {
    const { clock, a, b } = await connected()
    for (let i = 0; i < 20; i++) {
      const next = await channel(clock)
      // Now better, now worse.
      for (const end of [next.near, next.far]) Object.assign(end, { transport: i % 2 === 0 ? 'circuit' : 'memory' })
      a.send(i)
      b.paths.add(next.b)
      a.paths.add(next.a)
      b.send(i)
      expect(b.paths.standby.length).toBeLessThan(4)
    }
    await clock.advance(1_000)
    expect([a.got, b.got, a.gone, b.gone]).toEqual([range(0, 20), range(0, 20), [], []])
    await clock.advance(500_000)
    expect(clock.pending).toBe(0)
  })

  it('chosen differently at both ends at once settles on one', async () => {
    const { clock, a, b } = await connected()
    const [second, third] = [await channel(clock), await channel(clock)]
    a.paths.add(second.a)
    b.paths.add(third.b)
    a.paths.add(third.a)
    b.paths.add(second.b)
    for (let i = 0; i < 20; i++) {
      a.send(i)
      b.send(i)
    }
    await clock.advance(500_000)
    expect([a.got, b.got]).toEqual([range(0, 20), range(0, 20)])
    expect(a.paths.active === second.a).toBe(b.paths.active === second.b)
    expect(a.switches + b.switches).toBeLessThan(10)
  })
})

describe('the end of a connection', () => {
  it('keeps what lasts for the next one, in order, and gives up the rest', async () => {
    const { clock, first, a, b } = await connected()
    first.near.send = () => {}
    for (let i = 0; i < 10; i++) a.send(i, i % 3 !== 0)
    await clock.advance(0)
    first.near.ended()
    first.far.ended()
    expect([a.gone, b.gone]).toEqual([['CONNECTION_LOST'], ['CONNECTION_LOST']])
    expect(a.settled).toEqual([0, 3, 6, 9].map((i) => [i, false]))
    const second = await channel(clock)
    a.connect(second.a)
    b.connect(second.b)
    a.send(10)
    await clock.advance(300)
    expect(b.got).toEqual([1, 2, 4, 5, 7, 8, 10])
    expect(a.session.waiting).toBe(0)
  })

  it('does not deliver again what had arrived, though its acknowledgement was lost', async () => {
    const { clock, first, a, b } = await connected()
    first.far.send = () => {}
    for (let i = 0; i < 10; i++) a.send(i)
    await clock.advance(300)
    expect([b.got.length, a.session.waiting]).toEqual([10, 10])
    first.near.ended()
    first.far.ended()
    const second = await channel(clock)
    a.connect(second.a)
    b.connect(second.b)
    await clock.advance(300)
    expect([b.got, a.session.waiting]).toEqual([range(0, 10), 0])
    expect(a.settled).toEqual(range(0, 10).map((i) => [i, true]))
  })

  it('said by the peer is the end of all paths; of one path it is not', async () => {
    const { clock, a, b } = await connected()
    const second = await channel(clock)
    a.paths.add(second.a)
    b.paths.add(second.b)
    b.paths.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
    await clock.advance(0)
    expect([a.gone, b.gone]).toEqual([['CONNECTION_CLOSED'], ['CONNECTION_CLOSED']])
  })
})

describe('a message that no honest peer sends', () => {
  it('ends the connection, and is not looked at again when the peer comes back', async () => {
    const { clock, a, b } = await connected()
    b.refusals = [undefined, new P2PError('FOREIGN_SENDER', 'Not its own.')]
    for (let i = 0; i < 3; i++) a.send(i)
    await clock.advance(0)
    expect([b.got, b.gone, a.gone]).toEqual([[0], ['FOREIGN_SENDER'], ['FOREIGN_SENDER']])
    const second = await channel(clock)
    a.connect(second.a)
    b.connect(second.b)
    await clock.advance(300)
    expect([b.got, a.session.waiting]).toEqual([[0, 2], 0])
  })
})

describe('a message that is refused', () => {
  const refusal = { retryAfterMs: 400, limit: 'a protocol' }

  it('comes again after the pause, with all that followed, once and in order', async () => {
    const { clock, a, b } = await connected()
    b.refusals = [undefined, undefined, refusal]
    for (let i = 0; i < 10; i++) a.send(i)
    await clock.advance(0)
    expect([b.got, b.dropped]).toEqual([range(0, 2), 7])
    expect([a.pauses, a.session.outgoing.streamOf(undefined, true).pausedBy]).toEqual([1, 'a protocol'])
    a.send(10)
    await clock.advance(399)
    expect(b.got).toEqual(range(0, 2))
    await clock.advance(1)
    expect(b.got).toEqual(range(0, 11))
    await clock.advance(250)
    expect(a.settled).toEqual(range(0, 11).map((number) => [number, true]))
  })

  it('comes again on another path than the one it was refused on', async () => {
    const { clock, first, a, b } = await connected()
    b.refusals = [refusal]
    for (let i = 0; i < 5; i++) a.send(i)
    await clock.advance(0)
    const second = await channel(clock)
    a.paths.add(second.a)
    b.paths.add(second.b)
    first.a.close(broken)
    await clock.advance(399)
    expect(b.got).toEqual([])
    await clock.advance(1)
    expect(b.got).toEqual(range(0, 5))
  })

  it('on the path that serves, and has come by the one before, keeps back nothing that follows', async () => {
    const { clock, first, a, b } = await connected()
    // Both paths stay: the ranks differ.
    worse(first.near)
    worse(first.far)
    const late: Uint8Array[] = []
    const { send } = first.near
    first.near.send = (frame) => void late.push(frame.slice())
    a.send(0)
    await clock.advance(0)
    const second = await channel(clock)
    b.refusals = [refusal]
    a.paths.add(second.a)
    b.paths.add(second.b)
    await clock.advance(0)
    // Refused where A speaks, and taken where A has spoken before.
    first.near.send = send
    for (const frame of late) send.call(first.near, frame)
    await clock.advance(0)
    expect(b.got).toEqual([0])
    await clock.advance(250)
    a.send(1)
    await clock.advance(400)
    expect(b.got).toEqual([0, 1])
  })

  it('waits no longer than the limit, whatever the peer says', async () => {
    const { clock, a, b } = await connected()
    b.refusals = [{ retryAfterMs: 4_000_000_000, limit: 'forever' }]
    a.send(0)
    await clock.advance(resolveLimits().maxRefusalMs)
    expect(b.got).toEqual([0])
  })

  it('leaves no timer behind when the connection ends meanwhile', async () => {
    const { clock, a, b } = await connected()
    b.refusals = [refusal]
    a.send(0, false)
    await clock.advance(0)
    a.paths.close(broken)
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })
})
