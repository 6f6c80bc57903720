import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { runs } from './target.js'

type Name = 'alice' | 'bob'
const name = fc.constantFrom<Name>('alice', 'bob')

const action = fc.oneof(
  {
    arbitrary: fc.record({
      what: fc.constant('send' as const),
      from: name,
      count: fc.integer({ min: 1, max: 8 }),
      large: fc.boolean(),
    }),
    weight: 6,
  },
  { arbitrary: fc.record({ what: fc.constant('queue' as const), from: name, count: fc.integer({ min: 1, max: 4 }) }), weight: 2 },
  { arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.nat(4_000) }), weight: 4 },
  { arbitrary: fc.record({ what: fc.constant('crash' as const), host: name }), weight: 1 },
  { arbitrary: fc.record({ what: fc.constant('drop' as const), host: name }), weight: 1 },
  { arbitrary: fc.record({ what: fc.constant('dial' as const), from: name }), weight: 2 },
  { arbitrary: fc.record({ what: fc.constantFrom('cut' as const, 'heal' as const) }), weight: 1 },
  {
    arbitrary: fc.record({
      what: fc.constant('conditions' as const),
      loss: fc.constantFrom(0, 0.02, 0.1),
      reorder: fc.constantFrom(0, 0.02, 0.1),
    }),
    weight: 1,
  },
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

class World {
  readonly net: TestNetwork
  readonly peers: Record<Name, P2PCoordinator>
  /** What sendTo accepted, by sender; and what the other got. */
  readonly sent: Record<Name, number[]> = { alice: [], bob: [] }
  readonly got: Record<Name, number[]> = { alice: [], bob: [] }
  readonly queued: Record<Name, number[]> = { alice: [], bob: [] }
  readonly gotQueued: Record<Name, number[]> = { alice: [], bob: [] }
  readonly outcomes: Promise<string>[] = []
  private readonly pending: Promise<unknown>[] = []
  private next = 0

  constructor() {
    this.net = createTestNetwork({ latencyMs: 20, jitterMs: 10 })
    const peer = (host: Name, seed: number) =>
      this.net.createPeer({
        host,
        peerId: host,
        identity: identityFromSeed(new Uint8Array(32).fill(seed)),
        dht: { mode: 'client' },
      })
    this.peers = { alice: peer('alice', 1), bob: peer('bob', 2) }
    for (const [host, from] of [
      ['alice', 'bob'],
      ['bob', 'alice'],
    ] as const) {
      this.peers[host].on('message', ({ type, payload }) => {
        const list = type === 'queued' ? this.gotQueued : this.got
        list[from].push((payload as { n: number }).n)
      })
    }
  }

  other(host: Name): Name {
    return host === 'alice' ? 'bob' : 'alice'
  }

  async act(action: Action): Promise<void> {
    const { net, peers } = this
    switch (action.what) {
      case 'send':
        for (let i = 0; i < action.count; i++) {
          const n = this.next++
          const payload = { n, bytes: new Uint8Array(action.large ? 90_000 : 10) }
          const sending = peers[action.from].sendTo(this.other(action.from), { type: 'plain', payload })
          // Accepted when it resolves; the order is that of the calls.
          this.pending.push(sending.then(() => this.sent[action.from].push(n)).catch(() => {}))
        }
        return
      case 'queue':
        for (let i = 0; i < action.count; i++) {
          const n = this.next++
          const sending = peers[action.from].sendTo(
            this.other(action.from),
            { type: 'queued', payload: { n } },
            { queue: true, ttl: 86_400 },
          )
          this.pending.push(
            sending.then(({ outcome }) => {
              this.queued[action.from].push(n)
              this.outcomes.push(outcome)
            }),
          )
        }
        return
      case 'wait':
        return net.clock.advance(action.ms)
      case 'crash':
        return net.network.crash(action.host)
      case 'drop':
        if (!peers[action.host].isConnected(this.other(action.host))) return
        return peers[action.host].dropPath(this.other(action.host))
      case 'dial':
        this.pending.push(peers[action.from].connectToPeer(net.addressOf(peers[this.other(action.from)])).catch(() => {}))
        return
      case 'cut':
        return net.network.partition(['alice'], ['bob'])
      case 'heal':
        return net.network.heal()
      case 'conditions':
        net.network.conditions = { latencyMs: 20, jitterMs: 10, loss: action.loss, reorder: action.reorder }
    }
  }

  async settle(): Promise<void> {
    const { net, peers } = this
    net.network.heal()
    net.network.conditions = { latencyMs: 20 }
    for (let i = 0; i < 5; i++) {
      await net.clock.advance(5_000)
      await net.run(peers.alice.connectToPeer(net.addressOf(peers.bob)).catch(() => {}))
    }
    // Until paths that fell silent are noticed: the round of probes, the first one's time, and that of each spare behind it; then a dial.
    const { heartbeatIntervalMs, heartbeatTimeoutMs, wakeProbeMs } = DEFAULT_LIMITS
    await net.clock.advance(heartbeatIntervalMs + heartbeatTimeoutMs + 3 * wakeProbeMs + 5_000)
    await net.run(Promise.all(this.pending))
  }
}

const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b)

it('between two peers whose network is cut, lossy and disordered at random, what was accepted arrives once and in order', {
  timeout: 30_000 * runs(1).numRuns,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25, size: 'max' }), async (actions) => {
      const world = new World()
      const { net, peers } = world
      await net.run(Promise.all([peers.alice.start(), peers.bob.start()]))
      await net.run(peers.alice.connectToPeer(net.addressOf(peers.bob)))
      for (const each of actions) await world.act(each)
      await world.settle()
      for (const from of ['alice', 'bob'] as const) {
        expect(world.got[from]).toEqual(sorted(world.got[from]))
        expect(new Set(world.got[from]).size).toBe(world.got[from].length)
        // A send that failed may have arrived all the same; one that was accepted has.
        expect(world.got[from]).toEqual(expect.arrayContaining(world.sent[from]))
        expect(world.gotQueued[from]).toEqual(sorted(world.queued[from]))
      }
      expect(await Promise.all(world.outcomes)).toEqual(world.outcomes.map(() => 'delivered'))
      await net.stop()
    }),
    runs(40),
  )
})
