import { afterEach, describe, expect, test } from 'vitest'
import { limitsOf } from '../../src/base/limits.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { MAIL_PROTOCOL } from '../../src/mail/messages.js'
import { encode } from '../../src/message/codec.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { kitOf } from '../kit-of.js'
import { cardOf, letterFor, mallory, messageOf, slipTo } from './letters-by-hand.js'
import { DAY_MS, postalNetwork, twoWallets, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => post.net.stop())

const malloryId = encodePeerId(mallory.publicKey)
const limits = limitsOf()

describe('a hostile owner', () => {
  /** A card that Mallory has made up and signed. */
  async function cardWith(bob: Wallet, change: object): Promise<Uint8Array> {
    const { generation, prekey, boxes, bits, max } = await cardOf(bob)
    const now = post.net.clock.now()
    const value = { v: 1, generation, prekey, boxes, bits, max, ...change }
    const content = { key: `mail:${malloryId}`, value, sequence: now, publishedAt: now, ttl: 86_400 }
    return encode(wireRecord(await createRecord(content, { identity: mallory }, limits, 'lotus')))
  }

  test.each<[string, (bob: Wallet) => object | Promise<object>]>([
    ['a prekey of low order', () => ({ prekey: [new Uint8Array(8), new Uint8Array(32), 0] })],
    ['a recovery prekey of low order', () => ({ recovery: [new Uint8Array(8), new Uint8Array(32)] })],
    ['a relay that is none', async (bob) => ({ boxes: [['nobody', 'nowhere', (await cardOf(bob)).boxes[0]![2]]] })],
    ['a mailbox that is not there', async (bob) => ({ boxes: [[(await cardOf(bob)).boxes[0]![0], null, new Uint8Array(16)]] })],
    ['work for hours', () => ({ bits: 24 })],
    ['no strangers', () => ({ bits: null })],
    ['no letters but the smallest', () => ({ max: 0 })],
  ])('whose card names %s gets nothing, and keeps no other from its mail', async (_, change) => {
    post = await postalNetwork({ relays: 1 })
    const bob = await new Wallet(post, 12).start()
    const alice = await new Wallet(post, 11).start({ limits: { maxWorkBits: 18 } })
    await post.net.clock.advance(5_000)
    await bob.stop()
    await alice.peer.mail.addCard(await cardWith(bob, await change(bob)))
    const toMallory = await alice.send(malloryId, 'x'.repeat(2_000))
    const toBob = await alice.send(bob, 'to Bob')
    expect(await post.net.run(toBob.outcome)).toBe('mailed')
    await post.net.clock.advance(600_000)
    expect(alice.peer.mail.waiting().find(({ messageId }) => messageId === toMallory.messageId)?.state).toBe('waiting')
  })

  test('cannot take back a newer card by an older one', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    const old = bob.peer.mail.card()!
    await bob.stop()
    // Bob's prekey is renewed, and his card with it.
    post.net.clock.sleep(3 * DAY_MS)
    await bob.start()
    await post.net.clock.advance(10_000)
    const newest = await cardOf(bob)
    expect(bob.peer.mail.card()).not.toEqual(old)
    await post.net.run(alice.peer.connectToPeer(bob.id))
    await post.net.clock.advance(2_000)
    await bob.stop()
    await alice.peer.mail.addCard(old)
    const { outcome } = await alice.send(bob, 'to the newest key')
    expect(await post.net.run(outcome)).toBe('mailed')
    const { contacts } = alice.peer.mail as unknown as { contacts: { get(key: Uint8Array): { card: { prekey: unknown[] } } } }
    expect(contacts.get(bob.identity.publicKey).card.prekey).toEqual(newest.prekey)
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['to the newest key'])
  })

  test('that says it never had a message gets it again over the connection, once for each meeting', async () => {
    post = await postalNetwork({ relays: 1 })
    const alice = await new Wallet(post, 11).start()
    const asked: string[] = []
    const liar = post.net.createPeer({
      identity: mallory,
      listening: false,
      bootstrap: post.addresses,
      plugins: [
        {
          name: 'liar',
          attach(kit) {
            kit.registerProtocol({
              protocolName: MAIL_PROTOCOL,
              async handleMessage(message) {
                asked.push(message.type)
                if (message.type === 'direct') await kit.reply(message, { type: 'kept', payload: null })
                if (message.type === 'status') await kit.reply(message, { type: 'had', payload: [false, 'x', true] })
              },
            })
            return {}
          },
        },
      ],
    })
    await post.net.run(liar.start())
    await post.net.run(alice.peer.connectToPeer(malloryId))
    const { outcome } = await alice.send(malloryId, 'kept, it says')
    expect(await post.net.run(outcome)).toBe('delivered')
    await post.net.clock.advance(60_000)
    expect(asked.filter((type) => type === 'direct')).toHaveLength(1)
    expect(alice.peer.mail.waiting()).toEqual([])
  })
})

