import { learnt } from '../../src/address/dial-policy.js'
import { withTransport } from '../../src/core/with-transport.js'
import { CoreCoordinator } from '../../src/core-coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import type { TraceStep } from '../../src/plugins/dht/client/lookup.js'
import { dhtNode } from '../../src/plugins/dht/node/plugin.js'
import { walkOf } from '../../src/plugins/dht/walk/attached.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { explain, watchAnswers } from './explain.js'
import { LIES, type Lie, makeHostile } from './liars.js'
import { ObjectNetwork } from './link/object-network.js'
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
  /** Open ends of connections, mean. */
  endsPerNode: number
  /** Processor time of the whole process, collection of garbage included: user and system. */
  cpuS: number
  /** Of it, up to the publishing: what it takes until the nodes have found each other. */
  joinCpuS: number
  /** What has passed on the clock of the machine, and in the simulation. */
  wallS: number
  virtualS: number
}

interface SimNode {
  readonly host: string
  readonly peer: CoreCoordinator
  readonly contact: Contact
  /** What it lies with; undefined for an honest one. */
  lie: Lie | undefined
}

const SILENT = { debug() {}, warn() {}, error() {} }
/** The first nodes: honest, and known to all who come. They come and go as all do. */
const WELL_KNOWN = 10
/** New nodes that come at once: so many, or this share of those that are there. */
const BATCH = 25
const GROWTH = 0.05
/** Records published at once, and lookups. */
const AT_ONCE = 20
/** How often some go and others come. */
const CHURN_MS = 10_000

