import { P2PError } from '../base/errors.js'
import { greediest } from '../base/greediest.js'
import type { OnionHopLimits } from '../base/limits/onion-hop.js'
import { JoinedSignal } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import { MAIL_PROTOCOL } from '../mail/messages.js'
import { encode } from '../message/codec.js'
import { array, bytes, custom, int, object, oneOf, parsed, present, type Shape, text, tuple } from '../message/shape.js'
import { callerKeyOf } from '../onion/mail-courier.js'
import {
  type ExitAction,
  MAX_ONION_MESSAGE_BYTES,
  ONION_PROTOCOL,
  readAnonymous,
  readAnonymousAnswer,
} from '../onion/messages.js'
import { INTRODUCE } from '../plugins/circuit/find-peers.js'
import { CIRCUIT_HOP } from '../plugins/circuit/frames.js'
import { DHT_PROTOCOL } from '../plugins/dht/client/dht-messages.js'
import { dhtOf } from '../plugins/dht/client/plugin.js'
import { TOPICS_PROTOCOL } from '../plugins/topics/topic-messages.js'
import type { ExitStreams } from './exit-streams.js'
import type { OwnHandlers } from './own-handlers.js'

/** What an exit does for a caller. @returns the result, which travels as MessagePack. @throws P2PError. */
export type ExitHandler = (args: unknown, about: { messageId: Uint8Array; signal: AbortSignal }) => Promise<unknown>

const questionShape = /* @__PURE__ */ (() => tuple(oneOf('find-record', 'introduce'), present))()
const oneShape = /* @__PURE__ */ (() => tuple(present))()
const objectShape: Shape<Record<string, unknown>> = /* @__PURE__ */ custom((value) => {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
})
const letterShape = /* @__PURE__ */ (() => tuple(text(1, 128), bytes(), int(1, 60_000)))()
const pageShape = /* @__PURE__ */ (() => object({ records: array(present) }))()

/** Of the actions that may be under way, the part that letters may be: they wait for answers of people. */
const LETTER_PART = 4

/** Bytes of an answer that the exit can send. @internal */
export const MAX_ANSWER_BYTES = MAX_ONION_MESSAGE_BYTES

/** Protocols that serve peers, and so callers through the onion; an exit offers what it has. */
const SERVED_BY: Partial<Record<ExitAction, string>> = {
  find: DHT_PROTOCOL,
  store: DHT_PROTOCOL,
  publish: TOPICS_PROTOCOL,
  deposit: MAIL_PROTOCOL,
  take: MAIL_PROTOCOL,
  circuit: CIRCUIT_HOP,
}

/** What this relay can do for callers through the onion. */
export function exitActions(
  kit: PluginKit,
  own: OwnHandlers,
  limits: OnionHopLimits,
  streams: ExitStreams,
): Map<ExitAction, ExitHandler> {
  const { verifier } = dhtOf(kit)
  const letters = new Map<string, Set<JoinedSignal>>()
  const ask = async (protocol: string, type: string, payload: unknown): Promise<unknown> => {
    return (await own.ask(protocol, type, payload)).payload
  }
  const mail =
    (type: 'deposit' | 'take'): ExitHandler =>
    async (args, { messageId }) => {
      const [payload] = parsed(oneShape, args, 'A request for mail')
      // Budgets are for a key, and the caller has none but this: who asks much has done work for each message.
      const caller = callerKeyOf(kit.network, messageId)
      // Refusals go as they are: that a mailbox wants work is nothing that the exit wants.
      const answer = await own.ask(MAIL_PROTOCOL, type, payload, caller)
      return [answer.type, answer.payload]
    }
  const all: [ExitAction, ExitHandler][] = [
    ['ping', async () => []],
    [
      'find',
      async (args) => {
        const [question, payload] = parsed(questionShape, args, 'A question')
        if (question === 'introduce') return ask(INTRODUCE, 'find', payload)
        const request = parsed(objectShape, payload, 'A question')
        return fitting(await ask(DHT_PROTOCOL, 'find-record', { ...request, walk: true }), (record) => {
          const { key, publisher } = verifier.read(record)
          return [key, publisher]
        })
      },
    ],
    [
      'store',
      async (args) => {
        const [payload] = parsed(oneShape, args, 'A record')
        return ask(DHT_PROTOCOL, 'store', { ...parsed(objectShape, payload, 'A record'), walk: true })
      },
    ],
    [
      'publish',
      async (args) => {
        const [message] = parsed(oneShape, args, 'A topic message')
        return ask(TOPICS_PROTOCOL, 'publish', message)
      },
    ],
    ['deposit', mail('deposit')],
    ['take', mail('take')],
    ['letter', (args, { signal }) => letterFor(kit, args, limits, signal, letters)],
    [
      'circuit',
      async (args, { messageId }) => {
        await streams.open(args, messageId)
        return []
      },
    ],
  ]
  return new Map(
    all.filter(([action]) => {
      const protocol = SERVED_BY[action]
      return protocol === undefined || own.has(protocol)
    }),
  )
}

