import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/base/random.js'
import {
  commonBits,
  compareDistance,
  halvesOf,
  idInBucket,
  isInPart,
  nodeIdOf,
  placeOfKey,
  placeOfSet,
  setOfPattern,
  setPartOf,
} from '../../src/plugins/dht/records/key-space.js'

const id = fc.uint8Array({ minLength: 32, maxLength: 32 })
const big = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const xor = (a: Uint8Array, b: Uint8Array) => big(a) ^ big(b)

describe('the key space', () => {
  it('puts a node at the tagged hash of its public key', () => {
    const key = new Uint8Array(32).fill(7)
    expect(nodeIdOf(key, 'lotus')).toEqual(sha256(Uint8Array.of(...utf8ToBytes('lotus-p2p/dht-node/2\0lotus\0'), ...key)))
  })

  it('is another one in another network', () => {
    const places = (network: string) => [
      nodeIdOf(new Uint8Array(32), network),
      placeOfKey('k', network),
      placeOfSet({ prefix: 'resource:a:', depth: 0, path: 0 }, network),
    ]
    const all = [...places('lotus'), ...places('test')].map((place) => Buffer.from(place).toString('hex'))
    expect(new Set(all).size).toBe(6)
  })

  it('orders by XOR as numbers do', () => {
    fc.assert(
      fc.property(id, id, id, (target, a, b) => {
        const [da, db] = [xor(target, a), xor(target, b)]
        expect(Math.sign(compareDistance(target, a, b))).toBe(da < db ? -1 : da > db ? 1 : 0)
      }),
    )
  })

  it('counts the leading bits that two ids share', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        const difference = xor(a, b)
        expect(commonBits(a, b)).toBe(difference === 0n ? 256 : 256 - difference.toString(2).length)
      }),
    )
    expect(commonBits(new Uint8Array(32), new Uint8Array(32))).toBe(256)
  })

  it('draws an id in every bucket', () => {
    const own = nodeIdOf(new Uint8Array(32), 'lotus')
    for (let bucket = 0; bucket < 256; bucket++)
      expect(commonBits(own, idInBucket(own, bucket, seededRandom(bucket)))).toBe(bucket)
  })
})

describe('a set', () => {
  it('holds the resources of one type, and nothing else is in one', () => {
    expect(setPartOf('resource:offer:1', 0, 'lotus')).toEqual({ prefix: 'resource:offer:', depth: 0, path: 0 })
    expect(setPartOf('peer:lp1', 0, 'lotus')).toBeUndefined()
    expect(setOfPattern('resource:offer:*')).toEqual({ prefix: 'resource:offer:', depth: 0, path: 0 })
    expect(setOfPattern('resource:offer:a*')).toBeUndefined()
    expect(setOfPattern('offer-*')).toBeUndefined()
  })

  it('falls into two halves that share no key and lose none, at every depth', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), fc.integer({ min: 0, max: 15 }), (name, depth) => {
        const key = `resource:offer:${name}`
        const part = setPartOf(key, depth, 'lotus')!
        expect(isInPart(key, part, 'lotus')).toBe(true)
        expect(halvesOf(part).filter((half) => isInPart(key, half, 'lotus'))).toEqual([setPartOf(key, depth + 1, 'lotus')])
      }),
    )
  })

  it('has another place for each part, and none of them is that of a key', () => {
    const parts = [0, 1, 2].map((depth) => placeOfSet({ prefix: 'resource:a:', depth, path: 0 }, 'lotus'))
    const places = [
      ...parts,
      placeOfSet({ prefix: 'resource:b:', depth: 0, path: 0 }, 'lotus'),
      placeOfKey('resource:a:', 'lotus'),
    ]
    expect(new Set(places.map((place) => Buffer.from(place).toString('hex'))).size).toBe(places.length)
  })
})
