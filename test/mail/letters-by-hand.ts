import { limitsOf } from '../../src/base/limits.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { letterIdOf } from '../../src/mail/box.js'
import { readCard } from '../../src/mail/card.js'
import { PrekeyKind, sealLetter } from '../../src/mail/letter.js'
import { bodyOf } from '../../src/mail/outgoing-entry.js'
import { decode } from '../../src/message/codec.js'
import type { postalNetwork, Wallet } from './wallets.js'

type Post = Awaited<ReturnType<typeof postalNetwork>>

const limits = limitsOf()
export const mallory = identityFromSeed(new Uint8Array(32).fill(66))

/** Bob's card, as everybody sees it. */
export async function cardOf(bob: Wallet) {
  const record = decode(bob.peer.mail.card()!) as [Uint8Array, Uint8Array, Uint8Array]
  const { value, key, publishedAt, sequence } = decode(record[1]) as Parameters<typeof readCard>[0]
  return readCard({ key, value, publishedAt, sequence, publisherKey: record[0] })
}

/** A letter made by hand, which Mallory puts into Bob's mailbox as though its relay were hers. */
export async function slipTo(post: Post, bob: Wallet, letter: Uint8Array): Promise<void> {
  const card = await cardOf(bob)
  const box = card.boxes[0]![2]
  const store = post.stores[post.relays.findIndex((relay) => relay.peerId === card.boxes[0]![0])]!
  const bounds = {
    now: post.net.clock.now(),
    maxBytes: 2 ** 30,
    limits: { maxBoxLetters: 4_096, maxBoxBytes: 2 ** 24, strangerLettersPerBox: 4_096 },
  }
  const id = letterIdOf(letter)
  await store.deposit(Buffer.from(box).toString('hex'), { id, letter, ttl: 2, isStranger: true }, bounds)
  await post.net.clock.advance(20_000)
}

/** The message of a letter by hand. */
export function messageOf(post: Post, over: object = {}): Uint8Array {
  const message = { type: 'note', from: 'x', payload: 'evil', timestamp: post.net.clock.now(), messageId: 'evil-1', ...over }
  return bodyOf(message, limits)
}

export async function letterFor(
  post: Post,
  bob: Wallet,
  over: { n?: number; sentAt?: number; body?: Uint8Array; extras?: object; key?: Uint8Array; by?: Identity } = {},
): Promise<Uint8Array> {
  const { owner, prekey } = await cardOf(bob)
  const to = { kind: PrekeyKind.SIGNED, id: prekey[0], key: over.key ?? prekey[1] }
  const content = {
    n: over.n ?? 1,
    body: over.body ?? messageOf(post),
    sentAt: over.sentAt ?? post.net.clock.now(),
    extras: over.extras ?? {},
  }
  return sealLetter(owner, to, content, { identity: over.by ?? mallory, network: 'lotus' })
}
