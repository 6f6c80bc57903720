import { afterEach, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import type { P2PMessage } from '../../src/message/message.js'
import { Bench } from '../../src/node/conform/bench.js'
import type { Channel } from '../../src/node/conform/channel.js'
import { Self } from '../../src/node/conform/self.js'
import { ackEntry, refusedEntry } from '../../src/node/conform/wire.js'
import { type Relay, startRelay, webSocketServer } from '../../src/node/index.js'
import { LONG, unlessLong } from '../long.js'

/** Messages of a loop that awaits none; fewer of them where time matters. */
const COUNT = LONG ? 20_000 : 4_000
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
  unlessLong.it.each([1_000, 3_000])(
    '%d broadcasts to peers at a relay are refused by nobody, and hold up no request',
    async (count) => {
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
    },
  )

  unlessLong.it('orders of one protocol that wait hold up no request of another', async () => {
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

  unlessLong.it('the first request after sixty connections that came and went is answered at once', async () => {
    const relay = await relayOf()
    const { coordinator } = relay
    coordinator.registerProtocol(echo(coordinator))
    const alice = await walletAt(relay)
    for (let i = 0; i < 60; i++) {
      await alice.disconnectFromPeer(relay.peerId)
      await alice.connectToPeer(relay.url)
    }
    expect(await answeredMs(alice, relay.peerId)).toBeLessThan(500)
    expect([coordinator, alice].map(throttled)).toEqual([0, 0])
  })

  it(`${COUNT} signed messages arrive, all and in order, without an error`, { timeout: 120_000 }, async () => {
    const listener = webSocketServer()
    const bob = new P2PCoordinator({ listen: [listener], webrtc: false, requireSignatures: true })
    cleanUps.push(() => bob.shutdown())
    await bob.start()
    const alice = new P2PCoordinator({ webrtc: false })
    cleanUps.push(() => alice.shutdown())
    const got: unknown[] = []
    const all = new Promise<void>((resolve) => {
      bob.on('message', ({ payload }) => got.push(payload) === COUNT && resolve())
    })
    await alice.connectToPeer(listener.addresses[0]!)
    // At once, as a loop that does not await: what waits for the peer's processor waits in order.
    await Promise.all(
      Array.from({ length: COUNT }, (_, i) => alice.sendTo(bob.peerId, { type: 'x', payload: i }, { timeoutMs: 110_000 })),
    )
    await all
    expect(got).toEqual(Array.from({ length: COUNT }, (_, i) => i))
    expect([throttled(bob), bob.getStats().defence.faults, alice.isConnected(bob.peerId)]).toEqual([0, {}, true])
  })

  unlessLong.it(
    'a peer that refuses, changes paths and comes back sixty times is sent little more than it acknowledges',
    {
      timeout: 60_000,
    },
    async () => {
      const listener = webSocketServer()
      const bob = new P2PCoordinator({ listen: [listener], webrtc: false })
      cleanUps.push(() => bob.shutdown())
      await bob.start()
      const bench = new Bench({
        address: listener.addresses[0]!,
        network: 'lotus',
        waitMs: 5_000,
        handshakeMs: 10_000,
        maxBits: 24,
      })
      const self = await Self.create()
      const plenty = [100_000, 400_000, null, null]
      const description = { budgets: { '*': plenty, '': plenty } }
      const channels: Channel[] = []
      const join = async (changes: number) => {
        const channel = await bench.dial({ self, acks: false, pongs: false, speak: false, description })
        channel.switchHere(changes)
        channels.push(channel)
        return channel
      }
      const heard = () => channels.flatMap(({ messages }) => messages.filter(({ type }) => type === 'big'))
      const [COUNT, BYTES] = [200, 20_000]
      const connected = new Promise<void>((resolve) => void bob.on('connected', () => resolve()))
      const first = await join(0)
      await connected
      for (let i = 0; i < COUNT; i++)
        void bob.sendTo(self.peerId, { type: 'big', payload: new Uint8Array(BYTES) }).catch(() => {})
      await first.until(() => heard().length === COUNT || undefined, 20_000)
      const { stream } = heard()[0]!
      const startedAt = performance.now()
      let acknowledged = 0
      for (let round = 1; round <= 60; round++) {
        const before = channels.at(-1)!
        if (round % 10 === 0) before.write(ackEntry(stream, ++acknowledged))
        before.write(refusedEntry(stream, acknowledged + 1, 1, 'cpu'))
        // Every third time all paths break, else a new one is chosen beside the old one.
        if (round % 3 === 0) for (const { pipe } of channels) pipe.end()
        await (await join(round)).until(() => heard().length > COUNT || undefined, 30)
      }
      const seconds = (performance.now() - startedAt) / 1_000
      const repeated = (heard().length - COUNT) * BYTES
      expect(repeated).toBeGreaterThan(0)
      // [S-16], and the message with which each allowance ends.
      expect(repeated).toBeLessThanOrEqual(262_144 + 16_384 * seconds + 2 * acknowledged * BYTES + BYTES)
      expect(new Set(heard().map(({ id }) => id)).size).toBe(COUNT)
      bench.end()
    },
  )
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
