import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { createPeer, seeded, type TestPeer } from './network.js'

const get = async (clock: VirtualClock, peer: TestPeer, key: string) => (await clock.run(peer.dht.get(key)))?.value ?? null

function network(options: Parameters<typeof createPeer>[2] = {}) {
  const clock = new VirtualClock()
  const relay = createPeer(clock, 1, { server: true, ...options })
  const alice = createPeer(clock, 2)
  const bob = createPeer(clock, 3)
  alice.host.connect(relay.host)
  bob.host.connect(relay.host)
  return { clock, relay, alice, bob }
}

describe('a DHT with connected servers', () => {
  it('finds what another peer announced', async () => {
    const { clock, relay, alice, bob } = network()
    expect(await alice.dht.announce({ key: 'k', value: { a: 1n } })).toEqual({ servers: [relay.host.peerId], refused: [] })
    expect(await bob.dht.get('k')).toMatchObject({
      value: { a: 1n },
      publisherId: alice.host.peerId,
      publisherKey: seeded(2).publicKey,
    })
    expect(await clock.run(bob.dht.query({ key: 'k*' }))).toHaveLength(1)
    expect(await bob.dht.get('none')).toBeNull()
    expect(clock.pending).toBe(1)
    for (const { dht } of [relay, alice, bob]) dht.shutdown()
    expect(clock.pending).toBe(0)
  })

  it('answers from its own store at once where no server is connected', async () => {
    const alice = createPeer(new VirtualClock(), 2)
    expect(await alice.dht.announce({ key: 'k', value: 1 })).toEqual({ servers: [], refused: [] })
    expect((await alice.dht.get('k'))?.value).toBe(1)
    expect(await alice.dht.query({ key: 'k*' })).toHaveLength(1)
    await expect(alice.dht.query({ key: 'x*' })).rejects.toMatchObject({ code: 'NO_RELAY' })
  })

  it('stores at a server that connects later, and again after a reconnect, once each', async () => {
    const { clock, relay, alice, bob } = network()
    alice.host.disconnect(relay.host)
    await alice.dht.announce({ key: 'k', value: 1 })
    expect(await get(clock, bob, 'k')).toBeNull()
    alice.host.connect(relay.host)
    await clock.advance(0)
    expect(await get(clock, bob, 'k')).toBe(1)
    expect(relay.host.received.filter(({ type }) => type === 'store')).toHaveLength(1)
    const restarted = createPeer(clock, 1, { server: true })
    alice.host.disconnect(relay.host)
    alice.host.connect(restarted.host)
    await clock.advance(0)
    expect((await restarted.dht.get('k'))?.value).toBe(1)
  })

  it('publishes anew before the TTL ends, with one timer, until it is withdrawn', async () => {
    const { clock, alice, bob } = network()
    for (let i = 0; i < 20; i++) await alice.dht.announce({ key: `k${i}`, value: i, ttl: 60 })
    await clock.advance(0)
    expect(clock.pending).toBe(1)
    await clock.advance(600_000)
    expect(await get(clock, bob, 'k7')).toBe(7)
    await alice.dht.withdraw('k7')
    expect(await get(clock, bob, 'k7')).toBeNull()
    await clock.advance(600_000)
    expect(await get(clock, bob, 'k7')).toBeNull()
    expect(await get(clock, bob, 'k8')).toBe(8)
    alice.dht.shutdown()
    await clock.advance(60_000)
    expect(await get(clock, bob, 'k8')).toBeNull()
  })

  it('lets a one-shot announcement end with its TTL', async () => {
    const { clock, alice, bob } = network()
    await alice.dht.announce({ key: 'k', value: 1, ttl: 60, republish: false })
    await clock.advance(59_000)
    expect(await get(clock, bob, 'k')).toBe(1)
    await clock.advance(1_000)
    expect(await get(clock, bob, 'k')).toBeNull()
    expect(await get(clock, alice, 'k')).toBeNull()
    expect(alice.dht.getStats().announcements).toBe(0)
  })

  it('publishes again what expired while the machine slept', async () => {
    const { clock, alice, bob } = network()
    await alice.dht.announce({ key: 'k', value: 1, ttl: 60 })
    clock.sleep(3_600_000)
    expect(await get(clock, bob, 'k')).toBeNull()
    await clock.advance(0)
    expect(await get(clock, bob, 'k')).toBe(1)
  })

  it('merges servers: the newest sequence wins, and a withdrawal over what a server has not heard of', async () => {
    const { clock, relay, alice, bob } = network()
    const other = createPeer(clock, 4, { server: true })
    alice.host.connect(other.host)
    bob.host.connect(other.host)
    await clock.run(alice.dht.announce({ key: 'k', value: 1 }))
    alice.host.disconnect(relay.host)
    await clock.advance(1)
    await clock.run(alice.dht.announce({ key: 'k', value: 2 }))
    expect(await get(clock, bob, 'k')).toBe(2)
    await clock.run(alice.dht.withdraw('k'))
    expect(await get(clock, bob, 'k')).toBeNull()
    expect(await clock.run(bob.dht.query({ key: 'k*' }))).toEqual([])
    alice.host.connect(relay.host)
    await clock.advance(0)
    expect(await relay.dht.get('k', { publisherId: alice.host.peerId })).toBeNull()
  })

  it('signs above its own newer record after the clock went back', async () => {
    const { relay, alice } = network()
    await alice.dht.announce({ key: 'k', value: 'old' })
    const past = createPeer(new VirtualClock(1_700_000_000_000 - 60_000), 2)
    past.host.connect(relay.host)
    expect((await past.dht.announce({ key: 'k', value: 'new' })).servers).toEqual([relay.host.peerId])
    expect((await relay.dht.get('k'))?.value).toBe('new')
  })

  it('withdraws what an earlier session announced', async () => {
    const { clock, relay, alice, bob } = network()
    await alice.dht.announce({ key: 'k', value: 1 })
    alice.dht.shutdown()
    alice.host.disconnect(relay.host)
    await clock.advance(1)
    const again = createPeer(clock, 2)
    again.host.connect(relay.host)
    await again.dht.withdraw('k')
    expect(await get(clock, bob, 'k')).toBeNull()
  })

  it('fails with NOT_STORED and the causes where all servers refuse, and offers the record again', async () => {
    const { clock, alice, relay } = network({ limits: { maxRecordsPerPublisher: 1 } })
    await alice.dht.announce({ key: 'a', value: 1, ttl: 60, republish: false })
    await expect(alice.dht.announce({ key: 'b', value: 1, ttl: 3600 })).rejects.toMatchObject({
      code: 'NOT_STORED',
      details: { refused: [{ peerId: relay.host.peerId, code: 'LIMIT_EXCEEDED' }] },
    })
    // At half of its life, and a quarter more at the latest.
    await clock.advance(2_250_000)
    expect((await relay.dht.get('b'))?.value).toBe(1)
  })

  it('keeps what each key says under a name, whichever came first, and finds all of it', async () => {
    const clock = new VirtualClock()
    const relay = createPeer(clock, 1, { server: true })
    const alice = createPeer(clock, 2, { name: 'alice' })
    const thief = createPeer(clock, 3, { name: 'alice' })
    thief.host.connect(relay.host)
    await clock.run(thief.dht.announce({ key: 'k', value: 'in the way' }))
    await clock.advance(1)
    // The relay of this network knows its peers by their names.
    thief.host.disconnect(relay.host)
    alice.host.connect(relay.host)
    await clock.run(alice.dht.announce({ key: 'k', value: 1 }))
    const reader = createPeer(clock, 4)
    reader.host.connect(relay.host)
    const found = async () => (await clock.run(reader.dht.query({ key: 'k' }))).map(({ value }) => value)
    expect(await found()).toEqual([1, 'in the way'])
    expect((await clock.run(relay.dht.get('k', { publisherId: 'alice' })))?.value).toBe(1)
    // Who has met the owner sees the owner's alone.
    await reader.names.claim('alice', seeded(2).publicKey)
    expect(await found()).toEqual([1])
  })

  it('refuses to announce for another', async () => {
    const { alice } = network()
    await expect(alice.dht.announce({ key: 'k', value: 1, publisherId: 'bob' })).rejects.toMatchObject({ code: 'FOREIGN_SENDER' })
  })

  it('pages through more than one answer holds, and finds the newest', async () => {
    const { clock, alice, bob } = network({ limits: { maxRecordsPerAnswer: 10, maxQueryRecords: 16 } })
    for (let i = 0; i < 50; i++) {
      await clock.run(alice.dht.announce({ key: `k-${(i * 7) % 50}`, value: i }))
      await clock.advance(1)
    }
    const values = async (options: object) =>
      (await clock.run(bob.dht.query({ key: 'k-*', ...options }))).map(({ value }) => value)
    expect(await values({})).toEqual(Array.from({ length: 50 }, (_, i) => 49 - i))
    expect(await values({ maxResults: 3 })).toEqual([49, 48, 47])
    expect(await values({ publisherId: alice.host.peerId, maxResults: 1 })).toEqual([49])
  })

  it('asks no signature check of the relay for reads, and one of the reader', async () => {
    const { relay, alice, bob } = network()
    await alice.dht.announce({ key: 'k', value: 1 })
    for (let i = 0; i < 5; i++) await bob.dht.get('k')
    expect([relay.dht.getStats().verified, bob.dht.getStats().verified]).toEqual([1, 1])
  })

  it('stops at an AbortSignal', async () => {
    const { clock, bob, relay } = network()
    relay.host.handlers.clear()
    relay.host.handlers.set('lotus/dht', { protocolName: 'lotus/dht', handleMessage: async () => {} })
    const controller = new AbortController()
    const waiting = bob.dht.get('k', { signal: controller.signal })
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    await clock.advance(10_000)
    expect(clock.pending).toBe(0)
  })
})

