import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { P2PCoordinator } from '../../src/coordinator.js'
import { startRelay } from '../../src/node/relay.js'
import { webSocketServer } from '../../src/node/web-socket-server.js'
import type { Connection } from '../../src/transport/transport.js'
import { record } from '../circuit/test-network.js'
import { LONG, unlessLong } from '../long.js'
import { RawPeer } from './raw-peer.js'
import { RelayChild } from './relay-child.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function accepting(limits: NonNullable<Parameters<typeof webSocketServer>[0]>['limits']) {
  const listener = webSocketServer({ limits: limits! })
  cleanUps.push(() => listener.close())
  let found!: (connection: Connection) => void
  const accepted = new Promise<Connection>((resolve) => {
    found = resolve
  })
  await listener.listen(found)
  return { listener, accepted, url: listener.addresses[0]! }
}

/** Settles once the system takes no more for a reader that has stopped. */
async function standsStill(waiting: () => number): Promise<void> {
  for (let before = -1, same = 0; same < 50; same = waiting() === before ? same + 1 : 0) {
    before = waiting()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

unlessLong.describe('a reader that reads nothing', () => {
  it('is ended once nothing has left for it in its time; one that reads slowly is not', async () => {
    // What has left for the reader is looked at each 100 ms, and those pass when the test says so. The socket is real.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
    const { listener, accepted, url } = await accepting({ slowReaderMs: 800, sendMaxBufferedBytes: 50_000_000 })
    const socket = new WebSocket(url, { perMessageDeflate: false })
    cleanUps.push(() => socket.terminate())
    await once(socket, 'open')
    const connection = await accepted
    const sink = record(connection)
    socket.pause()
    while (connection.bufferedAmount < 50_000_000) connection.send(new Uint8Array(60_000))
    vi.advanceTimersByTime(100)
    // Megabytes at a time, so that the system lets go of some: it lives on, well beyond the time.
    for (let i = 0; i < 10; i++) {
      const before = connection.bufferedAmount
      socket.resume()
      await expect.poll(() => connection.bufferedAmount, { interval: 1 }).toBeLessThan(before)
      socket.pause()
      await standsStill(() => connection.bufferedAmount)
      vi.advanceTimersByTime(700)
    }
    expect(sink.closes).toEqual([])
    vi.advanceTimersByTime(800)
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ code: 'BUFFER_FULL', details: { limit: 'slowReaderMs' } }])
    expect(listener.getStats().slowReaders).toBe(1)
    expect(connection.bufferedAmount).toBe(0)
  })

  it('by HTTP is ended too, if it holds its stream and takes nothing from it', async () => {
    const { listener, accepted, url } = await accepting({ slowReaderMs: 400, httpSessionMs: 60_000 })
    const endpoint = `${url.replace('ws', 'http')}/lotus-p2p/2`
    const id = await (await fetch(endpoint, { method: 'POST', body: new Uint8Array([1]) })).text()
    const connection = await accepted
    const sink = record(connection)
    const { port, pathname } = new URL(endpoint)
    const socket = connect(Number(port), '127.0.0.1')
    cleanUps.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(`GET ${pathname}/${id}?after=0&stream=1 HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'data')
    socket.pause()
    for (let i = 0; i < 200; i++) connection.send(new Uint8Array(32_000))
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ code: 'BUFFER_FULL' }])
    expect(listener.getStats().slowReaders).toBe(1)
  })

  it('is ended at once when twice the bound waits', async () => {
    const { listener, accepted, url } = await accepting({ sendMaxBufferedBytes: 1_000_000 })
    const socket = new WebSocket(url, { perMessageDeflate: false })
    cleanUps.push(() => socket.terminate())
    await once(socket, 'open')
    const connection = await accepted
    const sink = record(connection)
    socket.pause()
    let most = 0
    for (let i = 0; i < 500; i++) {
      connection.send(new Uint8Array(60_000))
      most = Math.max(most, connection.bufferedAmount)
    }
    await sink.until(({ closes }) => closes.length === 1)
    expect(sink.closes).toMatchObject([{ code: 'BUFFER_FULL', details: { limit: 'sendMaxBufferedBytes' } }])
    expect(most).toBeLessThanOrEqual(2_000_000)
    expect(listener.getStats().slowReaders).toBe(1)
  })

  it('cannot have answers to its pings pile up', async () => {
    const { accepted, url } = await accepting({})
    const socket = new WebSocket(url, { perMessageDeflate: false })
    cleanUps.push(() => socket.terminate())
    await once(socket, 'open')
    const answered = once(socket, 'pong')
    socket.ping('there?')
    expect(String((await answered)[0])).toBe('there?')
    const connection = await accepted
    record(connection)
    socket.pause()
    // Until the system's own buffers are full, nothing waits here.
    for (let i = 0; i < 100_000; i++) socket.ping(new Uint8Array(125))
    socket.send(new Uint8Array([1]))
    await expect.poll(() => socket.bufferedAmount, { timeout: 20_000 }).toBe(0)
    expect(connection.bufferedAmount).toBeLessThan(100_000)
  })
})

unlessLong.describe('a reader that acknowledges what it never reads', () => {
  it('has no more waiting for it than anybody', async () => {
    const sendMaxBufferedBytes = 2_000_000
    const relay = await startRelay({ port: 0, host: '127.0.0.1', limits: { sendMaxBufferedBytes } })
    cleanUps.push(() => relay.stop())
    const raw = await new RawPeer().connect(relay.url)
    cleanUps.push(() => raw.end())
    raw.stopReading()
    const { coordinator } = relay
    const load = () => coordinator.getPeerLoad(raw.peerId)!
    let acknowledged = 0
    let refusal: { code?: string } | undefined
    let most = 0
    for (let round = 0; round < 100 && refusal === undefined; round++) {
      for (let i = 0; i < 10; i++) {
        coordinator.sendTo(raw.peerId, { type: 'x', payload: new Uint8Array(60_000) }).catch((error) => {
          refusal = error
        })
      }
      // Messages without a protocol are the first to have a stream of their own.
      acknowledged += Math.floor(load().unacknowledgedBytes / 60_000)
      if (acknowledged > 0) raw.acknowledge(acknowledged, 1)
      await expect.poll(() => refusal !== undefined || load().unacknowledgedBytes < 60_000, { interval: 5 }).toBe(true)
      most = Math.max(most, load().unsentBytes)
    }
    expect(refusal).toMatchObject({ code: 'BUFFER_FULL' })
    // At most the high-water mark and a message wait in the connection, and the bound again in front of it.
    expect(most).toBeGreaterThan(1_000_000)
    expect(most).toBeLessThanOrEqual(sendMaxBufferedBytes)
  })
})

const READERS = 500

if (LONG)
  describe(`${READERS} readers that read nothing`, () => {
    /** Longer than all else here takes on a busy machine; whether it is over is looked at eight times in it. */
    const SLOW_MS = 40_000

    it('cost a relay no more than their bound, and keep nobody out', async () => {
      const sendMaxBufferedBytes = 1_048_576
      const relay = await RelayChild.start({
        limits: {
          sendMaxBufferedBytes,
          sendHighWaterBytes: 262_144,
          sendLowWaterBytes: 65_536,
          slowReaderMs: SLOW_MS,
          heartbeatTimeoutMs: 120_000,
        },
      })
      cleanUps.push(() => relay.kill())
      const honest = new P2PCoordinator({ bootstrap: [relay.url] })
      cleanUps.push(() => honest.shutdown())
      await honest.start()
      const readers: RawPeer[] = []
      cleanUps.push(() => {
        for (const reader of readers) reader.end()
      })
      for (let i = 0; i < READERS; i += 20) {
        const some = await Promise.all(Array.from({ length: Math.min(20, READERS - i) }, () => new RawPeer().connect(relay.url)))
        readers.push(...some.map((reader) => reader.stopReading()))
      }
      const before = await relay.tell({ do: 'collect' })
      expect(before.connected).toHaveLength(READERS + 1)
      await relay.tell({ do: 'flood', except: [honest.peerId], bytes: 30_000 })
      const { rss } = await relay.tell({ do: 'collect' })
      // What waits to be acknowledged, and the same sealed, waiting to be sent.
      expect(rss - before.rss).toBeLessThan(READERS * 2 * sendMaxBufferedBytes)
      // An honest newcomer does not wait for one of them to go.
      const newcomer = new P2PCoordinator()
      cleanUps.push(() => newcomer.shutdown())
      await newcomer.connectToPeer(relay.url)
      expect((await relay.tell({ do: 'stats' })).connected).toHaveLength(READERS + 2)
      // Once their time is over they go, all of them, and nobody else.
      const passed = async () => (await relay.tell({ do: 'pass', ms: SLOW_MS })).slowReaders
      await expect.poll(passed, { interval: 500, timeout: 60_000 }).toBe(READERS)
      await expect.poll(async () => (await relay.tell({ do: 'stats' })).connected.length, { timeout: 10_000 }).toBe(2)
      expect(honest.isConnected(relay.peerId)).toBe(true)
      expect(await relay.stop()).toBe(0)
    }, 180_000)
  })
