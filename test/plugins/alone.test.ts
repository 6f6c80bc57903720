import { afterEach, describe, expect, it } from 'vitest'
import type { CoreConfig } from '../../src/core/config.js'
import {
  broadcastChannel,
  defineResource,
  dhtWalk,
  eclipseWatch,
  httpFallback,
  outbox,
  P2PCoordinator,
  type Plugin,
  proofOfWork,
  resourceWatch,
  type StandardSchema,
  statements,
  topics,
  webRtc,
} from '../../src/core.js'
import { generateIdentity } from '../../src/identity/identity.js'
import { type Relay, startRelay } from '../../src/node/relay.js'
import type { RelayOptions } from '../../src/node/relay-options.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { polyfill } from '../webrtc/rtc-network.js'

// Each plugin does its job on a core without any other, over real sockets.

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function relayOf(options: RelayOptions = {}): Promise<Relay> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...options })
  cleanUps.push(() => relay.stop())
  return relay
}

/** A schema that takes anything. */
const anything: StandardSchema<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}

const silent = { debug() {}, warn() {}, error() {} }

function lean<const P extends readonly Plugin[]>(config: CoreConfig<P>): P2PCoordinator<P> {
  const wallet = new P2PCoordinator({ logger: silent, ...config })
  cleanUps.push(() => wallet.shutdown())
  return wallet
}

describe('a core without plugins', () => {
  it('talks by circuits, finds resources and is found', async () => {
    const relay = await relayOf()
    const [alice, bob] = [lean({ bootstrap: [relay.url] }), lean({ bootstrap: [relay.url] })]
    await Promise.all([alice.start(), bob.start()])
    await bob.announceResource('shop', 'bakery', { bread: 5 })
    const [shop] = await alice.discoverResources('shop')
    const arrived = new Promise<[unknown, PeerInfo]>((resolve) =>
      bob.on('message', ({ payload }, from) => resolve([payload, from])),
    )
    await alice.connectToPeer(shop!.creatorPeerId)
    await alice.sendTo(bob.peerId, { type: 'order', payload: 'bread' })
    const [payload, from] = await arrived
    expect(payload).toBe('bread')
    expect(from.peerId).toBe(alice.peerId)
    expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('circuit')
    for (const name of ['topics', 'statements', 'subscribe', 'watchResources']) expect(name in alice).toBe(false)
  })

  it('is refused by a relay that demands work, and told which plugin does it', async () => {
    const relay = await relayOf({ powDifficulty: 8 })
    const error = await lean({})
      .connectToPeer(relay.url)
      .catch((error) => error)
    expect(error.code).toBe('PROOF_OF_WORK_REQUIRED')
    expect(error.message).toContain('proofOfWork()')
  })
})

