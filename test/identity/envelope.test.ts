import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type EnvelopeTag, type SignedEnvelope, signEnvelope, signingBytes, verifyEnvelope } from '../../src/identity/envelope.js'
import { generateIdentity, type Identity } from '../../src/identity/identity.js'

const TAGS: EnvelopeTag[] = ['channel', 'record', 'message']
const PAYLOAD = Uint8Array.of(1, 2, 3)
let identity: Identity
let stranger: Identity

beforeAll(async () => {
  identity = await generateIdentity()
  stranger = await generateIdentity()
})

describe('signed envelopes', () => {
  it('sign utf8("lotus-p2p/" + tag + "/2"), a zero byte, the network, a zero byte and the payload', () => {
    const expected = [...'lotus-p2p/record/2\0lotus\0'].map((letter) => letter.charCodeAt(0))
    expect([...signingBytes('record', PAYLOAD, 'lotus')]).toEqual([...expected, 1, 2, 3])
  })

  it('verify under the tag they were made with and fail under every other', async () => {
    for (const made of TAGS) {
      const envelope = await signEnvelope(identity, made, PAYLOAD)
      for (const read of TAGS) expect(await verifyEnvelope(read, envelope)).toBe(made === read)
    }
  })

  it('never give the same bytes for two different pairs of tag and payload', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TAGS),
        fc.uint8Array(),
        fc.constantFrom(...TAGS),
        fc.uint8Array(),
        (tag, payload, tag2, payload2) => {
          const same = tag === tag2 && payload.toString() === payload2.toString()
          expect(signingBytes(tag, payload, 'lotus').toString() === signingBytes(tag2, payload2, 'lotus').toString()).toBe(same)
        },
      ),
    )
  })

  it('a bare signature over the payload is not an envelope', async () => {
    const envelope = { publicKey: identity.publicKey, payload: PAYLOAD, signature: await identity.sign(PAYLOAD) }
    for (const tag of TAGS) expect(await verifyEnvelope(tag, envelope)).toBe(false)
  })

  it('fail after any change of a bit', async () => {
    const envelope = await signEnvelope(identity, 'record', PAYLOAD)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('publicKey', 'payload', 'signature'), fc.nat(), fc.nat(7), async (part, at, bit) => {
        const changed = { ...envelope, [part]: envelope[part].slice() }
        const bytes = changed[part]
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit)
        expect(await verifyEnvelope('record', changed)).toBe(false)
      }),
    )
  })

  it("fail with another peer's key", async () => {
    const envelope = await signEnvelope(identity, 'record', PAYLOAD)
    expect(await verifyEnvelope('record', { ...envelope, publicKey: stranger.publicKey })).toBe(false)
  })

  it('verifying never throws, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), fc.anything(), async (publicKey, payload, signature) => {
        expect(await verifyEnvelope('record', { publicKey, payload, signature } as SignedEnvelope)).toBe(false)
        expect(await verifyEnvelope('record', payload as SignedEnvelope)).toBe(false)
      }),
    )
    const trap = {
      get payload(): never {
        throw new Error('trap')
      },
    }
    expect(await verifyEnvelope('record', trap as unknown as SignedEnvelope)).toBe(false)
  })

  it('hold a copy: a payload changed while it is being signed does not spoil the envelope', async () => {
    const payload = PAYLOAD.slice()
    const signing = signEnvelope(identity, 'record', payload)
    payload.fill(9)
    const envelope = await signing
    expect(envelope.payload).toEqual(PAYLOAD)
    expect(await verifyEnvelope('record', envelope)).toBe(true)
  })
})

describe('an external signer', () => {
  const failing: [string, (bytes: Uint8Array) => unknown][] = [
    ['rejects', () => Promise.reject(new Error('device unplugged'))],
    [
      'throws',
      () => {
        throw new Error('device unplugged')
      },
    ],
    ['gives 63 bytes', async () => new Uint8Array(63)],
    ['gives 65 bytes', async () => new Uint8Array(65)],
    ['gives nothing', async () => undefined],
    ['gives text', async () => 'x'.repeat(64)],
    ['gives zeros', async () => new Uint8Array(64)],
    ['signs with another key', (bytes) => stranger.sign(bytes)],
    ['signs something else', () => identity.sign(Uint8Array.of(0))],
    [
      'changes the bytes it was given',
      (bytes) => {
        bytes[bytes.length - 1] = 0
        return identity.sign(bytes)
      },
    ],
  ]

  it.each(failing)('that %s is reported as IDENTITY_FAILED', async (_, sign) => {
    const signer = { publicKey: identity.publicKey, sign } as Identity
    await expect(signEnvelope(signer, 'record', PAYLOAD)).rejects.toMatchObject({ name: 'P2PError', code: 'IDENTITY_FAILED' })
  })

  it('keeps its reason as the cause', async () => {
    const cause = new Error('device unplugged')
    const signer = { publicKey: identity.publicKey, sign: () => Promise.reject(cause) }
    await expect(signEnvelope(signer, 'record', PAYLOAD)).rejects.toMatchObject({ cause })
  })

  it('without a public key is reported too', async () => {
    await expect(signEnvelope({ sign: identity.sign } as Identity, 'record', PAYLOAD)).rejects.toMatchObject({
      code: 'IDENTITY_FAILED',
    })
  })

  it('may take the bytes away (as a transfer to a worker does) and still gives a valid envelope', async () => {
    const signer: Identity = {
      publicKey: identity.publicKey,
      sign: async (bytes) => identity.sign(structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })),
    }
    expect(await verifyEnvelope('message', await signEnvelope(signer, 'message', PAYLOAD))).toBe(true)
  })
})
