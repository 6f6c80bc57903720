import { describe, expect, it } from 'vitest'
import type { Identity } from '../../src/identity/identity.js'
import { evidenceOf, wireEvidence } from '../../src/statements/equivocation.js'
import { type SignedStatement, signStatement, statementId, wireStatement } from '../../src/statements/statement.js'
import { STATEMENTS_PROTOCOL } from '../../src/statements/statement-messages.js'
import { kitOf } from '../kit-of.js'
import { bytes, createTable, GAME, identityOf, type Player } from './table.js'

const roll = (who: Identity, value: number, round = 0, slot = 'roll', session = GAME.session) =>
  signStatement(who, { ...GAME, session, round, slot, value: bytes(value) })
const proofAgainst = async (who: Identity, session?: string) => {
  const said = await Promise.all([1, 2].map((value) => roll(who, value, 0, 'roll', session)))
  return wireEvidence(evidenceOf(said[0]!, said[1]!)!)
}
const timeout = (publicKey: Uint8Array) => ({ publicKey, cause: 'timeout' })

describe('a member whose relay holds up what it shows', () => {
  it('is chosen later, and neither disconnected nor banned, however often that happens', async () => {
    const { net, clock, table } = createTable({ latencyMs: 25 })
    const { players, attackers, tag } = await table(2, 1)
    const [alice, bob] = players as [(typeof players)[0], (typeof players)[0]]
    // What comes from it is all that alice can see: that it names statements, and shows none.
    const slow = attackers[0]!
    const place = alice.session.members.findIndex((key) => Buffer.from(key).equals(bob.identity.publicKey))
    for (let round = 0; round < 8; round++) {
      await slow.send(alice, 'list', [tag, round, [[place, 'roll', new Uint8Array(32).fill(round)]]])
      await clock.advance(6_000)
    }
    expect(alice.statements.blamed.length).toBeGreaterThan(4)
    expect(new Set(alice.statements.blamed.map(({ cause }) => cause))).toEqual(new Set(['timeout']))
    expect([alice.peer.listBans(), alice.peer.isConnected(slow.peer.peerId)]).toEqual([[], true])
    expect(alice.peer.reputationOf(slow.peer.peerId).score).toBeLessThan(0)
    await net.stop()
  })
})

describe('a member that tells one other member alone', () => {
  it('has told all, also where they had compared what they had heard before', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(3, 1)
    for (const { session } of players) await session.say({ round: 0, slot: 'roll', value: bytes(1) })
    await clock.advance(2_000)
    const [late] = attackers
    await late!.send(players[1]!, 'statements', [tag, [wireStatement(await roll(late!.identity, 6))]])
    await clock.advance(1_000)
    for (const { session } of players) expect(session.statements(0)).toHaveLength(4)
    await net.stop()
  })
})

