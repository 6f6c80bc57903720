import {
  alice,
  bob,
  Cipher,
  DAY,
  entry,
  fill,
  findNonce,
  hex,
  join,
  NETWORK,
  NoiseXX,
  type Party,
  pack,
  secretsOf,
  sha256,
  sign,
  suiteKey,
  TIME,
  tagged,
  uint,
  utf8,
  x25519,
} from './primitives.js'

export const KIND = {
  MESSAGE: 0x01,
  SIGNED_MESSAGE: 0x02,
  FRAGMENT: 0x03,
  LAST_FRAGMENT: 0x04,
  READY: 0x10,
  CLOSE: 0x11,
  REKEY: 0x12,
  ACK: 0x13,
  SEQUENCE: 0x14,
  REFUSED: 0x15,
  DESCRIPTION: 0x16,
  SWITCH: 0x17,
  PADDING: 0x80,
} as const

const SUITE = 'ChaChaPoly'
const RETRY_BITS = 8
const WORK_BITS = 12
const NOT_BEFORE = TIME - 3_600_000
const NOT_AFTER = NOT_BEFORE + 604_800_000

export const stream = (number: number) => uint(number, 1)
export const sequence = (number: number, next: number, givenUp: number, protocol: string) =>
  entry(KIND.SEQUENCE, stream(number), uint(next, 6), uint(givenUp, 6), utf8(protocol))

function certificateOf({ seed, noise }: Party): unknown[] {
  const content = join(x25519.getPublicKey(noise.static), uint(NOT_BEFORE, 8), uint(NOT_AFTER, 8))
  return [NOT_BEFORE, NOT_AFTER, sign(seed, 'channel', content)]
}

/** The payload with a `pad` that fills it up to the next multiple of 256 bytes. */
function padded(hello: Record<string, unknown>): Uint8Array {
  let bytes = pack(hello)
  for (let pad = 0; bytes.length % 256 > 0; pad++) bytes = pack({ ...hello, pad: new Uint8Array(pad) })
  return bytes
}

/** Section H.6. */
export function workVectors(bits: number) {
  const saltOf = (day: number) => sha256(sign(bob.seed, 'work-salt', uint(day, 4))).slice(0, 16)
  const salt = saltOf(DAY)
  const content = join(bob.publicKey, salt, uint(DAY, 4))
  const prefix = sha256(tagged('work', content))
  const block = join(prefix, alice.publicKey)
  const nonce = findNonce(bits, (nonce) => join(block, nonce))
  return {
    responder: hex(bob.publicKey),
    dialler: hex(alice.publicKey),
    day: DAY,
    saltSignature: hex(sign(bob.seed, 'work-salt', uint(DAY, 4))),
    salt: hex(salt),
    saltOfYesterday: hex(saltOf(DAY - 1)),
    prefix: hex(prefix),
    block: hex(block),
    bits,
    nonce: hex(nonce),
    hash: hex(sha256(join(block, nonce))),
    bytes: { salt, nonce },
  }
}

/** Section H.5. */
function retryVectors() {
  const challenge = fill(0x77, 16)
  const e = x25519.getPublicKey(alice.noise.ephemeral)
  const hashed = (nonce: Uint8Array) => tagged('retry', challenge, e, nonce)
  const nonce = findNonce(RETRY_BITS, hashed)
  return {
    challenge: hex(challenge),
    ephemeral: hex(e),
    bits: RETRY_BITS,
    hashed: hex(hashed(nonce)),
    nonce: hex(nonce),
    hash: hex(sha256(hashed(nonce))),
    retryFrame: hex(join(Uint8Array.of(2), challenge, Uint8Array.of(RETRY_BITS))),
    workFrame: hex(join(Uint8Array.of(3), nonce)),
  }
}

const described = (party: Party, more: Record<string, unknown>) =>
  pack({ agent: 'vectors/2', name: party === alice ? 'alice' : undefined, streams: party.streams, ...more })

export const description = {
  alice: described(alice, {
    protocols: ['lotus/heartbeat', 'lotus/peer', 'chat'],
    addresses: [],
    metadata: { label: 'a wallet' },
    budgets: { '*': [1000, 2000, 1048576, 2097152], chat: [10, 20, null, null] },
  }),
  bob: described(bob, {
    protocols: ['lotus/heartbeat', 'lotus/peer', 'chat'],
    addresses: ['wss://relay.example'],
    budgets: {
      '': [10, 20, 65536, 131072],
      '*': [1000, 2000, 1048576, 2097152],
      chat: [100, 200, null, null, { typing: [1, 3, null, null] }],
    },
  }),
}

