import { afterEach, describe, expect, it, vi } from 'vitest'
import { P2PCoordinator } from '../../src/core.js'

/** A WebSocket of a browser that lets nothing through. */
let behave: (socket: FakeSocket) => void = () => {}
class FakeSocket {
  readyState = 0
  bufferedAmount = 0
  binaryType = ''
  onopen: unknown
  onmessage: unknown
  onclose: ((event: { code: number }) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  constructor() {
    behave(this)
  }
  send() {}
  close() {}
}
vi.mock('../../src/transport/websocket.node.js', () => ({ loadWebSocket: () => FakeSocket, webSocketOptions: undefined }))

const address = 'wss://relay.example'
let wallet: P2PCoordinator<readonly []>
afterEach(() => wallet.shutdown())

async function dial() {
  wallet = new P2PCoordinator({ logger: { debug() {}, warn() {}, error() {} } })
  return wallet.connectToPeer(address).catch((error) => error)
}

describe('a relay that the browser does not let through', () => {
  const ways: [way: string, does: (socket: FakeSocket) => void][] = [
    ['fires error alone, as Chromium does for a Content-Security-Policy', (socket) => socket.onerror?.(new Event('error'))],
    [
      'fires error and close, as for a certificate that does not hold',
      (socket) => {
        socket.onerror?.(new Event('error'))
        socket.onclose?.({ code: 1006 })
      },
    ],
    ['fires close alone', (socket) => socket.onclose?.({ code: 1006 })],
  ]
  it.each(ways)('fails at once with what to check: it %s', async (_, does) => {
    behave = (socket) => queueMicrotask(() => does(socket))
    const error = await dial()
    expect(error).toMatchObject({ code: 'PEER_UNREACHABLE', details: { address } })
    expect(error.message).toMatch(/certificate.*connect-src/)
    expect(error.details.paths).toEqual([{ path: address, code: 'PEER_UNREACHABLE', message: error.message }])
  })

  it('fails at once with what to check: it throws, as Safari does, and for ws:// in a page of https', async () => {
    behave = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    }
    const error = await dial()
    expect(error).toMatchObject({ code: 'PEER_UNREACHABLE', cause: { name: 'SecurityError' } })
    expect(error.details.paths).toHaveLength(1)
  })
})
