import { bytesToHex } from '@noble/hashes/utils.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateIdentity, memoryStore, type P2PConfig, P2PCoordinator } from '../../src/index.js'
import { mailbox } from '../../src/mail/index.js'
import { onion } from '../../src/onion/index.js'
import type { RelayChild } from '../node/relay-child.js'
import { overheardBy, overhearingRelays, toldBy, twoEnds } from './two-ends.js'
import { groupOf } from './wallets.js'

let relays: RelayChild[] = []
const wallets: { shutdown(): Promise<void> }[] = []

beforeAll(async () => {
  relays = await overhearingRelays()
}, 60_000)

afterAll(async () => {
  await Promise.all(wallets.map((wallet) => wallet.shutdown()))
  for (const relay of relays) relay.kill()
})

async function walletOf(config: P2PConfig = {}) {
  const wallet = new P2PCoordinator({
    bootstrap: relays.slice(0, 3).map(({ url }) => url),
    allowPrivate: true,
    ...config,
    limits: { mailAfterMs: 1 },
    plugins: [mailbox({ strangers: { bits: 2 }, count: 1 }), onion({ hopAgeMs: 0, guardAgeMs: 0, groupOf, mail: 'quick' })],
  })
  wallets.push(wallet)
  await wallet.start()
  return wallet
}

/** What a wallet is called, and what is looked for where it should not be known. */
const namesOf = ({ peerId, publicKey }: { peerId: string; publicKey: Uint8Array }) => [peerId, `0x${bytesToHex(publicKey)}`]

async function cardOf(wallet: { mail: { card(): unknown } }): Promise<void> {
  while (wallet.mail.card() === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('six relay processes of three operators', { timeout: 60_000 }, () => {
  it('carry a ping, a lookup and a letter of a wallet that none of them knows', async () => {
    const alice = await walletOf()
    await alice.onion.ready({ timeoutMs: 50_000 })
    const identity = alice.onion.identity('test')
    expect(await identity.ping()).toBeGreaterThan(0)
    expect(await identity.discover('nothing')).toEqual([])
    const bob = await walletOf()
    bob.registerProtocol({
      protocolName: 'offers',
      anonymous: true,
      handleMessage: (message) => bob.reply(message, { type: 'price', payload: 'bob says seven' }),
    })
    await cardOf(bob)
    const answer = await identity.request(bob.peerId, { type: 'ask', protocol: 'offers', payload: 'alice asks for coffee' })
    expect(answer.payload).toBe('bob says seven')

    const said = ['alice asks for coffee', 'bob says seven']
    const overheard = await overheardBy(relays)
    expect(toldBy(alice.peerId, overheard, namesOf(bob))).toEqual([])
    const ends = twoEnds(overheard, [...namesOf(alice), ...said, ...namesOf(bob)])
    // Entry identities have sent packets, one for each guard, and exits have had theirs from relays.
    expect(ends.entries.length).toBeGreaterThan(0)
    expect(ends.entries.length).toBeLessThanOrEqual(2)
    expect(ends.exits.length).toBeGreaterThan(0)
    for (const asker of ends.askers) expect(relays.map(({ peerId }) => peerId)).toContain(asker)
    // Who is asked stands at an exit, and at no guard; who asks, and what is said, nowhere.
    expect(ends.readByExits).toEqual(namesOf(bob))
    expect(ends.read).toEqual(namesOf(bob))
    expect(ends.readByGuards).toEqual([])
    // No id, key, tag, or other byte string that a guard has read has any exit read, and the other way round.
    expect(ends.shared).toEqual([])
  })
  it('bring a letter to the mailbox of a wallet that is away, and learn neither who has left it nor where from', async () => {
    const config = { store: memoryStore(), identity: await generateIdentity() }
    const bob = await walletOf(config)
    await cardOf(bob)
    await bob.shutdown()
    const alice = await walletOf()
    await alice.onion.ready({ timeoutMs: 50_000 })
    await overheardBy(relays)
    const note = { type: 'note', payload: 'alice writes by night' }
    const { outcome } = await alice.sendTo(bob.peerId, note, { queue: true, via: 'onion' })
    expect(await outcome).toBe('mailed')

    const overheard = await overheardBy(relays)
    expect(toldBy(alice.peerId, overheard, [...namesOf(bob), note.payload])).toEqual([])
    const ends = twoEnds(overheard, [...namesOf(alice), note.payload, bob.peerId])
    // An exit has looked for the card of who is written to.
    expect(ends.read).toEqual([bob.peerId])
    expect(ends.readByGuards).toEqual([])
    expect(ends.shared).toEqual([])

    const later = new P2PCoordinator({
      ...config,
      bootstrap: relays.slice(0, 3).map(({ url }) => url),
      allowPrivate: true,
      plugins: [mailbox({ strangers: { bits: 2 }, count: 1 })],
    })
    wallets.push(later)
    const letter = new Promise((resolve) => {
      later.on('message', ({ type, payload, mailed }, from) => resolve({ type, payload, mailed, from: from.peerId }))
    })
    await later.start()
    expect(await letter).toEqual({ ...note, mailed: true, from: alice.peerId })
  })
})
