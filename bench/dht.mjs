#!/usr/bin/env node
// Lookups over real sockets: thirty DHT servers in one process, here and with js-libp2p's kad-dht, one after the other.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
if (!existsSync(`${here}node_modules/@libp2p/kad-dht`)) {
  process.stderr.write('Installing the comparators in bench/ …\n')
  execFileSync('npm', ['ci', '--prefix', here], { stdio: ['ignore', 2, 2] })
}
if (!existsSync(`${here}../dist/node.js`)) execFileSync('npm', ['run', 'build'], { cwd: `${here}..`, stdio: ['ignore', 2, 2] })
const node = `${here}node_modules/node/bin/node`
const rows = ['lotus', 'libp2p'].map((name) => {
  const script = `${here}contestants/${name}-dht.mjs`
  const out = execFileSync(existsSync(node) ? node : process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  })
  return { name, ...JSON.parse(out.trim().split('\n').at(-1)) }
})
console.log(
  '| | get p50, ms | get p95, ms | gets/s, 16 at once | store, ms | not found |\n| --- | ---: | ---: | ---: | ---: | ---: |',
)
for (const { name, p50, p95, perS, storeMs, missed } of rows)
  console.log(`| ${name} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${perS.toFixed(0)} | ${storeMs.toFixed(1)} | ${missed} |`)
console.log(`\n${(rows[0].perS / rows[1].perS).toFixed(1)} × its lookups a second.`)
