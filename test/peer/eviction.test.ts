import { afterEach, describe, expect, it } from 'vitest'
import { groupOf, originOf } from '../../src/address/origin.js'
import { isP2PError } from '../../src/base/errors.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { chooseEvicted, type Evictable } from '../../src/peer/pool/eviction.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

const create = (options: TestPeerOptions) => net.createPeer({ webrtc: false, ...options })

async function relay(options: TestPeerOptions = {}): Promise<P2PCoordinator> {
  const peer = create({ host: 'relay', relay: true, ...options })
  await net.run(peer.start())
  return peer
}

/** Dials; undefined where it got in, else the code. */
async function dial(host: string, to: P2PCoordinator): Promise<{ peer: P2PCoordinator; code: string | undefined }> {
  const peer = create({ host, listening: false })
  const code = await net.run(peer.connectToPeer(net.addressOf(to))).then(
    () => undefined,
    (error) => (isP2PError(error) ? error.code : String(error)),
  )
  return { peer, code }
}

async function flood(to: P2PCoordinator, count: number, hostOf: (i: number) => string) {
  const peers = []
  for (let i = 0; i < count; i++) peers.push(await dial(hostOf(i), to))
  return peers
}

const connected = (to: P2PCoordinator, peers: { peer: P2PCoordinator }[]) =>
  peers.filter(({ peer }) => to.isConnected(peer.peerId)).length

describe('a full pool', () => {
  it('keeps places for those that we dial ourselves', async () => {
    net = createTestNetwork()
    const victim = await relay({ maxConnections: 32 })
    const attackers = await flood(victim, 32, (i) => `10.9.0.${i}`)
    expect(connected(victim, attackers)).toBe(30)
    expect(attackers.at(-1)!.code).toBe('POOL_FULL')
    const others = []
    for (let i = 0; i < 2; i++) {
      const other = create({ host: `10.${i}.0.1` })
      await net.run(other.start())
      await net.run(victim.connectToPeer(net.addressOf(other)))
      others.push({ peer: other })
    }
    expect(connected(victim, others)).toBe(2)
    expect(victim.getStats().peers.connectedPeers).toBe(32)
  })

  it('of 50 places, filled from one address group before anybody else came, gives most to newcomers of other groups', async () => {
    net = createTestNetwork()
    const victim = await relay({ maxConnections: 50 })
    const attackers = await flood(victim, 50, (i) => `10.9.${i}.1`)
    expect(connected(victim, attackers)).toBe(47)
    const ends: (string | undefined)[] = []
    for (const { peer } of attackers)
      peer.on('disconnected', (_, error) => ends.push(`${error.code} ${error.details.retryAfterMs}`))
    await net.clock.advance(60_000)
    const honest = await flood(victim, 30, (i) => `10.${i + 20}.0.1`)
    expect(honest.map(({ code }) => code)).toEqual(Array(30).fill(undefined))
    expect(connected(victim, honest)).toBe(30)
    expect(connected(victim, attackers)).toBe(17)
    expect(new Set(ends)).toEqual(new Set(['POOL_FULL 30000']))
    // They come back again and again, and displace nobody.
    await net.clock.advance(180_000)
    expect(connected(victim, honest)).toBe(30)
  })

  it('keeps those that were there before a flood from one group', async () => {
    net = createTestNetwork()
    const victim = await relay({ maxConnections: 50 })
    const honest = await flood(victim, 25, (i) => `10.${i + 20}.0.1`)
    await net.clock.advance(60_000)
    const attackers = await flood(victim, 60, (i) => `10.9.${i}.1`)
    expect(connected(victim, honest)).toBe(25)
    expect(connected(victim, attackers)).toBe(22)
    expect(attackers.at(-1)!.code).toBe('POOL_FULL')
  })

  it('turns nobody out for a newcomer where all are of different groups', async () => {
    net = createTestNetwork()
    const victim = await relay({ maxConnections: 10 })
    await flood(victim, 10, (i) => `10.${i + 20}.0.1`)
    const { code } = await dial('10.90.0.1', victim)
    expect(code).toBe('POOL_FULL')
  })

  it('never turns out whom the application has named', async () => {
    net = createTestNetwork()
    const victim = await relay({ maxConnections: 8 })
    const friends = []
    for (let i = 0; i < 8; i++) {
      const friend = create({ host: `10.9.0.${i}` })
      await net.run(friend.start())
      await net.run(friend.connectToPeer(net.addressOf(victim)))
      await net.run(victim.connectToPeer(friend.peerId))
      friends.push({ peer: friend })
    }
    const { code } = await dial('10.90.0.1', victim)
    expect(code).toBe('POOL_FULL')
    expect(connected(victim, friends)).toBe(8)
  })
})

