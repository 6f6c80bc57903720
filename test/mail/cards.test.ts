import { afterEach, describe, expect, it } from 'vitest'
import { CORE_LIMITS } from '../../src/base/limits/core.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import type { Identity } from '../../src/identity/identity.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { filled, mailNetwork, type Owner } from './mail-peers.js'

const MONTH_S = 2_592_000
const limits = { ...DEFAULT_LIMITS, maxTtlS: MONTH_S }
const code = (name: string) => expect.objectContaining({ code: name })
const identity = identityFromSeed(filled(32, 50))
const peerId = encodePeerId(identity.publicKey)

let mail: ReturnType<typeof mailNetwork>
const begin = () => {
  mail = mailNetwork()
  return mail
}
afterEach(async () => mail?.net.stop())

interface Change {
  box?: Uint8Array
  key?: string
  value?: unknown
  at?: number
  ttl?: number
  by?: Identity
  network?: string
}

async function cardFor(owner: Owner, change: Change = {}): Promise<Uint8Array> {
  const { box = owner.box, key = `mail:${peerId}`, at = 0, ttl = MONTH_S, by = identity, network = 'lotus' } = change
  const boxes = [[owner.relay.peerId, null, box]]
  const value = 'value' in change ? change.value : { v: 1, generation: filled(8, 1), boxes, bits: 20, max: 4 }
  const publishedAt = owner.kit.clock.now() + at
  const record = await createRecord({ key, value, sequence: 1, publishedAt, ttl }, { identity: by }, limits, network)
  return encode(wireRecord(record)!)
}

describe('the card of an owner', () => {
  it('is kept for whoever asks, as it was signed', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    const card = await cardFor(bob)
    await bob.open({ card })
    const alice = await peer()
    expect(await alice.ask('card', { peerId })).toEqual({ record: card })
    expect(await alice.ask('card', { peerId: encodePeerId(filled(32, 9)) })).toEqual({})
    // Without a card, the box keeps the one that it has.
    await bob.open()
    expect(await alice.ask('card', { peerId })).toEqual({ record: card })
  })

  it('gives way to a newer one, and to no older one', async () => {
    const { owner, peer } = begin()
    const bob = await owner(1)
    const [old, newer] = [await cardFor(bob, { at: -1_000 }), await cardFor(bob)]
    await bob.open({ card: old })
    await bob.open({ card: newer })
    await bob.open({ card: old })
    expect(await (await peer()).ask('card', { peerId })).toEqual({ record: newer })
  })

  it('is forgotten with its time, and with the box', async () => {
    const { net, owner, peer } = begin()
    const bob = await owner(1)
    await bob.open({ card: await cardFor(bob, { ttl: 60 }) })
    const alice = await peer()
    await net.clock.advance(60_000)
    expect(await alice.ask('card', { peerId })).toEqual({})
    await bob.open({ card: await cardFor(bob) })
    await bob.ask('close', null)
    expect(await alice.ask('card', { peerId })).toEqual({})
  })

  it('is refused for another box: else an old one of somebody else could stand here', async () => {
    const { owner, peer } = begin()
    const [bob, mallory] = [await owner(1), await owner(2)]
    const card = await cardFor(bob)
    await expect(mallory.open({ card })).rejects.toEqual(code('INVALID_RECORD'))
    expect(await (await peer()).ask('card', { peerId })).toEqual({})
  })

  it.each<[string, Change, string]>([
    ['of another key', { key: `mail:${encodePeerId(filled(32, 9))}` }, 'INVALID_RECORD'],
    ['that is no card', { key: `peer:${peerId}` }, 'INVALID_RECORD'],
    ['without boxes', { value: { v: 1, boxes: [] } }, 'MALFORMED_DATA'],
    ['with too many boxes', { value: { v: 1, boxes: Array(4).fill(['lp1x', null, filled(16, 1)]) } }, 'MALFORMED_DATA'],
    ['that is a text', { value: 'a card' }, 'MALFORMED_DATA'],
    ['of the future', { at: CORE_LIMITS.maxClockSkewMs + 60_000 }, 'INVALID_RECORD'],
    ['of the past', { at: -120_000, ttl: 60 }, 'INVALID_RECORD'],
    ['of another network', { network: 'test' }, 'INVALID_SIGNATURE'],
  ])('is refused %s', async (_, change, expected) => {
    const { owner, service } = begin()
    const bob = await owner(1)
    const card = await cardFor(bob, change)
    await expect(bob.open({ card })).rejects.toEqual(code(expected))
    expect(service.getStats()?.boxes).toBe(0)
  })

  it('is refused where it is no record, or a bit of it was changed', async () => {
    const { owner } = begin()
    const bob = await owner(1)
    await expect(bob.open({ card: filled(20, 1) })).rejects.toEqual(code('MALFORMED_DATA'))
    const card = await cardFor(bob)
    card[card.length - 1]! ^= 1
    await expect(bob.open({ card })).rejects.toEqual(code('INVALID_SIGNATURE'))
  })
})
