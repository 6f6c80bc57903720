import { describe, expect, it } from 'vitest'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import type { OutgoingMessage } from '../../src/message/message.js'
import { CIRCUIT_HOP, CIRCUIT_STOP } from '../../src/plugins/circuit/frames.js'
import { relayServices } from '../../src/plugins/circuit/server/relay-services.js'
import type { IProtocolHandler, ProtocolHost } from '../../src/protocol/handler.js'
import { createTestNetwork } from '../../src/testing/test-network.js'

/** A relay that may change what it says to the ends of circuits. */
function lyingRelay(lie: (message: OutgoingMessage) => OutgoingMessage): Plugin {
  const honest = relayServices()
  return {
    ...honest,
    attach(kit) {
      const lying = (host: ProtocolHost) =>
        Object.assign(Object.create(host), {
          sendTo: (to: string, message: OutgoingMessage) =>
            host.sendTo(to, message.protocol === CIRCUIT_STOP ? lie(message) : message),
        }) as ProtocolHost
      const registerProtocol = (handler: IProtocolHandler) => {
        const register = handler.onRegister?.bind(handler)
        handler.onRegister = (host) => register?.(lying(host))
        kit.registerProtocol(handler)
      }
      return honest.attach(Object.assign(Object.create(kit), { registerProtocol }) as PluginKit)
    },
  }
}

describe('two peers behind a relay that lies', () => {
  const flipped = (frame: Uint8Array) => frame.map((byte, i) => (i === frame.length - 1 ? byte ^ 1 : byte))
  const lies: [name: string, lie: (message: OutgoingMessage<[number, Uint8Array]>) => OutgoingMessage][] = [
    ['alters a frame', (message) => ({ ...message, payload: [message.payload[0], flipped(message.payload[1])] })],
    ['invents a frame', (message) => ({ ...message, payload: [message.payload[0], new Uint8Array(64)] })],
    ['makes a frame a refusal', (message) => ({ ...message, payload: [message.payload[0], Uint8Array.of(0, 0x80)] })],
    ['sends an empty frame', (message) => ({ ...message, payload: [message.payload[0], new Uint8Array()] })],
    ...['PROTOCOL_VIOLATION', 'RATE_LIMITED', 'BANNED', 'REPLACED', 'LIMIT_EXCEEDED'].map(
      (code): [string, (message: OutgoingMessage<[number, Uint8Array]>) => OutgoingMessage] => [
        `ends the circuit with ${code}`,
        (message) => ({ ...message, type: 'close', payload: [message.payload[0], code] }),
      ],
    ),
  ]

  it.each(lies)('do not blame each other where it %s, and find each other again', async (_, lie) => {
    const net = createTestNetwork({ latencyMs: 5 })
    let lying = false
    const plugin = lyingRelay((message) => {
      if (!lying || message.type !== 'data') return message
      lying = false
      return lie(message as OutgoingMessage<[number, Uint8Array]>)
    })
    const relay = net.createPeer({ dht: { mode: 'server' }, plugins: [plugin] })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    const [alice, bob] = [net.createPeer({ listening: false, bootstrap }), net.createPeer({ listening: false, bootstrap })]
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(200)
    await net.run(alice.connectToPeer(bob.peerId))
    await net.clock.advance(200)
    for (let round = 0; round < 6; round++) {
      expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('circuit')
      lying = true
      await alice.sendTo(bob.peerId, { type: 'hello', payload: round })
      await net.clock.advance(10_000)
      expect(lying).toBe(false)
      // The attempts, and the pauses between them, are the reconnector's.
      await net.clock.advance(60_000)
    }
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      expect(one.reputationOf(other.peerId).score).toBeGreaterThanOrEqual(0)
      expect(one.listBans()).toEqual([])
      expect(one.isConnected(other.peerId)).toBe(true)
    }
    await net.stop()
  })
})

