import { beforeEach, describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { ChannelKeyring } from '../../src/channel/certificate.js'
import { Defence } from '../../src/defence/defence.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { PinnedNames } from '../../src/identity/pinned-names.js'
import type { P2PMessage } from '../../src/message/message.js'
import type { PeerContext } from '../../src/peer/peer-context.js'
import { PeerManager } from '../../src/peer/pool/peer-manager.js'
import type { WorkSupply } from '../../src/peer/pool/work.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { MemoryNetwork } from '../../src/transport/memory.js'

let clock: VirtualClock
let network: MemoryNetwork
let made = 0
beforeEach(() => {
  clock = new VirtualClock()
  network = new MemoryNetwork({ clock })
})

/** A pool by itself, at an address, and what it tells. */
async function pool(host: string, changes: Partial<PeerContext> = {}, limits: Partial<Limits> = {}) {
  const identity = identityFromSeed(new Uint8Array(32).fill(++made))
  const shared = { clock, limits: resolveLimits(limits) }
  const store = memoryStore()
  const told: string[] = []
  const got: P2PMessage[] = []
  const defence = new Defence({
    ...shared,
    store,
    served: () => [],
    limitsOf: () => 'default',
    shareChanged: () => {},
    disconnect: () => {},
    onBanned: () => {},
    onError: () => {},
  })
  const keyring = new ChannelKeyring(identity, 'test')
  const peers = new PeerManager(
    {
      ...shared,
      peerId: encodePeerId(identity.publicKey),
      identity,
      requireSignatures: false,
      maxConnections: 8,
      hidesAddress: false,
      defence,
      names: new PinnedNames(store, shared.limits),
      transports: { forAddress: () => network.transport(host) },
      networkName: 'test',
      hello: { network: 'test', session: new Uint8Array(16).fill(made), keys: (at) => keyring.at(at) },
      describe: () => ({ protocols: ['chat'], addresses: [] }),
      judge: () => {},
      work: undefined,
      isNamed: () => false,
      useOf: (protocol) => (protocol === 'ping' ? 'upkeep' : protocol === 'lookup' ? 'passing' : 'lasting'),
      claimAnswer: () => false,
      isRelay: (protocols) => protocols.includes('chat'),
      ...changes,
    },
    {
      connected: () => void told.push('connected'),
      disconnected: (_, { code }) => void told.push(`disconnected ${code}`),
      pathChanged: (_, from) => void told.push(`path changed from ${from.connection.transport}`),
      interrupted: () => void told.push('interrupted'),
      doubted: () => {},
      spareLost: () => void told.push('spare-lost'),
      message: (message) => void got.push(message),
      stale: () => void told.push('stale'),
      error: ({ code }) => void told.push(`error ${code}`),
      changed: () => {},
    },
  )
  await network.listener(host).listen((connection) => peers.accept(connection))
  return { peers, told, got, peerId: encodePeerId(identity.publicKey) }
}

const message = (from: string, payload: unknown, protocol?: string): P2PMessage => {
  const whole: P2PMessage = { type: 'x', from, payload, timestamp: clock.now(), messageId: `${payload} ${protocol}` }
  return protocol === undefined ? whole : { ...whole, protocol }
}

describe('a pool', () => {
  it('tells the core of connections, messages and their end', async () => {
    const [a, b] = [await pool('a'), await pool('b')]
    const peerId = await clock.run(a.peers.dial('memory://b', undefined, {}))
    expect([peerId, a.told, b.told]).toEqual([b.peerId, ['connected'], ['connected']])
    void a.peers.need(peerId).send(message(a.peerId, 1))
    await clock.advance(0)
    expect(b.got).toMatchObject([{ from: a.peerId, payload: 1 }])
    expect(a.peers.get(peerId)!.info).toMatchObject({ protocols: ['chat'], isRelay: true })
    a.peers.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
    await clock.advance(0)
    expect([a.told.at(-1), b.told.at(-1)]).toEqual(Array(2).fill('disconnected CONNECTION_CLOSED'))
  })

  it('notes when a peer was last of use, and whether more than lookups keep its connection', async () => {
    const [a, b] = [await pool('a'), await pool('b')]
    const peerId = await clock.run(a.peers.dial('memory://b', undefined, {}))
    const atB = b.peers.get(a.peerId)!
    const noted = []
    for (const protocol of ['ping', 'lookup', 'chat']) {
      await clock.advance(1_000)
      void a.peers.need(peerId).send(message(a.peerId, 1, protocol))
      await clock.advance(0)
      noted.push([atB.usedAt > 0 && clock.elapsed() - atB.usedAt < 1_000, atB.isInUse, a.peers.need(peerId).isInUse])
    }
    expect(noted).toEqual([
      [false, false, false],
      [true, false, false],
      [true, true, true],
    ])
  })

  it('encodes a broadcast once, whatever becomes of its payload meanwhile', async () => {
    const [a, b, c] = [await pool('a'), await pool('b'), await pool('c')]
    for (const host of ['b', 'c']) await clock.run(a.peers.dial(`memory://${host}`, undefined, {}))
    let reads = 0
    const payload = Object.defineProperty({}, 'value', { enumerable: true, get: () => ++reads })
    const result = await clock.run(a.peers.broadcast(message(a.peerId, payload), a.peers.all(), {}))
    await clock.advance(0)
    expect([result.failed, result.sent.length]).toEqual([[], 2])
    expect(b.got[0]!.payload).toEqual(c.got[0]!.payload)
  })

  it('that demands work refuses a dialler without a supply of it, with a code that says so', async () => {
    const demand: WorkSupply = {
      pausedMs: 0,
      dial: (_address, _signal, attempt) => attempt(),
      demand: () => ({ demanded: { bits: 12, salt: new Uint8Array(16), day: 1 }, check: () => {} }),
      rest: () => {},
      wake: () => {},
    }
    const [a, b] = [await pool('a'), await pool('b', { work: demand })]
    const refused = clock.run(a.peers.dial('memory://b', undefined, {}))
    await expect(refused).rejects.toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED', details: { bits: 12 } })
    expect([a.peers.stats.dialsFailed, a.told, b.told]).toEqual([1, [], []])
  })

  it('whose only path to a peer is interrupted tells the core, and takes the next one that comes, though it is no better', async () => {
    const [a, b] = [await pool('a'), await pool('b')]
    const peerId = await clock.run(a.peers.dial('memory://b', undefined, {}))
    const peer = a.peers.need(peerId)
    peer.activeChannel.onInterrupted(true)
    expect([peer.isInterrupted, a.told.at(-1)]).toEqual([true, 'interrupted'])
    const first = peer.activeChannel
    await network.listener('b2').listen((connection) => b.peers.accept(connection))
    await clock.run(a.peers.dial('memory://b2', b.peerId, {}))
    expect([peer.isInterrupted, peer.activeChannel === first, a.told.at(-1)]).toEqual([false, false, 'path changed from memory'])
    void peer.send(message(a.peerId, 1))
    await clock.advance(0)
    expect([b.got.length, a.told.length, b.told]).toEqual([1, 3, ['connected', 'path changed from memory']])
  })
})
