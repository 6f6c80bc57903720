import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from '../bench.js'
import { type Check, ensure, NotObservable } from '../check.js'
import { Self } from '../self.js'
import { entry, Kind, random } from '../wire.js'
import { Incoming } from './incoming.js'
import { closeOf, closes, firstFrame } from './seen.js'

const peer = ['peer'] as const

/** A circuit from the tester as a relay to the target, and a handshake in it up to message 2. */
export async function called(bench: Bench, more: object = {}) {
  const attempt = await bench.within()
  const incoming = Incoming.begin(await bench.relayed(), attempt.firstFrame(), more)
  attempt.use(incoming.pipe)
  const { channel } = incoming
  await channel.until(() => incoming.frames[0] ?? (incoming.pipe.ended || undefined), 2_000)
  const [refusal] = closes(channel, incoming.circuit)
  if (incoming.frames.length === 0 && refusal?.payload[1] === 'CIRCUIT_REFUSED') {
    throw new NotObservable('the target takes circuits of relays alone that it has dialled')
  }
  return { attempt, incoming }
}

export const calledChecks: Check[] = [
  {
    clause: 'R-5',
    profiles: peer,
    title: 'refuses circuits of too large a window, and more than 64 of one relay',
    async run(bench) {
      const relayed = await bench.relayed()
      const begin = (more?: object) => Incoming.begin(relayed, firstFrame(bench), more).circuit
      const close = await closeOf(relayed, begin({ window: 8_388_609 }))
      ensure(close?.payload[1] === 'CIRCUIT_REFUSED', `a window of 8,388,609: ${close?.payload[1] ?? 'no close'}`)
      const first = begin()
      const alone = await relayed.until(() => closes(relayed, first)[0], 500)
      if (alone?.payload[1] === 'CIRCUIT_REFUSED') return 'CIRCUIT_REFUSED, of any circuit of a relay that it has not dialled'
      let id = first
      for (let i = 2; i <= 65; i++) id = begin()
      const last = await closeOf(relayed, id)
      ensure(last?.payload[1] === 'CIRCUIT_REFUSED', `the 65th circuit: ${last?.payload[1] ?? 'no close'}`)
      return 'CIRCUIT_REFUSED'
    },
  },
  {
    clause: 'R-6',
    profiles: peer,
    title: 'trusts the handshake, not `from`',
    async run(bench) {
      const { attempt } = await called(bench, { from: (await Self.create()).peerId })
      await attempt.meet()
      const inner = await bench.confirmed(attempt)
      await bench.ready(inner)
      inner.switchHere(0)
      await inner.alive()
      return 'a circuit with the `from` of another is taken by its handshake'
    },
  },
  {
    clause: 'R-8',
    profiles: peer,
    title: 'keeps frames within the window',
    async run(bench) {
      const window = 4_096
      const { attempt, incoming } = await called(bench, { window })
      incoming.acks = false
      await attempt.meet()
      ensure(incoming.unacknowledgedBytes <= window, `${incoming.unacknowledgedBytes} bytes, where the window is ${window}`)
      incoming.acknowledge()
      const inner = await bench.confirmed(attempt)
      await pause(300)
      ensure(incoming.unacknowledgedBytes <= window, `${incoming.unacknowledgedBytes} bytes, where the window is ${window}`)
      incoming.acknowledge()
      incoming.acks = true
      await bench.ready(inner)
      inner.switchHere(0)
      incoming.acks = false
      // Each answer costs a frame or a part of one: more than fit.
      for (let i = 0; i < 60; i++) inner.ping()
      const isOver = () => incoming.unacknowledgedBytes > window || undefined
      await incoming.channel.until(isOver, 1_000)
      ensure(incoming.unacknowledgedBytes <= window, `${incoming.unacknowledgedBytes} bytes, where the window is ${window}`)
      return `at most ${window} bytes unacknowledged`
    },
  },
  {
    clause: 'R-9',
    profiles: peer,
    title: 'sends no frame above frameBytes',
    async run(bench) {
      const { incoming } = await called(bench, { frameBytes: 256 })
      await incoming.channel.until(() => incoming.frames[0] ?? (incoming.pipe.ended || undefined), 500)
      const long = incoming.frames.find((frame) => frame.length > 256)
      ensure(long === undefined, `a frame of ${long?.length} bytes, where frameBytes is 256`)
      return 'no frame above 256 bytes'
    },
  },
  {
    clause: 'R-10',
    profiles: peer,
    title: 'acknowledges what it has consumed',
    async run(bench) {
      const window = 16_384
      const { attempt, incoming } = await called(bench, { window })
      await attempt.meet()
      const inner = await bench.confirmed(attempt)
      await bench.ready(inner)
      inner.switchHere(0)
      for (let i = 0; i < 5; i++) inner.write(entry(Kind.PADDING, random(1_000)))
      const { channel } = incoming
      const ack = await channel.message(({ type, payload }) => type === 'ack' && payload?.[0] === incoming.circuit)
      ensure(ack !== undefined, `no ack of a quarter of the window, ${channel.state()}`)
      return `ack of ${ack.payload[1]} bytes`
    },
  },
]
