import { afterEach, expect, test, vi } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import { COINJOIN_LIMITS } from '../../src/coinjoin/limits.js'
import { MixPeer } from '../../src/coinjoin/mix-network.js'
import { decode } from '../../src/message/codec.js'
import { OnionExit } from '../../src/node/onion-exit.js'
import { readRequestPart } from '../../src/onion/exit-messages.js'
import { openContent } from '../../src/onion/packet.js'
import { SILENT } from '../coinjoin/streets.js'
import { LONG } from '../long.js'
import { type OnionNet, onionNetwork, passing, readyWallet } from './wallets.js'

const ROUNDS = LONG ? 50 : 10
const POOL = 'cd'.repeat(16)
const LIMITS = { ...COINJOIN_LIMITS, entryWorkBits: 2 }
const KEY_BYTES = 32

let open: OnionNet | undefined

afterEach(async () => {
  vi.restoreAllMocks()
  await open?.net.stop()
  open = undefined
})

/** All byte strings of some length in what exits were asked, in hex, and all dates. */
function tracesOf(contents: readonly Uint8Array[]): { bytes: Set<string>; dates: number[] } {
  const bytes = new Set<string>()
  const dates: number[] = []
  const parts = new Map<string, Uint8Array[]>()
  const note = (part: Uint8Array) => void bytes.add(Buffer.from(part).toString('hex'))
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      // Nonces of work are shorter, and may be small numbers.
      if (value.length >= 16) note(value)
      // What is signed stands in a record as bytes.
      if (value.length > 64) walk(decode(value))
    } else if (typeof value === 'string') {
      const [id] = /lp1\w+|(?<=:)[0-9a-f]{32}$/.exec(value) ?? []
      if (id !== undefined) note(Buffer.from(id))
    } else if (typeof value === 'number' || typeof value === 'bigint') {
      if (Number(value) > 1e12) dates.push(Number(value))
    } else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) walk(inner)
  }
  for (const content of contents) {
    const { part, surbs, messageId, index } = readRequestPart(content)
    note(messageId)
    // A reply block begins with the key of a relay, which is everybody's.
    for (const surb of surbs) note(surb.subarray(KEY_BYTES))
    const id = Buffer.from(messageId).toString('hex')
    const all = parts.get(id) ?? []
    all[index] = part
    parts.set(id, all)
  }
  for (const all of parts.values()) walk(decode(Buffer.concat(all)))
  return { bytes, dates }
}

test(`what exits are asked for ${ROUNDS} rounds of one wallet has no key, id, tag or date that two rounds share`, async () => {
  open = await onionNetwork()
  const { net } = open
  const { onion } = await readyWallet(open)
  let contents: Uint8Array[] = []
  const { receive } = OnionExit.prototype
  vi.spyOn(OnionExit.prototype, 'receive').mockImplementation(function (this: OnionExit, delta) {
    contents.push(openContent(delta))
    receive.call(this, delta)
  })
  const seen = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    contents = []
    const network = { bootstrap: [], clock: net.clock, random: seededRandom(500 + round), logger: SILENT, onion }
    const peer = new MixPeer(network, LIMITS)
    const leave = await passing(net, peer.enter(POOL, await peer.mine(POOL)))
    const waiting = await passing(net, peer.entries(POOL, net.clock.now()))
    expect(waiting.map((key) => Buffer.from(key))).toEqual([Buffer.from(peer.identity.publicKey)])
    await passing(net, leave())
    await net.run(peer.shutdown())

    const { bytes, dates } = tracesOf(contents)
    // The entry, and its key; the question; that it is taken back.
    expect(bytes).toContain(Buffer.from(peer.identity.publicKey).toString('hex'))
    expect(dates.length).toBeGreaterThan(0)
    // A sequence counts on from the minute.
    for (const date of dates) expect(date % 60_000).toBeLessThan(10)
    for (const each of bytes) {
      expect([each, seen.get(each) ?? round]).toEqual([each, round])
      seen.set(each, round)
    }
  }
  expect(seen.size).toBeGreaterThan(5 * ROUNDS)
}, 300_000)
