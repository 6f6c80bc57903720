import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, test } from 'vitest'
import { ONION_HOP_LIMITS } from '../../src/base/limits/onion-hop.js'
import { seededRandom } from '../../src/base/random.js'
import { RateBuckets } from '../../src/base/rate-buckets.js'
import { nextTurn } from '../../src/base/turn.js'
import { DelayQueue } from '../../src/node/delay-queue.js'
import { PacketQueue } from '../../src/node/packet-queue.js'
import { hopKeyOf, ONION_PROTOCOL, readHopRecord } from '../../src/onion/messages.js'
import { OnionFault, readOnionError } from '../../src/onion/onion-errors.js'
import { createPacket, openContent, PACKET_BYTES, packetId } from '../../src/onion/packet.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { TestOnion } from './relays.js'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function onionOf(relays = 3): Promise<TestOnion> {
  const onion = new TestOnion()
  cleanUps.push(() => onion.stop())
  await onion.build(relays)
  return onion
}

const CONTENT = Uint8Array.of(1, 2, 3)

describe('a hop', () => {
  test('publishes its keys, address and actions as a signed record of the set of hops', async () => {
    const onion = await onionOf()
    const [a, b] = onion.three
    const records = await onion.net.run(b.peer.dht.query({ key: 'resource:onion:*' }))
    expect(records.map(({ key }) => key).sort()).toEqual(onion.relays.map(({ peer }) => hopKeyOf(peer.peerId)).sort())
    const record = readHopRecord(records.find(({ publisherId }) => publisherId === a.peer.peerId)!.value)
    expect(record).toMatchObject({ v: 1, address: onion.net.addressOf(a.peer), family: [], rate: 0 })
    expect(record.exit).toEqual(['ping', 'find', 'store', 'publish', 'letter', 'circuit'])
    expect(record.keys.map(([, key]) => key.length)).toEqual([32])
  })

  test('gives what ends in an inbox to the connection that has attached its tag, and to nobody afterwards', async () => {
    const onion = await onionOf()
    const [a, b, c] = onion.three
    const [alice, sender] = [await onion.wallet(a), await onion.wallet(b)]
    const packet = async () => {
      const inbox = { command: 'inbox', tag: alice.tag, surbId: new Uint8Array(16).fill(9) } as const
      return (await createPacket(await onion.path(b, c, a), inbox, CONTENT)).packet
    }
    await sender.send(await packet())
    await onion.pass(1_000)
    expect(alice.delivered).toEqual([])
    await alice.attach()
    await sender.send(await packet())
    await onion.pass(1_000)
    expect(alice.delivered.map(([id, delta]) => [hex(id), hex(openContent(delta))])).toEqual([['09'.repeat(16), hex(CONTENT)]])
    expect(a.onion.getStats()).toMatchObject({ inboxes: 1 })
    await alice.attach([])
    await sender.send(await packet())
    await onion.pass(1_000)
    expect(alice.delivered).toHaveLength(1)
    await alice.attach()
    await onion.net.run(alice.peer.shutdown())
    await onion.pass(1_000)
    expect(a.onion.getStats()).toMatchObject({ inboxes: 0 })
  })

  test('keeps a packet for as long as its sender has drawn', async () => {
    const onion = await onionOf()
    const [a, b, c] = onion.three
    const [alice, sender] = [await onion.wallet(a), await onion.wallet(b)]
    await alice.attach()
    const inbox = { command: 'inbox', tag: alice.tag, surbId: new Uint8Array(16) } as const
    const { packet } = await createPacket(await onion.path([b, 3_000], [c, 2_000], [a, 1_000]), inbox, CONTENT)
    await sender.send(packet)
    await onion.pass(5_900)
    expect(alice.delivered).toHaveLength(0)
    await onion.pass(600)
    expect(alice.delivered).toHaveLength(1)
  })

  test('tells the sender which hop could not reach the next one, and nothing where the sender wants delays', async () => {
    const onion = await onionOf(4)
    const [a, b, c] = onion.three
    const d = onion.relays[3]!
    const wallet = await onion.wallet(a)
    const path = await onion.path(a, b, c, d)
    const missing = { ...path[3]!, id: new Uint8Array(32).fill(7) }
    const hops = [path[0]!, path[1]!, path[2]!, missing]
    const { packet, secrets } = await createPacket(hops, { command: 'exit' }, CONTENT)
    await wallet.send(packet)
    await onion.pass(1_000)
    expect(wallet.errors.map(([id]) => hex(id))).toEqual([hex(packetId(packet))])
    expect(readOnionError(secrets, wallet.errors[0]![1])).toEqual({ hop: 2, code: OnionFault.UNREACHABLE })
    const slow = await createPacket(
      hops.map((hop) => ({ ...hop, delayMs: 1 })),
      { command: 'exit' },
      CONTENT,
    )
    await wallet.send(slow.packet)
    await onion.pass(5_000)
    expect(wallet.errors).toHaveLength(1)
  })

  test('tells that it is no exit, or that a key is over', async () => {
    const onion = new TestOnion(Date.UTC(2026, 0, 5, 22))
    cleanUps.push(() => onion.stop())
    await onion.build(2)
    await onion.addRelay({ exit: false })
    await onion.settle()
    const [a, b, c] = onion.three
    const wallet = await onion.wallet(a)
    const path = await onion.path(a, b, c)
    const noExit = await createPacket(path, { command: 'exit' }, CONTENT)
    await wallet.send(noExit.packet)
    await onion.pass(1_000)
    expect(readOnionError(noExit.secrets, wallet.errors[0]![1])).toEqual({ hop: 2, code: OnionFault.NO_EXIT })
    await onion.pass(Date.UTC(2026, 0, 6, 1, 30) - onion.net.clock.now())
    const old = await createPacket(path, { command: 'exit' }, CONTENT)
    await wallet.send(old.packet)
    await onion.pass(1_000)
    expect(readOnionError(old.secrets, wallet.errors[1]![1])).toEqual({ hop: 0, code: OnionFault.KEY_EXPIRED })
  })

  test('takes no errors from a link that had no packet, and none twice', async () => {
    const onion = await onionOf()
    const [a, b, c] = onion.three
    const [wallet, liar] = [await onion.wallet(a), await onion.wallet(a)]
    const { packet } = await createPacket(await onion.path(a, b, c), { command: 'drop' }, CONTENT)
    await wallet.send(packet)
    await onion.pass(1_000)
    const payload = [packetId(packet), new Uint8Array(128)]
    await liar.kit.sendTo(a.peer.peerId, { type: 'error', payload, protocol: ONION_PROTOCOL })
    await onion.pass(1_000)
    expect(wallet.errors).toEqual([])
  })

  test('takes of one wallet no more packets than its budget, whatever others send', async () => {
    const onion = await onionOf()
    const [a] = onion.three
    const [wallet, other] = [await onion.wallet(a), await onion.wallet(a)]
    const garbage = new Uint8Array(PACKET_BYTES).fill(1)
    for (let i = 0; i < 2 * ONION_HOP_LIMITS.onionPacketBurst; i++) await wallet.send(garbage)
    await other.send(garbage)
    await onion.pass(61_000)
    const { overLink = 0, overloaded = 0, peeled = 0, unreadable } = a.onion.getStats()!.packets
    expect(overLink + overloaded + peeled).toBe(2 * ONION_HOP_LIMITS.onionPacketBurst + 1)
    expect(overLink).toBeGreaterThan(ONION_HOP_LIMITS.onionPacketBurst - 60)
    expect(unreadable).toBe(peeled)
  })

  test('finds by loops of its own whether others pass packets on', async () => {
    const onion = new TestOnion()
    cleanUps.push(() => onion.stop())
    for (let i = 0; i < 3; i++) await onion.addRelay({ loops: i === 0 })
    await onion.settle()
    await onion.pass(600_000)
    const { loopsSent = 0, loopsBack = 0 } = onion.relays[0]!.onion.getStats()!.packets
    // Exponential pauses of 10 s in the mean: 60, give or take 8 each.
    expect(loopsSent).toBeGreaterThan(30)
    expect(loopsBack).toBeGreaterThan(0.9 * loopsSent)
  })
})

