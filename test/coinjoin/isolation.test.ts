// What ties a wallet's usual coordinator to its members in rounds, and these to each other: nothing that a relay or a member is told. Everything that is encoded in
// this process is collected, for each of four lives one after the other; what two lives of one wallet share, a stranger's must share too.
//
// A life ends when the relay has no peer left: a member stays after its round, and goes on telling the others what they lack.
// The next one begins long after: no date of one life, of its past or of its future, is a date of another by chance.
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { coinName } from '../../src/coinjoin/coins.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { statements } from '../../src/statements/plugin.js'
import type { TestNetwork } from '../../src/testing/index.js'
import { SILENT, streets } from './streets.js'
import { purseOf } from './table.js'

const said = vi.hoisted(() => ({ values: [] as unknown[] }))
vi.mock('../../src/message/codec.js', async (original) => {
  const codec = await original<typeof import('../../src/message/codec.js')>()
  const encode: typeof codec.encode = (value) => {
    said.values.push(value)
    return codec.encode(value)
  }
  return { ...codec, encode }
})

let stop: (() => Promise<void>) | undefined
afterEach(async () => stop?.())

/** Whether a text stands in the SDK's source, as a name of a message or of a field: it is everybody's. */
const isWord = (text: string) =>
  readdirSync('src', { recursive: true, encoding: 'utf8' }).some(
    (name) => name.endsWith('.ts') && readFileSync(`src/${name}`, 'utf8').includes(text),
  )

/** Longer than the time that a peer dates anything ahead or back, but for its certificate, which is of a week and an hour. */
const BETWEEN_LIVES_MS = 3 * 3_600_000

/** Ids, keys, tags, texts and dates in all that is said from now until the relay has nobody left. */
async function lifeOf({ clock }: TestNetwork, relay: P2PCoordinator, live: () => Promise<unknown>): Promise<Set<string>> {
  said.values = []
  await live()
  for (let seconds = 0; relay.getStats().peers.connectedPeers > 0; seconds++) {
    expect(seconds, 'seconds that peers stay').toBeLessThan(60)
    await clock.advance(1_000)
  }
  const { values } = said
  said.values = []
  clock.setDate(clock.now() + BETWEEN_LIVES_MS)
  const found = new Set<string>()
  const seen = new Set<unknown>()
  const look = (value: unknown): void => {
    if (typeof value === 'string' && value.length >= 6) found.add(value)
    else if (typeof value === 'number' && value >= 1e9) found.add(String(value))
    else if (value instanceof Uint8Array) {
      // The nonce of a proof of work is found by counting from zero: a small one is anybody's. And padding is zeros.
      const isCount = (value.length === 8 ? value.subarray(0, 6) : value).every((byte) => byte === 0)
      if (value.length >= 8 && !isCount) found.add(hexOf(value))
    } else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value)
      const parts = value instanceof Map ? [...value].flat() : [...Object.keys(value), ...Object.values(value)]
      for (const part of parts) look(part)
    }
  }
  for (const value of values) look(value)
  return found
}

it('nothing that is said ties a wallet to its members in two rounds, nor these to each other', async () => {
  const second = new Map<number, ReturnType<typeof purseOf>>()
  const { net, relay, wallets, ...street } = await streets(
    8,
    () => ({}),
    5,
    async (member, { chain }) => {
      const [first, other] = [purseOf({ chain, seed: 3_000 + member }), purseOf({ chain, seed: 4_000 + member })]
      second.set(member, other)
      const { proveOwnership, signInputs } = first.wallet
      const wallet: typeof first.wallet = {
        ...first.wallet,
        proveOwnership: (input) =>
          coinName(input.coin) === coinName(other.coin) ? other.wallet.proveOwnership(input) : proveOwnership(input),
        signInputs: (input) => (input.plan === other.plan ? other.wallet.signInputs(input) : signInputs(input)),
        freshScripts: (...asked) =>
          (second.get(member) === other && rounds === 2 ? other.wallet : first.wallet).freshScripts(...asked),
      }
      return { ...first, wallet }
    },
  )
  stop = street.stop
  let rounds = 1
  const ours = wallets.slice(0, 4)
  const usual = await lifeOf(net, relay, async () => {
    const peers = ours.map((_, i) =>
      net.createPeer({
        identity: identityFromSeed(new Uint8Array(32).fill(60 + i)),
        peerId: `wallet-of-number-${i}`,
        metadata: { wallet: `somebody-${i}` },
        listening: false,
        bootstrap: [net.addressOf(relay)],
        logger: SILENT,
        plugins: [statements()],
      }),
    )
    await Promise.all(peers.map((peer) => net.run(peer.start())))
    await net.run(peers[0]!.announceResource('offer', 'some-offer', { text: 'for sale' }, { ttl: 600 }))
    await net.run(peers[1]!.discoverResources('offer'))
    await net.run(peers[2]!.connectToPeer('wallet-of-number-3'))
    await net.clock.advance(60_000)
    for (const peer of peers) await net.run(peer.shutdown())
  })
  const mixed = (some: typeof wallets, options: (at: number) => object = () => ({})) =>
    net.clock.run(
      Promise.all(
        some.map(({ mix, mixer }, at) =>
          rounds === 2 ? mixer.mix(second.get(at)!.plan, { minPeers: 4 }) : mix({ minPeers: 4, ...options(at) }),
        ),
      ),
      900_000,
    )
  const firstRound = await lifeOf(net, relay, () => mixed(ours))
  rounds = 2
  const secondRound = await lifeOf(net, relay, () => mixed(ours))
  rounds = 1
  const strangers = await lifeOf(net, relay, () => mixed(wallets.slice(4)))
  for (const life of [usual, firstRound, secondRound, strangers]) expect(life.size).toBeGreaterThan(50)

  const shared = (one: Set<string>, other: Set<string>) =>
    [...one].filter((each) => other.has(each) && !strangers.has(each) && !isWord(each))
  expect(shared(usual, firstRound)).toEqual([])
  expect(shared(usual, secondRound)).toEqual([])
  expect(shared(firstRound, secondRound)).toEqual([])
  // The look sees what there is to see: a life says its own ids again and again, and all of them the relay's.
  expect(usual).toContain('wallet-of-number-2')
  for (const { coin } of ours) expect(firstRound).toContain(hexOf(coin.txid))
  expect([...firstRound].filter((each) => secondRound.has(each)).length).toBeGreaterThan(5)
}, 120_000)
