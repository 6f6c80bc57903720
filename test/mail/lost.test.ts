import { afterEach, expect, test } from 'vitest'
import { withTransport } from '../../src/core/with-transport.js'
import { mailRecovery, sealedDeposits } from '../../src/mail/index.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { postalNetwork, twoWallets, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => post.net.stop())

test('of two mailboxes one may be lost: the other one has the letter', async () => {
  post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  const { outcome } = await alice.send(bob, 'both')
  expect(await post.net.run(outcome)).toBe('mailed')
  await post.net.clock.advance(10_000)
  expect(post.stores.map(({ totals }) => totals.letters)).toEqual([1, 1])
  await post.net.run(post.relays[0]!.shutdown())
  await bob.start()
  await post.net.clock.advance(60_000)
  expect(bob.texts).toEqual(['both'])
})

test('a recipient that has lost its store gets what its sender seals anew', async () => {
  post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  const { outcome, receipt } = await alice.send(bob, 'again')
  expect(await post.net.run(outcome)).toBe('mailed')
  bob.store = memoryStore()
  await bob.start()
  await post.net.clock.advance(60_000)
  // Its old mailboxes are closed to it, and the card has another generation.
  expect(bob.texts).toEqual([])
  await post.net.run(bob.peer.connectToPeer(alice.id))
  await post.net.clock.advance(20_000)
  expect(bob.texts).toEqual(['again'])
  expect(await post.net.run(receipt!)).toBe('delivered')
})

test('with `recoverable` it opens what waits at its mailboxes, by the secret alone', async () => {
  post = await postalNetwork()
  const alice = await new Wallet(post, 11).start()
  const bob = await new Wallet(post, 12, { recoverable: mailRecovery(new Uint8Array(32).fill(12)) }).start()
  await post.net.clock.advance(5_000)
  await bob.stop()
  const { outcome } = await alice.send(bob, 'kept')
  expect(await post.net.run(outcome)).toBe('mailed')
  await alice.stop()
  bob.store = memoryStore()
  await bob.start()
  await post.net.clock.advance(120_000)
  expect(bob.texts).toEqual(['kept'])
})

test('with `recoverable` it comes to mailboxes that only its last card names', async () => {
  post = await postalNetwork({ relays: 3 })
  const recoverable = mailRecovery(new Uint8Array(32).fill(12))
  const alice = await new Wallet(post, 11).start()
  const bob = await new Wallet(post, 12, { recoverable, count: 1 }).start()
  await post.net.clock.advance(5_000)
  const [box] = bob.peer.mail.boxes()
  await bob.stop()
  const { outcome } = await alice.send(bob, 'where nobody told you')
  expect(await post.net.run(outcome)).toBe('mailed')
  await alice.stop()
  // On another device he knows other relays.
  const others = post.addresses.filter((_, i) => post.relays[i]!.peerId !== box!.relayId)
  const device = await new Wallet({ ...post, addresses: others }, 12, { recoverable, count: 1 }).start()
  await post.net.clock.advance(120_000)
  expect(device.texts).toEqual(['where nobody told you'])
})

test('with `recoverable` another secret opens nothing', async () => {
  post = await postalNetwork()
  const alice = await new Wallet(post, 11).start()
  const bob = await new Wallet(post, 12, { recoverable: mailRecovery(new Uint8Array(32).fill(12)) }).start()
  await post.net.clock.advance(5_000)
  await bob.stop()
  const { outcome } = await alice.send(bob, 'not for this secret')
  expect(await post.net.run(outcome)).toBe('mailed')
  await alice.stop()
  const other = await new Wallet(post, 12, { recoverable: mailRecovery(new Uint8Array(32).fill(13)) }).start()
  await post.net.clock.advance(120_000)
  expect(other.texts).toEqual([])
})

test('a sender that has lost its store: what lies at mailboxes comes once, and what it writes then comes too, in order', async () => {
  post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  for (const text of ['one', 'two', 'three']) {
    const { outcome } = await alice.send(bob, text)
    expect(await post.net.run(outcome)).toBe('mailed')
  }
  await alice.stop()
  alice.store = memoryStore()
  await bob.start()
  await post.net.clock.advance(30_000)
  await bob.stop()
  await alice.start()
  await post.net.clock.advance(10_000)
  for (const text of ['four', 'five']) {
    const { outcome } = await alice.send(bob, text)
    expect(await post.net.run(outcome)).toBe('mailed')
  }
  await bob.start()
  await post.net.clock.advance(30_000)
  expect(bob.texts).toEqual(['one', 'two', 'three', 'four', 'five'])
})

