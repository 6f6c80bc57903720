import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ripemd160 } from '@noble/hashes/legacy.js'
import { alice, bob, DAY, fill, hex, join, pack, sha256, TIME, tagged, uint, utf8 } from './primitives.js'

const { Point } = secp256k1
const N = Point.Fn.ORDER
const P = Point.Fp.ORDER
type CurvePoint = typeof Point.BASE

const number = (bytes: Uint8Array) => BigInt(`0x${hex(bytes)}`)
const scalar = (value: bigint) => Uint8Array.from(Buffer.from((((value % N) + N) % N).toString(16).padStart(64, '0'), 'hex'))
const bip340 = (tag: string, ...parts: Uint8Array[]) => sha256(join(sha256(utf8(tag)), sha256(utf8(tag)), ...parts))
const sha256d = (bytes: Uint8Array) => sha256(sha256(bytes))
const little = (value: number, width: number) => uint(value, width).reverse()
const isSquare = (y: bigint) => Point.Fp.pow(y, (P - 1n) / 2n) === 1n
const keyOf = (secret: bigint) => Point.BASE.multiply(secret)
const x = (point: CurvePoint) => point.toBytes(true).slice(1)
/** A number that is no secret, of its name. */
const drawn = (name: string) => (number(sha256(utf8(name))) % (N - 1n)) + 1n

/** Lotus's Schnorr signature, with a nonce that everybody knows. */
function schnorr(secret: bigint, message: Uint8Array, name: string): Uint8Array {
  const k = drawn(name)
  const point = keyOf(k)
  const e = number(sha256(join(x(point), keyOf(secret).toBytes(true), message)))
  return join(x(point), scalar((isSquare(point.toAffine().y) ? k : N - k) + e * secret))
}

/** Two members: network identities of the other sections, and wallet keys of their own. */
const members = [
  { ...alice, secret: number(fill(0x21)) },
  { ...bob, secret: number(fill(0x22)) },
].map((member, i) => ({ ...member, walletKey: keyOf(member.secret).toBytes(true), fresh: fill(0xf1 + i, 16) }))

/** The keyset's key: MuSig2's, of sorted keys. */
function aggregated() {
  const sorted = members.map(({ walletKey }) => hex(walletKey)).sort()
  const list = bip340('KeyAgg list', ...sorted.map((key) => Uint8Array.from(Buffer.from(key, 'hex'))))
  const coefficients = members.map(({ walletKey }) => number(bip340('KeyAgg coefficient', list, walletKey)) % N)
  const key = members.reduce((sum, { secret }, i) => sum.add(keyOf(secret).multiply(coefficients[i]!)), Point.ZERO)
  return { list, coefficients, key: key.toBytes(true) }
}

const p2pkh = (key: Uint8Array) => join(Uint8Array.of(0x76, 0xa9, 0x14), ripemd160(sha256(key)), Uint8Array.of(0x88, 0xac))
const sized = (bytes: Uint8Array) => join(Uint8Array.of(bytes.length), bytes)

/** A payment of one output of the keyset's to one of Bob's, all in BIP143's terms. */
function payment(key: Uint8Array) {
  const outpoint = join(fill(0x77), little(3, 4))
  const sequence = fill(0xff, 4)
  const [version, locktime] = [little(2, 4), little(0, 4)]
  const spent = { sats: 1_000_000, script: p2pkh(key) }
  const output = join(little(998_000, 8), sized(p2pkh(members[1]!.walletKey)))
  const encoded = (script: Uint8Array) =>
    join(version, Uint8Array.of(1), outpoint, sized(script), sequence, Uint8Array.of(1), output, locktime)
  const sighash = sha256d(
    join(
      version,
      sha256d(outpoint),
      sha256d(sequence),
      outpoint,
      sized(spent.script),
      little(spent.sats, 8),
      sequence,
      sha256d(output),
      locktime,
      little(0x41, 4),
    ),
  )
  const leaf = (bytes: Uint8Array) => join(sha256d(bytes), Uint8Array.of(1))
  const txid = sha256d(join(version, leaf(join(outpoint, sequence)), leaf(output), locktime))
  return { spent, encoded, sighash, txid }
}

