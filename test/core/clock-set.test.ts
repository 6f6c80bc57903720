import { afterEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Defence } from '../../src/defence/defence.js'
import { taggedHash } from '../../src/identity/envelope.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { StatementRounds } from '../../src/statements/statement-rounds.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/index.js'
import { DeviceClock } from '../device-clock.js'

const HOUR = 3_600_000

/** Whose date is set, in which order, and by how much. */
const SETTINGS: [name: string, ofAlice: readonly number[], ofBob: readonly number[]][] = [
  ['back by three hours at the one', [-3 * HOUR], []],
  ['forward by three hours at the one', [3 * HOUR], []],
  ['back by three hours at the other', [], [-3 * HOUR]],
  ['forward by three hours at the other', [], [3 * HOUR]],
  ['apart at both', [-5 * HOUR], [4 * HOUR]],
  ['forward and right again at both', [7 * HOUR, -7 * HOUR], [2 * HOUR, -2 * HOUR]],
]

let net: TestNetwork
afterEach(() => net?.stop())

interface Device {
  readonly peer: P2PCoordinator
  readonly clock: DeviceClock
  /** What must not happen: losses, bans, errors but that a clock is wrong. */
  readonly harm: string[]
  readonly got: unknown[]
}

function device(name: string, options: TestPeerOptions = {}): Device {
  const clock = new DeviceClock(net.clock)
  const peer = net.createPeer({ peerId: name, host: name, clock, ...options })
  const harm: string[] = []
  const got: unknown[] = []
  peer.on('disconnected', ({ peerId }, { code }) => void harm.push(`${name} lost ${peerId}: ${code}`))
  peer.on('peer-banned', ({ id, reason }) => void harm.push(`${name} banned ${id}: ${reason}`))
  peer.on('error', ({ code, message }) => code !== 'CLOCK_SKEW' && void harm.push(`${name}: ${code} ${message}`))
  peer.on('message', ({ payload }) => void got.push(payload))
  return { peer, clock, harm, got }
}

const send = ({ peer }: Device, to: string, payload: unknown, options: { timeoutMs?: number } = {}) =>
  peer.sendTo(to, { type: 'x', payload }, options)
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

async function pair(ofBob: TestPeerOptions = {}, ofAlice: TestPeerOptions = {}) {
  net = createTestNetwork({ latencyMs: 20 })
  const [alice, bob] = [device('alice', ofAlice), device('bob', ofBob)]
  await net.run(bob.peer.start())
  await net.run(alice.peer.connectToPeer(net.addressOf(bob.peer)))
  await net.clock.advance(1_000)
  const nothingLost = () => {
    expect([...alice.harm, ...bob.harm]).toEqual([])
    const standings = [alice.peer.reputationOf('bob'), bob.peer.reputationOf('alice')]
    for (const { score, faults } of standings) expect([score < 0, faults]).toEqual([false, {}])
    for (const { peer } of [alice, bob]) expect(peer.getStats().defence).toMatchObject({ stale: 0, limited: 0 })
  }
  return { alice, bob, nothingLost }
}

