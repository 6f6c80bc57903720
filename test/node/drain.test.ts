import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError, type P2PError } from '../../src/base/errors.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { Drain, type LeavingPeer } from '../../src/node/drain.js'
import { type Relay, startRelay } from '../../src/node/relay.js'
import type { RelayOptions } from '../../src/node/relay-options.js'
import { type Health, relayRoutes } from '../../src/node/relay-routes.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Peers of a pool, and when each was sent away, milliseconds after the drain began. */
function pool(peers: LeavingPeer[], drain: { noticeS?: number; spreadS?: number } = {}) {
  const clock = new VirtualClock()
  const begun = clock.elapsed()
  const here = new Map(peers.map((peer) => [peer.peerId, peer]))
  const left: { peerId: string; at: number; reason: P2PError }[] = []
  let closedAt: number | undefined
  const made = new Drain(
    {
      clock,
      peers: () => [...here.values()],
      leave: async (peerId, reason) => {
        left.push({ peerId, at: clock.elapsed() - begun, reason })
        here.delete(peerId)
      },
      stopListening: () => {
        closedAt = clock.elapsed() - begun
      },
    },
    drain,
  )
  return { clock, here, left, drain: made, closedAt: () => closedAt }
}

const peer = (n: number, facts: Partial<LeavingPeer> = {}): LeavingPeer => ({
  peerId: `peer-${n}`,
  isByRequests: false,
  hasCircuits: false,
  ...facts,
})

describe('a drain', () => {
  it('takes newcomers for five seconds, then none, and sends peers away evenly over twenty', async () => {
    const { clock, left, drain, closedAt } = pool(Array.from({ length: 1_000 }, (_, n) => peer(n)))
    const done = drain.run()
    await clock.advance(4_999)
    expect([left.length, closedAt()]).toEqual([0, undefined])
    await clock.advance(25_000)
    await done
    expect(closedAt()).toBe(5_000)
    expect(left).toHaveLength(1_000)
    for (const [from, to] of [
      [5_000, 10_000],
      [10_000, 15_000],
      [15_000, 20_000],
      [20_000, 25_001],
    ] as const) {
      const gone = left.filter(({ at }) => at >= from && at < to).length
      expect(gone, `${from} ms to ${to} ms`).toBeGreaterThanOrEqual(240)
      expect(gone, `${from} ms to ${to} ms`).toBeLessThanOrEqual(270)
    }
    for (const { reason } of left) {
      expect(isP2PError(reason, 'SHUT_DOWN')).toBe(true)
      expect(reason.details.moved).toBe(true)
    }
  })

  it('is over at once where nobody is connected, and soon where few are', async () => {
    const nobody = pool([])
    const done = nobody.drain.run()
    await nobody.clock.advance(0)
    await done
    expect(nobody.closedAt()).toBe(0)
    const few = pool(Array.from({ length: 64 }, (_, n) => peer(n)))
    const over = few.drain.run()
    await few.clock.advance(7_500)
    await over
    expect(few.left).toHaveLength(64)
  })

  it('sends those first that come by requests, and those last that have circuits', async () => {
    const peers = Array.from({ length: 90 }, (_, n) => peer(n, { isByRequests: n % 3 === 0, hasCircuits: n % 3 === 1 }))
    const { clock, left, drain } = pool(peers, { noticeS: 0, spreadS: 5 })
    const done = drain.run()
    await clock.advance(10_000)
    await done
    const kinds = left.map(({ peerId }) => Number(peerId.split('-')[1]) % 3)
    expect(kinds).toEqual([...Array(30).fill(0), ...Array(30).fill(2), ...Array(30).fill(1)])
  })

  it('sends away whoever comes while it goes on, and goes on for no longer than it may', async () => {
    const { clock, here, left, drain } = pool([peer(0)], { noticeS: 1, spreadS: 2 })
    const done = drain.run()
    // One of its own dials, for ever another one.
    let n = 1
    const dial = () => {
      here.set(`peer-${n}`, peer(n++))
      clock.setTimeout(dial, 100)
    }
    dial()
    await clock.advance(6_000)
    await done
    expect(left.length).toBeGreaterThan(30)
  })

  it.each([[{ noticeS: -1 }], [{ spreadS: Number.NaN }], [{ spreadS: 3_601 }], [{ noticeS: '5' as unknown as number }]])(
    'refuses times that are none: %j',
    (options) => {
      expect(() => pool([], options)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    },
  )
})

async function relayOf(options: RelayOptions = {}): Promise<Relay> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
  cleanUps.push(() => relay.stop())
  return relay
}

