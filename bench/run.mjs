/** Measures lotus-p2p beside js-libp2p, raw ws and a plain RTCDataChannel. README.md says how, `--help` what can be asked for. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare } from './lib/compare.mjs'
import { measures } from './lib/measures.mjs'
import { PAIRED } from './lib/paired.mjs'
import { Contestant, killAll } from './lib/processes.mjs'
import { assess, describe, markdownTable, plainTable } from './lib/report.mjs'
import { median } from './lib/statistics.mjs'
import { wire } from './lib/wire.mjs'

/** What `--compare` runs where `--only` says nothing. */
const USUALLY_PAIRED = ['one-way', 'one-way-16k', 'echo', 'dial']
const CONTESTANTS = ['lotus', 'libp2p', 'ws', 'rtc']

const HELP = `npm run bench -- [options]

  --rounds N            rounds of every measure (default 5; dearer ones take at most 3)
  --quick               one short round: shows that everything runs, its figures are rough
  --only NAME,…         of: ${[...measures.map(({ name }) => name), 'sizes'].join(', ')}
  --contestants NAME,…  of: ${CONTESTANTS.join(', ')}
  --delay-link KIND     netlab (namespaces and delay-line.py) or proxy (default: netlab where it works)
  --node PATH           another Node executable for all contestants (default: the one installed here)
  --compare REF         this build and that of another commit in turn, and their ratios, in place of the comparators;
                        REF is anything git knows, or "release" for the newest release
  --profile             CPU profiles of the lotus processes, into bench/results/profiles/
`

const bench = fileURLToPath(new URL('./', import.meta.url))
const root = fileURLToPath(new URL('../', import.meta.url))
const TIME_LIMIT_MS = 40 * 60_000

const say = (text) => process.stdout.write(`${text}\n`)
const stop = (text) => {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        contestants: { type: 'string', default: CONTESTANTS.join(',') },
        'delay-link': { type: 'string' },
        compare: { type: 'string' },
        node: { type: 'string', default: `${bench}node_modules/node/bin/node` },
        profile: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      say(HELP)
      process.exit(0)
    }
    const rounds = Number(values.rounds ?? (values.quick ? (values.compare ? 3 : 1) : 5))
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number above 0.')
    const names = values.compare === undefined ? [...measures.map(({ name }) => name), 'sizes'] : PAIRED
    const only = values.only?.split(',') ?? (values.compare === undefined ? names : USUALLY_PAIRED)
    const contestants = values.contestants.split(',')
    const unknown = [
      ...only.filter((name) => !names.includes(name)),
      ...contestants.filter((name) => !CONTESTANTS.includes(name)),
    ]
    if (unknown.length) throw new Error(`Unknown: ${unknown.join(', ')}.`)
    const complete = values.only === undefined && contestants.length === CONTESTANTS.length
    return { ...values, rounds, only, contestants, complete, delayLink: values['delay-link'] }
  } catch (error) {
    return stop(`${error.message}\n\n${HELP}`)
  }
}

/** Installs the comparators and builds the SDK where that has not been done. */
function prepare({ contestants, isPaired = false }) {
  const npm = (args, cwd) => {
    try {
      execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    } catch {
      stop(`'npm ${args.join(' ')}' failed: see above.`)
    }
  }
  if (isPaired && existsSync(`${root}dist/node.js`)) return
  if (!existsSync(`${bench}node_modules/@libp2p/kad-dht`) || !existsSync(`${bench}node_modules/node/bin/node`)) {
    say('Installing the comparators …')
    npm(['ci'], bench)
  }
  if (contestants.includes('lotus') && !existsSync(`${root}dist/node.js`)) {
    say('Building the SDK …')
    npm(['run', 'build'], root)
  }
}

/** One contestant, one round of one measure: processes are made by `start` and gone afterwards. */
async function oneRound(measure, contestant, round, settings) {
  const started = []
  const start = async ({ role, nodeArgs = [], prefix, program }) => {
    const profiling =
      settings.profile && contestant === 'lotus'
        ? [
            '--cpu-prof',
            `--cpu-prof-dir=${bench}results/profiles`,
            `--cpu-prof-name=${measure.name}-${round + 1}-${role}-${started.length}.cpuprofile`,
          ]
        : []
    const child = Contestant.start(contestant, { runtime: settings.node, nodeArgs: [...profiling, ...nodeArgs], prefix, program })
    started.push(child)
    return child
  }
  try {
    return await measure.run(start, { ...settings, contestant })
  } finally {
    const children = await Promise.allSettled(started)
    await Promise.all(children.map(({ value }) => value?.stop()))
    for (const { value } of children) Object.assign(settings.versions, value?.versions)
  }
}

