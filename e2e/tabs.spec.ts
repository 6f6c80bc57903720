import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { encode } from '@msgpack/msgpack'
import { firefox } from '@playwright/test'
import WebSocket from 'ws'
import { type IProtocolHandler, P2PCoordinator } from '../dist/index.js'
import { startRelay, webSocketServer } from '../dist/node.js'
import { browserOptions } from './browsers.js'
import { connect, expect, received, send, test } from './fixtures.js'

test('two tabs find each other and talk by a circuit', async ({ openTab }) => {
  const alice = await openTab({ webrtc: false })
  const bob = await openTab({ webrtc: false })
  await connect(alice, bob)
  expect(await alice.page.evaluate((id) => window.peer.getPeer(id)?.connection?.transport, bob.id)).toBe('circuit')
  await send(alice, bob.id, 'to bob')
  await expect.poll(() => received(bob)).toEqual(['to bob'])
  await send(bob, alice.id, 'to alice')
  await expect.poll(() => received(alice)).toEqual(['to alice'])
  const equal = await alice.page.evaluate(async (id) => {
    const bytes = new Uint8Array(1_000_000).map((_, i) => (i * 31 + (i >> 8)) & 255)
    const answer = await window.peer.request<Uint8Array>(id, { type: 'ask', payload: bytes, protocol: 'e2e' })
    return answer.payload.length === bytes.length && answer.payload.every((byte, i) => byte === bytes[i])
  }, bob.id)
  expect(equal).toBe(true)
})

test('the relay of a circuit never holds what the tabs say', { tag: ['@chromium', '@long'] }, async ({ openTab, relay }) => {
  // Everything that the relay decrypts on its own channels goes to one of its handlers, the frames of circuits included.
  const held: Buffer[] = []
  const handlers = handlersOf(relay.coordinator)
  expect(handlers.map(({ protocolName }) => protocolName)).toContain('lotus/circuit-hop')
  for (const handler of handlers) {
    const handleMessage = handler.handleMessage.bind(handler)
    handler.handleMessage = (message, from) => {
      held.push(Buffer.from(encode(message)))
      return handleMessage(message, from)
    }
  }
  const alice = await openTab({ webrtc: false })
  const bob = await openTab({ webrtc: false })
  await connect(alice, bob)
  const secret = 'a secret between tabs '.repeat(2_000)
  await send(alice, bob.id, secret)
  await expect.poll(() => received(bob)).toEqual([secret])
  const all = Buffer.concat(held)
  expect(all.length).toBeGreaterThan(secret.length)
  expect(all.includes('a secret between tabs')).toBe(false)
})

test('a tab and a listening Node peer talk both ways', async ({ openTab, complaints }) => {
  const node = new P2PCoordinator({ listen: [webSocketServer({ port: 0, host: '127.0.0.1' })] })
  try {
    await node.start()
    // It goes before the tab does.
    complaints.expectFailures(node.addresses[0]!)
    const got: unknown[] = []
    node.on('message', (message) => got.push(message.payload))
    const tab = await openTab({ bootstrap: [node.addresses[0]!] })
    await send(tab, node.peerId, 'to node')
    await expect.poll(() => got).toEqual(['to node'])
    const answer = await node.request(tab.id, { type: 'ask', payload: 7, protocol: 'e2e' })
    expect(answer.payload).toBe(7)
  } finally {
    await node.shutdown()
  }
})

test('a tab and a Node script talk through the relay', { tag: '@long' }, async ({ openTab, relay }) => {
  const node = new P2PCoordinator({ bootstrap: [relay.url] })
  try {
    const tab = await openTab()
    await node.start()
    await node.connectToPeer(tab.id)
    expect(node.getPeer(tab.id)?.connection?.transport).toBe('circuit')
    expect((await node.request(tab.id, { type: 'ask', payload: 'hi', protocol: 'e2e' })).payload).toBe('hi')
  } finally {
    await node.shutdown()
  }
})

