import { bech32, bech32m } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { assertPeerName, decodePeerId, encodePeerId, isPeerId } from '../../src/identity/peer-id.js'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const ZERO_ID = encodePeerId(new Uint8Array(32))

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isP2PError(error, 'INVALID_PEER_ID')) return error.message
    throw error
  }
  throw new Error('was accepted')
}

describe('peer ids', () => {
  it('are fixed: the id of a known key never changes', () => {
    expect(encodePeerId(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(
      'lp1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0smlk2wk',
    )
  })

  it('round-trip for every key, in 61 lower-case characters', () => {
    fc.assert(
      fc.property(key, (publicKey) => {
        const id = encodePeerId(publicKey)
        expect(id).toMatch(/^lp1[a-z0-9]{58}$/)
        expect(decodePeerId(id)).toEqual(publicKey)
        expect(isPeerId(id)).toBe(true)
      }),
    )
  })

  it('detect every error of a single character', () => {
    fc.assert(
      fc.property(key, (publicKey) => {
        const id = encodePeerId(publicKey)
        for (let at = 0; at < id.length; at++) {
          for (const wrong of `${CHARSET}1bio`) {
            if (wrong !== id[at]) expect(isPeerId(id.slice(0, at) + wrong + id.slice(at + 1))).toBe(false)
          }
        }
      }),
      { numRuns: 3 },
    )
  })

  it('detect up to four wrong characters, a lost, a doubled and two swapped ones', () => {
    const edits = fc.uniqueArray(fc.tuple(fc.integer({ min: 3, max: 60 }), fc.integer({ min: 1, max: 31 })), {
      minLength: 1,
      maxLength: 4,
      selector: ([at]) => at,
    })
    fc.assert(
      fc.property(key, edits, fc.integer({ min: 0, max: 59 }), (publicKey, wrong, at) => {
        const id = encodePeerId(publicKey)
        const letters = [...id]
        for (const [place, shift] of wrong)
          letters[place] = CHARSET[(CHARSET.indexOf(id[place] as string) + shift) % 32] as string
        expect(isPeerId(letters.join(''))).toBe(false)
        expect(isPeerId(id.slice(0, at) + id.slice(at + 1))).toBe(false)
        expect(isPeerId(id.slice(0, at) + id[at] + id.slice(at))).toBe(false)
        if (id[at] !== id[at + 1]) expect(isPeerId(id.slice(0, at) + id[at + 1] + id[at] + id.slice(at + 2))).toBe(false)
      }),
    )
  })

  it('have one spelling per key: upper and mixed case are refused', () => {
    expect(refusal(() => decodePeerId(ZERO_ID.toUpperCase()))).toContain('lower case')
    expect(refusal(() => decodePeerId(`L${ZERO_ID.slice(1)}`))).toContain('lower case')
    expect(refusal(() => decodePeerId(ZERO_ID.replace('q', 'Q')))).toContain('lower case')
  })

  it('have one spelling per key: unused bits must be zero', () => {
    const words = bech32m.toWords(new Uint8Array(32))
    words[51] = 1
    expect(isPeerId(bech32m.encode('lp', words))).toBe(false)
  })

  it('say what is wrong', () => {
    expect(refusal(() => decodePeerId('alice'))).toContain('begins with "lp1"')
    expect(refusal(() => decodePeerId(ZERO_ID.slice(0, 40)))).toContain('40 characters')
    expect(refusal(() => decodePeerId(`${ZERO_ID.slice(0, -1)}x`))).toContain('checksum')
    expect(refusal(() => decodePeerId(bech32.encodeFromBytes('lp', new Uint8Array(32))))).toContain('checksum')
    expect(refusal(() => decodePeerId('lp1'.repeat(1_000_000)))).toContain('3000000 characters')
  })

  it('are never found in anything else', () => {
    fc.assert(fc.property(fc.anything(), (value) => !isPeerId(value)))
    fc.assert(fc.property(fc.string(), (value) => !isPeerId(`lp1${value}`)))
    for (const value of [undefined, null, 0, {}, [], Symbol('id')]) expect(isPeerId(value)).toBe(false)
  })

  it('are not made from other lengths', () => {
    for (const length of [0, 31, 33, 64]) refusal(() => encodePeerId(new Uint8Array(length)))
    refusal(() => encodePeerId(Array(32).fill(0) as never))
  })
})

describe('names that peers choose', () => {
  it.each(['alice', 'a', 'Älice', '李四', 'node-1.example', 'two words', 'x'.repeat(64), 'lp', 'alp1', '🦊'])(
    'accepts %j',
    (name) => {
      expect(() => assertPeerName(name)).not.toThrow()
    },
  )

  it.each([
    ['', '1 to 64'],
    ['x'.repeat(65), '1 to 64'],
    ['lp1alice', 'lp1'],
    ['LP1alice', 'lp1'],
    [ZERO_ID, 'lp1'],
    ['ws://alice', '"/"'],
    ['a/b', '"/"'],
    [' alice', 'white space'],
    ['alice\u00a0', 'white space'],
    ['al\nice', 'control'],
    ['alice\0', 'control'],
    ['alice\u200b', 'invisible'],
    ['\u202ealice', 'invisible'],
    ['al\ud800ice', 'invisible'],
    ['A\u0308lice', 'normal form'],
  ])('refuses %j', (name, why) => {
    expect(refusal(() => assertPeerName(name))).toContain(why)
  })

  it('refuses what is not text', () => {
    for (const value of [undefined, null, 7, {}, ['a']]) refusal(() => assertPeerName(value as never))
  })
})
