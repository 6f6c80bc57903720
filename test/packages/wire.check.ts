import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { P2PCoordinator } from '../../src/coordinator.js'
import { startRelay } from '../../src/node/relay.js'

// The build makes the names of internal properties short. Were one of them a key of something that travels or is stored, the sources
// and what is built would not understand each other.

type Sources = { P2PCoordinator: typeof P2PCoordinator }
type Relays = { startRelay: typeof startRelay }
const importDist = <T>(name: string): Promise<T> => import(/* @vite-ignore */ pathToFileURL(`${process.cwd()}/dist/${name}`).href)

const silent = { debug() {}, warn() {}, error() {} }

describe.each(['js', 'cjs'])('what is built as .%s and the sources', (ending) => {
  const ends: (() => Promise<unknown>)[] = []
  let built: Sources
  let node: Relays
  beforeAll(async () => {
    built = await importDist<Sources>(`index.${ending}`)
    node = await importDist<Relays>(`node.${ending}`)
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })

  /** A coordinator of the sources and one that is built, at a relay of either. */
  async function pairAt(start: typeof startRelay): Promise<[P2PCoordinator, P2PCoordinator]> {
    const relay = await start({ port: 0, host: '127.0.0.1', powDifficulty: 4, logger: silent })
    ends.push(() => relay.stop())
    const options = { bootstrap: [relay.url], logger: silent }
    const [ours, theirs] = [new P2PCoordinator(options), new built.P2PCoordinator(options)]
    ends.push(
      () => ours.shutdown(),
      () => theirs.shutdown(),
    )
    await Promise.all([ours.start(), theirs.start()])
    return [ours, theirs]
  }

  it.each([
    ['a relay that is built', true],
    ['a relay of the sources', false],
  ])('talk by circuits, requests, resources, topics and proofs of work through %s', async (_, isBuilt) => {
    const [ours, theirs] = await pairAt(isBuilt ? node.startRelay : startRelay)
    for (const [one, other] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      other.registerProtocol({
        protocolName: `echo-${other.peerId}`,
        async handleMessage() {},
      })
      await other.announceResource('shop', other.peerId, { name: 'bakery', open: true, cents: 5n })
      const [shop] = await one.discoverResources('shop', {}, { creatorPeerId: other.peerId })
      expect(shop?.data).toEqual({ name: 'bakery', open: true, cents: 5n })
      await one.connectToPeer(other.peerId)
      const stop = other.on('message', (message) => void other.reply(message, { type: 'answer', payload: message.payload }))
      const payload = { text: 'hi', bytes: Uint8Array.of(1, 2), date: new Date(0), big: 2n ** 70n, list: [1.5, null] }
      const answer = await one.request(other.peerId, { type: 'question', payload })
      expect(answer.payload).toEqual(payload)
      stop()
      const heard = new Promise((resolve) => other.subscribe('offers', ({ payload }) => resolve(payload)))
      for (;;) if ((await one.publish('offers', { sats: 7n })).subscribers > 0) break
      expect(await heard).toEqual({ sats: 7n })
      const { outcome } = await one.sendTo(other.peerId, { type: 'note', payload }, { queue: true })
      expect(await outcome).toBe('delivered')
    }
  })

  it('give objects with the same keys', async () => {
    const [ours, theirs] = await pairAt(startRelay)
    await ours.connectToPeer(theirs.peerId)
    const seen = await Promise.all([keysSeen(ours, theirs.peerId), keysSeen(theirs, ours.peerId)])
    expect(seen[0].load).toContain('unacknowledgedBytes')
    expect(seen[1]).toEqual(seen[0])
  })
})

/** The keys of what a coordinator gives out, at any depth. */
async function keysSeen(coordinator: P2PCoordinator, peerId: string): Promise<Record<string, string[]>> {
  const thrown = (call: () => unknown) =>
    Promise.resolve()
      .then(call)
      .then(undefined, (error: unknown) => error)
  const refused = [
    await thrown(() => coordinator.sendTo(peerId, { type: 'big', payload: new Uint8Array(2_000_000) })),
    await thrown(() => coordinator.sendTo('nobody', { type: 'note', payload: 1 })),
    await thrown(() => coordinator.request(peerId, { type: 'unheard', payload: 1 }, { timeoutMs: 1 })),
    await thrown(() => coordinator.use({ name: '', attach: () => ({}) })),
  ]
  return {
    load: keysOf(coordinator.getPeerLoad(peerId)),
    stats: keysOf(coordinator.getStats()),
    peers: coordinator
      .getConnectedPeers()
      .flatMap((peer) => keysOf(peer))
      .sort(),
    ban: keysOf(coordinator.ban('address:203.0.113.7', { reason: 'A test.', durationMs: 60_000 })),
    errors: refused.flatMap((error) => keysOf({ ...(error as object) })),
  }
}

function keysOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [path]
  if (Array.isArray(value)) return value.length === 0 ? [path] : keysOf(value[0], `${path}[]`)
  return Object.entries(value)
    .flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`))
    .sort()
}
