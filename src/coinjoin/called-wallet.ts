import { isP2PError } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { type MixFailure, mixFailed } from './errors.js'
import type { MixWallet } from './wallet.js'

/** The wallet as a mix calls it: what its callbacks throw is a failure of the mix, with the cause. */
export function calledWallet(wallet: MixWallet): MixWallet {
  const called =
    <A extends unknown[], R>(name: keyof MixWallet, reason: MixFailure = 'WALLET_FAILED') =>
    async (...args: A): Promise<R> => {
      try {
        return await (wallet[name] as unknown as (...given: A) => Promise<R>)(...args)
      } catch (cause) {
        if (isP2PError(cause, 'MIX_FAILED')) throw cause
        throw mixFailed(`The wallet's ${name} has failed.`, { reason }, cause)
      }
    }
  return {
    lookup: called('lookup'),
    freshScripts: called('freshScripts'),
    proveOwnership: called('proveOwnership', 'SIGNER_FAILED'),
    signInputs: called('signInputs', 'SIGNER_FAILED'),
    broadcast: called('broadcast'),
    tip: called('tip'),
    blockHash: called('blockHash'),
    // Nobody waits for it.
    onScripts: (...args) => fenced(() => wallet.onScripts?.(...args)),
  }
}
