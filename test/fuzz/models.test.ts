import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentKeys } from '../../src/base/bounded-map.js'
import { isP2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { RateBuckets } from '../../src/base/rate-buckets.js'
import type { QueuedOutcome } from '../../src/core/queue.js'
import type { P2PMessage } from '../../src/message/message.js'
import { Watchers } from '../../src/plugins/dht/node/watchers.js'
import { Outbox } from '../../src/plugins/outbox/outbox.js'
import { Interest } from '../../src/plugins/topics/interest.js'
import { TopicHistory } from '../../src/plugins/topics/topic-history.js'
import type { VerifiedTopicMessage } from '../../src/plugins/topics/topic-messages.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { runs } from './target.js'

const peer = fc.constantFrom('p', 'q', 'r')
const topic = fc.constantFrom('a', 'b', 'c', 'd')

describe('Interest, against a table of who wants what how far away', () => {
  const limits = resolveLimits({ maxTopicHops: 4, maxTopicsPerPeer: 2, maxTopicsPerRouter: 3, maxTopics: 3 })
  const step = fc.oneof(
    fc.record({ what: fc.constant('add' as const), peer, topic, distance: fc.nat(6), router: fc.boolean() }),
    fc.record({ what: fc.constant('remove' as const), peer, topic }),
    fc.record({ what: fc.constant('own' as const), peer, topic }),
    fc.record({ what: fc.constant('disown' as const), peer, topic }),
    fc.record({ what: fc.constant('gone' as const), peer }),
  )

  it('tells each neighbour the nearest subscriber that is not behind it, and keeps within its limits', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const table = new Map<string, { peer: string; topic: string; distance: number }>()
        const interest = new Interest(limits, (topic, peer) => {
          // Only where there is no room for another topic, and of a topic that nobody else wants.
          expect(new Set([...table.values()].map((row) => row.topic)).size).toBe(limits.maxTopics)
          expect([...table.values()].filter((row) => row.topic === topic).length).toBe(1)
          expect(table.delete(`${peer} ${topic}`)).toBe(true)
        })
        const own = new Map<string, number>()
        for (const each of steps) {
          if (each.what === 'gone') {
            interest.removePeer(each.peer)
            for (const [key, row] of table) if (row.peer === each.peer) table.delete(key)
            continue
          }
          const key = `${each.peer} ${each.topic}`
          if (each.what === 'own') {
            interest.addOwn(each.topic, 1)
            own.set(each.topic, (own.get(each.topic) ?? 0) + 1)
          } else if (each.what === 'disown') {
            interest.addOwn(each.topic, -1)
            own.set(each.topic, Math.max(0, (own.get(each.topic) ?? 0) - 1))
          } else if (each.what === 'remove') {
            interest.remove(each.peer, each.topic)
            table.delete(key)
          } else {
            try {
              interest.add(each.peer, each.topic, each.distance, each.router)
              if (each.distance > limits.maxTopicHops) table.delete(key)
              else table.set(key, each)
            } catch (error) {
              expect(isP2PError(error, 'LIMIT_EXCEEDED')).toBe(true)
            }
          }
          const rows = [...table.values()]
          expect(interest.topics).toBe(new Set(rows.map((row) => row.topic)).size)
          expect(interest.topics).toBeLessThanOrEqual(limits.maxTopics)
          for (const name of ['a', 'b', 'c', 'd']) {
            expect([...interest.peersOf(name)].sort()).toEqual(
              rows
                .filter((row) => row.topic === name)
                .map((row) => row.peer)
                .sort(),
            )
            for (const asker of ['p', 'q', 'r']) {
              const others = rows.filter((row) => row.topic === name && row.peer !== asker).map(({ distance }) => distance)
              const nearest = Math.min(...others)
              const expected = (own.get(name) ?? 0) > 0 ? 0 : nearest < limits.maxTopicHops ? nearest + 1 : undefined
              expect(interest.distanceFor(asker, name)).toBe(expected)
            }
          }
        }
      }),
      runs(100),
    )
  })
})

