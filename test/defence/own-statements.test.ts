import { afterEach, describe, expect, it } from 'vitest'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { statements } from '../../src/statements/plugin.js'
import { statementId } from '../../src/statements/statement.js'
import type { Statements } from '../../src/statements/statements.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork, type TestNetwork } from '../../src/testing/index.js'
import { bytes, GAME, identityOf } from './table.js'

let net: TestNetwork
afterEach(() => net.stop())

type Wallet = P2PCoordinator & { statements: Statements }

/** A wallet of a key; the same store is the same browser after a reload. */
function wallet(seed: number, store: KeyValueStore = memoryStore()): Wallet {
  return net.createPeer({ identity: identityOf(seed), store, plugins: [statements()] }) as Wallet
}

const members = [identityOf(1).publicKey, identityOf(2).publicKey]
const joined = (of: Wallet, more = {}) => of.statements.join({ ...GAME, members, ...more })
const refused = (code: string) => ({ code })

describe('what a wallet has stated', () => {
  it('is said again as it was after a reload, byte for byte, and nothing else in its slot', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const store = memoryStore()
    const before = wallet(1, store)
    const said = await net.run(joined(before).say({ round: 3, slot: 'nonce', value: bytes(1, 2, 3) }))
    await net.run(before.shutdown())
    const after = joined(wallet(1, store))
    await expect(net.run(after.say({ round: 3, slot: 'nonce', value: bytes(9) }))).rejects.toMatchObject(refused('EQUIVOCATION'))
    const again = await net.run(after.say({ round: 3, slot: 'nonce', value: bytes(1, 2, 3) }))
    expect([again.payload, again.signature]).toEqual([said.payload, said.signature])
    expect(statementId(again, 'lotus')).toEqual(statementId(said, 'lotus'))
    // Other slots, rounds and sessions are other places.
    for (const place of [
      { round: 3, slot: 'partial' },
      { round: 4, slot: 'nonce' },
    ]) {
      await net.run(after.say({ ...place, value: bytes(9) }))
    }
    const other = wallet(1, store).statements.join({ ...GAME, session: 'table-8', members })
    await net.run(other.say({ round: 3, slot: 'nonce', value: bytes(9) }))
  })

  it('is no evidence against it, whatever a fresh value the reloaded application draws', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const store = memoryStore()
    const alice = wallet(1, store)
    const bob = wallet(2)
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const table = joined(bob)
    await net.run(joined(alice).say({ round: 0, slot: 'nonce', value: bytes(1) }))
    await net.clock.advance(1_000)
    expect(table.statements(0)).toHaveLength(1)
    await net.run(alice.shutdown())
    const reloaded = wallet(1, store)
    await net.run(reloaded.connectToPeer(net.addressOf(bob)))
    const again = joined(reloaded)
    await expect(net.run(again.say({ round: 0, slot: 'nonce', value: bytes(2) }))).rejects.toMatchObject(refused('EQUIVOCATION'))
    await net.clock.advance(5_000)
    expect([table.evidence, bob.listBans(), bob.isConnected(reloaded.peerId)]).toEqual([[], [], true])
  })

  it('that another member shows is not contradicted either, where the store is lost', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const alice = wallet(1)
    const bob = wallet(2)
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const table = joined(bob)
    const said = await net.run(joined(alice).say({ round: 0, slot: 'nonce', value: bytes(1) }))
    await net.clock.advance(1_000)
    await net.run(alice.shutdown())
    const reloaded = joined(wallet(1))
    await net.run(reloaded.hear(table.statements(0)[0]!))
    await expect(net.run(reloaded.say({ round: 0, slot: 'nonce', value: bytes(2) }))).rejects.toMatchObject(
      refused('EQUIVOCATION'),
    )
    expect((await net.run(reloaded.say({ round: 0, slot: 'nonce', value: bytes(1) }))).signature).toEqual(said.signature)
  })

  it('does not leave before it is kept: a store that fails says so, and nothing is said', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const store = memoryStore()
    const broken: KeyValueStore = {
      ...store,
      batch: async (changes, options) => {
        if (changes.some(({ key }) => key.startsWith('own-statement/'))) throw new Error('The disk is full.')
        return store.batch(changes, options)
      },
    }
    const alice = wallet(1, broken)
    const bob = wallet(2)
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const table = joined(bob)
    const session = joined(alice)
    await expect(net.run(session.say({ round: 0, slot: 'nonce', value: bytes(1) }))).rejects.toMatchObject(
      refused('STORAGE_FAILED'),
    )
    await net.clock.advance(2_000)
    expect([table.statements(0), session.statements(0)]).toEqual([[], []])
  })

  it.each([
    ['garbage', () => bytes(0xc1, 7)],
    ['another statement', async (store: KeyValueStore) => (await store.get((await store.keys('own-statement/'))[1]!))!],
  ])('is refused where the store holds %s in its place', async (_, forgery) => {
    net = createTestNetwork()
    const store = memoryStore()
    const first = wallet(1, store)
    const session = joined(first)
    await net.run(session.say({ round: 0, slot: 'a', value: bytes(1) }))
    await net.run(session.say({ round: 0, slot: 'b', value: bytes(1) }))
    const bytesOf = await forgery(store)
    const [one] = await store.keys('own-statement/')
    await store.set(one!, bytesOf)
    const again = joined(wallet(1, store))
    const outcomes = await Promise.all(
      ['a', 'b'].map((slot) =>
        net.run(again.say({ round: 0, slot, value: bytes(1) })).then(
          () => 'said',
          ({ code }) => code,
        ),
      ),
    )
    expect(outcomes.sort()).toEqual(['STORAGE_FAILED', 'said'])
  })

  it('is forgotten after its time, and is not kept where the session is named by fresh bytes, or says so', async () => {
    net = createTestNetwork()
    const store = memoryStore()
    const first = wallet(1, store)
    await net.run(joined(first).say({ round: 0, slot: 'a', value: bytes(1) }))
    await net.run(joined(first, { session: 'x', remember: false }).say({ round: 0, slot: 'a', value: bytes(1) }))
    expect(await store.keys('own-statement/')).toHaveLength(1)
    await net.clock.advance(31 * 86_400_000)
    wallet(1, store)
    await net.clock.advance(1)
    expect(await store.keys('own-statement/')).toEqual([])
  })
})

