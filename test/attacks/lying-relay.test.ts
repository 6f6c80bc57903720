// A relay that tells of others what is not so: what it says as a relay, as an introducer and as a node of the DHT.
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import type { P2PMessage } from '../../src/message/message.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

const seeded = (seed: number) => identityFromSeed(new Uint8Array(32).fill(seed))
const [bobs, carols, liars] = [seeded(11), seeded(12), seeded(13)]
const bobId = encodePeerId(bobs.publicKey)
const INNER = 'ws://169.254.169.254:8080'

function started(): TestNetwork {
  net = createTestNetwork({ latencyMs: 5 })
  return net
}

/** Alice's only relay lies; she is connected to Bob without it. */
async function world(lie: (message: P2PMessage) => [type: string, payload: unknown] | undefined) {
  const net = started()
  const heard: string[] = []
  let kit: PluginKit | undefined
  const lying: Plugin = {
    name: 'lying',
    attach(given) {
      kit = given
      for (const protocolName of ['lotus/introduce', 'lotus/dht', 'lotus/circuit-hop']) {
        const handleMessage = async (message: P2PMessage) => {
          heard.push(message.type)
          const told = lie(message)
          if (told !== undefined) await given.reply(message, { type: told[0], payload: told[1] })
        }
        given.registerProtocol({ protocolName, handleMessage })
      }
      return {}
    },
  }
  const liar = net.createPeer({ host: 'liar', identity: liars, plugins: [lying], dht: { mode: 'client' } })
  const bob = net.createPeer({ host: 'bob', peerId: 'bob', identity: bobs })
  await net.run(liar.start())
  await net.run(bob.start())
  const store = memoryStore()
  const dialled: string[] = []
  const inner = net.network.transport('alice')
  const alice = net.createPeer({
    host: 'alice',
    peerId: 'alice',
    bootstrap: ['memory://liar'],
    store,
    allowPrivate: false,
    transport: {
      ...inner,
      canDial: () => true,
      dial: (address, options) => {
        dialled.push(address)
        return inner.dial(address, options)
      },
    },
  })
  await net.run(alice.start())
  await net.run(alice.connectToPeer('memory://bob'))
  await net.clock.advance(500)
  /** Whatever was said: nobody else has lost anything, and nothing is kept in the name of another. */
  const honestIsUntouched = async () => {
    await net.clock.advance(30_000)
    expect(dialled.filter((address) => !['memory://liar', 'memory://bob'].includes(address))).toEqual([])
    expect([alice.listBans().filter(({ id }) => id === bobId), alice.reputationOf(bobId).faults]).toEqual([[], {}])
    expect([alice.isConnected('bob'), alice.getPeer('bob')?.publicKey]).toEqual([true, bobs.publicKey])
    const carol = net.createPeer({ host: 'carol', peerId: 'carol', identity: carols, listening: false })
    await net.run(carol.connectToPeer('memory://alice'))
    await net.clock.advance(100)
    expect(alice.getPeer('carol')?.publicKey).toEqual(carols.publicKey)
  }
  return { net, alice, heard, kit: () => kit!, honestIsUntouched }
}

const about = (fields: object) => ({
  peerId: bobId,
  publicKey: bobs.publicKey,
  addresses: {},
  protocols: ['chat'],
  metadata: {},
  lastSeen: 1_700_000_000_000,
  reserved: true,
  ...fields,
})
const LIES: [what: string, peer: object][] = [
  ["a free name with the liar's key", about({ peerId: 'carol', publicKey: liars.publicKey })],
  ["a free name with another's key", about({ peerId: 'carol' })],
  ["another's name with the liar's key", about({ peerId: 'bob', publicKey: liars.publicKey })],
  ["another's id with the liar's key", about({ publicKey: liars.publicKey })],
  ['an inner address', about({ addresses: { websocket: INNER, http: 'http://169.254.169.254' } })],
  ['roles', about({ protocols: ['chat', 'lotus/dht', 'lotus/circuit-hop', 'lotus/introduce', 'lotus/topics'] })],
  ['metadata and a time', about({ metadata: { admin: true }, lastSeen: Number.MAX_SAFE_INTEGER })],
]

