// Ids and addresses as people bring them: pasted with white space around them, or in capitals, as QR codes have them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodePeerId, P2PCoordinator } from '../../src/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
let alice: P2PCoordinator
let bob: P2PCoordinator
beforeEach(async () => {
  net = createTestNetwork({ latencyMs: 5 })
  ;[bob, alice] = [net.createPeer(), net.createPeer()]
  await net.run(bob.start())
})
afterEach(() => net.stop())

const PASTED: [kind: string, spell: (text: string) => string][] = [
  ['in capitals', (text) => text.toUpperCase()],
  ['with spaces around it', (text) => ` ${text} `],
  ['with the end of a line', (text) => `${text}\r\n`],
  ['in capitals, with a tab', (text) => `\t${text.toUpperCase()}`],
]

describe.each(PASTED)('%s', (_, spell) => {
  it('an id is understood', async () => {
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const id = spell(bob.peerId)
    expect([alice.isConnected(id), alice.getPeer(id)?.peerId]).toEqual([true, bob.peerId])
    expect((await net.run(alice.connectToPeer(id))).peerId).toBe(bob.peerId)
    await net.run(alice.sendTo(id, { type: 'n', payload: 1 }))
    const { outcome } = await net.run(alice.sendTo(id, { type: 'n', payload: 2 }, { queue: true }))
    expect(await net.run(outcome)).toBe('delivered')
    expect(await net.run(alice.broadcast({ type: 'n', payload: 3 }, { exclude: [id] }))).toEqual({ sent: [], failed: [] })
    expect(alice.reputationOf(id).score).toBeGreaterThanOrEqual(0)
    expect(alice.ban(id).id).toBe(bob.peerId)
    expect(alice.unban(id)).toBe(true)
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    await net.run(alice.disconnectFromPeer(id))
    expect(alice.isConnected(bob.peerId)).toBe(false)
  })

  it('an address is understood', async () => {
    const address = net.addressOf(bob)
    // What is behind the scheme is a name in this network, and has small letters.
    const pasted = spell(address).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    expect((await net.run(alice.connectToPeer(pasted))).peerId).toBe(bob.peerId)
  })
})

it.each([' wss://relay.example', '\nlp1', ' ', ''])('an option refuses %j, and says why', (address) => {
  for (const option of ['bootstrap', 'anchors']) {
    expect(() => new P2PCoordinator({ [option]: ['wss://other.example', address] })).toThrow(
      `P2PConfig.${option}[1] must be an address or a peer id, without white space before it`,
    )
  }
})

it('decodePeerId refuses white space, and says why: one key has one id', () => {
  expect(() => decodePeerId(` ${bob.peerId}`)).toThrow('with no white space before it')
  expect(() => decodePeerId(`${bob.peerId}\n`)).toThrow('it has 62 characters, not 61')
})
