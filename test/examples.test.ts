import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Relay, startRelay } from '../src/node/index.js'
import { codeBlocks } from './documents.js'
import { LONG } from './long.js'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Runs an example to its own end, as a reader would. */
const run = (name: string) => node(`examples-web/node/${name}.mjs`)

/** A process that does not end by itself fails by the test's timeout. */
function node(...args: string[]): Promise<{ code: number | null; output: string; complaints: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, timeout: 25_000 })
    let output = ''
    let complaints = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output, complaints }))
  })
}

beforeAll(() => {
  if (!existsSync(`${root}dist/index.js`)) throw new Error('The examples run on the built SDK. Run npm run build first.')
})

describe('the Node examples', { timeout: 30_000 }, () => {
  it('basic: two peers meet through a relay, send, ask and answer, and the script ends by itself', async () => {
    const { code, output, complaints } = await run('basic')
    expect(complaints).toBe('')
    expect(output.split('\n')).toEqual([
      expect.stringMatching(/^The relay listens on ws:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^Alice is connected to Bob \(lp1.{7}…\) by circuit$/),
      expect.stringMatching(/^Bob reads a note from lp1.{7}…: Good morning!$/),
      'Alice asked and got: 250000 sats',
      'Alice cannot write to a stranger: PEER_NOT_CONNECTED',
      'All is closed.',
      '',
    ])
    expect(code).toBe(0)
  })

  it('resources: an offer is announced, found, watched and withdrawn', async () => {
    const { code, output, complaints } = await run('resources')
    expect(complaints).toBe('')
    for (const line of [
      '  watch: offer-1 added',
      '  watch: offer-2 added',
      'Offers of 1000 or more: offer-2 (9000)',
      '  watch: offer-1 updated',
      'offer-1 is now 300',
      "offer-2 is the seller's own: true",
      '  watch: offer-1 removed',
      'offer-1 is gone',
    ]) {
      expect(output.split('\n')).toContain(line)
    }
    expect(code).toBe(0)
  })

  it('protocol-handler: a payment is made once, and refusals arrive with their codes', async () => {
    const { code, output, complaints } = await run('protocol-handler')
    expect(complaints).toBe('')
    for (const line of [
      'wallet: The tea shop is here',
      'shop: paid by payment-1',
      'shop: asked again, still payment-1',
      'wallet: The tea shop has left',
    ]) {
      expect(output.split('\n')).toContain(line)
    }
    expect(output).toMatch(/^shop: 1000000 sats refused with LIMIT_EXCEEDED: This wallet pays at most 10000 sats/m)
    expect(output).toMatch(/^shop: -5 sats refused with INVALID_MESSAGE: A payment request is/m)
    expect(code).toBe(0)
  })

  it('wake: a letter for a wallet that is asleep makes its relay knock at the push service, signed by the operator', async () => {
    const { code, output, complaints } = await run('wake')
    expect(complaints).toBe('')
    expect(output.split('\n').sort()).toEqual([
      '',
      "Alice's letter is mailed",
      'Bob is asleep',
      "The push service wakes Bob's device: the operator has signed it",
      'The relay knocks: 1 letter for a wallet that is asleep',
    ])
    expect(code).toBe(0)
  })

  // The stall lasts as long as a real one.
  if (LONG)
    it('dice: three wallets throw the same, and without the one that stalls', async () => {
      const { code, output, complaints } = await run('dice')
      expect(complaints).toBe('')
      expect(output.split('\n')).toEqual([
        'All three threw the same: true',
        'Second throw: PHASE_TIMEOUT in "reveal", missing: Carol',
        'Alice and Bob threw the same without her: true',
        '',
      ])
      expect(code).toBe(0)
    })
})

/** Addresses that documents use for a relay. */
const RELAY = 'wss://relay.example'

describe('an example of a document that is marked to run', { timeout: 30_000 }, () => {
  const documents = [
    'README.md',
    ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  ]
  const examples = documents
    .filter((document) => document.endsWith('.md'))
    .flatMap((document) => codeBlocks(readFileSync(root + document, 'utf8')).map((block) => ({ document, ...block })))
    .filter(({ info }) => info === 'ts run')
  let relay: Relay

  beforeAll(async () => {
    relay = await startRelay({ port: 0, host: '127.0.0.1' })
  })
  afterAll(() => relay.stop())

  it('is there, and says what it prints', () => {
    expect(examples.length).toBeGreaterThanOrEqual(10)
    expect(examples.filter(({ output }) => output === undefined)).toEqual([])
  })

  // The very text of the document, without its types, and at a relay that is there.
  it.each(examples)('prints in $document at line $line what stands below it, and ends by itself', async (example) => {
    const script = ts
      .transpile(example.code, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true })
      .replaceAll(RELAY, relay.url)
    const { code, output, complaints } = await node('--input-type=module', '-e', script)
    expect(complaints).toBe('')
    // An ellipsis stands for what differs from run to run.
    expect(example.output!.includes('…') ? output.replace(/lp1\w+/g, 'lp1…') : output).toBe(example.output)
    expect(code).toBe(0)
  })
})
