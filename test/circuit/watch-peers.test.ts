import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { resolveLimits } from '../../src/base/limits.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { INTRODUCE, INTRODUCE_WATCH, type PeerQuery } from '../../src/plugins/circuit/find-peers.js'
import { Introducer } from '../../src/plugins/circuit/server/introducer.js'
import { WATCH_BYTE_BURST, WATCH_BYTES_PER_S } from '../../src/plugins/circuit/server/peer-watchers.js'
import { PeerWatches } from '../../src/plugins/circuit/watch-peers.js'
import { createTestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { TestHost } from './test-network.js'

const limits = resolveLimits({ maxIntroductions: 5, maxPeerWatches: 4, maxRelayPeerWatches: 6 })
const handler = (protocolName: string) => ({ protocolName, handleMessage: async () => {} })

function setUp(announced: Record<string, string[]> = {}) {
  const clock = new VirtualClock()
  const hosts = new Map<string, TestHost>()
  const nameOf = (hex: string) => [...hosts.values()].find(({ publicKey }) => hexOf(publicKey) === hex)!.peerId
  const relay = (name: string) => {
    const introducer = new Introducer({
      limits,
      publishersOf: (type) =>
        Object.keys(announced)
          .filter((by) => announced[by]!.includes(type))
          .map((by) => hexOf(hosts.get(by)!.publicKey)),
      typesOf: (publisher) => announced[nameOf(publisher)] ?? [],
      canBeCalled: () => true,
    })
    const host = new TestHost(name, clock).register(introducer)
    hosts.set(name, host)
    return Object.assign(host, { introducer })
  }
  const peer = (name: string, relays: TestHost[], ...protocols: string[]) => {
    const host = new TestHost(name, clock).register(...protocols.map(handler))
    hosts.set(name, host)
    for (const to of relays) host.connect(to)
    return host
  }
  const watcher = (name: string, relays: TestHost[]) => {
    const host = peer(name, relays)
    const watches = new PeerWatches(host, limits)
    host.register(watches)
    return Object.assign(host, { watches })
  }
  /** What a watch has told, in words. */
  const watch = ({ watches }: { watches: PeerWatches }, query: PeerQuery = {}) => {
    const told: string[] = []
    const stop = watches.add(query, ({ peerId, addresses }, change) => {
      told.push(`${change} ${peerId} by ${[...(addresses.relays ?? [])].sort().join()}`)
    })
    return { told, stop, take: () => told.splice(0).sort() }
  }
  return { clock, relay, peer, watcher, watch, announced, hosts }
}

describe('a watch for peers', () => {
  it('tells of those that are there, then of each that comes, changes or goes, and of nobody else', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    peer('bob', [r], 'chat')
    peer('dave', [r])
    const alice = watcher('alice', [r])
    const { take, stop } = watch(alice, { protocol: 'chat' })
    await clock.advance(0)
    expect(take()).toEqual(['added bob by r'])
    const carol = peer('carol', [r], 'chat')
    peer('erin', [r], 'other')
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual(['added carol by r'])
    carol.metadata = { mood: 'good' }
    r.introducer.changed(r.peer('carol')!)
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual(['updated carol by r'])
    // The same once more is no change.
    r.introducer.changed(r.peer('carol')!)
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual([])
    carol.disconnect(r)
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual(['removed carol by r'])
    stop()
    stop()
    await clock.advance(0)
    expect(r.introducer.watches).toBe(0)
    peer('frank', [r], 'chat')
    await clock.advance(1_000)
    expect(take()).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('tells of a peer that begins to speak the protocol, and of its end', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    const bob = peer('bob', [r])
    const { take } = watch(watcher('alice', [r]), { protocol: 'chat' })
    await clock.advance(200)
    bob.register(handler('chat'))
    r.introducer.changed(r.peer('bob')!)
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual(['added bob by r'])
    ;(bob as unknown as { handlers: Map<string, unknown> }).handlers.delete('chat')
    r.introducer.changed(r.peer('bob')!)
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual(['removed bob by r'])
  })

  it('finds by name and by lp1 id alike, and all who claim a name', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    const alice = watcher('alice', [r])
    const bob = peer('bob', [])
    const byName = watch(alice, { peerId: 'bob' })
    const byKey = watch(alice, { peerId: bob.id })
    bob.connect(r)
    await clock.advance(200)
    expect([byName.take(), byKey.take()]).toEqual([['added bob by r'], ['added bob by r']])
  })

  it('tells of announcers of a type as they announce and withdraw, come and go', async () => {
    const { clock, relay, peer, watcher, watch, announced } = setUp({ bob: ['swap'] })
    const r = relay('r')
    const bob = peer('bob', [r])
    const carol = peer('carol', [r])
    const { take } = watch(watcher('alice', [r]), { resourceType: 'swap' })
    await clock.advance(200)
    expect(take()).toEqual(['added bob by r'])
    announced.carol = ['swap']
    r.introducer.published(carol.publicKey, 'swap')
    announced.bob = []
    r.introducer.published(bob.publicKey, 'swap')
    await clock.advance(200)
    expect(take()).toEqual(['added carol by r', 'removed bob by r'])
    carol.disconnect(r)
    await clock.advance(200)
    carol.connect(r)
    await clock.advance(200)
    expect(take()).toEqual(['added carol by r', 'removed carol by r'])
  })

  it('tells once of a peer at several relays, and of its end where the last of them has told it', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const [r1, r2] = [relay('r1'), relay('r2')]
    const bob = peer('bob', [r1, r2], 'chat')
    const { take } = watch(watcher('alice', [r1, r2]), { protocol: 'chat' })
    await clock.advance(200)
    expect(take()).toEqual(['added bob by r1', 'updated bob by r1,r2'])
    bob.disconnect(r1)
    await clock.advance(200)
    expect(take()).toEqual(['updated bob by r2'])
    bob.disconnect(r2)
    await clock.advance(200)
    expect(take()).toEqual(['removed bob by r2'])
  })

  it('takes a relay that is lost for the end of what it told, and is made anew when it is back', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    peer('bob', [r])
    const alice = watcher('alice', [r])
    const { take } = watch(alice)
    await clock.advance(200)
    expect(take()).toEqual(['added bob by r'])
    alice.disconnect(r)
    await clock.advance(200)
    expect(take()).toEqual(['removed bob by r'])
    expect(r.introducer.watches).toBe(0)
    alice.connect(r)
    await clock.advance(200)
    expect(take()).toEqual(['added bob by r'])
    expect(r.introducer.watches).toBe(1)
  })

  it('is told of a hundred changes in one message, and of those that have come and gone meanwhile not at all', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    const alice = watcher('alice', [r])
    const { take } = watch(alice)
    await clock.advance(200)
    const before = alice.seen.length
    for (let i = 0; i < 100; i++) peer(`p${i}`, [r]).disconnect(r)
    for (let i = 0; i < 3; i++) peer(`q${i}`, [r])
    await clock.advance(limits.peerWatchDelayMs)
    expect(take()).toEqual(['added q0 by r', 'added q1 by r', 'added q2 by r'])
    expect(alice.seen.length - before).toBe(1)
  })

  it('has so many in view and no more, and others as those leave', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    const peers = Array.from({ length: 20 }, (_, i) => peer(`p${i}`, [r]))
    const { take } = watch(watcher('alice', [r]))
    await clock.advance(1_000)
    const seen = new Set(take().map((word) => word.split(' ')[1]!))
    expect(seen.size).toBe(limits.maxIntroductions)
    for (const host of peers) {
      if (!seen.has(host.peerId)) continue
      host.disconnect(r)
      break
    }
    await clock.advance(1_000)
    const next = take()
    expect(next.filter((word) => word.startsWith('removed'))).toHaveLength(1)
    expect(next.filter((word) => word.startsWith('added'))).toHaveLength(1)
    for (const host of peers) if (host.links.size > 0) host.disconnect(r)
    await clock.advance(3_000)
    const { introducer } = r as unknown as { introducer: { watchers: { byTold: Map<string, unknown> } } }
    expect(introducer.watchers.byTold.size).toBe(0)
  })

  it('gathers changes while the watcher takes nothing, and tells them at once afterwards', async () => {
    const { clock, relay, peer, watcher, watch } = setUp()
    const r = relay('r')
    const alice = watcher('alice', [r])
    const { take } = watch(alice)
    await clock.advance(200)
    r.stalled.set('alice', [])
    peer('bob', [r])
    await clock.advance(200)
    for (let i = 0; i < 50; i++) {
      peer(`p${i}`, [r]).disconnect(r)
      await clock.advance(200)
    }
    peer('carol', [r])
    await clock.advance(200)
    expect(r.stalled.get('alice')!.length).toBeLessThanOrEqual(2)
    r.resume('alice')
    await clock.advance(1_000)
    expect(take()).toEqual(['added bob by r', 'added carol by r'])
  })

  it('is kept for each peer up to a limit, and in all; a number used again replaces', async () => {
    const { clock, relay, watcher, peer } = setUp()
    const r = relay('r')
    const alice = watcher('alice', [r])
    const stops = Array.from({ length: limits.maxPeerWatches }, () => alice.watches.add({}, () => {}))
    expect(() => alice.watches.add({}, () => {})).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    await clock.advance(0)
    const ask = (host: TestHost, watch: number) =>
      clock.run(host.request('r', { type: 'watch', payload: { watch }, protocol: INTRODUCE }, { timeoutMs: 10 }))
    // A watch is not answered but by its news; one too many fails.
    await expect(ask(alice, 99)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(ask(alice, 1)).rejects.toMatchObject({ code: 'TIMEOUT' })
    const bob = peer('bob', [r])
    await expect(ask(bob, 1)).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(ask(bob, 2)).rejects.toMatchObject({ code: 'TIMEOUT' })
    // Of all that the relay keeps Alice has the most: hers make room.
    await expect(ask(bob, 3)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(r.introducer.watches).toBe(limits.maxRelayPeerWatches)
    bob.disconnect(r)
    for (const stop of stops) stop()
    await clock.advance(0)
    expect(r.introducer.watches).toBe(0)
  })

  it.each([
    ['watch', null],
    ['watch', {}],
    ['watch', { watch: 0 }],
    ['watch', { watch: 2 ** 32 }],
    ['watch', { watch: '1' }],
    ['watch', { watch: 1, protocol: 5 }],
    ['watch', { watch: 1, limit: 0 }],
    ['watch', { watch: 1, peerId: 'x'.repeat(129) }],
    ['unwatch', {}],
    ['unwatch', { watch: 1.5 }],
  ])('is not begun or ended by a malformed %s: %j', async (type, payload) => {
    const { clock, relay, peer } = setUp()
    const r = relay('r')
    const mallory = peer('mallory', [r])
    await expect(clock.run(mallory.request('r', { type, payload, protocol: INTRODUCE }))).rejects.toMatchObject({
      code: 'MALFORMED_DATA',
    })
    expect(r.introducer.watches).toBe(0)
  })
})

