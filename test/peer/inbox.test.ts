import { encode as msgpack } from '@msgpack/msgpack'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import { Defence } from '../../src/defence/defence.js'
import { MAX_ANSWERS } from '../../src/defence/peer-gate.js'
import type { Freshness } from '../../src/defence/replay-window.js'
import { signEnvelope } from '../../src/identity/envelope.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { encodeSigned, toWire } from '../../src/message/p2p-protocol.js'
import { Inbox, isAccepted } from '../../src/peer/connection/inbox.js'
import { PeerClock } from '../../src/peer/connection/peer-clock.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

const NOW = new VirtualClock().now()
const [alice, bob, carol] = [1, 2, 3].map((seed) => identityFromSeed(new Uint8Array(32).fill(seed))) as [
  Identity,
  Identity,
  Identity,
]

function setUp(limits: Partial<Limits> = {}, context: { requireSignatures?: boolean } = {}) {
  const clock = new VirtualClock()
  const shared = { clock, limits: resolveLimits(limits) }
  const blamed: string[] = []
  const defence = new Defence({
    ...shared,
    store: memoryStore(),
    served: () => [],
    limitsOf: () => 'default',
    shareChanged: () => {},
    disconnect: () => {},
    onBanned: () => {},
    onError: () => {},
  })
  defence.blame = (_, cause) => void blamed.push(cause)
  const delivered: [payload: unknown, freshness: Freshness][] = []
  const faults: string[] = []
  /** Requests whose answers are awaited. */
  const awaited = new Set<string>()
  let changed = () => {}
  /** Resolves when so many messages have been delivered or have turned out faults. */
  const told = async (count: number) => {
    while (delivered.length + faults.length < count) {
      await new Promise<void>((resolve) => {
        changed = resolve
      })
    }
  }
  const owner = {
    peerId: 'alice',
    publicKey: alice.publicKey,
    clock: new PeerClock(clock, shared.limits.replayWindowMs),
    traffic: { messagesIn: 0, bytesIn: 0 },
    deliver: ({ payload }: P2PMessage, freshness: Freshness) => {
      if (payload === 'thrown') throw new Error('A listener of the core failed.')
      delivered.push([payload, freshness])
      changed()
    },
    measure: () => {},
    fail: ({ code, details }: P2PError) => {
      faults.push(`${code} of ${details.peerId}`)
      changed()
    },
  }
  const inbox = new Inbox(
    {
      ...shared,
      networkName: 'lotus',
      peerId: 'bob',
      identity: bob,
      requireSignatures: context.requireSignatures ?? false,
      defence,
      useOf: () => 'lasting',
      claimAnswer: ({ inReplyTo = '' }) => awaited.delete(inReplyTo),
      isRelay: () => false,
    },
    owner,
  )
  /** Offers, and delivers what is accepted, as a path does. */
  const take = (kind: typeof Entry.MESSAGE | typeof Entry.SIGNED_MESSAGE, body: Uint8Array) => {
    const answer = inbox.offer(kind, body)
    if (isAccepted(answer)) inbox.deliver(answer, body)
    inbox.rest()
    return answer
  }
  return { clock, inbox, owner, awaited, take, told, delivered, faults, blamed }
}

const message = (payload: unknown, changes: Partial<P2PMessage> = {}): P2PMessage => {
  return { type: 'x', from: 'alice', payload, timestamp: NOW, messageId: String(payload), ...changes }
}
const plain = (payload: unknown, changes: Partial<P2PMessage> = {}) => {
  const whole = message(payload, changes)
  return encode(toWire(whole, changes.from, whole.to ?? true))
}

async function signed(
  payload: unknown,
  changes: Partial<P2PMessage> = {},
  { by = alice, to = bob as Identity | null } = {},
): Promise<Uint8Array> {
  const body = encodeSigned(message(payload, changes), by.publicKey, to?.publicKey, resolveLimits({}))
  const { signature } = await signEnvelope(by, 'message', body)
  return Uint8Array.of(...signature, ...body)
}

