import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from './bench.js'
import type { Channel } from './channel.js'
import { type Check, ensure, NotObservable } from './check.js'
import { NOBODYS } from './encoding.js'
import { aRecord, DHT, freshKey, SERVERS, store } from './records.js'
import { Self } from './self.js'
import { ackEntry, entry, hex, Kind, messageBytes, readUint, refusedEntry, sequenceEntry, switchEntry } from './wire.js'

const HEARTBEAT = 'lotus/heartbeat'
const VIOLATION = ['PROTOCOL_VIOLATION']
const LAST_NUMBER = 2 ** 48 - 1

const pingBytes = (): Uint8Array => messageBytes({ type: 'ping', protocol: HEARTBEAT })
const messageIn = (stream: number, bytes = pingBytes()): Uint8Array => entry(Kind.MESSAGE, Uint8Array.of(stream), bytes)

async function eachEnds(
  bench: Bench,
  cases: Record<string, (channel: Channel, stream: number) => Uint8Array[]>,
): Promise<string> {
  await Promise.all(
    Object.entries(cases).map(async ([what, plaintexts]) => {
      const channel = await bench.dial({ pongs: false })
      await channel.alive()
      await channel.refuses(VIOLATION, what, ...plaintexts(channel, channel.streamOf(HEARTBEAT)))
    }),
  )
  return `PROTOCOL_VIOLATION for ${Object.keys(cases).join('; ')}`
}

/** Two paths of one process: the first is in use, and nothing has been said on the second. */
async function twoPaths(bench: Bench): Promise<{ first: Channel; second: Channel; self: Self }> {
  const self = await Self.create()
  // An answer to its ping would take a number of the stream.
  const first = await bench.dial({ self, pongs: false })
  await first.alive()
  return { first, second: await bench.dial({ self, speak: false, pongs: false }), self }
}

/** The SWITCH entries that have come on a channel. */
const switches = (channel: Channel): number[] =>
  channel.entries.filter(({ kind }) => kind === Kind.SWITCH).map(({ body }) => readUint(body))

/** Sees that pings of given numbers were dropped, and the last one was not. */
async function onlyLast(channel: Channel, ids: string[], what: string): Promise<void> {
  await channel.answer(ids.at(-1)!)
  const others = ids.slice(0, -1).filter((id) => channel.answerTo(id) !== undefined)
  ensure(others.length === 0, `${what}: ${others.length} of ${ids.length - 1} delivered`)
}

const refusals = (channel: Channel) => channel.entries.filter(({ kind }) => kind === Kind.REFUSED)

/** Messages at once that the target has told that it takes of a protocol. */
function burstOf(channel: Channel, protocol: string): number {
  const { budgets } = channel.description
  const told = [budgets?.[protocol]?.[4]?.ping?.[1] ?? budgets?.[protocol]?.[1], budgets?.['*']?.[1]]
  const bursts = told.filter((burst): burst is number => typeof burst === 'number')
  if (bursts.length === 0) throw new NotObservable('the target tells no budget')
  return Math.floor(Math.min(...bursts))
}

