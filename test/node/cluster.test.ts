import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { Balancer } from './balancer.js'
import { NatsServer } from './nats-server.js'
import { RelayChild } from './relay-child.js'

const LONG = { timeout: 60_000, interval: 20 }
const wallets: P2PCoordinator[] = []
let nats: NatsServer
let balancer: Balancer
/** Three processes for all tests; the last test kills one of them. */
let relays: RelayChild[]

beforeAll(async () => {
  ;[nats, balancer] = await Promise.all([NatsServer.start(), Balancer.start()])
  const options = {
    port: 0,
    host: '127.0.0.1',
    // Wallets are told of one address, whichever process they are at.
    announce: [`ws://${balancer.host}`],
    allowPrivate: true,
    seed: 200,
    nats: { servers: nats.url, cluster: 'c1' },
  }
  relays = await Promise.all(Array.from({ length: 3 }, () => RelayChild.start(options)))
  balancer.targets = relays.map(portOf)
  expect(new Set(relays.map(({ peerId }) => peerId)).size).toBe(1)
})
afterEach(async () => {
  await Promise.all(wallets.splice(0).map((wallet) => wallet.shutdown()))
})
afterAll(async () => {
  for (const relay of relays ?? []) relay.kill()
  await Promise.all([balancer?.stop(), nats?.stop()])
})

/** A wallet that the balancer brings to one process for as long as it starts, or to whichever is next. */
async function wallet(at?: RelayChild, scheme = 'ws'): Promise<P2PCoordinator> {
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
  if (at !== undefined) balancer.targets = relays.map(portOf)
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
  const [one, two] = relays
  const [alice, bob] = [await wallet(one), await wallet(two)]
  await alice.connectToPeer(bob.peerId)
  const [there, back] = [flow(alice, bob), flow(bob, alice)]
  for (let n = 0; n < 20; n++) await Promise.all([there.send(), back.send()])
  await vi.waitFor(() => expect([there.got.length, back.got.length]).toEqual([20, 20]), LONG)
  expect(there.got).toEqual(there.accepted)
  const facts = await one!.tell({ do: 'stats' })
  expect(facts.backplane).toMatchObject({ up: true, nodes: 3, heldPeers: 1 })
  expect(facts.circuits).toMatchObject({ remote: 1, gaps: 0 })
  expect(facts.connected).toEqual([alice.peerId])
})

it('NATS away: wallets stay, those of one process talk, those of two do so again after it', { timeout: 90_000 }, async () => {
  const [one, two] = relays
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
  const alice = await wallet(undefined, 'http')
  expect(alice.getPeer(relays[0]!.peerId)?.connection?.transport).toBe('http')
  const bob = await wallet(relays[1])
  await alice.connectToPeer(bob.peerId)
  const [there, back] = [flow(alice, bob), flow(bob, alice)]
  for (let n = 0; n < 20; n++) await Promise.all([there.send(), back.send()])
  await vi.waitFor(() => expect([there.got.length, back.got.length]).toEqual([20, 20]), LONG)
  const facts = await Promise.all(relays.map((relay) => relay.tell({ do: 'stats' })))
  const forwarded = facts.reduce((sum, { backplane }) => sum + (backplane?.sent.http ?? 0), 0)
  expect(forwarded).toBeGreaterThan(20)
})

it('records and topics: what a wallet announces and publishes at one process reaches those at the others, once', {
  timeout: 40_000,
}, async () => {
  const [one, two, three] = relays
  const [alice, bob, carol] = [await wallet(one), await wallet(two), await wallet(three)]
  const got: string[] = []
  for (const [name, peer] of Object.entries({ bob, carol })) {
    peer.subscribe('offers', ({ payload }) => got.push(`${name} ${payload}`))
    peer.watchResources('offer', {}, ({ data }, change) => got.push(`${name} ${change} ${data}`))
  }
  await vi.waitFor(async () => {
    await alice.publish('offers', 'early')
    expect(new Set(got)).toEqual(new Set(['bob early', 'carol early']))
  }, LONG)
  got.length = 0
  await alice.publish('offers', 'news')
  await alice.announceResource('offer', 'x', 5)
  const all = ['bob added 5', 'bob news', 'carol added 5', 'carol news']
  await vi.waitFor(() => expect(got.filter((line) => !line.endsWith('early')).sort()).toEqual(all), LONG)
  expect((await bob.discoverResources('offer')).map(({ data }) => data)).toEqual([5])
  await alice.withdrawResource('offer', 'x')
  await vi.waitFor(async () => expect(await carol.discoverResources('offer')).toEqual([]), LONG)
  // Each once: whatever else is under way is before this.
  await alice.publish('offers', 'last')
  await vi.waitFor(() => expect(got.filter((line) => line.endsWith('last'))).toHaveLength(2), LONG)
  expect(got.filter((line) => line.endsWith('news'))).toHaveLength(2)
})

it('a wallet that one process bans is let in by none, until the ban is lifted at any', { timeout: 40_000 }, async () => {
  const [one, two] = relays
  const alice = await wallet(one)
  const why: string[] = []
  alice.on('disconnected', (_, { code }) => why.push(code))
  await two!.tell({ do: 'ban', id: alice.peerId, reason: 'Spam.' })
  const banned = async () => (await Promise.all(relays.map((relay) => relay.tell({ do: 'stats' })))).map(({ banned }) => banned)
  await vi.waitFor(async () => {
    expect(await banned()).toEqual(relays.map(() => [`${alice.peerId} Spam.`]))
    expect(why).toEqual(['BANNED'])
  }, LONG)
  for (const relay of relays) {
    balancer.targets = [portOf(relay)]
    await expect(alice.connectToPeer(`ws://${balancer.host}`)).rejects.toMatchObject({ code: 'BANNED' })
  }
  balancer.targets = relays.map(portOf)
  await relays[2]!.tell({ do: 'unban', id: alice.peerId })
  await vi.waitFor(async () => expect(await banned()).toEqual(relays.map(() => [])), LONG)
  expect((await alice.connectToPeer(`ws://${balancer.host}`)).peerId).toBe(relays[0]!.peerId)
})

it('kill -9 of one of three processes: its wallets come back, and what sendTo accepted comes once', {
  timeout: 90_000,
}, async () => {
  await Promise.all(Array.from({ length: 12 }, () => wallet()))
  const pairs = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => {
      const [from, to] = [wallets[2 * n]!, wallets[2 * n + 1]!]
      await from.connectToPeer(to.peerId)
      return flow(from, to)
    }),
  )
  const sending: Promise<void>[] = []
  let rounds = 0
  const [killed, ...rest] = relays
  const timer = setInterval(() => {
    sending.push(...pairs.map((pair) => pair.send()))
    if (++rounds === 10) killed!.kill()
  }, 50)
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(10), LONG)
  await vi.waitFor(async () => {
    const facts = await Promise.all(rest.map((relay) => relay.tell({ do: 'stats' })))
    expect(facts.reduce((sum, { backplane }) => sum + backplane!.heldPeers, 0)).toBe(12)
    expect(wallets.map(({ status }) => status)).toEqual(wallets.map(() => 'online'))
    expect(Math.min(...pairs.map(({ accepted }) => accepted.length))).toBeGreaterThan(40)
  }, LONG)
  clearInterval(timer)
  await Promise.all(sending)
  for (const { got, accepted } of pairs) {
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(accepted.length), LONG)
    expect(got).toEqual(accepted)
  }
})
