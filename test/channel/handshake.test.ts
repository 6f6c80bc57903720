import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { Handshake, refusalFrame, refusalOf } from '../../src/channel/handshake.js'
import { chooseVersion, encodeHello, encodeOffer, verifyHello } from '../../src/channel/hello.js'
import { NoiseXX } from '../../src/channel/noise.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { encode } from '../../src/message/codec.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { alice, bob, dialled, hello, type PairOptions, type PipeEnd, pipe } from './pair.js'

const PROLOGUE = new TextEncoder().encode('lotus-p2p')
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
  it('tells each end who the other is', async () => {
    const described = await hello(3, {
      name: 'carol',
      protocols: ['x', 'y'],
      addresses: ['wss://carol.example'],
      metadata: { a: [1] },
      requireSignatures: true,
    })
    const pair = dialled({ b: { local: described } })
    const [a, b] = await pair.clock.run(Promise.all([pair.a, pair.b]))
    expect(a.remote).toEqual({
      peerId: 'carol',
      name: 'carol',
      publicKey: described.keys.publicKey,
      channelKey: described.keys.noise.publicKey,
      version: 1,
      agent: 'test/1',
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

  it('takes three frames and the acceptance, and hides both identities', async () => {
    const pair = dialled()
    await pair.clock.run(Promise.all([pair.a, pair.b]))
    expect([pair.near.sent.length, pair.far.sent.length]).toEqual([2, 2])
    const seen = Buffer.concat([...pair.near.sent, ...pair.far.sent])
    for (const { keys } of [alice, bob]) expect(seen.includes(Buffer.from(keys.publicKey))).toBe(false)
    expect(seen.includes('alice')).toBe(false)
  })

  it.each([
    ['the dialler', 'a', 0],
    ['the dialler, second frame', 'a', 1],
    ['the one who answers', 'b', 0],
    ['the one who answers, acceptance', 'b', 1],
  ] as const)('fails typed at both ends for any bit flipped in the frame of %s', async (_, side, index) => {
    const whole = dialled()
    await whole.clock.run(Promise.all([whole.a, whole.b]))
    const length = (side === 'a' ? whole.near : whole.far).sent[index]!.length
    for (let at = 0; at < length; at++) {
      const bit = 1 << (at % 8)
      const alter = (frame: Uint8Array, from: string, i: number) => {
        if (from === side && i === index) frame[at]! ^= bit
        return [frame]
      }
      const pair = dialled({ alter })
      const [atA, atB] = await pair.clock.run(Promise.all([outcome(pair.a), outcome(pair.b)]))
      expect([at, atA]).not.toEqual([at, 'open'])
      // The one who answers had accepted already when its acceptance was altered; it is told at once.
      if (side === 'b' && index === 1) expect((await pair.b).open).toBe(false)
      else expect([at, atB]).not.toEqual([at, 'open'])
    }
  })

  it('fails typed, never opens, for frames cut, lost, doubled or of nothing', async () => {
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

  it('takes any first frame and fails with nothing but a P2PError', async () => {
    const offers = fc.uint8Array({ maxLength: 200 }).map((body) => framed(1, body))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), offers), async (frame) => {
        const handshake = new Handshake(false, bob, DEFAULT_LIMITS)
        await handshake.receive(frame).catch((error) => expect(error).toBeInstanceOf(P2PError))
      }),
    )
  })
})

