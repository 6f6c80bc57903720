import type { Clock } from '../../src/base/clock.js'
import { isP2PError, P2PError } from '../../src/base/errors.js'
import { type Limits, resolveLimits } from '../../src/base/limits.js'
import { seededRandom } from '../../src/base/random.js'
import { type WaitOptions, withDeadline } from '../../src/base/wait.js'
import { identityFromSeed } from '../../src/identity/identity.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { PinnedNames } from '../../src/identity/pinned-names.js'
import { decode, encode } from '../../src/message/codec.js'
import type { OutgoingMessage, P2PMessage } from '../../src/message/message.js'
import { ConnectedServers } from '../../src/plugins/dht/client/connected-servers.js'
import { DistributedHashTable } from '../../src/plugins/dht/client/dht.js'
import { ServerWatches } from '../../src/plugins/dht/client/server-watches.js'
import { watchRecords } from '../../src/plugins/dht/client/watch-records.js'
import { DhtServer } from '../../src/plugins/dht/node/dht-server.js'
import { RecordStore } from '../../src/plugins/dht/records/record-store.js'
import { RecordVerifier } from '../../src/plugins/dht/records/record-verifier.js'
import { ResourceDiscovery } from '../../src/plugins/discovery/resource-discovery.js'
import type { IProtocolHandler, ProtocolHost } from '../../src/protocol/handler.js'
import type { PeerInfo } from '../../src/protocol/peer-info.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import type { VirtualClock } from '../../src/testing/virtual-clock.js'

export const quiet = { debug: () => {}, warn: () => {}, error: () => {} }

const GONE = new P2PError('CONNECTION_LOST', 'Gone.')

/** A coordinator of nothing but handlers and neighbours: messages are delivered at once, through the codec. */
export class FakeHost implements ProtocolHost {
  readonly network = 'lotus'
  readonly store = memoryStore()
  readonly random = seededRandom(1)
  readonly logger = quiet
  readonly handlers = new Map<string, IProtocolHandler>()
  readonly neighbours = new Map<string, FakeHost>()
  readonly rejected: { peerId: string; error: Error }[] = []
  readonly received: P2PMessage[] = []
  /** Set to hold back what is sent to a peer. */
  onSend: ((to: string, message: OutgoingMessage) => Promise<void> | undefined) | undefined
  private readonly waiting = new Map<string, (message: P2PMessage) => void>()
  private nextId = 0

  constructor(
    readonly peerId: string,
    readonly clock: Clock,
  ) {}

  register(handler: IProtocolHandler): void {
    this.handlers.set(handler.protocolName, handler)
    handler.onRegister?.(this)
  }

  info(): PeerInfo {
    const connection = { transport: 'memory', direct: true, since: 0, outbound: true, chosen: true }
    return {
      peerId: this.peerId,
      addresses: {},
      state: 'connected',
      lastSeen: 0,
      protocols: [...this.handlers.keys()],
      connection,
    }
  }

  peers(): PeerInfo[] {
    return [...this.neighbours.values()].map((host) => host.info())
  }

  peer(peerId: string): PeerInfo | undefined {
    return this.neighbours.get(peerId)?.info()
  }

  connect(other: FakeHost): void {
    this.neighbours.set(other.peerId, other)
    other.neighbours.set(this.peerId, this)
    for (const handler of this.handlers.values()) void handler.onPeerConnected?.(other.info())
    for (const handler of other.handlers.values()) void handler.onPeerConnected?.(this.info())
  }

  disconnect(other: FakeHost): void {
    this.neighbours.delete(other.peerId)
    other.neighbours.delete(this.peerId)
    for (const handler of this.handlers.values()) void handler.onPeerDisconnected?.(other.info(), GONE)
    for (const handler of other.handlers.values()) void handler.onPeerDisconnected?.(this.info(), GONE)
  }

