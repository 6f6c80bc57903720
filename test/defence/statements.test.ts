import { describe, expect, it } from 'vitest'
import { verifyEvidence } from '../../src/statements/equivocation.js'
import { signStatement, wireStatement } from '../../src/statements/statement.js'
import { Statements } from '../../src/statements/statements.js'
import { bytes, createTable, GAME, identityOf } from './table.js'

const values = (statements: { value: Uint8Array }[]) => statements.map(({ value }) => value[0]).sort()

describe('a session of statements', () => {
  it('brings what each member says to all, once', async () => {
    const { net, clock, table } = createTable()
    const { players } = await table(4)
    const idle = clock.pending
    for (const [at, { session }] of players.entries()) await session.say({ round: 0, slot: 'roll', value: bytes(at) })
    await clock.advance(1_000)
    for (const [at, { session, heard }] of players.entries()) {
      expect(values(session.statements(0))).toEqual([0, 1, 2, 3])
      expect(values(heard)).toEqual([0, 1, 2, 3].filter((other) => other !== at))
    }
    for (const { session, statements } of players) {
      session.close()
      expect(statements.blamed).toEqual([])
    }
    await clock.advance(1_000)
    expect(clock.pending).toBe(idle)
    await net.stop()
  })

  it('finds within the round who tells one half one thing and the other half another; all ban the liar', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(4, 1)
    const liar = attackers[0]!
    const [one, two] = await Promise.all(
      [1, 2].map((value) => signStatement(liar.identity, { ...GAME, round: 0, slot: 'roll', value: bytes(value) })),
    )
    for (const [at, player] of players.entries()) {
      await liar.send(player, 'statements', [tag, [wireStatement(at < 2 ? one! : two!)]])
      await player.session.say({ round: 0, slot: 'roll', value: bytes(10 + at) })
    }
    const before = clock.now()
    while (players.some(({ evidence }) => evidence.length === 0) && clock.now() < before + 60_000) await clock.advance(20)
    expect(clock.now() - before).toBeLessThanOrEqual(1_000)
    for (const { session, evidence, statements, peer } of players) {
      expect(evidence).toHaveLength(1)
      expect((await verifyEvidence(evidence[0]!)).publicKey).toEqual(liar.identity.publicKey)
      expect(statements.blamed).toEqual([{ publicKey: liar.identity.publicKey, cause: 'equivocation' }])
      expect(peer.isConnected(liar.peer.peerId)).toBe(false)
      expect(peer.listBans()).toMatchObject([{ id: liar.peer.peerId, cause: 'equivocation' }])
      // The others go on without it.
      expect(values(session.statements(0))).toEqual([10, 11, 12, 13])
    }
    await net.stop()
  })

  it('convinces a third peer that saw neither statement, and was in no session', async () => {
    const { net, clock, table, player, connect } = createTable()
    const { players, attackers } = await table(1, 1)
    const liar = attackers[0]!
    const third = player()
    await connect([third, players[0]!], [third, liar])
    await clock.advance(1_000)
    const said = await Promise.all(
      [1, 2].map((value) => signStatement(liar.identity, { ...GAME, round: 0, slot: 'roll', value: bytes(value) })),
    )
    await players[0]!.session.hear(said[0]!)
    await expect(players[0]!.session.hear(said[1]!)).rejects.toMatchObject({ code: 'EQUIVOCATION' })
    await clock.advance(100)
    expect(third.statements.blamed).toEqual([{ publicKey: liar.identity.publicKey, cause: 'equivocation' }])
    expect(third.peer.isConnected(liar.peer.peerId)).toBe(false)
    expect(third.peer.listBans()).toMatchObject([{ id: liar.peer.peerId, cause: 'equivocation' }])
    expect(third.peer.isConnected(players[0]!.peer.peerId)).toBe(true)
    await net.stop()
  })

  it('takes an honest resend for what it is', async () => {
    const { net, clock, table } = createTable()
    const { players, attackers, tag } = await table(2, 1)
    const resender = attackers[0]!
    const content = { ...GAME, round: 0, slot: 'roll', value: bytes(1) }
    const said = await signStatement(resender.identity, content)
    const again = await signStatement(resender.identity, { ...content, value: bytes(1) })
    for (let i = 0; i < 5; i++) {
      for (const player of players) await resender.send(player, 'statements', [tag, [wireStatement(said), wireStatement(again)]])
    }
    expect(await players[0]!.session.hear(said)).toBe('new')
    expect(await players[0]!.session.hear(again)).toBe('known')
    expect(await players[0]!.session.say({ round: 0, slot: 'roll', value: bytes(5) })).toEqual(
      await players[0]!.session.say({ round: 0, slot: 'roll', value: bytes(5) }),
    )
    await clock.advance(10_000)
    for (const { statements, heard, peer } of players) {
      expect(statements.blamed).toEqual([])
      expect(heard.filter(({ publicKey }) => Buffer.from(publicKey).equals(resender.identity.publicKey))).toHaveLength(1)
      expect(peer.isConnected(resender.peer.peerId)).toBe(true)
    }
    await net.stop()
  })

  it('brings what was said before a member joined, and what came while it was away', async () => {
    const { net, clock, player, join, connectAll } = createTable()
    const [a, b, c] = [player(), player(), player()]
    await connectAll([a, b, c])
    const members = [a, b, c].map(({ identity }) => identity.publicKey)
    const alice = join(a, members)
    const bob = join(b, members)
    await alice.session.say({ round: 0, slot: 'roll', value: bytes(1) })
    await bob.session.say({ round: 0, slot: 'roll', value: bytes(2) })
    await clock.advance(5_000)
    const carol = join(c, members)
    await carol.session.say({ round: 0, slot: 'roll', value: bytes(3) })
    await clock.advance(2_000)
    for (const { session } of [alice, bob, carol]) expect(values(session.statements(0))).toEqual([1, 2, 3])

    await net.run(a.peer.disconnectFromPeer(c.peer.peerId))
    await clock.advance(100)
    // Alice reaches Carol through what Bob has heard.
    await alice.session.say({ round: 1, slot: 'roll', value: bytes(4) })
    await clock.advance(2_000)
    expect(values(carol.session.statements(1))).toEqual([4])
    await net.stop()
  })

  it('compares over circuits as over direct connections', async () => {
    const { net, clock, join } = createTable()
    const relay = net.createPeer({ relay: true })
    await net.run(relay.start())
    const seats = [1, 2, 3].map((seed) => {
      const identity = identityOf(seed)
      const peer = net.createPeer({ identity, listening: false, bootstrap: [net.addressOf(relay)] })
      const statements = new Statements(identity)
      peer.registerProtocol(statements)
      return { peer, identity, statements }
    })
    for (const { peer } of seats) await net.run(peer.start())
    await clock.advance(6_000)
    const [one, two, three] = seats as [(typeof seats)[0], (typeof seats)[0], (typeof seats)[0]]
    for (const [from, to] of [
      [one, two],
      [one, three],
      [two, three],
    ] as const) {
      await net.run(from.peer.connectToPeer(to.peer.peerId))
      expect(from.peer.getPeer(to.peer.peerId)?.connection?.transport).toBe('circuit')
    }
    const members = seats.map(({ identity }) => identity.publicKey)
    const players = [one, two].map((seat) => join({ ...seat, statements: seat.statements as never }, members))
    // The third speaks with two tongues.
    const said = await Promise.all(
      [1, 2].map((value) => signStatement(three.identity, { ...GAME, round: 0, slot: 'roll', value: bytes(value) })),
    )
    for (const [at, { session }] of players.entries()) await session.hear(said[at]!)
    const before = clock.now()
    while (players.some(({ evidence }) => evidence.length === 0) && clock.now() < before + 60_000) await clock.advance(20)
    expect(clock.now() - before).toBeLessThanOrEqual(1_000)
    await net.stop()
  })

  it('never signs a second value for a slot, nor joins a session twice', async () => {
    const { net, table, join } = createTable()
    const { players, members } = await table(2)
    const { session } = players[0]!
    await session.say({ round: 0, slot: 'roll', value: bytes(1) })
    await expect(session.say({ round: 0, slot: 'roll', value: bytes(2) })).rejects.toMatchObject({ code: 'EQUIVOCATION' })
    const racing = [3, 4].map((value) => session.say({ round: 1, slot: 'roll', value: bytes(value) }))
    expect((await Promise.allSettled(racing)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    session.close()
    await expect(session.say({ round: 2, slot: 'roll', value: bytes(1) })).rejects.toMatchObject({ code: 'SHUT_DOWN' })
    // Also with other members: whoever chooses the names could have us sign twice otherwise.
    expect(() => join(players[0]!, members.slice(0, 1))).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }))
    await net.stop()
  })

  it('gets what was too far ahead once it comes to that round', async () => {
    const { net, clock, table } = createTable()
    const { players } = await table(2)
    await players[0]!.session.say({ round: 20, slot: 'roll', value: bytes(1) })
    await clock.advance(2_000)
    expect(players[1]!.heard).toEqual([])
    players[1]!.session.enter(5)
    await clock.advance(2_000)
    players[1]!.session.enter(15)
    await clock.advance(2_000)
    expect(values(players[1]!.heard)).toEqual([1])
    await net.stop()
  })

  it('ends with its signal, and with its coordinator', async () => {
    const { net, clock, player, join } = createTable()
    const seat = player()
    await net.run(seat.peer.start())
    const stop = new AbortController()
    const first = join(seat, [], { signal: stop.signal })
    const second = join(seat, [], { session: 'table-8' })
    await second.session.say({ round: 0, slot: 'roll', value: bytes(1) })
    stop.abort()
    await expect(first.session.hear(await second.session.say({ round: 0, slot: 'roll', value: bytes(1) }))).rejects.toMatchObject(
      {
        code: 'SHUT_DOWN',
      },
    )
    await net.stop()
    expect(second.session.statements(0)).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
