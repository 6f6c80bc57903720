import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { decodeDescription, encodeDescription } from '../../src/channel/description.js'
import { Handshake, refusalFrame, refusalOf } from '../../src/channel/handshake.js'
import { chooseFrom, encodeHello, encodeOffer, verifyHello } from '../../src/channel/hello.js'
import { NoiseXX } from '../../src/channel/noise.js'
import { answersRetry, retryTask } from '../../src/channel/retry.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import type { Transport } from '../../src/transport/transport.js'
import { LONG, unlessLong } from '../long.js'
import {
  type Alter,
  alice,
  bob,
  dialled,
  NETWORK,
  type PairOptions,
  type PipeEnd,
  partsOf,
  party,
  partyOf,
  pipe,
  START,
} from './pair.js'

const PROLOGUE = new TextEncoder().encode(`lotus-p2p/2\0${NETWORK}`)
/** A transport that dials one end of a pipe. */
const over = (end: PipeEnd): Transport => ({
  name: 'memory',
  rank: 3,
  direct: true,
  canDial: () => true,
  dial: async (_, { firstFrame }) => {
    end.send(firstFrame)
    return end
  },
})

/** A hostile end that says what it likes in the handshake messages that are due, with Bob's keys. */
class Hostile {
  readonly frames: Uint8Array[] = []
  readonly noise: NoiseXX

  constructor(
    readonly end: PipeEnd,
    initiator: boolean,
    prologue = PROLOGUE,
  ) {
    this.noise = new NoiseXX({ initiator, staticKeys: bob.keys.noise, prologue })
    end.attach({ onFrame: (frame) => this.frames.push(frame), onClose: () => {}, onDrain: () => {} })
  }
  say(payload: Uint8Array): void {
    this.end.send(framed(1, this.noise.writeMessage(payload)))
  }
  hear(): Uint8Array {
    return this.noise.readMessage(this.frames.shift()!.subarray(1))
  }
}

const framed = (kind: number, body: Uint8Array) => Uint8Array.from([kind, ...body])
const outcome = (promise: Promise<SecureChannel>) =>
  promise.then(
    () => 'open',
    (error) => {
      expect(error).toBeInstanceOf(P2PError)
      return (error as P2PError).code as string
    },
  )

/** How both ends fare. */
async function fate(options: PairOptions): Promise<[string, string]> {
  const pair = dialled(options)
  return pair.clock.run(Promise.all([outcome(pair.a), outcome(pair.b)]))
}

describe('a handshake', () => {
  unlessLong.it('tells each end who the other is', async () => {
    const carol = await party(3, {
      name: 'carol',
      protocols: ['x', 'y'],
      addresses: ['wss://carol.example'],
      metadata: { a: [1] },
      requireSignatures: true,
    })
    const pair = dialled({ b: carol })
    const [a, b] = await pair.clock.run(Promise.all([pair.a, pair.b]))
    expect(a.remote).toEqual({
      peerId: 'carol',
      name: 'carol',
      publicKey: carol.keys.publicKey,
      session: '03'.repeat(16),
      version: 2,
      agent: 'test/1',
      streams: new Uint8Array(8).fill(3),
      protocols: ['x', 'y'],
      addresses: ['wss://carol.example'],
      metadata: { a: [1] },
      requireSignatures: true,
    })
    expect(b.remote).toMatchObject({ peerId: 'alice', publicKey: alice.keys.publicKey })
    expect(pair.clock.pending).toBe(0)
    const unnamed = dialled()
    expect((await unnamed.clock.run(unnamed.a)).remote.peerId).toBe(encodePeerId(bob.keys.publicKey))
  })

  unlessLong.it('takes three frames, the acceptance and two descriptions, and hides both identities', async () => {
    const pair = dialled()
    await pair.clock.run(Promise.all([pair.a, pair.b]))
    expect([pair.near.sent.length, pair.far.sent.length]).toEqual([3, 2])
    const seen = Buffer.concat([...pair.near.sent, ...pair.far.sent])
    for (const { keys } of [alice, bob]) expect(seen.includes(Buffer.from(keys.publicKey))).toBe(false)
    expect(seen.includes('alice')).toBe(false)
  })

  it.each([
    ['the dialler', 'a', 0],
    ['the dialler, second frame', 'a', 1],
    ['the one who answers', 'b', 0],
    ['the one who answers, acceptance', 'b', 1],
    ['the dialler, description', 'a', 2],
  ] as const)('fails typed at both ends for any bit flipped in the frame of %s', async (_, side, index) => {
    const whole = dialled()
    await whole.clock.run(Promise.all([whole.a, whole.b]))
    const length = (side === 'a' ? whole.near : whole.far).sent[index]!.length
    // Every fifth byte; in the long list each.
    for (let at = 0; at < length; at += LONG ? 1 : 5) {
      const bit = 1 << (at % 8)
      const alter = (frame: Uint8Array, from: string, i: number) => {
        if (from === side && i === index) frame[at]! ^= bit
        return [frame]
      }
      const pair = dialled({ alter })
      const [atA, atB] = await pair.clock.run(Promise.all([outcome(pair.a), outcome(pair.b)]))
      await pair.clock.advance(0)
      expect([at, atA]).not.toEqual([at, 'open'])
      // The one who answers had accepted already when its acceptance was altered; it is told at once.
      if (side === 'b' && index === 1) expect((await pair.b).open).toBe(false)
      else expect([at, atB]).not.toEqual([at, 'open'])
    }
  })

  unlessLong.it('fails typed, never opens, for frames cut, lost, doubled or of nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('a', 'b'),
        fc.nat(1),
        fc.oneof(fc.constantFrom('lose', 'double', 'empty'), fc.nat(300)),
        async (side, index, what) => {
          const alter = (frame: Uint8Array, from: string, i: number) => {
            if (from !== side || i !== index) return [frame]
            if (what === 'lose') return []
            if (what === 'double') return [frame, frame.slice()]
            return [what === 'empty' ? new Uint8Array() : frame.subarray(0, Math.min(what as number, frame.length - 1))]
          }
          const pair = dialled({ alter })
          const [atA, atB] = await pair.clock.run(Promise.all([outcome(pair.a), outcome(pair.b)]))
          await pair.clock.advance(0)
          if (atA === 'open') expect((await pair.a).open).toBe(false)
          if (atB === 'open') expect((await pair.b).open).toBe(false)
          expect(pair.clock.pending).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })

  unlessLong.it('takes any first frame and fails with nothing but a P2PError', async () => {
    const offers = fc.uint8Array({ maxLength: 200 }).map((body) => framed(1, body))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), offers), async (frame) => {
        const handshake = new Handshake(false, bob.local, DEFAULT_LIMITS, { now: () => START })
        await handshake.receive(frame).catch((error) => expect(error).toBeInstanceOf(P2PError))
      }),
    )
  })
})