test('where both have lost their stores the message is gone, and was never said to be delivered', async () => {
  post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  const { outcome, receipt } = await alice.send(bob, 'gone', { ttl: 86_400 })
  expect(await post.net.run(outcome)).toBe('mailed')
  await alice.stop()
  expect(await post.net.run(receipt!)).toBe('unknown')
  alice.store = memoryStore()
  bob.store = memoryStore()
  const receipts: string[] = []
  await alice.start()
  alice.peer.on('mail-receipt', (about) => void receipts.push(about.receipt))
  await bob.start()
  await post.net.run(alice.peer.connectToPeer(bob.id))
  await post.net.clock.advance(60_000)
  expect([bob.texts, receipts]).toEqual([[], []])
  // They go on as though they had never met.
  await alice.send(bob, 'anew')
  await post.net.clock.advance(10_000)
  expect(bob.texts).toEqual(['anew'])
})

test('sendTo with `sealed` says which plugin it needs', async () => {
  post = await postalNetwork({ relays: 1 })
  const { alice, bob } = await twoWallets(post)
  await expect(alice.send(bob, 'nobody', { sealed: true })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    details: { plugin: 'sealedDeposits' },
  })
  expect(alice.peer.mail.waiting()).toEqual([])
})

test('a sealed deposit comes from a peer id that the relay has never seen', async () => {
  post = await postalNetwork({ relays: 1 })
  const seen: string[] = []
  post.relays[0]!.on('connected', ({ peerId }) => void seen.push(peerId))
  let transports = 0
  const plugins = () => [withTransport(post.net.network.transport(`sealed${transports++}`))]
  const bob = await new Wallet(post, 12).start()
  const alice = await new Wallet(post, 11, {}, memoryStore(), [sealedDeposits({ plugins })]).start()
  await post.net.clock.advance(5_000)
  await bob.stop()
  seen.length = 0
  const { outcome } = await alice.send(bob, 'from nobody', { sealed: true })
  expect(await post.net.run(outcome)).toBe('mailed')
  expect(seen).toHaveLength(1)
  expect(seen[0]).not.toBe(alice.id)
  await bob.start()
  await post.net.clock.advance(30_000)
  expect(bob.texts).toEqual(['from nobody'])
  expect(bob.received[0]!.from.peerId).toBe(alice.id)
})

test('what expires at its sender is told, and a message that was never mailed can be taken back', async () => {
  post = await postalNetwork()
  const alice = await new Wallet(post, 11).start()
  await post.net.clock.advance(2_000)
  const nobody = new Wallet(post, 99)
  const { encodePeerId } = await import('../../src/index.js')
  const id = encodePeerId(nobody.identity.publicKey)
  const { outcome, receipt } = await alice.send(id, 'to nobody', { ttl: 60 })
  const second = await alice.send(id, 'taken back')
  expect(alice.peer.mail.waiting()).toHaveLength(2)
  expect(alice.peer.mail.cancel(second.messageId)).toBe(true)
  expect(alice.peer.mail.cancel(second.messageId)).toBe(false)
  expect(await post.net.run(second.outcome)).toBe('expired')
  expect(await post.net.run(outcome)).toBe('expired')
  expect(await post.net.run(receipt!)).toBe('unknown')
  expect(alice.peer.mail.waiting()).toEqual([])
})

test('no relay holds a plaintext or a sender', async () => {
  post = await postalNetwork({ relays: 1 })
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  const { outcome } = await alice.send(bob, 'very secret words')
  expect(await post.net.run(outcome)).toBe('mailed')
  const boxes = [
    ...(post.stores[0] as unknown as { boxes: Map<string, { letters: Map<string, { letter: Uint8Array }> }> }).boxes.values(),
  ]
  const letters = boxes.flatMap(({ letters }) => [...letters.values()].map(({ letter }) => Buffer.from(letter)))
  expect(letters).toHaveLength(1)
  for (const part of ['very secret words', 'note', Buffer.from(alice.identity.publicKey)])
    expect(letters[0]!.includes(part)).toBe(false)
})