  async sendTo(peerId: string, message: OutgoingMessage): Promise<void> {
    const other = this.neighbours.get(peerId)
    if (other === undefined) throw new P2PError('PEER_NOT_CONNECTED', peerId)
    const held = this.onSend?.(peerId, message)
    if (held !== undefined) await held
    const messageId = message.messageId ?? `${this.peerId}-${this.nextId++}`
    const sent = { timestamp: 0, ...message, from: this.peerId, messageId, payload: decode(encode(message.payload)) }
    queueMicrotask(() => void other.receive(sent as P2PMessage, this))
  }

  async reply(request: P2PMessage, message: OutgoingMessage): Promise<void> {
    const protocol = request.protocol === undefined ? {} : { protocol: request.protocol }
    await this.sendTo(request.from, { ...message, ...protocol, inReplyTo: request.messageId })
  }

  request<T>(peerId: string, message: OutgoingMessage, options: WaitOptions = {}): Promise<P2PMessage<T>> {
    const messageId = `${this.peerId}-${this.nextId++}`
    return withDeadline(this.clock, 'A request', options, async () => {
      const answer = new Promise<P2PMessage>((resolve) => this.waiting.set(messageId, resolve))
      await this.sendTo(peerId, { ...message, messageId })
      const reply = await answer
      if (reply.type === 'failed') throw new P2PError((reply.payload as { code: 'TIMEOUT' }).code, 'failed')
      return reply as P2PMessage<T>
    })
  }

  async broadcast() {
    return { sent: [], failed: [] }
  }

  blame(): void {}

  check<T>(_peerId: string, work: () => Promise<T>): Promise<T> {
    return work()
  }

  reject(peerId: string, error: Error): void {
    this.rejected.push({ peerId, error })
  }

  private async receive(message: P2PMessage, from: FakeHost): Promise<void> {
    const waiting = message.inReplyTo && this.waiting.get(message.inReplyTo)
    if (waiting) return waiting(message)
    this.received.push(message)
    try {
      await this.handlers.get(message.protocol ?? '')?.handleMessage(message, from.info())
    } catch (error) {
      await this.reply(message, { type: 'failed', payload: { code: isP2PError(error) ? error.code : 'HANDLER_FAILED' } }).catch(
        () => {},
      )
    }
  }
}

export interface TestPeer {
  host: FakeHost
  dht: DistributedHashTable
  discovery: ResourceDiscovery
  servers: ConnectedServers
  server: DhtServer | undefined
  names: PinnedNames
}

export function seeded(number: number) {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  return identityFromSeed(seed)
}

/** The parts wired as a coordinator wires them. */
export function createPeer(
  clock: VirtualClock,
  number: number,
  { name, server = false, limits: changes = {} }: { name?: string; server?: boolean; limits?: Partial<Limits> } = {},
): TestPeer {
  const limits = resolveLimits(changes)
  const identity = seeded(number)
  const peerId = name ?? encodePeerId(identity.publicKey)
  const host = new FakeHost(peerId, clock)
  const names = new PinnedNames(memoryStore(), limits)
  const verifier = new RecordVerifier({ network: 'lotus', clock, limits, names })
  const store = new RecordStore({ clock, limits })
  const servers = new ConnectedServers(verifier, { limits })
  const dht = new DistributedHashTable(peerId, {
    clock,
    limits,
    identity,
    names,
    logger: quiet,
    lookup: servers,
    store,
    verifier,
  })
  watchRecords(dht, limits, () => new ServerWatches(servers))
  const dhtServer = server ? new DhtServer(store, verifier, { limits }) : undefined
  if (dhtServer) host.register(dhtServer)
  host.register(servers)
  return { host, dht, discovery: new ResourceDiscovery(dht, peerId), servers, server: dhtServer, names }
}

/** A signed record as it travels, of whatever content. */
export async function signedWire(
  number: number,
  content: Record<string, unknown>,
): Promise<[Uint8Array, Uint8Array, Uint8Array]> {
  const { signEnvelope } = await import('../../src/identity/envelope.js')
  const { publicKey, payload, signature } = await signEnvelope(seeded(number), 'record', encode(content))
  return [publicKey, payload, signature]
}
