import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { startRelay } from '../../src/node/relay.js'
import { type WebSocketServerOptions, webSocketServer } from '../../src/node/web-socket-server.js'
import { http } from '../../src/plugins/http/http.js'
import { record } from '../circuit/test-network.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'
import { bufferingProxy, type ProxyRules } from './http-proxy.js'
import { requests } from './requests.js'

const INVALID = [
  'http://',
  'http://host:99999',
  'ws://127.0.0.1',
  'https://a b',
  'http://user:secret@127.0.0.1',
  'http://127.0.0.1/#x',
  'http://[::1',
  '',
]
const TRAITS = { unreachable: ['http://127.0.0.1:1', 'PEER_UNREACHABLE'] as [string, 'PEER_UNREACHABLE'], invalid: INVALID }
const FIRST = Uint8Array.of(1, 2, 3)
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function listening(options: WebSocketServerOptions = {}, limits: Partial<Limits> = {}) {
  const listener = webSocketServer({ ...options, limits: { ...limits, ...options.limits } })
  const { accept, next } = acceptor()
  await listener.listen(accept)
  const address = listener.addresses[0]!.replace('ws', 'http')
  return { transport: http({ limits: resolveLimits(limits) }), address, next, stop: () => listener.close() }
}

async function behindProxy(rules: ProxyRules = {}, limits: Partial<Limits> = {}) {
  const direct = await listening({}, { httpFirstByteMs: 150, ...limits })
  const proxy = await bufferingProxy(direct.address, rules)
  const stop = async () => {
    await direct.stop()
    await proxy.stop()
  }
  return { ...direct, address: proxy.address, seen: proxy.seen, stop, stopProxy: () => proxy.stop() }
}

transportCompliance('HTTP', listening, TRAITS)
transportCompliance('HTTP through a proxy that buffers', behindProxy, TRAITS)

const numbered = (i: number, length = 20 + (i % 700)) => {
  const frame = new Uint8Array(length).fill(i)
  new DataView(frame.buffer).setUint32(0, i)
  return frame
}
const numbers = (frames: Uint8Array[]) => frames.map((frame) => new DataView(frame.buffer).getUint32(0))
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

async function open(setup: Awaited<ReturnType<typeof listening>>) {
  cleanUps.push(() => setup.stop())
  const [near, far] = await Promise.all([setup.transport.dial(setup.address, { firstFrame: numbered(0) }), setup.next()])
  return { near, far, atNear: record(near), atFar: record(far) }
}

/** Sends frames both ways in bursts, each once the one before has come; all must come, once, in order. */
async function exchange({ near, far, atNear, atFar }: Awaited<ReturnType<typeof open>>, count: number, burst: number) {
  for (let i = 0; i < count; i++) {
    near.send(numbered(i + 1))
    far.send(numbered(i))
    if (i % burst !== burst - 1) continue
    // One burst is under way while the next one is sent.
    const come = i + 1 - burst
    await Promise.all([atFar.until(({ frames }) => frames.length > come), atNear.until(({ frames }) => frames.length >= come)])
  }
  await Promise.all([atFar.until(({ frames }) => frames.length > count), atNear.until(({ frames }) => frames.length >= count)])
  expect(numbers(atFar.frames)).toEqual(upTo(count + 1))
  expect(numbers(atNear.frames)).toEqual(upTo(count))
  expect(atFar.frames.every(({ length }, i) => length === numbered(i).length)).toBe(true)
  expect([atNear.closes, atFar.closes]).toEqual([[], []])
}

