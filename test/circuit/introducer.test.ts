import { bytesToHex } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { findPeers, INTRODUCE, type PeerQuery } from '../../src/plugins/circuit/find-peers.js'
import { Introducer } from '../../src/plugins/circuit/server/introducer.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { settle, TestHost } from './test-network.js'

const limits = resolveLimits({ maxIntroductions: 10 })
const handler = (protocolName: string) => ({ protocolName, handleMessage: async () => {} })

function setUp(publishers: Record<string, string[]> = {}) {
  const clock = new VirtualClock()
  const keys = new Map<string, string>()
  const relay = (name: string) =>
    new TestHost(name, clock).register(
      new Introducer({
        limits,
        publishersOf: (type) => (publishers[type] ?? []).map((name) => keys.get(name) ?? ''),
        canBeCalled: ({ peerId }) => peerId !== 'no-reservation',
        provenAddress: ({ addresses }) => addresses.websocket,
      }),
    )
  const peer = (name: string, relays: TestHost[], ...protocols: string[]) => {
    const host = new TestHost(name, clock).register(...protocols.map(handler))
    keys.set(name, bytesToHex(host.publicKey))
    for (const to of relays) host.connect(to)
    return host
  }
  /** A relay that answers what it likes, or nothing. */
  const liar = (name: string, answer?: unknown) => {
    const host = new TestHost(name, clock)
    return host.register({
      protocolName: INTRODUCE,
      handleMessage: async (message) =>
        answer === undefined ? undefined : host.reply(message, { type: 'found', payload: answer }),
    })
  }
  const find = (asker: TestHost, query: PeerQuery = {}) => clock.run(findPeers(asker, query, { limits }))
  return { clock, relay, peer, liar, find }
}

const names = (peers: PeerInfo[]) => peers.map(({ peerId }) => peerId).sort()
const entry = (peerId: string, publicKey = new Uint8Array(32)) => ({
  peerId,
  publicKey,
  addresses: {},
  protocols: [],
  lastSeen: 1,
})

