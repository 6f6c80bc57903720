import { hexToBytes as fromHex, bytesToHex as hex } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { numberOf } from '../../src/lotus/curve.js'
import { addKeys, sortKeys } from '../../src/musig2/key-agg.js'
import { addNonces, makeNonce } from '../../src/musig2/nonces.js'
import { addPartials, partialOf, type SigningKey, sessionOf } from '../../src/musig2/session-math.js'
import { partialHolds } from '../../src/musig2/verify-partial.js'
import { publicVectors } from '../vectors/public.js'
import { BIP340_SCHEME, bip340Verify, tweaked, untweaked } from './bip340-scheme.js'

/** The vectors are untyped: each test reads what it names. */
// biome-ignore lint/suspicious/noExplicitAny: the files of BIP327 have eight shapes, which are read once each.
type Vectors = any

const NAMES = ['key_sort', 'key_agg', 'nonce_gen', 'nonce_agg', 'sign_verify', 'tweak', 'sig_agg', 'det_sign'] as const
const texts = NAMES.map((name) => publicVectors(`bip327/${name}_vectors.json`))
const isHere = texts.every((text) => text !== undefined)
const [keySort, keyAgg, nonceGen, nonceAgg, signVerify, tweak, sigAgg, detSign] = texts.map((text) =>
  JSON.parse(text ?? '{}'),
) as Vectors[]

const bytes = (text: string) => fromHex(text.toLowerCase())
const upper = (value: Uint8Array) => hex(value).toUpperCase()
const pick = (list: string[], indices: number[]) => indices.map((i) => bytes(list[i]!))
const refused = (index?: number) =>
  expect.objectContaining({ code: 'INVALID_TRANSACTION', ...(index !== undefined && { details: { index } }) })

function keyOf(keys: Uint8Array[], tweaks: Uint8Array[] = [], areXOnly: boolean[] = []): SigningKey {
  return tweaks.reduce((key, each, i) => tweaked(key, each, areXOnly[i]!), untweaked(addKeys(keys, 'bip327')))
}

/** k1 ‖ k2 ‖ public key. */
const secretNonce = (text: string) => {
  const all = bytes(text)
  return { first: numberOf(all.subarray(0, 32)), second: numberOf(all.subarray(32, 64)) }
}

