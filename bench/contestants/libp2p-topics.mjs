/** gossipsub of js-libp2p: one hub, and subscribers and a publisher that know nobody else. Messages are signed, as by default. */
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { createNode, toMultiaddr } from './libp2p-node.mjs'

const TOPIC = 'bench'

/** Many nodes with one IP address would be punished for it by the default scores. */
const scoreParams = { IPColocationFactorWeight: 0 }

/**
 * No pings: by default every connection is pinged each 10 s and aborted where the answer is late; with a thousand busy nodes on one
 * machine that loses messages.
 */
export const unmonitored = { connectionMonitor: { enabled: false } }

const services = (options = {}) => ({ identify: identify(), pubsub: gossipsub({ scoreParams, ...options }) })

/** The hub takes every subscriber into its mesh; else most would only hear of messages by gossip, up to a second later. */
export const hubServices = (subscribers) => services({ D: subscribers, Dlo: 1, Dhi: 2 * subscribers, Dscore: 1, Dout: 0 })

async function joined(address) {
  const node = await createNode({ ...unmonitored, services: services() })
  await node.dial(toMultiaddr(address))
  return node
}

export async function joinTopic(address, onPayload) {
  const node = await joined(address)
  node.services.pubsub.addEventListener('message', ({ detail }) => onPayload(detail.data))
  node.services.pubsub.subscribe(TOPIC)
  return node
}

export async function openPublisher(address) {
  const publisher = await joined(address)
  return { publisher, publish: (payload) => publisher.services.pubsub.publish(TOPIC, payload) }
}

/** The hub has to want the topic itself in order to pass it on. */
export const joinAsHub = (node) => node.services.pubsub.subscribe(TOPIC)
