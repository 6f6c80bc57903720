import { afterEach, describe, expect, it } from 'vitest'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import { generateIdentity, identityFromSeed } from '../../src/identity/identity.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

function heard(peer: P2PCoordinator) {
  const payloads: unknown[] = []
  peer.on('message', ({ payload }) => payloads.push(payload))
  return payloads
}

async function pair(ours: P2PConfig = {}, theirs: P2PConfig = {}) {
  net = createTestNetwork({ latencyMs: 5 })
  const [alice, bob] = [net.createPeer({ host: 'a', ...ours }), net.createPeer({ host: 'b', ...theirs })]
  await net.run(alice.start())
  await net.run(bob.start())
  return { alice, bob, connect: () => net.run(alice.connectToPeer(net.addressOf(bob))) }
}

describe('what is sent is what was given at the call:', () => {
  const signed: [string, P2PConfig, P2PConfig][] = [
    ['nobody signs', {}, {}],
    ['we sign', { requireSignatures: true }, {}],
    ['the peer wants signatures', {}, { requireSignatures: true }],
  ]

  it.each(signed)('sends that follow one another, where %s', async (_, ours, theirs) => {
    const { alice, bob, connect } = await pair(ours, theirs)
    await connect()
    const got = heard(bob)
    const payload = { n: 1, bytes: Uint8Array.of(1) }
    const sent: Promise<unknown>[] = []
    for (const n of [1, 2, 3]) {
      payload.n = n
      payload.bytes[0] = n
      sent.push(alice.sendTo(bob.peerId, { type: 'note', payload }))
    }
    payload.n = 4
    sent.push(alice.broadcast({ type: 'note', payload }))
    payload.n = 5
    await net.run(Promise.all(sent))
    await net.clock.advance(100)
    expect(got).toEqual([1, 2, 3, 4].map((n) => ({ n, bytes: Uint8Array.of(Math.min(n, 3)) })))
  })

  it.each(signed)('a message that waits for a peer, and the event of its delivery, where %s', async (_, ours, theirs) => {
    const { alice, bob, connect } = await pair(ours, theirs)
    const [got, delivered] = [heard(bob), [] as unknown[]]
    alice.on('delivered', ({ payload, from, to }) => delivered.push({ payload, from, to }))
    const payload = { n: 1 }
    const { outcome } = await alice.sendTo(bob.peerId, { type: 'note', payload }, { queue: true })
    payload.n = 2
    // Longer than the replay window, so that a signature needs a date of its own.
    await net.clock.advance(600_000)
    await connect()
    await net.clock.advance(1_000)
    expect(await outcome).toBe('delivered')
    expect(got).toEqual([{ n: 1 }])
    expect(delivered).toEqual([{ payload: { n: 1 }, from: alice.peerId, to: bob.peerId }])
  })

  it('a signed message behind one whose signature takes longer than the replay window', async () => {
    const plain = identityFromSeed(new Uint8Array(32).fill(7))
    let held: Promise<unknown> | undefined
    const identity = {
      publicKey: plain.publicKey,
      sign: async (bytes: Uint8Array) => {
        await held
        return plain.sign(bytes)
      },
    }
    const patient = { timeoutMs: 1_000_000 }
    const limits = { signTimeoutMs: patient.timeoutMs }
    const { alice, bob, connect } = await pair({ identity, requireSignatures: true, limits })
    await connect()
    const got: unknown[] = []
    bob.on('message', ({ payload, timestamp }) => got.push([payload, net.clock.now() - timestamp < 1_000]))
    let release = () => {}
    held = new Promise<void>((resolve) => {
      release = resolve
    })
    const payload = { n: 1 }
    const first = alice.sendTo(bob.peerId, { type: 'note', payload: 'first' }, patient)
    const second = alice.sendTo(bob.peerId, { type: 'note', payload }, patient)
    payload.n = 2
    await net.clock.advance(200_000)
    release()
    await net.run(Promise.all([first.catch(() => {}), second]))
    await net.clock.advance(100)
    expect(got).toContainEqual([{ n: 1 }, true])
    expect(got).not.toContainEqual([{ n: 2 }, true])
  })

  it('a resource and a record, which wait for the start and for one another', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const alice = net.createPeer({ host: 'a' })
    const data = { amount: 1 }
    const announced = [alice.announceResource('offer', 'one', data)]
    for (const key of ['a', 'b']) {
      data.amount++
      announced.push(alice.dht.announce({ key, value: data }))
    }
    data.amount = 9
    await net.run(Promise.all(announced))
    expect(await alice.getResource('offer', 'one')).toMatchObject({ data: { amount: 1 } })
    expect(await alice.dht.get('a')).toMatchObject({ value: { amount: 2 } })
    expect(await alice.dht.get('b')).toMatchObject({ value: { amount: 3 } })
  })

  it('a message of a topic', async () => {
    const { alice, bob, connect } = await pair()
    await connect()
    const got: unknown[] = []
    bob.subscribe('news', ({ payload }) => got.push(payload))
    await net.clock.advance(100)
    const payload = { n: 1 }
    const published = alice.publish('news', payload)
    payload.n = 2
    await net.run(published)
    await net.clock.advance(100)
    expect(got).toEqual([{ n: 1 }])
  })

  it('the event of a message that was not delivered in its time', async () => {
    const { alice, bob } = await pair()
    const expired: unknown[] = []
    alice.on('expired', ({ payload }) => expired.push(payload))
    const payload = { n: 1 }
    await alice.sendTo(bob.peerId, { type: 'note', payload }, { queue: true, ttl: 1 })
    payload.n = 2
    await net.clock.advance(2_000)
    expect(expired).toEqual([{ n: 1 }])
  })
})

