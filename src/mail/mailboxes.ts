import { operatorOf } from '../address/operator.js'
import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import { Serial } from '../base/serial.js'
import { decodePeerId } from '../identity/peer-id.js'
import { encode } from '../message/codec.js'
import { boolean, bytes, optional, text, tuple, union } from '../message/shape.js'
import { stateOf } from '../plugins/persistence/state-format.js'
import { type CardValue, MAX_CARD_BOXES, nil } from './card.js'
import type { Contacts } from './contacts.js'
import { ownCourier } from './courier.js'
import type { RelayPlace } from './host.js'
import { type KeptBox, MailboxLink } from './mailbox-link.js'
import { count } from './messages.js'
import type { MailParts } from './parts.js'
import type { Prekeys } from './prekeys.js'
import type { Receiver } from './receiver.js'

const PREFIX = 'mail/box/'
/** How often mailboxes are looked for while there are too few, and prekeys and cards looked after. */
const SEARCH_MS = 30_000
const UPKEEP_MS = 3_600_000
/** Changes of the card within so many milliseconds are published once. */
const SETTLE_MS = 50
/** A mailbox is replaced after so many failures in a row, on so many days. */
const FAILURES = 3
const FAILED_DAYS = 2
const DIAL_MS = 20_000

const boxShape = /* @__PURE__ */ (() =>
  tuple(text(1, 128), union(text(1, 512), nil), bytes(32), count, count, count, count, optional(boolean())))()

/** A mailbox of ours. */
export interface MailboxInfo {
  /** The relay's `lp1…` id. */
  relayId: string
  address: string | null
  /** All that it had was read, and what comes is pushed. */
  isOpen: boolean
  /** Its relay has our newest card, for whoever asks. */
  hasCard: boolean
  /** It was replaced, and is read for two weeks more. */
  isGivenUp: boolean
  /** What was in it when it was opened. */
  letters: number
  bytes: number
}

/** The others that they work with. */
export interface MailboxesParts extends MailParts {
  readonly prekeys: Prekeys
  readonly contacts: Contacts
  readonly receiver: Receiver
}

/** Our mailboxes: which relays keep our mail, and the card that says so. */
export class Mailboxes {
  /** Our card, MessagePack of the signed record; undefined while no mailbox was granted. */
  card: Uint8Array | undefined
  /** When the card was published, milliseconds since the Unix epoch. */
  cardAt = 0
  /** Relays that the card names: no other one takes it. */
  private named: string[] = []
  private links: MailboxLink[] = []
  private published = ''
  private isRunning = false
  /** The store has no mailboxes: it may have been lost. */
  private isLost = false
  private readonly search: Alarm
  private readonly upkeep: Alarm
  private readonly publishing: Alarm
  private readonly turn = new Serial()

  constructor(private readonly parts: MailboxesParts) {
    const { clock } = parts.host.kit
    this.search = new Alarm(clock, () => void this.choose())
    this.upkeep = new Alarm(clock, () => void this.lookAfter())
    this.publishing = new Alarm(clock, () => void this.publish())
  }

  async load(): Promise<void> {
    const found = await this.parts.state.read(PREFIX, boxShape, (members): KeptBox => {
      const [relayId, address, seed, givenUpAt, failures, failedDays, lastFailedAt, isGranted = false] = members
      decodePeerId(relayId)
      return { relayId, address, seed, givenUpAt, failures, failedDays, lastFailedAt, isGranted }
    })
    for (const link of this.links) link.stop()
    this.links = found.map((kept) => this.linkOf(kept))
  }

  /** Opens and reads all mailboxes, and looks for more where there are too few. */
  async start(): Promise<void> {
    this.isRunning = true
    this.isLost = this.isEmpty
    await this.lookAfter()
    for (const link of this.links) link.attach()
    await this.choose()
  }

  suspend(): void {
    this.isRunning = false
    for (const link of this.links) link.stop()
    this.search.disarm()
    this.upkeep.disarm()
    this.publishing.disarm()
  }

