import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { encode } from '../../src/message/codec.js'
import type { RecordEntry, VerifiedRecord } from '../../src/plugins/dht/records/record.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { type RecordChange, RecordWatches } from '../../src/plugins/dht/records/record-watches.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { recordEntry, START } from './record-entry.js'

const entry = (key: string, more: Partial<RecordEntry> = {}) => recordEntry(key, 'a', { payload: encode({ value: 1 }), ...more })

/** Watches over an own store and one server, from which records come as the test says. */
function watching(limits = {}) {
  const clock = new VirtualClock(START)
  const resolved = resolveLimits(limits)
  const local = new RecordStore({ clock, limits: resolved })
  const errors: unknown[] = []
  const server = {
    patterns: [] as string[],
    tell: (_: VerifiedRecord) => {},
    watch(pattern: string, onRecord: (entry: VerifiedRecord) => void) {
      server.patterns.push(pattern)
      server.tell = onRecord
      return () => {
        server.patterns = server.patterns.filter((watched) => watched !== pattern)
      }
    },
  }
  const watches = new RecordWatches(clock, resolved, local, (error) => errors.push(error))
  watches.addSource(server)
  const watch = (pattern: string) => {
    const told: [RecordChange, string, number][] = []
    const stop = watches.watch(pattern, ({ key, sequence }, change) => told.push([change, key, sequence]))
    return { told, stop }
  }
  return { clock, local, server, watches, watch, errors }
}

const microtasks = () => new Promise<void>((resolve) => queueMicrotask(resolve))

describe('a watch', () => {
  it('is told first what is there, and only once its caller has the way to stop it', async () => {
    const { local, watch } = watching()
    local.put(entry('offer:1'))
    local.put(entry('offer:2', { withdrawn: true }))
    local.put(entry('other:1'))
    const { told } = watch('offer:*')
    expect(told).toEqual([])
    await microtasks()
    expect(told).toEqual([['added', 'offer:1', 1]])
  })

  it('that is stopped at once is told nothing', async () => {
    const { local, watch, server } = watching()
    local.put(entry('offer:1'))
    const { told, stop } = watch('offer:*')
    stop()
    await microtasks()
    server.tell(entry('offer:2'))
    expect([told, server.patterns]).toEqual([[], []])
  })

  it('is told each change once, whether the own store or a server is heard first, or both', async () => {
    const { local, server, watch } = watching()
    const { told } = watch('offer:*')
    await microtasks()
    server.tell(entry('offer:1'))
    local.put(entry('offer:1'))
    server.tell(entry('offer:1'))
    local.put(entry('offer:1', { sequence: 2 }))
    server.tell(entry('offer:1', { sequence: 2 }))
    expect(told).toEqual([
      ['added', 'offer:1', 1],
      ['updated', 'offer:1', 2],
    ])
  })

  it('is not told what is older than what it knows', async () => {
    const { server, watch } = watching()
    const { told } = watch('offer:1')
    await microtasks()
    server.tell(entry('offer:1', { sequence: 5 }))
    server.tell(entry('offer:1', { sequence: 4 }))
    expect(told).toEqual([['added', 'offer:1', 5]])
  })

  it('is told of a withdrawal, and of a record that comes back', async () => {
    const { server, watch } = watching()
    const { told } = watch('offer:1')
    await microtasks()
    server.tell(entry('offer:1'))
    server.tell(entry('offer:1', { sequence: 2, withdrawn: true }))
    server.tell(entry('offer:1', { sequence: 3 }))
    expect(told.map(([change]) => change)).toEqual(['added', 'removed', 'added'])
  })

  it('is told nothing of what lies beside its pattern', async () => {
    const { local, server, watch } = watching()
    const { told } = watch('offer:1')
    await microtasks()
    local.put(entry('offer:10'))
    server.tell(entry('offer:1'))
    expect(told).toEqual([['added', 'offer:1', 1]])
  })

  it('hears nothing beyond what a view may hold', async () => {
    const { server, watch } = watching({ maxWatchedRecords: 2 })
    const { told } = watch('offer:*')
    await microtasks()
    for (const n of [1, 2, 3]) server.tell(entry(`offer:${n}`, { publisher: `p${n}` }))
    expect(told.filter(([change]) => change === 'added').length - told.filter(([change]) => change === 'removed').length).toBe(2)
  })
})

describe('the end of a record', () => {
  it('is told when its time is over, by one timer for whichever ends next', async () => {
    const { clock, server, watch } = watching()
    const { told } = watch('offer:*')
    await microtasks()
    server.tell(entry('offer:late', { expiresAt: START + 60_000 }))
    server.tell(entry('offer:soon', { expiresAt: START + 10_000 }))
    expect(clock.pending).toBe(1)
    told.splice(0)
    await clock.advance(9_999)
    expect(told).toEqual([])
    await clock.advance(2)
    expect(told).toEqual([['removed', 'offer:soon', 1]])
    expect(clock.pending).toBe(1)
    await clock.advance(50_000)
    expect(told.at(-1)).toEqual(['removed', 'offer:late', 1])
    expect(clock.pending).toBe(0)
  })

  it('is put off by a later version', async () => {
    const { clock, server, watch } = watching()
    const { told } = watch('offer:1')
    await microtasks()
    server.tell(entry('offer:1', { expiresAt: START + 10_000 }))
    server.tell(entry('offer:1', { sequence: 2, expiresAt: START + 30_000 }))
    await clock.advance(20_000)
    expect(told.map(([change]) => change)).toEqual(['added', 'updated'])
    await clock.advance(10_001)
    expect(told.at(-1)![0]).toBe('removed')
  })
})

describe('several watches', () => {
  it('of one record are each told, and one that ends takes nothing from the other', async () => {
    const { server, watch, watches } = watching()
    const [one, all] = [watch('offer:1'), watch('offer:*')]
    await microtasks()
    server.tell(entry('offer:1'))
    expect([one.told.length, all.told.length, watches.count]).toEqual([1, 1, 2])
    one.stop()
    one.stop()
    server.tell(entry('offer:1', { sequence: 2 }))
    expect([one.told.length, all.told.length, watches.count]).toEqual([1, 2, 1])
  })

  it('that fail harm no other, and are reported', async () => {
    const { server, watch, watches, errors } = watching()
    const failure = new Error('the application')
    watches.watch('offer:*', () => {
      throw failure
    })
    const { told } = watch('offer:*')
    await microtasks()
    server.tell(entry('offer:1'))
    expect([told.length, errors]).toEqual([1, [failure]])
  })

  it('leave neither timer nor listener once the last has ended', async () => {
    const { clock, local, server, watch } = watching()
    const { told, stop } = watch('offer:*')
    await microtasks()
    server.tell(entry('offer:1'))
    expect([clock.pending, server.patterns]).toEqual([1, ['offer:*']])
    stop()
    local.put(entry('offer:2'))
    expect([clock.pending, server.patterns, told.length]).toEqual([0, [], 1])
  })

  it('that begin after all have ended know nothing of before', async () => {
    const { server, watch } = watching()
    const first = watch('offer:*')
    await microtasks()
    server.tell(entry('offer:1'))
    first.stop()
    const second = watch('offer:*')
    await microtasks()
    expect(second.told).toEqual([])
  })
})
