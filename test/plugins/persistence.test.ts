// What outlasts a reload and a crash.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { type P2PError, persistence } from '../../src/index.js'
import { decode, encode } from '../../src/message/codec.js'
import { type Migration, openState, stateOf } from '../../src/plugins/persistence/state-format.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
let made = 0
beforeEach(async () => {
  net = createTestNetwork({ latencyMs: 5 })
  await net.run(net.createPeer({ host: 'relay', relay: true }).start())
})
afterEach(() => net.stop())

/** A process of the wallet `name`: the same identity each time. */
function process(name: string, config: P2PConfig = {}): P2PCoordinator {
  const seed = new Uint8Array(32).fill(name.charCodeAt(0))
  const identity = identityFromSeed(seed)
  return net.createPeer({ host: `${name}${made++}`, listening: false, bootstrap: ['memory://relay'], identity, ...config })
}

/** What a machine that stops at this moment leaves on its disk. */
async function copyOf(store: KeyValueStore): Promise<KeyValueStore> {
  const copy = memoryStore()
  for (const key of await store.keys('')) await copy.set(key, (await store.get(key))!)
  return copy
}

function heard(peer: P2PCoordinator): unknown[] {
  const got: unknown[] = []
  peer.on('message', ({ payload }) => got.push(payload))
  return got
}

const note = (payload: unknown) => ({ type: 'note', payload })
const bobId = () => process('bob').peerId

