// With whom members go on after a failure: the real rule, over a network on a virtual clock, with members that say what they like to whom and
// when they like.
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { compareBytes, equalBytes, hexOf } from '../../src/base/bytes.js'
import { seededRandom } from '../../src/base/random.js'
import { goOnWith } from '../../src/coinjoin/again.js'
import { MIX_PROTOCOL } from '../../src/coinjoin/attempt.js'
import { attemptIdOf } from '../../src/coinjoin/pool.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { taggedHash } from '../../src/lotus/hash.js'
import { encode } from '../../src/message/codec.js'
import { signStatement, wireStatement } from '../../src/statements/statement.js'
import { Statements } from '../../src/statements/statements.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { kitOf } from '../kit-of.js'
import { LONG, unlessLong } from '../long.js'
import { WHOLE } from './whole.js'

interface Company {
  net: TestNetwork
  seats: readonly { identity: Identity; peer: P2PCoordinator; statements: Statements }[]
}

/** Members that are all connected to each other, by how many: one case after the other is played among the same ones, in a round of its own. */
const companies = new Map<number, Promise<Company>>()
let cases = 0
afterAll(async () => {
  for (const company of companies.values()) await (await company).net.stop()
})

async function companyOf(count: number): Promise<Company> {
  const net = createTestNetwork({ latencyMs: 50 })
  const identities = Array.from({ length: count }, (_, i) => identityFromSeed(seededRandom(100 + i).bytes(32)))
  identities.sort((a, b) => compareBytes(a.publicKey, b.publicKey))
  const seats = identities.map((identity) => {
    const peer = net.createPeer({ identity })
    const statements = new Statements(identity)
    peer.registerProtocol(statements)
    return { identity, peer, statements }
  })
  for (const [i, { peer }] of seats.entries()) {
    await net.run(peer.start())
    for (const other of seats.slice(0, i)) await net.run(peer.connectToPeer(net.addressOf(other.peer)))
  }
  return { net, seats }
}

/** What a hostile member says to each honest one: nothing, or a set, so long after it has begun. */
interface Lie {
  to: number
  atMs: number
  set: readonly number[]
}

interface Case {
  members: number
  hostile: readonly number[]
  /** By honest place: with whom it would go on, itself among them, and how much later than others it begins. */
  rest: (place: number) => readonly number[]
  lateMs?: (place: number) => number
  lies: Readonly<Record<number, readonly Lie[]>>
}

/** What each honest member comes to; undefined for hostile ones. */
async function play({ members: count, hostile, rest, lateMs = () => 0, lies }: Case) {
  const company = companies.get(count) ?? companyOf(count)
  companies.set(count, company)
  const { net, seats } = await company
  const roster = seats.map(({ identity }) => identity.publicKey)
  const rosterHash = taggedHash('case', Uint8Array.of(cases >> 8, cases++))
  const places = roster.map((_, place) => place)
  const { clock } = net
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
  const session = hexOf(taggedHash('lotus-p2p/coinjoin/again/1', attemptIdOf(rosterHash, 1, places)))

  const lie = async (place: number) => {
    const { identity, peer, statements } = seats[place]!
    const joined = statements.join({ protocol: MIX_PROTOCOL, session, members: roster, slots: ['again'], remember: false })
    const kit = await kitOf(peer)
    await Promise.all(
      (lies[place] ?? []).map(async ({ to, atMs, set }) => {
        await pause(atMs)
        const content = { protocol: MIX_PROTOCOL, session, round: 0, slot: 'again', value: encode(set) }
        const said = await signStatement(identity, content)
        const payload = [Uint8Array.from(Buffer.from(joined.tag, 'hex')), [wireStatement(said)]]
        await kit
          .sendTo(encodePeerId(roster[to]!), { type: 'statements', protocol: 'lotus/statements', payload })
          .catch(() => undefined)
      }),
    )
    joined.close()
    return undefined
  }
  const honest = async (place: number) => {
    await pause(lateMs(place))
    const { statements } = seats[place]!
    return goOnWith({ statements, clock, roster, rosterHash, number: 1, places, rest: rest(place) })
  }
  const ends = await clock.run(
    Promise.all(places.map((place) => (hostile.includes(place) ? lie(place) : honest(place)))),
    600_000,
  )
  // Nobody has anything more to say of it.
  await clock.advance(10_000)
  return ends
}