test('of three tabs that broadcast, each gets each message once', { tag: '@chromium' }, async ({ openTab }) => {
  const tabs = [await openTab(), await openTab(), await openTab()]
  await connect(tabs[0]!, tabs[1]!)
  await connect(tabs[0]!, tabs[2]!)
  await connect(tabs[1]!, tabs[2]!)
  for (const tab of tabs) {
    await tab.page.evaluate((id) => window.peer.broadcast({ type: 'note', payload: id, protocol: 'e2e' }), tab.id)
  }
  for (const tab of tabs) {
    const others = tabs.filter((other) => other !== tab)
    await expect.poll(async () => (await received(tab)).sort()).toEqual(others.map((other) => other.id).sort())
  }
})

test('a tab that closes is disconnected at the other', { tag: '@long' }, async ({ openTab }) => {
  // By circuits: whether the tabs have changed to WebRTC by then is a matter of milliseconds.
  const alice = await openTab({ webrtc: false })
  const bob = await openTab({ webrtc: false })
  await connect(alice, bob)
  await bob.page.close()
  await expect.poll(() => alice.page.evaluate(() => window.seen.disconnected)).toEqual([bob.id])
})

test('resources are discovered, watched and withdrawn between tabs', async ({ openTab }) => {
  const alice = await openTab()
  const bob = await openTab()
  await bob.page.evaluate(() => {
    window.peer.watchResources('offer', {}, (resource, change) => window.seen.changes.push(`${change} ${resource.resourceId}`))
  })
  await alice.page.evaluate(() => window.peer.announceResource('offer', 'one', { give: 5 }))
  await expect.poll(() => bob.page.evaluate(() => window.seen.changes.length)).toBe(1)
  const found = await bob.page.evaluate(async () => (await window.peer.discoverResources('offer'))[0])
  expect(found).toMatchObject({ resourceId: 'one', creatorPeerId: alice.id, data: { give: 5 } })
  await alice.page.evaluate(() => window.peer.withdrawResource('offer', 'one'))
  await expect.poll(() => bob.page.evaluate(() => window.seen.changes.length)).toBe(2)
  expect(await bob.page.evaluate(() => window.peer.getResource('offer', 'one'))).toBe(null)
})

test('tabs come back to a relay that restarts, with their announcements and watches', { tag: '@long' }, async ({
  openTab,
  relay,
  complaints,
}) => {
  complaints.expectFailures(relay.url)
  const alice = await openTab()
  const bob = await openTab()
  await alice.page.evaluate(() => window.peer.announceResource('offer', 'kept', 1))
  await bob.page.evaluate(() => {
    window.peer.watchResources('offer', {}, (resource) => window.seen.changes.push(resource.resourceId))
  })
  await expect.poll(() => bob.page.evaluate(() => window.seen.changes)).toEqual(['kept'])
  const port = Number(new URL(relay.url).port)
  await relay.stop()
  const again = await startRelay({ port, host: '127.0.0.1' })
  try {
    await expect.poll(() => again.coordinator.getConnectedPeers().length).toBe(2)
    const reader = await openTab()
    await expect.poll(() => reader.page.evaluate(async () => (await window.peer.discoverResources('offer')).length)).toBe(1)
    await alice.page.evaluate(() => window.peer.announceResource('offer', 'new', 2))
    await expect.poll(() => bob.page.evaluate(() => window.seen.changes)).toContain('new')
  } finally {
    await again.stop()
  }
})

test('an impostor with a pinned name is refused, and the named tab is undisturbed', { tag: '@chromium' }, async ({
  openTab,
  relay,
}) => {
  const alice = await openTab({ peerId: 'alice' })
  const bob = await openTab()
  await connect(bob, alice)
  const impostor = new P2PCoordinator({ peerId: 'alice' })
  impostor.on('error', () => undefined)
  try {
    // A relay pins no names; the peers that rely on one do.
    await impostor.connectToPeer(relay.url)
    const refusal = await impostor.connectToPeer(bob.id).catch((error: unknown) => String(error) + JSON.stringify(error))
    expect(refusal).toContain('NAME_TAKEN')
  } finally {
    await impostor.shutdown()
  }
  await send(bob, 'alice', 'still you')
  await expect.poll(() => received(alice)).toEqual(['still you'])
  expect(await alice.page.evaluate(() => window.seen.disconnected)).toEqual([])
})

