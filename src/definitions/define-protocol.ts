import { P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { CORE_LIMITS } from '../base/limits/core.js'
import type { WaitOptions } from '../base/wait.js'
import { INTERNAL_PREFIX, type P2PMessage } from '../message/message.js'
import type { BroadcastOptions, BroadcastResult, IProtocolHandler, PacedOptions, ProtocolHost } from '../protocol/handler.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { RateLimit } from '../protocol/rate-limits.js'
import { checkedBy, type InputOf, type OutputOf, type StandardSchema } from './standard-schema.js'

/** The schema of each message type. */
export type MessageSchemas = Record<string, StandardSchema>

/** What a protocol consists of. */
export interface ProtocolDefinition<M extends MessageSchemas> {
  /** 1 to 128 characters. */
  name: string
  messages: M
  /** How much one peer may send of each type. */
  rateLimits?: { readonly [Type in keyof M]?: RateLimit } | undefined
}

type TypeOf<M> = keyof M & string
/** A message of one of the types, with the payload that goes with it. */
export type TypedMessage<M extends MessageSchemas> = {
  [Type in TypeOf<M>]: Omit<P2PMessage<OutputOf<M[Type]>>, 'type'> & { type: Type }
}[TypeOf<M>]
/** Answers the message that is being handled. */
export type TypedReply<M extends MessageSchemas> = <Type extends TypeOf<M>>(
  type: Type,
  payload: InputOf<M[Type]>,
) => Promise<void>
/** What is done with each type; a type without a function is refused with INVALID_MESSAGE. */
export type TypedHandlers<M extends MessageSchemas> = {
  [Type in TypeOf<M>]?: (payload: OutputOf<M[Type]>, from: PeerInfo, reply: TypedReply<M>) => unknown
}

/** Sends messages of one protocol; payloads are checked on both sides. */
export interface TypedProtocolClient<M extends MessageSchemas> {
  /** @throws P2PError as `P2PCoordinator.sendTo`. */
  send<Type extends TypeOf<M>>(peerId: string, type: Type, payload: InputOf<M[Type]>, options?: PacedOptions): Promise<void>
  /** @returns the answer; its `type` tells which payload it has. @throws P2PError as `P2PCoordinator.request`; INVALID_MESSAGE for an answer of another form. */
  request<Type extends TypeOf<M>>(
    peerId: string,
    type: Type,
    payload: InputOf<M[Type]>,
    options?: WaitOptions,
  ): Promise<TypedMessage<M>>
  /** @throws P2PError as `P2PCoordinator.broadcast`. */
  broadcast<Type extends TypeOf<M>>(type: Type, payload: InputOf<M[Type]>, options?: BroadcastOptions): Promise<BroadcastResult>
}

/** What a typed protocol needs of a coordinator. */
export interface ProtocolWallet extends Pick<ProtocolHost, 'sendTo' | 'reply' | 'request' | 'broadcast'> {
  registerProtocol(handler: IProtocolHandler): void
  unregisterProtocol(protocolName: string): void
}

/** A protocol whose messages have schemas; for `wallet.handle` and `wallet.for`. */
export interface TypedProtocol<M extends MessageSchemas> {
  readonly name: string
  handle(wallet: ProtocolWallet, handlers: TypedHandlers<M>): Unsubscribe
  client(wallet: ProtocolWallet): TypedProtocolClient<M>
}

/**
 * Describes a protocol by a schema for each of its messages. Any validator of Standard Schema does.
 *
 * @throws P2PError INVALID_CONFIG for a name that is none.
 * @example
 * const shop = defineProtocol({ name: 'shop', messages: { order: orderSchema, receipt: receiptSchema } })
 * wallet.handle(shop, {
 *   async order(order, from, reply) {
 *     await reply('receipt', { total: order.amount * 5n })
 *   },
 * })
 * const answer = await wallet.for(shop).request(peerId, 'order', { amount: 3n })
 * if (answer.type === 'receipt') console.log(answer.payload.total)
 */
export function defineProtocol<const M extends MessageSchemas>(definition: ProtocolDefinition<M>): TypedProtocol<M> {
  const { name, messages, rateLimits } = definition
  if (typeof name !== 'string' || name === '' || name.startsWith(INTERNAL_PREFIX)) {
    throw new P2PError('INVALID_CONFIG', `A protocol needs a name that does not begin with ${INTERNAL_PREFIX}.`)
  }
  const check = async (type: string, payload: unknown) => {
    const schema = Object.hasOwn(messages, type) ? messages[type] : undefined
    if (schema === undefined) throw new P2PError('INVALID_MESSAGE', `${name} has no messages of type ${type.slice(0, 32)}.`)
    return checkedBy(schema, payload, `The payload of ${type}`, 'INVALID_MESSAGE')
  }
  /** The message as it was given: what the schema makes of it is for the other side. */
  const made = async (type: string, payload: unknown) => {
    await check(type, payload)
    return { type, payload, protocol: name }
  }
  return {
    name,
    handle(wallet, handlers) {
      const functions = handlers as Record<string, ((...args: unknown[]) => unknown) | undefined>
      wallet.registerProtocol({
        protocolName: name,
        ...(rateLimits && {
          rateLimits: { messagesPerS: CORE_LIMITS.protocolMessagesPerS, types: rateLimits as Record<string, RateLimit> },
        }),
        async handleMessage(message, from) {
          const payload = await check(message.type, message.payload)
          if (functions[message.type] === undefined) {
            throw new P2PError('INVALID_MESSAGE', `${name} takes no messages of type ${message.type} here.`)
          }
          const reply = async (type: string, answer: unknown) => wallet.reply(message, await made(type, answer))
          await functions[message.type]!(payload, from, reply)
        },
      })
      return () => wallet.unregisterProtocol(name)
    },
    client: (wallet) => ({
      send: async (peerId, type, payload, options) => wallet.sendTo(peerId, await made(type, payload), options),
      async request(peerId, type, payload, options) {
        const answer = await wallet.request(peerId, await made(type, payload), options)
        return { ...answer, payload: await check(answer.type, answer.payload) } as unknown as TypedMessage<M>
      },
      broadcast: async (type, payload, options) => wallet.broadcast(await made(type, payload), options),
    }),
  }
}