unlessLong.describe('version negotiation', () => {
  it('refuses versions that it does not speak, in the clear and with both lists', async () => {
    const [near, far] = pipe()
    const noise = new NoiseXX({ initiator: true, staticKeys: alice.keys.noise, prologue: PROLOGUE })
    const answers: Uint8Array[] = []
    near.attach({ onFrame: (frame) => answers.push(frame), onClose: () => {}, onDrain: () => {} })
    near.send(framed(1, noise.writeMessage(encode({ versions: [7, 9], network: NETWORK, suites: ['ChaChaPoly'] }))))
    const clock = new VirtualClock()
    const accepting = SecureChannel.accept(far, { ...bob, limits: DEFAULT_LIMITS, clock })
    await expect(accepting).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION', details: { theirs: [7, 9], ours: [2] } })
    await clock.advance(0)
    const refusal = refusalOf(answers[0]!.subarray(1), DEFAULT_LIMITS)
    expect(refusal).toMatchObject({ code: 'UNSUPPORTED_VERSION', details: { byPeer: true } })
    expect(refusal.message).toMatch(/7, 9.*2/)
  })

  it('is clear at the dialler too', async () => {
    const refusal = refusalFrame(new P2PError('UNSUPPORTED_VERSION', 'The peer speaks protocol versions 1; this one speaks 2.'))
    const pair = dialled({ alter: (frame, from) => (from === 'b' ? [refusal] : [frame]) })
    await expect(pair.a).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
      message: expect.stringContaining('this one speaks 2'),
    })
  })

  it('picks the best common version from an offer of many', () => {
    const whole = { versions: [9, 3, 2], network: NETWORK, suites: ['AESGCM', 'ChaChaPoly'] }
    const agreed = { version: 2, suite: 'ChaChaPoly' }
    expect(chooseFrom(encode({ ...whole, more: 1 }), NETWORK, DEFAULT_LIMITS)).toEqual(agreed)
    for (const offer of [
      {},
      { ...whole, versions: [] },
      { ...whole, versions: ['2'] },
      { ...whole, versions: [1.5] },
      { ...whole, versions: new Array(17).fill(2) },
      { ...whole, suites: [] },
      { ...whole, suites: 'ChaChaPoly' },
      { ...whole, suites: [''] },
      { ...whole, suites: new Array(17).fill('ChaChaPoly') },
      { ...whole, network: '' },
      { ...whole, network: 'x'.repeat(33) },
      null,
    ]) {
      expect(() => chooseFrom(encode(offer), NETWORK, DEFAULT_LIMITS)).toThrow(
        expect.objectContaining({ code: 'HANDSHAKE_FAILED' }),
      )
    }
  })

  it('notices an offer that was changed on the way: no downgrade', async () => {
    // Both sides compute a hash over all that was said; an added version changes it.
    const offer = encodeOffer(NETWORK)
    const alter = (frame: Uint8Array, from: string, index: number) =>
      from === 'a' && index === 0
        ? [
            Uint8Array.from([
              ...frame.subarray(0, frame.length - offer.length),
              ...encode({ versions: [2, 0], network: NETWORK, suites: ['ChaChaPoly'] }),
            ]),
          ]
        : [frame]
    expect(await fate({ alter })).toEqual(['DECRYPT_FAILED', 'DECRYPT_FAILED'])
  })

  it.each([
    ['a version', { version: 3 }],
    ['a cipher suite', { suite: 'AESGCM' }],
  ])('refuses an answer in %s that nobody offered, and a dialler that changes its mind', async (_, changes) => {
    const parts = { ...partsOf(bob), ...changes }
    for (const role of ['a', 'b'] as const) {
      const [near, far] = pipe()
      const ours = role === 'a' ? near : far
      const options = { ...alice, limits: DEFAULT_LIMITS, clock: new VirtualClock() }
      const hostile = new Hostile(role === 'a' ? far : near, role === 'b')
      const fails = role === 'a' ? SecureChannel.dial(over(near), '', options) : SecureChannel.accept(ours, options)
      const refused = expect(fails).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION' })
      if (role === 'b') hostile.say(encodeOffer(NETWORK))
      await options.clock.advance(0)
      hostile.hear()
      hostile.say(encodeHello(parts))
      await refused
    }
  })
})