test('hostile bytes at the relay end their own socket only', { tag: '@chromium' }, async ({ openTab, relay }) => {
  const alice = await openTab()
  const bob = await openTab()
  await connect(alice, bob)
  for (const bytes of ['text', new Uint8Array(0), new Uint8Array([0xff, 1, 2]), new Uint8Array(60_000).fill(1)]) {
    const socket = new WebSocket(relay.url)
    socket.on('error', () => undefined)
    const closed = once(socket, 'close')
    await once(socket, 'open')
    socket.send(bytes)
    await closed
  }
  const raw = connectTcp(Number(new URL(relay.url).port), '127.0.0.1')
  raw.on('error', () => undefined).resume()
  const ended = once(raw, 'close')
  raw.write('\x00\xffnot http\r\n\r\n')
  await ended
  await send(alice, bob.id, 'undisturbed')
  await expect.poll(() => received(bob)).toEqual(['undisturbed'])
  expect(await alice.page.evaluate(() => window.seen.disconnected)).toEqual([])
})

test('a handshake that never comes is closed', { tag: '@chromium' }, async ({ relayWith }) => {
  const relay = await relayWith({ limits: { handshakeTimeoutMs: 200 } })
  const socket = new WebSocket(relay.url)
  await once(socket, 'close')
  expect(relay.coordinator.getConnectedPeers()).toEqual([])
})

test('a stored identity survives a reload and cannot be exported', async ({ page, pageUrl }) => {
  const read = () =>
    page.evaluate(async () => {
      const { storedIdentity, encodePeerId } = window.LotusP2P
      const identity = await storedIdentity({ name: 'e2e' })
      return encodePeerId(identity.publicKey)
    })
  await page.goto(pageUrl)
  const before = await read()
  await page.reload()
  expect(await read()).toBe(before)
  const extractable = await page.evaluate(async () => {
    const keys: boolean[] = []
    const look = (value: unknown): void => {
      if (value instanceof CryptoKey) {
        if (value.type === 'private') keys.push(value.extractable)
      } else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) look(part)
    }
    for (const { name } of await indexedDB.databases()) {
      const open = indexedDB.open(name!)
      const db = await new Promise<IDBDatabase>((resolve) => (open.onsuccess = () => resolve(open.result)))
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store).getAll()
        await new Promise((resolve) => (all.onsuccess = resolve))
        look(all.result)
      }
      db.close()
    }
    return keys
  })
  expect(extractable).toEqual([false])
})

test('a Chromium tab and a Firefox tab talk through the relay', { tag: ['@chromium', '@long'] }, async ({ openTab }) => {
  const other = await firefox.launch(browserOptions.firefox)
  try {
    const chrome = await openTab()
    const fox = await openTab({ context: await other.newContext() })
    await connect(chrome, fox)
    await send(chrome, fox.id, 'to firefox')
    await expect.poll(() => received(fox)).toEqual(['to firefox'])
    await send(fox, chrome.id, 'to chromium')
    await expect.poll(() => received(chrome)).toEqual(['to chromium'])
  } finally {
    await other.close()
  }
})

/** The protocol handlers of a coordinator, wherever it keeps them. */
function handlersOf(coordinator: object): IProtocolHandler[] {
  const found = new Set<IProtocolHandler>()
  const seen = new Set<unknown>()
  const look = (value: unknown) => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return
    seen.add(value)
    if (value instanceof Map || value instanceof Set) for (const each of value.values()) look(each)
    const { protocolName, handleMessage } = value as Partial<IProtocolHandler>
    if (typeof protocolName === 'string' && typeof handleMessage === 'function') found.add(value as IProtocolHandler)
    for (const each of Object.values(value)) look(each)
  }
  look(coordinator)
  return [...found]
}
