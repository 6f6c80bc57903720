import { ripemd160 as noble } from '@noble/hashes/legacy.js'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../src/base/bytes.js'
import { ripemd160 } from '../../src/lotus/ripemd160.js'
import { draws } from '../seed.js'

describe('RIPEMD-160', () => {
  it.each([
    ['', '9c1185a5c5e9fc54612808977ee8f548b2258d31'],
    ['a', '0bdc9d2d256b3ee9daae347be6f4dc835a467ffe'],
    ['abc', '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc'],
    ['message digest', '5d0689ef49d2fae572b881b123a85ffa21595f36'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '12a053384a9c0c88e405a06c27dcf49ada62eb2b'],
    ['1234567890'.repeat(8), '9b752e45573d4b39f4dbd3323cab82bf63326bfb'],
  ])('of its paper: %s', (text, hash) => {
    expect(hexOf(ripemd160(new TextEncoder().encode(text)))).toBe(hash)
  })

  it('is that of noble, for every length up to three blocks', () => {
    const { bytes } = draws()
    for (let length = 0; length < 200; length++) {
      const message = bytes(length)
      expect(ripemd160(message)).toEqual(noble(message))
    }
  })
})
