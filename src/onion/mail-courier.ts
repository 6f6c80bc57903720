import { isP2PError, noRelayError } from '../base/errors.js'
import type { Random } from '../base/random.js'
import { taggedHash } from '../identity/envelope.js'
import { encodePeerId } from '../identity/peer-id.js'
import { cardKeyOf, readCard } from '../mail/card.js'
import type { Courier } from '../mail/courier.js'
import { readMailAnswer } from '../mail/messages.js'
import { parsed, present, text, tuple } from '../message/shape.js'
import { MESSAGE_ID_BYTES } from './exit-messages.js'
import type { Persona } from './persona.js'
import type { OnionProfile } from './profile.js'

/** What an exit answers for a mailbox: type and payload of the mailbox's own answer. */
const answerShape = /* @__PURE__ */ (() => tuple(text(1, 32), present))()

/** As whom an exit asks its mailboxes for a caller, whom it knows by the message alone: 32 bytes. @param messageId 8 bytes. */
export function callerKeyOf(network: string, messageId: Uint8Array): Uint8Array {
  return taggedHash('onion-caller', network, messageId)
}

export interface MailCourierOptions {
  network: string
  random: Random
  profile: OnionProfile
  /** Whether a relay is a hop that asks its own mailboxes for others. */
  serves: (relayId: string) => boolean
  /** Runs under an identity that nobody else knows, which ends with it. */
  as: <T>(run: (persona: Persona) => Promise<T>) => Promise<T>
}

/** Brings a letter to mailboxes through the onion: the relay that keeps it is the exit, and each question goes under an identity of its own. */
export function mailCourier({ network, random, profile, serves, as }: MailCourierOptions): Courier {
  // Work for a prekey is done for the caller.
  const messageId = random.bytes(MESSAGE_ID_BYTES)
  return {
    publicKey: callerKeyOf(network, messageId),
    async reach(relayId) {
      if (!serves(relayId)) throw noRelayError()
    },
    release() {},
    findCard: (owner) =>
      as(async (persona) => {
        const { table } = persona.table('quick')
        const record = await table.get(cardKeyOf(owner), { publisherId: encodePeerId(owner) })
        return record === null ? undefined : readCard(record)
      }),
    ask: (relayId, type, payload) =>
      as(async ({ asker }) => {
        const question = { action: type, args: [payload], profile, exits: new Set([relayId]) }
        try {
          const { result } = await asker.ask({ ...question, messageId: type === 'take' ? messageId : undefined })
          const [answered, content] = parsed(answerShape, result, 'An answer of a mailbox')
          return readMailAnswer(type, { type: answered, payload: content })
        } catch (error) {
          throw isP2PError(error, 'ONION_EXIT_REFUSED') ? error.cause : error
        }
      }),
  }
}
