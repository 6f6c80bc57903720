import { Alarm } from '../../../base/alarm.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import type { Limits } from '../../../base/limits.js'
import { jittered, type Random, randomItem } from '../../../base/random.js'
import type { ChosenPeer } from '../../../peer/keep/anchors.js'
import { NODE_ID_BYTES } from '../records/key-space.js'
import { publisherOf, type VerifiedRecord } from '../records/record.js'
import type { Contact } from '../walk/contact.js'
import { type EclipseReason, type Finding, judge, type View } from './eclipse-evidence.js'
import type { ServerView } from './server-view.js'

/** What speaks for an eclipse. */
export interface EclipseEvidence {
  reasons: EclipseReason[]
  /** Peer ids of the relays that the reasons speak of. */
  peers: string[]
  /** Their operators or address groups, each once. */
  groups: string[]
  /** When it was first noticed, milliseconds since the Unix epoch. */
  since: number
}

export interface EclipseWatchOptions {
  clock: Clock
  limits: Limits
  random: Random
  /** Tells our own peer id. */
  host: { readonly peerId: string }
  /** Configured anchors. */
  anchors: number
  /** Whom we have chosen and are connected to. */
  chosen(): ChosenPeer[]
  view: ServerView
  /** One of our own records, published before this time, milliseconds since the Unix epoch. */
  ownRecord(before: number): VerifiedRecord | undefined
  /** Nodes that a relay has named: feelers try them. */
  onNamed(contacts: Contact[], teller: string): void
  onSuspected(evidence: EclipseEvidence): void
  onCleared(): void
}

/** Relays compared in one round at most. */
const MAX_VIEWS = 8
/** Rounds in a row that must show the same before it counts: a relay that restarts is behind for a moment. */
const ROUNDS = 2
/** The first round, and the one that confirms a suspicion, come so many times earlier than the others. */
const EARLY = 10
const NO_ROWS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map<string, number>()

/**
 * Asks the relays that we have chosen for the same things now and then, and compares (after Heilman et al., 2015, and Marcus et
 * al., "Low-Resource Eclipse Attacks on Ethereum's Peer-to-Peer Network", 2018): a record of ours, which all of them must show,
 * for where one did not, it is stored there and asked for again; and the peer record of a node that one of them names, drawn by
 * lot, so that nobody knows beforehand what to show. Nothing runs with a single relay and without anchors: there is nothing to compare.
 */
export class EclipseWatch {
  private readonly alarm: Alarm
  private isActive = false
  private isOver = false
  /** For each kind of reason, in how many rounds in a row it was found. */
  private rows: ReadonlyMap<string, number> = NO_ROWS
  private own: VerifiedRecord | undefined
  /** Peer id of the one whose word gave rise to a suspicion, and is to confirm it. */
  private witness: string | undefined
  private since: number | undefined
  private clean = 0
  private toldAt: number | undefined

  constructor(private readonly wiring: EclipseWatchOptions) {
    this.alarm = new Alarm(wiring.clock, () => {
      this.isActive = true
      void this.round().finally(() => {
        this.isActive = false
      })
    })
  }

  /** Whether an eclipse is suspected now. */
  get isSuspected(): boolean {
    return this.toldAt !== undefined
  }

  /** A peer has connected. */
  changed(): void {
    // Of the one that has just connected it is not known yet who had asked for it.
    if (!this.alarm.isArmed && !this.isActive && this.isEnough(this.wiring.chosen())) this.arm(true)
  }

  close(): void {
    this.isOver = true
    this.alarm.disarm()
  }

  private isEnough({ length }: readonly ChosenPeer[]): boolean {
    return length > (this.wiring.anchors > 0 ? 0 : 1)
  }

  private arm(isEarly: boolean): void {
    if (this.isOver) return
    const { limits, random } = this.wiring
    this.alarm.arm(isEarly ? limits.eclipseCheckMs / EARLY : jittered(random, limits.eclipseCheckMs, 0.25))
  }