describe('queued messages', () => {
  it('survive a reload: the next process sends them, once and in order, and tells of them', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    const to = bobId()
    const queued = []
    for (let i = 0; i < 5; i++) queued.push(await net.run(one.sendTo(to, note(i), { queue: true })))
    await net.run(one.shutdown())
    expect(await queued[0]!.outcome).toBe('kept')
    const two = process('alice', { store })
    const delivered: string[] = []
    two.on('delivered', ({ messageId }) => delivered.push(messageId))
    await net.run(two.start())
    const bob = process('bob')
    const got = heard(bob)
    await net.run(bob.start())
    await net.clock.advance(5_000)
    expect(got).toEqual([0, 1, 2, 3, 4])
    expect(delivered).toEqual(queued.map(({ messageId }) => messageId))
    expect(await store.keys('outbox/')).toEqual([])
    expect(two.getStats().traffic.queued).toEqual({ messages: 0, bytes: 0 })
  })

  it('are in the store when sendTo resolves, as they were at the call, those of one moment in one batch', async () => {
    const inner = memoryStore()
    const batches: unknown[] = []
    const store = {
      ...inner,
      batch: (...args: Parameters<KeyValueStore['batch']>) => {
        if (args[0].some(({ key }) => key.startsWith('outbox/'))) batches.push([args[0].length, args[1]])
        return inner.batch(...args)
      },
    }
    const one = process('alice', { store })
    await net.run(one.start())
    const secret = Uint8Array.of(7)
    const to = bobId()
    const sending = Array.from({ length: 50 }, () => one.sendTo(to, note(secret), { queue: true }))
    secret.fill(0)
    await net.run(Promise.all(sending))
    const left = await copyOf(store)
    await net.run(one.shutdown())
    expect(batches).toEqual([[50, { durability: 'strict' }]])
    const bob = process('bob')
    const got = heard(bob)
    await net.run(bob.start())
    await net.run(process('alice', { store: left }).start())
    await net.clock.advance(5_000)
    expect(got).toEqual(new Array(50).fill(Uint8Array.of(7)))
  })

  it('tell whether the store has them: then the page may be closed', async () => {
    const to = bobId()
    const kept = async (peer: P2PCoordinator) => (await net.run(peer.sendTo(to, note('x'), { queue: true }))).isKept
    const store = memoryStore()
    const one = process('alice', { store })
    expect(await kept(one)).toBe(true)
    one.suspend()
    // Another process may have the store.
    expect(await kept(one)).toBe(false)
    await net.run(one.shutdown())
    expect(await kept(process('carol'))).toBe(false)
    const full = { ...memoryStore(), batch: () => Promise.reject(new Error('Broken.')) }
    const broken = process('dave', { store: full })
    broken.on('error', () => {})
    expect(await kept(broken)).toBe(false)
  })

  it('of before the reload go first', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    const to = bobId()
    await net.run(one.sendTo(to, note('first'), { queue: true }))
    await net.run(one.shutdown())
    const two = process('alice', { store })
    await net.run(two.sendTo(to, note('second'), { queue: true }))
    const bob = process('bob')
    const got = heard(bob)
    await net.run(bob.start())
    await net.clock.advance(5_000)
    expect(got).toEqual(['first', 'second'])
  })

  it('end with their time, whoever waits for it', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    await net.run(one.sendTo(bobId(), note(1), { queue: true, ttl: 60 }))
    await net.run(one.shutdown())
    await net.clock.advance(120_000)
    const two = process('alice', { store })
    const expired: unknown[] = []
    two.on('expired', ({ payload }) => expired.push(payload))
    await net.run(two.start())
    await net.clock.advance(1_000)
    expect(expired).toEqual([1])
    expect(await store.keys('outbox/')).toEqual([])
  })

  it('are accepted while suspended, and kept after it', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    await net.run(one.start())
    one.suspend()
    await net.clock.advance(1_000)
    await net.run(one.sendTo(bobId(), note(1), { queue: true }))
    expect(await store.keys('outbox/')).toEqual([])
    await net.run(one.resume())
    await net.clock.advance(100)
    expect(await store.keys('outbox/')).toHaveLength(1)
  })

  it('wait in memory where the store fails, which is told', async () => {
    const errors: P2PError[] = []
    const fail = () => Promise.reject(new Error('no disk'))
    const store = { get: fail, set: fail, delete: fail, keys: fail, batch: fail }
    const one = process('alice', { store })
    one.on('error', (error) => errors.push(error))
    const bob = process('bob')
    await net.run(one.sendTo(bob.peerId, note(1), { queue: true }))
    const got = heard(bob)
    await net.run(bob.start())
    await net.clock.advance(5_000)
    expect(got).toEqual([1])
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['STORAGE_FAILED']))
  })

  it('in a store that could not be read once are left as they are, and are sent by the process that reads it', async () => {
    const inner = memoryStore()
    const to = bobId()
    const one = process('alice', { store: inner })
    await net.run(one.sendTo(to, note('first'), { queue: true }))
    await net.run(one.shutdown())
    let isBroken = true
    const store: KeyValueStore = {
      ...inner,
      keys: (prefix) => (isBroken && prefix === 'outbox/' ? Promise.reject(new Error('locked')) : inner.keys(prefix)),
    }
    const two = process('alice', { store })
    two.on('error', () => {})
    const late = await net.run(two.sendTo(to, note('in memory'), { queue: true }))
    await net.run(two.shutdown())
    expect(await late.outcome).toBe('expired')
    isBroken = false
    const bob = process('bob')
    const got = heard(bob)
    await net.run(bob.start())
    await net.run(process('alice', { store }).start())
    await net.clock.advance(5_000)
    expect(got).toEqual(['first'])
  })

  it('are refused with OUTBOX_FULL where the browser gives no room, and nothing is deleted', async () => {
    const inner = memoryStore()
    let isFull = false
    const store: KeyValueStore = {
      ...inner,
      batch: async (changes, options) => {
        if (isFull && changes.some((change) => 'value' in change)) throw new DOMException('Full.', 'QuotaExceededError')
        await inner.batch(changes, options)
      },
    }
    const one = process('alice', { store })
    const bob = process('bob')
    await net.run(one.sendTo(bob.peerId, note(1), { queue: true }))
    isFull = true
    await expect(net.run(one.sendTo(bob.peerId, note(2), { queue: true }))).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    isFull = false
    await net.run(one.sendTo(bob.peerId, note(3), { queue: true }))
    const got = heard(bob)
    await net.run(bob.start())
    await net.clock.advance(5_000)
    expect(got).toEqual([1, 3])
  })

  it('that were accepted are never lost, whenever the process stops', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 }), fc.boolean(), async (lives, isThere) => {
        const accepted: number[] = []
        const bob = process('bob')
        const got = heard(bob)
        if (isThere) await net.run(bob.start())
        let store = memoryStore()
        let next = 0
        for (const life of lives) {
          const alice = process('alice', { store })
          for (let i = 0; i < 4; i++) {
            const n = next++
            alice.sendTo(bob.peerId, note(n), { queue: true }).then(
              () => accepted.push(n),
              () => {},
            )
            await net.clock.advance(life)
          }
          const left = await copyOf(store)
          const known = [...accepted]
          await net.run(alice.shutdown())
          store = left
          accepted.splice(0, accepted.length, ...known)
        }
        if (!isThere) await net.run(bob.start())
        const last = process('alice', { store })
        await net.run(last.start())
        await net.clock.advance(70_000)
        expect(new Set(got)).toEqual(new Set([...accepted, ...got]))
        const firsts = [...new Set(got as number[])]
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b))
        await net.run(last.shutdown())
        await net.run(bob.shutdown())
      }),
      { numRuns: 25 },
    )
  })
})

