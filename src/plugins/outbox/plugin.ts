import { OUTBOX_LIMITS } from '../../base/limits/outbox.js'
import { coreOf } from '../../core/core.js'
import type { Plugin, PluginKit } from '../../core/plugin.js'
import type { Outbox } from './outbox.js'
import { OutboxQueue } from './queue.js'

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
      const core = coreOf(kit)
      core.network.queue = new OutboxQueue(core, kit.limits)
      return {}
    },
  }
}

/** The outbox of the coordinator that a plugin is attached to; there, where the plugin needs 'outbox'. */
export function outboxOf(kit: PluginKit): Outbox {
  return (coreOf(kit).network.queue as OutboxQueue).outbox
}
