/**
 * What no relay can do without at the start of a wallet, in a process of its own: a WebSocket by `ws`, with four frames of its to which the wallet's
 * answer, as long as those of a start; with `crypto` as its argument also the bare operations of a handshake and of a record, by `node:crypto`: a key pair and three agreements
 * (X25519), and two checks of signatures (Ed25519), the public keys imported as they come. Neither frames are encrypted, nor hashes made.
 */
import * as crypto from 'node:crypto'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const [what, port] = process.argv.slice(2)
/** Bytes of the frames that a relay sends: its two of the handshake, an answer to two questions, and one to a record. */
const FRAMES = [353, 1_139, 290, 128].map((bytes) => Buffer.alloc(bytes, 7))
const key = (crv, x, d) => {
  const text = (bytes) => Buffer.from(bytes).toString('base64url')
  return { format: 'jwk', key: { kty: 'OKP', crv, x: text(x), ...(d && { d: text(d) }) } }
}
const base = Uint8Array.of(9, ...new Uint8Array(31))
const basePoint = crypto.createPublicKey(key('X25519', base))
const own = crypto.createPrivateKey(key('X25519', base, crypto.randomBytes(32)))
const signer = crypto.generateKeyPairSync('ed25519')
const signed = crypto.randomBytes(200)
const signature = crypto.sign(null, signed, signer.privateKey)
const signedBy = Buffer.from(signer.publicKey.export({ format: 'jwk' }).x, 'base64url')

/** By the frame that is answered. */
const work = {
  0(peer) {
    peer.ours = crypto.createPrivateKey(key('X25519', base, crypto.randomBytes(32)))
    const sent = crypto.diffieHellman({ privateKey: peer.ours, publicKey: basePoint })
    const publicKey = crypto.createPublicKey(key('X25519', sent))
    for (const privateKey of [peer.ours, own]) crypto.diffieHellman({ privateKey, publicKey })
  },
  1(peer) {
    crypto.diffieHellman({ privateKey: peer.ours, publicKey: crypto.createPublicKey(key('X25519', crypto.randomBytes(32))) })
    peer.signedBy = crypto.createPublicKey(key('Ed25519', signedBy))
    if (!crypto.verify(null, signed, peer.signedBy, signature)) throw new Error('A signature is wrong.')
  },
  3(peer) {
    if (!crypto.verify(null, signed, peer.signedBy, signature)) throw new Error('A signature is wrong.')
  },
}

const server = createServer({ noDelay: true }, (_, response) => response.end())
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  clientTracking: false,
  skipUTF8Validation: true,
  handleProtocols: ([first]) => first,
})
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    const peer = {}
    let n = 0
    const answer = () => {
      if (what === 'crypto') work[n]?.(peer)
      if (n < FRAMES.length) webSocket.send(FRAMES[n++])
    }
    webSocket.on('message', answer)
    answer()
  })
})
server.listen(Number(port), '127.0.0.1')