const shortly = (figures) =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 })}`)
    .join(', ')

async function main() {
  const settings = { ...options(), versions: {}, notes: new Set() }
  if (settings.compare !== undefined) {
    prepare({ contestants: ['lotus'], isPaired: true })
    const node = existsSync(settings.node) ? settings.node : process.execPath
    await compare(root, settings.compare, { ...settings, node }).catch((error) => stop(error.message))
    return
  }
  prepare(settings)
  const late = setTimeout(
    () => stop(`The benchmark took more than ${TIME_LIMIT_MS / 60_000} minutes and was ended.`),
    TIME_LIMIT_MS,
  )
  late.unref()

  const samples = {}
  const errors = {}
  for (const measure of measures.filter(({ name }) => settings.only.includes(name))) {
    const contestants = measure.contestants.filter((name) => settings.contestants.includes(name))
    if (contestants.length === 0) continue
    say(`\n${measure.title}`)
    for (let round = 0; round < measure.rounds(settings); round++) {
      // Alternating, and each begins a round in turn, so that a drift of the machine falls on all.
      for (let i = 0; i < contestants.length; i++) {
        const contestant = contestants[(i + round) % contestants.length]
        try {
          const figures = await oneRound(measure, contestant, round, settings)
          samples[measure.name] ??= {}
          samples[measure.name][contestant] ??= []
          samples[measure.name][contestant].push(figures)
          say(`  ${round + 1}  ${contestant.padEnd(6)}  ${shortly(figures)}`)
        } catch (error) {
          errors[measure.name] ??= {}
          errors[measure.name][contestant] = error.message
          say(`  ${round + 1}  ${contestant.padEnd(6)}  failed: ${error.message}`)
        }
      }
    }
  }

  const medians = {}
  for (const [measure, byContestant] of Object.entries(samples)) {
    medians[measure] = {}
    for (const [contestant, rounds] of Object.entries(byContestant)) {
      const fields = Object.keys(rounds[0])
      medians[measure][contestant] = Object.fromEntries(
        fields.map((field) => [field, median(rounds.map((round) => round[field]))]),
      )
    }
  }
  if (settings.only.includes('sizes')) {
    try {
      const { sizes } = await import('./lib/sizes.mjs')
      medians.sizes = await sizes({ lotus: settings.contestants.includes('lotus') })
    } catch (error) {
      errors.sizes = { lotus: error.message }
      say(`\nSizes failed: ${error.message}`)
    }
  }
  write(settings, samples, medians, errors)
  clearTimeout(late)
  process.exit(Object.keys(errors).length ? 1 : 0)
}

function write(settings, samples, medians, errors) {
  const environment = {
    date: new Date().toISOString(),
    wire,
    node: execFileSync(settings.node, ['--version'], { encoding: 'utf8' }).trim().slice(1),
    cpu: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    rounds: settings.rounds,
    quick: settings.quick,
    versions: settings.versions,
  }
  const table = assess(medians, errors)
  const notes = [...settings.notes]
  const name = settings.complete ? (settings.quick ? 'quick' : 'latest') : 'partial'
  mkdirSync(`${bench}results`, { recursive: true })
  writeFileSync(
    `${bench}results/${name}.json`,
    `${JSON.stringify({ environment, notes, table, medians, samples, errors }, null, 2)}\n`,
  )
  writeFileSync(`${bench}results/${name}.md`, markdownTable(table, { environment, notes }))
  say(`\n${plainTable(table)}\n\n${[describe(environment), ...notes].join('\n')}`)
  const failures = Object.entries(errors).flatMap(([measure, by]) =>
    Object.entries(by).map(([who, what]) => `  ${measure}, ${who}: ${what}`),
  )
  if (failures.length) say(`\nFailed:\n${failures.join('\n')}`)
  say(`\nWritten to bench/results/${name}.json and ${name}.md.`)
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    killAll()
    process.exit(130)
  })
}
main().catch((error) => stop(error.stack))
