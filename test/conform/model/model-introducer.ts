import type { Anything } from '../../../src/node/conform/wire.js'
import type { ModelChannel } from './model-channel.js'
import { type Message, type ModelHandler, type ModelPeer, Refusal } from './model-peer.js'

const INTRODUCE = 'lotus/introduce'

/** Introductions (N). */
export class ModelIntroducer implements ModelHandler {
  readonly protocols = [INTRODUCE]
  private readonly watches = new Map<ModelChannel, Map<number, Anything>>()

  constructor(private readonly peer: ModelPeer) {}

  handle(channel: ModelChannel, { type, payload }: Message) {
    if (type === 'find') return Promise.resolve({ type: 'found', payload: this.found(channel, payload) })
    const kept = this.watches.get(channel) ?? new Map<number, Anything>()
    this.watches.set(channel, kept)
    if (type === 'watch') {
      if (kept.size >= 64 && !kept.has(payload.watch) && !this.peer.breaks('N-7')) throw new Refusal('LIMIT_EXCEEDED')
      if (!kept.has(payload.watch) || !this.peer.breaks('N-7/first')) kept.set(payload.watch, payload)
      const { peers } = this.found(channel, payload)
      if (peers.length > 0 && !this.peer.breaks('N-6/present')) this.push(channel, payload.watch, peers, [])
      return undefined
    }
    if (type !== 'unwatch') throw new Refusal('INVALID_MESSAGE')
    if (!this.peer.breaks('N-6/unwatch')) kept.delete(payload.watch)
    return undefined
  }

  came(comer: ModelChannel): void {
    if (!this.peer.breaks('N-6')) this.tell(comer, [this.introduced(comer)], [])
  }

  left(channel: ModelChannel): void {
    this.watches.delete(channel)
    if (channel.description !== undefined && !this.peer.breaks('N-6/gone')) this.tell(channel, [], [channel.remoteId])
  }

  private tell(about: ModelChannel, peers: Anything[], gone: string[]): void {
    for (const [channel, queries] of this.watches) {
      for (const [number, query] of queries)
        if (channel !== about && this.fits(about, query)) this.push(channel, number, peers, gone)
    }
  }

  private push(channel: ModelChannel, watch: number, peers: Anything[], gone: string[]): void {
    channel.session!.send({ type: 'peers', protocol: 'lotus/introduce-watch', payload: { watch, peers, gone } })
  }

  private found(asker: ModelChannel, query: Anything) {
    const fitting = [...this.peer.connected.values()].filter((channel) => {
      if (channel.remoteId === asker.remoteId && !this.peer.breaks('N-2')) return false
      return this.fits(channel, query)
    })
    let peers = fitting.map((channel) => this.introduced(channel))
    if (this.peer.breaks('N-3') && query.peerId !== undefined) peers = peers.slice(0, 1)
    if (!this.peer.breaks('N-4')) peers = peers.slice(0, Math.min(100, query.limit ?? 100))
    return { peers }
  }

  private fits({ description, remoteId }: ModelChannel, { protocol, peerId }: Anything): boolean {
    const byProtocol = protocol === undefined || description?.protocols.includes(protocol) === true
    const byId = peerId === undefined || remoteId === peerId || description?.name === peerId
    return this.peer.breaks('N-1') && protocol !== undefined && peerId !== undefined ? byProtocol || byId : byProtocol && byId
  }

  private introduced({ remoteKey, remoteId, description }: ModelChannel) {
    const metadata = description?.metadata
    return {
      peerId: description?.name ?? remoteId,
      publicKey: remoteKey,
      addresses: {},
      protocols: description?.protocols ?? [],
      ...(metadata !== undefined && { metadata }),
      lastSeen: Date.now(),
    }
  }
}