describe('a session that is named by what each member has drawn', () => {
  it('is the same at all members, and is joined once by what was drawn here and in this process', async () => {
    net = createTestNetwork({ latencyMs: 25 })
    const [alice, bob] = [wallet(1), wallet(2)]
    await net.run(bob.start())
    await net.run(alice.connectToPeer(net.addressOf(bob)))
    const inOrder = (one: Uint8Array, two: Uint8Array) => (Buffer.compare(members[0]!, members[1]!) < 0 ? [one, two] : [two, one])
    const fresh = inOrder(alice.statements.fresh(), bob.statements.fresh())
    const [one, two] = [joined(alice, { fresh }), joined(bob, { fresh })]
    expect(one.tag).toBe(two.tag)
    await net.run(one.say({ round: 0, slot: 'a', value: bytes(1) }))
    await net.clock.advance(1_000)
    expect(two.statements(0)).toHaveLength(1)
    // A member that was restarted, with its store and without, and whoever asks it.
    await net.run(alice.shutdown())
    const restarted = wallet(1)
    for (const attempt of [fresh, inOrder(new Uint8Array(16), fresh[1]!), [fresh[0]!], inOrder(fresh[1]!, fresh[0]!)]) {
      expect(() => joined(restarted, { fresh: attempt })).toThrow(expect.objectContaining(refused('INVALID_CONFIG')))
    }
    const anew = inOrder(restarted.statements.fresh(), bob.statements.fresh())
    expect(joined(restarted, { fresh: anew }).tag).not.toBe(one.tag)
    expect(() => joined(restarted, { fresh: anew, session: 'x' })).toThrow(expect.objectContaining(refused('INVALID_CONFIG')))
  })
})
