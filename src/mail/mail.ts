import { hexOf } from '../base/bytes.js'
import { asP2PError, isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { withDeadline } from '../base/wait.js'
import { needsPlugin } from '../core/plugins.js'
import type { Queue } from '../core/queue.js'
import { encodePeerId } from '../identity/peer-id.js'
import { decode, encode } from '../message/codec.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import { openState } from '../plugins/persistence/state-format.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { type Contact, Contacts } from './contacts.js'
import { type Courier, ownCourier } from './courier.js'
import { Depositor } from './depositor.js'
import { type MailHost, takesMail } from './host.js'
import type { LetterExtras, OpenedLetter } from './letter.js'
import { Mailboxes, type MailboxInfo } from './mailboxes.js'
import { MAIL_PROTOCOL, readMailPush } from './messages.js'
import { Outgoing } from './outgoing.js'
import type { MailEntry, MailEntryState } from './outgoing-entry.js'
import { readDirect, readMessageIds, readToldCard } from './peer-messages.js'
import { Prekeys } from './prekeys.js'
import { Receipts } from './receipts.js'
import { Receiver, type ReceiverStats } from './receiver.js'
import type { MailRecovery } from './recovery.js'
import { Sender } from './sender.js'
import { MailState } from './state.js'

/** How a mailbox is kept; each option may be left out. */
export interface MailboxOptions {
  /** Addresses of the relays that keep our mail. Default: relays that are connected, of different operators. */
  relays?: readonly string[] | undefined
  /** How many mailboxes, 1 to 3. Default 2: one may go. */
  count?: number | undefined
  /** What strangers show for a letter: bits of proof of work, 0 to 24; false: none may write. Default `{ bits: 20 }`. */
  strangers?: { bits: number } | false | undefined
  /** The largest letter: 0 to 4 for 1, 4, 16, 64 or 256 KiB. Default 4. */
  max?: number | undefined
  /** Whether receipts are sent: that the handlers of a message are through, not that somebody has read it. Default true. */
  receipts?: boolean | undefined
  /** Whether anybody may find our card. False: those alone whom we write to have it, and who are given it by `card()`. Default true. */
  publish?: boolean | undefined
  /**
   * What letters outlive a lost store by: `mailRecovery(secret)`. Whoever learns the secret later can open what relays have kept: there is
   * no forward secrecy then. Default: none.
   */
  recoverable?: MailRecovery | undefined
  /** What wakes this device, at most 1,024 characters: relays hand it to `onMail` of `startRelay`. */
  wake?: string | undefined
  /**
   * The key by which what mail keeps is sealed at rest: a `CryptoKey` of AES-GCM or 32 bytes; false: it is not sealed. Default: in
   * browsers a key that no script can read, kept in IndexedDB; elsewhere false.
   */
  sealStore?: CryptoKey | Uint8Array | false | undefined
}

/** Options with nothing left open. */
export interface MailSettings {
  readonly relays: readonly string[] | undefined
  readonly count: number
  readonly bits: number | null
  readonly max: number
  readonly receipts: boolean
  readonly publish: boolean
  readonly recovery: MailRecovery | undefined
  readonly wake: string | undefined
}

/** A message of ours that is not done with. */
export interface WaitingMail {
  messageId: string
  peerId: string
  state: MailEntryState
  /** Milliseconds since the Unix epoch. */
  expiresAt: number
}

/** What `getStats` tells of mail. */
export interface MailStats extends ReceiverStats {
  /** Messages of ours that wait, are on their way, or lie in mailboxes. */
  outgoing: number
  /** Mailboxes of ours, and those of them that are open. */
  boxes: number
  open: number
  /** Ids by which what was delivered is known again. */
  seen: number
}

/** Mail of one coordinator: what it sends to those who are away, and what waits for it. */
export class Mail {
  /** @internal */
  readonly outgoing: Outgoing
  /** Ways to mailboxes beside our own connections, which plugins add, by the name of the function that makes the plugin. @internal */
  readonly couriers = new Map<string, (recipient: Uint8Array) => Promise<Courier>>()
  private readonly state: MailState
  private readonly prekeys: Prekeys
  private readonly contacts: Contacts
  private readonly mailboxes: Mailboxes
  private readonly receiver: Receiver
  private readonly sender: Sender
  private readonly receipts: Receipts
  private isLoaded = false

  /** @internal */
  constructor(
    private readonly host: MailHost,
    limits: Required<Limits>,
    store: KeyValueStore,
    private readonly settings: MailSettings,
    { before, isKept }: { before: Queue | undefined; isKept: boolean },
  ) {
    const { kit } = host
    const state = new MailState(store, kit.random, (error) => kit.report(error))
    this.state = state
    const { clock, random, identity, network } = kit
    this.prekeys = new Prekeys({ clock, random, limits, identity, network, state, recovery: settings.recovery })
    this.contacts = new Contacts(host, limits, state, (contact) => void this.sender.cardChanged(contact))
    this.outgoing = new Outgoing({
      host,
      limits,
      state,
      isKept,
      before,
      checkWay: (via) => void this.courierBy(via),
      go: (peerId) => this.sender.go(peerId),
      onAdded: (entry) => void this.befriend(entry),
    })
    const own = ownCourier(host)
    this.sender = new Sender({
      host,
      limits,
      outgoing: this.outgoing,
      contacts: this.contacts,
      depositor: new Depositor(host, limits),
      courier: async (recipient, via) => (via === undefined ? own : this.courierBy(via)(recipient)),
      extras: (contact, entry) => this.extrasFor(contact, entry),
    })
    this.receipts = new Receipts(host, limits, this.outgoing)
    this.receiver = new Receiver({
      host,
      limits,
      state,
      prekeys: this.prekeys,
      readSince: () => this.mailboxes.readSince,
      onExtras: (sender, extras) => void this.learn(sender, extras),
      onHandled: (sender, messageId) => {
        if (settings.receipts) this.receipts.add(sender, messageId)
      },
      onReceipts: (sender, ids) => void this.sender.receipts(sender, ids),
    })
    this.mailboxes = new Mailboxes({
      host,
      courier: own,
      limits,
      state,
      prekeys: this.prekeys,
      ...settings,
      onLetter: (link, placed) => this.receiver.letter(link, placed),
      onCard: () => this.tellFriends(),
    })
  }

  /** Our mailboxes. */
  boxes(): MailboxInfo[] {
    return this.mailboxes.list()
  }

  /** Our card, for `addCard` of others: MessagePack of a signed record; undefined while no relay has granted a mailbox. */
  card(): Uint8Array | undefined {
    return this.mailboxes.card?.slice()
  }

  /**
   * Takes in the card of a peer, as its `card()` gives it.
   *
   * @returns the peer's id.
   * @throws P2PError MALFORMED_DATA, INVALID_RECORD, INVALID_SIGNATURE.
   */
  async addCard(record: Uint8Array): Promise<string> {
    const contact = await this.contacts.learn(record)
    return encodePeerId(contact!.key)
  }

  /**
   * A peer may leave letters without work no more: our access key is another from here on. To refuse all that it sends, ban it as well.
   *
   * @throws P2PError INVALID_PEER_ID, STORAGE_FAILED.
   */
  async block(peerId: string): Promise<void> {
    const key = await this.host.keyOf(this.host.targetOf(peerId))
    const contact = key && this.contacts.get(key)
    if (contact !== undefined) {
      contact.isFriend = false
      await this.state.write(this.contacts.changeOf(contact))
    }
    await this.state.renewAccess()
    await this.mailboxes.renew()
    this.tellFriends()
  }

  /** Messages of ours that are not done with, in order. */
  waiting(): WaitingMail[] {
    return [...this.outgoing.entries()]
      .filter(({ message, state }) => message.protocol !== MAIL_PROTOCOL && state !== 'new')
      .map(({ message: { messageId }, peerId, state, expiresAt }) => ({ messageId, peerId, state, expiresAt }) as WaitingMail)
  }

  /** Takes back a message that has not left yet; false where it has, or there is none. Its outcome is 'expired'. */
  cancel(messageId: string): boolean {
    return this.outgoing.cancel(messageId)
  }

  /** Gives up our mailboxes: relays delete them, and what is in them, at once. @throws P2PError STORAGE_FAILED. */
  close(): Promise<void> {
    return this.mailboxes.close()
  }

  /**
   * @internal Opens a letter to our newest prekeys that has not come through a mailbox.
   * @throws P2PError DECRYPT_FAILED, HANDSHAKE_FAILED, MALFORMED_DATA, LIMIT_EXCEEDED, INVALID_SIGNATURE.
   */
  openLetter(letter: Uint8Array): Promise<OpenedLetter> {
    return this.receiver.opened(letter)
  }

  /** @internal */
  get stats(): MailStats {
    const boxes = this.mailboxes.list()
    return {
      ...this.receiver.stats,
      outgoing: this.outgoing.stats.messages,
      boxes: boxes.length,
      open: boxes.filter(({ isOpen }) => isOpen).length,
      seen: this.receiver.seen.size,
    }
  }

  /** @internal Reads the store, which is ours from here on. */
  async lead(): Promise<void> {
    const { kit } = this.host
    try {
      const { state } = this
      await openState(kit.store)
      for (const part of [state, this.prekeys, this.contacts, this.outgoing, this.receiver, this.mailboxes]) await part.load()
      const { bad } = state
      await this.prekeys.rotate()
      this.isLoaded = true
      if (bad > 0) kit.report(new P2PError('STORAGE_FAILED', `${bad} entries of the store could not be read; see bad/ in it.`))
      this.outgoing.resume()
    } catch (error) {
      if (isP2PError(error, 'STORE_TOO_NEW')) throw error
      kit.report(asP2PError(error, 'STORAGE_FAILED', 'The mail in P2PConfig.store could not be read.'))
      this.outgoing.resume(true)
    }
  }

  /** @internal */
  start(): void {
    if (!this.isLoaded) return
    this.sender.start()
    this.sender.goAll()
    this.mailboxes.start().catch((error) => this.host.kit.report(error as Error))
  }

  /** @internal The store may be another process's from here on. */
  suspend(): void {
    this.isLoaded = false
    // Those by letter are in the store, and leave with the next process at the latest.
    void this.receipts.flush()
    this.outgoing.suspend()
    this.sender.stop()
    this.rest()
  }

  /** @internal The coordinator ends. Receipts that are due leave before its connections do. */
  end(): void {
    const { clock, limits } = this.host.kit
    const last = this.receipts.flush()
    this.rest()
    if (last === undefined) this.sender.stop()
    else
      this.outgoing.leaving = withDeadline(clock, 'Closing', { timeoutMs: limits.closeGraceMs }, () => last)
        .catch(() => {})
        .finally(() => this.sender.stop())
  }

  private rest(): void {
    this.receiver.stop()
    this.mailboxes.suspend()
  }

  /** @internal */
  connected(peer: PeerInfo): void {
    const { peerId, publicKey } = peer
    if (publicKey === undefined || !this.isLoaded) return
    this.mailboxes.connected(encodePeerId(publicKey))
    this.sender.connected(peerId)
    if (peerId !== encodePeerId(publicKey)) this.sender.connected(encodePeerId(publicKey))
    if (takesMail(peer)) void this.tellCard(peerId, publicKey)
    if (peer.isRelay) this.sender.goAll()
  }

  /** @internal A peer speaks other protocols than before. */
  described({ peerId, publicKey, isRelay }: PeerInfo): void {
    if (publicKey !== undefined && this.isLoaded) this.mailboxes.connected(encodePeerId(publicKey))
    if (isRelay) this.sender.goAll()
    else this.sender.go(peerId)
  }

  /** @internal */
  disconnected({ peerId, publicKey }: PeerInfo): void {
    if (publicKey !== undefined) {
      this.mailboxes.disconnected(encodePeerId(publicKey))
      this.receiver.left(publicKey)
    }
    this.sender.disconnected(peerId)
  }

  /** @internal Handlers have come or gone. */
  heard(): void {
    this.receiver.hear()
  }

  /** @internal A message of `lotus/mail`. @throws P2PError MALFORMED_DATA, INVALID_MESSAGE, and as `Receiver.direct`. */
  async handle(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { kit } = this.host
    const key = from.publicKey!
    const { type, payload } = message
    switch (type) {
      case 'letter': {
        const link = this.mailboxes.at(encodePeerId(key))
        // What was under way when the mailbox was closed.
        if (link !== undefined) void this.receiver.letter(link, readMailPush(payload))
        return
      }
      case 'direct': {
        const [n, body] = readDirect(payload)
        await this.receiver.direct(key, n, body)
        await kit.reply(message, { type: 'kept', payload: null }).catch(() => {})
        return
      }
      case 'status': {
        const had = readMessageIds(payload).map((id) => this.receiver.hasHad(key, id))
        await kit.reply(message, { type: 'had', payload: had }).catch(() => {})
        return
      }
      case 'receipt':
        return this.sender.receipts(key, readMessageIds(payload))
      case 'card': {
        const { record, access } = readToldCard(payload)
        const contact = await this.contacts.learn(record, key)
        if (contact !== undefined) this.takeAccess(contact, access)
        return
      }
      default:
        throw unknownType(message)
    }
  }

  /** @throws P2PError INVALID_CONFIG. */
  private courierBy(via: string): (recipient: Uint8Array) => Promise<Courier> {
    const courier = this.couriers.get(via)
    if (courier === undefined) throw needsPlugin('This way of sendTo', via)
    return courier
  }

  private async learn(sender: Uint8Array, { access, card }: LetterExtras): Promise<void> {
    try {
      if (card !== undefined) await this.contacts.learn(encode(card), sender)
    } catch {
      // A card that has expired on its way; the letter counts all the same.
    }
    this.takeAccess(this.contacts.of(sender), access)
  }

  private takeAccess(contact: Contact, access: Uint8Array | undefined): void {
    if (access === undefined || (contact.access !== undefined && hexOf(contact.access) === hexOf(access))) return
    contact.access = access
    this.contacts.keep(contact)
  }

  /** Whom we write to may write to us without work. */
  private async befriend({ peerId, message }: MailEntry): Promise<void> {
    const key = message.protocol === MAIL_PROTOCOL ? undefined : await this.host.keyOf(peerId)
    const contact = key && this.contacts.of(key)
    if (contact === undefined || contact.isFriend) return
    contact.isFriend = true
    this.contacts.keep(contact)
    const peer = this.host.kit.peer(peerId)
    if (takesMail(peer)) await this.tellCard(peerId, key!)
  }

  private extrasFor(contact: Contact, { message }: MailEntry): LetterExtras {
    if (message.protocol === MAIL_PROTOCOL) return { receipt: false }
    const { card, cardAt } = this.mailboxes
    if (card === undefined) return {}
    const { access } = this.state
    if (contact.toldAt === cardAt) return { access }
    contact.toldAt = cardAt
    this.contacts.keep(contact)
    return { access, card: decode(card) as NonNullable<LetterExtras['card']> }
  }

  private tellFriends(): void {
    for (const peer of this.host.kit.peers()) {
      const { peerId, publicKey } = peer
      if (publicKey !== undefined && takesMail(peer)) void this.tellCard(peerId, publicKey)
    }
  }

  /** Connected peers have each other's cards, and contacts the access key. */
  private async tellCard(peerId: string, key: Uint8Array): Promise<void> {
    const { card } = this.mailboxes
    const contact = this.contacts.get(key)
    const isFriend = contact?.isFriend === true
    if (card === undefined || !(this.settings.publish || isFriend)) return
    const payload = { record: card, ...(isFriend && { access: this.state.access }) }
    await this.host.kit.sendTo(peerId, { type: 'card', payload, protocol: MAIL_PROTOCOL }).catch(() => {})
  }
}
