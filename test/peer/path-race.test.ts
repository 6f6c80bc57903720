import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { type DialPath, PathRace } from '../../src/peer/dial/path-race.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const path = (name: string, dial: () => Promise<string>): DialPath => ({ name, dial })
const none = async () => {}

describe('a race of paths', () => {
  it('goes on where the peer at one of them is shutting down', async () => {
    const clock = new VirtualClock()
    const race = new PathRace('bob', clock, resolveLimits({}))
    const closing = new P2PError('SHUT_DOWN', 'Closing.', { details: { byPeer: true } })
    const given = [path('relay', () => Promise.reject(closing)), path('other', async () => 'bob')]
    expect(await clock.run(race.run(new AbortController().signal, given, none))).toBe('bob')
  })

  it('looks for further paths while the given ones hang', async () => {
    const clock = new VirtualClock()
    const race = new PathRace('bob', clock, resolveLimits({}))
    const hanging = path('stale', () => new Promise(() => {}))
    const look = async () => race.add(path('circuit', async () => 'bob'))
    const before = clock.now()
    expect(await clock.run(race.run(new AbortController().signal, [hanging], look), 15_000)).toBe('bob')
    expect([clock.now() - before, clock.pending]).toEqual([3_000, 0])
  })

  it('does not look for further paths where a given one connects within its time', async () => {
    const clock = new VirtualClock()
    const race = new PathRace('bob', clock, resolveLimits({}))
    const slow = path('slow', () => new Promise((resolve) => clock.setTimeout(() => resolve('bob'), 2_500)))
    let asked = 0
    const look = async () => void asked++
    expect(await clock.run(race.run(new AbortController().signal, [slow], look))).toBe('bob')
    await clock.advance(10_000)
    expect([asked, clock.pending]).toEqual([0, 0])
  })

  it('ends where we are', async () => {
    const clock = new VirtualClock()
    const race = new PathRace('bob', clock, resolveLimits({}))
    const given = [path('relay', () => Promise.reject(new P2PError('SHUT_DOWN', 'Closing.'))), path('other', async () => 'bob')]
    const outcome = clock.run(race.run(new AbortController().signal, given, none).catch(({ code }) => code))
    expect([await outcome, clock.pending]).toEqual(['SHUT_DOWN', 0])
  })
})
