import { asP2PError, P2PError } from '../base/errors.js'
import { randomId } from '../base/random.js'
import { coreOf } from '../core/core.js'
import type { PluginKit } from '../core/plugin.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import type { IProtocolHandler } from '../protocol/handler.js'
import { type PeerInfo, PeerState } from '../protocol/peer-info.js'

/** Somebody without a connection, as the handlers of this process see it. */
export interface OwnCaller {
  readonly peerId: string
  /**
   * @returns type and payload of the answer.
   * @throws P2PError PROTOCOL_NOT_SUPPORTED; HANDLER_FAILED where the handler gives none; or what it throws.
   */
  ask(protocol: string, type: string, payload: unknown): Promise<OutgoingMessage>
  /** Says something that is not answered; a refusal is not told. */
  tell(protocol: string, type: string, payload: unknown): void
  /** The handlers learn that it is gone. */
  close(): void
}

/**
 * Asks the protocol handlers of this process what a peer would ask them: an anonymous caller is served by the same code as everybody, with
 * the same checks, and in nobody's name. Each caller is a peer of its own that is not connected, so that none shares a budget or a
 * reputation with another.
 */
export class OwnHandlers {
  private readonly waiting = new WeakMap<P2PMessage, (answer: OutgoingMessage) => void>()
  /** Callers that hear what handlers send them, by their ids. */
  private readonly callers = new Map<string, (message: OutgoingMessage) => void>()

  constructor(private readonly kit: PluginKit) {
    const { messaging } = coreOf(kit)
    const reply = messaging.reply.bind(messaging)
    const send = messaging.send.bind(messaging)
    // Handlers answer through the core, which would look for a connection of the asker.
    messaging.reply = async (request, message) => {
      const settle = this.waiting.get(request)
      if (settle === undefined) return reply(request, message)
      settle(message)
    }
    messaging.send = (peerId, message, options) => {
      const receive = this.callers.get(peerId)
      if (receive === undefined) return send(peerId, message, options)
      receive(message)
      return undefined
    }
  }

  /** Whether there is a handler of this protocol. */
  has(protocol: string): boolean {
    return coreOf(this.kit).router.handlers.has(protocol)
  }

  /**
   * As `OwnCaller.ask`, of a caller that has one question.
   *
   * @param publicKey in whose name it asks, 32 bytes. Default: the relay's.
   */
  async ask(protocol: string, type: string, payload: unknown, publicKey?: Uint8Array): Promise<OutgoingMessage> {
    return this.askAs(this.stranger(publicKey), protocol, type, payload)
  }

  /** A caller that stays for a while. @param receive is given what handlers send it, beside answers. */
  caller(receive: (message: OutgoingMessage) => void): OwnCaller {
    const from = this.stranger()
    const { peerId } = from
    this.callers.set(peerId, receive)
    const spoken = new Set<IProtocolHandler>()
    const ask = async (protocol: string, type: string, payload: unknown) => {
      spoken.add(this.handlerOf(protocol))
      return this.askAs(from, protocol, type, payload)
    }
    return {
      peerId,
      ask,
      tell: (protocol, type, payload) => {
        const handler = this.handlerOf(protocol)
        spoken.add(handler)
        handler.handleMessage(this.messageOf(from, protocol, type, payload), from).catch(() => {})
      },
      close: () => {
        this.callers.delete(peerId)
        const reason = new P2PError('CONNECTION_CLOSED', 'The caller is gone.')
        for (const handler of spoken) handler.onPeerDisconnected?.(from, reason).catch(() => {})
      },
    }
  }

  private askAs(from: PeerInfo, protocol: string, type: string, payload: unknown): Promise<OutgoingMessage> {
    const handler = this.handlerOf(protocol)
    const message = this.messageOf(from, protocol, type, payload)
    return new Promise((resolve, reject) => {
      this.waiting.set(message, (answer) => {
        this.waiting.delete(message)
        resolve(answer)
      })
      const failed = (cause: unknown) => reject(asP2PError(cause, 'HANDLER_FAILED', 'The relay could not serve this.'))
      handler.handleMessage(message, from).then(() => failed(new Error('It gave no answer.')), failed)
    })
  }

  /** @throws P2PError PROTOCOL_NOT_SUPPORTED. */
  private handlerOf(protocol: string): IProtocolHandler {
    const handler = coreOf(this.kit).router.handlers.get(protocol)
    if (handler !== undefined) return handler
    throw new P2PError('PROTOCOL_NOT_SUPPORTED', `This relay has no protocol "${protocol}".`, { details: { protocol } })
  }

  private stranger(publicKey = this.kit.publicKey): PeerInfo {
    const { kit } = this
    const peerId = `onion:${randomId(kit.random)}`
    return { peerId, publicKey, addresses: {}, state: PeerState.CONNECTED, lastSeen: kit.clock.now() }
  }

  private messageOf({ peerId }: PeerInfo, protocol: string, type: string, payload: unknown): P2PMessage {
    const { clock, random } = this.kit
    return { type, from: peerId, payload, timestamp: clock.now(), messageId: randomId(random), protocol }
  }
}
