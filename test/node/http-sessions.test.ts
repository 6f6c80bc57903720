import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Limits } from '../../src/base/limits.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { startRelay } from '../../src/node/relay.js'
import { type WebSocketServerOptions, webSocketServer } from '../../src/node/web-socket-server.js'
import { http } from '../../src/plugins/http/http.js'
import { encodeFrames } from '../../src/plugins/http/http-frames.js'
import type { Connection } from '../../src/transport/transport.js'
import { record } from '../circuit/test-network.js'
import { acceptor } from '../compliance/transport.js'
import { requests } from '../transport/requests.js'

const FIRST = Uint8Array.of(1, 2, 3)
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Timers of the SDK fire when a test says so. Sockets are real, and Node's own timers too. */
const holdTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })

async function listening(limits: Partial<Limits> = {}, options: WebSocketServerOptions = {}) {
  // Sessions that a test leaves open hold up the end of their server for so long.
  const listener = webSocketServer({ ...options, limits: { closeGraceMs: 50, ...limits } })
  const { accept, next } = acceptor()
  const accepted: Connection[] = []
  await listener.listen((connection) => {
    accepted.push(connection)
    accept(connection)
  })
  cleanUps.push(() => listener.close())
  const base = listener.addresses[0]!.replace('ws', 'http')
  return { listener, base, endpoint: `${base}/lotus-p2p/2`, port: Number(new URL(base).port), next, accepted }
}

type Setup = Awaited<ReturnType<typeof listening>>

const post = (url: string, body: Uint8Array = new Uint8Array()) =>
  fetch(url, { method: 'POST', body: body as Uint8Array<ArrayBuffer>, headers: { 'Content-Type': 'text/plain' } })

/** A session held by hand. */
async function session({ endpoint, next }: Pick<Setup, 'endpoint' | 'next'>) {
  const opened = await post(endpoint, FIRST)
  expect(opened.status).toBe(200)
  const id = await opened.text()
  const far = await next()
  return { id, url: `${endpoint}/${id}`, far, sink: record(far) }
}

/** An honest client that talks during an attack: it must notice nothing. */
async function honest({ base, next }: Pick<Setup, 'base' | 'next'>) {
  const [near, far] = await Promise.all([http().dial(base, { firstFrame: FIRST }), next()])
  const [atNear, atFar] = [record(near), record(far)]
  let sent = 0
  return {
    async works() {
      near.send(Uint8Array.of(++sent))
      far.send(Uint8Array.of(sent))
      await atFar.until(({ frames }) => frames.length === sent + 1)
      await atNear.until(({ frames }) => frames.length === sent)
      expect([atNear.closes, atFar.closes]).toEqual([[], []])
    },
  }
}

/** Some turns of the event loop: what sockets have, they tell. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

const code = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const END = [0, 0, 1]

function rawSocket(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  cleanUps.push(() => socket.destroy())
  return socket
}

/** Sends a request as it is; everything that comes back until the socket closes. */
async function raw(port: number, request: string | Uint8Array): Promise<string> {
  const socket = rawSocket(port)
  let text = ''
  socket.on('data', (data) => {
    text += data.toString('latin1')
  })
  socket.write(request)
  await once(socket, 'close')
  return text
}

