import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { DistributedHashTable } from '../../src/plugins/dht/client/dht.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { quiet } from './network.js'

const alone = (limits = {}) => {
  const clock = new VirtualClock()
  return { clock, dht: new DistributedHashTable('alice', { clock, limits: resolveLimits(limits), logger: quiet }) }
}

describe('a DHT alone', () => {
  it('needs nothing but a peer id', async () => {
    const dht = new DistributedHashTable('alice')
    await dht.announce({ key: 'k', value: { amount: 5n } })
    expect(await dht.get('k')).toMatchObject({ key: 'k', value: { amount: 5n }, publisherId: 'alice', ttl: 3600 })
    dht.shutdown()
  })

  it('ends a record with its TTL, in seconds', async () => {
    const { dht, clock } = alone()
    await dht.announce({ key: 'k', value: 1, ttl: 60 })
    await clock.advance(59_999)
    expect(await dht.get('k')).not.toBeNull()
    await clock.advance(1)
    expect(await dht.get('k')).toBeNull()
    expect(dht.cleanup()).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('queries by prefix, filters and maxResults, newest first', async () => {
    const { dht, clock } = alone()
    for (let i = 0; i < 5; i++) {
      await dht.announce({ key: `offer-${i}`, value: { amount: BigInt(i), terms: { coin: i % 2 ? 'XPI' : 'XEC' } } })
      await clock.advance(1)
    }
    await dht.announce({ key: 'other-1', value: {} })
    const keys = async (options: object) => (await dht.query({ key: 'offer-*', ...options })).map(({ key }) => key)
    expect(await keys({})).toEqual(['offer-4', 'offer-3', 'offer-2', 'offer-1', 'offer-0'])
    expect(await keys({ maxResults: 2 })).toEqual(['offer-4', 'offer-3'])
    expect(await keys({ filters: { amount: { gt: 1, lte: 3n } } })).toEqual(['offer-3', 'offer-2'])
    expect(await keys({ filters: { 'terms.coin': 'XPI', amount: { ne: 1 } } })).toEqual(['offer-3'])
    expect(await keys({ filters: { 'terms.coin': { in: ['XEC'] } } })).toEqual(['offer-4', 'offer-2', 'offer-0'])
    expect(await keys({ filters: { 'terms.constructor': { ne: null } } })).toEqual([])
    expect(await keys({ publishedAfter: clock.now() - 2 })).toEqual(['offer-4'])
    expect((await dht.query({ key: 'offer-1' })).length).toBe(1)
    expect((await dht.query({ key: '*' })).length).toBe(6)
  })

  it('takes its records and watches along into another store', async () => {
    const { dht, clock } = alone()
    const seen: [string, string][] = []
    dht.watch('offer-*', ({ key }, change) => seen.push([key, change]))
    await dht.announce({ key: 'offer-1', value: 1 })
    const store = new RecordStore({ clock })
    dht.setStore(store)
    await dht.announce({ key: 'offer-2', value: 2 })
    expect([...store.scan('*')].map(({ key }) => key)).toEqual(['offer-1', 'offer-2'])
    expect(await dht.query({ key: 'offer-*' })).toHaveLength(2)
    expect(seen).toEqual([
      ['offer-1', 'added'],
      ['offer-2', 'added'],
    ])
  })

  it('keeps the publishers of one key apart', async () => {
    const { dht } = alone()
    await dht.announce({ key: 'k', value: 1, publisherId: 'bob' })
    await dht.announce({ key: 'k', value: 2, publisherId: 'carol' })
    expect((await dht.get('k', { publisherId: 'bob' }))?.value).toBe(1)
    expect((await dht.get('k'))?.value).toBe(2)
    expect(dht.getStats()).toMatchObject({ records: 2, publishers: 2, hits: 2, misses: 0 })
  })

  it('gives every reader a value of its own', async () => {
    const { dht } = alone()
    await dht.announce({ key: 'k', value: { list: [1] } })
    ;(await dht.get<{ list: number[] }>('k'))?.value.list.push(2)
    expect((await dht.get('k'))?.value).toEqual({ list: [1] })
  })

  it('withdraws', async () => {
    const { dht } = alone()
    await dht.announce({ key: 'k', value: 1 })
    await dht.withdraw('k')
    expect(await dht.get('k')).toBeNull()
    await dht.announce({ key: 'k', value: 2 })
    expect((await dht.get('k'))?.value).toBe(2)
  })

  it('tells a watcher what is there, what comes, changes and goes', async () => {
    const { dht, clock } = alone()
    const heard: unknown[] = []
    await dht.announce({ key: 'a-1', value: 1, ttl: 10 })
    const stop = dht.watch('a-*', ({ key, value }, change) => heard.push([change, key, value]))
    expect(heard).toEqual([])
    await clock.advance(0)
    await dht.announce({ key: 'a-2', value: 1 })
    await dht.announce({ key: 'a-2', value: 2 })
    await dht.announce({ key: 'b-1', value: 1 })
    await dht.withdraw('a-2')
    await clock.advance(10_000)
    expect(heard).toEqual([
      ['added', 'a-1', 1],
      ['added', 'a-2', 1],
      ['updated', 'a-2', 2],
      ['removed', 'a-2', 2],
      ['removed', 'a-1', 1],
    ])
    stop()
    await dht.announce({ key: 'a-3', value: 1 })
    expect(heard).toHaveLength(5)
    expect(clock.pending).toBe(0)
  })

  it('survives a listener that throws, and says so', async () => {
    const errors: string[] = []
    const dht = new DistributedHashTable('alice', { onError: ({ code }) => errors.push(code) })
    const heard: string[] = []
    dht.watch('*', () => {
      throw new Error('mine')
    })
    dht.watch('*', ({ key }) => heard.push(key))
    await Promise.resolve()
    await dht.announce({ key: 'k', value: 1 })
    expect([errors, heard]).toEqual([['LISTENER_FAILED'], ['k']])
    dht.shutdown()
  })

  it.each([
    ['an empty key', { key: '' }, 'INVALID_RECORD'],
    ['a key with a wildcard', { key: 'a*' }, 'INVALID_RECORD'],
    ['half a character', { key: 'a\ud800' }, 'INVALID_RECORD'],
    ['an over-long key', { key: 'k'.repeat(513) }, 'INVALID_RECORD'],
    ['ttl 0', { ttl: 0 }, 'INVALID_RECORD'],
    ['a negative ttl', { ttl: -1 }, 'INVALID_RECORD'],
    ['ttl NaN', { ttl: Number.NaN }, 'INVALID_RECORD'],
    ['a ttl above the cap', { ttl: 172_801 }, 'INVALID_RECORD'],
    ['a publishedAt long ago', { publishedAt: 1 }, 'INVALID_RECORD'],
    ['a publishedAt far ahead', { publishedAt: 1_700_001_000_000 }, 'INVALID_RECORD'],
    ['no value', { value: undefined }, 'UNSERIALIZABLE_PAYLOAD'],
    ['a function', { value: () => {} }, 'UNSERIALIZABLE_PAYLOAD'],
    ['a value that is too large', { value: new Uint8Array(16_385) }, 'MESSAGE_TOO_LARGE'],
  ])('refuses %s', async (_, bad, code) => {
    const { dht } = alone()
    await expect(dht.announce({ key: 'k', value: 1, ...bad })).rejects.toMatchObject({ code })
    expect(dht.getStats()).toMatchObject({ records: 0, refused: { [code]: 1 } })
  })

  it('refuses queries and watches it cannot understand', async () => {
    const { dht } = alone()
    await expect(dht.query({ key: '' })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    await expect(dht.query({ key: 'a', maxResults: 0 })).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    await expect(dht.query({ key: 'a', filters: { x: (() => 1) as never } })).rejects.toMatchObject({
      code: 'INVALID_RECORD',
    })
    await expect(dht.get('a*')).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    expect(() => dht.watch('', () => {})).toThrow(expect.objectContaining({ code: 'INVALID_RECORD' }))
  })

  it('does nothing more after its shutdown', async () => {
    const { dht, clock } = alone()
    await dht.announce({ key: 'k', value: 1 })
    dht.watch('*', () => {})
    dht.shutdown()
    dht.shutdown()
    expect(clock.pending).toBe(0)
    await expect(dht.announce({ key: 'k', value: 1 })).rejects.toMatchObject({ code: 'SHUT_DOWN' })
  })
})
