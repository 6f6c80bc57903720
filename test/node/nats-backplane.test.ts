import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RelayBackplane } from '../../src/backplane/backplane.js'
import { type NatsBackplane, natsBackplane } from '../../src/node/backplane/nats.js'
import { type Cluster, relayBackplaneCompliance } from '../compliance/relay-backplane.js'
import { NatsServer } from './nats-server.js'

let server: NatsServer
beforeAll(async () => {
  server = await NatsServer.start()
})
afterAll(() => server.stop())

let clusters = 0

/** Processes that share a real nats-server. */
async function natsCluster(): Promise<Cluster> {
  const cluster = `c${++clusters}`
  const nodes = new Set<NatsBackplane>()
  const until = async (condition: () => boolean, atMostMs: number) => {
    await vi.waitFor(() => expect(condition()).toBe(true), { timeout: atMostMs, interval: 5 })
  }
  return {
    async start(count) {
      const started = Array.from({ length: count }, () => natsBackplane({ servers: server.url, cluster }))
      for (const node of started) nodes.add(node)
      await Promise.all(started.map((node) => node.start(() => ({ peers: 0, maxPeers: 7, draining: false }))))
      return started
    },
    async kill(node) {
      // To its server it is a socket that closes.
      await (await (node as NatsBackplane).link.connection()).close()
    },
    async takeDown() {
      await server.kill()
      await until(() => [...nodes].every(({ state }) => state === 'down'), 10_000)
    },
    async bringUp() {
      await server.run()
      await until(() => [...nodes].every(({ state }) => state === 'up'), 10_000)
    },
    run: (promise) => promise,
    until,
    now: () => performance.now(),
    async close() {
      await Promise.all([...nodes].map((node) => node.close()))
    },
  }
}

relayBackplaneCompliance('NATS', natsCluster)

describe('a backplane over NATS', () => {
  it('says so where no server is there, and refuses names and keys that are none', async () => {
    const backplane = natsBackplane({ servers: 'nats://127.0.0.1:1' })
    await expect(backplane.start(() => ({ peers: 0, maxPeers: 1, draining: false }))).rejects.toMatchObject({
      code: 'BACKPLANE_DOWN',
    })
    await backplane.close()
    expect(() => natsBackplane({ servers: server.url, cluster: 'a.b' })).toThrow(/1 to 32 letters/)
    const keyed = natsBackplane({ servers: server.url, nkey: '/nowhere' })
    await expect(keyed.start(() => ({ peers: 0, maxPeers: 1, draining: false }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    })
    await keyed.close()
  })

  it('two clusters on one server are two', async () => {
    const [one, two] = await Promise.all([natsCluster(), natsCluster()])
    const [[a], [b]] = (await Promise.all([one.start(1), two.start(1)])) as [[RelayBackplane], [RelayBackplane]]
    await b.hold('lp1x')
    await expect(a.askPeer('lp1x', 'who', new Uint8Array(0))).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' })
    await a.shared.put('ban.x', new Uint8Array(1))
    expect(b.shared.get('ban.x')).toBeUndefined()
    expect(a.nodes()).toHaveLength(1)
    await Promise.all([one.close(), two.close()])
  })
})