const message = (fields: unknown[]) => pack(fields)
export const ping = message([1, 'ping', null, true, null, TIME, 'ping-1', 'lotus/heartbeat'])
export const pong = message([1, 'pong', null, true, null, TIME + 40, 'pong-1', 'lotus/heartbeat', 'ping-1'])
export const greeting = message([1, 'greeting', null, true, { text: 'hi' }, TIME + 60, 'message-1', 'chat'])

/** Sections H and C: one session from the offer to CLOSE, every secret known. */
export function handshakeVectors() {
  const work = workVectors(WORK_BITS)
  const retry = retryVectors()
  const offer = pack({ versions: [2], network: NETWORK, suites: [SUITE] })
  const common = ({ publicKey, session }: Party, certificate: unknown[]) => ({
    version: 2,
    publicKey,
    certificate,
    session,
    suite: SUITE,
  })
  const responderHello = padded({
    ...common(bob, certificateOf(bob)),
    now: TIME,
    work: { bits: WORK_BITS, salt: work.bytes.salt, day: DAY },
  })
  const initiatorHello = padded({ ...common(alice, certificateOf(alice)), proof: [DAY, work.bytes.nonce] })
  const prologue = join(utf8('lotus-p2p/2'), Uint8Array.of(0), utf8(NETWORK))
  const noise = new NoiseXX(alice.noise, bob.noise, prologue)
  const frame = (bytes: Uint8Array) => hex(join(Uint8Array.of(1), bytes))
  const frames = [frame(noise.message1(offer)), frame(noise.message2(responderHello)), frame(noise.message3(initiatorHello))]
  const split = noise.split()
  const keys = split.map((key) => suiteKey(key, SUITE))
  const [toBob, toAlice] = keys.map((key) => new Cipher(key)) as [Cipher, Cipher]

  const transport: { from: string; what: string; plaintext: string; frame: string }[] = []
  const send = (from: Party, what: string, ...entries: Uint8Array[]) => {
    const plaintext = join(...entries)
    const cipher = from === alice ? toBob : toAlice
    transport.push({ from: from.name, what, plaintext: hex(plaintext), frame: hex(cipher.seal(plaintext)) })
  }
  send(alice, 'DESCRIPTION, at once behind message 3', entry(KIND.DESCRIPTION, description.alice))
  send(
    bob,
    'READY, DESCRIPTION, and SWITCH: the relay accepts the wallet',
    entry(KIND.READY),
    entry(KIND.DESCRIPTION, description.bob),
    entry(KIND.SWITCH, uint(0, 4)),
  )
  send(
    alice,
    'SWITCH, and a ping on stream 1',
    entry(KIND.SWITCH, uint(0, 4)),
    sequence(1, 1, 0, 'lotus/heartbeat'),
    entry(KIND.MESSAGE, stream(1), ping),
  )
  send(
    bob,
    'the pong on the stream 1 of the relay, and the acknowledgement of the ping',
    entry(KIND.ACK, stream(1), uint(1, 6)),
    sequence(1, 1, 0, 'lotus/heartbeat'),
    entry(KIND.MESSAGE, stream(1), pong),
  )
  send(alice, 'REKEY: what follows in this direction is under the next key', entry(KIND.REKEY))
  toBob.rekey()
  const rekeyed = toBob.hexKey
  send(
    alice,
    'a message of the protocol chat on stream 2, the acknowledgement of the pong, and padding',
    entry(KIND.ACK, stream(1), uint(1, 6)),
    sequence(2, 1, 0, 'chat'),
    entry(KIND.MESSAGE, stream(2), greeting),
    entry(KIND.PADDING, fill(0, 20)),
  )
  send(bob, 'the acknowledgement', entry(KIND.ACK, stream(2), uint(1, 6)))
  send(alice, 'CLOSE', entry(KIND.CLOSE, pack({ code: 'CONNECTION_CLOSED', message: 'Bye.' })))
  const { bytes: _, ...workOnly } = work
  return {
    network: NETWORK,
    initiator: secretsOf(alice),
    responder: secretsOf(bob),
    prologue: hex(prologue),
    offer: hex(offer),
    subprotocol: `lotus-p2p.2.${Buffer.from(frames[0]!, 'hex').toString('base64url')}`,
    retry,
    proofOfWork: workOnly,
    responderHello: hex(responderHello),
    initiatorHello: hex(initiatorHello),
    frames,
    handshakeHash: hex(noise.hash),
    splitKeys: split.map(hex),
    transportKeys: keys.map(hex),
    reservedSuiteKeys: split.map((key) => hex(suiteKey(key, 'AESGCM'))),
    initiatorKeyAfterRekey: rekeyed,
    transport,
    refusal: hex(join(Uint8Array.of(0), pack({ code: 'POOL_FULL', message: 'All is taken.', retryAfterMs: 30_000 }))),
  }
}

