import { onTestFailed } from 'vitest'
import { type Random, seededRandom } from '../src/base/random.js'

/** Of this process; `SEED=… npx vitest run <file>` repeats what a test has drawn. */
const SEED = process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.SEED)

/**
 * The draws of the test that runs; its failure names the seed. Properties of fast-check name theirs, and take `SEED` too.
 *
 * @param part tells the parts of one test from each other, which would else all draw the same.
 */
export function draws(part = 0): Random {
  onTestFailed(() => console.error(`Repeat what this test has drawn with SEED=${SEED}`))
  return seededRandom((SEED + part * 0x9e3779b1) % 2 ** 31)
}
