import { expect, test } from 'vitest'
import { DAY_MS, postalNetwork, twoWallets, Wallet } from './wallets.js'

test('mailboxes are opened at relays of different operators, and the card names them', async () => {
  const post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  expect(alice.peer.mail.boxes().map(({ isOpen }) => isOpen)).toEqual([true, true])
  expect(bob.peer.mail.card()).toBeInstanceOf(Uint8Array)
  expect(bob.peer.getStats().mail).toMatchObject({ boxes: 2, open: 2 })
  await post.net.stop()
})

test('Alice writes and ends, Bob comes a day later: once, in order; Alice has the receipt when she returns', async () => {
  const post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  const outcomes = []
  for (let i = 1; i <= 5; i++) {
    const { outcome, receipt, isKept } = await alice.send(bob, `letter ${i}`, { ttl: 7 * 86_400 })
    expect(isKept).toBe(true)
    outcomes.push(outcome)
    void receipt
  }
  expect(await post.net.run(Promise.all(outcomes))).toEqual(Array(5).fill('mailed'))
  await alice.stop()
  await post.net.clock.advance(DAY_MS)
  await bob.start()
  await post.net.clock.advance(30_000)
  expect(bob.texts).toEqual([1, 2, 3, 4, 5].map((i) => `letter ${i}`))
  expect(bob.received[0]).toMatchObject({ message: { from: alice.id, to: bob.id, mailed: true }, from: { peerId: alice.id } })
  expect(bob.received[0]!.message.redelivered).toBeUndefined()
  await bob.stop()
  const receipts: unknown[] = []
  await alice.start()
  alice.peer.on('mail-receipt', (about) => void receipts.push(about.receipt))
  await post.net.clock.advance(30_000)
  expect(receipts).toEqual(Array(5).fill('delivered'))
  expect(alice.peer.mail.waiting()).toEqual([])
  // The second copy of the last one went out when Alice came back: Bob knows it, and nothing is left at the relays.
  await bob.start()
  await post.net.clock.advance(30_000)
  expect(bob.texts).toHaveLength(5)
  for (const store of post.stores) expect(store.totals.letters).toBe(0)
  await post.net.stop()
})

test('a stranger finds the card by the peer id, and shows work', async () => {
  const post = await postalNetwork()
  const bob = await new Wallet(post, 12).start()
  await post.net.clock.advance(5_000)
  await bob.stop()
  const carol = await new Wallet(post, 13).start()
  const { outcome } = await carol.send(bob, 'good day')
  expect(await post.net.run(outcome)).toBe('mailed')
  await bob.start()
  await post.net.clock.advance(30_000)
  expect(bob.texts).toEqual(['good day'])
  await post.net.stop()
})

test('what is sent while both are there goes directly, and is delivered once its handler is through', async () => {
  const post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await post.net.run(alice.peer.connectToPeer(bob.id))
  let finish!: () => void
  bob.peer.registerProtocol({ protocolName: 'slow', handleMessage: () => new Promise((resolve) => (finish = resolve)) })
  const { outcome } = await post.net.run(
    alice.peer.sendTo(bob.id, { type: 'note', payload: 1, protocol: 'slow' }, { queue: true }),
  )
  let settled: unknown
  void outcome.then((value) => (settled = value))
  await post.net.clock.advance(5_000)
  expect(settled).toBeUndefined()
  finish()
  await post.net.clock.advance(1_000)
  expect(settled).toBe('delivered')
  await post.net.stop()
})
