// Two peers and a relay in one script: connect, send, ask and answer, shut down. The script then ends by itself.
//
//   npm run build && node examples-web/node/basic.mjs

import { P2PCoordinator } from 'lotus-p2p'
import { startRelay } from 'lotus-p2p/node'

const short = (peerId) => `${peerId.slice(0, 10)}…`

// A relay: elsewhere it is `npx lotus-p2p relay` on a server. Port 0 takes a free one.
const relay = await startRelay({ port: 0, host: '127.0.0.1' })
console.log(`The relay listens on ${relay.url}`)

const alice = new P2PCoordinator({ bootstrap: [relay.url] })
const bob = new P2PCoordinator({ bootstrap: [relay.url] })

// What Bob does with messages of the protocol 'price'.
bob.registerProtocol({
  protocolName: 'price',
  onRegister(host) {
    this.host = host
  },
  async handleMessage(message, from) {
    if (message.type === 'note') console.log(`Bob reads a note from ${short(from.peerId)}: ${message.payload}`)
    if (message.type === 'ask') await this.host.reply(message, { type: 'quote', payload: { sats: 250_000n } })
  },
})

await Promise.all([alice.start(), bob.start()])

// Both know the relay only. It tells Alice how to reach Bob, and forwards what it cannot read.
await alice.connectToPeer(bob.peerId)
const path = alice.getPeer(bob.peerId).connection.transport
console.log(`Alice is connected to Bob (${short(bob.peerId)}) by ${path}`)

await alice.sendTo(bob.peerId, { type: 'note', payload: 'Good morning!', protocol: 'price' })

const answer = await alice.request(bob.peerId, { type: 'ask', payload: { coin: 'XPI' }, protocol: 'price' })
console.log(`Alice asked and got: ${answer.payload.sats} sats`)

// A failure has a code to branch on and a sentence to read.
try {
  await alice.sendTo('lp1nobody', { type: 'note', payload: 'Hello?', protocol: 'price' })
} catch (error) {
  console.log(`Alice cannot write to a stranger: ${error.code}`)
}

await Promise.all([alice.shutdown(), bob.shutdown()])
await relay.stop()
console.log('All is closed.')
