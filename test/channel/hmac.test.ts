import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hmacSha256 } from '../../src/channel/hmac.js'

const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

describe('HMAC-SHA256', () => {
  // RFC 4231 §4.2 to §4.5: those whose keys fit one block.
  it.each([
    ['0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      '4a656665',
      '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
    ],
  ])('of RFC 4231, key %s', (key, data, code) => {
    expect(hmacSha256(fromHex(key), fromHex(data))).toEqual(fromHex(code))
  })

  it('is that of node:crypto, and leaves key and data as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 200 }), (key, data) => {
        const before = [key.slice(), data.slice()]
        expect(hmacSha256(key, data)).toEqual(new Uint8Array(createHmac('sha256', key).update(data).digest()))
        expect([key, data]).toEqual(before)
      }),
    )
  })
})
