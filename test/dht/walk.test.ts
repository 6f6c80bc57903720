import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { compareDistance } from '../../src/plugins/dht/records/key-space.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { type WalkOptions, walk } from '../../src/plugins/dht/walk/walk.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { told } from './told.js'

const code = (code: string) => expect.objectContaining({ code })

const target = new Uint8Array(32).fill(77)
const nodes = Array.from({ length: 300 }, (_, n) => {
  const key = new Uint8Array(32)
  key.set([n & 255, n >> 8, 1])
  return contactOf(key, told(`wss://n${n}.example`), 'lotus')
})
const sorted = (contacts: Contact[]) => [...contacts].sort((a, b) => compareDistance(target, a.id, b.id))
const nearest = (contacts: Contact[], count: number) => sorted(contacts).slice(0, count)
/** What each node knows: some by lot, and its own neighbours. */
const known = new Map(
  nodes.map((node, n) => [
    node,
    [
      ...nodes.filter((_, m) => (n * 7 + m * 13) % 17 === 0),
      ...[...nodes].sort((a, b) => compareDistance(node.id, a.id, b.id)).slice(1, 11),
    ],
  ]),
)

function world(options: Partial<WalkOptions> & { delayMs?: (contact: Contact) => number } = {}) {
  const clock = new VirtualClock()
  const { delayMs = () => 50, ...rest } = options
  const asked: Contact[] = []
  let underWay = 0
  let most = 0
  const controller = new AbortController()
  const run = () =>
    walk({
      clock,
      target,
      seeds: nearest(nodes.slice(100, 110), 10),
      count: 10,
      concurrency: 3,
      paths: 1,
      slowAfterMs: () => 200,
      isEnough: () => false,
      signal: controller.signal,
      async ask(contact, signal) {
        asked.push(contact)
        most = Math.max(most, ++underWay)
        await new Promise<void>((resolve) => {
          const timer = clock.setTimeout(resolve, delayMs(contact))
          signal.addEventListener('abort', () => {
            clock.clearTimeout(timer)
            resolve()
          })
        })
        underWay--
        return nearest(known.get(contact)!, 10)
      },
      ...rest,
    })
  return { clock, run, asked, controller, most: () => most }
}

