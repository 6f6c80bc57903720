import { afterEach, describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { Heartbeat } from '../../src/peer/keep/heartbeat.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

let net: TestNetwork
afterEach(() => net?.stop())

async function pair() {
  net = createTestNetwork({ latencyMs: 25 })
  const [alice, bob] = [net.createPeer({ host: 'a' }), net.createPeer({ host: 'b' })]
  await net.run(bob.start())
  await net.run(alice.connectToPeer(net.addressOf(bob)))
  const gone: string[] = []
  alice.on('disconnected', (_, reason) => gone.push(reason.code))
  return { alice, bob, gone }
}

describe('heartbeats', () => {
  it('measure the round trip and keep lastSeen fresh every 30 s', async () => {
    const { alice, bob, gone } = await pair()
    await net.clock.advance(100)
    expect(alice.getPeer(bob.peerId)!.connection!.rttMs).toBe(50)
    net.network.conditions.latencyMs = 100
    await net.clock.advance(31_000)
    expect(alice.getPeer(bob.peerId)!.connection!.rttMs).toBe(200)
    expect(net.clock.now() - alice.getPeer(bob.peerId)!.lastSeen).toBeLessThan(2_000)
    await net.clock.advance(3_600_000)
    expect(gone).toEqual([])
  })

  it.each(['crash', 'partition'] as const)('give up a peer that went silent by %s within 50 s, and not before', async (how) => {
    const { bob, alice, gone } = await pair()
    await net.clock.advance(100)
    if (how === 'crash') net.network.crash('b')
    else net.network.partition(['a'], ['b'])
    await net.clock.advance(19_000)
    expect(alice.isConnected(bob.peerId)).toBe(true)
    await net.clock.advance(31_100)
    expect(gone).toEqual(['CONNECTION_LOST'])
    net.network.heal()
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    expect(alice.isConnected(bob.peerId)).toBe(true)
  })

  it('do not give up a path that is slow, but brings something', async () => {
    const { alice, bob, gone } = await pair()
    await net.clock.advance(100)
    // A queue grows on the way; what stood in it before the answer to a ping arrives.
    for (let second = 0; second < 300; second++) {
      net.network.conditions.latencyMs = Math.min(500 * second, 30_000)
      void bob.sendTo(alice.peerId, { type: 'tick', payload: second }).catch(() => {})
      await net.clock.advance(1_000)
    }
    expect(gone).toEqual([])
  })

  it('do not blame a stall of ours that ends as the time runs out, when timers come before what has arrived', async () => {
    const clock = new VirtualClock()
    const path = { bytesIn: 0 }
    const dead: string[] = []
    const heartbeat = new Heartbeat({
      clock,
      limits: resolveLimits({}),
      intervalMs: 30_000,
      pathOf: () => path,
      onMeasured: () => {},
      onDead: (peerId) => dead.push(peerId),
    })
    let answering = false
    const request = (_: string, { type }: { type: string }, { timeoutMs }: { timeoutMs: number }) =>
      new Promise((resolve, reject) => {
        clock.setTimeout(() => reject(new P2PError('TIMEOUT', `${type} had no answer.`)), timeoutMs)
        if (answering) clock.setTimeout(() => resolve({}), 20)
      })
    heartbeat.onRegister({ clock, request, peers: () => [{ peerId: 'bob' }] } as unknown as ProtocolHost)
    heartbeat.probeAll(3_000)
    // The answer has come, but we stand still for as long as the probe may take.
    answering = true
    await clock.advance(6_100)
    expect(dead).toEqual([])
    answering = false
    heartbeat.probeAll(3_000)
    await clock.advance(3_000)
    expect(dead).toEqual(['bob'])
    heartbeat.onUnregister()
  })

  it.each([5_000, 21_000, 25_000, 29_000, 31_000, 45_000, 3_600_000])(
    'never blame a stall of ours on the peer (%i ms)',
    async (stall) => {
      const { alice, gone } = await pair()
      const ping = async (stepMs: number) => {
        const { messagesOut } = alice.getStats().traffic
        while (alice.getStats().traffic.messagesOut === messagesOut) await net.clock.advance(stepMs)
      }
      // At any moment: before the ping, while it or its answer is under way, after both.
      for (let i = 1; i < 20; i++) {
        // In long steps to one ping, in short ones to the next, half a minute later.
        await ping(500)
        await net.clock.advance(29_000)
        await ping(i)
        net.clock.sleep(stall)
        await net.clock.advance(120_000)
      }
      expect(gone).toEqual([])
    },
  )
})
