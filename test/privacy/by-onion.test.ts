// The column 'onion' of the table in docs/privacy.md, row by row: what each party has read after a wallet has asked, looked up and announced
// by the onion.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { withTransport } from '../../src/core/with-transport.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { type OnionNet, onionNetwork, onionWallet, readyWallet } from '../onion/wallets.js'
import { type Heard, holds, type Line, lineOf, messagesIn, toldTo, transcripts } from './transcripts.js'

const SECRET = 'the words that are for Bob alone'
const PACKET_BYTES = 3_072

let world: Awaited<ReturnType<typeof asked>>
let open: OnionNet

/** Alice asks Bob, announces, and looks up; what was heard before is left out. */
async function asked() {
  const heard = transcripts()
  open = await onionNetwork()
  const { net, relays } = open
  const bob = await readyWallet(open)
  const askers: PeerInfo[] = []
  bob.registerProtocol({
    protocolName: 'offers',
    anonymous: true,
    async handleMessage(message, from) {
      askers.push(from)
      await bob.reply(message, { type: 'price', payload: SECRET })
    },
  })
  const [line, entryLine] = [lineOf(net, 'alice'), lineOf(net, 'alice-entry')]
  const alice = onionWallet(open, { entryPlugins: () => [withTransport(entryLine.transport)] }, {
    host: 'alice',
    transport: line.transport,
    privacy: 'onion',
    metadata: { note: 'metadata-of-alice' },
  } as never)
  await net.run(alice.start())
  await net.run(alice.onion.ready({ timeoutMs: 60_000 }))
  await net.clock.advance(10_000)
  const [heardBefore, framesBefore] = [heard.length, entryLine.frames.length]
  const me = alice.onion.identity('one')
  await net.run(me.request(bob.peerId, { type: 'ask', protocol: 'offers', payload: SECRET }))
  await net.run(me.announce('offer', 'of-alice', { give: 1 }, { ttl: 600, profile: 'quick' }))
  await net.run(me.discover('question-of-alice'))
  const [found] = await net.run(alice.onion.identity('two').discover('offer'))
  const lately = heard.slice(heardBefore)
  const atRelays = await Promise.all(relays.map((relay) => toldTo(lately, relay)))
  return {
    ...{ net, relays, alice, bob, askers, found, line, entryLine, atRelays },
    atBob: await toldTo(lately, bob),
    onTheEntryLine: entryLine.frames.slice(framesBefore),
    addresses: new Set(open.addresses),
  }
}
type World = typeof world

const namesOf = ({ publicKey, peerId }: P2PCoordinator) => [Buffer.from(publicKey), peerId]
const packetsIn = (heard: Heard[]) =>
  messagesIn(heard).filter(({ type, protocol }) => type === 'packet' && protocol === 'lotus/onion')
const dialled = (...lines: Line[]) => lines.flatMap(({ dials }) => dials)

function expectNone(heard: { body: Uint8Array }[], words: readonly (string | Uint8Array)[]) {
  for (const word of words) expect(holds(heard, word)).toBe(false)
}