describe('Watchers, against a list of who watches what', () => {
  const pattern = fc.constantFrom('*', 'a*', 'ab*', 'ab', 'abc', 'b*', 'b')
  const step = fc.oneof(
    fc.record({ what: fc.constantFrom('add' as const, 'delete' as const), peer, pattern }),
    fc.record({ what: fc.constant('gone' as const), peer, pattern }),
  )

  it('finds exactly those who watch a key, each once, and keeps within its limits', () => {
    const limits = resolveLimits({ maxWatches: 6, maxWatchesPerPeer: 3 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const list = new Set<string>()
        // Where there is no room, the oldest watch of the peer that has most makes it.
        const watchers = new Watchers(limits, (peer) => {
          expect(list.size).toBe(limits.maxWatches)
          list.delete([...list].find((each) => each.startsWith(`${peer} `))!)
        })
        for (const { what, peer, pattern } of steps) {
          if (what === 'gone') {
            watchers.deletePeer(peer)
            for (const each of list) if (each.startsWith(`${peer} `)) list.delete(each)
          } else if (what === 'delete') {
            watchers.delete(peer, pattern)
            list.delete(`${peer} ${pattern}`)
          } else {
            try {
              watchers.add(peer, pattern)
              list.add(`${peer} ${pattern}`)
            } catch (error) {
              expect(isP2PError(error, 'LIMIT_EXCEEDED')).toBe(true)
            }
          }
          expect(watchers.count).toBe(list.size)
          expect(list.size).toBeLessThanOrEqual(limits.maxWatches)
          for (const key of ['', 'a', 'ab', 'abc', 'abcd', 'b', 'ba', 'c']) {
            const watching = [...list].filter((each) => {
              const [, watched = ''] = each.split(' ')
              return watched.endsWith('*') ? key.startsWith(watched.slice(0, -1)) : key === watched
            })
            expect([...watchers.of(key)].sort()).toEqual([...new Set(watching.map((each) => each.split(' ')[0]!))].sort())
          }
        }
      }),
      runs(80),
    )
  })
})

describe('what topics remember', () => {
  it('a window of ids knows exactly the last ones', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 100, size: 'max' }), fc.integer({ min: 1, max: 8 }), (ids, size) => {
        const window = new RecentKeys(size)
        let known: number[] = []
        for (const id of ids) {
          expect(window.add(String(id))).toBe(!known.includes(id))
          if (!known.includes(id)) known = [...known, id].slice(-size)
          expect(window.size).toBe(known.length)
          const remembered = Array.from({ length: 21 }, (_, other) => other).filter((other) => window.has(String(other)))
          expect(remembered).toEqual([...known].sort((a, b) => a - b))
        }
      }),
      runs(60),
    )
  })

  it('a history gives the last of each topic, none that is too old, and holds no more bytes than it may', async () => {
    const limits = resolveLimits({ topicHistory: 3, topicHistoryMs: 1_000, maxTopicHistoryBytes: 4_000 })
    const step = fc.tuple(topic, fc.nat(900), fc.nat(600))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const clock = new VirtualClock()
        const history = new TopicHistory(clock, limits)
        const added: { topic: string; id: string; at: number }[] = []
        for (const [i, [name, size, wait]] of steps.entries()) {
          await clock.advance(wait)
          added.push({ topic: name, id: String(i), at: clock.now() })
          history.add({ topic: name, id: String(i), bytes: new Uint8Array(size) } as VerifiedTopicMessage)
          expect(history.bytes).toBeLessThanOrEqual(limits.maxTopicHistoryBytes)
          for (const each of ['a', 'b', 'c', 'd']) {
            const live = added.filter(({ topic, at }) => topic === each && at + limits.topicHistoryMs > clock.now()).slice(-3)
            const given = history.last(each, 3).map(({ id }) => id)
            // The oldest of all may have gone for want of room; none out of order, none that should not be.
            expect(live.map(({ id }) => id).slice(live.length - given.length)).toEqual(given)
          }
        }
      }),
      runs(150),
    )
  })

  it('a bucket never gives more than its burst and its rate, and says truly when there is more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 60, size: 'max' }), async (waits) => {
        const clock = new VirtualClock()
        const buckets = new RateBuckets(clock, 10, 5)
        const began = clock.now()
        let taken = 0
        for (const wait of waits) {
          await clock.advance(wait)
          const retryAfterMs = buckets.take('x')
          if (retryAfterMs === 0) taken++
          else if (wait % 2 === 0) {
            await clock.advance(retryAfterMs)
            expect(buckets.take('x')).toBe(0)
            taken++
          }
          expect(taken).toBeLessThanOrEqual(5 + ((clock.now() - began) * 10) / 1_000 + 1e-6)
        }
      }),
      runs(100),
    )
  })
})