describe('a message that is offered', () => {
  it('is accepted, and is delivered only when it is told to', () => {
    const { inbox, delivered, owner } = setUp()
    const body = plain(1)
    const answer = inbox.offer(Entry.MESSAGE, body)
    expect([answer, delivered]).toEqual([message(1, { to: 'bob' }), []])
    if (isAccepted(answer)) inbox.deliver(answer, body)
    expect([delivered, owner.traffic]).toEqual([[[1, 'new']], { messagesIn: 1, bytesIn: body.length }])
  })

  it('is refused before it is decoded, where the budget of its sender is used up', () => {
    const { take } = setUp({ peerMessagesPerS: 1, peerMessageBurst: 1 })
    for (const payload of [1, 2]) take(Entry.MESSAGE, plain(payload))
    expect(take(Entry.MESSAGE, new Uint8Array(5))).toMatchObject({ limit: '*', retryAfterMs: 953 })
  })

  it('is refused by the budget of its protocol, unless it is the awaited answer to a request: one for each', () => {
    const { awaited, take } = setUp({ protocolMessagesPerS: 1, protocolMessageBurst: 2 })
    const flood = (changes: Partial<P2PMessage>) =>
      Array.from({ length: 30 }, (_, i) => take(Entry.MESSAGE, plain(i, changes))).filter(isAccepted).length
    // A newcomer is told half, and has twice what it is told.
    expect(flood({})).toBe(2)
    expect(flood({ inReplyTo: 'made up' })).toBe(0)
    awaited.add('x')
    expect(flood({ inReplyTo: 'x' })).toBe(1)
  })

  it('is taken as a late answer, which nobody awaits any more, as often as something was asked', () => {
    const { inbox, take } = setUp({ protocolMessagesPerS: 1, protocolMessageBurst: 2 })
    for (let i = 0; i < 10; i++) inbox.sent()
    const answers = Array.from({ length: 30 }, (_, i) => take(Entry.MESSAGE, plain(i, { inReplyTo: `late${i}` })))
    // Ten of them, and the two that the budget of the protocol has room for.
    expect(answers.filter(isAccepted)).toHaveLength(12)
  })

  it.each([
    ['MALFORMED_DATA', new Uint8Array([0xc1]), false],
    ['FOREIGN_SENDER', plain(1, { from: 'carol' }), false],
    ['PROTOCOL_VIOLATION', plain(1, { to: 'carol' }), false],
    ['SIGNATURE_REQUIRED', plain(1), true],
  ])('is a fault of its sender (%s)', (code, body, requireSignatures) => {
    const { take, delivered } = setUp({}, { requireSignatures })
    const answer = take(Entry.MESSAGE, body)
    expect(answer).toBeInstanceOf(P2PError)
    expect([answer, delivered]).toMatchObject([{ code, details: { peerId: 'alice' } }, []])
  })
})

describe('a signed message that is offered', () => {
  it.each([
    ['to another, by whoever got it', { to: carol }, 'PROTOCOL_VIOLATION'],
    ['of another', { by: carol }, 'FOREIGN_SENDER'],
  ])('is refused where it was signed %s', async (_, ends, code) => {
    const { take } = setUp()
    expect(take(Entry.SIGNED_MESSAGE, await signed(1, {}, ends))).toMatchObject({ code })
  })

  it.each([
    ['in other than the one order of keys', [1, 'x', alice.publicKey, bob.publicKey, { b: 1, a: 1 }, NOW, 'id', null]],
    ['with a signature inside', [1, 'x', alice.publicKey, bob.publicKey, 1, NOW, 'id', null, 'other', new Uint8Array(64)]],
    ['with an answer to nothing', [1, 'x', alice.publicKey, bob.publicKey, 1, NOW, 'id', null, null]],
    ['to true', [1, 'x', alice.publicKey, true, 1, NOW, 'id', null]],
    ['of nobody', [1, 'x', null, bob.publicKey, 1, NOW, 'id', null]],
    ['of too short a key', [1, 'x', alice.publicKey.subarray(1), bob.publicKey, 1, NOW, 'id', null]],
  ])('is a fault %s', async (_, wire) => {
    const body = msgpack(wire)
    const { signature } = await signEnvelope(alice, 'message', body)
    const { take } = setUp()
    expect(take(Entry.SIGNED_MESSAGE, Uint8Array.of(...signature, ...body))).toBeInstanceOf(P2PError)
  })

  it('is delivered as a broadcast where it is signed to nobody', async () => {
    const { take, told, delivered } = setUp()
    expect(take(Entry.SIGNED_MESSAGE, await signed(1, {}, { to: null }))).not.toHaveProperty('to')
    await told(1)
    expect(delivered).toEqual([[1, 'new']])
  })

  it('of another network is forged', async () => {
    const body = encodeSigned(message(1), alice.publicKey, bob.publicKey, resolveLimits({}))
    const { signature } = await signEnvelope(alice, 'message', body, 'test')
    const { take, told, faults } = setUp()
    take(Entry.SIGNED_MESSAGE, Uint8Array.of(...signature, ...body))
    await told(1)
    expect(faults).toEqual(['INVALID_SIGNATURE of alice'])
  })
})

