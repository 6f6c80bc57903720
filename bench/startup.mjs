/**
 * What it costs to begin: `import` in Node, an idle coordinator's memory, and `new P2PCoordinator()` in a tab. README.md says how
 * each is measured. Given two folders, it measures both in turn: `node bench/startup.mjs ../before/dist dist`.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { chromium } from 'playwright'
import { findBrowsers } from '../.ci/browsers.mjs'
import { median } from './lib/statistics.mjs'

const COORDINATORS = 1_000
const bench = fileURLToPath(new URL('./', import.meta.url))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' }, only: { type: 'string', default: 'import,heap,tab' } },
})
const rounds = Number(values.rounds)
const folders = (positionals.length > 0 ? positionals : [`${bench}../dist`]).map((folder) => resolve(folder))
const only = values.only.split(',')

async function inNode(script, ...args) {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', `${bench}lib/${script}.mjs`, ...args])
  return Number(stdout)
}

/** Milliseconds of one `new P2PCoordinator()` in a page that has just loaded the script, and until its first turn is over. */
async function inTab(browser, folder) {
  const script = await readFile(`${folder}/lotus-p2p.global.js`)
  const server = createServer((request, response) => {
    const isScript = request.url === '/lotus-p2p.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><script src="/lotus-p2p.js"></script>')
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const page = await browser.newPage()
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    return await page.evaluate(async () => {
      const { P2PCoordinator } = globalThis.LotusP2P
      const start = performance.now()
      globalThis.coordinator = new P2PCoordinator()
      const made = performance.now()
      // What was put off to the next turn keeps the page waiting all the same.
      await new Promise((next) => setTimeout(next, 0))
      const turn = performance.now()
      await new Promise((next) => setTimeout(next, 100))
      return { newMs: made - start, turnMs: turn - start }
    })
  } finally {
    await page.close()
    server.close()
  }
}

/** What is measured: its name, and one sample of a folder. */
const measures = []
if (only.includes('import')) {
  for (const entry of ['index', 'core']) {
    const one = (folder) => inNode('time-import', pathToFileURL(`${folder}/${entry}.js`).href)
    measures.push({ name: `import ${entry}.js, ms`, entry, rounds, one })
  }
}
if (only.includes('heap')) {
  for (const entry of ['index', 'core']) {
    for (const state of ['constructed', 'started']) {
      const one = (folder) =>
        inNode('heap-of-coordinators', pathToFileURL(`${folder}/${entry}.js`).href, `${COORDINATORS}`, state)
      measures.push({ name: `heap of one ${state}, ${entry}.js, bytes`, entry, rounds: Math.min(rounds, 3), one })
    }
  }
}
let browser
if (only.includes('tab')) {
  const { chromium: found } = findBrowsers()
  browser = await chromium.launch(found && { executablePath: found.path })
  for (const [field, what] of [
    ['newMs', 'new P2PCoordinator() in a tab, ms'],
    ['turnMs', 'the same with its first turn, ms'],
  ]) {
    measures.push({ name: what, entry: 'index', rounds, one: async (folder) => (await inTab(browser, folder))[field] })
  }
}

for (const { name, entry, rounds, one } of measures) {
  const samples = folders.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, folder] of folders.entries()) if (existsSync(`${folder}/${entry}.js`)) samples[i].push(await one(folder))
  }
  const shown = samples.map((own) => (own.length === 0 ? '–' : `${median(own).toFixed(1)} (from ${Math.min(...own).toFixed(1)})`))
  console.log(name.padEnd(52), shown.map((text) => text.padStart(26)).join(''))
}
await browser?.close()
