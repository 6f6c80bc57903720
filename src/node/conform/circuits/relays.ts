import { setTimeout as pause } from 'node:timers/promises'
import type { Bench, DialOptions } from '../bench.js'
import type { Channel, Got } from '../channel.js'
import { type Check, ensure } from '../check.js'
import { Self } from '../self.js'
import { HEARTBEAT, HOP, random, STOP } from '../wire.js'
import { closeOf, closes, firstFrame } from './seen.js'

const relay = ['relay'] as const

/** A peer that can be called. */
const callable = (bench: Bench, options: DialOptions = {}): Promise<Channel> =>
  bench.dial({ ...options, description: { protocols: [HEARTBEAT, STOP] } })

async function reserved(bench: Bench): Promise<Channel> {
  const called = await callable(bench)
  const { type, payload } = await called.ask('reserve', null, HOP)
  ensure(type === 'reserved', `\`reserve\` is answered by ${type} ${payload?.code ?? ''}`)
  return called
}

async function open(caller: Channel, target: unknown, frame: Uint8Array): Promise<Got> {
  return caller.ask('open', { target, frame }, HOP)
}

/** A circuit between two of the tester's peers. */
export async function circuit(bench: Bench) {
  const [caller, called] = [await bench.dial(), await reserved(bench)]
  const opened = await open(caller, called.self.peerId, firstFrame(bench))
  ensure(opened.type === 'opened', `\`open\` is answered by ${opened.type} ${opened.payload?.code ?? ''}`)
  const incoming = await called.message(({ type }) => type === 'incoming')
  ensure(incoming !== undefined, `no \`incoming\`, ${called.state()}`)
  const [near, far]: number[] = [opened.payload.circuit, incoming.payload.circuit]
  return { caller, called, opened, incoming, near: near!, far: far! }
}

async function refusedWith(answer: Got, code: string, what: string): Promise<void> {
  ensure(answer.type === 'failed' && answer.payload?.code === code, `${what}: ${answer.payload?.code ?? answer.type}`)
}

export const relayChecks: Check[] = [
  {
    clause: 'R-1',
    profiles: relay,
    title: 'counts circuits up from 1, for each connection',
    async run(bench) {
      const { caller, called, near, far } = await circuit(bench)
      const second = await open(caller, called.self.peerId, firstFrame(bench))
      const incoming = await called.until(() => called.messages.filter(({ type }) => type === 'incoming')[1])
      const ids = [near, second.payload?.circuit, far, incoming?.payload?.circuit]
      ensure(near === 1 && far === 1, `the first circuits are ${near} and ${far}`)
      ensure(ids[1] === 2 && ids[3] === 2, `the second circuits are ${ids[1]} and ${ids[3]}`)
      return '1 and 2, at both ends'
    },
  },
  {
    clause: 'R-2',
    profiles: relay,
    title: 'answers `open` in lotus/circuit-stop, before any data',
    async run(bench) {
      const [caller, target] = [await bench.dial(), await reserved(bench)]
      // The called peer answers at once.
      target.onMessage.add(({ type, payload }) => {
        if (type === 'incoming') target.say({ type: 'data', protocol: HOP, payload: [payload.circuit, random(10)] })
      })
      const opened = await open(caller, target.self.peerId, firstFrame(bench))
      ensure(opened.type === 'opened' && opened.protocol === STOP, `answered by ${opened.type} of ${opened.protocol}`)
      const data = await caller.message(({ type }) => type === 'data')
      ensure(data !== undefined, `no data, ${caller.state()}`)
      ensure(caller.messages.indexOf(opened) < caller.messages.indexOf(data), '`data` came before `opened`')
      return '`opened`, then `data`'
    },
  },
  {
    clause: 'R-3',
    profiles: relay,
    title: 'opens circuits to lp1… ids alone',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      const target = await bench.dial({ description: { name, protocols: [HEARTBEAT, STOP] } })
      await target.ask('reserve', null, HOP)
      const caller = await bench.dial()
      const id = caller.say({ type: 'open', protocol: HOP, payload: { target: name, frame: firstFrame(bench) } })
      await caller.until(() => caller.answerTo(id) ?? (caller.isOver || undefined))
      const answer = caller.answerTo(id)
      ensure(answer?.type !== 'opened', 'a circuit to a name')
      return answer === undefined ? `a name: ${caller.state()}` : `a name: ${answer.payload?.code}`
    },
  },
  {
    clause: 'R-4',
    profiles: relay,
    title: 'says why it opens no circuit',
    async run(bench) {
      const caller = await bench.dial()
      const frame = firstFrame(bench)
      await refusedWith(await open(caller, (await Self.create()).peerId, frame), 'PEER_NOT_FOUND', 'nobody')
      await refusedWith(await open(caller, caller.self.peerId, frame), 'CIRCUIT_REFUSED', 'the dialler itself')
      const deaf = await bench.dial()
      await deaf.alive()
      await refusedWith(await open(caller, deaf.self.peerId, frame), 'CIRCUIT_REFUSED', 'a peer without lotus/circuit-stop')
      const target = await reserved(bench)
      await refusedWith(
        await open(caller, target.self.peerId, new Uint8Array(61_441)),
        'CIRCUIT_REFUSED',
        'a first frame of 61,441 bytes',
      )
      for (let i = 0; i < 4; i++) {
        const { type } = await open(caller, target.self.peerId, frame)
        ensure(type === 'opened', `circuit ${i + 1} between two: ${type}`)
      }
      await refusedWith(await open(caller, target.self.peerId, frame), 'CIRCUIT_REFUSED', 'a fifth circuit between two')
      return 'PEER_NOT_FOUND, CIRCUIT_REFUSED'
    },
  },
  {
    clause: 'R-12',
    profiles: relay,
    title: 'passes on what came before `close`, and closes the other end once',
    async run(bench) {
      const { caller, called, near, far } = await circuit(bench)
      const frame = random(100)
      caller.say({ type: 'data', protocol: HOP, payload: [near, frame] })
      caller.say({ type: 'close', protocol: HOP, payload: [near] })
      const close = await closeOf(called, far)
      ensure(close !== undefined, `no close at the other end, ${called.state()}`)
      ensure(close.payload.length === 1, `an orderly close arrives with ${close.payload[1]}`)
      const data = called.messages.find(({ type, payload }) => type === 'data' && payload?.[0] === far)
      ensure(data !== undefined && Buffer.compare(data.payload[1], frame) === 0, 'the data before `close` is lost')
      ensure(called.messages.indexOf(data) < called.messages.indexOf(close), '`close` overtook data')
      await caller.alive()
      ensure(closes(caller, near).length === 0, 'the end that has closed is sent a close')
      return 'data, then close'
    },
  },
  {
    clause: 'R-14',
    profiles: relay,
    title: 'brings callers to those that have reserved',
    async run(bench) {
      const target = await callable(bench)
      await pause(5_600)
      const caller = await bench.dial()
      await refusedWith(
        await open(caller, target.self.peerId, firstFrame(bench)),
        'NO_RESERVATION',
        'no reservation, connected for 5.6 s',
      )
      await target.ask('reserve', null, HOP)
      const { type } = await open(caller, target.self.peerId, firstFrame(bench))
      ensure(type === 'opened', `after \`reserve\`: ${type}`)
      return 'NO_RESERVATION, and opened after `reserve`'
    },
  },
]
