import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { PROTOCOL_VERSIONS } from '../../src/channel/hello.js'
import { pictureOf } from './picture.js'
import { type RunResult, type Setting, simulate } from './run-once.js'

/** One run for each combination of what was given several times. */
const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    lookups: { type: 'string', default: '1000' },
    records: { type: 'string', default: '200' },
    churn: { type: 'string', default: '0' },
    minutes: { type: 'string' },
    hostile: { type: 'string', default: '0' },
    paths: { type: 'string', default: '3' },
    latency: { type: 'string', default: '80' },
    seed: { type: 'string', default: '1' },
    limit: { type: 'string', multiple: true, default: [] },
    out: { type: 'string' },
    add: { type: 'boolean', default: false },
    explain: { type: 'boolean', default: false },
  },
})
const numbers = (text: string) => text.split(',').map(Number)
const limits = Object.fromEntries(
  values.limit.map((text) => {
    const [name, value] = text.split('=')
    return [name, Number(value)]
  }),
)
const settings: Setting[] = []
for (const nodes of numbers(values.nodes))
  for (const hostile of numbers(values.hostile))
    for (const paths of numbers(values.paths)) {
      const churnMinutes = Number(values.churn)
      settings.push({
        nodes,
        hostile,
        paths,
        churnMinutes,
        lookups: Number(values.lookups),
        records: Number(values.records),
        minutes: Number(values.minutes ?? (churnMinutes > 0 ? 60 : 0)),
        latencyMs: Number(values.latency),
        seed: Number(values.seed),
        limits,
      })
    }
for (const setting of settings)
  for (const [name, value] of Object.entries(setting))
    if (name !== 'limits' && !Number.isFinite(value)) throw new Error(`--${name} must be a number`)

const folder = values.out ?? fileURLToPath(new URL('../../results/simulate', import.meta.url))
mkdirSync(folder, { recursive: true })
const wire = Math.max(...PROTOCOL_VERSIONS)
const results: RunResult[] = values.add ? recorded() : []
for (const setting of settings) {
  const failed = values.explain ? (text: string) => void process.stdout.write(`\nNot found: ${text}`) : undefined
  const result = await simulate(setting, (text) => process.stderr.write(`\r\x1b[K${text}`), failed)
  process.stderr.write('\r\x1b[K')
  const before = results.findIndex((other) => isDeepStrictEqual(other.setting, setting))
  if (before >= 0) results.splice(before, 1)
  results.push(result)
  results.sort((a, b) => orderOf(a) - orderOf(b) || a.setting.nodes - b.setting.nodes)
  const { counts } = result.hops
  process.stdout.write(
    `${setting.nodes} nodes, seed ${setting.seed}: lookups by hops ${counts.map((n, hops) => `${hops}: ${n}`).join(', ')}\n`,
  )
  // After each: a long series that is cut short has what it has.
  write(tableOf(results))
}
process.stdout.write(`${tableOf(results)}\nWritten to ${folder}: latest.md, latest.json, latest.svg\n`)
process.exit(0)

/** Networks of honest nodes first, then those that change, then those with hostile nodes. */
function orderOf({ setting: { hostile, churnMinutes } }: RunResult): number {
  return hostile * 2 + (churnMinutes > 0 ? 0.01 : 0)
}

/** What was recorded before, with this wire protocol. */
function recorded(): RunResult[] {
  const file = `${folder}/latest.json`
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { wire: number; results: RunResult[] }) : undefined
  return before?.wire === wire ? before.results : []
}

function write(table: string): void {
  writeFileSync(`${folder}/latest.md`, `${table}\n`)
  const record = {
    wire,
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? '',
    node: process.versions.node,
    table,
    results,
  }
  writeFileSync(`${folder}/latest.json`, `${JSON.stringify(record, null, 2)}\n`)
  writeFileSync(`${folder}/latest.svg`, pictureOf(results))
}

function tableOf(results: RunResult[]): string {
  const head = [
    'nodes',
    'hostile',
    'paths',
    'churn',
    'found',
    'hops mean',
    'log2(n)/2',
    'p50 ms',
    'p95 ms',
    'questions',
    'ends/node',
    'kB/node',
    'CPU s',
    'simulated min',
    'seed',
  ]
  const rows = results.map(({ setting, found, hops, latency, questions, endsPerNode, kBPerNode, cpuS, virtualS }) => [
    setting.nodes,
    `${setting.hostile * 100} %`,
    setting.paths,
    setting.churnMinutes > 0 ? `${setting.churnMinutes} min` : '–',
    `${(found * 100).toFixed(2)} %`,
    hops.mean.toFixed(2),
    (Math.log2(setting.nodes) / 2).toFixed(2),
    Math.round(latency.p50),
    Math.round(latency.p95),
    questions.toFixed(1),
    endsPerNode.toFixed(1),
    kBPerNode.toFixed(0),
    cpuS.toFixed(0),
    (virtualS / 60).toFixed(0),
    setting.seed,
  ])
  const lines = [head, head.map(() => '---:'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const fit = fitOf(results)
  return [...lines, ...(fit === undefined ? [] : ['', fit])].join('\n')
}

/** Least squares of hops over log2(n), where there are several sizes. */
function fitOf(results: RunResult[]): string | undefined {
  const points = results
    .filter(({ setting }) => setting.hostile === 0 && setting.churnMinutes === 0)
    .map((r) => [Math.log2(r.setting.nodes), r.hops.mean] as const)
  if (new Set(points.map(([x]) => x)).size < 2) return undefined
  const n = points.length
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / n
  const [mx, my] = [mean(0), mean(1)]
  const slope = points.reduce((s, [x, y]) => s + (x - mx) * (y - my), 0) / points.reduce((s, [x]) => s + (x - mx) ** 2, 0)
  return `Hops ≈ ${(my - slope * mx).toFixed(2)} + ${slope.toFixed(3)} · log2(n)`
}
