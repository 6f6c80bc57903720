import { setTimeout as pause } from 'node:timers/promises'
import type { Channel } from '../channel.js'
import { type Check, ensure, NotObservable } from '../check.js'
import { NOBODYS } from '../encoding.js'
import { ackEntry, HEARTBEAT, Kind, readUint } from '../wire.js'

const refusals = (channel: Channel) => channel.entries.filter(({ kind }) => kind === Kind.REFUSED)

/** Messages at once that the target has told that it takes of a protocol. */
function burstOf(channel: Channel, protocol: string): number {
  const { budgets } = channel.description
  const told = [budgets?.[protocol]?.[4]?.ping?.[1] ?? budgets?.[protocol]?.[1], budgets?.['*']?.[1]]
  const bursts = told.filter((burst): burst is number => typeof burst === 'number')
  if (bursts.length === 0) throw new NotObservable('the target tells no budget')
  return Math.floor(Math.min(...bursts))
}

export const budgetChecks: Check[] = [
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
]