unlessLong.describe('a hello', () => {
  const { notBefore, notAfter, signature } = bob.keys.certificate
  const check = (changes: object, key = bob.keys.noise.publicKey) => {
    const { keys, local } = bob
    const fields = { version: 2, publicKey: keys.publicKey, session: local.session, suite: 'ChaChaPoly', now: START }
    const certificate = [notBefore, notAfter, signature]
    return verifyHello(encode({ ...fields, certificate, ...changes }), key, DEFAULT_LIMITS, NETWORK)
  }

  it('is accepted with fields of the future', async () => {
    await expect(check({ more: 5 })).resolves.toMatchObject({ remote: { version: 2 } })
  })

  it.each<[string, object, string]>([
    ['a wrong signature', { certificate: [notBefore, notAfter, new Uint8Array(64)] }, 'INVALID_SIGNATURE'],
    ["another's signature", { certificate: [notBefore, notAfter, alice.keys.certificate.signature] }, 'INVALID_SIGNATURE'],
    [
      'a certificate that begins earlier than was signed',
      { certificate: [notBefore - 1, notAfter, signature] },
      'INVALID_SIGNATURE',
    ],
    [
      'a certificate that ends later than was signed',
      { certificate: [notBefore + 1, notAfter + 1, signature] },
      'INVALID_SIGNATURE',
    ],
    ['a certificate that ends before it begins', { certificate: [notAfter, notBefore, signature] }, 'INVALID_SIGNATURE'],
    ['a certificate without a time', { certificate: [notBefore, notBefore, signature] }, 'INVALID_SIGNATURE'],
    ['a certificate of half a millisecond', { certificate: [notBefore, notAfter + 0.5, signature] }, 'HANDSHAKE_FAILED'],
    ['a certificate from before 1970', { certificate: [-1, notAfter, signature] }, 'HANDSHAKE_FAILED'],
    ['a certificate that is a signature alone', { certificate: signature }, 'HANDSHAKE_FAILED'],
    ['a short signature', { certificate: [notBefore, notAfter, new Uint8Array(63)] }, 'HANDSHAKE_FAILED'],
    ["another's identity key", { publicKey: alice.keys.publicKey }, 'INVALID_SIGNATURE'],
    ['an identity key of zeroes', { publicKey: new Uint8Array(32) }, 'INVALID_SIGNATURE'],
    ['a short key', { publicKey: new Uint8Array(31) }, 'HANDSHAKE_FAILED'],
    ['no certificate', { certificate: undefined }, 'HANDSHAKE_FAILED'],
    ['a short session id', { session: new Uint8Array(15) }, 'HANDSHAKE_FAILED'],
    ['a long session id', { session: new Uint8Array(17) }, 'HANDSHAKE_FAILED'],
    ['no session id', { session: undefined }, 'HANDSHAKE_FAILED'],
    ['no suite', { suite: undefined }, 'HANDSHAKE_FAILED'],
    ['a time that is no number', { now: 'noon' }, 'HANDSHAKE_FAILED'],
    ['padding that is text', { pad: 'x' }, 'HANDSHAKE_FAILED'],
    ['a demand of half a bit of work', { work: { bits: 0.5, salt: new Uint8Array(16), day: 1 } }, 'HANDSHAKE_FAILED'],
    ['a demand of no work', { work: { bits: 0, salt: new Uint8Array(16), day: 1 } }, 'HANDSHAKE_FAILED'],
    ['a demand of more work than a hash has bits', { work: { bits: 257, salt: new Uint8Array(16), day: 1 } }, 'HANDSHAKE_FAILED'],
    ['a demand with a short salt', { work: { bits: 4, salt: new Uint8Array(15), day: 1 } }, 'HANDSHAKE_FAILED'],
    ['a demand of no day', { work: { bits: 4, salt: new Uint8Array(16) } }, 'HANDSHAKE_FAILED'],
    ['a demand that is a number', { work: 20 }, 'HANDSHAKE_FAILED'],
    ['a proof of work that is a nonce alone', { proof: new Uint8Array(8) }, 'HANDSHAKE_FAILED'],
    ['a proof of work with a short nonce', { proof: [1, new Uint8Array(7)] }, 'HANDSHAKE_FAILED'],
    ['a proof of work with a nonce in text', { proof: [1, '01234567'] }, 'HANDSHAKE_FAILED'],
    ['a proof of work of a negative day', { proof: [-1, new Uint8Array(8)] }, 'HANDSHAKE_FAILED'],
    ['a proof of work of a day beyond 32 bits', { proof: [2 ** 32, new Uint8Array(8)] }, 'HANDSHAKE_FAILED'],
    ['9 kB in all', { pad: new Uint8Array(9_000) }, 'LIMIT_EXCEEDED'],
  ])('is refused with %s', async (_, changes, code) => {
    await expect(check(changes)).rejects.toMatchObject({ code })
  })

  it('is refused for the channel key of another process: a copied hello proves nothing', async () => {
    await expect(check({}, alice.keys.noise.publicKey)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
    // The same over the wire: Mallory presents Bob's identity and certificate, but has only her own X25519 key.
    const mallory = await party(9)
    const thief = partyOf({ ...bob.keys, noise: mallory.keys.noise }, 2, bob.described)
    expect(await fate({ b: thief })).toEqual(['INVALID_SIGNATURE', 'INVALID_SIGNATURE'])
    expect(await fate({ a: thief })).toEqual(['INVALID_SIGNATURE', 'INVALID_SIGNATURE'])
  })

  it('cannot be finished by who holds the public half of a stolen channel key only', async () => {
    const mallory = await party(9)
    const noise = { ...mallory.keys.noise, publicKey: bob.keys.noise.publicKey }
    const thief = partyOf({ ...bob.keys, noise }, 2, bob.described)
    const [atA, atB] = await fate({ b: thief })
    expect([atA, atB]).not.toContain('open')
    const [dialler, answerer] = await fate({ a: thief, b: alice })
    expect([dialler, answerer]).not.toContain('open')
  })

  it('fills handshake payloads up to a multiple of 256 bytes, whatever is in them', () => {
    const work = { bits: 18, salt: new Uint8Array(16), day: 20_000 }
    for (const parts of [partsOf(bob), { ...partsOf(bob), work }, { ...partsOf(bob), now: undefined }]) {
      // Suites of every length stand for every length of the rest.
      for (let length = 1; length <= 300; length++) {
        expect(encodeHello({ ...parts, suite: 'x'.repeat(length) }).length % 256).toBe(0)
      }
    }
  })

  it('takes any payload and throws nothing but a P2PError', async () => {
    const shaped = fc.record({
      version: fc.constantFrom(1, 2, 'x'),
      publicKey: fc.uint8Array({ minLength: 30, maxLength: 33 }),
      certificate: fc.tuple(fc.integer(), fc.maxSafeNat(), fc.uint8Array({ minLength: 64, maxLength: 64 })),
      session: fc.uint8Array({ minLength: 15, maxLength: 17 }),
      suite: fc.constantFrom('ChaChaPoly', 'AESGCM'),
      now: fc.anything(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          shaped.map((value) => {
            try {
              return encode(value)
            } catch {
              return new Uint8Array()
            }
          }),
        ),
        async (payload) => {
          await verifyHello(payload, bob.keys.noise.publicKey, DEFAULT_LIMITS, NETWORK).then(
            () => expect.unreachable(),
            (error) => expect(error).toBeInstanceOf(P2PError),
          )
        },
      ),
    )
  })
})

unlessLong.describe('a handshake that does not go on', () => {
  /** The frames of one side with these numbers are lost. */
  const lose =
    (side: string, ...lost: number[]) =>
    (frame: Uint8Array, from: string, i: number) =>
      from === side && lost.includes(i) ? [] : [frame]

  it.each<[what: string, side: string, lost: number[]]>([
    ['the first frame never comes', 'a', [0]],
    ['the answer never comes', 'b', [0]],
    ['the third frame and the description never come', 'a', [1, 2]],
    ['the description never comes', 'a', [2]],
  ])('ends with HANDSHAKE_TIMEOUT after exactly 10 s when %s', async (_, side, lost) => {
    const pair = dialled({ alter: lose(side, ...lost) })
    let fates: string[] | undefined
    void Promise.all([outcome(pair.a), outcome(pair.b)]).then((both) => {
      fates = both
    })
    await pair.clock.advance(9_999)
    expect(fates).toBeUndefined()
    await pair.clock.advance(1)
    expect(fates).toEqual(['HANDSHAKE_TIMEOUT', 'HANDSHAKE_TIMEOUT'])
    expect([pair.near.closes, pair.far.closes, pair.clock.pending]).toEqual([1, 1, 0])
  })

  it('ends with HANDSHAKE_TIMEOUT at the dialler when the acceptance never comes', async () => {
    const pair = dialled({ b: { admit: () => new Promise(() => {}) } })
    await pair.clock.advance(10_000)
    await expect(pair.a).rejects.toMatchObject({ code: 'HANDSHAKE_TIMEOUT' })
    await expect(pair.b).rejects.toMatchObject({ code: 'HANDSHAKE_TIMEOUT' })
    expect(pair.clock.pending).toBe(0)
  })

  it('ends typed when the connection breaks at any point', async () => {
    for (const [side, index] of [
      ['a', 0],
      ['b', 0],
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ] as const) {
      let ends: PipeEnd[] = []
      const pair = dialled({
        alter: (frame, from, i) => {
          if (from !== side || i !== index) return [frame]
          queueMicrotask(() => {
            for (const end of ends) end.ended()
          })
          return []
        },
      })
      ends = [pair.near, pair.far]
      const [atA, atB] = await pair.clock.run(Promise.all([outcome(pair.a), outcome(pair.b)]))
      expect(atA).toBe('CONNECTION_LOST')
      // READY was lost: the responder has accepted, and hears of the end at once.
      if (side === 'b' && index === 1) expect((await pair.b).open).toBe(false)
      else expect(atB).toBe('CONNECTION_LOST')
      expect(pair.clock.pending).toBe(0)
    }
  })

  it('is given up by its signal at any stage, and the other end hears of it', async () => {
    for (const stage of [0, 1, 2, 3, 4, 5, 6, 8, 12]) {
      const controller = new AbortController()
      let gate = () => {}
      const pair = dialled({ a: { signal: controller.signal }, b: { admit: () => new Promise((resolve) => (gate = resolve)) } })
      for (let i = 0; i < stage; i++) await Promise.resolve()
      controller.abort()
      await expect(pair.a).rejects.toMatchObject({ code: 'ABORTED' })
      await pair.clock.advance(0)
      gate()
      await pair.clock.advance(0)
      const atB = await pair.clock.run(outcome(pair.b))
      if (atB === 'open') expect((await pair.b).open).toBe(false)
      expect(pair.near.closes).toBe(1)
      expect(pair.clock.pending).toBe(0)
    }
  })

  it('is not begun with a signal that has fired', async () => {
    const pair = dialled({ a: { signal: AbortSignal.abort() } })
    await expect(pair.a).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('tells the dialler why it was not admitted, encrypted', async () => {
    const refuse = async () => {
      throw new P2PError('POOL_FULL', 'All 50 connections are taken.', { details: { retryAfterMs: 5_000 } })
    }
    const pair = dialled({ b: { admit: refuse } })
    await expect(pair.clock.run(pair.a)).rejects.toMatchObject({
      code: 'POOL_FULL',
      details: { retryAfterMs: 5_000, byPeer: true },
    })
    expect(Buffer.concat(pair.far.sent).includes('POOL_FULL')).toBe(false)
    const other = dialled({ a: { admit: refuse } })
    await expect(other.clock.run(other.b)).rejects.toMatchObject({ code: 'POOL_FULL', details: { byPeer: true } })
    // We decided before we told who we are: the hello never left.
    expect(other.near.sent).toHaveLength(2)
    expect(other.near.sent[1]![0]).toBe(0)
  })

  it('is refused before any cryptography where there is no room', async () => {
    const [near, far] = pipe()
    SecureChannel.refuse(far, new P2PError('POOL_FULL', 'Full.', { details: { retryAfterMs: 1 } }))
    const transport = { name: 'memory', rank: 3, direct: true, canDial: () => true, dial: async () => near }
    const dial = SecureChannel.dial(transport, '', { ...alice, limits: DEFAULT_LIMITS, clock: new VirtualClock() })
    await expect(dial).rejects.toMatchObject({ code: 'POOL_FULL', details: { retryAfterMs: 1, byPeer: true } })
  })
})

unlessLong.describe('a refusal', () => {
  it('becomes an error of ours, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc
            .record({
              code: fc.oneof(fc.string(), fc.constant('POOL_FULL')),
              message: fc.anything(),
              retryAfterMs: fc.anything(),
            })
            .map((value) => {
              try {
                return encode(value)
              } catch {
                return encode({})
              }
            }),
        ),
        (body) => {
          let error: unknown
          try {
            error = refusalOf(body, DEFAULT_LIMITS)
          } catch (thrown) {
            error = thrown
          }
          expect(error).toBeInstanceOf(P2PError)
        },
      ),
    )
    expect(refusalOf(new Uint8Array(5_000), DEFAULT_LIMITS).code).toBe('HANDSHAKE_FAILED')
    expect(refusalOf(encode({ code: 'toString' }), DEFAULT_LIMITS).code).toBe('CONNECTION_CLOSED')
    expect(refusalOf(encode({ code: 'POOL_FULL', retryAfterMs: -5 }), DEFAULT_LIMITS).code).toBe('HANDSHAKE_FAILED')
  })

  it('is none to a responder that still judges the peer: one frame in 256 of a channel begins with the same byte', async () => {
    // The dialler's description comes later than its message 3, which the responder has read by then.
    const alter: Alter = (frame, from, index) => (from === 'a' && index === 2 ? [] : [frame])
    const pair = dialled({ alter, b: { admit: () => new Promise((resolve) => void pair.clock.setTimeout(resolve, 50)) } })
    await pair.clock.advance(20)
    pair.far.receive(framed(0, new Uint8Array(100)))
    // The frame is read in its turn, as one of the channel, and nobody is blamed for what its keys have not sealed.
    await expect(pair.clock.run(pair.b)).rejects.toMatchObject({ code: 'DECRYPT_FAILED' })
    expect(pair.clock.now() - START).toBe(50)
  })
})

