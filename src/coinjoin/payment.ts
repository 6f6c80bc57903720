import { equalBytes } from '../base/bytes.js'
import { decodeTransaction, sumOf, type Transaction } from '../lotus/transaction.js'
import { type Coin, coinName } from './coins.js'
import { signerFailed } from './errors.js'
import type { SignInputsInput } from './wallet.js'

/**
 * What a signer has to see before it signs: that the transaction spends the plan's coins and nothing else of ours, and pays what the plan says to our own scripts.
 *
 * @returns the transaction.
 * @throws P2PError MIX_FAILED, reason SIGNER_FAILED, where it does not; INVALID_TRANSACTION for what is none.
 * @example
 * signInputs: async (input) => sign(checkPayment(input), input.inputs)
 */
export function checkPayment({ transaction: encoded, spent, inputs, plan, mixed, change }: SignInputsInput): Transaction {
  const transaction = decodeTransaction(encoded)
  const { version, locktime, inputs: all, outputs } = transaction
  if (version !== 2 || locktime !== 0 || spent.length !== all.length) throw signerFailed('The transaction has another form.')
  const isSpent = (coin: Coin) =>
    inputs.some((at) => {
      const [input, said] = [all[at], spent[at]]
      return (
        input && said && coinName(input) === coinName(coin) && said.sats === coin.sats && equalBytes(said.script, coin.script)
      )
    })
  if (inputs.length !== plan.coins.length || !plan.coins.every(isSpent)) throw signerFailed('It spends other coins.')
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
  if (!isPaid) throw signerFailed('It does not pay what the plan says.')
  const paid = BigInt(plan.outputs) * denomination + (plan.change?.sats ?? 0n)
  if (sumOf(plan.coins as Coin[]) - paid !== plan.fee) throw signerFailed('It costs more than the plan says.')
  return transaction
}
