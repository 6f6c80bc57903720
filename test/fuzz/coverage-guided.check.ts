import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { TARGETS } from '../../fuzz/bundle.mjs'
import { whyNot } from '../../fuzz/install.mjs'

const run = fileURLToPath(new URL('../../fuzz/run.mjs', import.meta.url))
/** For each target; `npm run fuzz` takes its time. */
const SECONDS = 3

const missing = whyNot()
if (missing !== undefined) console.warn(`The coverage-guided fuzzing of a few seconds is SKIPPED: ${missing}`)

describe.skipIf(missing !== undefined)('a few seconds of coverage-guided fuzzing', () => {
  it.each(TARGETS)('find nothing in %s', { timeout: 120_000 }, async (target) => {
    const args = [run, '--quiet', '--fresh', '--seconds', String(SECONDS), '--target', target]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    // Fewer features than its seeds have would mean that the target is no longer instrumented.
    expect(Number(/features +(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(100)
  })
})
