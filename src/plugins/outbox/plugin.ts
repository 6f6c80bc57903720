import { OUTBOX_LIMITS } from '../../base/limits/outbox.js'
import type { Plugin } from '../../core/plugin.js'
import { queueOf } from './queue.js'

/**
 * Keeps messages for peers that are away: what `sendTo` accepts with `queue: true` waits for its peer, up to its `ttl`.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [outbox()] })
 * const { outcome } = await wallet.sendTo(bob, { type: 'invoice', payload }, { queue: true, ttl: 3_600 })
 */
export function outbox(): Plugin {
  return {
    name: 'outbox',
    limits: OUTBOX_LIMITS,
    attach(kit) {
      const { clock, limits } = kit
      kit.setQueue((host) => queueOf(host, clock, limits))
      return {}
    },
  }
}
