import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { RelayChild } from '../node/relay-child.js'
import type { WalletFact, WalletOptions } from './wallet-process.js'

let folder: string
let relay: RelayChild
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lotus-mail-'))
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  await build({
    entryPoints: [new URL('wallet-process.ts', import.meta.url).pathname],
    outfile: join(folder, 'wallet.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    external: ['classic-level'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  relay = await RelayChild.start({ mailAt: join(folder, 'mail'), allowPrivate: true } as never)
})

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  relay?.kill()
  await rm(folder, { recursive: true, force: true })
})

class WalletChild {
  readonly facts: WalletFact[] = []
  private readonly child: ChildProcess

  constructor(options: Omit<WalletOptions, 'relay' | 'store'>) {
    const all: WalletOptions = { ...options, relay: relay.url, store: join(folder, `wallet-${options.seed}`) }
    this.child = fork(join(folder, 'wallet.mjs'), [JSON.stringify(all)])
    children.push(this.child)
    this.child.on('message', (fact: WalletFact) => void this.facts.push(fact))
  }

  /** Resolves once so many facts of a kind are there. */
  async until<Is extends WalletFact['is']>(is: Is, count = 1): Promise<Extract<WalletFact, { is: Is }>[]> {
    for (;;) {
      const found = this.facts.filter((fact): fact is Extract<WalletFact, { is: Is }> => fact.is === is)
      if (found.length >= count) return found
      await once(this.child, 'message')
    }
  }

  async stop(signal?: 'SIGKILL'): Promise<void> {
    const exit = once(this.child, 'exit')
    if (signal) this.child.kill(signal)
    else this.child.send('stop')
    await exit
  }
}

test('Alice writes and is killed; Bob comes later, is killed in a handler, and comes again: nothing lost, in order, what is doubled is marked', {
  timeout: 60_000,
}, async () => {
  const bob = new WalletChild({ seed: 2 })
  const to = (await bob.until('ready'))[0]!.peerId
  await bob.stop()
  const texts = ['one', 'two', 'three', 'four']
  const alice = new WalletChild({ seed: 1, send: { to, texts } })
  expect((await alice.until('outcome', 4)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('mailed'))
  await alice.stop('SIGKILL')
  const hanging = new WalletChild({ seed: 2, hangAt: 'two' })
  expect((await hanging.until('message', 4)).map(({ text }) => text)).toEqual(texts)
  // Three of them are done with: their letters are dropped. Receipts have come in their place.
  const dropped = async () => {
    const { mail } = await relay.tell({ do: 'stats' })
    return mail!.deposited - mail!.letters
  }
  await vi.waitFor(async () => expect(await dropped()).toBe(3), { timeout: 20_000 })
  await hanging.stop('SIGKILL')
  // Receipts are collected for a minute, and Bob leaves before: the last one goes with his last words.
  const again = new WalletChild({ seed: 2, receiptMs: 60_000 })
  const [second] = await again.until('message')
  expect(second).toMatchObject({ text: 'two', mailed: true, redelivered: true })
  await vi.waitFor(async () => expect(await dropped()).toBe(4), { timeout: 20_000 })
  await again.stop()
  const returned = new WalletChild({ seed: 1 })
  expect((await returned.until('receipt', 4)).map(({ receipt }) => receipt)).toEqual(Array(4).fill('delivered'))
  // Letters and receipts alike are gone from the relay.
  await vi.waitFor(async () => expect((await relay.tell({ do: 'stats' })).mail?.letters).toBe(0), { timeout: 20_000 })
  await returned.stop()
  expect(again.facts.filter(({ is }) => is === 'message')).toHaveLength(1)
})
