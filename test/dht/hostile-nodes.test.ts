import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import type { P2PMessage } from '../../src/message/message.js'
import { commonBits, compareDistance, nodeIdOf, placeOfKey } from '../../src/plugins/dht/records/key-space.js'
import { type Contact, contactOf, wireContact } from '../../src/plugins/dht/walk/contact.js'
import type { IProtocolHandler, ProtocolHost } from '../../src/protocol/handler.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { signedWire } from './network.js'
import { plainValues } from './plain-values.js'
import { told } from './told.js'

let net: TestNetwork
afterEach(() => net.stop())

const K = 8
const place = placeOfKey('offer', 'lotus')
const seed = (n: number) => new Uint8Array(32).fill(n + 1)
const phantom = (n: number) => {
  const key = new Uint8Array(32)
  key.set([n & 255, n >> 8, 99])
  return contactOf(key, told(`ws://phantom${n}.example`), 'lotus')
}
const byDistance = (contacts: Contact[], to = place) => [...contacts].sort((a, b) => compareDistance(to, a.id, b.id))

type Answer = (message: P2PMessage) => unknown

/** Answers for the DHT as it likes, with whatever type is asked for. */
class Liar implements IProtocolHandler {
  readonly protocolName = 'lotus/dht'
  readonly heard: P2PMessage[] = []
  private host: ProtocolHost | undefined

  constructor(private readonly answer: Answer) {}

  onRegister(host: ProtocolHost): void {
    this.host = host
  }

  async handleMessage(message: P2PMessage): Promise<void> {
    this.heard.push(message)
    // Where a test says nothing of stores they are left unanswered: a malformed answer would end the connection before the one of the test.
    const payload = this.answer(message) ?? (message.type === 'store' ? undefined : null)
    const type = { ping: 'pong', store: 'stored', 'find-node': 'nodes' }[message.type] ?? 'records'
    if (payload !== undefined) await this.host?.reply(message, { type, payload })
  }
}

/** One honest node that knows `liars` hostile ones, and `honest` others. */
async function world(answer: Answer, { liars = 1, honest = 0 } = {}) {
  net = createTestNetwork({ latencyMs: 10, scheme: 'ws' })
  const us = await node(0)
  const left = new Set<string>()
  us.on('disconnected', ({ peerId }) => void left.add(peerId))
  const hostile: { peer: P2PCoordinator; liar: Liar }[] = []
  for (let i = 0; i < liars; i++) {
    const peer = net.createPeer({
      host: `liar${i}.example`,
      identity: identityFromSeed(seed(100 + i)),
      dht: { mode: 'client' },
      bootstrap: ['ws://node0.example'],
    })
    const liar = new Liar(answer)
    peer.registerProtocol(liar)
    peer.registerProtocol({ protocolName: 'lotus/dht-node', handleMessage: async () => {} })
    await net.run(peer.start())
    hostile.push({ peer, liar })
  }
  const others: P2PCoordinator[] = []
  for (let i = 0; i < honest; i++) others.push(await node(i + 1))
  await net.clock.advance(30_000)
  return { us, hostile, others, left }
}

async function node(n: number) {
  const peer = net.createPeer({
    host: `node${n}.example`,
    identity: identityFromSeed(seed(n)),
    dht: { mode: 'server' },
    limits: { dhtBucketSize: K },
    bootstrap: n === 0 ? [] : ['ws://node0.example'],
  })
  await net.run(peer.start())
  return peer
}

const faults = (peer: P2PCoordinator) => peer.getStats().defence.faults
const network = (peer: P2PCoordinator) => peer.dht.getStats().network!

