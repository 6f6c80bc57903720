// What a developer gets wrong, or counts on, named by what becomes of it.
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/base/clock.js'
import { type Core, coreOf } from '../../src/core/core.js'
import { defineProtocol, type P2PErrorCode, PeerState } from '../../src/index.js'
import { createTestNetwork, type TestNetwork, type TestNetworkOptions } from '../../src/testing/test-network.js'

let net: TestNetwork | undefined
afterEach(async () => {
  vi.useRealTimers()
  await net?.stop()
  net = undefined
})

async function pair(options: TestNetworkOptions = {}, limits = {}) {
  const network = createTestNetwork({ latencyMs: 5, ...options })
  net = network
  const bob = network.createPeer({ peerId: 'bob', limits })
  const alice = network.createPeer({ peerId: 'alice', limits })
  await network.run(bob.start())
  const reached = await network.run(alice.connectToPeer(network.addressOf(bob)))
  return { net: network, alice, bob, reached }
}

const failure = (promise: Promise<unknown>): Promise<{ code: P2PErrorCode; message: string }> =>
  promise.then(
    () => expect.fail('It should have failed.'),
    (error) => error,
  )

describe('a listener that answers', () => {
  it.each([0, 500])('is waited for: it awaits %i ms before it replies', async (waitMs) => {
    const { net, alice, bob } = await pair()
    bob.on('message', async (message) => {
      await new Promise<void>((resolve) => net.clock.setTimeout(resolve, waitMs))
      await bob.reply(message, { type: 'quote', payload: 5n })
    })
    const answer = await net.run(alice.request('bob', { type: 'ask', payload: 'XPI', protocol: 'price' }))
    expect(answer.payload).toBe(5n)
  })

  it('that does not answer leaves the word to the router', async () => {
    const { net, alice, bob } = await pair()
    bob.on('message', async () => {
      await new Promise<void>((resolve) => net.clock.setTimeout(resolve, 100))
    })
    bob.on('message', async () => {
      throw new Error('a bug')
    })
    const asked = alice.request('bob', { type: 'ask', payload: 'XPI', protocol: 'price' })
    expect((await failure(net.run(asked))).code).toBe('PROTOCOL_NOT_SUPPORTED')
  })

  it('beside a handler holds up no handler', async () => {
    const { net, alice, bob } = await pair()
    bob.on('message', () => new Promise(() => {}))
    bob.registerProtocol({
      protocolName: 'price',
      handleMessage: async (message) => bob.reply(message, { type: 'quote', payload: 7n }),
    })
    expect((await net.run(alice.request('bob', { type: 'ask', payload: 1, protocol: 'price' }))).payload).toBe(7n)
  })
})

describe('much at once', () => {
  it('2,000 queued messages to a connected peer are all delivered, in order, as they were at the call', async () => {
    const { net, alice, bob } = await pair({}, { maxOutboxMessages: 100 })
    const got: number[] = []
    bob.on('message', ({ payload }) => got.push((payload as Uint8Array)[0]! * 256 + (payload as Uint8Array)[1]!))
    const bytes = new Uint8Array(2)
    const sending = Array.from({ length: 2_000 }, (_, i) => {
      bytes.set([i >> 8, i & 255])
      return alice.sendTo('bob', { type: 'n', payload: bytes }, { queue: true })
    })
    bytes.fill(0)
    const queued = await net.run(Promise.all(sending))
    expect(new Set(await net.run(Promise.all(queued.map(({ outcome }) => outcome))))).toEqual(new Set(['delivered']))
    expect(got).toEqual(Array.from({ length: 2_000 }, (_, i) => i))
  })

  it('a full outbox refuses what is for a peer that is away, and says so', async () => {
    const { net, alice } = await pair({}, { maxOutboxMessages: 2 })
    for (let i = 0; i < 2; i++) await net.run(alice.sendTo('carol', { type: 'n', payload: i }, { queue: true }))
    const refused = await failure(net.run(alice.sendTo('carol', { type: 'n', payload: 2 }, { queue: true })))
    expect(refused).toMatchObject({ code: 'OUTBOX_FULL', message: expect.stringContaining('away or have not acknowledged') })
  })

  it('requests beyond the limit wait, and all are answered, as they were at the call', async () => {
    const { net, alice, bob } = await pair({}, { maxPendingRequests: 10 })
    bob.on('message', (message) => bob.reply(message, { type: 'echo', payload: message.payload }))
    const bytes = new Uint8Array(1)
    const asked = Array.from({ length: 100 }, (_, i) => {
      bytes[0] = i
      return alice.request<Uint8Array>('bob', { type: 'n', payload: bytes, protocol: 'echo' })
    })
    const answers = await net.run(Promise.all(asked))
    expect(answers.map(({ payload }) => payload[0])).toEqual(Array.from({ length: 100 }, (_, i) => i))
    // What arrives is its own: no view of the message that brought it.
    for (const { payload } of answers) expect(payload.buffer.byteLength).toBe(1)
  })
})

