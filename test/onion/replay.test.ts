import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, test } from 'vitest'
import { HopKeys } from '../../src/node/hop-keys.js'
import { ReplayCache } from '../../src/node/replay-cache.js'
import { EPOCH_S, epochAt, liveEpochs } from '../../src/onion/messages.js'
import { createPacket, openPacket } from '../../src/onion/packet.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { draws } from '../seed.js'
import { TestOnion } from './relays.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function onionOf(relays: number, startAt?: number): Promise<TestOnion> {
  const onion = new TestOnion(startAt)
  cleanUps.push(() => onion.stop())
  await onion.build(relays)
  return onion
}

describe('the replay cache', () => {
  test('knows each tag again, while its table grows', () => {
    const random = draws()
    const cache = new ReplayCache()
    const tags = Array.from({ length: 20_000 }, () => random.bytes(16))
    for (const tag of tags) expect(cache.add(tag)).toBe(true)
    for (const tag of tags) expect(cache.add(tag)).toBe(false)
    expect(cache.size).toBe(tags.length)
    expect(cache.isExact).toBe(true)
  })

  test('tells tags apart that differ in one bit, and takes those of zeros', () => {
    const cache = new ReplayCache()
    expect(cache.add(new Uint8Array(16))).toBe(true)
    expect(cache.add(new Uint8Array(16))).toBe(false)
    for (let bit = 0; bit < 120; bit++) {
      const tag = new Uint8Array(16)
      tag[bit >> 3] = 1 << (bit & 7)
      expect(cache.add(tag), `bit ${bit}`).toBe(true)
    }
  })

  test('forgets none where its table is full, and takes few fresh ones for known', () => {
    const random = draws()
    const cache = new ReplayCache(1_000)
    const tags = Array.from({ length: 50_000 }, () => random.bytes(16))
    const taken = tags.filter((tag) => cache.add(tag))
    // 49,000 in 2^27 bits: below one in a billion.
    expect(taken).toHaveLength(tags.length)
    expect(tags.some((tag) => cache.add(tag))).toBe(false)
    expect(cache.isExact).toBe(false)
  })

  test('is the same again after it was written and read', () => {
    const random = draws()
    const cache = new ReplayCache()
    const tags = Array.from({ length: 2_000 }, () => random.bytes(16))
    for (const tag of tags) cache.add(tag)
    const again = new ReplayCache()
    again.load(cache.toBytes())
    expect(again.size).toBe(tags.length)
    expect(tags.some((tag) => again.add(tag))).toBe(false)
  })
})

describe('the keys of a hop', () => {
  const startAt = Date.UTC(2026, 0, 5)
  const keysAt = (clock: VirtualClock, store = memoryStore()) => {
    return new HopKeys({ clock, store, report: (error) => expect.unreachable(String(error)) })
  }

  test('are those of one epoch, and of two in the hour before and after its turn', async () => {
    const clock = new VirtualClock(startAt + 2 * HOUR)
    const keys = keysAt(clock)
    await keys.load()
    const taken = () =>
      keys
        .live()
        .filter(({ isExpired }) => !isExpired)
        .map(({ key }) => key.epoch)
    const epoch = epochAt(startAt)
    expect(taken()).toEqual([epoch])
    await clock.advance(21 * HOUR + 1)
    keys.turn()
    expect(taken().sort()).toEqual([epoch, epoch + 1])
    await clock.advance(2 * HOUR)
    keys.turn()
    expect(taken()).toEqual([epoch + 1])
    // The old one only tells that it is over.
    expect(keys.live().map(({ key, isExpired }) => [key.epoch, isExpired])).toEqual([
      [epoch + 1, false],
      [epoch, true],
    ])
  })

  test('are told six hours before their epoch, and deleted two hours after it', async () => {
    const clock = new VirtualClock(startAt + 17 * HOUR)
    const keys = keysAt(clock)
    await keys.load()
    const epoch = epochAt(startAt)
    const [[, first]] = keys.told() as [[number, Uint8Array]]
    expect(keys.told().map(([of]) => of)).toEqual([epoch])
    await clock.advance(HOUR + 1)
    expect(keys.told().map(([of]) => of)).toEqual([epoch, epoch + 1])
    expect(hex(keys.told()[0]![1])).toBe(hex(first))
    const old = keys.live().find(({ key }) => key.epoch === epoch)!.key.keys
    await clock.advance(8 * HOUR)
    keys.turn()
    expect(keys.live().map(({ key }) => key.epoch)).toEqual([epoch + 1])
    expect(old.secretKey.every((byte) => byte === 0)).toBe(true)
  })

  test('and what was peeled with them survive a restart that was in order, and no crash', async () => {
    const clock = new VirtualClock(startAt + 12 * HOUR)
    const store = memoryStore()
    const before = keysAt(clock, store)
    await before.load()
    const [epoch, publicKey] = before.told()[0]!
    const tag = new Uint8Array(16).fill(5)
    before.live()[0]!.key.replays.add(tag)
    await before.save()
    const after = keysAt(clock, store)
    await after.load()
    expect(hex(after.told()[0]![1])).toBe(hex(publicKey))
    expect(after.live()[0]!.key.replays.add(tag)).toBe(false)
    // Nothing was written since: as after a crash.
    const crashed = keysAt(clock, store)
    await crashed.load()
    expect(crashed.told()[0]![0]).toBe(epoch)
    expect(hex(crashed.told()[0]![1])).not.toBe(hex(publicKey))
  })

  test('of an epoch that is over are not taken from the store', async () => {
    const clock = new VirtualClock(startAt + 12 * HOUR)
    const store = memoryStore()
    const before = keysAt(clock, store)
    await before.load()
    await before.save()
    await clock.advance(DAY)
    const after = keysAt(clock, store)
    await after.load()
    expect(after.live().map(({ key }) => key.epoch)).toEqual([epochAt(clock.now())])
    expect(await store.keys('onion/')).toEqual([])
  })
})

