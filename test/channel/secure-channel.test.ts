import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { Entry } from '../../src/channel/batch.js'
import { type Alter, dialled, Inbox, opened, type PairOptions, pattern, send, settled } from './pair.js'

const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0
const bye = new P2PError('CONNECTION_CLOSED', 'Bye.')
/** Frames that the dialler has sent when a channel is open. */
const HANDSHAKE_FRAMES = 3

describe('an open channel', () => {
  it('carries messages both ways, in order, whole', async () => {
    const pair = await opened()
    const sizes = [1, 10, 65_500, 65_515, 65_516, 65_517, 65_519, 65_520, 65_535, 65_536, 200_000, 1_048_576]
    for (const [i, size] of sizes.entries()) send(pair.a, pattern(size, i))
    for (const [i, size] of sizes.entries()) send(pair.b, pattern(size, i + 50))
    await settled(pair)
    expect([pair.atB.messages.length, pair.atA.messages.length]).toEqual([sizes.length, sizes.length])
    expect(sizes.every((size, i) => same(pair.atB.messages[i], pattern(size, i)))).toBe(true)
    expect(sizes.every((size, i) => same(pair.atA.messages[i], pattern(size, i + 50)))).toBe(true)
    expect(pair.near.sent.every(({ length }) => length <= 65_535)).toBe(true)
  })

  it('carries every size around the frame boundary', async () => {
    const pair = await opened()
    const sizes = Array.from({ length: 40 }, (_, i) => 65_500 + i)
    for (const size of sizes) {
      send(pair.a, pattern(size))
      await settled(pair)
    }
    expect(pair.atB.messages.map(({ length }) => length)).toEqual(sizes)
    expect(pair.atB.messages.every((body) => same(body, pattern(body.length)))).toBe(true)
  })

  it('tells when all entries of a frame have come: of those before there was a sink, and behind a fault too', async () => {
    const pair = dialled()
    const [a, b] = await pair.clock.run(Promise.all([pair.a, pair.b]))
    const told: string[] = []
    let isFault = false
    const sends = async (count: number) => {
      for (let i = 0; i < count; i++) send(a, pattern(9))
      await settled(pair)
      return told.splice(0)
    }
    await sends(2)
    b.attach({
      onEntry: () => {
        told.push('entry')
        if (isFault) throw new Error('No honest peer sends this.')
      },
      onRead: () => void told.push('read'),
      onClose: () => void told.push('close'),
      onDrain: () => {},
    })
    expect(told.splice(0)).toEqual(['entry', 'entry', 'read'])
    expect(await sends(3)).toEqual(['entry', 'entry', 'entry', 'read'])
    isFault = true
    expect(await sends(2)).toEqual(['entry', 'close', 'read'])
  })

  it('packs what is sent in one tick into one frame', async () => {
    const pair = await opened()
    for (let i = 0; i < 100; i++) send(pair.a, pattern(100, i))
    await settled(pair)
    expect(pair.near.sent.length - HANDSHAKE_FRAMES).toBe(1)
    expect(pair.atB.messages.length).toBe(100)
  })

  it('packs a loop that awaits each send into few frames', async () => {
    const pair = await opened()
    const sendTo = async (body: Uint8Array) => send(pair.a, body)
    for (let i = 0; i < 100; i++) await sendTo(pattern(100, i))
    await settled(pair)
    expect(pair.near.sent.length - HANDSHAKE_FRAMES).toBe(1)
    expect(pair.atB.messages.length).toBe(100)
  })

  it('lets nobody on the way see or find a message', async () => {
    const pair = await opened()
    const secret = Buffer.from('correct horse battery staple')
    send(pair.a, secret)
    await settled(pair)
    expect(same(pair.atB.messages[0], secret)).toBe(true)
    expect(Buffer.concat(pair.near.sent).includes(secret)).toBe(false)
  })

  it('gives bodies that share no byte with each other', async () => {
    const pair = await opened()
    for (let i = 0; i < 600; i++) send(pair.a, pattern(100, i))
    await settled(pair)
    pair.atB.messages[0]!.fill(0)
    expect(same(pair.atB.messages[1], pattern(100, 1))).toBe(true)
  })

  it('keeps what comes before its sink does', async () => {
    const pair = dialled()
    const [a, b] = await pair.clock.run(Promise.all([pair.a, pair.b]))
    send(a, pattern(10))
    a.close(bye)
    await settled(pair)
    const inbox = new Inbox(b)
    expect(inbox.messages).toEqual([pattern(10)])
    expect(inbox.closes).toMatchObject([{ error: { code: 'CONNECTION_CLOSED' }, fault: false }])
  })

  it.each([1, 2, 3, 7])('goes on over re-keys in both directions, one every %i frames', async (rekeyAfterFrames) => {
    const pair = await opened({ limits: { rekeyAfterFrames } })
    for (let i = 0; i < 40; i++) {
      send(pair.a, pattern(50, i))
      if (i % 2 === 0) send(pair.b, pattern(60, i))
      await settled(pair)
    }
    send(pair.a, pattern(400_000))
    await settled(pair)
    expect([pair.atB.messages.length, pair.atA.messages.length]).toEqual([41, 20])
    expect(same(pair.atB.messages[40], pattern(400_000))).toBe(true)
    expect([...pair.atA.closes, ...pair.atB.closes]).toEqual([])
  })

  it('takes messages of the limit, and ends at fragments above it', async () => {
    const pair = await opened({ limits: { maxMessageBytes: 100_000 } })
    send(pair.a, pattern(100_000))
    await settled(pair)
    expect(pair.atB.messages[0]?.length).toBe(100_000)
    // The channel itself sends what it is told; the other end does not take it.
    send(pair.a, pattern(100_066))
    await settled(pair)
    expect(pair.atB.messages.length).toBe(1)
    expect(pair.atB.closes).toMatchObject([{ error: { code: 'LIMIT_EXCEEDED' }, fault: true }])
    expect(pair.atA.closes).toMatchObject([{ error: { code: 'LIMIT_EXCEEDED', details: { byPeer: true } }, fault: false }])
  })

  it.each([
    ['an unknown entry', 0x7f],
    ['a second acceptance', Entry.READY],
  ])('ends at %s', async (_, kind) => {
    const pair = await opened()
    pair.a.send(kind as typeof Entry.MESSAGE, undefined, new Uint8Array())
    await settled(pair)
    expect(pair.atB.closes).toMatchObject([{ error: { code: 'PROTOCOL_VIOLATION' }, fault: true }])
  })
})

