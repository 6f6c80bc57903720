/**
 * How fast proof of work is done: hashes a second by `mineProofOfWork` in Node, Chromium and Firefox, in slices and in a worker,
 * and what that makes of 18 bits. Needs dist/ and the browsers of the end-to-end tests. `node bench/pow.mjs [seconds]`
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chromium, firefox } from 'playwright'
import { findBrowsers } from '../.ci/browsers.mjs'
import * as sdk from '../dist/index.js'
import { wire } from './lib/wire.mjs'

/** The fastest counts: what else the machine does only slows it down. */
const ROUNDS = 12
const seconds = Number(process.argv[2] ?? 1)
const dist = (name) => readFileSync(fileURLToPath(new URL(`../dist/${name}`, import.meta.url)))

/** Searches for what is not found in that time, and tells how many were tried in a second. Runs in a page too. */
async function rate({ mineProofOfWork }, seconds, worker) {
  const leaving = new AbortController()
  const late = setTimeout(() => leaving.abort(), 1_000 * seconds)
  const told = []
  const onProgress = (progress) => told.push(progress)
  const publicKey = crypto.getRandomValues(new Uint8Array(32))
  const purpose = { publicKey, responder: publicKey, salt: publicKey.slice(16), day: 0 }
  await mineProofOfWork({ ...purpose, bits: 40, signal: leaving.signal, onProgress, worker }).catch(() => clearTimeout(late))
  // From the first word on, so that the start of a worker is not counted.
  const [first, last] = [told[0], told.at(-1)]
  return told.length < 2 ? 0 : (1_000 * (last.hashes - first.hashes)) / (last.elapsedMs - first.elapsedMs)
}

async function rounds(run) {
  const rates = []
  for (let i = 0; i < ROUNDS; i++) rates.push(await run())
  return Math.max(...rates)
}

const rows = [['Node', process.versions.node, 'slices', await rounds(() => rate(sdk, seconds))]]

const files = { '/sdk.js': dist('lotus-p2p.global.js'), '/pow-worker.js': dist('pow-worker.js') }
const server = createServer((request, response) => {
  const file = files[request.url]
  response.writeHead(200, { 'Content-Type': file ? 'text/javascript' : 'text/html' })
  response.end(file ?? '<!doctype html><title>pow</title><link rel="icon" href="data:,"><script src="/sdk.js"></script>')
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

const found = findBrowsers()
for (const [name, browserType] of Object.entries({ chromium, firefox })) {
  if (found[name] === undefined) continue
  const own = found[name].own
  const browser = await browserType.launch({
    executablePath: found[name].path,
    ...(name === 'firefox' && !own && { channel: 'moz-firefox' }),
  })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  for (const where of ['slices', 'worker']) {
    const run = () =>
      page.evaluate(
        ([source, seconds, inWorker]) => {
          // biome-ignore lint/security/noGlobalEval: the benchmark's own function, in a page of its own
          const measure = globalThis.eval(`(${source})`)
          return measure(window.LotusP2P, seconds, inWorker ? () => new Worker('/pow-worker.js') : undefined)
        },
        [rate.toString(), seconds, where === 'worker'],
      )
    rows.push([name[0].toUpperCase() + name.slice(1), browser.version(), where, await rounds(run)])
  }
  await browser.close()
}
server.close()

const minutes = (s) => (s < 120 ? `${s.toFixed(0)} s` : `${(s / 60).toFixed(1)} min`)
console.log('| | where | hashes/s | 18 bits, mean | 1,000 identities |\n|---|---|---:|---:|---:|')
for (const [name, version, where, hashesPerS] of rows) {
  const mean = 2 ** 18 / hashesPerS
  const cells = [
    `${name} ${version}`,
    where,
    Math.round(hashesPerS).toLocaleString('en-US'),
    `${mean.toFixed(2)} s`,
    minutes(1_000 * mean),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
console.log(`\nThe fastest of ${ROUNDS} rounds of ${seconds} s, ${cpus()[0]?.model}, ${cpus().length} cores.`)

const folder = fileURLToPath(new URL('./results', import.meta.url))
mkdirSync(folder, { recursive: true })
const recorded = rows.map(([name, version, where, hashesPerS]) => ({ name, version, where, hashesPerS: Math.round(hashesPerS) }))
const machine = { cpu: cpus()[0]?.model, cores: cpus().length }
const result = { wire, date: new Date().toISOString(), rounds: ROUNDS, seconds, ...machine, rows: recorded }
writeFileSync(`${folder}/pow.json`, `${JSON.stringify(result, null, 2)}\n`)
