export {
  type CoordinatorEvents,
  type CoordinatorStats,
  type P2PConfig,
  P2PCoordinator,
  type RunTimeOptions,
} from './coordinator.js'
export { generateIdentity, identityFromSeed, signEnvelope, storedIdentity, verifyEnvelope } from './identity/with-fallback.js'
export * from './shared.js'
