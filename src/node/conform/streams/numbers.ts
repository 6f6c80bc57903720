import { type Check, ensure } from '../check.js'
import { NOBODYS } from '../encoding.js'
import { Self } from '../self.js'
import { HEARTBEAT, hex, messageBytes, sequenceEntry, switchEntry } from '../wire.js'
import { endsAt, itself, messageIn, onlyLast, twoPaths, VIOLATION } from './seen.js'

const LAST_NUMBER = 2 ** 48 - 1

/** Streams and the numbers of their messages. */
export const numberChecks: Check[] = [
  {
    clause: 'S-1',
    title: 'goes on with the numbers on every channel between two processes, and begins anew towards another',
    async run(bench) {
      const { first, second, self } = await twoPaths(bench)
      const same = Buffer.compare(first.description.streams, second.description.streams) === 0
      ensure(same, 'another `streams` on a second channel of one process')
      second.switchHere(1)
      await second.alive()
      second.begin(second.streamOf(HEARTBEAT), 1)
      await onlyLast(second, [second.ping(), second.ping(), second.ping()], 'numbers 1 and 2 again, on another channel')
      const reborn = await bench.dial({ self: self.reborn() })
      const streams = reborn.description.streams
      ensure(Buffer.compare(first.description.streams, streams) !== 0, 'the same `streams` towards another process')
      await reborn.alive()
      return 'old numbers dropped on the second channel; a new numbering for a new process'
    },
  },
  {
    clause: 'S-2',
    title: 'takes all streams as new where `streams` is another',
    async run(bench) {
      const self = await Self.create()
      const first = await bench.dial({ self, pongs: false })
      await first.alive()
      await first.alive()
      const before = first.description.streams
      ensure(before instanceof Uint8Array && before.length === 8, '`streams` has not 8 bytes')
      self.renumber()
      const second = await bench.dial({ self, speak: false })
      second.switchHere(1)
      await second.alive()
      return 'number 1 was taken anew'
    },
  },
  {
    clause: 'S-3',
    title: 'acknowledges the numbering that was told on the channel',
    async run(bench) {
      const self = await Self.create()
      const first = await bench.dial({ self })
      for (let i = 0; i < 5; i++) await first.alive()
      self.renumber()
      const second = await bench.dial({ self, speak: false, pongs: false })
      second.switchHere(1)
      const stream = second.streamOf(HEARTBEAT)
      const id = second.ping()
      ensure(await second.until(() => second.acknowledged(stream) > 0 || undefined), `no ACK, ${second.state()}`)
      await second.until(() => second.answerTo(id))
      ensure(second.acknowledged(stream) === 1, `acknowledged ${second.acknowledged(stream)} of 1`)
      return 'ACK 1 after the new numbering began'
    },
  },
  endsAt(
    'S-4',
    'keeps a stream to its protocol, and streams below 128',
    {
      'a SEQUENCE of stream 128': () => [sequenceEntry(128, 1, 0, NOBODYS)],
      'a MESSAGE of stream 200': () => [messageIn(200)],
      'another protocol for a stream': (_, stream) => [sequenceEntry(stream, 2, 0, 'lotus/peer')],
    },
    itself('S-4'),
  ),
  {
    clause: 'S-5',
    title: 'has protocols that are not listed in stream 0, and messages without one in a stream of their own',
    async run(bench) {
      const channel = await bench.dial({ description: { protocols: [HEARTBEAT] } })
      await channel.alive()
      const failed = await channel.ask('look', null, NOBODYS)
      ensure(failed.stream === 0, `\`failed\`, of lotus/core, which is not listed, came in stream ${failed.stream}`)
      const foreign = channel.messages.find(
        ({ stream, protocol }) => stream > 0 && protocol !== HEARTBEAT && protocol !== undefined,
      )
      ensure(foreign === undefined, `"${foreign?.protocol}", which is not listed, came in stream ${foreign?.stream}`)
      const own = channel.broke.get('S-5')
      ensure(own === undefined, String(own))
      channel.say({ type: 'note', payload: 1 })
      const stream = channel.streamOf(undefined)
      ensure(
        await channel.until(() => channel.acknowledged(stream) === 1 || undefined),
        `no ACK of a message without protocol, ${channel.state()}`,
      )
      return '`failed` came in stream 0'
    },
  },
  endsAt(
    'S-6',
    'ends a channel at a message whose protocol is not that of its stream',
    {
      'another protocol': (_, stream) => [messageIn(stream, messageBytes({ type: 'update', protocol: 'lotus/peer' }))],
      'no protocol': (_, stream) => [messageIn(stream, messageBytes({ type: 'note' }))],
    },
    itself('S-6'),
  ),
  {
    clause: 'S-7',
    title: 'numbers its messages from 1, one after the other',
    async run(bench) {
      const channel = await bench.dial()
      for (let i = 0; i < 3; i++) await channel.alive()
      for (const [stream, number] of channel.firstNumbers) ensure(number === 1, `stream ${stream} begins with ${number}`)
      ensure(channel.firstNumbers.size > 0, 'no SEQUENCE has come')
      const numbers = channel.messages.filter(({ stream }) => stream === channel.messages[0]!.stream).map(({ number }) => number)
      ensure(
        numbers.every((number, i) => number === i + 1),
        `numbers ${numbers.join(', ')}`,
      )
      return `numbers ${numbers.join(', ')}`
    },
  },
  endsAt(
    'S-8',
    'ends a channel at a message without SEQUENCE since the last SWITCH',
    { 'a MESSAGE behind a new SWITCH': (_, stream) => [switchEntry(1), messageIn(stream)] },
    async (bench) => {
      const channel = await bench.dial()
      channel.write(messageIn(0))
      await channel.isRefused(VIOLATION, 'a MESSAGE behind the first SWITCH')
      await itself('S-8')(bench)
    },
  ),
  {
    clause: 'S-9',
    title: 'drops messages whose number it has had',
    async run(bench) {
      const channel = await bench.dial({ pongs: false })
      for (let i = 0; i < 3; i++) await channel.alive()
      channel.begin(channel.streamOf(HEARTBEAT), 1)
      await onlyLast(
        channel,
        Array.from({ length: 4 }, () => channel.ping()),
        'numbers 1 to 3 again',
      )
      return 'of the numbers 1 to 4 only 4 was answered'
    },
  },
  endsAt(
    'S-10',
    'takes a gap only where its sender has given the numbers up',
    {
      'a gap': (_, stream) => [sequenceEntry(stream, 9, 0, HEARTBEAT)],
      'a gap that is larger than givenUp': (_, stream) => [sequenceEntry(stream, 9, 6, HEARTBEAT)],
    },
    async (bench) => {
      const channel = await bench.dial()
      await channel.alive()
      const stream = channel.streamOf(HEARTBEAT)
      const known = channel.self.outgoing.get(stream)!
      known.givenUp = 5
      channel.begin(stream, known.next + 5)
      await channel.alive()
    },
  ),
  {
    clause: 'S-11',
    title: 'takes no number above 2^48 − 1',
    async run(bench) {
      const channel = await bench.dial()
      channel.begin(channel.streamOf(HEARTBEAT), LAST_NUMBER)
      await channel.alive()
      return `2^48 − 1 passes; the next: ${await channel.isRefused(VIOLATION, 'number 2^48')}`
    },
  },
  endsAt('S-12', 'ends a channel at a SEQUENCE that cannot be', {
    'number 0': () => [sequenceEntry(9, 0, 0, 'conform/a')],
    'a protocol that is no UTF-8': () => [sequenceEntry(9, 1, 0, hex('ff'))],
    'a protocol of 129 characters': () => [sequenceEntry(9, 1, 0, 'x'.repeat(129))],
    'a protocol for stream 0': () => [sequenceEntry(0, 1, 0, 'conform/a')],
  }),
]
