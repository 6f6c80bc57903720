import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { platformInterval, platformTimer } from '../src/base/clock.js'

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => [name, readFileSync(join('src', name), 'utf8')] as const)

it('no key is exported as JWK: in Node 20 that call deadlocks the process when a garbage collection falls into it', () => {
  expect(sources.length).toBeGreaterThan(50)
  for (const [name, text] of sources) expect(text, name).not.toMatch(/\.export\(\{ format: 'jwk'/)
})

it('timers are made in one place, which knows that the platform fires one beyond 2^31 ms at once', () => {
  const made = sources.filter(([, text]) => /(?<![.\w])set(Timeout|Interval)\((?!callback: )|AbortSignal\.timeout\(/.test(text))
  // That of tests yields to the platform between the steps of its own time.
  expect(made.map(([name]) => name).sort()).toEqual(['base/clock.ts', 'testing/virtual-clock.ts'])
})

it.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])(
  'a timer of the platform, and one that repeats, wait where they are given %d ms',
  (delayMs) => {
    vi.useFakeTimers()
    const fired = vi.fn()
    platformTimer(fired, delayMs)
    platformInterval(fired, delayMs)
    vi.advanceTimersByTime(86_400_000)
    expect(fired).not.toHaveBeenCalled()
    vi.useRealTimers()
  },
)
