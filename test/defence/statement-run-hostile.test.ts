// Runs of statements over real coordinators, with a member written by hand: whatever it says to whom and when, the honest ones end alike,
// and name nobody but it.
import { afterEach, describe, expect, it } from 'vitest'
import { compareBytes } from '../../src/base/bytes.js'
import type { P2PError } from '../../src/base/errors.js'
import { taggedHash } from '../../src/identity/envelope.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import type { ProtocolHost } from '../../src/protocol/handler.js'
import { statements } from '../../src/statements/plugin.js'
import { type SignedStatement, signStatement, statementId, wireStatement } from '../../src/statements/statement.js'
import { GO, ITEM, READY_MS, STEP_MS } from '../../src/statements/statement-rounds.js'
import type { PhaseItems, StatementRun, StatementRunOptions } from '../../src/statements/statement-run.js'
import { Statements } from '../../src/statements/statements.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { LONG } from '../long.js'
import { draws } from '../seed.js'
import { type Attacker, bytes, createTable, identityOf } from './table.js'

const DEADLINE_MS = 5_000
const PHASES = [
  { name: 'commit', deadlineMs: DEADLINE_MS },
  { name: 'reveal', deadlineMs: DEADLINE_MS },
]
/** Items, ready, items, ready. */
const ROUNDS = [false, true, false, true]
const PROTOCOL = 'dice'
const SESSION = 'table-7'

let net: TestNetwork | undefined
afterEach(() => net?.stop())

type End = { items: PhaseItems } | { error: P2PError }
const endOf = (run: StatementRun): Promise<End> =>
  run.finished.then(
    (items) => ({ items }),
    (error) => ({ error }),
  )

/** Three honest members and one by hand, all connected, the run begun. */
async function table() {
  const made = createTable()
  net = made.net
  const { players, attackers, members } = await made.table(3, 1)
  const hostile = attackers[0]!
  const options: StatementRunOptions = {
    protocol: PROTOCOL,
    session: SESSION,
    members,
    phases: PHASES,
    say: (phase) => bytes(phase === 'commit' ? 1 : 2),
  }
  const runs = players.map(({ statements }) => statements.run(options))
  const ends = Promise.all(runs.map(endOf))
  const begun = made.clock.now()
  const tag = Uint8Array.from(Buffer.from(runs[0]!.session.tag, 'hex'))
  const places = [...members].sort(compareBytes)
  const sign = (round: number, slot: string, value: Uint8Array) =>
    signStatement(hostile.identity, { protocol: PROTOCOL, session: `${SESSION} #1`, round, slot, value })
  /** What the hostile member would say, were it honest: from what it has heard. */
  const honest = async (round: number, slot: string): Promise<SignedStatement> => {
    if (slot === ITEM && !ROUNDS[round]) return sign(round, slot, bytes(9))
    const ids: Uint8Array[] = []
    let go = new Uint8Array()
    for (let at = 0; at <= round; at++) {
      const ready = ROUNDS[at] ? taggedHash('statement-ready', 'lotus', ...ids) : undefined
      if (at === round && slot === ITEM) return sign(round, slot, ready!)
      const own = await sign(at, ITEM, ready ?? bytes(9))
      const round0 = places.map((key) =>
        compareBytes(key, hostile.identity.publicKey) === 0
          ? own
          : runs
              .flatMap(({ session }) => session.statements(at))
              .find((s) => s.slot === ITEM && compareBytes(s.publicKey, key) === 0),
      )
      // Not all have said it yet: nobody can be honest about it.
      if (round0.includes(undefined)) return sign(round, slot, new Uint8Array(32))
      const found = round0.map((said) => statementId(said!, 'lotus'))
      ids.push(...found)
      go = (ready ?? taggedHash('statement-go', 'lotus', ...found)) as typeof go
    }
    return sign(round, slot, go)
  }
  const tell = async (to: readonly number[], said: SignedStatement) => {
    for (const at of to) await hostile.send(players[at]!, 'statements', [tag, [wireStatement(said)]])
  }
  const at = (ms: number) => made.clock.advance(Math.max(0, begun + ms - made.clock.now()))
  const isDone = async () => {
    let done = false
    void ends.then(() => {
      done = true
    })
    await made.clock.advance(0)
    return done
  }
  const close = () => Promise.all(players.map(({ peer }) => made.net.run(peer.shutdown())))
  return { ...made, players, hostile, members, runs, ends, tell, sign, honest, at, isDone, close }
}

/** All ended alike, and those that failed name only the hostile member. */
function judge(ends: readonly End[], hostile: Attacker, blamed: readonly { publicKey: Uint8Array }[]): 'items' | string {
  const kinds = ends.map((end) =>
    'items' in end ? JSON.stringify([...end.items].map(([phase, all]) => [phase, [...all]])) : end.error.code,
  )
  expect(new Set(kinds).size).toBe(1)
  for (const end of ends) {
    if ('error' in end) expect(end.error.details.blamed).toEqual([encodePeerId(hostile.identity.publicKey)])
  }
  for (const { publicKey } of blamed) expect(publicKey).toEqual(hostile.identity.publicKey)
  return 'items' in ends[0]! ? 'items' : ends[0]!.error.code
}

