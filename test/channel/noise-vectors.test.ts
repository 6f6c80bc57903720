import { readFileSync } from 'node:fs'
import { x25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { CipherState, NoiseXX, platformNoiseCrypto, portableNoiseCrypto } from '../../src/channel/noise.js'
import { makeNoiseVectors, type NoiseVector, type NoiseVectorFile } from '../vectors/make-noise-xx.js'
import { publicVectors } from '../vectors/public.js'

const official = publicVectors('noise-xx.json')
const own: NoiseVectorFile = JSON.parse(readFileSync(new URL('../vectors/noise-xx.json', import.meta.url), 'utf8'))
const keyPair = (hex: string) => ({ secretKey: hexToBytes(hex), publicKey: x25519.getPublicKey(hexToBytes(hex)) })

const cryptos = { node: platformNoiseCrypto, portable: portableNoiseCrypto }
type CryptoName = keyof typeof cryptos
const PAIRS: [CryptoName, CryptoName][] = [
  ['node', 'node'],
  ['portable', 'portable'],
  ['node', 'portable'],
  ['portable', 'node'],
]

function check(vector: NoiseVector, initiator: CryptoName, responder: CryptoName): void {
  const side = (role: 'init' | 'resp', crypto: CryptoName) =>
    new NoiseXX({
      initiator: role === 'init',
      staticKeys: keyPair(vector[`${role}_static`]),
      ephemeralKeys: keyPair(vector[`${role}_ephemeral`]),
      prologue: hexToBytes(vector[`${role}_prologue`]),
      crypto: cryptos[crypto],
    })
  const sides = [side('init', initiator), side('resp', responder)] as const
  for (const [i, { payload, ciphertext }] of vector.messages.slice(0, 3).entries()) {
    const [from, to] = i % 2 === 0 ? sides : ([sides[1], sides[0]] as const)
    expect(bytesToHex(from.writeMessage(hexToBytes(payload)))).toBe(ciphertext)
    expect(bytesToHex(to.readMessage(hexToBytes(ciphertext)))).toBe(payload)
  }
  expect(sides[0].remoteStatic).toEqual(keyPair(vector.resp_static).publicKey)
  expect(sides[1].remoteStatic).toEqual(keyPair(vector.init_static).publicKey)
  const channels = [sides[0].split(), sides[1].split()] as const
  for (const { handshakeHash } of channels) expect(bytesToHex(handshakeHash)).toBe(vector.handshake_hash)
  const carry = (messages: NoiseVector['messages'], first: number) => {
    for (const [i, { payload, ciphertext }] of messages.entries()) {
      const [from, to] = (first + i) % 2 === 0 ? channels : ([channels[1], channels[0]] as const)
      expect(bytesToHex(from.send.encrypt(hexToBytes(payload)))).toBe(ciphertext)
      expect(bytesToHex(to.receive.decrypt(hexToBytes(ciphertext)))).toBe(payload)
    }
  }
  carry(vector.messages.slice(3), 3)
  for (const { send, receive } of channels) {
    send.rekey()
    receive.rekey()
  }
  carry(vector.rekeyed_messages ?? [], 0)
}

describe.each(PAIRS)('Noise vectors, initiator on %s, responder on %s', (initiator, responder) => {
  it.skipIf(official === undefined)('the public ones (cacophony) hold', () => {
    const { vectors } = JSON.parse(official!) as NoiseVectorFile
    expect(vectors.length).toBeGreaterThan(0)
    for (const vector of vectors) check(vector, initiator, responder)
  })

  it('ours hold', () => {
    for (const vector of own.vectors) check(vector, initiator, responder)
  })
})

describe.each(Object.entries(cryptos))('our Noise vectors on %s', (_, crypto) => {
  it('hold for single cipher states, counters of all widths and re-keying', () => {
    const { cipher_state = [] } = own
    expect(cipher_state).toHaveLength(5)
    for (const { key, nonce, ad, plaintext, ciphertext, rekeyed_ciphertext } of cipher_state) {
      const [send, receive] = [0, 1].map(() => new CipherState(hexToBytes(key), crypto.aead, nonce)) as [CipherState, CipherState]
      expect(bytesToHex(send.encrypt(hexToBytes(plaintext), hexToBytes(ad)))).toBe(ciphertext)
      expect(bytesToHex(receive.decrypt(hexToBytes(ciphertext), hexToBytes(ad)))).toBe(plaintext)
      send.rekey()
      receive.rekey()
      expect(bytesToHex(send.encrypt(hexToBytes(plaintext), hexToBytes(ad)))).toBe(rekeyed_ciphertext)
      expect(bytesToHex(receive.decrypt(hexToBytes(rekeyed_ciphertext), hexToBytes(ad)))).toBe(plaintext)
    }
  })

  it('hold for messages up to the longest', () => {
    for (const { key, byte, length, ciphertext_sha256 } of own.long_messages ?? []) {
      const sealed = new CipherState(hexToBytes(key), crypto.aead).encrypt(new Uint8Array(length).fill(byte))
      expect(bytesToHex(sha256(sealed))).toBe(ciphertext_sha256)
    }
  })

  it('are what their generator makes', () => {
    expect(makeNoiseVectors(crypto)).toEqual(own)
  })
})
