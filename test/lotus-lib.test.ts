// The examples of lotus-lib's P2P document, as written there but for the import, type-checked and run over real sockets. Names of hosts
// in them lead to a server here.
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import {
  DistributedHashTable,
  type IProtocolHandler,
  type P2PConfig,
  P2PCoordinator,
  type P2PMessage,
  P2PProtocol,
  PeerConnection,
  type PeerInfo,
  PeerManager,
  PeerState,
  type ResourceAnnouncement,
  ResourceDiscovery,
  WebSocketTransport,
  webSocket,
  withTransport,
} from '../src/index.js'
import { webSocketServer } from '../src/node/index.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) await close()
})

function kept<T extends { shutdown(): unknown }>(part: T): T {
  closing.push(() => part.shutdown())
  return part
}

/** A listening peer of this name, which the host names of the document lead to. */
async function serverNamed(peerId: string) {
  const listener = webSocketServer({ port: 0, host: '127.0.0.1' })
  const server = kept(new P2PCoordinator({ peerId, listen: [listener] }))
  await server.start()
  const address = server.addresses[0]!
  const transport = {
    ...webSocket(),
    name: 'hosts',
    rank: 1,
    canDial: (asked: string) => /^ws:\/\/(bob-server|peer\.example\.com):8080$/.test(asked),
    dial: (_: string, options: Parameters<WebSocketTransport['dial']>[1]) => webSocket().dial(address, options),
    direct: true,
  }
  return { server, address, hosts: withTransport(transport), transport }
}

const untilLogged = (log: ReturnType<typeof vi.spyOn>, ...words: string[]) =>
  vi.waitFor(() => expect(log.mock.calls.map((call: unknown[]) => call.slice(0, words.length))).toContainEqual(words))

it('Usage Guide: basic setup, peers, messages, resources, status, shutdown', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { server, hosts } = await serverNamed('peer-123')
  const got: P2PMessage[] = []
  server.on('message', (message) => got.push(message))

  const coordinator = new P2PCoordinator({
    peerId: 'my-wallet-peer-001',
    maxConnections: 50,
    heartbeatInterval: 30000,
  })
  kept(coordinator)
  await coordinator.use(hosts)
  coordinator.on('connected', (peer) => {
    console.log('Peer connected:', peer.peerId)
  })
  coordinator.on('message', (message, from) => {
    console.log('Message from', from.peerId, ':', message)
  })

  const peer: PeerInfo = {
    peerId: 'other-peer-123',
    addresses: {
      websocket: 'ws://peer.example.com:8080',
    },
    state: PeerState.DISCONNECTED,
    lastSeen: Date.now(),
  }
  await expect(coordinator.connectToPeer(peer)).rejects.toMatchObject({ code: 'WRONG_PEER' })
  await coordinator.connectToPeer({ ...peer, peerId: 'peer-123' })
  await untilLogged(log, 'Peer connected:', 'peer-123')
  await server.sendTo('my-wallet-peer-001', { type: 'note', payload: 'hi' })
  await untilLogged(log, 'Message from', 'peer-123')

  await coordinator.sendTo('peer-123', {
    type: 'greeting',
    from: coordinator.peerId,
    payload: { message: 'Hello!' },
    timestamp: Date.now(),
    messageId: 'msg-abc-123',
  })
  await coordinator.broadcast({
    type: 'announcement',
    from: coordinator.peerId,
    payload: { data: 'Important update' },
    timestamp: Date.now(),
    messageId: 'msg-xyz-789',
  })
  await vi.waitFor(() => expect(got.map(({ messageId }) => messageId)).toEqual(['msg-abc-123', 'msg-xyz-789']))

  await coordinator.announceResource(
    'session', // type
    'session-123', // id
    {
      // data
      participants: ['alice', 'bob'],
      status: 'active',
    },
    { ttl: 3600 }, // 1 hour TTL
  )
  const sessions = await coordinator.discoverResources('session', {
    status: 'active',
  })
  console.log('Found', sessions.length, 'active sessions')
  expect(log).toHaveBeenCalledWith('Found', 1, 'active sessions')
  expect(await coordinator.discoverResources('session', { status: 'over' })).toEqual([])
  const session = await coordinator.getResource('session', 'session-123')
  expect(session).toMatchObject({ resourceId: 'session-123', data: { participants: ['alice', 'bob'] } })

  const stats = coordinator.getStats()
  console.log('Connected peers:', stats.peers.connectedPeers)
  console.log('DHT entries:', stats.dht.totalAnnouncements)
  expect(log).toHaveBeenCalledWith('Connected peers:', 1)
  expect(log).toHaveBeenCalledWith('DHT entries:', 1)
  const peers = coordinator.getConnectedPeers()
  console.log(
    'Peers:',
    peers.map((p) => p.peerId),
  )
  expect(log).toHaveBeenCalledWith('Peers:', ['peer-123'])
  coordinator.cleanup() // Removes dead connections and expired DHT entries
  await coordinator.shutdown()
})

