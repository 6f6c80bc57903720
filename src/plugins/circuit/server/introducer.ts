import { hexOf } from '../../../base/bytes.js'
import { type Limits, limitsOf } from '../../../base/limits.js'
import type { Random } from '../../../base/random.js'
import { encode } from '../../../message/codec.js'
import type { P2PMessage } from '../../../message/message.js'
import { int, object, optional, parsed, text, unknownType } from '../../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { INTRODUCE, type PeerQuery } from '../find-peers.js'

const queryShape = /* @__PURE__ */ (() =>
  object({
    protocol: optional(text(1, 128)),
    resourceType: optional(text(1, 256)),
    peerId: optional(text(1, 128)),
    limit: optional(int(1)),
  }))()

/** Introduces the peers that are connected to us, other than by a circuit, to each other. */
export class Introducer implements IProtocolHandler {
  readonly protocolName = INTRODUCE
  readonly rateLimits = { messagesPerS: 50, burst: 500 }
  private readonly limits: Limits
  private readonly publishersOf: (resourceType: string) => Iterable<string>
  private readonly canBeCalled: (peer: PeerInfo) => boolean
  private protocolHost: ProtocolHost | undefined

  /**
   * @param options.publishersOf public keys, in lower-case hex, of those who have announced a resource of this type.
   * @param options.canBeCalled whether a peer can be called through us.
   */
  constructor(
    options: {
      limits?: Limits
      publishersOf?: (resourceType: string) => Iterable<string>
      canBeCalled?: (peer: PeerInfo) => boolean
    } = {},
  ) {
    this.canBeCalled = options.canBeCalled ?? (() => false)
    this.limits = options.limits ?? limitsOf()
    this.publishersOf = options.publishersOf ?? (() => [])
  }

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    this.protocolHost = undefined
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    const host = this.protocolHost
    if (host === undefined) return
    if (message.type !== 'find') throw unknownType(message)
    const query = parsed(queryShape, message.payload, 'A query for peers')
    await host.reply(message, { type: 'found', payload: { peers: this.find(host, query, from.peerId) } })
  }

  private find(host: ProtocolHost, { protocol, resourceType, peerId, limit }: PeerQuery, asker: string): unknown[] {
    const publishers = resourceType === undefined ? undefined : new Set(this.publishersOf(resourceType))
    const found = host
      .peers()
      .filter(
        (peer) =>
          peer.peerId !== asker &&
          peer.publicKey !== undefined &&
          peer.connection !== undefined &&
          peer.connection.transport !== 'circuit' &&
          (peerId === undefined || peer.peerId === peerId || peer.name === peerId) &&
          (protocol === undefined || peer.protocols?.includes(protocol) === true) &&
          (publishers === undefined || publishers.has(hexOf(peer.publicKey))),
      )
    // By lot where there are too many: neither the oldest nor the newest has an advantage that could be won by reconnecting.
    const count = Math.min(limit ?? Number.POSITIVE_INFINITY, this.limits.maxIntroductions)
    const answer: unknown[] = []
    let bytes = 0
    for (const peer of found.length > count ? sample(host.random, found, count) : found) {
      const entry = describe(peer, this.canBeCalled(peer))
      bytes += encode(entry, this.limits).length
      if (bytes > this.limits.maxAnswerBytes) break
      answer.push(entry)
    }
    return answer
  }
}

function describe(peer: PeerInfo, reserved: boolean): unknown {
  const { peerId, name = peerId, publicKey, addresses, protocols = [], metadata, lastSeen } = peer
  const { websocket, http } = addresses
  return { peerId: name, publicKey, addresses: { websocket, http }, protocols, metadata, lastSeen, reserved }
}

/** So many of the items by lot (Fisher and Yates). */
function sample<T>(random: Random, items: T[], count: number): T[] {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random.unit() * (items.length - i))
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items.slice(0, count)
}
