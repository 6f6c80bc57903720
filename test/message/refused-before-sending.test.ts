import { expect, it } from 'vitest'
import { createTestNetwork } from '../../src/testing/test-network.js'

it('a payload that no peer would take is refused at its sender, whose connection stays', async () => {
  const net = createTestNetwork()
  const alice = net.createPeer({ peerId: 'alice' })
  const bob = net.createPeer({ peerId: 'bob' })
  await net.run(bob.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  const got: unknown[] = []
  bob.on('message', ({ payload }) => got.push(payload))
  for (const [payload, code] of [
    [new Array(200_000).fill(0), 'MESSAGE_TOO_LARGE'],
    [new Uint8Array(1_048_577), 'MESSAGE_TOO_LARGE'],
    [JSON.parse('{"__proto__":{}}'), 'UNSERIALIZABLE_PAYLOAD'],
    [() => 1, 'UNSERIALIZABLE_PAYLOAD'],
    [new Map(), 'UNSERIALIZABLE_PAYLOAD'],
  ]) {
    await expect(net.run(alice.sendTo('bob', { type: 'x', payload }))).rejects.toMatchObject({ code })
  }
  await net.run(alice.sendTo('bob', { type: 'x', payload: 'still here' }))
  await net.clock.advance(0)
  expect(got).toEqual(['still here'])
  await net.stop()
})
