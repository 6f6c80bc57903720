import { describe, expect, it } from 'vitest'
import { P2PError } from '../../src/base/errors.js'
import { resolveLimits } from '../../src/base/limits.js'
import { Entry } from '../../src/channel/batch.js'
import type { SecureChannel } from '../../src/channel/secure-channel.js'
import type { P2PMessage } from '../../src/message/message.js'
import type { OutgoingStream } from '../../src/peer/connection/outgoing.js'
import { Paths } from '../../src/peer/connection/paths.js'
import { Session } from '../../src/peer/connection/session.js'
import {
  decodeSequence,
  encodeAck,
  encodeRefused,
  encodeSequence,
  encodeSwitch,
  MAX_NUMBER,
} from '../../src/peer/connection/stream-entries.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { alice, bob, dialled, type Party, party } from '../channel/pair.js'

const limits = resolveLimits({})

/** Our end, against a peer that keeps to the channel and to nothing in it. */
class World {
  readonly clock = new VirtualClock()
  readonly session = new Session(this.clock, limits)
  readonly got: number[] = []
  readonly gone: string[] = []
  /** What the peer was sent: bodies of messages, and whatever else. */
  readonly heard: { kind: Entry; body: Uint8Array }[] = []
  paths!: Paths
  peer!: SecureChannel
  /** What is left of the pause of whatever was refused. */
  pauseMs = 0
  offer: (body: Uint8Array) => P2PMessage | P2PError | { retryAfterMs: number; limit: string } = (body) => message(body)

  /** @returns the peer's end of another channel, and ours. */
  async channel(mallory: Party = bob): Promise<[peer: SecureChannel, ours: SecureChannel]> {
    const pair = dialled({ clock: this.clock, a: alice, b: mallory })
    const [ours, peer] = await this.clock.run(Promise.all([pair.a, pair.b]))
    peer.attach({
      onEntry: (kind, body) => void this.heard.push({ kind, body: body.slice() }),
      onClose: () => {},
      onDrain: () => {},
    })
    return [peer, ours]
  }

  async connect(mallory?: Party): Promise<this> {
    const [peer, ours] = await this.channel(mallory)
    this.peer = peer
    this.paths = new Paths(ours, {
      session: this.session,
      inbox: {
        offer: (_, body) => this.offer(body),
        deliver: ({ payload }) => void this.got.push(payload as number),
        rest: () => {},
        gate: {
          burstOf: () => 1_000,
          refusal: (refusal) => ({ ...refusal, at: 0, until: 0, inFlight: 0, messages: 0, bytes: 0 }),
          pauseMs: () => this.pauseMs,
          cameInVain: () => true,
          controlEntry: () => true,
        },
        dropped: () => {},
        bear: () => {},
      },
      peerContext: { clock: this.clock, limits },
      leads: false,
      events: {
        switched: () => {},
        interrupted: () => {},
        spareLost: () => {},
        progressed: () => {},
        paused: () => {},
        gone: ({ code }) => void this.gone.push(code),
      },
    })
    this.paths.begin()
    await this.clock.advance(0)
    return this
  }

  stream(protocol?: string): OutgoingStream {
    return this.session.outgoing.streamOf(protocol, true)
  }

  send(bytes: number, stream = this.stream(), lasting = true): void {
    const message = {
      kind: Entry.MESSAGE as const,
      head: stream.head,
      body: new Uint8Array(bytes),
      lasting,
      onSettled: undefined,
    }
    this.paths.send(stream, { ...message, budget: { changed: () => {} }, number: 0, order: 0, repeatedOn: 0 })
  }

  /** The peer says this. */
  async says(kind: Entry, body: Uint8Array, channel = this.peer): Promise<void> {
    if (channel.open) channel.send(kind, undefined, body)
    await this.clock.advance(0)
  }

  async switches(changes = 0, channel = this.peer): Promise<void> {
    await this.says(Entry.SWITCH, encodeSwitch(changes), channel)
  }

  async sequence(number: number, { stream = 1, givenUp = 0, protocol = 'chat' } = {}, channel = this.peer): Promise<void> {
    await this.says(Entry.SEQUENCE, encodeSequence({ stream, number, givenUp, protocol }), channel)
  }

