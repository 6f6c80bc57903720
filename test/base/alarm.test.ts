import { describe, expect, it } from 'vitest'
import { Alarm } from '../../src/base/alarm.js'
import type { Clock } from '../../src/base/clock.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

function setUp(clock = new VirtualClock()) {
  const start = clock.now()
  const rung: number[] = []
  return { clock, rung, alarm: new Alarm(clock, () => rung.push(clock.now() - start)) }
}

describe('Alarm', () => {
  it('rings once, after its time', async () => {
    const { clock, rung, alarm } = setUp()
    alarm.arm(500)
    expect(alarm.isArmed).toBe(true)
    await clock.advance(10_000)
    expect([rung, alarm.isArmed, clock.pending]).toEqual([[500], false, 0])
  })

  it('rings at the newest time only, earlier or later than the one before', async () => {
    const { clock, rung, alarm } = setUp()
    alarm.arm(500)
    alarm.arm(200)
    await clock.advance(1_000)
    alarm.arm(500)
    alarm.arm(700)
    await clock.advance(1_000)
    expect(rung).toEqual([200, 1_700])
  })

  it('does not ring once it is put out, and leaves no timer', () => {
    const { clock, alarm } = setUp()
    alarm.arm(500)
    alarm.disarm()
    alarm.disarm()
    expect([alarm.isArmed, clock.pending]).toEqual([false, 0])
  })

  it('keeps its time where it is to be armed once', async () => {
    const { clock, rung, alarm } = setUp()
    alarm.armOnce(500)
    alarm.armOnce(100)
    await clock.advance(1_000)
    alarm.armOnce(100)
    await clock.advance(1_000)
    expect(rung).toEqual([500, 1_100])
  })

  it('may be armed again while it rings', async () => {
    const clock = new VirtualClock()
    let count = 0
    const alarm: Alarm = new Alarm(clock, () => {
      if (++count < 3) alarm.arm(100)
    })
    alarm.arm(100)
    await clock.advance(1_000)
    expect([count, clock.pending]).toEqual([3, 0])
  })

  it('rings at once for a time that is over, and never for Infinity', async () => {
    const { clock, rung, alarm } = setUp()
    alarm.arm(-5)
    await clock.advance(0)
    expect(rung).toEqual([0])
    alarm.arm(1_000)
    alarm.arm(Number.POSITIVE_INFINITY)
    expect([alarm.isArmed, clock.pending]).toEqual([false, 0])
  })

  it('waits longer than a timer of the platform can', async () => {
    const delays: number[] = []
    const clock = new VirtualClock()
    const platform: Clock = {
      now: () => clock.now(),
      setTimeout: (callback, delayMs) => {
        delays.push(delayMs)
        return clock.setTimeout(callback, delayMs)
      },
      clearTimeout: (timer) => clock.clearTimeout(timer),
    }
    let rungAt: number | undefined
    const start = clock.now()
    const year = 365 * 86_400_000
    new Alarm(platform, () => {
      rungAt = clock.now() - start
    }).arm(year)
    await clock.advance(year - 1)
    expect(rungAt).toBeUndefined()
    await clock.advance(1)
    expect(rungAt).toBe(year)
    for (const delay of delays) expect(delay).toBeLessThan(2 ** 31)
  })
})
