import { resolveLimits } from '../../src/base/limits.js'
import { CircuitEndpoint } from '../../src/plugins/circuit/endpoint.js'
import { CircuitRelay } from '../../src/plugins/circuit/server/circuit-relay.js'
import { acceptor, transportCompliance } from '../compliance/transport.js'
import { keysAt, TestHost } from './test-network.js'

async function throughRelay() {
  const relay = new TestHost('relay').register(new CircuitRelay({ limits: resolveLimits({ maxCircuitsPerPair: 64 }) }))
  const [near, far] = [new CircuitEndpoint({ keyOf: keysAt(relay) }), new CircuitEndpoint()]
  const alice = new TestHost('alice').register(near)
  const bob = new TestHost('bob').register(far)
  alice.connect(relay)
  bob.connect(relay)
  const { accept, next } = acceptor()
  await far.listen(accept)
  return { transport: near, address: 'circuit:relay/bob', next, stop: () => far.close() }
}

transportCompliance('A circuit', throughRelay, {
  unreachable: ['circuit:relay/nobody', 'PEER_NOT_FOUND'],
  invalid: ['circuit:', 'circuit:relay', 'circuit:/bob', 'circuit:relay/', 'circuit:relay/bob/more'],
})
