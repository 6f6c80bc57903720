// Proofs that a coin of several owners is theirs: what a request of the second kind signs, who is asked, and how it ends.
import { sha256 } from '@noble/hashes/sha2.js'
import { afterEach, describe, expect, it } from 'vitest'
import vectors from '../../docs/vectors/musig2-ownership.json' with { type: 'json' }
import { hexOf } from '../../src/base/bytes.js'
import type { P2PError } from '../../src/base/errors.js'
import {
  answerCoinProofs,
  coinProofs,
  type PendingOwnership,
  type ProveCoinOptions,
  proveCoin,
} from '../../src/coinjoin/coin-proofs.js'
import { bytesOfOwnership } from '../../src/coinjoin/ownership-request.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { ownershipHash } from '../../src/lotus/ownership.js'
import { sighashOf } from '../../src/lotus/sighash.js'
import { schnorrVerify } from '../../src/lotus/verify-schnorr.js'
import { encode } from '../../src/message/codec.js'
import { aggregateKeys } from '../../src/musig2/keyset.js'
import { bytesOfRequest, readRequest } from '../../src/musig2/request.js'
import { isPayment, readAny as readKind } from '../../src/musig2/request-kind.js'
import { type SignerPort, serveSigner, workerSigner } from '../../src/musig2/signer-port.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'
import type { TestNetwork } from '../../src/testing/test-network.js'
import { identityOf, keysOf, paymentOf, secretOf, tableOf } from '../musig2/network.js'
import { drawing, signTogether, walletsOf } from '../musig2/wallets.js'

let net: TestNetwork | undefined
afterEach(async () => {
  await net?.stop()
  net = undefined
})

const readAny = (bytes: Uint8Array) => readKind(bytes, coinProofs())

const failed = (promise: Promise<unknown>): Promise<P2PError> =>
  promise.then(
    () => expect.fail('It should have failed.'),
    (error) => error,
  )

/** A coin of the table's keyset, and a round for it. */
function claimOf(count: number, taproot = false, seed = 1) {
  const draw = drawing(seed)
  const keyset = { keys: keysOf(count), taproot }
  const key = aggregateKeys(keyset)
  const coin = { txid: draw(32), index: 3, sats: 1_234_567n, script: key.script }
  const [rosterHash, member] = [draw(32), draw(32)]
  const { script: _, ...claim } = { ...coin, rosterHash, member }
  return { keyset, key, coin, rosterHash, member, claim, message: ownershipHash(rosterHash, member, coin) }
}

/** Wallets that prove together: the first one asks. */
async function owners(count: number, options: Parameters<typeof tableOf>[1] = {}) {
  const table = await tableOf(count, options)
  net = table.net
  const asked: PendingOwnership[] = []
  const listen = (member: number, answer: (request: PendingOwnership) => unknown = (request) => request.accept()) =>
    answerCoinProofs(table.wallets[member]!.musig2, (request) => {
      asked.push(request)
      Promise.resolve(answer(request)).catch(() => {})
    })
  const prove = (taproot = false, changes: Partial<ProveCoinOptions> = {}) => {
    const { keyset, claim } = claimOf(count, taproot)
    return proveCoin(table.wallets[0]!.musig2, { ...claim, keyset, cosigners: table.cosigners, purpose: 'A mix', ...changes })
  }
  return { ...table, asked, listen, prove }
}

