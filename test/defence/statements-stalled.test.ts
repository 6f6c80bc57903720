// Members of a run that reach each other through relays alone, and a relay that stalls for longer than every deadline: whatever it holds up and
// when it begins, nobody honest is blamed for more than being late, banned, kept out, or has a proof against it.
import { afterEach, describe, expect, it } from 'vitest'
import type { P2PError } from '../../src/base/errors.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { Plugin } from '../../src/core/plugin.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { BLAME, type BlameReason } from '../../src/protocol/blame.js'
import { statements } from '../../src/statements/plugin.js'
import { READY_MS, STEP_MS } from '../../src/statements/statement-rounds.js'
import type { PhaseItems, StatementRunOptions } from '../../src/statements/statement-run.js'
import type { Statements } from '../../src/statements/statements.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { LONG } from '../long.js'
import { identityOf } from './table.js'

const LATENCY_MS = 20
const DEADLINE_MS = 3_000
const MEMBERS = 3
const PHASES = [
  { name: 'commit', deadlineMs: DEADLINE_MS },
  { name: 'reveal', deadlineMs: DEADLINE_MS },
]
/** Longer than a round of either kind can take, and shorter than a connection lives that says nothing. */
const BEYOND_DEADLINES_MS = Math.max(READY_MS, DEADLINE_MS) + MEMBERS * STEP_MS + 4_000
/** Longer than a connection lives that says nothing. */
const BEYOND_CONNECTIONS_MS = 90_000
/** Of rounds that take two hundred milliseconds without a stall. */
const MOMENTS_MS = LONG ? Array.from({ length: 32 }, (_, i) => 10 * i) : [0, 70, 140, 210]

type Wallet = P2PCoordinator & { statements: Statements }
/** Whether a relay holds up what goes from one host to another. */
type Held = (from: string, to: string) => boolean

/** What relays can hold up, by the hosts `member0` and `relay01`, which carries all between the members 0 and 1; and whether a run stops for it. */
const STALLS: [what: string, held: Held, stops: boolean][] = [
  ['all of everybody', () => true, true],
  ['all of one member', (from, to) => [from, to].includes('member0'), true],
  ['what one member says', (from) => from === 'member0', true],
  ['what one member hears', (_, to) => to === 'member0', true],
  // The third shows each what the other has said.
  ['what one member says to one other', (from, to) => from === 'member0' && to === 'relay01', false],
  ['what two members say to each other', (from, to) => [from, to].includes('relay01'), false],
]

let net: TestNetwork | undefined
afterEach(() => net?.stop())

/** Wallets that nobody can dial; each two of them share a relay. */
async function world() {
  const made = createTestNetwork({ latencyMs: LATENCY_MS })
  net = made
  const pairs = Array.from({ length: MEMBERS }, (_, i) => Array.from({ length: i }, (_, j) => [j, i] as const)).flat()
  const relays = new Set<string>()
  for (const [i, j] of pairs) {
    const relay = made.createPeer({ host: `relay${i}${j}`, relay: true })
    await made.run(relay.start())
    relays.add(relay.peerId)
  }
  const blamed: [by: number, peerId: string, reason: BlameReason][] = []
  const wallets: Wallet[] = []
  for (let i = 0; i < MEMBERS; i++) {
    const bootstrap = pairs.filter((pair) => pair.includes(i)).map(([a, b]) => `memory://relay${a}${b}`)
    const wallet = made.createPeer({
      host: `member${i}`,
      identity: identityOf(i + 1),
      listening: false,
      bootstrap,
      plugins: [spy((peerId, reason) => void blamed.push([i, peerId, reason])), statements()],
    }) as Wallet
    wallet.on('error', () => {})
    wallets.push(wallet)
    await made.run(wallet.start())
  }
  const members = wallets.map(({ publicKey }) => publicKey)
  const connectAll = async () => {
    const isReady = () =>
      wallets.every((wallet) => wallet.getConnectedPeers().filter(({ peerId }) => relays.has(peerId)).length === MEMBERS - 1)
    for (let waitedMs = 0; !isReady() && waitedMs < 600_000; waitedMs += 1_000) await made.clock.advance(1_000)
    for (const [i, j] of pairs) await made.run(wallets[i]!.connectToPeer(wallets[j]!.peerId, { timeoutMs: 120_000 }))
  }
  await made.clock.advance(1_000)
  await connectAll()
  let runs = 0
  /** A run of all members, in a session of its own. */
  const begin = () => {
    const session = `table-${++runs}`
    const options = (i: number): StatementRunOptions => ({
      protocol: 'dice',
      session,
      members,
      phases: PHASES,
      say: (phase) => Uint8Array.of(i, phase === 'commit' ? 0 : 1),
    })
    const begun = wallets.map((wallet, i) => wallet.statements.run(options(i)))
    const ends = Promise.all(
      begun.map(({ finished }) =>
        finished.then(
          (items): PhaseItems | P2PError => items,
          (error: P2PError) => error,
        ),
      ),
    )
    return { runs: begun, ends }
  }
  /** From now on for so long; what was held up arrives in order at the end, as TCP has it. */
  const stall = (held: Held, ms: number) => {
    const until = made.clock.elapsed() + ms
    const latencyMs = (from: string, to: string) =>
      held(from, to) ? Math.max(LATENCY_MS, until - made.clock.elapsed()) : LATENCY_MS
    made.network.conditions = { latencyMs }
  }
  return { net: made, wallets, blamed, begin, stall, connectAll }
}

/** Notes whom the wallet blames, and blames. */
function spy(note: (peerId: string, reason: BlameReason) => void): Plugin<object> {
  return {
    name: 'spy',
    attach(kit) {
      const { blame } = kit
      const noted: typeof blame = (key, reason, text) => {
        note(encodePeerId(key), reason)
        blame(key, reason, text)
      }
      Object.assign(kit, { blame: noted })
      return {}
    },
  }
}

describe.each(STALLS)('a relay that holds up %s', (_, held, stops) => {
  it.each([
    ['every deadline', BEYOND_DEADLINES_MS],
    ['connections live', BEYOND_CONNECTIONS_MS],
  ])('for longer than %s harms nobody honest, whenever in a run it begins', async (_, stallMs) => {
    const { net, wallets, blamed, begin, stall, connectAll } = await world()
    const results = new Set<string>()
    for (const atMs of MOMENTS_MS) {
      const { runs, ends } = begin()
      await net.clock.advance(atMs)
      stall(held, stallMs)
      // Nobody waits for ever: all end by their own clocks, and those that end late are reached again.
      for (const end of await net.run(ends)) results.add(end instanceof Error ? end.code : 'items')
      await net.clock.advance(stallMs)
      expect(runs.map(({ session }) => session.evidence)).toEqual(runs.map(() => []))
      // They all find each other again, and the next run has what all of them say.
      await connectAll()
      for (const end of await net.run(begin().ends)) expect(end).not.toBeInstanceOf(Error)
    }
    expect(results).toEqual(new Set(stops ? ['PHASE_TIMEOUT', ...[...results].filter((end) => end === 'items')] : ['items']))
    // Being late is held against those that were held up, as nobody can tell the two apart; nothing else is.
    expect(new Set(blamed.map(([, , reason]) => BLAME[reason]))).toEqual(new Set(stops ? ['timeout'] : []))
    for (const wallet of wallets) {
      expect(wallet.listBans()).toEqual([])
      for (const { peerId } of wallets) {
        const { timeout: _, ...others } = wallet.reputationOf(peerId).faults
        expect(others).toEqual({})
      }
    }
  })
})
