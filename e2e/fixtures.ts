import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import type * as SDK from '../dist/index.js'
import { type Relay, type RelayOptions, startRelay } from '../dist/node.js'

declare global {
  interface Window {
    LotusP2P: typeof SDK
    peer: SDK.P2PCoordinator
    seen: { messages: SDK.P2PMessage[]; disconnected: string[]; changes: string[]; errors: string[] }
  }
}

const bundle = fileURLToPath(new URL('../dist/lotus-p2p.global.js', import.meta.url))
const html =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tab</title><link rel="icon" href="data:,"><script src="/sdk.js"></script></html>'

export interface Tab {
  page: Page
  id: string
}

/** What a tab is started with; everything that can cross into a page. */
export interface TabOptions {
  bootstrap?: string[]
  peerId?: string
  context?: BrowserContext
}

interface Fixtures {
  pageUrl: string
  complaints: string[]
  relay: Relay
  relayWith: (options?: RelayOptions) => Promise<Relay>
  openTab: (options?: TabOptions) => Promise<Tab>
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  pageUrl: async ({}, use) => {
    const code = await readFile(bundle)
    const server = createServer((request, response) => {
      const script = request.url === '/sdk.js'
      response.writeHead(200, {
        'Content-Type': script ? 'text/javascript' : 'text/html',
        'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src ws://127.0.0.1:*; img-src data:",
      })
      response.end(script ? code : html)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    server.closeAllConnections()
    server.close()
  },
  /** Console errors, policy violations and uncaught errors of every tab; none is allowed, but what a test takes out itself. */
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  complaints: async ({}, use) => {
    const complaints: string[] = []
    await use(complaints)
    expect(complaints).toEqual([])
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  relayWith: async ({}, use) => {
    const relays: Relay[] = []
    await use(async (options = {}) => {
      const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
      relays.push(relay)
      return relay
    })
    await Promise.all(relays.map((relay) => relay.stop()))
  },
  relay: async ({ relayWith }, use) => use(await relayWith()),
  openTab: async ({ pageUrl, context, complaints, relay }, use) => {
    await use(async (options = {}) => {
      const page = await (options.context ?? context).newPage()
      watchComplaints(page, complaints)
      await page.goto(pageUrl)
      const { context: _, ...config } = { bootstrap: [relay.url], ...options }
      return { page, id: await startPeer(page, config) }
    })
  },
})

export { expect }

export function watchComplaints(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
}

/** A coordinator in the tab's window, and what it sees in `window.seen`. */
export function startPeer(page: Page, config: { bootstrap?: string[]; peerId?: string }): Promise<string> {
  return page.evaluate(async (config) => {
    const seen: Window['seen'] = { messages: [], disconnected: [], changes: [], errors: [] }
    window.seen = seen
    const peer = new window.LotusP2P.P2PCoordinator({ ...config, limits: { reconnectMinMs: 50, reconnectMaxMs: 500 } })
    window.peer = peer
    peer.on('message', (message) => seen.messages.push(message))
    peer.on('disconnected', (from) => seen.disconnected.push(from.peerId))
    peer.on('error', (error) => seen.errors.push(error.code))
    peer.registerProtocol({
      protocolName: 'e2e',
      handleMessage: async (message) => {
        if (message.type === 'ask') await peer.reply(message, { type: 'answer', payload: message.payload })
      },
    })
    await peer.start()
    return peer.peerId
  }, config)
}

/** Finds the other through the relay, as a wallet does, and connects. */
export async function connect(from: Tab, to: { id: string }): Promise<void> {
  await expect
    .poll(() => from.page.evaluate(async () => (await window.peer.findPeers({ protocol: 'e2e' })).map((peer) => peer.peerId)))
    .toContain(to.id)
  await from.page.evaluate((id) => window.peer.connectToPeer(id), to.id)
}

export const send = (from: Tab, to: string, payload: string) =>
  from.page.evaluate(([to, payload]) => window.peer.sendTo(to!, { type: 'note', payload, protocol: 'e2e' }), [to, payload])

export const received = (tab: Tab) => tab.page.evaluate(() => window.seen.messages.map((message) => message.payload))
