import { describe, expect, it } from 'vitest'
import { FairTurns, type Work } from '../../src/defence/fair-turns.js'

/** Work of so many steps of a unit each; `log` has who was served. */
function* steps(count: number, peer: string, log: string[]): Work<string> {
  for (let i = 0; i < count; i++) {
    log.push(peer)
    yield 1
  }
  return peer
}

describe('long work', () => {
  it('that is short is done at once', () => {
    const log: string[] = []
    void new FairTurns({ sliceUnits: 10 }).run('a', steps(9, 'a', log))
    expect(log).toHaveLength(9)
  })

  it('gives way after one slice, in each turn of one peer only, of each in turn', async () => {
    const log: string[] = []
    const turns: string[][] = []
    const fair = new FairTurns({
      sliceUnits: 10,
      turn: () => Promise.resolve().then(() => void turns.push(log.splice(0))),
    })
    const jobs = ['evil', 'evil', 'evil', 'honest'].map((peer) => fair.run(peer, steps(30, peer, log)))
    // What comes first runs one slice at once; the second job of a peer waits behind the first.
    expect(log.filter((peer) => peer === 'evil')).toHaveLength(10)
    expect(log.filter((peer) => peer === 'honest')).toHaveLength(10)
    log.splice(0)
    expect(await Promise.all(jobs)).toEqual(['evil', 'evil', 'evil', 'honest'])
    for (const served of turns) {
      expect(served.length).toBeLessThanOrEqual(10)
      expect(new Set(served).size).toBeLessThanOrEqual(1)
    }
    const order = turns.filter(({ length }) => length > 0).map(([peer]) => peer)
    expect(order.slice(0, 4)).toEqual(['evil', 'honest', 'evil', 'honest'])
  })

  it('that is short, and asked for again and again in one turn, waits as well, and whoever asks little does not', async () => {
    const log: string[] = []
    let go = () => {}
    const turn = () =>
      new Promise<void>((resolve) => {
        const before = go
        go = () => {
          before()
          resolve()
        }
      })
    const fair = new FairTurns({ sliceUnits: 10, turn })
    const next = async () => {
      const begin = go
      go = () => {}
      begin()
      await new Promise(setImmediate)
    }
    const jobs = Array.from({ length: 100 }, () => fair.run('evil', steps(5, 'evil', log)))
    expect(log).toHaveLength(80)
    jobs.push(fair.run('honest', steps(5, 'honest', log)))
    expect(log.slice(80)).toEqual(Array(5).fill('honest'))
    expect(fair.waitingOf('evil')).toBe(84)
    for (let turns = 1; fair.waitingOf('evil') > 0; turns++) {
      await next()
      expect(log.length).toBeLessThanOrEqual(85 + 5 * turns)
    }
    await Promise.all(jobs)
    // A turn later it may again.
    await next()
    void fair.run('evil', steps(5, 'again', log))
    expect(log.slice(-5)).toEqual(Array(5).fill('again'))
  })

  it('is charged to the peer for whom it is done', async () => {
    const charged = new Map<string, number>()
    let now = 0
    const fair = new FairTurns({
      sliceUnits: 10,
      turn: async () => {},
      cpuNow: () => now,
      charge: (peer, ms) => void charged.set(peer, (charged.get(peer) ?? 0) + ms),
    })
    function* costly(ms: number): Work<void> {
      for (let i = 0; i < 100; i++) {
        now += ms
        yield 1
      }
    }
    await Promise.all([fair.run('evil', costly(5)), fair.run('honest', costly(1))])
    // The first slice of each is part of the handling of its message, and charged with that.
    expect(Object.fromEntries(charged)).toEqual({ evil: 450, honest: 90 })
  })

  it('ends with the peer, and leaves nothing', async () => {
    const fair = new FairTurns({ sliceUnits: 10, turn: () => new Promise(() => {}) })
    const jobs = [1, 2, 3].map(() => fair.run('gone', steps(100, 'gone', [])))
    expect(fair.waitingOf('gone')).toBe(3)
    fair.forget('gone')
    for (const job of jobs) await expect(job).rejects.toMatchObject({ code: 'PEER_NOT_CONNECTED' })
    expect(fair.waitingOf('gone')).toBe(0)
  })

  it('that fails, fails alone', async () => {
    const fair = new FairTurns({ sliceUnits: 1, turn: async () => {} })
    function* failing(): Work<void> {
      yield 1
      throw new Error('no')
    }
    const jobs = [fair.run('a', failing()), fair.run('a', steps(5, 'a', []))]
    await expect(jobs[0]).rejects.toThrow('no')
    await expect(jobs[1]).resolves.toBe('a')
  })

  it('of one peer waits in bounded number', async () => {
    const fair = new FairTurns({ sliceUnits: 1, turn: () => new Promise(() => {}) })
    const jobs = Array.from({ length: 1_100 }, () => fair.run('a', steps(5, 'a', [])))
    const refused = jobs.slice(1_024)
    for (const job of refused) await expect(job).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    fair.forget('a')
    await Promise.allSettled(jobs)
  })
})