describe.skipIf(!isHere)('the vectors of BIP327', () => {
  it('key_sort', () => {
    expect(sortKeys(keySort.pubkeys.map(bytes)).map(upper)).toEqual(keySort.sorted_pubkeys)
  })

  it('key_agg', () => {
    for (const { key_indices, expected } of keyAgg.valid_test_cases) {
      expect(upper(addKeys(pick(keyAgg.pubkeys, key_indices), 'bip327').point.toBytes(true).subarray(1))).toBe(expected)
    }
    for (const { key_indices, tweak_indices, is_xonly, error } of keyAgg.error_test_cases) {
      const make = () => keyOf(pick(keyAgg.pubkeys, key_indices), pick(keyAgg.tweaks, tweak_indices), is_xonly)
      expect(make).toThrow(refused(error.signer))
    }
  })

  it('nonce_gen', () => {
    for (const { rand_, sk, pk, aggpk, msg, extra_in, expected_secnonce, expected_pubnonce } of nonceGen.test_cases) {
      const { secret, nonce } = makeNonce({
        random: bytes(rand_),
        publicKey: bytes(pk),
        ...(sk != null && { secretKey: bytes(sk) }),
        ...(aggpk != null && { aggregateX: bytes(aggpk) }),
        ...(msg != null && { message: bytes(msg) }),
        ...(extra_in != null && { extra: bytes(extra_in) }),
      })
      expect(secret).toEqual(secretNonce(expected_secnonce))
      expect(upper(nonce)).toBe(expected_pubnonce)
    }
  })

  it('nonce_agg', () => {
    for (const { pnonce_indices, expected } of nonceAgg.valid_test_cases) {
      expect(upper(addNonces(pick(nonceAgg.pnonces, pnonce_indices)))).toBe(expected)
    }
    for (const { pnonce_indices, error } of nonceAgg.error_test_cases) {
      expect(() => addNonces(pick(nonceAgg.pnonces, pnonce_indices))).toThrow(refused(error.signer))
    }
  })

  describe('sign_verify', () => {
    const { sk, pubkeys, secnonces, pnonces, aggnonces, msgs } = signVerify ?? {}
    const secret = () => numberOf(bytes(sk))

    it('valid', () => {
      for (const {
        key_indices,
        nonce_indices,
        aggnonce_index,
        msg_index,
        signer_index,
        expected,
      } of signVerify.valid_test_cases) {
        const nonces = pick(pnonces, nonce_indices)
        expect(upper(addNonces(nonces))).toBe(aggnonces[aggnonce_index])
        const session = sessionOf(keyOf(pick(pubkeys, key_indices)), addNonces(nonces), bytes(msgs[msg_index]), BIP340_SCHEME)
        const nonce = secretNonce(secnonces[0])
        expect(upper(partialOf(session, signer_index, secret(), nonce))).toBe(expected)
        expect(nonce).toEqual({ first: 0n, second: 0n })
        expect(partialHolds(session, signer_index, bytes(expected), nonces[signer_index]!)).toBe(true)
      }
    })

    it('refused while signing: keys and sums that are none', () => {
      const { sign_error_test_cases } = signVerify
      for (const { key_indices, aggnonce_index, msg_index, error } of sign_error_test_cases) {
        // Whose key is missing, or whose nonce has been used, is the signer's to see: test/musig2/software-signer.test.ts.
        if (error.type === 'value') continue
        const sign = () =>
          sessionOf(keyOf(pick(pubkeys, key_indices)), bytes(aggnonces[aggnonce_index]), bytes(msgs[msg_index]), BIP340_SCHEME)
        expect(sign).toThrow(refused(error.signer ?? undefined))
      }
      expect(sign_error_test_cases.filter(({ error }: Vectors) => error.type !== 'value')).toHaveLength(4)
    })

    it('refused while verifying', () => {
      for (const { sig, key_indices, nonce_indices, msg_index, signer_index } of signVerify.verify_fail_test_cases) {
        const nonces = pick(pnonces, nonce_indices)
        const session = sessionOf(keyOf(pick(pubkeys, key_indices)), addNonces(nonces), bytes(msgs[msg_index]), BIP340_SCHEME)
        const verify = () => partialHolds(session, signer_index, bytes(sig), nonces[signer_index]!)
        if (BigInt(`0x${sig}`) >= 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n)
          expect(verify).toThrow(refused())
        else expect(verify()).toBe(false)
      }
      for (const { sig, key_indices, nonce_indices, msg_index, signer_index, error } of signVerify.verify_error_test_cases) {
        const verify = () => {
          const nonces = pick(pnonces, nonce_indices)
          const session = sessionOf(keyOf(pick(pubkeys, key_indices)), addNonces(nonces), bytes(msgs[msg_index]), BIP340_SCHEME)
          return partialHolds(session, signer_index, bytes(sig), nonces[signer_index]!)
        }
        expect(verify).toThrow(refused(error.signer))
      }
    })
  })

  it('tweak', () => {
    const { sk, pubkeys, secnonce, pnonces, aggnonce, tweaks, msg, valid_test_cases, error_test_cases } = tweak
    for (const { key_indices, nonce_indices, tweak_indices, is_xonly, signer_index, expected } of valid_test_cases) {
      const key = keyOf(pick(pubkeys, key_indices), pick(tweaks, tweak_indices), is_xonly)
      const session = sessionOf(key, bytes(aggnonce), bytes(msg), BIP340_SCHEME)
      expect(upper(partialOf(session, signer_index, numberOf(bytes(sk)), secretNonce(secnonce)))).toBe(expected)
      expect(partialHolds(session, signer_index, bytes(expected), pick(pnonces, nonce_indices)[signer_index]!)).toBe(true)
    }
    for (const { key_indices, tweak_indices, is_xonly } of error_test_cases) {
      expect(() => keyOf(pick(pubkeys, key_indices), pick(tweaks, tweak_indices), is_xonly)).toThrow(refused())
    }
  })

  it('sig_agg', () => {
    const { pubkeys, pnonces, tweaks, psigs, msg, valid_test_cases, error_test_cases } = sigAgg
    const sessionOfCase = ({ aggnonce, nonce_indices, key_indices, tweak_indices, is_xonly }: Vectors) => {
      expect(upper(addNonces(pick(pnonces, nonce_indices)))).toBe(aggnonce)
      const key = keyOf(pick(pubkeys, key_indices), pick(tweaks, tweak_indices), is_xonly)
      return sessionOf(key, bytes(aggnonce), bytes(msg), BIP340_SCHEME)
    }
    for (const each of valid_test_cases) {
      const session = sessionOfCase(each)
      const signature = addPartials(session, pick(psigs, each.psig_indices))
      expect(upper(signature)).toBe(each.expected)
      expect(bip340Verify(signature, bytes(msg), session.key.point.toBytes(true).subarray(1))).toBe(true)
    }
    for (const each of error_test_cases) {
      expect(() => addPartials(sessionOfCase(each), pick(psigs, each.psig_indices))).toThrow(refused(each.error.signer))
    }
  })

  it('det_sign, whose partial signatures hold: nonces that are not random are not made here', () => {
    const { pubkeys, msgs, valid_test_cases } = detSign
    for (const { aggothernonce, key_indices, tweaks, is_xonly, msg_index, signer_index, expected } of valid_test_cases) {
      const [nonce, partial] = expected.map(bytes)
      const key = keyOf(pick(pubkeys, key_indices), tweaks.map(bytes), is_xonly)
      const session = sessionOf(key, addNonces([nonce, bytes(aggothernonce)]), bytes(msgs[msg_index]), BIP340_SCHEME)
      expect(partialHolds(session, signer_index, partial, nonce)).toBe(true)
    }
  })
})
