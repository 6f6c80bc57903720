import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { createPeer, FakeHost, signedWire, type TestPeer } from './network.js'
import { plainValues } from './plain-values.js'

const START = 1_700_000_000_000
const content = { key: 'k', value: 'true', sequence: 1, publishedAt: START, ttl: 60 }

/** A server that answers as it likes: with a payload, or never. */
function hostileServer(clock: VirtualClock, answer: (message: P2PMessage) => unknown, peerId = 'hostile'): FakeHost {
  const host = new FakeHost(peerId, clock)
  host.register({
    protocolName: 'lotus/dht',
    handleMessage: async (message) => {
      const payload = answer(message)
      if (payload !== undefined) await host.reply(message, { type: 'records', payload })
    },
  })
  return host
}

function reader(...hosts: FakeHost[]): { clock: VirtualClock; bob: TestPeer } {
  const clock = (hosts[0]?.clock ?? new VirtualClock()) as VirtualClock
  const bob = createPeer(clock, 3)
  for (const host of hosts) bob.host.connect(host)
  return { clock, bob }
}

describe('a hostile server', () => {
  const answers: [string, () => Promise<unknown[]>, boolean][] = [
    [
      'a changed value',
      async () => [[(await signedWire(2, content))[0], encode({ ...content, value: 'lie' }), (await signedWire(2, content))[2]]],
      true,
    ],
    ['a record of another key', async () => [await signedWire(2, { ...content, key: 'other' })], false],
    ['an expired record', async () => [await signedWire(2, { ...content, publishedAt: START - 60_000 })], false],
    ['a record from the future', async () => [await signedWire(2, { ...content, publishedAt: START + 400_000 })], false],
    ['an oversized record', async () => [await signedWire(2, { ...content, value: 'x'.repeat(30_000) })], false],
    ['things that are no records', async () => [1, null, 'x', [], [1, 2, 3]], true],
    ['too many records', async () => Array.from({ length: 257 }, () => 0), false],
  ]
  it.each(answers)('that answers with %s never reaches the reader', async (_, records, dishonest) => {
    const clock = new VirtualClock(START)
    const found = await records()
    const hostile = hostileServer(clock, () => ({ records: found }))
    const relay = createPeer(clock, 1, { server: true })
    const alice = createPeer(clock, 2)
    alice.host.connect(relay.host)
    const { bob } = reader(hostile, relay.host)
    expect(await clock.run(bob.dht.query({ key: 'k' }))).toEqual([])
    await alice.dht.announce({ key: 'k', value: 'true' })
    expect((await clock.run(bob.dht.get('k')))?.value).toBe('true')
    expect(bob.host.rejected.length > 0).toBe(dishonest)
  })

  it('that answers with what is stale is overruled by the newer sequence', async () => {
    const clock = new VirtualClock(START)
    const stale = await signedWire(2, { ...content, value: 'old' })
    const fresh = await signedWire(2, { ...content, value: 'new', sequence: 2 })
    const { bob } = reader(
      hostileServer(clock, () => ({ records: [stale] }), 'stale'),
      hostileServer(clock, () => ({ records: [fresh] }), 'fresh'),
    )
    expect((await clock.run(bob.dht.get('k')))?.value).toBe('new')
  })

  it('that answers with what does not match the filters is not believed', async () => {
    const clock = new VirtualClock(START)
    const record = await signedWire(2, content)
    const { bob } = reader(hostileServer(clock, () => ({ records: [record] })))
    expect(await clock.run(bob.dht.query({ key: 'k*', filters: { x: 1 } }))).toEqual([])
    expect(await clock.run(bob.dht.get('k', { publisherId: 'somebody' }))).toBeNull()
  })

  it('that never answers costs the grace period beside one that does, and its deadline alone', async () => {
    const clock = new VirtualClock(START)
    const record = await signedWire(2, content)
    const silent = hostileServer(clock, () => undefined)
    const { bob } = reader(
      silent,
      hostileServer(clock, () => ({ records: [record] }), 'honest'),
    )
    expect((await clock.run(bob.dht.get('k')))?.value).toBe('true')
    expect(clock.now() - START).toBe(500)
    const { bob: alone } = reader(silent)
    const before = clock.now()
    await expect(clock.run(alone.dht.get('k'))).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(clock.now() - before).toBe(5_000)
    await expect(clock.run(alone.dht.announce({ key: 'k', value: 1 }))).rejects.toMatchObject({ code: 'NOT_STORED' })
  })

  it('that always has one more page is left after so many', async () => {
    const clock = new VirtualClock(START)
    let pages = 0
    const { bob } = reader(hostileServer(clock, () => ({ records: [], more: true, after: [`k${pages++}`, ''] })))
    expect(await clock.run(bob.dht.query({ key: 'k*' }))).toEqual([])
    expect(pages).toBeLessThanOrEqual(64)
  })

  it('cannot make us count up: a newer record of ours needs our signature', async () => {
    const clock = new VirtualClock(START)
    const foreign = await signedWire(2, { ...content, sequence: Number.MAX_SAFE_INTEGER })
    const { bob } = reader(hostileServer(clock, () => ({ stored: false, code: 'STALE_RECORD', message: 'x', record: foreign })))
    await expect(clock.run(bob.dht.announce({ key: 'k', value: 1 }))).rejects.toMatchObject({ code: 'NOT_STORED' })
    await clock.run(bob.dht.announce({ key: 'k', value: 1 })).catch(() => {})
    expect((await bob.dht.get('k', { publisherId: bob.host.peerId }))?.sequence).toBeLessThan(START + 1000)
  })

  it('that pushes what nobody asked for, or forged it, is not listened to', async () => {
    const clock = new VirtualClock(START)
    const hostile = hostileServer(clock, () => ({ records: [] }))
    const stranger = new FakeHost('stranger', clock)
    const { bob } = reader(hostile, stranger)
    const heard: unknown[] = []
    bob.dht.watch('k*', ({ value }) => heard.push(value))
    await clock.advance(0)
    const good = await signedWire(2, content)
    const push = (host: FakeHost, payload: unknown) =>
      host.sendTo(bob.host.peerId, { type: 'record', protocol: 'lotus/dht-watch', payload })
    await push(stranger, { record: good })
    await push(hostile, { record: await signedWire(2, { ...content, key: 'x' }) })
    await push(hostile, { record: [good[0], encode({ ...content, value: 'lie' }), good[2]] })
    await push(hostile, 7)
    await clock.advance(0)
    expect(heard).toEqual([])
    expect(bob.host.rejected.map(({ peerId }) => peerId)).toEqual(['hostile', 'hostile'])
    await push(hostile, { record: good })
    await clock.advance(0)
    expect(heard).toEqual(['true'])
  })

  it('with any answer whatever makes a reader throw nothing but a P2PError', async () => {
    const clock = new VirtualClock(START)
    let answer: unknown
    const { bob } = reader(hostileServer(clock, () => answer))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(plainValues(), fc.record({ records: fc.array(plainValues()), more: plainValues() })),
        async (payload) => {
          answer = payload
          const calls = [
            () => bob.dht.get('k'),
            () => bob.dht.query({ key: 'k*' }),
            () => bob.dht.announce({ key: 'k', value: 1 }),
          ]
          for (const call of calls) {
            await clock.run<unknown>(call()).catch((error) => expect(error.name).toBe('P2PError'))
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('a hostile client', () => {
  function served(limits = {}) {
    const clock = new VirtualClock(START)
    const relay = createPeer(clock, 1, { server: true, limits })
    const attacker = new FakeHost('attacker', clock)
    attacker.connect(relay.host)
    const ask = (type: string, payload: unknown) =>
      attacker.request<Record<string, unknown>>(relay.host.peerId, { type, protocol: 'lotus/dht', payload }, { timeoutMs: 1000 })
    return { clock, relay, ask }
  }

  it('is told why its record is refused, and one that forges is disconnected', async () => {
    const { clock, relay, ask } = served()
    const code = async (record: unknown) => (await clock.run(ask('store', { record }))).payload.code
    expect(await code(await signedWire(2, { ...content, publishedAt: START - 60_000 }))).toBe('INVALID_RECORD')
    expect(await code(await signedWire(2, { ...content, value: 'x'.repeat(30_000) }))).toBe('INVALID_RECORD')
    expect(relay.host.rejected).toEqual([])
    const good = await signedWire(2, content)
    expect(await code([good[0], good[1], new Uint8Array(64)])).toBe('INVALID_SIGNATURE')
    expect(await code('nonsense')).toBe('MALFORMED_DATA')
    expect(await code(await signedWire(2, { ...content, key: '' }))).toBe('MALFORMED_DATA')
    expect(relay.host.rejected).toHaveLength(3)
    expect(relay.server?.getStats().refused).toMatchObject({ INVALID_RECORD: 2, INVALID_SIGNATURE: 1, MALFORMED_DATA: 2 })
    expect(relay.dht.getStats().records).toBe(0)
  })

  it('that replays an old record is shown the newer one, and the withdrawal stands', async () => {
    const { clock, relay, ask } = served()
    const old = await signedWire(2, content)
    const gone = await signedWire(2, { key: 'k', sequence: 2, publishedAt: START, ttl: 60, withdrawn: true })
    await clock.run(ask('store', { record: old }))
    await clock.run(ask('store', { record: gone }))
    const { payload } = await clock.run(ask('store', { record: old }))
    expect(payload).toMatchObject({ stored: false, code: 'STALE_RECORD', record: gone })
    expect(await relay.dht.get('k')).toBeNull()
  })

  it('may not hold watches without end', async () => {
    const { clock, relay, ask } = served({ maxWatchesPerPeer: 2 })
    await clock.run(ask('watch', { key: 'a*' }))
    await clock.run(ask('watch', { key: 'a*' }))
    await clock.run(ask('watch', { key: 'b' }))
    await expect(clock.run(ask('watch', { key: 'c' }))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(relay.server?.getStats().watches).toBe(2)
  })

  it('gets answers of bounded size', async () => {
    const { clock, ask } = served({ maxAnswerBytes: 5_000, maxRecordsPerAnswer: 4 })
    for (let i = 0; i < 8; i++) {
      await clock.run(ask('store', { record: await signedWire(2, { ...content, key: `k${i}`, value: 'x'.repeat(2_000) }) }))
    }
    const { payload } = await clock.run(ask('find-record', { key: 'k*', max: 1_000_000 }))
    expect(payload.records).toHaveLength(2)
    expect(payload).toMatchObject({ more: true, after: ['k1', expect.any(String)] })
  })

  it('is refused whatever it asks that is no request, and answered where it asks after a key', async () => {
    const { clock, ask } = served({ maxWatchesPerPeer: 1_000 })
    const payload = fc.oneof(plainValues(), fc.record({ key: fc.oneof(fc.string(), plainValues()) }))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('store', 'find-node', 'find-record', 'watch', 'x'), payload, async (type, payload) => {
        // Members that a request does not have are left out: any object with a text as its key is a question, and its key may be one.
        const isQuestion =
          ['find-record', 'watch'].includes(type) && typeof (payload as { key?: unknown } | null)?.key === 'string'
        await clock.run(ask(type, payload)).then(
          ({ payload }) => expect(isQuestion ? payload.records : payload.stored).toEqual(isQuestion ? [] : false),
          (error) => expect(['MALFORMED_DATA', 'INVALID_RECORD', 'INVALID_MESSAGE']).toContain(error.code),
        )
      }),
      // fast-check draws "key" as the name of a member in one of 4,000 runs of a hundred values, the first time with seed 3662.
      {
        numRuns: 500,
        examples: [
          ['find-record', { key: '' }],
          ['find-record', { key: 'k' }],
          ['watch', { key: 'k' }],
        ],
      },
    )
  })
})
