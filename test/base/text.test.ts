import fc from 'fast-check'
import { expect, it } from 'vitest'
import { printable } from '../../src/base/text.js'

it('a name cannot move the cursor, forge a line or turn the text around', () => {
  expect(printable('bob\x1b[2J\r\nroot\u202e\u2028\x9b')).toBe('bob\\u{1b}[2J\\u{d}\\u{a}root\\u{202e}\\u{2028}\\u{9b}')
  expect(printable('Zoë 北京 ✓')).toBe('Zoë 北京 ✓')
})

it('whatever comes in, no control character comes out, and the length is bounded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
      const text = printable(name)
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(text.length).toBeLessThanOrEqual(128 * 10 + 1)
    }),
  )
})