describe('the owners of a coin', () => {
  it.each([
    [2, false],
    [2, true],
    [3, false],
  ])('%i of them prove it together, Taproot %s, and see the coin and its round', async (count, taproot) => {
    const { net, ids, asked, listen, prove, wallets, blamed } = await owners(count)
    for (let member = 1; member < count; member++) listen(member)
    const proof = await net.run(prove(taproot))
    const { key, coin, rosterHash, member, message } = claimOf(count, taproot)
    expect(schnorrVerify(proof, message, key.publicKey)).toBe(true)
    expect(asked).toHaveLength(count - 1)
    for (const { from, summary } of asked) {
      expect(from).toBe(ids[0])
      expect(summary).toMatchObject({ coin, rosterHash, member: encodePeerId(member), purpose: 'A mix' })
      expect(summary.members.map(({ peerId }) => peerId)).toEqual(ids)
    }
    // It leaves nothing behind: no request, no snapshot, nothing in the store, no lock.
    for (const { musig2 } of wallets) {
      expect([musig2.requests(), musig2.sessions]).toEqual([[], []])
      expect(await net.run(musig2.history())).toEqual([])
    }
    expect(blamed.flat()).toEqual([])
  })

  it('have another proof for each round, member and coin, and none holds for another', async () => {
    const { net, listen, prove } = await owners(2)
    listen(1)
    const { key, coin, rosterHash, member } = claimOf(2)
    const others = [
      ownershipHash(new Uint8Array(32), member, coin),
      ownershipHash(rosterHash, new Uint8Array(32), coin),
      ownershipHash(rosterHash, member, { ...coin, sats: coin.sats + 1n }),
      ownershipHash(rosterHash, member, { ...coin, index: 4 }),
    ]
    const proof = await net.run(prove())
    for (const message of others) expect(schnorrVerify(proof, message, key.publicKey)).toBe(false)
    const again = await net.run(prove(false, { rosterHash: new Uint8Array(32) }))
    expect(schnorrVerify(again, others[0]!, key.publicKey)).toBe(true)
  })

  it('that do not listen for proofs are asked nothing, and it is refused at once', async () => {
    const { net, prove, wallets } = await owners(2)
    const requests: unknown[] = []
    wallets[1]!.musig2.on('request', (request) => void requests.push(request))
    const before = net.clock.now()
    expect(await net.run(failed(prove()))).toMatchObject({
      code: 'SIGNING_FAILED',
      details: { reason: 'REJECTED', members: [wallets[1]!.peerId] },
    })
    expect(requests).toEqual([])
    expect(net.clock.now() - before).toBeLessThan(1_000)
  })

  it('that do not want it end it at once, by their ids', async () => {
    const { net, listen, prove, ids, blamed } = await owners(3)
    listen(1)
    listen(2, ({ reject }) => reject('not in this round'))
    const error = await net.run(failed(prove()))
    expect(error.details).toMatchObject({ reason: 'REJECTED', members: [ids[2]], note: 'not in this round' })
    expect(blamed.flat()).toEqual([])
  })

  it('that are asked and say nothing let it end in its time, and nobody is blamed', async () => {
    const { net, listen, prove, ids, blamed } = await owners(2)
    listen(1, () => {})
    const before = net.clock.now()
    const error = await net.run(failed(prove(false, { ttlMs: 5_000 })))
    expect(error.details).toMatchObject({ reason: 'NOT_ALL_ACCEPTED', members: [ids[1]], retryable: true })
    expect(net.clock.now() - before).toBeLessThan(6_000)
    expect(blamed.flat()).toEqual([])
  })

  it.each([2, 7, 12, 17, 22])(
    'of which one vanishes after %i ms have it or fail in its time, and nobody is blamed',
    async (ms) => {
      const { net, listen, prove, ids, blamed } = await owners(2)
      listen(1)
      const proving = prove(false, { ttlMs: 5_000 }).then(
        (proof) => proof.length,
        (error) => error,
      )
      const before = net.clock.now()
      await net.clock.advance(ms)
      net.network.vanish('peer2')
      const end = await net.run(proving)
      if (end !== 64) {
        expect(end).toMatchObject({ code: 'SIGNING_FAILED', details: { retryable: true, members: [ids[1]] } })
        expect(net.clock.now() - before).toBeLessThan(6_000)
      }
      expect(blamed.flat()).toEqual([])
    },
  )

  it('of which one gives a part that does not hold: exactly it is blamed, by its id', async () => {
    const flipped = (value: Uint8Array) => value.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
    const say = (phase: string, value: Uint8Array) => [phase === 'partial' ? flipped(value) : value]
    const { net, prove, ids, blamed } = await owners(2, { hostile: (member) => (member === 1 ? { say } : undefined) })
    const error = await net.run(failed(prove()))
    expect(error.details).toMatchObject({ reason: 'INVALID_PARTIAL', blamed: [ids[1]] })
    expect(blamed[0]!.map(([peerId]) => peerId)).toEqual([ids[1]])
  })

  it('are cancelled by a signal', async () => {
    const { net, listen, prove, asked, wallets } = await owners(2)
    listen(1, () => {})
    const cancel = new AbortController()
    const error = failed(prove(false, { signal: cancel.signal }))
    await net.clock.advance(1_000)
    cancel.abort()
    expect(await net.run(error)).toMatchObject({ details: { reason: 'CANCELLED' } })
    await net.clock.advance(1_000)
    await expect(net.run(asked[0]!.accept())).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    expect(wallets[1]!.musig2.requests()).toEqual([])
  })
})

