import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { JoinedSignal, withDeadline } from '../../src/base/wait.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

describe('JoinedSignal', () => {
  it.each([0, 1])('fires with each of its signals, and its reason: %i', (which) => {
    const ends = [new AbortController(), new AbortController()]
    const joined = new JoinedSignal(...ends.map(({ signal }) => signal))
    const child = joined.child()
    expect([joined.signal.aborted, child.aborted]).toEqual([false, false])
    ends[which]!.abort('why')
    expect([joined.signal.reason, child.reason]).toEqual(['why', 'why'])
    expect(ends.map(({ signal }) => listeners(signal))).toEqual([0, 0])
  })

  it('has fired already where one of its signals has', () => {
    const { signal } = new AbortController()
    const joined = new JoinedSignal(signal, undefined, AbortSignal.abort('before'))
    expect([joined.signal.reason, joined.child().reason, listeners(signal)]).toEqual(['before', 'before', 0])
  })

  it('fires by itself, its children with it', () => {
    const { signal } = new AbortController()
    const joined = new JoinedSignal(signal)
    const child = joined.child()
    joined.abort('enough')
    expect([joined.signal.reason, child.reason, joined.child().reason]).toEqual(['enough', 'enough', 'enough'])
    expect(listeners(signal)).toBe(0)
  })

  it('fires with nothing after it was released', () => {
    const end = new AbortController()
    const joined = new JoinedSignal(end.signal)
    joined.release()
    end.abort()
    expect(joined.signal.aborted).toBe(false)
  })

  it('leaves no listener at a signal of the application, and has one at most, however many operations there are', () => {
    const { signal } = new AbortController()
    for (let i = 0; i < 100; i++) {
      const joined = new JoinedSignal(signal, new AbortController().signal)
      for (let j = 0; j < 20; j++) joined.child()
      expect(listeners(signal)).toBe(1)
      joined.release()
    }
    expect(listeners(signal)).toBe(0)
  })
})

describe('withDeadline', () => {
  it('leaves no listener and no timer, whether the task is done, fails, runs out of time or is cancelled', async () => {
    const clock = new VirtualClock()
    const { signal } = new AbortController()
    for (let i = 0; i < 20; i++) {
      await withDeadline(clock, 'It', { signal, timeoutMs: 1_000 }, async () => {})
      await withDeadline(clock, 'It', { signal, timeoutMs: 1_000 }, () => Promise.reject(new Error('no'))).catch(() => {})
      const late = withDeadline(clock, 'It', { signal, timeoutMs: 10 }, () => new Promise(() => {}))
      const caught = expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
      await clock.advance(10)
      await caught
    }
    expect([listeners(signal), clock.pending]).toEqual([0, 0])
    const end = new AbortController()
    const cancelled = withDeadline(clock, 'It', { signal: end.signal, timeoutMs: 10 }, () => new Promise(() => {}))
    end.abort('why')
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED', cause: 'why' })
    expect([listeners(end.signal), clock.pending]).toEqual([0, 0])
  })
})
