// Makes docs/measured.md from what was recorded in bench/results with the wire protocol of today: `npm run docs:measured`. With --print it
// only prints.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
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
  return markdownTable(assess(result.medians, result.errors), { environment: result.environment, notes: result.notes }).trim()
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
  return `${result.table}\n\nReal nodes in memory, on a virtual clock, ${result.date.slice(0, 10)}. One seed gives the same figures on any machine.`
}

const text = `# Measured

Made by \`npm run docs:measured\` from what the benchmarks have recorded with version ${wire} of the wire protocol. Figures of other versions are left out. [Sizes](sizes.md) have a page of their own; what attacks cost stands in the [threat model](threat-model.md#what-it-costs).

## Beside js-libp2p and ws

${comparison()}

## Proof of work

${work()}

## The DHT

${dht()}
`
if (process.argv.includes('--print')) process.stdout.write(text)
else writeFileSync(new URL('measured.md', import.meta.url), text)