describe('a member that lies about what it has heard', () => {
  it('is blamed after its time to show it, and those that it names are not', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(2, 1)
    const [alice, bob] = players as [(typeof players)[0], (typeof players)[0]]
    const liar = attackers[0]!
    await alice.session.say({ round: 0, slot: 'roll', value: bytes(1) })
    await bob.session.say({ round: 0, slot: 'roll', value: bytes(2) })
    // "Bob has told me something else."
    const place = alice.session.members.findIndex((key) => Buffer.from(key).equals(bob.identity.publicKey))
    await liar.send(alice, 'list', [tag, 0, [[place, 'roll', new Uint8Array(32)]]])
    await clock.advance(1_000)
    expect(liar.got.filter(({ type }) => type === 'want')).toMatchObject([{ payload: [tag, 0, [[place, 'roll']]] }])
    await clock.advance(3_900)
    expect(alice.statements.blamed).toEqual([])
    await clock.advance(200)
    expect(alice.statements.blamed).toEqual([timeout(liar.identity.publicKey)])
    expect(alice.peer.isConnected(liar.peer.peerId)).toBe(true)
    expect(alice.evidence).toEqual([])
    expect(alice.peer.isConnected(bob.peer.peerId)).toBe(true)
    await net.stop()
  })

  it('is not blamed where we slept through its time, or it has left', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(1, 2)
    const [slow, leaver] = attackers as [(typeof attackers)[0], (typeof attackers)[0]]
    const victim = players[0]!
    const said = await roll(slow.identity, 1)
    const place = victim.session.members.findIndex((key) => Buffer.from(key).equals(slow.identity.publicKey))
    await slow.send(victim, 'list', [tag, 0, [[place, 'roll', statementId(said, 'lotus')]]])
    await leaver.send(victim, 'list', [tag, 0, [[place, 'roll', new Uint8Array(32)]]])
    await clock.advance(100)
    await leaver.send(victim, 'end', [tag])
    clock.sleep(7_000)
    await clock.advance(100)
    await slow.send(victim, 'statements', [tag, [wireStatement(said)]])
    await clock.advance(10_000)
    expect(victim.statements.blamed).toEqual([])
    await net.stop()
  })

  it('makes nobody send much by repeating digests, lists, wants and joins', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(2, 1)
    const liar = attackers[0]!
    for (const { session } of players) {
      for (let slot = 0; slot < 20; slot++)
        await session.say({ round: 0, slot: `${slot}`, value: new Uint8Array(5_000).fill(slot) })
    }
    await clock.advance(2_000)
    liar.got.length = 0
    const wants = players[0]!.session
      .statements(0)
      .map(({ publicKey, slot }) => [players[0]!.session.members.findIndex((key) => Buffer.from(key).equals(publicKey)), slot])
    for (let i = 0; i < 200; i++) {
      await liar.send(players[0]!, 'join', [tag])
      await liar.send(players[0]!, 'digest', [
        tag,
        [
          [0, crypto.getRandomValues(new Uint8Array(32))],
          [9_999_999, new Uint8Array(32)],
        ],
      ])
      await liar.send(players[0]!, 'want', [tag, 0, wants.slice(0, 40)])
      await clock.advance(50)
    }
    const count = (type: string) => liar.got.filter((message) => message.type === type).length
    expect(count('list')).toBeLessThanOrEqual(3)
    expect(count('digest')).toBeLessThanOrEqual(2)
    // Its own of Alice's once for the join; each statement three times: 140 at most, 16 in a message.
    const shown = liar.got
      .filter(({ type }) => type === 'statements')
      .flatMap(({ payload }) => (payload as [unknown, unknown[]])[1])
    expect(shown.length).toBeLessThanOrEqual(20 + 3 * 40)
    await net.run(players[0]!.session.say({ round: 1, slot: 'roll', value: bytes(1) }))
    await clock.advance(1_000)
    expect(players[1]!.session.statements(1)).toHaveLength(1)
    await net.stop()
  })
})

