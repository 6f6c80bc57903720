import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Unsubscribe } from '../../base/events.js'
import { LETTER_BYTES, MAX_BUCKET, TTL_CLASS_S } from '../../mail/box.js'
import { kindOf } from '../../mail/server/box-usage.js'
import type { Box, Deposit, DepositOutcome, KeptCard, MailBounds, MailStore, MailTotals } from '../../mail/server/mail-store.js'
import { cursorOf } from '../../mail/server/memory-mail.js'
import { type Prekey, prekeysLeft, type SignedBatch, withBatch, withoutOne } from '../../mail/server/prekey-pile.js'
import { OpenedOnUse } from '../opened-on-use.js'
import {
  boxOf,
  bucketOf,
  changePile,
  dropCard,
  type Entry,
  entryOf,
  keys,
  MAX_TRIES,
  orConflict,
  pileOf,
  purgeAt,
  read,
} from './nats-mail-bucket.js'
import { away, contended, INSUFFICIENT_RESOURCES, told } from './nats-mail-errors.js'
import { BoxIndex, type IndexedLetter } from './nats-mail-index.js'
import { deleteLetters, inTurns, openStreams, publishLetter, readLetters, type Streams } from './nats-mail-streams.js'
import { BoxViews } from './nats-mail-views.js'
import { codeOf } from './nats-streams.js'

/** The link to NATS servers, as far as mail needs it. */
export interface NatsMailLink {
  /** The cluster's name: letters, digits, `-` and `_`. */
  readonly cluster: string
  readonly state: 'up' | 'down'
  /** Servers that have each letter, where the link says so. */
  readonly replicas?: number | undefined
  /** Connects once. @internal */
  connection(): Promise<NatsConnection>
}

export interface NatsMailOptions {
  /** Servers that have each letter. Default: what the link says, else what the streams are made with already, else 1. */
  replicas?: number | undefined
}

/** What an open store works with. */
interface Opened extends Streams {
  /** Stops the watch of what other processes change. */
  stop(): void
}

/**
 * Mailboxes in JetStream, for all processes of a cluster. Letters are messages of the streams `LOTUS_MAIL_<cluster>_0` to `…_3`, one for each
 * time to live, under `lotus.<cluster>.mail.<ttl>.<size>.<box>`; what waits in a box says its index, an entry of the bucket
 * `lotus_boxes_<cluster>` that is changed by compare-and-set alone. A letter whose index was never written is nobody's, and goes with its time. Needs the packages
 * `@nats-io/jetstream` and `@nats-io/kv`, and nats-server 2.9 or later.
 *
 * Streams and bucket are made where they are missing and the account may; else they must be there.
 *
 * @returns a store whose methods reject with P2PError STORAGE_FAILED where a package is missing, or NATS is away or refuses.
 * @example
 * const relay = await startRelay({ backplane, mail: natsMail(backplane.link) })
 */
export function natsMail(link: NatsMailLink, options?: NatsMailOptions): MailStore {
  return new NatsMail(link, options?.replicas ?? link.replicas)
}

class NatsMail implements MailStore {
  readonly maxBucket = MAX_BUCKET
  readonly maxTtl = 3
  readonly inMemory = false
  private readonly views = new BoxViews()
  /** Of this process: others change the same boxes. */
  private readonly server = new OpenedOnUse(() => this.open())

  constructor(
    private readonly link: NatsMailLink,
    private readonly replicas: number | undefined,
  ) {}

  get totals(): MailTotals {
    return this.views.totals
  }

  putBox(box: Box): Promise<void> {
    return this.change(box.id, async (opened) => {
      const { kv } = opened
      const before = await boxOf(kv, box.id)
      const old = before?.card?.peerId
      this.views.opened(box.id, box.openedAt)
      await kv.put(keys.box(box.id), entryOf(box))
      if (old !== undefined && old !== box.card?.peerId) await dropCard(kv, old, box.id)
      if (box.card !== undefined) await kv.put(keys.card(box.card.peerId), entryOf(box.id))
      if ((await this.indexOf(kv, box.id)) !== undefined) return
      const index = new BoxIndex(1, [])
      const revision = await orConflict(kv.create(keys.index(box.id), index.toBytes()))
      // Another process has made the same box at the same moment: it is the one.
      if (revision !== undefined) this.views.saw(box.id, revision, index)
    })
  }

  getBox(box: string): Promise<Box | undefined> {
    return this.run(({ kv }) => boxOf(kv, box))
  }

