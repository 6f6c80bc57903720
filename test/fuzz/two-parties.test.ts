import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareBytes } from '../../src/base/bytes.js'
import { codeOf, P2PError } from '../../src/base/errors.js'
import type { SecureChannel } from '../../src/channel/secure-channel.js'
import { type Alter, alice, bob, dialled, Inbox, type Pair, pattern, type Side, send } from '../channel/pair.js'
import { runs } from './target.js'

/** What the network does to one frame. */
const fault = fc.oneof(
  { arbitrary: fc.constant({ kind: 'pass' } as const), weight: 8 },
  { arbitrary: fc.constantFrom({ kind: 'drop' } as const, { kind: 'double' } as const, { kind: 'hold' } as const), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('cut' as const), keep: fc.nat(70_000) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('flip' as const), at: fc.nat(70_000), bit: fc.nat(7) }), weight: 1 },
  {
    arbitrary: fc.record({ kind: fc.constant('append' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
    weight: 1,
  },
  {
    arbitrary: fc.record({ kind: fc.constant('inject' as const), bytes: fc.uint8Array({ maxLength: 80 }), before: fc.boolean() }),
    weight: 1,
  },
  { arbitrary: fc.record({ kind: fc.constant('replay' as const), which: fc.nat(20) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('reflect' as const), which: fc.nat(20) }), weight: 1 },
)
type Fault = typeof fault extends fc.Arbitrary<infer T> ? T : never

/** What the two ends do. */
const action = fc.oneof(
  {
    arbitrary: fc.record({
      what: fc.constant('send' as const),
      side: fc.constantFrom<Side>('a', 'b'),
      bytes: fc.oneof(fc.nat(300), fc.nat(140_000)),
    }),
    weight: 8,
  },
  { arbitrary: fc.record({ what: fc.constant('settle' as const) }), weight: 4 },
  { arbitrary: fc.record({ what: fc.constant('close' as const), side: fc.constantFrom<Side>('a', 'b') }), weight: 1 },
  { arbitrary: fc.record({ what: fc.constant('break' as const), side: fc.constantFrom<Side>('a', 'b') }), weight: 1 },
)

/** A network that follows a list, frame by frame, and then behaves. */
class HostileNetwork {
  /** Something was done to a frame that an end must notice. */
  harmed = false
  private readonly held: Record<Side, Uint8Array[]> = { a: [], b: [] }
  private readonly seen: Record<Side, Uint8Array[]> = { a: [], b: [] }
  private step = 0

  constructor(
    private readonly faults: readonly Fault[],
    private readonly from: number,
  ) {}

  readonly alter: Alter = (frame, side, index) => {
    const late = this.held[side].splice(0)
    const fault: Fault = index < this.from ? { kind: 'pass' } : (this.faults[this.step++] ?? { kind: 'pass' })
    if (fault.kind !== 'pass') this.harmed = true
    const other: Side = side === 'a' ? 'b' : 'a'
    const copy = frame.slice()
    this.seen[side].push(copy)
    const earlier = (of: Side, which: number) => this.seen[of][which % Math.max(1, this.seen[of].length)]?.slice()
    switch (fault.kind) {
      case 'pass':
        return [frame, ...late]
      case 'drop':
        return late
      case 'double':
        return [frame, copy.slice(), ...late]
      case 'hold':
        this.held[side].push(frame)
        return late
      case 'cut':
        return [frame.subarray(0, fault.keep % frame.length), ...late]
      case 'flip':
        frame[fault.at % frame.length]! ^= 1 << fault.bit
        return [frame, ...late]
      case 'append':
        return [Uint8Array.from([...frame, ...fault.bytes]), ...late]
      case 'inject':
        return fault.before ? [fault.bytes.slice(), frame, ...late] : [frame, fault.bytes.slice(), ...late]
      case 'replay':
        return [frame, earlier(side, fault.which) ?? copy, ...late]
      case 'reflect':
        return [frame, ...[earlier(other, fault.which) ?? copy], ...late]
    }
  }
}

async function play(pair: Pair, actions: readonly { what: string; side?: Side; bytes?: number }[]) {
  const { clock } = pair
  const outcome = (opening: Promise<SecureChannel>) =>
    opening.then(
      (channel) => ({ channel, inbox: new Inbox(channel), error: undefined }),
      (error: unknown) => ({ channel: undefined, inbox: undefined, error }),
    )
  const [a, b] = await clock.run(Promise.all([outcome(pair.a), outcome(pair.b)]))
  const ends = { a, b }
  const sent: Record<Side, Uint8Array[]> = { a: [], b: [] }
  for (const { what, side = 'a', bytes = 0 } of actions) {
    const { channel } = ends[side]
    if (what === 'settle') await clock.advance(0)
    else if (what === 'break') for (const end of side === 'a' ? [pair.near, pair.far] : [pair.far, pair.near]) end.ended()
    else if (channel?.open && what === 'close') channel.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
    else if (channel?.open && what === 'send') {
      const body = pattern(bytes, sent[side].length)
      sent[side].push(body)
      send(channel, body)
    }
  }
  await clock.advance(0)
  return { ends, sent }
}

/** A refusal is in clear, so a flipped bit may make another code of its code; never what has not the form of one. */
const isTyped = (error: unknown) => error instanceof P2PError && codeOf(error.code, 'TIMEOUT') === error.code

describe('two channels over a network that drops, reorders, doubles, cuts, flips and injects', () => {
  // From the first frame on, or once both are open.
  it.each([
    ['from the first frame on', 0, 150],
    ['once they are open', 2, 120],
  ] as const)('deliver a prefix of what was sent and agree, or close with a code: %s', async (_, from, usual) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 14, size: 'max' }),
        fc.array(action, { minLength: 1, maxLength: 14, size: 'max' }),
        fc.integer({ min: 1, max: 6 }),
        async (faults, actions, rekeyAfterFrames) => {
          const network = new HostileNetwork(faults, from)
          const pair = dialled({ alter: network.alter, limits: { rekeyAfterFrames } })
          const { ends, sent } = await play(pair, actions)
          for (const [side, other] of [
            ['a', 'b'],
            ['b', 'a'],
          ] as const) {
            const { channel, inbox, error } = ends[side]
            // Refused: with a code.
            if (channel === undefined || inbox === undefined) {
              expect(isTyped(error)).toBe(true)
              continue
            }
            // Open to whom it should be, and nobody else.
            expect(compareBytes(channel.remote.publicKey, (side === 'a' ? bob : alice).keys.publicKey)).toBe(0)
            // A prefix of what the other end sent, in order, byte for byte.
            expect(inbox.messages.length).toBeLessThanOrEqual(sent[other].length)
            expect(inbox.messages.every((message, i) => compareBytes(message, sent[other][i]!) === 0)).toBe(true)
            // Over once, with a code, or not at all; and then whole, where nothing was harmed.
            expect(inbox.closes.length).toBe(channel.open ? 0 : 1)
            for (const close of inbox.closes) expect(isTyped(close.error)).toBe(true)
            if (channel.open && ends[other].channel?.open && !network.harmed) {
              expect(inbox.messages.length).toBe(sent[other].length)
            }
          }
          // Whoever is left alone learns of it: nobody waits for a peer that has closed.
          expect(Boolean(ends.a.channel?.open)).toBe(Boolean(ends.b.channel?.open))
          // Half a message has a deadline.
          const halves = [ends.a.channel, ends.b.channel].filter((channel) => channel?.open && channel.partBytes > 0)
          expect(pair.clock.pending).toBe(halves.length)
        },
      ),
      runs(usual),
    )
  })
})
