// The table in docs/privacy.md, row by row: what each party has read, at its own end, after two wallets have met and talked.
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Privacy } from '../../src/core/privacy.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'
import { holds, messagesIn, type Said, toldTo, transcripts, twoWallets } from './transcripts.js'

let net: TestNetwork
afterEach(async () => {
  await net.stop()
  vi.restoreAllMocks()
})

const SECRET = 'the words that are for Bob alone'
const isBucket = (length: number) => length >= 256 && (length & (length - 1)) === 0

/** Alice and Bob meet, get the best path that they may have, and talk. What is said after that is kept apart. */
async function talked(privacy: Privacy) {
  const world = await twoWallets({ privacy })
  net = world.net
  const { alice, bob, relay, line, heard } = world
  await net.run(alice.connectToPeer('bob'))
  await net.clock.advance(5_000)
  const [heardBefore, framesBefore] = [heard.length, line.frames.length]
  for (let i = 0; i < 20; i++) {
    await net.run(alice.sendTo('bob', { type: 'note', payload: SECRET + '!'.repeat(i * 7) }))
    await net.clock.advance(100)
  }
  await net.run(alice.announceResource('offer', 'of-alice', { give: 1 }))
  await net.run(alice.discoverResources('question-of-alice').catch(() => []))
  const atRelay = await toldTo(heard, relay)
  const lately = await toldTo(heard.slice(heardBefore), relay)
  return {
    ...world,
    atRelay,
    atBob: await toldTo(heard, bob),
    /** Frames of circuits with Bob that the relay has carried for Alice while they talked. */
    carried: messagesIn(lately).filter(isData),
    /** What left Alice's machine on her own line meanwhile. */
    onTheLine: line.frames.slice(framesBefore),
    path: alice.getPeer('bob')?.connection?.transport,
  }
}
const isData = ({ type, protocol }: Said) => type === 'data' && protocol?.startsWith('lotus/circuit') === true
type World = Awaited<ReturnType<typeof talked>>
const keyOf = (peer: P2PCoordinator) => Buffer.from(peer.publicKey)

/** The checks of each row; undefined: no test can see it, and the table says so. */
const ROWS: Record<string, ((world: World, isHidden: boolean) => Promise<void> | void) | undefined> = {
  'Counterparty: your network address': ({ path, rtc, bob }, isHidden) => {
    expect(path).toBe(isHidden ? 'circuit' : 'webrtc')
    // Each candidate that either end of a data channel was told.
    const candidates = rtc.made.flatMap((each) => each.candidates)
    expect(candidates.length > 0).toBe(!isHidden)
    expect(bob.getPeer('alice')?.addresses).toEqual(expect.not.objectContaining({ websocket: expect.anything() }))
  },
  'Counterparty: your peer id, and what you tell of yourself': ({ alice, bob }) => {
    const { publicKey, metadata } = bob.getPeer('alice')!
    expect(Buffer.from(publicKey!)).toEqual(keyOf(alice))
    expect(metadata).toEqual({ note: 'metadata-of-alice' })
  },
  'Counterparty: which relays you use': async ({ bob, relay }) => {
    const record = await net.run(
      bob.dht.get<{ addresses: string[]; relays: [string, unknown][] }>('peer:alice', { publisherId: 'alice' }),
    )
    expect(record?.value.relays.map(([id]) => id)).toEqual([relay.peerId])
    expect(record?.value.addresses).toEqual([])
  },
  'Your relay: your network address': ({ line }) => {
    expect(line.dials.length).toBeGreaterThan(0)
    expect(new Set(line.dials)).toEqual(new Set(['memory://relay']))
  },
  'Your relay: your peer id, and what you tell of yourself': ({ relay, alice }) => {
    const [seen] = relay.getConnectedPeers().filter(({ publicKey }) => keyOf(alice).equals(publicKey!))
    expect(seen?.metadata).toEqual({ note: 'metadata-of-alice' })
  },
  'Your relay: who talks with whom': ({ atRelay, carried, bob }, isHidden) => {
    // In either case it was asked for a circuit to Bob, for that is how they have met.
    expect(holds(atRelay, keyOf(bob)) || JSON.stringify(messagesIn(atRelay)).includes('"open"')).toBe(true)
    expect(carried.length > 0).toBe(isHidden)
  },
  'Your relay: when, and how much': ({ carried }, isHidden) => {
    const lengths = carried.map(({ payload }) => (payload as [number, Uint8Array])[1].length)
    expect(lengths.length >= 20).toBe(isHidden)
    // All but those of Bob, who has not asked for it.
    if (isHidden) expect(lengths.filter(isBucket).length).toBeGreaterThanOrEqual(20)
  },
  'Your relay: what you look up and publish': ({ atRelay }) => {
    expect(holds(atRelay, 'question-of-alice')).toBe(true)
    expect(holds(atRelay, 'of-alice')).toBe(true)
  },
  'Your relay: what you say': ({ atRelay, atBob }) => {
    expect(holds(atBob, SECRET)).toBe(true)
    expect(holds(atRelay, SECRET)).toBe(false)
  },
  'Watcher of your line: where your packets go': ({ line, path }, isHidden) => {
    expect(new Set(line.frames.map(({ to }) => to))).toEqual(new Set(['memory://relay']))
    // A data channel is beside this line: it goes to the other wallet itself.
    expect(path === 'webrtc').toBe(!isHidden)
  },
  'Watcher of your line: times and lengths': ({ onTheLine }, isHidden) => {
    expect(onTheLine.length).toBeGreaterThan(0)
    expect(onTheLine.every(({ body }) => isBucket(body.length))).toBe(isHidden)
  },
  'Watcher of your line: your peer id, and what you say': ({ line, alice }) => {
    for (const what of [keyOf(alice), alice.peerId, SECRET, 'metadata-of-alice', 'question-of-alice']) {
      expect(holds(line.frames, what)).toBe(false)
    }
  },
  'Watcher of all lines: who talks with whom': undefined,
  'Anybody who asks the DHT: your record': async ({ relay }) => {
    const record = await net.run(relay.dht.get<{ addresses: string[] }>('peer:alice'))
    expect(record?.value.addresses).toEqual([])
  },
}

