import { afterEach, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import type { P2PMessage } from '../../src/message/message.js'
import { type Relay, startRelay } from '../../src/node/index.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function relayOf(): Promise<Relay> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  cleanUps.push(() => relay.stop())
  return relay
}

async function walletAt(relay: Relay): Promise<P2PCoordinator> {
  const wallet = new P2PCoordinator({ webrtc: false })
  cleanUps.push(() => wallet.shutdown())
  await wallet.connectToPeer(relay.url)
  return wallet
}

const throttled = (peer: P2PCoordinator) => peer.getStats().defence.throttled

/** Answers each request with its payload. */
const echo = (peer: P2PCoordinator) => ({
  protocolName: 'echo',
  handleMessage: async (message: P2PMessage) => {
    await peer.reply(message, { type: 'echoed', payload: message.payload })
  },
})

async function answeredMs(from: P2PCoordinator, to: string): Promise<number> {
  const started = performance.now()
  await from.request(to, { type: 'echo', protocol: 'echo', payload: 1 })
  return performance.now() - started
}

describe('over real sockets', () => {
  it.each([1_000, 3_000])('%d broadcasts to peers at a relay are refused by nobody, and hold up no request', async (count) => {
    const relay = await relayOf()
    const { coordinator } = relay
    coordinator.registerProtocol(echo(coordinator))
    const alice = await walletAt(relay)
    const others = await Promise.all([walletAt(relay), walletAt(relay)])
    const got = others.map(() => 0)
    const all = Promise.all(
      others.map(
        (other, i) =>
          new Promise<void>((resolve) => {
            other.on('message', () => ++got[i]! === count && resolve())
          }),
      ),
    )
    // Reserved once it can be called.
    for (const other of others) await until(() => alice.connectToPeer(other.peerId))
    expect(alice.getPeer(others[0]!.peerId)?.connection?.transport).toBe('circuit')
    const broadcasts = Promise.all(
      Array.from({ length: count }, (_, i) => alice.broadcast({ type: 'news', payload: { i, text: 'x'.repeat(200) } })),
    )
    const times = [await answeredMs(alice, relay.peerId), await answeredMs(alice, relay.peerId)]
    await Promise.all([broadcasts, all])
    expect(got).toEqual([count, count])
    expect([coordinator, ...others, alice].map(throttled)).toEqual([0, 0, 0, 0])
    // A stream that paused would hold it up for seconds.
    expect(Math.max(...times)).toBeLessThan(2_000)
  })

  it('orders of one protocol that wait hold up no request of another', async () => {
    const relay = await relayOf()
    const { coordinator } = relay
    coordinator.registerProtocol(echo(coordinator))
    coordinator.registerProtocol({
      protocolName: 'shop',
      rateLimits: { messagesPerS: 1, burst: 1 },
      handleMessage: async () => {},
    })
    const alice = await walletAt(relay)
    const orders = Array.from({ length: 5 }, (_, i) =>
      alice.sendTo(relay.peerId, { type: 'order', payload: i, protocol: 'shop' }, { timeoutMs: 600 }).then(
        () => 'sent',
        ({ code }) => code as string,
      ),
    )
    expect(await answeredMs(alice, relay.peerId)).toBeLessThan(500)
    expect(await Promise.race([Promise.all(orders), 'still wait'])).toBe('still wait')
    expect((await Promise.all(orders)).slice(1)).toContain('TIMEOUT')
    expect(throttled(coordinator)).toBe(0)
  })

  it('the first request after thirty connections that came and went is answered at once', async () => {
    const relay = await relayOf()
    const { coordinator } = relay
    coordinator.registerProtocol(echo(coordinator))
    const alice = await walletAt(relay)
    for (let i = 0; i < 30; i++) {
      await alice.disconnectFromPeer(relay.peerId)
      await alice.connectToPeer(relay.url)
    }
    expect(await answeredMs(alice, relay.peerId)).toBeLessThan(500)
  })
})

/** A reservation at the relay comes a moment after the connection. */
async function until(go: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 50; i++) {
    try {
      await go()
      return
    } catch (error) {
      if (i === 49) throw error
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
  }
}
