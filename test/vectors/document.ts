import { annotateEntries, annotateParts, annotateValue } from './annotate.js'
import type { WireVectors } from './make-wire.js'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const block = (text: string) => `\`\`\`\n${text}\n\`\`\`\n`
const code = (text: string) => `\`${text}\``

/** Long hexadecimal cut in the middle; the file has the whole. */
function shown(hex: string, max = 128): string {
  return hex.length <= max ? code(hex) : `${code(hex.slice(0, 64))} … ${code(hex.slice(-32))} (${hex.length / 2} bytes)`
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** docs/wire/vectors.md */
export function vectorsDocument(vectors: WireVectors): string {
  const parts = [
    INTRODUCTION,
    session(vectors),
    encoding(vectors),
    identity(vectors),
    handshake(vectors),
    channel(vectors),
    circuits(vectors),
    dht(vectors),
    topics(vectors),
    statements(vectors),
    signing(vectors),
  ]
  return `${parts.join('\n\n')}\n`
}

const INTRODUCTION = `# Wire protocol 2: vectors

The third part of the [wire protocol](../wire-protocol.md). Made by \`npm run docs:vectors\`; change \`test/vectors/\`. \`docs/vectors/*.json\` has these values, and more, for programs: bytes in hexadecimal, values in the JSON form of section E.
Tests compare them with the SDK; the script that makes them uses nothing of it.

| file | sections | holds |
|---|---|---|
| [encoding.json](../vectors/encoding.json) | E | values and their bytes; bytes that are no value, and those that are none where signed |
| [identity.json](../vectors/identity.json) | I | keys, ids, names, a signature for each tag, a certificate, signatures that must not hold |
| [handshake.json](../vectors/handshake.json) | H, C | a whole session with all secrets; offers and hellos to refuse |
| [channel.json](../vectors/channel.json) | C, S, M | entries, fragments, plaintexts that end a channel, streams on one path and two, messages |
| [circuits.json](../vectors/circuits.json) | R | payloads, good and bad |
| [dht.json](../vectors/dht.json) | D | records, ids and places, ties, conditions |
| [topics.json](../vectors/topics.json) | T | messages, their names, a proof of equivocation |
| [statements.json](../vectors/statements.json) | X | statements, ids, evidence, tags, digests, and what is said in rounds |
| [signing.json](../vectors/signing.json) | G | a request, its messages, good and bad, a whole session, announcements |

All secrets here are known to everybody. The network is \`lotus\`, the date 1,700,000,000,000 (2023-11-14T22:13:20Z), day 19,675.`

function session({ handshake }: WireVectors): string {
  const { initiator, responder, retry, frames } = handshake
  const secrets = [
    ['Ed25519 seed', initiator.ed25519Seed, responder.ed25519Seed],
    ['Ed25519 key', initiator.ed25519Public, responder.ed25519Public],
    ['peer id', initiator.peerId, responder.peerId],
    ['X25519 static secret', initiator.x25519Secret, responder.x25519Secret],
    ['X25519 static key', initiator.x25519Public, responder.x25519Public],
    ['X25519 ephemeral secret', initiator.ephemeralSecret, responder.ephemeralSecret],
    ['session id', initiator.session, responder.session],
    ['streams', initiator.streams, responder.streams],
  ].map(([what, ...values]) => [what!, ...values.map(code)])
  const message2 = bytes(frames[1]!)
  const message3 = bytes(frames[2]!)
  const steps = handshake.transport.map(({ from, what, plaintext, frame }, i) => {
    const name = from === 'alice' ? 'wallet → relay' : 'relay → wallet'
    return `**${i + 7}. ${name}: ${what}.** The plaintext, and the frame:\n\n${block(annotateEntries(bytes(plaintext)))}\n${block(annotateParts(bytes(frame), [[-1, '']]))}`
  })
  return `## A whole session

A wallet (initiator) dials a relay (responder) that is under load and demands work.

${table(['', 'wallet', 'relay'], secrets)}

**1. wallet → relay: WebSocket upgrade.** The first frame rides in the subprotocol.

${block(`GET / HTTP/1.1
Host: relay.example
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: …
Sec-WebSocket-Protocol: ${handshake.subprotocol}`)}
**2. The first frame, message 1.**

${block(`${annotateParts(bytes(frames[0]!).subarray(0, 33), [
  [1, 'Noise message'],
  [32, 'e of the wallet'],
])}
${annotateValue(bytes(handshake.offer))}`)}
**3. relay → wallet: RETRY.**

${block(
  annotateParts(bytes(retry.retryFrame), [
    [1, 'RETRY'],
    [16, 'challenge'],
    [1, `bits: ${retry.bits}`],
  ]),
)}
**4. wallet → relay: work.** SHA-256 of what is hashed is ${code(retry.hash)}.

${block(
  annotateParts(bytes(retry.workFrame), [
    [1, 'work'],
    [8, 'nonce'],
  ]),
)}
**5. relay → wallet: message 2.**

${block(
  annotateParts(message2, [
    [1, 'Noise message'],
    [32, 'e of the relay'],
    [48, 's, encrypted'],
    [-1, 'payload 2, encrypted'],
  ]),
)}
Payload 2:

${block(annotateValue(bytes(handshake.responderHello)))}
**6. wallet → relay: message 3.**

${block(
  annotateParts(message3, [
    [1, 'Noise message'],
    [48, 's, encrypted'],
    [-1, 'payload 3, encrypted'],
  ]),
)}
Payload 3:

${block(annotateValue(bytes(handshake.initiatorHello)))}
The handshake hash is ${code(handshake.handshakeHash)}. Keys:

${table(
  ['direction', 'of Split()', `for the suite ${code('ChaChaPoly')}`, `for ${code('AESGCM')} (reserved)`],
  [0, 1].map((i) => [
    i === 0 ? 'wallet → relay' : 'relay → wallet',
    code(handshake.splitKeys[i]!),
    code(handshake.transportKeys[i]!),
    code(handshake.reservedSuiteKeys[i]!),
  ]),
)}

After its REKEY (step 11) the wallet sends under ${code(handshake.initiatorKeyAfterRekey)}.

${steps.join('\n')}
The relay ends the connection.`
}

function encoding({ encoding }: WireVectors): string {
  return `## Encoding (E)

${table(
  ['value, in the JSON form', 'bytes'],
  encoding.valid.map(({ json, bytes }) => [code(JSON.stringify(json).slice(0, 60)), shown(bytes)]),
)}

Refused with MALFORMED_DATA unless another code is given:

${table(
  ['why', 'bytes'],
  encoding.invalid.map(({ why, bytes, code: name }) => [
    name === 'MALFORMED_DATA' ? why : `${why} (${name})`,
    bytes === '' ? '–' : shown(bytes),
  ]),
)}

Refused in what is signed, good elsewhere:

${table(
  ['why', 'bytes'],
  encoding.invalidWhereSigned.map(({ why, bytes }) => [why, shown(bytes)]),
)}`
}

function identity({ identity }: WireVectors): string {
  const { seeds, tags, certificate, signatures, invalidPeerIds, invalidNames } = identity
  const signature = ({ why, publicKey, message, signature: bytes }: (typeof signatures.valid)[number]) => [
    why,
    code(publicKey),
    code(message || '–'),
    code(bytes),
  ]
  return `## Identity (I)

${table(
  ['seed', 'Ed25519 key', 'peer id'],
  seeds.map(({ seed, publicKey, peerId }) => [code(seed), code(publicKey), code(peerId)]),
)}

Not peer ids: ${invalidPeerIds.map(({ why, id }) => `${code(id)} (${why})`).join('; ')}.

Not names: ${invalidNames.map(({ why, name }) => `${code(JSON.stringify(name).slice(0, 24))} (${why})`).join('; ')}.

Signatures of the first key over the payload ${code(tags[0]!.payload)}:

${table(
  ['tag', 'what is signed', 'signature'],
  tags.map(({ tag, signed, signature }) => [code(tag), code(signed), code(signature)]),
)}

A certificate of the wallet's X25519 key, from ${certificate.notBefore} to ${certificate.notAfter}: signed is ${code(certificate.signed)}, the signature ${code(certificate.signature)}.

Signatures that hold, over the message as it is, without a tag:

${table(['', 'key', 'message', 'signature'], signatures.valid.map(signature))}

Signatures that must not hold ([I-2]):

${table(['why', 'key', 'message', 'signature'], signatures.invalid.map(signature))}`
}

function handshake({ handshake }: WireVectors): string {
  const { proofOfWork: work, retry, invalid } = handshake
  return `## Handshake (H)

Work of RETRY: challenge ${code(retry.challenge)}, e ${code(retry.ephemeral)}, ${retry.bits} bits. The first nonce is ${code(retry.nonce)}; hashed is ${code(retry.hashed)}; the hash is ${code(retry.hash)}.

Proof of work, of the wallet for the relay on day ${work.day}, ${work.bits} bits:

${table(
  ['', ''],
  [
    ['signature of the relay over the day', code(work.saltSignature)],
    ['salt', code(work.salt)],
    ['salt of yesterday', code(work.saltOfYesterday)],
    ['prefix', code(work.prefix)],
    ['block', code(work.block)],
    ['first nonce', code(work.nonce)],
    ['SHA-256(block ‖ nonce)', code(work.hash)],
  ],
)}

A refusal in the clear: ${code(handshake.refusal)}.

Offers that a responder refuses:

${table(
  ['why', 'payload 1', 'code'],
  invalid.offers.map(({ why, payload, code: name }) => [why, shown(payload), name]),
)}

Hellos of the relay that the wallet refuses:

${table(
  ['why', 'payload 2', 'code'],
  invalid.hellos.map(({ why, payload, code: name }) => [why, shown(payload), name]),
)}`
}

function channel({ channel }: WireVectors): string {
  const { entries, fragments, invalidPlaintexts, messages } = channel
  return `## Channel, streams, messages (C, S, M)

${table(
  ['entry', 'bytes'],
  Object.entries(entries).map(([name, bytes]) => [name, shown(bytes)]),
)}

The MESSAGE above, as parts in plaintexts of 24 bytes:

${block(fragments.of24BytePlaintexts.join('\n'))}
Plaintexts that end an open channel. Before each, DESCRIPTIONs and READY have gone, and the peer has sent SWITCH 0 and nothing else:

${table(
  ['why', 'plaintext', 'code'],
  invalidPlaintexts.map(({ why, plaintext, code: name }) => [why, shown(plaintext), name]),
)}

What a sender says on an open channel behind SWITCH 0 (SWITCH 1 on a second path of the same session), and what its receiver delivers, by payload:

${table(
  ['', 'delivered'],
  channel.scenarios.map(({ what, delivered, code: name }) => [
    what,
    delivered === undefined ? `– (${name})` : delivered.join(', '),
  ]),
)}

Messages of the wallet to the relay:

${table(
  ['', 'message'],
  Object.entries(messages.valid).map(([name, bytes]) => [name, shown(bytes, 400)]),
)}

Messages that end the channel:

${table(
  ['why', 'message', 'code'],
  messages.invalid.map(({ why, message, code: name }) => [why, shown(message), name]),
)}

Signed by the wallet for the relay, message and signature:

${block(`${messages.signed.toOne.bytes}\n${messages.signed.toOne.signature}`)}
Signed by the wallet to nobody, a broadcast:

${block(`${messages.signed.broadcast.bytes}\n${messages.signed.broadcast.signature}`)}
Signed rightly and refused by the relay: ${messages.invalidSigned.map(({ why, code: name }) => `${why} (${name})`).join('; ')}.`
}

function circuits({ circuits: { invalid, ...valid } }: WireVectors): string {
  return `## Circuits (R)

${table(
  ['payload of', 'bytes'],
  Object.entries(valid).map(([name, bytes]) => [name, shown(bytes, 400)]),
)}

Payloads that end the connection (MALFORMED_DATA):

${table(
  ['why', 'type', 'bytes'],
  invalid.map(({ why, type, payload }) => [why, code(type), shown(payload, 400)]),
)}`
}

function dht({ dht }: WireVectors): string {
  return `## DHT (D)

Records of the wallet, as they travel:

${table(
  ['', 'record'],
  Object.entries(dht.records).map(([name, { wire }]) => [name, code(wire)]),
)}

Payloads that are no record's: ${dht.invalidRecords.map(({ why, payload }) => `${code(payload.slice(0, 200))} (${why})`).join('; ')}.

Conditions on the value ${code(JSON.stringify(dht.filters.value))}:

${table(
  ['where', 'matches'],
  dht.filters.cases.map(({ where, matches }) => [code(JSON.stringify(where)), matches ? 'yes' : 'no']),
)}

No conditions: ${dht.filters.invalid.map(({ why }) => why).join('; ')}.

${table(
  ['', 'id or place'],
  [
    ...dht.nodeIds.map(({ publicKey, id }) => [`node with the key ${code(publicKey)}`, code(id)]),
    [`key ${code(dht.placeOfKey.key)}`, code(dht.placeOfKey.place)],
    [`key ${code(dht.resource.key)} (type ${code(dht.resource.type)}, id ${code(dht.resource.id)})`, code(dht.resource.place)],
    ...dht.resource.parts.map(({ prefix, depth, path, place }) => [
      `part of the set ${code(prefix)}, depth ${depth}, path ${path}: that of the key above`,
      code(place),
    ]),
  ],
)}

Two payloads with one sequence. The one with the smaller hash holds:

${table(
  ['payload', 'hash', ''],
  dht.tie.payloads.map((payload, i) => [code(payload), code(dht.tie.hashes[i]!), i === dht.tie.holds ? 'holds' : '']),
)}`
}

function topics({ topics }: WireVectors): string {
  const row = (name: string, { bytes, signature, name: hash }: typeof topics.message) => [
    name,
    code(bytes),
    code(signature),
    code(hash),
  ]
  return `## Topics (T)

${table(
  ['', 'bytes', 'signature', 'name'],
  [
    row('a message', topics.message),
    row('another under the same run and sequence: a proof', topics.equivocation),
    row('the next one', topics.next),
  ],
)}

No topic messages: ${topics.invalid.map(({ why, bytes, code: name }) => `${code(bytes)} (${why}: ${name})`).join('; ')}.`
}

function statements({ statements }: WireVectors): string {
  const { statement, contradiction, evidence, evidenceJson, sessionTag, digests, rounds, invalid } = statements
  return `## Statements (X)

${table(
  ['', 'payload', 'signature', 'id'],
  [statement, contradiction].map(({ payload, signature, id }, i) => [
    i === 0 ? 'a statement' : 'its contradiction',
    code(payload),
    code(signature),
    code(id),
  ]),
)}

Evidence: ${code(evidence)}. As JSON:

${block(evidenceJson)}
${table(
  ['', ''],
  [
    [`session tag, slots ${code('bet')} and ${code('roll')}`, code(sessionTag.tag)],
    ['session tag, any slots', code(sessionTag.tagOfAnySlots)],
    ['digest of an empty round', code(digests.empty)],
    ['digest of the first statement', code(digests.ofOne)],
    ['digest of both members’ statements', code(digests.ofBoth)],
    [
      `ids of both members’ items ${rounds.values.map(code).join(' and ')} in round 0 of session ${code(rounds.session)}`,
      rounds.ids.map(code).join(', '),
    ],
    ['`go` over both', code(rounds.go)],
    ['`ready` after them', code(rounds.ready)],
  ],
)}

Payloads that are no statement's: ${invalid.map(({ why, payload }) => `${code(payload)} (${why})`).join('; ')}.`
}

function signing({ signing }: WireVectors): string {
  const { members, request, bindings, messages, session, items, announcements, invalidRequests, invalidMessages } = signing
  const { offer, meeting, invalidOffers } = announcements
  return `## Signing together (G)

Two members; ${code('musig2-lotus.json')} has the arithmetic of other keysets, amounts and types.

${table(
  ['network key', 'wallet key', 'its secret', 'fresh'],
  members.map(({ networkKey, walletKey, secretKey, fresh }) => [networkKey, walletKey, secretKey, fresh].map(code)),
)}

The request: ${code(request.bytes)}. requestHash is ${code(request.hash)}.

${table(
  ['payload of', 'bytes'],
  Object.entries(messages).map(([name, bytes]) => [name, shown(bytes, 400)]),
)}

${table(
  ['', 'first member', 'second member'],
  [
    ['what a proof signs', ...bindings.map(({ hashed }) => code(hashed))],
    ['its proof', ...bindings.map(({ proof }) => code(proof))],
    [code('commit'), ...items.commit.map(code)],
    [code('nonce'), ...items.nonce.map(code)],
    [code('partial'), ...items.partial.map(code)],
  ],
)}

The session ${code(session.named)} has the name ${code(session.name)} and the tag ${code(session.tag)}. The signature is ${code(signing.signature)}, the transaction ${code(signing.transaction)}, its id ${code(signing.txid)}.

Announcements of the first member on day ${announcements.day}:

${table(
  ['type', 'id', 'what the proof signs', 'data'],
  [offer, meeting].map(({ type, id, hashed, data }) => [type, id, hashed, data].map(code)),
)}

Offers that are shown to nobody: ${invalidOffers.map(({ why }) => why).join('; ')}.

Requests that cannot be read: ${invalidRequests.map(({ why, field }) => `${why} (${code(field)})`).join('; ')}.

Messages that end the connection (MALFORMED_DATA):

${table(
  ['why', 'type', 'bytes'],
  invalidMessages.map(({ why, type, payload }) => [why, code(type), shown(payload, 200)]),
)}`
}
