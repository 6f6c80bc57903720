import type { BrowserContext, Page } from '@playwright/test'
import { encodePeerId, identityFromSeed } from '../dist/index.js'
import type { Complaints } from './complaints.js'
import { expect, test } from './fixtures.js'

const BOB_SEED = 2
const bobId = encodePeerId(identityFromSeed(new Uint8Array(32).fill(BOB_SEED)).publicKey)

interface Wallet {
  context: BrowserContext
  pageUrl: string
  complaints: Complaints
}

/** A tab of the wallet that lives in the store of its browser. Its start may have to wait. */
async function walletIn({ context, pageUrl, complaints }: Wallet, relayUrl: string): Promise<Page> {
  const page = await context.newPage()
  complaints.watch(page)
  await page.goto(pageUrl)
  await startWallet(page, relayUrl)
  return page
}

function startWallet(page: Page, relayUrl: string, options: { oneTab?: boolean } = {}): Promise<void> {
  return page.evaluate(
    async ([relayUrl, options]) => {
      const { P2PCoordinator, storedIdentity, indexedDbStore } = window.LotusP2P
      const identity = await storedIdentity()
      const peer = new P2PCoordinator({ bootstrap: [relayUrl], identity, store: indexedDbStore(), ...options })
      window.peer = peer
      window.seen = { messages: [], disconnected: [], changes: [], errors: [], paths: [], statuses: [], work: [] }
      peer.on('error', (error) => window.seen.errors.push(`${error.code} ${error.message}`))
      peer.on('delivered', ({ payload }) => window.seen.changes.push(String(payload)))
      peer.start({ timeoutMs: 60_000 }).catch((error) => window.seen.errors.push(String(error)))
    },
    [relayUrl, options] as const,
  )
}

async function bobIn(page: Page, relayUrl: string): Promise<void> {
  await page.evaluate(
    async ([relayUrl, seed]) => {
      const { P2PCoordinator, identityFromSeed } = window.LotusP2P
      const bob = new P2PCoordinator({ bootstrap: [relayUrl], identity: identityFromSeed(new Uint8Array(32).fill(seed)) })
      window.seen = { messages: [], disconnected: [], changes: [], errors: [], paths: [], statuses: [], work: [] }
      bob.on('message', (message) => window.seen.messages.push(message))
      window.peer = bob
      await bob.start()
    },
    [relayUrl, BOB_SEED] as const,
  )
}

const statusOf = (page: Page) => page.evaluate(() => window.peer.status)
const queue = (page: Page, payload: string) =>
  page.evaluate(
    async ([id, payload]) => {
      await window.peer.sendTo(id, { type: 'note', payload }, { queue: true })
    },
    [bobId, payload] as const,
  )
const got = (page: Page) => page.evaluate(() => window.seen.messages.map(({ payload }) => payload))

test('a queued message survives a reload and the end of its tab, and what was announced and wanted is there again', async ({
  context,
  pageUrl,
  complaints,
  relay,
}) => {
  const wallet = { context, pageUrl, complaints }
  const first = await walletIn(wallet, relay.url)
  const id = await first.evaluate(() => window.peer.peerId)
  await queue(first, 'before the reload')
  await first.evaluate(() => window.peer.announceResource('offer', 'a', { amount: 5n }))
  await first.reload()
  await startWallet(first, relay.url)
  await queue(first, 'before the end')
  await first.close()
  const second = await walletIn(wallet, relay.url)
  expect(await second.evaluate(() => window.peer.peerId)).toBe(id)
  await expect.poll(() => statusOf(second)).toBe('online')

  const bob = await context.newPage()
  await bob.goto(pageUrl)
  await bobIn(bob, relay.url)
  await expect.poll(() => got(bob)).toEqual(['before the reload', 'before the end'])
  await expect.poll(() => second.evaluate(() => window.seen.changes)).toEqual(['before the reload', 'before the end'])
  const offers = await bob.evaluate(async () => (await window.peer.discoverResources('offer')).map(({ data }) => data))
  expect(offers).toEqual([{ amount: 5n }])

  await second.evaluate((id) => window.peer.connectToPeer(id), bobId)
  await second.reload()
  await startWallet(second, relay.url)
  await expect.poll(() => second.evaluate((id) => window.peer.isConnected(id), bobId)).toBe(true)
  expect(await second.evaluate(() => window.seen.errors)).toEqual([])
})

test('of two tabs with one store one leads; the other waits, takes over when it closes, and sends what it had queued', async ({
  context,
  pageUrl,
  complaints,
  relay,
}) => {
  const wallet = { context, pageUrl, complaints }
  const first = await walletIn(wallet, relay.url)
  await expect.poll(() => statusOf(first)).toBe('online')
  await queue(first, 'of the first')
  const second = await walletIn(wallet, relay.url)
  await expect.poll(() => statusOf(second)).toBe('standby')
  const refused = await second.evaluate(async (id) => {
    const sending = window.peer.sendTo(id, { type: 'note', payload: 'too late' }, { queue: true, timeoutMs: 300 })
    return sending.then(
      () => 'accepted',
      (error) => error.code,
    )
  }, bobId)
  expect(refused).toBe('TIMEOUT')
  const waiting = queue(second, 'of the second')
  const bob = await (await context.browser()!.newContext()).newPage()
  await first.close()
  await waiting
  await expect.poll(() => statusOf(second)).toBe('online')
  await bob.goto(pageUrl)
  await bobIn(bob, relay.url)
  await expect.poll(() => got(bob)).toEqual(['of the first', 'of the second'])
  expect(await second.evaluate(() => window.seen.errors)).toEqual([])
  await bob.context().close()
})

test('a hidden tab hands over to the one that is shown, and takes back when that one is gone', { tag: '@long' }, async ({
  context,
  pageUrl,
  complaints,
  relay,
}) => {
  const wallet = { context, pageUrl, complaints }
  const first = await walletIn(wallet, relay.url)
  await expect.poll(() => statusOf(first)).toBe('online')
  const second = await walletIn(wallet, relay.url)
  await expect.poll(() => statusOf(second)).toBe('standby')
  // Headless browsers show every tab: what is hidden has to be said.
  await first.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await second.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expect.poll(() => statusOf(second)).toBe('online')
  await expect.poll(() => statusOf(first)).toBe('standby')
  await second.close()
  await expect.poll(() => statusOf(first)).toBe('online')
  expect(await first.evaluate(() => window.seen.errors)).toEqual([])
})

test('a tab that another one with its identity has replaced is back when that one is gone and it is shown again', {
  tag: '@long',
}, async ({ context, pageUrl, complaints, relay }) => {
  const open = async () => {
    const page = await context.newPage()
    complaints.watch(page)
    await page.goto(pageUrl)
    await startWallet(page, relay.url, { oneTab: false })
    await expect.poll(() => statusOf(page)).toBe('online')
    return page
  }
  const first = await open()
  const second = await open()
  await expect.poll(() => statusOf(first)).not.toBe('online')
  await second.close()
  await first.evaluate(() => window.peer.reconnect())
  await expect.poll(() => statusOf(first)).toBe('online')
})