export const streamChecks: Check[] = [
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
  {
    clause: 'S-4',
    title: 'keeps a stream to its protocol, and streams below 128',
    async run(bench) {
      const seen = await eachEnds(bench, {
        'a SEQUENCE of stream 128': () => [sequenceEntry(128, 1, 0, NOBODYS)],
        'a MESSAGE of stream 200': () => [messageIn(200)],
        'another protocol for a stream': (_, stream) => [sequenceEntry(stream, 2, 0, 'lotus/peer')],
      })
      const channel = await bench.dial()
      await channel.alive()
      const own = channel.broke.get('S-4')
      ensure(own === undefined, `itself: ${own}`)
      return seen
    },
  },
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
  {
    clause: 'S-6',
    title: 'ends a channel at a message whose protocol is not that of its stream',
    async run(bench) {
      const seen = await eachEnds(bench, {
        'another protocol': (_, stream) => [messageIn(stream, messageBytes({ type: 'update', protocol: 'lotus/peer' }))],
        'no protocol': (_, stream) => [messageIn(stream, messageBytes({ type: 'note' }))],
      })
      const channel = await bench.dial()
      await channel.alive()
      const own = channel.broke.get('S-6')
      ensure(own === undefined, `itself: ${own}`)
      return seen
    },
  },
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
  {
    clause: 'S-8',
    title: 'ends a channel at a message without SEQUENCE since the last SWITCH',
    async run(bench) {
      const seen = await eachEnds(bench, { 'a MESSAGE behind a new SWITCH': (_, stream) => [switchEntry(1), messageIn(stream)] })
      const channel = await bench.dial()
      channel.write(messageIn(0))
      await channel.isRefused(VIOLATION, 'a MESSAGE behind the first SWITCH')
      const other = await bench.dial()
      await other.alive()
      const own = other.broke.get('S-8')
      ensure(own === undefined, `itself: ${own}`)
      return seen
    },
  },
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
  {
    clause: 'S-10',
    title: 'takes a gap only where its sender has given the numbers up',
    async run(bench) {
      const seen = await eachEnds(bench, {
        'a gap': (_, stream) => [sequenceEntry(stream, 9, 0, HEARTBEAT)],
        'a gap that is larger than givenUp': (_, stream) => [sequenceEntry(stream, 9, 6, HEARTBEAT)],
      })
      const channel = await bench.dial()
      await channel.alive()
      const stream = channel.streamOf(HEARTBEAT)
      const known = channel.self.outgoing.get(stream)!
      known.givenUp = 5
      channel.begin(stream, known.next + 5)
      await channel.alive()
      return seen
    },
  },
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
  {
    clause: 'S-12',
    title: 'ends a channel at a SEQUENCE that cannot be',
    run: (bench) =>
      eachEnds(bench, {
        'number 0': () => [sequenceEntry(9, 0, 0, 'conform/a')],
        'a protocol that is no UTF-8': () => [sequenceEntry(9, 1, 0, hex('ff'))],
        'a protocol of 129 characters': () => [sequenceEntry(9, 1, 0, 'x'.repeat(129))],
        'a protocol for stream 0': () => [sequenceEntry(0, 1, 0, 'conform/a')],
      }),
  },
  {
    clause: 'S-13',
    title: 'acknowledges within 250 ms, and at once after SWITCH',
    async run(bench) {
      const channel = await bench.dial()
      const begun = Date.now()
      await channel.alive()
      const roundTrip = Date.now() - begun
      // What a busy computer adds is not the target's fault: the fastest of some counts, with a tolerance.
      const late = 250 + roundTrip + bench.options.waitMs / 10
      let fastest = Number.POSITIVE_INFINITY
      for (let number = 1; number <= 4 && fastest > late; number++) {
        const sent = Date.now()
        channel.say({ type: 'note', protocol: NOBODYS, payload: null, inReplyTo: 'nobody-asked' })
        const due = () => channel.acknowledged(0) >= number || undefined
        ensure(await channel.until(due, 2_000 + bench.options.waitMs), `no ACK, ${channel.state()}`)
        fastest = Math.min(fastest, Date.now() - sent)
      }
      ensure(fastest <= late, `ACK after ${fastest} ms at best`)
      const { second, self } = await twoPaths(bench)
      second.switchHere(1)
      const stream = second.streamOf(HEARTBEAT)
      ensure(await second.until(() => second.acknowledged(stream) > 0 || undefined), 'no ACK after SWITCH')
      ensure(second.acknowledged(stream) === self.outgoing.get(stream)!.next - 1, 'another number than what was sent')
      return `ACK after ${fastest} ms, round trip ${roundTrip} ms`
    },
  },
  {
    clause: 'S-14',
    title: 'ends a channel that acknowledges or refuses what was never sent',
    run: (bench) =>
      eachEnds(bench, {
        'ACK of number 999': (channel) => [ackEntry(channel.messages[0]!.stream, 999)],
        'ACK of a stream that is not there': () => [ackEntry(77, 1)],
        'ACK of stream 128': () => [ackEntry(128, 0)],
        'REFUSED of number 999': (channel) => [refusedEntry(channel.messages[0]!.stream, 999, 1, 'cpu')],
        'REFUSED of stream 200': () => [refusedEntry(200, 1, 1, 'cpu')],
      }),
  },
  {
    clause: 'S-33',
    title: 'ends a channel whose ACK has no places, a part of one, or too many',
    run: (bench) =>
      eachEnds(bench, {
        'ACK without a place': () => [entry(Kind.ACK, new Uint8Array(0))],
        'ACK of 6 bytes': () => [entry(Kind.ACK, new Uint8Array(6))],
        'ACK of 129 places': () => [entry(Kind.ACK, new Uint8Array(129 * 7))],
      }),
  },
  {
    clause: 'S-16',
    profiles: SERVERS,
    title: 'bounds what it repeats without progress',
    async run(bench) {
      const channel = await bench.dial({ acks: false, pongs: false, description: { protocols: [HEARTBEAT, DHT] } })
      const prefix = freshKey()
      for (let i = 0; i < 8; i++) {
        const record = await aRecord(channel.self, bench.options.network, {
          key: `${prefix}-${i}`,
          value: new Uint8Array(15_000),
        })
        const { payload } = await store(channel, record)
        ensure(payload.stored === true, `not stored: ${payload.code}`)
      }
      const answer = await channel.ask('find-record', { key: `${prefix}*` }, DHT)
      channel.write(ackEntry(answer.stream, answer.number - 1))
      const carried = () => channel.entries.reduce((sum, { body }) => sum + body.length, 0)
      const before = carried()
      const until = Date.now() + 3_000
      let seen = 0
      let times = 0
      while (Date.now() < until && !channel.isOver) {
        if (channel.messages.filter(({ id }) => id === answer.id).length > seen) {
          seen++
          times++
          channel.write(refusedEntry(answer.stream, answer.number, 1, 'cpu'))
        }
        await channel.until(
          () => channel.messages.filter(({ id }) => id === answer.id).length > seen || channel.isOver || undefined,
          100,
        )
      }
      ensure(!channel.isOver, `refused ${times} times, ${channel.state()}`)
      const repeated = carried() - before
      ensure(repeated < 2_000_000, `${repeated} bytes repeated in 3 s`)
      return `refused ${times} times: ${repeated} bytes repeated in 3 s`
    },
  },
  {
    clause: 'S-17',
    title: 'keeps to the budgets that it was told',
    async run(bench) {
      const budgets = { '*': [1, 3, null, null] }
      const channel = await bench.dial({ pongs: false, description: { budgets } })
      for (let i = 0; i < 12; i++) channel.ping()
      const first = await channel.message(({ type }) => type === 'pong')
      ensure(first !== undefined, `no pong, ${channel.state()}`)
      await pause(900)
      const came = channel.messages.filter(({ at }) => at <= first.at + 900).length
      ensure(came <= 5, `${came} messages within 0.9 s, where 3 at once and 1 a second were told`)
      return `${came} messages within 0.9 s, where 3 at once and 1 a second were told`
    },
  },
  {
    clause: 'S-18',
    title: 'enforces no less than it tells',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const burst = burstOf(channel, HEARTBEAT)
      const count = Math.min(2 * burst - 2, 1_000)
      const ids = Array.from({ length: count }, () => channel.ping())
      await channel.until(
        () => channel.answerTo(ids.at(-1)!) ?? (channel.isOver || refusals(channel).length > 0 ? true : undefined),
      )
      ensure(refusals(channel).length === 0, `REFUSED within twice its burst of ${burst}`)
      ensure(!channel.isOver, channel.state())
      return `${count} pings at once, where a burst of ${burst} was told`
    },
  },
  {
    clause: 'S-19',
    title: 'has no more than a burst unacknowledged',
    async run(bench) {
      const rate = [1_000, 3, null, null]
      const channel = await bench.dial({ acks: false, pongs: false, description: { budgets: { '*': rate, [HEARTBEAT]: rate } } })
      for (let i = 0; i < 10; i++) channel.ping()
      const first = await channel.message(({ type }) => type === 'pong')
      ensure(first !== undefined, `no pong, ${channel.state()}`)
      await pause(400)
      const ofStream = channel.messages.filter(({ stream }) => stream === first.stream)
      ensure(ofStream.length <= 3, `${ofStream.length} messages unacknowledged, where a burst of 3 was told`)
      const highest = Math.max(...ofStream.map(({ number }) => number))
      channel.write(ackEntry(first.stream, highest))
      const more = await channel.message(({ stream, number }) => stream === first.stream && number > highest)
      ensure(more !== undefined, `nothing after ACK, ${channel.state()}`)
      return `${ofStream.length} messages, and more after ACK`
    },
  },
  {
    clause: 'S-21',
    title: 'answers what is above a budget with REFUSED of one stream',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const burst = burstOf(channel, HEARTBEAT)
      const stream = channel.streamOf(HEARTBEAT)
      const most = Math.min(12 * burst + 200, 8_000)
      for (let sent = 0; sent < most && refusals(channel).length === 0 && !channel.isOver; sent += 50) {
        for (let i = 0; i < 50; i++) channel.ping()
        await channel.until(() => refusals(channel)[0], 1)
      }
      const refused = await channel.until(() => refusals(channel)[0] ?? (channel.isOver ? null : undefined), 1_000)
      ensure(refused !== null, `above the budget: ${channel.state()}`)
      if (refused === undefined) throw new NotObservable(`the target took ${most} pings at once`)
      const { body } = refused
      const [number, ms, budget] = [readUint(body.subarray(1, 7)), readUint(body.subarray(7, 11)), body.subarray(11)]
      ensure(body[0] === stream, `REFUSED of stream ${body[0]}, not ${stream}`)
      ensure(budget.length <= 64, `the name of a budget of ${budget.length} bytes`)
      await channel.ask('look', null, NOBODYS)
      ensure(ms <= 60_000, `a pause of ${ms} ms`)
      if (ms > bench.options.waitMs) return `REFUSED, ${ms} ms; another stream went on`
      await pause(ms + 20)
      channel.begin(stream, number)
      await channel.alive()
      return `REFUSED, ${ms} ms, "${new TextDecoder().decode(budget)}"; another stream went on`
    },
  },
  {
    clause: 'S-22',
    title: 'pauses one stream at REFUSED, and begins again with the number refused',
    async run(bench) {
      const channel = await bench.dial({ acks: false, pongs: false })
      const first = await channel.answer(channel.ping())
      const ms = 600
      const at = Date.now()
      channel.write(refusedEntry(first.stream, first.number, ms, 'cpu'))
      // What was on its way comes all the same: a round trip in another stream ends that.
      await channel.ask('look', null, NOBODYS)
      const seen = channel.messages.length
      const mark = channel.entries.length
      channel.ping()
      const again = await channel.until(
        () => channel.messages.slice(seen).find(({ stream }) => stream === first.stream),
        ms + bench.options.waitMs,
      )
      ensure(again !== undefined, `nothing after the pause, ${channel.state()}`)
      ensure(again.at - at >= ms * 0.9, `goes on after ${again.at - at} ms, not ${ms}`)
      ensure(again.id === first.id, 'goes on with another message than the one refused')
      const begun = channel.entries.slice(mark).find(({ kind, body }) => kind === Kind.SEQUENCE && body[0] === first.stream)
      ensure(
        begun !== undefined && readUint(begun.body.subarray(1, 7)) === first.number,
        'without a SEQUENCE of the number refused',
      )
      return `went on after ${again.at - at} ms with number ${first.number}`
    },
  },
  {
    clause: 'S-23',
    title: 'says SWITCH before anything else on each path on which it speaks',
    async run(bench) {
      const channel = await bench.dial()
      await channel.alive()
      const wrong = channel.broke.get('S-23')
      ensure(wrong === undefined, String(wrong))
      ensure(switches(channel)[0] === 0, `SWITCH ${switches(channel)[0]} on the first path`)
      return 'SWITCH 0, then the rest'
    },
  },
  {
    clause: 'S-24',
    title: 'sends nothing but ACK and CLOSE on a path that it has left',
    async run(bench) {
      const { first, second } = await twoPaths(bench)
      second.switchHere(1)
      await second.alive()
      const left = first.entries.length
      for (let i = 0; i < 5; i++) await second.alive()
      await pause(300)
      const late = first.entries
        .slice(left)
        .find(({ kind }) => ![Kind.ACK, Kind.CLOSE].includes(kind as never) && kind < Kind.PADDING)
      ensure(late === undefined, `an entry ${late?.kind.toString(16)} on the path that it has left`)
      return `${first.entries.length - left} entries on the old path, ACK and CLOSE alone`
    },
  },
  {
    clause: 'S-25',
    title: 'follows a SWITCH of a higher count',
    async run(bench) {
      const { first, second } = await twoPaths(bench)
      second.switchHere(1)
      first.switchHere(7)
      ensure(
        await first.until(() => switches(first).includes(7) || undefined),
        `SWITCH ${switches(first).join(', ')} on the path that was chosen with 7`,
      )
      await first.alive()
      return 'SWITCH 7 on the path that was chosen with 7'
    },
  },
  {
    clause: 'S-26',
    title: 'replaces the session of another process, and takes a second channel of the same',
    async run(bench) {
      const { first, second, self } = await twoPaths(bench)
      ensure(!first.isOver, `the first channel is over: ${first.state()}`)
      second.switchHere(1)
      await second.alive()
      const other = await bench.dial({ self: self.reborn() })
      await other.alive()
      await second.until(() => second.isOver || undefined)
      ensure(second.close?.code === 'REPLACED', `another process came, and the old one got ${second.close?.code ?? 'no CLOSE'}`)
      return 'a second channel was taken; another process: REPLACED'
    },
  },
  {
    clause: 'S-29',
    title: 'closes the path that was left, where its dialler does not',
    async run(bench) {
      const { first, second } = await twoPaths(bench)
      second.switchHere(1)
      await second.alive()
      const at = Date.now()
      ensure(await first.until(() => first.isOver || undefined, 2_000 + bench.options.waitMs), 'the old path stays')
      ensure(first.close?.code === 'DUPLICATE_CONNECTION', `the old path ends with ${first.close?.code ?? 'no CLOSE'}`)
      await second.alive()
      return `DUPLICATE_CONNECTION after ${Date.now() - at} ms`
    },
  },
  {
    clause: 'S-30',
    title: 'takes no SWITCH on a path whose count is not above the one before',
    run: (bench) =>
      eachEnds(bench, {
        'SWITCH 0 twice': (_, stream) => [switchEntry(0), sequenceEntry(stream, 2, 0, HEARTBEAT)],
        'SWITCH 5, then 4': (_, stream) => [switchEntry(5), switchEntry(4), sequenceEntry(stream, 2, 0, HEARTBEAT)],
      }),
  },
  {
    clause: 'S-31',
    title: 'goes on after a pause with the oldest message that is not acknowledged, and in order from there',
    async run(bench) {
      const channel = await bench.dial({ acks: false, pongs: false })
      const ids = [channel.ping(), channel.ping(), channel.ping()]
      for (const id of ids) await channel.answer(id)
      const [first, , last] = ids.map((id) => channel.answerTo(id)!)
      channel.write(ackEntry(first!.stream, first!.number), refusedEntry(first!.stream, first!.number + 1, 200, 'cpu'))
      const seen = channel.messages.length
      const wanted = [first!.number + 1, last!.number]
      const again = () => channel.messages.slice(seen).filter(({ stream }) => stream === first!.stream)
      await channel.until(() => again().length >= 2 || undefined, 200 + bench.options.waitMs)
      const numbers = again().map(({ number }) => number)
      ensure(
        numbers.slice(0, 2).join() === wanted.join(),
        `numbers ${numbers.join(', ') || 'none'} after the pause, not ${wanted.join(', ')}`,
      )
      const same = again()[0]!.inReplyTo === ids[1] && again()[1]!.inReplyTo === ids[2]
      ensure(same, 'other messages under the same numbers')
      return `numbers ${wanted.join(', ')} again`
    },
  },
  {
    clause: 'S-36',
    title: 'begins a stream again, and at once, at the late refusal of a message that is acknowledged',
    async run(bench) {
      const channel = await bench.dial({ pongs: false })
      const { stream, number } = await channel.answer(channel.ping())
      const mark = channel.entries.length
      channel.write(ackEntry(stream, number), refusedEntry(stream, number, 60_000, 'cpu'))
      const next = await channel.answer(channel.ping())
      const begun = channel.entries
        .slice(mark)
        .filter(({ kind, body }) => kind === Kind.SEQUENCE && body[0] === next.stream)
        .map(({ body }) => readUint(body.subarray(1, 7)))
      ensure(begun.includes(number + 1), `no SEQUENCE of ${number + 1} after the refusal of ${number}`)
      return `SEQUENCE ${number + 1} at once`
    },
  },
  {
    clause: 'S-38',
    title: 'takes thousands of ACKs at once, and ends a channel that sends them without end',
    async run(bench) {
      const channel = await bench.dial()
      const { stream, number } = await channel.answer(channel.ping())
      const acks = Array.from({ length: 1_000 }, () => ackEntry(stream, number))
      for (let i = 0; i < 3; i++) channel.write(...acks)
      await channel.alive()
      for (let i = 0; i < 50 && !channel.isOver; i++) channel.write(...acks)
      return `3,000 pass; of 50,000: ${await channel.isEnded(['RATE_LIMITED'], '50,000 ACKs')}`
    },
  },
]
