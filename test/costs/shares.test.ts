import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { CIRCUIT_HOP, CIRCUIT_STOP } from '../../src/plugins/circuit/frames.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { Watchers } from '../../src/plugins/dht/node/watchers.js'
import { Interest } from '../../src/plugins/topics/interest.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { settle, TestHost } from '../circuit/test-network.js'

describe('where all that there is to keep is taken', () => {
  it('a topic of the greediest neighbour makes room for one of a neighbour that wants less, and others are told', () => {
    const shed: string[] = []
    const interest = new Interest(resolveLimits({ maxTopics: 100 }), (topic, peerId) => shed.push(`${peerId} ${topic}`))
    for (let i = 0; i < 5; i++) for (let j = 0; j < 20; j++) interest.add(`evil${i}`, `t${i} ${j}`, 0, true)
    for (let i = 0; i < 15; i++) expect(interest.add('honest', `wanted${i}`, 0, false)).toBe(true)
    expect(interest.topics).toBe(100)
    for (let i = 0; i < 15; i++) expect([...interest.peersOf(`wanted${i}`)]).toEqual(['honest'])
    expect(shed).toHaveLength(15)
    expect(() => interest.add('evil0', 'one more', 0, true)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })

  it('a watch of the greediest peer makes room for one of a peer that has less', () => {
    const shed: string[] = []
    const watchers = new Watchers(resolveLimits({ maxWatches: 20 }), (peerId) => shed.push(peerId))
    for (let i = 0; i < 20; i++) watchers.add(`evil${i % 2}`, `k${i}`)
    for (let i = 0; i < 5; i++) watchers.add('honest', `wanted${i}`)
    expect(watchers.count).toBe(20)
    for (let i = 0; i < 5; i++) expect([...watchers.of(`wanted${i}`)]).toEqual(['honest'])
    expect(shed).toHaveLength(5)
    expect(() => watchers.add('evil0', 'one more')).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    for (const peerId of ['evil0', 'evil1', 'honest']) watchers.deletePeer(peerId)
    expect(watchers.count).toBe(0)
  })

  it('what neighbours want already is no news, nor that they do not want what they never wanted', () => {
    const interest = new Interest(resolveLimits())
    expect(interest.add('a', 't', 1, true)).toBe(true)
    expect(interest.add('a', 't', 1, true)).toBe(false)
    expect(interest.remove('a', 'other')).toBe(false)
    expect(interest.remove('a', 't')).toBe(true)
  })
})

describe('a peer that many call without a word', () => {
  const FIRST = new Uint8Array(10)

  async function scene(limits = {}) {
    const clock = new VirtualClock(1_700_000_000_000)
    const relay = new CircuitRelay({ limits: resolveLimits({ maxCircuitsPerPeer: 8, ...limits }) })
    const host = new TestHost('relay', clock).register(relay)
    const stop = { protocolName: CIRCUIT_STOP, handleMessage: async () => {} }
    const join = (name: string) => {
      const peer = new TestHost(name, clock).register({ ...stop })
      peer.connect(host)
      return peer
    }
    const victim = join('victim')
    await clock.run(victim.request('relay', { type: 'reserve', payload: null, protocol: CIRCUIT_HOP }))
    const call = (caller: TestHost) =>
      caller.request('relay', { type: 'open', protocol: CIRCUIT_HOP, payload: { target: victim.id, frame: FIRST } })
    return { clock, relay, join, call, victim }
  }

  it('can still be called: the oldest silent circuit of the greediest caller makes room', async () => {
    const { relay, join, call, clock } = await scene()
    const evil = Array.from({ length: 4 }, (_, i) => join(`evil${i}`))
    for (const caller of [...evil, ...evil]) await clock.run(call(caller))
    expect(relay.getStats().circuits).toBe(8)
    const honest = join('honest')
    const { payload } = await clock.run(call(honest))
    expect(payload).toMatchObject({ circuit: 1 })
    // The honest one is not the greediest: its circuit stays, however many come after it.
    for (let i = 0; i < 20; i++) await clock.run(call(evil[i % 4]!)).catch(() => {})
    await honest.sendTo('relay', { type: 'data', payload: [1, FIRST], protocol: CIRCUIT_HOP })
    await settle()
    expect(relay.getStats().circuits).toBe(8)
    await honest.sendTo('relay', { type: 'close', payload: [1, 'ABORTED'], protocol: CIRCUIT_HOP })
    await settle()
    expect(relay.getStats().circuits).toBe(7)
  })

  it('keeps the circuits that are in use', async () => {
    const { join, call, clock, relay } = await scene()
    const callers = Array.from({ length: 8 }, (_, i) => join(`user${i}`))
    for (const caller of callers) {
      await clock.run(call(caller))
      await caller.sendTo('relay', { type: 'data', payload: [1, FIRST], protocol: CIRCUIT_HOP })
    }
    await expect(clock.run(call(join('late')))).rejects.toThrow('Refused')
    expect(relay.getStats().circuits).toBe(8)
  })

  it('takes the first calls of those who call seldom, though others call it all the time', async () => {
    const { join, call, clock } = await scene({ maxCircuitsPerPeer: 1_000, maxCircuitsPerPair: 1_000 })
    const evil = Array.from({ length: 4 }, (_, i) => join(`evil${i}`))
    let refused = 0
    for (let i = 0; i < 100; i++) {
      for (const caller of evil) await clock.run(call(caller)).catch(() => refused++)
    }
    expect(refused).toBeGreaterThan(0)
    expect((await clock.run(call(join('honest')))).payload).toMatchObject({ circuit: 1 })
  })

  it('answers frames on circuits that do not exist only as often as a peer can have had circuits', async () => {
    const { join } = await scene()
    const words: unknown[] = []
    const evil = join('evil')
    evil.register({
      protocolName: CIRCUIT_STOP,
      handleMessage: async ({ type }) => void words.push(type),
    })
    for (let id = 1; id <= 5_000; id++) await evil.sendTo('relay', { type: 'ack', payload: [id, 1], protocol: CIRCUIT_HOP })
    await settle()
    // 128 that it may have opened and 256 that others have.
    expect(words.length).toBeLessThanOrEqual(384)
    expect(words.length).toBeGreaterThan(0)
  })
})
