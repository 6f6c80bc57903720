import { describe, expect, it } from 'vitest'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import type { RemoteHello } from '../../src/channel/hello.js'
import { Repetition } from '../../src/peer/connection/repetition.js'
import type { Session } from '../../src/peer/connection/session.js'
import { Sessions } from '../../src/peer/connection/sessions.js'
import { Outbox } from '../../src/plugins/outbox/outbox.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const GRACE_MS = resolveLimits({}).sessionGraceMs

/** A peer's process: the same peer has another session id after a restart. */
function peer(id: number, process = 1): RemoteHello {
  return { publicKey: new Uint8Array(32).fill(id), session: `process ${process}`, version: 2 }
}

function setUp(changes: Partial<Limits> = {}) {
  const clock = new VirtualClock()
  return { clock, sessions: new Sessions(clock, resolveLimits(changes)) }
}

/** A message that waits for the peer, and what becomes of it. */
function wait(session: Session, bytes = 10) {
  const told: boolean[] = []
  const onSettled = (delivered: boolean) => void told.push(delivered)
  const { outgoing } = session
  const stream = outgoing.streamOf(undefined, true)
  const message = { kind: Entry.MESSAGE as const, head: stream.head, body: new Uint8Array(bytes), lasting: true, onSettled }
  outgoing.send(stream, { ...message, budget: { changed: () => {} }, number: 0, order: 0, repeatedOn: 0 })
  return { told, onSettled }
}

describe('a stream of which many messages wait for their acknowledgement', () => {
  it('keeps the next ones on a slab', () => {
    const session = setUp().sessions.open(peer(1))
    const stream = session.outgoing.streamOf(undefined, true)
    for (let i = 0; i < 63; i++) wait(session)
    expect(stream.slab).toBeUndefined()
    wait(session)
    expect(stream.slab).toBeDefined()
  })
})

describe('a session', () => {
  it('goes on when the same process comes back within the grace', async () => {
    const { clock, sessions } = setUp()
    const session = sessions.open(peer(1))
    const { told } = wait(session)
    session.suspend()
    sessions.away(peer(1), true)
    await clock.advance(GRACE_MS - 1)
    expect([sessions.open(peer(1)) === session, session.waiting, told]).toEqual([true, 1, []])
    await clock.advance(10 * GRACE_MS)
    expect(told).toEqual([])
  })

  it('ends, and what waited is given up, when another process of the peer comes', () => {
    const { sessions } = setUp()
    const session = sessions.open(peer(1))
    const { told } = wait(session)
    sessions.away(peer(1), true)
    expect(sessions.open(peer(1, 2))).not.toBe(session)
    expect([told, sessions.size]).toEqual([[false], 1])
  })

  it('gives up what waits after the grace, and remembers longer what has come', async () => {
    const { clock, sessions } = setUp()
    const session = sessions.open(peer(1))
    const { told } = wait(session)
    sessions.away(peer(1), true)
    await clock.advance(GRACE_MS)
    expect([told, clock.pending]).toEqual([[false], 0])
    expect(sessions.open(peer(1))).toBe(session)
  })

  it('is forgotten after four times the grace, when somebody else goes', async () => {
    const { clock, sessions } = setUp()
    const session = sessions.open(peer(1))
    sessions.away(peer(1), true)
    await clock.advance(4 * GRACE_MS)
    sessions.open(peer(2))
    sessions.away(peer(2), true)
    expect(sessions.size).toBe(1)
    expect(sessions.open(peer(1))).not.toBe(session)
  })

  it('is not kept where nothing was said that could be lost', () => {
    const { sessions } = setUp()
    sessions.open(peer(1))
    sessions.away(peer(1), false)
    expect(sessions.size).toBe(0)
    const { told } = wait(sessions.open(peer(2)))
    sessions.away(peer(2), false)
    expect([sessions.size, told]).toEqual([1, []])
  })

  it('gives back a message that waits for a peer that is away, once', () => {
    const { sessions } = setUp()
    const session = sessions.open(peer(1))
    const { told, onSettled } = wait(session)
    expect(sessions.takeBack(onSettled)).toBe(false)
    sessions.away(peer(1), true)
    expect([sessions.takeBack(onSettled), sessions.takeBack(onSettled), session.waiting, told]).toEqual([true, false, 0, [false]])
  })
})

