import { afterEach, describe, expect, it, vi } from 'vitest'
import type { P2PConfig } from '../../src/coordinator.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { type Relay, startRelay } from '../../src/node/relay.js'
import type { RelayOptions } from '../../src/node/relay-options.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { draws } from '../seed.js'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function relayOf(options: RelayOptions = {}): Promise<Relay> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
  cleanUps.push(() => relay.stop())
  return relay
}

async function walletAt(relay: Relay, config: P2PConfig = {}): Promise<P2PCoordinator> {
  const wallet = new P2PCoordinator({ bootstrap: [relay.url], ...config })
  cleanUps.push(() => wallet.shutdown())
  await wallet.start()
  if (!wallet.isConnected(relay.peerId)) {
    await new Promise<void>((resolve) => wallet.on('connected', (peer) => peer.peerId === relay.peerId && resolve()))
  }
  return wallet
}

const arrival = (wallet: P2PCoordinator) =>
  new Promise<[message: P2PMessage, from: string]>((resolve) => {
    wallet.once('message', (message: P2PMessage, from: PeerInfo) => resolve([message, from.peerId]))
  })

const chat = { protocolName: 'chat', handleMessage: async () => {} }
const http = (relay: Relay, path: string) => fetch(`${relay.url.replace('ws', 'http')}${path}`)

