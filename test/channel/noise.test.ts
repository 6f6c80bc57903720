import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isP2PError } from '../../src/base/errors.js'
import {
  generateNoiseKeyPair,
  type NoiseChannel,
  type NoiseCrypto,
  NoiseXX,
  platformNoiseCrypto,
  portableNoiseCrypto,
} from '../../src/channel/noise.js'
import { ladderX25519 } from '../../src/channel/x25519.js'

const EMPTY = new Uint8Array()
const FAULTS = ['HANDSHAKE_FAILED', 'DECRYPT_FAILED']
const aliceKeys = generateNoiseKeyPair()
const bobKeys = generateNoiseKeyPair()

type Alter = (message: Uint8Array, step: number) => Uint8Array

function pair(crypto?: NoiseCrypto, prologues: [Uint8Array, Uint8Array] = [EMPTY, EMPTY]): [NoiseXX, NoiseXX] {
  const common = crypto ? { crypto } : {}
  return [
    new NoiseXX({ initiator: true, staticKeys: aliceKeys, prologue: prologues[0], ...common }),
    new NoiseXX({ initiator: false, staticKeys: bobKeys, prologue: prologues[1], ...common }),
  ]
}

/** The first `steps` messages; `alter` stands between the two sides. */
function exchange(sides: [NoiseXX, NoiseXX], payloads: Uint8Array[] = [], alter: Alter = (m) => m, steps = 3): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let step = 0; step < steps; step++) {
    const [from, to] = step % 2 === 0 ? sides : [sides[1], sides[0]]
    const message = from.writeMessage(payloads[step] ?? EMPTY)
    messages.push(message)
    to.readMessage(alter(message, step))
  }
  return messages
}

function channels(crypto?: NoiseCrypto): [NoiseChannel, NoiseChannel] {
  const sides = pair(crypto)
  exchange(sides)
  return [sides[0].split(), sides[1].split()]
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    return isP2PError(error) ? error.code : `untyped: ${error}`
  }
  return undefined
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice()
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
  return flipped
}

describe.each([
  ['platform', platformNoiseCrypto, 100],
  ['portable', portableNoiseCrypto, 15],
] as const)('NoiseXX on %s crypto', (_, crypto, numRuns) => {
  it('carries payloads, proves static keys and ends in two matching directions', () => {
    const payload = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(payload, payload, payload, payload, (one, two, three, prologue) => {
        const [alice, bob] = pair(crypto, [prologue, prologue.slice()])
        expect(bob.readMessage(alice.writeMessage(one))).toEqual(one)
        expect([alice.remoteStatic, bob.remoteStatic]).toEqual([undefined, undefined])
        expect(alice.readMessage(bob.writeMessage(two))).toEqual(two)
        expect([alice.remoteStatic, bob.remoteStatic]).toEqual([bobKeys.publicKey, undefined])
        expect([alice.finished, bob.finished]).toEqual([false, false])
        expect(bob.readMessage(alice.writeMessage(three))).toEqual(three)
        expect(bob.remoteStatic).toEqual(aliceKeys.publicKey)
        expect([alice.finished, bob.finished]).toEqual([true, true])
        const [a, b] = [alice.split(), bob.split()]
        expect(a.handshakeHash).toEqual(b.handshakeHash)
        expect(b.receive.decrypt(a.send.encrypt(one))).toEqual(one)
        expect(a.receive.decrypt(b.send.encrypt(two))).toEqual(two)
      }),
      { numRuns },
    )
  })

  it('fails when any bit, length or ending of any handshake message is altered', () => {
    const payload = fc.uint8Array({ maxLength: 100 })
    fc.assert(
      fc.property(fc.tuple(payload, payload, payload), fc.nat(2), fc.nat(), fc.nat(2), (payloads, target, position, kind) => {
        const alter: Alter = (message, step) => {
          if (step !== target) return message
          if (kind === 0) return flip(message, position % (message.length * 8))
          if (kind === 1) return message.subarray(0, position % message.length)
          return new Uint8Array([...message, position & 255])
        }
        expect(FAULTS).toContain(codeOf(() => exchange(pair(crypto), payloads, alter)))
      }),
      { numRuns },
    )
  })

  it('answers random bytes with a typed error at every stage', () => {
    const noise = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 32, maxLength: 2000, size: 'max' }))
    fc.assert(
      fc.property(noise, (bytes) => {
        const [, first] = pair(crypto)
        const early = codeOf(() => first.readMessage(bytes))
        // The first message is in clear: what has 32 bytes may be one.
        expect(early).toBe(bytes.length < 32 ? 'HANDSHAKE_FAILED' : undefined)
        const second = pair(crypto)
        exchange(second, [], undefined, 1)
        second[1].writeMessage(EMPTY)
        expect(FAULTS).toContain(codeOf(() => second[0].readMessage(bytes)))
        const third = pair(crypto)
        exchange(third, [], undefined, 2)
        expect(FAULTS).toContain(codeOf(() => third[1].readMessage(bytes)))
        const [a] = channels(crypto)
        expect(codeOf(() => a.receive.decrypt(bytes))).toBe('DECRYPT_FAILED')
      }),
      { numRuns },
    )
  })

  it('fails when a transport message is altered, repeated, skipped or reflected', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (payload, position) => {
        const [a, b] = channels(crypto)
        const [first, second] = [a.send.encrypt(payload), a.send.encrypt(payload)]
        for (const wrong of [
          flip(first, position % (first.length * 8)),
          first.subarray(0, position % first.length),
          new Uint8Array([...first, 0]),
          second,
        ]) {
          expect(codeOf(() => b.receive.decrypt(wrong))).toBe('DECRYPT_FAILED')
        }
        expect(codeOf(() => a.receive.decrypt(first))).toBe('DECRYPT_FAILED')
        b.receive.decrypt(first)
        expect(codeOf(() => b.receive.decrypt(first))).toBe('DECRYPT_FAILED')
      }),
      { numRuns },
    )
  })
})