describe('an introduction', () => {
  it('names the others by protocol, resource type or peer id, never the asker', async () => {
    const { relay, peer, find } = setUp({ swap: ['bob', 'gone', 'alice'] })
    const r = relay('r')
    const alice = peer('alice', [r], 'chat')
    peer('bob', [r], 'chat', 'swap')
    peer('carol', [r], 'swap')
    expect(names(await find(alice))).toEqual(['bob', 'carol'])
    expect(names(await find(alice, { protocol: 'chat' }))).toEqual(['bob'])
    expect(names(await find(alice, { resourceType: 'swap' }))).toEqual(['bob'])
    expect(names(await find(alice, { peerId: 'carol' }))).toEqual(['carol'])
    expect(names(await find(alice, { peerId: 'carol', protocol: 'chat' }))).toEqual([])
    expect(names(await find(alice, { peerId: 'alice' }))).toEqual([])
  })

  it('is made of others whatever one of them says of itself: what is too deep for the answer is left out of it', async () => {
    const { relay, peer, find } = setUp()
    const r = relay('r')
    const alice = peer('alice', [r])
    peer('bob', [r])
    const mallory = peer('mallory', [r])
    // As deep as a description may be, and with it an update, which stands deeper: each is told or left out, and bob always found.
    let metadata: Record<string, unknown> = { end: 1 }
    const told: boolean[] = []
    for (let depth = 2; depth < limits.maxDecodeDepth; depth++) {
      metadata = { [depth % 2 === 0 ? 'list' : 'map']: depth % 2 === 0 ? [metadata] : metadata }
      if (depth % 2 === 0) depth++
      mallory.metadata = metadata
      const found = await find(alice)
      expect([depth, names(found)]).toEqual([depth, ['bob', 'mallory']])
      told.push(found.find(({ peerId }) => peerId === 'mallory')!.metadata !== undefined)
    }
    expect(told.indexOf(false)).toBeGreaterThan(10)
    expect(told.slice(told.indexOf(false))).not.toContain(true)
  })

  it('tells key, protocols, metadata and the relay by which to come', async () => {
    const { relay, peer, find } = setUp()
    const r = relay('r')
    const bob = peer('bob', [r], 'chat')
    bob.metadata = { name: 'Bob' }
    bob.addresses = { websocket: 'wss://bob.example' }
    expect(await find(peer('alice', [r]))).toEqual([
      {
        peerId: 'bob',
        publicKey: bob.publicKey,
        addresses: { websocket: 'wss://bob.example', relays: ['r'] },
        isRelay: false,
        state: PeerState.DISCONNECTED,
        lastSeen: bob.clock.now(),
        protocols: ['chat'],
        metadata: { name: 'Bob' },
      },
    ])
  })

  it('tells no address that a peer only says to have, and takes none that leads inside', async () => {
    const { peer, liar, find, clock } = setUp()
    const honest = new TestHost('honest', clock).register(new Introducer({ limits }))
    peer('bob', [honest]).addresses = { websocket: 'wss://victim.example' }
    expect((await find(peer('alice', [honest])))[0]?.addresses).toEqual({ relays: [] })
    const told = { ...entry('carol'), addresses: { websocket: 'ws://127.0.0.1:8787', http: 'http://carol.example' } }
    const hostile = liar('hostile', { peers: [told] })
    expect((await find(peer('dave', [hostile])))[0]?.addresses).toEqual({ http: 'http://carol.example', relays: [] })
  })

  it('merges what several relays say', async () => {
    const { relay, peer, find } = setUp()
    const [r1, r2] = [relay('r1'), relay('r2')]
    peer('bob', [r1, r2])
    peer('carol', [r2])
    const found = await find(peer('alice', [r1, r2]))
    expect(names(found)).toEqual(['bob', 'carol'])
    expect(found.find(({ peerId }) => peerId === 'bob')!.addresses.relays).toEqual(['r1', 'r2'])
  })

  it('leaves out peers that are reached by a circuit, and returns connected ones as connected', async () => {
    const { relay, peer, find } = setUp()
    const r = relay('r')
    const bob = peer('bob', [r])
    peer('far', []).connect(r, 'circuit')
    const alice = peer('alice', [r])
    alice.connect(bob)
    expect(await find(alice)).toMatchObject([{ peerId: 'bob', state: PeerState.CONNECTED }])
  })

  it('names at most as many as its limit or the query says, by lot', async () => {
    const { relay, peer, find } = setUp()
    const r = relay('r')
    for (let i = 0; i < 40; i++) peer(`p${i}`, [r])
    const alice = peer('alice', [r])
    expect(await find(alice)).toHaveLength(10)
    expect(await find(alice, { limit: 3 })).toHaveLength(3)
    const seen = new Set<string>()
    for (let i = 0; i < 60; i++) for (const { peerId } of await find(alice)) seen.add(peerId)
    expect(seen.size).toBeGreaterThan(30)
  })

  it('stays below the size of an answer, however much peers say of themselves', async () => {
    const clock = new VirtualClock()
    const small = resolveLimits({ maxAnswerBytes: 5_000 })
    const r = new TestHost('r', clock).register(new Introducer({ limits: small }))
    for (let i = 0; i < 20; i++) {
      const host = new TestHost(`p${i}`, clock)
      host.metadata = { text: 'x'.repeat(1_000) }
      host.connect(r)
    }
    const alice = new TestHost('alice', clock)
    alice.connect(r)
    expect(await findPeers(alice, {})).toHaveLength(4)
  })

  it('refuses malformed queries with MALFORMED_DATA', async () => {
    const { relay, peer } = setUp()
    const alice = peer('alice', [relay('r')])
    for (const payload of [null, { protocol: 5 }, { limit: -1 }, { peerId: 'x'.repeat(129) }]) {
      await expect(alice.request('r', { type: 'find', payload, protocol: INTRODUCE })).rejects.toMatchObject({
        code: 'MALFORMED_DATA',
      })
    }
    await expect(alice.request('r', { type: 'other', payload: {}, protocol: INTRODUCE })).rejects.toMatchObject({
      code: 'INVALID_MESSAGE',
    })
  })
})

