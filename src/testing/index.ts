import { explainErrors } from '../base/sentences.js'

// Whatever else of the SDK is loaded with it.
explainErrors()

export { seededRandom } from '../base/random.js'
export { type LinkConditions, MemoryNetwork, type MemoryNetworkOptions } from '../transport/memory.js'
export { createTestNetwork, type TestNetwork, type TestNetworkOptions, type TestPeerOptions } from './test-network.js'
export { VirtualClock } from './virtual-clock.js'
