import { base64urlnopad } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/base/base64url.js'

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

describe('base64url without padding (RFC 4648)', () => {
  // §10, without its padding.
  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j is %j', (text, encoded) => {
    expect(toBase64Url(bytesOf(text))).toBe(encoded)
    expect(fromBase64Url(encoded)).toEqual(bytesOf(text))
  })

  it('writes and reads what another implementation does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(toBase64Url(bytes)).toBe(base64urlnopad.encode(bytes))
        expect(fromBase64Url(base64urlnopad.encode(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each([
    ['padding', 'Zg=='],
    ['bits that are left over', 'Zh'],
    ['a letter that is left over', 'Zm9vY'],
    ['letters of base64', '+/+/'],
    ['white space', 'Zm9v Zm9v'],
    ['white space at an end', 'Zm9v\n'],
    ['other letters', 'Zm9ü'],
  ])('refuses %s', (_, text) => {
    expect(() => fromBase64Url(text)).toThrow()
  })

  it('refuses what is no text', () => {
    for (const value of [undefined, null, 7, {}, ['Zm9v']]) expect(() => fromBase64Url(value as never)).toThrow()
  })
})
