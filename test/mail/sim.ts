import { hexOf } from '../../src/base/bytes.js'
import { P2PError } from '../../src/base/errors.js'
import { MAIL_LIMITS } from '../../src/base/limits/mail.js'
import { MAILBOX_LIMITS } from '../../src/base/limits/mailbox.js'
import { OUTBOX_LIMITS } from '../../src/base/limits/outbox.js'
import { WORK_LIMITS } from '../../src/base/limits/proof-of-work.js'
import { limitsOf } from '../../src/base/limits.js'
import { type Random, randomId } from '../../src/base/random.js'
import { type Identity, identityFromSeed } from '../../src/identity/identity.js'
import { decodePeerId, encodePeerId } from '../../src/identity/peer-id.js'
import { boxIdOf, letterIdOf } from '../../src/mail/box.js'
import { type CardRecord, cardKeyOf } from '../../src/mail/card.js'
import type { MailHost } from '../../src/mail/host.js'
import { Mail } from '../../src/mail/mail.js'
import { readPrekeyBatch } from '../../src/mail/messages.js'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import type { MailRequest } from '../../src/mail/server/requests.js'
import { decode, encode } from '../../src/message/codec.js'
import type { P2PMessage } from '../../src/message/message.js'
import { createRecord, dhtRecord, wireRecord } from '../../src/plugins/dht/records/record.js'
import { RecordVerifier } from '../../src/plugins/dht/records/record-verifier.js'
import { type PeerInfo, PeerState } from '../../src/protocol/peer-info.js'
import { type KeyValueStore, memoryStore } from '../../src/storage/key-value-store.js'
import { VirtualClock } from '../../src/testing/virtual-clock.js'

// Wallets whose mail is the real one, over a network that is a model: processes die at any of their steps, connections break, relays
// restart. What the model leaves out, handshakes and the checks of relays, other tests have.

const limits = limitsOf({ ...OUTBOX_LIMITS, ...WORK_LIMITS, ...MAILBOX_LIMITS, maxTtlS: MAILBOX_LIMITS.cardTtlS }) as never
const NETWORK = 'lotus'
/** Each message takes its own time, so that messages overtake each other as no real channel lets them. */
const MAX_LATENCY_MS = 300
const never = <T>() => new Promise<T>(() => {})
const lost = () => new P2PError('CONNECTION_LOST', 'The connection is gone.')

interface Node {
  readonly id: string
  isUp: boolean
  receive(type: string, payload: unknown, from: string): Promise<[type: string, payload: unknown]>
  disconnected(id: string): void
  connected(id: string): void
  info(): PeerInfo
}

export class World {
  readonly clock = new VirtualClock()
  readonly nodes = new Map<string, Node>()
  readonly cards = new Map<string, CardRecord>()
  private readonly links = new Set<string>()

  constructor(readonly random: Random) {}

  chance(share: number): boolean {
    return this.random.unit() < share
  }

  isLinked(a: string, b: string): boolean {
    return this.links.has([a, b].sort().join())
  }

  link(a: string, b: string): boolean {
    const [one, two] = [this.nodes.get(a), this.nodes.get(b)]
    if (!one?.isUp || !two?.isUp) return false
    if (this.isLinked(a, b)) return true
    this.links.add([a, b].sort().join())
    one.connected(b)
    two.connected(a)
    return true
  }

  cut(a: string, b: string): void {
    if (!this.links.delete([a, b].sort().join())) return
    for (const [at, other] of [
      [a, b],
      [b, a],
    ] as const)
      if (this.nodes.get(at)?.isUp) this.nodes.get(at)!.disconnected(other)
  }

  down(id: string): void {
    this.nodes.get(id)!.isUp = false
    for (const other of this.nodes.keys()) if (this.isLinked(id, other)) this.cut(id, other)
  }

  peersOf(id: string): string[] {
    return [...this.nodes.keys()].filter((other) => this.isLinked(id, other))
  }

  later(): Promise<void> {
    return new Promise((resolve) => this.clock.setTimeout(resolve, 5 + this.random.unit() ** 3 * MAX_LATENCY_MS))
  }

