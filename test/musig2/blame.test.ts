// The table of failures: each with a hostile member at every place, written by hand. Exactly it is named, by all.
import { afterEach, describe, expect, it } from 'vitest'
import { joined } from '../../src/base/bytes.js'
import type { P2PError } from '../../src/base/errors.js'
import type { MuSig2 } from '../../src/musig2/musig2.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { LONG, unlessLong } from '../long.js'
import type { Mischief } from './hostile.js'
import { tableOf } from './network.js'

let net: TestNetwork
afterEach(() => net.stop())

const changed = (value: Uint8Array, at: number) => Uint8Array.from(value, (byte, i) => (i === at ? byte ^ 1 : byte))
const only = (slot: string, change: (value: Uint8Array) => readonly Uint8Array[] | undefined): Mischief => ({
  say: (said, value) => (said === slot ? change(value) : [value]),
})

/** What the hostile member does; how the request ends; what it is blamed for. */
const ROWS: [what: string, Mischief, reason: string, blamedFor: string | undefined][] = [
  ['says no nonce', only('nonce', () => undefined), 'NONCES_MISSING', 'phase-missed'],
  ['says no partial signature', only('partial', () => undefined), 'PARTIALS_MISSING', 'phase-missed'],
  [
    'tells two halves different nonces',
    only('nonce', (value) => [value, joined(value.slice(33), value.slice(0, 33))]),
    'EQUIVOCATED',
    'two-statements',
  ],
  [
    'gives a partial signature that does not hold',
    only('partial', (value) => [changed(value, 60)]),
    'INVALID_PARTIAL',
    'own-rules',
  ],
  [
    'gives a partial signature in another context',
    only('partial', (value) => [changed(changed(value, 3), 60)]),
    'INVALID_PARTIAL',
    'own-rules',
  ],
  ['gives a partial signature of another length', only('partial', (value) => [value.slice(1)]), 'INVALID_PARTIAL', 'own-rules'],
  ['gives a nonce of another length', only('nonce', (value) => [value.slice(1)]), 'INVALID_NONCE', 'own-rules'],
  ['gives a nonce that is no point', only('nonce', (value) => [Uint8Array.from(value, () => 5)]), 'INVALID_NONCE', 'own-rules'],
  ['never joins the session', { joins: false }, 'NONCES_MISSING', undefined],
]

const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('It should have failed.'),
    (error: P2PError) => error,
  )

describe.each(ROWS)('a member that %s', (_what, mischief, reason, blamedFor) => {
  it.each(LONG ? [0, 1, 2] : [ROWS.findIndex(([what]) => what === _what) % 3])(
    'at place %i is named by all, and nobody else is',
    async (place) => {
      const table = await tableOf(3, { hostile: (member) => (member === place ? mischief : undefined) })
      net = table.net
      const { wallets, ids, blamed } = table
      const honest = [0, 1, 2].filter((member) => member !== place)
      const ends: Promise<P2PError>[] = []
      wallets[honest[1]!]!.musig2.on('request', ({ accept }) => void ends.push(failed(accept())))
      ends.push(failed(wallets[honest[0]!]!.musig2.sign(table.request({ ttlMs: 120_000 }))))
      await net.clock.advance(125_000)
      for (const error of await net.run(Promise.all(ends))) {
        expect(error).toMatchObject({ code: 'SIGNING_FAILED', details: { reason, members: [ids[place]] } })
        // With two nonces about, a part may have left before the proof came.
        if (reason !== 'EQUIVOCATED') expect(error.details.mayStillComplete === true).toBe(reason.includes('PARTIAL'))
      }
      expect(ends).toHaveLength(2)
      for (const member of honest) {
        expect(new Set(blamed[member]!.map(([id, why]) => `${id} ${why}`))).toEqual(
          new Set(blamedFor ? [`${ids[place]} ${blamedFor}`] : []),
        )
        expect(wallets[member]!.musig2.sessions).toHaveLength(1)
      }
    },
  )
})

unlessLong.it(
  'a member that tells two halves different partial signatures is proven to be a liar; whoever has the one that holds finishes',
  async () => {
    const table = await tableOf(4, {
      hostile: (member) => (member === 3 ? only('partial', (value) => [value, changed(value, 40)]) : undefined),
    })
    net = table.net
    const { wallets, ids, blamed } = table
    await net.run(wallets[0]!.musig2.sign(table.request()))
    await net.clock.advance(30_000)
    expect(wallets.slice(0, 3).map(({ musig2 }) => musig2.sessions[0]!.step)).toEqual(['signed', 'failed', 'signed'])
    expect(wallets[1]!.musig2.sessions[0]!.failure).toMatchObject({ members: [ids[3]], mayStillComplete: true })
    for (const blames of blamed.slice(0, 3)) expect(new Set(blames.map(([id]) => id))).toEqual(new Set([ids[3]]))
  },
)

