import { isP2PError } from '../base/errors.js'
import { mixFailed } from './errors.js'
import type { MixWallet } from './wallet.js'

/** Callbacks of the wallet's signer. */
const SIGNING: readonly PropertyKey[] = ['proveOwnership', 'signInputs']

/** The wallet as a mix calls it: what its callbacks throw is a failure of the mix, with the cause. */
export function calledWallet(wallet: MixWallet): MixWallet {
  return new Proxy(wallet, {
    get:
      (_, name: keyof MixWallet) =>
      async (...args: unknown[]): Promise<unknown> => {
        try {
          return await (wallet[name] as ((...given: unknown[]) => unknown) | undefined)?.call(wallet, ...args)
        } catch (cause) {
          if (isP2PError(cause, 'MIX_FAILED')) throw cause
          // Nobody waits for what `onScripts` does with it.
          if (name === 'onScripts') return undefined
          throw mixFailed(
            `The wallet's ${name} has failed.`,
            { reason: SIGNING.includes(name) ? 'SIGNER_FAILED' : 'WALLET_FAILED' },
            cause,
          )
        }
      },
  })
}