describe('a node that answers with nodes', () => {
  const answers: [string, () => unknown][] = [
    ['too many of them', () => byDistance(Array.from({ length: K + 1 }, (_, n) => phantom(n))).map(wireContact)],
    [
      'unsorted ones',
      () =>
        byDistance([phantom(1), phantom(2), phantom(3)])
          .reverse()
          .map(wireContact),
    ],
    ['the same one twice', () => [phantom(1), phantom(1)].map(wireContact)],
    ['things that are no nodes', () => [[new Uint8Array(31), 'ws://x.example'], 7]],
    ['addresses that are none', () => [[new Uint8Array(32), 'javascript:alert(1)']]],
  ]
  it.each(answers)('%s: is not believed, is disconnected and counted', async (_, closer) => {
    const { us, hostile, left } = await world(({ type }) =>
      type === 'find-node' || type === 'find-record' ? { closer: closer(), records: [] } : null,
    )
    expect(await net.run(us.dht.get('offer'))).toBeNull()
    expect(faults(us)).toMatchObject({ MALFORMED_DATA: expect.any(Number) })
    expect([...left]).toEqual([hostile[0]!.peer.peerId])
    // It connects again, even where it was so often caught that it has to be pardoned first, and stays out of the table.
    us.unban(hostile[0]!.peer.peerId)
    await net.run(hostile[0]!.peer.connectToPeer('ws://node0.example'))
    // The dialler is connected half a round trip earlier than we are.
    await net.clock.advance(10)
    await net.run(us.dht.get('offer'))
    expect([network(us).nodes, network(us).liars]).toEqual([0, 1])
  })

  it('ourselves and private addresses: are passed over, and nobody is dialled', async () => {
    const { us } = await world(() => ({
      records: [],
      closer: byDistance([
        contactOf(us?.publicKey ?? new Uint8Array(32), told('ws://node0.example'), 'lotus'),
        contactOf(seed(7), told('ws://192.168.0.9'), 'lotus'),
        contactOf(seed(8), told('ws://127.0.0.1:22'), 'lotus'),
      ]).map(wireContact),
    }))
    const dialled = us.getStats().peers.dialled
    expect(await net.run(us.dht.get('offer'))).toBeNull()
    expect(us.getStats().peers.dialled).toBe(dialled)
  })

  it('that nobody runs: is soon not believed any more, and honest ones still are', async () => {
    let n = 0
    const { us, hostile, others } = await world(
      ({ type, payload }) => {
        if (type === 'ping') return null
        // Else it would be banned for its answers, before it is known for whom it names.
        if (type === 'store') return { stored: true }
        const asked = payload as { place?: Uint8Array; target?: Uint8Array }
        const contacts = Array.from({ length: K }, () => phantom(n++))
        return { records: [], closer: byDistance(contacts, asked.place ?? asked.target).map(wireContact) }
      },
      { liars: 1, honest: 6 },
    )
    await net.run(others[0]!.dht.announce({ key: 'offer', value: 1 }))
    for (let i = 0; i < 8; i++) expect((await net.run(us.dht.get('offer')))?.value).toBe(1)
    for (let i = 0; i < 8; i++) await net.run(us.dht.get(`nothing ${i}`))
    expect(network(us).liars).toBe(1)
    const asked = hostile[0]!.liar.heard.length
    const { dialled } = us.getStats().peers
    for (let i = 0; i < 8; i++) await net.run(us.dht.get(`nothing more ${i}`))
    expect(hostile[0]!.liar.heard.length - asked).toBeLessThan(8)
    expect(us.getStats().peers.dialled - dialled).toBeLessThan(60)
  })

  it('that are its accomplices: those that we know farther away are asked where all the nearest lie', async () => {
    const accomplices: Contact[] = []
    const { us, others, hostile } = await world(
      ({ type, payload }) => {
        if (type === 'ping') return null
        if (type === 'store') return { stored: true }
        const { place, target } = payload as { place?: Uint8Array; target?: Uint8Array }
        return {
          records: [],
          closer: byDistance(accomplices, place ?? target)
            .slice(0, K)
            .map(wireContact),
        }
      },
      { liars: 12, honest: 1 },
    )
    const own = nodeIdOf(us.publicKey, 'lotus')
    const honest = others.map((peer, n) => contactOf(peer.publicKey, told(`ws://node${n + 1}.example`), 'lotus'))
    accomplices.push(...hostile.map(({ peer }, n) => contactOf(peer.publicKey, told(`ws://liar${n}.example`), 'lotus')))
    // A record that lies among the liars, as one sees it who looks from where we are.
    const isSurrounded = (key: string) => {
      const at = placeOfKey(key, 'lotus')
      const nearest = byDistance([...honest, ...accomplices], at).slice(0, K)
      return !honest.some((node) => nearest.includes(node) || commonBits(own, node.id) === commonBits(own, at))
    }
    const key = Array.from({ length: 20_000 }, (_, n) => `offer-${n}`).find(isSurrounded)
    expect(key).toBeDefined()
    await net.run(others[0]!.dht.announce({ key: key!, value: 1 }))
    expect((await net.run(us.dht.get(key!)))?.value).toBe(1)
  })

  it('in circles: a lookup ends all the same', async () => {
    const circle: Contact[] = []
    const { us } = await world(() => ({ records: [], closer: byDistance(circle).map(wireContact) }), { liars: 4 })
    for (let i = 0; i < 4; i++)
      circle.push(contactOf(identityFromSeed(seed(100 + i)).publicKey, told(`ws://liar${i}.example`), 'lotus'))
    const startedAt = net.clock.now()
    expect(await net.run(us.dht.get('offer'))).toBeNull()
    expect(net.clock.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('a node that answers with records', () => {
  const now = 1_700_000_000_000
  const wires: [string, () => Promise<unknown>][] = [
    ['of another key', () => signedWire(2, { key: 'other', value: 1, sequence: 1, publishedAt: now, ttl: 3_600 })],
    ['from the future', () => signedWire(2, { key: 'offer', value: 1, sequence: 1, publishedAt: now + 4_000_000, ttl: 3_600 })],
    [
      'with huge values',
      () => signedWire(2, { key: 'offer', value: 'x'.repeat(60_000), sequence: 1, publishedAt: now, ttl: 3_600 }),
    ],
  ]
  it.each(wires)('%s: none reaches the caller, and they are counted', async (_, wire) => {
    const record = await wire()
    const { us } = await world(({ type }) => (type === 'find-record' ? { records: [record], closer: [] } : null))
    expect(await net.run(us.dht.get('offer'))).toBeNull()
    expect(network(us).ignoredRecords).toBeGreaterThan(0)
  })

  it('that never answers, among honest ones: the record is found without its timeout', async () => {
    const { us, others } = await world(() => undefined, { liars: 3, honest: 6 })
    await net.run(others[0]!.dht.announce({ key: 'offer', value: 1 }))
    const startedAt = net.clock.now()
    expect((await net.run(us.dht.get('offer')))?.value).toBe(1)
    expect(net.clock.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('who asks a node', () => {
  it('with any payload: is answered or refused, and the node serves on', async () => {
    const { us, hostile } = await world(() => null)
    const { peer } = hostile[0]!
    await net.run(
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom('ping', 'find-node', 'find-record', 'store', 'watch', 'unwatch', 'else'),
          fc.oneof(
            plainValues(),
            fc.record({ target: fc.uint8Array(), place: fc.uint8Array(), key: fc.string(), walk: fc.boolean() }),
          ),
          async (type, payload) => {
            us.unban(peer.peerId)
            if (!peer.isConnected(us.peerId)) await peer.connectToPeer('ws://node0.example')
            await peer
              .request(us.peerId, { type, payload, protocol: 'lotus/dht' }, { timeoutMs: 1_000 })
              .catch((error) => expect(error.code).toMatch(/^[A-Z_]+$/))
          },
        ),
        { numRuns: 200 },
      ),
    )
    const honest = await node(9)
    await net.run(honest.dht.announce({ key: 'offer', value: 1 }))
    expect((await net.run(us.dht.get('offer')))?.value).toBe(1)
  })

  it('with a storage flood: keeps to its quota, and displaces nobody', async () => {
    net = createTestNetwork({ latencyMs: 1, scheme: 'ws' })
    const limits = { maxRecords: 40, maxRecordsPerPublisher: 30, dhtBucketSize: K }
    const us = net.createPeer({ host: 'node0.example', identity: identityFromSeed(seed(0)), dht: { mode: 'server' }, limits })
    await net.run(us.start())
    const honest = await node(1)
    for (let i = 0; i < 10; i++) await net.run(honest.dht.announce({ key: `honest ${i}`, value: i }))
    const flood = await node(2)
    for (let i = 0; i < 60; i++) await net.run(flood.dht.announce({ key: `flood ${i}`, value: i }).catch(() => {}))
    expect([...us.dht.store.scan('honest*')]).toHaveLength(10)
    expect([...us.dht.store.scan('*')].length).toBeLessThanOrEqual(40)
  })
})

describe('a set', () => {
  // Every node keeps some members under their own keys, so a walk meets many that know nothing of the others.
  it.each([0, 60, 84, 108, 120])(
    'that outgrows a node is split, and found whole by every reader: seeds from %i',
    async (base) => {
      net = createTestNetwork({ latencyMs: 5, scheme: 'ws' })
      const limits = { dhtBucketSize: 3, maxSetRecords: 20 }
      const peers: P2PCoordinator[] = []
      for (let i = 0; i < 12; i++) {
        const peer = net.createPeer({
          host: `node${i}.example`,
          identity: identityFromSeed(seed(base + i)),
          dht: { mode: 'server' },
          limits,
          bootstrap: i === 0 ? [] : ['ws://node0.example'],
        })
        await net.run(peer.start())
        peers.push(peer)
      }
      await net.clock.advance(30_000)
      for (let i = 0; i < 90; i++) await net.run(peers[i % 12]!.announceResource('offer', `o${i}`, i))
      const all = Array.from({ length: 90 }, (_, i) => i)
      for (const [reader, peer] of peers.entries()) {
        const found = new Set((await net.run(peer.discoverResources<number>('offer'))).map(({ data }) => data))
        expect([reader, all.filter((i) => !found.has(i))]).toEqual([reader, []])
      }
    },
    60_000,
  )

  it('is sampled fairly where fewer are wanted: who announces much crowds nobody out', async () => {
    net = createTestNetwork({ latencyMs: 5, scheme: 'ws' })
    const relay = await node(0)
    const [loud, quiet] = [await node(1), await node(2)]
    await net.run(quiet.announceResource('offer', 'quiet', 'quiet'))
    for (let i = 0; i < 50; i++) await net.run(loud.announceResource('offer', `loud${i}`, 'loud'))
    const tab = net.createPeer({ listening: false, bootstrap: ['ws://node0.example'] })
    await net.run(tab.start())
    const found = await net.run(tab.discoverResources<string>('offer', {}, { maxResults: 4 }))
    expect(found).toHaveLength(4)
    expect(found.map(({ data }) => data)).toContain('quiet')
    expect(relay.dht.store.getStats().records).toBeGreaterThan(50)
  })
})
