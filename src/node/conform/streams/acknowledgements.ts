import { type Check, ensure } from '../check.js'
import { NOBODYS } from '../encoding.js'
import { aRecord, DHT, freshKey, SERVERS, store } from '../records.js'
import { ackEntry, entry, HEARTBEAT, Kind, refusedEntry } from '../wire.js'
import { begunAt, endsAt, twoPaths } from './seen.js'

/** ACK and REFUSED, and what is sent again. */
export const acknowledgementChecks: Check[] = [
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
  endsAt('S-14', 'ends a channel that acknowledges or refuses what was never sent', {
    'ACK of number 999': (channel) => [ackEntry(channel.messages[0]!.stream, 999)],
    'ACK of a stream that is not there': () => [ackEntry(77, 1)],
    'ACK of stream 128': () => [ackEntry(128, 0)],
    'REFUSED of number 999': (channel) => [refusedEntry(channel.messages[0]!.stream, 999, 1, 'cpu')],
    'REFUSED of stream 200': () => [refusedEntry(200, 1, 1, 'cpu')],
  }),
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
      ensure(begunAt(channel, first.stream, mark)[0] === first.number, 'without a SEQUENCE of the number refused')
      return `went on after ${again.at - at} ms with number ${first.number}`
    },
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
  endsAt('S-33', 'ends a channel whose ACK has no places, a part of one, or too many', {
    'ACK without a place': () => [entry(Kind.ACK, new Uint8Array(0))],
    'ACK of 6 bytes': () => [entry(Kind.ACK, new Uint8Array(6))],
    'ACK of 129 places': () => [entry(Kind.ACK, new Uint8Array(129 * 7))],
  }),
  {
    clause: 'S-36',
    title: 'begins a stream again, and at once, at the late refusal of a message that is acknowledged',
    async run(bench) {
      const channel = await bench.dial({ pongs: false })
      const { stream, number } = await channel.answer(channel.ping())
      const mark = channel.entries.length
      channel.write(ackEntry(stream, number), refusedEntry(stream, number, 60_000, 'cpu'))
      const next = await channel.answer(channel.ping())
      const begun = begunAt(channel, next.stream, mark)
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