describe('a walk', () => {
  it.each([1, 3])('finds the nearest of all nodes (%i paths)', async (paths) => {
    const { clock, run, asked } = world({ paths })
    const { closest, hops, steps } = await clock.run(run())
    expect(closest).toEqual(nearest(nodes, 10))
    expect(new Set(asked).size).toBe(asked.length)
    expect(hops).toBeGreaterThan(1)
    expect(steps).toHaveLength(asked.length)
    expect(asked.length).toBeLessThan(40)
  })

  it('asks as many at once as it may, and no more', async () => {
    const { clock, run, most } = world()
    await clock.run(run())
    expect(most()).toBe(3)
  })

  it('goes on beside one that is slow, and still takes its answer', async () => {
    const slow = nearest(nodes.slice(100, 110), 1)[0]!
    const { clock, run } = world({ concurrency: 1, delayMs: (contact) => (contact === slow ? 5_000 : 50) })
    const startedAt = clock.now()
    const { closest, steps } = await clock.run(run())
    expect(closest).toEqual(nearest(nodes, 10))
    expect(steps.filter(({ startedMs }) => startedMs < 5_000).length).toBeGreaterThan(10)
    expect(clock.now() - startedAt).toBe(5_000)
  })

  it('shares no node between its paths', async () => {
    const { clock, run } = world({ paths: 3 })
    const { steps } = await clock.run(run())
    expect(new Set(steps.map(({ path }) => path))).toEqual(new Set([0, 1, 2]))
    expect(new Set(steps.map(({ peerId }) => peerId)).size).toBe(steps.length)
  })

  it('is led astray by one liar on one path, and not on three', async () => {
    const phantom = (n: number) => contactOf(new Uint8Array(32).fill(n), told(`wss://phantom${n}.example`), 'lotus')
    const phantoms = sorted(Array.from({ length: 200 }, (_, n) => phantom(n))).slice(0, 10)
    const liar = nearest(nodes.slice(100, 110), 1)[0]!
    const found = async (paths: number) => {
      const { clock, run } = world({
        paths,
        count: 6,
        seeds: [liar, ...nearest(nodes.slice(120, 122), 2)],
        concurrency: paths,
        async ask(contact) {
          await new Promise((resolve) => clock.setTimeout(resolve as () => void, 50))
          if (phantoms.some(({ peerId }) => peerId === contact.peerId)) return phantoms
          return contact === liar ? phantoms : nearest(known.get(contact)!, 10)
        },
      })
      const { closest } = await clock.run(run())
      return closest.filter((contact) => nodes.includes(contact)).length
    }
    expect(await found(3)).toBeGreaterThan(await found(1))
  })

  it('goes on beyond liars that name each other, on each path, until as many have answered as are wanted', async () => {
    const liars = sorted(nodes).slice(20, 29)
    const seeds = sorted([...liars, ...sorted(nodes).slice(150, 153)])
    const ask = async (contact: Contact) => nearest(liars.includes(contact) ? liars : known.get(contact)!, 10)
    for (const thorough of [false, true]) {
      const { clock, run } = world({ seeds, paths: 3, ask, thorough })
      const { closest, steps } = await clock.run(run())
      expect(closest).toEqual(nearest(nodes, 10))
      // Where the paths share the work, one that is done asks nobody twice for it.
      expect(steps.length).toBeLessThan(thorough ? 60 : 35)
    }
  })

  it('passes over nodes that fail, and says why in its trace', async () => {
    const dead = new Set(nearest(nodes, 4))
    const { clock, run } = world({
      async ask(contact) {
        if (dead.has(contact)) throw new P2PError('TIMEOUT', 'nothing came')
        return nearest(known.get(contact)!, 10)
      },
    })
    const { closest, steps } = await clock.run(run())
    expect(closest).toEqual(
      nearest(
        nodes.filter((node) => !dead.has(node)),
        10,
      ),
    )
    expect(steps.filter(({ error }) => error === 'TIMEOUT')).toHaveLength(4)
  })

  it('ends as soon as what has come is enough, and gives up what is under way', async () => {
    let answers = 0
    const { clock, run, asked } = world({ isEnough: () => ++answers === 2 })
    await clock.run(run())
    expect(asked.length).toBeLessThan(8)
    expect(clock.pending).toBe(0)
  })

  it('ends without anybody to ask, and with nodes that name each other in circles', async () => {
    const empty = world({ seeds: [] })
    expect((await empty.clock.run(empty.run())).closest).toEqual([])
    const circle = nodes.slice(0, 5)
    const { clock, run } = world({ seeds: circle.slice(0, 1), ask: async () => sorted(circle) })
    expect((await clock.run(run())).closest).toEqual(sorted(circle))
  })

  it('tells how it went where its signal ends it because it has enough, and leaves no timer', async () => {
    let isEnough = false
    const { clock, run, controller } = world({ isEnough: () => isEnough })
    const walking = run()
    await clock.advance(120)
    isEnough = true
    controller.abort()
    const { closest, hops, steps } = await clock.run(walking)
    expect(closest.length).toBeGreaterThan(2)
    expect(hops).toBe(steps.filter(({ tookMs }) => tookMs !== undefined).at(-1)!.hop)
    expect(clock.pending).toBe(0)
  })

  it('is cancelled by its signal, and leaves no timer', async () => {
    const { clock, run, controller } = world()
    const running = run()
    await clock.advance(60)
    controller.abort()
    await expect(running).rejects.toEqual(code('ABORTED'))
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    await expect(world({ signal: AbortSignal.abort() }).run()).rejects.toEqual(code('ABORTED'))
  })
})