/**
 * Gives an anonymous letter to a peer that is connected here, and brings back what the peer answers. A peer that is slow, or is written to by
 * many, holds up no letters for others.
 *
 * @param under letters under way, by peer, the oldest first.
 */
async function letterFor(
  kit: PluginKit,
  args: unknown,
  limits: OnionHopLimits,
  signal: AbortSignal,
  under: Map<string, Set<JoinedSignal>>,
): Promise<Uint8Array> {
  const [peerId, letter, waitMs] = parsed(letterShape, args, 'A letter')
  const peer = kit.peer(peerId)
  if (peer === undefined || peer.protocols?.includes(ONION_PROTOCOL) !== true) {
    throw new P2PError('PEER_NOT_FOUND', 'This peer is not connected here, or takes no anonymous letters.')
  }
  const payload = readAnonymous([kit.random.bytes(16), letter])
  const timeoutMs = Math.min(waitMs, limits.maxOnionLetterWaitMs)
  const own = under.get(peer.peerId) ?? new Set()
  if (own.size >= limits.maxOnionLettersPerPeer) throw busy()
  let all = 0
  for (const { size } of under.values()) all += size
  if (all >= limits.maxOnionActions / LETTER_PART) {
    const most = under.get(greediest(under, own.size) ?? '')
    if (most === undefined) throw busy()
    const [oldest] = most
    most.delete(oldest!)
    oldest!.abort(busy())
  }
  const joined = new JoinedSignal(signal)
  under.set(peer.peerId, own.add(joined))
  try {
    const message = { type: 'anonymous', payload, protocol: ONION_PROTOCOL }
    return readAnonymousAnswer((await kit.request(peer.peerId, message, { signal: joined.signal, timeoutMs })).payload)
  } finally {
    joined.release()
    own.delete(joined)
    if (own.size === 0 && under.get(peer.peerId) === own) under.delete(peer.peerId)
  }
}

function busy(): P2PError {
  return new P2PError('RATE_LIMITED', 'Too many letters wait for answers of peers here.', { details: { retryAfterMs: 1_000 } })
}

/**
 * As much of a page of records as fits the answer. Records come in the order of their places, so that a caller who goes on behind the last
 * one misses nothing.
 */
function fitting(answer: unknown, placeOf: (record: unknown) => [key: string, publisher: string]): unknown {
  if (encode(answer).length <= MAX_ANSWER_BYTES) return answer
  const { records } = parsed(pageShape, answer, 'A page of records')
  let bytes = encode({ ...(answer as object), records: [] }).length + 1_024
  let count = 0
  for (const record of records) {
    bytes += encode(record).length
    if (bytes > MAX_ANSWER_BYTES) break
    count++
  }
  if (count === 0) throw new P2PError('MESSAGE_TOO_LARGE', 'One record is too large for an answer through the onion.')
  return { ...(answer as object), records: records.slice(0, count), more: true, after: placeOf(records[count - 1]) }
}
