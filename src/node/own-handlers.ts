import { asP2PError, P2PError } from '../base/errors.js'
import { randomId } from '../base/random.js'
import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import { type PeerInfo, PeerState } from '../protocol/peer-info.js'

/**
 * Asks the protocol handlers of this process what a peer would ask them: an anonymous caller is served by the same code as everybody, with
 * the same checks, and in nobody's name. Each question comes from a peer of its own that is not connected, so that no budget and no
 * reputation is shared.
 */
export class OwnHandlers {
  private readonly waiting = new WeakMap<P2PMessage, (answer: OutgoingMessage) => void>()

  constructor(private readonly kit: PluginKit) {
    const { messaging } = coreOf(kit)
    const reply = messaging.reply.bind(messaging)
    // Handlers answer through the core, which would look for a connection of the asker.
    messaging.reply = async (request, message) => {
      const settle = this.waiting.get(request)
      if (settle === undefined) return reply(request, message)
      settle(message)
    }
  }

  /** Whether there is a handler of this protocol. */
  has(protocol: string): boolean {
    return coreOf(this.kit).router.handlers.has(protocol)
  }

  /**
   * @returns type and payload of the answer.
   * @throws P2PError PROTOCOL_NOT_SUPPORTED; HANDLER_FAILED where the handler gives none; or what it throws.
   */
  async ask(protocol: string, type: string, payload: unknown): Promise<OutgoingMessage> {
    const { kit } = this
    const handler = coreOf(kit).router.handlers.get(protocol)
    if (handler === undefined) {
      throw new P2PError('PROTOCOL_NOT_SUPPORTED', `This relay has no protocol "${protocol}".`, { details: { protocol } })
    }
    const peerId = `onion:${randomId(kit.random)}`
    const now = kit.clock.now()
    const from: PeerInfo = { peerId, publicKey: kit.publicKey, addresses: {}, state: PeerState.CONNECTED, lastSeen: now }
    const message: P2PMessage = { type, from: peerId, payload, timestamp: now, messageId: randomId(kit.random), protocol }
    return new Promise((resolve, reject) => {
      this.waiting.set(message, (answer) => {
        this.waiting.delete(message)
        resolve(answer)
      })
      const failed = (cause: unknown) => reject(asP2PError(cause, 'HANDLER_FAILED', 'The relay could not serve this.'))
      Promise.resolve(handler.handleMessage(message, from)).then(() => failed(new Error('It gave no answer.')), failed)
    })
  }
}
