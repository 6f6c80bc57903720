import { BoundedMap } from '../base/bounded-map.js'
import { equalBytes, hexOf } from '../base/bytes.js'
import type { WaitOptions } from '../base/wait.js'
import { encodePeerId } from '../identity/peer-id.js'
import { decode, encode } from '../message/codec.js'
import { boolean, bytes, object, text, tuple, union } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import type { StoreChange } from '../storage/key-value-store.js'
import { ACCESS_BYTES } from './box.js'
import { type Card, isNewer, nil, readCard } from './card.js'
import { asked } from './courier.js'
import { takesMail } from './host.js'
import type { LetterExtras } from './letter.js'
import { count, MAIL_PROTOCOL } from './messages.js'
import type { MailEntry } from './outgoing-entry.js'
import type { MailParts } from './parts.js'

const PREFIX = 'mail/contact/'
/** How long one relay is asked for a card. */
const ASK_MS = 10_000

const cardEntry = /* @__PURE__ */ (() =>
  object({ key: text(1, 128), value: (value: unknown) => value, publisherKey: bytes(32), publishedAt: count, sequence: count }))()
const contactShape = /* @__PURE__ */ (() =>
  tuple(bytes(32), union(cardEntry, nil), union(bytes(ACCESS_BYTES), nil), boolean(), count))()

/** What is known of somebody whom we have written to, or who has written to us. */
export interface Contact {
  /** Ed25519 key, 32 bytes. */
  readonly key: Uint8Array
  card: Card | undefined
  /** What the contact has given us to write to it without work, 16 bytes. */
  access: Uint8Array | undefined
  /** Whether we write to it: then it is given our access key. */
  isFriend: boolean
  /** `publishedAt` of the last card of ours that it was given; 0: none. */
  toldAt: number
}

/** The others that they work with. */
export interface ContactsParts extends MailParts {
  readonly mailboxes: OwnCard
  readonly sender: CardReader
}

/** Our card. */
interface OwnCard {
  readonly card: Uint8Array | undefined
  /** When it was published, milliseconds since the Unix epoch. */
  readonly cardAt: number
}

/** Who is told that a newer card of somebody has come. */
interface CardReader {
  cardChanged(contact: Contact): Promise<void>
}

/** The cards of others, the longest unused forgotten, and who was told of ours. */
export class Contacts {
  private readonly known: BoundedMap<string, Contact>

  constructor(private readonly parts: ContactsParts) {
    const { limits, state } = parts
    this.known = new BoundedMap(limits.maxMailContacts, (_, contact) =>
      state.writeSoon({ key: this.nameOf(contact), delete: true }),
    )
  }

  async load(): Promise<void> {
    this.known.clear()
    const found = await this.parts.state.read(
      PREFIX,
      contactShape,
      ([key, card, access, isFriend, toldAt]): Contact => ({
        key,
        card: card === null ? undefined : readCard(card),
        access: access ?? undefined,
        isFriend,
        toldAt,
      }),
    )
    for (const contact of found) this.known.set(hexOf(contact.key), contact)
  }

  get(key: Uint8Array): Contact | undefined {
    return this.known.get(hexOf(key))
  }

  /** What is known of the holder of a key, from here on at least its key. */
  of(key: Uint8Array): Contact {
    const make = (): Contact => ({ key: key.slice(), card: undefined, access: undefined, isFriend: false, toldAt: 0 })
    return this.known.use(hexOf(key), make)
  }

  changeOf(contact: Contact): StoreChange {
    const { key, card, access, isFriend, toldAt } = contact
    return {
      key: this.nameOf(contact),
      value: stateOf(key, card === undefined ? null : entryOf(card), access ?? null, isFriend, toldAt),
    }
  }

  keep(contact: Contact): void {
    this.parts.state.writeSoon(this.changeOf(contact))
  }

  /**
   * Takes in a card that a peer, a relay or the application has brought, unless a newer one is known.
   *
   * @param record MessagePack of the signed record.
   * @param owner whose it has to be; undefined: anybody's.
   * @throws P2PError MALFORMED_DATA, INVALID_RECORD, INVALID_SIGNATURE.
   */
  async learn(record: Uint8Array, owner?: Uint8Array): Promise<Contact | undefined> {
    const card = readCard(await this.parts.host.verifyCard(record))
    if (owner !== undefined && hexOf(card.owner) !== hexOf(owner)) return undefined
    return this.take(card)
  }

