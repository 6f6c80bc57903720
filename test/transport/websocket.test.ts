import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../../src/base/clock.js'
import { resolveLimits } from '../../src/base/limits.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { webSocketServer } from '../../src/node/web-socket-server.js'
import type { DialOptions } from '../../src/transport/transport.js'
import { webSocket } from '../../src/transport/websocket.js'
import { alice } from '../channel/pair.js'
import { record } from '../circuit/test-network.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'

const INVALID = [
  'ws://',
  'ws://host:99999',
  'http://127.0.0.1',
  'wss://a b',
  'ws://user:secret@127.0.0.1',
  'ws://127.0.0.1/#x',
  'wss:',
  'ws://[::1',
  '',
]

async function loopback() {
  const listener = webSocketServer()
  const { accept, next } = acceptor()
  await listener.listen(accept)
  return { transport: webSocket(), address: listener.addresses[0]!, next, stop: () => listener.close() }
}

// Port 1 is reserved, nobody listens there.
transportCompliance('WebSocket', loopback, { unreachable: ['ws://127.0.0.1:1', 'PEER_UNREACHABLE'], invalid: INVALID })

const FIRST = Uint8Array.of(1, 2, 3)
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** A server that does not use the SDK. */
async function rawServer(options: object = {}) {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered: Set<string>) => [...offered][0] ?? false,
    ...options,
  })
  cleanUps.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  await once(server, 'listening')
  const client = once(server, 'connection') as Promise<[WebSocket, { headers: Record<string, string> }]>
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, client }
}

describe('webSocket', () => {
  it('puts the first frame into the upgrade, and asks for no compression', async () => {
    const { url, client } = await rawServer({ perMessageDeflate: true })
    const connection = await webSocket().dial(url, { firstFrame: FIRST })
    const [socket, { headers }] = await client
    expect(headers['sec-websocket-protocol']).toBe('lotus-p2p.2.AQID')
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    expect(socket.extensions).toBe('')
    connection.close()
  })

  it.each([
    ['text', 'hello'],
    ['a frame above the limit', new Uint8Array(65_536)],
  ])('ends typed when the server sends %s, though it never answers the close', async (_, data) => {
    const { url, client } = await rawServer()
    const sink = record(await webSocket().dial(url, { firstFrame: FIRST }))
    const [socket] = await client
    socket.on('error', () => {})
    socket.send(data)
    socket.send(Uint8Array.of(7))
    // Reads nothing more: the close frame stays without an answer.
    socket.pause()
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.frames).toEqual([])
    expect(sink.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
  })

  it('tells a torn connection from an orderly end', async () => {
    for (const [end, expected] of [
      [(socket: WebSocket) => socket.terminate(), { code: 'CONNECTION_LOST' }],
      [(socket: WebSocket) => socket.close(1011), { code: 'CONNECTION_LOST', details: { code: 1011 } }],
      [(socket: WebSocket) => socket.close(1001), undefined],
    ] as const) {
      const { url, client } = await rawServer()
      const sink = record(await webSocket().dial(url, { firstFrame: FIRST }))
      end((await client)[0])
      await sink.until(({ closes }) => closes.length === 1)
      if (expected === undefined) expect(sink.closes).toEqual([undefined])
      else expect(sink.closes).toMatchObject([expected])
    }
  })

  it('fails as PEER_UNREACHABLE where something else answers, with the reason', async () => {
    const http = createServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1')
    cleanUps.push(() => http.close())
    await once(http, 'listening')
    const address = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
    await expect(webSocket().dial(address, { firstFrame: FIRST })).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
      details: { address },
      message: expect.stringMatching(/503.*Check the address/),
    })
    const tcp = createTcpServer((socket) => socket.end('SSH-2.0\r\n')).listen(0, '127.0.0.1')
    cleanUps.push(() => tcp.close())
    await once(tcp, 'listening')
    const dial = webSocket().dial(`ws://127.0.0.1:${(tcp.address() as AddressInfo).port}`, { firstFrame: FIRST })
    await expect(dial).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('refuses a server that does not speak our subprotocol', async () => {
    const { url } = await rawServer({ handleProtocols: () => false })
    await expect(webSocket().dial(url, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('gives up a server that never answers when told so', async () => {
    const silent = createTcpServer(() => {}).listen(0, '127.0.0.1')
    cleanUps.push(() => silent.close())
    await once(silent, 'listening')
    const controller = new AbortController()
    const connection = once(silent, 'connection')
    const dial = webSocket().dial(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}`, {
      firstFrame: FIRST,
      signal: controller.signal,
    })
    const [socket] = await connection
    const gone = once(
      socket.resume().on('error', () => {}),
      'close',
    )
    controller.abort()
    await expect(dial).rejects.toMatchObject({ code: 'ABORTED' })
    await gone
  })

  it('keeps to the limits of whoever dials, unless it was made with its own', async () => {
    const [strict, own] = [resolveLimits({ sendLowWaterBytes: 1_000 }), resolveLimits({})]
    for (const [transport, limits, drains] of [
      [webSocket(), strict, 1],
      [webSocket({ limits: strict }), own, 1],
      [webSocket({ limits: own }), strict, 0],
    ] as const) {
      const { url, client } = await rawServer()
      const connection = await transport.dial(url, { firstFrame: FIRST, limits })
      const sink = record(connection)
      const [peer] = await client
      peer.pause()
      while (connection.bufferedAmount <= 1_000) connection.send(new Uint8Array(50_000))
      peer.resume()
      await sink.until(({ drains: seen }) => seen >= drains)
      connection.close()
      await sink.until(({ closes }) => closes.length === 1)
      expect(sink.drains).toBe(drains)
    }
  })

  it('is told the limits of the channel that dials', async () => {
    const limits = resolveLimits({ closeGraceMs: 7 })
    const dialled: DialOptions[] = []
    const transport = {
      ...webSocket(),
      dial: async (address: string, options: DialOptions) => {
        dialled.push(options)
        return webSocket().dial(address, options)
      },
    }
    const dial = SecureChannel.dial(transport, 'ws://127.0.0.1:1', { limits, clock: systemClock, ...alice })
    await expect(dial).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(dialled.map((options) => options.limits)).toEqual([limits])
  })

  it('does not let a page loaded over https use ws://, but for this machine', async () => {
    vi.stubGlobal('location', { protocol: 'https:' })
    for (const address of [
      'ws://relay.example',
      'ws://10.0.0.1:80',
      'ws://127.0.0.1.evil.example',
      'ws://localhost.evil.example',
    ]) {
      await expect(webSocket().dial(address, { firstFrame: FIRST })).rejects.toMatchObject({
        code: 'INSECURE_ADDRESS',
        details: { address },
        message: expect.stringContaining('wss://'),
      })
    }
    for (const address of ['ws://localhost:1', 'ws://127.0.0.1:1', 'ws://[::1]:1']) {
      await expect(webSocket().dial(address, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    }
    vi.stubGlobal('location', { protocol: 'http:' })
    await expect(webSocket().dial('ws://127.0.0.1:1', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })
})