describe('a watch at servers', () => {
  const watch = (peer: TestPeer, pattern = 'k*') => {
    const heard: unknown[] = []
    return { heard, stop: peer.dht.watch(pattern, ({ key, value }, change) => heard.push([change, key, value])) }
  }

  it('is told what is there, and each change once, however many servers tell it', async () => {
    const { clock, alice, bob } = network()
    const other = createPeer(clock, 4, { server: true })
    alice.host.connect(other.host)
    bob.host.connect(other.host)
    await clock.run(alice.dht.announce({ key: 'k1', value: 1 }))
    const { heard } = watch(bob)
    await clock.advance(0)
    await clock.run(alice.dht.announce({ key: 'k2', value: 2, ttl: 30, republish: false }))
    await clock.run(alice.dht.announce({ key: 'x', value: 2 }))
    await clock.run(alice.dht.withdraw('k1'))
    await clock.advance(30_000)
    expect(heard).toEqual([
      ['added', 'k1', 1],
      ['added', 'k2', 2],
      ['removed', 'k1', 1],
      ['removed', 'k2', 2],
    ])
  })

  it('misses nothing that happened while the server was away', async () => {
    const { clock, relay, alice, bob } = network()
    await alice.dht.announce({ key: 'k1', value: 1 })
    const { heard } = watch(bob)
    await clock.advance(0)
    bob.host.disconnect(relay.host)
    await alice.dht.withdraw('k1')
    await alice.dht.announce({ key: 'k2', value: 2 })
    bob.host.connect(relay.host)
    await clock.advance(0)
    expect(heard).toEqual([
      ['added', 'k1', 1],
      ['removed', 'k1', 1],
      ['added', 'k2', 2],
    ])
  })

  it('ends at the server when it ends here, or its peer is gone', async () => {
    const { clock, relay, bob } = network()
    const { stop } = watch(bob)
    watch(bob, 'other')
    await clock.advance(0)
    expect(relay.server?.getStats().watches).toBe(2)
    stop()
    await clock.advance(0)
    expect(relay.server?.getStats().watches).toBe(1)
    bob.host.disconnect(relay.host)
    expect(relay.server?.getStats().watches).toBe(0)
  })

  it('catches up when it read too slowly to be told of each change', async () => {
    const { clock, relay, alice, bob } = network({ limits: { maxWatchBacklog: 3 } })
    const { heard } = watch(bob)
    await clock.advance(0)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    relay.host.onSend = (to) => (to === bob.host.peerId ? held : undefined)
    for (let i = 0; i < 10; i++) await alice.dht.announce({ key: `k${i}`, value: i })
    release()
    relay.host.onSend = undefined
    await clock.advance(0)
    expect(heard).toHaveLength(10)
    expect(bob.host.received.filter(({ type }) => type === 'missed')).toHaveLength(1)
  })

  it('is asked for again where a server did not answer', async () => {
    const { clock, relay, alice, bob } = network()
    relay.host.onSend = (to) => (to === bob.host.peerId ? new Promise(() => {}) : undefined)
    const { heard } = watch(bob)
    await clock.advance(5_000)
    relay.host.onSend = undefined
    await clock.advance(5_000)
    await alice.dht.announce({ key: 'k', value: 1 })
    await clock.advance(0)
    expect(heard).toEqual([['added', 'k', 1]])
  })
})
