import { afterEach, describe, expect, test } from 'vitest'
import { limitsOf } from '../../src/base/limits.js'
import { accessFor } from '../../src/mail/box.js'
import { generateKeyPair } from '../../src/mail/hpke.js'
import { MAIL_PROTOCOL } from '../../src/mail/messages.js'
import { decode, encode } from '../../src/message/codec.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { kitOf } from '../kit-of.js'
import { cardOf, letterFor, mallory, messageOf, slipTo } from './letters-by-hand.js'
import { DAY_MS, postalNetwork, twoWallets, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => post.net.stop())

const limits = limitsOf()

const slip = (bob: Wallet, letter: Uint8Array) => slipTo(post, bob, letter)
const message = (over: object = {}) => messageOf(post, over)
const letterTo = (bob: Wallet, over: Parameters<typeof letterFor>[2] = {}) => letterFor(post, bob, over)

describe('what a relay or a sender slips into a mailbox', () => {
  test('is counted and dropped where it is no letter, or sealed to another key; the next one is delivered', async () => {
    post = await postalNetwork({ relays: 1 })
    const { bob } = await twoWallets(post)
    const junk = new Uint8Array(1_024).fill(7)
    await slip(bob, junk)
    await slip(bob, await letterTo(bob, { key: generateKeyPair().publicKey }))
    const broken = await letterTo(bob)
    broken[900]! ^= 1
    await slip(bob, broken)
    expect(bob.peer.getStats().mail).toMatchObject({ undecryptable: 3, delivered: 0 })
    await slip(bob, await letterTo(bob))
    expect(bob.texts).toEqual(['evil'])
    expect(post.stores[0]!.totals.letters).toBe(0)
  })

  test('is delivered once, however often it is repeated, and not after its time', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await alice.stop()
    const letter = await letterTo(bob)
    for (let i = 0; i < 3; i++) await slip(bob, letter)
    // Another letter with the same message.
    await slip(bob, await letterTo(bob))
    expect(bob.texts).toEqual(['evil'])
    // On day 17 its id is nearly forgotten, and it is too old.
    await bob.stop()
    post.net.clock.sleep(16 * DAY_MS)
    await bob.start()
    await post.net.clock.advance(5_000)
    await slip(bob, letter)
    await slip(bob, await letterTo(bob, { body: message({ messageId: 'evil-2' }), sentAt: post.net.clock.now() + 2 * DAY_MS }))
    expect(bob.texts).toEqual(['evil'])
  })

  test('does not reach the protocols of the SDK', async () => {
    post = await postalNetwork({ relays: 1 })
    const { bob } = await twoWallets(post)
    for (const protocol of ['lotus/dht', 'lotus/circuit-stop', MAIL_PROTOCOL]) {
      await slip(bob, await letterTo(bob, { body: message({ protocol, messageId: protocol }) }))
    }
    expect(bob.peer.getStats().mail.undecryptable).toBe(3)
    expect(bob.texts).toEqual([])
  })

  test('is dropped where its sender is banned', async () => {
    post = await postalNetwork({ relays: 1 })
    const { bob } = await twoWallets(post)
    const { encodePeerId } = await import('../../src/index.js')
    bob.peer.ban(encodePeerId(mallory.publicKey))
    await slip(bob, await letterTo(bob))
    expect(bob.texts).toEqual([])
    expect(bob.peer.getStats().mail.banned).toBe(1)
  })

  test('brings no card but its sender’s own', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    // A card with Mallory's mailboxes, under Alice's name, signed by Mallory.
    const card = decode(alice.peer.mail.card()!) as [Uint8Array, Uint8Array, Uint8Array]
    const value = (decode(card[1]) as { value: object }).value
    const now = post.net.clock.now() + 1_000
    const content = { key: `mail:${alice.id}`, value, sequence: now, publishedAt: now, ttl: 86_400 }
    const forged = wireRecord(await createRecord(content, { identity: mallory }, limits, 'lotus'))!
    await slip(bob, await letterTo(bob, { extras: { card: forged } }))
    await slip(bob, await letterTo(bob, { extras: { card }, body: message({ messageId: 'evil-3' }) }))
    await expect(bob.peer.mail.addCard(encode(forged))).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    expect(bob.texts).toEqual(['evil', 'evil'])
  })

  test('out of order, with a number of its own choice, holds back nobody else', async () => {
    post = await postalNetwork({ relays: 1 })
    const { alice, bob } = await twoWallets(post)
    await slip(bob, await letterTo(bob, { n: Number.MAX_SAFE_INTEGER }))
    await alice.stop()
    await alice.start()
    await post.net.run(alice.peer.connectToPeer(bob.id))
    await alice.send(bob, 'honest')
    await post.net.clock.advance(30_000)
    expect(bob.texts.sort()).toEqual(['evil', 'honest'])
  })
})

describe('what a peer says over its connection', () => {
  test('of receipts counts for messages to it alone', async () => {
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    const carol = await new Wallet(post, 13).start()
    await bob.stop()
    const { messageId, outcome } = await alice.send(bob, 'for Bob')
    expect(await post.net.run(outcome)).toBe('mailed')
    await post.net.run(carol.peer.connectToPeer(alice.id))
    const kit = await kitOf(carol.peer)
    await post.net.run(kit.sendTo(alice.id, { type: 'receipt', payload: [messageId], protocol: MAIL_PROTOCOL }))
    await post.net.clock.advance(5_000)
    expect(alice.peer.mail.waiting()).toHaveLength(1)
  })

  test('that is malformed is refused, and harms nothing', async () => {
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    await post.net.run(alice.peer.connectToPeer(bob.id))
    const kit = await kitOf(alice.peer)
    const ask = (type: string, payload: unknown) => post.net.run(kit.request(bob.id, { type, payload, protocol: MAIL_PROTOCOL }))
    for (const [type, payload] of [
      ['direct', null],
      ['direct', [1, new Uint8Array(3)]],
      ['direct', [-1, message()]],
      ['direct', [1, message({ protocol: 'lotus/dht' })]],
      ['status', ['']],
      ['status', Array(65).fill('x')],
      ['card', { record: new Uint8Array(3) }],
      ['nonsense', 1],
    ] as const) {
      await expect(ask(type, payload)).rejects.toBeDefined()
    }
    await alice.send(bob, 'still there')
    await post.net.clock.advance(5_000)
    expect(bob.texts).toEqual(['still there'])
  })
})

test('whoever is blocked deposits by work alone', async () => {
  post = await postalNetwork({ relays: 1 })
  const { alice, bob } = await twoWallets(post)
  // Bob has written to Alice, so she has his access key.
  await bob.send(alice, 'hello')
  await post.net.clock.advance(10_000)
  const { boxes } = await cardOf(bob)
  const access = (bob.peer.mail as unknown as { state: { access: Uint8Array } }).state.access.slice()
  const kit = await kitOf(alice.peer)
  const deposit = async (letter: Uint8Array) => {
    const payload = { box: boxes[0]![2], letter, ttl: 0, access: accessFor(access, boxes[0]![2]) }
    const answer = await post.net.run(kit.request(boxes[0]![0], { type: 'deposit', payload, protocol: MAIL_PROTOCOL }))
    return answer.type === 'deposited' ? 'deposited' : (answer.payload as { code: string }).code
  }
  expect(await deposit(new Uint8Array(1_024).fill(1))).toBe('deposited')
  await post.net.run(bob.peer.mail.block(alice.id))
  await post.net.clock.advance(1_000)
  expect(await deposit(new Uint8Array(1_024).fill(2))).toBe('PROOF_OF_WORK_REQUIRED')
})
