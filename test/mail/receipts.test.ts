import { afterEach, describe, expect, test } from 'vitest'
import { lettersAt, postalNetwork, twoWallets } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => post.net.stop())

describe('a receipt that is due when its wallet ends in an orderly way', () => {
  test('leaves by letter, where the sender is away', async () => {
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    const { outcome } = await alice.send(bob, 'one')
    expect(await post.net.run(outcome)).toBe('mailed')
    await alice.stop()
    await bob.start()
    await post.net.clock.advance(1_000)
    expect(bob.texts).toEqual(['one'])
    // Receipts are collected for five seconds, and Bob does not stay for as long.
    await bob.stop()
    expect(post.stores.some((store) => lettersAt(store).length > 0)).toBe(true)
    const receipts: string[] = []
    await alice.start()
    alice.peer.on('mail-receipt', ({ receipt }) => void receipts.push(receipt))
    await post.net.clock.advance(20_000)
    expect(receipts).toEqual(['delivered'])
    expect(alice.peer.mail.waiting()).toEqual([])
  })

  test('leaves over the connection, where the sender is there', async () => {
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    const { outcome, receipt } = await alice.send(bob, 'one')
    expect(await post.net.run(outcome)).toBe('mailed')
    await bob.start()
    await post.net.run(alice.peer.connectToPeer(bob.id))
    // By letter: Alice has asked for the status before Bob had it, or after; in either case it is not long.
    await bob.stop()
    expect(await post.net.run(receipt!)).toBe('delivered')
  })

  test('waits in the store where no mailbox of the sender takes it, and leaves with the next process', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    const { outcome } = await alice.send(bob, 'one')
    expect(await post.net.run(outcome)).toBe('mailed')
    await alice.stop()
    await bob.start()
    await post.net.clock.advance(1_000)
    const [store] = post.stores
    const { deposit } = store!
    store!.deposit = async () => {
      throw new Error('The disk is full.')
    }
    const before = post.net.clock.now()
    await bob.stop()
    expect(post.net.clock.now() - before).toBeLessThan(5_000)
    store!.deposit = deposit
    await bob.start()
    await post.net.clock.advance(60_000)
    await bob.stop()
    await alice.start()
    await post.net.clock.advance(20_000)
    expect(alice.peer.mail.waiting()).toEqual([])
  })

  test('is in the store when the wallet is suspended', async () => {
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    const { outcome } = await alice.send(bob, 'one')
    expect(await post.net.run(outcome)).toBe('mailed')
    await alice.stop()
    await bob.start()
    await post.net.clock.advance(1_000)
    bob.peer.suspend()
    await post.net.clock.advance(1_000)
    // Its process is frozen, and ends: the next one has the store.
    await bob.stop()
    await bob.start()
    await post.net.clock.advance(10_000)
    await bob.stop()
    await alice.start()
    await post.net.clock.advance(20_000)
    expect(alice.peer.mail.waiting()).toEqual([])
  })
})

test('a wallet without receipts tells nobody, unless it is asked', async () => {
  post = await postalNetwork()
  const { alice, bob } = await twoWallets(post, { receipts: false })
  await bob.stop()
  const { outcome } = await alice.send(bob, 'one')
  expect(await post.net.run(outcome)).toBe('mailed')
  await bob.start()
  await post.net.clock.advance(30_000)
  expect(bob.texts).toEqual(['one'])
  for (const store of post.stores) expect(lettersAt(store)).toEqual([])
})