describe('asking for introductions', () => {
  it('without a relay fails with NO_RELAY, and is cancelled by its signal', async () => {
    const { relay, peer, liar, clock } = setUp()
    await expect(findPeers(peer('alone', []), {})).rejects.toMatchObject({ code: 'NO_RELAY' })
    const alice = peer('alice', [relay('r'), liar('silent')])
    const abort = new AbortController()
    const asking = findPeers(alice, { peerId: 'nobody' }, { signal: abort.signal })
    abort.abort()
    await expect(asking).rejects.toMatchObject({ code: 'ABORTED' })
    await settle()
    expect(clock.pending).toBe(0)
  })

  it('does not wait for a silent relay longer than the grace once somebody is found', async () => {
    const { relay, peer, liar, clock } = setUp()
    const r = relay('r')
    peer('bob', [r])
    const alice = peer('alice', [r, liar('silent')])
    const before = clock.now()
    expect(names(await clock.run(findPeers(alice, {})))).toEqual(['bob'])
    expect(clock.now() - before).toBe(limits.dhtGraceMs)
    expect(clock.pending).toBe(0)
  })

  it('gives a slow honest relay its time where a fast one knows nobody', async () => {
    const { relay, peer, liar, clock } = setUp()
    const alice = peer('alice', [relay('knows-nobody'), liar('silent')])
    const before = clock.now()
    expect(await clock.run(findPeers(alice, { peerId: 'bob' }))).toEqual([])
    expect(clock.now() - before).toBe(limits.dhtTimeoutMs)
  })

  it('fails where no relay answers, or all answer nonsense', async () => {
    const { peer, liar, find } = setUp()
    await expect(find(peer('a', [liar('silent')]))).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(find(peer('b', [liar('mad', { peers: 'none' })]))).rejects.toMatchObject({ code: 'MALFORMED_DATA' })
  })

  it('drops a key that does not belong to its id, ourselves, and peers that were not asked for', async () => {
    const { peer, liar, find } = setUp()
    const key = new Uint8Array(32).fill(7)
    const honest = encodePeerId(key)
    const peers = [
      entry(honest, new Uint8Array(32).fill(8)),
      entry(honest, key),
      entry('lp1nonsense'),
      entry('alice'),
      { ...entry('no-key'), publicKey: new Uint8Array(31) },
      { ...entry('bad-address'), addresses: { websocket: 'javascript:alert(1)' } },
      { ...entry('big'), metadata: { text: 'x'.repeat(5_000) } },
      7,
    ]
    const alice = peer('alice', [liar('mad', { peers })])
    const found = await find(alice)
    expect(names(found)).toEqual(['big', honest])
    expect(found.find(({ peerId }) => peerId === 'big')!.metadata).toBeUndefined()
    expect(await find(alice, { protocol: 'chat' })).toEqual([])
    expect(names(await find(alice, { peerId: 'big' }))).toEqual(['big'])
  })

  it('returns both where relays name different keys for one chosen name', async () => {
    const { peer, liar, find } = setUp()
    const say = (byte: number) => ({ peers: [entry('bob', new Uint8Array(32).fill(byte))] })
    const found = await find(peer('alice', [liar('r1', say(1)), liar('r2', say(2))]))
    expect(found.map(({ peerId, publicKey }) => [peerId, publicKey![0]])).toEqual([
      ['bob', 1],
      ['bob', 2],
    ])
  })

  it('is not crowded out by one relay with endless inventions', async () => {
    const { relay, peer, liar, find } = setUp()
    const r = relay('honest')
    peer('bob', [r])
    const invented = { peers: Array.from({ length: 1_000 }, (_, i) => entry(`fake${i}`)) }
    const found = await find(peer('alice', [liar('mad', invented), r]))
    expect(found).toHaveLength(10)
    expect(names(found)).toContain('bob')
  })

  it('takes any answer and throws nothing but a P2PError', async () => {
    const near = fc.oneof(
      fc.anything({ withNullPrototype: true }).filter((value) => value !== undefined),
      fc.record({
        peers: fc.array(
          fc.record({
            ...Object.fromEntries(
              ['peerId', 'addresses', 'protocols', 'metadata', 'lastSeen'].map((name) => [name, fc.anything()]),
            ),
            publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          }),
        ),
      }),
    )
    await fc.assert(
      fc.asyncProperty(near, async (answer) => {
        const { peer, liar, find } = setUp()
        const alice = peer('alice', [liar('mad', answer)])
        await find(alice).catch((error) => expect(error).toMatchObject({ name: 'P2PError' }))
      }),
      { numRuns: 100 },
    )
  })
})