const half = (path: string, length: number, body = '') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${body}`

describe('an HTTP session', () => {
  it('has an id that nobody guesses, and headers that let any page read and nobody keep its answers', async () => {
    const { endpoint } = await listening()
    const ids = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const response = await post(endpoint, FIRST)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('cache-control')).toContain('no-store')
      ids.add(await response.text())
    }
    expect(ids.size).toBe(20)
    for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/)
  })

  it('takes a repeated upload once, and says how many frames it has', async () => {
    const { url, sink } = await session(await listening())
    const body = encodeFrames([Uint8Array.of(10), Uint8Array.of(11, 11)])
    for (let i = 0; i < 3; i++) expect(await (await post(`${url}?n=1`, body)).text()).toBe('3')
    expect(await (await post(`${url}?n=2`, encodeFrames([Uint8Array.of(99), Uint8Array.of(12)]))).text()).toBe('4')
    expect(sink.frames).toEqual([FIRST, Uint8Array.of(10), Uint8Array.of(11, 11), Uint8Array.of(12)])
  })

  it('gives frames again until they are acknowledged, by a poll or an upload', async () => {
    const { url, far } = await session(await listening())
    far.send(Uint8Array.of(5))
    far.send(Uint8Array.of(6))
    for (let i = 0; i < 2; i++) {
      expect(await bytesOf(await fetch(`${url}?after=0`))).toEqual(encodeFrames([Uint8Array.of(5), Uint8Array.of(6)]))
    }
    expect(await bytesOf(await fetch(`${url}?after=1`))).toEqual(encodeFrames([Uint8Array.of(6)]))
    expect(far.bufferedAmount).toBe(1)
    await post(`${url}?n=1&after=2`)
    expect(far.bufferedAmount).toBe(0)
    expect(await code(await fetch(`${url}?after=0`))).toEqual([409, 'PROTOCOL_VIOLATION'])
  })

  it('answers a poll with nothing after its time, and the older of two at once', async () => {
    holdTimers()
    const { url, far } = await session(await listening({ httpPollMs: 150 }))
    const polling = async (after: number) => {
      const begun = requests(/^GET /)
      const answer = fetch(`${url}?after=${after}`).then(bytesOf)
      await begun
      return { answer }
    }
    const older = await polling(0)
    const newer = await polling(0)
    expect(await older.answer).toEqual(new Uint8Array())
    far.send(Uint8Array.of(7))
    expect(await newer.answer).toEqual(encodeFrames([Uint8Array.of(7)]))
    let answered = false
    const last = (await polling(1)).answer.then((bytes) => {
      answered = true
      return bytes
    })
    vi.advanceTimersByTime(149)
    await turns()
    expect(answered).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await last).toEqual(new Uint8Array())
  })

  it('begins a stream at once, shows that it lives, and writes frames as they come', async () => {
    const { url, far } = await session(await listening({ httpPollMs: 100 }))
    const response = await fetch(`${url}?after=0&stream=1`)
    const reader = response.body!.getReader()
    expect((await reader.read()).value).toEqual(Uint8Array.of(0, 0, 0))
    far.send(Uint8Array.of(7))
    expect((await reader.read()).value).toEqual(Uint8Array.of(0, 1, 7))
    expect((await reader.read()).value).toEqual(Uint8Array.of(0, 0, 0))
    far.close()
    expect((await reader.read()).value).toEqual(Uint8Array.from(END))
    expect((await reader.read()).done).toBe(true)
  })

  it('tells its end with the last frames, again if asked, until the peer has closed too', async () => {
    const { url, far, sink } = await session(await listening())
    far.send(Uint8Array.of(7))
    far.close()
    for (let i = 0; i < 2; i++) {
      expect([...(await bytesOf(await fetch(`${url}?after=0`)))]).toEqual([0, 1, 7, ...END])
    }
    await sink.until(({ closes }) => closes.length === 1)
    expect((await post(`${url}?n=1&close=1`)).status).toBe(200)
    expect((await fetch(`${url}?after=0`)).status).toBe(404)
    expect(sink.closes).toEqual([undefined])
  })

  it('ends with the last frames of a peer that closes, and answers its poll', async () => {
    const { url, sink } = await session(await listening())
    const poll = fetch(`${url}?after=0`)
    expect((await post(`${url}?n=1&close=1`, encodeFrames([Uint8Array.of(8)]))).status).toBe(200)
    expect(sink.frames).toEqual([FIRST, Uint8Array.of(8)])
    expect(sink.closes).toEqual([undefined])
    await (await poll).arrayBuffer()
    expect(await code(await fetch(`${url}?after=0`))).toEqual([404, 'CONNECTION_LOST'])
  })

  it('ends as CONNECTION_LOST when nobody polls any more, or ever', async () => {
    const server = await listening({ httpSessionMs: 100, httpPollMs: 50, handshakeTimeoutMs: 150 })
    const { sink, url } = await session(server)
    const never = await session(server)
    await (await fetch(`${url}?after=0`)).arrayBuffer()
    await Promise.all([sink, never.sink].map((each) => each.until(({ closes }) => closes.length === 1)))
    expect(sink.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    expect(never.sink.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    expect((await fetch(`${url}?after=0`)).status).toBe(404)
  })
})

describe('the HTTP endpoint and hostile peers', () => {
  it('answers what is no session, no method and no number with the status and code for it', async () => {
    const server = await listening()
    const { url, far } = await session(server)
    const friend = await honest(server)
    const { endpoint } = server
    const unknown = `${endpoint}/${'a'.repeat(24)}`
    expect(await code(await fetch(`${unknown}?after=0`))).toEqual([404, 'CONNECTION_LOST'])
    expect(await code(await post(`${unknown}?n=1`, FIRST))).toEqual([404, 'CONNECTION_LOST'])
    expect(await code(await fetch(`${endpoint}/?after=0`))).toEqual([404, 'CONNECTION_LOST'])
    expect(await code(await fetch(`${endpoint}/__proto__?after=0`))).toEqual([404, 'CONNECTION_LOST'])
    expect(await code(await fetch(endpoint))).toEqual([405, 'PROTOCOL_VIOLATION'])
    expect(await code(await fetch(url, { method: 'PUT', body: 'x' }))).toEqual([405, 'PROTOCOL_VIOLATION'])
    expect((await fetch(url, { method: 'DELETE' })).headers.get('allow')).toBe('GET, POST, OPTIONS')
    expect(await code(await post(endpoint))).toEqual([400, 'PROTOCOL_VIOLATION'])
    for (const after of ['', '?after=', '?after=-1', '?after=1e3', '?after=01', '?after=9999999999999999']) {
      expect(await code(await fetch(`${url}${after}`))).toEqual([400, 'PROTOCOL_VIOLATION'])
    }
    expect(await code(await post(url, FIRST))).toEqual([400, 'PROTOCOL_VIOLATION'])
    const preflight = await fetch(url, { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, 'GET, POST, OPTIONS'])
    // None of it has disturbed the session.
    far.send(Uint8Array.of(1))
    expect(await bytesOf(await fetch(`${url}?after=0`))).toEqual(Uint8Array.of(0, 1, 1))
    await friend.works()
  })

  it.each([
    ['a gap in the numbers', '?n=2', encodeFrames([FIRST]), 409, 'PROTOCOL_VIOLATION'],
    ['an acknowledgement of frames never sent', '?n=1&after=1', new Uint8Array(), 409, 'PROTOCOL_VIOLATION'],
    ['half a frame', '?n=1', Uint8Array.of(0, 5, 1), 400, 'PROTOCOL_VIOLATION'],
    ['a frame without bytes', '?n=1', Uint8Array.of(0, 0, 0), 400, 'PROTOCOL_VIOLATION'],
  ])('ends the session of a peer that uploads %s, and no other', async (_, query, body, status, expected) => {
    const server = await listening()
    const friend = await honest(server)
    const { url, sink } = await session(server)
    expect(await code(await post(`${url}${query}`, body))).toEqual([status, expected])
    expect(sink.closes).toMatchObject([{ code: expected }])
    expect((await fetch(`${url}?after=0`)).status).toBe(404)
    await friend.works()
  })

  it('ends the session of a peer that polls beyond what was sent', async () => {
    const { url, sink } = await session(await listening())
    expect(await code(await fetch(`${url}?after=7`))).toEqual([409, 'PROTOCOL_VIOLATION'])
    expect(sink.closes).toMatchObject([{ code: 'PROTOCOL_VIOLATION' }])
  })

  it('refuses bodies that are too large, by their length or by what comes', async () => {
    const server = await listening()
    const announced = await session(server)
    const { id, sink } = await session(server)
    const friend = await honest(server)
    const { port } = server
    expect(await raw(port, half('/lotus-p2p/2', 65_536))).toMatch(/^HTTP\/1\.1 413 .*"LIMIT_EXCEEDED"/s)
    expect(await raw(port, half(`/lotus-p2p/2/${announced.id}?n=1`, 262_145))).toMatch(/^HTTP\/1\.1 413 .*"LIMIT_EXCEEDED"/s)
    expect(announced.sink.closes).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
    expect(sink.closes).toEqual([])
    const chunked = (path: string, body: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`
    expect(await raw(port, chunked('/lotus-p2p/2', 'x'.repeat(65_536)))).toMatch(/^HTTP\/1\.1 413 /)
    expect(await raw(port, chunked(`/lotus-p2p/2/${id}?n=1`, '\0\x01x'.repeat(90_000)))).toMatch(/^HTTP\/1\.1 413 /)
    expect(sink.closes).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
    await friend.works()
  })

  it('gives up half-open uploads after their time, and keeps the frames that came whole', async () => {
    holdTimers()
    const server = await listening({ httpUploadMs: 150 })
    const friend = await honest(server)
    const { id, url, sink } = await session(server)
    const begun = requests(/^POST /, 2)
    let ended = 0
    const ends = [half('/lotus-p2p/2', 50, 'abc'), half(`/lotus-p2p/2/${id}?n=1`, 50, '\0\x01a\0\x02b')].map(async (request) => {
      await raw(server.port, request)
      ended++
    })
    await begun
    vi.advanceTimersByTime(149)
    await friend.works()
    expect(ended).toBe(0)
    vi.advanceTimersByTime(1)
    await Promise.all(ends)
    vi.useRealTimers()
    expect(sink.frames).toEqual([FIRST, Uint8Array.of(97)])
    expect(await (await post(`${url}?n=1`, encodeFrames([Uint8Array.of(97), Uint8Array.of(98)]))).text()).toBe('3')
    expect(sink.frames).toEqual([FIRST, Uint8Array.of(97), Uint8Array.of(98)])
    expect(server.accepted).toHaveLength(2)
  })

  it('lets a new upload replace one that hangs', async () => {
    const server = await listening()
    const { id, url, sink } = await session(server)
    const hanging = raw(server.port, half(`/lotus-p2p/2/${id}?n=1`, 50, '\0\x01a\0\x02b'))
    await sink.until(({ frames }) => frames.length === 2)
    expect(await (await post(`${url}?n=1`, encodeFrames([Uint8Array.of(97), Uint8Array.of(98)]))).text()).toBe('3')
    expect(await hanging).toBe('')
  })

  it('lets many half-open openings keep nobody out', async () => {
    const server = await listening({ maxPendingHandshakes: 4 })
    const friend = await honest(server)
    for (let i = 0; i < 30; i++) rawSocket(server.port).write(half('/lotus-p2p/2', 50, 'abc'))
    await friend.works()
    await (await honest(server)).works()
    expect(server.accepted).toHaveLength(2)
  })

  it('gives up a long poll whose peer has gone, and one whose peer reads nothing', async () => {
    const server = await listening({ httpSessionMs: 200, httpPollMs: 300, httpUploadMs: 100 })
    const friend = await honest(server)
    const gone = await session(server)
    const socket = rawSocket(server.port)
    const polled = requests(new RegExp(`^GET .*${gone.id}`))
    socket.write(`GET /lotus-p2p/2/${gone.id}?after=0 HTTP/1.1\r\nHost: x\r\n\r\n`)
    await polled
    socket.destroy()
    const deaf = await session(server)
    const deafSocket = rawSocket(server.port)
    deafSocket.pause()
    deafSocket.write(`GET /lotus-p2p/2/${deaf.id}?after=0&stream=1 HTTP/1.1\r\nHost: x\r\n\r\n`)
    for (let i = 0; i < 200; i++) deaf.far.send(new Uint8Array(60_000))
    await gone.sink.until(({ closes }) => closes.length === 1)
    expect(gone.sink.closes).toMatchObject([{ code: 'CONNECTION_LOST' }])
    await friend.works()
    deaf.far.close()
    await deaf.sink.until(({ closes }) => closes.length === 1)
  })

  it('holds no more of an upload than a little for a sink that is not there', async () => {
    const server = await listening()
    const { endpoint, next } = server
    const friend = await honest(server)
    const id = await (await post(endpoint, FIRST)).text()
    const far = await next()
    const body = encodeFrames(Array.from({ length: 4 }, (_, i) => new Uint8Array(60_000).fill(i)))
    let answered = false
    const upload = post(`${endpoint}/${id}?n=1`, body).then((response) => {
      answered = true
      return response.text()
    })
    for (let i = 0; i < 20; i++) await friend.works()
    expect(answered).toBe(false)
    const sink = record(far)
    expect(await upload).toBe('5')
    expect(sink.frames.map(({ length }) => length)).toEqual([3, 60_000, 60_000, 60_000, 60_000])
  })

  it('bounds a flood of openings: those that never poll make room, those in use stay', async () => {
    const server = await listening({ httpMaxSessions: 5 })
    const friend = await honest(server)
    await friend.works()
    const flood = []
    for (let i = 0; i < 40; i++) flood.push(await (await post(server.endpoint, FIRST)).text())
    await friend.works()
    const statuses = await Promise.all(
      flood.slice(0, 30).map(async (id) => (await fetch(`${server.endpoint}/${id}?after=0`)).status),
    )
    expect(new Set(statuses)).toEqual(new Set([404]))
    // All in use now: the next one is told to come back.
    const held = requests(new RegExp(`^GET .*(${flood.slice(-4).join('|')})`), 4)
    const polls = flood.slice(-4).map((id) => fetch(`${server.endpoint}/${id}?after=0`).catch(() => {}))
    await held
    const refused = await post(server.endpoint, FIRST)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await code(refused)).toEqual([503, 'POOL_FULL'])
    await friend.works()
    await server.listener.close()
    await Promise.all(polls)
  })

  it('survives sockets that break off in the middle of anything', async () => {
    const server = await listening()
    const { id } = await session(server)
    const friend = await honest(server)
    const broken = [
      half('/lotus-p2p/2', 50, 'abc'),
      half(`/lotus-p2p/2/${id}?n=1`, 50, '\0\x05a'),
      `GET /lotus-p2p/2/${id}?after=0 HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET /lotus-p2p/2/${id}?after=0&stream=1 HTTP/1.1\r\nHost: x\r\n\r\n`,
      half('/lotus-p2p/2', 3, 'abc'),
    ]
    for (let i = 0; i < 50; i++) {
      const socket = rawSocket(server.port)
      await once(socket, 'connect')
      const begun = requests(/./)
      socket.write(broken[i % broken.length]!)
      if (i % 2 === 0) await begun
      socket.resetAndDestroy()
    }
    await friend.works()
  })
})

