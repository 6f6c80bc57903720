import { describe, expect, it } from 'vitest'
import type { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { Bans } from '../../src/defence/bans.js'
import { ClockSkew } from '../../src/defence/clock-skew.js'
import { HandshakeSlots } from '../../src/defence/handshake-slots.js'
import { ReplayWindow } from '../../src/defence/replay-window.js'
import { Reputation } from '../../src/defence/reputation.js'
import { VerificationBudget } from '../../src/defence/verification-budget.js'
import { encode } from '../../src/message/codec.js'
import { PeerClock } from '../../src/peer/connection/peer-clock.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('ReplayWindow', () => {
  const window = (maxIds = 100) => {
    const clock = new VirtualClock(1_000 * HOUR)
    return { clock, seen: new ReplayWindow(clock, 5 * MINUTE, maxIds) }
  }

  it.each([
    [0, 'seen'],
    [4 * MINUTE, 'seen'],
    [6 * MINUTE, 'stale'],
    [24 * HOUR, 'stale'],
  ])('knows a message again, or takes it for too old, after %d ms', async (afterMs, expected) => {
    const { clock, seen } = window()
    const date = clock.elapsed()
    expect(seen.check('id', date)).toBe('new')
    await clock.advance(afterMs)
    expect(seen.check('id', date)).toBe(expected)
  })

  it('takes dates within the window only', () => {
    const { clock, seen } = window()
    const now = clock.elapsed()
    expect(seen.check('a', now + 5 * MINUTE)).toBe('new')
    expect(seen.check('b', now + 5 * MINUTE + 1)).toBe('early')
    expect(seen.check('c', now - 5 * MINUTE)).toBe('new')
    expect(seen.check('d', now - 5 * MINUTE - 1)).toBe('stale')
  })

  it('never takes a message twice, though more come than it remembers', () => {
    const { clock, seen } = window(10)
    const sent: [string, number][] = []
    for (let i = 0; i < 100; i++) sent.push([`id${i}`, clock.elapsed() - 60_000 + i])
    for (const [id, date] of sent) expect(seen.check(id, date)).toBe('new')
    expect(seen.size).toBe(10)
    for (const [id, date] of sent) expect(seen.check(id, date)).not.toBe('new')
  })

  it('forgets ids when their dates are over', async () => {
    const { clock, seen } = window()
    for (let i = 0; i < 50; i++) seen.check(`id${i}`, clock.elapsed())
    await clock.advance(5 * MINUTE + 1)
    seen.check('other', clock.elapsed())
    expect(seen.size).toBe(1)
  })
})

describe('PeerClock', () => {
  const clockOf = () => {
    const clock = new VirtualClock(1_000 * HOUR)
    return { clock, peer: new PeerClock(clock, 5 * MINUTE) }
  }

  it('takes a peer’s clock for one like ours until it is measured', async () => {
    const { clock, peer } = clockOf()
    expect([clock.now(), clock.now() + 20 * MINUTE].map((date) => peer.isOdd(date))).toEqual([false, true])
    peer.measured(20 * MINUTE)
    expect([clock.now(), clock.now() + 20 * MINUTE].map((date) => peer.isOdd(date))).toEqual([true, false])
    expect(peer.timeOf(clock.now() + 20 * MINUTE)).toBe(clock.elapsed())
  })

  it('knows it whatever becomes of the date here', async () => {
    const { clock, peer } = clockOf()
    peer.measured(20 * MINUTE)
    const theirs = clock.now() + 20 * MINUTE
    await clock.advance(MINUTE)
    clock.setDate(clock.now() - 3 * HOUR)
    expect([peer.isOdd(theirs + MINUTE), peer.timeOf(theirs + MINUTE)]).toEqual([false, clock.elapsed()])
  })

  it('takes what was dated before the peer’s clock was set, and what was dated after, and nothing else', () => {
    const { clock, peer } = clockOf()
    const now = clock.now()
    for (const skewMs of [0, 300, 3 * HOUR, 3 * HOUR + 200, 3 * HOUR - 900]) peer.measured(skewMs)
    expect([now, now + 3 * HOUR, now + HOUR, now - HOUR].map((date) => peer.isOdd(date))).toEqual([false, false, true, true])
    peer.measured(-HOUR)
    expect([now - HOUR, now + 3 * HOUR, now].map((date) => peer.isOdd(date))).toEqual([false, false, true])
  })
})