describe('http', () => {
  it.each([
    ['directly, by streams', () => listening()],
    ['through a proxy that buffers, by long polls', () => behindProxy()],
  ])('carries 2,000 frames in order both ways %s', async (_, setup) => {
    await exchange(await open(await setup()), 2_000, 40)
  })

  it('loses and repeats nothing where every third answer is lost after the server has handled its request', async () => {
    let answers = 0
    const setup = await behindProxy({ drop: () => ++answers > 1 && answers % 3 === 0 })
    await exchange(await open(setup), 500, 25)
  })

  it('gives a stream back after some bytes and some time, and loses nothing', async () => {
    await exchange(await open(await listening({}, { httpStreamBytes: 20_000, httpStreamMs: 60 })), 1_000, 10)
  })

  it('keeps the sender bounded: what is streamed is acknowledged while the stream goes on', async () => {
    const pair = await open(await listening())
    await exchange(pair, 30, 1)
    const received = pair.atNear.frames.length
    for (let i = 0; i < 100; i++) pair.far.send(numbered(i, 60_000))
    await pair.atNear.until(({ frames }) => frames.length === received + 100)
    await vi.waitFor(() => expect(pair.far.bufferedAmount).toBe(0), 5_000)
    expect(pair.atFar.drains).toBe(1)
  })

  it('streams where it can, holds no frame back for a proxy that buffers, and remembers no proxy: anybody on the way can buffer', async () => {
    const setup = await behindProxy({}, { httpFirstByteMs: 100 })
    const pair = await open(setup)
    await exchange(pair, 30, 1)
    const streams = () => setup.seen.filter(({ url }) => url.includes('stream=1')).length
    await vi.waitFor(() => expect(streams()).toBe(1))
    await exchange({ ...pair, ...(await open({ ...setup, stop: async () => {} })) }, 30, 1)
    await vi.waitFor(() => expect(streams()).toBe(2))
  })

  it('sends only requests that browsers let through without asking first', async () => {
    const setup = await behindProxy()
    const { near, atNear } = await open(setup)
    near.close()
    await atNear.until(({ closes }) => closes.length === 1)
    await vi.waitFor(() => expect(setup.seen.some(({ url }) => url.includes('close=1'))).toBe(true))
    for (const { method, headers } of setup.seen) {
      expect(['GET', 'POST']).toContain(method)
      if (method === 'POST') expect(headers['content-type']).toBe('text/plain')
      expect(
        Object.keys(headers).filter((name) => name.startsWith('x-') || name === 'cookie' || name === 'authorization'),
      ).toEqual([])
    }
  })

  it('waits with reading while nobody takes the frames', async () => {
    const setup = await listening()
    cleanUps.push(() => setup.stop())
    const [near, far] = await Promise.all([setup.transport.dial(setup.address, { firstFrame: FIRST }), setup.next()])
    record(far)
    const polled = requests(/^GET /)
    for (let i = 0; i < 60; i++) far.send(numbered(i, 60_000))
    await polled
    // What another one of the same two does meanwhile.
    await exchange(await open({ ...setup, stop: async () => {} }), 30, 1)
    expect(far.bufferedAmount).toBeGreaterThan(3_000_000)
    const atNear = record(near)
    await atNear.until(({ frames }) => frames.length === 60)
    expect(numbers(atNear.frames)).toEqual(upTo(60))
  })

  it('ends as CONNECTION_LOST at both ends where the network stays away', async () => {
    const setup = await behindProxy({}, { httpRetryMs: 300, httpSessionMs: 300 })
    const pair = await open({ ...setup, stop: async () => {} })
    await exchange(pair, 10, 1)
    cleanUps.push(() => setup.stop())
    // The proxy goes; the server stays.
    await setup.stopProxy()
    await Promise.all([pair.atNear, pair.atFar].map((sink) => sink.until(({ closes }) => closes.length === 1)))
    expect(pair.atNear.closes).toMatchObject([{ name: 'P2PError', code: 'CONNECTION_LOST' }])
    expect(pair.atFar.closes).toMatchObject([{ name: 'P2PError', code: 'CONNECTION_LOST' }])
  })

  it('goes on where the network comes back in time', async () => {
    let answers = 0
    const setup = await behindProxy({ drop: () => ++answers > 3 && answers < 8 })
    await exchange(await open(setup), 60, 5)
  })
})

