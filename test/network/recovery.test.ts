import { afterEach, describe, expect, it, vi } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { Newcomers } from '../../src/node/newcomers.js'
import { Reconnector } from '../../src/peer/keep/reconnector.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { RelayChild } from '../node/relay-child.js'

let net: TestNetwork | undefined
afterEach(async () => {
  vi.unstubAllGlobals()
  await net?.stop()
  net = undefined
})

const AWAY_MS = 75_000

/** A relay, two wallets that it connects, and how to take the relay away. */
async function outage(seed: number) {
  const network = createTestNetwork({ latencyMs: 20, seed })
  net = network
  const identity = identityFromSeed(new Uint8Array(32).fill(seed))
  const makeRelay = () => network.createPeer({ host: 'relay', relay: true, identity })
  let relay = makeRelay()
  await network.run(relay.start())
  const [alice, bob] = ['alice', 'bob'].map((host) =>
    network.createPeer({ host, listening: false, webrtc: false, bootstrap: ['memory://relay'] }),
  ) as [P2PCoordinator, P2PCoordinator]
  for (const wallet of [alice, bob]) await network.run(wallet.start())
  await network.clock.advance(500)
  await network.run(alice.connectToPeer(bob.peerId))
  return {
    alice,
    bob,
    clock: network.clock,
    async leave() {
      await network.run(relay.shutdown())
    },
    async comeBack() {
      relay = makeRelay()
      await network.run(relay.start())
      return network.clock.now()
    },
  }
}

/** When the coordinator connects with this peer next, milliseconds of its clock. */
function nextConnection(wallet: P2PCoordinator, peerId: string, clock: VirtualClock): Promise<number> {
  return new Promise((resolve) => {
    const stop = wallet.on('connected', (peer) => {
      if (peer.peerId !== peerId) return
      stop()
      resolve(clock.now())
    })
  })
}

describe('a relay that was away for 75 s', () => {
  it.each([1, 2, 3, 4, 5])(
    'has its wallets back within 3 s, their circuit within 1 s of the later one, and what was queued (seed %i)',
    async (seed) => {
      const { alice, bob, clock, leave, comeBack } = await outage(seed)
      const got: unknown[] = []
      bob.on('message', ({ payload }) => got.push([payload, clock.now()]))
      await leave()
      await clock.advance(AWAY_MS)
      expect(alice.isConnected(bob.peerId)).toBe(false)
      const { outcome } = await alice.sendTo(bob.peerId, { type: 'note', payload: 'queued' }, { queue: true })
      const back: number[] = []
      for (const wallet of [alice, bob]) {
        wallet.on('connected', (peer) => {
          if (peer.isRelay) back.push(clock.now())
        })
      }
      const met = nextConnection(alice, bob.peerId, clock)
      const since = await comeBack()
      await clock.advance(5_000)
      expect(back).toHaveLength(2)
      expect(Math.max(...back) - since).toBeLessThan(3_000)
      expect((await met) - Math.max(...back)).toBeLessThan(1_000)
      expect(await outcome).toBe('delivered')
      expect(got).toEqual([['queued', expect.any(Number)]])
      expect((got[0] as [string, number])[1] - Math.max(...back)).toBeLessThan(1_000)
    },
  )

  it('is dialled with long pauses while the page is hidden, and at once when it is shown or the application asks', async () => {
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
    vi.stubGlobal('document', document)
    const { alice, bob, clock, leave, comeBack } = await outage(7)
    await leave()
    await clock.advance(400_000)
    const since = await comeBack()
    const backAt = (wallet: P2PCoordinator) =>
      new Promise<number>((resolve) => {
        wallet.once('connected', () => resolve(clock.now()))
      })
    const [aliceBack, bobBack] = [backAt(alice), backAt(bob)]
    await clock.advance(1)
    expect([alice.status, bob.status]).toEqual(['connecting', 'connecting'])
    alice.reconnect()
    await clock.advance(500)
    expect((await aliceBack) - since).toBeLessThan(500)
    document.visibilityState = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    await clock.advance(500)
    expect((await bobBack) - since).toBeLessThan(1_100)
  })

  it('is not dialled by reconnect() of a coordinator that is not started, or is suspended', async () => {
    net = createTestNetwork()
    const relay = net.createPeer({ host: 'relay', relay: true })
    await net.run(relay.start())
    const wallet = net.createPeer({ listening: false, bootstrap: ['memory://relay'] })
    wallet.reconnect()
    await net.clock.advance(1_000)
    expect(wallet.getStats().peers.dialled).toBe(0)
    await net.run(wallet.start())
    wallet.suspend()
    wallet.reconnect()
    await net.clock.advance(1_000)
    expect(wallet.getStats().peers.dialled).toBe(1)
  })
})