describe('of two members', () => {
  it.each(LONG ? [0, 5, 10, 15, 20, 25, 29.5] : [0, 25])(
    'neither counts the other as late where they are cut off from each other %d s into a phase, and they sign when they are not',
    async (s) => {
      // The other hears no nonce: its signer takes its time.
      let isSlow = true
      const table = await tableOf(2, {
        peer: (member) => ({ host: `host${member}` }),
        options: (_, signer) => ({
          signer: {
            publicKeys: signer.publicKeys,
            prove: (input) => signer.prove(input),
            createNonces: async (input) => {
              if (isSlow) await new Promise<void>((resolve) => void table.net.clock.setTimeout(resolve, s * 1_000 + 60))
              return signer.createNonces(input)
            },
            signPartials: (input) => signer.signPartials(input),
            forget: (session) => signer.forget(session),
          },
        }),
      })
      net = table.net
      const { wallets, request, blamed } = table
      const signing = wallets[0]!.musig2.sign(request())
      await net.clock.advance(40 + s * 1_000)
      expect(wallets.map(({ musig2 }) => musig2.sessions[0]!.step)).toEqual(['nonce', 'nonce'])
      net.network.partition(['host0'], ['host1'])
      await net.clock.advance(45_000)
      expect(wallets.map(({ musig2 }) => musig2.sessions[0]!.failure?.reason)).toEqual(['NONCES_MISSING', 'NONCES_MISSING'])
      isSlow = false
      net.network.heal()
      await net.clock.advance(120_000)
      await net.run(signing)
      expect(wallets.map(({ musig2 }) => musig2.sessions[0]!.step)).toEqual(['signed', 'signed'])
      expect(blamed).toEqual([[], []])
    },
  )

  unlessLong.it('one that is there and says nothing is late', async () => {
    const table = await tableOf(2, { hostile: (member) => (member === 1 ? only('nonce', () => undefined) : undefined) })
    net = table.net
    const { wallets, ids, blamed } = table
    const signing = failed(wallets[0]!.musig2.sign(table.request({ ttlMs: 60_000 })))
    await net.clock.advance(61_000)
    expect((await net.run(signing)).details).toMatchObject({ reason: 'NONCES_MISSING', blamed: [ids[1]] })
    expect(new Set(blamed[0]!.map(([id, why]) => `${id} ${why}`))).toEqual(new Set([`${ids[1]} phase-missed`]))
  })
})

unlessLong.it('a member that forges its part and then says nothing more is found out all the same', async () => {
  const forger: Mischief = { ...only('partial', (value) => [changed(value, 60)]), confirms: false }
  const table = await tableOf(3, { hostile: (member) => (member === 2 ? forger : undefined) })
  net = table.net
  const { wallets, ids, blamed } = table
  const signing = failed(wallets[0]!.musig2.sign(table.request({ ttlMs: 60_000 })))
  await net.clock.advance(61_000)
  expect((await net.run(signing)).details).toMatchObject({ reason: 'INVALID_PARTIAL', members: [ids[2]] })
  for (const blames of blamed.slice(0, 2)) expect(new Set(blames.map(([id]) => id))).toEqual(new Set([ids[2]]))
})

/** An initiator that is there, and sends no roster. */
function withoutRosters(musig2: MuSig2): void {
  const { live } = musig2 as unknown as { live: Map<string, { gathering: { assemble(): void } }> }
  const { set } = live
  live.set = (id, signing) => {
    signing.gathering.assemble = () => {}
    return set.call(live, id, signing)
  }
}

unlessLong.describe('a roster', () => {
  it.each([
    ['with a false proof', (entries) => entries.map(([fresh, proofs], i) => [fresh, i === 1 ? [new Uint8Array(64)] : proofs])],
    [
      'with what another member has not drawn',
      (entries) => entries.map(([fresh, proofs], i) => [i === 1 ? fresh.map((byte) => byte ^ 1) : fresh, proofs]),
    ],
  ] satisfies [string, NonNullable<Mischief['roster']>][])(
    '%s is joined by nobody, and its sender is cut off',
    async (_what, roster) => {
      const table = await tableOf(3, { hostile: (member) => (member === 2 ? { roster, say: () => undefined } : undefined) })
      net = table.net
      const { wallets, ids, request } = table
      const errors: string[] = []
      for (const wallet of wallets.slice(0, 2))
        wallet.on('error', ({ code }, peer) => void errors.push(`${code} ${peer?.peerId === ids[2]}`))
      // The initiator sends none, or it would be first.
      withoutRosters(wallets[0]!.musig2)
      const signing = failed(wallets[0]!.musig2.sign(request({ ttlMs: 120_000 })))
      await net.clock.advance(121_000)
      await net.run(signing)
      for (const { musig2 } of wallets.slice(0, 2)) expect(musig2.sessions[0]!.step).toBe('failed')
      expect(errors).not.toHaveLength(0)
      expect(new Set(errors)).toEqual(new Set(['INVALID_SIGNATURE true']))
    },
  )

  it('whose member does not prove its key is never made', async () => {
    const table = await tableOf(3, { hostile: (member) => (member === 2 ? { proofs: () => [new Uint8Array(64)] } : undefined) })
    net = table.net
    const { wallets, ids, request } = table
    const errors: string[] = []
    wallets[0]!.on('error', ({ code }, peer) => void errors.push(`${code} ${peer?.peerId === ids[2]}`))
    const signing = failed(wallets[0]!.musig2.sign(request({ ttlMs: 60_000 })))
    await net.clock.advance(61_000)
    expect(await net.run(signing)).toMatchObject({ details: { reason: 'NOT_ALL_ACCEPTED', members: [ids[2]] } })
    expect(errors[0]).toBe('INVALID_SIGNATURE true')
    expect(wallets[1]!.musig2.sessions[0]!.attempt).toBe(0)
  })

  it('that does not come from the initiator comes from the next member', async () => {
    const table = await tableOf(3)
    net = table.net
    const { wallets, request } = table
    withoutRosters(wallets[0]!.musig2)
    const signing = wallets[0]!.musig2.sign(request())
    await net.clock.advance(25_000)
    await net.run(signing)
    expect(wallets.map(({ musig2 }) => musig2.sessions[0]!.step)).toEqual(['signed', 'signed', 'signed'])
  })
})