  /** Messages on a stream, by the number that is their payload. */
  async messages(from: number, to: number, stream = 1, channel = this.peer): Promise<void> {
    for (let number = from; number <= to; number++) {
      if (channel.open) channel.send(Entry.MESSAGE, undefined, Uint8Array.of(stream, number >> 8, number & 255))
    }
    await this.clock.advance(0)
  }

  /** Bytes of messages that the peer has been sent. */
  get heardBytes(): number {
    return this.heard.reduce((sum, { kind, body }) => (kind === Entry.MESSAGE ? sum + body.length - 1 : sum), 0)
  }
}

function message(body: Uint8Array, protocol: string | undefined = 'chat'): P2PMessage {
  const payload = body[0]! * 256 + body[1]!
  return { type: 'x', from: 'peer', payload, timestamp: 0, messageId: String(payload), ...(protocol && { protocol }) }
}

describe('a peer that breaks a rule of the streams is disconnected:', () => {
  const world = async () => {
    const made = await new World().connect()
    await made.switches()
    return made
  }
  const rules: [string, (world: World) => unknown][] = [
    ['a message without a SEQUENCE', (w) => w.messages(1, 1)],
    ['a message on a stream that there cannot be', (w) => w.messages(1, 1, 200)],
    ['a message without a stream', (w) => w.says(Entry.MESSAGE, new Uint8Array())],
    ['a number 0', (w) => w.says(Entry.SEQUENCE, Uint8Array.of(1, ...new Array(12).fill(0)))],
    ['a SEQUENCE that is cut', (w) => w.says(Entry.SEQUENCE, new Uint8Array(12))],
    ['a SEQUENCE of a stream that there cannot be', (w) => w.sequence(1, { stream: 128 })],
    ['a protocol on the shared stream', (w) => w.sequence(1, { stream: 0 })],
    ['a protocol that is no UTF-8', (w) => w.says(Entry.SEQUENCE, Uint8Array.of(1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xff))],
    ['a protocol with too long a name', (w) => w.sequence(1, { protocol: 'x'.repeat(129) })],
    [
      'a stream that changes its protocol',
      async (w) => {
        await w.sequence(1)
        await w.sequence(1, { protocol: 'other' })
      },
    ],
    [
      'a message of another protocol than its stream',
      async (w) => {
        w.offer = (body) => message(body, 'other')
        await w.sequence(1)
        await w.messages(1, 1)
      },
    ],
    [
      'a message without a protocol on the stream of one',
      async (w) => {
        w.offer = (body) => message(body, '')
        await w.sequence(1)
        await w.messages(1, 1)
      },
    ],
    [
      'a gap',
      async (w) => {
        await w.sequence(1)
        await w.messages(1, 3)
        await w.sequence(5)
      },
    ],
    [
      'a gap of more than were given up',
      async (w) => {
        await w.sequence(1)
        await w.messages(1, 3)
        await w.sequence(6, { givenUp: 1 })
      },
    ],
    [
      'a gap that was accounted for by another one',
      async (w) => {
        await w.sequence(1)
        await w.sequence(3, { givenUp: 2 })
        await w.sequence(4, { givenUp: 2 })
      },
    ],
    [
      'numbers beyond the last',
      async (w) => {
        await w.sequence(MAX_NUMBER)
        await w.messages(1, 2)
      },
    ],
    ['an acknowledgement of what was never sent', (w) => w.says(Entry.ACK, encodeAck([{ stream: 1, number: 1 }]))],
    ['an acknowledgement of number 0', (w) => w.says(Entry.ACK, encodeAck([{ stream: 0, number: 0 }]))],
    ['an empty acknowledgement', (w) => w.says(Entry.ACK, new Uint8Array())],
    ['an acknowledgement that is cut', (w) => w.says(Entry.ACK, new Uint8Array(8))],
    [
      'an acknowledgement of more streams than there are',
      (w) => {
        w.send(1)
        return w.says(Entry.ACK, encodeAck(new Array(129).fill({ stream: 1, number: 1 })))
      },
    ],
    [
      'a refusal of what was never sent',
      (w) => w.says(Entry.REFUSED, encodeRefused({ stream: 1, number: 1, waitMs: 1, budget: '' })),
    ],
    ['a refusal that is cut', (w) => w.says(Entry.REFUSED, new Uint8Array(10))],
    ['a budget with too long a name', (w) => w.says(Entry.REFUSED, new Uint8Array(11 + 65).fill(97))],
    ['a SWITCH to the path that it speaks on', (w) => w.switches(0)],
    ['a SWITCH that is cut', (w) => w.says(Entry.SWITCH, new Uint8Array(3))],
    [
      'a message after a SWITCH without a new SEQUENCE',
      async (w) => {
        await w.sequence(1)
        await w.switches(1)
        await w.messages(1, 1)
      },
    ],
  ]
  it.each(rules)('%s', async (_, break_) => {
    const made = await world()
    await break_(made)
    expect(made.gone).toEqual(['PROTOCOL_VIOLATION'])
    await made.clock.advance(2_000)
    expect(made.clock.pending).toBe(0)
  })

  it('a SEQUENCE before its SWITCH', async () => {
    const made = await new World().connect()
    await made.sequence(1)
    expect(made.gone).toEqual(['PROTOCOL_VIOLATION'])
  })
})