describe('a process that comes back', () => {
  it('is told the same numbering on all channels that are opened at once, and another one after it was forgotten', () => {
    const { sessions } = setUp()
    const [first, second] = [peer(1), peer(1)]
    expect(sessions.of(first)).toBe(sessions.of(second))
    expect(sessions.open(second)).toBe(sessions.of(first))
    sessions.away(peer(1), false)
    expect(sessions.of(peer(1)).numbering).not.toEqual(sessions.of(first).numbering)
  })

  it('is sent no more again for coming as another process: the allowance is that of its key', () => {
    const { sessions } = setUp()
    const session = sessions.open(peer(1))
    wait(session)
    sessions.away(peer(1), true)
    expect(sessions.open(peer(1, 2)).outgoing.repetition).toBe(session.outgoing.repetition)
  })

  it('is given new numbers long before they end', () => {
    const { sessions } = setUp()
    const session = sessions.open(peer(1))
    session.outgoing.streamOf(undefined, true).next = 2 ** 47 + 1
    wait(session)
    sessions.away(peer(1), true)
    const next = sessions.open(peer(1))
    expect(next).not.toBe(session)
    expect(next.numbering).not.toEqual(session.numbering)
  })

  it('whose handshakes fail without end, under ever new keys, fills no memory', () => {
    const { sessions } = setUp({ maxPendingHandshakes: 3 })
    const first = sessions.of(peer(1))
    for (let id = 2; id <= 5; id++) sessions.of(peer(id))
    expect(sessions.of(peer(1))).not.toBe(first)
  })
})

describe('all sessions of peers that are away', () => {
  it('are at most so many: the one that went first goes', () => {
    const { sessions } = setUp({ maxSessions: 2 })
    const settled = [1, 2, 3].map((id) => wait(sessions.open(peer(id))).told)
    for (const id of [2, 1, 3]) sessions.away(peer(id), true)
    expect([sessions.size, settled]).toEqual([2, [[], [false], []]])
  })

  it('hold at most so many bytes; those of connected peers do not count', () => {
    const { sessions } = setUp({ maxSessionBytes: 1_000 })
    const connected = wait(sessions.open(peer(9)), 5_000).told
    const settled = [1, 2, 3].map((id) => wait(sessions.open(peer(id)), 400).told)
    for (const id of [1, 2, 3]) sessions.away(peer(id), true)
    expect([settled, connected]).toEqual([[[false], [], []], []])
  })

  it('end with the coordinator, without a timer left', () => {
    const { clock, sessions } = setUp()
    const { told } = wait(sessions.open(peer(1)))
    sessions.away(peer(1), true)
    expect(clock.pending).toBe(1)
    sessions.close()
    expect([told, sessions.size, clock.pending]).toEqual([[false], 0, 0])
  })
})

it('a peer that comes as ever new processes, and acknowledges nothing, is sent what waits for it within an allowance', async () => {
  const clock = new VirtualClock()
  const limits = resolveLimits({})
  const repetition = new Repetition()
  let settle: ((delivered: boolean) => void)[] = []
  let givenBytes = 0
  const outbox = new Outbox({
    clock,
    limits,
    send: (_, __, onSettled, encoded) => {
      settle.push(onSettled)
      givenBytes += encoded.length
      return undefined
    },
    repeatMs: (_, bytes) => repetition.take(clock.now(), bytes),
    takeBack: () => true,
    progress: () => undefined,
    want: () => {},
    onOutcome: () => {},
  })
  const outcomes = Array.from({ length: 70 }, (_, i) =>
    outbox.add('bob', { type: 'x', from: 'alice', payload: new Uint8Array(100_000), timestamp: 0, messageId: `${i}` }, 3_600),
  )
  expect(givenBytes).toBeGreaterThan(7_000_000)
  givenBytes = 0
  const startedAt = clock.now()
  for (let process = 0; process < 100; process++) {
    for (const gone of settle.splice(0)) gone(false)
    outbox.flushTo('bob')
    await clock.advance(100)
  }
  expect(givenBytes).toBeGreaterThan(0)
  expect(givenBytes).toBeLessThanOrEqual(262_144 + (16_384 * (clock.now() - startedAt)) / 1_000)
  // One that does acknowledge has all of it soon.
  const before = clock.now()
  while (outbox.stats.messages > 0) {
    const given = settle
    settle = []
    for (const taken of given) {
      repetition.acknowledged(100_000, false)
      taken(true)
    }
    outbox.flushTo('bob')
    await clock.advance(1_000)
  }
  expect(clock.now() - before).toBeLessThan(60_000)
  expect(await Promise.all(outcomes.map(async (queued) => (await queued).outcome))).toEqual(new Array(70).fill('delivered'))
  expect(clock.pending).toBe(0)
})
