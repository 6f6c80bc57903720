import { afterEach, describe, expect, test, vi } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { postalNetwork, twoWallets, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => {
  vi.unstubAllGlobals()
  await post.net.stop()
})

describe('persistent storage', () => {
  const withPersist = (persist: unknown) => vi.stubGlobal('navigator', { ...globalThis.navigator, storage: { persist } })

  test('is asked for once, however often the wallet is suspended and comes back', async () => {
    const persist = vi.fn(async () => true)
    withPersist(persist)
    post = await postalNetwork()
    persist.mockClear()
    const bob = await new Wallet(post, 12).start()
    bob.peer.suspend()
    await post.net.run(bob.peer.resume())
    await post.net.clock.advance(5_000)
    expect(persist).toHaveBeenCalledTimes(1)
  })

  test('is asked for by mail alone', async () => {
    const persist = vi.fn(async () => true)
    withPersist(persist)
    post = await postalNetwork()
    expect(persist).not.toHaveBeenCalled()
  })

  test.each([
    ['is refused', async () => false],
    ['fails', () => Promise.reject(new Error('not now'))],
    ['is not there', undefined],
  ])('that %s changes nothing', async (_, persist) => {
    withPersist(persist)
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    const { outcome } = await alice.send(bob, 'all the same')
    expect(await post.net.run(outcome)).toBe('mailed')
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['all the same'])
  })
})

/** A store that has room for writes, or has none, as a browser says it. */
function withQuota() {
  const below = memoryStore()
  const quota = { isFull: false }
  const batch: KeyValueStore['batch'] = async (changes, options) => {
    if (quota.isFull && changes.some((change) => !('delete' in change))) {
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    }
    await below.batch(changes, options)
  }
  const store: KeyValueStore = { ...below, batch, set: (key, value) => batch([{ key, value }]) }
  return { store, quota }
}

describe('a store without room', () => {
  test('refuses new messages and deletes none; with room again they go on, in order', async () => {
    post = await postalNetwork()
    const { store, quota } = withQuota()
    const bob = await new Wallet(post, 12).start()
    const alice = await new Wallet(post, 11, {}, store).start()
    await post.net.clock.advance(5_000)
    await bob.stop()
    const first = await alice.send(bob, 'one')
    quota.isFull = true
    await expect(alice.send(bob, 'no room for this')).rejects.toMatchObject({
      code: 'OUTBOX_FULL',
      details: { limit: 'quota' },
    })
    expect(alice.peer.mail.waiting()).toMatchObject([{ messageId: first.messageId }])
    quota.isFull = false
    const second = await alice.send(bob, 'two')
    expect(await post.net.run(Promise.all([first.outcome, second.outcome]))).toEqual(['mailed', 'mailed'])
    await bob.start()
    // No gap is waited for.
    await post.net.clock.advance(3_000)
    expect(bob.texts).toEqual(['one', 'two'])
  })

  test('at the recipient leaves letters where they are, and they come once there is room', async () => {
    post = await postalNetwork()
    const { store, quota } = withQuota()
    const alice = await new Wallet(post, 11).start()
    const bob = await new Wallet(post, 12, {}, store).start()
    await post.net.clock.advance(5_000)
    await bob.stop()
    const { outcome } = await alice.send(bob, 'patience')
    expect(await post.net.run(outcome)).toBe('mailed')
    quota.isFull = true
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual([])
    await bob.stop()
    quota.isFull = false
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['patience'])
    expect(bob.received[0]!.message.redelivered).toBeUndefined()
  })
})

test('a store whose values do not open is told of, and the wallet sends and receives while it runs', async () => {
  post = await postalNetwork()
  const below = memoryStore()
  // As `sealedStore` does with another key.
  const get = async (key: string) => {
    if ((await below.get(key)) !== undefined) throw new P2PError('STORAGE_FAILED', 'A sealed value does not open with this key.')
    return undefined
  }
  const alice = await new Wallet(post, 11, {}, below).start()
  const bob = await new Wallet(post, 12).start()
  await post.net.clock.advance(5_000)
  await alice.stop()
  alice.store = { ...below, get }
  await alice.start()
  const { outcome, isKept } = await alice.send(bob, 'queued, while the page is open')
  expect(isKept).toBe(false)
  await post.net.run(alice.peer.connectToPeer(bob.id))
  expect(await post.net.run(outcome)).toBe('delivered')
  expect(bob.texts).toEqual(['queued, while the page is open'])
})
