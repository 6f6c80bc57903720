import { afterEach, describe, expect, test } from 'vitest'
import { identityFromSeed } from '../../src/identity/identity.js'
import { generateKeyPair } from '../../src/mail/hpke.js'
import { signBatch } from '../../src/mail/prekey-batch.js'
import type { MailStore } from '../../src/mail/server/mail-store.js'
import type { Prekey } from '../../src/mail/server/prekey-pile.js'
import { DAY_MS, hostileMail, lettersAt, postalNetwork, twoWallets, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>
let post: Post
afterEach(async () => post.net.stop())

/** A network whose first relay is hostile, and Alice and Bob who have met. Bob is away. */
async function besetBy(change: (honest: MailStore) => Partial<MailStore>, { relays = 1 } = {}) {
  post = await postalNetwork({ relays, storeOf: (i) => hostileMail(i === 0 ? change : () => ({})) })
  const wallets = await twoWallets(post)
  await wallets.bob.stop()
  return wallets
}

async function mailed(from: Wallet, to: Wallet, ...texts: string[]) {
  const sent = []
  for (const text of texts) sent.push(await from.send(to, text))
  expect(await post.net.run(Promise.all(sent.map(({ outcome }) => outcome)))).toEqual(texts.map(() => 'mailed'))
  return sent
}

describe('a relay that', () => {
  test('says that it has a letter, and has none: the other one has it', async () => {
    const { alice, bob } = await besetBy(() => ({ deposit: async () => ({ outcome: 'stored', until: 0 }) }), { relays: 2 })
    await mailed(alice, bob, 'once')
    await post.net.clock.advance(10_000)
    expect(post.stores.map((store) => lettersAt(store).length)).toEqual([0, 1])
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['once'])
  })

  test('has the only mailbox and loses what it has taken: the sender keeps its copy until the receipt, and brings it when they meet', async () => {
    const { alice, bob } = await besetBy(() => ({ deposit: async () => ({ outcome: 'stored', until: 0 }) }))
    const [sent] = await mailed(alice, bob, 'kept by Alice')
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual([])
    expect(alice.peer.mail.waiting()).toMatchObject([{ messageId: sent!.messageId, state: 'mailed' }])
    await post.net.run(bob.peer.connectToPeer(alice.id))
    expect(await post.net.run(sent!.receipt!)).toBe('delivered')
    expect(bob.texts).toEqual(['kept by Alice'])
  })

  test('withholds what it has: the other one gives it', async () => {
    const { alice, bob } = await besetBy(() => ({ letters: async () => ({ letters: [], more: false }) }), { relays: 2 })
    await mailed(alice, bob, 'one', 'two')
    await post.net.clock.advance(10_000)
    expect(post.stores.map((store) => lettersAt(store).length)).toEqual([2, 2])
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['one', 'two'])
  })

  test('keeps what was dropped, and gives it again to each process: each letter is delivered once', async () => {
    const { alice, bob } = await besetBy(() => ({ drop: async () => {} }))
    await mailed(alice, bob, 'one', 'two')
    for (let process = 0; process < 3; process++) {
      await bob.start()
      await post.net.clock.advance(30_000)
      await bob.stop()
    }
    expect(lettersAt(post.stores[0]!).length).toBeGreaterThanOrEqual(2)
    expect(bob.texts).toEqual(['one', 'two'])
    expect(bob.received.some(({ message }) => message.redelivered)).toBe(false)
  })

  test('gives letters in another order: they come in that of their sender', async () => {
    const { alice, bob } = await besetBy((honest) => ({
      async letters(...given) {
        const { letters, more } = await honest.letters(...given)
        return { letters: letters.reverse(), more }
      },
    }))
    const texts = Array.from({ length: 10 }, (_, i) => `letter ${i}`)
    await mailed(alice, bob, ...texts)
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(texts)
  })

  test('gives Bob what Carol was sent: he cannot read it, and gets his own', async () => {
    const { alice, bob } = await besetBy((honest) => ({
      async letters(box, after, ...rest) {
        const all = [...(honest as unknown as { boxes: Map<string, unknown> }).boxes.keys()]
        const found = await Promise.all(all.map((each) => honest.letters(each, undefined, ...rest)))
        const own = await honest.letters(box, after, ...rest)
        const others = after === undefined ? found.flatMap(({ letters }, i) => (all[i] === box ? [] : letters)) : []
        return { letters: [...others, ...own.letters], more: own.more }
      },
    }))
    const carol = await new Wallet(post, 13).start()
    await post.net.clock.advance(5_000)
    await carol.stop()
    await mailed(alice, carol, 'for Carol')
    await mailed(alice, bob, 'for Bob')
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['for Bob'])
    expect(bob.peer.getStats().mail.undecryptable).toBeGreaterThan(0)
  })

  test('says without end that there is more: it is asked for so much and no more, and the mailbox counts as read', async () => {
    let asked = 0
    const { alice, bob } = await besetBy((honest) => ({
      async letters(box, _after, maxBytes, now) {
        asked++
        const { letters } = await honest.letters(box, undefined, maxBytes, now)
        // Another cursor each time, so that it seems to go on.
        return { letters: letters.map(([, letter], i) => [`${asked}:${i}`, letter]), more: true }
      },
    }))
    await mailed(alice, bob, 'round and round')
    asked = 0
    await bob.start()
    await post.net.clock.advance(60_000)
    expect(bob.texts).toEqual(['round and round'])
    expect(bob.peer.mail.boxes()).toMatchObject([{ isOpen: true }])
    expect(asked).toBeLessThan(200)
  })

  test('hands out prekeys of its own: they are refused, and it can open nothing', async () => {
    const mallory = identityFromSeed(new Uint8Array(32).fill(66))
    const own = generateKeyPair()
    let forged: Prekey | undefined
    const { alice, bob } = await besetBy((honest) => ({
      async takePrekey(...given) {
        const { decode } = await import('../../src/message/codec.js')
        const taken = await honest.takePrekey(...given)
        const [, generation, madeAt, keys] = decode(taken!.batch) as [number, Uint8Array, number, [Uint8Array, Uint8Array][]]
        const mine = keys.map(([id]): [Uint8Array, Uint8Array] => [id, own.publicKey])
        forged = { ...(await signBatch({ identity: mallory, network: 'lotus' }, generation, madeAt, mine)), index: 0 }
        return forged
      },
    }))
    await mailed(alice, bob, 'not for Mallory')
    expect(forged).toBeDefined()
    // Sealed to the signed prekey of the card.
    expect(lettersAt(post.stores[0]!).map((letter) => letter[3])).toEqual([1])
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['not for Mallory'])
  })

  test('gives one prekey to two senders: the second, whose letter does not open, seals anew after a day', async () => {
    let first: Prekey | undefined
    const { alice, bob } = await besetBy((honest) => ({
      async takePrekey(...given) {
        first ??= await honest.takePrekey(...given)
        return first
      },
    }))
    const carol = await new Wallet(post, 13).start()
    await mailed(alice, bob, 'from Alice')
    await bob.start()
    await post.net.clock.advance(30_000)
    await bob.stop()
    await mailed(carol, bob, 'from Carol')
    await bob.start()
    await post.net.clock.advance(30_000)
    expect(bob.texts).toEqual(['from Alice'])
    expect(bob.peer.getStats().mail.undecryptable).toBe(1)
    // Bob comes back every day, with newer prekeys on his card.
    for (let day = 0; day < 3; day++) {
      post.net.clock.sleep(DAY_MS)
      await post.net.clock.advance(2 * 3_600_000)
    }
    expect(bob.texts).toEqual(['from Alice', 'from Carol'])
  })

  test('demands more work than anybody does: nothing is searched for, and the letter goes to the other one', async () => {
    post = await postalNetwork()
    const { alice, bob } = await twoWallets(post)
    await bob.stop()
    // The relay refuses whatever is shown, and names bits that would take until the end of days.
    const { P2PError } = await import('../../src/index.js')
    Object.assign(post.stores[0]!, {
      deposit: async () => {
        throw new P2PError('PROOF_OF_WORK_REQUIRED', 'More.', { details: { bits: 200 } })
      },
    })
    await mailed(alice, bob, 'for free')
    expect(lettersAt(post.stores[1]!)).toHaveLength(1)
  })

  test('asks its owner to come back in a year: it is replaced within days', async () => {
    post = await postalNetwork()
    const { P2PError } = await import('../../src/index.js')
    const bob = await new Wallet(post, 12, { count: 1 }).start()
    await post.net.clock.advance(5_000)
    const [box] = bob.peer.mail.boxes()
    const at = post.relays.findIndex(({ peerId }) => peerId === box!.relayId)
    Object.assign(post.stores[at]!, {
      putBox: async () => {
        throw new P2PError('RATE_LIMITED', 'Later.', { details: { retryAfterMs: 365 * DAY_MS } })
      },
    })
    await bob.stop()
    await bob.start()
    for (let day = 0; day < 3; day++) {
      post.net.clock.sleep(DAY_MS)
      await post.net.clock.advance(900_000)
    }
    const inUse = bob.peer.mail.boxes().filter(({ isGivenUp }) => !isGivenUp)
    expect(inUse).toMatchObject([{ relayId: post.relays[1 - at]!.peerId, isOpen: true }])
  })
})
