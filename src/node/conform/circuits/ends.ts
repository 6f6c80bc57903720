import { type Check, ensure, NotObservable } from '../check.js'
import { HOP, random, STOP } from '../wire.js'
import { called } from './called.js'
import { circuit } from './relays.js'
import { closeOf, closes, firstFrame } from './seen.js'

/** What relays keep, and called peers too. */
export const endChecks: Check[] = [
  {
    clause: 'R-7',
    title: 'takes `incoming` of relays alone, and ends a connection that brings a malformed payload',
    profiles: ['relay', 'peer'],
    async run(bench) {
      const channel = await bench.dial()
      const listed: string[] = channel.description.protocols
      if (listed.includes(HOP)) {
        channel.say({ type: 'open', protocol: HOP, payload: { target: channel.self.peerId } })
        return channel.isEnded(['MALFORMED_DATA'], '`open` without a frame')
      }
      if (!listed.includes(STOP)) throw new NotObservable('the target lists neither lotus/circuit-hop nor lotus/circuit-stop')
      const payload = { circuit: 1, from: channel.self.peerId, frame: firstFrame(bench), window: 65_536, frameBytes: 61_440 }
      channel.say({ type: 'incoming', protocol: STOP, payload })
      const close = await closeOf(channel, 1)
      ensure(
        close?.payload[1] === 'CIRCUIT_REFUSED',
        `\`incoming\` of a peer that is no relay: ${close?.payload[1] ?? 'no close'}`,
      )
      const relayed = await bench.relayed()
      relayed.say({ type: 'incoming', protocol: STOP, payload: { circuit: 0 } })
      return `CIRCUIT_REFUSED; ${await relayed.isEnded(['MALFORMED_DATA'], 'a malformed `incoming`')}`
    },
  },
  {
    clause: 'R-11',
    profiles: ['relay', 'peer'],
    title: 'ends a circuit that goes beyond its credit',
    async run(bench) {
      const lists: string[] = (await bench.dial()).description.protocols
      if (!lists.includes(HOP)) {
        const { incoming, attempt } = await called(bench)
        await attempt.meet()
        incoming.ack(999_999)
        const close = await closeOf(incoming.channel, incoming.circuit)
        ensure(close?.payload[1] === 'PROTOCOL_VIOLATION', `a false ack: ${close?.payload[1] ?? 'no close'}`)
        return 'PROTOCOL_VIOLATION'
      }
      for (const [what, type, item] of [
        ['a frame of 61,441 bytes', 'data', new Uint8Array(61_441)],
        ['a false ack', 'ack', 5_000],
      ] as const) {
        const { caller, called, near, far } = await circuit(bench)
        caller.say({ type, protocol: HOP, payload: [near, item] })
        for (const [channel, id] of [
          [caller, near],
          [called, far],
        ] as const) {
          const close = await closeOf(channel, id)
          ensure(close?.payload[1] === 'PROTOCOL_VIOLATION', `${what}: ${close?.payload[1] ?? 'no close'} at an end`)
        }
      }
      return 'PROTOCOL_VIOLATION at both ends'
    },
  },
  {
    clause: 'R-13',
    profiles: ['relay', 'peer'],
    title: 'answers what is for no circuit with `close`, and a `close` not at all',
    async run(bench) {
      const channel = await bench.dial()
      const protocol = [HOP, STOP].find((name) => channel.description.protocols.includes(name))
      if (protocol === undefined) throw new NotObservable('the target lists neither lotus/circuit-hop nor lotus/circuit-stop')
      channel.say({ type: 'close', protocol, payload: [70_001] })
      channel.say({ type: 'data', protocol, payload: [70_002, random(5)] })
      channel.say({ type: 'ack', protocol, payload: [70_003, 5] })
      for (const id of [70_002, 70_003]) {
        const close = await closeOf(channel, id)
        ensure(close?.payload[1] === 'CONNECTION_LOST', `circuit ${id}: ${close?.payload[1] ?? 'no close'}`)
      }
      ensure(closes(channel, 70_001).length === 0, 'a close is answered')
      await channel.alive()
      return 'CONNECTION_LOST for data and ack, nothing for close'
    },
  },
]
