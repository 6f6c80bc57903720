import { alice, bob, ed25519, fill, hex, join, peerIdOf, sign, tagged, uint, utf8, x25519 } from './primitives.js'

const L = 2n ** 252n + 27742317777372353535851937790883648493n
const { Point } = ed25519
const little = (bytes: Uint8Array) => BigInt(`0x${hex(bytes.slice().reverse())}`)
const scalarBytes = (value: bigint) => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex')).reverse()

/** RFC 8032 §5.1.6, SHA-512 of the parts as a number below L. */
async function challenge(...parts: Uint8Array[]): Promise<bigint> {
  return little(new Uint8Array(await crypto.subtle.digest('SHA-512', join(...parts)))) % L
}

/** Section I: keys, ids, names, and signatures that hold for some verifiers and must not. */
export async function identityVectors() {
  const seeds = [1, 2, 3].map((byte) => {
    const publicKey = ed25519.getPublicKey(fill(byte))
    return { seed: hex(fill(byte)), publicKey: hex(publicKey), peerId: peerIdOf(publicKey) }
  })
  const payload = utf8('payload')
  const tags = ['channel', 'work-salt', 'record', 'message', 'topic', 'statement', 'app/chess'].map((tag) => ({
    tag,
    payload: hex(payload),
    signed: hex(tagged(tag, payload)),
    signature: hex(sign(alice.seed, tag, payload)),
  }))
  const id = alice.peerId
  const certificate = (seed: Uint8Array, key: Uint8Array, notBefore: number, notAfter: number) => {
    const content = join(key, uint(notBefore, 8), uint(notAfter, 8))
    return {
      x25519: hex(key),
      notBefore,
      notAfter,
      signed: hex(tagged('channel', content)),
      signature: hex(sign(seed, 'channel', content)),
    }
  }
  return {
    seeds,
    tags,
    certificate: certificate(alice.seed, x25519.getPublicKey(alice.noise.static), 1_699_996_400_000, 1_700_601_200_000),
    invalidPeerIds: [
      { why: 'upper case', id: id.toUpperCase() },
      { why: 'one character is another', id: `${id.slice(0, -1)}${id.endsWith('q') ? 'p' : 'q'}` },
      { why: 'too short', id: id.slice(0, -1) },
      { why: 'bech32 instead of bech32m', id: `lp1${id.slice(3, -6)}qqqqqq` },
      { why: 'another prefix', id: `lq${id.slice(2)}` },
    ],
    validNames: ['alice', 'Alice 2', '薔薇', 'ü', 'a'.repeat(64)],
    invalidNames: [
      { why: 'empty', name: '' },
      { why: '65 characters', name: 'a'.repeat(65) },
      { why: 'begins like an id', name: 'LP1abc' },
      { why: 'a slash', name: 'a/b' },
      { why: 'a control character', name: 'a\u0007b' },
      { why: 'a zero-width character', name: 'a\u200bb' },
      { why: 'white space at the end', name: 'alice ' },
      { why: 'not in normal form C', name: 'u\u0308' },
    ],
    signatures: await signatureVectors(),
  }
}

async function signatureVectors() {
  const message = utf8('message')
  const valid = ed25519.sign(message, alice.seed)
  const key = alice.publicKey
  const [R, S] = [valid.slice(0, 32), valid.slice(32)]
  const identityPoint = Point.ZERO.toBytes()
  // R = [s]B holds under the key of small order 1 for every message.
  const s = 7n
  const smallKey = join(Point.BASE.multiply(s).toBytes(), scalarBytes(s))
  const { scalar } = ed25519.utils.getExtendedPublicKey(alice.seed)
  const k = await challenge(identityPoint, key, message)
  const smallR = join(identityPoint, scalarBytes((k * scalar) % L))
  // A key with a part of order 8: good with the cofactor, bad without.
  const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
  const mixed = Point.fromBytes(key).add(torsion).toBytes()
  const nonceR = Point.BASE.multiply(s).toBytes()
  let mixedMessage = message
  let mixedK = 0n
  for (let i = 0; ; i++) {
    mixedMessage = utf8(`message ${i}`)
    mixedK = await challenge(nonceR, mixed, mixedMessage)
    if (mixedK % 8n !== 0n) break
  }
  const mixedSignature = join(nonceR, scalarBytes((s + mixedK * scalar) % L))
  // y = 1 written as p + 1: the identity again, not canonical.
  const nonCanonical = Uint8Array.from(Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex'))
  const flipped = valid.slice()
  flipped[0]! ^= 1
  const entry = (why: string, publicKey: Uint8Array, signature: Uint8Array, of = message) => ({
    why,
    publicKey: hex(publicKey),
    message: hex(of),
    signature: hex(signature),
  })
  return {
    valid: [
      entry('as it is', key, valid),
      entry('of nothing', bob.publicKey, ed25519.sign(new Uint8Array(0), bob.seed), new Uint8Array(0)),
    ],
    invalid: [
      entry('S + L', key, join(R, scalarBytes(little(S) + L))),
      entry('R is another', key, flipped),
      entry('another message', key, valid, utf8('massage')),
      entry('the key is of small order', identityPoint, smallKey),
      entry('the key is of small order and not canonical', nonCanonical, smallKey),
      entry('R is of small order', key, smallR),
      entry(
        'R is of small order and not canonical',
        key,
        join(nonCanonical, scalarBytes(((await challenge(nonCanonical, key, message)) * scalar) % L)),
      ),
      entry('holds with the cofactor only', mixed, mixedSignature, mixedMessage),
      entry('63 bytes', key, valid.slice(0, 63)),
      entry('the key is no point', fill(2), valid),
    ],
  }
}