function walletOf(...bootstrap: string[]): P2PCoordinator {
  const wallet = new P2PCoordinator({ bootstrap })
  wallet.on('error', () => {})
  cleanUps.push(() => wallet.shutdown())
  return wallet
}

const at = (relay: Relay, path: string) => `${relay.url.replace('ws', 'http')}${path}`
const post = (relay: Relay, headers: Record<string, string> = {}) => fetch(at(relay, '/drain'), { method: 'POST', headers })

/** With headers that `fetch` does not let a program set. */
const postAs = (relay: Relay, headers: Record<string, string>) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(at(relay, '/drain'), { method: 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })

describe('a relay that is drained', () => {
  it('says so to balancers at once, while it still takes newcomers, and lives on', async () => {
    const relay = await relayOf()
    const wallet = walletOf(relay.url)
    await wallet.start()
    expect(await (await fetch(at(relay, '/healthz'))).text()).toBe('ok\n')
    const drained = relay.drain({ noticeS: 0.5, spreadS: 0.5 })
    const health = await fetch(at(relay, '/healthz'))
    expect([health.status, await health.text()]).toEqual([503, 'draining\n'])
    expect((await fetch(at(relay, '/livez'))).status).toBe(200)
    expect(await (await fetch(at(relay, '/info'))).json()).toMatchObject({ draining: true, degraded: false })
    expect(relay.getStats().draining).toBe(true)
    await walletOf(relay.url).start()
    await drained
    expect(relay.coordinator.getConnectedPeers()).toEqual([])
  })

  it('takes nobody once the notice is over', async () => {
    const relay = await relayOf()
    await relay.drain()
    await expect(walletOf().connectToPeer(relay.url)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await expect(fetch(at(relay, '/healthz'))).rejects.toThrow()
  })

  it('tells its peers to come back at once: they go to their other relay, and to it once it is there again', async () => {
    const [first, second] = [await relayOf(), await relayOf()]
    const wallet = walletOf(first.url, second.url)
    const reasons: P2PError[] = []
    wallet.on('disconnected', (_, reason) => reasons.push(reason))
    await wallet.start()
    await expect.poll(() => wallet.getConnectedPeers().length).toBe(2)
    await first.drain({ noticeS: 0, spreadS: 0 })
    await expect.poll(() => reasons.length).toBe(1)
    expect(reasons[0]).toMatchObject({ code: 'SHUT_DOWN', details: { byPeer: true, moved: true } })
    await first.stop()
    expect(wallet.status).toBe('online')
    const port = Number(new URL(first.url).port)
    const again = await relayOf({ port })
    await expect.poll(() => wallet.isConnected(again.peerId), { timeout: 10_000 }).toBe(true)
  })

  it('lets peers by HTTP go before its socket closes', async () => {
    const relay = await relayOf()
    const wallet = walletOf()
    const reasons: P2PError[] = []
    wallet.on('disconnected', (_, reason) => reasons.push(reason))
    await wallet.connectToPeer(relay.url.replace('ws', 'http'))
    await relay.drain({ noticeS: 0, spreadS: 0 })
    await expect.poll(() => reasons.map(({ code }) => code)).toEqual(['SHUT_DOWN'])
  })
})

describe('/healthz', () => {
  it('keeps a relay in service that serves less than at other times, and says so', async () => {
    let health: Health = 'ok'
    const answer = relayRoutes({
      access: false,
      metrics: () => undefined,
      info: () => ({}),
      health: () => health,
      drain: () => {},
    })
    const server = createServer(answer).listen(0, '127.0.0.1')
    cleanUps.push(async () => server.close())
    await once(server, 'listening')
    const answers = []
    for (health of ['ok', 'degraded', 'draining'] as const) {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const [healthz, livez] = [await fetch(`${url}/healthz`), await fetch(`${url}/livez`)]
      answers.push([healthz.status, await healthz.text(), livez.status])
    }
    expect(answers).toEqual([
      [200, 'ok\n', 200],
      [200, 'degraded\n', 200],
      [503, 'draining\n', 200],
    ])
  })
})

describe('POST /drain', () => {
  it('drains, asked by a program on this machine', async () => {
    const relay = await relayOf()
    const answer = await post(relay)
    expect([answer.status, await answer.text()]).toEqual([202, 'draining\n'])
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(relay.getStats().draining).toBe(true)
  })

  it('tells the program that the relay is part of, where it asks to be told', async () => {
    let asked = 0
    const relay = await relayOf({ onDrain: () => asked++ })
    await post(relay)
    expect([asked, relay.getStats().draining]).toEqual([1, false])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('is answered though that program %s, and the log is told', async (_, onDrain) => {
    const told: string[] = []
    const logger = { debug: () => {}, warn: (message: string) => void told.push(message), error: () => {} }
    const relay = await relayOf({ onDrain, logger })
    expect((await post(relay)).status).toBe(202)
    await expect.poll(() => told).toEqual(['onDrain of the relay failed'])
  })

  it.each([
    ['a proxy', { 'X-Forwarded-For': '203.0.113.5' }],
    ['another proxy', { Via: '1.1 proxy' }],
    ['a page', { Origin: 'https://evil.example' }],
    ['a page of no origin', { Origin: 'null' }],
    ['a page that a name leads here', { Host: 'evil.example:8787' }],
    ['a browser', { 'Sec-Fetch-Site': 'none' }],
    ...['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Real-IP', 'X-Client-IP', 'X-Original-Host', 'X-Envoy-External-Address']
      .concat(
        'CF-Connecting-IP',
        'CF-Ray',
        'True-Client-IP',
        'Fastly-Client-IP',
        'Fly-Client-IP',
        'Akamai-Origin-Hop',
        'Forwarded',
        'Via',
      )
      .map((name): [string, Record<string, string>] => [`a proxy that says ${name}`, { [name]: '1.2.3.4' }]),
  ])('refuses %s', async (_, headers) => {
    const relay = await relayOf()
    expect(await postAs(relay, headers)).toBe(405)
    expect(relay.getStats().draining).toBe(false)
  })

  it('refuses a proxy that says nothing of itself and speaks HTTP/1.0', async () => {
    const relay = await relayOf({ metrics: true })
    const { hostname, port } = new URL(relay.url)
    for (const [method, path, status] of [
      ['POST', '/drain', 405],
      ['GET', '/metrics', 404],
    ] as const) {
      const socket = connect(Number(port), hostname)
      socket.end(`${method} ${path} HTTP/1.0\r\nHost: ${hostname}:${port}\r\n\r\n`)
      const [head] = (await once(socket, 'data')) as [Buffer]
      expect(head.toString()).toContain(` ${status} `)
      socket.destroy()
    }
    expect(relay.getStats().draining).toBe(false)
  })

  it('wants the token as well, where metrics do', async () => {
    const relay = await relayOf({ metrics: { token: 'correct-horse-battery' } })
    expect((await post(relay)).status).toBe(405)
    expect((await post(relay, { Authorization: 'Bearer wrong' })).status).toBe(405)
    expect((await post(relay, { Authorization: 'Bearer correct-horse-battery' })).status).toBe(202)
  })

  it('is nothing that can be read', async () => {
    const relay = await relayOf()
    expect((await fetch(at(relay, '/drain'))).status).toBe(404)
    expect(relay.getStats().draining).toBe(false)
  })
})