/** Section G. */
export function signingVectors() {
  const { coefficients, key, list } = aggregated()
  const { spent, encoded, sighash, txid } = payment(key)
  const id = fill(0x1d, 16)
  const fields = [
    1,
    id,
    TIME + 600_000,
    'Rent, March',
    members.map(({ publicKey, walletKey }) => [publicKey, walletKey]),
    [[0, members.map(({ walletKey }) => walletKey), null]],
    encoded(new Uint8Array(0)),
    [[BigInt(spent.sats), spent.script]],
    [[0, 0x41, 0]],
  ]
  const request = pack(fields)
  const hash = sha256(request)
  const bindings = members.map(({ publicKey, fresh }) => bip340('lotus-p2p/musig2/member/1', hash, publicKey, fresh))
  const proofs = members.map(({ secret }, i) => schnorr(secret, bindings[i]!, `proof ${i}`))

  const named = `${hex(hash)} #1`
  const sorted = [...members].sort((one, other) => (hex(one.publicKey) < hex(other.publicKey) ? -1 : 1))
  const keys = sorted.map(({ publicKey }) => publicKey)
  const name = hex(
    sha256(tagged('statement-session-name', pack(['lotus/musig2', named, keys, sorted.map(({ fresh }) => fresh)]))),
  )
  const tag = sha256(tagged('statement-session', pack(['lotus/musig2', name, keys, ['go', 'item']])))

  const secretNonces = members.map((_, i) => [drawn(`nonce ${i} 1`), drawn(`nonce ${i} 2`)] as const)
  const nonces = secretNonces.map((halves) => join(...halves.map((half) => keyOf(half).toBytes(true))))
  const [first, second] = [0, 1].map((half) =>
    secretNonces.reduce((sum, halves) => sum.add(keyOf(halves[half]!)), Point.ZERO),
  ) as [CurvePoint, CurvePoint]
  const sum = join(first.toBytes(true), second.toBytes(true))
  const b = number(bip340('MuSig/noncecoef', key, sum, sighash)) % N
  const R = first.add(second.multiply(b))
  const isNegated = !isSquare(R.toAffine().y)
  const e = number(sha256(join(x(R), key, sighash))) % N
  const parts = members.map(({ secret }, i) => {
    const k = secretNonces[i]![0] + b * secretNonces[i]![1]
    return scalar((isNegated ? -k : k) + e * coefficients[i]! * secret)
  })
  const context = sha256(join(...nonces))
  const signature = join(x(R), scalar(parts.reduce((s, part) => s + number(part), 0n)))
  const transaction = encoded(join(sized(join(signature, Uint8Array.of(0x41))), sized(key)))

  const changed = (at: number, value: unknown) => fields.map((field, i) => (i === at ? value : field))
  const message = (...rest: unknown[]) => hex(pack([1, id, ...rest]))
  const roster = members.map(({ fresh }, i) => [fresh, [proofs[i]]])
  return {
    members: members.map(({ seed, publicKey, secret, walletKey, fresh }) => ({
      networkSeed: hex(seed),
      networkKey: hex(publicKey),
      secretKey: hex(scalar(secret)),
      walletKey: hex(walletKey),
      fresh: hex(fresh),
    })),
    request: { bytes: hex(request), hash: hex(hash), id: hex(id), publicKey: hex(key), script: hex(spent.script) },
    bindings: bindings.map((hashed, i) => ({ hashed: hex(hashed), proof: hex(proofs[i]!) })),
    messages: {
      answer: message(hash, 1, members[1]!.fresh, [proofs[1]]),
      refusal: message(hash, 0, 'declined', 'What is this?'),
      roster: message(1, roster),
      signed: message([signature]),
      sent: message(txid),
      cancel: message('cancelled', ''),
    },
    session: { named, name, tag: hex(tag) },
    items: {
      commit: nonces.map((value) => hex(bip340('lotus-p2p/musig2/commit/1', value))),
      nonce: nonces.map(hex),
      partial: parts.map((part) => hex(join(context, part))),
    },
    signature: hex(signature),
    transaction: hex(transaction),
    txid: hex(txid.slice().reverse()),
    announcements: announcementVectors(list),
    invalidRequests: [
      { why: 'another version', bytes: [2, ...fields.slice(1)], field: 'version' },
      { why: 'one member', bytes: changed(4, [[alice.publicKey, members[0]!.walletKey]]), field: 'members' },
      {
        why: 'a wallet key that is not of the first keyset',
        bytes: changed(
          4,
          members.map(({ publicKey }) => [publicKey, members[0]!.walletKey]),
        ),
        field: 'members.1',
      },
      {
        why: 'a key twice',
        bytes: changed(5, [[0, members.map(() => members[0]!.walletKey), null]]),
        field: 'members.1',
      },
      { why: 'an amount that is a float', bytes: changed(7, [[0.5, spent.script]]), field: 'spent.0' },
      { why: 'outputs worth more than the inputs', bytes: changed(7, [[5n, spent.script]]), field: 'transaction' },
      { why: 'Taproot’s type for no input', bytes: changed(8, [[1, 0x61, 0]]), field: 'sign.0' },
      { why: 'a type that is not listed', bytes: changed(8, [[0, 0x01, 0]]), field: 'sign.0.1' },
    ].map(({ bytes, ...rest }) => ({ ...rest, bytes: hex(pack(bytes)) })),
    invalidMessages: [
      { why: 'another version', type: 'sent', payload: hex(pack([2, id, txid])) },
      { why: 'an id of 15 bytes', type: 'sent', payload: hex(pack([1, id.slice(1), txid])) },
      { why: 'a txid that is text', type: 'sent', payload: message(hex(txid)) },
      { why: 'an answer that is neither yes nor no', type: 'answer', payload: message(hash, 2, members[1]!.fresh, [proofs[1]]) },
      { why: 'no proof', type: 'answer', payload: message(hash, 1, members[1]!.fresh, []) },
      { why: 'a proof of 63 bytes', type: 'answer', payload: message(hash, 1, members[1]!.fresh, [proofs[1]!.slice(1)]) },
      { why: 'a reason of 65 characters', type: 'cancel', payload: message('a'.repeat(65), '') },
      { why: 'the attempt 0', type: 'roster', payload: message(0, roster) },
      { why: 'a roster of one', type: 'roster', payload: message(1, roster.slice(1)) },
      { why: 'no signature', type: 'signed', payload: message([]) },
    ],
  }
}