describe('targets', () => {
  it('connectToPeer resolves with the peer', async () => {
    const { reached } = await pair()
    expect(reached).toMatchObject({ peerId: 'bob', state: PeerState.CONNECTED, connection: { outbound: true } })
  })

  const odd: [unknown, P2PErrorCode, string][] = [
    ['', 'INVALID_ADDRESS', '"" is no address'],
    [undefined, 'INVALID_ADDRESS', '"undefined" is no address'],
    [null, 'INVALID_ADDRESS', '"null" is no address'],
    [7, 'INVALID_ADDRESS', '"7" is no address'],
    [{}, 'INVALID_ADDRESS', 'PeerInfo with a peerId'],
    [{ addresses: { websocket: 'ws://x' } }, 'INVALID_ADDRESS', 'PeerInfo with a peerId'],
    [
      'localhost:8787',
      'INVALID_ADDRESS',
      '"localhost:8787" cannot be dialled: it has no scheme; write wss:// or ws:// before the host.',
    ],
    [
      'ws:/localhost:8787',
      'INVALID_ADDRESS',
      '"ws:/localhost:8787" cannot be dialled: it has no scheme; write wss:// or ws:// before the host.',
    ],
    ['wss//relay.example', 'INVALID_ADDRESS', '"wss//relay.example" cannot be dialled: it has no scheme'],
    ['relay.example/p2p', 'INVALID_ADDRESS', 'has no scheme'],
    ['gopher://relay.example', 'INVALID_ADDRESS', '"gopher://relay.example" cannot be dialled'],
    ['relay.example', 'PEER_NOT_FOUND', 'An address begins with wss:// or ws://'],
    ['alice', 'SELF_DIAL', '"alice" is this coordinator itself'],
    [{ peerId: 'carol', addresses: { relays: 5 }, state: 'failed', lastSeen: 0 }, 'INVALID_ADDRESS', 'arrays of texts'],
    [{ peerId: 'carol', addresses: { others: [7] }, state: 'failed', lastSeen: 0 }, 'INVALID_ADDRESS', 'arrays of texts'],
  ]
  it.each(odd)('connectToPeer(%j) fails with %s: %s', async (target, code, words) => {
    const { net, alice } = await pair()
    const error = await failure(net.run(alice.connectToPeer(target as string)))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)])
  })

  it.each([
    [undefined, 'INVALID_PEER_ID'],
    ['', 'INVALID_PEER_ID'],
    ['alice', 'SELF_DIAL'],
    ['carol', 'PEER_NOT_CONNECTED'],
  ])('sendTo(%j) fails with %s, and queued too unless the peer may come', async (target, code) => {
    const { net, alice } = await pair()
    const message = { type: 'n', payload: 1 }
    expect((await failure(net.run(alice.sendTo(target as string, message)))).code).toBe(code)
    expect((await failure(net.run(alice.request(target as string, message)))).code).toBe(code)
    if (code === 'PEER_NOT_CONNECTED') return
    expect((await failure(net.run(alice.sendTo(target as string, message, { queue: true })))).code).toBe(code)
  })

  it.each(['sendTo', 'request'] as const)('%s takes no protocol of the SDK', async (call) => {
    const { net, alice } = await pair()
    const message = { type: 'ping', payload: null, protocol: 'lotus/heartbeat' }
    const error = await failure(net.run<unknown>(alice[call]('bob', message)))
    expect([error.code, error.message]).toEqual(['INVALID_MESSAGE', expect.stringContaining('lotus/heartbeat')])
    expect((await failure(net.run(alice.broadcast(message)))).code).toBe('INVALID_MESSAGE')
  })
})