it('Protocol Extension Pattern and Example 3: handlers that use the coordinator', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { server, hosts } = await serverNamed('bob')
  const coordinator = kept(new P2PCoordinator({ peerId: 'alice' }))
  await coordinator.use(hosts)

  class MyProtocolHandler implements IProtocolHandler {
    readonly protocolName = 'my-protocol'

    constructor(private coordinator: P2PCoordinator) {}

    async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
      switch (message.type) {
        case 'my-custom-message':
          // Handle custom message
          console.log('Received:', message.payload)
          break

        case 'another-message':
          // Handle another message type
          expect(from.peerId).toBe('bob')
          break
      }
    }

    async onPeerConnected(peer: PeerInfo): Promise<void> {
      console.log(`New peer: ${peer.peerId}`)
    }

    async onPeerDisconnected(peer: PeerInfo): Promise<void> {
      console.log(`Peer left: ${peer.peerId}`)
    }

    async doSomething(): Promise<void> {
      // Use coordinator's P2P primitives
      await this.coordinator.broadcast({
        type: 'my-custom-message',
        from: this.coordinator.peerId,
        payload: { data: 'hello' },
        timestamp: Date.now(),
        messageId: 'unique-id',
        protocol: 'my-protocol',
      })
    }
  }

  class SimpleProtocol implements IProtocolHandler {
    readonly protocolName = 'simple'

    async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
      console.log(`[${this.protocolName}] From ${from.peerId}:`, message.payload)
    }
  }

  server.registerProtocol(new MyProtocolHandler(server))
  {
    const handler = new SimpleProtocol()
    server.registerProtocol(handler)
  }
  const handler = new MyProtocolHandler(coordinator)
  coordinator.registerProtocol(handler)
  await coordinator.connectToPeer('ws://bob-server:8080')
  await untilLogged(log, 'New peer: bob')
  await handler.doSomething()
  await vi.waitFor(() => expect(log).toHaveBeenCalledWith('Received:', { data: 'hello' }))
  await coordinator.sendTo('bob', { type: 'x', payload: 7, protocol: 'simple' })
  await vi.waitFor(() => expect(log).toHaveBeenCalledWith('[simple] From alice:', 7))
  await coordinator.disconnectFromPeer('bob')
  await untilLogged(log, 'Peer left: bob')
})

it('Example 1 and 2: a message and a resource between two peers', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const { server, hosts } = await serverNamed('bob')
  const got = new Promise<P2PMessage>((resolve) => server.once('message', resolve))
  const alone = new P2PCoordinator({
    peerId: 'unique-peer-id',
  })
  kept(alone)
  const coordinator = new P2PCoordinator({
    peerId: 'alice',
  })
  kept(coordinator)
  await coordinator.use(hosts)

  const bob: PeerInfo = {
    peerId: 'bob',
    addresses: { websocket: 'ws://bob-server:8080' },
    state: PeerState.DISCONNECTED,
    lastSeen: Date.now(),
  }
  await coordinator.connectToPeer(bob)
  await coordinator.sendTo('bob', {
    type: 'greeting',
    from: 'alice',
    payload: { text: 'Hello Bob!' },
    timestamp: Date.now(),
    messageId: 'msg-001',
  })
  expect((await got).payload).toEqual({ text: 'Hello Bob!' })

  await coordinator.announceResource(
    'coinjoin-round',
    'round-xyz',
    {
      denomination: 100000000, // 1.0 XPI
      minParticipants: 5,
      status: 'waiting',
    },
    { ttl: 1800 }, // 30 minutes
  )
  const rounds = await coordinator.discoverResources('coinjoin-round', {
    status: 'waiting',
  })
  console.log('Available rounds:', rounds)
  expect(rounds.map(({ resourceId }) => resourceId)).toEqual(['round-xyz'])
  const found = await server.discoverResources('coinjoin-round', { status: 'waiting' })
  expect(found.map(({ creatorPeerId }) => creatorPeerId)).toEqual(['alice'])
})

