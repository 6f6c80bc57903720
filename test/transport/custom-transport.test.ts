import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.js'
import { resolveLimits } from '../../src/base/limits.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import type { CoreConfig } from '../../src/core/config.js'
import { withTransport } from '../../src/core/with-transport.js'
import { P2PCoordinator } from '../../src/core.js'
import { startRelay, webSocketServer } from '../../src/node/index.js'
import { rankOf } from '../../src/peer/connection/path.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import type { Transport } from '../../src/transport/transport.js'
import { TransportRegistry } from '../../src/transport/transport-registry.js'
import { webSocket } from '../../src/transport/websocket.js'
import { alice, bob, pattern, send } from '../channel/pair.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'
import { TCP_RANK, TcpListener, tcp, tcpTransport } from './tcp-transport.js'

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
      SecureChannel.dial(tcp, address, { ...options, ...alice }),
      next().then((connection) => SecureChannel.accept(connection, { ...options, ...bob })),
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

describe('Coordinators whose one plugin is a transport of their own', () => {
  const ends: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  function lean(transport: Transport, config: CoreConfig = {}) {
    const peer = new P2PCoordinator({ ...config, plugins: [withTransport(transport)] })
    ends.push(() => peer.shutdown())
    return peer
  }

  async function listening(config: CoreConfig = {}, rank = TCP_RANK) {
    const bob = lean({ ...tcpTransport(rank), listener: new TcpListener(rank) }, config)
    await bob.start()
    return { bob, address: bob.addresses.at(-1)! }
  }

  async function relayed() {
    const relay = await startRelay({ port: 0, host: '127.0.0.1' })
    ends.push(() => relay.stop())
    return { bootstrap: [relay.url] }
  }

  /** A transport that knows the one address of everybody, and counts how often it is asked for it. */
  function upgrading(address: string, rank = TCP_RANK) {
    const asked: string[] = []
    const upgradeOf: Transport['upgradeOf'] = ({ peerId }) => {
      asked.push(peerId)
      return address
    }
    return { asked, transport: { ...tcpTransport(rank), upgradeOf } }
  }

  const described = (peerId: string, addresses: PeerInfo['addresses']): PeerInfo => ({
    peerId,
    addresses,
    state: PeerState.DISCONNECTED,
    lastSeen: 0,
  })

  it('connect by its address and talk, and statistics and peers name it', async () => {
    const { bob, address } = await listening()
    expect(bob.addresses).toEqual([expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/)])
    const alice = lean(tcp)
    bob.on('message', (message) => void bob.reply(message, { type: 'answer', payload: `${message.payload}? Yes.` }))
    await alice.connectToPeer(address)
    expect(await alice.request(bob.peerId, { type: 'question', payload: 'Lunch' })).toMatchObject({ payload: 'Lunch? Yes.' })
    expect([alice.getStats().peers.paths, bob.getStats().peers.paths]).toEqual([{ tcp: 1 }, { tcp: 1 }])
    expect(alice.getPeer(bob.peerId)).toMatchObject({ connection: { transport: 'tcp', direct: true, outbound: true } })
    expect(bob.getPeer(alice.peerId)).toMatchObject({ connection: { transport: 'tcp', direct: true, outbound: false } })
    // The port that an accepted connection came from leads nowhere.
    expect([alice.getPeer(bob.peerId)?.addresses, bob.getPeer(alice.peerId)?.addresses]).toEqual([{ others: [address] }, {}])
  })

  it('find each other by a description that a third has of one of them', async () => {
    const { bob, address } = await listening()
    const [alice, carol] = [lean(tcp), lean(tcp)]
    await alice.connectToPeer(address)
    const { peerId, addresses } = alice.getPeer(bob.peerId)!
    await carol.connectToPeer(described(peerId, addresses))
    expect(carol.getPeer(bob.peerId)?.connection?.transport).toBe('tcp')
  })

  it('take nobody else for the peer that is described', async () => {
    const { address } = await listening()
    const [alice, mallory] = [lean(tcp), lean(tcp)]
    const dial = alice.connectToPeer(described(mallory.peerId, { others: [address] }))
    await expect(dial).rejects.toMatchObject({ code: 'WRONG_PEER' })
  })

  it('tell others the addresses of WebSocket alone, and list those first', async () => {
    const { bob, address } = await listening({ listen: [webSocketServer({ host: '127.0.0.1', port: 0 })] })
    const [websocket, ...more] = bob.addresses
    expect([websocket, more]).toEqual([expect.stringMatching(/^ws:/), [address]])
    const alice = lean(tcp, { allowPrivate: true })
    await alice.connectToPeer(address)
    expect(alice.getPeer(bob.peerId)?.addresses).toEqual({ websocket, others: [address] })
  })

  it('move from a circuit to a path of a higher rank that `upgradeOf` knows', async () => {
    const network = await relayed()
    const { bob, address } = await listening(network)
    const alice = lean(upgrading(address).transport, network)
    await alice.start()
    const changed = new Promise((resolve) => alice.once('path-changed', ({ peerId }, from) => resolve([peerId, from])))
    await alice.connectToPeer(bob.peerId)
    expect(await changed).toEqual([bob.peerId, 'circuit'])
    expect(alice.getPeer(bob.peerId)).toMatchObject({
      addresses: { others: [address] },
      connection: { transport: 'tcp', direct: true },
    })
  })

  it('move as soon as the transport is attached', async () => {
    const network = await relayed()
    const { bob, address } = await listening(network)
    const alice = new P2PCoordinator(network)
    ends.push(() => alice.shutdown())
    await alice.start()
    await alice.connectToPeer(bob.peerId)
    expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('circuit')
    const changed = new Promise((resolve) => alice.once('path-changed', ({ connection }) => resolve(connection?.transport)))
    await alice.use(withTransport(upgrading(address).transport))
    expect(await changed).toBe('tcp')
  })

  it('stay with the circuit where the path has a lower rank', async () => {
    const network = await relayed()
    const { bob, address } = await listening(network, 0.5)
    const { asked, transport } = upgrading(address, 0.5)
    const alice = lean(transport, network)
    await alice.start()
    await alice.connectToPeer(bob.peerId)
    // The path is there at the end of this dial, and serves neither end.
    await alice.connectToPeer(address)
    expect([asked.includes(bob.peerId), alice.getPeer(bob.peerId)?.connection?.transport]).toEqual([true, 'circuit'])
    expect(bob.getPeer(alice.peerId)?.connection?.transport).toBe('circuit')
    expect(alice.getStats().peers.paths).toEqual({ websocket: 1, circuit: 1 })
  })

  it('stay with the circuit where they reach peers through relays only', async () => {
    const { bootstrap } = await relayed()
    const { bob, address } = await listening({ bootstrap })
    const { asked, transport } = upgrading(address)
    const alice = lean(transport, { anchors: bootstrap, privacy: 'relayed' })
    await alice.start()
    await alice.connectToPeer(described(bob.peerId, { others: [address] }))
    expect([asked, alice.getPeer(bob.peerId)?.connection?.transport]).toEqual([[], 'circuit'])
  })

  it.each([
    ['name', ''],
    ['name', 'x'.repeat(65)],
    ['name', 7],
  ])('refuse a transport whose %s is %j', (member, value) => {
    expect(() => lean({ ...tcp, [member]: value })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })

  it.each([undefined, null, 7])('refuse %j for a transport', (value) => {
    expect(() => lean(value as never)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
  })
})
