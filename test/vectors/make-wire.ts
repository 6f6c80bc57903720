/**
 * Makes test/vectors/wire.json: the bytes of docs/wire-protocol.md, all from fixed keys.
 *
 * npx esbuild test/vectors/make-wire.ts --bundle --platform=node --format=esm | node --input-type=module - --print > test/vectors/wire.json
 */
import { x25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { BatchWriter, Entry } from '../../src/channel/batch.js'
import { encodeRefusal, refusalFrame } from '../../src/channel/handshake.js'
import { encodeHello, encodeOffer } from '../../src/channel/hello.js'
import { NoiseXX } from '../../src/channel/noise.js'
import type { WorkProof } from '../../src/channel/work.js'
import { signEnvelope, signingBytes } from '../../src/identity/envelope.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { toWire } from '../../src/message/p2p-protocol.js'
import { createRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { mineProofOfWork } from '../../src/plugins/proof-of-work/proof-of-work.js'
import { workPrefix } from '../../src/plugins/proof-of-work/work-search.js'
import { encodeEvidence, evidenceOf, evidenceToJson } from '../../src/statements/equivocation.js'
import { signStatement, statementId, wireStatement } from '../../src/statements/statement.js'
import { StatementBoard } from '../../src/statements/statement-board.js'

const hex = bytesToHex
const fill = (byte: number) => new Uint8Array(32).fill(byte)
const channelKeys = (byte: number) => ({ secretKey: fill(byte), publicKey: x25519.getPublicKey(fill(byte)) })
const TIME = 1_700_000_000_000
const CIRCUIT = 7

async function party(seed: number, noiseSecret: number, ephemeralSecret: number) {
  const identity = identityFromSeed(fill(seed))
  const noise = channelKeys(noiseSecret)
  const { publicKey, signature } = await signEnvelope(identity, 'handshake', noise.publicKey)
  return {
    identity,
    ephemeral: channelKeys(ephemeralSecret),
    keys: { noise, publicKey, signature },
    peerId: encodePeerId(publicKey),
  }
}

type Party = Awaited<ReturnType<typeof party>>

const secrets = ({ keys, ephemeral, peerId }: Party, seed: number) => ({
  ed25519Seed: hex(fill(seed)),
  publicKey: hex(keys.publicKey),
  peerId,
  x25519Secret: hex(keys.noise.secretKey),
  x25519Public: hex(keys.noise.publicKey),
  ephemeralSecret: hex(ephemeral.secretKey),
})

const helloOf = ({ keys }: Party, name: string, work: { workBits?: number; proof?: WorkProof } = {}) =>
  encodeHello(
    {
      ...work,
      keys,
      name,
      agent: 'vectors/1',
      requireSignatures: false,
      protocols: ['lotus/heartbeat', 'chat'],
      addresses: ['wss://relay.example'],
      metadata: { label: name },
    },
    1,
    DEFAULT_LIMITS,
  )

function frames(maxPlaintextBytes: number, entries: [kind: Entry, head: Uint8Array | undefined, body: Uint8Array][]): string[] {
  const out: string[] = []
  const writer = new BatchWriter(maxPlaintextBytes, (plaintext) => out.push(hex(plaintext)))
  for (const [kind, head, body] of entries) writer.add(kind, head, body)
  writer.flush()
  return out
}

export async function makeWireVectors() {
  const alice = await party(1, 11, 21)
  const bob = await party(2, 12, 22)
  const message = {
    type: 'greeting',
    from: alice.peerId,
    payload: { text: 'hi' },
    timestamp: TIME,
    messageId: 'message-1',
    protocol: 'chat',
  }
  const short = encode(toWire(message, undefined, true))
  const reply = encode(toWire({ ...message, inReplyTo: 'message-0' }, undefined, true))
  const whole = encode(toWire(message, alice.peerId, bob.peerId))
  const signed = await signEnvelope(alice.identity, 'message', whole)
  const refusal = new P2PError('POOL_FULL', 'All is taken.', { details: { retryAfterMs: 30_000 } })

  const offer = encodeOffer()
  const [helloA, helloB] = [helloOf(alice, 'alice'), helloOf(bob, 'bob')]
  const noiseOf = (initiator: boolean, { keys, ephemeral }: Party) =>
    new NoiseXX({
      initiator,
      staticKeys: keys.noise,
      prologue: utf8ToBytes('lotus-p2p'),
      ephemeralKeys: { publicKey: ephemeral.publicKey, secretKey: ephemeral.secretKey.slice() },
    })
  const [initiator, responder] = [noiseOf(true, alice), noiseOf(false, bob)]
  const first = initiator.writeMessage(offer)
  responder.readMessage(first)
  const second = responder.writeMessage(helloB)
  initiator.readMessage(second)
  const third = initiator.writeMessage(helloA)
  responder.readMessage(third)
  const [a, b] = [initiator.split(), responder.split()]
  const handshakeHash = hex(a.handshakeHash)
  const ready = b.send.encrypt(Uint8Array.of(Entry.READY, 0, 0))
  const plaintext = Uint8Array.of(Entry.MESSAGE, short.length >> 8, short.length & 0xff, ...short)
  const frame = (noise: Uint8Array) => `01${hex(noise)}`
  const transport = {
    ready: hex(ready),
    message: hex(a.send.encrypt(plaintext)),
    rekey: hex(a.send.encrypt(Uint8Array.of(Entry.REKEY, 0, 0))),
  }
  a.send.rekey()
  const afterRekey = hex(a.send.encrypt(plaintext))

  const work = { publicKey: alice.keys.publicKey, epoch: Math.floor(TIME / 604_800_000), bits: 16 }
  const proof = await mineProofOfWork(work)
  const hashed = concatBytes(workPrefix(work.publicKey, work.epoch), proof.nonce)

  const record = async (content: object) => {
    const entry = await createRecord(
      { key: 'offer-1', sequence: 7, publishedAt: TIME, ttl: 60, ...content },
      alice,
      DEFAULT_LIMITS,
    )
    return { payload: hex(entry.payload), signature: hex(entry.signature!), wire: hex(encode(wireRecord(entry))) }
  }

  const statement = (value: number) =>
    signStatement(alice.identity, {
      protocol: 'dice',
      session: 'table-7',
      round: 1,
      slot: 'roll',
      value: Uint8Array.of(value),
    })
  const [said, contradiction] = [await statement(1), await statement(2)]
  const evidence = evidenceOf(said, contradiction)!
  const board = new StatementBoard({
    protocol: 'dice',
    session: 'table-7',
    members: [alice.keys.publicKey, bob.keys.publicKey],
    slots: ['roll', 'bet'],
    limits: DEFAULT_LIMITS,
  })
  await board.hear(said)

  return {
    initiator: secrets(alice, 1),
    responder: secrets(bob, 2),
    values: {
      bigint: hex(encode(123456789012345678901234567890n)),
      negativeBigint: hex(encode(-5n)),
      date: hex(encode(new Date(TIME))),
      bytes: hex(encode(Uint8Array.of(1, 2, 3))),
      float: hex(encode(0.5)),
      timestamp: hex(encode(TIME)),
    },
    signingBytes: {
      handshake: hex(signingBytes('handshake', alice.keys.noise.publicKey)),
      record: hex(signingBytes('record', utf8ToBytes('payload'))),
      message: hex(signingBytes('message', utf8ToBytes('payload'))),
      statement: hex(signingBytes('statement', utf8ToBytes('payload'))),
    },
    messages: { onChannel: hex(short), answer: hex(reply), signedBytes: hex(whole), signature: hex(signed.signature) },
    entries: {
      twoMessages: frames(65_519, [
        [Entry.MESSAGE, undefined, short],
        [Entry.MESSAGE, undefined, reply],
      ]),
      signedMessage: frames(65_519, [[Entry.SIGNED_MESSAGE, signed.signature, whole]]),
      fragmentsOf40BytePlaintexts: frames(40, [[Entry.MESSAGE, undefined, short]]),
      close: frames(65_519, [[Entry.CLOSE, undefined, encodeRefusal(refusal)]]),
    },
    refusalFrame: hex(refusalFrame(refusal)),
    handshake: {
      offer: hex(offer),
      responderHello: hex(helloB),
      initiatorHello: hex(helloA),
      frames: [frame(first), frame(second), frame(third)],
      handshakeHash,
      responderReady: transport.ready,
      initiatorMessage: transport.message,
      initiatorRekey: transport.rekey,
      initiatorMessageAfterRekey: afterRekey,
    },
    proofOfWork: {
      publicKey: hex(work.publicKey),
      epoch: work.epoch,
      bits: work.bits,
      nonce: hex(proof.nonce),
      hashed: hex(hashed),
      hash: hex(sha256(hashed)),
      responderHello: hex(helloOf(bob, 'bob', { workBits: work.bits })),
      initiatorHello: hex(helloOf(alice, 'alice', { proof })),
    },
    records: {
      plain: await record({ value: { sats: 5n } }),
      named: await record({ value: 'x', name: 'alice' }),
      withdrawn: await record({ withdrawn: true }),
    },
    statements: {
      payload: hex(said.payload),
      wire: hex(encode(wireStatement(said))),
      id: hex(statementId(said)),
      contradiction: hex(encode(wireStatement(contradiction))),
      evidence: hex(encodeEvidence(evidence)),
      evidenceJson: evidenceToJson(evidence),
      tag: hex(board.tag),
      digestOfNothing: hex(board.digest(0)),
      digest: hex(board.digest(1)),
    },
    circuits: {
      open: hex(encode({ target: bob.peerId, frame: Uint8Array.of(1, 2, 3) })),
      opened: hex(encode({ circuit: CIRCUIT, window: 524_288, frameBytes: 61_440 })),
      incoming: hex(
        encode({ circuit: CIRCUIT, from: alice.peerId, frame: Uint8Array.of(1, 2, 3), window: 524_288, frameBytes: 61_440 }),
      ),
      data: hex(encode([CIRCUIT, Uint8Array.of(4, 5, 6)])),
      ack: hex(encode([CIRCUIT, 131_072])),
      close: hex(encode([CIRCUIT])),
      closeWithCode: hex(encode([CIRCUIT, 'CONNECTION_LOST'])),
    },
  }
}

if (process.argv.includes('--print')) process.stdout.write(`${JSON.stringify(await makeWireVectors(), undefined, 2)}\n`)
