import { alice, bob, fill, hex, join, NETWORK, pack, sha256, sign, TIME, tagged, utf8 } from './primitives.js'

/** Section R. */
export function circuitVectors() {
  const bounds = { window: 524_288, frameBytes: 61_440 }
  const frame = Uint8Array.of(1, 2, 3)
  return {
    open: hex(pack({ target: bob.peerId, frame })),
    opened: hex(pack({ circuit: 9, ...bounds })),
    incoming: hex(pack({ circuit: 4, from: alice.peerId, frame, ...bounds })),
    data: hex(pack([9, Uint8Array.of(4, 5, 6)])),
    ack: hex(pack([9, 131_072])),
    close: hex(pack([9])),
    closeWithCode: hex(pack([9, 'CONNECTION_LOST'])),
    closeWithLimit: hex(pack([9, 'LIMIT_EXCEEDED', 'circuitMs'])),
    reserved: hex(
      pack({
        expiresInS: 3_600,
        maxCircuits: 64,
        circuitMs: 43_200_000,
        circuitBytes: 17_179_869_184,
        circuitBytesPerS: 134_217_728,
      }),
    ),
    invalid: [
      { why: 'open to a name', type: 'open', payload: hex(pack({ target: 'bob', frame })) },
      { why: 'open without a frame', type: 'open', payload: hex(pack({ target: bob.peerId })) },
      { why: 'the id 0', type: 'opened', payload: hex(pack({ circuit: 0, ...bounds })) },
      { why: 'an id above u32', type: 'opened', payload: hex(pack({ circuit: 2 ** 32, ...bounds })) },
      { why: 'an id that is text', type: 'data', payload: hex(pack(['9', frame])) },
      { why: 'a window of 1,023 bytes', type: 'opened', payload: hex(pack({ circuit: 9, window: 1_023, frameBytes: 256 })) },
      { why: 'frames of 255 bytes', type: 'opened', payload: hex(pack({ circuit: 9, window: 1_024, frameBytes: 255 })) },
      { why: 'incoming from a name', type: 'incoming', payload: hex(pack({ circuit: 4, from: 'alice', frame, ...bounds })) },
      { why: 'data that is text', type: 'data', payload: hex(pack([9, 'frame'])) },
      { why: 'ack of nothing', type: 'ack', payload: hex(pack([9, 0])) },
      { why: 'ack of half a byte', type: 'ack', payload: hex(pack([9, 0.5])) },
      { why: 'close of nothing', type: 'close', payload: hex(pack([])) },
      {
        why: 'a reservation of 9 s',
        type: 'reserved',
        payload: hex(pack({ expiresInS: 9, maxCircuits: 1, circuitMs: 1, circuitBytes: 1, circuitBytesPerS: 1 })),
      },
    ],
  }
}

/** Section D. */
export function dhtVectors() {
  const wire = (content: Record<string, unknown>) => {
    const payload = pack(content)
    const signature = sign(alice.seed, 'record', payload)
    return { payload: hex(payload), signature: hex(signature), wire: hex(pack([alice.publicKey, payload, signature])) }
  }
  const content = { key: 'offer-1', sequence: 7, publishedAt: TIME, ttl: 60 }
  const key = 'resource:swap:42%3A1'
  const prefix = 'resource:swap:'
  const keyPlace = sha256(tagged('dht-key', utf8(key)))
  const part = (depth: number) => {
    const path = ((keyPlace[0]! << 8) | keyPlace[1]!) >> (16 - depth)
    const hashed = join(utf8(String(depth)), Uint8Array.of(0), utf8(String(path)), Uint8Array.of(0), utf8(prefix))
    return { prefix, depth, path, place: hex(sha256(tagged('dht-set', hashed))) }
  }
  const ties = ['a', 'b'].map((value) => pack({ ...content, value }))
  const tieHashes = ties.map((payload) => hex(sha256(tagged('record-tie', payload))))
  return {
    network: NETWORK,
    publisher: hex(alice.publicKey),
    records: {
      plain: wire({ ...content, value: { sats: 5n } }),
      named: wire({ ...content, value: 'x', name: 'alice' }),
      withdrawn: wire({ ...content, sequence: 8, withdrawn: true }),
    },
    invalidRecords: [
      {
        why: 'another key order',
        payload: hex(join(Uint8Array.of(0x82), pack('sequence'), pack(7), pack('key'), pack('a'))),
        code: 'MALFORMED_DATA',
      },
      { why: 'no value', payload: hex(pack(content)), code: 'MALFORMED_DATA' },
      { why: 'no key', payload: hex(pack({ ...content, key: undefined, value: 1 })), code: 'MALFORMED_DATA' },
      { why: 'a key that ends with a star', payload: hex(pack({ ...content, key: 'a*', value: 1 })), code: 'INVALID_RECORD' },
      { why: 'a ttl of 0', payload: hex(pack({ ...content, ttl: 0, value: 1 })), code: 'INVALID_RECORD' },
      { why: 'a ttl of more than two days', payload: hex(pack({ ...content, ttl: 172_801, value: 1 })), code: 'INVALID_RECORD' },
      {
        why: 'a sequence that is no integer',
        payload: hex(pack({ ...content, sequence: 0.5, value: 1 })),
        code: 'MALFORMED_DATA',
      },
      { why: 'withdrawn: false', payload: hex(pack({ ...content, withdrawn: false, value: 1 })), code: 'MALFORMED_DATA' },
    ],
    filters: filterVectors(),
    nodeIds: [alice, bob].map(({ publicKey }) => ({ publicKey: hex(publicKey), id: hex(sha256(tagged('dht-node', publicKey))) })),
    resource: { type: 'swap', id: '42:1', key, place: hex(keyPlace), parts: [0, 1, 4, 16].map(part) },
    placeOfKey: { key: 'offer-1', place: hex(sha256(tagged('dht-key', utf8('offer-1')))) },
    tie: { payloads: ties.map(hex), hashes: tieHashes, holds: tieHashes[0]! < tieHashes[1]! ? 0 : 1 },
  }
}

