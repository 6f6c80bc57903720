import type { Clock, Timer } from '../clock.js'
import { originOf } from '../defence/origin.js'
import { isPeerId } from '../identity/peer-id.js'
import type { Limits } from '../limits.js'
import { decode, encode } from '../message/codec.js'
import type { KeyValueStore } from '../storage/key-value-store.js'

/** A relay or node that we are connected to because we chose so. */
export interface ChosenPeer {
  /** Peer id, or the name it chose. */
  readonly peerId: string
  /** `lp1…` */
  readonly id: string
  /** Where we dialled it. */
  readonly address: string
  /** Who runs it, as far as its address tells; undefined for private addresses. */
  readonly origin: string | undefined
  /** Milliseconds since the Unix epoch. */
  readonly since: number
  readonly isServer: boolean
  /** The application has asked for it, or it is an anchor. */
  readonly isNamed: boolean
  /** It is one of `P2PConfig.anchors`. */
  readonly isTrusted: boolean
}

/** As it is stored: `lp1…` id, address, until when (milliseconds since the Unix epoch), starts in a row at which it did not answer. */
type Anchor = [id: string, address: string, until: number, misses: number]

export interface AnchorsOptions {
  clock: Clock
  limits: Limits
  store: KeyValueStore
  /** Addresses that are dialled anyway. */
  named: ReadonlySet<string>
  chosen(): ChosenPeer[]
  /** Connects, and stays so. */
  dial(address: string, id: string): Promise<unknown>
}

const STORE_KEY = 'anchors'
/** Bytes that we have ever stored there: 3 of at most 512 or so. */
const MAX_BYTES = 4_096
const MAX_ADDRESS_CHARS = 256
/** Starts in a row without an answer after which a place is free for another. */
const MAX_MISSES = 3

/**
 * Relays that have served us long, kept over restarts and dialled at the next start beside the bootstrap peers: whoever can make us
 * restart, or changes the list that we start with, does not thereby get a fresh chance to be all that we see (the anchor
 * connections of Heilman et al., 2015, §8, and Bitcoin Core's `anchors.dat`).
 *
 * A place that is taken stays so until its relay has not answered at three starts, or nobody has chosen it otherwise for
 * `anchorMs`: being there for ten minutes displaces nobody. Of different operators where there are so many.
 */
export class Anchors {
  private anchors: Anchor[] = []
  /** Those that we are connected to for this reason. */
  private readonly dialled = new Set<string>()
  /** Those that have failed at this start, and whether that was counted: not before anybody else was reached. */
  private readonly missed = new Map<Anchor, 'now' | 'counted'>()
  private loading: Promise<void> | undefined
  private timer: Timer | undefined
  private closed = false

  constructor(private readonly options: AnchorsOptions) {}

  /** Anchors remembered. */
  get size(): number {
    return this.anchors.length
  }

  /** Dials those that are remembered. Without a store, or with a broken one, there are none: that is no reason not to start. */
  start(): Promise<void> {
    this.loading ??= this.load().catch(() => {})
    return this.loading.then(async () => {
      const absent = this.anchors.filter(([id, address]) => !this.options.named.has(address) && !this.dialled.has(id))
      await Promise.all(absent.map((anchor) => this.reach(anchor)))
    })
  }

  /** Somebody has connected. */
  changed(): void {
    const { clock, limits, chosen } = this.options
    if (this.closed || !chosen().some(({ isServer }) => isServer)) return
    this.countMissed()
    this.timer ??= clock.setTimeout(() => {
      this.timer = undefined
      if (this.choose()) this.save()
      void this.start()
      this.changed()
    }, limits.anchorAfterMs)
  }

  stop(): void {
    if (this.timer !== undefined) this.options.clock.clearTimeout(this.timer)
    this.timer = undefined
  }

  close(): void {
    this.closed = true
    this.stop()
  }

  private async load(): Promise<void> {
    const { store, clock, limits } = this.options
    const bytes = await store.get(STORE_KEY)
    if (bytes === undefined || bytes.length > MAX_BYTES) return
    const now = clock.now()
    const read = decode(bytes, limits)
    const isValid = (entry: unknown): entry is Anchor => {
      if (!Array.isArray(entry)) return false
      const [id, address, until, misses] = entry as unknown[]
      return (
        typeof id === 'string' &&
        isPeerId(id) &&
        isAnchorAddress(address) &&
        typeof until === 'number' &&
        until > now &&
        until <= now + limits.anchorMs &&
        typeof misses === 'number' &&
        misses >= 0 &&
        misses < MAX_MISSES
      )
    }
    if (Array.isArray(read)) this.anchors = read.filter(isValid).slice(0, limits.maxAnchors)
  }

  private async reach(anchor: Anchor): Promise<void> {
    const [id, address] = anchor
    this.dialled.add(id)
    try {
      await this.options.dial(address, id)
      if (anchor[3] === 0) return
      anchor[3] = 0
      this.save()
    } catch {
      this.dialled.delete(id)
      if (this.closed || this.missed.has(anchor)) return
      this.missed.set(anchor, 'now')
      this.changed()
    }
  }

  /** Without a network nobody answers, and that is not the anchors' fault: counted once another relay has been reached. */
  private countMissed(): void {
    let changed = false
    for (const [anchor, state] of this.missed) {
      if (state === 'counted') continue
      this.missed.set(anchor, 'counted')
      anchor[3]++
      changed = true
    }
    if (!changed) return
    this.anchors = this.anchors.filter(([, , , misses]) => misses < MAX_MISSES)
    this.save()
  }

  /** Fills free places with the longest connected, new operators first. True where anything has changed. */
  private choose(): boolean {
    const { clock, limits } = this.options
    const now = clock.now()
    const before = this.anchors.length
    this.anchors = this.anchors.filter(([, , until]) => until > now)
    let changed = this.anchors.length !== before
    const good = this.options
      .chosen()
      .filter(({ isServer, address, since }) => isServer && isAnchorAddress(address) && now - since >= limits.anchorAfterMs)
      .sort((a, b) => a.since - b.since)
    const origins = new Set(this.anchors.map(([, address]) => originOf(address)))
    for (const pass of ['new operator', 'any'] as const) {
      for (const { id, address, origin } of good) {
        const known = this.anchors.find(([other]) => other === id)
        if (known !== undefined) {
          // Who is here as an anchor alone is not thereby one for ever.
          if (this.dialled.has(id) || known[2] - now > limits.anchorMs / 2) continue
          known[2] = now + limits.anchorMs
        } else {
          if (this.anchors.length >= limits.maxAnchors || (pass === 'new operator' && origins.has(origin))) continue
          origins.add(origin)
          this.anchors.push([id, address, now + limits.anchorMs, 0])
        }
        changed = true
      }
    }
    return changed
  }

  private save(): void {
    // What cannot be stored is not remembered; nobody waits for it.
    this.options.store.set(STORE_KEY, encode(this.anchors)).catch(() => {})
  }
}

function isAnchorAddress(address: unknown): address is string {
  return typeof address === 'string' && address.length <= MAX_ADDRESS_CHARS && /^(wss?|https?|memory):\/\//.test(address)
}
