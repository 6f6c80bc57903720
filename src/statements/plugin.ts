import { STATEMENT_LIMITS } from '../base/limits/statements.js'
import type { Plugin } from '../core/plugin.js'
import { Statements } from './statements.js'

/**
 * Signed statements, evidence of equivocation, and sessions: the toolkit of multi-party protocols.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [statements()] })
 * const session = wallet.statements.join({ protocol: 'dice', session: 'table-7', members })
 */
export function statements(): Plugin<{ statements: Statements }> {
  return {
    name: 'statements',
    limits: STATEMENT_LIMITS,
    attach(kit) {
      const statements = new Statements(kit.identity, { limits: kit.limits })
      kit.registerProtocol(statements)
      kit.onLifecycle({ holds: () => statements.isLive })
      return { statements }
    },
  }
}
