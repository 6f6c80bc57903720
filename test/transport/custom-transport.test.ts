import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.js'
import { resolveLimits } from '../../src/base/limits.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { rankOf } from '../../src/peer/connection/path.js'
import { TransportRegistry } from '../../src/transport/transport-registry.js'
import { webSocket } from '../../src/transport/websocket.js'
import { alice, bob, pattern, send } from '../channel/pair.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'
import { TCP_RANK, TcpListener, tcp } from './tcp-transport.js'

async function loopback() {
  const listener = new TcpListener()
  const { accept, next } = acceptor()
  await listener.listen(accept)
  return { transport: tcp, address: listener.addresses[0]!, next, stop: () => listener.close() }
}

transportCompliance("A transport of an application's own", loopback, {
  unreachable: ['tcp://127.0.0.1:1', 'PEER_UNREACHABLE'],
  invalid: ['tcp://', 'tcp://127.0.0.1', 'tcp://127.0.0.1:99999', 'tcp://127.0.0.1:1/path'],
})

describe("A transport of an application's own", () => {
  it('is written against the public entry alone', () => {
    const code = readFileSync(new URL('tcp-transport.ts', import.meta.url), 'utf8')
    const imports = [...code.matchAll(/from '([^']+)'/g)].map(([, path]) => path)
    expect(imports).toEqual(['node:net', '../../src/index.js'])
  })

  it('stands in the registry beside ours', () => {
    const registry = new TransportRegistry([webSocket(), tcp])
    expect(registry.forAddress('tcp://127.0.0.1:1')).toBe(tcp)
    expect(registry.forAddress('wss://relay.example').name).toBe('websocket')
    expect(() => registry.add(tcp)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  it('carries channels, which are ranked at both ends by what the transport says', async () => {
    const { address, next, stop } = await loopback()
    const options = { limits: resolveLimits({}), clock: systemClock }
    const [near, far] = await Promise.all([
      SecureChannel.dial(tcp, address, { ...options, local: alice }),
      next().then((connection) => SecureChannel.accept(connection, { ...options, local: bob, admit: async () => {} })),
    ])
    expect([rankOf(near), rankOf(far)]).toEqual([TCP_RANK, TCP_RANK])
    const message = pattern(200_000)
    const received = new Promise<Uint8Array>((resolve) => {
      far.attach({ onEntry: (_, body) => resolve(body), onClose: () => {}, onDrain: () => {} })
    })
    send(near, message)
    expect(Buffer.compare(await received, message)).toBe(0)
    await stop()
  })
})
