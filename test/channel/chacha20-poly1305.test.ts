import { createCipheriv } from 'node:crypto'
import { poly1305 as noblePoly1305 } from '@noble/ciphers/_poly1305.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { chaCha20, chaCha20Poly1305, chaChaBlock, chaChaState } from '../../src/channel/chacha20-poly1305.js'
import { poly1305 } from '../../src/channel/poly1305.js'

/** Hex, with spaces and line ends that are passed over. */
const bytes = (hex: string) => hexToBytes(hex.replaceAll(/\s/g, ''))
const SUNSCREEN = utf8ToBytes(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
)
const CONTRIBUTION = utf8ToBytes(
  'Any submission to the IETF intended by the Contributor for publication as all or part of an IETF Internet-Draft or RFC and any ' +
    'statement made within the context of an IETF activity is considered an "IETF Contribution". Such statements include oral ' +
    'statements in IETF sessions, as well as written and electronic communications made at any time or place, which are addressed to',
)
const JABBERWOCKY = utf8ToBytes(
  "'Twas brillig, and the slithy toves\nDid gyre and gimble in the wabe:\nAll mimsy were the borogoves,\nAnd the mome raths outgrabe.",
)
const ZEROS = '00'.repeat(32)
const ONE = `${'00'.repeat(31)}01`
const LONG_KEY = '1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0'
const NO_NONCE = '00'.repeat(12)
const NONCE_2 = `${'00'.repeat(11)}02`

function encrypted(key: string, nonce: string, counter: number, plaintext: Uint8Array): string {
  const ciphertext = new Uint8Array(plaintext.length)
  chaCha20(chaChaState(bytes(key), bytes(nonce), counter), plaintext, ciphertext)
  return bytesToHex(ciphertext)
}

function random(length: number): Uint8Array {
  const data = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(data.subarray(at, at + 65_536))
  return data
}

function isRefused(act: () => unknown): boolean {
  try {
    act()
  } catch (error) {
    return isP2PError(error, 'DECRYPT_FAILED')
  }
  return false
}

