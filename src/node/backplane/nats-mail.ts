import { randomBytes } from 'node:crypto'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import type { NatsConnection } from '@nats-io/transport-node'
import { isP2PError, P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import { LETTER_BYTES, MAX_BUCKET, TTL_CLASS_S } from '../../mail/box.js'
import type { PlacedLetter } from '../../mail/messages.js'
import { kindOf } from '../../mail/server/box-usage.js'
import type { Box, Deposit, DepositOutcome, KeptCard, MailBounds, MailStore, MailTotals } from '../../mail/server/mail-store.js'
import { cursorOf } from '../../mail/server/memory-mail.js'
import {
  type PiledBatch,
  type Prekey,
  prekeysLeft,
  type SignedBatch,
  withBatch,
  withoutOne,
} from '../../mail/server/prekey-pile.js'
import { decode, encode } from '../../message/codec.js'
import { OpenedOnUse } from '../opened-on-use.js'
import { BoxIndex, type IndexedLetter } from './nats-mail-index.js'
import { BoxViews } from './nats-mail-views.js'
import { codeOf, ensureBucket, ensureStream } from './nats-streams.js'

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

const VERSION = 1
/** A stream keeps a letter for so long after its time, seconds: the clocks of relays and of NATS servers differ. */
const STREAM_MARGIN_S = 3_600
/** Letters of one box, time to live and size that a stream takes, those that have expired or were given up included. */
const STREAM_LETTERS = 256
/** Repeats of a publication within this time are found by the server. */
const REPEATS_MS = 120_000
/** Changes of one box by several processes at the same moment: each try but one finds that another was first. */
const MAX_TRIES = 64
const READ_AT_ONCE = 16
/** Of the id of a publication. */
const ID_BYTES = 16
const NANOS = 1_000_000
/** Error codes of the JetStream API. */
const WRONG_LAST_SEQUENCE = 10_071
const INSUFFICIENT_RESOURCES = 10_023
const TOO_MANY_FOR_SUBJECT = 10_077

const keys = {
  box: (box: string) => `box.${box}`,
  index: (box: string) => `index.${box}`,
  prekeys: (box: string) => `prekeys.${box}`,
  card: (peerId: string) => `card.${peerId}`,
}

/** What an open store works with. */
interface Opened {
  js: JetStreamClient
  jsm: JetStreamManager
  kv: KV
  /** Stops the watch of what other processes change. */
  stop(): void
}

/** An entry of the bucket, and by which revision it is changed. */
interface Entry<T> {
  value: T
  revision: number
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
      await kv.put(keys.box(box.id), encode([VERSION, box]))
      if (old !== undefined && old !== box.card?.peerId) await this.dropCard(kv, old, box.id)
      if (box.card !== undefined) await kv.put(keys.card(box.card.peerId), encode([VERSION, box.id]))
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
      if (gone !== undefined) await this.forget(opened, gone.letters)
      if (known?.card !== undefined) await this.dropCard(kv, known.card.peerId, box)
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
        if (sequence !== undefined) await this.forget(opened, [{ ttl: deposit.ttl, sequence }])
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
        sequence ??= await this.publish(opened.js, box, deposit)
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
    return this.run(async ({ kv, jsm }) => {
      const index = (await this.indexOf(kv, box))?.value
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
      const found = await inTurns(chosen, async ({ number, ttl, sequence }): Promise<PlacedLetter | undefined> => {
        const message = await jsm.streams.getMessage(this.streamOf(ttl), { seq: sequence })
        // One that is past its time by the server's clock.
        return message === null ? undefined : [cursorOf(number), new Uint8Array(message.data)]
      })
      return { letters: found.filter((letter) => letter !== undefined), more }
    })
  }

  drop(box: string, cursors: readonly string[]): Promise<void> {
    return this.change(box, async (opened) => {
      const dropped = new Set(cursors)
      const isDropped = ({ number }: IndexedLetter) => dropped.has(cursorOf(number))
      const before = await this.shrink(opened, box, isDropped, (index) =>
        index.letters.some(isDropped) ? index.only((letter) => !isDropped(letter)) : undefined,
      )
      if (before !== undefined) await this.forget(opened, before.letters.filter(isDropped))
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
      const pile = (await read<PiledBatch[]>(kv, keys.prekeys(box)))?.value ?? []
      return { letters: usage.letters, bytes: usage.bytes, prekeys: prekeysLeft(pile) }
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

  /** Stores the bytes of a letter. @returns their sequence in the stream; undefined where it takes no more of that kind. */
  private async publish(js: JetStreamClient, box: string, deposit: Deposit): Promise<number | undefined> {
    const { letter, ttl } = deposit
    const { bucket } = kindOf(deposit)
    // Each publication is a message of its own, so that whoever gives one up deletes no other's; a repeat of the client's is found by it.
    const msgID = randomBytes(ID_BYTES).toString('hex')
    try {
      const { seq } = await js.publish(`lotus.${this.link.cluster}.mail.${ttl}.${bucket}.${box}`, letter, { msgID })
      return seq
    } catch (error) {
      if (codeOf(error) === TOO_MANY_FOR_SUBJECT) return undefined
      throw error
    }
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
          ? purgeAt(js, `$KV.${this.bucket}.${keys.index(box)}`, revision)
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
      await this.forget(opened, index?.value.letters.filter(goes) ?? [])
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

  /** Deletes messages. Those of which that fails go by their streams' time. */
  private async forget({ jsm }: Opened, letters: readonly Pick<IndexedLetter, 'ttl' | 'sequence'>[]): Promise<void> {
    await inTurns(letters, ({ ttl, sequence }) => jsm.streams.deleteMessage(this.streamOf(ttl), sequence, false).catch(() => {}))
  }

  /** The card of a peer is in this box no more. */
  private async dropCard(kv: KV, peerId: string, box: string): Promise<void> {
    if ((await read<string>(kv, keys.card(peerId)))?.value === box) await kv.purge(keys.card(peerId))
  }

  /** One change of a box, after those before it. */
  private change<T>(box: string, action: (opened: Opened) => Promise<T>): Promise<T> {
    return this.told(this.server.change(box, this.whileUp(action)))
  }

  private run<T>(action: (opened: Opened) => Promise<T>): Promise<T> {
    return this.told(this.server.run(this.whileUp(action)))
  }

  /** While NATS is away the client would take what is published without a word, and lose it. */
  private whileUp<T>(action: (opened: Opened) => Promise<T>): (opened: Opened) => Promise<T> {
    return async (opened) => {
      if (this.link.state === 'down') throw away()
      return action(opened)
    }
  }

  /** What has failed, in words for an operator. */
  private async told<T>(result: Promise<T>): Promise<T> {
    try {
      return await result
    } catch (cause) {
      if (isP2PError(cause)) throw isP2PError(cause, 'STORAGE_FAILED') ? cause : away(cause)
      throw new P2PError(
        'STORAGE_FAILED',
        'Mail in NATS failed. Look at its servers, their disks, and what this account may do.',
        { cause },
      )
    }
  }

  /** Finds, or makes, streams and bucket, and reads the numbers of each box. */
  private async open(): Promise<Opened> {
    const [{ jetstream, jetstreamManager }, { Kvm }] = await Promise.all([
      import('@nats-io/jetstream'),
      import('@nats-io/kv'),
    ]).catch((cause: unknown) => {
      const message = 'Mail in NATS needs packages: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv'
      throw new P2PError('STORAGE_FAILED', message, { cause })
    })
    const connection = await this.link.connection()
    const js = jetstream(connection)
    const jsm = await jetstreamManager(connection)
    const { replicas } = this
    for (const [ttl, seconds] of TTL_CLASS_S.entries()) {
      const stream = {
        name: this.streamOf(ttl),
        subjects: [`lotus.${this.link.cluster}.mail.${ttl}.>`],
        storage: 'file',
        max_age: (seconds + STREAM_MARGIN_S) * 1_000 * NANOS,
        discard: 'new',
        discard_new_per_subject: true,
        max_msgs_per_subject: STREAM_LETTERS,
        duplicate_window: REPEATS_MS * NANOS,
        allow_direct: true,
      }
      await ensureStream(jsm, stream as never, replicas)
    }
    const kv = await ensureBucket(jsm, new Kvm(js), this.bucket, replicas)
    const stop = await this.views.follow(kv)
    return { js, jsm, kv, stop }
  }

  private get bucket(): string {
    return `lotus_boxes_${this.link.cluster}`
  }

  private streamOf(ttl: number): string {
    return `LOTUS_MAIL_${this.link.cluster}_${ttl}`
  }
}

async function boxOf(kv: KV, box: string): Promise<Box | undefined> {
  return (await read<Box>(kv, keys.box(box)))?.value
}

async function read<T>(kv: KV, key: string): Promise<Entry<T> | undefined> {
  const entry = await kv.get(key)
  if (entry === null || entry.operation !== 'PUT') return undefined
  // Of a Buffer, the decoder would give parts that are views of it.
  return { value: (decode(new Uint8Array(entry.value)) as [number, T])[1], revision: entry.revision }
}

/** Changes the prekeys of a box. @returns what `change` gave last. */
async function changePile<T extends { pile: readonly PiledBatch[] }>(
  kv: KV,
  box: string,
  change: (pile: readonly PiledBatch[]) => T | undefined,
): Promise<T | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const entry = await read<PiledBatch[]>(kv, keys.prekeys(box))
    const pile = entry?.value ?? []
    const changed = change(pile)
    if (changed === undefined || changed.pile === pile) return changed
    const bytes = encode([VERSION, changed.pile])
    const key = keys.prekeys(box)
    const written = await orConflict(entry === undefined ? kv.create(key, bytes) : kv.update(key, bytes, entry.revision))
    if (written !== undefined) return changed
  }
  throw contended()
}

/** Purges an entry at a revision, as `KV.purge` does, which does not tell the revision that it makes. */
async function purgeAt(js: JetStreamClient, subject: string, revision: number): Promise<number> {
  const { headers } = await import('@nats-io/transport-node')
  const told = headers()
  told.set('KV-Operation', 'PURGE')
  told.set('Nats-Rollup', 'sub')
  const { seq } = await js.publish(subject, '', {
    headers: told,
    expect: { lastSubjectSequence: revision },
  })
  return seq
}

/** Undefined where another one has changed the entry. */
async function orConflict<T>(written: Promise<T>): Promise<T | undefined> {
  try {
    return await written
  } catch (error) {
    if (codeOf(error) === WRONG_LAST_SEQUENCE) return undefined
    throw error
  }
}

/** Some at once. */
async function inTurns<T, Made>(items: readonly T[], task: (item: T) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [i, item] of queue) made[i] = await task(item)
  }
  await Promise.all(Array.from({ length: Math.min(READ_AT_ONCE, items.length) }, worker))
  return made
}

function away(cause?: unknown): P2PError {
  return new P2PError('STORAGE_FAILED', 'The NATS servers are away. Try again in a moment.', {
    cause,
    details: { retryAfterMs: 2_000 },
  })
}

function contended(): P2PError {
  return new P2PError('STORAGE_FAILED', 'Too many change this mailbox at the same moment. Try again.', {
    details: { retryAfterMs: 1_000 },
  })
}
