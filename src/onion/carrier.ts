import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import type { Cover } from './cover.js'
import type { Directory } from './directory.js'
import type { Entries } from './entries.js'
import type { Entry } from './entry.js'
import type { Hop } from './hop.js'
import { OnionFault, readOnionError } from './onion-errors.js'
import { createPacket, INBOX_TAG_BYTES, openContent, packetId, SURB_ID_BYTES } from './packet.js'
import type { PathPurpose, Paths } from './paths.js'
import { expectedDelayMs, type OnionProfile, pathHops } from './profile.js'
import { ReplyBlocks } from './reply-blocks.js'
import type { Scores } from './scores.js'
import { createSurb } from './surb.js'

/** Packets whose errors could still come: hops remember where one came from for 30 s. */
const MAX_UNDER_WAY = 4_096
/** The first guess of a round trip over links alone, milliseconds; and the weight of a new measurement. */
const FIRST_RTT_MS = 500
const RTT_WEIGHT = 1 / 8
const NOTHING = /* @__PURE__ */ new Uint8Array(0)

/** For whom packets go. */
export interface Purpose extends PathPurpose {
  /** By which the guard finds the wallet for replies of this purpose, 16 bytes. */
  readonly tag: Uint8Array
}

interface UnderWay {
  readonly route: readonly Hop[]
  readonly secrets: readonly Uint8Array[]
  readonly onFault: OnFault
}

/** Told why a hop has given a packet up, and which hop was to come next. */
export type OnFault = (code: number, next: string | undefined) => void

/** How a reply block is made. */
export interface BlockOptions {
  signal?: AbortSignal | undefined
  /** Ids of hops that were tried in vain: others are taken where there are some. */
  tried?: ReadonlySet<string> | undefined
}

export interface CarrierOptions {
  clock: Clock
  random: Random
  limits: Required<Limits>
  paths: Paths
  scores: Scores
  directory: Directory
  entries: Entries
  cover: () => Cover
  /** A hop says that the key of its record is out of date. */
  onStaleKeys: () => void
}

/** Brings packets on their way, and what comes back to those who wait for it. */
export class Carrier {
  /** Packets that were sent for somebody; those that came back as replies or loops. And loops that did not. */
  readonly counts = { sent: 0, received: 0, lost: 0, touched: 0, cover: 0 }
  readonly loopTag: Uint8Array
  /** By which hops the last packet went that was sent for somebody. */
  route: readonly Hop[] = []
  /** A round trip over the links of a path and back, milliseconds. */
  rttMs = FIRST_RTT_MS
  private readonly blocks: ReplyBlocks
  private readonly underWay = new BoundedMap<string, UnderWay>(MAX_UNDER_WAY)
  /** By the id that comes back: over which hops, and what ends the wait. */
  private readonly loops = new Map<string, { route: readonly Hop[]; stop: () => void }>()
  private readonly losses = new Map<string, Set<() => void>>()

  constructor(private readonly options: CarrierOptions) {
    const { clock, limits, random } = options
    this.blocks = new ReplyBlocks(clock, limits)
    this.loopTag = random.bytes(INBOX_TAG_BYTES)
  }

  /**
   * Creates a reply block that ends at a guard.
   *
   * @param onReply called with the content of the reply, once.
   * @returns the block, and the ids of its hops.
   * @throws P2PError ONION_NO_PATH, ABORTED.
   */
  async block(
    purpose: Purpose,
    { guard, exit }: { guard: Hop; exit: Hop },
    profile: OnionProfile,
    onReply: (content: Uint8Array) => void,
    { signal, tried }: BlockOptions = {},
  ): Promise<{ surb: Uint8Array; surbId: Uint8Array; path: readonly string[] }> {
    const { paths, random } = this.options
    const route = paths.back(purpose, guard, exit, tried)
    const surbId = random.bytes(SURB_ID_BYTES)
    const hops = pathHops(paths.withKeys(route), profile, random)
    const { surb, kept } = await createSurb(hops, { tag: purpose.tag, surbId }, { random, signal })
    const path = route.map(({ id }) => id)
    this.blocks.add(surbId, { kept, path, onReply })
    return { surb, surbId, path }
  }

  /** Nobody waits any more for the reply by this block. */
  forget(surbId: Uint8Array): void {
    this.blocks.forget(surbId)
  }

  /**
   * Sends a packet to the last hop of a route, in its turn among what goes as cover.
   *
   * @param onFault told when a hop says why it has given the packet up; see `OnionFault`.
   * @throws P2PError PEER_NOT_CONNECTED where the guard is lost meanwhile; ONION_NO_PATH, BUFFER_FULL, ABORTED.
   */
  async send(
    entry: Entry,
    route: readonly Hop[],
    profile: OnionProfile,
    content: Uint8Array,
    { signal, onFault }: { signal?: AbortSignal | undefined; onFault: OnFault },
  ): Promise<void> {
    const { paths, random, cover } = this.options
    const hops = pathHops(paths.withKeys(route), profile, random)
    const { packet, secrets } = await createPacket(hops, { command: 'exit' }, content, { random, signal })
    await cover().turn()
    this.underWay.set(hexOf(packetId(packet)), { route, secrets, onFault })
    this.counts.sent++
    this.route = route
    await entry.send(packet, signal)
  }