  take(card: Card): Contact {
    const contact = this.of(card.owner)
    if (isNewer(card, contact.card)) {
      contact.card = card
      this.keep(contact)
      void this.parts.sender.cardChanged(contact)
    }
    return contact
  }

  /**
   * The newest card of a peer: the one that is known where that is young, else the newest that the DHT and the connected relays have.
   *
   * @param isStale the card that is known has turned out to be old.
   */
  async find(key: Uint8Array, wait: WaitOptions, isStale = false): Promise<Contact> {
    const contact = this.of(key)
    const { card } = contact
    const now = this.parts.host.kit.clock.now()
    if (card !== undefined && !isStale && now - card.publishedAt < this.parts.limits.cardAgeMs) return contact
    const lookups = [this.lookUp(key, wait), ...this.parts.host.relays().map(({ peerId }) => this.ask(peerId, key, wait))]
    await Promise.allSettled(lookups)
    return this.of(key)
  }

  private async lookUp(key: Uint8Array, wait: WaitOptions): Promise<void> {
    const record = await this.parts.host.findCard(key, wait)
    if (record !== undefined) this.take(readCard(record))
  }

  private async ask(relayId: string, key: Uint8Array, wait: WaitOptions): Promise<void> {
    const { record } = await asked(
      this.parts.host.kit,
      relayId,
      'card',
      { peerId: encodePeerId(key) },
      { ...wait, timeoutMs: ASK_MS },
    )
    if (record !== undefined) await this.learn(record, key)
  }

  /** A letter's sender has shown its access key, or its card. */
  async hear(sender: Uint8Array, { access, card }: LetterExtras): Promise<void> {
    // Of a card that has expired on its way, the letter counts all the same.
    if (card !== undefined) await this.learn(encode(card), sender).catch(() => {})
    this.takeAccess(this.of(sender), access)
  }

  /** A contact has given us what we write to it by. */
  takeAccess(contact: Contact, access: Uint8Array | undefined): void {
    if (access === undefined || (contact.access !== undefined && equalBytes(contact.access, access))) return
    contact.access = access
    this.keep(contact)
  }

  /** Whom we write to may write to us without work. */
  async befriend({ peerId, message }: MailEntry): Promise<void> {
    const { host } = this.parts
    const key = message.protocol === MAIL_PROTOCOL ? undefined : await host.keyOf(peerId)
    const contact = key && this.of(key)
    if (contact === undefined || contact.isFriend) return
    contact.isFriend = true
    this.keep(contact)
    if (takesMail(host.kit.peer(peerId))) await this.tellCard(peerId, key!)
  }

  /** What a letter to a contact tells beside its message. */
  extrasFor(contact: Contact, { message }: MailEntry): LetterExtras {
    const { mailboxes, state } = this.parts
    if (message.protocol === MAIL_PROTOCOL) return { receipt: false }
    const { card, cardAt } = mailboxes
    if (card === undefined) return {}
    const { access } = state
    if (contact.toldAt === cardAt) return { access }
    contact.toldAt = cardAt
    this.keep(contact)
    return { access, card: decode(card) as NonNullable<LetterExtras['card']> }
  }

  /** Our card, or our access key, is another. */
  tellFriends(): void {
    for (const peer of this.parts.host.kit.peers()) {
      const { peerId, publicKey } = peer
      if (publicKey !== undefined && takesMail(peer)) void this.tellCard(peerId, publicKey)
    }
  }

  /** Connected peers have each other's cards, and contacts the access key. */
  async tellCard(peerId: string, key: Uint8Array): Promise<void> {
    const { host, mailboxes, settings, state } = this.parts
    const { card } = mailboxes
    const isFriend = this.get(key)?.isFriend === true
    if (card === undefined || !(settings.publish || isFriend)) return
    const payload = { record: card, ...(isFriend && { access: state.access }) }
    await host.kit.sendTo(peerId, { type: 'card', payload, protocol: MAIL_PROTOCOL }).catch(() => {})
  }

  private nameOf({ key }: Contact): string {
    return this.parts.state.nameOf(PREFIX, hexOf(key))
  }
}

function entryOf({ owner, publishedAt, sequence, ...value }: Card): object {
  return { key: `mail:${encodePeerId(owner)}`, value, publisherKey: owner, publishedAt, sequence }
}