describe('a proof', () => {
  const content = (draw = drawing(7)) => {
    const { keyset, claim } = claimOf(2)
    const members = keyset.keys.map((walletKey) => ({ walletKey, networkKey: draw(32) }))
    return { id: draw(16), expiresAt: 1_800_000_000_000, purpose: '', members, keysets: [keyset], claim }
  }

  it('is a signature of its own hash alone: no transaction has that as what is signed', () => {
    const { message } = claimOf(2)
    const bytes = bytesOfOwnership(content())
    const read = readAny(bytes)
    expect(read.sighashes.map(hexOf)).toEqual([hexOf(message)])
    // Whatever transaction spends the coin, it is signed by another hash, of another form: twice SHA-256, and the second time of 32 bytes.
    for (let seed = 1; seed <= 20; seed++) {
      const { transaction, spent } = paymentOf(2, { seed })
      for (const type of [0x41, 0x61] as const) expect(hexOf(sighashOf(transaction, 0, spent, type))).not.toBe(hexOf(message))
    }
  })

  it('is read by its kind alone: the bytes of one kind are no request of the other', () => {
    const proof = bytesOfOwnership(content())
    const { transaction, spent, keyset } = paymentOf(2)
    const { id, expiresAt, purpose, members } = content()
    const sign = [{ input: 0, type: 0x41 as const, keyset: 0 }]
    const payment = bytesOfRequest({ id, expiresAt, purpose, members, keysets: [keyset], transaction, spent, sign })
    const swapped = (bytes: Uint8Array, kind: number) => bytes.map((byte, i) => (i === 1 ? kind : byte))
    for (const bytes of [swapped(proof, 1), swapped(payment, 2)])
      expect(() => readAny(bytes)).toThrow(
        expect.objectContaining({ details: expect.objectContaining({ reason: 'INVALID_REQUEST' }) }),
      )
    expect(() => readRequest(proof)).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }))
    expect(isPayment(readAny(payment))).toBe(true)
  })

  it('has a form, and what has another names its part', () => {
    const good = content()
    const wrong: [string, object][] = [
      ['rosterHash', { rosterHash: new Uint8Array(31) }],
      ['member', { member: new Uint8Array(33) }],
      ['coin.0', { txid: new Uint8Array(31) }],
      ['coin.1', { index: -1 }],
      ['coin.1', { index: 2 ** 32 }],
      ['coin.2', { sats: -1n }],
      ['coin.2', { sats: 2n ** 63n }],
    ]
    for (const [field, change] of wrong) {
      const bytes = bytesOfOwnership({ ...good, claim: { ...good.claim, ...change } })
      expect(() => readAny(bytes)).toThrow(expect.objectContaining({ details: expect.objectContaining({ field }) }))
    }
    const twice = { ...good, members: [good.members[0]!, { ...good.members[1]!, networkKey: good.members[0]!.networkKey }] }
    expect(() => readAny(bytesOfOwnership(twice))).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }))
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0x99, 2), encode([2])])
      expect(() => readAny(bytes)).toThrow(expect.objectContaining({ code: 'SIGNING_FAILED' }))
  })

  it('is given by a signer in a worker only where coinProofs asks and hears yes, which a payment never asks', async () => {
    const request = bytesOfOwnership({
      ...content(),
      members: keysOf(2).map((walletKey, i) => ({ walletKey, networkKey: identityOf(i).publicKey })),
    })
    const prove = { request, networkKey: identityOf(0).publicKey, fresh: new Uint8Array(16) }
    const session = '7'.repeat(64)
    for (const answer of [true, false, undefined, 'none'] as const) {
      const asked: unknown[] = []
      const { port1, port2 } = new MessageChannel()
      const approve = async (summary: unknown) => {
        asked.push(summary)
        return answer === true
      }
      const other = answer === undefined ? coinProofs() : coinProofs(approve)
      serveSigner(port2 as unknown as SignerPort, softwareSigner({ secretKeys: [secretOf(0)], other }), {
        approve: async () => expect.fail('It is no payment.'),
        ...(answer !== 'none' && { other }),
      })
      const signer = await workerSigner(port1 as unknown as SignerPort)
      if (answer === true) {
        expect(await signer.prove(prove)).toHaveLength(1)
        expect(await signer.createNonces({ session, request })).toHaveLength(1)
        expect(asked).toMatchObject([{ coin: { sats: 1_234_567n } }])
      } else {
        const reason = answer === 'none' ? 'SIGNER_FAILED' : 'REJECTED'
        await expect(signer.prove(prove)).rejects.toMatchObject({ details: { reason } })
        await expect(signer.createNonces({ session, request })).rejects.toMatchObject({ details: { reason } })
      }
      port1.close()
    }
  })

  it('is given by no signer that has not been told of proofs', async () => {
    const signer = softwareSigner({ secretKeys: [secretOf(0)] })
    const request = bytesOfOwnership(content())
    const refused = { code: 'SIGNING_FAILED', details: { reason: 'INVALID_REQUEST', field: 'version' } }
    await expect(signer.createNonces({ session: '7'.repeat(64), request })).rejects.toMatchObject(refused)
  })

  it('and a payment share no nonce: a session that was begun for the one signs the one alone', async () => {
    const wallets = walletsOf({ signers: 2, seed: 3 })
    const { members, keysets } = wallets.content
    const claim = { ...claimOf(2).claim, sats: 5n }
    const proof = bytesOfOwnership({ ...wallets.content, members, keysets, claim })
    const session = '5'.repeat(64)
    const nonces = await Promise.all(wallets.signers.map((signer) => signer.createNonces({ session, request: proof })))
    await expect(signTogether(wallets, session)).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    const parts = await wallets.signers[0]!.signPartials({ session, nonces: [nonces.map(([first]) => first!)] })
    expect(parts).toHaveLength(1)
  })
})

