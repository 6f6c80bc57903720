import { learnt } from '../../src/address/dial-policy.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { withTransport } from '../../src/core/with-transport.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { dhtNode } from '../../src/plugins/dht/node/plugin.js'
import { walkOf } from '../../src/plugins/dht/walk/attached.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { MemoryNetwork } from '../../src/transport/memory.js'
import { LIES, makeHostile } from './liars.js'
import { Geography, seededRandom, seedProcess } from './randomness.js'

export interface Setting {
  nodes: number
  lookups: number
  records: number
  /** Median life of a node; 0: nobody goes. */
  churnMinutes: number
  /** Between publishing and looking. */
  minutes: number
  /** Share of all nodes. */
  hostile: number
  paths: number
  /** Median, one way. */
  latencyMs: number
  seed: number
  /** Changes to `limits.ts`. */
  limits: Record<string, number>
}

export interface RunResult {
  setting: Setting
  /** Share of the lookups that found the record, 0 to 1. */
  found: number
  hops: { mean: number; counts: number[] }
  latency: { p50: number; p95: number; p99: number }
  /** Questions that one lookup asked, mean. */
  questions: number
  kBPerNode: number
  cpuS: number
}

interface SimNode {
  readonly host: string
  readonly peer: P2PCoordinator
  readonly contact: Contact
  hostile: boolean
}

const SILENT = { debug() {}, warn() {}, error() {} }
/** The first nodes: honest, and known to all who come. They come and go as all do. */
const WELL_KNOWN = 10
/** New nodes that come at once. */
const BATCH = 25

export async function simulate(setting: Setting, progress: (text: string) => void): Promise<RunResult> {
  const random = seededRandom(setting.seed)
  seedProcess(random)
  const clock = new VirtualClock()
  const geography = new Geography(random, setting.latencyMs)
  const network = new MemoryNetwork({ clock, random, scheme: 'ws', latencyMs: (from, to) => geography.delay(from, to) })
  const startCpu = process.cpuUsage()
  gc?.()
  const heapBefore = memory()
  const alive: SimNode[] = []
  let born = 0
  const pick = <T>(items: T[]): T => items[Math.floor(random() * items.length)]!
  const hostiles = (): Contact[] => alive.filter(({ hostile }) => hostile).map(({ contact }) => contact)

  const bear = async () => {
    const host = `n${born++}`
    const address = learnt(`ws://${host}.example`, {})!
    const identity = identityFromSeed(crypto.getRandomValues(new Uint8Array(32)))
    // One of the relays that everybody knows, and somebody: who knows nobody but liars is lost in any network.
    const known = alive.length === 0 ? [] : [pick(alive.slice(0, WELL_KNOWN)), pick(alive)].map(({ contact }) => contact.address)
    const peer = new P2PCoordinator({
      identity,
      clock,
      logger: SILENT,
      webrtc: false,
      plugins: [withTransport(network.transport(`${host}.example`)), dhtNode({ mode: 'server' })],
      listen: [network.listener(`${host}.example`)],
      bootstrap: known,
      heartbeatInterval: 600_000,
      maxConnections: 2_000,
      limits: { dhtPaths: setting.paths, ...setting.limits },
    })
    peer.on('error', () => {})
    const node = { host, peer, contact: contactOf(identity.publicKey, address, 'lotus'), hostile: false }
    // The first ones are honest: somebody has to be.
    if (born > WELL_KNOWN && random() < setting.hostile) node.hostile = true
    await peer.start().catch(() => {})
    alive.push(node)
    if (node.hostile) makeHostile(peer, pick(LIES), accomplices)
    if (node.hostile) accomplices.push(node.contact)
  }
  const accomplices: Contact[] = hostiles()

  while (born < setting.nodes) {
    progress(`${born} of ${setting.nodes} nodes, virtual ${Math.round((clock.now() - 1.7e12) / 1000)} s, ${memory() >> 20} MB`)
    const count = Math.min(born === 0 ? 1 : BATCH, setting.nodes - born, Math.max(1, born))
    await clock.run(Promise.all(Array.from({ length: count }, bear)))
    await clock.advance(2_000)
  }
  await clock.advance(30_000)
  progress('publishing')
  const records: { key: string; value: number }[] = []
  const honest = () => alive.filter(({ hostile }) => !hostile)
  for (let i = 0; i < setting.records; i++) {
    const key = `sim-${i}`
    const announced = pick(honest()).peer.dht.announce({ key, value: i, ttl: 7_200 })
    await clock.run(announced.catch(() => {}))
    records.push({ key, value: i })
  }

  if (setting.minutes > 0) {
    const end = clock.now() + setting.minutes * 60_000
    while (clock.now() < end) {
      progress(`${Math.round((end - clock.now()) / 60_000)} minutes to go, ${memory() >> 20} MB`)
      if (setting.churnMinutes > 0) await churn()
      await clock.advance(10_000)
    }
  }

  /** Ten seconds of it: some die, half of them without a word, and as many come. */
  async function churn(): Promise<void> {
    const share = 1 - 0.5 ** (10 / 60 / setting.churnMinutes)
    for (const node of [...alive]) {
      if (random() >= share || alive.length < 4) continue
      alive.splice(alive.indexOf(node), 1)
      if (random() < 0.5) {
        network.vanish(`${node.host}.example`)
        void node.peer.shutdown()
      } else void node.peer.shutdown()
      await clock.run(bear())
    }
  }

  // Connections of the last lookups and stores end meanwhile.
  await clock.advance(30_000)
  gc?.()
  const kBPerNode = (memory() - heapBefore) / alive.length / 1024
  const hops: number[] = []
  const latencies: number[] = []
  let found = 0
  let questions = 0
  for (let done = 0; done < setting.lookups; ) {
    progress(`looking: ${done} of ${setting.lookups}`)
    const batch = Array.from({ length: Math.min(20, setting.lookups - done) }, async () => {
      const { key, value } = pick(records)
      const { peer } = pick(honest())
      const log = watchLog(peer)
      const startedAt = clock.now()
      const record = await peer.dht.get(key).catch(() => null)
      latencies.push(clock.now() - startedAt)
      if (record?.value === value) found++
      if (log.hops !== undefined) hops.push(log.hops)
      questions += log.questions
    })
    done += batch.length
    await clock.run(Promise.all(batch))
  }
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0
  const { user, system } = process.cpuUsage(startCpu)
  const counts: number[] = []
  for (const hop of hops) counts[hop] = (counts[hop] ?? 0) + 1
  return {
    setting,
    found: found / setting.lookups,
    hops: { mean: hops.reduce((sum, hop) => sum + hop, 0) / Math.max(1, hops.length), counts: [...counts].map((n) => n ?? 0) },
    latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    questions: questions / setting.lookups,
    kBPerNode,
    cpuS: (user + system) / 1e6,
  }
}

/** Hops and questions of the next lookup of this node. */
function watchLog(peer: P2PCoordinator) {
  const watched = { hops: undefined as number | undefined, questions: 0, steps: [] as unknown[] }
  const { log } = walkOf(peer.dht)!.network as unknown as { log: { ended: (...args: unknown[]) => void } }
  const original = Object.getPrototypeOf(log).ended as (...args: unknown[]) => void
  log.ended = function (this: unknown, ...args: unknown[]) {
    const [hops, , isSuccess, steps] = args as [number, number, boolean, unknown[]]
    if (isSuccess) watched.hops ??= hops
    watched.questions += steps.length
    watched.steps = steps
    delete (log as { ended?: unknown }).ended
    original.apply(log, args)
  }
  return watched
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
