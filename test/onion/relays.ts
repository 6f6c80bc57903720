import { bytesToHex as hex } from '@noble/hashes/utils.js'
import type { P2PCoordinator } from '../../src/coordinator.js'
import type { PluginKit } from '../../src/core/plugin.js'
import { decode, encode } from '../../src/message/codec.js'
import { type OnionRelay, type OnionRelayOptions, onionRelay } from '../../src/node/onion-relay.js'
import { type AnswerPart, AnswerStatus, readAnswerPart, readRefusal, requestContents } from '../../src/onion/exit-messages.js'
import { epochAt, hopKeyOf, ONION_PROTOCOL, readDelivered, readErrorMessage, readHopRecord } from '../../src/onion/messages.js'
import { createPacket, type PathHop } from '../../src/onion/packet.js'
import { createSurb, openReply, type SurbKeys } from '../../src/onion/surb.js'
import { findOnionWork } from '../../src/onion/work.js'
import { createTestNetwork, type TestNetwork, type TestPeerOptions } from '../../src/testing/test-network.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'
import { kitOf } from '../kit-of.js'

/** Work that costs a test nothing. */
export const NO_WORK = Object.fromEntries(
  ['ping', 'find', 'store', 'publish', 'letter', 'deposit', 'take', 'owner', 'circuit'].map((action) => [action, 0]),
)

export interface TestRelay {
  peer: P2PCoordinator
  onion: OnionRelay
  host: string
}

/** Relays of the onion in memory, and wallets that know how to make packets and nothing more. */
export class TestOnion {
  readonly net: TestNetwork
  readonly relays: TestRelay[] = []

  constructor(readonly startAt = Date.UTC(2026, 0, 5, 12)) {
    this.net = createTestNetwork({ scheme: 'ws', clock: new VirtualClock(startAt) })
  }

  async addRelay(options: OnionRelayOptions = {}, more: TestPeerOptions = {}): Promise<TestRelay> {
    const onion = onionRelay({ bits: NO_WORK, loops: false, ...options })
    const host = more.host ?? `hop${this.relays.length + 1}`
    const bootstrap = this.relays.slice(0, 2).map(({ peer }) => this.net.addressOf(peer))
    const { plugins = [], ...rest } = more
    const peer = this.net.createPeer({ relay: true, bootstrap, host, ...rest, plugins: [...plugins, onion] })
    await this.net.run(peer.start())
    const relay = { peer, onion, host }
    this.relays.push(relay)
    return relay
  }

  /** @param count relays that know each other. */
  async build(count: number, options: OnionRelayOptions = {}, more: TestPeerOptions = {}): Promise<void> {
    for (let i = 0; i < count; i++) await this.addRelay(options, more)
    await this.settle()
  }

  /** Until each relay knows the records of all. */
  async settle(): Promise<void> {
    for (let i = 0; i < 80; i++) {
      await this.net.clock.advance(15_000)
      if (this.relays.every(({ onion }) => (onion.getStats()?.hops ?? 0) >= this.relays.length)) return
    }
    throw new Error(`The relays know ${this.relays.map(({ onion }) => onion.getStats()?.hops)} hops.`)
  }

  /** The first three relays. */
  get three(): [TestRelay, TestRelay, TestRelay] {
    return [this.relays[0]!, this.relays[1]!, this.relays[2]!]
  }

  /** A relay as a hop of a path, by its record. */
  async hop({ peer }: TestRelay, delayMs = 0): Promise<PathHop> {
    const record = await this.net.run(peer.dht.get(hopKeyOf(peer.peerId)))
    const { keys } = readHopRecord(record?.value)
    const key = keys.find(([epoch]) => epoch === epochAt(this.net.clock.now()))?.[1]
    if (record?.publisherKey === undefined || key === undefined) throw new Error('This relay has published no key of today.')
    return { id: record.publisherKey, key, delayMs }
  }

  async path(...relays: (TestRelay | [TestRelay, number])[]): Promise<PathHop[]> {
    const hops: PathHop[] = []
    for (const each of relays) hops.push(Array.isArray(each) ? await this.hop(...each) : await this.hop(each))
    return hops
  }

  /** A wallet that is connected to one relay. */
  async wallet(guard: TestRelay, more: TestPeerOptions = {}): Promise<TestWallet> {
    const peer = this.net.createPeer({ listening: false, ...more })
    const wallet = new TestWallet(this, peer, await kitOf(peer), guard)
    await this.net.run(peer.connectToPeer(this.net.addressOf(guard.peer)))
    return wallet
  }

  /** Lets time pass, and in between each packet that is under way go on: a hop waits for turns of the event loop, which no timer counts. */
  async pass(ms: number): Promise<void> {
    const steps = Math.max(30, Math.ceil(ms / 60_000))
    for (let i = 0; i < steps; i++) await this.net.clock.advance(ms / steps)
  }