const ALL = [0, 1, 2]
const SLOTS = ROUNDS.flatMap((_, round) => [ITEM, GO].map((slot) => ({ round, slot })))
/** What `npm test` looks at of them, and of how late an item is. */
const SOME = LONG ? SLOTS : SLOTS.slice(0, 3)
const LATE = LONG ? [-300, 100, 700, 1_500, 2_500] : [700]

/** Speaks as an honest member in all places but one. */
async function play(
  seat: Awaited<ReturnType<typeof table>>,
  otherwise: (round: number, slot: string) => undefined | (() => Promise<void>),
) {
  for (const { round, slot } of SLOTS) {
    // The others have begun this round, or will not.
    await seat.clock.advance(200)
    await (otherwise(round, slot) ?? (async () => seat.tell(ALL, await seat.honest(round, slot))))()
  }
  const ends = await seat.net.run(seat.ends)
  return judge(
    ends,
    seat.hostile,
    seat.players.flatMap(({ statements }) => statements.blamed),
  )
}

describe('a run with a hostile member', () => {
  it('ends with all items where it speaks as an honest one', async () => {
    expect(await play(await table(), () => undefined)).toBe('items')
  })

  it.each(SOME)(
    'ends at all in the same moment, and names exactly the member that is silent in $slot of round $round',
    async (silent) => {
      const seat = await table()
      const result = await play(seat, (round, slot) =>
        round === silent.round && slot === silent.slot ? async () => {} : undefined,
      )
      // Nobody needs its go.
      expect(result).toBe(silent.slot === GO ? 'items' : 'PHASE_TIMEOUT')
      if (silent.slot === ITEM) for (const { statements } of seat.players) expect(statements.blamed).toHaveLength(1)
    },
  )

  it.each(SOME)('ends alike where $slot of round $round goes to one member only', async (only) => {
    const seat = await table()
    const result = await play(seat, (round, slot) =>
      round === only.round && slot === only.slot ? async () => seat.tell([1], await seat.honest(round, slot)) : undefined,
    )
    expect(result).toBe('items')
  })

  it.each(SLOTS.filter(({ slot }) => slot === ITEM).flatMap(({ round }) => LATE.map((offMs) => ({ round, offMs }))))(
    'ends alike where the item of round $round comes $offMs ms after the deadline, to one member only',
    async ({ round: late, offMs }) => {
      const seat = await table()
      await play(seat, (round, slot) => {
        if (round !== late || slot !== ITEM) return undefined
        return async () => {
          const said = await seat.honest(round, ITEM)
          await seat.clock.advance((ROUNDS[round] ? READY_MS : DEADLINE_MS) + offMs - 200)
          await seat.tell([2], said)
          await seat.clock.advance(STEP_MS)
        }
      })
    },
  )

  it('ends alike where it says go without an item', async () => {
    const seat = await table()
    const result = await play(seat, (round, slot) => (round === 0 && slot === ITEM ? async () => {} : undefined))
    expect(result).toBe('PHASE_TIMEOUT')
  })

  it('ends with a proof against it where it says two items, and names nobody else', async () => {
    for (const round of [0, 2]) {
      const seat = await table()
      const result = await play(seat, (at, slot) =>
        at === round && slot === ITEM
          ? async () => {
              await seat.tell([0], await seat.honest(at, ITEM))
              await seat.tell([1, 2], await seat.sign(at, ITEM, bytes(7)))
            }
          : undefined,
      )
      expect(result).toBe('EQUIVOCATION')
      await seat.close()
    }
  })

  it('goes on for those that are ready, whatever it says beside: all have the same', async () => {
    for (const [round, slot] of [
      [1, ITEM],
      [1, GO],
      [3, ITEM],
      [3, GO],
    ] as const) {
      const seat = await table()
      const result = await play(seat, (at, said) =>
        at === round && said === slot
          ? async () => {
              await seat.tell([0], await seat.sign(at, slot, new Uint8Array(32).fill(7)))
              await seat.tell([1, 2], await seat.honest(at, slot))
            }
          : undefined,
      )
      // A proof in the middle ends it at all; what is found in the last round is too late for that.
      expect(['items', 'EQUIVOCATION']).toContain(result)
      await seat.close()
    }
  })

  it('ends alike where it says two goes', async () => {
    const seat = await table()
    const result = await play(seat, (round, slot) =>
      round === 0 && slot === GO
        ? async () => {
            await seat.tell([0], await seat.honest(round, slot))
            await seat.tell([1], await seat.sign(round, slot, new Uint8Array(32)))
          }
        : undefined,
    )
    expect(result).toBe('EQUIVOCATION')
  })
})

