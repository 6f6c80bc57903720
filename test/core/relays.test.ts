import { afterEach, describe, expect, it } from 'vitest'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

async function world() {
  net = createTestNetwork({ latencyMs: 5 })
  const relay = net.createPeer({ host: 'relay', peerId: 'relay', relay: true })
  const second = net.createPeer({ host: 'second', peerId: 'second', relay: true, bootstrap: ['memory://relay'] })
  await net.run(relay.start())
  await net.run(second.start())
  const tab = async (host: string) => {
    const peer = net.createPeer({ host, peerId: host, listening: false, bootstrap: ['memory://relay'] })
    await net.run(peer.start())
    await net.clock.advance(200)
    return peer
  }
  const heard: string[] = []
  for (const each of [relay, second]) each.on('message', ({ type }) => heard.push(`${each.peerId} ${type}`))
  return { relay, tab, heard }
}

describe('a relay is infrastructure, not company:', () => {
  it('a broadcast leaves relays out, unless asked, and so none can read it', async () => {
    const { tab, heard } = await world()
    const [alice, bob] = [await tab('alice'), await tab('bob')]
    const atBob: unknown[] = []
    bob.on('message', ({ payload }) => atBob.push(payload))
    await net.run(alice.connectToPeer('bob'))
    expect(await alice.broadcast({ type: 'hello', payload: 'for bob' })).toEqual({ sent: ['bob'], failed: [] })
    await net.clock.advance(100)
    expect([atBob, heard]).toEqual([['for bob'], []])
    const { sent } = await alice.broadcast({ type: 'notice', payload: 'for all' }, { relays: true })
    await net.clock.advance(100)
    expect([sent.sort(), heard]).toEqual([['bob', 'relay'], ['relay notice']])
  })

  it('with relays alone, or with nobody, a broadcast says that nobody would get it', async () => {
    const { tab } = await world()
    const alice = await tab('alice')
    await expect(alice.broadcast({ type: 'hello', payload: 1 })).rejects.toMatchObject({
      code: 'NO_PEERS',
      details: { relays: 1 },
    })
    await net.run(alice.disconnectFromPeer('relay'))
    await expect(alice.broadcast({ type: 'hello', payload: 1 })).rejects.toMatchObject({
      code: 'NO_PEERS',
      details: { relays: 0 },
    })
    await expect(alice.broadcast({ type: 'hello', payload: 1 }, { exclude: ['bob'] })).rejects.toMatchObject({ code: 'NO_PEERS' })
  })

  it('a broadcast that leaves out all there are reaches nobody, and that is no failure', async () => {
    const { tab } = await world()
    const [alice] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    expect(await alice.broadcast({ type: 'hello', payload: 1 }, { exclude: ['bob'] })).toEqual({ sent: [], failed: [] })
  })

  it('a handler that broadcasts leaves relays out as well', async () => {
    const { tab, heard } = await world()
    const alice = await tab('alice')
    let sent: Promise<unknown> | undefined
    alice.registerProtocol({
      protocolName: 'chat',
      onRegister(host) {
        sent = host.broadcast({ type: 'joined', payload: 1, protocol: 'chat' })
        sent.catch(() => {})
      },
      async handleMessage() {},
    })
    await expect(sent).rejects.toMatchObject({ code: 'NO_PEERS' })
    await net.clock.advance(100)
    expect(heard).toEqual([])
  })

  it('findPeers leaves relays out, unless asked', async () => {
    const { tab } = await world()
    const [alice] = [await tab('alice'), await tab('bob')]
    const found = await net.run(alice.findPeers())
    expect(found.map(({ peerId }) => peerId)).toEqual(['bob'])
    expect(await net.run(alice.findPeers({ limit: 1 }))).toHaveLength(1)
    const all = await net.run(alice.findPeers({ relays: true }))
    expect(all.map(({ peerId }) => peerId).sort()).toEqual(['bob', 'second'])
    expect(all.find(({ peerId }) => peerId === 'second')?.isRelay).toBe(true)
  })

  it('is told apart wherever peers are listed', async () => {
    const { tab } = await world()
    const [alice] = [await tab('alice'), await tab('bob')]
    await net.run(alice.connectToPeer('bob'))
    const roles = Object.fromEntries(alice.getConnectedPeers().map(({ peerId, isRelay }) => [peerId, isRelay === true]))
    expect(roles).toEqual({ relay: true, bob: false })
    expect(alice.getStats().peers).toMatchObject({ connectedPeers: 2, relays: 1 })
  })
})