describe('a member of a session among attackers', () => {
  const bad: [name: string, make: (of: { liar: Identity; other: Identity }) => Promise<unknown>][] = [
    ['of an outsider', async () => wireStatement(await roll(identityOf(99), 1))],
    ['of another session', async ({ liar }) => wireStatement(await roll(liar, 1, 0, 'roll', 'table-8'))],
    [
      'forged in the name of another',
      async ({ liar, other }) => {
        const { payload, signature } = await roll(liar, 1)
        return [other.publicKey, payload, signature]
      },
    ],
    ['of no form', async () => ['x', 1]],
  ]
  it.each(bad)('refuses a statement %s, and its sender; others stay', async (_name, make) => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(2, 1)
    const liar = attackers[0]!
    const wire = await make({ liar: liar.identity, other: players[1]!.identity })
    // A wallet comes back to whom it was told to connect to; what counts is that the liar was sent away, and nobody else.
    const sentAway: string[] = []
    players[0]!.peer.on('disconnected', ({ peerId }) => void sentAway.push(peerId))
    await liar.send(players[0]!, 'statements', [tag, [wire]])
    await clock.advance(2_000)
    expect(players[0]!.heard).toEqual([])
    expect(players[0]!.evidence).toEqual([])
    expect(sentAway).toEqual([liar.peer.peerId])
    expect(players[0]!.peer.isConnected(players[1]!.peer.peerId)).toBe(true)
    await net.stop()
  })

  it('refuses what is said in a slot that the session does not have', async () => {
    const { net, clock, player, join, connect } = createTable()
    const [one, two] = [player(), player()]
    await connect([one, two])
    const members = [one, two].map(({ identity }) => identity.publicKey)
    const [alice, bob] = [one, two].map((seat) => join(seat, members, { slots: ['roll'] })) as [Player, Player]
    await expect(alice.session.say({ round: 0, slot: 'more', value: bytes(1) })).rejects.toMatchObject({
      code: 'INVALID_STATEMENT',
    })
    await expect(bob.session.hear(await roll(alice.identity, 1, 0, 'more'))).rejects.toMatchObject({ code: 'INVALID_STATEMENT' })
    await alice.session.say({ round: 0, slot: 'roll', value: bytes(1) })
    await clock.advance(1_000)
    expect(bob.heard).toHaveLength(1)
    await net.stop()
  })

  it('does not listen to outsiders', async () => {
    const { net, clock, table, attacker, connect } = createTable()
    const { players, tag } = await table(2)
    const outsider = attacker()
    await connect([outsider, players[0]!])
    await outsider.send(players[0]!, 'join', [tag])
    await outsider.send(players[0]!, 'statements', [tag, [wireStatement(await roll(players[1]!.identity, 1))]])
    await outsider.send(players[0]!, 'want', [tag, 0, [[0, 'roll']]])
    await players[0]!.session.say({ round: 0, slot: 'roll', value: bytes(1) })
    await clock.advance(5_000)
    expect(players[0]!.heard).toEqual([])
    expect(outsider.got).toEqual([])
    await net.stop()
  })

  it('drops all of a member that says too much, keeps nothing of far rounds, and agrees with the others', async () => {
    const { net, clock, table } = createTable({ limits: { maxStatementsPerMember: 10 } })
    const { players, attackers, tag } = await table(2, 1)
    const flooder = attackers[0]!
    // Another ten at each of them: what is kept of a flood would be another view at each for ever.
    for (const [at, player] of players.entries()) {
      const flood: SignedStatement[] = []
      for (let slot = 0; slot < 10; slot++) flood.push(await roll(flooder.identity, 1, 0, `${at} ${slot}`))
      flood.push(await roll(flooder.identity, 1, 9), await roll(flooder.identity, 1, 2 ** 32 - 1))
      await flooder.send(player, 'statements', [tag, flood.map(wireStatement)])
      await player.session.say({ round: 0, slot: 'roll', value: bytes(at) })
    }
    await clock.advance(22_000)
    for (const { session, statements } of players) {
      expect(session.statements(0)).toHaveLength(2)
      expect(session.statements(9)).toEqual([])
      expect(statements.blamed).toEqual([{ publicKey: flooder.identity.publicKey, cause: 'flood' }])
    }
    await net.stop()
  })

  it.each([
    ['statements', null],
    ['statements', [new Uint8Array(15), []]],
    ['digest', [new Uint8Array(16), [[-1, new Uint8Array(32)]]]],
    ['digest', [new Uint8Array(16), Array.from({ length: 1_025 }, () => [0, new Uint8Array(32)])]],
    ['list', [new Uint8Array(16), 0, [[0, 'x'.repeat(129), new Uint8Array(32)]]]],
    ['list', 'own tag: place 7'],
    ['want', [new Uint8Array(16), 0.5, []]],
    ['join', []],
    ['evidence', new Uint8Array(5)],
    ['evidence', [1, 2, 3, 4, 5]],
  ])('ends the connection to who sends a malformed %s', async (type, payload) => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(1, 1)
    const whole = payload === 'own tag: place 7' ? [tag, 0, [[7, 'roll', new Uint8Array(32)]]] : payload
    await attackers[0]!.send(players[0]!, type, whole)
    await clock.advance(1_000)
    expect(players[0]!.peer.isConnected(attackers[0]!.peer.peerId)).toBe(false)
    await net.stop()
  })
})