it('PeerManager and PeerConnection alone', async () => {
  const { server, address, hosts } = await serverNamed('bob')
  const got: unknown[] = []
  server.on('message', ({ payload }) => got.push(payload))
  const peerId = 'bob'
  const peerInfo: PeerInfo = { peerId, addresses: { websocket: address }, state: PeerState.DISCONNECTED, lastSeen: 0 }
  const message = { type: 'note', payload: 'one' }

  const peerManager = kept(new PeerManager({ peerId: 'carol', plugins: [hosts] }))
  await peerManager.connect(peerInfo)
  await peerManager.sendTo(peerId, message)
  await peerManager.broadcast(message)
  const stats = peerManager.getStats()
  expect(stats).toMatchObject({ connectedPeers: 1, dialled: 1 })
  await vi.waitFor(() => expect(got).toEqual(['one', 'one']))
  await peerManager.disconnect(peerId)
  expect(peerManager.getConnectedPeers()).toEqual([])

  const events: unknown[] = []
  const transport = new WebSocketTransport()
  const connection = new PeerConnection(peerInfo, transport)
  closing.push(() => connection.close())
  connection.on('connected', () => {})
  connection.on('disconnected', () => {})
  connection.on('connected', ({ peerId }) => events.push(peerId))
  connection.on('message', ({ payload }) => events.push(payload))
  connection.on('disconnected', (_, { code }) => events.push(code))
  await connection.connect(address)
  await connection.send(message)
  await server.sendTo(connection.peerId, { type: 'note', payload: 'two' })
  await vi.waitFor(() => expect(events).toEqual(['bob', 'two']))
  connection.close()
  await vi.waitFor(() => expect(events).toEqual(['bob', 'two', 'SHUT_DOWN']))
})

it('DistributedHashTable, ResourceDiscovery and P2PProtocol alone', async () => {
  const peerId = 'me'
  const dht = new DistributedHashTable(peerId)
  kept(dht)
  const discovery = new ResourceDiscovery(dht, peerId)
  await dht.announce({
    key: 'my-resource',
    value: { data: 'resource data' },
    publisherId: peerId,
    ttl: 3600,
    publishedAt: Date.now(),
  })
  const result = await dht.get('my-resource')
  expect(result?.value).toEqual({ data: 'resource data' })
  await dht.announce({ key: 'prefix-1', value: { type: 'session' } })
  await dht.announce({ key: 'prefix-2', value: { type: 'offer' } })
  const results = await dht.query({
    key: 'prefix-*',
    filters: { type: 'session' },
    maxResults: 10,
  })
  expect(results.map(({ key }) => key)).toEqual(['prefix-1'])

  await discovery.announceResource(
    'session', // resource type
    'session-123', // resource ID
    { data: 'session data' },
    { ttl: 3600 },
  )
  await discovery.announceResource('session', 'session-124', { status: 'active' })
  const resources = await discovery.discoverResources('session', {
    status: 'active',
  })
  expect(resources.map(({ resourceId }) => resourceId)).toEqual(['session-124'])
  const resource = await discovery.getResource('session', 'session-123')
  expect(resource?.data).toEqual({ data: 'session data' })

  const protocol = new P2PProtocol()
  const message = protocol.createMessage('t', { a: 1 }, peerId)
  expect(protocol.deserialize(protocol.serialize(message))).toEqual(message)
  expect([protocol.validateMessage(message), protocol.validateMessageSize(message)]).toEqual([true, true])
})

it('Best Practices: errors, reconnection and cleanup', async () => {
  const { hosts } = await serverNamed('bob')
  const coordinator = kept(new P2PCoordinator({ peerId: 'alice' }))
  await coordinator.use(hosts)
  coordinator.on('error', (error, peer) => {
    console.error('P2P error:', error)
    expect(peer).toBeUndefined()
  })
  const handleMessage = (message: P2PMessage) => expect(message).toBeDefined()
  const handleConnection = (peer: PeerInfo) => expect(peer).toBeDefined()
  coordinator.on('message', handleMessage)
  coordinator.on('connected', handleConnection)
  const back = new Promise<void>((resolve) => {
    coordinator.on('disconnected', async (peer) => {
      // Optionally reconnect
      await coordinator.connectToPeer(peer)
      resolve()
    })
  })
  await coordinator.connectToPeer('ws://bob-server:8080')
  await coordinator.disconnectFromPeer('bob')
  await back
  expect(coordinator.isConnected('bob')).toBe(true)
  coordinator.cleanup()
  const type = 'session'
  const id = 's1'
  const data = { open: true }
  await coordinator.announceResource(type, id, data)
  const resources = await coordinator.discoverResources(type)
  expect(resources).toHaveLength(1)
})

