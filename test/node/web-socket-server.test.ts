import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type WebSocketServerOptions, webSocketServer } from '../../src/node/web-socket-server.js'
import type { Connection, Listener } from '../../src/transport/transport.js'
import { Recorder, record, settle } from '../circuit/test-network.js'
import { draws } from '../seed.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function listening(options: WebSocketServerOptions = {}) {
  const listener = webSocketServer(options)
  cleanUps.push(() => listener.close())
  const accepted: Connection[] = []
  const waiting: ((connection: Connection) => void)[] = []
  await listener.listen((connection) => {
    const next = waiting.shift()
    if (next === undefined) accepted.push(connection)
    else next(connection)
  })
  const next = () => {
    const connection = accepted.shift()
    return connection === undefined ? new Promise<Connection>((resolve) => waiting.push(resolve)) : Promise.resolve(connection)
  }
  return { listener, next, url: listener.addresses[0]!, port: Number(new URL(listener.addresses[0]!).port) }
}

async function client(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false })
  cleanUps.push(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** A raw HTTP exchange: what we write, and all that comes back until the server closes. */
async function raw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  cleanUps.push(() => socket.destroy())
  socket.write(request)
  let answer = ''
  socket.on('data', (data) => {
    answer += data
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  return answer
}

const upgradeRequest = (protocol?: string, path = '/') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`

describe('webSocketServer', () => {
  it('carries binary frames both ways as plain Uint8Arrays', async () => {
    const { url, next } = await listening()
    const socket = await client(url)
    const connection = await next()
    const sink = record(connection)
    socket.send(new Uint8Array([1, 2, 3]))
    socket.send(new Uint8Array(65_535).fill(7))
    await sink.until(({ frames }) => frames.length === 2)
    expect(sink.frames[0]).toEqual(new Uint8Array([1, 2, 3]))
    expect(Buffer.isBuffer(sink.frames[0])).toBe(false)
    expect(sink.frames[1]).toHaveLength(65_535)
    const answer = once(socket, 'message')
    connection.send(new Uint8Array(65_535).fill(9))
    const [data, isBinary] = await answer
    expect(isBinary).toBe(true)
    expect(data).toHaveLength(65_535)
    expect(connection).toMatchObject({ transport: 'websocket', outbound: false, maxFrameBytes: 65_535 })
    expect(connection.remoteAddress).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
  })

  it('takes the first frame from the subprotocol, echoes it, and delivers it before all others', async () => {
    const { url, next } = await listening()
    const first = draws().bytes(1_024)
    const offer = `lotus-p2p.2.${Buffer.from(first).toString('base64url')}`
    const socket = await client(url, [offer])
    expect(socket.protocol).toBe(offer)
    socket.send(new Uint8Array([2]))
    const sink = record(await next())
    await sink.until(({ frames }) => frames.length === 2)
    expect(sink.frames).toEqual([first, new Uint8Array([2])])
  })

  it('serves clients that offer the bare subprotocol, or none', async () => {
    const { url, next } = await listening()
    expect((await client(url, ['lotus-p2p.2'])).protocol).toBe('lotus-p2p.2')
    expect((await client(url)).protocol).toBe('')
    await next()
    await next()
  })

  it.each([
    ['what is not base64url', 'lotus-p2p.2.a+b'],
    ['an unused bit that is set', 'lotus-p2p.2.AB'],
    ['an empty frame', 'lotus-p2p.2.'],
    ['more than 1 kB', `lotus-p2p.2.${Buffer.alloc(1_025).toString('base64url')}`],
    ['another version', 'lotus-p2p.1'],
    ['another version with a first frame', 'lotus-p2p.1.AQID'],
    ['a version that begins like this one', 'lotus-p2p.20'],
    ['one that begins like this one, with a first frame', 'lotus-p2p.20.AQID'],
    ['other letters', 'LOTUS-P2P.2'],
  ])('refuses %s in the upgrade with 400', async (_, protocol) => {
    const { port } = await listening()
    const answer = await raw(port, upgradeRequest(protocol))
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toMatch(/\.\n$/)
  })

  it('closes with 1003 on a text frame and reports PROTOCOL_VIOLATION', async () => {
    const { url, next } = await listening()
    const socket = await client(url)
    const sink = record(await next())
    socket.send('text')
    socket.send(new Uint8Array([1]))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1003)
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
    expect(sink.frames).toEqual([])
  })

  it('ends the socket on a frame above its limit and reports LIMIT_EXCEEDED', async () => {
    const { url, next } = await listening()
    const socket = await client(url)
    const sink = record(await next())
    socket.on('error', () => {})
    socket.send(new Uint8Array(70_000))
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
  })

  it('ends the socket on bytes that are no WebSocket frame', async () => {
    const { port, next } = await listening()
    const socket = connect(port, '127.0.0.1')
    cleanUps.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(upgradeRequest())
    await once(socket, 'data')
    const sink = record(await next())
    socket.write(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff]))
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
  })

  it('refuses to send a frame above the limit', async () => {
    const { url, next } = await listening()
    await client(url)
    const connection = await next()
    expect(() => connection.send(new Uint8Array(65_536))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })

  it('reports an orderly close without error, a torn socket with one, each once', async () => {
    const { url, next } = await listening()
    for (const [end, closes] of [
      [(socket: WebSocket) => socket.close(1000), [undefined]],
      [(socket: WebSocket) => socket.terminate(), [{ code: 'CONNECTION_LOST' }]],
    ] as const) {
      const socket = await client(url)
      const connection = await next()
      const sink = record(connection)
      end(socket)
      await sink.until((recorder) => recorder.closes.length === 1)
      connection.close()
      connection.send(new Uint8Array(1))
      await new Promise(setImmediate)
      expect(sink.closes).toMatchObject(closes)
    }
  })

  it('flushes what was sent before its own close', async () => {
    const { url, next } = await listening()
    const socket = await client(url)
    const received: number[] = []
    socket.on('message', (data: Buffer) => received.push(data.length))
    const connection = await next()
    const sink = record(connection)
    for (let i = 0; i < 20; i++) connection.send(new Uint8Array(50_000))
    connection.close()
    await sink.until(({ closes }) => closes.length === 1)
    expect(received).toHaveLength(20)
    expect(sink.closes).toEqual([undefined])
  })

  it('counts what a slow reader leaves, and tells when it has drained', async () => {
    const { url, next } = await listening({ limits: { sendLowWaterBytes: 10_000 } })
    const socket = await client(url)
    const connection = await next()
    const sink = record(connection)
    socket.pause()
    while (connection.bufferedAmount < 200_000) connection.send(new Uint8Array(60_000))
    expect(sink.drains).toBe(0)
    socket.resume()
    await sink.until(({ drains }) => drains > 0)
    expect(sink.drains).toBe(1)
    expect(connection.bufferedAmount).toBeLessThanOrEqual(10_000)
  })

  it('keeps early frames for a sink that comes late, and stops reading rather than hold much', async () => {
    const { url, next } = await listening()
    const socket = await client(url)
    const connection = await next()
    for (let i = 0; i < 100; i++) socket.send(new Uint8Array(60_000).fill(i))
    await settle()
    const sink = new Recorder()
    connection.attach(sink)
    expect(sink.frames.length).toBeLessThan(10)
    await sink.until(({ frames }) => frames.length === 100)
    expect(sink.frames.every((frame, i) => frame[0] === i)).toBe(true)
  })

  it('says which port is taken and what to do', async () => {
    const { port } = await listening()
    const second = webSocketServer({ port })
    const error = await second.listen(() => {}).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'ADDRESS_IN_USE', details: { port } })
    expect(error.message).toContain(String(port))
    await second.close()
  })

  it('reports a host that is not ours as LISTEN_FAILED, and bad options as INVALID_CONFIG', async () => {
    await expect(webSocketServer({ host: '192.0.2.1' }).listen(() => {})).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    for (const options of [{ port: 65_536 }, { port: -1 }, { port: 1.5 }, { path: 'p2p' }, { limits: { closeGraceMs: 0 } }]) {
      expect(() => webSocketServer(options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    }
  })

  it('lists loopback first where it listens on all interfaces, with the path', async () => {
    const { listener } = await listening({ host: '0.0.0.0', path: '/p2p' })
    expect(listener.addresses[0]).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/p2p$/)
    expect(new Set(listener.addresses).size).toBe(listener.addresses.length)
  })

  it('writes an IPv6 address in brackets', async ({ skip }) => {
    const server = await listening({ host: '::1' }).catch(() => undefined)
    if (server === undefined) return skip('no IPv6 loopback here')
    expect(server.url).toMatch(/^ws:\/\/\[::1\]:\d+$/)
    await client(server.url)
    expect((await server.next()).remoteAddress).toMatch(/^ws:\/\/\[::1\]:\d+$/)
  })

  it('accepts at its path only', async () => {
    const { port, url } = await listening({ path: '/p2p' })
    await client(`${url}?x=1`)
    expect(await raw(port, upgradeRequest(undefined, '/other'))).toMatch(/^HTTP\/1\.1 404 /)
  })

  it('answers plain HTTP with 426, or by the handler given', async () => {
    const plain = await listening()
    expect((await fetch(plain.url.replace('ws', 'http'))).status).toBe(426)
    const own = await listening({ onRequest: (_, response) => response.end('mine') })
    expect(await (await fetch(own.url.replace('ws', 'http'))).text()).toBe('mine')
  })

  it('shares a server and leaves it as it was', async () => {
    const server = createServer((_, response) => response.end('yours'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => server.close())
    const { listener, url, next } = await listening({ server, onRequest: (_, response) => response.end('not this') })
    await client(url)
    await next()
    expect(await (await fetch(url.replace('ws', 'http'))).text()).toBe('yours')
    await listener.close()
    expect(server.listening).toBe(true)
    expect(server.listenerCount('upgrade')).toBe(0)
  })

  it('bounds a request whose headers never end', async () => {
    const { port } = await listening({ limits: { handshakeTimeoutMs: 200 } })
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /)
    expect(await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('survives sockets that break off in the middle of their upgrade', async () => {
    const { port, url } = await listening()
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(upgradeRequest(i % 2 === 0 ? 'bad' : undefined))
      socket.resetAndDestroy()
    }
    await client(url)
  })
})

describe('closing a webSocketServer', () => {
  const refused = (port: number) =>
    new Promise<boolean>((resolve) => {
      const socket: Socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(false)).on('error', () => resolve(true))
    })

  it('ends idle, half-open and silent sockets, tells every sink, and frees the port', async () => {
    const { listener, next, url, port } = await listening({ limits: { closeGraceMs: 100 } })
    const polite = await client(url)
    const sinks = [record(await next())]
    // Reads nothing and answers no close frame.
    const silent = connect(port, '127.0.0.1')
    cleanUps.push(() => silent.destroy())
    silent.on('error', () => {})
    silent.write(upgradeRequest())
    await once(silent, 'data')
    silent.pause()
    sinks.push(record(await next()))
    const halfOpen = connect(port, '127.0.0.1')
    halfOpen.on('error', () => {})
    cleanUps.push(() => halfOpen.destroy())
    await once(halfOpen, 'connect')
    halfOpen.write('GET / HTTP/1.1\r\n')
    const told = once(polite, 'close')
    await listener.close()
    expect(sinks.map(({ closes }) => closes.length)).toEqual([1, 1])
    expect((await told)[0]).toBe(1001)
    expect(await refused(port)).toBe(true)
    expect(listener.addresses).toEqual([])
  })

  it('does nothing the second time, and lets it listen again', async () => {
    const { listener, port } = await listening()
    await Promise.all([listener.close(), listener.close()])
    await listener.close()
    expect(await refused(port)).toBe(true)
    const again: Listener = listener
    await again.listen(() => {})
    expect(again.addresses).toHaveLength(1)
    await expect(again.listen(() => {})).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })
})
