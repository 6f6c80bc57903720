// What a hop passes on is linked to what came by nothing that it shows.
import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { afterEach, expect, test, vi } from 'vitest'
import type { P2PMessage } from '../../src/message/message.js'
import { OnionHop } from '../../src/node/onion-hop.js'
import { createPacket, PACKET_BYTES, packetId } from '../../src/onion/packet.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { draws } from '../seed.js'
import { TestOnion } from './relays.js'

const onion = new TestOnion()
afterEach(async () => {
  vi.restoreAllMocks()
  await onion.stop()
})

const CONTENT = Uint8Array.of(1, 2, 3)

test('a thousand packets through one hop are linked by no bytes, no length and no order', async () => {
  await onion.build(3)
  const [a, b, c] = onion.three
  const came = new Map<string, Uint8Array[]>()
  const handled = vi.spyOn(OnionHop.prototype, 'handleMessage')
  const alice = await onion.wallet(a)
  await alice.attach()
  const random = draws()
  const [first, second, last] = await onion.path(b, c, a)
  handled.mockClear()
  const ids: string[] = []
  for (let from = 0; from < 5; from++) {
    const wallet = await onion.wallet(b)
    for (let i = 0; i < 200; i++) {
      const surbId = new Uint8Array(16)
      new DataView(surbId.buffer).setUint32(0, ids.length)
      // Long beside the time in which all of them come.
      const delayMs = Math.floor(Math.min(60_000, -Math.log(1 - random.unit()) * 20_000))
      const path = [{ ...first!, delayMs }, second!, last!]
      const { packet } = await createPacket(path, { command: 'inbox', tag: alice.tag, surbId }, CONTENT)
      ids.push(hex(packetId(packet)))
      await wallet.send(packet)
      await onion.pass(1)
    }
    await onion.pass(1_000)
  }
  await onion.pass(120_000)
  expect(alice.delivered).toHaveLength(1_000)
  for (const [i, [message, from]] of (handled.mock.calls as [P2PMessage, PeerInfo][]).entries()) {
    if (message.type !== 'packet') continue
    const at = (handled.mock.contexts[i] as unknown as { kit: { peerId: string } }).kit.peerId
    const key = from.peerId === b.peer.peerId && at === c.peer.peerId ? 'out' : at === b.peer.peerId ? 'in' : 'other'
    came.set(key, [...(came.get(key) ?? []), message.payload as Uint8Array])
  }
  const [incoming, outgoing] = [came.get('in')!, came.get('out')!]
  expect([incoming.length, outgoing.length]).toEqual([1_000, 1_000])
  expect(new Set([...incoming, ...outgoing].map(({ length }) => length))).toEqual(new Set([PACKET_BYTES]))
  // Whatever 15 bytes both had would hold 8 that begin at a multiple of 8 in the one, wherever they are in the other.
  const windows = new Set<string>()
  for (const packet of incoming) {
    const text = Buffer.from(packet).toString('latin1')
    for (let at = 8; at + 8 <= PACKET_BYTES; at += 8) windows.add(text.slice(at, at + 8))
  }
  let common = 0
  for (const packet of outgoing) {
    const text = Buffer.from(packet).toString('latin1')
    for (let at = 0; at + 8 <= PACKET_BYTES; at++) if (windows.has(text.slice(at, at + 8))) common++
  }
  expect(common).toBe(0)
  // Spearman's rank correlation of coming and leaving, by what was delivered in the end; its deviation is 0.03 for 1,000.
  const left = alice.delivered.map(([id]) => new DataView(id.buffer, id.byteOffset).getUint32(0))
  const n = left.length
  const distance = left.reduce((sum, rank, place) => sum + (rank - place) ** 2, 0)
  const correlation = 1 - (6 * distance) / (n * (n * n - 1))
  expect(Math.abs(correlation)).toBeLessThan(0.25)
}, 120_000)
