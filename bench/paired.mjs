/**
 * Two builds of lotus-p2p side by side: `node bench/paired.mjs ../before . --rounds 7`. The arguments are checkouts that are built;
 * each brings its own benchmark contestant. In each round both run every measure, another one first each time.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measures } from './lib/measures.mjs'
import { Contestant, killAll } from './lib/processes.mjs'
import { median } from './lib/statistics.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: 'one-way,one-way-16k,echo,dial' },
    node: { type: 'string', default: process.execPath },
    quick: { type: 'boolean', default: false },
  },
})
const roots = positionals.map((path) => resolve(path))
if (roots.length !== 2 || roots.some((root) => !existsSync(`${root}/dist/index.js`))) {
  process.stderr.write('Give two checkouts of lotus-p2p that have been built: node bench/paired.mjs ../before .\n')
  process.exit(1)
}
const only = values.only.split(',')

async function oneRound(measure, root) {
  const started = []
  const start = async ({ nodeArgs = [], prefix, program = 'lotus' }) => {
    const child = Contestant.start('lotus', {
      runtime: values.node,
      nodeArgs,
      prefix,
      program: `${root}/bench/contestants/${program}`,
    })
    started.push(child)
    return child
  }
  try {
    return await measure.run(start, { quick: values.quick, contestant: 'lotus', notes: new Set() })
  } finally {
    const children = await Promise.allSettled(started)
    await Promise.all(children.map(({ value }) => value?.stop()))
  }
}

try {
  for (const measure of measures.filter(({ name }) => only.includes(name))) {
    /** Samples by field, of one root and of the other. */
    const samples = [{}, {}]
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const result = await oneRound(measure, roots[i])
        for (const [field, value] of Object.entries(result)) {
          samples[i][field] ??= []
          samples[i][field].push(value)
        }
      }
    }
    for (const field of Object.keys(samples[0])) {
      const [before, after] = samples.map((own) => median(own[field]))
      const change = `${(100 * (after / before - 1)).toFixed(1)} %`
      const all = samples.map((own) => own[field].map((value) => value.toPrecision(4)).join(' ')).join('  |  ')
      console.log(
        `${measure.name} ${field}`.padEnd(24),
        before.toFixed(2).padStart(12),
        after.toFixed(2).padStart(12),
        change.padStart(9),
        ` ${all}`,
      )
    }
  }
} finally {
  killAll()
}