/** Section G.3, of Alice on the day of the vectors. */
function announcementVectors(list: Uint8Array) {
  const { publicKey, secret, walletKey, peerId } = members[0]!
  const day = uint(DAY, 4)
  const hashed = (resource: string) =>
    bip340('lotus-p2p/musig2/found/1', sha256(utf8('lotus')), sha256(utf8(resource)), publicKey, day)
  const proven = (type: string, id: string) => {
    const message = hashed(`${type}/${id}`)
    return { type, id, hashed: hex(message), proof: schnorr(secret, message, `${type}/${id}`) }
  }
  const short = (hash: Uint8Array) => hex(hash.slice(0, 16))
  const signer = proven('musig2-signer', short(sha256(walletKey)))
  const meeting = proven(`musig2-meet-${short(bip340('lotus-p2p/musig2/meet/1', list, day))}`, short(sha256(publicKey)))
  const tag = bip340('lotus-p2p/musig2/meet-tag/1', walletKey, publicKey, day).slice(0, 8)
  const offer = {
    v: 1,
    walletKey,
    purposes: ['escrow'],
    minSats: 0n,
    maxSats: 10_000_000n,
    label: 'Escrow, Berne',
    day: DAY,
    proof: signer.proof,
  }
  const { proof, ...met } = meeting
  return {
    publisher: peerId,
    day: DAY,
    offer: { ...signer, proof: hex(signer.proof), data: hex(pack(offer)) },
    meeting: { ...met, proof: hex(proof), tag: hex(tag), data: hex(pack({ v: 1, tag, day: DAY, proof })) },
    invalidOffers: [
      { why: 'a proof of another day', offer: { ...offer, day: DAY + 1 } },
      { why: 'a proof of another key', offer: { ...offer, walletKey: members[1]!.walletKey } },
      { why: 'a label with a control character', offer: { ...offer, label: 'a\n' } },
      { why: 'a maximum below the minimum', offer: { ...offer, minSats: 2n, maxSats: 1n } },
      { why: 'no purpose', offer: { ...offer, purposes: [] } },
    ].map(({ why, offer: data }) => ({ why, data: hex(pack(data)) })),
  }
}
