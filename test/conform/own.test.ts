import { afterAll, expect, test, vi } from 'vitest'
import type { Limits } from '../../src/base/limits.js'
import { P2PCoordinator } from '../../src/index.js'
import { Bench } from '../../src/node/conform/bench.js'
import type { Check, Profile } from '../../src/node/conform/check.js'
import { CHECKS, checksOf } from '../../src/node/conform/checks.js'
import { CircuitBench } from '../../src/node/conform/circuit-bench.js'
import { Doorway } from '../../src/node/conform/dialled.js'
import { runRelayed } from '../../src/node/conform/listen.js'
import { runChecks } from '../../src/node/conform/run.js'
import { dhtNode, startRelay, webSocketServer } from '../../src/node/index.js'
import { LONG } from '../long.js'
import { quick } from './quick.js'

// Some checks wait for seconds, and other tests want the computer too.
vi.setConfig({ testTimeout: 120_000 })

const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Every hostile check is an error at the target. */
const logger = { debug: () => {}, warn: () => {}, error: () => {} }

interface Tested {
  checks: readonly Check[]
  /** Called through the relay at the address. */
  peerId?: string
}

/** What fails, and which clauses could not be seen. */
async function tested(address: string, { checks, peerId }: Tested) {
  const options = { address, network: 'lotus', waitMs: 20_000, handshakeMs: 10_000, maxBits: 8 }
  const results = await runChecks(quick(checks), options, {
    make: (given) => (peerId === undefined ? new Bench(given) : new CircuitBench(given, peerId)),
  })
  const failed = results.filter(({ outcome }) => outcome === 'failed').map(({ clause, seen }) => `${clause}: ${seen}`)
  const unseen = results.filter(({ outcome }) => outcome === 'not observable').map(({ clause }) => clause)
  return { failed, unseen }
}

const ofSections = (profile: Profile, sections: string): Check[] =>
  checksOf(profile).filter(({ clause }) => sections.includes(clause[0]!))

async function relay(bootstrap: string[] = [], limits: Partial<Limits> = {}) {
  const started = await startRelay({
    port: 0,
    host: '127.0.0.1',
    powDifficulty: 4,
    bootstrap,
    limits,
    allowPrivate: true,
    logger,
  })
  ends.push(() => started.stop())
  return started
}

async function peer(config: ConstructorParameters<typeof P2PCoordinator>[0]) {
  const started = new P2PCoordinator({ logger, allowPrivate: true, ...config })
  ends.push(() => started.shutdown())
  await started.start()
  return started
}

test.concurrent('a relay of ours, which is a router and a DHT node, keeps every clause', async () => {
  const { url } = await relay([(await relay()).url])
  const checks = CHECKS.filter(({ profiles }) => profiles === undefined || profiles.some((profile) => profile !== 'peer'))
  expect(await tested(url, { checks })).toEqual({ failed: [], unseen: ['H-18', 'H-20'] })
})

test.concurrent('a relay of ours under load keeps the clauses of RETRY', async () => {
  const { url } = await relay([], { retryAboveHandshakes: 4, retryMinBits: 4, retryMaxBits: 8 })
  const checks = CHECKS.filter(({ clause }) => clause === 'H-18' || clause === 'H-20')
  expect(await tested(url, { checks })).toEqual({ failed: [], unseen: [] })
})

test.concurrent('a listening peer of ours keeps every clause', async () => {
  const { addresses } = await peer({ listen: [webSocketServer()] })
  // It takes circuits of relays alone that it has dialled, and the tester dials it. The test below is dialled.
  const unseen = ['H-15', 'H-18', 'H-20', 'H-21', 'H-22', 'R-6', 'R-8', 'R-9', 'R-10', 'R-11']
  expect(await tested(addresses[0]!, { checks: LONG ? checksOf('peer') : ofSections('peer', 'HR') })).toEqual({
    failed: [],
    unseen,
  })
})

test.concurrent('a peer of ours that has the tester as its relay keeps every clause of circuits', async () => {
  const doorway = await Doorway.open(0, 'lotus', 20_000)
  ends.push(() => doorway.close())
  // It is online once the first check answers it.
  void peer({ bootstrap: [doorway.address], limits: { reconnectMinMs: 20, reconnectVisibleMs: 20 } })
  const options = { address: doorway.address, network: 'lotus', waitMs: 20_000, handshakeMs: 10_000, maxBits: 8 }
  const results = await runRelayed(ofSections('peer', 'R'), options, doorway)
  const clauses = ['R-5', 'R-6', 'R-7', 'R-8', 'R-9', 'R-10', 'R-11', 'R-13']
  expect(results.map(({ clause, outcome, seen }) => [clause, outcome, seen])).toEqual(
    clauses.map((clause) => [clause, 'passed', expect.any(String)]),
  )
})

test.concurrent('a DHT node of ours keeps the clauses of the DHT', async () => {
  const { url } = await relay()
  const { addresses } = await peer({ listen: [webSocketServer()], plugins: [dhtNode()], bootstrap: [url] })
  expect(await tested(addresses[0]!, { checks: ofSections('dht-node', 'ED') })).toEqual({ failed: [], unseen: [] })
})

// Alone: what fills budgets at one circuit delays the others.
test('a peer of ours that is called through a relay keeps the clauses that a circuit shows', async () => {
  const { url } = await relay()
  const { peerId } = await peer({ bootstrap: [url] })
  expect(await tested(url, { checks: ofSections('peer', LONG ? 'IHCSMP' : 'IHC'), peerId })).toMatchObject({ failed: [] })
})
