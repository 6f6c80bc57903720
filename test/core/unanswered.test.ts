// A request without a protocol, to a peer whose listeners cannot answer, or have failed: what the asker is told, and when.
import { afterEach, describe, expect, it } from 'vitest'
import type { WaitOptions } from '../../src/base/wait.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

const fail = () => {
  throw new Error('broken')
}
type Listener = (message: never) => unknown
const NOBODY = 'PROTOCOL_NOT_SUPPORTED'
const ROWS: [what: string, listeners: ((bob: P2PCoordinator) => Listener)[], bare: string, withProtocol: string][] = [
  ['nobody listens', [], NOBODY, NOBODY],
  ['a listener throws', [() => fail], 'HANDLER_FAILED', NOBODY],
  ['a listener rejects', [() => async () => fail()], 'HANDLER_FAILED', NOBODY],
  ['one throws and one rejects', [() => fail, () => async () => fail()], 'HANDLER_FAILED', NOBODY],
  ['one throws and one returns', [() => fail, () => () => {}], 'TIMEOUT', NOBODY],
  ['one rejects and one resolves', [() => async () => fail(), () => async () => {}], 'TIMEOUT', NOBODY],
  ['a listener returns', [() => () => {}], 'TIMEOUT', NOBODY],
  [
    'one throws and one answers',
    [() => fail, (bob) => (message: never) => bob.reply(message, { type: 'a', payload: 1 })],
    'a',
    'a',
  ],
  [
    'one rejects and one answers before it',
    [(bob) => (message: never) => void bob.reply(message, { type: 'a', payload: 1 }), () => async () => fail()],
    'a',
    'a',
  ],
]

describe('a request to a peer', () => {
  it.each(ROWS)('where %s is answered at once where nobody is left who may', async (_, listeners, bare, withProtocol) => {
    net = createTestNetwork({ latencyMs: 5 })
    const bob = net.createPeer({ host: 'bob' })
    bob.on('error', () => {})
    for (const listener of listeners) bob.on('message', listener(bob) as never)
    const alice = net.createPeer({ host: 'alice' })
    await net.run(bob.start())
    await net.run(alice.connectToPeer('memory://bob'))
    for (const [protocol, expected] of [
      [{}, bare],
      [{ protocol: 'shop' }, withProtocol],
    ] as const) {
      const begin = net.clock.elapsed()
      const asked = alice.request(bob.peerId, { type: 'x', payload: 1, ...protocol }, { timeoutMs: 3_000 })
      expect(
        await net.run(
          asked.then(
            ({ type }) => type,
            ({ code }) => code,
          ),
        ),
      ).toBe(expected)
      if (expected !== 'TIMEOUT') expect(net.clock.elapsed() - begin).toBeLessThan(100)
    }
  })

  it('may be answered later by a listener that has returned', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const { clock } = net
    const bob = net.createPeer({ host: 'bob' })
    bob.on('message', (message) => void clock.setTimeout(() => bob.reply(message, { type: 'late', payload: 1 }), 1_000))
    const alice = net.createPeer({ host: 'alice' })
    await net.run(bob.start())
    await net.run(alice.connectToPeer('memory://bob'))
    expect((await net.run(alice.request(bob.peerId, { type: 'x', payload: 1 }))).type).toBe('late')
  })

  it('fails with what its `onAnswer` throws or rejects with', async () => {
    net = createTestNetwork({ latencyMs: 5 })
    const bob = net.createPeer({ host: 'bob' })
    bob.on('message', (message) => bob.reply(message, { type: 'a', payload: 1 }))
    const alice = net.createPeer({ host: 'alice' })
    await net.run(bob.start())
    await net.run(alice.connectToPeer('memory://bob'))
    for (const onAnswer of [fail, async () => fail(), () => {}, async () => {}]) {
      const options: WaitOptions & { onAnswer(): unknown } = { onAnswer }
      const asked = alice.request(bob.peerId, { type: 'x', payload: 1 }, options)
      const isBroken = onAnswer === fail || /fail/.test(String(onAnswer))
      expect(
        await net.run(
          asked.then(
            ({ type }) => type,
            ({ message }) => message,
          ),
        ),
      ).toBe(isBroken ? 'broken' : 'a')
    }
  })
})