describe('a message that no call waits for, and that the receiver refuses', () => {
  const orders = defineProtocol({
    name: 'shop',
    messages: {
      order: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) => (typeof value === 'bigint' ? { value } : { issues: [{ message: 'must be a bigint' }] }),
        },
      },
    },
  })
  const order = (payload: unknown, more = {}) => ({ type: 'order', payload, protocol: 'shop', ...more })

  it('is told to its sender by the event error, once, and to the log of the receiver', async () => {
    const { net, alice, bob } = await pair()
    const log: unknown[] = []
    const carol = net.createPeer({ peerId: 'carol', logger: { debug: (...line) => log.push(line), warn() {}, error() {} } })
    carol.handle(orders, { order: () => {} })
    await net.run(carol.start())
    await net.run(alice.connectToPeer(net.addressOf(carol)))
    const errors: unknown[] = []
    alice.on('error', ({ code, message, details }, peer) => errors.push([code, message, details, peer?.peerId]))
    await alice.sendTo('carol', order('five', { messageId: 'first' }))
    await alice.sendTo('carol', order(5n))
    await net.clock.advance(1_000)
    const sentence = 'The payload of order is not as its schema has it: must be a bigint'
    expect(errors).toEqual([['INVALID_MESSAGE', sentence, { peerId: 'carol', byPeer: true, messageId: 'first' }, 'carol']])
    expect(log).toContainEqual([sentence, { code: 'INVALID_MESSAGE', peerId: 'alice' }])
    // From the outbox too; of many to whom one message goes, some may have no use for it.
    await net.run(alice.sendTo('carol', order('six'), { queue: true }))
    await alice.broadcast(order('seven'))
    await net.clock.advance(1_000)
    expect(errors).toHaveLength(2)
    await bob.sendTo('alice', { type: 'note', payload: null })
  })

  it('is not told of where a call has heard of it, and a peer cannot make it up', async () => {
    const { net, alice, bob } = await pair()
    let core: Core | undefined
    await bob.use({
      name: 'inside',
      attach(kit) {
        core = coreOf(kit)
        return {}
      },
    })
    const errors: string[] = []
    alice.on('error', ({ code }) => errors.push(code))
    bob.handle(orders, { order: () => {} })
    expect((await failure(net.run(alice.request('bob', order('five'))))).code).toBe('INVALID_MESSAGE')
    bob.on('message', async (message) => {
      const failed = { type: 'failed', payload: { code: 'BANNED', message: 'Made up.' }, protocol: 'lotus/core' }
      for (const inReplyTo of ['none', message.messageId, message.messageId]) {
        await core!.messaging.send('alice', { ...failed, inReplyTo })
      }
    })
    await alice.sendTo('bob', { type: 'note', payload: null })
    await net.clock.advance(1_000)
    expect(errors).toEqual(['BANNED'])
  })
})

describe('disconnectFromPeer', () => {
  it('of a peer that is away for a moment ends that it is dialled again', async () => {
    const { net, alice, bob } = await pair()
    bob.suspend()
    await net.clock.advance(1_000)
    expect(alice.isConnected('bob')).toBe(false)
    await net.run(alice.disconnectFromPeer('bob'))
    await net.run(bob.resume())
    await net.clock.advance(120_000)
    expect(alice.isConnected('bob')).toBe(false)
    expect((await failure(alice.disconnectFromPeer('bob'))).code).toBe('PEER_NOT_CONNECTED')
  })
})

