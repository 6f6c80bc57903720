import { afterEach, describe, expect, test } from 'vitest'
import { readCard } from '../../src/mail/card.js'
import { decode } from '../../src/message/codec.js'
import { DAY_MS, lettersAt, postalNetwork, twoWallets, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => post.net.stop())

/** The relays that a card names. */
function relaysOn(card: Uint8Array): string[] {
  const [publisherKey, payload] = decode(card) as [Uint8Array, Uint8Array]
  const about = decode(payload) as Omit<Parameters<typeof readCard>[0], 'publisherKey'>
  return readCard({ ...about, publisherKey }).boxes.map(([relayId]) => relayId)
}

/** So many days pass: the machine sleeps, and is awake for a quarter of an hour of each. */
async function days(count: number): Promise<void> {
  for (let day = 0; day < count; day++) {
    post.net.clock.sleep(DAY_MS)
    await post.net.clock.advance(900_000)
  }
}

describe('a mailbox whose relay is gone for good', () => {
  test('is replaced after failures on two days: the card names another relay, and letters by the old card come too', async () => {
    post = await postalNetwork({ relays: 3 })
    const { alice, bob } = await twoWallets(post)
    const before = relaysOn(bob.peer.mail.card()!)
    expect(before).toHaveLength(2)
    const dead = post.relays.find(({ peerId }) => peerId === before[0])!
    const third = post.relays.find(({ peerId }) => !before.includes(peerId))!
    await alice.stop()
    await post.net.run(dead.shutdown())
    // A bad hour is no reason.
    await post.net.clock.advance(900_000)
    expect(bob.peer.mail.boxes().filter(({ isGivenUp }) => isGivenUp)).toEqual([])
    await days(2)
    expect(bob.peer.mail.boxes().filter(({ isGivenUp }) => isGivenUp)).toMatchObject([{ relayId: dead.peerId }])
    expect(relaysOn(bob.peer.mail.card()!).sort()).toEqual([before[1], third.peerId].sort())
    await bob.stop()
    // Alice has the card of before.
    await alice.start()
    const { outcome } = await alice.send(bob, 'to where you live now')
    expect(await post.net.run(outcome)).toBe('mailed')
    await post.net.clock.advance(60_000)
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['to where you live now'])
  })

  test('was the only one: the next one is found, and the letter reaches it', async () => {
    post = await postalNetwork()
    const alice = await new Wallet(post, 11).start()
    const bob = await new Wallet(post, 12, { count: 1 }).start()
    await post.net.clock.advance(5_000)
    const [dead] = relaysOn(bob.peer.mail.card()!)
    await post.net.run(post.relays.find(({ peerId }) => peerId === dead)!.shutdown())
    await days(2)
    const other = post.relays.find(({ peerId }) => peerId !== dead)!.peerId
    expect(relaysOn(bob.peer.mail.card()!)).toEqual([other])
    await bob.stop()
    const { outcome } = await alice.send(bob, 'found you')
    expect(await post.net.run(outcome)).toBe('mailed')
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['found you'])
  })

  test('comes back within the time: what lies there is read, though it was given up', async () => {
    post = await postalNetwork({ relays: 2 })
    const { alice, bob } = await twoWallets(post, { count: 1 })
    const [relayId] = relaysOn(bob.peer.mail.card()!)
    const relay = post.relays.find(({ peerId }) => peerId === relayId)!
    await bob.stop()
    const { outcome } = await alice.send(bob, 'long forgotten', { ttl: 14 * 86_400 })
    expect(await post.net.run(outcome)).toBe('mailed')
    await alice.stop()
    const store = post.stores[post.relays.indexOf(relay)]!
    const { letters } = store
    // The relay fails at each fetch, and is well again after three days.
    store.letters = async () => {
      throw new Error('The disk is broken.')
    }
    await bob.start()
    await days(3)
    expect(bob.peer.mail.boxes().filter(({ isGivenUp }) => isGivenUp)).toMatchObject([{ relayId }])
    store.letters = letters
    await post.net.clock.advance(3_600_000)
    expect(bob.texts).toEqual(['long forgotten'])
  })

  test('that does not answer as a wallet begins stays on its card', async () => {
    post = await postalNetwork()
    const { bob } = await twoWallets(post)
    const before = relaysOn(bob.peer.mail.card()!)
    await bob.stop()
    const failing = post.stores[post.relays.findIndex(({ peerId }) => peerId === before[0])]!
    const { putBox } = failing
    failing.putBox = async () => {
      throw new Error('The disk is slow today.')
    }
    await bob.start()
    await post.net.clock.advance(10_000)
    expect(bob.peer.mail.boxes().filter(({ isOpen }) => isOpen)).toHaveLength(1)
    expect(relaysOn(bob.peer.mail.card()!).sort()).toEqual(before.sort())
    failing.putBox = putBox
  })
})

describe('with `publish: false`', () => {
  test('those have the card whom the wallet writes to, and nobody else finds it', async () => {
    post = await postalNetwork()
    const bob = await new Wallet(post, 12, { publish: false }).start()
    const alice = await new Wallet(post, 11).start()
    const carol = await new Wallet(post, 13).start()
    await post.net.clock.advance(5_000)
    // Carol has been connected to Bob, and Alice has had a word of him.
    await post.net.run(carol.peer.connectToPeer(bob.id))
    const word = await bob.send(alice, 'this is where I live')
    expect(['mailed', 'delivered']).toContain(await post.net.run(word.outcome))
    await post.net.clock.advance(20_000)
    expect(alice.texts).toEqual(['this is where I live'])
    await bob.stop()
    await post.net.clock.advance(10_000)
    const [known, unknown] = [await alice.send(bob, 'hello Bob'), await carol.send(bob, 'who are you', { ttl: 300 })]
    expect(await post.net.run(known.outcome)).toBe('mailed')
    expect(await post.net.run(unknown.outcome)).toBe('expired')
    expect(await post.net.run(carol.peer.dht.get(`mail:${bob.id}`))).toBeNull()
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['hello Bob'])
  })

  test('a card that is handed over is one to write to', async () => {
    post = await postalNetwork()
    const bob = await new Wallet(post, 12, { publish: false }).start()
    const carol = await new Wallet(post, 13).start()
    await post.net.clock.advance(5_000)
    const card = bob.peer.mail.card()!
    await bob.stop()
    expect(await carol.peer.mail.addCard(card)).toBe(bob.id)
    const { outcome } = await carol.send(bob, 'by the code on your screen')
    expect(await post.net.run(outcome)).toBe('mailed')
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['by the code on your screen'])
  })
})

test('mailboxes that are closed are gone at their relays, with what is in them', async () => {
  post = await postalNetwork()
  const { alice, bob } = await twoWallets(post)
  await bob.stop()
  const { outcome } = await alice.send(bob, 'too late')
  expect(await post.net.run(outcome)).toBe('mailed')
  await bob.start()
  await post.net.run(bob.peer.mail.close())
  await post.net.clock.advance(5_000)
  expect(bob.peer.mail.boxes()).toEqual([])
  for (const store of post.stores) expect(lettersAt(store)).toEqual([])
})
