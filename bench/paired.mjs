/** Two builds of lotus-p2p side by side: `node bench/paired.mjs ../before . --rounds 7`. The arguments are checkouts that are built. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runPaired } from './lib/paired.mjs'

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
await runPaired(roots, { ...values, rounds: Number(values.rounds), only: values.only.split(',') })