describe('version negotiation', () => {
  it('refuses versions that it does not speak, in the clear and with both lists', async () => {
    const [near, far] = pipe()
    const noise = new NoiseXX({ initiator: true, staticKeys: alice.keys.noise, prologue: PROLOGUE })
    const answers: Uint8Array[] = []
    near.attach({ onFrame: (frame) => answers.push(frame), onClose: () => {}, onDrain: () => {} })
    near.send(framed(1, noise.writeMessage(encode({ versions: [7, 9] }))))
    const clock = new VirtualClock()
    const accepting = SecureChannel.accept(far, { local: bob, limits: DEFAULT_LIMITS, clock, admit: async () => {} })
    await expect(accepting).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION', details: { theirs: [7, 9], ours: [1] } })
    await clock.advance(0)
    const refusal = refusalOf(answers[0]!.subarray(1), DEFAULT_LIMITS)
    expect(refusal).toMatchObject({ code: 'UNSUPPORTED_VERSION', details: { byPeer: true } })
    expect(refusal.message).toMatch(/7, 9.*1/)
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
    expect(chooseVersion(encode({ versions: [9, 3, 1] }), DEFAULT_LIMITS)).toBe(1)
    for (const offer of [
      {},
      { versions: [] },
      { versions: ['1'] },
      { versions: [1.5] },
      { versions: new Array(17).fill(1) },
      null,
    ]) {
      expect(() => chooseVersion(encode(offer), DEFAULT_LIMITS)).toThrow(expect.objectContaining({ code: 'HANDSHAKE_FAILED' }))
    }
  })

  it('notices an offer that was changed on the way: no downgrade', async () => {
    // Both sides compute a hash over all that was said; an added version changes it.
    const offer = encodeOffer()
    const alter = (frame: Uint8Array, from: string, index: number) =>
      from === 'a' && index === 0
        ? [Uint8Array.from([...frame.subarray(0, frame.length - offer.length), ...encode({ versions: [1, 0] })])]
        : [frame]
    expect(await fate({ alter })).toEqual(['DECRYPT_FAILED', 'DECRYPT_FAILED'])
  })

  it('refuses an answer in a version that nobody offered, and a dialler that changes its mind', async () => {
    const payload = encodeHello(bob, 2, DEFAULT_LIMITS)
    await expect(verifyHello(payload, bob.keys.noise.publicKey, DEFAULT_LIMITS)).rejects.toMatchObject({
      code: 'UNSUPPORTED_VERSION',
    })
  })
})

