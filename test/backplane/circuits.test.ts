import { afterEach, expect, it } from 'vitest'
import { localBackplane } from '../../src/backplane/local.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { BOMBS, ODD } from '../fuzz/hostile.js'
import { relayProcesses } from './relays.js'

let cluster: Awaited<ReturnType<typeof relayProcesses>> | undefined
afterEach(async () => {
  await cluster?.stop()
  cluster = undefined
})

/** Numbered messages from one wallet to another one, and what became of them. */
function flow(from: P2PCoordinator, to: P2PCoordinator) {
  const accepted: number[] = []
  const got: number[] = []
  let next = 0
  to.on('message', ({ payload }) => got.push(payload as number))
  return {
    accepted,
    got,
    send() {
      const number = next++
      from.sendTo(to.peerId, { type: 'note', payload: number }).then(
        () => accepted.push(number),
        () => {},
      )
    },
  }
}

async function twoWallets(options?: Parameters<typeof relayProcesses>[1]) {
  const all = await relayProcesses(3, options)
  cluster = all
  const at = { alice: 0, bob: 1 }
  const alice = all.wallet(() => at.alice, 1)
  const bob = all.wallet(() => at.bob, 2)
  await all.net.run(alice.start())
  await all.net.run(bob.start())
  await all.net.clock.advance(100)
  return { ...all, alice, bob, at }
}

it('two wallets on different processes of a relay find each other and talk', async () => {
  const { net, relays, alice, bob } = await twoWallets()
  expect(relays.map(({ coordinator }) => coordinator.getConnectedPeers().length)).toEqual([1, 1, 0])
  const got: unknown[] = []
  bob.on('message', ({ payload }, { peerId }) => got.push(['bob', peerId, payload]))
  alice.on('message', ({ payload }, { peerId }) => got.push(['alice', peerId, payload]))
  await net.run(alice.connectToPeer(bob.peerId))
  await net.run(alice.sendTo(bob.peerId, { type: 'note', payload: 'hi' }))
  await net.clock.advance(50)
  await net.run(bob.sendTo(alice.peerId, { type: 'note', payload: 'hello' }))
  await net.clock.advance(50)
  expect(got).toEqual([
    ['bob', alice.peerId, 'hi'],
    ['alice', bob.peerId, 'hello'],
  ])
  expect(relays.map(({ services }) => services.getStats().remote)).toEqual([1, 1, 0])
  expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('circuit')
})

it('moves many windows across, in order, with no more than one on the way', async () => {
  const { net, alice, bob, until } = await twoWallets()
  const got: number[] = []
  bob.on('message', ({ payload }) => got.push((payload as { n: number }).n))
  await net.run(alice.connectToPeer(bob.peerId))
  const bytes = new Uint8Array(60_000)
  let sent = 0
  const sending = (async () => {
    for (let n = 0; n < 60; n++) {
      await alice.sendTo(bob.peerId, { type: 'note', payload: { n, bytes } })
      sent++
    }
  })()
  await until(() => got.length === 60, 120_000)
  await net.run(sending)
  expect(got).toEqual(Array.from({ length: 60 }, (_, n) => n))
  expect(sent).toBe(60)
})

it('a peer that nobody holds is not found, at once', async () => {
  const { net, alice } = await twoWallets()
  const stranger = `lp1${'q'.repeat(10)}`
  await expect(net.run(alice.connectToPeer(stranger))).rejects.toMatchObject({ code: 'INVALID_PEER_ID' })
  const { peerId: absent } = net.createPeer({ host: 'absent' })
  const since = net.clock.elapsed()
  await expect(net.run(alice.connectToPeer(absent))).rejects.toMatchObject({ code: /PEER_NOT_FOUND|PEER_UNREACHABLE/ })
  expect(net.clock.elapsed() - since).toBeLessThan(1_000)
})

it('a process that is killed: its wallets are back within 5 s, and what sendTo accepted comes once, in order', async () => {
  for (const seed of [1, 2, 3]) {
    const { net, relays, alice, bob, at, kill, until, stop } = await twoWallets({ seed })
    const { got, accepted, send } = flow(alice, bob)
    await net.run(alice.connectToPeer(bob.peerId))
    for (let n = 0; n < 20; n++) {
      send()
      await net.clock.advance(7)
    }
    at.bob = 2
    kill(1)
    const killedAt = net.clock.elapsed()
    for (let n = 0; n < 20; n++) {
      send()
      await net.clock.advance(20)
    }
    await until(() => relays[2]!.presence.getStats().heldPeers === 1, 5_000)
    while (accepted.at(-1)! < 60) {
      send()
      await net.clock.advance(100)
      expect(net.clock.elapsed() - killedAt).toBeLessThan(30_000)
    }
    await until(() => got.length >= accepted.length, 5_000)
    await net.clock.advance(5_000)
    expect(got).toEqual(accepted)
    await stop()
    cluster = undefined
  }
})