/** Offers and hellos that an implementation must refuse, each as the payload that stands in the handshake above. */
export function badHandshakeVectors() {
  const offer = (change: Record<string, unknown>) => hex(pack({ versions: [2], network: NETWORK, suites: [SUITE], ...change }))
  const hello = (change: Record<string, unknown>) =>
    hex(
      pack({
        version: 2,
        publicKey: bob.publicKey,
        certificate: certificateOf(bob),
        session: bob.session,
        suite: SUITE,
        now: TIME,
        ...change,
      }),
    )
  const key = x25519.getPublicKey(bob.noise.static)
  const certificate = (notBefore: number, notAfter: number, seed = bob.seed, of = key) => [
    notBefore,
    notAfter,
    sign(seed, 'channel', join(of, uint(notBefore, 8), uint(notAfter, 8))),
  ]
  return {
    offers: [
      { why: 'another network', payload: offer({ network: 'other' }), code: 'WRONG_NETWORK' },
      { why: 'no common version', payload: offer({ versions: [1, 3] }), code: 'UNSUPPORTED_VERSION' },
      { why: 'no common suite', payload: offer({ suites: ['None'] }), code: 'UNSUPPORTED_VERSION' },
      { why: 'no versions', payload: offer({ versions: [] }), code: 'HANDSHAKE_FAILED' },
      { why: '17 versions', payload: offer({ versions: Array.from({ length: 17 }, (_, i) => i + 2) }), code: 'HANDSHAKE_FAILED' },
      { why: 'no suites', payload: offer({ suites: undefined }), code: 'UNSUPPORTED_VERSION' },
      { why: 'no network', payload: offer({ network: undefined }), code: 'WRONG_NETWORK' },
    ],
    /** Of the responder, at the date of `now`. */
    hellos: [
      { why: 'a version that was not offered', payload: hello({ version: 3 }), code: 'UNSUPPORTED_VERSION' },
      { why: 'a suite that was not offered', payload: hello({ suite: 'AESGCM' }), code: 'UNSUPPORTED_VERSION' },
      {
        why: 'a certificate of 7 days and a millisecond',
        payload: hello({ certificate: certificate(NOT_BEFORE, NOT_AFTER + 1) }),
        code: 'INVALID_SIGNATURE',
      },
      {
        why: 'a certificate that ends before it begins',
        payload: hello({ certificate: certificate(NOT_AFTER, NOT_BEFORE) }),
        code: 'INVALID_SIGNATURE',
      },
      {
        why: 'a certificate by another identity',
        payload: hello({ certificate: certificate(NOT_BEFORE, NOT_AFTER, alice.seed) }),
        code: 'INVALID_SIGNATURE',
      },
      {
        why: 'a certificate of another key',
        payload: hello({ certificate: certificate(NOT_BEFORE, NOT_AFTER, bob.seed, fill(9)) }),
        code: 'INVALID_SIGNATURE',
      },
      { why: 'a session id of 15 bytes', payload: hello({ session: fill(1, 15) }), code: 'HANDSHAKE_FAILED' },
      { why: 'no date', payload: hello({ now: undefined }), code: 'HANDSHAKE_FAILED' },
      { why: 'no certificate', payload: hello({ certificate: undefined }), code: 'HANDSHAKE_FAILED' },
      { why: 'work without a salt', payload: hello({ work: { bits: 12, day: DAY } }), code: 'HANDSHAKE_FAILED' },
    ],
  }
}