describe('evidence from a peer', () => {
  it('that is forged falls back on its sender', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers } = await table(2, 1)
    const liar = attackers[0]!
    const forged = await proofAgainst(liar.identity)
    forged[0] = players[1]!.identity.publicKey
    await liar.send(players[0]!, 'evidence', forged)
    await clock.advance(500)
    expect(players[0]!.statements.blamed).toEqual([])
    expect(players[0]!.peer.isConnected(players[1]!.peer.peerId)).toBe(true)
    expect(players[0]!.peer.isConnected(liar.peer.peerId)).toBe(false)
    await net.stop()
  })

  it('that is repeated is judged once', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers } = await table(2, 1)
    const proof = await proofAgainst(identityOf(99))
    for (let i = 0; i < 50; i++) await attackers[0]!.send(players[0]!, 'evidence', proof)
    await clock.advance(1_000)
    expect(players[0]!.statements.blamed).toHaveLength(1)
    // Against a stranger: not passed on.
    expect(players[1]!.statements.blamed).toEqual([])
    await net.stop()
  })

  it('against strangers is looked at within the budget of its sender; against members always', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers } = await table(2, 2)
    const [accuser, liar] = attackers as [(typeof attackers)[0], (typeof attackers)[0]]
    for (let seed = 100; seed < 130; seed++) await accuser.send(players[0]!, 'evidence', await proofAgainst(identityOf(seed)))
    await clock.advance(1_000)
    expect(players[0]!.statements.blamed).toHaveLength(6)
    await accuser.send(players[0]!, 'evidence', await proofAgainst(liar.identity))
    await clock.advance(1_000)
    expect(players[0]!.statements.blamed.at(-1)).toEqual({ publicKey: liar.identity.publicKey, cause: 'equivocation' })
    expect(players[0]!.evidence).toHaveLength(1)
    // And passed on to the others in the session.
    expect(players[1]!.evidence).toHaveLength(1)
    await clock.advance(60_000)
    await accuser.send(players[0]!, 'evidence', await proofAgainst(identityOf(140)))
    await clock.advance(1_000)
    expect(players[0]!.statements.blamed).toHaveLength(8)
    await net.stop()
  })

  it('against ourselves makes us blame nobody', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers } = await table(1, 1)
    await attackers[0]!.send(players[0]!, 'evidence', await proofAgainst(players[0]!.identity))
    await clock.advance(1_000)
    expect(players[0]!.statements.blamed).toEqual([])
    expect(players[0]!.evidence).toHaveLength(1)
    await net.stop()
  })

  it('does not make those look like liars who have dropped what the liar said', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(3, 1)
    const liar = attackers[0]!
    const [one, two] = [await roll(liar.identity, 1), await roll(liar.identity, 2)]
    for (const player of players) await liar.send(player, 'statements', [tag, [wireStatement(one)]])
    await clock.advance(195)
    await liar.send(players[0]!, 'statements', [tag, [wireStatement(two)]])
    await clock.advance(20_000)
    for (const { statements } of players) {
      expect(statements.blamed).toEqual([{ publicKey: liar.identity.publicKey, cause: 'equivocation' }])
    }
    await net.stop()
  })

  it('of an unknown type is answered, and harms nothing', async () => {
    const { net, clock, table, attacker, connect } = createTable()
    const { players } = await table(1)
    const other = attacker()
    await connect([other, players[0]!])
    const asking = (await kitOf(other.peer)).request(players[0]!.peer.peerId, {
      type: 'dance',
      payload: null,
      protocol: STATEMENTS_PROTOCOL,
    })
    await expect(net.run(asking)).rejects.toMatchObject({ code: 'INVALID_MESSAGE' })
    await clock.advance(100)
    await net.stop()
  })
})
