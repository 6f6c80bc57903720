// A protocol in phases whose items are statements, by one call.
import { afterEach, describe, expect, it } from 'vitest'
import { identityFromSeed } from '../../src/identity/identity.js'
import type { P2PError } from '../../src/index.js'
import { statements } from '../../src/statements/index.js'
import type { StatementRunOptions } from '../../src/statements/statement-run.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/test-network.js'

let net: TestNetwork
afterEach(() => net.stop())

const PHASES = [
  { name: 'commit', deadlineMs: 10_000 },
  { name: 'reveal', deadlineMs: 10_000 },
]

const identityOf = (i: number) => identityFromSeed(new Uint8Array(32).fill(i + 1))
const seat = (i: number) => net.createPeer({ identity: identityOf(i) }).use(statements())

async function table(count: number) {
  net = createTestNetwork({ latencyMs: 5 })
  const seats = await Promise.all(Array.from({ length: count }, (_, i) => seat(i)))
  for (const [i, seat] of seats.entries()) {
    seat.on('error', () => {})
    await net.run(seat.start())
    for (const other of seats.slice(0, i)) await net.run(seat.connectToPeer(net.addressOf(other)))
  }
  const members = seats.map(({ publicKey }) => publicKey)
  const options = (i: number): StatementRunOptions => ({
    protocol: 'dice',
    session: 'table-7',
    members,
    phases: PHASES,
    say: (phase) => Uint8Array.of(i, phase === 'commit' ? 0 : 1),
  })
  return { seats, members, options }
}

const failure = (promise: Promise<unknown>): Promise<P2PError> =>
  promise.then(
    () => expect.fail('It should have failed.'),
    (error) => error,
  )

describe('a run of statements', () => {
  it('ends at all members with the items of all, and each phase begins when all have the same in the one before', async () => {
    const { seats, options } = await table(3)
    const begun: string[] = []
    const runs = seats.map((seat, i) => {
      const given = options(i)
      return seat.statements.run({
        ...given,
        say: (phase, items) => {
          begun.push(`${phase} after ${items.get('commit')?.size ?? 0}`)
          return given.say(phase, items)
        },
      })
    })
    const ends = await net.run(Promise.all(runs.map(({ finished }) => finished)))
    for (const items of ends) {
      const said = [...items].map(([phase, values]) => [phase, seats.map(({ peerId }) => [...(values.get(peerId) ?? [])])])
      expect(said).toEqual([
        [
          'commit',
          [
            [0, 0],
            [1, 0],
            [2, 0],
          ],
        ],
        [
          'reveal',
          [
            [0, 1],
            [1, 1],
            [2, 1],
          ],
        ],
      ])
    }
    expect(begun.filter((each) => each === 'reveal after 3')).toHaveLength(3)
    expect(runs.map(({ progress }) => progress)).toEqual([undefined, undefined, undefined])
  })

  it('names the member that misses a phase, at the others, and goes on without it by again()', async () => {
    const { seats, members, options } = await table(3)
    const runs = seats.map((seat, i) => {
      const given = options(i)
      const say = (phase: string, items: Parameters<typeof given.say>[1]) =>
        i === 2 && phase === 'reveal' ? undefined : given.say(phase, items)
      return seat.statements.run({ ...given, say })
    })
    const errors = await net.run(Promise.all(runs.slice(0, 2).map(({ finished }) => failure(finished))))
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'PHASE_TIMEOUT', details: { phase: 'reveal', missing: [seats[2]!.peerId] } })
      expect(error.message).toContain('dice, table-7, attempt 1')
    }
    const second = runs.slice(0, 2).map((run) => run.again())
    expect(second.map(({ attempt, session }) => [attempt, session.members.length])).toEqual([
      [2, 2],
      [2, 2],
    ])
    for (const items of await net.run(Promise.all(second.map(({ finished }) => finished))))
      expect(items.get('reveal')?.size).toBe(2)
    expect(second.map(({ others }) => others.length)).toEqual([2, 2])
    expect(members).toHaveLength(3)
  })

  it('ends at all for a member that says two things, and names it', async () => {
    const { seats, members, options } = await table(3)
    const runs = seats.slice(0, 2).map((seat, i) => seat.statements.run(options(i)))
    // The liar joins twice, at two processes with one key: each tells one of the others something else.
    const twin = await seat(2)
    twin.on('error', () => {})
    const liars = [seats[2]!, twin].map((seat, i) =>
      seat.statements.join({
        protocol: 'dice',
        session: 'table-7 #1',
        members,
        slots: ['item', 'go'],
        remember: i === 1,
      }),
    )
    const said = await net.run(
      Promise.all(liars.map((session, i) => session.say({ round: 0, slot: 'item', value: Uint8Array.of(9, i) }))),
    )
    await net.run(runs[0]!.session.hear(said[0]!))
    await net.run(runs[1]!.session.hear(said[1]!).catch(() => {}) as Promise<unknown>)
    for (const run of runs) {
      const error = await net.run(failure(run.finished))
      expect(error).toMatchObject({ code: 'EQUIVOCATION', details: { blamed: [seats[2]!.peerId] } })
      expect(run.others).toEqual(members.slice(0, 2))
    }
  })

  it('ends with what say throws, and by its signal', async () => {
    const { seats, options } = await table(2)
    const fails = seats[0]!.statements.run({
      ...options(0),
      say: () => {
        throw new Error('no key')
      },
    })
    expect(await net.run(failure(fails.finished))).toMatchObject({ code: 'HANDLER_FAILED' })
    const controller = new AbortController()
    const aborted = seats[1]!.statements.run({ ...options(1), signal: controller.signal })
    controller.abort()
    expect(await net.run(failure(aborted.finished))).toMatchObject({ code: 'ABORTED' })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no screen')
      },
    ],
    ['rejects', async () => Promise.reject(new Error('no screen'))],
  ])('ends where onProgress %s', async (_, onProgress) => {
    const { seats, options } = await table(2)
    const run = seats[0]!.statements.run({ ...options(0), onProgress })
    expect(await net.run(failure(run.finished))).toMatchObject({ code: 'HANDLER_FAILED' })
  })

  it('takes part in no attempt twice, and refuses what is none', async () => {
    const { seats, options } = await table(2)
    const [seat] = seats
    seat!.statements.run(options(0))
    expect(() => seat!.statements.run(options(0))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    for (const attempt of [0, -1, 1.5, Number.NaN, '2' as never]) {
      expect(() => seat!.statements.run({ ...options(0), attempt })).toThrow(/attempt/)
    }
    expect(() => seat!.statements.run({ ...options(0), phases: [] })).toThrow(/one phase at least/)
  })
})