describe('peers that change and watch without end', () => {
  /** Watchers that take what they are told, and the bytes of it. */
  function crowd(count: number, watchesOfEach: number) {
    const clock = new VirtualClock()
    const many = resolveLimits({ maxPeerWatches: 64, maxIntroductions: 100 })
    const introducer = new Introducer({ limits: many, canBeCalled: () => true })
    const r = new TestHost('r', clock).register(introducer)
    const told = new Map<string, { messages: number; bytes: number; changes: string[] }>()
    const join = (name: string, watches: number, query: PeerQuery = {}) => {
      const host = new TestHost(name, clock).register(handler('chat'))
      const has = { messages: 0, bytes: 0, changes: [] as string[] }
      told.set(name, has)
      host.register({
        protocolName: INTRODUCE_WATCH,
        handleMessage: async ({ payload }) => {
          has.messages++
          has.bytes += encode(payload, many).length
          for (const { metadata } of (payload as { peers: { metadata?: { mood?: string } }[] }).peers)
            if (metadata?.mood !== undefined) has.changes.push(metadata.mood)
        },
      })
      host.connect(r)
      for (let watch = 1; watch <= watches; watch++)
        void host.sendTo('r', { type: 'watch', payload: { watch, ...query }, protocol: INTRODUCE })
      return host
    }
    const change = (host: TestHost, metadata: Record<string, unknown>) => {
      host.metadata = metadata
      introducer.changed(r.peer(host.peerId)!)
    }
    const hostile = Array.from({ length: count }, (_, i) => join(`hostile ${i}`, watchesOfEach))
    return { clock, told, join, change, hostile }
  }

  it('are told no more than the budget of all, and a watcher of one other peer hears of it within seconds, before their backlog', async () => {
    const { clock, told, join, change, hostile } = crowd(10, 48)
    const alice = join('alice', 1, { peerId: 'bob' })
    const bob = join('bob', 0)
    await clock.advance(2_000)
    const bytes = () => [...told.values()].reduce((sum, one) => sum + one.bytes, 0)
    const before = bytes()
    const seconds = 3
    for (let tick = 0; tick < 10 * seconds; tick++) {
      for (const peer of hostile) change(peer, { text: 'x'.repeat(1_900), tick })
      if (tick === 10) change(bob, { mood: 'good' })
      await clock.advance(100)
      if (tick === 25) expect(told.get(alice.peerId)!.changes).toEqual(['good'])
    }
    expect(bytes() - before).toBeLessThan(WATCH_BYTE_BURST + seconds * WATCH_BYTES_PER_S + 1_000_000)
    // Each of them has its turn, and no more of them than another.
    const shares = hostile.map(({ peerId }) => told.get(peerId)!.messages)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(0.1 * Math.max(...shares))
    // What was changed last is told in the end, to all.
    for (const peer of hostile) change(peer, { mood: `last of ${peer.peerId}` })
    await clock.advance(30_000)
    for (const { peerId } of hostile)
      for (const other of hostile)
        if (other.peerId !== peerId) expect(told.get(peerId)!.changes).toContain(`last of ${other.peerId}`)
  })
})

