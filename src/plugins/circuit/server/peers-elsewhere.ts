import type { RelayBackplane } from '../../../backplane/backplane.js'
import { BACKPLANE_LIMITS } from '../../../backplane/limits.js'
import { BoundedMap } from '../../../base/bounded-map.js'
import type { Unsubscribe } from '../../../base/events.js'
import { encodePeerId } from '../../../identity/peer-id.js'
import { decode, encode } from '../../../message/codec.js'
import { array, bytes, object, optional, parsed, present, record, text } from '../../../message/shape.js'
import { type PeerInfo, PeerState } from '../../../protocol/peer-info.js'

/** What is told of a peer to whoever is introduced to it; the rest of it goes on as it is. */
const entryShape = /* @__PURE__ */ (() =>
  object({
    peerId: text(1, 128),
    publicKey: bytes(32),
    protocols: array(text(1, 128)),
    metadata: optional(record(present)),
  }))()

interface Elsewhere {
  readonly nodeId: string
  readonly info: PeerInfo
  /** As its own process describes it. */
  readonly entry: unknown
}

interface Wiring {
  readonly backplane: RelayBackplane
  /** Whether anybody here watches for peers: else nothing is kept of those of others. */
  isWatching(): boolean
  changed(peer: PeerInfo): void
}

/** The peers of the other processes of a relay, for those who watch for peers here: each process tells all others which come, change and go. */
export class PeersElsewhere {
  /** By `lp1…` id. */
  private readonly peers: BoundedMap<string, Elsewhere>
  private readonly stops: Unsubscribe[]

  constructor(private readonly wiring: Wiring) {
    const { backplane } = wiring
    this.peers = new BoundedMap(BACKPLANE_LIMITS.maxRemoteParties)
    this.stops = [
      backplane.receive('peer', (body, { nodeId }) => this.arrived(body, nodeId)),
      backplane.receive('peer-gone', (body, { nodeId }) => this.left(new TextDecoder().decode(body), nodeId)),
      backplane.on('node-gone', (nodeId) => this.nodeGone(nodeId)),
    ]
  }

  get(peerId: string): PeerInfo | undefined {
    return this.peers.get(peerId)?.info
  }

  /** What is told of a peer; undefined for one that is not at another process. */
  entryOf(peer: PeerInfo): unknown {
    const known = this.peers.get(peer.peerId)
    return known?.info === peer ? known.entry : undefined
  }

  all(): PeerInfo[] {
    return [...this.peers.values()].map(({ info }) => info)
  }

  /** Tells the others of a peer of ours. @param entry undefined: it is gone. */
  tell(key: string, entry: unknown): void {
    const { backplane } = this.wiring
    if (entry === undefined) backplane.toAll('peer-gone', new TextEncoder().encode(key))
    else backplane.toAll('peer', encode(entry))
  }

  /** Another process has told of a peer. @throws P2PError MALFORMED_DATA. */
  add(told: unknown, nodeId: string): void {
    const { publicKey, protocols, metadata } = parsed(entryShape, told, 'A peer of another process')
    const entry = told as { peerId: string; lastSeen: number }
    const id = encodePeerId(publicKey)
    const info: PeerInfo = {
      peerId: id,
      ...(entry.peerId !== id && { name: entry.peerId }),
      publicKey,
      addresses: {},
      state: PeerState.CONNECTED,
      lastSeen: entry.lastSeen,
      protocols,
      ...(metadata !== undefined && { metadata }),
      connection: { transport: 'another-process', direct: true, since: 0, outbound: false },
    }
    this.peers.set(id, { nodeId, info, entry })
    this.wiring.changed(info)
  }

  /** Nobody watches any more. */
  clear(): void {
    this.peers.clear()
  }

  close(): void {
    for (const stop of this.stops) stop()
    this.clear()
  }

  private arrived(body: Uint8Array, nodeId: string): void {
    if (this.wiring.isWatching()) this.add(decode(body), nodeId)
  }

  private left(key: string, nodeId: string): void {
    const known = this.peers.get(key)
    // It may have come to another process before it was missed at this one.
    if (known?.nodeId !== nodeId) return
    this.peers.delete(key)
    this.wiring.changed(known.info)
  }

  private nodeGone(gone: string): void {
    for (const [key, { nodeId }] of [...this.peers]) if (nodeId === gone) this.left(key, gone)
  }
}
