import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { signEnvelope } from '../../src/identity/envelope.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import { signTopicMessage, TOPICS_PROTOCOL, wireOf } from '../../src/plugins/topics/topic-messages.js'
import { Topics } from '../../src/plugins/topics/topics.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { settle, TestHost } from '../circuit/test-network.js'

const identity = (n: number) => identityFromSeed(new Uint8Array(32).fill(n))

/** A router, an honest subscriber, and somebody who does not use our polite code. */
async function setUp(changes: Parameters<typeof resolveLimits>[0] = {}) {
  const limits = resolveLimits(changes)
  const clock = new VirtualClock()
  const router = new Topics({ identity: identity(1), limits, router: true })
  const subscriber = new Topics({ identity: identity(2), limits })
  const routerHost = new TestHost('router', clock).register(router, { protocolName: 'lotus/dht', handleMessage: async () => {} })
  const honest = new TestHost('honest', clock).register(subscriber)
  const heard: { type: string; payload: unknown }[] = []
  const mallory = new TestHost('mallory', clock).register({
    protocolName: TOPICS_PROTOCOL,
    handleMessage: async ({ type, payload }) => void heard.push({ type, payload }),
  })
  honest.connect(routerHost)
  mallory.connect(routerHost)
  const got: unknown[] = []
  subscriber.subscribe('t', ({ payload }) => got.push(payload))
  await settle()
  const attack = async (type: string, payload: unknown) => {
    await mallory.sendTo('router', { type, payload, protocol: TOPICS_PROTOCOL })
    await settle()
  }
  let sequence = 0
  /** By one process of a publisher, unless it says otherwise. */
  const signed = (
    topic: string,
    payload: unknown,
    at = clock.now(),
    who = 9,
    { run = who, network = 'lotus', ...publication }: { run?: number; sequence?: number; network?: string } = {},
  ) =>
    signTopicMessage(
      identity(who),
      topic,
      payload,
      { run: new Uint8Array(16).fill(run), publishedAt: at, sequence: ++sequence, ...publication },
      { ...limits, maxTopicMessageBytes: 1e7 },
      network,
    ).then((message) => wireOf(message))
  /** The others are still served. */
  const stillServed = async () => {
    const before = got.length
    const other = new TestHost('other', clock).register(new Topics({ identity: identity(3), limits }))
    other.connect(routerHost)
    await other.sendTo('router', {
      type: 'message',
      payload: await signed('t', 'fine', clock.now(), 4),
      protocol: TOPICS_PROTOCOL,
    })
    await settle()
    expect(got.length).toBe(before + 1)
  }
  return { limits, clock, router, routerHost, mallory, heard, got, attack, signed, stillServed }
}

