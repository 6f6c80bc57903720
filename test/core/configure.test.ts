// Options that change while a coordinator runs.
import { afterEach, describe, expect, it } from 'vitest'
import type { P2PConfig, P2PCoordinator, RunTimeOptions } from '../../src/index.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { FakeRtc } from '../webrtc/fake-rtc.js'

let net: TestNetwork
afterEach(() => net?.stop())

async function relays(count: number) {
  net = createTestNetwork({ latencyMs: 10 })
  const all = Array.from({ length: count }, (_, i) => net.createPeer({ host: `relay${i}`, relay: true }))
  for (const relay of all) await net.run(relay.start())
  const rtc = new FakeRtc()
  const tab = async (name: string, config: P2PConfig = {}) => {
    const bootstrap = ['memory://relay0']
    const peer = net.createPeer({
      host: name,
      peerId: name,
      listening: false,
      bootstrap,
      webrtc: { implementation: rtc },
      ...config,
    })
    await net.run(peer.start())
    await net.clock.advance(200)
    return peer
  }
  return { relays: all, rtc, tab }
}

const path = (peer: P2PCoordinator, of: string) => peer.getPeer(of)?.connection?.transport

describe('configure', () => {
  it('bootstrap: dials what is new, lets go of what is not named any more, and leaves alone what stays', async () => {
    const { relays: all, tab } = await relays(3)
    const [zero, one, two] = all.map(({ peerId }) => peerId)
    const alice = await tab('alice', { bootstrap: ['memory://relay0', 'memory://relay1'] })
    const gone: string[] = []
    alice.on('disconnected', ({ peerId }) => gone.push(peerId))
    alice.configure({ bootstrap: ['memory://relay1', 'memory://relay2'] })
    await net.clock.advance(500)
    expect(
      alice
        .getConnectedPeers()
        .map(({ peerId }) => peerId)
        .sort(),
    ).toEqual([one, two].sort())
    expect(gone).toEqual([zero])
    expect(alice.getStats().relays).toEqual({ named: 2, connected: 2 })
    await net.clock.advance(120_000)
    expect(alice.isConnected(zero!)).toBe(false)
    // The new ones are kept as those of the construction are.
    alice.dropPath(two!)
    await net.clock.advance(3_000)
    expect(alice.isConnected(two!)).toBe(true)
  })

  it('bootstrap: a relay that is given up while it is dialled is not connected', async () => {
    const { relays: all, tab } = await relays(2)
    const alice = await tab('alice')
    alice.configure({ bootstrap: ['memory://relay0', 'memory://relay1'] })
    await net.clock.advance(5)
    alice.configure({ bootstrap: ['memory://relay0'] })
    await net.clock.advance(2_000)
    expect(alice.isConnected(all[1]!.peerId)).toBe(false)
    expect(alice.status).toBe('online')
  })

  it('bootstrap: an anchor stays, though it is named there no more', async () => {
    const { relays: all, tab } = await relays(2)
    const alice = await tab('alice', { bootstrap: ['memory://relay0'], anchors: ['memory://relay0'] })
    alice.configure({ bootstrap: ['memory://relay1'] })
    await net.clock.advance(1_000)
    expect(all.map(({ peerId }) => alice.isConnected(peerId))).toEqual([true, true])
    alice.dropPath(all[0]!.peerId)
    await net.clock.advance(5_000)
    expect(alice.isConnected(all[0]!.peerId)).toBe(true)
  })

  it('bootstrap: before the start too', async () => {
    const { relays: all } = await relays(2)
    const alice = net.createPeer({ listening: false, bootstrap: ['memory://relay0'] })
    alice.configure({ bootstrap: ['memory://relay1'] })
    await net.run(alice.start())
    expect(alice.getConnectedPeers().map(({ peerId }) => peerId)).toEqual([all[1]!.peerId])
  })

  it('privacy: no direct path is left, none comes back, and what was accepted arrives', async () => {
    const { tab, rtc } = await relays(1)
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const got: unknown[] = []
    bob.on('message', ({ payload }) => got.push(payload))
    await net.run(alice.connectToPeer('bob'))
    await net.clock.advance(1_000)
    expect(path(alice, 'bob')).toBe('webrtc')
    for (let i = 0; i < 20; i++) await alice.sendTo('bob', { type: 'note', payload: i })
    alice.configure({ privacy: 'relayed' })
    await net.clock.advance(5_000)
    expect([path(alice, 'bob'), path(bob, 'alice'), rtc.open.length]).toEqual(['circuit', 'circuit', 0])
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i))
    await net.clock.advance(120_000)
    expect([path(alice, 'bob'), rtc.open.length, alice.getStats().webrtc]).toEqual(['circuit', 0, undefined])
    alice.configure({ privacy: 'direct' })
    await net.clock.advance(2_000)
    expect(path(alice, 'bob')).toBe('webrtc')
  })

  it('webrtc: off and on again', async () => {
    const { tab, rtc } = await relays(1)
    const [alice, bob] = [await tab('alice', { webrtc: false }), await tab('bob')]
    const lost: string[] = []
    alice.on('disconnected', ({ peerId }) => lost.push(peerId))
    await net.run(alice.connectToPeer('bob'))
    await net.clock.advance(1_000)
    expect(path(alice, 'bob')).toBe('circuit')
    alice.configure({ webrtc: { implementation: rtc } })
    await net.clock.advance(2_000)
    expect([path(alice, 'bob'), path(bob, 'alice')]).toEqual(['webrtc', 'webrtc'])
    alice.configure({ webrtc: false })
    await net.clock.advance(2_000)
    expect([path(alice, 'bob'), path(bob, 'alice'), rtc.open.length, lost]).toEqual(['circuit', 'circuit', 0, []])
  })

  it('metadata: connected peers are told, a copy of what was given', async () => {
    const { tab } = await relays(1)
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const metadata = { name: 'Alice', tags: ['a'] }
    alice.configure({ metadata })
    metadata.tags.push('b')
    await net.clock.advance(500)
    expect(bob.getPeer('alice')?.metadata).toEqual({ name: 'Alice', tags: ['a'] })
  })

  it('maxConnections: whom the application asked for, and relays, stay longest', async () => {
    const { relays: all, tab } = await relays(1)
    const alice = await tab('alice')
    for (const name of ['bob', 'carol', 'dave']) {
      const peer = await tab(name)
      if (name === 'bob') await net.run(alice.connectToPeer('bob'))
      else await net.run(peer.connectToPeer('alice'))
    }
    expect(alice.getConnectedPeers()).toHaveLength(4)
    alice.configure({ maxConnections: 2 })
    await net.clock.advance(500)
    expect(
      alice
        .getConnectedPeers()
        .map(({ peerId }) => peerId)
        .sort(),
    ).toEqual(['bob', all[0]!.peerId].sort())
    expect(alice.getStats().peers.maxConnections).toBe(2)
    const carol = await tab('carol2')
    await expect(net.run(carol.connectToPeer('alice'))).rejects.toMatchObject({ code: 'POOL_FULL' })
    alice.configure({ maxConnections: 50 })
    await net.run(carol.connectToPeer('alice'))
  })

  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /must be an object/],
    ['a text', 'privacy', /must be an object/],
    ['a misspelt name', { bootstrp: [] }, /perhaps you mean bootstrap/],
    ['what cannot change', { identity: 1 }, /identity cannot be changed at run time/],
    ['a wrong value', { privacy: 'yes' }, /privacy must be 'direct', 'relayed' or 'onion'/],
    ['too few connections', { maxConnections: 0 }, /maxConnections/],
    ['a wrong webrtc', { webrtc: 5 }, /webrtc must be/],
    ['a wrong item', { bootstrap: [''] }, /bootstrap\[0\] must be an address/],
  ]
  it.each(wrong)('names %s, and changes nothing', async (_, changes, said) => {
    const { tab } = await relays(1)
    const alice = await tab('alice')
    const given = changes === Object(changes) ? { metadata: { changed: true }, ...(changes as object) } : changes
    expect(() => alice.configure(given as RunTimeOptions)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    expect(() => alice.configure(given as RunTimeOptions)).toThrow(said)
    const bob = await tab('bob')
    await net.run(bob.connectToPeer('alice'))
    expect(bob.getPeer('alice')?.metadata).toBe(undefined)
  })

  it('is refused after the end', async () => {
    const { tab } = await relays(1)
    const alice = await tab('alice')
    await net.run(alice.shutdown())
    expect(() => alice.configure({ metadata: {} })).toThrow(expect.objectContaining({ code: 'SHUT_DOWN' }))
  })
})
