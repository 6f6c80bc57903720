export { P2PCoordinator, type CoordinatorEvents, type CoordinatorStats, type P2PConfig } from './coordinator.js'
export { signEnvelope, verifyEnvelope } from './identity/envelope.js'
export { generateIdentity, identityFromSeed, storedIdentity } from './identity/identity.js'
export * from './shared.js'