/** The API Reference, as types that have to be met. */
interface DocumentedCoordinator {
  get peerId(): string
  registerProtocol(handler: IProtocolHandler): void
  unregisterProtocol(protocolName: string): void
  connectToPeer(peer: PeerInfo): Promise<unknown>
  disconnectFromPeer(peerId: string): Promise<void>
  getConnectedPeers(): PeerInfo[]
  getPeer(peerId: string): PeerInfo | undefined
  isConnected(peerId: string): boolean
  sendTo(peerId: string, message: P2PMessage): Promise<void>
  broadcast(message: P2PMessage): Promise<unknown>
  announceResource<T>(type: string, id: string, data: T, options?: { ttl?: number }): Promise<unknown>
  discoverResources(type: string, filters?: Record<string, string | number>): Promise<ResourceAnnouncement[]>
  getResource(type: string, id: string): Promise<ResourceAnnouncement | null>
  getStats(): { peers: object; dht: object }
  cleanup(): void
  shutdown(): Promise<void>
  on(event: 'connected' | 'disconnected', listener: (peer: PeerInfo) => void): unknown
  on(event: 'message', listener: (message: P2PMessage, from: PeerInfo) => void): unknown
}

interface DocumentedPeerInfo {
  peerId: string
  publicKey?: Uint8Array
  addresses: { webrtc?: RTCSessionDescriptionInit; websocket?: string; http?: string }
  state: PeerState
  lastSeen: number
  metadata?: Record<string, unknown>
}

interface DocumentedMessage<T = unknown> {
  type: string
  from: string
  to?: string
  payload: T
  timestamp: number
  messageId: string
  signature?: Buffer
  protocol?: string
}

interface DocumentedAnnouncement<T = unknown> {
  resourceId: string
  resourceType: string
  creatorPeerId: string
  data: T
  createdAt: number
  expiresAt?: number
  signature?: Buffer
}

it('API Reference: the listed members and shapes', () => {
  const config: P2PConfig = { peerId: 'alice' }
  const coordinator: DocumentedCoordinator = kept(new P2PCoordinator(config))
  const peer: DocumentedPeerInfo = { peerId: 'bob', addresses: {}, state: PeerState.FAILED, lastSeen: 0 }
  const info: PeerInfo = peer
  const documented: DocumentedMessage = { type: 't', from: 'alice', payload: 1, timestamp: 0, messageId: 'm' }
  const message: P2PMessage = documented
  const announcement: DocumentedAnnouncement = {
    resourceId: 'r',
    resourceType: 't',
    creatorPeerId: 'alice',
    data: 1,
    createdAt: 0,
  }
  const resource: ResourceAnnouncement = announcement
  expect([info, message, resource]).toEqual([peer, documented, announcement])
  expect([coordinator.peerId, coordinator.getConnectedPeers(), coordinator.getPeer('bob')]).toEqual(['alice', [], undefined])
  expect(Object.keys(PeerState)).toEqual(['DISCONNECTED', 'CONNECTING', 'CONNECTED', 'DISCONNECTING', 'FAILED'])
})

const document = ['../../shared/design/lotus-lib-p2p.md', '../../../shared/design/lotus-lib-p2p.md']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url))

/** Listings with parts left out, and code that stands in the air, such as the two extensions of the future. */
const SKETCH =
  /\.\.\. ?\}|\{ \/\*|sessionManager|joinRound|extends EventEmitter|this\.validate|message\.protocol =|^interface|SIGINT|setInterval|MyProtocolHandler\(\)/m
const squeezed = (code: string) =>
  code
    .replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'])\/\/.*$/gm, '')
    .replaceAll(/\((\w+)\) =>/g, '$1 =>')
    .replaceAll(/[\s;,]/g, '')

it.runIf(document !== undefined)('every example of the document is in this file, line for line', () => {
  const here = squeezed(readFileSync(new URL(import.meta.url), 'utf8'))
  const examples = [...readFileSync(document!, 'utf8').matchAll(/^ *```typescript\n([\s\S]*?)^ *```$/gm)]
    .map(([, code]) => code!)
    .filter((code) => !SKETCH.test(code))
  expect(examples.length).toBeGreaterThanOrEqual(18)
  const missing = examples.flatMap((code) =>
    code
      .replaceAll(/^import \{[\s\S]*?\} from '.*'$|\/\*[\s\S]*?\*\//gm, '')
      .split('\n')
      // A listener that does nothing with its argument does not compile here.
      .filter((line) => !line.includes('msg => {}') && !here.includes(squeezed(line))),
  )
  expect(missing).toEqual([])
})
