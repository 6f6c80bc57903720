import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Entry } from '../../src/channel/batch.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { coreOf } from '../../src/core/core.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { kitOf } from '../kit-of.js'

const MESSAGE_MS = 120_000
let net: TestNetwork
let alice: P2PCoordinator
let bob: P2PCoordinator
let lost: string[]

beforeEach(async () => {
  net = createTestNetwork({ latencyMs: 5 })
  ;[alice, bob] = ['alice', 'bob'].map((name) => net.createPeer({ peerId: name, host: name })) as [P2PCoordinator, P2PCoordinator]
  await net.run(bob.start())
  await net.run(alice.connectToPeer('memory://bob'))
  lost = []
  bob.on('disconnected', ({ peerId }, { code }) => void lost.push(`${peerId} ${code}`))
  await net.clock.advance(100)
})
afterEach(() => net.stop())

/** Sends parts of a message that has no end. */
async function part(bytes: number): Promise<void> {
  const { activeChannel } = coreOf(await kitOf(alice)).network.peers.get('bob')!
  activeChannel.send(Entry.FRAGMENT, undefined, new Uint8Array(bytes).fill(Entry.MESSAGE))
  await net.clock.advance(10)
}

describe('half a message', () => {
  it('is in the account of the peer that has sent it', async () => {
    await part(60_000)
    await part(60_000)
    expect(bob.getPeerLoad('alice')!.partBytes).toBe(120_000)
    expect(alice.getPeerLoad('bob')!.partBytes).toBe(0)
  })

  it('has a deadline, however its parts trickle in, and nobody is blamed for it: others can hold it up', async () => {
    for (let passed = 0; passed < MESSAGE_MS - 5_000; passed += 1_000) {
      await part(1)
      await net.clock.advance(990)
    }
    expect(lost).toEqual([])
    await net.clock.advance(6_000)
    expect(lost).toEqual(['alice TIMEOUT'])
    expect([bob.listBans(), bob.reputationOf(encodePeerId(alice.publicKey)).faults]).toEqual([[], {}])
  })

  it('that comes whole in its time disturbs nobody', async () => {
    const got: number[] = []
    bob.on('message', ({ payload }) => void got.push((payload as Uint8Array).length))
    for (let i = 0; i < 5; i++) {
      await alice.sendTo('bob', { type: 'x', payload: new Uint8Array(500_000) })
      await net.clock.advance(MESSAGE_MS / 2)
    }
    expect([got, lost]).toEqual([Array(5).fill(500_000), []])
    expect(bob.getPeerLoad('alice')!.partBytes).toBe(0)
  })
})