describe('announcements', () => {
  it('are announced anew by the next process, above what was there, though the clock went back', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    await net.run(one.announceResource('offer', 'a', { n: 1 }))
    const before = (await net.run(one.dht.get('resource:offer:a')))?.sequence
    await net.run(one.shutdown())
    await net.clock.advance(1_000)
    const { clock } = net
    const late = {
      ...clock,
      now: () => clock.now() - 60_000,
      setTimeout: clock.setTimeout.bind(clock),
      clearTimeout: clock.clearTimeout.bind(clock),
    }
    const two = process('alice', { store, clock: late })
    await net.run(two.start())
    await net.clock.advance(1_000)
    const bob = process('bob')
    const found = await net.run(bob.discoverResources('offer'))
    expect(found.map(({ data }) => data)).toEqual([{ n: 1 }])
    const after = (await net.run(bob.dht.get('resource:offer:a')))?.sequence
    expect(after).toBeGreaterThan(before!)
  })

  it('that were withdrawn, that hold while connected, or whose time is over, do not come back', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    await net.run(one.announceResource('offer', 'withdrawn', { n: 1 }))
    await net.run(one.withdrawResource('offer', 'withdrawn'))
    await net.run(one.announceResource('offer', 'connected', { n: 2 }, { whileConnected: true }))
    await net.run(one.announceResource('offer', 'short', { n: 3 }, { ttl: 60 }))
    await net.run(one.announceResource('offer', 'long', { n: 4 }))
    await net.run(one.shutdown())
    await net.clock.advance(120_000)
    await net.run(process('alice', { store }).start())
    await net.clock.advance(1_000)
    const found = await net.run(process('bob').discoverResources('offer'))
    expect(found.map(({ resourceId }) => resourceId)).toEqual(['long'])
    const left = await Promise.all((await store.keys('announce/')).map(async (key) => decode((await store.get(key))!)))
    expect(left.map((entry) => (entry as unknown[])[1]).sort()).toEqual([
      `peer:${one.peerId}`,
      ...['connected', 'long', 'withdrawn'].map((id) => `resource:offer:${id}`),
    ])
  })
})

describe('wanted peers', () => {
  it('are dialled by the next process', async () => {
    const store = memoryStore()
    const bob = process('bob')
    await net.run(bob.start())
    const one = process('alice', { store })
    await net.run(one.connectToPeer(bob.peerId))
    await net.run(one.shutdown())
    const two = process('alice', { store })
    await net.run(two.start())
    await net.clock.advance(2_000)
    expect(two.isConnected(bob.peerId)).toBe(true)
  })

  it('are not, once the application has disconnected, they have said goodbye, or ten minutes are over', async () => {
    const [bob, carol, dave] = [process('bob'), process('carol'), process('dave')]
    for (const peer of [bob, carol, dave]) await net.run(peer.start())
    const store = memoryStore()
    const one = process('alice', { store })
    for (const peer of [bob, carol, dave]) await net.run(one.connectToPeer(peer.peerId))
    await net.run(one.disconnectFromPeer(bob.peerId))
    await net.run(carol.disconnectFromPeer(one.peerId))
    await net.clock.advance(100)
    expect(await store.keys('wanted/')).toEqual([`wanted/${dave.peerId}`])
    await net.run(dave.shutdown())
    await net.clock.advance(100)
    expect(await store.keys('wanted/')).toEqual([])
    const erin = process('erin')
    await net.run(erin.start())
    await net.run(one.connectToPeer(erin.peerId))
    await net.run(one.shutdown())
    await net.clock.advance(700_000)
    const two = process('alice', { store })
    await net.run(two.start())
    await net.clock.advance(5_000)
    expect(two.isConnected(erin.peerId)).toBe(false)
    expect(await store.keys('wanted/')).toEqual([])
  })
})