describe('a receiver', () => {
  it('takes a gap that was given up, and the first number of a stream that it does not know', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(7)
    await w.messages(7, 9)
    await w.sequence(12, { givenUp: 2 })
    await w.messages(12, 13)
    expect([w.got, w.gone]).toEqual([[7, 8, 9, 12, 13], []])
  })

  it('takes what its sender repeats once, whatever the number at which that begins', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(1)
    await w.messages(1, 5)
    await w.sequence(3)
    await w.messages(3, 7)
    expect(w.got).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('takes any protocol on the shared stream', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(1, { stream: 0, protocol: '' })
    await w.messages(1, 2, 0)
    expect(w.got).toEqual([1, 2])
  })

  it('refuses one stream, and takes the others, until the peer begins again', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(1)
    await w.sequence(1, { stream: 2 })
    w.offer = () => ({ retryAfterMs: 100, limit: 'chat' })
    await w.messages(1, 1)
    w.offer = (body) => message(body)
    await w.messages(2, 3)
    await w.messages(1, 3, 2)
    expect(w.got).toEqual([1, 2, 3])
    expect(w.heard.filter(({ kind }) => kind === Entry.REFUSED).map(({ body }) => [...body])).toEqual([
      [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 100, ...new TextEncoder().encode('chat')],
    ])
    await w.sequence(1)
    await w.messages(11, 12)
    expect(w.got).toEqual([1, 2, 3, 11, 12])
  })

  it('takes nothing of a refused stream that begins again too early, and says so once, of a message that there is', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(1)
    await w.messages(1, 3)
    w.offer = () => ({ retryAfterMs: 100, limit: 'chat' })
    await w.messages(4, 9)
    w.offer = (body) => message(body)
    const refused = () => w.heard.filter(({ kind }) => kind === Entry.REFUSED).map(({ body }) => [body[6], body[10]])
    w.pauseMs = 40
    // It passes over a number, and nothing has that which follows yet.
    await w.sequence(5, { givenUp: 1 })
    expect(refused()).toEqual([[4, 100]])
    await w.messages(5, 9)
    await w.sequence(2, { givenUp: 1 })
    await w.messages(2, 9)
    expect([w.got, refused()]).toEqual([
      [1, 2, 3],
      [
        [4, 100],
        [5, 40],
        [5, 40],
      ],
    ])
    w.pauseMs = 0
    await w.sequence(5, { givenUp: 1 })
    await w.messages(5, 6)
    expect([w.got, w.gone]).toEqual([[1, 2, 3, 5, 6], []])
  })

  it('begins anew where the peer names another numbering, and reads nothing more of the old one', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(1)
    await w.messages(1, 3)
    const old = w.peer
    const [peer, ours] = await w.channel(await party(2, { streams: new Uint8Array(8).fill(9) }))
    w.paths.add(ours)
    await w.switches(1, peer)
    await w.sequence(1, { protocol: 'other' }, peer)
    w.offer = (body) => message(body, 'other')
    await w.messages(1, 2, 1, peer)
    await w.messages(4, 5, 1, old)
    expect([w.got, w.gone]).toEqual([[1, 2, 3, 1, 2], []])
  })

  it('acknowledges before a peer that has used up its burst would wait', async () => {
    const w = await new World().connect()
    await w.switches()
    await w.sequence(1)
    await w.messages(1, 249)
    expect(w.heard.filter(({ kind }) => kind === Entry.ACK)).toHaveLength(0)
    await w.messages(250, 250)
    expect(w.heard.filter(({ kind }) => kind === Entry.ACK)).toHaveLength(1)
  })
})

