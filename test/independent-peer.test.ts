import { afterEach, expect, test } from 'vitest'
import { P2PCoordinator } from '../src/coordinator.js'
import { startRelay, webSocketServer } from '../src/node/index.js'
import { KIND, sequence, stream } from './vectors/handshake.js'
import { entry, pack, peerIdOf, sign, uint } from './vectors/primitives.js'
import { RawInitiator, RawProcess, unpack } from './vectors/raw-initiator.js'

// A client that is made of docs/wire-protocol.md alone, with other libraries than the SDK, at work: it stores, finds, asks and answers.

// biome-ignore lint/suspicious/noExplicitAny: what comes is of any form, and a wrong one fails the test
type Anything = any

interface Received {
  type: string
  payload: Anything
  id: string
  protocol: string | null
  inReplyTo?: string
}

class IndependentPeer {
  readonly process = new RawProcess()
  readonly peerId = peerIdOf(this.process.publicKey)
  private readonly channel = new RawInitiator(this.process)
  private readonly streams = new Map<string, number>()
  /** Streams of the other side: the number of the next message. */
  private readonly numbers = new Map<number, number>()
  private readonly kept: Received[] = []
  private count = 0
  pings = 0
  /** Messages of ours that the other side says it has. */
  readonly acknowledged = new Map<number, number>()

  /** @returns what the other side tells of itself. */
  async connect(url: string): Promise<Anything> {
    await this.channel.connect(url)
    return this.channel.accepted()
  }

  send(type: string, payload: unknown, protocol: string, inReplyTo?: string): string {
    const id = `independent-${this.count++}`
    let number = this.streams.get(protocol)
    if (number === undefined) {
      number = this.streams.size + 1
      this.streams.set(protocol, number)
      this.channel.send(sequence(number, 1, 0, protocol))
    }
    const fields = [1, type, null, true, payload, Date.now(), id, protocol, ...(inReplyTo === undefined ? [] : [inReplyTo])]
    this.channel.send(entry(KIND.MESSAGE, stream(number), pack(fields)))
    return id
  }

  /** The next message that is like this; others are kept for later. Pings are answered on the way. */
  async next(wants: (message: Received) => boolean): Promise<Received> {
    for (;;) {
      const at = this.kept.findIndex(wants)
      if (at >= 0) return this.kept.splice(at, 1)[0]!
      await this.take()
    }
  }

  async request(type: string, payload: unknown, protocol: string): Promise<Received> {
    const id = this.send(type, payload, protocol)
    return this.next(({ inReplyTo }) => inReplyTo === id)
  }

  /** Waits until the other side has so many messages of a protocol. */
  async hasArrived(protocol: string, number: number): Promise<void> {
    while ((this.acknowledged.get(this.streams.get(protocol)!) ?? 0) < number) await this.take()
  }

  close(): void {
    this.channel.cut()
  }

  /** The next entry that means something. */
  private async take(): Promise<void> {
    const { kind, body } = await this.channel.any()
    const at = body[0]!
    const view = new DataView(body.buffer, body.byteOffset)
    const u48 = (offset: number) => view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2)
    if (kind === KIND.SEQUENCE) this.numbers.set(at, u48(1))
    else if (kind === KIND.ACK) for (let i = 0; i < body.length; i += 7) this.acknowledged.set(body[i]!, u48(i + 1))
    else if (kind === KIND.MESSAGE) this.receive(at, unpack(body.slice(1)))
  }

  private receive(at: number, [, type, , , payload, , id, protocol, inReplyTo]: Anything[]): void {
    const number = this.numbers.get(at)!
    this.numbers.set(at, number + 1)
    this.channel.send(entry(KIND.ACK, stream(at), uint(number, 6)))
    if (protocol === 'lotus/heartbeat' && type === 'ping') {
      this.pings++
      this.send('pong', null, protocol, id)
    }
    this.kept.push({ type, payload, id, protocol, inReplyTo })
  }
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('a peer written from the document stores and finds a record at a relay, and answers its heartbeat', async () => {
  const relay = await startRelay({ port: 0, host: '127.0.0.1' })
  const peer = new IndependentPeer()
  ends.push(
    () => relay.stop(),
    () => peer.close(),
  )
  const { protocols } = await peer.connect(relay.url)
  expect(protocols).toContain('lotus/dht')
  await peer.next(({ type }) => type === 'ping')
  expect(peer.pings).toBe(1)

  const payload = pack({ key: 'offer-1', value: { sats: 5 }, sequence: 1, publishedAt: Date.now(), ttl: 60 })
  const record = [peer.process.publicKey, payload, sign(peer.process.seed, 'record', payload)]
  expect((await peer.request('store', { record }, 'lotus/dht')).payload).toEqual({ stored: true })
  const { payload: found } = await peer.request('find-record', { key: 'offer-1' }, 'lotus/dht')
  expect(found.records).toHaveLength(1)
  expect(Buffer.from(found.records[0][1])).toEqual(Buffer.from(payload))
  const failed = await peer.request('anything', null, 'no-such-protocol')
  expect([failed.type, failed.protocol, failed.payload.code]).toEqual(['failed', 'lotus/core', 'PROTOCOL_NOT_SUPPORTED'])
})

test('it talks with an SDK peer in both directions', async () => {
  const sdk = new P2PCoordinator({ listen: [webSocketServer()] })
  const peer = new IndependentPeer()
  ends.push(
    () => sdk.shutdown(),
    () => peer.close(),
  )
  await sdk.start()
  const got = new Promise((resolve) => sdk.once('message', (message) => resolve([message.from, message.payload])))
  await peer.connect(sdk.addresses[0]!)
  peer.send('note', 'hello', 'chat')
  expect(await got).toEqual([peer.peerId, 'hello'])

  const answer = sdk.request(peer.peerId, { type: 'say', payload: { n: 7 }, protocol: 'chat' })
  const asked = await peer.next(({ type }) => type === 'say')
  peer.send('said', asked.payload, 'chat', asked.id)
  expect((await answer).payload).toEqual({ n: 7 })
  await peer.hasArrived('chat', 2)
})
