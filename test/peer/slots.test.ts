import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { type SlotHolder, Slots } from '../../src/peer/pool/slots.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Connection } from '../../src/transport/transport.js'
import { pipe } from '../channel/pair.js'

interface Peer extends SlotHolder {
  usedAt: number
}

/** A connection from an IPv4 address, or to an address that we dialled. */
function connection(remoteAddress: string, outbound = false): Connection {
  const transport = outbound ? 'memory' : 'websocket'
  return Object.assign(pipe()[0], { transport, remoteAddress, outbound })
}

function setUp(maxConnections: number, options: { named?: string[]; scores?: Record<number, number> } = {}) {
  const clock = new VirtualClock()
  let count = 0
  const scoreOf = (publicKey: Uint8Array) => options.scores?.[publicKey[0]!] ?? 0
  const isNamed = (peerId: string) => options.named?.includes(peerId) === true
  const slots = new Slots<Peer>({ maxConnections, limits: resolveLimits({ outboundSlots: 8 }), clock, isNamed }, scoreOf)
  const add = (from: string, outbound = false): Peer => {
    const id = ++count
    const peer: Peer = {
      peerId: `peer${id}`,
      publicKey: new Uint8Array(32).fill(id),
      since: id,
      usedAt: 0,
      rttMs: undefined,
      activeChannel: { connection: connection(from, outbound) },
    }
    slots.add(peer)
    return peer
  }
  return { clock, slots, add }
}

describe('slots', () => {
  it('are counted by who dialled, and by address group', () => {
    const { slots, add } = setUp(10)
    const dialled = add('memory://relay', true)
    const came = add('203.0.113.1')
    add('203.0.113.2')
    add('198.51.100.1')
    const counts = () => {
      const all = slots.all()
      return [all.filter(({ outbound }) => outbound).length, slots.inbound, new Set(all.map(({ group }) => group)).size]
    }
    expect(counts()).toEqual([1, 3, 3])
    expect([slots.dialledAt(dialled), slots.dialledAt(came)]).toEqual(['memory://relay', undefined])
    slots.delete(came)
    slots.delete(came)
    expect(counts()).toEqual([1, 2, 3])
  })

  it('stay free for those that we dial: one in 16', () => {
    const { slots, add } = setUp(32)
    for (let i = 0; i < 30; i++) add(`203.0.113.${i}`)
    expect(slots.placeFor(connection('203.0.113.99')).fits).toBe(false)
    expect(slots.placeFor(connection('memory://relay', true))).toEqual({ fits: true })
    add('memory://relay1', true)
    add('memory://relay2', true)
    expect(slots.placeFor(connection('memory://relay3', true)).fits).toBe(false)
  })

  it('tell before a handshake that nobody will make room for one more of the largest group', () => {
    const { slots, add } = setUp(4)
    for (let i = 0; i < 3; i++) add(`203.0.113.${i}`)
    expect(slots.mayFit(connection('203.0.113.9'))).toBe(true)
    add('203.0.113.8')
    expect(slots.mayFit(connection('203.0.113.9'))).toBe(false)
    expect(slots.mayFit(connection('198.51.100.1'))).toBe(true)
    expect(slots.mayFit(connection('memory://relay', true))).toBe(false)
  })

  it('tell of room where somebody has misbehaved, and look that up once a second', async () => {
    const scores: Record<number, number> = {}
    const { clock, slots, add } = setUp(2, { scores })
    add('203.0.113.1')
    add('203.0.113.2')
    expect(slots.mayFit(connection('203.0.113.9'))).toBe(false)
    scores[1] = -1
    expect(slots.mayFit(connection('203.0.113.9'))).toBe(false)
    await clock.advance(1_000)
    expect(slots.mayFit(connection('203.0.113.9'))).toBe(true)
    expect(slots.placeFor(connection('203.0.113.9')).evicted).toMatchObject({ peerId: 'peer1' })
  })

  it('are never taken from a peer that we dialled or that the application has named', () => {
    const { slots, add } = setUp(3, { named: ['peer1'], scores: { 1: -1, 2: -1 } })
    add('203.0.113.1')
    add('memory://relay', true)
    expect(slots.placeFor(connection('203.0.113.3'))).toEqual({ fits: true })
    const stranger = add('203.0.113.2')
    expect(slots.placeFor(connection('203.0.113.3')).evicted).toBeUndefined()
    slots.delete(stranger)
    add('memory://other', true)
    expect(slots.placeFor(connection('198.51.100.1'))).toEqual({ fits: false, evicted: undefined })
  })

  it('protect a peer that was of use, by what its connection noted', () => {
    const { slots, add } = setUp(16)
    const peers = Array.from({ length: 15 }, (_, i) => add(`203.0.113.${i}`))
    const youngest = peers.at(-1)!
    expect(slots.placeFor(connection('198.51.100.1')).evicted).toBe(youngest)
    youngest.usedAt = 5_000
    expect(slots.placeFor(connection('198.51.100.1')).evicted).toBe(peers.at(-2))
  })
})