describe('what JavaScript does not check', () => {
  it.each([undefined, null, 'x', {}])('on() and once() refuse %j as a listener', async (listener) => {
    const { alice } = await pair()
    for (const call of ['on', 'once'] as const) {
      expect(() => alice[call]('status', listener as never)).toThrow(`${call} needs a listener, which is a function.`)
    }
    expect(() => alice.subscribe('news', listener as never)).toThrow('subscribe needs a listener')
    expect(() => alice.watchPeers({}, listener as never)).toThrow('watchPeers needs a listener')
    expect(() => alice.watchResources('offer', {}, listener as never)).toThrow('watchResources needs a listener')
  })

  it('on() and once() refuse a name that is nearly one, and take those of plugins', async () => {
    const { alice } = await pair()
    for (const subscribe of ['on', 'once'] as const) {
      expect(() => alice[subscribe]('conected' as never, () => {})).toThrow('perhaps you mean "connected"')
      alice[subscribe]('eclipse-suspected', () => {})
      alice[subscribe]('my-plugin-event' as never, () => {})
    }
  })

  it.each([
    ['shop', '0'],
    [{ protocl: 'shop' }, 'protocl'],
    [{ protocol: 'shop', maxResults: 5 }, 'maxResults'],
  ] as const)('whoever looks for peers by %j does not find everybody', async (query, odd) => {
    const { alice } = await pair()
    const error = await failure(alice.findPeers(query as never))
    expect([error.code, error.message]).toEqual(['INVALID_CONFIG', expect.stringContaining(`not by "${odd}"`)])
    expect(() => alice.watchPeers(query as never, () => {})).toThrow(`not by "${odd}"`)
  })

  it('start() while suspended says so', async () => {
    const { net, alice } = await pair()
    alice.suspend()
    expect((await failure(net.run(alice.start()))).code).toBe('SUSPENDED')
    await net.run(alice.resume())
    await net.run(alice.start())
  })

  it.each([Number.NaN, '5', -1, 0])('ban() refuses the duration %j', async (durationMs) => {
    const { alice } = await pair()
    expect(() => alice.ban('bob', { durationMs: durationMs as number })).toThrow('durationMs must be a number')
  })

  it.each([Number.NaN, '5000', null])('timeoutMs of %j is refused wherever it is given', async (given) => {
    const { net, alice } = await pair()
    const timeoutMs = given as number
    const calls = [
      alice.connectToPeer('carol', { timeoutMs }),
      alice.start({ timeoutMs }),
      alice.request('bob', { type: 'n', payload: 1 }, { timeoutMs }),
      alice.findPeers({ timeoutMs }),
    ]
    const codes = await net.run(Promise.all(calls.map(async (call) => (await failure(call)).code)))
    expect(codes).toEqual(codes.map(() => 'INVALID_CONFIG'))
  })
})

describe('time', () => {
  it.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e15])('a timer of %d ms does not fire at once', (delayMs) => {
    vi.useFakeTimers()
    let hasFired = false
    systemClock.setTimeout(() => {
      hasFired = true
    }, delayMs)
    vi.advanceTimersByTime(86_400_000)
    expect(hasFired).toBe(false)
  })

  it('a heartbeat of 30 days probes once in 30 days', async () => {
    const { net, alice } = await pair()
    const slow = net.createPeer({ peerId: 'slow', heartbeatInterval: 30 * 86_400_000 })
    await net.run(slow.connectToPeer(net.addressOf(alice)))
    await net.clock.advance(1_000)
    const before = slow.getStats().traffic.messagesOut
    await net.clock.advance(20_000)
    expect(slow.getStats().traffic.messagesOut).toBe(before)
  })

  it.each([-3_600_000, 3_600_000])('a device clock that is set by %d ms changes no deadline of a dial', async (byMs) => {
    const { net, alice } = await pair()
    const started = net.clock.elapsed()
    const dial = failure(alice.connectToPeer('carol', { timeoutMs: 5_000 }))
    net.clock.setDate(net.clock.now() + byMs)
    await net.run(dial)
    expect(net.clock.elapsed() - started).toBeLessThanOrEqual(5_000)
  })
})

