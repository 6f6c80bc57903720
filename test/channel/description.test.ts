import { describe, expect, it } from 'vitest'
import { joined } from '../../src/base/bytes.js'
import { P2PError } from '../../src/base/errors.js'
import { DEFAULT_LIMITS } from '../../src/base/limits.js'
import { BatchWriter, Entry } from '../../src/channel/batch.js'
import type { ChannelOptions } from '../../src/channel/channel-options.js'
import type { CipherState } from '../../src/channel/cipher-state.js'
import { encodeDescription } from '../../src/channel/description.js'
import { Handshake, refusalFrame } from '../../src/channel/handshake.js'
import { SecureChannel } from '../../src/channel/secure-channel.js'
import { encode } from '../../src/message/codec.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { alice, bob, dialled, Inbox, opened, type PipeEnd, party, pattern, pipe, START, send, settled } from './pair.js'

const NOTHING = new Uint8Array()
const described = encodeDescription(bob.described, DEFAULT_LIMITS)
const entryOf = (kind: number, body: Uint8Array) => joined(Uint8Array.of(kind, body.length >> 8, body.length & 255), body)

/** A peer that keeps to the handshake with Alice, and says in the channel what it likes. */
async function hostile(role: 'dials' | 'answers', changes: Partial<ChannelOptions> = {}) {
  const clock = new VirtualClock()
  const [near, far] = pipe()
  const [ours, theirs] = role === 'dials' ? [far, near] : [near, far]
  const frames: Uint8Array[] = []
  theirs.attach({ onFrame: (frame) => frames.push(frame), onClose: () => {}, onDrain: () => {} })
  const options = { ...alice, limits: DEFAULT_LIMITS, clock, ...changes }
  const transport = { name: 'memory', rank: 3, direct: true, canDial: () => true }
  const dial = async (_: string, { firstFrame }: { firstFrame: Uint8Array }) => {
    ours.send(firstFrame)
    return ours
  }
  const alices = role === 'dials' ? SecureChannel.accept(ours, options) : SecureChannel.dial({ ...transport, dial }, '', options)
  alices.catch(() => {})
  const handshake = new Handshake(role === 'dials', bob.local, DEFAULT_LIMITS, { now: () => START })
  const next = async () => {
    for (let i = 0; i < 50 && frames.length === 0; i++) await clock.advance(0)
    return frames.shift()!
  }
  if (role === 'dials') theirs.send(handshake.start())
  const { frame } = await handshake.receive(await next())
  let noise: { send: CipherState; receive: CipherState } | undefined
  if (role === 'dials') {
    const last = await handshake.confirm()
    noise = last.noise
    theirs.send(last.frame)
  } else {
    theirs.send(frame!)
    noise = (await handshake.receive(await next())).noise
  }
  const say = (...entries: Uint8Array[]) => theirs.send(noise!.send.encrypt(joined(...entries)))
  const hear = async () => noise!.receive.decrypt(await next())
  return { clock, ours: ours as PipeEnd, alices, say, hear }
}