describe('Reputation', () => {
  const reputation = (limits = {}) => {
    const clock = new VirtualClock()
    return { clock, of: new Reputation(clock, resolveLimits(limits)) }
  }

  it('begins at zero, sinks with offences, and ends in a ban', () => {
    const { of } = reputation()
    expect(of.scoreOf('a')).toBe(0)
    const consequences = Array.from({ length: 10 }, () => of.blame('a', 'own-rules'))
    expect(consequences).toEqual([
      'none',
      'none',
      'throttle',
      'throttle',
      'throttle',
      'disconnect',
      'disconnect',
      'disconnect',
      'disconnect',
      'ban',
    ])
    expect(of.standingOf('a')).toEqual({ score: -50, faults: { offence: 10 } })
  })

  it('counts causes apart, and each at its price', () => {
    const { of } = reputation()
    of.blame('a', 'phase-missed')
    of.blame('a', 'phase-missed')
    of.blame('a', 'RATE_LIMITED')
    expect(of.standingOf('a')).toEqual({ score: -25, faults: { timeout: 2, flood: 1 } })
  })

  it('of timeouts lowers the order in which a peer is chosen, and nothing else', async () => {
    const { of, clock } = reputation()
    for (let i = 0; i < 1_000; i++) expect(of.blame('a', 'phase-missed')).toBe('none')
    expect([of.scoreOf('a'), of.shareOf('a')]).toEqual([-10_000, 0.5])
    expect(of.blame('a', 'own-rules')).toBe('none')
    await clock.advance(HOUR)
    expect(of.scoreOf('a')).toBeCloseTo(-5_002.5)
  })

  it('bans for proven equivocation, however good the name', async () => {
    const { of, clock } = reputation()
    for (let i = 0; i < 100; i++) {
      of.credit('a')
      await clock.advance(MINUTE)
    }
    expect(of.scoreOf('a')).toBeGreaterThan(10)
    expect(of.blame('a', 'two-statements')).toBe('ban')
  })

  it('fades by half in its half-life', async () => {
    const { of, clock } = reputation()
    for (let i = 0; i < 4; i++) of.blame('a', 'own-rules')
    await clock.advance(HOUR)
    expect(of.scoreOf('a')).toBeCloseTo(-10)
    await clock.advance(10 * HOUR)
    expect(of.scoreOf('a')).toBeCloseTo(0, 1)
  })

  it('is earned slowly, up to a cap: chatter earns nothing', async () => {
    const { of, clock } = reputation({ reputationHalfLifeMs: 1e12 })
    for (let i = 0; i < 1_000; i++) of.credit('a')
    expect(of.scoreOf('a')).toBe(1)
    for (let i = 0; i < 100; i++) {
      await clock.advance(MINUTE)
      of.credit('a')
    }
    expect(of.scoreOf('a')).toBeCloseTo(20)
  })

  it('gives newcomers half, the established all, and who misbehaved a quarter of each budget', async () => {
    const { of, clock } = reputation()
    expect(of.shareOf('a')).toBe(0.5)
    for (let i = 0; i < 4; i++) {
      of.credit('a')
      await clock.advance(MINUTE)
    }
    expect(of.shareOf('a')).toBe(1)
    for (let i = 0; i < 4; i++) of.blame('b', 'own-rules')
    expect(of.shareOf('b')).toBe(0.25)
  })

  it('keeps a bounded number, and a flood of strangers does not push out who is known', () => {
    const { of } = reputation({ maxReputations: 100 })
    for (let i = 0; i < 9; i++) of.blame('liar', 'own-rules')
    for (let i = 0; i < 10_000; i++) of.blame(`stranger${i}`, 'own-rules')
    expect(of.size).toBe(100)
    expect(of.scoreOf('liar')).toBe(-45)
  })
})

