import * as nodeCrypto from 'node:crypto'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { afterEach, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { P2PCoordinator } from '../src/index.js'
import { startRelay, webSocketServer } from '../src/node/index.js'

// A peer written from docs/wire-protocol.md alone: it uses nothing of the SDK.

const utf8 = (text: string) => Buffer.from(text, 'utf8')
const NOTHING = Buffer.alloc(0)
const codec = { encoder: new Encoder({ ignoreUndefined: true, sortKeys: true }), decoder: new Decoder() }
const pack = (value: unknown) => Buffer.from(codec.encoder.encode(value))
// biome-ignore lint/suspicious/noExplicitAny: what comes is of any form, and a wrong one fails the test
type Anything = any
const unpack = (bytes: Uint8Array): Anything => codec.decoder.decode(bytes)

const rawPublic = (key: nodeCrypto.KeyObject) => key.export({ format: 'der', type: 'spki' }).subarray(-32)
const publicKeyOf = (curve: 'X25519' | 'Ed25519', raw: Uint8Array) =>
  nodeCrypto.createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: curve, x: Buffer.from(raw).toString('base64url') } })
const dh = (privateKey: nodeCrypto.KeyObject, raw: Uint8Array) =>
  nodeCrypto.diffieHellman({ privateKey, publicKey: publicKeyOf('X25519', raw) })
const hash = (...parts: Uint8Array[]) => nodeCrypto.createHash('sha256').update(Buffer.concat(parts)).digest()
const hmac = (key: Uint8Array, data: Uint8Array) => nodeCrypto.createHmac('sha256', key).update(data).digest()

/** Section 6.1. */
const signingBytes = (tag: string, payload: Uint8Array) => Buffer.concat([utf8(`lotus-p2p/${tag}/1\0`), payload])

/** BIP-350. */
function peerIdOf(key: Uint8Array): string {
  const words: number[] = []
  let bits = 0
  let value = 0
  for (const byte of key) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) words.push((value >> (bits - 5)) & 31)
    value &= 0xff
  }
  if (bits > 0) words.push((value << (5 - bits)) & 31)
  const checksum = (data: number[]) => {
    let c = 1
    for (const word of data) {
      const top = c >>> 25
      c = ((c & 0x1ffffff) << 5) ^ word
      ;[0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3].forEach((g, i) => {
        if ((top >> i) & 1) c ^= g
      })
    }
    return c
  }
  const sum = checksum([3, 3, 0, 12, 16, ...words, 0, 0, 0, 0, 0, 0]) ^ 0x2bc830a3
  for (let i = 0; i < 6; i++) words.push((sum >> (5 * (5 - i))) & 31)
  return `lp1${words.map((word) => 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'[word]).join('')}`
}

/** ChaCha20-Poly1305 with Noise's nonces. */
class Cipher {
  private n = 0n
  constructor(private readonly key: Uint8Array) {}
  private nonce() {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64LE(this.n++, 4)
    return nonce
  }
  seal(plaintext: Uint8Array, ad: Uint8Array = NOTHING) {
    const cipher = nodeCrypto.createCipheriv('chacha20-poly1305', this.key, this.nonce(), { authTagLength: 16 })
    cipher.setAAD(ad, { plaintextLength: plaintext.length })
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  }
  open(sealed: Uint8Array, ad: Uint8Array = NOTHING) {
    const cipher = nodeCrypto.createDecipheriv('chacha20-poly1305', this.key, this.nonce(), { authTagLength: 16 })
    cipher.setAAD(ad, { plaintextLength: sealed.length - 16 })
    cipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()])
  }
}

