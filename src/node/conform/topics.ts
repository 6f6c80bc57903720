import { encode } from '../../message/codec.js'
import type { Bench } from './bench.js'
import type { Channel } from './channel.js'
import { type Check, ensure } from './check.js'
import { type Anything, HEARTBEAT, random } from './wire.js'

const TOPICS = 'lotus/topics'
const router = ['router'] as const
const MINUTE_MS = 60_000

const fresh = (): string => `conform-${Buffer.from(random(8)).toString('hex')}`

interface Parts {
  topic: string
  run?: Uint8Array
  sequence?: number
  publishedAt?: number
  payload?: unknown
  hops?: number
  signature?: Uint8Array
}

/** A topic message of the peer at this end. */
async function topicMessage(bench: Bench, { self }: Channel, parts: Parts): Promise<Anything[]> {
  const { topic, run = random(16), sequence = 1, publishedAt = Date.now(), payload = random(4), hops = 0 } = parts
  const bytes = encode([topic, run, sequence, publishedAt, payload])
  return [self.publicKey, bytes, parts.signature ?? (await self.sign('topic', bench.options.network, bytes)), hops]
}

const neighbour = (bench: Bench, more: string[] = []): Promise<Channel> =>
  bench.dial({ description: { protocols: [HEARTBEAT, TOPICS, ...more] } })

/** A neighbour that wants a topic. */
async function subscriber(bench: Bench, topic: string, more: string[] = []): Promise<Channel> {
  const channel = await neighbour(bench, more)
  channel.say({ type: 'want', protocol: TOPICS, payload: [[topic, 0]] })
  await channel.alive()
  return channel
}

async function publish(channel: Channel, message: Anything[]): Promise<Anything> {
  const { type, payload } = await channel.ask('publish', message, TOPICS)
  ensure(type === 'published', `\`publish\` is answered by ${type} ${payload?.code ?? ''}`)
  return payload
}

const came = (channel: Channel, message: Anything[]) =>
  channel.messages.filter(
    ({ type, payload }) => type === 'message' && Array.isArray(payload) && Buffer.compare(payload[1], message[1]) === 0,
  )

const arrival = (channel: Channel, message: Anything[]) => channel.until(() => came(channel, message)[0])