unlessLong.describe('a description', () => {
  const check = (changes: object) => decodeDescription(encode({ ...bob.described, ...changes }), DEFAULT_LIMITS)

  it('is read as it was told, with members of the future left out', () => {
    const budgets = { '': [10, 20, null, null], chat: [1, 2, 3, 4, { note: [0.5, 1, null, null] }] }
    const told = { ...bob.described, name: 'bob', requireSignatures: true, metadata: { a: 1 } }
    expect(check({ ...told, budgets, more: 1 })).toEqual({ ...told, budgets })
  })

  it.each<[string, object, string]>([
    ['too many protocols', { protocols: new Array(129).fill('x') }, 'MALFORMED_DATA'],
    ['a protocol name of 129 characters', { protocols: ['x'.repeat(129)] }, 'MALFORMED_DATA'],
    ['too many addresses', { addresses: new Array(17).fill('ws://x') }, 'MALFORMED_DATA'],
    ['an address that is a script', { addresses: ['javascript:alert(1)'] }, 'MALFORMED_DATA'],
    ['metadata that is text', { metadata: 'x' }, 'MALFORMED_DATA'],
    ['3 kB of metadata', { metadata: { x: 'y'.repeat(3_000) } }, 'LIMIT_EXCEEDED'],
    ['17 kB in all', { metadata: { x: 'y'.repeat(17_000) } }, 'LIMIT_EXCEEDED'],
    ['a name that looks like an id', { name: 'lp1abc' }, 'INVALID_PEER_ID'],
    ['a name with a line break', { name: 'a\nb' }, 'INVALID_PEER_ID'],
    ['no agent', { agent: '' }, 'MALFORMED_DATA'],
    ['no name of its streams', { streams: undefined }, 'MALFORMED_DATA'],
    ['a short name of its streams', { streams: new Uint8Array(7) }, 'MALFORMED_DATA'],
    ['a budget of three numbers', { budgets: { chat: [1, 2, 3] } }, 'MALFORMED_DATA'],
    ['a budget below nothing', { budgets: { chat: [-1, 2, null, null] } }, 'MALFORMED_DATA'],
    ['types of types in a budget', { budgets: { chat: [1, 2, null, null, { x: [1, 2, null, null, {}] }] } }, 'MALFORMED_DATA'],
  ])('is refused with %s', (_, changes, code) => {
    expect(() => check(changes)).toThrow(expect.objectContaining({ code }))
  })

  it('of our own that every peer would refuse is refused here', async () => {
    for (const [changes, what] of [
      [{ protocols: new Array(129).fill('x') }, /128 protocols/],
      [{ metadata: { x: 'y'.repeat(3_000) } }, /bytes of metadata/],
      [{ addresses: new Array(17).fill('ws://x') }, /16 addresses/],
      [{ protocols: Array.from({ length: 128 }, (_, i) => `${'x'.repeat(130)}${i}`) }, /16384 bytes/],
    ] as const) {
      expect(() => encodeDescription({ ...bob.described, ...changes }, DEFAULT_LIMITS)).toThrow(
        expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(what) }),
      )
    }
    const talker = await party(3, { metadata: { x: 'y'.repeat(3_000) } })
    expect(await fate({ a: talker })).toEqual(['INVALID_CONFIG', 'INVALID_CONFIG'])
    expect(await fate({ b: talker })).toEqual(['INVALID_CONFIG', 'INVALID_CONFIG'])
  })
})

