import { compareBytes } from '../../base/bytes.js'
import { P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { encodePeerId, isPeerId } from '../../identity/peer-id.js'
import { asSent, encode } from '../../message/codec.js'
import type { P2PMessage } from '../../message/message.js'
import { array, custom, int, object, parsed, present, unknownType } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import { copyPeerInfo, type PeerInfo, serves } from '../../protocol/peer-info.js'
import { INTRODUCE, INTRODUCE_WATCH, type Introduced, merge, type PeerQuery, readPeers } from './find-peers.js'

/** `'removed'`: the peer has left the relays that told of it, or fits the query no longer. */
export type PeerChange = 'added' | 'updated' | 'removed'
export type PeerWatchListener = (peer: PeerInfo, change: PeerChange) => void

/** `peers`: what is new since the last one. */
export const peersShape = /* @__PURE__ */ (() =>
  object({ watch: int(1), peers: array(present), gone: array(custom<string>(isPeerId)) }))()

interface Watch {
  query: PeerQuery
  listener: PeerWatchListener
  /** What each introducer tells at present, by `lp1…` id. */
  readonly told: Map<string, Map<string, Introduced>>
  /** What the listener knows, by `lp1…` id. */
  readonly shown: Map<string, { info: PeerInfo; bytes: Uint8Array }>
}

/** Watches for peers, at every introducer that is connected: what several of them tell of one peer is told once. */
export class PeerWatches implements IProtocolHandler {
  readonly protocolName = INTRODUCE_WATCH
  readonly use = 'passing'
  readonly asks = INTRODUCE
  private readonly watches = new LazyMap<number, Watch>()
  private lastId = 0

  constructor(
    private readonly protocolHost: ProtocolHost,
    private readonly limits: Limits,
  ) {}

  /** @throws P2PError LIMIT_EXCEEDED, UNSERIALIZABLE_PAYLOAD. */
  add(given: PeerQuery, listener: PeerWatchListener): Unsubscribe {
    const { maxPeerWatches } = this.limits
    if (this.watches.size >= maxPeerWatches) {
      throw new P2PError('LIMIT_EXCEEDED', `A relay keeps ${maxPeerWatches} watches for peers. End some.`, {
        details: { limit: 'maxPeerWatches' },
      })
    }
    const query = asSent(given, this.limits)
    const id = ++this.lastId
    this.watches.set(id, { query, listener, told: new Map(), shown: new Map() })
    const peers = () => this.protocolHost.peers()
    for (const peer of peers()) this.say(peer, 'watch', { watch: id, ...query })
    return () => {
      if (this.watches.delete(id)) for (const peer of peers()) this.say(peer, 'unwatch', { watch: id })
    }
  }

  async handleMessage({ type, payload, ...rest }: P2PMessage, from: PeerInfo): Promise<void> {
    if (type !== 'peers') throw unknownType({ type, payload, ...rest })
    const { watch: id, peers, gone } = parsed(peersShape, payload, 'News of peers')
    const watch = this.watches.get(id)
    // It has ended meanwhile; or a peer pushes that nobody has asked.
    if (watch === undefined || !serves(from, INTRODUCE)) return
    const { limits } = this
    const told = watch.told.get(from.peerId) ?? new Map<string, Introduced>()
    watch.told.set(from.peerId, told)
    for (const key of gone) if (told.delete(key)) this.show(watch, key)
    for (const peer of readPeers(peers, this.protocolHost, watch.query, limits)) {
      const key = encodePeerId(peer.info.publicKey!)
      // An honest introducer tells of no more at once.
      if (told.size >= limits.maxIntroductions && !told.has(key)) continue
      told.set(key, peer)
      this.show(watch, key)
    }
  }

  async onPeerConnected(peer: PeerInfo): Promise<void> {
    for (const [id, { query }] of this.watches) this.say(peer, 'watch', { watch: id, ...query })
  }

  async onPeerDisconnected({ peerId }: PeerInfo): Promise<void> {
    for (const watch of this.watches.values()) {
      const told = watch.told.get(peerId)
      watch.told.delete(peerId)
      for (const key of told?.keys() ?? []) this.show(watch, key)
    }
  }

  private say(peer: PeerInfo, type: string, payload: object): void {
    if (serves(peer, INTRODUCE)) this.protocolHost.sendTo(peer.peerId, { type, payload, protocol: INTRODUCE }).catch(() => {})
  }

  /** Tells the listener what it does not know of a peer. */
  private show({ told, shown, listener }: Watch, key: string): void {
    const found = new Map<string, PeerInfo>()
    for (const [introducer, peers] of told) {
      const peer = peers.get(key)
      // One key is one peer, whatever name it had when each introducer heard of it.
      if (peer !== undefined) merge(found, peer, introducer, this.limits)
    }
    const before = shown.get(key)
    const [info] = found.values()
    if (info === undefined) {
      if (shown.delete(key)) listener(copyPeerInfo(before!.info), 'removed')
      return
    }
    const { lastSeen: _, ...lasting } = info
    const bytes = encode(lasting, this.limits)
    shown.set(key, { info, bytes })
    const known = this.protocolHost.peer(key)
    if (before === undefined || compareBytes(before.bytes, bytes) !== 0) {
      listener(copyPeerInfo(known ?? info), before === undefined ? 'added' : 'updated')
    }
  }
}
