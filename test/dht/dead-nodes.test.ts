import { afterEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { compareDistance, nodeIdOf, placeOfKey } from '../../src/plugins/dht/records/key-space.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'

const LATENCY_MS = 10
const ROUND_TRIP_MS = 2 * LATENCY_MS
const DEAD = 6
let net: TestNetwork
afterEach(() => net.stop())

async function network(count: number): Promise<P2PCoordinator[]> {
  net = createTestNetwork({ latencyMs: LATENCY_MS, scheme: 'ws' })
  const all: P2PCoordinator[] = []
  for (let i = 0; i < count; i++) {
    const identity = identityFromSeed(Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? i : 43)))
    const bootstrap = i === 0 ? [] : [`ws://node${(i * 7) % i}.example`]
    const options = {
      maxConnections: 500,
      heartbeatInterval: 600_000,
      dht: { mode: 'server' },
      limits: { dhtBucketSize: 8 },
    } as const
    const peer = net.createPeer({ host: `node${i}.example`, identity, bootstrap, ...options })
    await net.run(peer.start())
    all.push(peer)
  }
  await net.clock.advance(20_000)
  return all
}

/** How long lookups of a record take, milliseconds, by each of those that are alive and do not hold it. */
async function timesOf(dead: number): Promise<number[]> {
  const all = await network(30)
  await net.run(all[3]!.dht.announce({ key: 'offer', value: 1 }))
  await net.clock.advance(5_000)
  const place = placeOfKey('offer', 'lotus')
  const idOf = ({ publicKey }: P2PCoordinator) => nodeIdOf(publicKey, 'lotus')
  const nearest = [...all].sort((a, b) => compareDistance(place, idOf(a), idOf(b)))
  const gone = nearest.slice(0, dead)
  for (const peer of gone) net.network.vanish(net.addressOf(peer).slice('ws://'.length))
  const times: number[] = []
  for (const asker of all) {
    if (gone.includes(asker) || [...asker.dht.store.scan('offer')].length > 0) continue
    const startedAt = net.clock.elapsed()
    expect((await net.run(asker.dht.get('offer')))?.value).toBe(1)
    times.push(net.clock.elapsed() - startedAt)
  }
  await net.stop()
  return times.sort((a, b) => a - b)
}

describe(`${DEAD} dead nodes among the nearest to a record`, () => {
  it('hold up a lookup by the time after which a node counts as slow, not by their deadlines one after the other', async () => {
    const [before, during] = [await timesOf(0), await timesOf(DEAD)]
    const [worstBefore, worst] = [before.at(-1)!, during.at(-1)!]
    const median = (times: number[]) => times[times.length >> 1]!
    expect(median(during) - median(before)).toBeLessThanOrEqual(2 * ROUND_TRIP_MS)
    expect(worst - worstBefore).toBeLessThanOrEqual(DEAD * ROUND_TRIP_MS)
  }, 60_000)
})
