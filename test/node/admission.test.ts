import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { P2PCoordinator } from '../../src/coordinator.js'
import { type WebSocketServerOptions, webSocketServer } from '../../src/node/web-socket-server.js'
import type { Connection } from '../../src/transport/transport.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function listening(options: WebSocketServerOptions = {}) {
  // Sessions that a test leaves open hold up the end of their server for so long.
  const listener = webSocketServer({ ...options, limits: { closeGraceMs: 50, ...options.limits } })
  cleanUps.push(() => listener.close())
  const accepted: Connection[] = []
  await listener.listen((connection) => accepted.push(connection))
  const url = listener.addresses[0]!
  return { listener, accepted, url, port: Number(new URL(url).port) }
}

/** Opens a WebSocket; resolves to it, or to the status of the refusal, or 'reset'. */
function open(url: string, headers: Record<string, string> = {}, localAddress?: string) {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false, ...(localAddress && { localAddress }) })
  cleanUps.push(() => socket.terminate())
  return new Promise<WebSocket | number | 'reset'>((resolve) => {
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => resolve('reset'))
  })
}

const isOpen = (answer: unknown) => answer instanceof WebSocket

async function rawSocket(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  cleanUps.push(() => socket.destroy())
  // A refusal may come before we hear that we were connected.
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  return socket
}

const session = (url: string, headers: Record<string, string> = {}) =>
  fetch(`${url.replace('ws', 'http')}/lotus-p2p/2`, { method: 'POST', body: new Uint8Array([1]), headers })

