export { type CoordinatorEvents, type CoordinatorStats, P2PCoordinator, type P2PConfig } from './coordinator.js'
export { generateIdentity, identityFromSeed, signEnvelope, storedIdentity, verifyEnvelope } from './identity/with-fallback.js'
export * from './shared.js'