  /** A relay is connected: its mailbox is opened, or one may be looked for there. */
  connected(peerId: string): void {
    if (!this.isRunning) return
    for (const link of this.links) if (link.kept.relayId === peerId && !link.isRead) link.attach()
    if (this.isShort) this.search.arm(0)
  }

  disconnected(peerId: string): void {
    if (this.isRunning) for (const link of this.links) if (link.kept.relayId === peerId) link.lost()
  }

  /** The mailbox at a relay. */
  at(relayId: string): MailboxLink | undefined {
    return this.links.find(({ kept }) => kept.relayId === relayId)
  }

  /** Since when all that waits for us at mailboxes is read, by `elapsed`: Infinity while one is not open. */
  get readSince(): number {
    return Math.max(0, ...this.links.map(({ readAt }) => readAt ?? Number.POSITIVE_INFINITY))
  }

  /** Whether there is any mailbox in use. */
  get isEmpty(): boolean {
    return this.links.length === 0
  }

  list(): MailboxInfo[] {
    return this.links.map((link) => this.infoOf(link))
  }

  private infoOf({ kept, isRead, quota, toldCard }: MailboxLink): MailboxInfo {
    return {
      relayId: kept.relayId,
      address: kept.address,
      isOpen: isRead,
      hasCard: toldCard !== undefined && toldCard === this.card,
      isGivenUp: kept.givenUpAt > 0,
      letters: quota?.letters ?? 0,
      bytes: quota?.bytes ?? 0,
    }
  }

  /** Tells all relays what has changed of us. */
  async renew(): Promise<void> {
    await Promise.all(this.links.map((link) => link.renew()))
  }

  /** Ends all mailboxes, with what is in them. */
  async close(): Promise<void> {
    const links = this.links.splice(0)
    await Promise.allSettled(links.map((link) => link.remove()))
    await this.parts.state.write(...links.map(({ kept }) => ({ key: this.nameOf(kept), delete: true as const })))
    this.suspend()
    for (const link of links) link.stop()
  }

  private get active(): MailboxLink[] {
    return this.links.filter(({ kept }) => kept.givenUpAt === 0)
  }

  private get isShort(): boolean {
    return this.active.length < this.parts.settings.count
  }

  private linkOf(kept: KeptBox): MailboxLink {
    const { host, state, settings, prekeys, receiver } = this.parts
    return new MailboxLink(kept, {
      host,
      courier: ownCourier(host),
      access: () => state.access,
      settings,
      card: () => (settings.publish && this.named.includes(kept.relayId) ? this.card : undefined),
      prekeys,
      onLetter: (link, placed) => receiver.letter(link, placed),
      onChange: (link) => this.changed(link),
    })
  }

  private changed(link: MailboxLink): void {
    if (!this.isRunning) return
    const { kept } = link
    this.parts.state.writeSoon({ key: this.nameOf(kept), value: entryOf(kept) })
    if (kept.isGranted) this.publishing.armOnce(SETTLE_MS)
    this.parts.host.kit.emit('mailbox', this.infoOf(link))
    // One that was never opened is no loss; another one has had its chances.
    const isHopeless = kept.failures >= FAILURES && kept.failedDays >= FAILED_DAYS
    if (isHopeless && kept.givenUpAt === 0) {
      kept.givenUpAt = this.parts.host.kit.clock.now()
      this.parts.state.writeSoon({ key: this.nameOf(kept), value: entryOf(kept) })
      this.search.arm(0)
      this.publishing.armOnce(SETTLE_MS)
    }
  }