describe('two paths that fall silent together', () => {
  it('are noticed with the round of probes and one short probe more', async () => {
    net = createTestNetwork({ latencyMs: 20 })
    const { clock, network } = net
    const [alice, bob] = ['alice', 'bob'].map((host) => net!.createPeer({ host })) as [P2PCoordinator, P2PCoordinator]
    for (const peer of [alice, bob]) await net.run(peer.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    // The first path is silent for Alice, who does not know it; Bob dials another one, and she has both.
    await bob.sendTo(alice.peerId, { type: 'note', payload: 'on its way' })
    network.crash('alice')
    bob.dropPath(alice.peerId)
    const again = bob.connectToPeer(net.addressOf(alice))
    await clock.advance(106)
    await again
    network.vanish('bob')
    const since = clock.now()
    const lost: number[] = []
    alice.once('disconnected', () => lost.push(clock.now() - since))
    await clock.advance(100_000)
    const { heartbeatIntervalMs, heartbeatTimeoutMs, wakeProbeMs } = DEFAULT_LIMITS
    expect(lost).toEqual([expect.any(Number)])
    expect(lost[0]).toBeGreaterThan(heartbeatTimeoutMs)
    expect(lost[0]).toBeLessThanOrEqual(heartbeatIntervalMs + heartbeatTimeoutMs + wakeProbeMs)
  })
})

describe('wallets that all lose their relay', () => {
  /** Reconnectors of so many wallets, and a relay that takes them as `startRelay` does. */
  async function herd(wallets: number) {
    const clock = new VirtualClock()
    const newcomers = new Newcomers(DEFAULT_LIMITS, () => clock.now())
    const random = seededRandom(wallets)
    const joined: number[] = []
    let isThere = true
    let knocks = 0
    const all = Array.from({ length: wallets }, () => {
      let isConnected = false
      const reconnector = new Reconnector(['wss://relay.example'], {
        clock,
        limits: DEFAULT_LIMITS,
        random,
        dial: async () => {
          knocks++
          if (!isThere) throw new P2PError('PEER_UNREACHABLE', 'Nobody there.')
          const refusal = newcomers.refusal()
          if (refusal !== undefined) throw refusal
          newcomers.joined()
          joined.push(clock.now())
          isConnected = true
          return 'relay'
        },
        isConnected: () => isConnected,
        isWanted: () => false,
        onError: () => {},
        onChange: () => {},
      })
      return {
        reconnector,
        lose() {
          isConnected = false
          reconnector.lost('relay', new P2PError('CONNECTION_LOST', 'Gone.'))
        },
      }
    })
    // As on other days: they have come one after the other.
    for (const { reconnector } of all) {
      await reconnector.start()
      await clock.advance(5)
    }
    isThere = false
    for (const { lose } of all) lose()
    await clock.advance(AWAY_MS)
    isThere = true
    joined.length = 0
    knocks = 0
    const since = clock.now()
    await clock.advance(60_000)
    return { times: joined.map((at) => at - since).sort((a, b) => a - b), knocks }
  }

  it('are back within 3 s where they are 500, spread over the whole of the time', async () => {
    const { times, knocks } = await herd(500)
    expect(times).toHaveLength(500)
    expect(times.at(-1)).toBeLessThan(3_000)
    expect(knocks).toBe(500)
    // In no tenth of a second more than three times its share.
    for (let from = 0; from < 3_000; from += 100) {
      expect(times.filter((at) => at >= from && at < from + 100).length).toBeLessThan(60)
    }
  })

  it('are spread by the relay where they are 3,000: 250 a second after the first 500', async () => {
    const { times, knocks } = await herd(3_000)
    expect(times).toHaveLength(3_000)
    const { newcomersPerS, newcomerBurst } = DEFAULT_LIMITS
    for (let s = 1; s < 60; s++) {
      expect(times.filter((at) => at < s * 1_000).length).toBeLessThanOrEqual(newcomerBurst + newcomersPerS * s + 1)
    }
    expect(times.at(-1)).toBeLessThan(30_000)
    // Each is told when to come: on average it knocks a few times.
    expect(knocks).toBeLessThan(3_000 * 4)
  })

  it('are spread by a relay that takes twenty handshakes at a time: a hundred, and none waits long', {
    timeout: 90_000,
  }, async () => {
    const network = createTestNetwork({ latencyMs: 20 })
    net = network
    const relay = network.createPeer({ host: 'relay', relay: true })
    await network.run(relay.start())
    const tabs = Array.from({ length: 100 }, (_, i) =>
      network.createPeer({ host: `tab${i}`, listening: false, bootstrap: [network.addressOf(relay)] }),
    )
    for (const peer of tabs) await network.run(peer.start())
    await network.run(relay.shutdown())
    await network.clock.advance(5_000)
    const again = network.createPeer({
      host: 'relay',
      relay: true,
      limits: { maxPendingHandshakes: 20 },
      maxConnections: 200,
    })
    const arrivals: number[] = []
    await network.run(again.start())
    const start = network.clock.now()
    again.on('connected', () => arrivals.push(network.clock.now() - start))
    await network.clock.advance(10_000)
    expect(arrivals).toHaveLength(100)
    expect(Math.max(...arrivals)).toBeLessThan(6_000)
    // There is no herd in any one second.
    for (let second = 0; second < 6; second++) {
      expect(arrivals.filter((at) => at >= second * 1_000 && at < second * 1_000 + 1_000).length).toBeLessThan(60)
    }
    expect(tabs.every(({ status }) => status === 'online')).toBe(true)
  })
})

describe('a relay process that is killed and started again', () => {
  it('has its wallets back within 3 s of listening again', { timeout: 60_000 }, async () => {
    const first = await RelayChild.start({ port: 0, powDifficulty: 0 })
    const wallet = new P2PCoordinator({ bootstrap: [first.url], webrtc: false, logger: { debug() {}, warn() {}, error() {} } })
    let second: RelayChild | undefined
    try {
      await wallet.start()
      expect(wallet.status).toBe('online')
      const lost = new Promise<void>((resolve) => wallet.once('disconnected', () => resolve()))
      first.kill()
      await first.stop()
      await lost
      const back = new Promise<number>((resolve) => wallet.once('connected', () => resolve(performance.now())))
      second = await RelayChild.start({ port: Number(new URL(first.url).port), powDifficulty: 0 })
      const since = performance.now()
      expect((await back) - since).toBeLessThan(3_000)
    } finally {
      await wallet.shutdown()
      await second?.stop()
    }
  })
})

describe('waitFor', () => {
  it('starts the coordinator, and resolves when a relay is connected; the statistics tell of it', async () => {
    const network = createTestNetwork()
    net = network
    const relay = network.createPeer({ host: 'relay', relay: true })
    const wallet = network.createPeer({ listening: false, bootstrap: ['memory://relay'] })
    const waiting = wallet.waitFor('online')
    await network.clock.advance(100)
    expect([wallet.status, wallet.getStats().relays]).toEqual(['connecting', { named: 1, connected: 0 }])
    await network.run(relay.start())
    await network.run(waiting)
    expect([wallet.status, wallet.getStats().relays]).toEqual(['online', { named: 1, connected: 1 }])
    await network.run(wallet.waitFor('online'))
    wallet.suspend()
    await network.run(wallet.waitFor('suspended'))
  })

  it('ends with its deadline, its signal, and the coordinator', async () => {
    const network = createTestNetwork()
    net = network
    const wallet = network.createPeer({ listening: false, bootstrap: ['memory://nobody'] })
    const code = (expected: string) => expect.objectContaining({ code: expected })
    const controller = new AbortController()
    const waits = [{ timeoutMs: 1_000 }, { signal: controller.signal }, {}].map((options) => wallet.waitFor('online', options))
    const outcomes = Promise.allSettled(waits)
    await network.clock.advance(1_000)
    controller.abort()
    await network.run(wallet.shutdown())
    expect((await network.run(outcomes)).map((outcome) => (outcome as PromiseRejectedResult).reason)).toEqual(
      ['TIMEOUT', 'ABORTED', 'SHUT_DOWN'].map(code),
    )
    await expect(wallet.waitFor('online')).rejects.toEqual(code('SHUT_DOWN'))
  })
})
