import { type DialRules, isWeb, learnt } from '../../address/dial-policy.js'
import { originOf } from '../../address/origin.js'
import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import { LazySet } from '../../base/lazy-map.js'
import type { Limits } from '../../base/limits.js'
import { isPeerId } from '../../identity/peer-id.js'
import { decode, encode } from '../../message/codec.js'
import { array, number, shaped, text, tuple } from '../../message/shape.js'
import type { KeyValueStore } from '../../storage/key-value-store.js'

/** A relay or node that we are connected to because we chose so. */
export interface ChosenPeer {
  /** Peer id, or the name it chose. */
  readonly peerId: string
  /** `lp1…` */
  readonly id: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Where we dialled it. */
  readonly address: string
  /** The operator, as far as the address tells; undefined for private addresses. */
  readonly origin: string | undefined
  /** When it connected, by `elapsed`. */
  readonly since: number
  readonly isServer: boolean
  /** The application has asked for it, or it is an anchor. */
  readonly isNamed: boolean
  /** It is one of `P2PConfig.anchors`. */
  readonly isTrusted: boolean
}

/** As it is stored: `lp1…` id, address, until when (milliseconds since the Unix epoch), starts in a row of ten minutes or more, at which it did not answer. */
type Anchor = [id: string, address: string, until: number, misses: number]

export interface AnchorsOptions {
  clock: Clock
  limits: Limits
  store: KeyValueStore
  rules: DialRules
  /** Addresses that are dialled anyway. */
  named: ReadonlySet<string>
  chosen(): ChosenPeer[]
  /** Connects, and keeps the connection. */
  dial(address: string, id: string): Promise<unknown>
}

const STORE_KEY = 'anchors'
/** Bytes that the store may hold for us: three anchors of about 512. */
const MAX_BYTES = 4_096
const anchorsShape = /* @__PURE__ */ (() => array(tuple(text(), text(0, 512), number(), number())))()

/**
 * Relays that have served us long, kept over restarts and dialled at the next start beside the bootstrap peers: an attacker that makes us
 * restart, or changes the list that we start with, does not get a fresh chance to be all that we see (the anchor connections of
 * Heilman et al., 2015, §8, and Bitcoin Core's `anchors.dat`).
 *
 * An anchor keeps its place until it has not answered at three starts, or neither the application nor a lookup has chosen it for
 * `anchorMs`: a newcomer that is there for ten minutes displaces none. Anchors are of different operators where there are so many.
 */
export class Anchors {
  private anchors: Anchor[] = []
  /** Ids of the anchors that we have dialled. */
  private readonly dialled = new LazySet<string>()
  private readonly missed = new LazySet<Anchor>()
  private loading: Promise<void> | undefined
  private readonly alarm: Alarm
  private isOver = false

  constructor(private readonly wiring: AnchorsOptions) {
    this.alarm = new Alarm(wiring.clock, () => {
      this.review()
      void this.start()
      this.changed()
    })
  }

  /** Anchors remembered. */
  get size(): number {
    return this.anchors.length
  }

  /** Dials the remembered anchors. A store that is broken has none, and does not keep the coordinator from starting. */
  async start(): Promise<void> {
    const { named, dial } = this.wiring
    this.loading ??= this.load().catch(() => {})
    await this.loading
    for (const anchor of this.anchors) {
      const [id, address] = anchor
      if (this.isOver || named.has(address) || this.dialled.has(id)) continue
      this.dialled.add(id)
      dial(address, id).then(
        () => {
          anchor[3] = 0
        },
        () => this.dialled.delete(id),
      )
    }
  }

  /** A peer has connected. */
  changed(): void {
    const { limits, chosen } = this.wiring
    if (this.isOver || this.alarm.isArmed || !chosen().some(({ isServer }) => isServer)) return
    this.alarm.arm(limits.anchorAfterMs)
  }

  stop(): void {
    this.alarm.disarm()
  }

  close(): void {
    this.isOver = true
    this.stop()
  }

  private async load(): Promise<void> {
    const { store, limits, clock } = this.wiring
    const bytes = await store.get(STORE_KEY)
    if (bytes === undefined || bytes.length > MAX_BYTES) return
    const read = shaped(anchorsShape, decode(bytes, limits)) ?? []
    const most = clock.now() + limits.anchorMs
    const live = read.filter((anchor) => this.isLive(anchor)).slice(0, limits.maxAnchors)
    // A clock that was set back since makes no anchor last longer.
    this.anchors = live.map(([id, address, until, misses]) => [id, address, Math.min(until, most), misses])
  }

  /** The store may be older than the rules, or another's: what comes from it is what others have told. */
  private mayKeep(address: string): boolean {
    return isWeb(address) ? learnt(address, this.wiring.rules) !== undefined : /^memory:/.test(address)
  }

  private isLive([id, address, until, misses]: Anchor): boolean {
    const { clock, limits } = this.wiring
    return isPeerId(id) && this.mayKeep(address) && until > clock.now() && misses < limits.maxAnchorMisses
  }

  /** Frees the places of anchors that are gone, and fills them with the relays that are connected the longest, new operators first. */
  private review(): void {
    const { clock, limits, chosen, store } = this.wiring
    const at = elapsed(clock)
    const relays = chosen().filter(({ isServer, address }) => isServer && this.mayKeep(address))
    // A peer is connected, so the network is there: an anchor that is not connected has not answered.
    for (const anchor of relays.length > 0 ? this.anchors : []) {
      if (this.missed.has(anchor) || relays.some(({ id }) => id === anchor[0])) continue
      this.missed.add(anchor)
      anchor[3]++
    }
    this.anchors = this.anchors.filter((anchor) => this.isLive(anchor))
    const good = relays.filter(({ since }) => at - since >= limits.anchorAfterMs).sort((a, b) => a.since - b.since)
    const origins = new Set(this.anchors.map(([, address]) => originOf(address)))
    for (const isAny of [false, true]) {
      for (const { id, address, origin } of good) {
        const known = this.anchors.find(([other]) => other === id)
        const until = clock.now() + limits.anchorMs
        // A relay that is here as an anchor alone is not thereby one for ever.
        if (this.dialled.has(id)) continue
        if (known !== undefined) known[2] = until
        else if (this.anchors.length < limits.maxAnchors && (isAny || !origins.has(origin))) {
          origins.add(origin)
          this.anchors.push([id, address, until, 0])
        }
      }
    }
    // No call waits for the store: what it does not take is not remembered.
    store.set(STORE_KEY, encode(this.anchors)).catch(() => {})
  }
}
