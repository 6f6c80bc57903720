import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/base/limits.js'
import { PinnedNames } from '../../src/identity/pinned-names.js'
import { encode } from '../../src/message/codec.js'
import { decodeRecord } from '../../src/plugins/dht/records/record.js'
import { RecordVerifier } from '../../src/plugins/dht/records/record-verifier.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { signedWire } from './network.js'
import { plainValues } from './plain-values.js'

const START = 1_700_000_000_000
const content = { key: 'k', value: 1, sequence: 1, publishedAt: START, ttl: 60 }

describe('a record from elsewhere', () => {
  it('is read and verified, and the second time costs no signature check', async () => {
    const verifier = new RecordVerifier({ network: 'lotus', clock: new VirtualClock(START) })
    const wire = await signedWire(1, content)
    await verifier.verify(verifier.read(wire))
    await verifier.verify(verifier.read(wire.map((bytes) => bytes.slice())))
    expect(verifier.signatureChecks).toBe(1)
  })

  it.each([
    ['no key', { ...content, key: '' }, 'MALFORMED_DATA'],
    ['a key with a wildcard', { ...content, key: 'a*' }, 'INVALID_RECORD'],
    ['a key that is too long', { ...content, key: 'k'.repeat(513) }, 'INVALID_RECORD'],
    ['a key that is no text', { ...content, key: 5 }, 'MALFORMED_DATA'],
    ['a negative sequence', { ...content, sequence: -1 }, 'MALFORMED_DATA'],
    ['a broken sequence', { ...content, sequence: 1.5 }, 'MALFORMED_DATA'],
    ['no ttl', { ...content, ttl: 0 }, 'INVALID_RECORD'],
    ['a ttl that is not a number', { ...content, ttl: Number.NaN }, 'MALFORMED_DATA'],
    ['a ttl above the cap', { ...content, ttl: 172_801 }, 'INVALID_RECORD'],
    ['no value', { ...content, value: undefined }, 'MALFORMED_DATA'],
    ['a name that is no name', { ...content, name: 'lp1abc' }, 'INVALID_RECORD'],
    ['an odd withdrawal', { ...content, withdrawn: false }, 'MALFORMED_DATA'],
    ['too many bytes', { ...content, value: new Uint8Array(20_000) }, 'INVALID_RECORD'],
  ])('with %s is refused', async (_, bad, code) => {
    const wire = await signedWire(1, bad)
    expect(() => decodeRecord(wire, DEFAULT_LIMITS, 'lotus')).toThrow(expect.objectContaining({ code }))
  })

  it('whose bytes were changed is refused, wherever they were', async () => {
    const verifier = new RecordVerifier({ network: 'lotus', clock: new VirtualClock(START) })
    const wire = await signedWire(1, content)
    await verifier.verify(verifier.read(wire))
    const otherKey = (await signedWire(2, content))[0]
    const forged = [
      [otherKey, wire[1], wire[2]],
      [wire[0], encode({ ...content, value: 2 }), wire[2]],
      [wire[0], wire[1], wire[2].map((byte, i) => (i === 5 ? byte ^ 1 : byte))],
    ]
    for (const bad of forged)
      await expect(verifier.verify(verifier.read(bad))).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
  })

  it('that is expired or dated ahead is refused, also when it was verified before', async () => {
    const clock = new VirtualClock(START)
    const verifier = new RecordVerifier({ network: 'lotus', clock })
    const ahead = verifier.read(await signedWire(1, { ...content, publishedAt: START + 300_001 }))
    await expect(verifier.verify(ahead)).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    const entry = verifier.read(await signedWire(1, content))
    await verifier.verify(entry)
    clock.sleep(60_000)
    await expect(verifier.verify(entry)).rejects.toMatchObject({ code: 'INVALID_RECORD' })
  })

  it('under a name of another key is refused', async () => {
    const limits = resolveLimits()
    const names = new PinnedNames(memoryStore(), limits)
    const verifier = new RecordVerifier({
      network: 'lotus',
      clock: new VirtualClock(START),
      limits,
      names,
    })
    const record = async (seed: number) => verifier.verify(verifier.read(await signedWire(seed, { ...content, name: 'alice' })))
    // A record pins nothing: all who claim a name are believed until we know its owner.
    await record(2)
    const owner = (await record(1)).publicKey!
    await names.claim('alice', owner)
    await record(1)
    await expect(record(2)).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    })
  })

  it('never throws anything but a P2PError, whatever it holds', () => {
    const refusedOrRead = (wire: unknown) => {
      try {
        decodeRecord(wire, DEFAULT_LIMITS, 'lotus')
      } catch (error) {
        if (!isP2PError(error)) throw error
      }
    }
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
    const signature = fc.uint8Array({ minLength: 64, maxLength: 64 })
    const payload = fc.oneof(fc.uint8Array({ maxLength: 200 }), plainValues().map(encode), contents().map(encode))
    fc.assert(fc.property(fc.anything(), refusedOrRead))
    fc.assert(fc.property(fc.tuple(key, payload, signature), refusedOrRead), { numRuns: 500 })
  })
})

function contents() {
  const field = fc.oneof(plainValues(1), fc.integer(), fc.double(), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }))
  return fc.record(
    {
      key: fc.oneof(fc.string(), field),
      value: field,
      sequence: fc.oneof(fc.nat(), field),
      publishedAt: fc.oneof(fc.nat(), field),
      ttl: fc.oneof(fc.double(), field),
      name: fc.oneof(fc.string(), field),
      withdrawn: fc.oneof(fc.boolean(), field),
    },
    { requiredKeys: [] },
  )
}