unlessLong.describe('a network', () => {
  it('keeps peers of others out, in the clear and before any cryptography', async () => {
    const elsewhere = { ...alice, local: { ...alice.local, network: 'elsewhere' } }
    const pair = dialled({ a: elsewhere })
    await expect(pair.clock.run(pair.a)).rejects.toMatchObject({
      code: 'WRONG_NETWORK',
      details: { byPeer: true, inClear: true },
    })
    const told = /^The dialler's network is "elsewhere", the other's "test"\. Set P2PConfig\.network/
    await expect(pair.a).rejects.toThrow(told)
    await expect(pair.b).rejects.toMatchObject({ code: 'WRONG_NETWORK', message: expect.stringMatching(told) })
    expect(pair.far.sent).toHaveLength(1)
  })

  it('is hashed too: who offers ours and means another fails', async () => {
    const [near, far] = pipe()
    const clock = new VirtualClock()
    const accepting = SecureChannel.accept(far, { ...alice, limits: DEFAULT_LIMITS, clock })
    const refused = expect(accepting).rejects.toMatchObject({ code: 'DECRYPT_FAILED' })
    const hostile = new Hostile(near, true, new TextEncoder().encode('lotus-p2p/2\0elsewhere'))
    hostile.say(encodeOffer(NETWORK))
    await clock.advance(0)
    // She cannot read the answer, and makes something up.
    near.send(framed(1, new Uint8Array(600)))
    await refused
  })

  it.each([
    ['of other suites', { versions: [2], network: NETWORK, suites: ['AESGCM'] }, 'UNSUPPORTED_VERSION'],
    ['without suites', { versions: [2], network: NETWORK }, 'UNSUPPORTED_VERSION'],
    ['without a network', { versions: [2], suites: ['ChaChaPoly'] }, 'WRONG_NETWORK'],
    ['of version 1', { versions: [1] }, 'UNSUPPORTED_VERSION'],
  ])('refuses an offer %s', async (_, offer, code) => {
    const [near, far] = pipe()
    const accepting = SecureChannel.accept(far, { ...alice, limits: DEFAULT_LIMITS, clock: new VirtualClock() })
    const refused = expect(accepting).rejects.toMatchObject({ code })
    new Hostile(near, true).say(encode(offer))
    await refused
  })
})