describe('NoiseXX', () => {
  it('notices every single bit of all three handshake messages', () => {
    const sizes = [33, 97, 65]
    for (const [target, size] of sizes.entries()) {
      for (let bit = 0; bit < size * 8; bit++) {
        const alter: Alter = (message, step) => (step === target ? flip(message, bit) : message)
        const code = codeOf(() => exchange(pair(), [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)], alter))
        if (!FAULTS.includes(code as string)) expect.fail(`message ${target}, bit ${bit}: ${code}`)
      }
    }
  }, 30_000)

  it('refuses handshake messages repeated or out of order', () => {
    const sides = pair()
    const [one] = exchange(sides, [], undefined, 1) as [Uint8Array]
    expect(codeOf(() => sides[1].readMessage(one))).toBe('HANDSHAKE_FAILED')
    const recorded = exchange(pair(), [new Uint8Array(40), new Uint8Array(40), new Uint8Array(40)])
    for (let stage = 0; stage < 3; stage++) {
      for (const replayed of recorded.slice(stage === 0 ? 3 : 0)) {
        const fresh = pair()
        exchange(fresh, [], undefined, stage)
        const [from, to] = stage % 2 === 0 ? fresh : [fresh[1], fresh[0]]
        from.writeMessage(EMPTY)
        expect(FAULTS).toContain(codeOf(() => to.readMessage(replayed)))
      }
    }
  })

  it('fails when its own message comes back', () => {
    const payload = new Uint8Array(100)
    const [alice] = pair()
    const own = alice.writeMessage(payload)
    expect(codeOf(() => alice.readMessage(own))).toBe('DECRYPT_FAILED')
    const sides = pair()
    exchange(sides, [], undefined, 1)
    const answer = sides[1].writeMessage(payload)
    expect(codeOf(() => sides[1].readMessage(answer))).toBe('DECRYPT_FAILED')
  })

  it('fails when both sides take the same role', () => {
    const [alice] = pair()
    const [other] = pair()
    const message = other.writeMessage(EMPTY)
    alice.writeMessage(EMPTY)
    expect(codeOf(() => alice.readMessage(message))).toBe('HANDSHAKE_FAILED')
  })

  it('fails at the second message when prologues differ', () => {
    const [alice, bob] = pair(undefined, [Uint8Array.of(1), Uint8Array.of(2)])
    bob.readMessage(alice.writeMessage(EMPTY))
    const answer = bob.writeMessage(EMPTY)
    expect(codeOf(() => alice.readMessage(answer))).toBe('DECRYPT_FAILED')
  })

  it('refuses calls that are not due', () => {
    const calls: [string, () => unknown][] = [
      ['responder writes first', () => pair()[1].writeMessage(EMPTY)],
      ['initiator reads first', () => pair()[0].readMessage(new Uint8Array(96))],
      ['split before the end', () => pair()[0].split()],
    ]
    const [alice, bob] = pair()
    exchange([alice, bob])
    calls.push(['a fourth message', () => bob.writeMessage(EMPTY)])
    const done = pair()
    exchange(done)
    done[0].split()
    calls.push(['split twice', () => done[0].split()])
    for (const [what, call] of calls) expect([what, codeOf(call)]).toEqual([what, 'HANDSHAKE_FAILED'])
  })

  it('stays failed after a failure', () => {
    const [alice, bob] = pair()
    const one = alice.writeMessage(EMPTY)
    expect(codeOf(() => bob.readMessage(one.subarray(1)))).toBe('HANDSHAKE_FAILED')
    expect(codeOf(() => bob.readMessage(one))).toBe('HANDSHAKE_FAILED')
    expect(codeOf(() => bob.writeMessage(EMPTY))).toBe('HANDSHAKE_FAILED')
    expect(codeOf(() => bob.split())).toBe('HANDSHAKE_FAILED')
  })

  it.each([
    [0, 32],
    [1, 96],
    [2, 64],
  ])('message %i is %i bytes longer than its payload, refused below that and above 65,535 bytes', (step, overhead) => {
    const at = () => {
      const sides = pair()
      exchange(sides, [], undefined, step)
      return step % 2 === 0 ? sides : ([sides[1], sides[0]] as const)
    }
    const [from, to] = at()
    const longest = from.writeMessage(new Uint8Array(65_535 - overhead))
    expect(longest).toHaveLength(65_535)
    expect(to.readMessage(longest)).toHaveLength(65_535 - overhead)
    expect(codeOf(() => at()[0].writeMessage(new Uint8Array(65_536 - overhead)))).toBe('HANDSHAKE_FAILED')
    const reader = () => {
      const [writer, other] = at()
      writer.writeMessage(EMPTY)
      return other
    }
    expect(codeOf(() => reader().readMessage(new Uint8Array(65_536)))).toBe('HANDSHAKE_FAILED')
    for (let length = 0; length < overhead; length++) {
      expect(codeOf(() => reader().readMessage(new Uint8Array(length).fill(1)))).toBe('HANDSHAKE_FAILED')
    }
  })

  it('refuses an ephemeral key of low order', () => {
    const [, bob] = pair()
    bob.readMessage(new Uint8Array(32))
    expect(codeOf(() => bob.writeMessage(EMPTY))).toBe('HANDSHAKE_FAILED')
  })

  it('keeps nothing of the caller’s buffers, even of a Node Buffer whose slice is a view', () => {
    const sides = pair()
    const payload = new Uint8Array(20).fill(5)
    const message = Buffer.from(sides[0].writeMessage(payload))
    const read = sides[1].readMessage(message)
    message.fill(0)
    expect(read).toEqual(payload)
    expect(codeOf(() => sides[0].readMessage(sides[1].writeMessage(EMPTY)))).toBe(undefined)
  })

  it('zeroes the ephemeral secret on split, on failure and when wiped, never the static one', () => {
    for (const end of ['split', 'fail', 'wipe'] as const) {
      const ephemeralKeys = ladderX25519.generate()
      const alice = new NoiseXX({ initiator: true, staticKeys: aliceKeys, ephemeralKeys })
      const sides: [NoiseXX, NoiseXX] = [alice, pair()[1]]
      exchange(sides, [], undefined, end === 'split' ? 3 : 1)
      if (end === 'split') alice.split()
      else if (end === 'fail') codeOf(() => alice.readMessage(EMPTY))
      else alice.wipe()
      expect(ephemeralKeys.secretKey).toEqual(new Uint8Array(32))
    }
    expect(aliceKeys.secretKey).not.toEqual(new Uint8Array(32))
  })
})