describe('backpressure', () => {
  it('counts what waits here and below', async () => {
    const pair = await opened()
    pair.near.bufferedAmount = 8_000
    send(pair.a, pattern(1_000))
    expect(pair.a.bufferedAmount).toBe(9_003)
    pair.near.bufferedAmount = 0
    send(pair.a, pattern(1_000, 2))
    await settled(pair)
    expect(pair.a.bufferedAmount).toBe(0)
    expect(pair.atB.messages).toHaveLength(2)
    expect(pair.a.open).toBe(true)
  })

  it('passes a drain on', async () => {
    const pair = await opened()
    pair.near.drain()
    expect(pair.atA.drains).toBe(1)
  })
})

describe('the end of a channel', () => {
  it('loses nothing that was sent before', async () => {
    const pair = await opened()
    for (let i = 0; i < 50; i++) send(pair.a, pattern(i === 25 ? 300_000 : 100, i))
    pair.a.close(bye)
    expect(() => send(pair.a, pattern(1))).toThrow(expect.objectContaining({ code: 'CONNECTION_CLOSED' }))
    await settled(pair)
    expect(pair.atB.messages.length).toBe(50)
    expect(pair.atB.closes).toMatchObject([
      { error: { code: 'CONNECTION_CLOSED', message: 'Bye.', details: { byPeer: true } }, fault: false },
    ])
    expect(pair.atA.closes).toMatchObject([{ error: { code: 'CONNECTION_CLOSED' }, fault: false }])
    expect([pair.near.closes, pair.far.closes, pair.clock.pending]).toEqual([1, 1, 0])
  })

  it.each([
    ['while its dialler still judges it', 50],
    ['before its dialler has taken it into service', 0],
  ])('by the end that was dialled, right after its last words and %s, loses none of them', async (_, judgedMs) => {
    const pair = dialled({ a: { approveRemote: () => new Promise((resolve) => void pair.clock.setTimeout(resolve, judgedMs)) } })
    const b = await pair.clock.run(pair.b)
    const atB = new Inbox(b)
    for (let i = 0; i < 3; i++) send(b, pattern(20_000, i))
    const left = b.leave(bye)
    const a = await pair.clock.run(pair.a)
    await settled(pair)
    expect([b.open, atB.closes]).toEqual([false, [{ error: bye, fault: false }]])
    const atA = new Inbox(a)
    await pair.clock.run(left)
    expect(atA.messages.map(({ length }) => length)).toEqual([20_000, 20_000, 20_000])
    expect(atA.closes).toMatchObject([{ error: { code: 'CONNECTION_CLOSED', details: { byPeer: true } }, fault: false }])
    expect(pair.clock.pending).toBe(0)
  })

  it('that says nothing but goodbye, in place of a service, fails the dial', async () => {
    const pair = dialled({ a: { approveRemote: () => new Promise((resolve) => void pair.clock.setTimeout(resolve, 50)) } })
    const b = await pair.clock.run(pair.b)
    b.close(new P2PError('POOL_FULL', 'Full.'))
    await expect(pair.clock.run(pair.a)).rejects.toMatchObject({ code: 'POOL_FULL' })
  })

  it('without a goodbye is CONNECTION_LOST: a cut-off tail never looks like an end', async () => {
    const pair = await opened()
    pair.far.ended()
    pair.near.ended()
    expect([...pair.atA.closes, ...pair.atB.closes]).toMatchObject([
      { error: { code: 'CONNECTION_LOST' } },
      { error: { code: 'CONNECTION_LOST' } },
    ])
  })

  it('comes once, whatever follows', async () => {
    const pair = await opened()
    pair.a.close(bye)
    pair.a.close(bye)
    pair.near.ended()
    await settled(pair)
    expect([pair.atA.closes.length, pair.atB.closes.length]).toEqual([1, 1])
  })
})