describe('a run among honest members', () => {
  /** Statements whose messages are lost and doubled on the way. */
  class Unsteady extends Statements {
    unit: () => number = () => 1
    override onRegister(host: ProtocolHost): void {
      const sendTo: ProtocolHost['sendTo'] = async (peerId, message, options) => {
        if (message.type === 'statements' && this.unit() < 0.2) return
        if (this.unit() < 0.3) await host.sendTo(peerId, message, options)
        await host.sendTo(peerId, message, options)
      }
      super.onRegister(Object.create(host, { sendTo: { value: sendTo } }))
    }
  }

  it('ends with the same items at all, though statements are lost and come twice', async () => {
    const { unit } = draws()
    net = createTestNetwork({ latencyMs: 20, jitterMs: 30 })
    const seats = [1, 2, 3, 4].map((seed) => {
      const peer = net!.createPeer({ identity: identityOf(seed) })
      const statements = new Unsteady(identityOf(seed))
      peer.registerProtocol(statements)
      return { peer, statements, key: identityOf(seed).publicKey }
    })
    for (const [at, { peer }] of seats.entries()) {
      await net.run(peer.start())
      for (const other of seats.slice(0, at)) await net.run(peer.connectToPeer(net.addressOf(other.peer)))
    }
    for (const { statements } of seats) statements.unit = unit
    const members = seats.map(({ key }) => key)
    const runs = seats.map(({ statements }) =>
      statements.run({ protocol: PROTOCOL, session: SESSION, members, phases: PHASES, say: () => bytes(1) }),
    )
    for (const end of await net.run(Promise.all(runs.map(endOf)))) expect('items' in end && end.items.get('reveal')?.size).toBe(4)
  })

  it('frees what it holds: when all have said go, or after the time for it', async () => {
    for (const isSilent of [false, true]) {
      const seat = await table()
      await play(seat, (round, slot) => (isSilent && round === 3 && slot === GO ? async () => {} : undefined))
      await seat.clock.advance(isSilent ? 0 : 1_000)
      const held = () => seat.runs.map(({ session }) => session.statements(3).length)
      if (isSilent) {
        expect(held()).not.toContain(0)
        await seat.clock.advance(READY_MS + 4 * STEP_MS)
      }
      expect(held()).toEqual([0, 0, 0])
      await seat.close()
    }
  })

  it('blames nobody where we slept, or are offline', async () => {
    for (const asleep of [true, false]) {
      net = createTestNetwork({ latencyMs: 5 })
      const peer = net.createPeer({ identity: identityOf(1) })
      const statements = new Statements(identityOf(1))
      peer.registerProtocol(statements)
      const other = net.createPeer({ identity: identityOf(2) })
      await net.run(other.start())
      if (asleep) await net.run(peer.connectToPeer(net.addressOf(other)))
      const members = [1, 2].map((seed) => identityOf(seed).publicKey)
      const run = statements.run({ protocol: PROTOCOL, session: SESSION, members, phases: PHASES, say: () => bytes(1) })
      const end = endOf(run)
      await net.clock.advance(1_000)
      if (asleep) net.clock.sleep(60_000)
      expect(await net.run(end)).toMatchObject({ error: { code: 'PHASE_TIMEOUT', details: { phase: 'commit', blamed: [] } } })
      expect(run.others).toEqual(members.slice(0, 1))
      await net.stop()
    }
  })
})

describe('a member of a run that was reloaded', () => {
  it('says nothing else than before, and so gives no proof against itself', async () => {
    net = createTestNetwork({ latencyMs: 20 })
    const store = memoryStore()
    const wallet = (seed: number, of = memoryStore()) =>
      net!.createPeer({ identity: identityOf(seed), store: of, plugins: [statements()] }) as ReturnType<
        TestNetwork['createPeer']
      > & {
        statements: Statements
      }
    const members = [1, 2].map((seed) => identityOf(seed).publicKey)
    const options = (value: number, attempt = 1): StatementRunOptions => ({
      protocol: PROTOCOL,
      session: SESSION,
      members,
      attempt,
      phases: PHASES,
      say: () => bytes(value),
    })
    const [before, bob] = [wallet(1, store), wallet(2)]
    await net.run(bob.start())
    await net.run(before.connectToPeer(net.addressOf(bob)))
    const run = before.statements.run(options(1))
    const theirs = bob.statements.run({ ...options(5), say: () => new Promise(() => {}) })
    await net.clock.advance(1_000)
    run.abort('the page was left', [], null)
    await net.run(before.shutdown())

    const after = wallet(1, store)
    await net.run(after.connectToPeer(net.addressOf(bob)))
    const again = after.statements.run(options(2))
    expect(await net.run(endOf(again))).toMatchObject({ error: { code: 'EQUIVOCATION' } })
    await net.clock.advance(1_000)
    expect(theirs.session.evidence).toEqual([])
    theirs.abort('they go on with the next attempt', [], null)
    // The next attempt has another name, and is none of the slots that were used.
    const next = [after.statements.run(options(2, 2)), bob.statements.run(options(3, 2))]
    for (const end of await net.run(Promise.all(next.map(endOf)))) expect('items' in end).toBe(true)
    expect([bob.listBans(), after.listBans()]).toEqual([[], []])
  })
})
