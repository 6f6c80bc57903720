import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBech32m, encodeBech32m, fromWords, toWords } from '../../src/identity/bech32m.js'

// BIP-350, "Test vectors for Bech32m". Those in upper case are read in lower case: what is taken here has one spelling.
const VALID = [
  'a1lqfn3a',
  'an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6',
  'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx',
  '11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8',
  'split1checkupstagehandshakeupstreamerranterredcaperredlc445v',
  '?1v759aa',
]
const INVALID = [
  ['a prefix character below 33', ' 1xj0phk'],
  ['a prefix character of 127', '\x7f1g6xzxy'],
  ['a prefix character above 127', '\x801vctc34'],
  ['too long', 'an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4'],
  ['no separator', 'qyrz8wqd2c9m'],
  ['no prefix', '1qyrz8wqd2c9m'],
  ['a character that is no word', 'y1b0jsk6g'],
  ['a character that is no word', 'lt1igcx5c0'],
  ['too short a checksum', 'in1muywd'],
  ['a checksum with a character that is no word', 'mm1crxm3i'],
  ['a checksum with a character that is no word', 'au1s5cgom'],
  ['a checksum made with the prefix in upper case', 'm1vuxwez'],
  ['no prefix', '16plkw9'],
  ['no prefix', '1p2gdwpf'],
] as const

describe('bech32m (BIP-350)', () => {
  it.each(VALID)('reads and writes %s', (text) => {
    const { prefix, words } = decodeBech32m(text)!
    expect(prefix).toBe(text.slice(0, text.lastIndexOf('1')))
    expect(words).toHaveLength(text.length - prefix.length - 7)
    expect(encodeBech32m(prefix, words)).toBe(text)
  })

  it('gives words their values', () => {
    const { words } = decodeBech32m('abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx')!
    expect(words).toEqual(Array.from({ length: 32 }, (_, index) => 31 - index))
  })

  it.each(INVALID)('refuses %s: %j', (_, text) => {
    expect(decodeBech32m(text)).toBeUndefined()
  })

  it('refuses upper and mixed case, and a checksum of bech32 (BIP-173)', () => {
    for (const text of ['A1LQFN3A', 'A1lqfn3a', 'a12uel5l', 'split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w']) {
      expect(decodeBech32m(text)).toBeUndefined()
    }
  })

  it('regroups bytes of any number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const words = toWords(bytes)
        expect(words).toHaveLength(Math.ceil((bytes.length * 8) / 5))
        expect(words.every((word) => word >= 0 && word < 32)).toBe(true)
        expect(fromWords(words)).toEqual(bytes)
      }),
    )
  })
})