/** The checks of each row; undefined: no test can see it, and the table says so. */
const ROWS: Record<string, ((world: World) => Promise<void> | void) | undefined> = {
  'Counterparty: your network address': ({ bob, alice, atBob }) => {
    // An exit has brought the question; Bob has no connection with Alice, and was told no address of her.
    expect(bob.getConnectedPeers().some(({ peerId }) => peerId === alice.peerId)).toBe(false)
    expectNone(atBob, ['ws://alice', 'memory://alice'])
  },
  'Counterparty: your peer id, and what you tell of yourself': ({ alice, askers, atBob }) => {
    expect(askers).toHaveLength(1)
    expect(askers[0]!.anonymous).toBe(true)
    expect(askers[0]!.peerId).not.toBe(alice.peerId)
    expect(askers[0]!.metadata).toBeUndefined()
    expectNone(atBob, [...namesOf(alice), 'metadata-of-alice'])
  },
  'Counterparty: which relays you use': ({ askers, atBob }) => {
    expect(askers[0]!.addresses).toEqual({})
    // What Bob was told of the question came from a relay: the exit.
    expect(messagesIn(atBob).filter(({ type }) => type === 'anonymous')).toHaveLength(1)
  },
  'Your relay: your network address': ({ line, entryLine, addresses }) => {
    expect(entryLine.dials.length).toBeGreaterThan(0)
    for (const address of dialled(line, entryLine)) expect(addresses).toContain(address)
  },
  'Your relay: your peer id, and what you tell of yourself': ({ relays, alice }) => {
    const seen = relays.slice(0, 3).flatMap((relay) => relay.getConnectedPeers().filter(({ peerId }) => peerId === alice.peerId))
    expect(seen.map(({ metadata }) => metadata)).toContainEqual({ note: 'metadata-of-alice' })
    // A guard knows an entry identity, which tells nothing of itself.
    const guards = relays.flatMap((relay) => relay.getConnectedPeers()).filter(({ metadata }) => metadata === undefined)
    expect(guards.length).toBeGreaterThan(0)
  },
  'Your relay: who talks with whom': ({ atRelays, alice, bob }) => {
    // Of a packet a relay can read one layer: neither end is in the clear in any.
    const packets = atRelays.flatMap((told) => packetsIn(told).map(({ payload }) => ({ body: payload as Uint8Array })))
    expect(packets.length).toBeGreaterThan(10)
    expectNone(packets, [...namesOf(alice), ...namesOf(bob)])
    for (const told of atRelays)
      expect(messagesIn(told).some(({ protocol }) => protocol?.startsWith('lotus/circuit'))).toBe(false)
  },
  'Your relay: when, and how much': ({ atRelays }) => {
    const lengths = atRelays.flatMap((told) => packetsIn(told).map(({ payload }) => (payload as Uint8Array).length))
    expect(new Set(lengths)).toEqual(new Set([PACKET_BYTES]))
  },
  'Your relay: what you look up and publish': ({ found, alice, atRelays }) => {
    // It is there, and in nobody's name; relays have it from each other, and never from Alice.
    expect(found?.data).toEqual({ give: 1 })
    expect(found?.creatorPeerId).not.toBe(alice.peerId)
    expectNone(
      atRelays.flatMap((told) => told.filter(({ body }) => holds([{ body }], 'question-of-alice'))),
      namesOf(alice),
    )
  },
  'Your relay: what you say': ({ atRelays }) => {
    expectNone(atRelays.flat(), [SECRET])
  },
  'Watcher of your line: where your packets go': ({ line, entryLine, addresses }) => {
    for (const { to } of [...line.frames, ...entryLine.frames]) expect(addresses).toContain(to)
  },
  'Watcher of your line: times and lengths': ({ onTheEntryLine }) => {
    // Each packet has one length on the line too, and those of one tick lie in one frame; what is shorter says only that an inbox is there.
    const long = onTheEntryLine.map(({ body }) => body.length).filter((length) => length >= PACKET_BYTES)
    expect(long.length).toBeGreaterThan(3)
    const one = Math.min(...long)
    for (const length of long) expect(Math.abs(length - Math.round(length / one) * one)).toBeLessThan(64)
  },
  'Watcher of your line: your peer id, and what you say': ({ line, entryLine, alice, bob }) => {
    const words = [...namesOf(alice), ...namesOf(bob), SECRET, 'metadata-of-alice', 'question-of-alice']
    expectNone([...line.frames, ...entryLine.frames], words)
  },
  'Watcher of all lines: who talks with whom': undefined,
  'Anybody who asks the DHT: your record': async ({ net, relays, alice }) => {
    const id = alice.peerId
    const record = await net.run(relays[5]!.dht.get<{ addresses: string[] }>(`peer:${id}`, { publisherId: id }))
    expect(record?.value.addresses).toEqual([])
  },
}

beforeAll(async () => {
  world = await asked()
}, 120_000)

afterAll(async () => {
  await open.net.stop()
  vi.restoreAllMocks()
})

describe("with privacy: 'onion', of what goes by the onion", () => {
  it.each(Object.entries(ROWS))('%s', async (_, check) => check?.(world))

  it('the table has a row for each check, and a column', () => {
    const text = readFileSync(new URL('../../docs/privacy.md', import.meta.url), 'utf8')
    const table = text.slice(text.indexOf('| Who: what |'))
    const [head, , ...rows] = table
      .slice(0, table.indexOf('\n\n'))
      .split('\n')
      .map((row) => row.split('|').map((cell) => cell.trim()))
    expect(head!.slice(1, -1)).toEqual(['Who: what', "`'direct'`", "`'relayed'`", "`'onion'`"])
    expect(rows.map(([, first]) => first)).toEqual(Object.keys(ROWS))
    for (const row of rows) expect(row[4]).not.toBe('')
  })
})
