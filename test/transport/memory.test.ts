import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { MemoryNetwork, type MemoryNetworkOptions } from '../../src/transport/memory.js'
import { alice, bob, Inbox, pattern, send } from '../channel/pair.js'
import { record } from '../circuit/test-network.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'

async function network(options: MemoryNetworkOptions = {}) {
  const clock = new VirtualClock()
  const net = new MemoryNetwork({ clock, ...options })
  const { accept, next } = acceptor()
  const listener = net.listener('b')
  await listener.listen(accept)
  const dial = (signal?: AbortSignal) => net.transport('a').dial('memory://b', { firstFrame: Uint8Array.of(0), signal })
  return { clock, net, listener, next, dial, transport: net.transport('a'), address: 'memory://b', stop: () => listener.close() }
}

transportCompliance('The in-memory network', network, { unreachable: ['memory://nobody', 'PEER_UNREACHABLE'], invalid: [] })

const numbers = (frames: Uint8Array[]) => frames.map(([first]) => first)
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('the in-memory network', () => {
  it('delays each frame by the latency, and a dial by a round trip', async () => {
    const { clock, dial, next } = await network({ latencyMs: 50 })
    const start = clock.now()
    const near = await clock.run(dial())
    expect(clock.now() - start).toBe(100)
    const sink = record(await next())
    near.send(Uint8Array.of(1))
    await clock.advance(49)
    expect(numbers(sink.frames)).toEqual([0])
    await clock.advance(1)
    expect(numbers(sink.frames)).toEqual([0, 1])
  })

  it('keeps the order under jitter', async () => {
    const { clock, dial, next } = await network({ latencyMs: 10, jitterMs: 90, random: seededRandom(5).unit })
    const near = await clock.run(dial())
    const sink = record(await next())
    for (let i = 1; i < 50; i++) {
      near.send(Uint8Array.of(i))
      await clock.advance(1)
    }
    await clock.advance(200)
    expect(numbers(sink.frames)).toEqual(upTo(50))
  })

  it('keeps the order over a partition that begins while frames are under way', async () => {
    for (const healAfterMs of [1, 20]) {
      const { clock, net, dial, next } = await network({ latencyMs: 10 })
      const near = await clock.run(dial())
      const sink = record(await next())
      near.send(Uint8Array.of(1))
      await clock.advance(1)
      net.partition(['a'], ['b'])
      near.send(Uint8Array.of(2))
      await clock.advance(healAfterMs)
      expect(numbers(sink.frames)).toEqual([0])
      net.heal()
      near.send(Uint8Array.of(3))
      await clock.advance(30)
      expect(numbers(sink.frames)).toEqual([0, 1, 2, 3])
    }
  })

  it('lets hosts of one group, and of none, talk over a partition; another partition replaces it', async () => {
    const { clock, net, dial, next } = await network()
    net.partition(['a', 'b'], ['c'])
    const near = await clock.run(dial())
    const sink = record(await next())
    net.partition(['c'], ['a'])
    near.send(Uint8Array.of(1))
    await clock.advance(0)
    net.partition(['a'], ['b'])
    near.send(Uint8Array.of(2))
    await clock.advance(0)
    expect(numbers(sink.frames)).toEqual([0, 1])
    net.partition(['a', 'b'], ['c'])
    await clock.advance(0)
    expect(numbers(sink.frames)).toEqual([0, 1, 2])
  })

  it('lets a dial hang in a partition until it heals or is given up', async () => {
    const { clock, net, dial, next } = await network()
    net.partition(['a'], ['b'])
    const controller = new AbortController()
    const given = dial(controller.signal)
    const waiting = dial()
    await clock.advance(60_000)
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'ABORTED' })
    net.heal()
    await clock.run(waiting)
    await next()
  })

  it('says nothing to anybody when a host crashes', async () => {
    const { clock, net, dial, next } = await network()
    const near = await clock.run(dial())
    const sinks = [record(near), record(await next())]
    net.crash('b')
    near.send(Uint8Array.of(1))
    await clock.advance(60_000)
    expect(sinks.map(({ closes }) => closes.length)).toEqual([0, 0])
    expect(numbers(sinks[1]!.frames)).toEqual([0])
    near.close()
    await clock.advance(0)
    expect(sinks.map(({ closes }) => closes.length)).toEqual([1, 0])
  })

  it('refuses a second listener of the same name, and frees the name', async () => {
    const { net, listener } = await network()
    await expect(net.listener('b').listen(() => {})).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await listener.close()
    await net.listener('b').listen(() => {})
  })

  it.each([
    ['loss', { loss: 0.2 }],
    ['reordering', { reorder: 0.3 }],
  ])('ends a channel typed at %s, with what came before it whole', async (_, conditions) => {
    for (let seed = 1; seed <= 10; seed++) {
      const { clock, net, transport, address, next } = await network({ random: seededRandom(seed * 7_919).unit })
      const limits = DEFAULT_LIMITS
      const dialling = SecureChannel.dial(transport, address, { ...alice, limits, clock })
      const accepting = next().then((connection) => SecureChannel.accept(connection, { ...bob, limits, clock }))
      const [a, b] = await clock.run(Promise.all([dialling, accepting]))
      const inbox = new Inbox(b)
      new Inbox(a)
      net.conditions = conditions
      let sent = 0
      while (a.open && sent < 200) {
        send(a, pattern(50, sent++))
        await clock.advance(1)
      }
      expect(inbox.closes).toMatchObject([{ error: { code: 'DECRYPT_FAILED' } }])
      expect(inbox.messages.length).toBeLessThan(sent)
      expect(inbox.messages.every((body, i) => Buffer.compare(body, pattern(50, i)) === 0)).toBe(true)
    }
  })
})