describe('alone on a core,', () => {
  it('proofOfWork() comes into a relay that demands work', async () => {
    const relay = await relayOf({ powDifficulty: 8 })
    const wallet = lean({ plugins: [proofOfWork()] })
    const states: string[] = []
    wallet.on('proof-of-work', ({ state }) => states.push(state))
    await wallet.connectToPeer(relay.url)
    expect(wallet.isConnected(relay.peerId)).toBe(true)
    expect(states.at(-1)).toBe('done')
  })

  it('httpFallback() reaches a relay by HTTP', async () => {
    const relay = await relayOf()
    const wallet = lean({ plugins: [httpFallback()] })
    await wallet.connectToPeer(relay.url.replace('ws:', 'http:'))
    expect(wallet.getPeer(relay.peerId)?.connection?.transport).toBe('http')
    await expect(lean({}).connectToPeer(relay.url.replace('ws:', 'http:'))).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
  })

  it('outbox() keeps a message for a peer that is away, and delivers it', async () => {
    const relay = await relayOf()
    const bob = lean({ bootstrap: [relay.url] })
    const alice = lean({ bootstrap: [relay.url], plugins: [outbox()] })
    await alice.start()
    const delivered = new Promise((resolve) => alice.on('delivered', ({ payload }) => resolve(payload)))
    const { outcome } = await alice.sendTo(bob.peerId, { type: 'order', payload: 'bread' }, { queue: true })
    expect(alice.getStats().traffic.queued.messages).toBe(1)
    const arrived = new Promise((resolve) => bob.on('message', ({ payload }) => resolve(payload)))
    await bob.start()
    await bob.connectToPeer(alice.peerId)
    expect(await arrived).toBe('bread')
    expect(await outcome).toBe('delivered')
    expect(await delivered).toBe('bread')
    expect(alice.getStats().traffic.queued).toEqual({ messages: 0, bytes: 0 })
    const refused = bob.sendTo(alice.peerId, { type: 'order', payload: 'bread' }, { queue: true })
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_CONFIG', details: { plugin: 'outbox' } })
    await expect(refused).rejects.toThrow('sendTo with queue needs the plugin outbox().')
  })

  it('resourceWatch() tells of resources as they come and go', async () => {
    const relay = await relayOf()
    const bob = lean({ bootstrap: [relay.url] })
    const alice = lean({ bootstrap: [relay.url], plugins: [resourceWatch()] })
    await Promise.all([alice.start(), bob.start()])
    const events: unknown[] = []
    alice.on('resource', ({ resourceId }, change) => events.push([resourceId, change]))
    const gone = new Promise<unknown[]>((resolve) => {
      const told: unknown[] = []
      alice.watchResources<{ bread: number }>('shop', { bread: { gte: 5 } }, ({ data }, change) => {
        told.push([data, change])
        if (change === 'removed') resolve(told)
      })
    })
    await bob.announceResource('shop', 'kiosk', { bread: 1 })
    await bob.announceResource('shop', 'bakery', { bread: 5 })
    await expect.poll(() => events.length).toBe(1)
    await bob.withdrawResource('shop', 'bakery')
    expect(await gone).toEqual([
      [{ bread: 5 }, 'added'],
      [{ bread: 5 }, 'removed'],
    ])
    expect(events).toEqual([
      ['bakery', 'added'],
      ['bakery', 'removed'],
    ])
    expect(alice.getStats().dht.watches).toBe(1)
  })

  it('without resourceWatch() nothing is watched, and the error names the plugin', () => {
    const wallet = lean({})
    const needed = expect.objectContaining({ code: 'INVALID_CONFIG', details: { option: 'plugins', plugin: 'resourceWatch' } })
    expect(() => wallet.dht.watch('offer-*', () => {})).toThrow(needed)
    const shops = defineResource({ type: 'shop', data: anything })
    expect(() => wallet.for(shops).watch({}, () => {})).toThrow(needed)
    // @ts-expect-error The type says so too.
    expect(wallet.watchResources).toBeUndefined()
  })

  it('topics() publishes and subscribes', async () => {
    const relay = await relayOf()
    const options = { bootstrap: [relay.url], plugins: [topics()] } as const
    const [alice, bob] = [lean({ ...options, bootstrap: [relay.url] }), lean({ ...options, bootstrap: [relay.url] })]
    const heard = new Promise((resolve) => bob.topics.subscribe('offers', ({ payload }) => resolve(payload)))
    await Promise.all([alice.start(), bob.start()])
    for (;;) {
      const { subscribers } = await alice.topics.publish('offers', { sats: 5n })
      if (subscribers > 0) break
    }
    expect(await heard).toEqual({ sats: 5n })
    expect(alice.getStats().topics.published).toBeGreaterThanOrEqual(1)
  })

  it('dhtWalk() walks to where a key is kept', async () => {
    const first = await relayOf()
    const second = await relayOf({ bootstrap: [first.url] })
    const wallet = lean({ bootstrap: [second.url], plugins: [dhtWalk()] })
    await wallet.start()
    const { steps } = await wallet.dht.trace('offer-1')
    expect(steps.length).toBeGreaterThanOrEqual(1)
    await expect(lean({}).dht.trace('offer-1')).rejects.toMatchObject({ code: 'NOT_STORED' })
  })

  it('eclipseWatch() suspects an eclipse where the anchors cannot be reached and others can', async () => {
    const [relay, anchor] = [await relayOf(), await relayOf()]
    await anchor.stop()
    const wallet = lean({
      bootstrap: [relay.url],
      anchors: [anchor.url],
      limits: { eclipseCheckMs: 1_000 },
      plugins: [eclipseWatch()],
    })
    const suspected = new Promise((resolve) => wallet.on('eclipse-suspected', resolve))
    await wallet.start()
    expect(await suspected).toMatchObject({ reasons: [expect.objectContaining({ kind: expect.stringContaining('anchor') })] })
  })

  it('statements() brings what one member says to the other', async () => {
    const relay = await relayOf()
    const identities = await Promise.all([generateIdentity(), generateIdentity()])
    const members = identities.map(({ publicKey }) => publicKey)
    const [alice, bob] = identities.map((identity) => lean({ identity, bootstrap: [relay.url], plugins: [statements()] }))
    await Promise.all([alice!.start(), bob!.start()])
    await alice!.connectToPeer(bob!.peerId)
    const heard = new Promise<Uint8Array>((resolve) => {
      const onStatement = ({ value }: { value: Uint8Array }) => resolve(value)
      bob!.statements.join({ protocol: 'dice', session: 'table-7', members, onStatement })
    })
    const session = alice!.statements.join({ protocol: 'dice', session: 'table-7', members })
    await session.say({ round: 0, slot: 'roll', value: Uint8Array.of(6) })
    expect(await heard).toEqual(Uint8Array.of(6))
  })

  it('broadcastChannel() finds and dials the other tab', async () => {
    const name = `test-${process.pid}`
    const [alice, bob] = [lean({ plugins: [broadcastChannel({ name })] }), lean({ plugins: [broadcastChannel({ name })] })]
    const met = new Promise<PeerInfo>((resolve) => alice.on('connected', resolve))
    await Promise.all([alice.start(), bob.start()])
    expect(await met).toMatchObject({ peerId: bob.peerId, connection: { transport: 'broadcast-channel' } })
  })

  it.skipIf(polyfill === undefined)('webRtc() makes a circuit direct', async () => {
    const relay = await relayOf()
    const make = () => lean({ bootstrap: [relay.url], plugins: [webRtc({ implementation: polyfill! })] })
    const [alice, bob] = [make(), make()]
    await Promise.all([alice.start(), bob.start()])
    const direct = new Promise<PeerInfo>((resolve) =>
      alice.on('path-changed', (peer) => peer.peerId === bob.peerId && peer.connection?.transport === 'webrtc' && resolve(peer)),
    )
    await alice.connectToPeer(bob.peerId)
    await direct
    expect(alice.getPeer(bob.peerId)?.connection?.transport).toBe('webrtc')
  })
})

describe('any two plugins', () => {
  const makers: (() => Plugin)[] = [
    webRtc,
    httpFallback,
    topics,
    outbox,
    dhtWalk,
    eclipseWatch,
    proofOfWork,
    broadcastChannel,
    statements,
  ]
  const pairs = makers.flatMap((first) => makers.filter((second) => second !== first).map((second) => [first, second] as const))
  it.each(pairs.map(([first, second]) => [first.name, second.name, first, second] as const))(
    '%s() and %s() attach in this order, and end',
    async (_first, _second, first, second) => {
      const wallet = lean({ plugins: [first(), second()] })
      await wallet.start()
      await wallet.shutdown()
      expect(wallet.status).toBe('offline')
    },
  )
})