it('frames that are lost between processes end the circuit, and the wallets send them again', async () => {
  const { net, hub, relays, alice, bob, until } = await twoWallets()
  const { got, accepted, send } = flow(alice, bob)
  await net.run(alice.connectToPeer(bob.peerId))
  let lost = 0
  for (let n = 0; n < 300; n++) {
    if (n === 10) hub.loses = (from) => from === relays[0]!.backplane.nodeId && lost++ < 2
    send()
    await net.clock.advance(10)
  }
  await until(() => got.length >= accepted.length, 20_000)
  expect(got).toEqual(accepted)
  expect(accepted.at(-1)).toBe(299)
  expect(lost).toBeGreaterThanOrEqual(2)
  expect(relays.reduce((sum, { services }) => sum + services.getStats().gaps, 0)).toBeGreaterThan(0)
})

it('the last frame before a silence is missed by a probe', async () => {
  const { net, hub, relays, alice, bob, until } = await twoWallets()
  const got: number[] = []
  bob.on('message', ({ payload }) => got.push(payload as number))
  await net.run(alice.connectToPeer(bob.peerId))
  await net.clock.advance(100)
  let lost = 0
  hub.loses = (from) => from === relays[0]!.backplane.nodeId && lost++ < 1
  await net.run(alice.sendTo(bob.peerId, { type: 'note', payload: 1 }))
  await until(() => got.length === 1, 8_000)
  expect(lost).toBeGreaterThan(0)
})

it('while the backplane is away, peers of one process go on, and others are refused until it is back', async () => {
  const { net, hub, relays, alice, bob, wallet, until } = await twoWallets()
  const carol = wallet(() => 0, 3)
  await net.run(carol.start())
  await net.run(alice.connectToPeer(carol.peerId))
  for (const { backplane } of relays) hub.cut(backplane.nodeId)
  const got: unknown[] = []
  carol.on('message', ({ payload }) => got.push(payload))
  bob.on('message', ({ payload }) => got.push(payload))
  await net.run(alice.sendTo(carol.peerId, { type: 'note', payload: 'near' }))
  await net.clock.advance(50)
  expect(got).toEqual(['near'])
  await expect(net.run(alice.connectToPeer(bob.peerId, { timeoutMs: 3_000 }))).rejects.toThrow()
  expect([alice, bob, carol].map(({ status }) => status)).toEqual(['online', 'online', 'online'])
  for (const { backplane } of relays) hub.heal(backplane.nodeId)
  await net.run(alice.connectToPeer(bob.peerId))
  await net.run(alice.sendTo(bob.peerId, { type: 'note', payload: 'far' }))
  await until(() => got.length === 2, 1_000)
})

it('introduces peers of all processes, by protocol and by id', async () => {
  const { net, alice, bob, wallet } = await twoWallets()
  const carol = wallet(() => 2, 3)
  for (const peer of [bob, carol]) peer.registerProtocol({ protocolName: 'chess', handleMessage: async () => {} })
  await net.run(carol.start())
  await net.clock.advance(1_000)
  const found = await net.run(alice.findPeers({ protocol: 'chess' }))
  expect(found.map(({ peerId }) => peerId).sort()).toEqual([bob.peerId, carol.peerId].sort())
  expect((await net.run(alice.findPeers({ peerId: carol.peerId }))).map(({ peerId }) => peerId)).toEqual([carol.peerId])
})

it('what no process sends harms nobody', async () => {
  const { net, hub, relays, alice, bob, until } = await twoWallets()
  await net.run(alice.connectToPeer(bob.peerId))
  const stranger = localBackplane(hub)
  await net.run(stranger.start(() => ({ peers: 0, maxPeers: 0, draining: false })))
  const casts = [
    'circuit',
    'peer',
    'peer-gone',
    'claim',
    'node',
    'topic',
    'topics',
    'deposit',
    'peer-blame',
    'address-caps',
    'gather',
    'gathered',
  ]
  const questions = ['incoming', 'find', 'who', 'probe']
  const bodies = [
    ...ODD,
    ...BOMBS,
    // An entry that is longer than its message; one for a circuit of others; a close of one.
    Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 255, 255, 255, 255]),
    Uint8Array.from([0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 7]),
    Uint8Array.from([0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 0, 0]),
  ].filter(({ length }) => length < 1_000_000)
  for (const { backplane } of relays) {
    for (const body of bodies) {
      for (const kind of casts) if (kind !== 'claim') stranger.toNode(backplane.nodeId, kind, body)
      for (const kind of questions) await net.run(stranger.askNode(backplane.nodeId, kind, body).catch(() => {}))
    }
  }
  for (const body of bodies) {
    stranger.toPeer(bob.peerId, 'claim', body)
    await net.run(stranger.askPeer(bob.peerId, 'incoming', body).catch(() => {}))
  }
  const { got, send } = flow(alice, bob)
  send()
  await until(() => got.length === 1, 1_000)
  expect(relays.map(({ services }) => services.getStats().remote)).toEqual([1, 1, 0])
  await net.run(stranger.close())
})
