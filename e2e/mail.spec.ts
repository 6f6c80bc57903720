import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test'
import { build } from 'esbuild'
import type { mailbox } from '../dist/mail.js'
import { memoryMail } from '../dist/node.js'
import { test } from './fixtures.js'

let sdk: string

test.beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: "export * from './dist/index.js'; export { mailbox } from './dist/mail.js'", resolveDir: process.cwd() },
    ...{
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'LotusP2P',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'error',
    },
  })
  sdk = outputFiles[0]!.text
})

interface World {
  pageUrl: string
  relayUrl: string
}

/** A wallet in a tab, with the store and identity of its browser. */
async function walletIn(context: BrowserContext, { pageUrl, relayUrl }: World): Promise<Page> {
  await context.route('**/sdk.js', (route) => route.fulfill({ contentType: 'text/javascript', body: sdk }))
  const page = await context.newPage()
  await page.goto(pageUrl)
  await page.evaluate(async (relayUrl) => {
    const {
      P2PCoordinator,
      storedIdentity,
      indexedDbStore,
      mailbox: make,
    } = window.LotusP2P as typeof window.LotusP2P & { mailbox: typeof mailbox }
    const wallet = new P2PCoordinator({
      bootstrap: [relayUrl],
      allowPrivate: true,
      identity: await storedIdentity(),
      store: indexedDbStore(),
      plugins: [make({ strangers: { bits: 8 }, count: 1 })],
    })
    window.seen = { messages: [], disconnected: [], changes: [], errors: [], paths: [], statuses: [], work: [] }
    wallet.on('message', (message) => void window.seen.messages.push(message))
    wallet.on('mail-receipt', ({ receipt }) => void window.seen.changes.push(receipt))
    const isReachable = new Promise<void>((resolve) => {
      wallet.on('mailbox', ({ isOpen, hasCard }) => {
        if (isOpen && hasCard) resolve()
      })
    })
    await wallet.start()
    Object.assign(window, { peer: wallet, mail: wallet.mail, isReachable })
  }, relayUrl)
  await page.evaluate(() => (window as unknown as { isReachable: Promise<void> }).isReachable)
  return page
}

const texts = (page: Page) =>
  page.evaluate(() => window.seen.messages.map(({ payload, redelivered }) => [payload, redelivered ?? false]))

/** Two browsers of one kind, each with a store of its own. */
async function contextsOf(browser: Browser): Promise<[BrowserContext, BrowserContext]> {
  return [await browser.newContext(), await browser.newContext()]
}

test('what a tab that is closed has written reaches a wallet that comes later: once, in order, and its sender learns it', async ({
  browser,
  pageUrl,
  relayWith,
}) => {
  const mail = memoryMail({ maxBucket: 4, maxTtl: 3 })
  const relay = await relayWith({ mail })
  const world = { pageUrl, relayUrl: relay.url }
  const [forAlice, forBob] = await contextsOf(browser)
  const first = await walletIn(forBob, world)
  const bobId = await first.evaluate(() => window.peer.peerId)
  await first.close()

  const alice = await walletIn(forAlice, world)
  const outcomes = await alice.evaluate(async (id) => {
    const sent = []
    for (const payload of ['one', 'two', 'three'])
      sent.push(await window.peer.sendTo(id, { type: 'note', payload }, { queue: true }))
    return Promise.all(sent.map(({ outcome }) => outcome))
  }, bobId)
  expect(outcomes).toEqual(['mailed', 'mailed', 'mailed'])
  await alice.close()

  const bob = await walletIn(forBob, world)
  await expect
    .poll(() => texts(bob))
    .toEqual([
      ['one', false],
      ['two', false],
      ['three', false],
    ])
  // Receipts are collected for five seconds.
  await expect.poll(() => mail.totals.letters, { timeout: 20_000 }).toBeGreaterThan(0)
  await bob.close()
  const returned = await walletIn(forAlice, world)
  await expect
    .poll(() => returned.evaluate(() => window.seen.changes), { timeout: 20_000 })
    .toEqual(['delivered', 'delivered', 'delivered'])
  await returned.close()
  const again = await walletIn(forBob, world)
  // All that waited was read and dropped by then, which comes behind its delivery.
  await expect.poll(() => mail.totals.letters, { timeout: 20_000 }).toBe(0)
  expect(await texts(again)).toEqual([])
  await Promise.all([forAlice.close(), forBob.close()])
})