/** Section D.2: conditions on a value, in the JSON form of section E. */
function filterVectors() {
  const value = {
    amount: { $bigint: '1000' },
    rate: 0.5,
    when: { $date: TIME },
    coin: 'XPI',
    tags: ['fast', 'cheap', 3],
    terms: { fee: 2, note: null },
  }
  const cases: [where: Record<string, unknown>, matches: boolean][] = [
    [{ coin: 'XPI' }, true],
    [{ coin: 'xpi' }, false],
    [{ amount: 1_000 }, true],
    [{ amount: { gte: 1_000, lt: { $bigint: '1001' } } }, true],
    [{ amount: { gt: 1_000 } }, false],
    [{ rate: { lt: 1 } }, true],
    [{ when: { gte: TIME } }, true],
    [{ when: TIME }, true],
    [{ coin: { gt: 'XP' } }, true],
    [{ coin: { gt: 1 } }, false],
    [{ 'terms.fee': 2 }, true],
    [{ 'terms.note': null }, true],
    [{ 'terms.none': null }, true],
    [{ 'terms.none': { exists: false } }, true],
    [{ 'terms.note': { exists: true } }, true],
    [{ 'terms.none': { exists: true } }, false],
    [{ 'tags.1': 'cheap' }, true],
    [{ coin: { contains: 'PI' } }, true],
    [{ coin: { contains: 'pi' } }, false],
    [{ tags: { contains: 'fast' } }, true],
    [{ tags: { contains: 3 } }, true],
    [{ tags: { contains: 'as' } }, false],
    [{ amount: { contains: 1 } }, false],
    [{ coin: { ne: 'BTC' } }, true],
    [{ none: { ne: 'BTC' } }, true],
    [{ coin: { in: ['BTC', 'XPI'] } }, true],
    [{ coin: { in: [] } }, false],
    [{ coin: 'XPI', rate: { gt: 1 } }, false],
    [{}, true],
  ]
  const invalid: [why: string, where: Record<string, unknown>][] = [
    ['an operator that is not listed', { coin: { like: 'X' } }],
    ['17 conditions', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`f${i}`, i]))],
    ['a path of 257 characters', { ['a'.repeat(257)]: 1 }],
    ['65 alternatives', { coin: { in: Array.from({ length: 65 }, (_, i) => i) } }],
    ['an array as a scalar', { coin: ['XPI'] }],
    ['a text of 1,025 characters', { coin: 'a'.repeat(1_025) }],
  ]
  return {
    value,
    cases: cases.map(([where, matches]) => ({ where, matches })),
    invalid: invalid.map(([why, where]) => ({ why, where })),
  }
}