describe('a sender', () => {
  it('begins each stream with a SEQUENCE of its own, which says how many numbers were given up', async () => {
    const w = await new World().connect()
    for (let i = 0; i < 4; i++) w.send(10, w.stream('chat'), i % 2 === 0)
    await w.clock.advance(0)
    w.paths.drop(new P2PError('CONNECTION_LOST', 'Broken.'))
    w.heard.length = 0
    await w.connect()
    const begun = w.heard.filter(({ kind }) => kind === Entry.SEQUENCE).map(({ body }) => decodeSequence(body))
    expect(begun).toEqual([
      { stream: 1, number: 1, givenUp: 2, protocol: 'chat' },
      { stream: 1, number: 3, givenUp: 2, protocol: 'chat' },
    ])
    expect(w.heard[0]!.kind).toBe(Entry.SWITCH)
  })

  it('has at most 128 streams: further protocols share one', () => {
    const { outgoing } = new Session(new VirtualClock(), limits)
    const ids = Array.from({ length: 300 }, (_, i) => outgoing.streamOf(`p${i}`, true).id)
    expect([Math.max(...ids), ids[127], ids[299]]).toEqual([127, 0, 0])
    expect(outgoing.streamOf('p5', true).id).toBe(6)
  })

  it('repeats messages of several streams in the order in which they were sent', async () => {
    const w = await new World().connect()
    for (let i = 0; i < 9; i++) w.send(10 + i, w.stream(['a', 'b', undefined][i % 3]))
    await w.clock.advance(0)
    w.paths.drop(new P2PError('CONNECTION_LOST', 'Broken.'))
    w.heard.length = 0
    await w.connect()
    const sizes = w.heard.filter(({ kind }) => kind === Entry.MESSAGE).map(({ body }) => body.length - 1)
    expect(sizes).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18])
  })

  it('pauses one stream and not the others, longer each time that the peer refuses without having taken anything', async () => {
    const w = await new World().connect()
    const [chat, other] = [w.stream('chat'), w.stream('other')]
    for (let i = 0; i < 3; i++) w.send(100, chat)
    const refuse = () => w.says(Entry.REFUSED, encodeRefused({ stream: chat.id, number: 1, waitMs: 100, budget: 'chat' }))
    for (const pauseMs of [100, 200, 400, 800]) {
      await refuse()
      expect([chat.isReady, other.isReady, chat.pausedUntil - w.clock.elapsed()]).toEqual([false, true, pauseMs])
      await w.clock.advance(pauseMs)
      expect(chat.isReady).toBe(true)
    }
    for (let i = 0; i < 20; i++) {
      await refuse()
      await w.clock.advance(limits.maxRefusalMs)
    }
    await refuse()
    expect(chat.pausedUntil - w.clock.elapsed()).toBe(limits.maxRefusalMs)
    await w.says(Entry.ACK, encodeAck([{ stream: chat.id, number: 1 }]))
    await w.says(Entry.REFUSED, encodeRefused({ stream: chat.id, number: 2, waitMs: 100, budget: 'chat' }))
    expect(chat.pausedUntil - w.clock.elapsed()).toBe(100)
  })

  it('does not pause for a refusal of what the peer has taken since by another path, and begins again all the same', async () => {
    const w = await new World().connect()
    for (let i = 0; i < 3; i++) w.send(100)
    await w.says(Entry.ACK, encodeAck([{ stream: 1, number: 2 }]))
    await w.says(Entry.REFUSED, encodeRefused({ stream: 1, number: 1, waitMs: 100, budget: 'chat' }))
    expect([w.stream().isReady, w.gone]).toEqual([true, []])
    const after = w.heard.slice(w.heard.map(({ kind }) => kind).lastIndexOf(Entry.SEQUENCE))
    expect(after.map(({ kind }) => kind)).toEqual([Entry.SEQUENCE, Entry.MESSAGE])
    expect(decodeSequence(after[0]!.body).number).toBe(3)
  })
})