describe.each(SETTINGS)('a clock that is set %s', (_, ofAlice, ofBob) => {
  /** Sets the dates, one after the other, with some time between. */
  const setClocks = async (alice: Device, bob: Device, everyMs = 700) => {
    for (let i = 0; i < Math.max(ofAlice.length, ofBob.length); i++) {
      alice.clock.set(ofAlice[i] ?? 0)
      bob.clock.set(ofBob[i] ?? 0)
      await net.clock.advance(everyMs)
    }
  }

  it.each([false, true])('while a connection is paced loses nothing (signed: %s)', async (requireSignatures) => {
    const limits = { protocolMessagesPerS: 20, protocolMessageBurst: 40 }
    const { alice, bob, nothingLost } = await pair({ limits, requireSignatures })
    const sent = Promise.all(numbers(300).map((i) => send(alice, 'bob', i, { timeoutMs: 60_000 })))
    await net.clock.advance(2_000)
    await setClocks(alice, bob)
    await net.run(sent)
    await net.clock.advance(5_000)
    expect(bob.got).toEqual(numbers(300))
    nothingLost()
  })

  it('while a stream is refused and waits loses nothing', async () => {
    const { alice, bob } = await pair({ requireSignatures: true, limits: { maxVerifyQueue: 1 } })
    // A slow processor: 20 ms for each check.
    const { budget } = (bob.peer as unknown as { core: { defence: Defence } }).core.defence
    budget.run = async (_source, check) => new Promise<void>((go) => void net.clock.setTimeout(go, 20)).then(check)
    const sent = Promise.all(numbers(60).map((i) => send(alice, 'bob', i, { timeoutMs: 60_000 })))
    await net.clock.advance(150)
    expect(bob.peer.getStats().defence.busy).toBeGreaterThan(0)
    await setClocks(alice, bob, 100)
    await net.run(sent)
    await net.clock.advance(30_000)
    expect(bob.got).toEqual(numbers(60))
    expect([...alice.harm, ...bob.harm, bob.peer.reputationOf('alice').faults]).toEqual([{}])
  })

  it('while both are idle ends no connection, and one that is gone is noticed as soon as ever', async () => {
    const { alice, bob, nothingLost } = await pair()
    for (let i = 0; i < 5; i++) {
      await net.clock.advance(50_000)
      if (i === 1) await setClocks(alice, bob, 11_000)
      await send(alice, 'bob', i)
    }
    await net.clock.advance(100)
    expect(bob.got).toEqual(numbers(5))
    nothingLost()
    net.network.vanish('bob')
    await setClocks(alice, bob)
    await net.clock.advance(75_000)
    expect(alice.harm).toEqual(['alice lost bob: CONNECTION_LOST'])
  })

  it('while a peer is away, and dialled again and again, ends neither the dialling nor its pauses', async () => {
    net = createTestNetwork({ latencyMs: 20 })
    const [alice, bob] = [device('alice', { bootstrap: ['memory://bob'] }), device('bob')]
    await net.run(alice.peer.start())
    await net.clock.advance(3_000)
    await setClocks(alice, bob)
    await net.clock.advance(60_000)
    const { dialsFailed } = alice.peer.getStats().peers
    expect([dialsFailed > 3, dialsFailed < 40]).toEqual([true, true])
    await net.run(bob.peer.start())
    await net.clock.advance(35_000)
    expect(alice.peer.isConnected('bob')).toBe(true)
    expect([...alice.harm, ...bob.harm].filter((line) => !line.includes('PEER_UNREACHABLE'))).toEqual([])
  })

  it('while a dial is under way changes no deadline of it', async () => {
    net = createTestNetwork({ latencyMs: 20 })
    const [alice, bob] = [device('alice'), device('bob')]
    await net.run(bob.peer.start())
    net.network.partition(['alice'], ['bob'])
    const before = net.clock.elapsed()
    let endedAt = 0
    const code = alice.peer.connectToPeer('memory://bob', { timeoutMs: 8_000 }).then(
      () => 'connected',
      (error: { code: string }) => {
        endedAt = net.clock.elapsed()
        return error.code
      },
    )
    await net.clock.advance(1_000)
    await setClocks(alice, bob)
    await net.clock.advance(7_500)
    expect([await code, endedAt - before]).toEqual(['TIMEOUT', 8_000])
  })

  it('changes neither the length of a ban nor its end', async () => {
    const { alice, bob } = await pair()
    bob.peer.ban('alice', { reason: 'A test.', durationMs: 60_000 })
    await net.clock.advance(10_000)
    await setClocks(alice, bob)
    const refused = async () => {
      const code = alice.peer.connectToPeer('memory://bob', { timeoutMs: 900 }).then(
        () => 'connected',
        (error: { code: string }) => error.code,
      )
      return net.run(code)
    }
    await net.clock.advance(46_000)
    expect([await refused(), bob.peer.listBans().length]).toEqual(['BANNED', 1])
    await net.clock.advance(4_000)
    expect([await refused(), bob.peer.listBans().length]).toEqual(['connected', 0])
  })

  it('before a restart makes no stored ban last longer than it was to', async () => {
    const store = memoryStore()
    const identity = identityFromSeed(new Uint8Array(32).fill(9))
    const { alice, bob } = await pair({ store, identity })
    bob.peer.ban('alice', { reason: 'A test.', durationMs: 60_000 })
    await net.run(bob.peer.shutdown())
    await setClocks(alice, bob)
    const again = net.createPeer({ peerId: 'bob', host: 'bob2', clock: bob.clock, identity, store })
    await net.run(again.start())
    await net.clock.advance(61_000)
    expect(again.listBans()).toEqual([])
    await net.run(alice.peer.connectToPeer('memory://bob2'))
  })

  it('keeps reservations and circuits', async () => {
    net = createTestNetwork({ latencyMs: 20 })
    const relay = device('relay', { relay: true })
    await net.run(relay.peer.start())
    const of = (name: string) => device(name, { listening: false, bootstrap: ['memory://relay'] })
    const [alice, bob, carol] = [of('alice'), of('bob'), of('carol')]
    for (const { peer } of [alice, bob, carol]) await net.run(peer.start())
    await net.clock.advance(1_000)
    await net.run(alice.peer.connectToPeer('bob'))
    await send(alice, 'bob', 0)
    await setClocks(alice, relay)
    await setClocks(bob, relay)
    await send(alice, 'bob', 1)
    await net.clock.advance(600_000)
    // Reservations are renewed meanwhile: who has none cannot be called.
    await net.run(carol.peer.connectToPeer('bob'))
    await send(carol, 'bob', 2)
    await net.run(bob.peer.connectToPeer('alice'))
    await send(bob, 'alice', 3)
    await net.clock.advance(1_000)
    expect([bob.got, alice.got]).toEqual([[0, 1, 2], [3]])
    expect([relay, alice, bob, carol].flatMap(({ harm }) => harm)).toEqual([])
  })

  it('leaves what waits for a peer its time, and no more', async () => {
    const { alice, bob } = await pair({ requireSignatures: true })
    await send(alice, 'bob', 0)
    await net.clock.advance(100)
    net.network.partition(['alice'], ['bob'])
    const outcomes: string[] = []
    for (const ttl of [60, 600]) {
      const { outcome } = await alice.peer.sendTo('bob', { type: 'x', payload: ttl }, { queue: true, ttl })
      void outcome.then((how) => void outcomes.push(`${ttl} s: ${how}`))
    }
    await net.clock.advance(30_000)
    await setClocks(alice, bob)
    await net.clock.advance(25_000)
    expect(outcomes).toEqual([])
    await net.clock.advance(60_000)
    expect(outcomes).toEqual(['60 s: expired'])
    net.network.heal()
    await net.clock.advance(120_000)
    expect(outcomes).toEqual(['60 s: expired', '600 s: delivered'])
    expect(bob.got).toEqual([0, 600])
  })

  it('between the signing of a message and its delivery, on this connection or the next, loses none', async () => {
    const { alice, bob } = await pair({ requireSignatures: true })
    await send(alice, 'bob', 0)
    await net.clock.advance(100)
    const sent = numbers(5).map((i) => send(alice, 'bob', i + 1))
    await net.clock.advance(5)
    net.network.partition(['alice'], ['bob'])
    await setClocks(alice, bob, 1_000)
    await net.clock.advance(5_000)
    net.network.heal()
    await net.run(Promise.all(sent))
    await net.clock.advance(60_000)
    expect(bob.got).toEqual(numbers(6))
    expect(bob.peer.getStats().defence.stale).toBe(0)
  })

  it('moves no deadline of a round, and names nobody who acts within it', async () => {
    net = createTestNetwork()
    const [alice, bob] = [device('alice'), device('bob')]
    const places = [0, 1, 2]
    const said = new Set<string>()
    const id = (round: number, place: number) => Uint8Array.of(round, place)
    const named: number[] = []
    let ended = false
    const rounds: StatementRounds = new StatementRounds({
      clock: alice.clock,
      network: 'lotus',
      members: 3,
      own: 0,
      rounds: places.map(() => ({ deadlineMs: 30_000, isReady: false, owing: () => places })),
      item: (round, place) => (said.has(`${round} ${place}`) ? id(round, place) : undefined),
      go: (round, place) =>
        said.has(`${round} ${place}`) ? taggedHash('statement-go', 'lotus', ...places.map((from) => id(round, from))) : undefined,
      begin: (round) => void said.add(`${round} 0`),
      complete: () => {},
      ask: () => true,
      onProgress: () => {},
      stop: (_, owing) => void named.push(...owing),
      end: () => {
        ended = true
      },
      leave: () => {},
    })
    rounds.start()
    for (const round of places) {
      await net.clock.advance(20_000)
      if (round === 1) await setClocks(alice, bob, 3_000)
      for (const place of [1, 2]) said.add(`${round} ${place}`)
      rounds.look()
    }
    expect([ended, named]).toEqual([true, []])
  })
})
