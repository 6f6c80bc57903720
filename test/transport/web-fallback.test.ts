import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { webSocketServer } from '../../src/node/web-socket-server.js'
import { webFallback } from '../../src/plugins/http/web-fallback.js'
import { record } from '../circuit/test-network.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'

const FIRST = Uint8Array.of(1, 2, 3)
const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function loopback() {
  const listener = webSocketServer()
  const { accept, next } = acceptor()
  await listener.listen(accept)
  return { transport: webFallback(), address: listener.addresses[0]!, next, stop: () => listener.close() }
}

transportCompliance('WebSocket with the HTTP fallback', loopback, {
  unreachable: ['ws://127.0.0.1:1', 'PEER_UNREACHABLE'],
  connections: { name: 'websocket', rank: 3 },
  invalid: ['ws://', 'ws://user:secret@127.0.0.1', 'http://127.0.0.1/#x', 'http://', ''],
})

/** The SDK's timers and dates stand still but where a test moves them; sockets are real. */
const holdTime = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })

/** A peer in front of which something treats upgrades in its own way. */
async function blocked(onUpgrade: (socket: Socket) => unknown, options: { http?: boolean } = {}) {
  const server: Server = createHttpServer()
  const listener = webSocketServer({ server, ...options })
  const { accept, next } = acceptor()
  await listener.listen(accept)
  cleanUps.push(() => listener.close())
  const sockets = new Set<Socket>()
  const state = { upgrades: 0, blocking: true, upgraded: () => {} }
  const through = server.listeners('upgrade') as ((...args: unknown[]) => void)[]
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request, socket, head) => {
    state.upgrades++
    state.upgraded()
    if (!state.blocking) {
      for (const listener of through) listener(request, socket, head)
      return
    }
    sockets.add(socket as Socket)
    socket.on('error', () => {})
    onUpgrade(socket as Socket)
  })
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, next, state, sockets }
}

const forbid = (socket: Socket) => socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')

describe('webFallback', () => {
  it('goes on by HTTP once upgrades have been refused twice, under the address dialled', async () => {
    const { address, next, state } = await blocked(forbid)
    const [near, far] = await Promise.all([webFallback().dial(address, { firstFrame: FIRST }), next()])
    expect([near.transport, far.transport, near.remoteAddress]).toEqual(['http', 'http', address])
    expect(state.upgrades).toBe(2)
    const sinks = [record(near), record(far)]
    near.send(Uint8Array.of(7))
    await sinks[1]!.until(({ frames }) => frames.length === 2)
    expect(sinks[1]!.frames).toEqual([FIRST, Uint8Array.of(7)])
    near.close()
    await Promise.all(sinks.map((sink) => sink.until(({ closes }) => closes.length === 1)))
  })

  it('goes on by HTTP beside a WebSocket that never answers, and gives that one up', async () => {
    let givenUp = () => {}
    const gone = new Promise<void>((resolve) => {
      givenUp = resolve
    })
    const { address, next, state } = await blocked((socket) => socket.resume().on('end', givenUp).on('close', givenUp))
    const limits = resolveLimits({ httpHeadStartMs: 50 })
    const [near] = await Promise.all([webFallback({ limits }).dial(address, { firstFrame: FIRST }), next()])
    expect(near.transport).toBe('http')
    expect(state.upgrades).toBe(1)
    await gone
    near.close()
  })

  it('remembers nothing of a host that only HTTP reached: at the next dial the WebSocket has its head start again', async () => {
    holdTime()
    const { address, next, state } = await blocked(() => {})
    const requests = vi.spyOn(globalThis, 'fetch')
    const transport = webFallback({ limits: resolveLimits({ httpHeadStartMs: 300 }) })
    const dial = async () => {
      const [near, far] = await Promise.all([transport.dial(address, { firstFrame: FIRST }), next()])
      near.close()
      far.close()
      return near.transport
    }
    const upgraded = new Promise<void>((resolve) => {
      state.upgraded = resolve
    })
    const first = dial()
    await upgraded
    vi.advanceTimersByTime(299)
    expect(requests).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(await first).toBe('http')
    state.blocking = false
    requests.mockClear()
    expect(await dial()).toBe('websocket')
    expect(requests.mock.calls.filter(([, init]) => !String(init?.body ?? '').length && init?.method !== 'POST')).toEqual([])
  })

  it('fails with the WebSocket error, HTTP named in its details, where nobody is', async () => {
    // No time passes: both are refused before the head start is over.
    holdTime()
    await expect(webFallback().dial('ws://127.0.0.1:1', { firstFrame: FIRST })).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining('ws://127.0.0.1:1'),
      details: {
        address: 'ws://127.0.0.1:1',
        paths: [
          { path: 'ws://127.0.0.1:1', code: 'PEER_UNREACHABLE' },
          { path: 'http://127.0.0.1:1', code: 'PEER_UNREACHABLE' },
        ],
      },
    })
  })

  it('fails where neither is served', async () => {
    const { address } = await blocked(forbid, { http: false })
    await expect(webFallback().dial(address, { firstFrame: FIRST })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('tries nothing else for an address that is wrong or insecure', async () => {
    const requests = vi.fn()
    vi.stubGlobal('fetch', requests)
    await expect(webFallback().dial('ws://h/#x', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
    vi.stubGlobal('location', { protocol: 'https:' })
    await expect(webFallback().dial('ws://h', { firstFrame: FIRST })).rejects.toMatchObject({ code: 'INSECURE_ADDRESS' })
    expect(requests).not.toHaveBeenCalled()
  })

  it('takes http addresses as they are', async () => {
    const { address, next, state } = await blocked(forbid)
    const [near] = await Promise.all([webFallback().dial(address.replace('ws', 'http'), { firstFrame: FIRST }), next()])
    expect([near.transport, near.remoteAddress, state.upgrades]).toEqual(['http', address.replace('ws', 'http'), 0])
    near.close()
  })

  it('gives up both when its signal fires', async () => {
    const { address, sockets } = await blocked(() => {}, { http: false })
    const controller = new AbortController()
    const dial = webFallback().dial(address, { firstFrame: FIRST, signal: controller.signal })
    await vi.waitFor(() => expect(sockets.size).toBe(1))
    controller.abort()
    await expect(dial).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