  deleteBox(box: string): Promise<void> {
    return this.change(box, async (opened) => {
      const { kv } = opened
      const known = await boxOf(kv, box)
      const gone = await this.shrink(
        opened,
        box,
        () => true,
        () => null,
      )
      // Only what the index named, for another process may make the box anew.
      if (gone !== undefined) await deleteLetters(opened, gone.letters)
      if (known?.card !== undefined) await dropCard(kv, known.card.peerId, box)
      await kv.purge(keys.prekeys(box))
      await kv.purge(keys.box(box))
    })
  }

  cardOf(peerId: string, now: number): Promise<KeptCard | undefined> {
    return this.run(async ({ kv }) => {
      const box = (await read<string>(kv, keys.card(peerId)))?.value
      const card = box === undefined ? undefined : (await boxOf(kv, box))?.card
      return card?.peerId === peerId && card.expiresAt > now ? card : undefined
    })
  }

  deposit(box: string, given: Deposit, bounds: MailBounds): Promise<DepositOutcome> {
    const deposit = { ...given, letter: given.letter.slice(), id: given.id.slice() }
    return this.change(box, async (opened) => {
      let sequence: number | undefined
      const giveUp = async (outcome: DepositOutcome): Promise<DepositOutcome> => {
        if (sequence !== undefined) await deleteLetters(opened, [{ ttl: deposit.ttl, sequence }])
        return outcome
      }
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        // What was seen last may be old: then the write fails. A refusal has to be true now.
        const seen = tries === 0 ? this.views.lastSeen(box) : undefined
        const entry = seen ?? (await this.indexOf(opened.kv, box))
        if (entry === undefined) return giveUp({ outcome: 'no-box' })
        const { value: index, revision } = entry
        const known = index.find(deposit.id, bounds.now)
        const hasRoom = known === undefined && index.usage.hasRoom(deposit, this.totals, bounds)
        if (!hasRoom && seen !== undefined) continue
        if (known !== undefined) return giveUp({ outcome: 'known', until: known.expiresAt })
        if (!hasRoom) return giveUp({ outcome: 'full' })
        sequence ??= await publishLetter(opened, box, deposit)
        if (sequence === undefined) return { outcome: 'full' }
        const expiresAt = Math.floor(bounds.now) + 1_000 * TTL_CLASS_S[deposit.ttl]!
        const { ttl, bucket, isStranger } = kindOf(deposit)
        const changed = index.with({ sequence, expiresAt, id: deposit.id, ttl: ttl as Deposit['ttl'], bucket, isStranger })
        const written = await orConflict(opened.kv.update(keys.index(box), changed.toBytes(), revision))
        if (written === undefined) continue
        this.views.saw(box, written, changed)
        return { outcome: 'stored', until: expiresAt }
      }
      await giveUp({ outcome: 'full' })
      throw contended()
    })
  }

  letters(box: string, after: string | undefined, maxBytes: number, now: number) {
    return this.run(async (opened) => {
      const index = (await this.indexOf(opened.kv, box))?.value
      const chosen: IndexedLetter[] = []
      let bytes = 0
      let more = false
      for (const letter of index?.letters ?? []) {
        if (letter.expiresAt <= now || (after !== undefined && cursorOf(letter.number) <= after)) continue
        bytes += LETTER_BYTES[letter.bucket]!
        more = bytes > maxBytes && chosen.length > 0
        if (more) break
        chosen.push(letter)
      }
      return { letters: await readLetters(opened, chosen), more }
    })
  }

  drop(box: string, cursors: readonly string[]): Promise<void> {
    return this.change(box, async (opened) => {
      const dropped = new Set(cursors)
      const isDropped = ({ number }: IndexedLetter) => dropped.has(cursorOf(number))
      const before = await this.shrink(opened, box, isDropped, (index) =>
        index.letters.some(isDropped) ? index.only((letter) => !isDropped(letter)) : undefined,
      )
      if (before !== undefined) await deleteLetters(opened, before.letters.filter(isDropped))
    })
  }

  addPrekeys(box: string, batch: SignedBatch, max: number): Promise<void> {
    return this.change(box, async ({ kv }) => {
      if ((await this.indexOf(kv, box)) === undefined) return
      await changePile(kv, box, (pile) => ({ pile: withBatch(pile, batch, max) }))
    })
  }

  takePrekey(box: string, min: number, madeAfter: number): Promise<Prekey | undefined> {
    return this.change(box, async ({ kv }) => {
      const taken = await changePile(kv, box, (pile) => withoutOne(pile, min, madeAfter))
      return taken?.prekey
    })
  }

  watch(box: string, onLetter: () => void): Unsubscribe {
    // What other processes store is told from now on.
    void this.run(async () => {}).catch(() => {})
    return this.views.watchers.add(box, onLetter)
  }

  usage(box: string) {
    return this.run(async ({ kv }) => {
      const usage = (await this.indexOf(kv, box))?.value.usage
      if (usage === undefined) return { letters: 0, bytes: 0, prekeys: 0 }
      return { letters: usage.letters, bytes: usage.bytes, prekeys: prekeysLeft(await pileOf(kv, box)) }
    })
  }

  async sweep(now: number, openedBefore: number): Promise<void> {
    await this.run(async () => {})
    // The messages go by themselves, by their streams' time.
    const isOver = ({ expiresAt }: IndexedLetter) => expiresAt <= now
    await inTurns(this.views.expired(now), (box) =>
      this.change(box, (opened) =>
        this.update(opened, box, (index) => (index.letters.some(isOver) ? index.only((letter) => !isOver(letter)) : undefined)),
      ),
    )
    for (const box of this.views.unopened(openedBefore)) {
      const known = await this.getBox(box)
      if (known !== undefined && known.openedAt < openedBefore) await this.deleteBox(box)
    }
  }

  close(): Promise<void> {
    return this.server.close(({ stop }) => stop())
  }

  /**
   * Changes the index of a box.
   *
   * @param change gives the index that is to be, null to delete the box, undefined where nothing is to be changed.
   * @returns the index before; undefined where nothing was changed.
   */
  private async update(
    { js, kv }: Opened,
    box: string,
    change: (index: BoxIndex) => BoxIndex | null | undefined,
  ): Promise<BoxIndex | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const entry = await this.indexOf(kv, box)
      const changed = entry && change(entry.value)
      if (entry === undefined || changed === undefined) return undefined
      const { value, revision } = entry
      const written = await orConflict(
        changed === null
          ? purgeAt(js, `$KV.${bucketOf(this.link.cluster)}.${keys.index(box)}`, revision)
          : kv.update(keys.index(box), changed.toBytes(), revision),
      )
      if (written === undefined) continue
      this.views.saw(box, written, changed ?? undefined)
      return value
    }
    throw contended()
  }

  /** As `update`, of what gets smaller. A server that is full takes no smaller index either, until the letters that go have made room for it. */
  private async shrink(
    opened: Opened,
    box: string,
    goes: (letter: IndexedLetter) => boolean,
    change: (index: BoxIndex) => BoxIndex | null | undefined,
  ): Promise<BoxIndex | undefined> {
    try {
      return await this.update(opened, box, change)
    } catch (error) {
      if (codeOf(error) !== INSUFFICIENT_RESOURCES) throw error
      const index = await this.indexOf(opened.kv, box)
      await deleteLetters(opened, index?.value.letters.filter(goes) ?? [])
      return this.update(opened, box, change)
    }
  }

  private async indexOf(kv: KV, box: string): Promise<Entry<BoxIndex> | undefined> {
    const entry = await kv.get(keys.index(box))
    if (entry === null || entry.operation !== 'PUT') return undefined
    const { value, revision } = entry
    const found = { value: BoxIndex.of(value), revision }
    this.views.saw(box, revision, found.value)
    return found
  }

  /** One change of a box, after those before it. */
  private change<T>(box: string, action: (opened: Opened) => Promise<T>): Promise<T> {
    return told(this.server.change(box, this.whileUp(action)))
  }

  private run<T>(action: (opened: Opened) => Promise<T>): Promise<T> {
    return told(this.server.run(this.whileUp(action)))
  }

  /** While NATS is away the client would take what is published without a word, and lose it. */
  private whileUp<T>(action: (opened: Opened) => Promise<T>): (opened: Opened) => Promise<T> {
    return async (opened) => {
      if (this.link.state === 'down') throw away()
      return action(opened)
    }
  }

  /** Finds, or makes, streams and bucket, and reads the numbers of each box. */
  private async open(): Promise<Opened> {
    const streams = await openStreams(() => this.link.connection(), this.link.cluster, this.replicas)
    return { ...streams, stop: await this.views.follow(streams.kv) }
  }
}
