import { describe, expect, it, vi } from 'vitest'
import { Balancer } from './balancer.js'
import { cleanUps, LONG, lossesOf, portOf, processes, wallet } from './cluster-world.js'
import { NatsServer } from './nats-server.js'
import type { RelayChild } from './relay-child.js'

type Wallet = Awaited<ReturnType<typeof wallet>>

/** Sends long messages as fast as they are taken. */
function pour(from: Wallet, to: Wallet, bytes = 32_768) {
  const [accepted, got]: [number[], number[]] = [[], []]
  to.on('message', ({ payload }, { peerId }) => {
    if (peerId === from.peerId) got.push((payload as { n: number }).n)
  })
  let isOver = false
  const filling = new Uint8Array(bytes)
  const pouring = (async () => {
    for (let n = 0; !isOver; n++) {
      await from.sendTo(to.peerId, { type: 'bulk', payload: { n, filling } }, { timeoutMs: 1_000 }).then(
        () => accepted.push(n),
        () => {},
      )
      // Others have their turn, whatever is refused at once.
      await new Promise(setImmediate)
    }
  })()
  return {
    accepted,
    got,
    stop: async () => {
      isOver = true
      await pouring
    },
    /** All that was accepted has come, once and in order. */
    whole: () => vi.waitFor(() => expect(got).toEqual(accepted), LONG),
  }
}

describe('NATS and those that are slow', () => {
  it('a wallet that does not read is held back by itself: NATS drops nobody, and others at its process are served', async () => {
    const nats = await NatsServer.start(`max_payload: 1MB\nmax_pending: 4MB\n`)
    cleanUps.push(() => nats.stop())
    const { balancer, relays } = await processes([[nats.url], [nats.url]])
    const [one, two] = relays as [RelayChild, RelayChild]
    const cable = await Balancer.start([portOf(two)])
    cleanUps.push(() => cable.stop())
    const [alice, carol, dave] = [await wallet(balancer, one), await wallet(balancer, one), await wallet(balancer, two)]
    const bob = await wallet(cable, two)
    await Promise.all([alice.connectToPeer(bob.peerId), carol.connectToPeer(dave.peerId)])
    const [held, free] = [pour(alice, bob), pour(carol, dave, 256)]
    await vi.waitFor(() => expect(Math.min(held.got.length, free.got.length)).toBeGreaterThan(5), LONG)
    const left = lossesOf(one.peerId, alice, carol, dave)
    cable.cut()
    // What waits for it is at its sender.
    await vi.waitFor(() => expect(held.accepted.length - held.got.length).toBeGreaterThan(20), LONG)
    const before = free.got.length
    await vi.waitFor(() => expect(free.got.length).toBeGreaterThan(before + 200), LONG)
    expect(await nats.slowConsumers()).toBe(0)
    expect(left).toEqual([])
    cable.mend()
    const after = held.got.length
    await vi.waitFor(() => expect(held.got.length).toBeGreaterThan(after + 5), LONG)
    await Promise.all([held.stop(), free.stop()])
    await Promise.all([held.whole(), free.whole()])
  }, 180_000)
})
