import { afterEach, describe, expect, it } from 'vitest'
import type { Plugin, PluginKit } from '../../src/core/plugin.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

// Section M.2 of docs/wire-protocol.md: what every protocol of the SDK's own does with a message that it does not know.

let net: TestNetwork
afterEach(() => net?.stop())

async function withRelay() {
  net = createTestNetwork()
  const relay = net.createPeer({ host: 'relay', relay: true })
  await net.run(relay.start())
  const bob = net.createPeer({ host: 'bob', bootstrap: [net.addressOf(relay)] })
  // A plugin may speak the SDK's own protocols; the application may not.
  const inside: Plugin<{ kit: PluginKit }> = { name: 'inside', attach: (kit) => ({ kit }) }
  const alice = net.createPeer({ host: 'alice', bootstrap: [net.addressOf(relay)] })
  const { kit } = await alice.use(inside)
  await net.run(bob.start())
  await net.run(alice.start())
  await net.run(alice.connectToPeer(bob.peerId))
  const ask = (peerId: string, protocol: string, type: string, payload: unknown) =>
    net.run(
      kit.request(peerId, { type, payload, protocol }, { timeoutMs: 2_000 }).then(
        (answer) => answer.type,
        ({ code }) => code,
      ),
    )
  return { relay, bob, alice, ask }
}

describe("the SDK's own protocols", () => {
  it('answer a type that they do not know with INVALID_MESSAGE, each of them, and the connection goes on', async () => {
    const { relay, bob, alice, ask } = await withRelay()
    const met = new Set<string>()
    for (const { peerId } of [relay, bob]) {
      const connected = alice.getPeer(peerId)!.connection!.since
      for (const protocol of alice.getPeer(peerId)!.protocols!) {
        met.add(protocol)
        expect([protocol, await ask(peerId, protocol, 'no-such-type', null)]).toEqual([protocol, 'INVALID_MESSAGE'])
      }
      expect(alice.getPeer(peerId)!.connection!.since).toBe(connected)
    }
    expect([...met].sort()).toEqual([
      'lotus/circuit-hop',
      'lotus/circuit-stop',
      'lotus/dht',
      'lotus/dht-node',
      'lotus/dht-watch',
      'lotus/heartbeat',
      'lotus/introduce',
      'lotus/peer',
      'lotus/topics',
    ])
  })

  it.each(['lotus/heartbeat', 'lotus/dht'])('%s refuses a ping that has a payload', async (protocol) => {
    const { relay, ask } = await withRelay()
    expect(await ask(relay.peerId, protocol, 'ping', null)).toBe('pong')
    expect(await ask(relay.peerId, protocol, 'ping', 5)).toBe('MALFORMED_DATA')
  })

  it('lotus/circuit-hop ends the connection at a reservation that has a payload', async () => {
    const { relay, alice, ask } = await withRelay()
    const reasons: unknown[] = []
    alice.on('disconnected', ({ peerId }, { code, details }) => peerId === relay.peerId && reasons.push([code, details.byPeer]))
    expect(await ask(relay.peerId, 'lotus/circuit-hop', 'reserve', null)).toBe('reserved')
    await ask(relay.peerId, 'lotus/circuit-hop', 'reserve', 5)
    expect(reasons).toEqual([['MALFORMED_DATA', true]])
  })
})