test('what is due in one turn leaves in random order, and what would be too much is refused', async () => {
  const clock = new VirtualClock()
  const queue = new DelayQueue(clock, seededRandom(1), 100)
  const left: number[] = []
  for (let i = 0; i < 50; i++) expect(queue.add(0, () => left.push(i))).toBe(true)
  expect(left).toEqual([])
  await nextTurn()
  await nextTurn()
  expect([...left].sort((a, b) => a - b)).toEqual([...Array(50).keys()])
  expect(left).not.toEqual([...Array(50).keys()])
  left.length = 0
  for (let i = 0; i < 100; i++) expect(queue.add(1_000 + (i % 2) * 500, () => left.push(i))).toBe(true)
  expect(queue.add(0, () => left.push(-1))).toBe(false)
  await clock.advance(1_100)
  expect(left).toHaveLength(50)
  expect(left.every((i) => i % 2 === 0)).toBe(true)
  await clock.advance(500)
  expect(left).toHaveLength(100)
  queue.close()
  expect(queue.add(0, () => left.push(-1))).toBe(false)
})

test('a flood of a hundred times the budget on ten links holds up an honest one for milliseconds', async () => {
  const clock = new VirtualClock()
  const { onionPacketsPerS, onionPacketBurst, onionPeelMsPerS, onionPeelBurstMs, maxOnionBacklog } = ONION_HOP_LIMITS
  const wallets = new RateBuckets(clock, onionPacketsPerS, onionPacketBurst)
  let cpuMs = 0
  const waits: number[] = []
  let peeled = 0
  const queue = new PacketQueue<number>({
    ...{ clock, msPerS: onionPeelMsPerS, burstMs: onionPeelBurstMs, maxPerLink: maxOnionBacklog, cpuNow: () => cpuMs },
    work(sentAt, link) {
      cpuMs += 0.18
      peeled++
      if (link === 'honest') waits.push(clock.elapsed() - sentAt)
    },
  })
  const send = (link: string) => wallets.take(link) === 0 && queue.add(link, clock.elapsed())
  const links = Array.from({ length: 10 }, (_, i) => `flood ${i}`)
  for (let ms = 0; ms < 20_000; ms++) {
    for (const link of links) for (let i = 0; i < (100 * onionPacketsPerS) / 1_000; i++) send(link)
    if (ms % 50 === 0) send('honest')
    await clock.advance(1)
  }
  await clock.advance(1_000)
  expect(waits).toHaveLength(400)
  waits.sort((a, b) => a - b)
  expect(waits[380]).toBeLessThan(10)
  expect(peeled).toBeLessThan(11 * (onionPacketBurst + 21 * onionPacketsPerS))
  // Known hops have no such budget: what holds then is that the links take turns.
  for (let ms = 0; ms < 10_000; ms++) {
    for (const link of links) for (let i = 0; i < 20; i++) queue.add(link, clock.elapsed())
    if (ms % 50 === 0) queue.add('honest', clock.elapsed())
    await clock.advance(1)
  }
  await clock.advance(5_000)
  const late = waits.slice(400).sort((a, b) => a - b)
  expect(late).toHaveLength(200)
  expect(late[190]).toBeLessThan(50)
  expect(cpuMs).toBeLessThan((36_000 * onionPeelMsPerS) / 1_000 + 2 * onionPeelBurstMs)
}, 60_000)
