import { Decoder } from '@msgpack/msgpack'
import { chacha20 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes as bytes, concatBytes, bytesToHex as hex, utf8ToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import vectors from '../../docs/vectors/onion.json' with { type: 'json' }
import { onionVectors } from '../vectors/make-onion.js'

// Everything below is made with libraries of others, from docs/wire-protocol.md alone.
const key = (type: string, secret: Uint8Array) => hmac(sha256, utf8ToBytes(type), secret)
const stream = (cipherKey: Uint8Array, text: Uint8Array) => chacha20(cipherKey, new Uint8Array(12), text)
const xor = (a: Uint8Array, b: Uint8Array) => a.map((byte, i) => byte ^ b[i]!)

function lioness(secret: Uint8Array, text: Uint8Array, order: number[]): Uint8Array {
  let [left, right] = [text.slice(0, 32), text.slice(32)]
  for (const round of order) {
    const k = key(`p${round}`, secret)
    if (round % 2 === 1) right = stream(xor(left, k), right)
    else left = xor(left, hmac(sha256, k, right))
  }
  return concatBytes(left, right)
}
const lock = (secret: Uint8Array, text: Uint8Array) => lioness(secret, text, [1, 2, 3, 4])
const unlock = (secret: Uint8Array, text: Uint8Array) => lioness(secret, text, [4, 3, 2, 1])

/** docs/wire-protocol.md, "A hop". */
function peel(packet: Uint8Array, secretKey: Uint8Array) {
  const [alpha, beta, gamma, delta] = [packet.slice(1, 33), packet.slice(33, 305), packet.slice(305, 337), packet.slice(337)]
  const secret = sha256(x25519.getSharedSecret(secretKey, alpha))
  expect(packet[0]).toBe(1)
  expect(hex(hmac(sha256, key('mu', secret), concatBytes(beta, Uint8Array.of(1))))).toBe(hex(gamma))
  const plain = stream(key('rho', secret), concatBytes(beta, new Uint8Array(272)))
  const next = x25519.scalarMult(sha256(concatBytes(alpha, secret)), alpha)
  return {
    secret,
    tag: key('id', secret).slice(0, 16),
    command: plain[0]!,
    delayMs: plain[1]! * 256 + plain[2]!,
    reserved: plain[3],
    argument: plain.slice(4, 36),
    packet: concatBytes(Uint8Array.of(1), next, plain.slice(68, 340), plain.slice(36, 68), unlock(secret, delta)),
    delta: unlock(secret, delta),
  }
}

const COMMANDS = { forward: 1, exit: 2, drop: 3, inbox: 4 } as Record<string, number>

function walked(steps: { packet: string; secret: string; tag: string; command: string; delayMs: number }[]) {
  let last: ReturnType<typeof peel> | undefined
  for (const [i, step] of steps.entries()) {
    last = peel(bytes(step.packet), bytes(vectors.hops[i]!.secretKey))
    expect(hex(last.secret)).toBe(step.secret)
    expect(hex(last.tag)).toBe(step.tag)
    expect([last.command, last.delayMs, last.reserved]).toEqual([COMMANDS[step.command], vectors.hops[i]!.delayMs, 0])
    if (i < steps.length - 1) {
      expect(hex(last.argument)).toBe(vectors.hops[i + 1]!.id)
      expect(hex(last.packet)).toBe(steps[i + 1]!.packet)
    }
  }
  return last!
}

function contentOf(delta: Uint8Array): Uint8Array {
  expect(delta.slice(0, 32).every((byte) => byte === 0)).toBe(true)
  const length = delta[32]! * 256 + delta[33]!
  expect(delta.slice(34 + length).every((byte) => byte === vectors.padding)).toBe(true)
  return delta.slice(34, 34 + length)
}

test('the vectors are what npm run docs:vectors:onion makes', async () => {
  expect(JSON.parse(JSON.stringify(await onionVectors()))).toEqual(vectors)
})

test('libraries of others peel each packet as the vectors say', () => {
  for (const { steps, content, delta, hops, secret } of vectors.packets) {
    expect(steps).toHaveLength(hops)
    expect(steps[0]!.packet.slice(2, 66)).toBe(hex(x25519.scalarMultBase(bytes(secret))))
    const last = walked(steps)
    expect(hex(last.delta)).toBe(delta)
    expect(hex(contentOf(last.delta))).toBe(content)
  }
})

test('a reply block leads to its inbox, and its maker opens the reply', () => {
  const { block, steps, tag, surbId, content, secret } = vectors.surb
  expect(block).toHaveLength(802)
  expect(block.slice(0, 64)).toBe(vectors.hops[0]!.id)
  expect(block.slice(64, 738)).toBe(steps[0]!.packet.slice(0, 674))
  expect(steps[0]!.packet.slice(2, 66)).toBe(hex(x25519.scalarMultBase(bytes(secret))))
  const last = walked(steps)
  expect(hex(last.argument)).toBe(tag + surbId)
  let delta = last.delta
  for (const step of [...steps].reverse()) delta = lock(bytes(step.secret), delta)
  expect(hex(contentOf(unlock(bytes(vectors.surb.key), delta)))).toBe(content)
})

test('each hop’s error comes to the sender as the vectors say', () => {
  const secrets = vectors.packets[2]!.steps.map(({ secret }) => bytes(secret))
  for (const { hop, code, onItsWay } of vectors.errors) {
    expect(onItsWay).toHaveLength(hop + 1)
    let error = bytes(onItsWay.at(-1)!)
    for (let i = 0; i <= hop; i++) error = stream(key('ammag', secrets[i]!), error)
    const text = error.slice(32)
    expect(hex(hmac(sha256, key('um', secrets[hop]!), text))).toBe(hex(error.slice(0, 32)))
    expect(text).toEqual(Uint8Array.from({ length: 96 }, (_, i) => (i === 1 ? code : 0)))
  }
})

test('a message to an exit, and its work, are made as the document says', () => {
  const { exit, epoch, messageId, bits, nonce } = vectors.work
  const ofEpoch = Uint8Array.of(epoch >>> 24, epoch >>> 16, epoch >>> 8, epoch)
  const hash = sha256(concatBytes(utf8ToBytes('on1'), bytes(exit), ofEpoch, bytes(messageId), bytes(nonce)))
  expect(Number.parseInt(hex(hash).slice(0, 8), 16) >>> (32 - bits)).toBe(0)
  const { request, surb } = vectors
  const decoded = new Decoder().decode(bytes(request.content)) as unknown[]
  expect(decoded).toEqual(['find', bytes(request.args), [bytes(surb.block)], bytes(messageId), 0, 1, bytes(nonce)])
  expect(new Decoder().decode(bytes(surb.content))).toEqual([bytes(messageId), 0, 1, 0, Uint8Array.of(0x90)])
})
