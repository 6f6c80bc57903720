import { setTimeout as pause } from 'node:timers/promises'
import type { Bench } from './bench.js'
import type { Channel } from './channel.js'
import { type Check, ensure } from './check.js'
import { type Anything, closeEntry, HEARTBEAT, random } from './wire.js'

const INTRODUCE = 'lotus/introduce'
const INTRODUCE_WATCH = 'lotus/introduce-watch'
const relay = ['relay'] as const

const fresh = (): string => `conform/${Buffer.from(random(6)).toString('hex')}`

async function find(channel: Channel, query: object): Promise<Anything[]> {
  const { type, payload } = await channel.ask('find', query, INTRODUCE)
  ensure(type === 'found' && Array.isArray(payload?.peers), `\`find\` is answered by ${type} ${payload?.code ?? ''}`)
  return payload.peers
}

const has = (peers: Anything[], { self }: Channel): boolean =>
  peers.some(({ publicKey }) => publicKey instanceof Uint8Array && Buffer.compare(publicKey, self.publicKey) === 0)

export const introductionChecks: Check[] = [
  {
    clause: 'N-1',
    profiles: relay,
    title: 'introduces those that meet all criteria',
    async run(bench) {
      const protocol = fresh()
      const asker = await bench.dial()
      const listed = await bench.dial({ description: { protocols: [HEARTBEAT, protocol] } })
      const other = await bench.dial()
      await Promise.all([listed.alive(), other.alive()])
      const byProtocol = await find(asker, { protocol })
      ensure(byProtocol.length === 1 && has(byProtocol, listed), `${byProtocol.length} peers of a protocol that one lists`)
      const both = await find(asker, { protocol, peerId: other.self.peerId })
      ensure(both.length === 0, 'a peer that meets one of two criteria is introduced')
      ensure((await find(asker, {})).length > 0, 'an empty query fits nobody')
      return 'one of a protocol, none of two criteria, some of an empty query'
    },
  },
  {
    clause: 'N-2',
    profiles: relay,
    title: 'leaves the asker out',
    async run(bench) {
      const protocol = fresh()
      const description = { protocols: [HEARTBEAT, protocol] }
      const [asker, other] = [await bench.dial({ description }), await bench.dial({ description })]
      await other.alive()
      const peers = await find(asker, { protocol })
      ensure(!has(peers, asker), 'the asker is introduced to itself')
      ensure(has(peers, other), 'another peer is not introduced')
      return 'the other peer alone'
    },
  },
  {
    clause: 'N-3',
    profiles: relay,
    title: 'lists all that claim a name',
    async run(bench) {
      const name = `conform-${Buffer.from(random(6)).toString('hex')}`
      const asker = await bench.dial()
      for (let i = 0; i < 2; i++) await (await bench.dial({ description: { name } })).alive()
      const found = await find(asker, { peerId: name })
      ensure(found.length === 2, `${found.length} of 2 that claim a name`)
      return 'two keys of one name'
    },
  },
  {
    clause: 'N-4',
    profiles: relay,
    title: 'lists no more than `limit`',
    async run(bench) {
      const protocol = fresh()
      const asker = await bench.dial()
      for (let i = 0; i < 3; i++) await (await bench.dial({ description: { protocols: [HEARTBEAT, protocol] } })).alive()
      const found = await find(asker, { protocol, limit: 2 })
      ensure(found.length === 2, `${found.length} peers, where \`limit\` is 2 and 3 fit`)
      return '2 of 3'
    },
  },
  {
    clause: 'N-6',
    profiles: relay,
    title: 'tells a watcher which peers come and go',
    async run(bench) {
      const protocol = fresh()
      const channel = await watcher(bench)
      const first = await bench.dial({ description: { protocols: [HEARTBEAT, protocol] } })
      await first.alive()
      watch(channel, 7, { protocol })
      const told = (peer: Channel) =>
        channel.message(({ payload, ...got }) => isPush(got, payload, 7) && has(payload.peers, peer))
      ensure(await told(first), 'a peer that fits at the beginning is not told')
      const second = await bench.dial({ description: { protocols: [HEARTBEAT, protocol] } })
      await second.alive()
      ensure(await told(second), 'a peer that comes is not told')
      second.write(closeEntry('CONNECTION_CLOSED'))
      const gone = await channel.message(
        ({ payload, ...got }) => isPush(got, payload, 7) && payload.gone.includes(second.self.peerId),
      )
      ensure(gone !== undefined, 'a peer that leaves is not told')
      channel.say({ type: 'unwatch', protocol: INTRODUCE, payload: { watch: 7 } })
      await find(channel, { protocol })
      const third = await bench.dial({ description: { protocols: [HEARTBEAT, protocol] } })
      await third.alive()
      await pause(400)
      ensure(
        !channel.messages.some(({ payload, ...got }) => isPush(got, payload, 7) && has(payload.peers, third)),
        'told after `unwatch`',
      )
      return 'one that was there, one that came, one that left'
    },
  },
  {
    clause: 'N-7',
    profiles: relay,
    title: 'keeps 64 watches of a peer, and one for each number',
    async run(bench) {
      const protocol = fresh()
      const channel = await watcher(bench)
      for (let number = 1; number <= 64; number++) watch(channel, number, { protocol: `${protocol}/${number}` })
      // One of a number that is there takes its place.
      watch(channel, 64, { protocol })
      await find(channel, { protocol })
      const early = channel.messages.find(({ type }) => type === 'failed')
      ensure(early === undefined, `64 watches: ${early?.payload?.code}`)
      const id = watch(channel, 65, { protocol })
      const { payload } = await channel.answer(id)
      ensure(payload?.code === 'LIMIT_EXCEEDED', `watch 65: ${payload?.code}`)
      const comer = await bench.dial({ description: { protocols: [HEARTBEAT, protocol] } })
      await comer.alive()
      const push = await channel.message(({ payload: told, ...got }) => isPush(got, told, 64) && has(told.peers, comer))
      ensure(push !== undefined, 'the second watch of a number tells nothing')
      return 'LIMIT_EXCEEDED for the 65th'
    },
  },
]

const watcher = (bench: Bench): Promise<Channel> => bench.dial({ description: { protocols: [HEARTBEAT, INTRODUCE_WATCH] } })

const watch = (channel: Channel, number: number, query: object): string =>
  channel.say({ type: 'watch', protocol: INTRODUCE, payload: { watch: number, ...query } })

const isPush = ({ type, protocol }: { type: string; protocol: string | undefined }, payload: Anything, number: number): boolean =>
  type === 'peers' &&
  protocol === INTRODUCE_WATCH &&
  payload?.watch === number &&
  Array.isArray(payload.peers) &&
  Array.isArray(payload.gone)