describe.each(['direct', 'relayed'] as const)("with privacy: '%s'", (privacy) => {
  it('each party has read what the table says, and no more', async () => {
    const world = await talked(privacy)
    for (const [row, check] of Object.entries(ROWS)) {
      try {
        await check?.(world, privacy === 'relayed')
      } catch (error) {
        throw new Error(`${row}: ${(error as Error).message}`, { cause: error })
      }
    }
  })
})

describe('the table in docs/privacy.md', () => {
  it('has a row for each check, and a check for each row', async () => {
    net = createTestNetwork()
    const text = readFileSync(new URL('../../docs/privacy.md', import.meta.url), 'utf8')
    const table = text.slice(text.indexOf('| Who: what |'))
    const rows = [...table.slice(0, table.indexOf('\n\n')).matchAll(/^\| ([^|]+?) \|/gm)].map(([, first]) => first)
    expect(rows.slice(1)).toEqual(Object.keys(ROWS))
  })
})

describe('questions to the DHT', () => {
  it('go to relays by lot, so that with more relays than are asked none sees them all', async () => {
    const heard = transcripts()
    net = createTestNetwork({ latencyMs: 5, seed: 7 })
    const relays = []
    for (let i = 0; i < 6; i++) {
      // Relays of one network, each farther away than the one before: by speed the same few would be asked each time.
      const relay = net.createPeer({ host: `relay${i}`, relay: true, bootstrap: i === 0 ? [] : ['memory://relay0'] })
      await net.run(relay.start())
      relays.push(relay)
    }
    const bootstrap = relays.map((_, i) => `memory://relay${i}`)
    const wallet = net.createPeer({ host: 'alice', listening: false, bootstrap, privacy: 'relayed', limits: { dhtDelegates: 2 } })
    await net.run(wallet.start())
    await net.clock.advance(5_000)
    const asked = new Map<number, number>()
    const questions = Array.from({ length: 30 }, (_, i) => `question-number-${i}-ends`)
    for (const question of questions) await net.run(wallet.dht.get(question).catch(() => null))
    for (const [i, relay] of relays.entries()) {
      // Of the wallet itself: relays also ask each other.
      const told = (await toldTo(heard, relay)).filter(({ body }) => holds([{ body }], 'walk'))
      asked.set(i, questions.filter((question) => holds(told, question)).length)
    }
    expect([...asked.values()].every((count) => count > 0 && count < questions.length)).toBe(true)
  })
})
