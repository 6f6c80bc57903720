import type { Random } from '../../../base/random.js'
import { taggedHash } from '../../../identity/envelope.js'

/** Bytes of a node id, and of a place. */
export const NODE_ID_BYTES = 32
/** Bits of the key space. */
export const KEY_BITS = 256
/** Levels at which a popular set may be split: 2^16 parts. */
export const MAX_SET_DEPTH = 16
/** Resources of one type are a set: found together, by their type. */
const SET_PREFIX = /^resource:[^:]+:/

/**
 * Where a node of a network stands in the key space: a hash of its public key, 32 bytes. So nobody chooses a place, and a contact
 * cannot claim another's.
 */
export function nodeIdOf(publicKey: Uint8Array, network: string): Uint8Array {
  return taggedHash('dht-node', network, publicKey)
}

/** Where the records under one key are kept, 32 bytes. */
export function placeOfKey(key: string, network: string): Uint8Array {
  return taggedHash('dht-key', network, utf8(key))
}

/** One part of a set: all keys with this prefix whose place begins with so many bits of `path`. */
export interface SetPart {
  /** `resource:<type>:` */
  readonly prefix: string
  /** 0: the whole set. */
  readonly depth: number
  /** The first `depth` bits of the places of the keys in it, as a number. */
  readonly path: number
}

/** Where the records of one part of a set are kept, 32 bytes. */
export function placeOfSet({ prefix, depth, path }: SetPart, network: string): Uint8Array {
  return taggedHash('dht-set', network, utf8(`${depth}\0${path}\0${prefix}`))
}

/** What the keys of a set begin with; undefined for a key that is in none. */
export function setPrefixOf(key: string): string | undefined {
  return SET_PREFIX.exec(key)?.[0]
}

/** The part of a set, at this depth, in which a key lies; undefined for a key that is in no set. */
export function setPartOf(key: string, depth: number, network: string): SetPart | undefined {
  const prefix = SET_PREFIX.exec(key)?.[0]
  return prefix === undefined ? undefined : { prefix, depth, path: pathOf(key, depth, network) }
}

/** The set that a pattern asks for whole; undefined where it is none. */
export function setOfPattern(pattern: string): SetPart | undefined {
  const prefix = SET_PREFIX.exec(pattern)?.[0]
  return prefix !== undefined && pattern === `${prefix}*` ? { prefix, depth: 0, path: 0 } : undefined
}

/** Whether a key lies in a part of a set. */
export function isInPart(key: string, { prefix, depth, path }: SetPart, network: string): boolean {
  return key.startsWith(prefix) && (depth === 0 || pathOf(key, depth, network) === path)
}

/** The two halves of a part. */
export function halvesOf({ prefix, depth, path }: SetPart): [SetPart, SetPart] {
  return [
    { prefix, depth: depth + 1, path: path * 2 },
    { prefix, depth: depth + 1, path: path * 2 + 1 },
  ]
}

/** Leading bits that two ids share, 0 to 256. */
export function commonBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! ^ b[i]!
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return KEY_BITS
}

/** Negative where `a` is nearer to the target than `b`, by XOR (Maymounkov and Mazières, 2002, §2.1). */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < target.length; i++) {
    if (a[i] !== b[i]) return (a[i]! ^ target[i]!) - (b[i]! ^ target[i]!)
  }
  return 0
}

/** An id that shares exactly so many leading bits with another, otherwise drawn by lot. */
export function idInBucket(own: Uint8Array, bucket: number, random: Random): Uint8Array {
  const id = random.bytes(own.length)
  const whole = bucket >> 3
  id.set(own.subarray(0, whole))
  const bit = 0x80 >> (bucket & 7)
  const above = (0xff00 >> (bucket & 7)) & 0xff
  id[whole] = (own[whole]! & above) | (~own[whole]! & bit) | (id[whole]! & (bit - 1))
  return id
}

/** The first `depth` bits of a key's place, as a number. */
export function pathOf(key: string, depth: number, network: string): number {
  const place = placeOfKey(key, network)
  return ((place[0]! << 8) | place[1]!) >> (16 - depth)
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
