import { describe, expect, it, vi } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { seededRandom } from '../../src/base/random.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Transport } from '../../src/transport/transport.js'
import { LONG } from '../long.js'

vi.setConfig({ testTimeout: 180_000 })

/** All know all within this time of the last join, though a first dial to each address may fail, milliseconds. */
const WITHIN_MS = 30_000

/** Whom each node is told of, by its number. Node 0 may be told of others that start later. */
const SHAPES: Record<string, (n: number, count: number) => number[]> = {
  'in a line': (n) => (n === 0 ? [] : [n - 1]),
  'around the first one': (n) => (n === 0 ? [] : [0]),
  'in a line whose head starts last': (n, count) => (n === count - 1 ? [] : [n + 1]),
  'as two halves that a bridge joins': (n, count) => {
    const half = Math.floor(count / 2)
    return n === count - 1 ? [0, half] : n === 0 || n === half ? [] : [n - 1]
  },
}

/** Fails some of the first dials: each way from one host to another fails at most so many times. */
function failing(transport: Transport, fails: (address: string) => boolean): Transport {
  return {
    ...transport,
    dial: (address, options) =>
      fails(address) ? Promise.reject(new P2PError('PEER_UNREACHABLE', 'Lost.')) : transport.dial(address, options),
  }
}

interface Run {
  count: number
  shape: string
  seed: number
  /** Milliseconds between two starts. */
  gapMs: number
  /** Share of ways that fail the first time. */
  loss: number
}

async function join({ count, shape, seed, gapMs, loss }: Run): Promise<{ net: TestNetwork; all: P2PCoordinator[] }> {
  const net = createTestNetwork({ latencyMs: 10, scheme: 'ws', seed })
  const random = seededRandom(seed)
  const all: P2PCoordinator[] = []
  for (let n = 0; n < count; n++) {
    const host = `node${n}.example`
    const tried = new Set<string>()
    const transport = failing(net.network.transport(host), (address) => {
      if (tried.has(address)) return false
      tried.add(address)
      return random.unit() < loss
    })
    const bootstrap = SHAPES[shape]!(n, count).map((other) => `ws://node${other}.example`)
    all.push(net.createPeer({ host, transport, relay: true, bootstrap }))
  }
  for (const peer of all) {
    void peer.start().catch(() => {})
    await net.clock.advance(gapMs)
  }
  return { net, all }
}

const known = (all: P2PCoordinator[]) => all.map(({ dht }) => dht.getStats().network!.nodes)

describe('relays that join a DHT', () => {
  for (const shape of Object.keys(SHAPES)) {
    it(`know each other, and tell of each other, soon: ${shape}`, async () => {
      const late: unknown[] = []
      for (const count of LONG ? [3, 4, 6] : [4]) {
        for (const gapMs of [0, 2_000]) {
          for (const loss of LONG ? [0, 0.5, 1] : [0.5]) {
            const run = { count, shape, seed: count * 7 + gapMs, gapMs, loss }
            const { net, all } = await join(run)
            await net.clock.advance(WITHIN_MS)
            const nodes = known(all)
            // A tab that knows one relay only is told of all the others.
            const learned: number[] = []
            for (let n = 0; n < count; n++) {
              const tab = net.createPeer({ listening: false, bootstrap: [`ws://node${n}.example`] })
              await net.run(tab.start())
              const { steps } = await net.run(tab.dht.trace('offer'))
              learned.push(steps[0]?.learned ?? -1)
              await net.run(tab.shutdown())
            }
            const isWhole = [...nodes, ...learned].every((others) => others === count - 1)
            if (!isWhole) late.push({ ...run, nodes, learned })
            await net.stop()
          }
        }
      }
      expect(late).toEqual([])
    })
  }
})
