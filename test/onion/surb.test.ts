import { bytesToHex as hex, utf8ToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import { HEADER_BYTES, openPacket, PACKET_BYTES, peelPacket } from '../../src/onion/packet.js'
import { createSurb, openReply, SURB_BYTES, useSurb } from '../../src/onion/surb.js'
import { hopsOf, type TestHop, withByte } from './paths.js'

const REPLY = utf8ToBytes('Three of them.')
const INBOX = { tag: new Uint8Array(16).fill(3), surbId: new Uint8Array(16).fill(4) }

/** What the guard delivers. */
function delivered(packet: Uint8Array, hops: readonly TestHop[]): { tag: Uint8Array; surbId: Uint8Array; delta: Uint8Array } {
  let current = packet
  for (const { keys } of hops) {
    const step = peelPacket(current, openPacket(current, keys).secret)
    if (step.command === 'inbox') return step
    if (step.command !== 'forward') break
    expect(step.packet).toHaveLength(PACKET_BYTES)
    current = step.packet
  }
  throw new Error('No hop has delivered it.')
}

test.each([2, 3, 4])('a reply by a block of %i hops comes to the inbox of its maker, who alone can read it', async (count) => {
  const hops = hopsOf(count)
  const { surb, kept } = await createSurb(hops, INBOX)
  expect(surb).toHaveLength(SURB_BYTES)
  const { first, packet } = useSurb(surb, REPLY)
  expect(hex(first)).toBe(hex(hops[0]!.id))
  const { tag, surbId, delta } = delivered(packet, hops)
  expect({ tag, surbId }).toEqual(INBOX)
  expect(hex(openReply(kept, delta))).toBe(hex(REPLY))
  const other = await createSurb(hops, INBOX)
  expect(() => openReply(other.kept, delta)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
})

test('a reply whose payload was changed at any hop is noise to its maker', async () => {
  const hops = hopsOf(3)
  const { surb, kept } = await createSurb(hops, INBOX)
  const { packet } = useSurb(surb, REPLY)
  let current = packet
  for (const [i, { keys }] of hops.entries()) {
    for (const at of [HEADER_BYTES, HEADER_BYTES + 31, HEADER_BYTES + 32, PACKET_BYTES - 1]) {
      const { delta } = delivered(withByte(current, at, current[at]! ^ 0x10), hops.slice(i))
      expect(() => openReply(kept, delta)).toThrow(expect.objectContaining({ code: 'DECRYPT_FAILED' }))
    }
    const step = peelPacket(current, openPacket(current, keys).secret)
    if (step.command === 'forward') current = step.packet
  }
})

test('two replies by one block are the same packet to its first hop', async () => {
  const hops = hopsOf(3)
  const { surb } = await createSurb(hops, INBOX)
  const [one, other] = [useSurb(surb, REPLY), useSurb(surb, utf8ToBytes('Four.'))].map(({ packet }) =>
    openPacket(packet, hops[0]!.keys),
  )
  expect(hex(one!.tag)).toBe(hex(other!.tag))
})

test('a block that is none is refused, and so is a reply that is too long', async () => {
  const { surb } = await createSurb(hopsOf(2), INBOX)
  expect(() => useSurb(surb.subarray(1), REPLY)).toThrow(expect.objectContaining({ code: 'MALFORMED_DATA' }))
  expect(() => useSurb(surb, new Uint8Array(2_702))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  await expect(createSurb(hopsOf(1), INBOX)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
})
