import { afterEach, describe, expect, it } from 'vitest'
import { compareBytes } from '../../src/base/bytes.js'
import type { P2PConfig, P2PCoordinator } from '../../src/coordinator.js'
import type { EclipseEvidence } from '../../src/plugins/dht/eclipse/eclipse-watch.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net?.stop())

/** The longest that a victim may take: two rounds, each a tenth of `eclipseCheckMs` after the other, and their answers. */
const NOTICED_MS = 150_000

function network() {
  net = createTestNetwork({ scheme: 'ws', latencyMs: 20 })
}

const create = (options: TestPeerOptions) => net.createPeer({ webrtc: false, ...options })

async function started(options: TestPeerOptions): Promise<P2PCoordinator> {
  const peer = create(options)
  await net.run(peer.start())
  return peer
}

/** Relays that know each other. */
async function relays(hosts: string[], options: P2PConfig = {}): Promise<P2PCoordinator[]> {
  const made: P2PCoordinator[] = []
  for (const host of hosts) {
    made.push(await started({ host, relay: true, bootstrap: made.map((peer) => net.addressOf(peer)), ...options }))
  }
  // They join, and publish where they are.
  await net.clock.advance(5_000)
  return made
}

/** From now on a relay takes this publisher's records, and shows none of them, wherever it found them. */
function hide(relay: P2PCoordinator, { publicKey }: P2PCoordinator): void {
  const { host } = (relay as unknown as { core: { host: ProtocolHost } }).core
  const { reply } = host
  host.reply = (request, message) => {
    const { records } = (message.payload ?? {}) as { records?: [Uint8Array, ...unknown[]][] }
    if (message.type !== 'records' || records === undefined) return reply(request, message)
    const shown = records.filter(([key]) => compareBytes(key, publicKey) !== 0)
    return reply(request, { ...message, payload: { ...(message.payload as object), records: shown } })
  }
}

function alarms(peer: P2PCoordinator) {
  const seen = { suspected: [] as EclipseEvidence[], cleared: 0 }
  peer.on('eclipse-suspected', (evidence) => seen.suspected.push(evidence))
  peer.on('eclipse-cleared', () => seen.cleared++)
  return seen
}

const addresses = (peers: P2PCoordinator[]) => peers.map((peer) => net.addressOf(peer))
const ids = (peers: P2PCoordinator[]) => peers.map(({ peerId }) => peerId).sort()
const GROUP = [1, 2, 3, 4, 5].map((i) => `203.0.113.${i}`)
const HONEST = ['198.51.100.1', '192.0.2.1', '100.20.0.1', '100.21.0.1', '100.22.0.1']

describe('a victim fed by attackers', { timeout: 120_000 }, () => {
  it('of one group, with an honest anchor, suspects an eclipse and names them', async () => {
    network()
    const honest = await relays(HONEST)
    const attackers = await relays(GROUP)
    const victim = await started({ listening: false, bootstrap: addresses(attackers), anchors: addresses(honest.slice(0, 1)) })
    const told = alarms(victim)
    await net.clock.advance(NOTICED_MS)
    expect(told.suspected).toHaveLength(1)
    const [evidence] = told.suspected
    expect(evidence!.reasons.map(({ kind }) => kind)).toEqual(['views-differ', 'single-group'])
    expect([...evidence!.peers].sort()).toEqual(ids(attackers))
    expect(evidence!.groups).toEqual(['203.0'])
    expect(evidence!.since).toBeLessThan(net.clock.now())
    expect(victim.getStats().eclipse.diversity).toMatchObject({ operators: 2, outbound: 6, anchors: 1 })
    expect(victim.getStats().eclipse.suspected).toBe(true)
  })

  it('of one group, all of them faster, still finds what an honest relay has', async () => {
    network()
    net.network.conditions = { latencyMs: (from, to) => ([from, to].includes(HONEST[0]!) ? 60 : 5) }
    const honest = await relays(HONEST.slice(0, 2))
    const attackers = await relays(GROUP)
    const bob = await started({ listening: false, bootstrap: addresses(honest.slice(1)) })
    await net.run(bob.announceResource('offer', '1', { amount: 5n }))
    const victim = await started({ listening: false, bootstrap: addresses([...attackers, honest[0]!]) })
    await net.clock.advance(NOTICED_MS)
    expect(await net.run(victim.getResource('offer', '1'))).toMatchObject({ data: { amount: 5n } })
  })

  it('of many groups, that take its records and do not show them, suspects an eclipse with one honest relay', async () => {
    network()
    const all = await relays(['11.1.0.1', '12.1.0.1', '13.1.0.1', '14.1.0.1', HONEST[0]!])
    const victim = create({ listening: false, bootstrap: addresses(all) })
    const attackers = all.slice(0, 4)
    for (const attacker of attackers) hide(attacker, victim)
    const told = alarms(victim)
    await net.run(victim.start())
    await net.clock.advance(NOTICED_MS)
    expect(told.suspected).toHaveLength(1)
    const [evidence] = told.suspected
    expect(evidence!.reasons.map(({ kind }) => kind)).toEqual(['own-record-missing'])
    expect([...evidence!.peers].sort()).toEqual(ids(attackers))
    expect(evidence!.groups).toHaveLength(4)
  })

  it('suspects an eclipse where all its anchors are out of reach, and takes it back when one is there again', async () => {
    network()
    const honest = await relays(HONEST.slice(0, 1))
    const attackers = await relays(GROUP.slice(0, 2))
    net.network.partition([HONEST[0]!], ['victim'])
    const victim = create({ host: 'victim', listening: false, bootstrap: addresses(attackers), anchors: addresses(honest) })
    victim.on('error', () => {})
    const told = alarms(victim)
    await net.run(victim.start())
    await net.clock.advance(NOTICED_MS)
    expect(told.suspected.map(({ reasons }) => reasons[0]!.kind)).toEqual(['anchors-lost'])
    expect(victim.getStats().eclipse.diversity).toMatchObject({ anchors: 0 })
    expect(victim.getStats().eclipse.suspected).toBe(true)
    // Told again as long as it lasts, but not all the time.
    await net.clock.advance(1_800_000)
    expect(told.suspected.length).toBeGreaterThan(1)
    expect(told.suspected.length).toBeLessThan(5)
    // The attackers turn honest, too.
    await net.run(attackers[0]!.connectToPeer(net.addressOf(honest[0]!)))
    net.network.heal()
    await net.clock.advance(100_000)
    const count = told.suspected.length
    await net.clock.advance(3_600_000)
    expect(told.suspected.length).toBe(count)
    expect(told.cleared).toBe(1)
    expect(victim.getStats().eclipse.diversity).toMatchObject({ anchors: 1 })
    expect(victim.getStats().eclipse.suspected).toBe(false)
  })

  it('who answer alike and leave nobody honest in sight notices nothing, and sees on whom it depends', async () => {
    network()
    const attackers = await relays(GROUP.slice(0, 3))
    const victim = await started({ listening: false, bootstrap: addresses(attackers) })
    const told = alarms(victim)
    await net.clock.advance(1_800_000)
    expect(told.suspected).toEqual([])
    expect(victim.getStats().eclipse.diversity).toMatchObject({ operators: 1, outbound: 3, anchors: 0 })
    expect(victim.getStats().eclipse.suspected).toBe(false)
  })
})

