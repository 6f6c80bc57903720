import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { ProcessorTime } from '../../src/defence/processor-time.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const SPEAKS = 'lotus/dht'

/** A processor whose time passes only where a test says so: milliseconds of work, of rest, and turns of the event loop. */
function processor(limits = {}) {
  const clock = new VirtualClock(1_700_000_000_000)
  let now = 0
  let ended = () => {}
  const waiting = new Map<string, number>()
  /** Milliseconds of them that others have used the processor. */
  let elsewhere = 0
  const time = new ProcessorTime({
    clock,
    limits: resolveLimits(limits),
    cpuNow: () => now,
    afterTurn: (begin) => {
      ended = begin
    },
    waitingOf: (key) => waiting.get(key) ?? 0,
    workedMs: () => now - elsewhere,
  })
  const waitOf = (peer: string, protocol = SPEAKS) => time.waitMs(peer, 100, protocol)
  return {
    clock,
    time,
    waiting,
    waitOf,
    /** Handles messages of these lengths in one turn, of whoever may speak; whose were refused. */
    turn(...messages: [peer: string, ms: number][]): Set<string> {
      const refused = new Set<string>()
      for (const [peer, ms] of messages) {
        if (waitOf(peer) > 0) {
          refused.add(peer)
          continue
        }
        time.waitMs(peer, 100)
        now += ms
        time.end()
      }
      ended()
      return refused
    },
    rest: (ms: number) => {
      now += ms
    },
    /** From now on, so much of each message's time is another program's. */
    preempted(ms: number) {
      const before = time.end
      time.end = () => {
        elsewhere += ms
        before.call(time)
      }
    },
  }
}

const many = (peer: string, count: number, ms: number): [string, number][] => Array.from({ length: count }, () => [peer, ms])

describe('processor time', () => {
  it('is nobody’s to wait for as long as turns are short, however much one peer uses', () => {
    const { turn, rest } = processor()
    for (let i = 0; i < 1_000; i++) {
      expect(turn(...many('bulk', 10, 1), ['small', 0.1])).toEqual(new Set())
      rest(0.1)
    }
  })

  it('of a peer whose messages stall the others is cut within one turn, and the others are not', () => {
    const { turn } = processor()
    expect(turn(['honest', 0.2])).toEqual(new Set())
    expect(turn(...many('evil', 50, 20), ['honest', 0.2])).toEqual(new Set(['evil']))
  })

  it('is shared by ten attackers as by one: who asks little is never refused', () => {
    const { turn, rest } = processor()
    const evil = Array.from({ length: 10 }, (_, i) => `evil${i}`)
    let worked = 0
    for (let i = 0; i < 200; i++) {
      const refused = turn(...evil.flatMap((peer) => many(peer, 4, 5)), ['honest', 0.2])
      expect(refused).not.toContain('honest')
      worked += 200 - 20 * refused.size
      rest(20)
    }
    // Of 40 s that they would have used in 4 s of rest.
    expect(worked).toBeLessThan(8_000)
  })

  it('is nobody’s to wait for while one peer is alone, however long the turns', () => {
    const { turn, waitOf } = processor()
    expect(turn(...many('bulk', 50, 20))).toEqual(new Set())
    expect(waitOf('bulk')).toBe(0)
  })

  it('is no peer’s fault where another program has the processor', () => {
    const { turn, preempted } = processor()
    preempted(19)
    for (let i = 0; i < 50; i++) expect(turn(['small', 20], ['bulk', 20], ['bulk', 20])).toEqual(new Set())
  })

  it('comes back by itself: who pauses is served again', () => {
    const { turn, waitOf, rest } = processor()
    turn(['honest', 0.2], ...many('evil', 50, 20))
    const waitMs = waitOf('evil')
    expect(waitMs).toBeGreaterThan(0)
    rest(waitMs)
    expect(waitOf('evil')).toBe(0)
  })

  it('is asked of no message that keeps the connection alive, nor of one too small to cost much unread', () => {
    const { turn, waitOf, time } = processor()
    turn(['honest', 0.2], ...many('evil', 50, 20))
    expect(waitOf('evil')).toBeGreaterThan(0)
    expect(waitOf('evil', 'lotus/heartbeat')).toBe(0)
    expect(time.waitMs('evil', 1_023)).toBe(0)
    expect(time.waitMs('evil', 1_024)).toBeGreaterThan(0)
  })

  it('counts answers, and what goes to a peer while its message is handled', async () => {
    const { time, waitOf, clock } = processor({ answerBytesPerS: 1_000, answerByteBurst: 2_000 })
    time.sent('asker', 1_900, true)
    expect(waitOf('asker')).toBe(0)
    time.sent('asker', 5_000, false)
    expect(waitOf('asker')).toBe(0)
    time.waitMs('asker', 100)
    time.sent('asker', 2_100, false)
    time.sent('reader', 9_000, false)
    time.end()
    expect(waitOf('reader')).toBe(0)
    expect(waitOf('asker')).toBeGreaterThan(1_900)
    await clock.advance(3_000)
    expect(waitOf('asker')).toBe(0)
  })

  it('charges an answer that is made after its question was handled by its bytes, and what goes to others to nobody', () => {
    const { time, turn, waitOf, rest } = processor()
    turn(['honest', 0.2], ['asker', 0.1])
    for (let i = 0; i < 40; i++) time.sent('reader', 700_000, false)
    expect(waitOf('reader')).toBe(0)
    // 40 answers at 65,536 bytes a millisecond are 427 ms, which the processor works for them.
    for (let i = 0; i < 40; i++) {
      rest(11)
      time.sent('asker', 700_000, true)
    }
    expect(waitOf('asker')).toBeGreaterThan(0)
    expect(waitOf('honest')).toBe(0)
  })

  it('lets nobody queue scans without end', () => {
    const { waiting, waitOf, time } = processor({ maxScansWaiting: 3 })
    time.charge('asker', 1)
    waiting.set('asker', 2)
    expect(waitOf('asker')).toBe(0)
    waiting.set('asker', 3)
    expect(waitOf('asker')).toBeGreaterThan(0)
  })

  it('is remembered of a bounded number of peers, and forgotten where nothing is left to account for', () => {
    const { time, rest } = processor({ maxRateBuckets: 100, budgetMemoryMs: 60_000 })
    for (let i = 0; i < 1_000; i++) time.charge(`peer${i}`, 1)
    expect(time.remembered).toBe(100)
    rest(60_001)
    time.trim()
    expect(time.remembered).toBe(0)
  })
})