  stop(): Promise<void> {
    return this.net.stop()
  }
}

/** Speaks `lotus/onion` by hand. */
export class TestWallet {
  readonly tag = crypto.getRandomValues(new Uint8Array(16))
  readonly delivered: [surbId: Uint8Array, delta: Uint8Array][] = []
  readonly errors: [id: Uint8Array, error: Uint8Array][] = []
  /** Packets that were brought to it, as to a hop. */
  packets = 0
  /** What it answers anonymous letters with. */
  answerLetters: Uint8Array | undefined
  private readonly surbs = new Map<string, SurbKeys>()
  private readonly answers = new Map<string, Map<number, AnswerPart>>()

  constructor(
    readonly onion: TestOnion,
    readonly peer: P2PCoordinator,
    readonly kit: PluginKit,
    readonly guard: TestRelay,
  ) {
    kit.registerProtocol({
      protocolName: ONION_PROTOCOL,
      rateLimits: { messagesPerS: 10_000, burst: 20_000 },
      handleMessage: async (message) => {
        const { type, payload } = message
        if (type === 'delivered') this.take(readDelivered(payload))
        else if (type === 'error') this.errors.push(readErrorMessage(payload))
        else if (type === 'packet') this.packets++
        else if (this.answerLetters !== undefined) await kit.reply(message, { type: 'answer', payload: this.answerLetters })
      },
    })
  }

  async send(packet: Uint8Array): Promise<void> {
    await this.kit.sendTo(this.guard.peer.peerId, { type: 'packet', payload: packet, protocol: ONION_PROTOCOL })
  }

  async attach(tags: Uint8Array[] = [this.tag]): Promise<void> {
    const message = { type: 'inbox', payload: tags, protocol: ONION_PROTOCOL }
    const answer = await this.onion.net.run(this.kit.request(this.guard.peer.peerId, message))
    if (answer.type !== 'attached') throw new Error(`The guard says ${answer.type}.`)
  }

  /** Reply blocks that end here. */
  async surbsBy(path: PathHop[], count = 1): Promise<Uint8Array[]> {
    const made: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      const surbId = crypto.getRandomValues(new Uint8Array(16))
      const { surb, kept } = await createSurb(path, { tag: this.tag, surbId })
      this.surbs.set(hex(surbId), kept)
      made.push(surb)
    }
    return made
  }

  /** Sends a message to an exit. */
  async request(
    path: PathHop[],
    request: { action: string; args: unknown; surbs: Uint8Array[][]; bits?: number; messageId?: Uint8Array; nonce?: Uint8Array },
  ): Promise<Uint8Array> {
    const { action, args, surbs, bits = 0, messageId = crypto.getRandomValues(new Uint8Array(8)) } = request
    const exit = path.at(-1)!.id
    const work = { exit, epoch: epochAt(this.onion.net.clock.now()), messageId }
    const nonce = request.nonce ?? (await findOnionWork(work, bits))
    for (const content of requestContents({ action, args: encode(args), surbs, messageId, nonce })) {
      await this.send((await createPacket(path, { command: 'exit' }, content)).packet)
    }
    return messageId
  }

  /** What has come of an answer: parts by their number. */
  partsOf(messageId: Uint8Array): Map<number, AnswerPart> {
    return this.answers.get(hex(messageId)) ?? new Map()
  }

  /** What comes of an answer from here on is new. */
  forget(messageId: Uint8Array): void {
    this.answers.delete(hex(messageId))
  }

  /** The whole answer. @throws P2PError as the exit refuses. */
  answerTo(messageId: Uint8Array): unknown {
    const parts = this.partsOf(messageId)
    const first = parts.get(0)
    if (first === undefined || parts.size < first.total) throw new Error(`${parts.size} parts of ${first?.total} have come.`)
    const bytes = Uint8Array.from(Array.from({ length: first.total }, (_, i) => [...parts.get(i)!.part]).flat())
    if (first.status === AnswerStatus.REFUSED) throw readRefusal(bytes)
    return decode(bytes)
  }

  /** Advances the clock until the whole answer is here. */
  async answered(messageId: Uint8Array): Promise<unknown> {
    for (let i = 0; i < 100; i++) {
      await this.onion.net.clock.advance(100)
      const { total = Number.POSITIVE_INFINITY } = [...this.partsOf(messageId).values()][0] ?? {}
      if (this.partsOf(messageId).size >= total) break
    }
    return this.answerTo(messageId)
  }

  private take([surbId, delta]: [Uint8Array, Uint8Array]): void {
    this.delivered.push([surbId, delta])
    const kept = this.surbs.get(hex(surbId))
    if (kept === undefined) return
    const part = readAnswerPart(openReply(kept, delta))
    const key = hex(part.messageId)
    const parts = this.answers.get(key) ?? new Map<number, AnswerPart>()
    parts.set(part.index, part)
    this.answers.set(key, parts)
  }
}