function flipped(data: Uint8Array, bit: number): Uint8Array {
  const copy = data.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

/** The same bytes in the midst of a larger buffer. */
function shifted(data: Uint8Array, offset: number): Uint8Array {
  const larger = new Uint8Array(offset + data.length + 3).fill(0xa5)
  larger.set(data, offset)
  return larger.subarray(offset, offset + data.length)
}

describe('the ChaCha20 block (RFC 8439 §2.3)', () => {
  it('satisfies §2.3.2', () => {
    const key = bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
    const state = chaChaState(key, bytes('000000090000004a00000000'), 1)
    const before = state.slice()
    const block = new Int32Array(16)
    chaChaBlock(state, block)
    expect(Array.from(block, (word) => word >>> 0)).toEqual([
      0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07,
      0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
    ])
    expect(state).toEqual(before)
  })

  it.each([
    [
      1,
      ZEROS,
      NO_NONCE,
      0,
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7 da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586',
    ],
    [
      2,
      ZEROS,
      NO_NONCE,
      1,
      '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed 29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    ],
    [
      3,
      ONE,
      NO_NONCE,
      1,
      '3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a 8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0',
    ],
    [
      4,
      `00ff${'00'.repeat(30)}`,
      NO_NONCE,
      2,
      '72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca 13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096',
    ],
    [
      5,
      ZEROS,
      NONCE_2,
      0,
      'c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7 8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d',
    ],
  ])('satisfies A.1 #%d', (_, key, nonce, counter, keyStream) => {
    expect(encrypted(key, nonce, counter, new Uint8Array(64))).toBe(bytesToHex(bytes(keyStream)))
  })
})

describe('ChaCha20 (RFC 8439 §2.4)', () => {
  it('satisfies §2.4.2', () => {
    const key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
    expect(encrypted(key, '000000000000004a00000000', 1, SUNSCREEN)).toBe(
      '6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8' +
        '07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d',
    )
  })

  it('satisfies A.2 #1 to #3', () => {
    expect(encrypted(ZEROS, NO_NONCE, 0, new Uint8Array(64))).toMatch(/^76b8e0ada0f13d90.*b669b2ee6586$/)
    expect(encrypted(ONE, NONCE_2, 1, CONTRIBUTION)).toBe(
      bytesToHex(
        bytes(`a3fbf07df3fa2fde4f376ca23e82737041605d9f4f4f57bd8cff2c1d4b7955ec 2a97948bd3722915c8f3d337f7d370050e9e96d647b7c39f56e031ca5eb6250d
          4042e02785ececfa4b4bb5e8ead0440e20b6e8db09d881a7c6132f420e527950 42bdfa7773d8a9051447b3291ce1411c680465552aa6c405b7764d5e87bea85a
          d00f8449ed8f72d0d662ab052691ca66424bc86d2df80ea41f43abf937d3259d c4b2d0dfb48a6c9139ddd7f76966e928e635553ba76c5c879d7b35d49eb2e62b
          0871cdac638939e25e8a1e0ef9d5280fa8ca328b351c3c765989cbcf3daa8b6c cc3aaf9f3979c92b3720fc88dc95ed84a1be059c6499b9fda236e7e818b04b0b
          c39c1e876b193bfe5569753f88128cc08aaa9b63d1a16f80ef2554d7189c411f 5869ca52c5b83fa36ff216b9c1d30062bebcfd2dc5bce0911934fda79a86f6e6
          98ced759c3ff9b6477338f3da4f9cd8514ea9982ccafb341b2384dd902f3d1ab 7ac61dd29c6f21ba5b862f3730e37cfdc4fd806c22f221`),
      ),
    )
    expect(encrypted(LONG_KEY, NONCE_2, 42, JABBERWOCKY)).toBe(
      bytesToHex(
        bytes(`62e6347f95ed87a45ffae7426f27a1df5fb69110044c0d73118effa95b01e5cf 166d3df2d721caf9b21e5fb14c616871fd84c54f9d65b283196c7fe4f60553eb
          f39c6402c42234e32a356b3e764312a61a5532055716ead6962568f87d3f3f77 04c6a8d1bcd1bf4d50d6154b6da731b187b58dfd728afa36757a797ac188d1`),
      ),
    )
  })

  it.each([
    [1, ZEROS, NO_NONCE, '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7'],
    [2, ONE, NONCE_2, 'ecfa254f845f647473d3cb140da9e87606cb33066c447b87bc2666dde3fbb739'],
    [3, LONG_KEY, NONCE_2, '965e3bc6f9ec7ed9560808f4d229f94b137ff275ca9b3fcbdd59deaad23310ae'],
  ])('makes the Poly1305 key of A.4 #%d', (_, key, nonce, macKey) => {
    expect(encrypted(key, nonce, 0, new Uint8Array(32))).toBe(macKey)
  })

  it('refuses a key or a nonce of another length, and leaves no state behind', () => {
    expect(() => chaChaState(new Uint8Array(31), new Uint8Array(12))).toThrow(TypeError)
    expect(() => chaChaState(new Uint8Array(32), new Uint8Array(8))).toThrow(TypeError)
    const state = chaChaState(new Uint8Array(32).fill(7), new Uint8Array(12))
    chaCha20(state, new Uint8Array(100), new Uint8Array(100))
    expect(state).toEqual(new Int32Array(16))
  })
})

describe('Poly1305 (RFC 8439 §2.5)', () => {
  const half = (hex: string) => hex.padEnd(32, '0')
  it.each([
    [
      '§2.5.2',
      '85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b',
      utf8ToBytes('Cryptographic Forum Research Group'),
      'a8061dc1305136c6c22b8baf0c0127a9',
    ],
    ['A.3 #1', ZEROS, new Uint8Array(64), half('')],
    ['A.3 #2', `${half('')}36e5f6b5c5e06070f0efca96227a863e`, CONTRIBUTION, '36e5f6b5c5e06070f0efca96227a863e'],
    ['A.3 #3', `36e5f6b5c5e06070f0efca96227a863e${half('')}`, CONTRIBUTION, 'f3477e7cd95417af89a6b8794c310cf0'],
    ['A.3 #4', LONG_KEY, JABBERWOCKY, '4541669a7eaaee61e708dc7cbcc5eb62'],
    ['A.3 #5, a result not reduced whole', half('02') + half(''), bytes('ff'.repeat(16)), half('03')],
    ['A.3 #6, s overflows', half('02') + 'ff'.repeat(16), bytes(half('02')), half('03')],
    [
      'A.3 #7, limbs of ones and a carry',
      half('01') + half(''),
      bytes(`${'ff'.repeat(16)}f0${'ff'.repeat(15)}${half('11')}`),
      half('05'),
    ],
    [
      'A.3 #8, the result is 2^130 − 5',
      half('01') + half(''),
      bytes(`${'ff'.repeat(16)}fb${'fe'.repeat(15)}${'01'.repeat(16)}`),
      half(''),
    ],
    ['A.3 #9, the result is 2^130 − 6', half('02') + half(''), bytes(`fd${'ff'.repeat(15)}`), `fa${'ff'.repeat(15)}`],
    [
      'A.3 #10, 131 bits in between',
      half('010000000000000004') + half(''),
      bytes(`e33594d7505e43b900000000000000003394d7505e4379cd01${'00'.repeat(23)}${half('01')}`),
      '14000000000000005500000000000000',
    ],
    [
      'A.3 #11, 131 bits at the end',
      half('010000000000000004') + half(''),
      bytes(`e33594d7505e43b900000000000000003394d7505e4379cd01${'00'.repeat(23)}`),
      half('13'),
    ],
  ])('satisfies %s', (_, key, message, tag) => {
    expect(bytesToHex(poly1305(bytes(key), message))).toBe(tag)
  })

  it("agrees with noble's on blocks of ones, and on r and s at their ends", () => {
    // Each 16 bytes: at its ends, one bit, a byte throughout, or 2^130 − 5 less a little, as A.3 #8 has it; now and then anything.
    const edge = fc.oneof(
      fc.constantFrom('00', 'ff', 'fe', 'fb', '01', '80', '7f', '0f', 'fc').map((byte) => bytes(byte.repeat(16))),
      fc.nat(127).map((bit) => flipped(new Uint8Array(16), bit)),
      fc.nat(127).map((bit) => flipped(new Uint8Array(16).fill(0xff), bit)),
      fc.integer({ min: 0xf0, max: 0xff }).map((low) => Uint8Array.of(low, ...new Uint8Array(15).fill(0xff))),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    const rest = fc.uint8Array({ maxLength: 15 })
    const agree = ([r, s]: [Uint8Array, Uint8Array], message: Uint8Array) => {
      const key = new Uint8Array([...r, ...s])
      expect(bytesToHex(poly1305(key, message))).toBe(bytesToHex(noblePoly1305(message, key)))
    }
    fc.assert(
      fc.property(fc.tuple(edge, edge), fc.array(edge, { maxLength: 8 }), rest, (key, blocks, last) => {
        agree(key, Uint8Array.from([...blocks, last].flatMap((block) => [...block])))
      }),
      { numRuns: 5_000 },
    )
  })

  it("agrees with noble's wherever a result lies next to a multiple of 2^130 − 5", () => {
    const p = 2n ** 130n - 5n
    const toNumber = (block: Uint8Array) => BigInt(`0x${bytesToHex(block.slice().reverse())}`)
    const toBytes = (value: bigint) => Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
    // With r = 1 the result is the sum of the blocks, each of them with 2^128 added: the first one is chosen to make it what we want.
    const key = bytes(half('01') + half(''))
    let compared = 0
    for (let round = 0; compared < 3_000; round++) {
      const message = random(16 * (1 + (round % 16)))
      const others = message.subarray(16)
      let sum = 2n ** 128n
      for (let at = 0; at < others.length; at += 16) sum += 2n ** 128n + toNumber(others.subarray(at, at + 16))
      const near = BigInt((round % 65) - 32)
      const first = (((near - sum) % p) + p) % p
      if (first >= 2n ** 128n) continue
      message.set(toBytes(first))
      const tag = poly1305(key, message)
      expect(tag).toEqual(noblePoly1305(message, key))
      expect(tag).toEqual(toBytes((near + p) % p))
      compared++
    }
  })

  it('keeps its limbs exact over a hundred thousand of the largest blocks', () => {
    const key = bytes(`${'ffffff0f'}${'fcffff0f'.repeat(3)}${'ff'.repeat(16)}`)
    const message = new Uint8Array(1_600_000).fill(0xff)
    expect(poly1305(key, message)).toEqual(noblePoly1305(message, key))
  })
})

describe('ChaCha20-Poly1305 (RFC 8439 §2.8)', () => {
  it('opens A.5', () => {
    const sealed =
      bytes(`64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2 4c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf
      332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855 9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4
      b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523e af4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a
      0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a10 49e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29
      a6ad5cb4022b02709b eead9d67890cbb22392336fea1851f38`)
    const plaintext =
      'Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted by other ' +
      'documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them other than as ' +
      '/“work in progress./”'
    const opened = chaCha20Poly1305.decrypt(
      bytes(LONG_KEY),
      bytes('000000000102030405060708'),
      sealed,
      bytes('f33388860000000000004e91'),
    )
    expect(opened).toEqual(utf8ToBytes(plaintext))
  })

  const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const nonce12 = fc.uint8Array({ minLength: 12, maxLength: 12 })
  function agree(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, ad: Uint8Array, offset: number): void {
    const own = chaCha20Poly1305.encrypt(
      shifted(key, offset),
      shifted(nonce, offset),
      shifted(plaintext, offset),
      shifted(ad, offset),
    )
    const noble = chacha20poly1305(key, nonce, ad).encrypt(plaintext)
    const node = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 }).setAAD(ad, {
      plaintextLength: plaintext.length,
    })
    expect(Buffer.compare(own, noble)).toBe(0)
    expect(Buffer.compare(own, Buffer.concat([node.update(plaintext), node.final(), node.getAuthTag()]))).toBe(0)
    const opened = chaCha20Poly1305.decrypt(key, nonce, shifted(own, offset), ad)
    expect(Buffer.compare(opened, plaintext)).toBe(0)
  }

  it("seals what noble's and Node's seal, at every length to 300 and every offset", () => {
    for (let length = 0; length <= 300; length++) {
      agree(random(32), random(12), random(length), random((length * 7) % 61), length % 9)
    }
    for (let length = 0; length <= 80; length++) agree(random(32), random(12), random(20), random(length), length % 5)
  })

  it("seals what noble's and Node's seal, of any input to 70,000 bytes", () => {
    const size = fc.oneof(fc.nat(300), fc.nat(5_000), fc.integer({ min: 60_000, max: 70_000 }))
    fc.assert(
      fc.property(key32, nonce12, size, fc.uint8Array({ maxLength: 90 }), fc.nat(17), (key, nonce, length, ad, offset) => {
        agree(key, nonce, random(length), ad, offset)
      }),
    )
  })

  it('opens nothing of which any one bit of tag, ciphertext, associated data, nonce or key differs', () => {
    const [key, nonce, plaintext, ad] = [random(32), random(12), random(75), random(21)]
    const sealed = chaCha20Poly1305.encrypt(key, nonce, plaintext, ad)
    expect(chaCha20Poly1305.decrypt(key, nonce, sealed, ad)).toEqual(plaintext)
    const inputs = [key, nonce, sealed, ad] as const
    for (const [which, input] of inputs.entries()) {
      for (let bit = 0; bit < 8 * input.length; bit++) {
        const [k, n, s, a] = inputs.map((data, i) => (i === which ? flipped(data, bit) : data)) as [
          Uint8Array,
          Uint8Array,
          Uint8Array,
          Uint8Array,
        ]
        expect(isRefused(() => chaCha20Poly1305.decrypt(k, n, s, a))).toBe(true)
      }
    }
  })

  it('opens nothing that is cut short, down to nothing at all', () => {
    const [key, nonce] = [random(32), random(12)]
    const sealed = chaCha20Poly1305.encrypt(key, nonce, random(20))
    for (let length = 0; length < sealed.length; length++) {
      expect(isRefused(() => chaCha20Poly1305.decrypt(key, nonce, sealed.subarray(0, length)))).toBe(true)
    }
  })

  it('takes no bytes of the associated data for the ciphertext', () => {
    const [key, nonce] = [random(32), random(12)]
    const sealed = chaCha20Poly1305.encrypt(key, nonce, new Uint8Array(16), new Uint8Array(16))
    const moved = new Uint8Array([...new Uint8Array(16), ...sealed])
    expect(isRefused(() => chaCha20Poly1305.decrypt(key, nonce, moved))).toBe(true)
    expect(isRefused(() => chaCha20Poly1305.decrypt(key, nonce, sealed, new Uint8Array(17)))).toBe(true)
  })
})
