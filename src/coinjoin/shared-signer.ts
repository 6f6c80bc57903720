import { isP2PError } from '../base/errors.js'
import { proveSpent, type SpentOutput } from '../lotus/spent.js'
import { decodeTransaction } from '../lotus/transaction.js'
import type { SigningFailureDetails } from '../musig2/errors.js'
import type { Keyset } from '../musig2/keyset.js'
import type { MuSig2 } from '../musig2/musig2.js'
import { proveCoin } from './coin-proofs.js'
import { type Coin, coinName, keyOfCoin, type Outpoint } from './coins.js'
import { mixFailed } from './errors.js'
import { sighashTypeOf } from './mix-transaction.js'
import { checkPayment } from './payment.js'
import type { MixWallet } from './wallet.js'

/** Time for the other owners to prove a coin, and to sign: a little less than the round waits for it. */
const PROVE_MS = 25_000
const SIGN_MS = 40_000

/** Options of `sharedMixSigner`. */
export interface SharedMixSignerOptions {
  /** Of the wallet's usual coordinator: the round knows nothing of it. */
  musig2: MuSig2
  /** Whose keys a coin is paid to. All coins of a plan have the same owners, at the same places. */
  keysetOf(coin: Coin): Promise<Keyset>
  /** `lp1…` ids of the other owners, by their wallet keys of the keyset: 66 hex digits each. */
  cosigners: Readonly<Record<string, string>>
  /** The bytes of the transaction that has paid a coin. Needed for P2PKH coins: it shows the other owners what the coin is worth. */
  transactionOf?(coin: Outpoint): Promise<Uint8Array>
  /** Words for the users of the other owners. Default: 'CoinJoin'. */
  purpose?: string
}

/**
 * The signing half of a wallet whose coins have several owners: each proof of a coin, and each transaction, is signed with all of them by MuSig2. They have 25 s and
 * 40 s for it, so they should be there before the mix begins, and have decided of it.
 *
 * @throws P2PError, its functions: MIX_FAILED, reason COSIGNER_FAILED with `details.coin`, `details.cosigners` and the cause, where another owner refuses or does not answer;
 *   SIGNER_FAILED for a transaction that does not pay what the plan says.
 * @example
 * const wallet: MixWallet = { ...chain, ...sharedMixSigner({ musig2: peer.musig2, keysetOf: async () => keyset, cosigners: { [bobsKey]: bob } }) }
 */
export function sharedMixSigner(options: SharedMixSignerOptions): Pick<MixWallet, 'proveOwnership' | 'signInputs'> {
  const { musig2, keysetOf, cosigners, transactionOf, purpose = 'CoinJoin' } = options
  const asked = { cosigners, purpose }
  return {
    async proveOwnership({ coin, rosterHash, member }) {
      const keyset = await keysetOf(coin)
      return signed(coin, proveCoin(musig2, { ...asked, ...coin, rosterHash, member, keyset, ttlMs: PROVE_MS }))
    },
    async signInputs(input) {
      const { inputs, plan, transaction } = input
      const { inputs: all } = checkPayment(input)
      const spent: SpentOutput[] = [...input.spent]
      const coins = inputs.map((at) => plan.coins.find((each) => coinName(each) === coinName(all[at]!))!)
      const types = coins.map((coin) => sighashTypeOf(keyOfCoin(coin)!.kind))
      for (const [i, coin] of coins.entries())
        if (transactionOf) spent[inputs[i]!] = proveSpent(decodeTransaction(await transactionOf(coin)), coin.index)
      const keyset = await Promise.all(coins.map(keysetOf))
      const sign = inputs.map((at, i) => ({ input: at, type: types[i]!, keyset: i }))
      const found = await signed(coins[0]!, musig2.sign({ ...asked, transaction, spent, keyset, sign, ttlMs: SIGN_MS }))
      const done = decodeTransaction(found.transaction)
      // Each script begins with the length of the signature and its type.
      return inputs.map((at) => done.inputs[at]!.script.slice(1, 65))
    },
  }
}

/** Says for the round what has become of a request, by the coin that it was for. */
async function signed<T>(coin: Coin, request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (cause) {
    if (!isP2PError(cause, 'SIGNING_FAILED')) throw cause
    const { members, retryable, mayStillComplete = false } = cause.details as unknown as SigningFailureDetails
    const details = { coin: coinName(coin), cosigners: members, retryable, mayStillComplete }
    throw mixFailed('COSIGNER_FAILED', 'The other owners of a coin have not signed.', details, cause)
  }
}