describe('a message that was accepted', () => {
  it('waits behind one whose signature is being checked', async () => {
    const { clock, take, told, delivered, faults } = setUp()
    take(Entry.SIGNED_MESSAGE, await signed(1))
    take(Entry.MESSAGE, plain(2))
    expect(delivered).toEqual([])
    await told(2)
    expect([delivered.map(([payload]) => payload), faults, clock.pending]).toEqual([[1, 2], [], 0])
  })

  it('is not delivered where it is forged, nor what came after it', async () => {
    const { take, told, delivered, faults } = setUp()
    const forged = await signed(2)
    forged[0]! ^= 1
    const [before, after] = [await signed(1), await signed(3)]
    for (const body of [before, forged, after]) take(Entry.SIGNED_MESSAGE, body)
    take(Entry.MESSAGE, plain(4))
    await told(2)
    // Whatever was behind it would be delivered within these.
    for (let i = 0; i < 100; i++) await null
    expect([delivered, faults]).toEqual([[[1, 'new']], ['INVALID_SIGNATURE of alice']])
  })

  it('is told of as seen where its id has come before', () => {
    const { take, delivered } = setUp()
    for (const payload of [1, 1]) take(Entry.MESSAGE, plain(payload))
    expect(delivered).toEqual([
      [1, 'new'],
      [1, 'seen'],
    ])
  })

  it('waits, where its date is odd, until the clock of its sender is measured', async () => {
    const { clock, inbox, take, told, delivered } = setUp()
    const armed = new Promise<void>((resolve) => {
      const { setTimeout } = clock
      clock.setTimeout = (...timer) => {
        resolve()
        return setTimeout.apply(clock, timer)
      }
    })
    take(Entry.SIGNED_MESSAGE, await signed(1, { timestamp: NOW + 3_600_000 }))
    await armed
    expect(delivered).toEqual([])
    inbox.measured(3_600_000)
    await told(1)
    expect([delivered, clock.pending]).toEqual([[[1, 'new']], 0])
  })

  it('is a fault where the core cannot take it', () => {
    const { take, faults } = setUp()
    take(Entry.MESSAGE, plain('thrown'))
    expect(faults).toEqual(['PROTOCOL_VIOLATION of alice'])
  })
})

describe('what comes at once', () => {
  it('costs one reading of each clock, and counts as one piece of the work for its sender', () => {
    const { clock, inbox } = setUp()
    const readings = { now: 0, elapsed: 0 }
    for (const name of ['now', 'elapsed'] as const) {
      const read = clock[name].bind(clock)
      clock[name] = () => {
        readings[name]++
        return read()
      }
    }
    let pieces = 0
    inbox.gate.done = () => void pieces++
    const frame = (payloads: number[]) => {
      for (const payload of payloads) {
        const body = plain(payload)
        const answer = inbox.offer(Entry.MESSAGE, body)
        if (isAccepted(answer)) inbox.deliver(answer, body)
      }
      inbox.rest()
    }
    frame([1])
    Object.assign(readings, { now: 0, elapsed: 0 })
    frame([2, 3, 4, 5])
    expect([readings, pieces]).toEqual([{ now: 1, elapsed: 1 }, 2])
  })

  it('is seen at the time of its frame', async () => {
    const { clock, inbox, take } = setUp()
    await clock.advance(5_000)
    take(Entry.MESSAGE, plain(1))
    expect([inbox.lastSeen, inbox.offeredAt]).toEqual([clock.now(), clock.elapsed()])
    await clock.advance(5_000)
    take(Entry.MESSAGE, plain(2))
    expect([inbox.lastSeen, inbox.offeredAt]).toEqual([clock.now(), clock.elapsed()])
  })
})

describe('a peer that was told to wait', () => {
  const limits = { peerMessagesPerS: 1, peerMessageBurst: 1, protocolMessagesPerS: 1, protocolMessageBurst: 20 }

  it('is forgiven what it can have had on its way, however long that takes', async () => {
    const { clock, inbox, blamed } = setUp(limits)
    const refusal = inbox.gate.refusal({ retryAfterMs: 1_000, limit: '*' }, '')
    // A newcomer is told half of the burst, and may have answers on its way beside that.
    for (let i = 0; i < 10 + MAX_ANSWERS; i++) {
      if (i % 100 === 0) await clock.advance(60_000)
      inbox.dropped(refusal, 10)
    }
    expect(blamed).toEqual([])
    inbox.dropped(refusal, 10)
    expect(blamed).toEqual(['RATE_LIMITED'])
  })

  it('is blamed when it goes on beyond that, and ended when it goes on with twice as much', async () => {
    const { clock, inbox, blamed } = setUp(limits)
    const refusal = inbox.gate.refusal({ retryAfterMs: 1_000, limit: '*' }, '')
    const { sendMaxBufferedBytes } = resolveLimits({})
    inbox.dropped(refusal, sendMaxBufferedBytes)
    inbox.dropped(refusal, 1)
    expect(blamed).toEqual([])
    await clock.advance(60_000)
    for (let i = 0; i < 3; i++) inbox.dropped(refusal, 1)
    expect(blamed).toEqual(['RATE_LIMITED'])
    expect(() => inbox.dropped(refusal, sendMaxBufferedBytes)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  })

  it('cannot send acknowledgements without end, beside one for each message', () => {
    const { inbox, take } = setUp({ controlEntriesPerS: 1, controlEntryBurst: 3 })
    inbox.bear(inbox.gate.controlEntry())
    inbox.sent()
    take(Entry.MESSAGE, plain(1))
    for (let i = 0; i < 4; i++) inbox.bear(inbox.gate.controlEntry())
    expect(() => inbox.bear(inbox.gate.controlEntry())).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  })
})
