// A member that is lost at any moment comes back, and the request goes on: with other nonces, and with nobody blamed.
import { afterEach, describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { LONG, unlessLong } from '../long.js'
import { draws } from '../seed.js'
import { tableOf } from './network.js'
import { verdictOf } from './oracle.js'
import { walletsOf } from './wallets.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

/** Notes each nonce that a signer gives out. */
function noting(signer: MuSig2Signer, nonces: string[]): MuSig2Signer {
  return {
    publicKeys: signer.publicKeys,
    prove: (input) => signer.prove(input),
    createNonces: async (input) => {
      const made = await signer.createNonces(input)
      nonces.push(...made.map(hexOf))
      return made
    },
    signPartials: (input) => signer.signPartials(input),
    forget: (session) => signer.forget(session),
  }
}

/** Milliseconds after the call at which a member is lost. */
const MOMENTS = LONG ? Array.from({ length: 30 }, (_, i) => 3 * i) : [12, 24, 31, 38]

describe('a member that is lost and comes back', () => {
  it.each(MOMENTS.flatMap((ms) => (LONG ? [0, 1, 2] : [ms % 3]).map((member) => [ms, member])))(
    'after %i ms, member %i: the request is signed, no nonce is used twice, and nobody is blamed',
    async (ms, member) => {
      const nonces: string[] = []
      const stores = [0, 1, 2].map(() => memoryStore())
      const table = await tableOf(3, {
        peer: (m) => ({ store: stores[m]!, host: `host${m}` }),
        options: (_, signer) => ({ signer: noting(signer, nonces) }),
      })
      net = table.net
      const { wallets, request, seated, blamed } = table
      const options = request()
      wallets[0]!.musig2.sign(options).catch(() => {})
      await net.clock.advance(ms)
      // Half of them without a word, as a process that is killed.
      if (ms % 2 === 0) net.network.vanish(`host${member}`)
      else await net.run(wallets[member]!.shutdown())
      await net.clock.advance(500)
      const again = await seated(member, { host: `again${member}` })
      await net.run(again.start())
      for (const other of wallets) if (other !== wallets[member]) await net.run(again.connectToPeer(net.addressOf(other)))
      await net.clock.advance(60_000)
      const now = wallets.map((wallet, m) => (m === member ? again : wallet))
      const asked = now.flatMap(({ musig2 }) => musig2.sessions)
      // Lost before anybody else had heard of it, it is as if it had never been.
      if (asked.length > 0) {
        for (const { step, transaction } of asked) {
          expect(step).toBe('signed')
          expect(verdictOf(Buffer.from(transaction!, 'hex'), options.spent).faults).toEqual([undefined])
        }
      }
      expect(new Set(nonces).size).toBe(nonces.length)
      // What is killed here runs on, cut off from all others, until the test ends: what it thinks of them is nobody's business.
      expect(blamed.filter((_, m) => m !== member)).toEqual([[], []])
      for (const { musig2 } of now)
        expect((musig2 as unknown as { around: { statements: { isLive: boolean } } }).around.statements.isLive).toBe(false)
    },
  )
})

unlessLong.it('a member that is suspended in mid-session comes back, and signs in another one', async () => {
  const table = await tableOf(3)
  net = table.net
  const { wallets, request, blamed } = table
  const signing = wallets[0]!.musig2.sign(request())
  const isUnderWay = () => ['nonce', 'partial'].includes(wallets[1]!.musig2.sessions[0]?.step ?? '')
  for (let ms = 0; ms < 100 && !isUnderWay(); ms++) await net.clock.advance(1)
  expect(isUnderWay()).toBe(true)
  wallets[1]!.suspend()
  await net.clock.advance(5_000)
  await net.run(wallets[1]!.resume())
  for (const other of [wallets[0]!, wallets[2]!]) await net.run(wallets[1]!.connectToPeer(net.addressOf(other)))
  await net.clock.advance(60_000)
  const { txid } = await net.run(signing)
  for (const { musig2 } of wallets) expect(musig2.sessions[0]).toMatchObject({ step: 'signed', txid })
  expect(blamed).toEqual([[], [], []])
})

describe('a signer', () => {
  it('gives out no nonce twice, with a generator that is stuck, over sessions that end at any step and lose their memory', async () => {
    const random = draws()
    const { secretKeys, request } = walletsOf({ signers: 2, seed: 5 })
    const stuck = () => softwareSigner({ secretKeys: [secretKeys[0]!], random: (length) => new Uint8Array(length).fill(7) })
    const seen = new Set<string>()
    let signer = stuck()
    const other = softwareSigner({ secretKeys: [secretKeys[1]!] })
    const attempts = Number(process.env.MUSIG2_ATTEMPTS ?? (LONG ? 1_000 : 150))
    for (let i = 0; i < attempts; i++) {
      const session = hexOf(random.bytes(32))
      const [nonce] = await signer.createNonces({ session, request })
      expect(seen.has(hexOf(nonce!))).toBe(false)
      seen.add(hexOf(nonce!))
      await expect(signer.createNonces({ session, request })).rejects.toMatchObject({ details: { reason: 'SIGNER_FAILED' } })
      const step = Math.floor(random.unit() * 4)
      if (step === 0) signer = stuck()
      else if (step === 1) await signer.forget(session)
      else {
        const [theirs] = await other.createNonces({ session, request })
        await signer.signPartials({ session, nonces: [step === 2 ? [nonce!, theirs!] : [theirs!, theirs!]] }).catch(() => {})
        await other.forget(session)
        // Whatever became of the first call, the second finds nothing.
        await expect(signer.signPartials({ session, nonces: [[nonce!, theirs!]] })).rejects.toMatchObject({
          details: { reason: 'SIGNER_FAILED' },
        })
      }
    }
    expect(seen.size).toBe(attempts)
    expect(publicKeyOf(secretKeys[0]!)).toEqual(signer.publicKeys[0])
  })
})
