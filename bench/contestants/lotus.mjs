/** lotus-p2p, as built in dist/. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { P2PCoordinator } from '../../dist/index.js'
import { startRelay, webSocketServer } from '../../dist/node.js'
import { callable, circuitCommands, dialCircuit } from './lotus-circuits.mjs'
import { connected, held, urlOf } from './lotus-peers.mjs'
import { concurrently, now, serve } from './role.mjs'
import { topicCommands } from './topics.mjs'

const PROTOCOL = 'bench'
/** Messages sent before their `sendTo` is awaited: what a program does that has many to send. */
const IN_FLIGHT = 64
const RESOURCE = 'bench'
const TOPIC = 'bench'
/** The measures publish faster than an honest peer of a public relay. */
const TOPIC_LIMITS = { topicRatePerS: 100_000, topicBurst: 100_000, topicNeighbourRatePerS: 100_000 }
/** More than any honest peer sends: the gate counts and compares all the same. */
const GATE_LIMITS = {
  peerMessagesPerS: 1e9,
  peerMessageBurst: 1e9,
  peerBytesPerS: 1e12,
  peerByteBurst: 1e12,
  dhtRequestsPerS: 1e9,
}

let server
let messages = 0
let bytes = 0

/** Counts what is sent one way and answers what is asked. */
const counter = {
  protocolName: PROTOCOL,
  rateLimits: { messagesPerS: 1e9 },
  async handleMessage(message) {
    if (message.type === 'echo') return server.reply(message, { type: 'echoed', payload: message.payload })
    messages++
    bytes += message.payload.byteLength
  },
}

let node

/** Latencies of watched announcements, and who waits for all of them. */
const watching = { times: [], all: undefined }

serve({
  name: 'lotus',
  versions: { 'lotus-p2p': JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version },

  async listen({ host, maxConnections = 50, relay = false }) {
    let url
    if (relay) {
      const started = await startRelay({ host, port: 0, maxConnections, limits: { ...TOPIC_LIMITS, ...GATE_LIMITS } })
      server = started.coordinator
      url = started.url
    } else {
      const listener = webSocketServer({ host, port: 0 })
      server = new P2PCoordinator({ listen: [listener], maxConnections, limits: GATE_LIMITS })
      server.registerProtocol(counter)
      await server.start()
      url = listener.addresses[0]
    }
    return { host, port: Number(new URL(url).port), peerId: server.peerId }
  },
  received: () => ({ messages, bytes }),
  connections: () => server.getConnectedPeers().length,

  async prepare() {
    node ??= new P2PCoordinator()
    await node.start()
  },
  /** Directly, or by circuit where the address names a relay. */
  async open(address) {
    const { peerId, relay } = address
    await node.connectToPeer(urlOf(relay ?? address))
    if (relay) await dialCircuit(node, relay, peerId)
    const { transport } = node.getPeer(peerId).connection
    if (transport !== (relay ? 'circuit' : 'websocket')) throw new Error(`connected by ${transport}`)
    let sending = []
    return {
      send(payload) {
        sending.push(node.sendTo(peerId, { type: 'count', protocol: PROTOCOL, payload }))
        return sending.length < IN_FLIGHT ? undefined : this.flush()
      },
      flush() {
        const all = Promise.all(sending)
        sending = []
        return all
      },
      async echo(payload) {
        return (await node.request(peerId, { type: 'echo', protocol: PROTOCOL, payload })).payload
      },
      close: () => node.disconnectFromPeer(peerId),
    }
  },
  async hold(address) {
    held.push(await connected(address))
  },

  commands: {
    ...circuitCommands,
    ...topicCommands({
      async subscribe(address, onPayload) {
        const subscriber = await connected(address, { limits: TOPIC_LIMITS })
        held.push(subscriber)
        subscriber.subscribe(TOPIC, ({ payload }) => onPayload(payload))
      },
      async publisher(address) {
        const publisher = await connected(address, { limits: TOPIC_LIMITS })
        held.push(publisher)
        return (payload) => publisher.publish(TOPIC, payload)
      },
    }),

    /** The receiving end of a circuit; its address is for `open`. */
    async beCalled({ relay }) {
      server = await callable(relay, (peer) => peer.registerProtocol(counter))
      return { peerId: server.peerId, relay }
    },

    /** Announces `each` resources by each of so many publishers, through the relay; all have distinct keys. */
    async announceMany({ address, publishers, each }) {
      const creators = []
      for (let p = 0; p < publishers; p++) {
        const publisher = await connected(address)
        held.push(publisher)
        creators.push(publisher.peerId)
        await concurrently(each, 16, (i) => publisher.announceResource(RESOURCE, `${p}-${i}`, { text: `resource ${i} of ${p}` }))
      }
      return { creators, each }
    },

    /** Gets every one of them, as a node that has none, and checks what came. */
    async getMany({ address, creators, each, concurrency }) {
      const reader = await connected(address)
      const count = creators.length * each
      const start = now()
      await concurrently(count, concurrency, async (n) => {
        const p = n % creators.length
        const i = Math.floor(n / creators.length)
        const found = await reader.getResource(RESOURCE, `${p}-${i}`)
        if (found?.data.text !== `resource ${i} of ${p}` || found.creatorPeerId !== creators[p]) {
          throw new Error(`resource ${p}-${i} was not found as announced`)
        }
      })
      return { count, seconds: (now() - start) / 1000 }
    },

    async watch({ address, warmup, samples }) {
      const watcher = await connected(address)
      held.push(watcher)
      watching.all = new Promise((resolve) => {
        watcher.watchResources(RESOURCE, {}, ({ data }, change) => {
          const time = now() - data.sentAtMs
          if (change !== 'added') return
          if (data.n >= warmup) watching.times.push(time)
          if (watching.times.length === samples) resolve()
        })
      })
      // The relay knows of the watch once it has answered something that was asked later.
      await watcher.getResource(RESOURCE, 'none')
    },

    /** One at a time, so that each finds the machine at rest. */
    async announceSlowly({ address, warmup, samples }) {
      const announcer = await connected(address)
      held.push(announcer)
      for (let n = 0; n < warmup + samples; n++) {
        await announcer.announceResource(RESOURCE, `at-${n}`, { n, sentAtMs: now() })
        await sleep(5)
      }
    },

    async watched() {
      await watching.all
      return { times: watching.times }
    },
  },
})
