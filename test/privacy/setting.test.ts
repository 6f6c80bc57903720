// The setting `privacy`: what it takes, what it refuses, and what it does to transports of the application's own.
import { afterEach, describe, expect, it } from 'vitest'
import { type P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { withTransport } from '../../src/core/with-transport.js'
import { P2PCoordinator as LeanCoordinator } from '../../src/core.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Transport } from '../../src/transport/transport.js'
import { quiet } from '../dht/network.js'

let net: TestNetwork | undefined
const made: { shutdown(): Promise<void> }[] = []
afterEach(async () => {
  for (const peer of made.splice(0)) await peer.shutdown()
  await net?.stop()
  net = undefined
})

function coordinator(config: P2PConfig): P2PCoordinator {
  const peer = new P2PCoordinator({ logger: quiet, ...config })
  made.push(peer)
  return peer
}

const listener = { transport: 'websocket', addresses: [], listen: async () => {}, close: async () => {} }
const onion = (): Plugin => ({ name: 'onion', attach: () => ({}) })
const needed = { code: 'INVALID_CONFIG', details: { plugin: 'onion' }, message: expect.stringContaining("privacy: 'onion' needs the plugin onion()") }
const contrary = { code: 'INVALID_CONFIG', details: { option: 'privacy' }, message: expect.stringContaining('listen and announce') }
const thrownBy = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('privacy', () => {
  it("is 'direct' unless the application says otherwise, and the coordinator tells it", () => {
    const wallet = coordinator({})
    expect(wallet.privacy).toBe('direct')
    wallet.configure({ privacy: 'relayed' })
    expect(wallet.privacy).toBe('relayed')
    wallet.configure({ metadata: { changed: true } })
    expect(wallet.privacy).toBe('relayed')
    expect(coordinator({ privacy: 'relayed' }).privacy).toBe('relayed')
  })

  it.each(['relayed', 'onion'] as const)("'%s' does not go with a place to listen, or an address to tell", (privacy) => {
    for (const offer of [{ listen: [listener] }, { announce: ['wss://wallet.example'] }]) {
      expect(thrownBy(() => coordinator({ privacy, plugins: [onion()], ...offer }))).toMatchObject(contrary)
      const wallet = coordinator({ plugins: [onion()], ...offer })
      expect(thrownBy(() => wallet.configure({ privacy, metadata: { changed: true } }))).toMatchObject(contrary)
      expect(wallet.privacy).toBe('direct')
    }
    expect(coordinator({ privacy, plugins: [onion()], listen: [], announce: [] }).privacy).toBe(privacy)
  })

  it("'onion' is refused until its plugin is attached, at the construction and at run time", async () => {
    const other: Plugin = { name: 'onion-hop', attach: () => ({}) }
    for (const plugins of [[], [other]]) {
      expect(thrownBy(() => coordinator({ privacy: 'onion', plugins }))).toMatchObject(needed)
      expect(thrownBy(() => new LeanCoordinator({ privacy: 'onion', plugins }))).toMatchObject(needed)
    }
    const wallet = coordinator({ privacy: 'relayed' })
    expect(thrownBy(() => wallet.configure({ privacy: 'onion' }))).toMatchObject(needed)
    expect(wallet.privacy).toBe('relayed')
    const failing: Plugin = {
      name: 'onion',
      attach: () => {
        throw new Error('not today')
      },
    }
    await expect(wallet.use(failing)).rejects.toThrow('not today')
    expect(thrownBy(() => wallet.configure({ privacy: 'onion' }))).toMatchObject(needed)
    await wallet.use(onion())
    wallet.configure({ privacy: 'onion' })
    expect(wallet.privacy).toBe('onion')
    expect(coordinator({ privacy: 'onion', plugins: [onion()] }).privacy).toBe('onion')
  })

  it('is told to plugins as it changes, and only then', () => {
    let kit: PluginKit | undefined
    const heard: unknown[] = []
    const plugin: Plugin = {
      name: 'watching',
      attach(given) {
        kit = given
        kit.onLifecycle({ configured: ({ privacy }) => heard.push([privacy, kit!.privacy]) })
        return {}
      },
    }
    const wallet = coordinator({ plugins: [plugin] })
    wallet.configure({ privacy: 'relayed' })
    wallet.configure({ privacy: 'relayed' })
    wallet.configure({ privacy: 'direct' })
    expect(heard).toEqual([
      ['relayed', 'relayed'],
      [undefined, 'relayed'],
      ['direct', 'direct'],
    ])
  })
})

/** A transport of the application's own, which leads to Bob's machine, and what it was asked to do. */
async function pigeons(config: P2PConfig) {
  net = createTestNetwork({ latencyMs: 10 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const bob = net.createPeer({ host: 'bob', peerId: 'bob', bootstrap: ['memory://relay'], webrtc: false })
  await net.run(bob.start())
  const flown = { dials: 0, isOpen: false, isSearching: false }
  const memory = net.network.transport('alice')
  const transport: Transport = {
    name: 'pigeon',
    rank: 3,
    direct: true,
    canDial: (address) => address.startsWith('pigeon:'),
    upgradeOf: ({ peerId }) => `pigeon:${peerId}`,
    dial(_, options) {
      flown.dials++
      return memory.dial('memory://bob', options)
    },
    listener: {
      transport: 'pigeon',
      addresses: ['wss://pigeon.example'],
      listen: async () => void (flown.isOpen = true),
      close: async () => void (flown.isOpen = false),
    },
    discover() {
      flown.isSearching = true
      return () => {
        flown.isSearching = false
      }
    },
  }
  const alice = net.createPeer({
    host: 'alice',
    peerId: 'alice',
    listening: false,
    webrtc: false,
    bootstrap: ['memory://relay'],
    plugins: [withTransport(transport)],
    ...config,
  })
  await net.run(alice.start())
  await net.run(alice.connectToPeer('bob'))
  await net.clock.advance(2_000)
  const path = () => alice.getPeer('bob')?.connection?.transport
  const told = () => bob.getPeer('alice')?.addresses.websocket
  return { alice, flown, path, told, clock: net.clock }
}

describe('a direct transport of the application’s own', () => {
  it("serves while privacy is 'direct', and is let alone from the moment on that it is not", async () => {
    const { alice, flown, path, told, clock } = await pigeons({})
    expect([path(), told(), flown.isOpen, flown.isSearching]).toEqual(['memory', 'wss://pigeon.example', true, true])
    alice.configure({ privacy: 'relayed' })
    const { dials } = flown
    await clock.advance(5_000)
    expect([path(), told(), flown.isOpen, flown.isSearching]).toEqual(['circuit', undefined, false, false])
    await clock.advance(600_000)
    expect([path(), flown.dials]).toEqual(['circuit', dials])
    alice.configure({ privacy: 'direct' })
    await clock.advance(5_000)
    expect([path(), told(), flown.isOpen, flown.isSearching]).toEqual(['memory', 'wss://pigeon.example', true, true])
  })

  it('neither dials, listens nor looks for anybody where the coordinator begins as relayed, and does once it is direct', async () => {
    const { alice, flown, path, told, clock } = await pigeons({ privacy: 'relayed' })
    await clock.advance(600_000)
    expect([path(), told(), flown]).toEqual(['circuit', undefined, { dials: 0, isOpen: false, isSearching: false }])
    alice.configure({ privacy: 'direct' })
    await clock.advance(5_000)
    expect([path(), told(), flown.isOpen, flown.isSearching]).toEqual(['memory', 'wss://pigeon.example', true, true])
  })
})