describe('a relay', () => {
  it('lets two wallets that know only it find each other and talk by a circuit', async () => {
    const relay = await relayOf()
    const [alice, bob] = [await walletAt(relay), await walletAt(relay)]
    bob.registerProtocol(chat)
    await alice.connectToPeer(bob.peerId)
    expect(alice.getPeer(bob.peerId)).toMatchObject({ connection: { transport: 'circuit', outbound: true } })
    const arrived = arrival(bob)
    await alice.sendTo(bob.peerId, { type: 'hello', payload: { text: 'hi Bob' } })
    const [message, from] = await arrived
    expect(message.payload).toEqual({ text: 'hi Bob' })
    expect(from).toBe(alice.peerId)
    const back = arrival(alice)
    await bob.sendTo(alice.peerId, { type: 'hello', payload: 'hi Alice' })
    expect((await back)[0].payload).toBe('hi Alice')
  })

  it('never sees what passes through it', async () => {
    // What the relay's circuits get, after its own channels have decrypted it: all that it could know.
    const handled = vi.spyOn(CircuitRelay.prototype, 'handleMessage')
    cleanUps.push(async () => handled.mockRestore())
    const relay = await relayOf()
    const [alice, bob] = [await walletAt(relay), await walletAt(relay)]
    await alice.connectToPeer(bob.peerId)
    const secret = 'correct horse battery staple'
    const arrived = arrival(bob)
    await alice.sendTo(bob.peerId, { type: secret, payload: secret.repeat(100) })
    expect((await arrived)[0].payload).toBe(secret.repeat(100))
    const forwarded = handled.mock.calls.map(([message]) => Buffer.from(encode(message)))
    expect(Buffer.concat(forwarded).length).toBeGreaterThan(secret.length * 100)
    expect(forwarded.filter((bytes) => bytes.includes(secret))).toEqual([])
  })

  it('carries a message of the largest size through a circuit, whole', async () => {
    const relay = await relayOf()
    const [alice, bob] = [await walletAt(relay), await walletAt(relay)]
    await alice.connectToPeer(bob.peerId)
    const payload = draws().bytes(65_536)
    const big = new Uint8Array(1_000_000).map((_, i) => payload[i % payload.length]!)
    const arrived = arrival(bob)
    await alice.sendTo(bob.peerId, { type: 'big', payload: big })
    // `toEqual` takes seconds for a million bytes.
    expect(Buffer.compare((await arrived)[0].payload as Uint8Array, big)).toBe(0)
  })

  it('tells both wallets when the circuit ends, and when the relay goes', async () => {
    const relay = await relayOf()
    const [alice, bob] = [await walletAt(relay), await walletAt(relay)]
    await alice.connectToPeer(bob.peerId)
    const gone = new Promise<string>((resolve) => alice.on('disconnected', (peer) => resolve(peer.peerId)))
    await bob.shutdown()
    expect(await gone).toBe(bob.peerId)
    const relayGone = new Promise<string>((resolve) => alice.on('disconnected', (peer) => resolve(peer.peerId)))
    await relay.stop()
    expect(await relayGone).toBe(relay.peerId)
  })

  it('introduces peers by protocol and by resource', async () => {
    const relay = await relayOf()
    const alice = await walletAt(relay)
    const bob = new P2PCoordinator({ bootstrap: [relay.url], metadata: { name: 'Bob' } })
    cleanUps.push(() => bob.shutdown())
    bob.registerProtocol(chat)
    await bob.start()
    await bob.announceResource('swap-offer', 'one', { price: 3 })
    expect(await alice.findPeers({ protocol: 'chat' })).toMatchObject([
      { peerId: bob.peerId, metadata: { name: 'Bob' }, addresses: { relays: [relay.peerId] } },
    ])
    expect(await alice.findPeers({ resourceType: 'swap-offer' })).toMatchObject([{ peerId: bob.peerId }])
    expect(await alice.findPeers({ protocol: 'nobody speaks this' })).toEqual([])
  })

  it('says at /info what it is and allows, at /healthz that it lives, and elsewhere what it is', async () => {
    const relay = await relayOf({ name: 'Test relay', maxConnections: 7 })
    await walletAt(relay)
    const health = await http(relay, '/healthz')
    expect([health.status, (await health.text()).trim()]).toEqual([200, 'ok'])
    const info = await http(relay, '/info')
    expect(info.headers.get('access-control-allow-origin')).toBe('*')
    expect(await info.json()).toMatchObject({
      name: 'Test relay',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      peerId: relay.peerId,
      network: 'lotus',
      protocolVersions: [2],
      peers: 1,
      maxConnections: 7,
      limits: { maxCircuits: 10_000, maxConnections: 7 },
      uptimeS: expect.any(Number),
    })
    const other = await http(relay, '/')
    expect(other.status).toBe(404)
    expect(await other.text()).toMatch(/^This is a lotus-p2p relay\..*\n$/)
    expect((await fetch(`${relay.url.replace('ws', 'http')}/info`, { method: 'POST' })).status).toBe(405)
  })

  it('serves the network that it is told, and refuses wallets of another with what to set', async () => {
    const relay = await relayOf({ network: 'testnet' })
    const [alice, bob] = [await walletAt(relay, { network: 'testnet' }), await walletAt(relay, { network: 'testnet' })]
    await alice.connectToPeer(bob.peerId)
    expect(await (await http(relay, '/info')).json()).toMatchObject({ network: 'testnet' })
    const stranger = new P2PCoordinator()
    cleanUps.push(() => stranger.shutdown())
    await expect(stranger.connectToPeer(relay.url)).rejects.toMatchObject({
      code: 'WRONG_NETWORK',
      message: expect.stringMatching(/"lotus".*"testnet".*P2PConfig\.network/),
    })
    await expect(startRelay({ network: 'No network' })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })

  it('tells its logger of options that it does not know, as a coordinator does, and of no others', async () => {
    const warn = vi.fn()
    const logger = { debug() {}, warn, error() {} }
    await relayOf({ logger, network: 'lotus', capLoopback: true, origins: ['https://wallet.example'] })
    expect(warn).not.toHaveBeenCalled()
    await relayOf({ logger, netwrok: 'testnet' } as RelayOptions)
    expect(warn.mock.calls).toEqual([['RelayOptions has unknown options', { options: ['netwrok'] }]])
  })

  it('demands work by default where everybody can reach it, and none where its operator says so', async () => {
    const announce = ['ws://10.0.0.1:8787', 'wss://relay.example']
    expect((await relayOf()).powDifficulty).toBe(0)
    expect((await relayOf({ announce: announce.slice(0, 1) })).powDifficulty).toBe(0)
    expect((await relayOf({ announce })).powDifficulty).toBe(18)
    expect((await relayOf({ announce, powDifficulty: 0 })).powDifficulty).toBe(0)
  })

  it('does the work that another relay demands, and serves meanwhile', async () => {
    const hard = await relayOf({ powDifficulty: 18 })
    const relay = await relayOf({ bootstrap: [hard.url] })
    const wallet = await walletAt(relay)
    if (!relay.coordinator.isConnected(hard.peerId)) {
      await new Promise((resolve) => relay.coordinator.once('connected', resolve))
    }
    expect(wallet.isConnected(relay.peerId)).toBe(true)
    expect(relay.coordinator.isConnected(hard.peerId)).toBe(true)
  })

  it('frees its port when it stops, and says which is taken while it runs', async () => {
    const relay = await relayOf()
    const port = Number(new URL(relay.url).port)
    await expect(startRelay({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await relay.stop()
    await relay.stop()
    await relayOf({ port })
  })

  it('refuses a name that is none', async () => {
    for (const name of ['', 'x'.repeat(65)]) await expect(startRelay({ name })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  })
})
