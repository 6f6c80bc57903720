import { measures } from './measures.mjs'
import { Contestant, killAll } from './processes.mjs'
import { median } from './statistics.mjs'

/** Of figures that are better the lower they are, the units; of the others more is better. */
const LESS_IS_BETTER = /(Us|Ms|Bytes|kB|Cpu|PerDelivery|hops)$/i

/** Measures that two builds can run beside each other: those of lotus-p2p alone, without tabs and the delayed link. */
export const PAIRED = measures
  .map(({ name }) => name)
  .filter((name) => !['slow-dial', 'tabs', 'tabs-16k', 'upgrade'].includes(name))

/**
 * Two builds of lotus-p2p side by side. In each round both run every measure, another one first each time. Prints a line for each figure:
 * the medians, their ratio, and all samples.
 *
 * @param roots two checkouts that are built: the one before, and the one after. Each brings its own contestant.
 */
export async function runPaired(roots, { rounds, only, node, quick }) {
  try {
    for (const measure of measures.filter(({ name }) => only.includes(name))) {
      /** Samples by field, of one root and of the other. */
      const samples = [{}, {}]
      for (let round = 0; round < rounds; round++) {
        for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const result = await oneRound(measure, roots[i], { node, quick })
          for (const [field, value] of Object.entries(result)) {
            samples[i][field] ??= []
            samples[i][field].push(value)
          }
        }
      }
      for (const field of Object.keys(samples[0])) console.log(line(`${measure.name} ${field}`, field, samples))
    }
  } finally {
    killAll()
  }
}

function line(title, field, samples) {
  const [before, after] = samples.map((own) => own[field])
  const ratio = median(after) / median(before)
  const isApart = Math.min(...after) > Math.max(...before) || Math.max(...after) < Math.min(...before)
  const isBetter = LESS_IS_BETTER.test(field) ? ratio < 1 : ratio > 1
  const verdict = isApart && before.length > 1 ? (isBetter ? 'better' : 'WORSE') : 'within the noise'
  const all = [before, after].map((values) => values.map((value) => value.toPrecision(4)).join(' ')).join('  |  ')
  return [
    title.padEnd(24),
    median(before).toFixed(2).padStart(12),
    median(after).toFixed(2).padStart(12),
    `× ${ratio.toFixed(3)}`.padStart(9),
    verdict.padStart(17),
    ` ${all}`,
  ].join(' ')
}

async function oneRound(measure, root, { node, quick }) {
  const started = []
  const start = async ({ nodeArgs = [], prefix, program = 'lotus' }) => {
    const child = Contestant.start('lotus', { runtime: node, nodeArgs, prefix, program: `${root}/bench/contestants/${program}` })
    started.push(child)
    return child
  }
  try {
    return await measure.run(start, { quick, contestant: 'lotus', notes: new Set() })
  } finally {
    const children = await Promise.allSettled(started)
    await Promise.all(children.map(({ value }) => value?.stop()))
  }
}