describe('what a peer can make us repeat', () => {
  const KIB = 1_024
  /** Eight megabytes under way, less a little. */
  async function loaded(bytes = 1_000) {
    const w = await new World().connect()
    await w.switches()
    for (let sent = 0; sent + bytes < 8_000_000; sent += bytes) w.send(bytes)
    await w.clock.advance(0)
    const first = w.heardBytes
    w.heard.length = 0
    return { w, first }
  }

  it('by refusing all of it without end is a window at once, and a trickle', async () => {
    const { w, first } = await loaded()
    expect(first).toBeGreaterThan(7_900_000)
    const startedAt = w.clock.elapsed()
    for (let i = 0; i < 2_000; i++) {
      await w.says(Entry.REFUSED, encodeRefused({ stream: 1, number: 1, waitMs: 1, budget: 'all' }))
      await w.clock.advance(50)
    }
    const allowed = 256 * KIB + (16 * KIB * (w.clock.elapsed() - startedAt)) / 1_000 + 1_000
    expect(w.gone).toEqual([])
    expect(w.heardBytes).toBeGreaterThan(0)
    expect(w.heardBytes).toBeLessThanOrEqual(allowed)
    w.paths.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
  })

  it('by acknowledging one by one, and refusing the rest each time, is twice what it took, and a trickle', async () => {
    const { w } = await loaded()
    const startedAt = w.clock.elapsed()
    for (let number = 1; number <= 500; number++) {
      await w.says(Entry.ACK, encodeAck([{ stream: 1, number }]))
      await w.says(Entry.REFUSED, encodeRefused({ stream: 1, number: number + 1, waitMs: 1, budget: 'all' }))
      await w.clock.advance(2)
    }
    const allowed = 256 * KIB + (16 * KIB * (w.clock.elapsed() - startedAt)) / 1_000 + 2 * 500 * 1_000 + 1_000
    expect(w.gone).toEqual([])
    expect(w.heardBytes).toBeLessThanOrEqual(allowed)
    w.paths.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
  })

  it('by changing the path without end is a window at once, and a trickle', async () => {
    const { w } = await loaded()
    const [second, ours] = await w.channel()
    // As though one went through a relay, so that both stay.
    Object.assign(ours.connection, { transport: 'circuit' })
    w.paths.add(ours)
    await w.clock.advance(0)
    w.heard.length = 0
    const startedAt = w.clock.elapsed()
    let changes = 1
    for (let i = 0; i < 500; i++) {
      await w.switches(++changes, i % 2 === 0 ? w.peer : second)
      await w.clock.advance(10)
    }
    expect(w.gone).toEqual([])
    expect(w.heardBytes).toBeLessThanOrEqual(256 * KIB + (16 * KIB * (w.clock.elapsed() - startedAt)) / 1_000 + 1_000)
    w.paths.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
  })

  it('by coming back without end is a window at once, and a trickle', async () => {
    const { w } = await loaded()
    const startedAt = w.clock.elapsed()
    for (let i = 0; i < 40; i++) {
      w.paths.drop(new P2PError('CONNECTION_LOST', 'Broken.'))
      await w.connect()
      await w.switches(i + 1)
    }
    expect(w.heardBytes).toBeGreaterThan(0)
    expect(w.heardBytes).toBeLessThanOrEqual(256 * KIB + (16 * KIB * (w.clock.elapsed() - startedAt)) / 1_000 + 1_000)
    w.paths.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
  })

  it('is all of it, soon, where the peer acknowledges', async () => {
    const { w, first } = await loaded()
    w.paths.drop(new P2PError('CONNECTION_LOST', 'Broken.'))
    await w.connect()
    let windows = 0
    while (w.session.outgoing.waiting > 0 && windows < 50) {
      windows++
      const number = w.heard.filter(({ kind }) => kind === Entry.MESSAGE).length
      await w.says(Entry.ACK, encodeAck([{ stream: 1, number }]))
    }
    expect([w.heardBytes, w.session.outgoing.waiting]).toEqual([first, 0])
    // Slow start doubles the window.
    expect(windows).toBeLessThan(12)
    w.paths.close(new P2PError('CONNECTION_CLOSED', 'Bye.'))
  })
})