describe('a hostile sender', () => {
  const letter = (bob: Wallet, n: number, about: object = {}, by = mallory) =>
    letterFor(post, bob, { n, by, body: messageOf(post, { messageId: `evil-${n}`, payload: n, ...about }) })

  test('that leaves out its first message, and floods, keeps no order but its own', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    await bob.start({ limits: { maxHeldMail: 8, mailGapMs: 1_000_000 } as object })
    await post.net.clock.advance(5_000)
    // A gap of an honest sender is waited for, whatever Mallory sends.
    const honest = identityFromSeed(new Uint8Array(32).fill(77))
    await slipTo(post, bob, await letter(bob, 2, { messageId: 'two', payload: 'two' }, honest))
    for (let n = 2; n < 12; n++) await slipTo(post, bob, await letter(bob, n))
    expect(bob.texts).toContain(2)
    expect(bob.texts).not.toContain('two')
    await slipTo(post, bob, await letter(bob, 1, { messageId: 'one', payload: 'one' }, honest))
    expect(bob.texts.filter((text) => typeof text === 'string')).toEqual(['one', 'two'])
    expect(alice.id).not.toBe(bob.id)
  })

  test('that invents protocols makes Bob remember so many and no more, and all come', async () => {
    post = await postalNetwork({ relays: 1 })
    const { bob } = await twoWallets(post)
    await bob.stop()
    await bob.start({ limits: { maxMailOrders: 4 } as object })
    await post.net.clock.advance(5_000)
    for (let i = 0; i < 10; i++)
      await slipTo(post, bob, await letter(bob, 1, { protocol: `made-up/${i}`, messageId: `m${i}`, payload: i }))
    expect(bob.texts).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect((await bob.store.keys('mail/last/')).length).toBeLessThanOrEqual(4)
  })

  test('that uses the message id of another spoils nothing of it', async () => {
    post = await postalNetwork({ relays: 1 })
    const { bob } = await twoWallets(post)
    const honest = identityFromSeed(new Uint8Array(32).fill(77))
    await slipTo(post, bob, await letter(bob, 1, { messageId: 'invoice-7', payload: 'false' }))
    await slipTo(post, bob, await letter(bob, 1, { messageId: 'invoice-7', payload: 'true' }, honest))
    expect(bob.received.map(({ message, from }) => [message.payload, from.peerId])).toEqual([
      ['false', malloryId],
      ['true', encodePeerId(honest.publicKey)],
    ])
  })

  test('that names another as the sender, or another recipient, inside its message is taken for itself', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await slipTo(post, bob, await letter(bob, 1, { from: alice.id, to: alice.id }))
    expect(bob.received.map(({ message, from }) => [message.from, message.to, from.peerId])).toEqual([
      [malloryId, bob.id, malloryId],
    ])
  })

  test('that sends one message in ever new letters is heard once, and told so once for each', async () => {
    post = await postalNetwork({ relays: 1 })
    const { bob } = await twoWallets(post)
    let finish!: () => void
    let handled = 0
    bob.peer.registerProtocol({
      protocolName: 'slow',
      handleMessage: () =>
        new Promise((resolve) => {
          handled++
          finish = resolve
        }),
    })
    for (let i = 0; i < 20; i++) await slipTo(post, bob, await letter(bob, 1, { protocol: 'slow' }))
    expect(handled).toBe(1)
    finish()
    await post.net.clock.advance(30_000)
    expect(handled).toBe(1)
    expect(bob.peer.getStats().mail).toMatchObject({ delivered: 1, redelivered: 0 })
  })

  test('that asks and tells without end over its connection is slowed, and others are heard', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await post.net.run(alice.peer.connectToPeer(bob.id))
    const kit = await kitOf(alice.peer)
    const card = alice.peer.mail.card()!
    const told = Array.from({ length: 60 }, () =>
      kit.sendTo(bob.id, { type: 'card', payload: { record: card }, protocol: MAIL_PROTOCOL }, { wait: false }).then(
        () => 'taken',
        ({ code }) => code as string,
      ),
    )
    const answers = await post.net.run(Promise.all(told))
    expect(answers.filter((answer) => answer === 'taken').length).toBeLessThan(40)
    expect(answers).toContain('RATE_LIMITED')
    const carol = await new Wallet(post, 13).start()
    await post.net.run(carol.peer.connectToPeer(bob.id))
    await carol.send(bob, 'and I?')
    await post.net.clock.advance(5_000)
    expect(bob.texts).toEqual(['and I?'])
  })
})