describe('Outbox, over a connection that comes, goes, fills and forgets', () => {
  const limits = resolveLimits({ maxOutboxMessages: 12, maxOutboxBytes: 4_000 })
  const step = fc.oneof(
    {
      arbitrary: fc.record({ what: fc.constant('add' as const), peer, ttlS: fc.constantFrom(1, 5, 60), bytes: fc.nat(700) }),
      weight: 6,
    },
    { arbitrary: fc.record({ what: fc.constant('up' as const), peer }), weight: 2 },
    { arbitrary: fc.record({ what: fc.constant('down' as const), peer }), weight: 1 },
    { arbitrary: fc.record({ what: fc.constant('deliver' as const), peer, count: fc.integer({ min: 1, max: 4 }) }), weight: 4 },
    { arbitrary: fc.record({ what: fc.constant('room' as const), peer, count: fc.nat(3) }), weight: 2 },
    { arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.nat(6_000) }), weight: 3 },
  )

  /** A connection with so much room, which a large message fills before a small one, and which acknowledges when told. */
  class Link {
    up = false
    room = 1
    readonly underWay: { id: string; bytes: number; onSettled: (delivered: boolean) => void }[] = []
    waiting: (() => void)[] = []

    get bytes(): number {
      return this.underWay.reduce((sum, { bytes }) => sum + bytes, 0)
    }

    moved(): void {
      for (const go of this.waiting.splice(0)) go()
    }
  }

  it('ends each message once, delivers in order, never what has expired, and counts what it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const clock = new VirtualClock()
        const links = new Map(['p', 'q', 'r'].map((name) => [name, new Link()]))
        const told: Record<string, QueuedOutcome[]> = {}
        const arrived: Record<string, string[]> = { p: [], q: [], r: [] }
        const expected = new Map<string, { peer: string; until: number; outcome: Promise<QueuedOutcome> }>()
        const outbox = new Outbox({
          clock,
          limits,
          send: (peerId, { messageId, payload }, onSettled) => {
            const link = links.get(peerId)!
            const bytes = (payload as Uint8Array).length
            if (!link.up || link.bytes + bytes > link.room * 400) throw Object.assign(new Error(), { code: 'BUFFER_FULL' })
            link.underWay.push({ id: messageId, bytes, onSettled })
            return Promise.resolve()
          },
          repeatMs: () => 0,
          takeBack: (peerId, onSettled) => {
            const { underWay, up } = links.get(peerId)!
            const at = up ? -1 : underWay.findIndex((each) => each.onSettled === onSettled)
            if (at !== -1) underWay.splice(at, 1)
            return at !== -1
          },
          progress: (peerId) => {
            const link = links.get(peerId)!
            return link.up && link.underWay.length > 0 ? new Promise((resolve) => link.waiting.push(resolve)) : undefined
          },
          want: () => {},
          onOutcome: ({ messageId }, outcome) => {
            told[messageId] = [...(told[messageId] ?? []), outcome]
          },
        })
        let next = 0
        for (const each of steps) {
          if (each.what === 'wait') await clock.advance(each.ms)
          else if (each.what === 'add') {
            const message: P2PMessage = {
              type: 't',
              from: 'me',
              payload: new Uint8Array(each.bytes),
              timestamp: 1,
              messageId: String(next++),
            }
            try {
              const { outcome } = await outbox.add(each.peer, message, each.ttlS)
              expected.set(message.messageId, { peer: each.peer, until: clock.now() + each.ttlS * 1_000, outcome })
            } catch (error) {
              expect(isP2PError(error, 'OUTBOX_FULL')).toBe(true)
            }
          } else {
            const link = links.get(each.peer)!
            if (each.what === 'up') {
              link.up = true
              outbox.flushTo(each.peer)
            } else if (each.what === 'down') {
              link.up = false
              link.moved()
            } else if (each.what === 'room') {
              link.room = each.count
              link.moved()
            } else if (link.up) {
              for (const { id, onSettled } of link.underWay.splice(0, each.count)) {
                arrived[each.peer]!.push(id)
                onSettled(true)
              }
              link.moved()
            }
          }
          await clock.advance(0)
          const open = [...expected.keys()].filter((id) => told[id] === undefined)
          expect(outbox.stats.messages).toBe(open.length)
          expect(outbox.stats.messages).toBeLessThanOrEqual(limits.maxOutboxMessages)
          expect(outbox.stats.bytes).toBeLessThanOrEqual(limits.maxOutboxBytes)
        }
        outbox.close()
        for (const [id, { peer, outcome }] of expected) {
          expect(told[id]).toEqual([await outcome])
          expect(arrived[peer]!.includes(id)).toBe((await outcome) === 'delivered')
        }
        for (const ids of Object.values(arrived)) expect(ids).toEqual([...ids].sort((a, b) => Number(a) - Number(b)))
        expect([outbox.stats, clock.pending]).toEqual([{ messages: 0, bytes: 0 }, 0])
      }),
      runs(150),
    )
  })
})
