import { afterEach, describe, expect, test } from 'vitest'
import { ONION_HOP_LIMITS } from '../../src/base/limits/onion-hop.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { hopKeyOf, ONION_PROTOCOL, readHopRecord } from '../../src/onion/messages.js'
import { createPacket, PACKET_BYTES } from '../../src/onion/packet.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { kitOf } from '../kit-of.js'
import { TestOnion, type TestRelay, type TestWallet } from './relays.js'

/** What hops and exits keep for strangers has a share for each, so that nobody fills it for all: what one of them can do, and what others still get. */
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const CONTENT = new Uint8Array(10)
/** An X25519 key that nobody has the secret of. */
const KEY = new Uint8Array(32).fill(9)

async function onionOf(limits: Partial<Record<keyof typeof ONION_HOP_LIMITS, number>> = {}): Promise<TestOnion> {
  const onion = new TestOnion()
  cleanUps.push(() => onion.stop())
  await onion.build(3, {}, { limits })
  return onion
}

/** Publishes that this wallet is a hop, at an address. */
async function claimHop(onion: TestOnion, wallet: TestWallet, like: TestRelay, address: string): Promise<void> {
  const key = hopKeyOf(encodePeerId(wallet.kit.publicKey))
  const record = await onion.net.run(like.peer.dht.get(hopKeyOf(like.peer.peerId)))
  const value = { ...readHopRecord(record!.value), address }
  await onion.net.run(wallet.peer.dht.announce({ key, value, ttl: 7_200, republish: false }))
}

const sumsOf = (relay: TestRelay) => relay.onion.getStats()!.packets

describe('a stranger that publishes that it is a hop', () => {
  test('has the budget of a wallet: nobody has reached it at its address', async () => {
    const onion = await onionOf()
    const [a] = onion.three
    const wallet = await onion.wallet(a)
    await claimHop(onion, wallet, a, 'ws://nobody:1')
    await onion.pass(ONION_HOP_LIMITS.onionHopDirectoryMs)
    expect(a.onion.getStats()?.hops).toBe(4)
    const garbage = new Uint8Array(PACKET_BYTES).fill(1)
    for (let i = 0; i < 2 * ONION_HOP_LIMITS.onionPacketBurst; i++) await wallet.send(garbage)
    await onion.pass(61_000)
    expect(sumsOf(a).overLink).toBeGreaterThan(ONION_HOP_LIMITS.onionPacketBurst - 60)
  })

  test('is not so where it is a hop, and can be reached', async () => {
    const onion = await onionOf({ onionPacketBurst: 10, onionPacketsPerS: 1 })
    const [a, b] = onion.three
    const kit = await kitOf(b.peer)
    const garbage = new Uint8Array(PACKET_BYTES).fill(1)
    for (let i = 0; i < 100; i++) {
      await kit.sendTo(a.peer.peerId, { type: 'packet', payload: garbage, protocol: ONION_PROTOCOL })
    }
    await onion.pass(61_000)
    expect(sumsOf(a).overLink ?? 0).toBe(0)
    expect(sumsOf(a).unreadable).toBeGreaterThanOrEqual(100)
  })
})

test('packets that a stranger has wait for as long as it can leave room for those of others', async () => {
  const onion = await onionOf({ maxOnionDelayed: 100 })
  const [a, b, c] = onion.three
  const [hostile, honest, alice] = [await onion.wallet(a), await onion.wallet(a), await onion.wallet(c)]
  await alice.attach()
  const path = await onion.path([a, 60_000], b, c)
  for (let i = 0; i < 150; i++) await hostile.send((await createPacket(path, { command: 'drop' }, CONTENT)).packet)
  await onion.pass(1_000)
  const inbox = { command: 'inbox', tag: alice.tag, surbId: new Uint8Array(16) } as const
  const slow = await onion.path([a, 5_000], b, c)
  for (let i = 0; i < 40; i++) await honest.send((await createPacket(slow, inbox, CONTENT)).packet)
  await onion.pass(10_000)
  expect(alice.delivered).toHaveLength(40)
  // And none of them was there for more than its delay.
  await onion.pass(61_000)
  expect(sumsOf(a).overloaded).toBe(90)
})

test('letters to peers that do not answer leave room at an exit for letters of others, and for all that is no letter', async () => {
  const onion = await onionOf({ maxOnionActions: 8 })
  const [guard, middle, exit] = onion.three
  const wallet = await onion.wallet(guard)
  await wallet.attach()
  const path = await onion.path(guard, middle, exit)
  const back = await onion.path(middle, guard)
  const letterTo = async ({ peer }: TestWallet) => {
    const args = [peer.peerId, new Uint8Array(1_024), 60_000]
    return wallet.request(path, { action: 'letter', args, surbs: [await wallet.surbsBy(back, 2)] })
  }
  const [sleepy, honest] = [await onion.wallet(exit), await onion.wallet(exit)]
  honest.answerLetters = Uint8Array.of(7)
  for (let i = 0; i < 12; i++) await letterTo(sleepy)
  await onion.pass(1_000)
  expect(await wallet.answered(await letterTo(honest))).toEqual(Uint8Array.of(7))
  const ping = await wallet.request(path, { action: 'ping', args: [], surbs: [await wallet.surbsBy(back, 2)] })
  expect(await wallet.answered(ping)).toEqual([])
})