test('the epochs that count at a date are one or two', () => {
  const turn = EPOCH_S * 1_000 * 20_000
  expect(liveEpochs(turn - HOUR - 1)).toEqual([19_999])
  expect(liveEpochs(turn - HOUR)).toEqual([19_999, 20_000])
  expect(liveEpochs(turn + HOUR - 1)).toEqual([19_999, 20_000])
  expect(liveEpochs(turn + HOUR)).toEqual([20_000])
})

describe('a packet that comes again', () => {
  test('at once is not passed on', async () => {
    const onion = await onionOf(3)
    const wallet = await onion.wallet(onion.relays[0]!)
    await wallet.attach()
    const [a, b, c] = onion.three
    const inbox = { command: 'inbox', tag: wallet.tag, surbId: new Uint8Array(16) } as const
    const { packet } = await createPacket(await onion.path(b, c, a), inbox, new Uint8Array(3))
    const viaB = await onion.wallet(b)
    await viaB.send(packet)
    await viaB.send(packet)
    await onion.pass(1_000)
    expect(wallet.delivered).toHaveLength(1)
    await viaB.send(packet)
    await onion.pass(60_000)
    expect(wallet.delivered).toHaveLength(1)
    expect(onion.relays[1]!.onion.getStats()!.packets).toMatchObject({ peeled: 3, replayed: 2, forwarded: 1 })
  })

  test('after a restart of its hop is not passed on, whether that ended in order or not', async () => {
    const onion = new TestOnion()
    cleanUps.push(() => onion.stop())
    const store = memoryStore()
    await onion.addRelay({}, { store, host: 'hop1' })
    await onion.addRelay()
    await onion.addRelay()
    await onion.settle()
    const [first, second, third] = onion.three
    const wallet = await onion.wallet(second)
    await wallet.attach()
    const inbox = { command: 'inbox', tag: wallet.tag, surbId: new Uint8Array(16) } as const
    const { packet } = await createPacket(await onion.path(first, third, second), inbox, new Uint8Array(3))
    const sender = await onion.wallet(first)
    await sender.send(packet)
    await onion.pass(2_000)
    expect(wallet.delivered).toHaveLength(1)
    const { peer, onion: service } = onion.relays[0]!
    await onion.net.run(peer.shutdown())
    await service.save()
    expect(await store.keys('onion/key/')).not.toEqual([])
    const keys = new HopKeys({ clock: onion.net.clock, store, report: () => {} })
    await keys.load()
    const opened = keys.live().map(({ key }) => [key, openPacket(packet, key.keys)] as const)
    expect(opened.some(([key, { tag }]) => key.replays.add(tag))).toBe(false)
    // A process that crashed has written nothing: its key is gone, and with it all old packets.
    const crashed = new HopKeys({ clock: onion.net.clock, store, report: () => {} })
    await crashed.load()
    for (const { key } of crashed.live()) expect(() => openPacket(packet, key.keys)).toThrow('not for this hop')
  })

  test('in the other epoch is not passed on: while both keys are taken, and afterwards', async () => {
    const onion = await onionOf(3, Date.UTC(2026, 0, 5, 22, 30))
    const [a, b, c] = onion.three
    const wallet = await onion.wallet(a)
    await wallet.attach()
    const inbox = { command: 'inbox', tag: wallet.tag, surbId: new Uint8Array(16) } as const
    const { packet } = await createPacket(await onion.path(b, c, a), inbox, new Uint8Array(3))
    const sender = await onion.wallet(b)
    const turn = Date.UTC(2026, 0, 6)
    await onion.pass(turn - 20 * 60_000 - onion.net.clock.now())
    await sender.send(packet)
    await onion.pass(2_000)
    expect(wallet.delivered).toHaveLength(1)
    for (const at of [turn + 60_000, turn + 50 * 60_000, turn + 90 * 60_000, turn + 3 * HOUR]) {
      await onion.pass(at - onion.net.clock.now())
      await sender.send(packet)
      await onion.pass(2_000)
      expect(wallet.delivered).toHaveLength(1)
    }
  })
})
