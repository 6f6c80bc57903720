import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { DHT_PROTOCOL } from '../../src/plugins/dht/client/dht-messages.js'
import { type Contact, contactOf } from '../../src/plugins/dht/walk/contact.js'
import { type NodeDialer, NodeLinks } from '../../src/plugins/dht/walk/node-links.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { FakeHost, seeded } from './network.js'
import { told } from './told.js'

const PING = { type: 'ping', protocol: DHT_PROTOCOL, payload: null }
const limits = { dhtLinks: 2, dhtLinkIdleMs: 60_000, dhtTimeoutMs: 5_000 }

/** Nodes that answer after `answerMs`, and a host that dials them in `dialMs`. */
function setUp({ answerMs = 10, dialMs = 30, idleMs = limits.dhtLinkIdleMs } = {}) {
  const clock = new VirtualClock()
  const us = new FakeHost('us', clock)
  const nodes = new Map<string, FakeHost>()
  const seen = { dialled: [] as string[], released: [] as string[] }
  const dialer: NodeDialer = {
    mayDial: () => true,
    isConnected: (peerId) => us.neighbours.has(peerId),
    dial: async (address, peerId) => {
      seen.dialled.push(address)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, dialMs))
      const node = nodes.get(peerId)
      if (node === undefined) throw new P2PError('PEER_UNREACHABLE', 'Nobody is there.')
      us.connect(node)
      return peerId
    },
    release: (peerId) => {
      seen.released.push(peerId)
      us.disconnect(nodes.get(peerId)!)
    },
  }
  const links = new NodeLinks(us, dialer, resolveLimits({ ...limits, dhtLinkIdleMs: idleMs }))
  const node = (n: number, { silent = false } = {}): Contact => {
    const contact = contactOf(seeded(n).publicKey, told(`ws://node${n}.example`), 'lotus')
    const host = new FakeHost(contact.peerId, clock)
    host.register({
      protocolName: DHT_PROTOCOL,
      handleMessage: async (message) => {
        if (silent) return
        const delayMs = message.payload === null ? answerMs : 4_000
        await new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs))
        await host.reply(message, { type: 'pong', payload: null })
      },
    })
    nodes.set(contact.peerId, host)
    return contact
  }
  const ask = (contact: Contact) => links.ask(contact, PING, {})
  return { clock, us, nodes, links, seen, node, ask }
}

describe('links to nodes', () => {
  it('dial a node that is not connected, and ask again without a dial', async () => {
    const { clock, ask, node, seen } = setUp()
    const contact = node(1)
    await clock.run(ask(contact))
    const startedAt = clock.now()
    await clock.run(Promise.all([ask(contact), ask(contact)]))
    expect(seen.dialled).toEqual([contact.address])
    expect(clock.now() - startedAt).toBe(10)
  })

  it('end when nobody has used them for a while, and the last one takes the timer with it', async () => {
    const { clock, ask, node, seen, us } = setUp()
    const contact = node(1)
    await clock.run(ask(contact))
    await clock.advance(59_000)
    expect(us.neighbours.size).toBe(1)
    await clock.advance(17_000)
    expect(seen.released).toEqual([contact.peerId])
    expect(clock.pending).toBe(0)
  })

  it('the least used of too many end once they have settled; one that a question waits on stays', async () => {
    const { clock, ask, node, seen } = setUp({ answerMs: 20_000 })
    const fast = setUp()
    const contacts = [1, 2, 3].map((n) => fast.node(n))
    for (const contact of contacts) await fast.clock.run(fast.ask(contact))
    // A store after its walk is likely to use any of them.
    expect(fast.seen.released).toEqual([])
    await fast.clock.advance(16_000)
    expect(fast.seen.released).toEqual([contacts[0]!.peerId])

    const slow = [1, 2, 3].map((n) => node(n))
    const waiting = Promise.allSettled(slow.map(ask))
    await clock.advance(4_000)
    expect(seen.released).toEqual([])
    await clock.run(waiting)
  })

  it('stay while one of two questions that began with the dial waits for its answer', async () => {
    const { clock, ask, links, node, seen } = setUp({ idleMs: 1_000 })
    const contact = node(1)
    const slow = links.ask(contact, { ...PING, payload: 'slowly' }, {})
    await clock.run(ask(contact))
    expect(await clock.run(slow)).toMatchObject({ type: 'pong' })
    expect(seen.released).toEqual([])
  })

  it('to nodes that are kept warm stay, used or not', async () => {
    const { clock, ask, node, links, seen } = setUp()
    const [warm, other] = [node(1), node(2)]
    links.keepWarm([warm.peerId])
    for (const contact of [warm, other]) await clock.run(ask(contact))
    await clock.advance(600_000)
    expect(seen.released).toEqual([other.peerId])
    links.keepWarm([])
    await clock.advance(60_000)
    expect(seen.released).toEqual([other.peerId, warm.peerId])
  })

  it('that somebody else has made are used and never released', async () => {
    const { clock, ask, node, nodes, us, seen } = setUp()
    const contact = node(1)
    us.connect(nodes.get(contact.peerId)!)
    await clock.run(ask(contact))
    await clock.advance(600_000)
    expect(seen).toEqual({ dialled: [], released: [] })
  })

  it('wait as long as answers have taken, and never longer than dhtTimeoutMs', async () => {
    const { clock, ask, node } = setUp()
    const silent = node(2, { silent: true })
    for (let i = 0; i < 40; i++) await clock.run(ask(node(1)))
    await expect(clock.run(ask(silent))).rejects.toMatchObject({ code: 'TIMEOUT' })
    const startedAt = clock.now()
    await expect(clock.run(ask(silent))).rejects.toMatchObject({ code: 'TIMEOUT' })
    // Once connected: what answers take, with a floor for a machine that stands still.
    expect(clock.now() - startedAt).toBe(500)
  })

  it('fail with what the dial fails with, and leave no link and no timer', async () => {
    const { clock, ask, links, seen } = setUp()
    const gone = contactOf(seeded(9).publicKey, told('ws://gone.example'), 'lotus')
    await expect(clock.run(ask(gone))).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(clock.pending).toBe(0)
    links.close()
    expect(seen.released).toEqual([])
  })
})