describe('what is given at construction is copied:', () => {
  it('metadata, lists and the key of an identity of the application', async () => {
    const plain = identityFromSeed(new Uint8Array(32).fill(9))
    const own = { publicKey: plain.publicKey.slice(), sign: (bytes: Uint8Array) => plain.sign(bytes) }
    const metadata = { label: 'alice' }
    const bootstrap: string[] = []
    const { alice, bob, connect } = await pair({ metadata, bootstrap, identity: own })
    metadata.label = 'mallory'
    bootstrap.push('ws://nowhere')
    own.publicKey.fill(0)
    await connect()
    expect(bob.getPeer(alice.peerId)).toMatchObject({ metadata: { label: 'alice' }, publicKey: plain.publicKey })
  })
})

describe('what is handed out is a snapshot:', () => {
  it.each([
    ['derived from a seed', async () => identityFromSeed(new Uint8Array(32).fill(7))],
    ['generated', generateIdentity],
  ])('the public key of a coordinator, whose identity was %s', async (_, make) => {
    const identity = await make()
    const before = identity.publicKey.slice()
    const { alice, bob, connect } = await pair({ identity })
    for (const key of [alice.publicKey, identity.publicKey]) key.fill(0)
    await connect()
    expect([alice.publicKey, bob.getPeer(alice.peerId)?.publicKey]).toEqual([before, before])
  })

  it('a ban', async () => {
    const { alice, bob } = await pair()
    const told: object[] = []
    bob.on('peer-banned', (ban) => told.push(ban))
    const ban = bob.ban(alice.peerId, { reason: 'flood', durationMs: 1_000 }) as { until: number }
    const { until } = ban
    ban.until = 0
    ;(bob.listBans()[0] as { until: number }).until = 0
    expect(() => Object.assign(told[0]!, { until: 0 })).toThrow(TypeError)
    expect(bob.listBans()).toMatchObject([{ id: alice.peerId, reason: 'flood', until }])
    expect(told).toEqual(bob.listBans())
    await expect(net.run(alice.connectToPeer(net.addressOf(bob)))).rejects.toMatchObject({ code: 'BANNED' })
  })

  it('what is known of a peer: its key and its metadata, wherever they are read', async () => {
    const metadata = { name: 'alice', seal: Uint8Array.of(1, 2, 3), born: new Date(5) }
    const { alice, bob, connect } = await pair({ metadata })
    const infos: PeerInfo[] = []
    let host: ProtocolHost | undefined
    const note = (info: PeerInfo) => void infos.push(info)
    bob.on('connected', note)
    bob.on('message', (_, from) => note(from))
    bob.on('disconnected', note)
    bob.registerProtocol({
      protocolName: 'chat',
      onRegister: (given) => {
        host = given
      },
      handleMessage: async (_, from) => note(from),
      onPeerConnected: async (peer) => note(peer),
    })
    await connect()
    await alice.sendTo(bob.peerId, { type: 'x', payload: 1, protocol: 'chat' })
    await net.clock.advance(100)
    infos.push(...host!.peers())
    expect(infos).toHaveLength(5)
    const spoil = (info: PeerInfo) => {
      info.publicKey!.fill(0)
      ;(info.metadata as typeof metadata).seal.fill(0)
      ;(info.metadata as typeof metadata).born.setTime(0)
    }
    infos.forEach(spoil)
    spoil(bob.getPeer(alice.peerId)!)
    await net.run(bob.disconnectFromPeer(alice.peerId))
    expect(infos).toHaveLength(6)
    for (const info of [...infos, ...bob.getConnectedPeers()]) {
      expect(info).toMatchObject({ publicKey: alice.publicKey, metadata })
      expect({ ...info }).toMatchObject({ publicKey: alice.publicKey, metadata })
    }
    expect(() => Object.assign(infos[0]!, { publicKey: new Uint8Array(32) })).toThrow(TypeError)
  })

  it('a peer that a relay tells of, and that is connected already', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    const [alice, bob] = ['a', 'b'].map((host) => net.createPeer({ host, bootstrap: [net.addressOf(relay)] })) as [
      P2PCoordinator,
      P2PCoordinator,
    ]
    await net.run(alice.start())
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const found = async () => (await net.run(alice.findPeers())).find(({ peerId }) => peerId === bob.peerId)!
    const first = await found()
    expect(first.state).toBe('connected')
    first.publicKey!.fill(0)
    first.state = 'failed'
    expect(await found()).toMatchObject({ publicKey: bob.publicKey, state: 'connected' })
  })

  it('a message: a listener changes neither what others see nor which handler gets it', async () => {
    const { alice, bob, connect } = await pair()
    await connect()
    const [seen, handled, errors] = [[] as unknown[], [] as unknown[], [] as string[]]
    bob.on('error', ({ code }) => errors.push(code))
    for (const change of [{ protocol: 'vault' }, { type: 'other' }, { payload: 'other' }, { from: 'mallory' }]) {
      bob.on('message', (message) => void Object.assign(message, change))
    }
    bob.on('message', ({ type, protocol, payload, from }) => seen.push([type, protocol, payload, from]))
    for (const protocolName of ['chat', 'vault']) {
      bob.registerProtocol({
        protocolName,
        handleMessage: async (message) => {
          handled.push([protocolName, message.type, message.protocol, message.payload, message.from])
          message.payload = 'opened'
        },
      })
    }
    await alice.sendTo(bob.peerId, { type: 'x', payload: 1, protocol: 'chat' })
    await alice.sendTo(bob.peerId, { type: 'y', payload: 2 })
    await net.clock.advance(100)
    expect(handled).toEqual([['chat', 'x', 'chat', 1, alice.peerId]])
    expect(seen).toEqual([
      ['x', 'chat', 1, alice.peerId],
      ['y', undefined, 2, alice.peerId],
    ])
    expect(errors).toEqual(Array(8).fill('LISTENER_FAILED'))
  })

  it('a resource: its listener, the event and the news of its end have data of their own', async () => {
    const { bob } = await pair()
    const told: unknown[] = []
    const [watched, events] = [[] as { amount: number }[], [] as { amount: number }[]]
    const spoil = (to: unknown[], data: { amount: number }, change: string) => {
      told.push([change, data.amount])
      to.push(data)
      data.amount = 0
    }
    bob.on('resource', ({ data }, change) => spoil(events, data as { amount: number }, change))
    bob.watchResources<{ amount: number }>('offer', {}, ({ data }, change) => spoil(watched, data, change))
    await net.run(bob.announceResource('offer', 'one', { amount: 5 }))
    await net.clock.advance(100)
    await net.run(bob.withdrawResource('offer', 'one'))
    await net.clock.advance(100)
    expect(told).toEqual([
      ['added', 5],
      ['added', 5],
      ['removed', 5],
      ['removed', 5],
    ])
    expect(new Set([...watched, ...events]).size).toBe(4)
  })
})