it('byte arrays that arrive have memory of their own, by whatever way they come', async () => {
  const { net, alice, bob } = await pair()
  const bytes = new Uint8Array(64).fill(7)
  const lengths: [string, number][] = []
  const note = (way: string, value: unknown) => lengths.push([way, (value as Uint8Array).buffer.byteLength])
  bob.on('message', ({ payload }) => note('message', (payload as { bytes: Uint8Array }).bytes))
  bob.subscribe<{ bytes: Uint8Array }>('news', ({ payload }) => note('topic', payload.bytes))
  bob.watchResources<{ bytes: Uint8Array }>('offer', {}, ({ data }) => note('watch', data.bytes))
  alice.configure({ metadata: { bytes } })
  await net.clock.advance(500)
  await net.run(alice.sendTo('bob', { type: 'n', payload: { bytes } }))
  await net.run(alice.publish('news', { bytes }))
  await net.run(alice.announceResource('offer', 'a', { bytes }))
  await net.clock.advance(1_000)
  const [found] = await net.run(bob.discoverResources<{ bytes: Uint8Array }>('offer'))
  note('resource', found!.data.bytes)
  note('metadata', bob.getPeer('alice')!.metadata!.bytes)
  note('key', bob.getPeer('alice')!.publicKey)
  const ways = ['message', 'topic', 'watch', 'resource', 'metadata', 'key']
  expect(new Set(lengths.map(([way]) => way))).toEqual(new Set(ways))
  expect(lengths.filter(([way, length]) => length !== (way === 'key' ? 32 : 64))).toEqual([])
})

describe('other realms', () => {
  it('bytes, dates, arrays and objects of another context travel, and its promises are awaited', async () => {
    const { net, alice, bob } = await pair()
    const foreign = runInNewContext(
      '({ bytes: new Uint8Array([1, 2]), when: new Date(7), list: [1n], of: { constructor: 1, toString: 2 } })',
    )
    bob.on('message', async (message) => bob.reply(message, { type: 'echo', payload: message.payload }))
    const { payload } = await net.run(alice.request('bob', { type: 'n', payload: foreign, protocol: 'echo' }))
    expect(payload).toEqual({ bytes: new Uint8Array([1, 2]), when: new Date(7), list: [1n], of: { constructor: 1, toString: 2 } })
    const errors: string[] = []
    bob.on('error', ({ code }) => errors.push(code))
    bob.on('message', runInNewContext("(async () => { throw new Error('of another realm') })"))
    await net.run(alice.sendTo('bob', { type: 'n', payload: Buffer.from('abc') }))
    await net.clock.advance(50)
    expect(errors).toEqual(['LISTENER_FAILED'])
  })
})

describe('a name that there is none of', () => {
  it('is refused at run time, with the one that is meant, and by the types', async () => {
    const { net, alice } = await pair()
    const listener = () => {}
    // @ts-expect-error There is no such event.
    expect(() => alice.on('conected', listener)).toThrow('There is no event "conected"; perhaps you mean "connected"')
    // @ts-expect-error There is no such event.
    expect(() => alice.once('mesage', listener)).toThrow('perhaps you mean "message"')
    // @ts-expect-error There is no such event.
    expect(() => alice.off('statsu', listener)).toThrow('perhaps you mean "status"')
    // @ts-expect-error There is no such event.
    expect(() => alice.on('eclipse-suspecte', listener)).toThrow('perhaps you mean "eclipse-suspected"')
    // @ts-expect-error There is no such status.
    expect(await failure(net.run(alice.waitFor('onlin')))).toMatchObject({
      code: 'INVALID_CONFIG',
      message: 'There is no status "onlin"; perhaps you mean "online".',
    })
    // @ts-expect-error There is no such status.
    expect((await failure(net.run(alice.waitFor('nonsense')))).message).toContain('"connecting", "online", "suspended"')
  })
})
