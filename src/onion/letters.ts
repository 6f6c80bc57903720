import { codeOf, isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { type Random, randomId } from '../base/random.js'
import { printable } from '../base/text.js'
import type { WaitOptions } from '../base/wait.js'
import type { Identity } from '../identity/identity.js'
import { canonicalId, decodePeerId, encodePeerId } from '../identity/peer-id.js'
import { letterIdOf } from '../mail/box.js'
import { type Card, cardKeyOf, readCard } from '../mail/card.js'
import { generateKeyPair } from '../mail/hpke.js'
import { PrekeyKind, sealLetter } from '../mail/letter.js'
import { encode } from '../message/codec.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import { checkMessage, decodeMessage, toWire } from '../message/p2p-protocol.js'
import type { HashTable } from '../plugins/dht/client/hash-table.js'
import { PeerRecords } from '../plugins/discovery/peer-records.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { CORE_PROTOCOL } from '../protocol/pending-requests.js'
import { openAnswer } from './anonymous-answer.js'
import type { Asker } from './asker.js'
import { readAnonymousAnswer } from './messages.js'
import type { OnionProfile } from './profile.js'

/** Bytes of the largest letter that goes through the onion. */
const MAX_LETTER_BYTES = 16_384
/** How long the peer may take to answer where the caller does not say. */
const ANSWER_MS = 20_000
const MAX_WAIT_MS = 60_000
/** Relays of one peer that are tried. */
const MAX_PEER_RELAYS = 3
/** Dates in anonymous messages, milliseconds: a finer one would tell which clock it is. */
export const DATE_STEP_MS = 60_000

export interface AnonymousRequestOptions extends WaitOptions {
  profile?: OnionProfile | undefined
  /** How long the peer's handler may take, milliseconds, at most 60,000. Default 20,000. */
  handlerMs?: number | undefined
}

/** What letters work with. */
export interface LettersOptions {
  asker: Asker
  /** Records that are found through the onion. */
  table: HashTable
  /** With which limits cards are read: they live longer than other records. */
  limits: Limits
  random: Random
  identity: Identity
  network: string
  /** Rounded; see `DATE_STEP_MS`. */
  now: () => number
  allowPrivate: boolean
}

/** Asks peers by letters that are sealed to their cards: the exit that brings them reads neither question nor answer. */
export class Letters {
  private readonly records: PeerRecords
  private readonly cards = new Map<string, Card>()

  constructor(private readonly options: LettersOptions) {
    const { table, allowPrivate } = options
    this.records = new PeerRecords(table, () => ({ addresses: [], relays: [], protocols: [] }), { allowPrivate })
  }

  /** What a peer publishes of itself; undefined where it publishes nothing. @throws P2PError as `Asker.ask`. */
  async resolve(peerId: string, wait: WaitOptions): Promise<PeerInfo | undefined> {
    return (await this.records.resolve(canonicalId(peerId), wait))[0]
  }

  /**
   * Asks a peer.
   *
   * @throws P2PError PEER_NOT_FOUND where it has no card, or no exit reaches it; MESSAGE_TOO_LARGE; what the peer refuses with; and as
   * `Asker.ask`.
   */
  async request(peerId: string, message: OutgoingMessage, options: AnonymousRequestOptions): Promise<P2PMessage> {
    const { asker, limits, random, identity, network, now } = this.options
    const { signal, timeoutMs, profile, handlerMs = ANSWER_MS } = options
    const id = canonicalId(peerId)
    const recipient = decodePeerId(id)
    const wait = { signal, timeoutMs }
    const whole: P2PMessage = {
      type: message.type,
      from: encodePeerId(identity.publicKey),
      payload: message.payload,
      timestamp: now(),
      messageId: randomId(random),
      ...(message.protocol !== undefined && { protocol: message.protocol }),
    }
    checkMessage(whole, limits)
    const body = encode(toWire(whole, undefined, undefined), limits)
    const [card, peer] = await Promise.all([this.cardOf(recipient, wait), this.resolve(id, wait).catch(() => undefined)])
    const [prekeyId, key] = card.prekey
    const reply = generateKeyPair()
    const extras = { receipt: false as const, reply: reply.publicKey }
    const prekey = { kind: PrekeyKind.SIGNED, id: prekeyId, key }
    const letter = await sealLetter(recipient, prekey, { n: 0, body, sentAt: now(), extras }, { identity, network })
    if (letter.length > MAX_LETTER_BYTES) {
      throw new P2PError('MESSAGE_TOO_LARGE', 'An anonymous message has at most 16,000 bytes. Split it.', {
        details: { bytes: letter.length, maxBytes: MAX_LETTER_BYTES },
      })
    }
    const { result } = await this.brought(id, peer, (exits) =>
      asker.ask({
        action: 'letter',
        args: [id, letter, Math.min(MAX_WAIT_MS, handlerMs)],
        waitMs: Math.min(MAX_WAIT_MS, handlerMs),
        answerBytes: 4_096,
        exits,
        profile,
        ...wait,
      }),
    )
    const plain = openAnswer(reply, letterIdOf(letter), readAnonymousAnswer(result))
    const answer = decodeMessage(plain, limits, { remote: id, local: whole.from })
    if (answer.protocol === CORE_PROTOCOL) throw refusalOf(answer, id)
    return answer
  }

  /** Tries the relays of a peer, and any exit where none of them is one. */
  private async brought<T>(
    peerId: string,
    peer: PeerInfo | undefined,
    ask: (exits: ReadonlySet<string> | undefined) => Promise<T>,
  ): Promise<T> {
    const relays = (peer?.addresses.relays ?? []).slice(0, MAX_PEER_RELAYS).map((relay) => relay.split('#').at(-1)!)
    let failure: unknown
    for (const exits of [...relays.map((relay) => new Set([relay])), undefined]) {
      try {
        return await ask(exits)
      } catch (error) {
        failure = error
        const isElsewhere = isP2PError(error, 'ONION_EXIT_REFUSED') && error.details.reason === 'PEER_NOT_FOUND'
        if (!isElsewhere && !isP2PError(error, 'ONION_NO_PATH')) throw error
      }
    }
    throw new P2PError('PEER_NOT_FOUND', 'No exit of the onion reaches this peer. It may be away; leave it mail.', {
      details: { peerId },
      cause: failure,
    })
  }

  private async cardOf(owner: Uint8Array, wait: WaitOptions): Promise<Card> {
    const key = cardKeyOf(owner)
    const known = this.cards.get(key)
    if (known !== undefined) return known
    const peerId = encodePeerId(owner)
    const record = await this.options.table.get(key, { ...wait, publisherId: peerId })
    if (record === null) {
      throw new P2PError('PEER_NOT_FOUND', 'This peer has published no card, and so takes no anonymous messages.', {
        details: { peerId },
      })
    }
    const card = readCard(record)
    if (this.cards.size >= 64) this.cards.clear()
    this.cards.set(key, card)
    return card
  }
}

function refusalOf({ payload }: P2PMessage, peerId: string): P2PError {
  const { code, message } = (payload ?? {}) as Record<string, unknown>
  const sentence = typeof message === 'string' ? printable(message, 512) : 'The peer could not answer.'
  return new P2PError(codeOf(code, 'HANDLER_FAILED'), sentence, { details: { peerId, byPeer: true } })
}
