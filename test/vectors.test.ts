import { createHash } from 'node:crypto'
import { hexToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../src/base/limits.js'
import { verifyHello } from '../src/channel/hello.js'
import { decode } from '../src/message/codec.js'
import { decodeMessage } from '../src/message/p2p-protocol.js'
import {
  ackShape,
  closeShape,
  dataShape,
  incomingShape,
  openedShape,
  openShape,
  parseFrame,
} from '../src/plugins/circuit/frames.js'
import { decodeRecord } from '../src/plugins/dht/records/record.js'
import { RecordVerifier } from '../src/plugins/dht/records/record-verifier.js'
import { workDemand } from '../src/plugins/proof-of-work/work-demand.js'
import { verifyEvidence } from '../src/statements/equivocation.js'
import { readStatement, verifyStatement } from '../src/statements/statement.js'
import { VirtualClock } from '../src/testing/index.js'
import { makeWireVectors } from './vectors/make-wire.js'
import vectors from './vectors/wire.json' with { type: 'json' }

const bytes = hexToBytes

test('the bytes on the wire are those of test/vectors/wire.json', async () => {
  expect(await makeWireVectors()).toEqual(vectors)
})

test('the hellos in the vectors are accepted', async () => {
  const { initiator, responder, handshake } = vectors
  for (const [hello, who, name] of [
    [handshake.initiatorHello, initiator, 'alice'],
    [handshake.responderHello, responder, 'bob'],
  ] as const) {
    const remote = await verifyHello(bytes(hello), bytes(who.x25519Public), DEFAULT_LIMITS)
    expect(remote.peerId).toBe(name)
    expect(remote.publicKey).toEqual(bytes(who.publicKey))
  }
})

test('the proof of work in the vectors is one by node:crypto, and in a hello it is accepted', async () => {
  const { initiator, responder, proofOfWork: work } = vectors
  const epoch = Buffer.alloc(4)
  epoch.writeUInt32BE(work.epoch)
  const nonce = Buffer.from(work.nonce, 'hex')
  const key = Buffer.from(work.publicKey, 'hex')
  const hashed = Buffer.concat([Buffer.from('lotus-p2p/work/1\0'), key, epoch, Buffer.alloc(11), nonce])
  expect(hashed.toString('hex')).toBe(work.hashed)
  expect(createHash('sha256').update(hashed).digest('hex')).toBe(work.hash)
  expect(Number.parseInt(work.hash.slice(0, 8), 16) >>> (32 - work.bits)).toBe(0)

  const asked = await verifyHello(bytes(work.responderHello), bytes(responder.x25519Public), DEFAULT_LIMITS)
  expect(asked.work).toEqual({ bits: work.bits, proven: false })
  const clock = { now: () => 1_700_000_000_000 } as never
  const terms = { transport: 'websocket', clock, limits: DEFAULT_LIMITS, isConnected: () => false } as const
  const judged = (bits: number) =>
    verifyHello(bytes(work.initiatorHello), bytes(initiator.x25519Public), DEFAULT_LIMITS, workDemand({ ...terms, bits })!.check)
  await expect(judged(work.bits)).resolves.toMatchObject({ peerId: 'alice' })
  await expect(judged(30)).rejects.toMatchObject({ code: 'PROOF_OF_WORK_REQUIRED' })
})

test('the messages in the vectors are read as what they say', () => {
  const ends = { remote: vectors.initiator.peerId, local: vectors.responder.peerId }
  const message = decodeMessage(bytes(vectors.messages.onChannel), DEFAULT_LIMITS, ends)
  expect(message).toMatchObject({
    type: 'greeting',
    from: ends.remote,
    to: ends.local,
    payload: { text: 'hi' },
    protocol: 'chat',
  })
  expect(decodeMessage(bytes(vectors.messages.signedBytes), DEFAULT_LIMITS)).toEqual(message)
  expect(decodeMessage(bytes(vectors.messages.answer), DEFAULT_LIMITS, ends).inReplyTo).toBe('message-0')
})

test('the records in the vectors are read and their signatures hold', async () => {
  const clock = new VirtualClock()
  const verifier = new RecordVerifier({ clock: { ...clock, now: () => 1_700_000_000_000 } as never })
  for (const { wire } of Object.values(vectors.records)) {
    const entry = decodeRecord(decode(bytes(wire)), DEFAULT_LIMITS)
    await verifier.verify(entry)
    expect(entry.key).toBe('offer-1')
  }
})

test('the statements in the vectors are verified, and what contradicts them is a proof', async () => {
  const { statements, initiator } = vectors
  const said = await verifyStatement(readStatement(decode(bytes(statements.wire))))
  const fields = { protocol: 'dice', session: 'table-7', round: 1, slot: 'roll' }
  expect(said).toMatchObject({ ...fields, value: Uint8Array.of(1), publicKey: bytes(initiator.publicKey) })
  for (const proof of [bytes(statements.evidence), statements.evidenceJson]) {
    const evidence = await verifyEvidence(proof)
    expect(evidence).toMatchObject({ ...fields, publicKey: bytes(initiator.publicKey) })
    expect(evidence.statements.map(({ value }) => value)).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
  }
})

test('the circuit payloads in the vectors are read', () => {
  const { circuits } = vectors
  const payload = (hex: string) => decode(bytes(hex))
  expect(parseFrame(openShape, payload(circuits.open)).target).toBe(vectors.responder.peerId)
  expect(parseFrame(openedShape, payload(circuits.opened)).window).toBe(524_288)
  expect(parseFrame(incomingShape, payload(circuits.incoming)).from).toBe(vectors.initiator.peerId)
  expect(parseFrame(dataShape, payload(circuits.data))[1]).toEqual(Uint8Array.of(4, 5, 6))
  expect(parseFrame(ackShape, payload(circuits.ack))[1]).toBe(131_072)
  expect(parseFrame(closeShape, payload(circuits.close))[1]).toBeUndefined()
  expect(parseFrame(closeShape, payload(circuits.closeWithCode))[1]).toBe('CONNECTION_LOST')
})
