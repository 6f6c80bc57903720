#!/usr/bin/env node
// npm run simulate -- --nodes 1000 [--churn 10] [--hostile 0.2] …: thousands of real nodes in one process.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'

const HELP = `Simulates a DHT of real nodes, in memory, on a virtual clock.

  --nodes N        nodes (default 1000); several runs: --nodes 100,1000,10000
  --lookups N      lookups that are measured (default 1000)
  --records N      records published before (default 200)
  --churn M        median life of a node in minutes; a new one comes for each that goes (default: nobody goes)
  --minutes M      time between publishing and looking (default 0; with --churn 60)
  --hostile S      share of nodes that answer with lies, with each other, or not at all (default 0); several: 0,0.2,0.5
  --paths D        disjoint paths of a lookup (default 3); several: 1,3
  --latency MS     median one-way delay (default 80)
  --limit NAME=N   another value for a limit of src/base/limits.ts, e.g. --limit dhtQuorum=1
  --seed N         runs of one seed are the same (default 1)
  --out FOLDER     where table and picture go (default bench/results/simulate)
  --explain        tell of each lookup that did not find its record: who held it, whom each path asked, and what was answered
  --add            beside what is recorded there already, in place of runs with the same settings
`

const args = process.argv.slice(2)
if (args.includes('--help')) {
  process.stdout.write(HELP)
  process.exit()
}
const here = fileURLToPath(new URL('.', import.meta.url))
const out = `${here}.built`
mkdirSync(out, { recursive: true })
await bundle(`${out}/simulate.mjs`)
// What a run allocates is garbage once it has been answered, which takes longer than a small nursery waits; V8 would keep it with what
// stays. One core is what a run has.
const memory = [
  '--max-old-space-size=12000',
  '--max-semi-space-size=256',
  '--no-allocation-site-pretenuring',
  '--single-threaded-gc',
  '--expose-gc',
]
// SIMULATE_PROFILE=FOLDER: a processor profile of the run.
const { SIMULATE_PROFILE: folder } = process.env
const profile = folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-interval=2000', `--cpu-prof-dir=${folder}`]
const { status } = spawnSync(process.execPath, [...memory, ...profile, `${out}/simulate.mjs`, ...args], { stdio: 'inherit' })
process.exit(status ?? 1)
