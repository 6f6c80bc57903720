import { afterEach, describe, expect, test } from 'vitest'
import { MAILBOX_LIMITS } from '../../src/base/limits/mailbox.js'
import { type Limits, limitsOf } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { MAIL_PROTOCOL } from '../../src/mail/messages.js'
import { Order, type Ordered } from '../../src/mail/order.js'
import { MailState } from '../../src/mail/state.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { kitOf } from '../kit-of.js'
import { messageOf } from './letters-by-hand.js'
import { postalNetwork, twoWallets, type Wallet } from './wallets.js'

const limits = limitsOf(MAILBOX_LIMITS) as Required<Limits>
const { mailGapMs, mailAwayGapMs } = MAILBOX_LIMITS

interface Item extends Ordered {
  name: string
}

function made() {
  const clock = new VirtualClock()
  const turns: string[] = []
  const world = { readSince: 0 }
  const order = new Order<Item>({
    clock,
    limits,
    state: new MailState(memoryStore(), seededRandom(1), () => {}),
    readSince: () => world.readSince,
    onTurn: ({ name }) => turns.push(name),
  })
  const item = (n: number, name = `${n}`): Item => ({ sender: new Uint8Array(32), protocol: '', n, name })
  return { clock, turns, world, order, item }
}

describe('a message that is missing is waited for', () => {
  test('so long once all mailboxes were read, and no longer', async () => {
    const { clock, turns, order, item } = made()
    order.add(item(2))
    await clock.advance(mailGapMs - 1)
    expect(turns).toEqual([])
    await clock.advance(1)
    order.add(item(1))
    expect(turns).toEqual(['2', '1'])
  })

  test('as long again when they were read late: whoever was cut off with us comes back then too', async () => {
    const { clock, turns, order, world, item } = made()
    world.readSince = Number.POSITIVE_INFINITY
    order.add(item(2))
    await clock.advance(10 * mailGapMs - 1)
    world.readSince = clock.elapsed()
    await clock.advance(mailGapMs)
    expect(turns).toEqual([])
    order.add(item(1))
    expect(turns).toEqual(['1', '2'])
  })

  test('for the longer time while one cannot be read, and however often it is read anew', async () => {
    const { clock, turns, order, world, item } = made()
    order.add(item(2))
    for (let ms = 0; ms < mailAwayGapMs; ms += mailGapMs / 2) {
      expect(turns).toEqual([])
      world.readSince = clock.elapsed()
      await clock.advance(mailGapMs / 2)
    }
    expect(turns).toEqual(['2'])
  })
})

test('two messages of one number both come, and the one of before keeps its place', async () => {
  const { turns, order, item } = made()
  order.add(item(2))
  order.add(item(2, 'another'))
  expect(turns).toEqual(['another'])
  order.add(item(1))
  expect(turns).toEqual(['another', '1', '2'])
})

describe('over a connection', () => {
  let post: Awaited<ReturnType<typeof postalNetwork>>
  afterEach(async () => post.net.stop())

  /** What Alice sends by hand, as though the message before were still on its way. @returns what becomes of her request. */
  async function direct(alice: Wallet, bob: Wallet, n: number) {
    const kit = await kitOf(alice.peer)
    const payload = [n, messageOf(post, { messageId: `m${n}`, payload: n })]
    return kit.request(bob.id, { type: 'direct', payload, protocol: MAIL_PROTOCOL }).then(
      ({ type }) => type,
      ({ code }) => code as string,
    )
  }

  test('a message that waits for the one before it is not taken where the connection goes: the sender sends both again, in order', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await post.net.run(alice.peer.connectToPeer(bob.id))
    const early = direct(alice, bob, 2)
    await post.net.clock.advance(1_000)
    await post.net.run(alice.peer.disconnectFromPeer(bob.id))
    await post.net.clock.advance(2 * mailGapMs)
    expect(bob.texts).toEqual([])
    expect(await post.net.run(early)).toBe('CONNECTION_LOST')
    await post.net.run(alice.peer.connectToPeer(bob.id))
    const answers = [direct(alice, bob, 1), direct(alice, bob, 2)]
    expect(await post.net.run(Promise.all(answers))).toEqual(['kept', 'kept'])
    expect(bob.texts).toEqual([1, 2])
    expect(bob.received.some(({ message }) => message.redelivered)).toBe(false)
  })

  test('a flood of messages of one number is held by the bound that there is', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await post.net.run(alice.peer.connectToPeer(bob.id))
    const kit = await kitOf(alice.peer)
    for (let i = 0; i < 50; i++) {
      const payload = [7, messageOf(post, { messageId: `m${i}`, payload: i })]
      void kit.request(bob.id, { type: 'direct', payload, protocol: MAIL_PROTOCOL }).catch(() => {})
    }
    await post.net.clock.advance(1_000)
    const { receiver } = bob.peer.mail as unknown as { receiver: { items: Map<string, unknown> } }
    expect(receiver.items.size).toBe(1)
    await post.net.clock.advance(mailGapMs)
    expect(bob.texts).toHaveLength(50)
  })
})