describe('a store', () => {
  it('with entries that nobody can read: they are put aside, which is told once, and the rest is read', async () => {
    const store = memoryStore()
    const one = process('alice', { store })
    await net.run(one.sendTo(bobId(), note('good'), { queue: true }))
    await net.run(one.shutdown())
    const spoilt = [
      Uint8Array.of(0xc1),
      encode('text'),
      encode([2, 'x']),
      stateOf('', -1, 5),
      stateOf('bob', 1e15, Uint8Array.of(1)),
    ]
    for (const [i, value] of spoilt.entries()) await store.set(`outbox/00000000010${i}`, value)
    await store.set('announce/x', encode([1]))
    await store.set('wanted/x', encode([1, 'soon']))
    for (let i = 0; i < 31; i++) await store.set(`bad/${i}`, Uint8Array.of(1))
    const two = process('alice', { store })
    const errors: P2PError[] = []
    two.on('error', (error) => errors.push(error))
    const bob = process('bob')
    const got = heard(bob)
    await net.run(bob.start())
    await net.run(two.start())
    await net.clock.advance(5_000)
    expect(got).toEqual(['good'])
    expect(errors.map(({ code }) => code)).toEqual(['STORAGE_FAILED'])
    expect(await store.keys('bad/')).toHaveLength(32)
    expect(await store.keys('outbox/')).toEqual([])
  })

  it('that a later SDK has written is not touched, and the start says so', async () => {
    const store = memoryStore()
    await store.set('schema', encode([2, '9.0.0']))
    await store.set('outbox/000000000000', encode([2, 'whatever']))
    const before = await copyOf(store)
    const one = process('alice', { store })
    await expect(net.run(one.start())).rejects.toMatchObject({ code: 'STORE_TOO_NEW', details: { found: 2, known: 1 } })
    for (const key of await before.keys('outbox/')) expect(await store.get(key)).toEqual(await before.get(key))
    expect(await store.get('schema')).toEqual(await before.get('schema'))
    await expect(net.run(one.sendTo(bobId(), note(1), { queue: true }))).rejects.toMatchObject({ code: 'STORE_TOO_NEW' })
  })

  it('of an earlier version is brought up one version after the other, each whole or not at all', async () => {
    const store = memoryStore()
    await openState(store)
    await store.set('outbox/1', encode([1, 'a']))
    await store.set('own-statement/1', encode('other'))
    const steps: string[][] = []
    const up =
      (to: number): Migration =>
      (entries) => {
        steps.push([...entries.keys()])
        if (to === 3 && steps.length === 2) throw new Error('power is lost')
        return [...entries.keys()].map((key) => ({ key, value: encode([to, 'a']) }))
      }
    const format = { version: 3, migrations: { 1: up(2), 2: up(3) } }
    await expect(openState(store, format)).rejects.toThrow('power is lost')
    expect(await store.get('outbox/1')).toEqual(encode([2, 'a']))
    await openState(store, format)
    expect(await store.get('outbox/1')).toEqual(encode([3, 'a']))
    expect(await store.get('own-statement/1')).toEqual(encode('other'))
    expect(steps).toEqual([['outbox/1'], ['outbox/1'], ['outbox/1']])
    await expect(openState(store)).rejects.toMatchObject({ code: 'STORE_TOO_NEW' })
  })
})

it('is a plugin for wallets of the core', () => {
  expect(persistence().name).toBe('persistence')
})