  /** A request and its answer, in order, unless the connection breaks before. */
  async ask(from: string, to: string, type: string, payload: unknown, timeoutMs = 30_000): Promise<[string, unknown]> {
    if (!this.isLinked(from, to)) throw lost()
    const sent = encode(payload)
    let settle!: () => void
    const timeout = new Promise<never>((_, reject) => {
      const timer = this.clock.setTimeout(() => reject(new P2PError('TIMEOUT', 'No answer.')), timeoutMs)
      settle = () => this.clock.clearTimeout(timer)
    })
    const answered = (async () => {
      await this.later()
      if (!this.isLinked(from, to)) throw lost()
      const [answer, said] = await this.nodes.get(to)!.receive(type, decode(sent), from)
      await this.later()
      if (!this.isLinked(from, to)) throw lost()
      return [answer, decode(encode(said))] as [string, unknown]
    })()
    answered.catch(() => {})
    timeout.catch(() => {})
    return Promise.race([answered, timeout]).finally(settle)
  }
}

export class SimRelay implements Node {
  readonly id: string
  isUp = true
  readonly store = memoryMail({ maxBucket: 4, maxTtl: 3 })
  private attached = new Map<string, { box: string; after: string | undefined; isLive: boolean; stop: () => void }>()

  constructor(
    private readonly world: World,
    seed: number,
  ) {
    this.id = encodePeerId(identityFromSeed(new Uint8Array(32).fill(seed)).publicKey)
    world.nodes.set(this.id, this)
  }

  info(): PeerInfo {
    return { peerId: this.id, addresses: {}, state: PeerState.CONNECTED, lastSeen: 0, isRelay: true, protocols: ['lotus/mail'] }
  }

  connected(): void {}

  disconnected(id: string): void {
    this.attached.get(id)?.stop()
    this.attached.delete(id)
  }

  async receive(type: string, payload: unknown, from: string): Promise<[string, unknown]> {
    const now = this.world.clock.now()
    switch (type) {
      case 'open': {
        const { boxKey, access, bits, max } = payload as MailRequest<'open'>
        const id = hexOf(boxIdOf(boxKey))
        await this.store.putBox({ id, access, bits, max, openedAt: now })
        const { letters, bytes, prekeys } = await this.store.usage(id)
        this.disconnected(from)
        const owner = { box: id, after: undefined, isLive: false, stop: this.store.watch(id, () => void this.push(from)) }
        this.attached.set(from, owner)
        return ['opened', { until: now, letters, bytes, prekeys, quota: { letters: 1, bytes: 1 }, max: 4, ttl: 3 }]
      }
      case 'fetch': {
        const { after, bytes = 1 } = payload as MailRequest<'fetch'>
        const owner = this.attached.get(from)!
        const found = await this.store.letters(owner.box, after, bytes, now)
        owner.after = found.letters.at(-1)?.[0] ?? after
        owner.isLive = !found.more
        if (owner.isLive) void this.push(from)
        return ['letters', found]
      }
      case 'drop': {
        const owner = this.attached.get(from)
        if (owner !== undefined) await this.store.drop(owner.box, (payload as MailRequest<'drop'>).cursors)
        return ['dropped', null]
      }
      case 'prekeys': {
        const given = payload as MailRequest<'prekeys'>
        const { generation, madeAt } = readPrekeyBatch(given.batch)
        await this.store.addPrekeys(this.attached.get(from)!.box, { ...given, generation, madeAt }, 4)
        return ['taken', null]
      }
      case 'take': {
        const taken = await this.store.takePrekey(hexOf((payload as MailRequest<'take'>).box), 0, 0)
        return ['prekey', taken ?? {}]
      }
      case 'deposit': {
        const { box, letter, ttl } = payload as MailRequest<'deposit'>
        const bounds = { now, maxBytes: 2 ** 40, limits: MAIL_LIMITS }
        const deposit = { id: letterIdOf(letter), letter, ttl, isStranger: false }
        const { outcome } = await this.store.deposit(hexOf(box), deposit, bounds)
        if (outcome === 'no-box' || outcome === 'full')
          return ['refused', { code: outcome === 'full' ? 'MAILBOX_FULL' : 'NO_MAILBOX' }]
        return ['deposited', { until: now }]
      }
      default:
        return [type, {}]
    }
  }