describe('Bans', () => {
  const bans = (store = memoryStore(), clock = new VirtualClock(), limits = {}) => {
    const told: string[] = []
    const errors: P2PError[] = []
    const all = new Bans({
      clock,
      limits: resolveLimits(limits),
      store,
      onBanned: ({ id }) => told.push(id),
      onError: (error) => errors.push(error),
    })
    return { all, store, clock, told, errors }
  }
  const about = { cause: 'flood', reason: 'It flooded.' } as const

  it('hold for an hour, then four times as long each time', async () => {
    const { all, clock, told } = bans()
    const first = all.add('lp1x', about)
    expect(first).toMatchObject({ id: 'lp1x', cause: 'flood', reason: 'It flooded.', times: 1, since: clock.now() })
    expect(all.of('lp1x')).toEqual(first)
    await clock.advance(HOUR - 1)
    expect(all.of('lp1x')).toBeDefined()
    await clock.advance(1)
    expect([all.of('lp1x'), all.list()]).toEqual([undefined, []])
    const second = all.add('lp1x', about)
    expect([second.until - second.since, second.times]).toEqual([4 * HOUR, 2])
    expect(told).toEqual(['lp1x', 'lp1x'])
  })

  it('outlast a restart', async () => {
    const { all, store, clock } = bans()
    all.add('lp1x', { ...about, durationMs: 24 * HOUR })
    all.add('address:203.0', about)
    await clock.advance(2 * HOUR)
    const again = bans(store, clock).all
    await again.load()
    expect(again.list().map(({ id, reason }) => [id, reason])).toEqual([['lp1x', 'It flooded.']])
    // The other one is over; remembered for as long again as it lasted, it would make the next one longer.
    expect(again.of('address:203.0')).toBeUndefined()
  })

  it('are stored whatever their reason is', async () => {
    const { all, store, clock, errors } = bans()
    all.add('lp1x', { ...about, reason: `${'x'.repeat(255)}😀` })
    await clock.advance(0)
    const again = bans(store, clock).all
    await again.load()
    expect(again.list()).toMatchObject([{ reason: `${'x'.repeat(255)}\ufffd` }])
    expect(errors).toEqual([])
  })

  it('lifted are lifted in the store too', async () => {
    const { all, store, clock } = bans()
    all.add('lp1x', about)
    expect([all.lift('lp1x'), all.lift('lp1x')]).toEqual([true, false])
    await clock.advance(0)
    const again = bans(store, clock).all
    await again.load()
    expect(again.list()).toEqual([])
  })

  it('that a store holds in another form are removed, and the rest is read', async () => {
    const store = memoryStore()
    await store.set('ban/a', new Uint8Array([0xc1]))
    await store.set('ban/b', encode({ reason: 5 }))
    await store.set('ban/c', encode({ reason: 'r', cause: 'flood', since: 0, until: Number.NaN, times: 1 }))
    const clock = new VirtualClock()
    const now = clock.now()
    await store.set('ban/d', encode({ reason: 'r', cause: 'flood', since: now, until: now + HOUR, times: 1 }))
    const { all, errors } = bans(store, clock)
    await all.load()
    expect(all.list().map(({ id }) => id)).toEqual(['d'])
    expect([await store.keys('ban/'), errors]).toEqual([['ban/d'], []])
  })

  it('hold in memory where the store fails, which is reported', async () => {
    const broken = memoryStore()
    broken.set = () => Promise.reject(new Error('disk full'))
    const { all, clock, errors } = bans(broken)
    all.add('lp1x', about)
    await clock.advance(0)
    expect(all.of('lp1x')).toBeDefined()
    expect(errors.map(({ code }) => code)).toEqual(['STORAGE_FAILED'])
  })

  it('are bounded; the one that ends first goes first', () => {
    const { all } = bans(memoryStore(), new VirtualClock(), { maxBans: 10 })
    all.add('long', { ...about, durationMs: 48 * HOUR })
    for (let i = 0; i < 100; i++) all.add(`id${i}`, about)
    expect(all.list()).toHaveLength(10)
    expect(all.of('long')).toBeDefined()
  })
})