describe('a router with a hostile neighbour', () => {
  it('rejects a forged signature, and never passes it on', async () => {
    const { attack, signed, routerHost, got, stillServed } = await setUp()
    const wire = (await signed('t', 'forged')) as Uint8Array[]
    wire[2]![5]! ^= 1
    await attack('message', wire)
    expect(routerHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'INVALID_SIGNATURE' } }])
    expect(got).toEqual([])
    await stillServed()
  })

  it.each([
    ['want', [['', 0]]],
    ['want', [['x'.repeat(129), 0]]],
    ['unwant', ['']],
    ['prune', ['']],
    ['have', [['', '0'.repeat(64)]]],
    ['graft', ['', '0'.repeat(64)]],
  ])('rejects a topic of no or too many characters in %s', async (type, payload) => {
    const { attack, routerHost, stillServed } = await setUp()
    await attack(type, payload)
    expect(routerHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    await stillServed()
  })

  it.each(['message', 'publish'])('rejects a %s on an empty topic, though its signature holds', async (type) => {
    const { attack, signed, routerHost, got, stillServed } = await setUp()
    await attack(type, await signed('', 'nowhere'))
    expect(routerHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    expect(got).toEqual([])
    await stillServed()
  })

  it('does not take a signature made for another purpose', async () => {
    const { attack, routerHost, clock } = await setUp()
    const bytes = encode(['t', new Uint8Array(16), 1, clock.now(), 1])
    const { publicKey, signature } = await signEnvelope(identity(9), 'record', bytes)
    await attack('message', [publicKey, bytes, signature, 0])
    expect(routerHost.rejected).toMatchObject([{ error: { code: 'INVALID_SIGNATURE' } }])
  })

  it.each([
    ['message', null],
    ['message', [1, 2, 3, 4]],
    ['message', [new Uint8Array(32), Uint8Array.of(0xc1), new Uint8Array(64), 0]],
    ['want', { t: 1 }],
    ['want', [['t', -1]]],
    ['unwant', 'x'],
    ['have', [['t']]],
    ['have', [['t', 'x'.repeat(64)]]],
    ['have', [['t', '0'.repeat(63)]]],
    ['graft', 7],
    ['graft', ['t', 'none']],
    ['prune', { a: 1 }],
  ])('rejects a malformed %s (%j)', async (type, payload) => {
    const { attack, routerHost, stillServed } = await setUp()
    await attack(type, payload)
    expect(routerHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    await stillServed()
  })

  it.each([
    ['want', (i: number) => [`t${i}`, 0]],
    ['unwant', (i: number) => `t${i}`],
    ['prune', (i: number) => `t${i}`],
    ['have', (i: number) => [`t${i}`, `${i}`.padStart(64, '0')]],
  ])('reads no list of more than 256 names (%s)', async (type, entry) => {
    const { attack, routerHost, stillServed } = await setUp()
    await attack(
      type,
      Array.from({ length: 256 }, (_, i) => entry(i)),
    )
    expect(routerHost.rejected).toEqual([])
    await attack(
      type,
      Array.from({ length: 257 }, (_, i) => entry(i)),
    )
    expect(routerHost.rejected).toMatchObject([{ peerId: 'mallory', error: { code: 'MALFORMED_DATA' } }])
    await stillServed()
  })

  it.each([0, 7, 15, 16])(
    'passes a message on, whatever number of hops a neighbour writes, which nobody signs (%i)',
    async (hops) => {
      const { attack, signed, got, clock, routerHost } = await setUp()
      const numbers: unknown[] = []
      const reader = new TestHost('reader', clock).register({
        protocolName: TOPICS_PROTOCOL,
        handleMessage: async ({ type, payload }) => void (type === 'message' && numbers.push((payload as unknown[])[3])),
      })
      reader.connect(routerHost)
      await reader.sendTo('router', { type: 'want', payload: [['t', 0]], protocol: TOPICS_PROTOCOL })
      await settle()
      const wire = (await signed('t', `hops ${hops}`)) as unknown[]
      wire[3] = hops
      await attack('message', wire)
      expect([got, numbers]).toEqual([[`hops ${hops}`], [Math.min(hops + 1, 16)]])
    },
  )

  it('drops what is too large, too old, from the future, or has gone round', async () => {
    const { attack, signed, router, got, clock, stillServed } = await setUp()
    await attack('message', await signed('t', new Uint8Array(70_000)))
    await attack('message', await signed('t', 'old', clock.now() - 86_400_000))
    await attack('message', await signed('t', 'future', clock.now() + 86_400_000))
    const round = (await signed('t', 'round')) as unknown[]
    round[3] = 17
    await attack('message', round)
    expect(router.getStats().dropped).toEqual({ MESSAGE_TOO_LARGE: 1, STALE: 2, HOPS: 1 })
    expect(got).toEqual([])
    await stillServed()
  })

  it('does not take what was signed for another network', async () => {
    const { attack, signed, routerHost, got, clock, stillServed } = await setUp()
    await attack('message', await signed('t', 'elsewhere', clock.now(), 9, { network: 'test' }))
    expect([routerHost.rejected, got]).toMatchObject([[{ error: { code: 'INVALID_SIGNATURE' } }], []])
    await stillServed()
  })

  it('delivers a replayed message once', async () => {
    const { attack, signed, got } = await setUp()
    const wire = await signed('t', 'once')
    for (let i = 0; i < 20; i++) await attack('message', wire)
    expect(got).toEqual(['once'])
  })

  it('keeps to its bounds under floods of topics, advertisements and grafts', async () => {
    const { attack, router, limits, clock, stillServed, mallory, routerHost } = await setUp({ maxTopicsPerPeer: 20 })
    await attack(
      'want',
      Array.from({ length: 256 }, (_, i) => [`flood${i}`, 0]),
    )
    expect(router.getStats().topics).toBeLessThanOrEqual(limits.maxTopicsPerPeer + 1)
    for (let from = 0; from < 10_000; from += 250) {
      await attack(
        'have',
        Array.from({ length: 250 }, (_, i) => ['t', `${from + i}`.padStart(64, '0')]),
      )
    }
    for (let i = 0; i < 100; i++) await attack('graft', ['t', `${i}`.padStart(64, '0')])
    for (let i = 0; i < 100; i++) await attack('prune', [`nobody${i}`])
    await clock.advance(60_000)
    // Whatever it was asked for, it does not have.
    expect(clock.pending).toBe(0)
    await stillServed()
    routerHost.disconnect(mallory)
    await settle()
    expect(router.getStats().topics).toBe(1)
  })

  it('passes on no more of a publisher than its rate, and goes on serving others', async () => {
    const { attack, signed, router, got, stillServed } = await setUp()
    for (let i = 0; i < 300; i++) await attack('message', await signed('t', i))
    expect(got.length).toBe(100)
    expect(router.getStats().dropped.RATE_LIMITED).toBe(200)
    await stillServed()
  })

  it('holds no more than its bound for a subscriber that does not read', async () => {
    const { attack, signed, routerHost, router, limits } = await setUp({
      topicRatePerS: 10_000,
      topicBurst: 10_000,
      sendHighWaterBytes: 200_000,
    })
    routerHost.stalled.set('honest', [])
    for (let i = 0; i < 50; i++) await attack('message', await signed('t', new Uint8Array(30_000)))
    expect(routerHost.stalled.get('honest')!.length).toBeLessThanOrEqual(2 * Math.ceil(limits.sendHighWaterBytes / 30_000) + 2)
    expect(router.getStats().historyBytes).toBeLessThan(32 * 31_000)
  })
})

describe('two messages under one sequence of one run', () => {
  const blamed = (host: TestHost) => {
    const keys: string[] = []
    Object.assign(host, {
      blame: (key: Uint8Array, cause: string) => void keys.push(`${Buffer.from(key).toString('hex')} ${cause}`),
    })
    return keys
  }
  const guilty = `${Buffer.from(identity(9).publicKey).toString('hex')} two-messages`

  it('are a proof against their publisher, not against the neighbour, and the second goes no further', async () => {
    const { attack, signed, router, routerHost, got, stillServed } = await setUp()
    const keys = blamed(routerHost)
    for (const payload of ['one', 'two']) await attack('message', await signed('t', payload, undefined, 9, { sequence: 7 }))
    expect([keys, got, routerHost.rejected]).toEqual([[guilty], ['one'], []])
    expect(router.getStats().dropped).toEqual({ EQUIVOCATION: 1 })
    await stillServed()
  })

  it('are one in whichever topics and at whichever times they were published', async () => {
    const { attack, signed, routerHost, clock } = await setUp()
    const keys = blamed(routerHost)
    await attack('message', await signed('t', 'one', undefined, 9, { sequence: 7 }))
    await attack('message', await signed('other', 'one', clock.now() - 1_000, 9, { sequence: 7 }))
    expect(keys).toEqual([guilty])
  })

  it('are none where one of them is forged: that is the fault of the neighbour', async () => {
    const { attack, signed, routerHost } = await setUp()
    const keys = blamed(routerHost)
    for (const payload of ['one', 'two']) {
      const wire = (await signed('t', payload, undefined, 9, { sequence: 7 })) as Uint8Array[]
      if (payload === 'two') wire[2]![5]! ^= 1
      await attack('message', wire)
    }
    expect([keys, routerHost.rejected]).toMatchObject([[], [{ peerId: 'mallory', error: { code: 'INVALID_SIGNATURE' } }]])
  })

  it.each<[string, Parameters<Awaited<ReturnType<typeof setUp>>['signed']>[4][]]>([
    [
      'of two processes that share a key',
      [
        { sequence: 1, run: 1 },
        { sequence: 1, run: 2 },
      ],
    ],
    ['of a process whose clock goes back', [{ sequence: 1 }, { sequence: 2 }]],
    ['of other keys in the same run', [{ sequence: 1 }]],
  ])('are none %s', async (_, publications) => {
    const { attack, signed, routerHost, clock, got } = await setUp()
    const keys = blamed(routerHost)
    for (const [i, publication] of publications.entries()) {
      await attack('message', await signed('t', 'mine', clock.now() - 60_000 * i, 9, publication))
    }
    await attack('message', await signed('t', 'of another', undefined, 8, { run: 9, sequence: 1 }))
    expect([keys, got.length]).toEqual([[], publications.length + 1])
  })

  it('are never made by an honest publisher, also one that publishes many at once', async () => {
    const { routerHost, clock, limits } = await setUp()
    const keys = blamed(routerHost)
    // The second life of a wallet that was restored: the same key and, as in a restored virtual machine, the same everything else but chance.
    for (const life of [1, 2]) {
      const wallet = new Topics({ identity: identity(5), limits })
      const host = new TestHost('wallet', clock, seededRandom(life)).register(wallet)
      host.connect(routerHost)
      await settle()
      await Promise.all(Array.from({ length: 20 }, (_, i) => wallet.publish('t', i)))
      await settle()
      host.disconnect(routerHost)
    }
    expect(keys).toEqual([])
  })

  it('do not make us ban ourselves where our own key is used twice', async () => {
    const { attack, signed, router, routerHost } = await setUp()
    const keys = blamed(routerHost)
    for (const payload of ['one', 'two']) await attack('message', await signed('t', payload, undefined, 1, { sequence: 7 }))
    expect([keys, router.getStats().dropped]).toEqual([[], { EQUIVOCATION: 1 }])
  })
})