export const topicChecks: Check[] = [
  {
    clause: 'T-2',
    profiles: router,
    title: 'passes on the first of two messages of one run and sequence, and blames no neighbour',
    async run(bench) {
      const topic = fresh()
      const [wants, publisher] = [await subscriber(bench, topic), await neighbour(bench)]
      const run = random(16)
      const first = await topicMessage(bench, publisher, { topic, run, sequence: 5, payload: 'x' })
      const second = await topicMessage(bench, publisher, { topic, run, sequence: 5, payload: 'y' })
      const bearer = await neighbour(bench)
      await publish(publisher, first)
      ensure(await arrival(wants, first), 'a good message does not arrive')
      bearer.say({ type: 'message', protocol: TOPICS, payload: second })
      const last = await topicMessage(bench, bearer, { topic })
      await publish(bearer, last)
      ensure(await arrival(wants, last), 'the neighbour that brought it is not heard any more')
      ensure(came(wants, second).length === 0, 'both are passed on')
      return 'the first alone'
    },
  },
  {
    clause: 'T-4',
    profiles: router,
    title: 'tells neighbouring routers what others want',
    async run(bench) {
      const topic = fresh()
      const other = await neighbour(bench, ['lotus/dht'])
      await subscriber(bench, topic)
      const want = await other.message(
        ({ type, payload }) => type === 'want' && payload.some(([name]: [string]) => name === topic),
      )
      ensure(want !== undefined, 'a router is not told what a subscriber wants')
      const distance = want.payload.find(([name]: [string]) => name === topic)[1]
      ensure(distance === 1, `told as distance ${distance}, not 1`)
      return 'distance 1'
    },
  },
  {
    clause: 'T-5',
    profiles: router,
    title: 'passes a message on to all that want it, but whoever it came from',
    async run(bench) {
      const topic = fresh()
      const [a, b, publisher, other] = [
        await subscriber(bench, topic),
        await subscriber(bench, topic),
        await subscriber(bench, topic),
        await neighbour(bench),
      ]
      const message = await topicMessage(bench, publisher, { topic })
      await publish(publisher, message)
      for (const channel of [a, b]) {
        const got = await arrival(channel, message)
        ensure(got !== undefined, 'a subscriber gets nothing')
        ensure(got.payload[3] === 1, `hops ${got.payload[3]}, not 1`)
      }
      await Promise.all([publisher.alive(), other.alive()])
      ensure(came(publisher, message).length === 0, 'it goes back to its publisher')
      ensure(came(other, message).length === 0, 'it goes to a neighbour that does not want it')
      return 'two of four, with hops 1'
    },
  },
  {
    clause: 'T-6',
    profiles: router,
    title: 'ends the connection to a neighbour that brings a forged or malformed message',
    async run(bench) {
      const topic = fresh()
      const wants = await subscriber(bench, topic)
      const forger = await neighbour(bench)
      const forged = await topicMessage(bench, forger, { topic, signature: random(64) })
      forger.say({ type: 'message', protocol: TOPICS, payload: forged })
      const seen = await forger.isEnded(['INVALID_SIGNATURE'], 'a chance signature')
      const other = await neighbour(bench)
      other.say({ type: 'message', protocol: TOPICS, payload: [other.self.publicKey, random(3)] })
      await other.isEnded(['MALFORMED_DATA'], 'a message of two items')
      await wants.alive()
      ensure(came(wants, forged).length === 0, 'a forged message is passed on')
      return seen
    },
  },
  {
    clause: 'T-7',
    profiles: router,
    title: 'drops old, early and far-travelled messages without blame',
    async run(bench) {
      const topic = fresh()
      const [wants, publisher] = [await subscriber(bench, topic), await neighbour(bench)]
      const now = Date.now()
      const dropped = [
        await topicMessage(bench, publisher, { topic, sequence: 1, publishedAt: now - 17 * MINUTE_MS }),
        await topicMessage(bench, publisher, { topic, sequence: 2, publishedAt: now + 7 * MINUTE_MS }),
        await topicMessage(bench, publisher, { topic, sequence: 3, hops: 17 }),
      ]
      for (const payload of dropped) publisher.say({ type: 'message', protocol: TOPICS, payload })
      const good = await topicMessage(bench, publisher, { topic, sequence: 9, publishedAt: now - 13 * MINUTE_MS })
      await publish(publisher, good)
      ensure(await arrival(wants, good), 'a message of 13 min ago does not arrive')
      const again = await topicMessage(bench, publisher, { topic, sequence: 10 })
      publisher.say({ type: 'message', protocol: TOPICS, payload: again })
      publisher.say({ type: 'message', protocol: TOPICS, payload: again })
      ensure(await arrival(wants, again), 'a good message does not arrive')
      await wants.alive()
      const passed = dropped.filter((message) => came(wants, message).length > 0).length
      ensure(passed === 0, `${passed} of 3 are passed on`)
      ensure(came(wants, again).length === 1, 'a message that came twice is passed on twice')
      return 'four dropped, and the neighbour is heard as before'
    },
  },
  {
    clause: 'T-8',
    profiles: router,
    title: 'answers `published` with the number of neighbours that want the topic',
    async run(bench) {
      const topic = fresh()
      await subscriber(bench, topic)
      await subscriber(bench, topic)
      const publisher = await subscriber(bench, topic)
      const message = await topicMessage(bench, publisher, { topic, sequence: 1 })
      const { subscribers } = await publish(publisher, message)
      ensure(subscribers === 2, `\`subscribers\` is ${subscribers}, not 2`)
      await publish(publisher, message)
      const old = await topicMessage(bench, publisher, { topic, sequence: 2, publishedAt: Date.now() - 17 * MINUTE_MS })
      await publish(publisher, old)
      return '2; known and old ones are answered `published` too'
    },
  },
]
