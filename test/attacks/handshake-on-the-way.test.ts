import { afterEach, describe, expect, it } from 'vitest'
import { resolveLimits } from '../../src/base/limits.js'
import { type ChannelKeys, createChannelKeys } from '../../src/channel/certificate.js'
import { Handshake } from '../../src/channel/handshake.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import type { Connection, Listener } from '../../src/transport/transport.js'
import { type Forgery, onTheWay } from './on-the-way.js'

/** So few that a test spoils more handshakes than any address or network of addresses may have. */
const limits = { addressFaultsPerMin: 2, addressGroupFactor: 1, retryMinBits: 2, retryMaxBits: 4, handshakeTimeoutMs: 2_000 }
const SPOILT = 5
/** The handshakes of suspects wait for their share of the processor, of which the spoilt ones have used some up. */
const SETTLE_MS = 30_000
/** An honest wallet's. */
const HOME = 'ws://[2001:db8:1:2::7]:4000'
const RETRY = 2

let net: TestNetwork
afterEach(() => net.stop())

/** A relay that sees all connections come from one address on a network. */
async function relayThatSees(from: string): Promise<P2PCoordinator> {
  net = createTestNetwork({ latencyMs: 5 })
  const inner = net.network.listener('relay')
  const listener: Listener = {
    transport: inner.transport,
    addresses: inner.addresses,
    listen: (accept) => inner.listen((connection) => accept(Object.defineProperty(connection, 'remoteAddress', { value: from }))),
    close: () => inner.close(),
  }
  const relay = net.createPeer({ relay: true, listening: false, listen: [listener], limits })
  await net.run(relay.start())
  return relay
}

/** A wallet whose dials somebody on the way spoils as long as `way` is set; counts how often it is asked for work. */
function wallet() {
  const seen = { way: undefined as Forgery | undefined, asked: 0 }
  const counted: Forgery = {
    toDialler(frame, index) {
      if (index === 0 && frame[0] === RETRY) seen.asked++
      return [frame]
    },
  }
  const transport = onTheWay(
    net.network.transport('alice'),
    () => seen.way ?? counted,
    () => {},
  )
  return { alice: net.createPeer({ host: 'alice', listening: false, transport }), seen }
}

async function dial(peer: P2PCoordinator): Promise<void> {
  await net.run(peer.connectToPeer('memory://relay').catch(() => {}))
  await net.clock.advance(100)
}

const flipped = (which: number, at: number): Forgery => ({
  toResponder(honest, index) {
    const changed = honest.slice()
    if (index === which) changed[Math.floor(at * (changed.length - 1))]! ^= 4
    return [changed]
  },
})
const before = (which: number, ...forged: Uint8Array[]): Forgery => ({
  toResponder: (honest, index) => (index === which ? [...forged, honest] : [honest]),
})
const cut = (which: number): Forgery => ({
  toResponder: (honest, index) => (index === which ? [honest.slice(0, 9)] : [honest]),
})
const held = (which: number): Forgery => ({ toResponder: (honest, index) => (index < which ? [honest] : []) })
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

/** Everything that somebody on the way can do to the frames of an honest dialler: its offer, its hello, and its description. */
const SPOILING: [what: string, way: Forgery][] = [0, 1, 2].flatMap((which): [string, Forgery][] => [
  ...[0, 0.5, 1].map((at): [string, Forgery] => [`turns a bit of frame ${which} at ${at}`, flipped(which, at)]),
  [`cuts frame ${which}`, cut(which)],
  [`holds back all frames from ${which} on`, held(which)],
  [`puts an empty frame before frame ${which}`, before(which, bytes(0, 0))],
  [`puts a frame of 60,000 bytes before frame ${which}`, before(which, bytes(60_000, 1))],
  [`puts the answer to a challenge before frame ${which}`, before(which, Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0))],
  [`floods before frame ${which}`, before(which, ...Array.from({ length: 20 }, () => bytes(9_000, 7)))],
])

describe('somebody between an honest wallet and its relay who', () => {
  it.each(SPOILING)('%s gets neither the address of the wallet banned nor a network around it', async (_, way) => {
    const relay = await relayThatSees(HOME)
    const { alice, seen } = wallet()
    seen.way = way
    for (let i = 0; i < SPOILT; i++) await dial(alice)
    await net.clock.advance(SETTLE_MS)
    expect(relay.listBans()).toEqual([])
    seen.way = undefined
    await net.run(alice.connectToPeer('memory://relay'))
    expect([relay.listBans(), alice.listBans()]).toEqual([[], []])
  })

  it('spoils many handshakes makes diallers from there work, for a while', async () => {
    await relayThatSees(HOME)
    const { alice, seen } = wallet()
    seen.way = flipped(0, 0)
    for (let i = 0; i < SPOILT; i++) await dial(alice)
    seen.way = undefined
    await net.clock.advance(SETTLE_MS)
    await dial(alice)
    expect([alice.getConnectedPeers().length, seen.asked]).toEqual([1, 1])
    await net.run(alice.disconnectFromPeer(alice.getConnectedPeers()[0]!.peerId))
    await net.clock.advance(resolveLimits({}).addressBanMs)
    await dial(alice)
    expect([alice.getConnectedPeers().length, seen.asked]).toEqual([1, 1])
  })
})

/** Somebody with real keys, who seals a certificate that is another's. */
async function liar(keys: ChannelKeys): Promise<void> {
  const local = { network: 'lotus', session: bytes(16, 7), keys: async () => keys }
  const handshake = new Handshake(true, local, resolveLimits({}), { now: () => net.clock.now() })
  const wait = net.network.transport('liar').dial('memory://relay', { firstFrame: handshake.start() })
  const connection: Connection = await net.run(wait)
  connection.attach({
    onFrame: async (frame) => {
      if (frame[0] === 0) return
      const { frame: answer, met } = await handshake.receive(frame)
      if (answer !== undefined) connection.send(answer)
      if (met !== undefined) connection.send((await handshake.confirm()).frame)
    },
    onClose: () => {},
    onDrain: () => {},
  })
  await net.clock.advance(1_000)
}

it('a dialler that seals a false certificate again and again gets its address banned, and no wallet elsewhere', async () => {
  const relay = await relayThatSees(HOME)
  const [own, others] = await Promise.all(
    [1, 2].map((seed) => createChannelKeys(identityFromSeed(bytes(32, seed)), 'lotus', net.clock.now())),
  )
  for (let i = 0; i < SPOILT; i++) await liar({ ...own!, certificate: others!.certificate })
  expect(relay.listBans().map(({ id }) => id)).toContain('address:2001:db8:1:2::/64')
  expect(relay.listBans().every(({ id }) => id.startsWith('address:2001:db8:1'))).toBe(true)
})