describe('a watcher with a hostile introducer', () => {
  const entryOf = (byte: number, more: object = {}) => {
    const publicKey = new Uint8Array(32).fill(byte)
    return { peerId: encodePeerId(publicKey), publicKey, addresses: {}, protocols: ['chat'], lastSeen: 1, ...more }
  }
  async function victim(query: PeerQuery = {}) {
    const net = setUp()
    const evil = net.peer('evil', [], INTRODUCE)
    const alice = net.watcher('alice', [evil])
    const watch = net.watch(alice, query)
    const push = async (payload: unknown) => {
      await evil.sendTo('alice', { type: 'peers', payload, protocol: INTRODUCE_WATCH })
      await net.clock.advance(0)
    }
    return { ...net, evil, alice, watch, push }
  }

  it.each([
    null,
    {},
    { watch: '1', peers: [], gone: [] },
    { watch: 1, peers: [] },
    { watch: 1, peers: {}, gone: [] },
    { watch: 1, peers: [], gone: ['bob'] },
    { watch: 1, peers: [], gone: [7] },
  ])('takes nothing of malformed news: %j', async (payload) => {
    const { alice, watch, push } = await victim()
    await push(payload)
    expect(watch.take()).toEqual([])
    expect(alice.errors).toMatchObject([{ code: 'MALFORMED_DATA' }])
  })

  it('leaves out entries that are wrong, that were not asked for, of itself, and of keys that do not fit', async () => {
    const { alice, watch, push } = await victim({ protocol: 'chat' })
    const peers = [
      7,
      entryOf(1, { protocols: ['other'] }),
      entryOf(2, { publicKey: new Uint8Array(32) }),
      entryOf(3, { peerId: 'alice' }),
      entryOf(4, { addresses: { websocket: 'javascript:alert(1)' } }),
      entryOf(5),
    ]
    for (const peer of peers) await push({ watch: 1, peers: [peer], gone: [encodePeerId(new Uint8Array(32).fill(9))] })
    expect(watch.take()).toEqual([`added ${entryOf(5).peerId} by `])
    expect(alice.errors).toEqual([])
  })

  it('holds no more of one introducer than an honest one tells', async () => {
    const { watch, push } = await victim()
    for (let byte = 0; byte < 100; byte++) await push({ watch: 1, peers: [entryOf(byte)], gone: [] })
    expect(watch.take()).toHaveLength(limits.maxIntroductions)
  })

  it('takes no news for a watch that is over, and none from a peer that introduces nobody', async () => {
    const { clock, peer, alice, watch, push } = await victim()
    const plain = peer('plain', [])
    plain.connect(alice)
    await plain.sendTo('alice', {
      type: 'peers',
      payload: { watch: 1, peers: [entryOf(1)], gone: [] },
      protocol: INTRODUCE_WATCH,
    })
    await clock.advance(0)
    expect(watch.take()).toEqual([])
    watch.stop()
    await push({ watch: 1, peers: [entryOf(1)], gone: [] })
    await push({ watch: 77, peers: [entryOf(1)], gone: [] })
    expect(watch.take()).toEqual([])
    expect([alice.errors, alice.rejected]).toEqual([[], []])
  })
})

