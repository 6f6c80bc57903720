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

interface Result {
  found: number
  hops: { mean: number; counts: number[] }
  latency: object
  questions: number
  endsPerNode: number
  virtualS: number
}

const simulate = async (...args: string[]) => {
  await promisify(execFile)(process.execPath, [script, '--out', out, ...args])
  return (JSON.parse(readFileSync(`${out}/latest.json`, 'utf8')) as { results: Result[] }).results
}

const NODES = LONG ? 200 : 40

it(`the simulation of ${NODES} nodes, a fifth of them hostile, finds what was stored, and draws it`, async () => {
  const args = ['--nodes', `${NODES}`, '--hostile', '0.2', '--lookups', '200', '--records', '30']
  const [result] = await simulate(...args)
  expect(result!.found).toBeGreaterThanOrEqual(0.99)
  expect(result!.hops.mean).toBeLessThanOrEqual(Math.log2(NODES) / 2)
  expect(readFileSync(`${out}/latest.svg`, 'utf8')).toContain('</svg>')
  expect(readFileSync(`${out}/latest.md`, 'utf8')).toContain(`| ${NODES} | 20 % | 3 |`)
}, 120_000)

it('runs of one seed are the same, those of another one are not, and --add keeps what is recorded beside them', async () => {
  const args = ['--nodes', '16', '--churn', '5', '--minutes', '2', '--lookups', '30', '--records', '10']
  const told = ({ found, hops, latency, questions, endsPerNode, virtualS }: Result) =>
    JSON.stringify({ found, hops, latency, questions, endsPerNode, virtualS })
  const [first] = await simulate(...args)
  const [second] = await simulate(...args, '--add')
  expect(told(second!)).toBe(told(first!))
  const both = await simulate(...args, '--seed', '2', '--add')
  expect(both.map(told)[0]).toBe(told(first!))
  expect(both.map(told)[1]).not.toBe(told(first!))
}, 120_000)
