import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { Balancer } from './balancer.js'
import { NatsServer } from './nats-server.js'
import { RelayChild } from './relay-child.js'

let nats: NatsServer
let clusters = 0
const relays: RelayChild[] = []
const wallets: P2PCoordinator[] = []
let balancer: Balancer

beforeAll(async () => {
  nats = await NatsServer.start()
})
afterAll(() => nats.stop())
afterEach(async () => {
  await Promise.all(wallets.splice(0).map((wallet) => wallet.shutdown()))
  for (const relay of relays.splice(0)) relay.kill()
  await balancer.stop()
})

const LONG = { timeout: 60_000, interval: 20 }

async function startRelays(count: number): Promise<RelayChild[]> {
  balancer = await Balancer.start()
  const options = {
    port: 0,
    host: '127.0.0.1',
    // Wallets are told of one address, whichever process they are at.
    announce: [`ws://${balancer.host}`],
    allowPrivate: true,
    seed: 200,
    nats: { servers: nats.url, cluster: `t${++clusters}` },
  }
  const started = await Promise.all(Array.from({ length: count }, () => RelayChild.start(options)))
  relays.push(...started)
  balancer.targets = started.map(portOf)
  expect(new Set(started.map(({ peerId }) => peerId)).size).toBe(1)
  return started
}

/** A wallet that the balancer brings to one process, or to whichever is next. */
async function wallet(at?: RelayChild, scheme = 'ws'): Promise<P2PCoordinator> {
  const { targets } = balancer
  if (at !== undefined) balancer.targets = [portOf(at)]
  const coordinator: P2PCoordinator = new P2PCoordinator({
    identity: identityFromSeed(crypto.getRandomValues(new Uint8Array(32))),
    bootstrap: [`${scheme}://${balancer.host}`],
    allowPrivate: true,
    webrtc: false,
    logger: { debug() {}, warn() {}, error() {} },
  })
  wallets.push(coordinator)
  await coordinator.start()
  balancer.targets = targets
  return coordinator
}

/** Numbered messages from one wallet to another one, and what became of them. */
function flow(from: P2PCoordinator, to: P2PCoordinator) {
  const accepted: number[] = []
  const got: number[] = []
  let last = -1
  to.on('message', ({ payload }, { peerId }) => {
    if (peerId === from.peerId) got.push(payload as number)
  })
  return {
    accepted,
    got,
    async send() {
      const number = ++last
      await from.sendTo(to.peerId, { type: 'note', payload: number }).then(
        () => accepted.push(number),
        () => {},
      )
    },
  }
}

const portOf = ({ url }: RelayChild) => Number(new URL(url).port)

it('two wallets at two processes of a relay find each other and talk', { timeout: 40_000 }, async () => {
  const [one, two] = await startRelays(2)
  const [alice, bob] = [await wallet(one), await wallet(two)]
  await alice.connectToPeer(bob.peerId)
  const [there, back] = [flow(alice, bob), flow(bob, alice)]
  for (let n = 0; n < 20; n++) await Promise.all([there.send(), back.send()])
  await vi.waitFor(() => expect([there.got.length, back.got.length]).toEqual([20, 20]), LONG)
  expect(there.got).toEqual(there.accepted)
  const facts = await one!.tell({ do: 'stats' })
  expect(facts.backplane).toMatchObject({ up: true, nodes: 2, heldPeers: 1 })
  expect(facts.circuits).toMatchObject({ remote: 1, gaps: 0 })
  expect(facts.connected).toEqual([alice.peerId])
})

it('kill -9 of one of three processes: its wallets come back, and what sendTo accepted comes once', {
  timeout: 90_000,
}, async () => {
  const all = await startRelays(3)
  const pairs: { from: P2PCoordinator; to: P2PCoordinator; flow: ReturnType<typeof flow> }[] = []
  for (let n = 0; n < 9; n++) {
    const [from, to] = [await wallet(), await wallet()]
    await from.connectToPeer(to.peerId)
    pairs.push({ from, to, flow: flow(from, to) })
  }
  const sending: Promise<void>[] = []
  const round = () => sending.push(...pairs.map(({ flow }) => flow.send()))
  let rounds = 0
  const timer = setInterval(() => {
    round()
    if (++rounds === 10) all[0]!.kill()
  }, 100)
  const isBack = () => expect(wallets.map(({ status }) => status)).toEqual(wallets.map(() => 'online'))
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(30), LONG)
  await vi.waitFor(isBack, LONG)
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(60), LONG)
  clearInterval(timer)
  await Promise.all(sending)
  for (const { flow } of pairs) {
    await vi.waitFor(() => expect(flow.got.length).toBeGreaterThanOrEqual(flow.accepted.length), LONG)
    expect(flow.got).toEqual(flow.accepted)
    expect(flow.accepted.length).toBeGreaterThan(40)
  }
})

it('NATS away: wallets stay, those of one process talk, those of two do so again after it', { timeout: 90_000 }, async () => {
  const [one, two] = await startRelays(2)
  const [alice, bob, carol] = [await wallet(one), await wallet(two), await wallet(one)]
  await alice.connectToPeer(bob.peerId)
  await alice.connectToPeer(carol.peerId)
  const [far, near] = [flow(alice, bob), flow(alice, carol)]
  await Promise.all([far.send(), near.send()])
  await nats.kill()
  await vi.waitFor(async () => expect((await one!.tell({ do: 'stats' })).backplane?.up).toBe(false), LONG)
  const lost: string[] = []
  for (const peer of [alice, bob, carol]) {
    peer.on('disconnected', ({ peerId }, { code }) => {
      if (peerId === one!.peerId) lost.push(code)
    })
  }
  await near.send()
  const sending = [far.send(), far.send()]
  await vi.waitFor(() => expect(near.got).toEqual([0, 1]), LONG)
  await nats.run()
  await vi.waitFor(async () => expect((await one!.tell({ do: 'stats' })).backplane?.up).toBe(true), LONG)
  await vi.waitFor(async () => {
    await far.send()
    expect(far.got.length).toBeGreaterThan(1)
  }, LONG)
  await Promise.all(sending)
  await vi.waitFor(() => expect(far.got).toEqual(far.accepted), LONG)
  expect(lost).toEqual([])
})

it('a wallet by HTTP whose requests go to whichever process', { timeout: 40_000 }, async () => {
  const all = await startRelays(3)
  const alice = await wallet(undefined, 'http')
  expect(alice.getPeer(all[0]!.peerId)?.connection?.transport).toBe('http')
  const bob = await wallet(all[1])
  await alice.connectToPeer(bob.peerId)
  const [there, back] = [flow(alice, bob), flow(bob, alice)]
  for (let n = 0; n < 20; n++) await Promise.all([there.send(), back.send()])
  await vi.waitFor(() => expect([there.got.length, back.got.length]).toEqual([20, 20]), LONG)
  const facts = await Promise.all(all.map((relay) => relay.tell({ do: 'stats' })))
  const forwarded = facts.reduce((sum, { backplane }) => sum + (backplane?.sent.http ?? 0), 0)
  expect(forwarded).toBeGreaterThan(20)
})