describe('watchPeers of a coordinator', () => {
  it('tells of wallets at two relays as they come, change, announce and go; of relays only where asked', async () => {
    const net = createTestNetwork({ latencyMs: 5 })
    const relays = [net.createPeer({ relay: true }), net.createPeer({ relay: true })]
    for (const relay of relays) await net.run(relay.start())
    await net.run(relays[0]!.connectToPeer(net.addressOf(relays[1]!)))
    const bootstrap = relays.map((relay) => net.addressOf(relay))
    const tab = () => net.createPeer({ listening: false, bootstrap })
    const alice = tab()
    const told: string[] = []
    const swappers: string[] = []
    const withRelays: string[] = []
    const stop = alice.watchPeers({}, (peer, change) => void told.push(`${change} ${peer.peerId}`))
    alice.watchPeers({ resourceType: 'swap' }, (peer, change) => void swappers.push(`${change} ${peer.peerId}`))
    alice.watchPeers({ relays: true }, (peer, change) => void withRelays.push(`${change} ${peer.peerId}`))
    alice.watchPeers({}, () => {
      throw new Error('of the application')
    })
    const failures: string[] = []
    alice.on('error', ({ code }) => void failures.push(code))
    await net.clock.advance(1_000)
    expect(told).toEqual([])
    expect(new Set(withRelays)).toEqual(new Set(relays.flatMap(({ peerId }) => [`added ${peerId}`])))
    const bob = tab()
    await net.run(bob.start())
    await net.clock.advance(1_000)
    expect(told.filter((word) => word.startsWith('added'))).toEqual([`added ${bob.peerId}`])
    expect(failures).toContain('LISTENER_FAILED')
    expect(swappers).toEqual([])
    await net.run(bob.announceResource('swap', 'one', { amount: 5 }))
    await net.clock.advance(1_000)
    expect(swappers[0]).toBe(`added ${bob.peerId}`)
    told.length = 0
    bob.registerProtocol({ protocolName: 'chat', handleMessage: async () => {} })
    await net.clock.advance(1_000)
    expect(new Set(told)).toEqual(new Set([`updated ${bob.peerId}`]))
    told.length = 0
    await net.run(bob.shutdown())
    await net.clock.advance(1_000)
    expect(told.filter((word) => word.startsWith('removed'))).toEqual([`removed ${bob.peerId}`])
    expect(swappers.at(-1)).toBe(`removed ${bob.peerId}`)
    told.length = 0
    stop()
    const carol = tab()
    await net.run(carol.start())
    await net.clock.advance(1_000)
    expect(told).toEqual([])
    await net.stop()
    expect(() => alice.watchPeers({}, () => {})).toThrow(expect.objectContaining({ code: 'SHUT_DOWN' }))
  })

  it('goes on after the relay was away, and after sleep', async () => {
    const net = createTestNetwork()
    const relay = net.createPeer({ relay: true, host: 'relay' })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    const [alice, bob] = [net.createPeer({ listening: false, bootstrap }), net.createPeer({ listening: false, bootstrap })]
    const told: string[] = []
    alice.watchPeers({}, (peer, change) => void told.push(`${change} ${peer.peerId === bob.peerId}`))
    await net.run(bob.start())
    await net.clock.advance(1_000)
    expect(told[0]).toBe('added true')
    alice.suspend()
    await net.clock.advance(1_000)
    expect(told.at(-1)).toBe('removed true')
    await net.run(alice.resume())
    await net.clock.advance(1_000)
    expect(told.filter((word) => word === 'added true')).toHaveLength(2)
    await net.stop()
  })
})
