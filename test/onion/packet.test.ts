import { bytesToHex as hex, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import {
  createPacket,
  HEADER_BYTES,
  type LastCommand,
  MAX_CONTENT_BYTES,
  openContent,
  openPacket,
  PACKET_BYTES,
  type PeeledPacket,
  packetId,
  peelPacket,
} from '../../src/onion/packet.js'
import { draws } from '../seed.js'
import { hopsOf, type TestHop, withByte } from './paths.js'

const CONTENT = utf8ToBytes('Who has announced offers?')

/** What each hop makes of a packet. */
function walk(packet: Uint8Array, hops: readonly TestHop[]): PeeledPacket[] {
  const peeled: PeeledPacket[] = []
  let current = packet
  for (const { keys } of hops) {
    const { secret } = openPacket(current, keys)
    const step = peelPacket(current, secret)
    peeled.push(step)
    if (step.command !== 'forward') break
    current = step.packet
  }
  return peeled
}

describe('a packet', () => {
  test.each([2, 3, 4])('of %i hops tells each hop the next one and the delay, and the last one the content', async (count) => {
    const hops = hopsOf(count, 7)
    const { packet, secrets } = await createPacket(hops, { command: 'exit' }, CONTENT)
    expect(packet).toHaveLength(PACKET_BYTES)
    expect(secrets).toHaveLength(count)
    const steps = walk(packet, hops)
    expect(steps.map(({ command }) => command)).toEqual([...new Array(count - 1).fill('forward'), 'exit'])
    expect(steps.map(({ delayMs }) => delayMs)).toEqual(hops.map(({ delayMs }) => delayMs))
    for (const [i, step] of steps.entries()) if (step.command === 'forward') expect(hex(step.next)).toBe(hex(hops[i + 1]!.id))
    const last = steps.at(-1)!
    expect(last.command === 'exit' && hex(openContent(last.delta))).toBe(hex(CONTENT))
  })

  test('has one length at each hop, whatever it holds and however long its path is', async () => {
    for (const count of [2, 3, 4]) {
      for (const content of [new Uint8Array(0), new Uint8Array(MAX_CONTENT_BYTES)]) {
        const hops = hopsOf(count)
        for (const step of walk((await createPacket(hops, { command: 'exit' }, content)).packet, hops)) {
          if (step.command === 'forward') expect(step.packet).toHaveLength(PACKET_BYTES)
          else expect(step.command === 'exit' && openContent(step.delta)).toEqual(content)
        }
      }
    }
  })

  test('may end in an inbox, or nowhere', async () => {
    const hops = hopsOf(3)
    const inbox: LastCommand = { command: 'inbox', tag: new Uint8Array(16).fill(7), surbId: new Uint8Array(16).fill(8) }
    const delivered = walk((await createPacket(hops, inbox, CONTENT)).packet, hops).at(-1)!
    expect(delivered).toMatchObject(inbox)
    expect(delivered.command === 'inbox' && openContent(delivered.delta)).toEqual(CONTENT)
    expect(walk((await createPacket(hops, { command: 'drop' }, CONTENT)).packet, hops).at(-1)).toEqual({
      command: 'drop',
      delayMs: 0,
    })
  })

  test('is refused where its path or its content is none', async () => {
    const [a, b] = hopsOf(2)
    const exit = { command: 'exit' } as const
    for (const hops of [
      [a!],
      hopsOf(5),
      [a!, { ...b!, key: a!.key }],
      [a!, { ...b!, delayMs: 65_536 }],
      [a!, { ...b!, delayMs: 0.5 }],
    ]) {
      await expect(createPacket(hops, exit, CONTENT)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    }
    const tooLong = createPacket([a!, b!], exit, new Uint8Array(MAX_CONTENT_BYTES + 1))
    await expect(tooLong).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    const lowOrder = createPacket([a!, { ...b!, key: new Uint8Array(32) }], exit, CONTENT)
    await expect(lowOrder).rejects.toMatchObject({ code: 'HANDSHAKE_FAILED' })
    const notCanonical = createPacket([a!, { ...b!, key: withByte(b!.key, 31, b!.key[31]! | 0x80) }], exit, CONTENT)
    await expect(notCanonical).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
    const signal = AbortSignal.abort()
    await expect(createPacket([a!, b!], exit, CONTENT, { signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('of another length or version, and with an α that is none, is refused before anything is computed of it', async () => {
    const hops = hopsOf(3)
    const { packet } = await createPacket(hops, { command: 'exit' }, CONTENT)
    const { keys } = hops[0]!
    for (const bad of [
      packet.subarray(1),
      packet.subarray(0, -1),
      new Uint8Array([...packet, 0]),
      new Uint8Array(0),
      withByte(packet, 0, 2),
    ]) {
      expect(() => openPacket(bad, keys)).toThrow('malformed')
    }
    const withAlpha = (alpha: Uint8Array) => {
      const changed = packet.slice()
      changed.set(alpha, 1)
      return changed
    }
    const filled = (first: number, middle: number, last: number) =>
      Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : i === 31 ? last : middle))
    // RFC 7748 §6.1: 0 and 1 have low order; p − 1 too.
    for (const alpha of [filled(0, 0, 0), filled(1, 0, 0), filled(0xec, 0xff, 0x7f)]) {
      expect(() => openPacket(withAlpha(alpha), keys)).toThrow(expect.objectContaining({ code: 'HANDSHAKE_FAILED' }))
    }
    for (const alpha of [filled(0xed, 0xff, 0x7f), filled(0xee, 0xff, 0x7f), filled(0xff, 0xff, 0xff)]) {
      expect(() => openPacket(withAlpha(alpha), keys)).toThrow(expect.objectContaining({ code: 'MALFORMED_DATA' }))
    }
    const topBit = withByte(packet, 32, packet[32]! | 0x80)
    expect(() => openPacket(topBit, keys)).toThrow(expect.objectContaining({ code: 'MALFORMED_DATA' }))
  })

  test('with any bit of its header changed, at any hop, is dropped there', async () => {
    const hops = hopsOf(3)
    const { packet } = await createPacket(hops, { command: 'exit' }, CONTENT)
    const tags = hops.map(() => '')
    let current = packet
    for (const [i, { keys }] of hops.entries()) {
      const opened = openPacket(current, keys)
      tags[i] = hex(opened.tag)
      for (let bit = 0; bit < 8 * HEADER_BYTES; bit++) {
        const changed = withByte(current, bit >> 3, current[bit >> 3]! ^ (1 << (bit & 7)))
        expect(() => openPacket(changed, keys), `bit ${bit} at hop ${i}`).toThrow()
      }
      const step = peelPacket(current, opened.secret)
      if (step.command === 'forward') current = step.packet
    }
    expect(new Set(tags).size).toBe(3)
  })

  test('with any bit of its payload changed, at any hop, is noise at the exit and goes nowhere else', async () => {
    const hops = hopsOf(3)
    const { packet } = await createPacket(hops, { command: 'exit' }, CONTENT)
    const random = draws()
    const honest = walk(packet, hops)
    let current = packet
    for (const [i, hop] of hops.entries()) {
      // Each byte once, a bit of it by lot: what is changed of one wide block makes no difference.
      for (let at = HEADER_BYTES; at < PACKET_BYTES; at += 1 + Math.floor(random.unit() * 16)) {
        const changed = withByte(current, at, current[at]! ^ (1 << Math.floor(random.unit() * 8)))
        const steps = walk(changed, hops.slice(i))
        expect(steps.map(({ command }) => command)).toEqual(honest.slice(i).map(({ command }) => command))
        const last = steps.at(-1)!
        expect(() => last.command === 'exit' && openContent(last.delta)).toThrow(
          expect.objectContaining({ code: 'DECRYPT_FAILED' }),
        )
      }
      const step = peelPacket(current, openPacket(current, hop.keys).secret)
      if (step.command === 'forward') current = step.packet
    }
  })

  test('shows a hop no byte of what another hop sees', async () => {
    const hops = hopsOf(4)
    const { packet } = await createPacket(hops, { command: 'exit' }, CONTENT)
    const seen = [packet, ...walk(packet, hops).flatMap((step) => (step.command === 'forward' ? [step.packet] : []))]
    for (const [i, one] of seen.entries()) {
      for (const other of seen.slice(i + 1)) {
        // By chance, 12 of 3,071 bytes are the same.
        const same = one.subarray(1).filter((byte, at) => byte === other[at + 1]).length
        expect(same).toBeLessThan(60)
        expect(hex(packetId(one))).not.toBe(hex(packetId(other)))
      }
    }
  })

  test('is opened by no other key, and has another tag at each hop and for each packet', async () => {
    const hops = hopsOf(2)
    const [stranger] = hopsOf(3).slice(2)
    const packets = await Promise.all([0, 1].map(() => createPacket(hops, { command: 'exit' }, CONTENT)))
    for (const { packet } of packets) {
      expect(() => openPacket(packet, stranger!.keys)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
      expect(() => openPacket(packet, hops[1]!.keys)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
    }
    expect(new Set(packets.map(({ packet }) => hex(openPacket(packet, hops[0]!.keys).tag))).size).toBe(2)
  })
})