describe('no eclipse is suspected', { timeout: 120_000 }, () => {
  it('with one relay and two peers, whatever they publish', async () => {
    network()
    const [relay] = await relays(['relay'])
    const peers = await Promise.all([1, 2].map(() => started({ listening: false, bootstrap: addresses([relay!]) })))
    const told = peers.map(alarms)
    await net.run(peers[0]!.announceResource('offer', '1', { amount: 5n }))
    await net.clock.advance(3_600_000)
    expect(told.flatMap(({ suspected }) => suspected)).toEqual([])
    expect(peers[0]!.getStats().eclipse.diversity).toMatchObject({ operators: 1, groups: 1, outbound: 1, anchors: 0 })
  })

  it('on one machine, with relays that come and go and do not know each other', async () => {
    network()
    const [a] = await relays(['127.0.0.1'])
    const [b, c] = await relays(['relay-b', 'relay-c'])
    const peers = []
    for (let i = 0; i < 3; i++) peers.push(await started({ listening: false, bootstrap: addresses([a!, b!, c!]) }))
    const told = peers.map(alarms)
    for (const peer of peers) peer.on('error', () => {})
    await net.clock.advance(600_000)
    await net.run(b!.shutdown())
    await net.clock.advance(300_000)
    await started({ host: 'relay-b', relay: true })
    await net.clock.advance(3_600_000)
    expect(told.flatMap(({ suspected }) => suspected)).toEqual([])
  })

  it('in an honest network of several operators, whose relays restart', async () => {
    network()
    const honest = await relays(HONEST.slice(0, 3))
    const [anchor] = honest
    const victim = await started({ listening: false, bootstrap: addresses(honest), anchors: addresses([anchor!]) })
    victim.on('error', () => {})
    const told = alarms(victim)
    await net.run(victim.announceResource('offer', '1', { amount: 5n }))
    await net.clock.advance(1_800_000)
    await net.run(honest[2]!.shutdown())
    await net.clock.advance(60_000)
    await started({ host: HONEST[2]!, relay: true, bootstrap: addresses([anchor!]) })
    await net.clock.advance(3_600_000)
    expect(told.suspected).toEqual([])
    expect(victim.getStats().eclipse.diversity).toMatchObject({ operators: 3, outbound: 3, anchors: 1 })
    expect(victim.getStats().eclipse.suspected).toBe(false)
  })

  it('by one liar among honest relays', async () => {
    network()
    const all = await relays(HONEST)
    const victim = create({ listening: false, bootstrap: addresses(all) })
    hide(all[0]!, victim)
    const told = alarms(victim)
    await net.run(victim.start())
    await net.clock.advance(1_800_000)
    expect(told.suspected).toEqual([])
  })
})