unlessLong.describe('a responder under load', () => {
  const CHALLENGE = new Uint8Array(16).fill(7)
  const retry = (bits: number, challenge = CHALLENGE) => framed(2, Uint8Array.from([...challenge, bits]))

  it('asks for work once, and then goes on with the first message', async () => {
    const pair = dialled({ b: { ...bob, retryBits: () => 6 } })
    const [a, b] = await Promise.all([pair.a, pair.b])
    expect([a.open, b.open]).toEqual([true, true])
    expect(pair.far.sent[0]!.length).toBe(18)
    expect([pair.far.sent[0]![0], pair.far.sent[0]![17], pair.near.sent[1]![0], pair.near.sent[1]!.length]).toEqual([2, 6, 3, 9])
    const task = retryTask(NETWORK, pair.far.sent[0]!.subarray(1, 17), pair.near.sent[0]!.subarray(1, 33))
    expect(answersRetry(task, pair.near.sent[1]!.subarray(1), 6)).toBe(true)
  })

  it('does no cryptography for whoever has not worked', async () => {
    const ran: string[] = []
    const asked = dialled({
      b: {
        ...bob,
        retryBits: () => 6,
        schedule: (work) => {
          ran.push('work')
          return work()
        },
      },
      alter: (frame, from, index) => (from === 'a' && index === 1 ? [] : [frame]),
    })
    await asked.clock.advance(10_000)
    await expect(asked.b).rejects.toMatchObject({ code: 'HANDSHAKE_TIMEOUT' })
    expect(ran).toEqual([])
  })

  it.each<[string, (frame: Uint8Array) => Uint8Array[], string]>([
    // All 20 bits by chance: once in a million.
    ['a wrong nonce', () => [framed(3, new Uint8Array(8).fill(9))], 'HANDSHAKE_FAILED'],
    ['a short nonce', (frame) => [frame.subarray(0, 8)], 'PROTOCOL_VIOLATION'],
    ['a long nonce', (frame) => [Uint8Array.from([...frame, 0])], 'PROTOCOL_VIOLATION'],
    ['the last message instead', () => [framed(1, new Uint8Array(400))], 'PROTOCOL_VIOLATION'],
    ['a RETRY of its own', () => [retry(1)], 'PROTOCOL_VIOLATION'],
  ])('refuses %s', async (_, alter, code) => {
    const bits = code === 'HANDSHAKE_FAILED' ? 20 : 1
    const [near, far] = pipe()
    const accepting = SecureChannel.accept(far, {
      ...bob,
      limits: DEFAULT_LIMITS,
      clock: new VirtualClock(),
      retryBits: () => bits,
    })
    const refused = expect(accepting).rejects.toMatchObject({ code, details: { fault: true } })
    const hostile = new Hostile(near, true)
    hostile.say(encodeOffer(NETWORK))
    await Promise.resolve()
    for (const frame of alter(framed(3, new Uint8Array(8)))) near.send(frame)
    await refused
    // Refused in the clear.
    await Promise.resolve()
    expect(hostile.frames.at(-1)![0]).toBe(0)
  })

  it('refuses work that nobody has asked for', async () => {
    const [near, far] = pipe()
    const accepting = SecureChannel.accept(far, { ...bob, limits: DEFAULT_LIMITS, clock: new VirtualClock() })
    const refused = expect(accepting).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
    near.send(framed(3, new Uint8Array(8)))
    await refused
  })

  it.each<[string, Uint8Array[]]>([
    ['more than 20 bits', [retry(21)]],
    ['255 bits', [retry(255)]],
    ['a short challenge', [framed(2, new Uint8Array(16))]],
    ['a long one', [framed(2, new Uint8Array(18))]],
    ['two RETRYs at once', [retry(1), retry(1)]],
    ['work', [framed(3, new Uint8Array(8))]],
  ])('is refused by the dialler where it sends %s', async (_, frames) => {
    const [near, far] = pipe()
    far.attach({ onFrame: () => {}, onClose: () => {}, onDrain: () => {} })
    const dialling = SecureChannel.dial(over(near), '', { ...alice, limits: DEFAULT_LIMITS, clock: new VirtualClock() })
    const refused = expect(dialling).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION', details: { fault: true } })
    for (const frame of frames) far.send(frame)
    await refused
  })

  it.each(['again', 'after its answer'])('is refused by the dialler where it asks %s', async (when) => {
    const [near, far] = pipe()
    const answers: Uint8Array[] = []
    let again = () => {}
    far.attach({
      onFrame: (frame) => {
        answers.push(frame)
        if (frame[0] === 3) again()
      },
      onClose: () => {},
      onDrain: () => {},
    })
    const dialling = SecureChannel.dial(over(near), '', { ...alice, limits: DEFAULT_LIMITS, clock: new VirtualClock() })
    // After our last message any frame is taken for one of the channel.
    const code = when === 'again' ? 'PROTOCOL_VIOLATION' : 'DECRYPT_FAILED'
    const refused = expect(dialling).rejects.toMatchObject({ code })
    if (when === 'again') {
      again = () => far.send(retry(0))
      far.send(retry(0))
    } else {
      await Promise.resolve()
      const hostile = new Hostile(far, false)
      hostile.frames.push(answers.shift()!)
      hostile.hear()
      hostile.say(encodeHello(partsOf(bob)))
      far.send(retry(0))
    }
    await refused
  })

  it('is not worked for any longer once the dial has been given up', async () => {
    const [near, far] = pipe()
    const answers: Uint8Array[] = []
    far.attach({ onFrame: (frame) => answers.push(frame), onClose: () => {}, onDrain: () => {} })
    const controller = new AbortController()
    const clock = new VirtualClock()
    const { signal } = controller
    const dialling = SecureChannel.dial(over(near), '', { ...alice, limits: DEFAULT_LIMITS, clock, signal })
    far.send(retry(20))
    await clock.advance(0)
    controller.abort()
    await expect(dialling).rejects.toMatchObject({ code: 'ABORTED' })
    await clock.advance(0)
    expect(answers.every((frame) => frame[0] !== 3)).toBe(true)
  })
})

