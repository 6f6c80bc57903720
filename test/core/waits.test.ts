// How long a caller will wait, `signal` and `timeoutMs`: every call that takes them, with each kind that is wrong or used up.
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { afterEach, describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { defineProtocol } from '../../src/definitions/define-protocol.js'
import { defineResource } from '../../src/definitions/define-resource.js'
import { mineProofOfWork } from '../../src/plugins/proof-of-work/proof-of-work.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

type Wait = { signal?: AbortSignal; timeoutMs?: number }
const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
const PROTOCOL = defineProtocol({ name: 'waits', messages: { x: anything } })
const RESOURCE = defineResource({ type: 'waits', data: anything } as never) as never as Parameters<P2PCoordinator['for']>[0]
const MESSAGE = { type: 'x', payload: 1 }

/** @param to a peer that is connected. */
const CALLS: Record<string, (wallet: P2PCoordinator, to: string, wait: Wait) => Promise<unknown>> = {
  start: (wallet, _, wait) => wallet.start(wait),
  resume: (wallet, _, wait) => wallet.resume(wait),
  waitFor: (wallet, _, wait) => wallet.waitFor('online', wait),
  'waitFor another': (wallet, _, wait) => wallet.waitFor('offline', wait),
  connectToPeer: (wallet, to, wait) => wallet.connectToPeer(to, wait),
  'connectToPeer by address': (wallet, _, wait) => wallet.connectToPeer('memory://third', wait),
  sendTo: (wallet, to, wait) => wallet.sendTo(to, MESSAGE, wait),
  'sendTo with queue': (wallet, to, wait) => wallet.sendTo(to, MESSAGE, { queue: true, ...wait }),
  'sendTo without a wait': (wallet, to, wait) => wallet.sendTo(to, MESSAGE, { wait: false, ...wait }),
  broadcast: (wallet, _, wait) => wallet.broadcast(MESSAGE, wait),
  request: (wallet, to, wait) => wallet.request(to, MESSAGE, wait),
  'send of a typed protocol': (wallet, to, wait) => wallet.for(PROTOCOL).send(to, 'x', 1, wait),
  'request of a typed protocol': (wallet, to, wait) => wallet.for(PROTOCOL).request(to, 'x', 1, wait),
  'broadcast of a typed protocol': (wallet, _, wait) => wallet.for(PROTOCOL).broadcast('x', 1, wait),
  findPeers: (wallet, _, wait) => wallet.findPeers(wait),
  announceResource: (wallet, _, wait) => wallet.announceResource('t', 'i', 1, wait),
  withdrawResource: (wallet, _, wait) => wallet.withdrawResource('t', 'i', wait),
  discoverResources: (wallet, _, wait) => wallet.discoverResources('t', {}, wait),
  getResource: (wallet, _, wait) => wallet.getResource('t', 'i', wait),
  'get of a typed resource': (wallet, _, wait) =>
    (wallet.for(RESOURCE) as { get: (id: string, wait: Wait) => Promise<unknown> }).get('i', wait),
  publish: (wallet, _, wait) => wallet.publish('t', 1, wait),
  'publish without a wait': (wallet, _, wait) => wallet.publish('t', 1, { wait: false, ...wait }),
  'dht.announce': (wallet, _, wait) => wallet.dht.announce({ key: 'k', value: 1, ...wait }),
  'dht.withdraw': (wallet, _, wait) => wallet.dht.withdraw('k', wait),
  'dht.get': (wallet, _, wait) => wallet.dht.get('k', wait),
  'dht.query': (wallet, _, wait) => wallet.dht.query({ key: 'k', ...wait }),
  'dht.trace': (wallet, _, wait) => wallet.dht.trace('resource:t:*', wait),
}

/** Methods of the coordinator and its hash table that take a signal. */
function methods(): string[] {
  const files = ['src/core-coordinator.ts', 'src/plugins/dht/client/hash-table.ts', 'src/plugins/topics/topics.ts']
  const names = new Set<string>()
  for (const path of files) {
    const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
    for (const node of file.statements.filter(ts.isClassDeclaration)) {
      for (const member of node.members.filter(ts.isMethodDeclaration)) {
        if (ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) continue
        const takes = member.parameters.some(({ type }) =>
          /Wait|(Paced|Broadcast|SendTo|Announce|AnnounceResource|Discover|Get|Query)Options/.test(type?.getText() ?? ''),
        )
        if (takes) names.add(`${path.includes('/dht/') ? 'dht.' : ''}${member.name.getText()}`)
      }
    }
  }
  return [...names]
}

async function settled(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return 'done'
  } catch (error) {
    return isP2PError(error) ? error.code : error
  }
}