/** What holds whatever hostile members do. */
function judge(ends: readonly (number[] | undefined)[], { rest, hostile }: Case) {
  for (const [place, next] of ends.entries()) {
    if (next === undefined) continue
    const own = rest(place)
    // Nobody goes on with somebody that it has left out, and each is in its own set.
    expect(own).toEqual(expect.arrayContaining(next))
    expect(next).toContain(place)
    for (const [other, others] of ends.entries()) {
      if (others === undefined || other === place) continue
      const isAlike = equalBytes(encode(rest(other)), encode(own))
      // Honest members of one view never lose each other, and those of another view are never taken for it.
      expect([place, other, next.includes(other)]).toEqual([place, other, isAlike])
      if (!isAlike) continue
      const honest = (set: readonly number[]) => set.filter((each) => !hostile.includes(each))
      expect(honest(next)).toEqual(honest(others))
    }
  }
}

/** Before the last moments of the time to answer: what one honest member hears then, the others hear from it. */
const IN_TIME_MS = 15_000

describe('members that go on after a failure', () => {
  unlessLong.it('are all that have come to the same, at once where all have said so', async () => {
    const all = [0, 1, 2, 3, 4]
    const ends = await play({ members: 6, hostile: [5], rest: () => all, lies: {} })
    for (const next of ends.slice(0, 5)) expect(next).toEqual(all)
  })

  it('are the same at all, in every way in which one hostile member of four may speak to the other three', async () => {
    // To each of the three: nothing, the set that all expect, or another; early, or later than a tick.
    const rest = [0, 1, 2, 3]
    const ways = [
      undefined,
      { atMs: 0, set: rest },
      { atMs: 4_000, set: rest },
      { atMs: 0, set: [0, 3] },
      { atMs: 4_000, set: [1, 2, 3] },
    ]
    const all = ways.flatMap((one) => ways.flatMap((two) => ways.map((three) => [one, two, three])))
    expect(all).toHaveLength(125)
    for (const said of LONG ? all : all.filter((_, i) => i % 9 === 0)) {
      const lies = { 3: said.flatMap((way, to): Lie[] => (way === undefined ? [] : [{ to, ...way }])) }
      const of: Case = { members: 4, hostile: [3], rest: () => rest, lies }
      const ends = await play(of)
      judge(ends, of)
      // What it has told one, it has told all: in time the honest ones come to one set.
      expect(new Set(ends.slice(0, 3).map(String)).size).toBe(1)
    }
  }, 600_000)

  it('lose nobody of their view, in random schedules of ten with four hostile ones', async () => {
    const place = fc.integer({ min: 0, max: 9 })
    const subset = fc.uniqueArray(place, { minLength: 1, maxLength: 10 }).map((set) => [...set].sort((a, b) => a - b))
    const lie = fc.record({ to: fc.integer({ min: 0, max: 5 }), atMs: fc.integer({ min: 0, max: 30_000 }), set: subset })
    const schedule = fc.record({
      lies: fc.tuple(...[6, 7, 8, 9].map(() => fc.array(lie, { maxLength: 6 }))),
      /** Which of the hostile ones each honest member has left out already: views of what was missing differ. */
      out: fc.array(fc.subarray([6, 7, 8, 9]), { minLength: 6, maxLength: 6 }),
      late: fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 6, maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(schedule, async ({ lies, out, late }) => {
        const of: Case = {
          members: 10,
          hostile: [6, 7, 8, 9],
          rest: (at) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((each) => !out[at]!.includes(each)),
          lateMs: (at) => late[at]!,
          lies: Object.fromEntries(lies.map((list, i) => [6 + i, list])),
        }
        judge(await play(of), of)
      }),
      { numRuns: WHOLE ? 200 : LONG ? 50 : 4 },
    )
  }, 3_600_000)

  unlessLong.it('come to one set where a hostile member tells some of them only, before the last moment', async () => {
    for (const atMs of [0, 5_000, IN_TIME_MS]) {
      const rest = [0, 1, 2, 3, 4]
      const of: Case = { members: 5, hostile: [4], rest: () => rest, lies: { 4: [{ to: 1, atMs, set: rest }] } }
      const ends = await play(of)
      judge(ends, of)
      expect(new Set(ends.slice(0, 4).map(String)).size).toBe(1)
    }
  })
})
