import { verify } from '../../../src/identity/ed25519.js'
import { taggedBytes, taggedHash } from '../../../src/identity/envelope.js'
import { decode } from '../../../src/message/codec.js'
import type { Anything } from '../../../src/node/conform/wire.js'
import { type ModelChannel, Violation } from './model-channel.js'
import { type Message, type ModelHandler, type ModelPeer, Refusal } from './model-peer.js'

const TOPICS = 'lotus/topics'
const TYPES = ['want', 'unwant', 'publish', 'message', 'past', 'prune', 'have', 'graft']
const MINUTE_MS = 60_000

/** A router of topics (T), which pushes to all that want. */
export class ModelTopics implements ModelHandler {
  readonly protocols = [TOPICS]
  private readonly wants = new Map<ModelChannel, Map<string, number>>()
  private readonly known = new Set<string>()
  private readonly sequences = new Set<string>()

  constructor(private readonly peer: ModelPeer) {}

  async handle(channel: ModelChannel, { type, payload }: Message): Promise<Anything> {
    if (!TYPES.includes(type)) throw new Refusal('INVALID_MESSAGE')
    if (type === 'want') this.onWant(channel, payload)
    if (type === 'message') await this.take(channel, payload)
    if (type !== 'publish') return undefined
    const topic = await this.take(channel, payload)
    const subscribers = [...this.wants].filter(
      ([at, topics]) => (at !== channel || this.peer.breaks('T-8')) && topics.has(topic),
    ).length
    return { type: 'published', payload: { subscribers } }
  }

  left(channel: ModelChannel): void {
    this.wants.delete(channel)
  }

  private onWant(channel: ModelChannel, wanted: [string, number][]): void {
    const topics = this.wants.get(channel) ?? new Map<string, number>()
    this.wants.set(channel, topics)
    for (const [topic, distance] of wanted) topics.set(topic, distance)
    if (this.peer.breaks('T-4')) return
    const told = wanted.map(([topic, distance]) => [topic, distance + (this.peer.breaks('T-4/distance') ? 2 : 1)])
    for (const other of this.peer.connected.values()) {
      const listed: string[] = other.description.protocols
      if (other === channel || !listed.includes(TOPICS) || !listed.includes('lotus/dht')) continue
      other.session!.send({ type: 'want', protocol: TOPICS, payload: told })
    }
  }

  /** @returns the topic. */
  private async take(channel: ModelChannel, message: Anything): Promise<string> {
    const { peer } = this
    const isWhole = Array.isArray(message) && message.length === 4 && message[1] instanceof Uint8Array
    if (!isWhole) {
      if (peer.breaks('T-6/malformed')) return ''
      throw new Violation('MALFORMED_DATA')
    }
    const [publicKey, bytes, signature, hops] = message
    if (!(await verify(signature, taggedBytes('topic', peer.network, bytes), publicKey)) && !peer.breaks('T-6')) {
      throw new Violation('INVALID_SIGNATURE')
    }
    const [topic, run, sequence, publishedAt] = decode(bytes) as Anything
    const name = Buffer.from(taggedHash('topic-name', peer.network, publicKey, bytes)).toString('hex')
    const numbered = Buffer.concat([publicKey, run]).toString('hex') + sequence
    const age = Date.now() - publishedAt
    const isOff = age > 15 * MINUTE_MS || age < -5 * MINUTE_MS || hops > 16
    if (isOff && peer.breaks('T-7/blames')) throw new Violation('MALFORMED_DATA')
    const isDouble = this.sequences.has(numbered) && !this.known.has(name)
    if (isDouble && peer.breaks('T-2/blames')) throw new Violation('INVALID_SIGNATURE')
    if ((this.known.has(name) && !peer.breaks('T-7')) || (isOff && !peer.breaks('T-7/old')) || (isDouble && !peer.breaks('T-2')))
      return topic
    this.known.add(name)
    this.sequences.add(numbered)
    const passed = [publicKey, bytes, signature, peer.breaks('T-5/hops') ? hops : hops + 1]
    if (peer.breaks('T-5/nobody')) return topic
    for (const [other, topics] of this.wants) {
      if ((other === channel && !peer.breaks('T-5')) || !topics.has(topic)) continue
      other.session!.send({ type: 'message', protocol: TOPICS, payload: passed })
    }
    return topic
  }
}