/** @param failed is told why a lookup did not find its record. */
export async function simulate(
  setting: Setting,
  progress: (text: string) => void,
  failed?: (text: string) => void,
): Promise<RunResult> {
  // Nobody reads where an error came from, and thousands of refusals a second would each look for it.
  Error.stackTraceLimit = 0
  const random = seededRandom(setting.seed)
  seedProcess(random)
  const clock = new VirtualClock()
  const bornAt = clock.now()
  const geography = new Geography(random, setting.latencyMs)
  const network = new ObjectNetwork(clock, (from, to) => geography.delay(from, to))
  const startCpu = process.cpuUsage()
  const startedAt = performance.now()
  const cpuS = () => {
    const { user, system } = process.cpuUsage(startCpu)
    return (user + system) / 1e6
  }
  gc?.()
  const heapBefore = memory()
  const alive: SimNode[] = []
  let born = 0
  const pick = <T>(items: T[]): T => items[Math.floor(random() * items.length)]!
  const accomplices: Contact[] = []

  const bear = async () => {
    const number = born++
    const host = `n${number}`
    const address = learnt(`ws://${host}.example`, {})!
    const identity = identityFromSeed(crypto.getRandomValues(new Uint8Array(32)))
    // One of the relays that everybody knows, and somebody: who knows nobody but liars is lost in any network.
    const known = alive.length === 0 ? [] : [pick(alive.slice(0, WELL_KNOWN)), pick(alive)].map(({ contact }) => contact.address)
    const peer = new CoreCoordinator({
      identity,
      clock,
      logger: SILENT,
      plugins: [withTransport(network.transport(`${host}.example`)), dhtNode({ mode: 'server' })],
      listen: [network.listener(`${host}.example`)],
      bootstrap: known,
      heartbeatInterval: 600_000,
      maxConnections: 2_000,
      limits: { dhtPaths: setting.paths, ...setting.limits },
    })
    peer.on('error', () => {})
    const node: SimNode = { host, peer, contact: contactOf(identity.publicKey, address, 'lotus'), lie: undefined }
    const lot = number < WELL_KNOWN ? 1 : random()
    await peer.start().catch(() => {})
    // Those that everybody knows are honest: somebody has to be.
    if (alive.length >= WELL_KNOWN && lot < setting.hostile) {
      node.lie = pick(LIES)
      makeHostile(peer, node.lie, accomplices)
      accomplices.push(node.contact)
    }
    alive.push(node)
  }

  while (born < setting.nodes) {
    progress(
      `${born} of ${setting.nodes} nodes, virtual ${Math.round((clock.now() - bornAt) / 1000)} s, ${Math.round(memory() / 2 ** 20)} MB`,
    )
    const count = Math.min(Math.max(BATCH, Math.floor(born * GROWTH)), setting.nodes - born, Math.max(1, born))
    await clock.run(Promise.all(Array.from({ length: count }, bear)))
    await clock.advance(2_000)
  }
  await clock.advance(30_000)
  const joinCpuS = cpuS()
  progress('publishing')
  const records: { key: string; value: number }[] = []
  const honest = () => alive.filter(({ lie }) => lie === undefined)
  while (records.length < setting.records) {
    const batch = Array.from({ length: Math.min(AT_ONCE, setting.records - records.length) }, (_, i) => {
      const value = records.length + i
      const key = `sim-${value}`
      const announced = pick(honest()).peer.dht.announce({ key, value, ttl: 7_200 })
      return { key, value, announced: announced.catch(() => {}) }
    })
    records.push(...batch)
    await clock.run(Promise.all(batch.map(({ announced }) => announced)))
  }

  if (setting.minutes > 0) {
    const end = clock.now() + setting.minutes * 60_000
    while (clock.now() < end) {
      progress(`${Math.round((end - clock.now()) / 60_000)} minutes to go, ${Math.round(memory() / 2 ** 20)} MB`)
      const next = clock.now() + CHURN_MS
      if (setting.churnMinutes > 0) await churn()
      await clock.advance(Math.max(0, next - clock.now()))
    }
  }

  /** Of `CHURN_MS`: some die, half of them without a word, and as many come. */
  async function churn(): Promise<void> {
    const share = 1 - 0.5 ** (CHURN_MS / 60_000 / setting.churnMinutes)
    const births: Promise<void>[] = []
    for (const node of [...alive]) {
      if (random() >= share || alive.length < 4) continue
      alive.splice(alive.indexOf(node), 1)
      if (random() < 0.5) {
        network.vanish(`${node.host}.example`)
        void node.peer.shutdown()
      } else void node.peer.shutdown()
      births.push(bear())
    }
    await clock.run(Promise.all(births))
  }

  // Connections of the last lookups and stores end meanwhile.
  await clock.advance(30_000)
  gc?.()
  const kBPerNode = (memory() - heapBefore) / alive.length / 1024
  const endsPerNode = network.ends / alive.length
  const hops: number[] = []
  const latencies: number[] = []
  let found = 0
  let questions = 0
  for (let done = 0; done < setting.lookups; ) {
    progress(`looking: ${done} of ${setting.lookups}`)
    const batch = Array.from({ length: Math.min(AT_ONCE, setting.lookups - done) }, async () => {
      const { key, value } = pick(records)
      const seeker = pick(honest())
      const { peer } = seeker
      const log = watchLog(peer)
      const answers = failed === undefined ? undefined : watchAnswers(peer)
      const startedAt = clock.now()
      const record = await peer.dht.get(key).catch(() => null)
      latencies.push(clock.now() - startedAt)
      answers?.stop()
      if (record?.value === value) found++
      else if (answers !== undefined) failed?.(explain(seeker, key, alive, log.steps, answers.named))
      if (log.hops !== undefined) hops.push(log.hops)
      questions += log.questions
    })
    done += batch.length
    await clock.run(Promise.all(batch))
  }
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0
  const counts: number[] = []
  for (const hop of hops) counts[hop] = (counts[hop] ?? 0) + 1
  return {
    setting,
    found: found / setting.lookups,
    hops: { mean: hops.reduce((sum, hop) => sum + hop, 0) / Math.max(1, hops.length), counts: [...counts].map((n) => n ?? 0) },
    latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    questions: questions / setting.lookups,
    kBPerNode,
    endsPerNode,
    cpuS: cpuS(),
    joinCpuS,
    wallS: (performance.now() - startedAt) / 1_000,
    virtualS: (clock.now() - bornAt) / 1_000,
  }
}

/** Hops and questions of the next lookup of this node. */
function watchLog(peer: CoreCoordinator) {
  const watched = { hops: undefined as number | undefined, questions: 0, steps: [] as TraceStep[] }
  const { log } = walkOf(peer.dht)!.network as unknown as { log: { ended: (...args: unknown[]) => void } }
  const original = Object.getPrototypeOf(log).ended as (...args: unknown[]) => void
  log.ended = function (this: unknown, ...args: unknown[]) {
    const [hops, , isSuccess, steps] = args as [number, number, boolean, TraceStep[]]
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
