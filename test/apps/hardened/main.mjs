// Hardened JavaScript: the wallet runs behind SES's lockdown(), which freezes all that objects inherit.
import 'ses'

lockdown()
const { P2PCoordinator, P2PError, isP2PError, memoryStore } = await import('lotus-p2p')
const { webSocketServer } = await import('lotus-p2p/node')

const metadata = JSON.parse('{"constructor":1,"toString":2}')
const bob = new P2PCoordinator({ listen: [webSocketServer({ port: 0, host: '127.0.0.1' })], store: memoryStore(), metadata })
const alice = new P2PCoordinator({ allowPrivate: true })
bob.on('message', (message) => bob.reply(message, { type: 'echo', payload: message.payload }))
await bob.start()
await alice.connectToPeer(bob.addresses[0])
const payload = {
  constructor: 1,
  toString: 'x',
  valueOf: 2,
  hasOwnProperty: 3,
  name: 4,
  bytes: new Uint8Array(3),
  at: new Date(5),
  n: 5n,
}
const { payload: echo } = await alice.request(bob.peerId, { type: 'ask', payload, protocol: 'constructor' })
await alice.announceResource('offer', 'valueOf', { constructor: 'a' })
const found = await alice.discoverResources('offer', { constructor: 'a' })
const refused = await alice.connectToPeer('ws://127.0.0.1:1').catch((error) => error)
const told = alice.getPeer(bob.peerId).metadata
await Promise.all([alice.shutdown(), bob.shutdown()])
const keys = Object.keys(payload).sort().join() === Object.keys(echo).sort().join()
const error = new P2PError('TIMEOUT', 'late')
console.log(
  `keys: ${keys}, told: ${Object.keys(told)}, found: ${found.length}, ${error.name} ${isP2PError(refused, 'PEER_UNREACHABLE')}`,
)