describe('VerificationBudget', () => {
  const budget = (limits = {}) => {
    const clock = new VirtualClock()
    const cpu = { now: 0 }
    const work = (costMs: number) => async () => {
      cpu.now += costMs
      return true
    }
    return { clock, cpu, work, of: new VerificationBudget(clock, resolveLimits(limits), () => cpu.now) }
  }

  it('runs at once what comes from sources that gave no cause', async () => {
    const { of, work } = budget()
    let ran = 0
    void of.run('a', async () => ran++)
    expect(ran).toBe(1)
    await of.run('a', work(1_000))
    expect(of.stats).toEqual({ queued: 0, refused: 0, spentOnSuspectsMs: 0 })
  })

  it('spends no more than its share of a core on all suspects together, and nobody else waits for them', async () => {
    const { of, work, clock, cpu } = budget({ suspectVerifyMsPerS: 300 })
    for (let i = 0; i < 10; i++) of.suspect(`flooder${i}`)
    let done = 0
    for (let i = 0; i < 200; i++) void of.run(`flooder${i % 10}`, work(20)).then(() => done++)
    let honest = false
    void of.run('honest', async () => {
      honest = true
    })
    expect(honest).toBe(true)
    await clock.advance(10_000)
    expect(cpu.now).toBeGreaterThan(2_500)
    expect(cpu.now).toBeLessThan(3_200)
    expect(done).toBe(cpu.now / 20)
  })

  it('serves suspects in turn: one with much does not hold up one with little', async () => {
    const { of, work, clock } = budget()
    of.suspect('much')
    of.suspect('little')
    const order: string[] = []
    for (let i = 0; i < 50; i++) void of.run('much', work(10)).then(() => order.push('much'))
    void of.run('little', work(10)).then(() => order.push('little'))
    await clock.advance(2_000)
    expect(order.indexOf('little')).toBeLessThan(3)
  })

  it('refuses what is too much to wait, and forgives after a while', async () => {
    const { of, work, clock } = budget({ maxVerifyQueue: 5 })
    of.suspect('a')
    for (let i = 0; i < 30; i++) of.run('a', work(50)).catch(() => {})
    await expect(of.run('a', work(50))).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { limit: 'maxVerifyQueue' } })
    await clock.advance(MINUTE)
    expect(of.isSuspect('a')).toBe(false)
  })

  it('remembers a bounded number of sources, and leaves no timer when closed', async () => {
    const { of, work, clock } = budget()
    for (let i = 0; i < 10_000; i++) of.suspect(`s${i}`)
    const waiting = of.run('s9999', work(1_000)).then(() => of.run('s9999', work(1)))
    const failed = expect(waiting).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    await clock.advance(0)
    of.close({ code: 'RATE_LIMITED' } as P2PError)
    await failed
    expect(clock.pending).toBe(0)
  })
})

describe('HandshakeSlots', () => {
  const slots = (max: number) => {
    const all = new HandshakeSlots(max)
    const ended: string[] = []
    const enter = (source: string, name: string) => {
      const pending = { source, end: () => ended.push(name) }
      all.enter(pending)
      return pending
    }
    return { all, ended, enter }
  }

  it('are taken from who holds most of them, oldest first', () => {
    const { all, ended, enter } = slots(4)
    enter('honest', 'h')
    for (let i = 0; i < 10; i++) enter('flooder', `f${i}`)
    expect(ended).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6'])
    expect(all.size).toBe(4)
  })

  it('are taken from the silent before those whose handshake has begun', () => {
    const { all, ended, enter } = slots(3)
    all.began(enter('honest', 'honest'))
    for (let i = 0; i < 5; i++) enter(`flooder${i}`, `f${i}`)
    expect(ended).toEqual(['f0', 'f1', 'f2'])
    for (let i = 0; i < 3; i++) all.began(enter('x', `x${i}`))
    expect([ended.slice(3), all.size]).toEqual([['f3', 'f4', 'x0'], 3])
  })

  it('never leave a newcomer out, even where each has one', () => {
    const { all, ended, enter } = slots(3)
    for (const source of ['a', 'b', 'c', 'd']) enter(source, source)
    expect([ended, all.size]).toEqual([['a'], 3])
  })

  it('left are free', () => {
    const { all, ended, enter } = slots(1)
    const pending = enter('a', 'a')
    all.leave(pending)
    all.leave(pending)
    enter('b', 'b')
    expect([ended, all.size]).toEqual([[], 1])
  })
})

describe('ClockSkew', () => {
  const skew = () => {
    const told: P2PError[] = []
    return { told, of: new ClockSkew(resolveLimits(), (error) => told.push(error)) }
  }

  it('is silent on clocks within minutes', () => {
    const { of, told } = skew()
    for (const [i, ms] of [0, 50, -200_000, 290_000].entries()) of.measured(`p${i}`, ms)
    expect([told, of.medianMs]).toEqual([[], 50])
  })

  it('tells once of a peer whose clock is far off, and not who is wrong', () => {
    const { of, told } = skew()
    of.measured('p', 7 * MINUTE)
    of.measured('p', 7 * MINUTE + 5)
    expect(told.map(({ code, details }) => [code, details.skewMs])).toEqual([['CLOCK_SKEW', 7 * MINUTE]])
    expect(told[0]!.message).toMatch(/One of them is wrong/)
  })

  it('says that ours is wrong where three peers agree', () => {
    const { of, told } = skew()
    for (let i = 0; i < 3; i++) of.measured(`p${i}`, -10 * MINUTE - i)
    expect(told.at(-1)!.message).toMatch(/this device is 10 min ahead of those of 3 peers/)
  })
})
