import { describe, expect, it } from 'vitest'
import { SharedDials } from '../../src/peer/dial/shared-dials.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

describe('dials that several wait for', () => {
  it('one that everybody has given up is not joined, however long it takes to end', async () => {
    const clock = new VirtualClock()
    const dials = new SharedDials(clock, () => {})
    const opened: string[] = []
    // Notices its signal late, as where a signer or a store is asked first.
    const open = (name: string) => (signal: AbortSignal) => {
      opened.push(name)
      return new Promise<string>((resolve, reject) => {
        clock.setTimeout(() => (signal.aborted ? reject(signal.reason) : resolve(name)), 1_000)
      })
    }
    const leaving = new AbortController()
    const first = dials.join('a', { signal: leaving.signal }, open('first')).catch(({ code }) => code)
    await clock.advance(100)
    leaving.abort()
    expect(await clock.run(first)).toBe('ABORTED')
    const second = dials.join('a', {}, open('second'))
    const third = dials.join('a', {}, open('third'))
    expect(await clock.run(Promise.all([second, third]))).toEqual(['second', 'second'])
    expect([opened, dials.count, clock.pending]).toEqual([['first', 'second'], 0, 0])
  })
})