/** Section T. */
export function topicVectors() {
  const run = fill(0x55, 16)
  const message = (sequence: number, payload: unknown) => {
    const bytes = pack(['offers', run, sequence, TIME, payload])
    const signature = sign(alice.seed, 'topic', bytes)
    return {
      bytes: hex(bytes),
      signature: hex(signature),
      name: hex(sha256(tagged('topic-name', alice.publicKey, bytes))),
      wire: hex(pack([alice.publicKey, bytes, signature, 0])),
    }
  }
  return {
    publisher: hex(alice.publicKey),
    run: hex(run),
    message: message(1, { sats: 5n }),
    equivocation: message(1, { sats: 6n }),
    next: message(2, null),
    invalid: [
      { why: 'a sequence of 0', bytes: pack(['offers', run, 0, TIME, null]) },
      { why: 'a run of 15 bytes', bytes: pack(['offers', fill(0x55, 15), 1, TIME, null]) },
      { why: 'an empty topic', bytes: pack(['', run, 1, TIME, null]), code: 'MALFORMED_DATA' },
      { why: 'no payload', bytes: pack(['offers', run, 1, TIME]) },
      { why: 'a sixth item', bytes: pack(['offers', run, 1, TIME, null, null]) },
      {
        why: 'keys that are not in order',
        bytes: join(pack(['offers', run, 1, TIME, 0]).slice(0, -1), Uint8Array.of(0x82), pack('b'), pack(1), pack('a'), pack(2)),
      },
    ].map(({ why, bytes, code = 'MALFORMED_DATA' }) => ({
      why,
      bytes: hex(bytes),
      wire: hex(pack([alice.publicKey, bytes, fill(0, 64), 0])),
      code,
    })),
  }
}

/** Section X. */
/** A round of items and one that is ready, of two members in the order of their keys. */
function roundVectors(members: Uint8Array[]) {
  const items = members.map((publicKey, place) =>
    sha256(tagged('statement-id', publicKey, pack(['dice', 'table-7 #1', 0, 'item', Uint8Array.of(place)]))),
  )
  const ready = sha256(tagged('statement-ready', ...items))
  return {
    session: 'table-7 #1',
    values: members.map((_, place) => hex(Uint8Array.of(place))),
    ids: items.map(hex),
    go: hex(sha256(tagged('statement-go', ...items))),
    ready: hex(ready),
  }
}

export function statementVectors() {
  const statement = (value: number, fields: unknown[] = ['dice', 'table-7', 1, 'roll']) => {
    const payload = pack([...fields, Uint8Array.of(value)])
    return { payload, signature: sign(alice.seed, 'statement', payload) }
  }
  const [said, other] = [statement(1), statement(2)]
  const idOf = ({ payload }: { payload: Uint8Array }, { publicKey } = alice) => sha256(tagged('statement-id', publicKey, payload))
  const bobSaid = pack(['dice', 'table-7', 1, 'roll', Uint8Array.of(3)])
  const bobId = idOf({ payload: bobSaid }, bob)
  const members = [alice.publicKey, bob.publicKey].sort((a, b) => (hex(a) < hex(b) ? -1 : 1))
  const tag = (slots: string[] | null) => hex(sha256(tagged('statement-session', pack(['dice', 'table-7', members, slots]))))
  const digest = (...ids: Uint8Array[]) =>
    hex(sha256(tagged('statement-digest', ...ids.sort((a, b) => (hex(a) < hex(b) ? -1 : 1)))))
  const evidence = [alice.publicKey, said.payload, said.signature, other.payload, other.signature]
  const base64url = (bytes: Uint8Array) => ({ $bytes: Buffer.from(bytes).toString('base64url') })
  return {
    members: members.map(hex),
    statement: {
      payload: hex(said.payload),
      signature: hex(said.signature),
      wire: hex(pack([alice.publicKey, said.payload, said.signature])),
      id: hex(idOf(said)),
    },
    contradiction: {
      payload: hex(other.payload),
      signature: hex(other.signature),
      wire: hex(pack([alice.publicKey, other.payload, other.signature])),
      id: hex(idOf(other)),
    },
    evidence: hex(pack(evidence)),
    evidenceJson: JSON.stringify(evidence.map(base64url)),
    otherStatement: {
      publicKey: hex(bob.publicKey),
      payload: hex(bobSaid),
      signature: hex(sign(bob.seed, 'statement', bobSaid)),
      id: hex(bobId),
    },
    sessionTag: { slots: ['bet', 'roll'], tag: tag(['bet', 'roll']), tagOfAnySlots: tag(null) },
    digests: { empty: digest(), ofOne: digest(idOf(said)), ofBoth: digest(idOf(said), bobId) },
    rounds: roundVectors(members),
    invalid: [
      {
        why: 'an integer that is not in its shortest form',
        payload: hex(
          join(Uint8Array.of(0x95), pack('dice'), pack('table-7'), Uint8Array.of(0xcc, 1), pack('roll'), pack(Uint8Array.of(1))),
        ),
      },
      { why: 'a value that is text', payload: hex(pack(['dice', 'table-7', 1, 'roll', 'x'])) },
      { why: 'a round of 2^32', payload: hex(pack(['dice', 'table-7', 2 ** 32, 'roll', Uint8Array.of(1)])) },
      { why: 'an empty slot', payload: hex(pack(['dice', 'table-7', 1, '', Uint8Array.of(1)])) },
      { why: 'a sixth item', payload: hex(pack(['dice', 'table-7', 1, 'roll', Uint8Array.of(1), 0])) },
    ],
  }
}
