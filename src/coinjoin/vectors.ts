import { joined } from '../base/bytes.js'
import { numberOf } from '../lotus/curve.js'
import { taggedHash } from '../lotus/hash.js'
import { bigEndian, elementOf, type MixField, messageIn } from './fields.js'
import { Polynomials, type Steps } from './polynomials.js'
import { addPowers, polynomialOf } from './power-sums.js'
import { rootsOf } from './roots.js'

export interface VectorOptions {
  field: MixField
  attempt: Uint8Array
  messages: readonly Uint8Array[]
  /** Of the member among those of the attempt. */
  place: number
  /** How many. */
  members: number
  /** M, the outputs of all. */
  count: number
  /** The pad shared with the member at a place. */
  padWith(place: number): readonly bigint[]
}

/** What a member contributes: the power sums of its messages, hidden by pads. In the sum of all members' vectors the pads are gone. */
export function* vectorOf(options: VectorOptions): Steps<bigint[]> {
  const { field, attempt, messages, place, members, count, padWith } = options
  const ring = new Polynomials(field.prime)
  const vector = new Array<bigint>(count).fill(0n)
  addPowers(
    ring,
    vector,
    messages.map((message) => elementOf(attempt, message)),
  )
  yield
  for (let other = 0; other < members; other++) {
    if (other === place) continue
    const pad = padWith(other)
    for (let k = 0; k < count; k++) vector[k] = ring.residue(other > place ? vector[k]! + pad[k]! : vector[k]! - pad[k]!)
    yield
  }
  return vector
}

/** M elements, big-endian. */
export function encodeVector({ elementBytes }: MixField, vector: readonly bigint[]): Uint8Array {
  return joined(...vector.map((element) => bigEndian(element, elementBytes)))
}

/** The elements; undefined where they are not so many, or one is none of the field. */
export function decodeVector({ elementBytes, prime }: MixField, bytes: Uint8Array, count: number): bigint[] | undefined {
  if (bytes.length !== count * elementBytes) return undefined
  const vector = Array.from({ length: count }, (_, k) => numberOf(bytes.subarray(k * elementBytes, (k + 1) * elementBytes)))
  return vector.every((element) => element < prime) ? vector : undefined
}

/** What a member says in `commit`: 32 bytes. */
export function commitmentOf(attempt: Uint8Array, member: Uint8Array, vector: Uint8Array): Uint8Array {
  return taggedHash('lotus-p2p/coinjoin/vector/1', attempt, member, vector)
}

/**
 * The messages in the sum of all vectors, in no order; undefined where a member has disturbed it. Public: all find the same.
 *
 * @param vectors of all members, each of as many elements.
 * @param draw as many random bytes.
 */
export function* messagesIn(
  field: MixField,
  attempt: Uint8Array,
  vectors: readonly (readonly bigint[])[],
  draw: (count: number) => Uint8Array,
): Steps<Uint8Array[] | undefined> {
  const ring = new Polynomials(field.prime)
  const sums = (vectors[0] ?? []).map((_, k) => ring.residue(vectors.reduce((sum, vector) => sum + vector[k]!, 0n)))
  const polynomial = yield* polynomialOf(ring, sums)
  const roots = yield* rootsOf(ring, polynomial, () => numberOf(draw(field.elementBytes + 16)) % field.prime)
  const messages: Uint8Array[] = []
  for (const root of roots ?? []) {
    const message = messageIn(field, attempt, root)
    if (message === undefined) return undefined
    messages.push(message)
    yield
  }
  return roots && messages
}
