import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import type { broadcastChannel } from '../dist/core.js'
import type * as SDK from '../dist/index.js'
import type * as MuSig2SDK from '../dist/musig2.js'
import { type Relay, type RelayOptions, startRelay } from '../dist/node.js'
import type * as StatementsSDK from '../dist/statements.js'
import { Complaints } from './complaints.js'
import { type Line, openLine } from './line.js'

declare global {
  interface Window {
    /** The bundle of all parts. */
    LotusP2P: typeof SDK & typeof MuSig2SDK & typeof StatementsSDK & { broadcastChannel: typeof broadcastChannel }
    peer: SDK.P2PCoordinator
    seen: {
      messages: SDK.P2PMessage[]
      disconnected: string[]
      changes: string[]
      errors: string[]
      /** Each change of a path, such as `circuit>webrtc`. */
      paths: string[]
      statuses: SDK.P2PStatus[]
      /** How proof of work went on. */
      work: SDK.ProofOfWorkEvent[]
    }
    /** How far the clock of a tab with `ownClock` is ahead of the real one, milliseconds. */
    aheadMs: number
  }
}

const dist = (name: string) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url))
const html =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tab</title><link rel="icon" href="data:,"><script src="/sdk.js"></script></html>'

export interface Tab {
  page: Page
  id: string
}

/** What a coordinator in a tab is made with; everything that can cross into a page. */
interface PeerOptions {
  bootstrap?: string[]
  peerId?: string
  webrtc?: boolean
  heartbeatInterval?: number
  limits?: Partial<SDK.Limits>
  /** The clock can be put forward, by `window.aheadMs`. */
  ownClock?: boolean
  /** The file of the worker that proof of work is done in, `/pow-worker.js`. */
  powWorker?: string
  /** No server: the tabs of this browser that have the same name. */
  tabsNamed?: string
}

export interface TabOptions extends PeerOptions {
  context?: BrowserContext
}

interface Fixtures {
  pageUrl: string
  complaints: Complaints
  relay: Relay
  relayWith: (options?: RelayOptions) => Promise<Relay>
  /** A way to a relay that a test can disturb. */
  lineTo: (relay: Relay, options?: Parameters<typeof openLine>[1]) => Promise<Line>
  openTab: (options?: TabOptions) => Promise<Tab>
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  pageUrl: async ({}, use) => {
    const scripts = new Map<string | undefined, Buffer>([
      ['/sdk.js', await readFile(dist('lotus-p2p-all.global.js'))],
      ['/pow-worker.js', await readFile(dist('pow-worker.js'))],
    ])
    const server = createServer((request, response) => {
      const script = scripts.get(request.url)
      const isScript = request.url?.endsWith('.js')
      response.writeHead(isScript && script === undefined ? 404 : 200, {
        'Content-Type': isScript ? 'text/javascript' : 'text/html',
        'Content-Security-Policy':
          "default-src 'none'; script-src 'self'; connect-src ws://127.0.0.1:* http://127.0.0.1:*; img-src data:",
      })
      response.end(script ?? html)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    server.closeAllConnections()
    server.close()
  },
  /** Of every tab; none is allowed, but the failures that a test expects. */
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  complaints: async ({}, use) => {
    const complaints = new Complaints()
    await use(complaints)
    expect(complaints.unexpected).toEqual([])
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  relayWith: async ({}, use) => {
    const relays: Relay[] = []
    await use(async (options = {}) => {
      const relay = await startRelay({ port: 0, host: '127.0.0.1', allowPrivate: true, ...options })
      relays.push(relay)
      return relay
    })
    await Promise.all(relays.map((relay) => relay.stop()))
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern
  lineTo: async ({}, use) => {
    const lines: Line[] = []
    await use(async (relay, options) => {
      const line = await openLine(relay.url, options)
      lines.push(line)
      return line
    })
    await Promise.all(lines.map((line) => line.close()))
  },
  relay: async ({ relayWith }, use) => use(await relayWith()),
  // The tabs close before what they talk to: whose relay goes away complains.
  openTab: async ({ pageUrl, context, complaints, relay, lineTo: _ }, use) => {
    const pages: Page[] = []
    await use(async (options = {}) => {
      const page = await (options.context ?? context).newPage()
      pages.push(page)
      complaints.watch(page)
      await page.goto(pageUrl)
      const { context: _, ...config } = { bootstrap: [relay.url], ...options }
      return { page, id: await startPeer(page, config) }
    })
    await Promise.all(pages.map((page) => page.close()))
  },
})

export { expect }

/** A coordinator in the tab's window, and what it sees in `window.seen`. */
export function startPeer(page: Page, options: PeerOptions): Promise<string> {
  return page.evaluate(async (options) => {
    const { ownClock, tabsNamed, powWorker, ...config } = options
    const { P2PCoordinator, broadcastChannel, systemClock } = window.LotusP2P
    const seen: Window['seen'] = { messages: [], disconnected: [], changes: [], errors: [], paths: [], statuses: [], work: [] }
    window.seen = seen
    window.aheadMs = 0
    const peer = new P2PCoordinator({
      // All relays of these tests are on this machine.
      allowPrivate: true,
      ...config,
      limits: { reconnectMinMs: 50, reconnectMaxMs: 500, ...config.limits },
      ...(ownClock && { clock: { ...systemClock, now: () => Date.now() + window.aheadMs } }),
      ...(powWorker !== undefined && { proofOfWork: { worker: () => new Worker(powWorker) } }),
      ...(tabsNamed !== undefined && { bootstrap: [], plugins: [broadcastChannel({ name: tabsNamed })] }),
    })
    window.peer = peer
    peer.on('message', (message) => seen.messages.push(message))
    peer.on('disconnected', (from) => seen.disconnected.push(from.peerId))
    peer.on('error', (error) => seen.errors.push(error.code))
    peer.on('path-changed', (to, from) => seen.paths.push(`${from}>${to.connection?.transport}`))
    peer.on('status', (status) => seen.statuses.push(status))
    peer.on('proof-of-work', (event) => seen.work.push(event))
    peer.registerProtocol({
      protocolName: 'e2e',
      handleMessage: async (message) => {
        if (message.type === 'ask') await peer.reply(message, { type: 'answer', payload: message.payload })
      },
    })
    await peer.start()
    return peer.peerId
  }, options)
}

/** Finds the other through the relay, as a wallet does, and connects. */
export async function connect(from: Tab, to: { id: string }): Promise<void> {
  await expect
    .poll(() => from.page.evaluate(async () => (await window.peer.findPeers({ protocol: 'e2e' })).map((peer) => peer.peerId)))
    .toContain(to.id)
  await from.page.evaluate((id) => window.peer.connectToPeer(id), to.id)
}

export const send = (from: Tab, to: string, payload: string) =>
  from.page.evaluate(
    ([to, payload]) => window.peer.sendTo(to!, { type: 'note', payload: payload!, protocol: 'e2e' }),
    [to, payload],
  )

export const received = (tab: Tab) => tab.page.evaluate(() => window.seen.messages.map((message) => message.payload))

/** By what way a tab reaches a peer; undefined where it is not connected. */
export const pathTo = (tab: Tab, peerId: string) =>
  tab.page.evaluate((id) => window.peer.getPeer(id)?.connection?.transport, peerId)