it.each(vectors)(
  'a proof of docs/vectors/musig2-ownership.json is of the hash that a library of others finds, and holds: Taproot $taproot',
  (vector) => {
    const bytes = (digits: string) => Uint8Array.from(Buffer.from(digits, 'hex'))
    const read = readAny(bytes(vector.request))
    expect(hexOf(read.hash)).toBe(vector.requestHash)
    expect(read.keys.map(({ script, publicKey }) => [hexOf(script), hexOf(publicKey)])).toEqual([
      [vector.script, vector.publicKey],
    ])
    // The hash by a library of others, from the fields of the document.
    const tag = sha256(new TextEncoder().encode('lotus-p2p/coinjoin/ownership/1'))
    const paid = Buffer.alloc(12)
    paid.writeUInt32LE(vector.index)
    paid.writeBigUInt64LE(BigInt(vector.sats), 4)
    const parts = [vector.rosterHash, vector.member, vector.txid, hexOf(paid), vector.script].map(bytes)
    expect(hexOf(sha256(Buffer.concat([tag, tag, ...parts])))).toBe(vector.message)
    expect(read.sighashes.map(hexOf)).toEqual([vector.message])
    expect(schnorrVerify(bytes(vector.proof), bytes(vector.message), bytes(vector.publicKey))).toBe(true)
  },
)