  /** Adds mailboxes at relays of other operators, as long as there are too few. */
  private choose(): Promise<void> {
    return this.turn.run(async () => {
      const { host, settings } = this.parts
      const { relays, recovery } = settings
      if (!this.isRunning) return
      // Of a store that was lost: the mailboxes that our last card names are opened by their derived keys.
      const places = this.isLost ? await recovery?.relays(host).catch(() => undefined) : undefined
      for (const place of places ?? []) if (this.at(place.peerId) === undefined) await this.add(place)
      if (places !== undefined) this.isLost = false
      for (const address of relays ?? []) await this.meet(address)
      const taken = new Set(this.active.map(({ kept }) => operatorOf(kept.address ?? undefined) ?? kept.address ?? kept.relayId))
      for (const place of host.relays()) {
        const operator = operatorOf(place.address) ?? place.address ?? place.peerId
        const isWanted = relays === undefined || relays.includes(place.address ?? '') || this.chosen.has(place.peerId)
        if (!this.isShort || !isWanted || taken.has(operator) || this.at(place.peerId) !== undefined) continue
        taken.add(operator)
        await this.add(place)
      }
      if (this.isShort) this.search.armOnce(SEARCH_MS)
    })
  }

  private readonly chosen = new Set<string>()

  /** Connects to a relay that the application has named. */
  private async meet(address: string): Promise<void> {
    try {
      this.chosen.add(await this.parts.host.dial(address, { timeoutMs: DIAL_MS }))
    } catch {
      // It is tried again with the next search.
    }
  }

  private async add({ peerId, address }: RelayPlace): Promise<void> {
    const kept: KeptBox = {
      relayId: peerId,
      address: address ?? null,
      seed: this.parts.settings.recovery?.seedFor(peerId) ?? crypto.getRandomValues(new Uint8Array(32)),
      givenUpAt: 0,
      failures: 0,
      failedDays: 0,
      lastFailedAt: 0,
      isGranted: false,
    }
    await this.parts.state.write({ key: this.nameOf(kept), value: entryOf(kept) })
    const link = this.linkOf(kept)
    this.links.push(link)
    link.attach()
  }

  /** Prekeys have their times, and mailboxes that were given up. */
  private async lookAfter(): Promise<void> {
    const { prekeys, host, limits, state } = this.parts
    if (!this.isRunning) return
    this.upkeep.arm(UPKEEP_MS)
    try {
      if (await prekeys.rotate()) this.publishing.armOnce(SETTLE_MS)
      const now = host.kit.clock.now()
      for (const link of this.links) {
        const { givenUpAt } = link.kept
        if (givenUpAt === 0 || now - givenUpAt < limits.oldBoxMs) continue
        link.giveUp()
        this.links = this.links.filter((other) => other !== link)
        await state.write({ key: this.nameOf(link.kept), delete: true })
      }
    } catch (error) {
      host.kit.report(error as Error)
    }
  }

  private publish(): Promise<void> {
    return this.turn.run(async () => {
      const { host, limits, prekeys, settings, contacts } = this.parts
      const { bits, max, publish } = settings
      const granted = this.active.filter(({ kept }) => kept.isGranted).slice(0, MAX_CARD_BOXES)
      if (!this.isRunning || granted.length === 0) return
      const { id, key, madeAt } = prekeys.newest
      const { recovery } = prekeys
      const boxes = await Promise.all(
        granted.map(async ({ kept, box }): Promise<CardValue['boxes'][number]> => [kept.relayId, kept.address, await box]),
      )
      const largest = Math.min(max, ...granted.map(({ quota }) => quota?.max ?? max))
      const value: CardValue = {
        v: 1,
        generation: prekeys.generation,
        prekey: [id, key, madeAt],
        ...(recovery && { recovery }),
        boxes,
        bits,
        max: largest,
      }
      const content = hexOf(encode(value))
      if (content === this.published) return
      try {
        this.card = await host.publishCard(value, limits.cardTtlS, publish)
        this.named = boxes.map(([relayId]) => relayId)
        this.cardAt = host.kit.clock.now()
        this.published = content
        contacts.tellFriends()
        void this.renew()
      } catch (error) {
        if (this.isRunning) host.kit.report(error as Error)
      }
    })
  }

  private nameOf({ relayId }: KeptBox): string {
    return this.parts.state.nameOf(PREFIX, relayId)
  }
}

function entryOf({ relayId, address, seed, givenUpAt, failures, failedDays, lastFailedAt, isGranted }: KeptBox): Uint8Array {
  return stateOf(relayId, address, seed, givenUpAt, failures, failedDays, lastFailedAt, isGranted)
}