describe.each(LIES)('a relay that tells of another %s', (what, peer) => {
  it('as an answer, and as news of which the peer is gone again, gains nothing', async () => {
    const { net, alice, heard, kit, honestIsUntouched } = await world(({ type }) =>
      type === 'find'
        ? ['peers', { peers: [peer] }]
        : type === 'watch'
          ? ['peers', { watch: 1, peers: [peer], gone: [] }]
          : undefined,
    )
    const changes: string[] = []
    await net.run(Promise.resolve(alice.watchPeers({}, (_, change) => void changes.push(change))))
    const found = await net.run(alice.findPeers({}).catch(() => []))
    for (const { peerId, publicKey, addresses } of found) {
      // The relay, by which a circuit leads there: no address of it.
      expect([addresses.websocket, addresses.http]).toEqual([undefined, undefined])
      expect(!peerId.startsWith('lp1') || peerId === encodePeerId(publicKey!)).toBe(true)
    }
    for (let watch = 0; watch < 4; watch++) {
      for (const news of [
        { peers: [peer], gone: [] },
        { peers: [], gone: [bobId] },
      ]) {
        const payload = { watch, ...news }
        await kit()
          .sendTo(encodePeerId(alice.publicKey), { type: 'peers', payload, protocol: 'lotus/introduce-watch' })
          .catch(() => {})
      }
    }
    expect(heard).toEqual(expect.arrayContaining(['find', 'watch']))
    await net.clock.advance(1_000)
    // What contradicts itself is dropped, and none brings itself as news; of a peer that is connected what it said itself is shown, so that
    // no role is gained; the rest is shown, as hearsay.
    const isOwn = 'publicKey' in peer && peer.publicKey === liars.publicKey
    const isDropped = what === "another's id with the liar's key"
    expect([found.some(({ publicKey }) => publicKey !== undefined), changes.includes('added')]).toEqual([!isDropped, !isOwn])
    expect(found.filter(({ isRelay }) => isRelay === true)).toEqual([])
    await honestIsUntouched()
  })
})

it('a relay that brings calls in the name of another gets that one neither blamed nor known by the call', async () => {
  const { net, alice, heard, kit, honestIsUntouched } = await world(() => undefined)
  for (let circuit = 1; circuit <= 60; circuit++) {
    const payload = { circuit, from: bobId, frame: Uint8Array.of(1, 2, 3, circuit), window: 65_536, frameBytes: 16_384 }
    await kit()
      .sendTo(encodePeerId(alice.publicKey), { type: 'incoming', payload, protocol: 'lotus/circuit-stop' })
      .catch(() => {})
    await net.clock.advance(50)
  }
  expect(heard).toContain('close')
  await honestIsUntouched()
})

it('a node that tells of records and nodes in the name of another is blamed for the records itself, and the nodes are not dialled inside', async () => {
  const clock = 1_700_000_000_000
  const content = { key: 'offer', value: 'mine', sequence: 9, publishedAt: clock, ttl: 600 }
  const record = wireRecord(await createRecord(content, { identity: bobs }, DEFAULT_LIMITS, 'lotus'))
  const forged = forge(structuredClone(record))
  const closer = [[bobs.publicKey, [INNER]], { publicKey: bobs.publicKey, addresses: [INNER] }]
  const { net, alice, heard, honestIsUntouched } = await world(({ type }) =>
    type === 'find-record'
      ? ['records', { records: [forged], closer }]
      : type === 'watch'
        ? ['records', { records: [forged] }]
        : undefined,
  )
  expect(await net.run(alice.dht.get('offer', { timeoutMs: 3_000 }).catch(() => null))).toBeNull()
  expect(heard).toContain('find-record')
  await honestIsUntouched()
})

/** The record with one bit of each of its byte strings turned. */
function forge(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const changed = value.slice()
    if (changed.length === 64) changed[5]! ^= 1
    return changed
  }
  if (Array.isArray(value)) return value.map(forge)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, forge(held)]))
  return value
}