  /** Sends a packet that ends at some hop: cover. @throws P2PError ONION_NO_PATH, and as `send`. */
  async drop(profile: OnionProfile): Promise<void> {
    const { entries, paths, random } = this.options
    const [first] = entries.open()
    if (first === undefined) return
    const route = paths.drop(COVER, first.hop)
    const { packet } = await createPacket(pathHops(paths.withKeys(route), profile, random), { command: 'drop' }, NOTHING, {
      random,
    })
    this.counts.cover++
    await first.entry.send(packet)
  }

  /** Sends a packet that comes back over the second guard: cover, and a test of the hops on its way. @throws P2PError ONION_NO_PATH, and as `send`. */
  async loop(profile: OnionProfile): Promise<void> {
    const { clock, entries, paths, random, limits } = this.options
    const [first, second] = entries.open()
    if (first === undefined || second === undefined) return
    const route = paths.loop(first.hop, second.hop)
    const surbId = random.bytes(SURB_ID_BYTES)
    const hops = pathHops(paths.withKeys(route), profile, random)
    const { packet } = await createPacket(hops, { command: 'inbox', tag: this.loopTag, surbId }, NOTHING, { random })
    const id = hexOf(surbId)
    const waitMs = Math.max(limits.minOnionAnswerMs, 3 * (this.rttMs + hops.reduce((sum, { delayMs }) => sum + delayMs, 0)))
    const timer = clock.setTimeout(() => {
      this.loops.delete(id)
      // A network that is down says nothing of hops.
      void Promise.all([first.entry.isAlive(), second.entry.isAlive()]).then(([isFirst, isSecond]) => {
        if (!isFirst || !isSecond) return
        this.counts.lost++
        this.vanished(route)
      })
    }, waitMs)
    this.loops.set(id, { route, stop: () => clock.clearTimeout(timer) })
    this.counts.cover++
    await first.entry.send(packet)
  }

  /** A guard has given us a packet. */
  delivered(surbId: Uint8Array, delta: Uint8Array): void {
    const { scores } = this.options
    const id = hexOf(surbId)
    const loop = this.loops.get(id)
    try {
      if (loop !== undefined) {
        this.loops.delete(id)
        loop.stop()
        openContent(delta)
        this.counts.received++
        scores.passed(loop.route.map(({ id: hop }) => hop))
        return
      }
      const taken = this.blocks.take(surbId, delta)
      if (taken === undefined) return
      this.counts.received++
      scores.passed(taken.block.path)
      taken.block.onReply(taken.content)
    } catch {
      // Somebody on the way has changed it: it was lost, and which hop did it nobody can tell.
      this.counts.touched++
      if (loop !== undefined) this.vanished(loop.route)
    }
  }

  private vanished(route: readonly Hop[]): void {
    this.options.scores.vanished(route.map(({ id }) => id))
  }

  /** A guard has brought an error: a hop says why it has given a packet up. */
  failed(packetId: Uint8Array, error: Uint8Array): void {
    const id = hexOf(packetId)
    const sent = this.underWay.get(id)
    const read = sent && readOnionError(sent.secrets, error)
    if (sent === undefined || read === undefined) return
    this.underWay.delete(id)
    const { hop, code } = read
    const { scores, onStaleKeys } = this.options
    const at = sent.route[hop]!
    const next = sent.route[hop + 1]
    const before = sent.route[hop - 1]
    if (code === OnionFault.UNREACHABLE && next !== undefined) scores.unreachable(at.id, next.id)
    else if (code === OnionFault.KEY_EXPIRED) onStaleKeys()
    // It takes no more of this link for the moment.
    else if (code === OnionFault.OVERLOADED && before !== undefined) scores.avoid(before.id, at.id)
    sent.onFault(code, next?.id)
  }

  /** Calls back once a guard is lost. @returns what ends that. */
  onLost(guardId: string, listener: () => void): () => void {
    const listeners = this.losses.get(guardId) ?? new Set()
    this.losses.set(guardId, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.losses.get(guardId) === listeners) this.losses.delete(guardId)
    }
  }

  /** A guard is lost. */
  lost(guardId: string): void {
    for (const listener of [...(this.losses.get(guardId) ?? [])]) listener()
  }

  /** An answer has come so long after its question. @param waitedMs without the delays at hops. */
  measured(waitedMs: number): void {
    this.rttMs += (Math.max(1, waitedMs) - this.rttMs) * RTT_WEIGHT
  }

  /** How long after sending an answer is given up, milliseconds. */
  patienceMs(there: readonly Hop[], back: readonly Hop[], profile: OnionProfile): number {
    const delayMs = expectedDelayMs(there, profile) + expectedDelayMs(back, profile)
    return Math.max(this.options.limits.minOnionAnswerMs, 3 * (delayMs + this.rttMs))
  }

  /** The wallet goes to sleep: what is out is forgotten. */
  stop(): void {
    for (const { stop } of this.loops.values()) stop()
    this.loops.clear()
  }

  get now(): number {
    return elapsed(this.options.clock)
  }
}

/** Cover has a set of middles of its own. */
const COVER: PathPurpose = { name: 'cover', id: 'cover' }
