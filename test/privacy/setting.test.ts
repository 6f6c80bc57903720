// The setting `privacy`: what it takes, what it refuses, and what it does to transports of the application's own.
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { Handshake, REFUSAL, refusalOf } from '../../src/channel/handshake.js'
import { type P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { withTransport } from '../../src/core/with-transport.js'
import { P2PCoordinator as LeanCoordinator } from '../../src/core.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import type { Connection, FrameSink, Transport } from '../../src/transport/transport.js'
import { bob as stranger } from '../channel/pair.js'
import { quiet } from '../dht/network.js'
import { kitOf } from '../kit-of.js'

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
const needed = {
  code: 'INVALID_CONFIG',
  details: { plugin: 'onion' },
  message: expect.stringContaining("privacy: 'onion' needs the plugin onion()"),
}
const contrary = {
  code: 'INVALID_CONFIG',
  details: { option: 'privacy' },
  message: expect.stringContaining('listen and announce'),
}
const privacyOf = async (peer: P2PCoordinator) => (await kitOf(peer)).privacy
const thrownBy = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('privacy', () => {
  it("is 'direct' unless the application says otherwise, and plugins can read it", async () => {
    const wallet = coordinator({})
    expect(await privacyOf(wallet)).toBe('direct')
    wallet.configure({ privacy: 'relayed' })
    expect(await privacyOf(wallet)).toBe('relayed')
    wallet.configure({ metadata: { changed: true } })
    expect(await privacyOf(wallet)).toBe('relayed')
    expect(await privacyOf(coordinator({ privacy: 'relayed' }))).toBe('relayed')
  })

  it.each(['relayed', 'onion'] as const)("'%s' does not go with a place to listen, or an address to tell", async (privacy) => {
    for (const offer of [{ listen: [listener] }, { announce: ['wss://wallet.example'] }]) {
      expect(thrownBy(() => coordinator({ privacy, plugins: [onion()], ...offer }))).toMatchObject(contrary)
      const wallet = coordinator({ plugins: [onion()], ...offer })
      expect(thrownBy(() => wallet.configure({ privacy, metadata: { changed: true } }))).toMatchObject(contrary)
      expect(await privacyOf(wallet)).toBe('direct')
    }
    expect(await privacyOf(coordinator({ privacy, plugins: [onion()], listen: [], announce: [] }))).toBe(privacy)
  })

  it("'onion' is refused until its plugin is attached, at the construction and at run time", async () => {
    const other: Plugin = { name: 'onion-hop', attach: () => ({}) }
    for (const plugins of [[], [other]]) {
      expect(thrownBy(() => coordinator({ privacy: 'onion', plugins }))).toMatchObject(needed)
      expect(thrownBy(() => new LeanCoordinator({ privacy: 'onion', plugins }))).toMatchObject(needed)
    }
    const wallet = coordinator({ privacy: 'relayed' })
    expect(thrownBy(() => wallet.configure({ privacy: 'onion' }))).toMatchObject(needed)
    expect(await privacyOf(wallet)).toBe('relayed')
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
    expect(await privacyOf(wallet)).toBe('onion')
    expect(await privacyOf(coordinator({ privacy: 'onion', plugins: [onion()] }))).toBe('onion')
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

/** Of somebody in Alice's network. */
const local = { ...stranger.local, network: 'lotus' }

/** A transport of the application's own, which leads to Bob's machine, and what it was asked to do. */
async function pigeons(config: P2PConfig) {
  net = createTestNetwork({ latencyMs: 10 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const bob = net.createPeer({ host: 'bob', peerId: 'bob', bootstrap: ['memory://relay'], webrtc: false })
  await net.run(bob.start())
  const flown = { dials: 0 }
  let accept: ((connection: Connection) => void) | undefined
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
      listen: async (given) => {
        accept = given
      },
      close: async () => {},
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
  /** Somebody comes by a pigeon: what it hears first. */
  const knock = async () => {
    const heard: Uint8Array[] = []
    const ends: string[] = []
    const connection = {
      transport: 'pigeon',
      rank: 3,
      direct: true,
      remoteAddress: 'pigeon:stranger',
      outbound: false,
      maxFrameBytes: 65_535,
      bufferedAmount: 0,
      attach: (sink: FrameSink) =>
        void queueMicrotask(() => sink.onFrame(new Handshake(true, local, DEFAULT_LIMITS, clock).start())),
      send: (frame: Uint8Array) => heard.push(frame),
      close: () => ends.push('closed'),
    }
    accept!(connection as never)
    // The cryptography of an answer takes its own time, which no clock counts.
    for (let i = 0; i < 200 && heard.length === 0; i++) await net!.clock.advance(10)
    return heard[0]![0] === REFUSAL ? refusalOf(heard[0]!.subarray(1), DEFAULT_LIMITS, true).code : 'answered'
  }
  const { clock } = net
  return { alice, flown, path, told, knock, clock }
}

describe('a direct transport of the application’s own', () => {
  it("serves while privacy is 'direct', and is let alone from the moment on that it is not", async () => {
    const { alice, flown, path, told, knock, clock } = await pigeons({})
    expect([path(), told(), await knock()]).toEqual(['memory', 'wss://pigeon.example', 'answered'])
    alice.configure({ privacy: 'relayed' })
    const { dials } = flown
    await clock.advance(5_000)
    expect([path(), told(), await knock()]).toEqual(['circuit', undefined, 'NO_RELAY'])
    await clock.advance(600_000)
    expect([path(), flown.dials]).toEqual(['circuit', dials])
    alice.configure({ privacy: 'direct' })
    // The next change of the path is a reason to look for a better one.
    alice.dropPath('bob')
    await clock.advance(5_000)
    expect([path(), told(), await knock()]).toEqual(['memory', 'wss://pigeon.example', 'answered'])
  })

  it('neither dials nor answers anybody where the coordinator begins as relayed, and does once it is direct', async () => {
    const { alice, flown, path, told, knock, clock } = await pigeons({ privacy: 'relayed' })
    await clock.advance(600_000)
    expect([path(), told(), flown.dials, await knock()]).toEqual(['circuit', undefined, 0, 'NO_RELAY'])
    alice.configure({ privacy: 'direct' })
    alice.dropPath('bob')
    await clock.advance(5_000)
    expect([path(), told(), await knock()]).toEqual(['memory', 'wss://pigeon.example', 'answered'])
  })
})