/** The initiator's side of Noise XX, section 3. */
class Initiator {
  private h = utf8('Noise_XX_25519_ChaChaPoly_SHA256')
  private ck = this.h
  private cipher!: Cipher
  private readonly e = nodeCrypto.generateKeyPairSync('x25519')
  constructor(private readonly s: { publicKey: nodeCrypto.KeyObject; privateKey: nodeCrypto.KeyObject }) {
    this.mixHash(utf8('lotus-p2p'))
  }
  private mixHash(data: Uint8Array) {
    this.h = hash(this.h, data)
  }
  private hkdf(input: Uint8Array) {
    const temporary = hmac(this.ck, input)
    const first = hmac(temporary, Buffer.of(1))
    return [first, hmac(temporary, Buffer.concat([first, Buffer.of(2)]))] as const
  }
  private mixKey(input: Uint8Array) {
    const [ck, key] = this.hkdf(input)
    this.ck = ck
    this.cipher = new Cipher(key)
  }
  private seal(plaintext: Uint8Array) {
    const sealed = this.cipher.seal(plaintext, this.h)
    this.mixHash(sealed)
    return sealed
  }
  private unseal(sealed: Uint8Array) {
    const plaintext = this.cipher.open(sealed, this.h)
    this.mixHash(sealed)
    return plaintext
  }
  first(payload: Uint8Array) {
    const e = rawPublic(this.e.publicKey)
    this.mixHash(e)
    this.mixHash(payload)
    return Buffer.concat([Buffer.of(1), e, payload])
  }
  /** Reads the second message, writes the third. */
  finish(message: Buffer, hello: Uint8Array) {
    const re = message.subarray(0, 32)
    this.mixHash(re)
    this.mixKey(dh(this.e.privateKey, re))
    const rs = this.unseal(message.subarray(32, 80))
    this.mixKey(dh(this.e.privateKey, rs))
    const remote = unpack(this.unseal(message.subarray(80)))
    const proof = signingBytes('handshake', rs)
    if (!nodeCrypto.verify(null, proof, publicKeyOf('Ed25519', remote.publicKey), remote.signature)) throw new Error('not proven')
    const s = this.seal(rawPublic(this.s.publicKey))
    this.mixKey(dh(this.s.privateKey, re))
    const third = Buffer.concat([Buffer.of(1), s, this.seal(hello)])
    const [send, receive] = this.hkdf(NOTHING)
    return { remote, third, send: new Cipher(send), receive: new Cipher(receive) }
  }
}

interface Received {
  type: string
  payload: Anything
  id: string
  protocol?: string
  inReplyTo?: string
}

class IndependentPeer {
  private readonly identity = nodeCrypto.generateKeyPairSync('ed25519')
  private readonly channelKeys = nodeCrypto.generateKeyPairSync('x25519')
  readonly publicKey = rawPublic(this.identity.publicKey)
  readonly peerId = peerIdOf(this.publicKey)
  pings = 0
  private readonly waiting: { wants: (message: Received) => boolean; take: (message: Received) => void }[] = []
  private readonly kept: Received[] = []
  private socket!: WebSocket
  private send!: Cipher

  sign(tag: string, payload: Uint8Array) {
    return nodeCrypto.sign(null, signingBytes(tag, payload), this.identity.privateKey)
  }

  connect(url: string): Promise<{ publicKey: Uint8Array; protocols: string[] }> {
    const noise = new Initiator(this.channelKeys)
    const first = noise.first(pack({ versions: [1] }))
    this.socket = new WebSocket(url, [`lotus-p2p.1.${first.toString('base64url')}`], { perMessageDeflate: false })
    const hello = pack({
      version: 1,
      publicKey: this.publicKey,
      signature: this.sign('handshake', rawPublic(this.channelKeys.publicKey)),
      agent: 'independent/1',
      protocols: ['lotus/heartbeat', 'echo'],
      addresses: [],
    })
    return new Promise((resolve, reject) => {
      let done: ReturnType<Initiator['finish']> | undefined
      this.socket.on('error', reject)
      this.socket.on('message', (data: Buffer) => {
        if (done === undefined) {
          if (data[0] !== 1) return reject(new Error(`refused: ${JSON.stringify(unpack(data.subarray(1)))}`))
          done = noise.finish(data.subarray(1), hello)
          this.send = done.send
          this.socket.send(done.third)
          return
        }
        const plaintext = done.receive.open(data)
        for (let at = 0; at < plaintext.length; ) {
          const [kind, length] = [plaintext[at], plaintext.readUInt16BE(at + 1)]
          const body = plaintext.subarray(at + 3, at + 3 + length)
          at += 3 + length
          if (kind === 0x10) {
            const start = Buffer.concat([Buffer.of(0x14, 0, 18), this.stream, Buffer.from('00000000000100000000', 'hex')])
            this.socket.send(this.send.seal(start))
            resolve(done.remote)
          } else if (kind === 0x14) {
            this.numbers = body.subarray(0, 14)
          } else if (kind === 0x13) {
            if (body.subarray(0, 8).equals(this.stream)) this.acknowledged = body.readUIntBE(8, 6)
          } else if (kind === 0x01) {
            this.receive(unpack(body))
            // The number of this message, then that of the next.
            this.socket.send(this.send.seal(Buffer.concat([Buffer.of(0x13, 0, 14), this.numbers])))
            this.numbers = Buffer.from(this.numbers)
            this.numbers.writeUIntBE(this.numbers.readUIntBE(8, 6) + 1, 8, 6)
          } else return reject(new Error(`entry ${kind}: ${kind === 0x11 ? JSON.stringify(unpack(body)) : ''}`))
        }
      })
    })
  }

