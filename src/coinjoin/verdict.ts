import { equalBytes } from '../base/bytes.js'
import type { MixField } from './fields.js'
import { areMessages, type KeysItem, type Reveal, readKeys, seedCommitmentOf, UNWELCOME } from './items.js'
import { isLowOrder, type PadParty, padKeysOf, padOf } from './pads.js'
import type { Steps } from './polynomials.js'
import { ascending } from './pool.js'
import { commitmentOf, decodeVector, vectorOf } from './vectors.js'

/** What the keys come to. */
export interface JudgedKeys {
  readonly keys: readonly (KeysItem | undefined)[]
  /** Places of those that no honest member would send. */
  readonly guilty: readonly number[]
  /** Places of members whose coins most others do not take. */
  readonly outvoted: readonly number[]
  /** Places of members that do not take a coin which most others take: they sign nothing that holds it. */
  readonly parting: readonly number[]
}

/** Judges the `keys` items of all, by place, in steps of a multiplication on the curve. What more than half of the others reject is out: chains differ, so it is no offence. */
export function* judgeKeys(items: readonly Uint8Array[]): Steps<JudgedKeys> {
  const all = items.map((_, place) => place)
  const keys = items.map(readKeys)
  const guilty: number[] = []
  for (const [place, item] of keys.entries()) {
    yield
    const places = item?.unwanted.map(([other]) => other)
    const isOdd = (other: number, i: number) => other >= items.length || other === place || (i > 0 && other <= places![i - 1]!)
    if (places === undefined || isLowOrder(item!.padKey) || places.some(isOdd)) guilty.push(place)
  }
  const rejects = (by: number, place: number) => keys[by]?.unwanted.some(([other]) => other === place) === true
  const outvoted = all.filter((place) => 2 * all.filter((by) => rejects(by, place)).length > items.length - 1)
  const parting = all.filter((place) =>
    keys[place]?.unwanted.some(([other, why]) => why !== UNWELCOME && !outvoted.includes(other)),
  )
  return { keys, guilty, outvoted, parting: parting.filter((place) => !outvoted.includes(place)) }
}

/** What the vectors come to. */
export interface JudgedVectors {
  /** Of all, where nobody is guilty. */
  readonly vectors: readonly (readonly bigint[])[]
  /** Places of those that have said none, or another one than they had committed to. */
  readonly guilty: readonly number[]
}

/** Reads the vectors of all. */
export function judgeVectors(
  field: MixField,
  attempt: Uint8Array,
  members: readonly Uint8Array[],
  { commit, vector }: { readonly commit: readonly Uint8Array[]; readonly vector: readonly Uint8Array[] },
  count: number,
): JudgedVectors {
  const found = vector.map((bytes, place) =>
    equalBytes(commitmentOf(attempt, members[place]!, bytes), commit[place]!) ? decodeVector(field, bytes, count) : undefined,
  )
  const vectors = found.filter((each) => each !== undefined)
  return { vectors, guilty: found.flatMap((each, place) => (each === undefined ? [place] : [])) }
}

/** An attempt whose sum was disturbed. */
export interface Disturbed {
  readonly field: MixField
  readonly attempt: Uint8Array
  /** By place. */
  readonly members: readonly Uint8Array[]
  readonly keys: readonly KeysItem[]
  /** What each has registered: how many outputs. */
  readonly counts: readonly number[]
  readonly vectors: readonly (readonly bigint[])[]
}

/**
 * Who has disturbed the sum, from what all have revealed: those whose seed, messages or vector are not what they had committed to, and those
 * with a message that no output can pay to, or that somebody else has too. There is always one: honest vectors add up.
 *
 * @param reveals by place; undefined for those that did not reveal, who are named for that.
 */
export function* culpritsOf(
  { field, attempt, members, keys, counts, vectors }: Disturbed,
  reveals: readonly (Reveal | undefined)[],
): Steps<number[]> {
  const count = counts.reduce((sum, each) => sum + each, 0)
  const guilty = new Set<number>()
  const secrets = reveals.map((reveal, place) => {
    if (reveal === undefined) return undefined
    const { padKey, commitment } = keys[place]!
    const made = padKeysOf(reveal.seed, attempt)
    const isKept =
      equalBytes(made.publicKey, padKey) && equalBytes(seedCommitmentOf(attempt, members[place]!, reveal), commitment)
    if (isKept && areMessages(field.type, reveal.messages, counts[place]!)) return made
    guilty.add(place)
    return undefined
  })
  const seen = new Map<string, number>()
  for (const [place, reveal] of reveals.entries()) {
    for (const message of secrets[place] === undefined ? [] : reveal!.messages) {
      const other = seen.get(message.join())
      if (other !== undefined) guilty.add(other).add(place)
      seen.set(message.join(), place)
    }
  }
  // Both members of a pair have the same pad: it is made once.
  const pads = new Map<number, bigint[]>()
  const party = (place: number): PadParty => ({ member: members[place]!, padKey: keys[place]!.padKey })
  const padOfPair = (place: number, other: number) => {
    const name = Math.min(place, other) * members.length + Math.max(place, other)
    const pad = pads.get(name) ?? padOf(field, attempt, secrets[place]!, party(place), party(other), count)
    pads.set(name, pad)
    return pad
  }
  for (const [place, secret] of secrets.entries()) {
    if (secret === undefined) continue
    const vector = yield* vectorOf({
      field,
      attempt,
      messages: reveals[place]!.messages,
      place,
      members: members.length,
      count,
      padWith: (other) => padOfPair(place, other),
    })
    if (vector.some((element, k) => element !== vectors[place]![k])) guilty.add(place)
  }
  return ascending(guilty)
}
