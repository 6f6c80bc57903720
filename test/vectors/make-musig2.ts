import { writeFileSync } from 'node:fs'
import { bytesToHex as hex } from '@noble/hashes/utils.js'
import { coinProofs } from '../../src/coinjoin/coin-proofs.js'
import { bytesOfOwnership } from '../../src/coinjoin/ownership-request.js'
import { bytesOf, numberOf } from '../../src/lotus/curve.js'
import { addUp, combine } from '../../src/musig2/combine.js'
import { addNonces, makeNonce } from '../../src/musig2/nonces.js'
import { readRequest } from '../../src/musig2/request.js'
import { readAny } from '../../src/musig2/request-kind.js'
import { partialOf, sessionOf } from '../../src/musig2/session-math.js'
import { type Payment, walletsOf } from '../musig2/wallets.js'

// Makes docs/vectors/musig2-lotus.json: `npm run docs:vectors:musig2`. test/musig2/vectors.test.ts holds it against libraries of others.

const CASES: Payment[] = [
  { signers: 2, seed: 1 },
  { signers: 3, seed: 2, taproot: true },
  { signers: 3, seed: 3, inputs: 2 },
  { signers: 3, seed: 4, type: 0x61 },
  { signers: 4, seed: 5, aggregation: 'bip327' },
  { signers: 4, seed: 6, aggregation: 'bip327', taproot: true },
  { signers: 10, seed: 7 },
  { signers: 15, seed: 8, taproot: true },
]

const made = CASES.map(async (payment) => {
  const { secretKeys, keyset, request, spent } = walletsOf(payment)
  const read = readRequest(request)
  const key = read.keys[0]!
  const inputs = read.sign.map(({ input, type }, i) => {
    const made = secretKeys.map((secretKey, member) => {
      const random = new Uint8Array(32).fill(16 * i + member + 1)
      return { random, ...makeNonce({ random, publicKey: keyset.keys[member]!, secretKey, message: read.sighashes[i]! }) }
    })
    const sum = addNonces(made.map(({ nonce }) => nonce))
    const session = sessionOf(key.signingKey, sum, read.sighashes[i]!)
    const secretNonces = made.map(({ secret }) => [hex(bytesOf(secret.first)), hex(bytesOf(secret.second))])
    return {
      input,
      type,
      sighash: hex(read.sighashes[i]!),
      secretNonces,
      nonces: made.map(({ nonce }) => hex(nonce)),
      nonceSum: hex(sum),
      b: hex(bytesOf(session.weight)),
      r: hex(bytesOf(session.nonce.x)),
      negated: session.isNegated,
      e: hex(bytesOf(session.challenge)),
      partials: made.map(({ secret }, member) =>
        hex(partialOf(session, key.places[member]!, numberOf(secretKeys[member]!), secret)),
      ),
    }
  })
  const bytes = (digits: string) => Uint8Array.from(Buffer.from(digits, 'hex'))
  const byMember = (of: 'nonces' | 'partials') => secretKeys.map((_, member) => inputs.map((each) => bytes(each[of][member]!)))
  const combined = await combine(read, byMember('nonces'), byMember('partials'))
  if (combined.signed === undefined) throw new Error(`Members ${combined.culprits.join()} did not sign.`)
  return {
    aggregation: keyset.aggregation ?? 'lotus',
    taproot: payment.taproot ?? false,
    secretKeys: secretKeys.map(hex),
    keys: keyset.keys.map(hex),
    places: key.places,
    coefficients: key.signingKey.aggregated.coefficients.map((each) => hex(bytesOf(each))),
    tweak: hex(bytesOf(key.signingKey.tweak)),
    publicKey: hex(key.publicKey),
    script: hex(key.script),
    spent: spent.map(({ sats, script }) => ({ sats: String(sats), script: hex(script) })),
    request: hex(request),
    requestHash: hex(read.hash),
    inputs,
    transaction: hex(combined.signed.transaction),
    txid: combined.signed.txid,
  }
})
/** Proofs that a coin of several owners is theirs, for a round of a mix. */
const proven = [
  { signers: 2, seed: 21 },
  { signers: 3, seed: 22, taproot: true },
].map(async (payment) => {
  const { signers, secretKeys, keyset, content } = walletsOf(payment)
  const { id, expiresAt, purpose, members, keysets } = content
  const { txid } = content.transaction.inputs[0]!
  const claim = { txid, index: 1, sats: 1_000_309n, rosterHash: new Uint8Array(32).fill(7), member: new Uint8Array(32).fill(9) }
  const request = bytesOfOwnership({ id, expiresAt, purpose, members, keysets, claim })
  const read = readAny(request, coinProofs())
  const session = 'ab'.repeat(32)
  const nonces = await Promise.all(signers.map((signer) => signer.createNonces({ session, request })))
  const sums = [addNonces(nonces.map(([nonce]) => nonce!))]
  const parts = await Promise.all(
    signers.map((signer) => signer.signPartials({ session, nonces: [nonces.map(([nonce]) => nonce!)] })),
  )
  const { signatures } = await addUp(read, nonces, parts, sums)
  return {
    taproot: payment.taproot ?? false,
    secretKeys: secretKeys.map(hex),
    keys: keyset.keys.map(hex),
    publicKey: hex(read.keys[0]!.publicKey),
    script: hex(read.keys[0]!.script),
    txid: hex(txid),
    index: claim.index,
    sats: String(claim.sats),
    rosterHash: hex(claim.rosterHash),
    member: hex(claim.member),
    request: hex(request),
    requestHash: hex(read.hash),
    message: hex(read.sighashes[0]!),
    nonces: nonces.map(([nonce]) => hex(nonce!)),
    partials: parts.map(([part]) => hex(part!)),
    proof: hex(signatures![0]!),
  }
})
writeFileSync('docs/vectors/musig2-ownership.json', `${JSON.stringify(await Promise.all(proven), null, 2)}\n`)
writeFileSync('docs/vectors/musig2-lotus.json', `${JSON.stringify(await Promise.all(made), null, 2)}\n`)