describe('callers whose handshakes fail', () => {
  it('cast suspicion on the relay by which they come, not on the circuits of others', async () => {
    const net = createTestNetwork({ latencyMs: 5 })
    const relays = [net.createPeer({ relay: true }), net.createPeer({ relay: true })]
    for (const relay of relays) await net.run(relay.start())
    let kit!: PluginKit
    const hand = {
      name: 'hand',
      attach(given: PluginKit) {
        kit = given
        return {}
      },
    }
    const bob = net.createPeer({ listening: false, bootstrap: relays.map((relay) => net.addressOf(relay)) })
    const mallory = net.createPeer({ listening: false, bootstrap: [net.addressOf(relays[0]!)], plugins: [hand] })
    await net.run(Promise.all([bob.start(), mallory.start()]))
    await net.clock.advance(500)
    const payload = { target: bob.peerId, frame: Uint8Array.of(1, 2, 3) }
    await net.run(kit.request(relays[0]!.peerId, { type: 'open', payload, protocol: CIRCUIT_HOP }))
    await net.clock.advance(500)
    const { budget } = (bob as unknown as { core: { defence: { budget: { isSuspect(source: string): boolean } } } }).core.defence
    expect(relays.map(({ peerId }) => budget.isSuspect(`circuit:${peerId}`))).toEqual([true, false])
    expect(budget.isSuspect('circuit')).toBe(false)
    await net.stop()
  })
})

describe('600 kB that a wallet has sent over a circuit of 25 ms', () => {
  it('arrive before disconnectFromPeer ends it', async () => {
    const net = createTestNetwork({ latencyMs: 25 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    const [alice, bob] = [net.createPeer({ listening: false, bootstrap }), net.createPeer({ listening: false, bootstrap })]
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(500)
    await net.run(alice.connectToPeer(bob.peerId))
    await net.clock.advance(500)
    let bytes = 0
    bob.on('message', ({ payload }) => {
      bytes += (payload as Uint8Array).length
    })
    for (let i = 0; i < 6; i++) await net.run(alice.sendTo(bob.peerId, { type: 'part', payload: new Uint8Array(100_000) }))
    await net.run(alice.disconnectFromPeer(bob.peerId))
    await net.clock.advance(5_000)
    expect(bytes).toBe(600_000)
    expect(bob.isConnected(alice.peerId)).toBe(false)
    expect((relay.getStats() as unknown as { circuits: { circuits: number } }).circuits.circuits).toBe(0)
    await net.stop()
  })
})

describe('a wallet that connects and disconnects sixty times in half a second', () => {
  it('is served or told when to come again, and nothing that the relay says to the called peer waits', async () => {
    const net = createTestNetwork({ latencyMs: 1 })
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const bootstrap = [net.addressOf(relay)]
    const [alice, bob] = [net.createPeer({ listening: false, bootstrap }), net.createPeer({ listening: false, bootstrap })]
    bob.registerProtocol({
      protocolName: 'echo',
      handleMessage: async (message) => bob.reply(message, { type: 'echo', payload: message.payload }),
    })
    await net.run(Promise.all([alice.start(), bob.start()]))
    await net.clock.advance(200)
    for (let i = 0; i < 60; i++) {
      await net.run(alice.connectToPeer(bob.peerId))
      await net.run(alice.disconnectFromPeer(bob.peerId))
    }
    await net.run(alice.connectToPeer(bob.peerId))
    let before = net.clock.now()
    const { payload } = await net.run(alice.request(bob.peerId, { type: 'echo', payload: 5, protocol: 'echo' }))
    expect(payload).toBe(5)
    expect(net.clock.now() - before).toBeLessThanOrEqual(10)
    before = net.clock.now()
    expect((await net.run(bob.findPeers())).map(({ peerId }) => peerId)).toEqual([alice.peerId])
    expect(net.clock.now() - before).toBeLessThanOrEqual(10)
    for (const peer of [alice, bob, relay]) {
      expect(peer.getStats()).toMatchObject({ traffic: { refusals: 0 } })
      expect(peer.listBans()).toEqual([])
    }
    // Far more than that is refused, with a time.
    let refusal: unknown
    for (let i = 0; i < 200 && refusal === undefined; i++) {
      await net.run(alice.disconnectFromPeer(bob.peerId))
      refusal = await net.run(alice.connectToPeer(bob.peerId)).then(
        () => undefined,
        (error) => error,
      )
    }
    expect(refusal).toMatchObject({ code: 'CIRCUIT_REFUSED', details: { retryAfterMs: expect.any(Number) } })
    await net.stop()
  })
})