describe('a hello', () => {
  const check = (changes: object, key = bob.keys.noise.publicKey) => {
    const { keys, ...rest } = bob
    return verifyHello(
      encode({ version: 1, publicKey: keys.publicKey, signature: keys.signature, ...rest, ...changes }),
      key,
      DEFAULT_LIMITS,
    )
  }

  it('is accepted with fields of the future', async () => {
    await expect(check({ proofOfWork: 5 })).resolves.toMatchObject({ agent: 'test/1' })
  })

  it.each<[string, object, string]>([
    ['a wrong signature', { signature: new Uint8Array(64) }, 'INVALID_SIGNATURE'],
    ["another's signature", { signature: alice.keys.signature }, 'INVALID_SIGNATURE'],
    ["another's identity key", { publicKey: alice.keys.publicKey }, 'INVALID_SIGNATURE'],
    ['an identity key of zeroes', { publicKey: new Uint8Array(32) }, 'INVALID_SIGNATURE'],
    ['a short key', { publicKey: new Uint8Array(31) }, 'HANDSHAKE_FAILED'],
    ['no signature', { signature: undefined }, 'HANDSHAKE_FAILED'],
    ['too many protocols', { protocols: new Array(129).fill('x') }, 'HANDSHAKE_FAILED'],
    ['a protocol name of 129 characters', { protocols: ['x'.repeat(129)] }, 'HANDSHAKE_FAILED'],
    ['too many addresses', { addresses: new Array(17).fill('ws://x') }, 'HANDSHAKE_FAILED'],
    ['an address that is a script', { addresses: ['javascript:alert(1)'] }, 'HANDSHAKE_FAILED'],
    ['a demand of half a bit of work', { work: { bits: 0.5 } }, 'HANDSHAKE_FAILED'],
    ['a demand of no work', { work: { bits: 0 } }, 'HANDSHAKE_FAILED'],
    ['a demand of more work than a hash has bits', { work: { bits: 257 } }, 'HANDSHAKE_FAILED'],
    ['a demand that is a number', { work: 20 }, 'HANDSHAKE_FAILED'],
    ['a proof of work that is a nonce alone', { proof: new Uint8Array(8) }, 'HANDSHAKE_FAILED'],
    ['a proof of work with a short nonce', { proof: [1, new Uint8Array(7)] }, 'HANDSHAKE_FAILED'],
    ['a proof of work with a nonce in text', { proof: [1, '01234567'] }, 'HANDSHAKE_FAILED'],
    ['a proof of work of a negative epoch', { proof: [-1, new Uint8Array(8)] }, 'HANDSHAKE_FAILED'],
    ['a proof of work of an epoch beyond 32 bits', { proof: [2 ** 32, new Uint8Array(8)] }, 'HANDSHAKE_FAILED'],
    ['metadata that is text', { metadata: 'x' }, 'HANDSHAKE_FAILED'],
    ['3 kB of metadata', { metadata: { x: 'y'.repeat(3_000) } }, 'LIMIT_EXCEEDED'],
    ['9 kB in all', { metadata: { x: 'y'.repeat(9_000) } }, 'LIMIT_EXCEEDED'],
    ['a name that looks like an id', { name: 'lp1abc' }, 'INVALID_PEER_ID'],
    ['a name with a line break', { name: 'a\nb' }, 'INVALID_PEER_ID'],
    ['no agent', { agent: '' }, 'HANDSHAKE_FAILED'],
  ])('is refused with %s', async (_, changes, code) => {
    await expect(check(changes)).rejects.toMatchObject({ code })
  })

  it('is refused for the channel key of another process: a copied hello proves nothing', async () => {
    await expect(check({}, alice.keys.noise.publicKey)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' })
    // The same over the wire: Mallory presents Bob's identity and signature, but has only her own X25519 key.
    const mallory = await hello(9)
    const thief = { ...bob, keys: { ...bob.keys, noise: mallory.keys.noise } }
    expect(await fate({ b: { local: thief } })).toEqual(['INVALID_SIGNATURE', 'INVALID_SIGNATURE'])
    expect(await fate({ a: { local: thief } })).toEqual(['INVALID_SIGNATURE', 'INVALID_SIGNATURE'])
  })

  it('cannot be finished by who holds the public half of a stolen channel key only', async () => {
    const mallory = await hello(9)
    const noise = { ...mallory.keys.noise, publicKey: bob.keys.noise.publicKey }
    const [atA, atB] = await fate({ b: { local: { ...bob, keys: { ...bob.keys, noise } } } })
    expect([atA, atB]).not.toContain('open')
    const [dialler, answerer] = await fate({ a: { local: { ...bob, keys: { ...bob.keys, noise } } }, b: { local: alice } })
    expect([dialler, answerer]).not.toContain('open')
  })

  it('of our own that every peer would refuse is refused here', async () => {
    for (const [changes, what] of [
      [{ protocols: new Array(129).fill('x') }, /128 protocols/],
      [{ metadata: { x: 'y'.repeat(3_000) } }, /bytes of metadata/],
      [{ addresses: new Array(17).fill('ws://x') }, /16 addresses/],
      [{ protocols: Array.from({ length: 100 }, (_, i) => `${'x'.repeat(100)}${i}`) }, /8192 bytes/],
    ] as const) {
      expect(() => encodeHello({ ...bob, ...changes }, 1, DEFAULT_LIMITS)).toThrow(
        expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringMatching(what) }),
      )
    }
    expect(await fate({ a: { local: { ...alice, metadata: { x: 'y'.repeat(3_000) } } } })).toEqual([
      'INVALID_CONFIG',
      'INVALID_CONFIG',
    ])
  })

  it('takes any payload and throws nothing but a P2PError', async () => {
    const shaped = fc.record({
      version: fc.constantFrom(1, 2, 'x'),
      publicKey: fc.uint8Array({ minLength: 30, maxLength: 33 }),
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
      agent: fc.string(),
      protocols: fc.array(fc.string()),
      addresses: fc.array(fc.webUrl()),
      name: fc.anything(),
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
          await verifyHello(payload, bob.keys.noise.publicKey, DEFAULT_LIMITS).then(
            () => expect.unreachable(),
            (error) => expect(error).toBeInstanceOf(P2PError),
          )
        },
      ),
    )
  })
})

describe('a handshake that does not go on', () => {
  const lose = (side: string, index: number) => (frame: Uint8Array, from: string, i: number) =>
    from === side && i === index ? [] : [frame]

  it.each([
    ['the first frame never comes', 'a', 0],
    ['the answer never comes', 'b', 0],
    ['the third frame never comes', 'a', 1],
  ] as const)('ends with HANDSHAKE_TIMEOUT after exactly 10 s when %s', async (_, side, index) => {
    const pair = dialled({ alter: lose(side, index) })
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
    const dial = SecureChannel.dial(transport, '', { local: alice, limits: DEFAULT_LIMITS, clock: new VirtualClock() })
    await expect(dial).rejects.toMatchObject({ code: 'POOL_FULL', details: { retryAfterMs: 1, byPeer: true } })
  })
})

describe('a refusal', () => {
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
})