unlessLong.describe('the dates of a certificate', () => {
  it('are judged by the responder inside the channel, where nobody on the way can tell us that our clock is wrong', async () => {
    const skew = new P2PError('CLOCK_SKEW', 'Your certificate does not hold.')
    const judge = async () => {
      throw skew
    }
    const pair = dialled({ b: { ...bob, judge } })
    await expect(pair.clock.run(pair.a)).rejects.toMatchObject({ code: 'CLOCK_SKEW', details: { byPeer: true } })
    expect((await pair.a.catch((error) => error)).details.inClear).toBeUndefined()
    expect(pair.far.sent.every((frame) => frame[0] !== 0)).toBe(true)
  })

  it('are judged by the dialler before it tells who it is, with the clock of the responder', async () => {
    const seen: unknown[] = []
    const judge = async (certificate: unknown, now: number | undefined) => {
      seen.push(certificate, now)
      throw new P2PError('CLOCK_SKEW', 'No.')
    }
    const pair = dialled({ a: { ...alice, judge } })
    await expect(pair.clock.run(pair.a)).rejects.toMatchObject({ code: 'CLOCK_SKEW' })
    expect(seen).toEqual([bob.keys.certificate, START])
    expect(pair.near.sent.map((frame) => frame[0])).toEqual([1, 0])
  })

  it("of the dialler's own are chosen by the responder's clock", async () => {
    const asked: number[] = []
    const local = {
      ...alice.local,
      keys: async (at: number) => {
        asked.push(at)
        return alice.keys
      },
    }
    const clock = new VirtualClock(START + 86_400_000)
    const pair = dialled({ a: { ...alice, local }, clock })
    await clock.run(pair.a)
    expect(asked).toEqual([START + 86_400_000])
  })

  it('are asked of a responder that tells no time', async () => {
    const [near, far] = pipe()
    const clock = new VirtualClock()
    const dialling = SecureChannel.dial(over(near), '', { ...alice, limits: DEFAULT_LIMITS, clock })
    const refused = expect(dialling).rejects.toMatchObject({ code: 'HANDSHAKE_FAILED' })
    const hostile = new Hostile(far, false)
    await clock.advance(0)
    hostile.hear()
    hostile.say(encodeHello({ ...partsOf(bob), now: undefined }))
    await refused
  })
})
