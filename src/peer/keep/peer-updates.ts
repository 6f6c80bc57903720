import { P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { checkMetadata, descriptionShapes, type PeerDescription, shareParts } from '../../channel/description.js'
import { encodePeerId } from '../../identity/peer-id.js'
import type { P2PMessage } from '../../message/message.js'
import { object, shaped, unknownType } from '../../message/shape.js'
import type { IProtocolHandler, ProtocolHost } from '../../protocol/handler.js'
import type { PeerInfo } from '../../protocol/peer-info.js'

/** Tells connected peers when our protocols or addresses change after the handshake, and takes theirs. */
export class PeerUpdates implements IProtocolHandler {
  readonly protocolName = 'lotus/peer'
  readonly use = 'upkeep'
  readonly rateLimits = { messagesPerS: 5, burst: 100 }
  private protocolHost: ProtocolHost | undefined
  private announced = false

  constructor(
    private readonly wiring: {
      limits: Limits
      describe: (publicKey: Uint8Array) => PeerDescription
      onUpdate: (peerId: string, description: PeerDescription) => void
    },
  ) {}

  onRegister(host: ProtocolHost): void {
    this.protocolHost = host
  }

  onUnregister(): void {
    this.protocolHost = undefined
  }

  /** Tells all peers what we are now; several changes within a tick go out once. */
  changed(): void {
    if (this.announced || this.protocolHost === undefined) return
    this.announced = true
    queueMicrotask(() => {
      this.announced = false
      for (const { peerId, publicKey } of this.protocolHost?.peers() ?? []) this.tell(peerId, publicKey!)
    })
  }

  /** What we take of one peer has changed. */
  budgetsChanged(publicKey: Uint8Array): void {
    this.tell(encodePeerId(publicKey), publicKey)
  }

  private tell(peerId: string, publicKey: Uint8Array): void {
    const payload = this.wiring.describe(publicKey)
    this.protocolHost?.sendTo(peerId, { type: 'update', payload, protocol: this.protocolName }).catch(() => {})
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    if (message.type !== 'update') throw unknownType(message)
    const description = shaped(object(descriptionShapes(this.wiring.limits)), message.payload)
    if (description === undefined) {
      this.protocolHost?.reject(from.peerId, new P2PError('MALFORMED_DATA', 'The peer sent a malformed description.'))
      return
    }
    checkMetadata(description.metadata, this.wiring.limits)
    this.wiring.onUpdate(from.peerId, shareParts(description))
  }
}