  private readonly stream = nodeCrypto.randomBytes(8)
  private numbers = Buffer.alloc(14)
  /** The highest of our messages that the SDK says it has. */
  acknowledged = 0

  private receive([, type, , , payload, , id, protocol, inReplyTo]: Anything[]) {
    const message = { type, payload, id, protocol, inReplyTo }
    if (protocol === 'lotus/heartbeat' && type === 'ping') {
      this.pings++
      this.transmit('pong', null, protocol, id)
    }
    const index = this.waiting.findIndex(({ wants }) => wants(message))
    if (index >= 0) this.waiting.splice(index, 1)[0]!.take(message)
    else this.kept.push(message)
  }

  transmit(type: string, payload: unknown, protocol: string, inReplyTo?: string): string {
    const id = nodeCrypto.randomUUID()
    const message = [1, type, null, true, payload, Date.now(), id, protocol]
    if (inReplyTo !== undefined) message.push(inReplyTo)
    const body = pack(message)
    this.socket.send(this.send.seal(Buffer.concat([Buffer.of(1, body.length >> 8, body.length & 255), body])))
    return id
  }

  next(wants: (message: Received) => boolean): Promise<Received> {
    const index = this.kept.findIndex(wants)
    if (index >= 0) return Promise.resolve(this.kept.splice(index, 1)[0]!)
    return new Promise((take) => this.waiting.push({ wants, take }))
  }

  async request(type: string, payload: unknown, protocol: string): Promise<Received> {
    const id = this.transmit(type, payload, protocol)
    return this.next((message) => message.inReplyTo === id)
  }

  close() {
    this.socket.close()
  }
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('a peer written from the document stores and finds a record at a relay, and answers its heartbeat', async () => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  const peer = new IndependentPeer()
  ends.push(
    () => relay.stop(),
    () => peer.close(),
  )
  const remote = await peer.connect(relay.url)
  expect(peerIdOf(remote.publicKey)).toBe(relay.peerId)
  expect(remote.protocols).toContain('lotus/dht')
  await peer.next(({ type }) => type === 'ping')
  expect(peer.pings).toBe(1)

  const payload = pack({ key: 'offer-1', value: { sats: 5 }, sequence: 1, publishedAt: Date.now(), ttl: 60 })
  const record = [peer.publicKey, payload, peer.sign('record', payload)]
  expect((await peer.request('store', { record }, 'lotus/dht')).payload).toEqual({ stored: true })
  const { payload: found } = await peer.request('find-record', { key: 'offer-1' }, 'lotus/dht')
  expect(found.records).toHaveLength(1)
  expect(Buffer.from(found.records[0][1])).toEqual(payload)
  const failed = await peer.request('anything', null, 'no-such-protocol')
  expect([failed.type, failed.protocol, failed.payload.code]).toEqual(['failed', 'lotus/core', 'PROTOCOL_NOT_SUPPORTED'])
})

test('it talks with an SDK peer in both directions', async () => {
  const sdk = new P2PCoordinator({ listen: [webSocketServer()] })
  const peer = new IndependentPeer()
  ends.push(
    () => sdk.shutdown(),
    () => peer.close(),
  )
  await sdk.start()
  const got = new Promise((resolve) => sdk.once('message', (message) => resolve([message.from, message.payload])))
  await peer.connect(sdk.addresses[0]!)
  peer.transmit('note', 'hello', 'echo')
  expect(await got).toEqual([peer.peerId, 'hello'])

  const answer = sdk.request(peer.peerId, { type: 'say', payload: { n: 7 }, protocol: 'echo' })
  const asked = await peer.next(({ type }) => type === 'say')
  peer.transmit('said', asked.payload, 'echo', asked.id)
  expect((await answer).payload).toEqual({ n: 7 })
  await vi.waitFor(() => expect(peer.acknowledged).toBe(3))
})
