import type { RelayBackplane } from '../../backplane/backplane.js'
import type { Unsubscribe } from '../../base/events.js'
import type { Plugin } from '../../core/plugin.js'
import { decode, encode } from '../../message/codec.js'
import type { OutgoingMessage, P2PMessage } from '../../message/message.js'
import { object, oneOf, parsed, present } from '../../message/shape.js'
import { DHT_PROTOCOL } from '../../plugins/dht/client/dht-messages.js'
import { TOPICS_PROTOCOL } from '../../plugins/topics/topic-messages.js'
import type { Topics } from '../../plugins/topics/topics.js'
import type { ProtocolHost } from '../../protocol/handler.js'
import { type PeerInfo, PeerState } from '../../protocol/peer-info.js'

/** No id of a peer begins so: see `isOfOneRelay`. */
const PREFIX = '\nprocess '
/** What a router says to a router; a request would be answered, and none of these is. */
const messageShape = /* @__PURE__ */ (() =>
  object({ type: oneOf('message', 'past', 'want', 'unwant', 'have', 'graft', 'prune'), payload: present }))()

/**
 * Topics over all processes of a relay: to the router of one process each other one is a neighbouring router. So interest, the tree, and what was
 * seen already are those that relays have between them, and a message goes to the processes that want it.
 */
export function sharedTopics(backplane: RelayBackplane): Plugin {
  return {
    name: 'shared-topics',
    needs: ['topics'],
    attach(kit) {
      const { topics } = kit.plugin('topics') as { topics: Topics }
      const sharing = new TopicSharing(backplane, topics, kit)
      // Before any peer is there: from here on other processes are peers too.
      topics.onRegister(sharing.host)
      kit.onLifecycle({ start: () => sharing.begin(), stop: () => sharing.close() })
      return {}
    },
  }
}

class TopicSharing {
  readonly host: ProtocolHost
  private readonly known = new Set<string>()
  private stops: Unsubscribe[] = []

  constructor(
    private readonly backplane: RelayBackplane,
    private readonly topics: Topics,
    own: ProtocolHost,
  ) {
    const { network, clock, random, store, logger, reply, broadcast, peers, peer, blame } = own
    const isProcess = (peerId: string) => peerId.startsWith(PREFIX)
    this.host = {
      peerId: own.peerId,
      network,
      clock,
      random,
      store,
      logger,
      reply,
      broadcast,
      peers,
      peer,
      blame,
      sendTo: async (peerId, message, options) => {
        if (isProcess(peerId)) this.send(peerId, message)
        else await own.sendTo(peerId, message, options)
      },
      request: async <T>(peerId: string, message: OutgoingMessage, options?: Parameters<ProtocolHost['request']>[2]) => {
        if (!isProcess(peerId)) return own.request<T>(peerId, message, options)
        // A relay that publishes itself learns from its own peers alone who listens.
        this.send(peerId, { ...message, type: 'message' })
        return { payload: { subscribers: 0 } } as P2PMessage<T>
      },
      // Another process has checked what it passes on, and is not to be punished: this one checks the signature all the same.
      check: (peerId, work) => (isProcess(peerId) ? work() : own.check(peerId, work)),
      reject: (peerId, error) => {
        if (!isProcess(peerId)) own.reject(peerId, error)
      },
    }
  }

  begin(): void {
    const { backplane } = this
    this.close()
    this.stops = [
      backplane.receive('topic', (bytes, { nodeId }) => this.arrived(bytes, nodeId)),
      backplane.receive('topics', (_, { nodeId }) => this.meet(nodeId)),
      backplane.on('node-joined', (nodeId) => this.meet(nodeId)),
      backplane.on('node-gone', (nodeId) => this.lose(nodeId)),
      backplane.on('up', () => this.meetAll()),
    ]
    this.meetAll()
  }

  close(): void {
    for (const stop of this.stops) stop()
    this.stops = []
  }

  /** What was told meanwhile, in either direction, may be lost: all tell each other all. */
  private meetAll(): void {
    const { backplane } = this
    for (const { nodeId } of backplane.nodes()) if (nodeId !== backplane.nodeId) this.meet(nodeId)
    backplane.toAll('topics', new Uint8Array(0))
  }

  private meet(nodeId: string): void {
    this.lose(nodeId)
    this.known.add(nodeId)
    void this.topics.onPeerConnected(this.peerOf(nodeId))
  }

  private lose(nodeId: string): void {
    if (this.known.delete(nodeId)) void this.topics.onPeerDisconnected(this.peerOf(nodeId))
  }

  private send(peerId: string, { type, payload }: OutgoingMessage): void {
    this.backplane.toNode(peerId.slice(PREFIX.length), 'topic', encode({ type, payload }))
  }

  /** @throws P2PError MALFORMED_DATA. */
  private arrived(bytes: Uint8Array, nodeId: string): void {
    if (!this.known.has(nodeId)) this.meet(nodeId)
    const { type, payload } = parsed(messageShape, decode(bytes), 'A message of topics')
    const from = this.peerOf(nodeId)
    const message: P2PMessage = { type, payload, protocol: TOPICS_PROTOCOL, from: from.peerId, messageId: '', timestamp: 0 }
    // What cannot be read is dropped, and counted there.
    this.topics.handleMessage(message, from).catch(() => {})
  }

  private peerOf(nodeId: string): PeerInfo {
    return {
      peerId: PREFIX + nodeId,
      addresses: {},
      state: PeerState.CONNECTED,
      lastSeen: 0,
      protocols: [TOPICS_PROTOCOL, DHT_PROTOCOL],
      connection: { transport: 'another-process', direct: true, since: 0, outbound: true, chosen: true },
    }
  }
}
