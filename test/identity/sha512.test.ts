import { createHash } from 'node:crypto'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fractionsOfRoots, sha512 } from '../../src/identity/sha512.js'

const hexWords = (words: Uint32Array) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')

describe('SHA-512 (FIPS 180-4)', () => {
  // NIST's examples, and a message of no bits.
  it.each([
    [
      '',
      'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
    ],
    [
      'abc',
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
    ],
    [
      'a'.repeat(1_000_000),
      'e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b',
    ],
  ])('satisfies the example %.20s', (message, hash) => {
    expect(bytesToHex(sha512(utf8ToBytes(message)))).toBe(hash)
  })

  it("is Node's at every length over three blocks, however the message is cut, and leaves it as it was", () => {
    for (let length = 0; length <= 400; length++) {
      const message = crypto.getRandomValues(new Uint8Array(length + 3)).subarray(3)
      expect(sha512(message)).toEqual(new Uint8Array(createHash('sha512').update(message).digest()))
    }
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (parts) => {
        const before = parts.map((part) => part.slice())
        const hash = createHash('sha512')
        for (const part of parts) hash.update(part)
        expect(sha512(...parts)).toEqual(new Uint8Array(hash.digest()))
        expect(parts).toEqual(before)
      }),
    )
  })

  it('has the first and last constants of §4.2.3 and the initial hash value of §5.3.5', () => {
    const constants = hexWords(fractionsOfRoots(80, 3))
    expect([constants.slice(0, 32), constants.slice(-32)]).toEqual([
      '428a2f98d728ae227137449123ef65cd',
      '5fcb6fab3ad6faec6c44198c4a475817',
    ])
    expect(hexWords(fractionsOfRoots(8, 2))).toBe(
      '6a09e667f3bcc908bb67ae8584caa73b3c6ef372fe94f82ba54ff53a5f1d36f1510e527fade682d19b05688c2b3e6c1f1f83d9abfb41bd6b5be0cd19137e2179',
    )
  })
})
