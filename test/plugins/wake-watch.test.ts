import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { WakeWatch } from '../../src/plugins/page/wake-watch.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const { wakeCheckMs } = DEFAULT_LIMITS

/** An EventTarget that knows how many listeners it has. */
class Target extends EventTarget {
  count = 0
  override addEventListener(...args: Parameters<EventTarget['addEventListener']>) {
    this.count++
    super.addEventListener(...args)
  }
  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>) {
    this.count--
    super.removeEventListener(...args)
  }
  tell(name: string, facts: object = {}) {
    this.dispatchEvent(Object.assign(new Event(name), facts))
  }
}

function watched() {
  const clock = new VirtualClock()
  const told: string[] = []
  const watch = new WakeWatch({
    clock,
    onWake: (reason) => told.push(reason),
    onOffline: () => told.push('offline!'),
    onOnline: () => told.push('online!'),
  })
  return { clock, told, watch }
}

afterEach(() => vi.unstubAllGlobals())

describe('WakeWatch in a browser', () => {
  let page: Target
  let document: Target & { visibilityState?: string }
  let connection: Target
  let navigator: { onLine: boolean; connection: Target }

  beforeEach(() => {
    page = new Target()
    document = new Target()
    connection = new Target()
    navigator = { onLine: true, connection }
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    vi.stubGlobal('document', document)
    vi.stubGlobal('navigator', navigator)
  })

  const events: [reason: string, tell: () => void][] = [
    [
      'visible',
      () => {
        document.visibilityState = 'visible'
        document.tell('visibilitychange')
      },
    ],
    ['pageshow', () => page.tell('pageshow', { persisted: true })],
    ['resume', () => document.tell('resume')],
    ['network-change', () => connection.tell('change')],
  ]

  it.each(events)('tells %s', (reason, tell) => {
    const { told, watch } = watched()
    watch.start()
    tell()
    watch.stop()
    expect(told).toEqual([reason])
  })

  it('tells that the network went and returned, and wakes on its return', () => {
    const { told, watch } = watched()
    watch.start()
    page.tell('offline')
    page.tell('online')
    watch.stop()
    expect(told).toEqual(['offline!', 'online!', 'online'])
  })

  it('says nothing of a page that is hidden, or shown for the first time', () => {
    const { told, watch } = watched()
    watch.start()
    document.visibilityState = 'hidden'
    document.tell('visibilitychange')
    page.tell('pageshow', { persisted: false })
    watch.stop()
    expect(told).toEqual([])
  })

  it('tells several events within half a second once, and the next ones again', async () => {
    const { clock, told, watch } = watched()
    watch.start()
    for (const [, tell] of events) tell()
    await clock.advance(499)
    page.tell('online')
    expect(told).toEqual(['visible', 'online!'])
    await clock.advance(1)
    document.tell('resume')
    expect(told).toEqual(['visible', 'online!', 'resume'])
    watch.stop()
  })

  it('does not take the once-a-minute timers of a hidden tab for sleep', async () => {
    const { clock, told, watch } = watched()
    document.visibilityState = 'hidden'
    watch.start()
    for (let i = 0; i < 10; i++) {
      clock.sleep(60_000)
      await clock.advance(1)
    }
    expect(told).toEqual([])
    clock.sleep(600_000)
    await clock.advance(1)
    expect(told).toEqual(['late-timer'])
    watch.stop()
  })

  it('is not silenced by a clock that was set back', async () => {
    const { clock, told, watch } = watched()
    watch.start()
    document.tell('resume')
    clock.setDate(clock.now() - 3_600_000)
    await clock.advance(500)
    document.tell('resume')
    expect(told).toEqual(['resume', 'resume'])
    watch.stop()
  })

  it('leaves no listener and no timer when it stops, tells nothing then, and can start again', async () => {
    const { clock, told, watch } = watched()
    const counts = () => [page.count, document.count, connection.count, clock.pending]
    expect(counts()).toEqual([0, 0, 0, 0])
    watch.start()
    watch.start()
    expect(counts()).toEqual([3, 2, 1, 1])
    watch.stop()
    watch.stop()
    expect(counts()).toEqual([0, 0, 0, 0])
    for (const [, tell] of events) tell()
    clock.sleep(3_600_000)
    await clock.advance(60_000)
    expect(told).toEqual([])
    watch.start()
    document.tell('resume')
    expect(told).toEqual(['resume'])
    watch.stop()
  })

  it('may be stopped by what it tells', async () => {
    const clock = new VirtualClock()
    const told: string[] = []
    const watch = new WakeWatch({
      clock,
      onWake: (reason) => {
        told.push(reason)
        watch.stop()
      },
      onOnline: () => watch.stop(),
    })
    watch.start()
    page.tell('online')
    watch.start()
    clock.sleep(60_000)
    await clock.advance(60_000)
    expect(told).toEqual(['late-timer'])
    expect([clock.pending, page.count]).toEqual([0, 0])
  })
})

describe('WakeWatch anywhere', () => {
  it('tells that the machine slept when its timer is more than three periods late', async () => {
    const { clock, told, watch } = watched()
    watch.start()
    clock.sleep(4 * wakeCheckMs)
    await clock.advance(1)
    expect(told).toEqual([])
    clock.sleep(4 * wakeCheckMs + 1)
    await clock.advance(1)
    expect(told).toEqual(['late-timer'])
    watch.stop()
  })

  it('tells each sleep once, and nothing while time passes as it should', async () => {
    const { clock, told, watch } = watched()
    watch.start()
    await clock.advance(3_600_000)
    expect(told).toEqual([])
    for (let i = 0; i < 3; i++) {
      clock.sleep(3_600_000)
      await clock.advance(60_000)
    }
    expect(told).toEqual(['late-timer', 'late-timer', 'late-timer'])
    watch.stop()
    expect(clock.pending).toBe(0)
  })

  it('looks as often as limits.wakeCheckMs says', async () => {
    const clock = new VirtualClock()
    const told: string[] = []
    const watch = new WakeWatch({ clock, limits: { wakeCheckMs: 100 }, onWake: (reason) => told.push(reason) })
    watch.start()
    clock.sleep(500)
    await clock.advance(1)
    expect(told).toEqual(['late-timer'])
    watch.stop()
  })

  it('finds no events in Node, and does not mind', () => {
    vi.stubGlobal('navigator', undefined)
    const { clock, watch } = watched()
    watch.start()
    watch.stop()
    expect(clock.pending).toBe(0)
  })

  it('never holds a process: its timer is unreferenced', () => {
    const timers: { unref: () => void }[] = []
    const unref = vi.fn()
    const clock = {
      now: () => 0,
      setTimeout: () => {
        timers.push({ unref })
        return timers.at(-1)
      },
      clearTimeout: () => {},
    }
    const watch = new WakeWatch({ clock, onWake: () => {} })
    watch.start()
    expect([timers.length, unref.mock.calls.length]).toEqual([1, 1])
    watch.stop()
  })
})
