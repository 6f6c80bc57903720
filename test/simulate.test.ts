import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { LONG } from './long.js'

const script = fileURLToPath(new URL('../bench/simulate/run.mjs', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'lotus-simulate-'))
afterAll(() => rmSync(out, { recursive: true }))

const simulate = async (...args: string[]) => {
  await promisify(execFile)(process.execPath, [script, '--out', out, ...args])
  return (JSON.parse(readFileSync(`${out}/latest.json`, 'utf8')) as { results: { found: number; hops: { mean: number } }[] })
    .results
}

/** Fewer where time matters: most of it goes into the handshakes of the network. */
const NODES = LONG ? 60 : 24

it(`the simulation of ${NODES} nodes, a fifth of them hostile, finds what was stored, and draws it`, async () => {
  const args = ['--nodes', `${NODES}`, '--hostile', '0.2', '--lookups', '200', '--records', '30']
  const [result] = await simulate(...args)
  expect(result!.found).toBeGreaterThanOrEqual(0.99)
  expect(result!.hops.mean).toBeLessThanOrEqual(Math.log2(NODES) / 2)
  expect(readFileSync(`${out}/latest.svg`, 'utf8')).toContain('</svg>')
  expect(readFileSync(`${out}/latest.md`, 'utf8')).toContain(`| ${NODES} | 20 % | 3 |`)
}, 120_000)
