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
  timeout: 120_000,
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
  // Three of them are done with: their letters are dropped. Their receipts die with Bob.
  const dropped = async () => {
    const { mail } = await relay.tell({ do: 'stats' })
    return mail!.deposited - mail!.letters
  }
  await vi.waitFor(async () => expect(await dropped()).toBe(3), { timeout: 20_000 })
  await hanging.stop('SIGKILL')
  const again = new WalletChild({ seed: 2 })
  const [second] = await again.until('message')
  expect(second).toMatchObject({ text: 'two', mailed: true, redelivered: true })
  await vi.waitFor(async () => expect(await dropped()).toBe(4), { timeout: 20_000 })
  // The receipt goes with Bob's last words, as a letter.
  await again.stop()
  const returned = new WalletChild({ seed: 1 })
  expect(await returned.until('receipt')).toEqual([{ is: 'receipt', receipt: 'delivered' }])
  // Of the others Alice learns when they meet.
  const met = new WalletChild({ seed: 2, meet: (await returned.until('ready'))[0]!.peerId })
  expect((await returned.until('receipt', 4)).map(({ receipt }) => receipt)).toEqual(Array(4).fill('delivered'))
  // Letters and receipts alike are gone from the relay.
  await vi.waitFor(async () => expect((await relay.tell({ do: 'stats' })).mail?.letters).toBe(0), { timeout: 20_000 })
  await Promise.all([met.stop(), returned.stop()])
  expect([again, met].map(({ facts }) => facts.filter(({ is }) => is === 'message').length)).toEqual([1, 0])
})
