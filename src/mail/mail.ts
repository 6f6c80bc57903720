import { asP2PError, isP2PError, P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { withDeadline } from '../base/wait.js'
import { needsPlugin } from '../core/plugins.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import { openState } from '../plugins/persistence/state-format.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { Contacts } from './contacts.js'
import { type Courier, ownCourier } from './courier.js'
import { type MailHost, takesMail } from './host.js'
import type { OpenedLetter } from './letter.js'
import type { MailSettings, MailStats, WaitingMail } from './mail-options.js'
import { Mailboxes, type MailboxInfo } from './mailboxes.js'
import { MAIL_PROTOCOL, readMailPush } from './messages.js'
import { Outgoing, type OutgoingAbout } from './outgoing.js'
import { readDirect, readMessageIds, readToldCard } from './peer-messages.js'
import { Prekeys } from './prekeys.js'
import { Receipts } from './receipts.js'
import { Receiver } from './receiver.js'
import { Sender } from './sender.js'
import { MailState } from './state.js'

/** Mail of one coordinator: what it sends to those who are away, and what waits for it. */
export class Mail {
  /** @internal */
  readonly outgoing: Outgoing
  /** Ways to mailboxes beside our own connections, which plugins add, by the name of the function that makes the plugin. @internal */
  readonly couriers = new Map<string | undefined, (recipient: Uint8Array) => Promise<Courier>>([
    [undefined, async () => ownCourier(this.host)],
  ])
  /** @internal */
  readonly state: MailState
  /** @internal */
  readonly prekeys: Prekeys
  /** @internal */
  readonly contacts: Contacts
  /** @internal */
  readonly mailboxes: Mailboxes
  /** @internal */
  readonly receiver: Receiver
  /** @internal */
  readonly sender: Sender
  /** @internal */
  readonly receipts: Receipts
  private isLoaded = false

  /** @internal */
  constructor(
    /** @internal */
    readonly host: MailHost,
    /** @internal */
    readonly limits: Required<Limits>,
    store: KeyValueStore,
    /** @internal */
    readonly settings: MailSettings,
    about: OutgoingAbout,
  ) {
    const { kit } = host
    this.state = new MailState(store, kit.random, (error) => kit.report(error))
    this.prekeys = new Prekeys(this)
    this.contacts = new Contacts(this)
    this.outgoing = new Outgoing(this, about)
    this.sender = new Sender(this)
    this.receipts = new Receipts(this)
    this.receiver = new Receiver(this)
    this.mailboxes = new Mailboxes(this)
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
    this.contacts.tellFriends()
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
    if (takesMail(peer)) void this.contacts.tellCard(peerId, publicKey)
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
    this.receiver.hearing.hear()
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
        if (contact !== undefined) this.contacts.takeAccess(contact, access)
        return
      }
      default:
        throw unknownType(message)
    }
  }

  /** @internal As whom letters are deposited; undefined: under our own name. @throws P2PError INVALID_CONFIG. */
  courierBy(via: string | undefined): (recipient: Uint8Array) => Promise<Courier> {
    const courier = this.couriers.get(via)
    if (courier === undefined) throw needsPlugin('This way of sendTo', via!)
    return courier
  }
}
