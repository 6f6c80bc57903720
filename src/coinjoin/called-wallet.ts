import type { Clock } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import { fenced } from '../base/fenced.js'
import { withDeadline } from '../base/wait.js'
import { mixFailed } from './errors.js'
import type { MixWallet } from './wallet.js'

/** Callbacks of the wallet's signer. */
const SIGNING: readonly PropertyKey[] = ['proveOwnership', 'signInputs']
/** A little less than the others wait for what comes of it, and for signatures: who takes longer is told why it has no part in the round. */
const ANSWER_MS = 27_000
const SIGN_MS = 42_000

/**
 * The wallet as a mix calls it: what its callbacks throw, and one that does not answer, is a failure of the mix, with the cause.
 *
 * @param signal of the mix: no callback is waited for when it has fired.
 */
export function calledWallet(wallet: MixWallet, clock: Clock, signal: AbortSignal): MixWallet {
  const called =
    (name: Exclude<keyof MixWallet, 'onScripts'>) =>
    async (...args: unknown[]): Promise<unknown> => {
      const call = async () => (wallet[name] as (...given: unknown[]) => unknown).apply(wallet, args)
      try {
        return await withDeadline(
          clock,
          `The wallet's ${name}`,
          { signal, timeoutMs: name === 'signInputs' ? SIGN_MS : ANSWER_MS },
          call,
        )
      } catch (cause) {
        if (isP2PError(cause, 'MIX_FAILED') || signal.aborted) throw cause
        const reason = SIGNING.includes(name) ? 'SIGNER_FAILED' : 'WALLET_FAILED'
        throw mixFailed(reason, `The wallet's ${name} has failed.`, {}, cause)
      }
    }
  return new Proxy(wallet, {
    // Nobody waits for what `onScripts` does with it.
    get: (_, name: keyof MixWallet) =>
      name === 'onScripts'
        ? (...told: Parameters<NonNullable<MixWallet['onScripts']>>) => fenced(() => wallet.onScripts?.(...told))
        : called(name),
  })
}
