// Makes docs/performance.md from what was recorded in bench/results with the wire protocol of today: `npm run docs:measured`. With --print it
// only prints.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CAUSES, TRIED } from '../bench/lib/causes.mjs'
import { assess, markdownTable } from '../bench/lib/report.mjs'
import { wire } from '../bench/lib/wire.mjs'

/** What a tool has recorded with this wire protocol. */
function recorded(name) {
  const file = new URL(`../bench/results/${name}.json`, import.meta.url)
  const result = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  return (result?.environment ?? result)?.wire === wire ? result : undefined
}

const missing = (command) =>
  `Nothing is recorded with version ${wire} of the wire protocol yet. \`${command}\`, in the repository, records it.`
const count = (value) => Math.round(value).toLocaleString('en-US')
const table = (head, rows) =>
  [
    head,
    `|${head
      .split('|')
      .slice(1, -1)
      .map(() => '---|')
      .join('')}`,
    ...rows,
  ].join('\n')

function comparison() {
  const result = recorded('latest')
  if (result === undefined) return missing('npm run bench')
  const rows = assess(result.medians, result.errors)
  const shown = markdownTable(rows, { environment: result.environment, notes: result.notes }).trim()
  return `${shown}\n\n### Why targets are missed\n\n${misses(rows)}`
}

/** @throws Error where a row misses its target and nobody has found out why. */
function misses(rows) {
  const missed = rows.filter(({ verdicts }) => verdicts.some(({ pass }) => pass === false))
  if (missed.length === 0) return 'None is.'
  return missed
    .map(({ measure, field, title }) => {
      const cause = CAUSES[`${measure}.${field}`]
      if (cause === undefined) throw new Error(`bench/lib/causes.mjs does not say why "${title}" misses its target.`)
      return `- **${title}.** ${cause}`
    })
    .join('\n')
}

function work() {
  const result = recorded('pow')
  if (result === undefined) return missing('node bench/pow.mjs')
  const rows = result.rows.map(({ name, version, where, hashesPerS }) => {
    return `| ${name} ${version} | ${where} | ${count(hashesPerS)} | ${(2 ** 18 / hashesPerS).toFixed(2)} s |`
  })
  const { rounds, seconds, date, cpu, cores } = result
  return `${table('| | where | hashes/s | 18 bits, mean |', rows)}

One thread, the fastest of ${rounds} rounds of ${seconds} s, ${date.slice(0, 10)}, ${cores} cores (${cpu}). One identity in a hundred takes 4.6 times the mean.`
}

function dht() {
  const result = recorded('simulate/latest')
  if (result === undefined) return missing('npm run simulate')
  const hardest = Math.max(...result.results.map(({ cpuS }) => cpuS))
  return `${result.table}

Recorded ${result.date.slice(0, 10)} with Node ${result.node} on one core (${result.cpu}), the longest run in ${count(hardest / 60)} minutes of processor time. All but kB and CPU is the same on any machine: a run draws everything from its seed.

A node is \`P2PCoordinator\` of \`lotus-p2p/core\` with \`dhtNode({ mode: 'server' })\`, all of them in one process on a virtual clock: the shipping code of the core, the pool of connections, defence, and the DHT's client, node, routing table, lookups and replication, with its shipping limits. Only the connection is replaced. Messages go from node to node as objects, after the delay of the two hosts (80 ms in the median, one way, with a long tail; a dial takes two round trips), so that nothing is encrypted, encoded, numbered or paced. Budgets of messages are therefore not in it. Ids, places and judged addresses are worked out once for all nodes.

A lookup counts as found where \`dht.get\` gives the record's value; its hops are those of the answer that ended it. ‘ends’ are open ends of connections, two of each connection. kB is what the heap has grown by, garbage collected, divided by the nodes. With churn, half of those that go say nothing, and as many come. Of the hostile, a third never answer, a third name nodes that nobody runs, and a third name each other; all forget what they take.`
}

function tried() {
  const rows = TRIED.map((cells) => `| ${cells.join(' | ')} |`)
  return `${table('| | what | before → after | |', rows)}

Interleaved runs of both, on Node 24.21 and two cores that other programs used as well; processor time of all ends for one message, where nothing else is said.`
}

const text = `# Performance

Made by \`npm run docs:measured\` from what the benchmarks have recorded with version ${wire} of the wire protocol. Figures of other versions are left out. [Sizes](sizes.md) have a page of their own; what attacks cost stands in the [threat model](threat-model.md#what-it-costs).

## Beside js-libp2p and ws

${comparison()}

## What was tried

${tried()}

## Proof of work

${work()}

## The DHT

${dht()}
`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('performance.md', import.meta.url), text)