test('cheap messages in thousands make an exit neither forget dear ones nor ask more work for them', async () => {
  const onion = await onionOf({ maxOnionMessages: 20, onionActionsPerS: 1 })
  const [guard, middle, exit] = onion.three
  const [wallet, hostile] = [await onion.wallet(guard), await onion.wallet(guard)]
  await wallet.attach()
  const path = await onion.path(guard, middle, exit)
  const back = await onion.path(middle, guard)
  const find = { action: 'find', args: ['introduce', {}], surbs: [await wallet.surbsBy(back, 3)] }
  const messageId = await wallet.request(path, find)
  await wallet.answered(messageId)
  for (let i = 0; i < 60; i++) await hostile.request(path, { action: 'ping', args: [], surbs: [], bits: 8 })
  await onion.pass(1_000)
  // The answer that was made is sent again: nothing is done twice.
  const before = sumsOf(exit).acted
  wallet.forget(messageId)
  const nonce = new Uint8Array(8)
  await wallet.request(path, { ...find, surbs: [await wallet.surbsBy(back, 3)], messageId, nonce })
  await wallet.answered(messageId)
  await onion.pass(61_000)
  expect(sumsOf(exit).repeated).toBe(1)
  expect(sumsOf(exit).acted! - (before ?? 0)).toBeLessThanOrEqual(61)
  // No work is enough for what is asked seldom.
  const again = await wallet.request(path, { ...find, surbs: [await wallet.surbsBy(back, 3)] })
  expect(await wallet.answered(again)).toHaveProperty('peers')
})

test('packets for hops that are not there take no more than a share of those that wait for dials', async () => {
  const onion = await onionOf({ maxOnionDialBacklog: 32, onionDialMs: 10_000 })
  const [a] = onion.three
  const [hostile, honest, ghost] = [await onion.wallet(a), await onion.wallet(a), await onion.wallet(a)]
  const far = await onion.wallet(a, { host: 'far', listening: true })
  await claimHop(onion, ghost, a, 'ws://hole')
  await claimHop(onion, far, a, 'ws://far')
  for (const { peer } of [ghost, far]) await onion.net.run(peer.disconnectFromPeer(a.peer.peerId))
  await onion.pass(ONION_HOP_LIMITS.onionHopDirectoryMs)
  // Nobody ever answers there.
  onion.net.network.vanish('hole')
  const [first] = await onion.path(a)
  const packetTo = async ({ kit }: TestWallet) =>
    (await createPacket([first!, { ...first!, id: kit.publicKey, key: KEY }], { command: 'drop' }, CONTENT)).packet
  for (let i = 0; i < 100; i++) await hostile.send(await packetTo(ghost))
  await onion.pass(1_000)
  await honest.send(await packetTo(far))
  await onion.pass(1_000)
  expect(far.packets).toBe(1)
})

test('records of hops that are none, by keys that cost nothing, displace no hop that packets go to, and hide none', async () => {
  const onion = await onionOf({ maxOnionHopsKnown: 6 })
  const [a, b, c] = onion.three
  const [hostile, wallet, alice] = [await onion.wallet(a), await onion.wallet(a), await onion.wallet(c)]
  const keys = Array.from({ length: 12 }, (_, i) => identityFromSeed(new Uint8Array(32).fill(100 + i)))
  const { limits, network } = hostile.kit
  const value = readHopRecord((await onion.net.run(a.peer.dht.get(hopKeyOf(a.peer.peerId))))!.value)
  const flood = async () => {
    // Dated ahead, as far as others take it: the newest come first.
    const date = onion.net.clock.now() + 250_000
    for (const identity of keys) {
      const key = hopKeyOf(encodePeerId(identity.publicKey))
      const content = { key, value: { ...value, address: 'ws://hole' }, sequence: date, publishedAt: date, ttl: 7_200 }
      const record = wireRecord(await createRecord(content, { identity }, limits, network))
      for (const { peer } of onion.three) {
        for (const payload of [{ record }, { record, depth: 0 }]) {
          await onion.net.run(hostile.kit.request(peer.peerId, { type: 'store', payload, protocol: 'lotus/dht' }))
        }
      }
    }
  }
  for (const { peer } of [b, c]) await onion.net.run(hostile.peer.connectToPeer(onion.net.addressOf(peer)))
  for (let hour = 0; hour < 4; hour++) {
    await onion.pass(3_000_000)
    await flood()
    // It is read again, and those that are none are the newest.
    await onion.pass(ONION_HOP_LIMITS.onionHopDirectoryMs + 1_000)
    alice.delivered.length = 0
    await alice.attach()
    const inbox = { command: 'inbox', tag: alice.tag, surbId: new Uint8Array(16) } as const
    const path = await onion.path(a, b, c)
    // What is not known is looked up, and comes again.
    for (let i = 0; i < 2; i++) {
      await wallet.send((await createPacket(path, inbox, CONTENT)).packet)
      await onion.pass(2_000)
    }
    expect([a.onion.getStats()?.hops, alice.delivered.length > 0], `hour ${hour}`).toEqual([6, true])
  }
}, 60_000)
