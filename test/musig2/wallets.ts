import { coinProofs } from '../../src/coinjoin/coin-proofs.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { SIGHASH_FORKID, SIGHASH_LOTUS } from '../../src/lotus/sighash.js'
import { proveSpent, type SpentOutput } from '../../src/lotus/spent.js'
import { rootsOf, type Transaction, type TransactionOutput, txidOf } from '../../src/lotus/transaction.js'
import { combine, type SignedTransaction } from '../../src/musig2/combine.js'
import type { Aggregation } from '../../src/musig2/key-agg.js'
import { aggregateKeys, type Keyset } from '../../src/musig2/keyset.js'
import { encodeRequest, type RequestContent, readRequest } from '../../src/musig2/request.js'
import type { MuSig2Signer } from '../../src/musig2/signer.js'
import { softwareSigner } from '../../src/musig2/software-signer.js'

/** Numbers that repeat: of a test's seed. */
export function drawing(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0
  return (length) =>
    Uint8Array.from({ length }, () => {
      // Numerical Recipes' linear congruential generator.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state >>> 24
    })
}

export interface Payment {
  signers: number
  seed: number
  taproot?: boolean
  aggregation?: Aggregation
  /** Inputs to sign; each spends an output of another transaction. */
  inputs?: number
  type?: typeof SIGHASH_FORKID | typeof SIGHASH_LOTUS
}

export interface Wallets {
  secretKeys: Uint8Array[]
  signers: MuSig2Signer[]
  keyset: Keyset
  content: RequestContent
  request: Uint8Array
  spent: SpentOutput[]
}

/** So many wallets with a keyset, and a payment of it that is not signed yet. */
export function walletsOf({ signers: count, seed, taproot = false, aggregation, inputs = 1, type }: Payment): Wallets {
  const draw = drawing(seed)
  const secretKeys = Array.from({ length: count }, () => draw(32))
  const keyset: Keyset = { keys: secretKeys.map(publicKeyOf), taproot, ...(aggregation && { aggregation }) }
  const { script } = aggregateKeys(keyset)
  const funding = (i: number): Transaction => {
    const paid: TransactionOutput = { sats: 1_000_000n + BigInt(i), script }
    const other: TransactionOutput = { sats: 5_000n, script: Uint8Array.from([0x6a, i & 0x7f]) }
    const source = { txid: draw(32), index: i, script: Uint8Array.of(0x51), sequence: 0xffffffff }
    return {
      version: 2,
      inputs: [source],
      outputs: Array.from({ length: 1 + (i % 3) }, (_, n) => (n === i % 3 ? paid : other)),
      locktime: 0,
    }
  }
  const fundings = Array.from({ length: inputs }, (_, i) => funding(i))
  const spent = fundings.map((each, i) => proveSpent(each, i % 3))
  const transaction: Transaction = {
    version: 2,
    inputs: fundings.map((each, i) => ({
      txid: txidOf(rootsOf(each)),
      index: i % 3,
      script: new Uint8Array(0),
      sequence: 0xffffffff,
    })),
    outputs: [
      { sats: 600_000n, script: Uint8Array.from([0x76, 0xa9, 0x14, ...draw(20), 0x88, 0xac]) },
      { sats: BigInt(inputs) * 1_000_000n - 602_000n, script },
    ],
    locktime: 0,
  }
  const content: RequestContent = {
    id: draw(16),
    expiresAt: 1_800_000_000_000,
    purpose: 'Rent, March',
    members: keyset.keys.map((walletKey) => ({ networkKey: draw(32), walletKey })),
    keysets: [keyset],
    transaction,
    spent,
    sign: fundings.map((_, input) => ({ input, type: type ?? (taproot ? SIGHASH_LOTUS : SIGHASH_FORKID), keyset: 0 })),
  }
  const random = drawing(seed ^ 0x5eed)
  const signers = secretKeys.map((key) => softwareSigner({ secretKeys: [key], other: coinProofs(), random }))
  return { secretKeys, signers, keyset, content, request: encodeRequest(content), spent }
}

/** Signs in one room: what the protocol does over a network. */
export async function signTogether({ signers, request }: Wallets, session: string): Promise<SignedTransaction> {
  const read = readRequest(request)
  const nonces = await Promise.all(signers.map((signer) => signer.createNonces({ session, request })))
  const byInput = read.sign.map((_, i) => nonces.map((all) => all[i]!))
  const partials = await Promise.all(signers.map((signer) => signer.signPartials({ session, nonces: byInput })))
  const combined = await combine(read, nonces, partials)
  if (combined.culprits !== undefined) throw new Error(`The parts of ${combined.culprits.join()} do not hold.`)
  return combined.signed
}
