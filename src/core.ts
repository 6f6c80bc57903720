// lotus-p2p/core: the coordinator without plugins, and the factory of every plugin that a browser can use.
import type { CoreConfig } from './core/config.js'
import type { Plugin } from './core/plugin.js'
import type { WithPlugins } from './core/typed.js'
import { type CoordinatorCoreEvents, type CoordinatorCoreStats, CoreCoordinator } from './core-coordinator.js'

/**
 * A peer with the core and the plugins that it is given: finds others, talks to them privately, and runs protocols with them.
 *
 * @example
 * const wallet = new P2PCoordinator({ bootstrap: ['wss://relay.example'], plugins: [webRtc(), proofOfWork()] })
 * wallet.on('message', (message, from) => console.log(from.peerId, message.payload))
 * await wallet.start()
 */
export type P2PCoordinator<P extends readonly Plugin[] = readonly []> = WithPlugins<
  CoreCoordinator,
  CoordinatorCoreEvents,
  CoordinatorCoreStats,
  P
>

// TypeScript has no class whose members depend on what it is constructed with, hence the conversion.
/** @throws P2PError INVALID_CONFIG, INVALID_PEER_ID. */
export const P2PCoordinator = CoreCoordinator as unknown as {
  new <const P extends readonly Plugin[] = readonly []>(config?: CoreConfig<P>): P2PCoordinator<P>
}

export type { CoordinatorCoreEvents, CoordinatorCoreStats } from './core-coordinator.js'
export { signEnvelope, verifyEnvelope } from './identity/envelope.js'
export { generateIdentity, identityFromSeed, storedIdentity } from './identity/identity.js'
export { broadcastChannel } from './plugins/tabs/plugin.js'
export * from './shared.js'
export { statements } from './statements/plugin.js'
