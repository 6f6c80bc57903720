/** js-libp2p over WebSocket, Noise and yamux. No service that would add traffic or memory (identify, ping, pubsub, DHT). */
import { createNode, toMultiaddr, versions } from './libp2p-node.mjs'
import { hubServices, joinAsHub, joinTopic, openPublisher, unmonitored } from './libp2p-topics.mjs'
import { serve } from './role.mjs'
import { topicCommands } from './topics.mjs'

const FLOOD = '/bench/flood/1.0.0'
const ECHO = '/bench/echo/1.0.0'

/** One message on a stream: unsigned varint of its length, then the bytes. */
function framed(payload) {
  const prefix = []
  for (let rest = payload.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      prefix.push(rest)
      break
    }
    prefix.push((rest & 0x7f) | 0x80)
  }
  const frame = new Uint8Array(prefix.length + payload.length)
  frame.set(prefix)
  frame.set(payload, prefix.length)
  return frame
}

/**
 * Finds the message boundaries in a stream without copying: cheaper than any real reader, to libp2p's advantage.
 * `onMessage(length)` is called at the end of each.
 */
function boundaries(onMessage) {
  let [length, shift, left] = [0, 0, -1]
  return (data) => {
    const chunk = data.subarray()
    for (let at = 0; at < chunk.length; ) {
      if (left < 0) {
        const byte = chunk[at++]
        length |= (byte & 0x7f) << shift
        shift += 7
        if (byte & 0x80) continue
        left = length
      }
      const taken = Math.min(left, chunk.length - at)
      at += taken
      left -= taken
      if (left > 0) continue
      onMessage(length, chunk.subarray(Math.max(0, at - length), at))
      length = 0
      shift = 0
      left = -1
    }
  }
}

/**
 * Waits for a stream's backpressure. Not `stream.onDrain()`: from its second call on it resolves at once (libp2p 3.3),
 * and gigabytes would pile up.
 */
function drainOf(stream) {
  let waiting
  const settle = (how) => (event) => {
    waiting?.[how](event.error ?? new Error('the stream closed'))
    waiting = undefined
  }
  stream.addEventListener('drain', settle('resolve'))
  stream.addEventListener('close', settle('reject'))
  return () => {
    if (!stream.writableNeedsDrain) return undefined
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject }
    })
  }
}

let node
let messages = 0
let bytes = 0
const held = []

serve({
  name: 'libp2p',
  versions,

  async listen({ host, maxConnections = 300, subscribers }) {
    node = await createNode({
      ...(subscribers && { ...unmonitored, services: hubServices(subscribers) }),
      addresses: { listen: [`/ip4/${host}/tcp/0/ws`] },
      // Its defaults (5 new connections a second from one host, 10 upgrading at once) would throttle the benchmark.
      connectionManager: { maxConnections, inboundConnectionThreshold: 1_000_000, maxIncomingPendingConnections: 1_000 },
    })
    await node.handle(FLOOD, (stream) => {
      const feed = boundaries((length) => {
        messages++
        bytes += length
      })
      stream.addEventListener('message', (event) => feed(event.data))
    })
    await node.handle(ECHO, (stream) => {
      stream.addEventListener('message', (event) => stream.send(event.data))
    })
    if (subscribers) joinAsHub(node)
    const [address] = node.getMultiaddrs()
    return { host, port: Number(/\/tcp\/(\d+)/.exec(address.toString())[1]), peerId: node.peerId.toString() }
  },
  received: () => ({ messages, bytes }),
  connections: () => node.getConnections().length,

  async prepare() {
    node ??= await createNode()
  },
  async open(address, mode) {
    const stream = await node.dialProtocol(toMultiaddr(address), mode === 'echo' ? ECHO : FLOOD)
    let answered
    if (mode === 'echo') {
      const feed = boundaries((_length, payload) => answered(payload))
      stream.addEventListener('message', (event) => feed(event.data))
    }
    const drained = drainOf(stream)
    let last
    let frame
    const frameOf = (payload) => {
      if (payload !== last) {
        last = payload
        frame = framed(payload)
      }
      return frame
    }
    return {
      send: (payload) => (stream.send(frameOf(payload)) ? undefined : drained()),
      echo: (payload) =>
        new Promise((resolve) => {
          answered = resolve
          stream.send(frameOf(payload))
        }),
      async close() {
        await Promise.all(node.getConnections().map((connection) => connection.close()))
      },
    }
  },
  async hold(address) {
    const own = await createNode()
    held.push(own)
    await own.dial(toMultiaddr(address))
  },

  commands: topicCommands({
    async subscribe(address, onPayload) {
      held.push(await joinTopic(address, onPayload))
    },
    async publisher(address) {
      const { publisher, publish } = await openPublisher(address)
      held.push(publisher)
      return publish
    },
  }),
})