  private async round(): Promise<void> {
    const { chosen, anchors: configured, random } = this.wiring
    // Anchors first, then by lot: nobody knows whether it is looked at.
    const views: Compared[] = chosen()
      .filter(({ isServer, isNamed, isTrusted }) => isServer && (isNamed || isTrusted))
      .map((peer) => ({ ...peer, place: peer.isTrusted ? -1 : random.unit() }))
      .sort((a, b) => a.place - b.place)
      .slice(0, MAX_VIEWS)
    const connected = views.filter(({ isTrusted }) => isTrusted).length
    const keys = views.length > 1 ? await Promise.all([this.compareOwn(views), this.compareOther(views)]) : []
    if (this.isOver) return
    this.weigh(judge(views, keys, { configured, connected }), views)
    if (this.isEnough(views) || this.isSuspected) this.arm(this.rows.size > 0 && !this.isSuspected)
  }

  private async compareOwn(views: Compared[]): Promise<string | undefined> {
    const { clock, limits, ownRecord, view } = this.wiring
    const { peerId } = this.wiring.host
    const settleMs = limits.eclipseCheckMs / EARLY / 2
    const now = clock.now()
    // A suspicion is confirmed by the same record, as long as it holds.
    const isAgain = this.rows.has('own-record-missing') && this.own !== undefined && this.own.expiresAt > now + settleMs
    const entry = isAgain ? this.own : ownRecord(now - settleMs)
    this.own = entry
    if (entry === undefined) return undefined
    await each(views, async (relay) => {
      if (await view.shows(relay.peerId, entry.key, peerId, entry.publisher, entry.sequence)) relay.ownShown = true
      // A full store may have dropped it. Who refuses it says so, and hides nothing.
      else if (await view.give(relay.peerId, entry)) relay.ownShown = false
    })
    return entry.key
  }

  private async compareOther(views: Compared[]): Promise<string> {
    const { view, onNamed, random } = this.wiring
    const witness = this.chooseWitness(views)
    const named: { peerId: string; publicKey: Uint8Array }[] = [witness]
    await each([witness], async ({ peerId, id }) => {
      const contacts = await view.nodes(peerId, random.bytes(NODE_ID_BYTES))
      onNamed(contacts, id)
      named.push(...contacts)
    })
    const { peerId, publicKey } = randomItem(random, named)!
    const key = `peer:${peerId}`
    await each(views, async (relay) => {
      relay.otherShown = await view.shows(relay.peerId, key, peerId, publisherOf(publicKey))
    })
    return key
  }

  /** An anchor; else the one that has just caused a suspicion; else one by lot, each operator with the same chance. */
  private chooseWitness(views: Compared[]): Compared {
    const isAgain = this.rows.has('views-differ')
    const drawn = randomItem(this.wiring.random, [...new Set(views.map(({ origin }) => origin))])
    const witness =
      views.find(({ isTrusted }) => isTrusted) ??
      views.find(({ peerId }) => isAgain && peerId === this.witness) ??
      views.find(({ origin }) => origin === drawn)!
    this.witness = witness.peerId
    return witness
  }

  private weigh({ reasons, suspects }: Finding, views: readonly View[]): void {
    const { clock, limits, onSuspected, onCleared } = this.wiring
    const now = clock.now()
    this.rows = new Map(reasons.map(({ kind }) => [kind, (this.rows.get(kind) ?? 0) + 1]))
    if (reasons.length === 0) {
      if (this.isSuspected && ++this.clean < ROUNDS) return
      if (this.isSuspected) onCleared()
      this.since = this.toldAt = undefined
      return
    }
    this.clean = 0
    this.since ??= now
    if (Math.max(...this.rows.values()) < ROUNDS) return
    const at = elapsed(clock)
    if (this.toldAt !== undefined && at - this.toldAt < limits.eclipseCheckMs) return
    this.toldAt = at
    const origins = views.filter(({ peerId }) => suspects.includes(peerId)).flatMap(({ origin }) => origin ?? [])
    onSuspected({ reasons, peers: suspects, groups: [...new Set(origins)], since: this.since })
  }
}

type Compared = View & ChosenPeer

/** Runs a task for each at once; an item whose task fails has not answered. */
async function each<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
  await Promise.all(items.map((item) => task(item).catch(() => {})))
}
