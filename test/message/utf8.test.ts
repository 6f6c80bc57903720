import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS as limits } from '../../src/base/limits.js'
import { cutText, isWellFormed } from '../../src/base/text.js'
import { encodeRefusal, refusalOf } from '../../src/channel/handshake.js'
import { decode, encode } from '../../src/message/codec.js'
import { P2PProtocol } from '../../src/message/p2p-protocol.js'

const code = (code: string) => expect.objectContaining({ name: 'P2PError', code })

/** As str of the shortest head, or of the one of 32 bits. */
const str = (bytes: ArrayLike<number>, wide = false) => {
  const { length } = bytes
  const head = wide || length > 0xffff ? [0xdb, 0, length >> 16, (length >> 8) & 255, length & 255] : undefined
  return joined(
    head ?? (length < 32 ? [0xa0 + length] : length < 256 ? [0xd9, length] : [0xda, length >> 8, length & 255]),
    bytes,
  )
}
const joined = (...parts: ArrayLike<number>[]) => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The platform's own judgement (Encoding Standard, fatal). */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

// RFC 3629 §3 and §4.
const ILL_FORMED: [string, number[]][] = [
  ['a stray continuation byte', [0x80]],
  ['the byte 0xff', [0xff]],
  ['a sequence that is cut', [0xe2, 0x82]],
  ['a sequence of four that is cut', [0xf0, 0x9f, 0x98]],
  ['a lead byte before ASCII', [0xc3, 0x41]],
  ['an overlong slash of two bytes', [0xc0, 0xaf]],
  ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['an overlong null', [0xc0, 0x80]],
  ['the longest overlong of three bytes', [0xe0, 0x9f, 0xbf]],
  ['the longest overlong of four bytes', [0xf0, 0x8f, 0xbf, 0xbf]],
  ['the first surrogate', [0xed, 0xa0, 0x80]],
  ['the last surrogate', [0xed, 0xbf, 0xbf]],
  ['a pair of surrogates (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['U+110000', [0xf4, 0x90, 0x80, 0x80]],
  ['a lead byte of five', [0xf8, 0x88, 0x80, 0x80, 0x80]],
]
const CHARACTERS = [
  '\0',
  '\x7f',
  '\x80',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
]
const LONE = ['\ud800', '\udbff', '\udc00', '\udfff', 'x\ud83d', '\ude00\ud83d', '\ud83d\ud83d\ude00']

describe('texts that come in', () => {
  it.each(ILL_FORMED)('are refused for %s, short or long, as value or key, wherever they stand', (_, bad) => {
    for (const length of [0, 1, 3, 30, 40, 250, 5_000, 70_000]) {
      const ascii = new Uint8Array(length).fill(0x61)
      for (const text of [joined(ascii, bad), joined(bad, ascii), joined(ascii, bad, ascii)]) {
        for (const bytes of [
          str(text),
          str(text, true),
          joined([0x81], str(text), [1]),
          joined([0x92], str(text), [0xa2, 0x82, 0xac]),
        ]) {
          expect(() => decode(bytes)).toThrow(code('MALFORMED_DATA'))
        }
      }
    }
  })

  it('are taken and refused as the platform does with "fatal"', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0x7f, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4))
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 12 }), fc.constantFrom(0, 1, 2, 3, 60, 300), (tail, padding) => {
        const text = [...Array<number>(padding).fill(0x62), ...tail]
        let taken = true
        try {
          decode(str(text))
        } catch {
          taken = false
        }
        expect(taken).toBe(isUtf8(Uint8Array.from(text)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('come back as they were, first and last characters of each length and byte order marks included', () => {
    for (const character of CHARACTERS) {
      for (const length of [0, 1, 31, 49, 50, 51, 199, 200, 201, 300]) {
        const fill = 'x'.repeat(length)
        for (const text of [character + fill, fill + character, character + character + fill]) {
          expect(decode(encode([text, { [text]: text }]))).toEqual([text, { [text]: text }])
        }
      }
    }
  })

  it('may be anything where they are bytes', () => {
    for (const [, bad] of ILL_FORMED) expect(decode(encode(Uint8Array.from(bad)))).toEqual(Uint8Array.from(bad))
  })
})

describe('texts that go out', () => {
  const inAnyPlace = (text: string) => [text, [1, [text]], { a: { b: text } }, { [text]: 1 }, [{ ok: 1, [text]: { c: text } }]]

  it.each(LONE.map((text) => [JSON.stringify(text), text]))('are refused with %s, and say what to do', (_, lone) => {
    for (const length of [0, 1, 30, 49, 60, 300]) {
      for (const text of [lone + 'x'.repeat(length), `${'é'.repeat(length)}${lone}`, `${'漢'.repeat(length)}!${lone}`]) {
        for (const value of inAnyPlace(text)) {
          expect(() => encode(value)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
          expect(() => encode(value)).toThrow(/toWellFormed/)
        }
      }
    }
    expect(decode(encode({ fine: '😀' }))).toEqual({ fine: '😀' })
  })

  it('never are what a peer refuses, whatever the application gives', () => {
    const text = fc.string({ unit: 'binary', maxLength: 80 }).filter((name) => name !== '__proto__')
    const lone = fc.tuple(text, fc.constantFrom(...LONE), text).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(text, lone), (given) => {
        for (const value of inAnyPlace(given)) {
          if (isWellFormed(given)) expect(decode(encode(value))).toEqual(value)
          else expect(() => encode(value)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('are checked also where a getter encodes something else meanwhile', () => {
    const value = {
      get inner() {
        return encode(['\ud800'])
      },
    }
    expect(() => encode(value)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
  })

  it('are refused as JSON too, in both directions', () => {
    const protocol = new P2PProtocol()
    const message = protocol.createMessage('note', { text: '\ud83d' }, 'alice')
    expect(() => protocol.serialize(message)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(() => protocol.toJSON(message)).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    expect(protocol.validateMessageSize(message)).toBe(false)
    const json = protocol.toJSON({ ...message, payload: { text: 'X' } })
    for (const lone of ['\\ud83d', '\ud83d']) {
      expect(() => protocol.fromJSON(json.replace('"X"', `"${lone}"`))).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
      expect(() => protocol.fromJSON(json.replace('"text"', `"${lone}"`))).toThrow(code('UNSERIALIZABLE_PAYLOAD'))
    }
    expect(protocol.fromJSON(json.replace('"X"', '"\\ud83d\\ude00"')).payload).toEqual({ text: '😀' })
  })
})

describe('a text that is cut for sending', () => {
  it('is well-formed wherever it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...LONE, ''), fc.nat(20), (text, lone, max) => {
        const cut = cutText(text + lone, max)
        expect(isWellFormed(cut) && cut.length <= max).toBe(true)
        if (isWellFormed((text + lone).slice(0, max))) expect(cut).toBe((text + lone).slice(0, max))
      }),
    )
  })

  it('is what a refusal says, so that no error is too odd to be told', () => {
    for (const message of ['\ud800', `${'x'.repeat(511)}😀`, '😀']) {
      expect(refusalOf(encodeRefusal(new P2PError('POOL_FULL', message)), limits)).toMatchObject({
        code: 'POOL_FULL',
        message: cutText(message, 512),
      })
    }
  })
})

describe('isWellFormed', () => {
  it('says what the platform says', () => {
    const unit = fc.constantFrom('a', 'é', '漢', '😀', '\ud7ff', '\ue000', ...LONE)
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 6 }), (units) => {
        const text = units.join('')
        expect(isWellFormed(text)).toBe((text as unknown as { isWellFormed(): boolean }).isWellFormed())
      }),
      { numRuns: 1_000 },
    )
  })
})
