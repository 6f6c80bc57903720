import { equalBytes } from '../base/bytes.js'
import { publicKeyOf } from '../lotus/curve.js'
import { ownershipHash } from '../lotus/ownership.js'
import { schnorrSign } from '../lotus/schnorr.js'
import { sighashesOf } from '../lotus/sighash.js'
import { type Coin, coinName, keyOfCoin } from './coins.js'
import { signerFailed } from './errors.js'
import { sighashTypeOf } from './mix-transaction.js'
import { checkPayment } from './payment.js'
import type { MixWallet } from './wallet.js'

export interface SoftwareMixSignerOptions {
  /** The secret key of a coin, 32 bytes; of a Taproot coin the tweaked one. */
  keyOf(coin: Coin): Promise<Uint8Array>
}

/**
 * The signing half of a wallet, in this process: for a worker of yours, for Node, and for tests. It signs a transaction only if it pays what
 * the plan says to the wallet's own scripts.
 *
 * @example
 * const wallet: MixWallet = { ...chain, ...softwareMixSigner({ keyOf: (coin) => keys.of(coin) }) }
 */
export function softwareMixSigner({ keyOf }: SoftwareMixSignerOptions): Pick<MixWallet, 'proveOwnership' | 'signInputs'> {
  const secretOf = async (coin: Coin): Promise<Uint8Array> => {
    const secret = await keyOf(coin)
    const key = keyOfCoin(coin)?.key
    if (key === undefined || !equalBytes(publicKeyOf(secret), key)) throw signerFailed('This is not the key of the coin.')
    return secret
  }
  return {
    async proveOwnership({ coin, rosterHash, member }) {
      return schnorrSign(ownershipHash(rosterHash, member, coin), await secretOf(coin))
    },
    async signInputs(input) {
      const { spent, inputs, plan } = input
      const transaction = checkPayment(input)
      const sighash = sighashesOf(transaction, spent)
      return Promise.all(
        inputs.map(async (at) => {
          const coin = plan.coins.find((each) => coinName(each) === coinName(transaction.inputs[at]!))!
          const type = sighashTypeOf(keyOfCoin(coin)!.kind)
          return schnorrSign(sighash(at, type), await secretOf(coin))
        }),
      )
    },
  }
}