describe('who makes room', () => {
  const peer = (group: string, since: number, more: Partial<Evictable> = {}): Evictable => ({
    group,
    since,
    usedAt: 0,
    rttMs: undefined,
    score: 0,
    ...more,
  })
  const crowd = (group: string, count: number, from = 0) => Array.from({ length: count }, (_, i) => peer(group, from + i))

  it('is the youngest of the largest group', () => {
    expect(chooseEvicted([...crowd('a', 20), ...crowd('b', 5, 50)], 'c')).toMatchObject({ group: 'a', since: 19 })
  })

  it('is nobody, where the newcomer is of the largest group itself, or of one about as large', () => {
    expect(chooseEvicted([...crowd('a', 20), ...crowd('b', 5)], 'a')).toBeUndefined()
    expect(chooseEvicted([...crowd('a', 20), ...crowd('b', 19)], 'b')).toBeUndefined()
    expect(chooseEvicted([...crowd('a', 20), ...crowd('b', 5)], 'b')).toMatchObject({ group: 'a' })
  })

  it('is none of the nearest, of those lately of use, and of the oldest, whatever their group', () => {
    const near = peer('a', 99, { rttMs: 1 })
    const useful = peer('a', 98, { usedAt: 5 })
    const oldest = peer('a', -1)
    const peers = [...crowd('a', 20), near, useful, oldest]
    let left = peers
    for (;;) {
      const gone = chooseEvicted(left, 'b')
      if (gone === undefined) break
      left = left.filter((other) => other !== gone)
    }
    expect(left).toEqual(expect.arrayContaining([near, useful, oldest]))
  })

  it('is the one with the worst reputation, be its group small and the newcomer of any', () => {
    const [bad, worse] = [peer('b', 0, { score: -5 }), peer('c', 0, { score: -10, rttMs: 1 })]
    expect(chooseEvicted([...crowd('a', 20), bad, worse], 'a')).toBe(worse)
  })
})

describe('where somebody comes from', () => {
  it('is the address group, of a circuit the relay, else the transport', () => {
    expect(groupOf({ transport: 'websocket', remoteAddress: '203.0.113.7' })).toBe('203.0')
    expect(groupOf({ transport: 'websocket', remoteAddress: '2001:db8::7' })).toBe('2001:db8')
    expect(groupOf({ transport: 'circuit', remoteAddress: 'circuit:relay/bob' })).toBe('circuit:relay')
    expect(groupOf({ transport: 'websocket', remoteAddress: '::1' })).toBe('websocket')
    expect(groupOf({ transport: 'memory', remoteAddress: 'memory://peer1' })).toBe('memory')
  })

  it('is the operator of a public address, and unknown for one that means something in one house only', () => {
    expect(originOf('wss://eu.relays.example.')).toBe('relays.example')
    expect(originOf('wss://a.b.co.uk/p2p')).toBe('a.b.co.uk'.slice(2))
    expect(originOf('wss://one.fly.dev')).toBe(originOf('wss://two.fly.dev'))
    expect(originOf('ws://[2001:db8:1::1]:8787')).toBe('2001:db8')
    for (const address of ['ws://127.0.0.1:1', 'ws://relay', 'ws://192.168.1.1', 'memory://peer1', undefined]) {
      expect(originOf(address)).toBeUndefined()
    }
  })
})
