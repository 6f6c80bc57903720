import { expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { createTestNetwork } from '../../src/testing/test-network.js'

/** `npm run soak`: as many peers and minutes as the environment asks for. */
const PEERS = Number(process.env.SOAK_PEERS ?? 8)
const MINUTES = Number(process.env.SOAK_MINUTES ?? 1)
const SEED = Number(process.env.SEED ?? 1)

it(
  `${PEERS} peers, ${MINUTES} minutes of random kills: what sendTo accepted arrives once and in order`,
  async () => {
    const net = createTestNetwork({ latencyMs: 20, jitterMs: 15, seed: SEED })
    const random = seededRandom(SEED).unit
    const pick = <T>(items: T[]): T => items[Math.floor(random() * items.length)]!
    const relayHosts = ['relay0', 'relay1', 'relay2']
    const relays = new Map<string, P2PCoordinator>()
    const openRelay = async (host: string) => {
      const identity = identityFromSeed(new Uint8Array(32).fill(200 + relayHosts.indexOf(host)))
      const relay = net.createPeer({ host, relay: true, identity, maxConnections: 500 })
      await net.run(relay.start())
      relays.set(host, relay)
    }
    for (const host of relayHosts) await openRelay(host)
    const names = Array.from({ length: PEERS }, (_, i) => `peer${i}`)
    const peers = new Map<string, P2PCoordinator>()
    /** By pair: what was accepted, and what arrived. */
    const sent = new Map<string, number[]>()
    const got = new Map<string, number[]>()
    const queued = new Map<string, number[]>()
    const gotQueued = new Map<string, number[]>()
    const put = (map: Map<string, number[]>, key: string, n: number) => map.set(key, [...(map.get(key) ?? []), n])
    const outcomes = { delivered: 0, expired: 0 }
    for (const name of names) {
      // Everybody listens half of the time: direct paths and circuits, mixed.
      const peer = net.createPeer({
        host: name,
        peerId: name,
        listening: random() < 0.5,
        bootstrap: relayHosts.map((host) => `memory://${host}`),
        dht: { mode: 'client' },
        maxConnections: 200,
      })
      peer.on('message', ({ payload, type }, { peerId }) =>
        put(type === 'queued' ? gotQueued : got, `${peerId} ${name}`, payload as number),
      )
      peer.on('delivered', () => outcomes.delivered++)
      peer.on('expired', () => outcomes.expired++)
      peers.set(name, peer)
      await net.run(peer.start())
    }
    await net.clock.advance(1_000)
    for (const name of names) {
      for (let i = 0; i < 3; i++) {
        const other = pick(names)
        if (other !== name)
          await net.run(
            peers
              .get(name)!
              .connectToPeer(other)
              .catch(() => {}),
          )
      }
    }

    let number = 0
    let kills = 0
    const suspended = new Set<string>()
    const kill = async () => {
      kills++
      const what = Math.floor(random() * 6)
      const name = pick(names)
      const peer = peers.get(name)!
      if (what === 0) net.network.crash(name)
      else if (what === 1) net.network.crash(pick(relayHosts))
      else if (what === 2) {
        const host = pick(relayHosts)
        await net.run(relays.get(host)!.shutdown())
        await openRelay(host)
      } else if (what === 3) net.network.partition([name], [...names.filter((other) => other !== name), ...relayHosts])
      else if (what === 4) {
        if (suspended.size > 2) return
        suspended.add(name)
        peer.suspend()
      } else {
        const other = pick(peer.getConnectedPeers())
        if (other !== undefined) peer.dropPath(other.peerId)
      }
    }
    const restore = async () => {
      net.network.heal()
      for (const name of suspended)
        void peers
          .get(name)!
          .resume()
          .catch(() => {})
      suspended.clear()
    }
    const seconds = MINUTES * 60
    for (let second = 0; second < seconds; second++) {
      for (let i = 0; i < PEERS; i++) {
        const from = pick(names)
        const peer = peers.get(from)!
        const target = pick(peer.getConnectedPeers().filter(({ peerId }) => peers.has(peerId)))?.peerId
        if (target === undefined) continue
        const n = number++
        await peer.sendTo(target, { type: 'plain', payload: n }).then(
          () => put(sent, `${from} ${target}`, n),
          () => {},
        )
      }
      if (second % 5 === 0) {
        const [from, to] = [pick(names), pick(names)]
        const n = number++
        if (from !== to) {
          await peers.get(from)!.sendTo(to, { type: 'queued', payload: n }, { queue: true, ttl: 86_400 })
          put(queued, `${from} ${to}`, n)
        }
      }
      if (second % 10 === 3) await kill()
      if (second % 10 === 9) await restore()
      await net.clock.advance(1_000)
    }
    await restore()
    await net.clock.advance(600_000)

    const total = [...sent.values()].flat().length
    expect(total).toBeGreaterThan(seconds)
    expect(kills).toBeGreaterThan(MINUTES * 5)
    // Every pair's own sequence, exactly.
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(sent))
    expect(Object.fromEntries(gotQueued)).toEqual(Object.fromEntries(queued))
    expect(outcomes).toEqual({ delivered: [...queued.values()].flat().length, expired: 0 })
    for (const peer of peers.values()) expect(peer.status).toBe('online')
    console.log(`soak: ${total} plain and ${outcomes.delivered} queued messages, ${kills} kills, none lost, none doubled`)
    await net.stop()
  },
  30 * 60_000,
)