/** Something that is no peer, or a hostile one. */
async function server(answer: RequestListener): Promise<string> {
  const made = createServer(answer).listen(0, '127.0.0.1')
  cleanUps.push(async () => {
    made.closeAllConnections()
    await new Promise((resolve) => made.close(resolve))
  })
  await once(made, 'listening')
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`
}

const SESSION = 'a'.repeat(24)
const FRAMES = { 'Content-Type': 'application/octet-stream' }

describe('http to what is no peer', () => {
  it.each([
    ['404', (_, response) => response.writeHead(404).end('no')],
    ['426', (_, response) => response.writeHead(426).end('no')],
    ['503', (_, response) => response.writeHead(503).end('no')],
    ['a page', (_, response) => response.end('<html>Please log in</html>')],
    ['an endless page', (_, response) => void response.write('x'.repeat(10_000))],
    ['a redirection', (_, response) => response.writeHead(302, { Location: '/elsewhere' }).end()],
    ['nothing', (request) => request.socket.destroy()],
  ] as [string, RequestListener][])('fails as PEER_UNREACHABLE at %s', async (_, answer) => {
    const address = await server(answer)
    await expect(http().dial(address, { firstFrame: FIRST })).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
      details: { address },
      message: expect.stringContaining('Check the address'),
    })
  })

  it('fails at a peer whose HTTP endpoint is switched off', async () => {
    const setup = await listening({ http: false })
    cleanUps.push(() => setup.stop())
    await expect(setup.transport.dial(setup.address, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('gives up a server that never answers when told so, and after the time for a dial', async () => {
    const controller = new AbortController()
    const address = await server(() => controller.abort())
    const dial = http().dial(address, { firstFrame: FIRST, signal: controller.signal })
    await expect(dial).rejects.toMatchObject({ code: 'ABORTED' })
    const limits = resolveLimits({ dialTimeoutMs: 50 })
    await expect(http({ limits }).dial(address, { firstFrame: FIRST })).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining('50 ms'),
    })
  })

  it.each([
    ['forgets the session', 404, '{"code":"X"}', 'CONNECTION_LOST'],
    ['refuses with a code, which anybody on the way can give', 409, '{"code":"SHUT_DOWN"}', 'CONNECTION_LOST'],
    ['refuses with rubbish', 400, 'null', 'CONNECTION_LOST'],
  ])('ends typed where the peer %s', async (_, status, body, code) => {
    const address = await server(({ method }, response) => {
      if (method === 'POST') response.end(SESSION)
      else response.writeHead(status).end(body)
    })
    const sink = record(await http().dial(address, { firstFrame: FIRST }))
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ name: 'P2PError', code }])
  })

  it('ends as PROTOCOL_VIOLATION where a control is unknown', async () => {
    const address = await server(({ method }, response) => {
      if (method === 'POST') response.end(SESSION)
      else response.writeHead(200, FRAMES).end(Uint8Array.of(0, 1, 42, 0, 0, 9, 0, 1, 43))
    })
    const sink = record(await http().dial(address, { firstFrame: FIRST }))
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.frames).toEqual([Uint8Array.of(42)])
    expect(sink.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
  })

  it('takes no page of a captive portal for frames, nor for an acknowledgement', async () => {
    let opened = false
    const address = await server((request, response) => {
      request.resume()
      if (opened) response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Please log in</html>')
      else response.end(SESSION)
      opened = true
    })
    const connection = await http({ limits: resolveLimits({ httpRetryMs: 250 }) }).dial(address, { firstFrame: FIRST })
    const sink = record(connection)
    connection.send(Uint8Array.of(1))
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.frames).toEqual([])
    expect(sink.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
  })

  it('does not ask without a pause where polls are answered with nothing at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const timers = vi.spyOn(globalThis, 'setTimeout')
    let polls = 0
    const address = await server(({ method }, response) => {
      if (method === 'POST') response.end(SESSION)
      else response.writeHead(200, FRAMES).end()
      if (method === 'GET') polls++
    })
    const connection = await http().dial(address, { firstFrame: FIRST })
    for (let answered = 1; answered <= 3; answered++) {
      // The pause begins, and nothing is asked before it is over.
      await expect.poll(() => timers.mock.calls.filter(([, ms]) => ms === 500).length).toBe(answered)
      vi.advanceTimersByTime(499)
      expect(polls).toBe(answered)
      vi.advanceTimersByTime(1)
      await expect.poll(() => polls).toBe(answered + 1)
    }
    connection.close()
  })

  it('does not let a page loaded over https use http://, but for this machine', async () => {
    vi.stubGlobal('location', { protocol: 'https:' })
    await expect(http().dial('http://relay.example', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'INSECURE_ADDRESS' })
    await expect(http().dial('http://127.0.0.1:1', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('says so where the platform has no fetch', async () => {
    vi.stubGlobal('fetch', undefined)
    await expect(http().dial('http://h', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' })
  })
})

describe('wallets that have nothing but HTTP', () => {
  it.each(['directly', 'through a proxy that buffers'])('find each other at a relay and talk, %s', async (how) => {
    const relay = await startRelay({ port: 0, host: '127.0.0.1' })
    cleanUps.push(() => relay.stop())
    let address = relay.url.replace('ws', 'http')
    if (how !== 'directly') {
      const proxy = await bufferingProxy(address)
      cleanUps.push(() => proxy.stop())
      address = proxy.address
    }
    const wallets = [0, 1].map(() => new P2PCoordinator())
    for (const wallet of wallets) {
      cleanUps.push(() => wallet.shutdown())
      await wallet.connectToPeer(address)
    }
    const [alice, bob] = wallets as [P2PCoordinator, P2PCoordinator]
    expect(alice.getPeer(relay.peerId)).toMatchObject({ connection: { transport: 'http', outbound: true } })
    bob.registerProtocol({ protocolName: 'chat', handleMessage: async () => {} })
    await alice.connectToPeer(bob.peerId)
    const arrived = new Promise((resolve) => bob.once('message', (message) => resolve(message.payload)))
    await alice.sendTo(bob.peerId, { type: 'hello', payload: { text: 'hi Bob' } })
    expect(await arrived).toEqual({ text: 'hi Bob' })
  })
})
