import { afterEach, expect, test } from 'vitest'
import { MAILBOX_LIMITS } from '../../src/base/limits/mailbox.js'
import { limitsOf } from '../../src/base/limits.js'
import { Hearing } from '../../src/mail/hearing.js'
import type { MailHost } from '../../src/mail/host.js'
import { MAIL_PROTOCOL, type PlacedLetter } from '../../src/mail/messages.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { kitOf } from '../kit-of.js'
import { letterFor, messageOf, slipTo } from './letters-by-hand.js'
import { letterOf } from './mail-peers.js'
import { lettersAt, postalNetwork, twoWallets, type Wallet } from './wallets.js'

// What one peer, or one relay, may take of the room that all have.

let post: Awaited<ReturnType<typeof postalNetwork>>
afterEach(async () => post?.net.stop())

interface Inside {
  host: { isHeard(): boolean }
  receiver: { items: Map<string, unknown>; letter(from: object, placed: PlacedLetter): Promise<void> }
  mailboxes: { at(relayId: string): { lost(): void } }
}
const insideOf = (wallet: Wallet) => wallet.peer.mail as unknown as Inside

async function connected() {
  post = await postalNetwork({ relays: 1 })
  const { alice, bob } = await twoWallets(post)
  await post.net.run(alice.peer.connectToPeer(bob.id))
  let handled = 0
  bob.peer.registerProtocol({
    protocolName: 'slow-lane',
    rateLimits: { messagesPerS: 1, burst: 2 },
    handleMessage: async () => void handled++,
  })
  await post.net.clock.advance(1_000)
  const kit = await kitOf(alice.peer)
  /** Messages of the protocol that is slow, over the connection. @returns what becomes of them. */
  const flood = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const body = messageOf(post, { protocol: 'slow-lane', messageId: `m${i}`, payload: i })
      return kit
        .request(bob.id, { type: 'direct', payload: [i + 1, body], protocol: MAIL_PROTOCOL }, { timeoutMs: 600_000 })
        .then(
          ({ type }) => type,
          ({ code }) => code as string,
        )
    })
  return { bob, flood, handled: () => handled }
}

test('messages over a connection come no faster than their protocol lets them, and none is lost', async () => {
  const { flood, handled } = await connected()
  const answers = flood(10)
  await post.net.clock.advance(500)
  expect(handled()).toBeGreaterThan(0)
  expect(handled()).toBeLessThan(6)
  expect(await post.net.run(Promise.all(answers))).toEqual(Array(10).fill('kept'))
  expect(handled()).toBe(10)
})

test('a peer that floods is told so, and holds no more here than an honest one may send at once', async () => {
  const { bob, flood } = await connected()
  const answers = flood(100)
  await post.net.clock.advance(500)
  const most = 2 * MAILBOX_LIMITS.maxDirectMail
  expect(insideOf(bob).receiver.items.size).toBeLessThanOrEqual(most)
  const refused = (await post.net.run(Promise.all(answers))).filter((answer) => answer === 'RATE_LIMITED')
  expect(refused.length).toBeGreaterThanOrEqual(100 - most - 6)
})

test('a relay that pushes without end takes no room from another one, and is read anew when there is room', async () => {
  post = await postalNetwork({ relays: 1 })
  const { bob } = await twoWallets(post)
  const source = () => ({
    waitingBytes: 0,
    dropped: 0,
    left: 0,
    drop() {
      this.dropped++
    },
    lost() {
      this.left++
    },
  })
  const [hostile, honest] = [source(), source()]
  const letters = Array.from({ length: 40 }, (_, i) => letterOf(i, 262_144))
  const { receiver } = insideOf(bob)
  const opened = letters.map((letter, i) => receiver.letter(hostile, [`${i}`, letter]))
  opened.push(receiver.letter(honest, ['1', await letterFor(post, bob)]))
  await post.net.run(Promise.all(opened))
  await post.net.clock.advance(1_000)
  expect(bob.texts).toEqual(['evil'])
  expect([honest.dropped, honest.left]).toEqual([1, 0])
  // 33 of 256 KiB are what brings it above 8 MiB.
  expect([hostile.dropped, hostile.left]).toEqual([33, 7])
  expect([hostile.waitingBytes, honest.waitingBytes]).toEqual([0, 0])
})

test('a mailbox of which not all was taken is open again a moment later', async () => {
  post = await postalNetwork({ relays: 1 })
  const { bob } = await twoWallets(post)
  insideOf(bob).mailboxes.at(post.relays[0]!.peerId).lost()
  expect(bob.peer.mail.boxes().map(({ isOpen }) => isOpen)).toEqual([false])
  await post.net.clock.advance(10_000)
  expect(bob.peer.mail.boxes().map(({ isOpen }) => isOpen)).toEqual([true])
})

test('who sends to a protocol that nobody has yet leaves room for others to wait', async () => {
  const clock = new VirtualClock()
  let isHeard = false
  const host = { kit: { clock }, isHeard: () => isHeard } as unknown as MailHost
  const hearing = new Hearing(host, limitsOf(MAILBOX_LIMITS) as never)
  const message = { type: 'note', payload: null, from: 'x', timestamp: 0, messageId: 'x' }
  const of = (sender: number, count: number) =>
    Array.from({ length: count }, () => hearing.wait(message, new Uint8Array(32).fill(sender)))
  const flood = of(1, 40)
  const other = of(2, 1)
  await clock.advance(10_000)
  isHeard = true
  hearing.hear()
  expect((await Promise.all(flood)).filter((heard) => heard === true)).toHaveLength(32)
  expect((await Promise.all(flood)).filter((heard) => heard === undefined)).toHaveLength(8)
  expect(await Promise.all(other)).toEqual([true])
})

test('a letter for which there is no room to wait stays in its mailbox, and comes with the next process', async () => {
  post = await postalNetwork({ relays: 1 })
  const { bob } = await twoWallets(post)
  let isThere = false
  insideOf(bob).host.isHeard = () => isThere
  for (let i = 0; i < 34; i++) {
    const body = messageOf(post, { protocol: `late/${i}`, messageId: `m${i}`, payload: i })
    await slipTo(post, bob, await letterFor(post, bob, { body }))
  }
  expect(bob.texts).toEqual([])
  isThere = true
  await post.net.clock.advance(5_000)
  expect(bob.texts).toHaveLength(32)
  expect(lettersAt(post.stores[0]!)).toHaveLength(2)
  await bob.stop()
  await bob.start()
  await post.net.clock.advance(10_000)
  expect(new Set(bob.texts).size).toBe(34)
  expect(lettersAt(post.stores[0]!)).toHaveLength(0)
})