  private async push(to: string): Promise<void> {
    const owner = this.attached.get(to)
    if (!owner?.isLive) return
    const { letters } = await this.store.letters(owner.box, owner.after, 2 ** 20, this.world.clock.now())
    for (const placed of letters) {
      owner.after = placed[0]
      await this.world.later()
      if (!this.isUp || this.attached.get(to) !== owner) return
      void this.world.nodes
        .get(to)!
        .receive('letter', placed, this.id)
        .catch(() => {})
    }
  }
}

export interface Had {
  messageId: string
  n: unknown
  isAgain: boolean
}

/** A wallet over its processes. */
export class SimWallet implements Node {
  readonly id: string
  readonly had: Had[] = []
  readonly outcomes = new Map<string, string>()
  isUp = false
  mail!: Mail
  private readonly identity: Identity
  private readonly disk = memoryStore()
  /** Writes until this process dies, before or after the last of them. */
  private writesLeft = Number.POSITIVE_INFINITY
  private process = 0

  constructor(
    readonly world: World,
    seed: number,
    private readonly relays: readonly SimRelay[],
  ) {
    this.identity = identityFromSeed(new Uint8Array(32).fill(seed))
    this.id = encodePeerId(this.identity.publicKey)
    world.nodes.set(this.id, this)
  }

  info(): PeerInfo {
    const { publicKey } = this.identity
    return { peerId: this.id, publicKey, addresses: {}, state: PeerState.CONNECTED, lastSeen: 0, protocols: ['lotus/mail'] }
  }

  connected(id: string): void {
    this.mail.connected(this.infoOf(id))
  }

  disconnected(id: string): void {
    this.mail.disconnected(this.infoOf(id))
  }

  private infoOf(id: string): PeerInfo {
    const info = this.world.nodes.get(id)!.info()
    return info.publicKey ? info : { ...info, publicKey: keyOf(id) }
  }

  async receive(type: string, payload: unknown, from: string): Promise<[string, unknown]> {
    const { process } = this
    let answer: [string, unknown] = ['none', null]
    const message = { type, payload, from, timestamp: 0, messageId: 'x' }
    replies.set(message, (said) => {
      answer = said
    })
    await this.mail.handle(message, this.infoOf(from))
    return process === this.process ? answer : never()
  }

  /** Begins a process. It dies at a store write by lot. */
  async start(writesLeft = Number.POSITIVE_INFINITY): Promise<void> {
    this.process++
    this.writesLeft = writesLeft
    this.isUp = true
    const process = this.process
    const isDead = () => this.process !== process || !this.isUp
    const settings = {
      relays: undefined,
      count: 2,
      bits: 0,
      max: 4,
      receipts: true,
      publish: true,
      recovery: undefined,
      wake: undefined,
    }
    const about = { before: undefined, isKept: true }
    this.mail = new Mail(this.host(isDead), limits, this.storeOf(isDead), settings, about)
    await this.mail.lead()
    if (isDead()) return
    this.mail.start()
    for (const relay of this.relays) this.world.link(this.id, relay.id)
  }

  /** This process lives on. */
  steady(): void {
    this.writesLeft = Number.POSITIVE_INFINITY
  }

  die(): void {
    this.isUp = false
    this.process++
    this.world.down(this.id)
  }

  private storeOf(isDead: () => boolean): KeyValueStore {
    const { disk } = this
    const batch: KeyValueStore['batch'] = async (changes) => {
      if (isDead()) return never()
      const isLast = --this.writesLeft < 0
      if (isLast && this.world.chance(0.5)) {
        this.die()
        return never()
      }
      await disk.batch(changes)
      if (isLast) {
        this.die()
        return never()
      }
    }
    return { ...disk, batch, set: (key, value) => batch([{ key, value }]), delete: (key) => batch([{ key, delete: true }]) }
  }