describe('a channel with an attacker in the middle', () => {
  it('ends with DECRYPT_FAILED at every flipped bit of a frame', async () => {
    const { near, ...whole } = await opened()
    send(whole.a, pattern(40))
    await settled(whole)
    const { length } = near.sent[HANDSHAKE_FRAMES]!
    for (let bit = 0; bit < length * 8; bit += 3) {
      const alter: Alter = (frame, from, index) => {
        if (from === 'a' && index === HANDSHAKE_FRAMES) frame[bit >> 3]! ^= 1 << (bit & 7)
        return [frame]
      }
      const pair = await opened({ alter })
      send(pair.a, pattern(40))
      await settled(pair)
      expect(pair.atB.messages).toEqual([])
      expect(pair.atB.closes).toMatchObject([{ error: { code: 'DECRYPT_FAILED' }, fault: false }])
      expect(pair.atA.closes).toMatchObject([{ error: { code: 'DECRYPT_FAILED', details: { byPeer: true } }, fault: false }])
    }
  })

  it('never takes a frame of another channel, nor its own sent back', async () => {
    const other = await opened()
    send(other.a, pattern(10))
    await settled(other)
    const stolen = other.near.sent[HANDSHAKE_FRAMES]!
    for (const put of [
      (pair: Awaited<ReturnType<typeof opened>>) => pair.far.receive(stolen.slice()),
      (pair: Awaited<ReturnType<typeof opened>>) => pair.far.receive(pair.far.sent[1]!.slice()),
    ]) {
      const pair = await opened()
      put(pair)
      await settled(pair)
      expect(pair.atB.closes).toMatchObject([{ error: { code: 'DECRYPT_FAILED' }, fault: false }])
    }
  })

  it('delivers what was sent, as far as it comes, or ends: never anything else', async () => {
    const act = fc.constantFrom('pass', 'pass', 'pass', 'pass', 'drop', 'double', 'hold', 'cut', 'flip', 'replay', 'swap')
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 30 }),
        fc.array(fc.nat(70_000), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (acts, sizes, rekeyAfterFrames) => {
          let opening = true
          let step = 0
          let altered = false
          const held: Partial<Record<string, Uint8Array>> = {}
          const seen: Uint8Array[] = []
          const alter: Alter = (frame, from) => {
            if (opening) return [frame]
            const late = held[from]
            delete held[from]
            const rest = late === undefined ? [] : [late]
            const what = acts[step++] ?? 'pass'
            if (what !== 'pass') altered = true
            seen.push(frame.slice())
            if (what === 'drop') return rest
            if (what === 'double') return [frame, frame.slice(), ...rest]
            if (what === 'hold') {
              held[from] = frame
              return rest
            }
            if (what === 'cut') return [frame.subarray(0, frame.length - 1), ...rest]
            if (what === 'flip') frame[frame.length >> 1]! ^= 4
            if (what === 'replay') return [seen[0]!.slice(), frame, ...rest]
            if (what === 'swap') return [...rest, frame]
            return [frame, ...rest]
          }
          const options: PairOptions = { alter, limits: { rekeyAfterFrames } }
          const pair = await opened(options)
          opening = false
          const toB: Uint8Array[] = []
          const toA: Uint8Array[] = []
          for (const [i, size] of sizes.entries()) {
            for (const [channel, log] of [
              [pair.a, toB],
              [pair.b, toA],
            ] as const) {
              if (!channel.open) continue
              const body = pattern(size, i + log.length * 3)
              log.push(body)
              send(channel, body)
            }
            await settled(pair)
          }
          for (const [inbox, log] of [
            [pair.atB, toB],
            [pair.atA, toA],
          ] as const) {
            expect(inbox.messages.length).toBeLessThanOrEqual(log.length)
            expect(inbox.messages.every((body, i) => same(body, log[i]!))).toBe(true)
            expect(inbox.closes.length).toBeLessThanOrEqual(1)
            for (const { error } of inbox.closes) expect(error).toBeInstanceOf(P2PError)
          }
          if (!altered) {
            expect([pair.atB.messages.length, pair.atA.messages.length]).toEqual([sizes.length, sizes.length])
            expect([pair.a.open, pair.b.open]).toEqual([true, true])
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