describe('webSocketServer with its HTTP endpoint', () => {
  it('serves it below its path, whatever a proxy puts before, and nothing else', async () => {
    const { base, endpoint } = await listening()
    expect((await post(endpoint, FIRST)).status).toBe(200)
    expect((await post(`${base}/some/prefix/lotus-p2p/2`, FIRST)).status).toBe(200)
    for (const path of ['/', '/lotus-p2p/20', '/lotus-p2p', '/lotus-p2p/1']) {
      expect((await post(`${base}${path}`, FIRST)).status).toBe(426)
    }
    const own = await listening({}, { path: '/p2p' })
    expect((await post(`${own.base}/lotus-p2p/2`, FIRST)).status).toBe(200)
    expect((await post(`${own.base.replace('/p2p', '')}/lotus-p2p/2`, FIRST)).status).toBe(426)
  })

  it('shares a server: its own requests only, everything else as before, and puts it back', async () => {
    const server: Server = createServer((_, response) => response.end('yours'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => server.close())
    const { endpoint, base, listener } = await listening({}, { server })
    expect(base).toContain(String((server.address() as AddressInfo).port))
    expect(await (await fetch(base)).text()).toBe('yours')
    expect(await (await post(endpoint, FIRST)).text()).toMatch(/^[\w-]{24}$/)
    await listener.close()
    expect(await (await post(endpoint, FIRST)).text()).toBe('yours')
    expect(server.listenerCount('request')).toBe(1)
    server.closeAllConnections()
  })

  it('tells its sessions when it closes, and leaves none behind', async () => {
    const server = await listening({ closeGraceMs: 200 })
    const [near, far] = await Promise.all([http().dial(server.base, { firstFrame: FIRST }), server.next()])
    const sinks = [record(near), record(far), (await session(server)).sink]
    far.send(Uint8Array.of(1))
    await sinks[0]!.until(({ frames }) => frames.length === 1)
    await server.listener.close()
    await sinks[0]!.until(({ closes }) => closes.length === 1)
    expect(sinks.map(({ closes }) => closes)).toEqual([[undefined], [undefined], [undefined]])
    await server.listener.close()
  })

  it('keeps the routes of a relay, and counts a peer by HTTP like any other', async () => {
    const relay = await startRelay({ port: 0, host: '127.0.0.1' })
    cleanUps.push(() => relay.stop())
    const base = relay.url.replace('ws', 'http')
    const wallet = new P2PCoordinator()
    cleanUps.push(() => wallet.shutdown())
    await wallet.connectToPeer(base)
    expect(await (await fetch(`${base}/healthz`)).text()).toBe('ok\n')
    expect(await (await fetch(`${base}/info`)).json()).toMatchObject({ peers: 1 })
    await wallet.shutdown()
    await vi.waitFor(async () => expect(await (await fetch(`${base}/info`)).json()).toMatchObject({ peers: 0 }))
  })
})
