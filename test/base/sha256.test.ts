import { createHash } from 'node:crypto'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SHA256_CONSTANTS, SHA256_INITIAL, sha256 } from '../../src/base/sha256.js'

const hexWords = (words: Int32Array) => Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ')

describe('SHA-256 (FIPS 180-4)', () => {
  // NIST's examples of FIPS 180-4, and a message of no bits.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('satisfies the example %.20s', (message, hash) => {
    expect(bytesToHex(sha256(utf8ToBytes(message)))).toBe(hash)
  })

  it("is noble's and Node's at every length over three blocks, however the message is cut, and leaves it as it was", () => {
    for (let length = 0; length <= 200; length++) {
      const message = crypto.getRandomValues(new Uint8Array(length + 3)).subarray(3)
      const hash = sha256(message)
      expect(hash).toEqual(nobleSha256(message))
      expect(hash).toEqual(new Uint8Array(createHash('sha256').update(message).digest()))
    }
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 5 }), (parts) => {
        const before = parts.map((part) => part.slice())
        const hash = createHash('sha256')
        for (const part of parts) hash.update(part)
        expect(sha256(...parts)).toEqual(new Uint8Array(hash.digest()))
        expect(parts).toEqual(before)
      }),
    )
  })

  it('has the constants of §4.2.2 and the initial hash value of §5.3.3', () => {
    expect(hexWords(SHA256_CONSTANTS)).toBe(
      [
        '428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe',
        '9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d b00327c8 bf597fc7',
        'c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85 a2bfe8a1 a81a664b',
        'c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3',
        '748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2',
      ].join(' '),
    )
    expect(hexWords(SHA256_INITIAL)).toBe('6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19')
  })

  it('would have the same constants if every root were wrong by a thousand units in the last place', () => {
    // The roots lie below 8 (cube) and 5 (square): a unit in the last place is 2^-50 at most, and Math.cbrt need not be exact.
    const primes = Array.from({ length: 312 }, (_, n) => n).filter(
      (n) => n > 1 && !Array.from({ length: n - 2 }, (_, d) => n % (d + 2)).includes(0),
    )
    expect(primes).toHaveLength(64)
    const isSafe = (root: number) => {
      const scaled = (root % 1) * 2 ** 32
      return Math.abs(scaled - Math.round(scaled)) > 1_000 * 2 ** (32 - 50)
    }
    for (const prime of primes) expect(isSafe(Math.cbrt(prime)), `cube root of ${prime}`).toBe(true)
    for (const prime of primes.slice(0, 8)) expect(isSafe(Math.sqrt(prime)), `square root of ${prime}`).toBe(true)
  })
})
