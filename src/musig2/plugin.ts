import { MUSIG2_LIMITS } from '../base/limits/musig2.js'
import type { Plugin } from '../core/plugin.js'
import type { Statements } from '../statements/statements.js'
import { MuSig2 } from './musig2.js'
import type { MuSig2Options } from './musig2-options.js'

/**
 * Signs transactions together with other wallets: `wallet.musig2`. It needs `statements()` before it.
 *
 * @example
 * const signer = workerSigner(new Worker(new URL('worker.js', import.meta.url), { type: 'module' }))
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], store, plugins: [statements(), musig2({ signer, contacts: [bob] })] })
 */
export function musig2(options: MuSig2Options): Plugin<{ musig2: MuSig2 }> {
  return {
    name: 'musig2',
    needs: ['statements'],
    limits: MUSIG2_LIMITS,
    attach: (kit) => ({ musig2: new MuSig2(kit, (kit.plugin('statements') as { statements: Statements }).statements, options) }),
  }
}