describe('a description', () => {
  it('comes at once behind message 3 from the dialler, in a frame of its own', async () => {
    const peer = await hostile('answers')
    await peer.clock.advance(0)
    expect(peer.ours.sent).toHaveLength(3)
    expect((await peer.hear())[0]).toBe(Entry.DESCRIPTION)
    peer.say(entryOf(Entry.READY, NOTHING), entryOf(Entry.DESCRIPTION, described))
    expect((await peer.alices).remote.streams).toEqual(bob.described.streams)
    expect(peer.ours.sent).toHaveLength(3)
  })

  it('comes behind READY in one frame from the one who answers, which sends nothing before it has accepted that of the dialler', async () => {
    let accept = () => {}
    const peer = await hostile('dials', { approveRemote: () => new Promise<void>((resolve) => (accept = resolve)) })
    await peer.clock.advance(100)
    peer.say(entryOf(Entry.DESCRIPTION, described))
    await peer.clock.advance(100)
    expect(peer.ours.sent).toHaveLength(1)
    accept()
    const { open } = await peer.alices
    expect(open).toBe(true)
    const first = await peer.hear()
    expect([...first.subarray(0, 4)]).toEqual([Entry.READY, 0, 0, Entry.DESCRIPTION])
  })

  it('that is not to the liking of its receiver ends the dial: from the dialler in place of READY', async () => {
    const refused = dialled({
      b: {
        ...bob,
        approveRemote: async () => {
          throw new P2PError('NAME_TAKEN', 'Somebody else has that name.')
        },
      },
    })
    await expect(refused.clock.run(refused.a)).rejects.toMatchObject({ code: 'NAME_TAKEN', details: { byPeer: true } })
    await expect(refused.b).rejects.toMatchObject({ code: 'NAME_TAKEN' })
    const refusing = await hostile('answers', {
      approveRemote: async () => {
        throw new P2PError('WRONG_PEER', 'Somebody else.')
      },
    })
    refusing.say(entryOf(Entry.READY, NOTHING), entryOf(Entry.DESCRIPTION, described))
    await expect(refusing.alices).rejects.toMatchObject({ code: 'WRONG_PEER' })
    expect((await refusing.hear())[0]).toBe(Entry.DESCRIPTION)
    expect((await refusing.hear())[0]).toBe(Entry.CLOSE)
  })

  it('comes whole out of fragments', async () => {
    const large = await party(3, {
      metadata: { x: 'y'.repeat(2_000) },
      protocols: Array.from({ length: 100 }, (_, i) => `protocol-${i}-${'z'.repeat(100)}`),
    })
    const peer = await hostile('dials')
    const writer = new BatchWriter(500, (plaintext) => peer.say(plaintext.slice()))
    writer.add(Entry.DESCRIPTION, undefined, encodeDescription(large.described, DEFAULT_LIMITS))
    writer.writeOut()
    expect((await peer.alices).remote.protocols).toHaveLength(100)
  })

  it.each<[string, 'dials' | 'answers', Uint8Array[], string]>([
    ['does not come first', 'dials', [entryOf(Entry.MESSAGE, NOTHING)], 'PROTOCOL_VIOLATION'],
    ['comes after an acknowledgement', 'dials', [entryOf(Entry.ACK, new Uint8Array(14))], 'PROTOCOL_VIOLATION'],
    ['comes after a re-key', 'dials', [entryOf(Entry.REKEY, NOTHING)], 'PROTOCOL_VIOLATION'],
    ['comes after an acceptance from who has none to give', 'dials', [entryOf(Entry.READY, NOTHING)], 'PROTOCOL_VIOLATION'],
    ['comes before READY', 'answers', [entryOf(Entry.DESCRIPTION, described)], 'PROTOCOL_VIOLATION'],
    [
      'comes after a second READY',
      'answers',
      [entryOf(Entry.READY, NOTHING), entryOf(Entry.READY, NOTHING)],
      'PROTOCOL_VIOLATION',
    ],
    [
      'comes twice',
      'dials',
      [entryOf(Entry.DESCRIPTION, described), entryOf(Entry.DESCRIPTION, described)],
      'PROTOCOL_VIOLATION',
    ],
    ['is malformed', 'dials', [entryOf(Entry.DESCRIPTION, encode({ agent: 'x' }))], 'MALFORMED_DATA'],
    ['is no MessagePack', 'dials', [entryOf(Entry.DESCRIPTION, Uint8Array.of(0xc1))], 'MALFORMED_DATA'],
    ['is empty', 'dials', [entryOf(Entry.DESCRIPTION, NOTHING)], 'MALFORMED_DATA'],
    ['is too long', 'dials', [entryOf(Entry.DESCRIPTION, new Uint8Array(16_385))], 'LIMIT_EXCEEDED'],
    [
      'is too long, in fragments that never end',
      'dials',
      [1, 2, 3, 4, 5].map(() => entryOf(Entry.FRAGMENT, new Uint8Array(4_000).fill(Entry.DESCRIPTION))),
      'LIMIT_EXCEEDED',
    ],
    [
      'is a split message',
      'dials',
      [entryOf(Entry.FRAGMENT, Uint8Array.of(1)), entryOf(Entry.LAST_FRAGMENT, NOTHING)],
      'PROTOCOL_VIOLATION',
    ],
  ])('that %s ends the channel as a fault of the peer', async (_, role, entries, code) => {
    const peer = await hostile(role)
    for (const entry of entries) peer.say(entry)
    await peer.clock.advance(0)
    const outcome = await peer.alices.then(
      async (channel) => {
        const inbox = new Inbox(channel)
        await peer.clock.advance(0)
        return inbox.closes[0]
      },
      (error) => ({ error, fault: error.details.fault }),
    )
    expect(outcome).toMatchObject({ error: { code }, fault: true })
  })

  it.each([
    ['a message', Entry.MESSAGE, NOTHING],
    ['an acknowledgement', Entry.ACK, new Uint8Array(7)],
    ['another description', Entry.DESCRIPTION, described],
    ['READY', Entry.READY, NOTHING],
  ])('is not followed by %s before READY: a fault of the dialler', async (_, kind, body) => {
    const peer = await hostile('dials', { approveRemote: () => new Promise<void>(() => {}) })
    peer.say(entryOf(Entry.DESCRIPTION, described))
    peer.say(entryOf(Entry.PADDING, NOTHING))
    peer.say(entryOf(kind, body))
    await expect(peer.alices).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION', details: { fault: true } })
    expect((await peer.hear())[0]).toBe(Entry.CLOSE)
    // In one frame with the description, it comes before READY has left, even where nothing has to be looked up.
    const quick = await hostile('dials')
    quick.say(entryOf(Entry.DESCRIPTION, described), entryOf(kind, body))
    await expect(quick.alices).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION', details: { fault: true } })
  })

  it('waits while message 3 is checked, whatever its frame begins with; a flood there is a fault', async () => {
    const behind = (frames: (frame: Uint8Array) => Uint8Array[]) =>
      dialled({ alter: (frame, side, index) => (side === 'a' && index === 2 ? frames(frame) : [frame]) })
    // A frame of the channel may begin like a refusal in the clear.
    const refused = behind(() => [refusalFrame(new P2PError('POOL_FULL', 'No.'))])
    await expect(refused.clock.run(refused.b)).rejects.toMatchObject({ code: 'DECRYPT_FAILED' })
    const flood = behind((frame) => new Array(1_024).fill(frame))
    await expect(flood.clock.run(flood.b)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION', details: { fault: true } })
  })

  it.each(['dials', 'answers'] as const)('that never comes ends the handshake of a peer that %s in time', async (role) => {
    const peer = await hostile(role)
    if (role === 'answers') peer.say(entryOf(Entry.READY, NOTHING))
    // What the channel skips does not stand in its place.
    peer.say(entryOf(Entry.PADDING, NOTHING))
    await peer.clock.advance(10_000)
    await expect(peer.alices).rejects.toMatchObject({ code: 'HANDSHAKE_TIMEOUT' })
    expect(peer.clock.pending).toBe(0)
  })

  it('is not waited for from a peer that says goodbye instead', async () => {
    for (const role of ['dials', 'answers'] as const) {
      const peer = await hostile(role)
      peer.say(entryOf(Entry.CLOSE, encode({ code: 'POOL_FULL', retryAfterMs: 20_000, moved: true })))
      await expect(peer.alices).rejects.toMatchObject({
        code: 'POOL_FULL',
        details: { byPeer: true, retryAfterMs: 20_000, moved: true },
      })
    }
  })

  it('delivers nothing of what follows it before it was accepted, and bounds what waits', async () => {
    let accept = () => {}
    const approveRemote = () => new Promise<void>((resolve) => (accept = resolve))
    const pair = dialled({ a: { ...alice, approveRemote } })
    const b = await pair.clock.run(pair.b)
    for (let i = 0; i < 5; i++) send(b, pattern(100, i))
    await settled(pair)
    accept()
    const inbox = new Inbox(await pair.a)
    expect(inbox.messages).toHaveLength(5)

    const flooded = await hostile('answers', { approveRemote: () => new Promise(() => {}) })
    flooded.say(entryOf(Entry.READY, NOTHING), entryOf(Entry.DESCRIPTION, described))
    for (let i = 0; i < 300; i++) flooded.say(entryOf(Entry.MESSAGE, new Uint8Array(65_000)))
    await flooded.clock.advance(0)
    await expect(flooded.alices).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION', details: { fault: true } })
  })

  it('is one for each channel: what is told of a peer is the list that all share', async () => {
    const protocols = ['a', 'b']
    const both = await Promise.all(
      [1, 2].map(async () => (await opened({ a: await party(5, { protocols: [...protocols] }) })).b.remote),
    )
    expect(both[0]!.protocols).toBe(both[1]!.protocols)
  })
})

describe('entries that a peer does not know', () => {
  const unknown = (kind: number) => entryOf(kind, new Uint8Array(40))

  it('are passed over from 0x80 on, at any time', async () => {
    for (const kind of [Entry.PADDING, 0x81, 0xff]) {
      const answers = await hostile('answers')
      answers.say(unknown(kind), entryOf(Entry.READY, NOTHING), unknown(kind))
      answers.say(unknown(kind), entryOf(Entry.DESCRIPTION, described), unknown(kind))
      expect((await answers.alices).open).toBe(true)
      const dials = await hostile('dials')
      dials.say(unknown(kind))
      dials.say(entryOf(Entry.DESCRIPTION, described), unknown(kind))
      const inbox = new Inbox(await dials.alices)
      dials.say(unknown(kind), entryOf(Entry.MESSAGE, pattern(5)), entryOf(Entry.MESSAGE, pattern(6)))
      await dials.clock.advance(0)
      expect(inbox.messages).toEqual([pattern(5), pattern(6)])
    }
  })

  it.each([0x00, 0x05, 0x18, 0x7f])('end the channel below it: %i', async (kind) => {
    const pair = await hostile('dials')
    pair.say(entryOf(Entry.DESCRIPTION, described))
    const inbox = new Inbox(await pair.alices)
    pair.say(unknown(kind))
    await pair.clock.advance(0)
    expect(inbox.closes).toMatchObject([{ error: { code: 'PROTOCOL_VIOLATION' }, fault: true }])
  })

  it('are not split: only messages and descriptions are', async () => {
    const peer = await hostile('dials')
    peer.say(entryOf(Entry.DESCRIPTION, described))
    const inbox = new Inbox(await peer.alices)
    peer.say(entryOf(Entry.FRAGMENT, Uint8Array.of(0x80)), entryOf(Entry.LAST_FRAGMENT, Uint8Array.of(1)))
    await peer.clock.advance(0)
    expect(inbox.closes).toMatchObject([{ error: { code: 'PROTOCOL_VIOLATION' } }])
  })

  it('count against the budget of frames by their length', async () => {
    const limits = { ...DEFAULT_LIMITS, peerMessagesPerS: 64, peerMessageBurst: 64 }
    const peer = await hostile('dials', { limits })
    peer.say(entryOf(Entry.DESCRIPTION, described))
    const inbox = new Inbox(await peer.alices)
    // As many frames without padding are taken.
    for (let i = 0; i < 20; i++) peer.say(entryOf(Entry.PADDING, NOTHING))
    await peer.clock.advance(0)
    expect(inbox.closes).toEqual([])
    for (let i = 0; i < 20; i++) peer.say(entryOf(Entry.PADDING, new Uint8Array(60_000)))
    await peer.clock.advance(0)
    expect(inbox.closes).toMatchObject([{ error: { code: 'RATE_LIMITED' }, fault: true }])
  })
})

describe('a peer that hides the lengths of its frames', () => {
  it('sends only powers of two from 256 on, and frames of the largest length', async () => {
    const pair = await opened({ a: { ...alice, padsFrames: true }, b: { ...bob, padsFrames: true } })
    const sizes = [1, 200, 236, 237, 238, 239, 240, 241, 490, 600, 5_000, 40_000, 65_510, 65_514, 65_516, 200_000, 65_000]
    for (const [i, size] of sizes.entries()) {
      send(pair.a, pattern(size, i))
      send(pair.b, pattern(size, i))
      await settled(pair)
    }
    expect([pair.atB.messages, pair.atA.messages]).toEqual([sizes.map(pattern), sizes.map(pattern)])
    // The handshake has lengths of its own.
    for (const { sent } of [pair.near, pair.far]) {
      const lengths = new Set(sent.slice(2).map(({ length }) => length))
      for (const length of lengths) expect(length > 65_532 || (length >= 256 && (length & (length - 1)) === 0)).toBe(true)
      expect(lengths.size).toBeGreaterThan(4)
    }
  })

  it('leaves frames as they are where nobody asks for it', async () => {
    const pair = await opened()
    send(pair.a, pattern(1))
    await settled(pair)
    expect(pair.near.sent.at(-1)!.length).toBe(1 + 3 + 16)
  })
})
