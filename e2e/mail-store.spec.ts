import type { Page } from '@playwright/test'
import { build } from 'esbuild'
import type { mailbox } from '../dist/mail.js'
import { memoryMail } from '../dist/node.js'
import { expect, test } from './fixtures.js'

let sdk: string

test.beforeAll(async () => {
  const contents = "export * from './dist/index.js'; export { mailbox } from './dist/mail.js'"
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    ...{ bundle: true, write: false, format: 'iife', globalName: 'LotusP2P' },
    ...{ platform: 'browser', target: 'es2022', logLevel: 'error' },
  })
  sdk = outputFiles[0]!.text
})

async function walletIn(page: Page, relayUrl: string): Promise<void> {
  await page.evaluate(async (relayUrl) => {
    const LotusP2P = window.LotusP2P as typeof window.LotusP2P & { mailbox: typeof mailbox }
    const { P2PCoordinator, storedIdentity, indexedDbStore, mailbox: make } = LotusP2P
    const store = indexedDbStore()
    const wallet = new P2PCoordinator({
      ...{ bootstrap: [relayUrl], allowPrivate: true, identity: await storedIdentity(), store },
      plugins: [make({ strangers: { bits: 8 }, count: 1 })],
    })
    const isReachable = new Promise<void>((resolve) => {
      wallet.on('mailbox', ({ isOpen, hasCard }) => {
        if (isOpen && hasCard) resolve()
      })
    })
    await wallet.start()
    await isReachable
    Object.assign(window, { peer: wallet, store })
  }, relayUrl)
}

test('what mail keeps in a browser is sealed by a key that no script reads, and persistent storage was asked for once', async ({
  context,
  pageUrl,
  relayWith,
}) => {
  const relay = await relayWith({ mail: memoryMail({ maxBucket: 4, maxTtl: 3 }) })
  await context.route('**/sdk.js', (route) => route.fulfill({ contentType: 'text/javascript', body: sdk }))
  const page = await context.newPage()
  await page.addInitScript(() => {
    const { storage } = navigator
    let asked = 0
    storage.persist = async () => {
      Object.assign(window, { asked: ++asked })
      return false
    }
  })
  await page.goto(pageUrl)
  await walletIn(page, relay.url)
  const found = await page.evaluate(async () => {
    const { peer, store } = window as unknown as {
      peer: typeof window.peer
      store: ReturnType<typeof window.LotusP2P.indexedDbStore>
    }
    const away = window.LotusP2P.encodePeerId(crypto.getRandomValues(new Uint8Array(32)))
    await peer.sendTo(away, { type: 'note', payload: 'words that are nobody else’s' }, { queue: true })
    const keys = (await Promise.all(['mail/', 'queue/'].map((prefix) => store.keys(prefix)))).flat()
    const values = await Promise.all(keys.map(async (key) => new TextDecoder('latin1').decode(await store.get(key))))
    return { keys, values, away, asked: (window as unknown as { asked: number }).asked }
  })
  expect(found.keys.some((key) => key.startsWith('mail/out/'))).toBe(true)
  expect(found.keys.some((key) => key.startsWith('queue/'))).toBe(true)
  for (const text of [...found.keys, ...found.values]) {
    expect(text).not.toContain('nobody else')
    expect(text).not.toContain(found.away)
  }
  expect(found.asked).toBe(1)
})