async function world(limits = {}) {
  net = createTestNetwork({ latencyMs: 5 })
  const relay = net.createPeer({ host: 'relay', relay: true })
  const bob = net.createPeer({ host: 'bob' })
  const third = net.createPeer({ host: 'third' })
  const alice = net.createPeer({ host: 'alice', bootstrap: [net.addressOf(relay)], limits })
  await net.run(Promise.all([relay.start(), bob.start(), third.start()]))
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  const arrived: string[] = []
  bob.on('message', ({ type }) => arrived.push(type))
  bob.subscribe('t', () => arrived.push('topic'))
  await net.clock.advance(500)
  return { net, alice, bob, arrived, relay }
}

it('lists every method that takes a signal: a new one needs a line in CALLS', () => {
  const called = new Set(Object.keys(CALLS).map((name) => name.split(' ')[0]))
  expect(methods().filter((name) => !called.has(name))).toEqual([])
})

describe('a call that may wait', () => {
  const aborted = AbortSignal.abort()
  it.each<[what: string, wait: Wait, code: string]>([
    ['an AbortController', { signal: new AbortController() as never }, 'INVALID_CONFIG'],
    ['a text', { signal: 'stop' as never }, 'INVALID_CONFIG'],
    ['an object', { signal: { aborted: false } as never }, 'INVALID_CONFIG'],
    ['null', { signal: null as never }, 'INVALID_CONFIG'],
    ['a time that is a text', { timeoutMs: '5' as never }, 'INVALID_CONFIG'],
    ['a time that is NaN', { timeoutMs: Number.NaN }, 'INVALID_CONFIG'],
    ['a time of null', { timeoutMs: null as never }, 'INVALID_CONFIG'],
    ['no time', { timeoutMs: 0 }, 'TIMEOUT'],
    ['less than no time', { timeoutMs: -1 }, 'TIMEOUT'],
    ['a signal that has fired', { signal: aborted }, 'ABORTED'],
    ['a signal that has fired, and no time', { signal: aborted, timeoutMs: 0 }, 'ABORTED'],
  ])('fails at once with %s, and does nothing', async (_, wait, code) => {
    const { net, alice, bob, arrived, relay } = await world()
    const before = [net.clock.pending, alice.getStats().traffic.messagesOut]
    const outcomes: Record<string, unknown> = {}
    for (const [name, call] of Object.entries(CALLS)) outcomes[name] = await settled(() => call(alice, bob.peerId, wait))
    expect(outcomes).toEqual(Object.fromEntries(Object.keys(CALLS).map((name) => [name, code])))
    expect([net.clock.pending, alice.getStats().traffic.messagesOut]).toEqual(before)
    await net.clock.advance(20_000)
    expect(arrived).toEqual([])
    expect(
      alice
        .getConnectedPeers()
        .map(({ peerId }) => peerId)
        .sort(),
    ).toEqual([bob.peerId, relay.peerId].sort())
  })

  it('makes Node warn of no leak where a thousand of them have one signal, and leaves no listener there', async () => {
    const warnings: string[] = []
    const onWarning = ({ name, message }: Error) => warnings.push(`${name}: ${message}`)
    process.on('warning', onWarning)
    const { net, alice, bob } = await world()
    const { signal, abort } = abortable()
    const each = Math.ceil(1_000 / Object.keys(CALLS).length)
    const calls = Object.values(CALLS).flatMap((call) =>
      Array.from({ length: each }, () => settled(() => call(alice, bob.peerId, { signal, timeoutMs: 60_000 }))),
    )
    await net.clock.advance(1)
    expect(getEventListeners(signal, 'abort').length).toBeGreaterThan(100)
    abort()
    await net.run(Promise.all(calls))
    // Node tells of warnings in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('is ended by its signal while it waits, and sends nothing then', async () => {
    const { net, alice, bob, arrived } = await world({ maxOutboxMessages: 1 })
    bob.registerProtocol({ protocolName: 'slow', rateLimits: { messagesPerS: 0.01, burst: 1 }, handleMessage: async () => {} })
    await net.clock.advance(100)
    const slow = { type: 'slow', payload: 1, protocol: 'slow' }
    const waiting: Record<string, (wait: Wait) => Promise<unknown>> = {
      sendTo: (wait) => alice.sendTo(bob.peerId, slow, wait),
      request: (wait) => alice.request(bob.peerId, slow, wait),
      'sendTo with queue': (wait) => alice.sendTo(bob.peerId, slow, { queue: true, ...wait }),
      waitFor: (wait) => alice.waitFor('offline', wait),
    }
    await alice.sendTo(bob.peerId, slow)
    // The only place in the outbox.
    void alice.sendTo(bob.peerId, slow, { queue: true })
    const { signal, abort } = abortable()
    const calls = Object.entries(waiting).map(async ([name, call]) => [name, await settled(() => call({ signal }))])
    await net.clock.advance(50)
    const broadcast = alice.broadcast(slow, { signal })
    await net.clock.advance(50)
    abort()
    expect(await net.run(Promise.all(calls))).toEqual(Object.keys(waiting).map((name) => [name, 'ABORTED']))
    const { sent, failed } = await net.run(broadcast)
    expect([sent, failed.map(({ error }) => error.code)]).toEqual([[], ['ABORTED']])
    await net.clock.advance(1_000_000)
    // The first one, and the one that was queued.
    expect(arrived).toEqual(['slow', 'slow'])
  })

  it('tells how long it was allowed, though the start has taken a part of it', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const wallet = net.createPeer({
      listen: [
        {
          transport: 'memory',
          addresses: [],
          listen: () => new Promise((done) => void net!.clock.setTimeout(() => done(), 124)),
          close: async () => {},
        },
      ],
    })
    net.network.listener('silent').listen(() => {})
    for (const target of ['memory://silent', { peerId: 'nobody-there', addresses: { others: ['memory://silent'] } }]) {
      const error = await net.run(wallet.connectToPeer(target as string, { timeoutMs: 4_000 }).catch((error) => error))
      expect([error.code, error.message]).toEqual(['TIMEOUT', expect.stringContaining('more than 4000 ms')])
    }
  })

  it('mines no proof of work with a signal that is none', async () => {
    const key = new Uint8Array(32)
    const about = { publicKey: key, responder: key, salt: new Uint8Array(16), day: 1, bits: 1 } as never as object
    const mine = (signal: unknown) => settled(() => mineProofOfWork({ ...about, signal } as never))
    expect([await mine(new AbortController()), await mine(AbortSignal.abort())]).toEqual(['INVALID_CONFIG', 'ABORTED'])
  })

  it('queues for a time that is a number alone', async () => {
    const { alice, bob } = await world()
    for (const ttl of ['5', Number.NaN, null, 0, -1, {}, 1e9]) {
      expect(await settled(() => alice.sendTo(bob.peerId, MESSAGE, { queue: true, ttl: ttl as number }))).toBe('INVALID_CONFIG')
    }
  })

  it('finds no peers while suspended, and says so', async () => {
    const { alice } = await world()
    alice.suspend()
    expect(await settled(() => alice.findPeers())).toBe('SUSPENDED')
  })
})

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
