// Coins of several owners in a mix: proofs and signatures by MuSig2, and what becomes of the round where an owner refuses or vanishes.
import { afterEach, describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { answerCoinProofs, coinProofs, type PendingOwnership } from '../../src/coinjoin/coin-proofs.js'
import { coinName } from '../../src/coinjoin/coins.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import type { MuSig2 } from '../../src/musig2/musig2.js'
import type { PendingRequest } from '../../src/musig2/musig2-options.js'
import { musig2 } from '../../src/musig2/plugin.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import { statements } from '../../src/statements/plugin.js'
import type { TestNetwork } from '../../src/testing/index.js'
import { type OwnersOptions, SILENT, sharedPurseOf, streets } from './streets.js'

let stop: (() => Promise<void>) | undefined
afterEach(async () => {
  await stop?.()
  stop = undefined
})

type Owner = P2PCoordinator & { musig2: MuSig2 }

/** What the other owners do when they are asked. Default: they look, and accept. */
interface Others {
  prove?: (request: PendingOwnership) => void
  sign?: (request: PendingRequest) => void
  /** Its signer says its nonces for a payment, and then fails. */
  fails?: boolean
}

/** The owners' usual peers, which know each other, and the first one's wallet. */
async function ownersOf(net: TestNetwork, options: OwnersOptions, others: Others = {}) {
  const purse = sharedPurseOf(options)
  const { secretKeys, keyset, plan, coin, known } = purse
  const asked = { proofs: [] as PendingOwnership[], payments: [] as PendingRequest[] }
  const peers: Owner[] = []
  for (const [i, secretKey] of secretKeys.entries()) {
    const identity = identityFromSeed(secretKey.map((byte) => byte ^ 0x55))
    const own = softwareSigner({ secretKeys: [secretKey], other: coinProofs(), now: () => net.clock.now() })
    const signer: MuSig2Signer = {
      publicKeys: own.publicKeys,
      prove: (input) => own.prove(input),
      createNonces: (input) => own.createNonces(input),
      forget: (session) => own.forget(session),
      signPartials: async (input) => {
        if (i === 1 && others.fails && asked.payments.length > 0) throw new Error('The device is gone.')
        return own.signPartials(input)
      },
    }
    const peer = net.createPeer({
      identity,
      host: `owner${options.seed}x${i}`,
      logger: SILENT,
      plugins: [statements(), musig2({ signer, allowFrom: () => true, ownScripts: known })],
    }) as unknown as Owner
    await net.run(peer.start())
    for (const other of peers) await net.run(peer.connectToPeer(net.addressOf(other)))
    peers.push(peer)
    if (i === 0) continue
    answerCoinProofs(peer.musig2, (request) => {
      asked.proofs.push(request)
      if (others.prove) return others.prove(request)
      if (coinName(request.summary.coin) === coinName(coin)) request.accept().catch(() => {})
      else request.reject('another coin')
    })
    peer.musig2.on('request', (request) => {
      asked.payments.push(request)
      if (others.sign) return others.sign(request)
      // All that it costs the owners is the fee of the plan.
      if (request.summary.costsSats === plan.fee) request.accept().catch(() => {})
      else request.reject('it costs more')
    })
  }
  const cosigners = Object.fromEntries(keyset.keys.map((key, i) => [hexOf(key), peers[i]!.peerId]))
  return { ...purse, asked, peers, wallet: purse.walletOf(peers[0]!.musig2, cosigners) }
}

/** Five wallets, of which the first one's coin has several owners. */
async function mixOfFive(options: Partial<OwnersOptions> = {}, others: (around: { vanish(): void }) => Others = () => ({})) {
  let owners: Awaited<ReturnType<typeof ownersOf>> | undefined
  const found = await streets(
    5,
    () => ({ outputType: options.outputType ?? 0 }),
    3,
    async (member, { net, chain }) => {
      if (member !== 0) return {}
      const vanish = () => net.network.vanish('owner40x1')
      owners = await ownersOf(net, { chain, seed: 40, ...options }, others({ vanish }))
      return owners
    },
  )
  stop = found.stop
  const { net, wallets } = found
  const mix = async (of: number) => {
    const mixing = wallets.map(({ mix: one }, member) =>
      one({ minPeers: member === 0 ? 3 : of, preferPeers: 5, patienceMs: 120_000 }),
    )
    return net.clock.run(Promise.allSettled(mixing), 3_600_000)
  }
  return { ...found, mix, owners: owners! }
}

function acceptAnd(accept: () => Promise<unknown>, then: () => void): void {
  accept().catch(() => {})
  then()
}

describe('a coin of several owners', () => {
  it.each([
    { owners: 2, taproot: false, outputType: 0 as const },
    { owners: 2, taproot: true, outputType: 1 as const, change: 60_000n },
    { owners: 3, taproot: false, outputType: 0 as const },
  ])(
    'is mixed with those of four others: $owners owners, Taproot $taproot',
    async (options) => {
      const { chain, mix, owners, wallets } = await mixOfFive(options)
      const ends = await mix(5)
      const results = ends.map((end) =>
        end.status === 'fulfilled' ? end.value : expect.fail(String(end.reason?.cause ?? end.reason)),
      )
      expect(new Set(results.map(({ txid }) => txid)).size).toBe(1)
      // The chain takes what the interpreter of others accepts.
      expect(chain.transactions).toHaveLength(1)
      expect(chain.lookup(owners.coin)).toBeUndefined()
      for (const outpoint of results[0]!.outputs) expect(owners.given).toContain(hexOf(chain.lookup(outpoint)!.script))
      // The other owners have seen the coin, and that round and member are what the proof is for.
      expect(owners.asked.proofs).toHaveLength(options.owners - 1)
      const [proof] = owners.asked.proofs
      expect(proof!.summary.coin.sats).toBe(owners.coin.sats)
      const members = wallets[1]!.progress.at(-1)!.members
      expect(members).toContain(proof!.summary.member)
      expect(owners.asked.payments).toHaveLength(options.owners - 1)
      expect(owners.asked.payments[0]!.summary).toMatchObject({ costsSats: owners.plan.fee, warnings: ['FOREIGN_INPUTS'] })
    },
    60_000,
  )

  it.each<[string, string, boolean, (around: { vanish(): void }) => Others]>([
    ['whose other owner does not want it proven', 'missed', false, () => ({ prove: ({ reject }) => reject('no') })],
    ['whose other owner does not answer', 'missed', true, () => ({ prove: () => {} })],
    [
      'whose other owner vanishes while it is proven',
      'missed',
      true,
      ({ vanish }) => ({ prove: ({ accept }) => acceptAnd(accept, vanish) }),
    ],
    ['whose other owner does not sign', 'unsigned', false, () => ({ sign: ({ reject }) => reject('no') })],
    [
      'whose other owner vanishes while it is signed',
      'unsigned',
      true,
      ({ vanish }) => ({ sign: ({ accept }) => acceptAnd(accept, vanish) }),
    ],
    ['whose other owner has our part of the signature, and fails', 'unsigned', true, () => ({ fails: true })],
    ['whose other owner says nothing when it is to sign', 'unsigned', true, () => ({ sign: () => {} })],
  ])(
    '%s ends for its wallet alone, with its name, and the others mix',
    async (_, fault, retryable, others) => {
      const { mix, owners, wallets, chain } = await mixOfFive({}, others)
      const [own, ...rest] = await mix(4)
      expect(own).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'MIX_FAILED',
          details: { reason: 'COSIGNER_FAILED', coin: coinName(owners.coin), cosigners: [owners.peers[1]!.peerId], retryable },
        },
      })
      expect(rest.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
      expect(chain.transactions).toHaveLength(1)
      expect(chain.lookup(owners.coin)).toBeDefined()
      // Of the five the one with that coin is named, and nobody else; its coin alone is refused, if it was proven.
      const names = new Set(
        wallets
          .slice(1)
          .flatMap(({ progress }) => progress.flatMap(({ named }) => named.map((each) => `${each.peerId} ${each.fault}`))),
      )
      expect(names.size).toBe(1)
      expect([...names][0]).toMatch(new RegExp(` ${fault}$`))
      for (const { mixer } of wallets.slice(1)) {
        const bans = await mixer.bans()
        expect(bans.map(coinName)).toEqual(fault === 'missed' ? [] : [coinName(owners.coin)])
      }
      // Nothing of ours is out that could still pay, unless our part of the signature is.
      const { coinLocked } = (own as PromiseRejectedResult).reason.details
      expect(coinLocked).toBe(_.includes('has our part'))
    },
    60_000,
  )

  it('that is asked to cost more than the plan says is not signed by its other owner', async () => {
    const { mix, owners, chain } = await mixOfFive()
    // The first owner's wallet pays to scripts that the other does not know: to itself, say.
    owners.known.push = () => 0
    const [own] = await mix(4)
    expect(own).toMatchObject({ status: 'rejected', reason: { details: { reason: 'COSIGNER_FAILED' } } })
    expect(owners.asked.payments[0]!.summary.costsSats).toBe(owners.coin.sats)
    expect(chain.lookup(owners.coin)).toBeDefined()
  }, 60_000)
})