  private host(isDead: () => boolean): MailHost {
    const { world, identity, id } = this
    const verifier = new RecordVerifier({ network: NETWORK, clock: world.clock, limits })
    const own = <T>(work: () => Promise<T>) => (isDead() ? never<T>() : work().then((value) => (isDead() ? never<T>() : value)))
    const peerOf = (peerId: string) => (!isDead() && world.isLinked(id, peerId) ? this.infoOf(peerId) : undefined)
    const complete: MailHost['complete'] = (message, to) => ({
      ...message,
      from: id,
      to,
      timestamp: world.clock.now(),
      messageId: message.messageId ?? randomId(world.random),
    })
    return {
      kit: {
        ...{
          peerId: id,
          publicKey: identity.publicKey,
          network: NETWORK,
          clock: world.clock,
          random: world.random,
          identity,
          limits,
        },
        store: this.storeOf(isDead),
        request: (to, { type, payload }, options) =>
          own(async () => {
            const [answer, said] = await world.ask(id, to, type, payload, options?.timeoutMs)
            return { type: answer, payload: said, from: to, timestamp: 0, messageId: 'x' } as never
          }),
        reply: async (message, { type, payload }) => replies.get(message)?.([type, payload]),
        sendTo: (to, { type, payload }) => own(async () => void (await world.ask(id, to, type, payload))),
        peers: () => (isDead() ? [] : world.peersOf(id).map((peer) => this.infoOf(peer))),
        peer: peerOf,
        emit: () => {},
        report: () => {},
        run: async () => {},
      },
      keyOf: async (peerId) => keyOf(peerId),
      targetOf: (peerId) => peerId,
      complete,
      want: () => {},
      sendBare: () => {},
      isHeard: () => true,
      hand: async (message: P2PMessage) => {
        if (isDead()) return never()
        const { n } = message.payload as { n: number }
        this.had.push({ messageId: message.messageId, n, isAgain: message.redelivered === true })
        if (world.chance(0.3)) await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 100 * world.random.unit()))
        return isDead() ? never() : undefined
      },
      infoOf: (sender) => ({
        peerId: encodePeerId(sender),
        publicKey: sender,
        addresses: {},
        state: PeerState.DISCONNECTED,
        lastSeen: 0,
      }),
      isBanned: () => false,
      charge: () => 0,
      relays: () =>
        this.relays
          .filter((relay) => peerOf(relay.id) !== undefined)
          .map((relay, i) => ({ peerId: relay.id, address: `wss://relay${i}.example${i}`, isTrusted: false })),
      reach: (relayId) =>
        own(async () => {
          await world.later()
          if (isDead() || !world.link(id, relayId)) throw lost()
        }),
      dial: () => never(),
      release: () => {},
      keep: () => {},
      binding: () => ({
        relayKey: identity.publicKey,
        ownerKey: identity.publicKey,
        relaySession: new Uint8Array(16),
        ownerSession: new Uint8Array(16),
      }),
      findCard: (owner) => own(async () => world.cards.get(hexOf(owner))),
      verifyCard: async (record) => dhtRecord(await verifier.verify(verifier.read(decode(record))), limits),
      publishCard: (value, ttl) =>
        own(async () => {
          const now = world.clock.now()
          const content = { key: cardKeyOf(identity.publicKey), value, sequence: now, publishedAt: now, ttl }
          const entry = await createRecord(content, { identity }, limits, NETWORK)
          world.cards.set(hexOf(identity.publicKey), dhtRecord(entry, limits))
          return encode(wireRecord(entry))
        }),
      work: async () => new Uint8Array(8),
    }
  }
}

const replies = new WeakMap<object, (said: [string, unknown]) => void>()
const keys = new Map<string, Uint8Array>()

function keyOf(id: string): Uint8Array {
  let key = keys.get(id)
  if (key === undefined) {
    key = decodePeerId(id)
    keys.set(id, key)
  }
  return key
}
