import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { PinnedNames } from '../../src/identity/pinned-names.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'

const ALICE = new Uint8Array(32).fill(1)
const MALLORY = new Uint8Array(32).fill(2)

function pins(store: KeyValueStore = memoryStore(), maxPinnedNames: number = DEFAULT_LIMITS.maxPinnedNames): PinnedNames {
  return new PinnedNames(store, { maxPinnedNames })
}

describe('pinned names', () => {
  it('give a free name to the first key; a second key claiming it is refused', async () => {
    const names = pins()
    expect(await names.claim('alice', ALICE)).toBe(true)
    expect(await names.claim('alice', MALLORY)).toBe(false)
    expect(await names.claim('alice', ALICE)).toBe(true)
    expect(await names.lookup('alice')).toEqual(ALICE)
    expect(await names.lookup('bob')).toBeUndefined()
  })

  it('survive a reload', async () => {
    const store = memoryStore()
    const before = pins(store)
    await before.claim('alice', ALICE)
    const after = pins(store)
    expect(await after.claim('alice', MALLORY)).toBe(false)
    expect(await after.lookup('alice')).toEqual(ALICE)
  })

  it('of two claims at the same moment exactly one wins', async () => {
    const names = pins()
    const results = await Promise.all([names.claim('alice', ALICE), names.claim('alice', MALLORY)])
    expect(results).toEqual([true, false])
    expect(await names.lookup('alice')).toEqual(ALICE)
  })

  it('of claims whose store answers out of order exactly one wins', async () => {
    const store = memoryStore()
    const answers: (() => void)[] = []
    const slow: KeyValueStore = { ...store, get: (key) => new Promise((resolve) => answers.push(() => resolve(store.get(key)))) }
    const names = pins(slow)
    const first = names.claim('alice', ALICE)
    const second = names.claim('alice', MALLORY)
    await expect.poll(() => answers.length).toBe(2)
    answers[1]?.()
    expect(await second).toBe(true)
    answers[0]?.()
    expect(await first).toBe(false)
  })

  it('see what another tab pinned in the shared store', async () => {
    const store = memoryStore()
    const [here, there] = [pins(store), pins(store)]
    await here.lookup('alice')
    await there.claim('alice', ALICE)
    expect(await here.claim('alice', MALLORY)).toBe(false)
    expect(await here.lookup('alice')).toEqual(ALICE)
  })

  it("a peer id is its key's without being pinned, and no other's", async () => {
    const store = memoryStore()
    const names = pins(store)
    expect(await names.claim(encodePeerId(ALICE), ALICE)).toBe(true)
    expect(await names.claim(encodePeerId(ALICE), MALLORY)).toBe(false)
    expect(await names.lookup(encodePeerId(ALICE))).toEqual(ALICE)
    expect(await store.keys('')).toEqual([])
  })

  it.each(['lp1broken', 'a/b', '', ' alice'])('refuse the malformed name %j', async (name) => {
    await expect(pins().claim(name, ALICE)).rejects.toMatchObject({ code: 'INVALID_PEER_ID' })
  })

  /** Fills the store, each name with a key of its own. */
  async function full(names: PinnedNames, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await names.claim(`first-${i}`, new Uint8Array(32).fill(100 + i))
  }

  it('beyond those stored are remembered up to the limit, and the longest unused is forgotten', async () => {
    const names = pins(memoryStore(), 2)
    await full(names, 2)
    await names.claim('a', ALICE)
    await names.claim('b', ALICE)
    await names.lookup('a')
    await names.claim('c', ALICE)
    expect(await names.lookup('a')).toEqual(ALICE)
    expect(await names.lookup('b')).toBeUndefined()
    expect(await names.lookup('c')).toEqual(ALICE)
  })

  it('of one key have a share of the store, in which a new one takes the place of its oldest', async () => {
    const store = memoryStore()
    const names = pins(store)
    await names.claim('alice', ALICE)
    for (let i = 0; i < 4_000; i++) expect(await names.claim(`made-up-${i}`, MALLORY)).toBe(true)
    expect(await store.keys('')).toHaveLength(5)
    expect(await names.lookup('made-up-3999')).toEqual(MALLORY)
    expect(await names.lookup('made-up-0')).toBeUndefined()
    expect(await names.claim('alice', MALLORY)).toBe(false)
  })

  it('of an owner that is connected, or that the application has chosen, outlast any flood of keys', async () => {
    const store = memoryStore()
    const names = new PinnedNames(store, { maxPinnedNames: 3 }, (name) => name === 'connected')
    await full(names, 3)
    expect(await names.claim('connected', ALICE)).toBe(true)
    expect(await names.claim('chosen', ALICE, true)).toBe(true)
    for (let i = 0; i < 200; i++) await names.claim(`made-up-${i}`, new Uint8Array(32).fill(i % 90))
    expect(await names.claim('connected', MALLORY)).toBe(false)
    expect(await names.claim('chosen', MALLORY)).toBe(false)
    expect(await store.keys('')).toHaveLength(4)
  })

  it('a flood of names neither frees a stored one nor grows the store, and newcomers are still served', async () => {
    const store = memoryStore()
    const names = pins(store, 3)
    await names.claim('alice', ALICE)
    for (let i = 0; i < 50; i++) expect(await names.claim(`made-up-${i}`, new Uint8Array(32).fill(50 + i))).toBe(true)
    expect(await store.keys('')).toHaveLength(3)
    expect(await names.claim('alice', MALLORY)).toBe(false)
    expect(await names.claim('bob', ALICE)).toBe(true)
    expect(await names.claim('bob', MALLORY)).toBe(false)
  })

  it('hold copies: changing an array afterwards changes no pin', async () => {
    const names = pins()
    const key = ALICE.slice()
    await names.claim('alice', key)
    key.fill(9)
    ;(await names.lookup('alice'))?.fill(9)
    expect(await names.lookup('alice')).toEqual(ALICE)
  })

  it('a failing store is reported and pins nothing', async () => {
    const broken = new Error('disk full')
    const store = memoryStore()
    const fails = (part: Partial<KeyValueStore>) => pins({ ...store, ...part })
    const rejecting = () => Promise.reject(broken)
    for (const part of [{ keys: rejecting }, { get: rejecting }, { set: rejecting }]) {
      await expect(fails(part).claim('alice', ALICE)).rejects.toMatchObject({ code: 'STORAGE_FAILED', cause: broken })
    }
    let full = true
    const names = fails({ set: (key, value) => (full ? rejecting() : store.set(key, value)) })
    await expect(names.claim('alice', ALICE)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    full = false
    expect(await names.claim('alice', MALLORY)).toBe(true)
  })

  it('an entry of the store that is no key keeps the name closed', async () => {
    const store = memoryStore()
    await store.set('pinned-name/alice', Uint8Array.of(1))
    await expect(pins(store).claim('alice', MALLORY)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  })
})