describe('behind a proxy', () => {
  it('is the client whom the trusted proxy names, by WebSocket and by HTTP', async () => {
    const { url, accepted } = await listening({ trustProxy: ['loopback'] })
    await open(url, { 'X-Forwarded-For': '6.6.6.6, 203.0.113.7' })
    await session(url, { 'X-Forwarded-For': '2001:db8::7' })
    expect(accepted.map(({ remoteAddress }) => remoteAddress)).toEqual(['ws://203.0.113.7', 'http://[2001:db8::7]'])
  })

  it('believes nobody by default', async () => {
    const { url, accepted } = await listening()
    await open(url, { 'X-Forwarded-For': '203.0.113.7' })
    expect(accepted[0]?.remoteAddress).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
  })

  it('has caps for each client, not one for all behind the proxy', async () => {
    const { url, listener } = await listening({ trustProxy: ['loopback'], limits: { maxConnectionsPerAddress: 2 } })
    const from = (address: string) => open(url, { 'X-Forwarded-For': address })
    const first = await from('203.0.113.7')
    expect(isOpen(await from('203.0.113.7'))).toBe(true)
    expect(await from('203.0.113.7')).toBe(429)
    expect(isOpen(await from('203.0.113.8'))).toBe(true)
    const byHttp = await session(url, { 'X-Forwarded-For': '203.0.113.7' })
    expect(byHttp.status).toBe(429)
    expect(Number(byHttp.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await byHttp.json()).toMatchObject({ code: 'POOL_FULL' })
    expect(listener.getStats().refused.maxConnectionsPerAddress).toBe(2)
    // Who leaves makes room.
    ;(first as WebSocket).close()
    await once(first as WebSocket, 'close')
    expect(isOpen(await from('203.0.113.7'))).toBe(true)
  })

  it('takes an IPv6 /64 for one client', async () => {
    const { url } = await listening({ trustProxy: true, limits: { maxConnectionsPerAddress: 1 } })
    expect(isOpen(await open(url, { 'X-Forwarded-For': '2001:db8:0:1::1' }))).toBe(true)
    expect(await open(url, { 'X-Forwarded-For': '2001:db8:0:1:ffff::1' })).toBe(429)
    expect(isOpen(await open(url, { 'X-Forwarded-For': '2001:db8:0:2::1' }))).toBe(true)
  })
})

describe('an address at a relay', () => {
  it('has its connections open at once, and gets a place back for each that ends', async () => {
    const { url, listener } = await listening({ capLoopback: true, limits: { maxConnectionsPerAddress: 3 } })
    const sockets = [await open(url), await open(url), await open(url)]
    expect(sockets.every(isOpen)).toBe(true)
    expect(await open(url)).toBe('reset')
    expect(isOpen(await open(url, {}, '127.0.0.2'))).toBe(true)
    ;(sockets[0] as WebSocket).close()
    await once(sockets[0] as WebSocket, 'close')
    await expect.poll(() => listener.getStats().sockets).toBe(3)
    expect(isOpen(await open(url))).toBe(true)
  })

  it('may begin so many at once, and then so many a second', async () => {
    const limits = { connectionBurstPerAddress: 3, connectionsPerAddressPerS: 10 }
    const { port, listener } = await listening({ capLoopback: true, limits })
    const ended: boolean[] = []
    for (let i = 0; i < 6; i++) {
      const socket = await rawSocket(port)
      if (socket.destroyed) ended.push(true)
      else socket.on('close', () => ended.push(true))
    }
    await expect.poll(() => ended.length).toBe(3)
    expect(listener.getStats()).toMatchObject({ halfOpen: 3, refused: { connectionsPerAddressPerS: 3 } })
    await expect
      .poll(async () => {
        const socket = await rawSocket(port)
        return listener.getStats().halfOpen > 3 && !socket.destroyed
      })
      .toBe(true)
  })

  it('has handshakes under way, counted until it has spoken twice', async () => {
    const { url, listener } = await listening({ capLoopback: true, limits: { maxPendingPerAddress: 2 } })
    const first = await open(url)
    expect(isOpen(await open(url))).toBe(true)
    expect(await open(url)).toBe('reset')
    ;(first as WebSocket).send(new Uint8Array([1]))
    ;(first as WebSocket).send(new Uint8Array([2]))
    await expect.poll(async () => isOpen(await open(url))).toBe(true)
    expect(listener.getStats().refused.maxPendingPerAddress).toBeGreaterThan(0)
  })

  it('pays for plain requests too', async () => {
    const { url } = await listening({
      capLoopback: true,
      limits: { connectionBurstPerAddress: 4, connectionsPerAddressPerS: 1 },
      onRequest: (_, response) => response.end('ok'),
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    cleanUps.push(() => agent.destroy())
    const statuses: (number | undefined)[] = []
    for (let i = 0; i < 4; i++) {
      const [response] = (await once(get(url.replace('ws', 'http'), { agent }), 'response')) as [IncomingMessage]
      await once(response.resume(), 'end')
      statuses.push(response.statusCode)
    }
    // The socket took one.
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  it('has no caps on this very machine, where a proxy that is not named may be', async () => {
    const { url } = await listening({
      limits: { maxConnectionsPerAddress: 1, maxPendingPerAddress: 1, connectionBurstPerAddress: 1 },
    })
    for (let i = 0; i < 5; i++) expect(isOpen(await open(url))).toBe(true)
  })
})

describe('pages of other origins', () => {
  const origins = ['https://wallet.example', '*.pages.example']

  it('are refused with 403, at the upgrade and at the HTTP fallback, and may not read the answer', async () => {
    const { url, listener, accepted } = await listening({ origins })
    expect(await open(url, { Origin: 'https://else.example' })).toBe(403)
    const refused = await session(url, { Origin: 'https://else.example' })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    const allowed = await session(url, { Origin: 'https://a.pages.example' })
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://a.pages.example')
    expect(allowed.headers.get('vary')).toBe('Origin')
    expect(isOpen(await open(url, { Origin: 'https://wallet.example' }))).toBe(true)
    expect(isOpen(await open(url))).toBe(true)
    expect(accepted).toHaveLength(3)
    expect(listener.getStats().refused.origin).toBe(2)
  })

  it('and programs without one, where one is required', async () => {
    const { url } = await listening({ origins, requireOrigin: true })
    expect(await open(url)).toBe(403)
    expect(isOpen(await open(url, { Origin: 'https://wallet.example' }))).toBe(true)
  })
})

describe('sockets that say nothing', () => {
  it('are ended within the time of a handshake, those with half a request too', async () => {
    const { port, listener } = await listening({ limits: { handshakeTimeoutMs: 300 } })
    const sockets = [await rawSocket(port), await rawSocket(port)]
    sockets[1]!.write('GET / HTTP/1.1\r\nHost: x\r\n')
    for (const socket of sockets) socket.resume()
    await Promise.all(sockets.map((socket) => once(socket, 'close')))
    await expect.poll(() => listener.getStats()).toMatchObject({ sockets: 0, halfOpen: 0 })
  })

  it('make room for newcomers, the oldest first, and cannot displace who is connected', async () => {
    const { url, port, listener } = await listening({ maxSockets: 5 })
    const connected = (await open(url)) as WebSocket
    const ended: number[] = []
    for (let i = 0; i < 10; i++) {
      const socket = await rawSocket(port)
      socket.on('close', () => ended.push(i))
    }
    expect(isOpen(await open(url))).toBe(true)
    await expect.poll(() => ended.length).toBe(7)
    expect(ended).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(connected.readyState).toBe(WebSocket.OPEN)
    expect(listener.getStats()).toMatchObject({ halfOpenEnded: 7, refused: { maxSockets: 0 } })
  })

  it('do not refuse anybody wrongly: where all are connected the newcomer is', async () => {
    const { url, listener } = await listening({ maxSockets: 2 })
    expect(isOpen(await open(url)) && isOpen(await open(url))).toBe(true)
    expect(await open(url)).toBe('reset')
    expect(listener.getStats().refused.maxSockets).toBe(1)
  })

  it('in their thousands do not keep an honest peer out, as one of them makes room at once', async () => {
    // However long a busy computer takes to accept them, none is ended for its own silence.
    const listener = webSocketServer({ maxSockets: 1_500, limits: { handshakeTimeoutMs: 60_000 } })
    const server = new P2PCoordinator({ listen: [listener] })
    cleanUps.push(() => server.shutdown())
    await server.start()
    const url = listener.addresses[0]!
    const port = Number(new URL(url).port)
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 100 }, () => rawSocket(port)))
    await expect.poll(() => listener.getStats().halfOpenEnded, { timeout: 20_000 }).toBe(500)
    const honest = new P2PCoordinator()
    cleanUps.push(() => honest.shutdown())
    await honest.connectToPeer(url)
    expect(listener.getStats()).toMatchObject({ halfOpenEnded: 501, refused: { maxSockets: 0 } })
  })
})

describe('a flood of upgrades that bring no first frame', () => {
  const HEAD =
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  /** What the server answers, until it ends the connection or says so much. */
  const answerTo = async (port: number, ...pieces: string[]) => {
    const socket = await rawSocket(port)
    let text = ''
    const answered = new Promise<void>((resolve) => {
      socket.on('close', () => resolve())
      socket.on('data', (data) => {
        text += data
        if (text.includes('\r\n\r\n')) resolve()
      })
    })
    for (const piece of pieces) {
      if (socket.writable) socket.write(piece)
      // Each in a segment of its own.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await answered
    return text.split('\r\n', 1)[0]
  }
  /** Until the server has had more of them than it may let in. */
  const flooded = async (options: WebSocketServerOptions = {}) => {
    const made = await listening({ ...options, limits: { bareUpgradesPerS: 2, ...options.limits } })
    const answers = await Promise.all(Array.from({ length: 30 }, () => open(made.url)))
    return { ...made, answers }
  }

  it('is refused, and who brings the first frame is let in', async () => {
    const { answers, url, listener } = await flooded()
    expect(answers.filter(isOpen).length).toBeLessThan(8)
    expect(answers).toContain(503)
    expect(listener.getStats().refused.bareUpgradesPerS).toBeGreaterThan(20)
    const speaking = new WebSocket(url, ['lotus-p2p.2.AQ'], { perMessageDeflate: false })
    cleanUps.push(() => speaking.terminate())
    await once(speaking, 'open')
  })

  it('is reset as long as it goes on, without an answer', async () => {
    const { port, listener } = await flooded()
    const before = listener.getStats().refused.bareUpgradesPerS
    expect(await answerTo(port, `${HEAD}\r\n`)).toBe('')
    expect(listener.getStats().refused.bareUpgradesPerS).toBe(before + 1)
    await expect.poll(() => listener.getStats().halfOpen).toBe(0)
  })

  it.each<[string, string[], string]>([
    [
      'the first frame in pieces',
      [HEAD, 'Sec-WebSocket-Protocol: lotus-', 'p2p.2.AQ\r\n\r\n'],
      'HTTP/1.1 101 Switching Protocols',
    ],
    ['the first frame at once', [`${HEAD}Sec-WebSocket-Protocol: lotus-p2p.2.AQ\r\n\r\n`], 'HTTP/1.1 101 Switching Protocols'],
    ['a plain request', ['GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'], 'HTTP/1.1 426 Upgrade Required'],
    [
      'the opening of a session by HTTP',
      ['POST /lotus-p2p/2 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\n', '\x01'],
      'HTTP/1.1 200 OK',
    ],
  ])('leaves %s to the server', async (_, pieces, answer) => {
    const { port } = await flooded()
    expect(await answerTo(port, ...pieces)).toBe(answer)
  })

  it('gives whoever says nothing no more time than before, and survives who is gone at once', async () => {
    const { port, listener, answers } = await flooded({ limits: { handshakeTimeoutMs: 400 } })
    const [silent, gone, half] = [await rawSocket(port), await rawSocket(port), await rawSocket(port)]
    gone.resetAndDestroy()
    half.end()
    for (const socket of [silent, half]) socket.resume()
    await Promise.all([silent, half].map((socket) => socket.destroyed || once(socket, 'close')))
    for (const answer of answers) if (answer instanceof WebSocket) answer.terminate()
    await expect.poll(() => listener.getStats()).toMatchObject({ sockets: 0, halfOpen: 0 })
  })
})
