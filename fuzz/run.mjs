#!/usr/bin/env node
// npm run fuzz -- [--minutes 10] [--target codec,channel] [--reproduce file]
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { install } from './install.mjs'

const HELP = `Coverage-guided fuzzing (libFuzzer by Jazzer.js) of what takes bytes from the network.

  --minutes N        for each target (default 10)
  --seconds N        the same in seconds
  --table FILE       adds a row for each target to this file as it ends, as docs/fuzzing.md has them
  --target A,B       which (default all): frames, handshake, circuit, records, dht, topics, musig2, statements, codec, messages, channel, handlers
  --seed N           of the fuzzer; default: one that it draws, and prints
  --reproduce FILE   runs one input, of the one target named, and shows what it throws
  --fresh            begins with the seeds alone, and keeps nothing for the next run
  --quiet            prints the summary and findings only

What is found is written to fuzz/findings/; move it to test/fuzz/regressions/<target>/ with its fix, and every test run replays it.
`

const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    table: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string', default: '0' },
    reproduce: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (args.help) {
  process.stdout.write(HELP)
  process.exit()
}
const failure = install()
if (failure !== undefined) {
  console.warn(`Coverage-guided fuzzing is SKIPPED: ${failure}`)
  process.exit()
}
const here = fileURLToPath(new URL('.', import.meta.url))
const { bundle, TARGETS, writeSeeds } = await import('./bundle.mjs')
const targets = args.target?.split(',') ?? TARGETS
const unknown = targets.find((target) => !TARGETS.includes(target))
if (unknown !== undefined) throw new Error(`There is no target ${unknown}: ${TARGETS.join(', ')}.`)

const seconds = Math.ceil(Number(args.seconds ?? Number(args.minutes) * 60))
if (!(seconds > 0)) throw new Error('--minutes and --seconds are numbers above 0.')

/** No wait for another thread: some thousand executions a second more. */
const SYNCHRONOUS = new Set(['codec', 'frames'])

const rows = []
let failed = false
for (const target of targets) {
  const file = await bundle(target)
  const findings = `${here}findings/${target}/`
  const corpus = `${here}${args.fresh ? '.built/fresh' : '.corpus'}/${target}`
  if (args.fresh) rmSync(corpus, { recursive: true, force: true })
  mkdirSync(findings, { recursive: true })
  mkdirSync(corpus, { recursive: true })
  const kept = fileURLToPath(new URL(`../test/fuzz/regressions/${target}`, import.meta.url))
  // The fuzzer runs in a folder of its own.
  const inputs = args.reproduce
    ? [resolve(args.reproduce)]
    : [corpus, await writeSeeds(target, file), ...(existsSync(kept) ? [kept] : [])]
  const before = new Set(readdirSync(findings))
  const began = Date.now()
  const { status, output } = await jazzer(target, file, [
    ...inputs,
    `-max_total_time=${seconds}`,
    `-seed=${args.seed}`,
    `-artifact_prefix=${findings}`,
    '-max_len=4096',
    '-rss_limit_mb=2048',
    '-print_final_stats=1',
  ])
  const made = readdirSync(findings).filter((name) => !before.has(name))
  if (status !== 0) failed = true
  rows.push({
    target,
    ...figures(output, (Date.now() - began) / 1_000),
    findings: made.length + (status !== 0 && made.length === 0 ? 1 : 0),
  })
  if (args.table) appendFileSync(args.table, rowOf(rows.at(-1)))
  for (const name of made) {
    const path = relative(process.cwd(), `${findings}${name}`)
    console.error(`\nFound by ${target}: ${path}\nReproduce: npm run fuzz -- --target ${target} --reproduce ${path}\n`)
  }
}
for (const { target, ...rest } of rows) {
  console.log([target, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(' · '))
}
process.exit(failed ? 1 : 0)

function jazzer(target, file, options) {
  const cli = `${here}node_modules/@jazzer.js/core/dist/cli.js`
  // A RETRY of 20 bits is a million hashes, which take long beside other work, and instrumented.
  const flags = ['-i', '.built', '-e', 'node_modules', '--timeout', '60000', ...(SYNCHRONOUS.has(target) ? ['--sync'] : [])]
  const child = spawn(process.execPath, [cli, file, ...flags, '--', ...options], { cwd: here, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const take = (chunk) => {
    output += chunk
    // The seed stands at the beginning, the figures at the end.
    if (output.length > 2_000_000) output = output.slice(0, 10_000) + output.slice(-1_000_000)
    if (!args.quiet) process.stderr.write(chunk)
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  return new Promise((resolve) => {
    child.on('close', (status) => {
      if (status !== 0 && args.quiet) console.error(output.slice(-4_000))
      resolve({ status, output })
    })
  })
}

/** A run that was cut short has rows of the targets that it has done. */
function rowOf({ target, seconds, executions, edges, features, corpus, seed, findings }) {
  const cells = [
    `\`${target}\``,
    seconds,
    executions.toLocaleString('en'),
    edges,
    features.toLocaleString('en'),
    corpus,
    seed,
    findings,
  ]
  return `| ${cells.join(' | ')} |\n`
}

/** What libFuzzer printed last. */
function figures(output, seconds) {
  const last = [...output.matchAll(/^#(\d+)\s.*cov: (\d+) ft: (\d+) corp: (\d+)/gm)].at(-1)
  const executions = Number(/number_of_executed_units: (\d+)/.exec(output)?.[1] ?? last?.[1] ?? 0)
  return {
    executions,
    seconds: Math.round(seconds),
    edges: Number(last?.[2] ?? 0),
    features: Number(last?.[3] ?? 0),
    corpus: Number(last?.[4] ?? 0),
    seed: Number(/INFO: Seed: (\d+)/.exec(output)?.[1] ?? 0),
  }
}
