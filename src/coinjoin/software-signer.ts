import { equalBytes } from '../base/bytes.js'
import { publicKeyOf } from '../lotus/curve.js'
import { schnorrSign } from '../lotus/schnorr.js'
import { sighashesOf } from '../lotus/sighash.js'
import { decodeTransaction, sumOf } from '../lotus/transaction.js'
import { type Coin, coinName, keyOfCoin } from './coins.js'
import { mixFailed } from './errors.js'
import { sighashTypeOf } from './mix-transaction.js'
import { ownershipHash } from './registration.js'
import type { MixWallet, SignInputsInput } from './wallet.js'

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
    if (key === undefined || !equalBytes(publicKeyOf(secret), key)) throw refused('This is not the key of the coin.')
    return secret
  }
  return {
    async proveOwnership({ coin, rosterHash, member }) {
      return schnorrSign(ownershipHash(rosterHash, member, coin), await secretOf(coin))
    },
    async signInputs(input) {
      const { spent, inputs, plan } = input
      const transaction = decodeTransaction(input.transaction)
      checkPayment(input, transaction)
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

/** Whether the transaction spends the plan's coins and nothing else of ours, and pays what the plan says. @throws P2PError MIX_FAILED. */
function checkPayment(
  { spent, inputs, plan, mixed, change }: SignInputsInput,
  { version, locktime, inputs: all, outputs }: ReturnType<typeof decodeTransaction>,
): void {
  if (version !== 2 || locktime !== 0 || spent.length !== all.length) throw refused('The transaction has another form.')
  const isSpent = (coin: Coin) =>
    inputs.some((at) => {
      const [input, said] = [all[at], spent[at]]
      return (
        input && said && coinName(input) === coinName(coin) && said.sats === coin.sats && equalBytes(said.script, coin.script)
      )
    })
  if (inputs.length !== plan.coins.length || !plan.coins.every(isSpent)) throw refused('It spends other coins.')
  const paysOnce = (script: Uint8Array, sats: bigint) => {
    const found = outputs.filter((output) => equalBytes(output.script, script))
    return found.length === 1 && found[0]!.sats === sats
  }
  const { denomination } = plan.pool
  const scripts = new Set(mixed.map((script) => script.join()))
  const isPaid =
    scripts.size === plan.outputs &&
    mixed.length === plan.outputs &&
    mixed.every((script) => paysOnce(script, denomination)) &&
    (plan.change === undefined ? change === undefined : change !== undefined && paysOnce(change, plan.change.sats))
  if (!isPaid) throw refused('It does not pay what the plan says.')
  const paid = BigInt(plan.outputs) * denomination + (plan.change?.sats ?? 0n)
  if (sumOf(plan.coins as Coin[]) - paid !== plan.fee) throw refused('It costs more than the plan says.')
}

function refused(message: string) {
  return mixFailed(message, { reason: 'SIGNER_FAILED' })
}
