import { Alarm } from '../../../base/alarm.js'
import { hexOf } from '../../../base/bytes.js'
import { elapsed } from '../../../base/clock.js'
import { P2PError } from '../../../base/errors.js'
import { greediest } from '../../../base/greediest.js'
import type { Limits } from '../../../base/limits.js'
import { TokenBucket } from '../../../base/token-bucket.js'
import { encodePeerId } from '../../../identity/peer-id.js'
import { encode } from '../../../message/codec.js'
import type { ProtocolHost } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { INTRODUCE_WATCH, type PeerQuery } from '../find-peers.js'

/** A question of one peer that stays open. */
interface Watch {
  readonly watcher: string
  /** The watcher's number for it. */
  readonly id: number
  readonly query: PeerQuery
  /** Peers at once that the watcher is told of. */
  readonly max: number
  /** `lp1…` ids of the peers that the watcher knows, by peer id. */
  readonly told: Map<string, string>
  /** Peer ids of those that have come, changed or gone. */
  readonly due: Set<string>
  /** `lp1…` ids of those that are gone, or fit no longer, and are still to be told. */
  readonly gone: Set<string>
  /** Whether others fit than those that there was room for. */
  hasMore: boolean
  /** The watcher has not taken what was told last: changes gather meanwhile. */
  isBusy: boolean
}

interface Options {
  readonly limits: Limits
  /** Those among whom a question can be answered. */
  candidates(query: PeerQuery): PeerInfo[]
  /** A peer that is here, by its peer id. */
  peer(peerId: string): PeerInfo | undefined
  /** Whether a peer is introduced to another at all, by a question. Does not look at `resourceType`. */
  fits(peer: PeerInfo, watcher: string, query: PeerQuery): boolean
  /** What is told of a peer. */
  describe(peer: PeerInfo): unknown
  /** Public keys, in lower-case hex, of those who have announced a resource of this type. */
  publishersOf(resourceType: string): Iterable<string>
  /** Types of the resources that a public key, in lower-case hex, has announced. */
  typesOf(publisher: string): Iterable<string>
  /** So many of the peers, by lot. */
  draw(peers: PeerInfo[], count: number): PeerInfo[]
}

/** Bytes of changes that all watchers together are told in a second, and at once: a tenth of a core. */
export const WATCH_BYTES_PER_S = 4_194_304
export const WATCH_BYTE_BURST = 4_194_304
/** Bytes that are told in one turn of the event loop: some milliseconds of work. */
const TURN_BYTES = 131_072
/** What a message costs beside its bytes, in bytes that cost as much. */
const MESSAGE_BYTES = 4_096

/**
 * The peers that watch for others. Who is told of a change is found by what the changed peer is, never by a look at all watches; and
 * changes of `peerWatchDelayMs` are one message to each watcher.
 *
 * A change of a hundred bytes is told to all who watch, as often as they watch. So what is told has a budget as a whole
 * (`WATCH_BYTES_PER_S`), of which each watcher in turn gets one message; where it is used up, changes gather for longer, and none is lost.
 */
export class PeerWatchers {
  private readonly byWatcher = new Map<string, Map<number, Watch>>()
  /** By the most telling of their criteria. */
  private readonly byCriterion = new Map<string, Set<Watch>>()
  /** By the peer id of one that they were told of. */
  private readonly byTold = new Map<string, Set<Watch>>()
  private readonly dirty = new Set<Watch>()
  /** Watchers that have had their message of this round. */
  private readonly served = new Set<string>()
  private readonly budget: TokenBucket
  private readonly alarm: Alarm
  private total = 0
  /** Watches by resource type. */
  private ofTypes = 0

  constructor(
    private readonly protocolHost: ProtocolHost,
    private readonly wiring: Options,
  ) {
    const { clock } = protocolHost
    this.budget = new TokenBucket(WATCH_BYTES_PER_S, WATCH_BYTE_BURST, elapsed(clock), TURN_BYTES)
    this.alarm = new Alarm(clock, () => this.tellDirty())
  }

  get count(): number {
    return this.total
  }

  /** Begins a watch, in place of the one that the watcher gave this number before. @throws P2PError LIMIT_EXCEEDED. */
  add(watcher: string, id: number, query: PeerQuery): void {
    const { limits } = this.wiring
    this.delete(watcher, id)
    const own = this.byWatcher.get(watcher) ?? new Map<number, Watch>()
    if (own.size >= limits.maxPeerWatches) throw tooMany('maxPeerWatches', limits)
    if (this.total >= limits.maxRelayPeerWatches) this.makeRoom(own.size)
    const watch: Watch = {
      watcher,
      id,
      query,
      max: Math.min(query.limit ?? Number.POSITIVE_INFINITY, limits.maxIntroductions),
      told: new Map(),
      due: new Set(),
      gone: new Set(),
      hasMore: false,
      isBusy: false,
    }
    this.fill(watch)
    this.total++
    this.byWatcher.set(watcher, own.set(id, watch))
    add(this.byCriterion, criterionOf(query), watch)
    if (isByType(query)) this.ofTypes++
    if (watch.due.size === 0) return
    this.dirty.add(watch)
    if (this.alarm.isArmed) return
    this.tellDirty()
  }

  /** Ends a watch, if there is one. */
  delete(watcher: string, id: number): void {
    const own = this.byWatcher.get(watcher)
    const watch = own?.get(id)
    if (watch === undefined) return
    own!.delete(id)
    if (own!.size === 0) this.byWatcher.delete(watcher)
    this.total--
    if (isByType(watch.query)) this.ofTypes--
    remove(this.byCriterion, criterionOf(watch.query), watch)
    for (const peerId of watch.told.keys()) remove(this.byTold, peerId, watch)
    this.dirty.delete(watch)
  }

  /** @throws P2PError LIMIT_EXCEEDED where nobody has more watches than the peer that wants another. */
  private makeRoom(own: number): void {
    const watcher = greediest(this.byWatcher, own)
    if (watcher === undefined) throw tooMany('maxRelayPeerWatches', this.wiring.limits)
    const [id] = this.byWatcher.get(watcher)!.keys()
    this.delete(watcher, id!)
  }

  /** Ends all watches of a peer that is gone. */
  deleteOf(watcher: string): void {
    for (const id of [...(this.byWatcher.get(watcher)?.keys() ?? [])]) this.delete(watcher, id)
    this.served.delete(watcher)
  }

  /** A peer has come, has gone, or says something else of itself. */
  changed({ peerId, name = peerId, publicKey, protocols = [] }: PeerInfo): void {
    this.mark(peerId, this.byTold.get(peerId))
    if (this.total === 0 || publicKey === undefined) return
    for (const sought of [name, encodePeerId(publicKey)]) this.mark(peerId, this.byCriterion.get(`id ${sought}`))
    for (const protocol of protocols) this.mark(peerId, this.byCriterion.get(`protocol ${protocol}`))
    if (this.ofTypes > 0) {
      for (const type of this.wiring.typesOf(hexOf(publicKey))) this.mark(peerId, this.byCriterion.get(`type ${type}`))
    }
    this.mark(peerId, this.byCriterion.get(''))
  }

  /** Whether somebody watches for announcers of this type. */
  watchesType(resourceType: string): boolean {
    return this.ofTypes > 0 && this.byCriterion.has(`type ${resourceType}`)
  }

  close(): void {
    this.alarm.disarm()
    for (const watcher of [...this.byWatcher.keys()]) this.deleteOf(watcher)
  }

  private mark(peerId: string, watches: Iterable<Watch> = []): void {
    for (const watch of watches) {
      if (!watch.told.has(peerId) && watch.told.size + watch.due.size >= watch.max) watch.hasMore = true
      else {
        watch.due.add(peerId)
        this.dirty.add(watch)
      }
    }
    if (this.dirty.size > 0) this.alarm.armOnce(this.wiring.limits.peerWatchDelayMs)
  }

  /** Tells those whose turn it is, as many as there is room for now. */
  private tellDirty(): void {
    const waitMs = this.budget.waitMs(elapsed(this.protocolHost.clock))
    if (waitMs > 0) {
      this.alarm.arm(waitMs)
      return
    }
    let left = TURN_BYTES
    for (let hasTold = true; hasTold; this.served.clear()) {
      hasTold = false
      for (const watch of [...this.dirty]) {
        if (watch.isBusy || this.served.has(watch.watcher)) continue
        // In the next turn: this one is long enough.
        if (left <= 0) {
          this.alarm.arm(0)
          return
        }
        this.served.add(watch.watcher)
        left -= this.tell(watch)
        hasTold = true
      }
    }
    if (this.dirty.size > 0) this.alarm.armOnce(this.wiring.limits.peerWatchDelayMs)
  }

  /** Tells a watcher of all that is due, up to the size of one answer; the rest follows. @returns what that costs, in bytes. */
  private tell(watch: Watch): number {
    const { told, due, gone, watcher } = watch
    this.dirty.delete(watch)
    const peers: unknown[] = []
    let bytes = this.takeDue(watch, peers)
    // Those that have left make room for others.
    if (watch.hasMore && told.size + due.size < watch.max) {
      this.fill(watch)
      bytes += this.takeDue(watch, peers)
    }
    if (due.size > 0) this.dirty.add(watch)
    if (peers.length + gone.size > 0) this.push(watch, watcher, peers)
    bytes += MESSAGE_BYTES
    this.budget.charge(bytes)
    return bytes
  }

  /** @param peers what is in the message already, to which those that are due are added. @returns their bytes. */
  private takeDue(watch: Watch, peers: unknown[]): number {
    const { told, due, gone } = watch
    const { limits } = this.wiring
    let bytes = 0
    for (const peerId of due) {
      const peer = this.fitting(peerId, watch)
      const id = peer && encodePeerId(peer.publicKey!)
      const known = told.get(peerId)
      if (known !== undefined && known !== id) {
        told.delete(peerId)
        remove(this.byTold, peerId, watch)
        gone.add(known)
      }
      if (id !== undefined && (told.has(peerId) || told.size < watch.max)) {
        const entry = this.wiring.describe(peer!)
        bytes += encode(entry, limits).length
        if (bytes > limits.maxAnswerBytes / 2 && peers.length > 0) break
        peers.push(entry)
        told.set(peerId, id)
        gone.delete(id)
        add(this.byTold, peerId, watch)
      } else if (id !== undefined) watch.hasMore = true
      due.delete(peerId)
    }
    return bytes
  }

  private push(watch: Watch, watcher: string, peers: unknown[]): void {
    const payload = { watch: watch.id, peers, gone: [...watch.gone] }
    watch.gone.clear()
    watch.isBusy = true
    const done = () => {
      watch.isBusy = false
      if (this.dirty.size > 0) this.alarm.armOnce(this.wiring.limits.peerWatchDelayMs)
    }
    this.protocolHost.sendTo(watcher, { type: 'peers', payload, protocol: INTRODUCE_WATCH }).then(done, () => {
      // What the watcher has not heard is told once more, as long as it is here.
      for (const id of payload.gone) watch.gone.add(id)
      if (this.byWatcher.get(watcher)?.get(watch.id) === watch) {
        for (const peerId of watch.told.keys()) watch.due.add(peerId)
        this.dirty.add(watch)
      }
      done()
    })
  }

  /** Looks for peers where there is room for more, as at the beginning. */
  private fill(watch: Watch): void {
    const { watcher, query, told, due, max } = watch
    const { wiring } = this
    const publishers = query.resourceType === undefined ? undefined : new Set(wiring.publishersOf(query.resourceType))
    const found = wiring
      .candidates(query)
      .filter(
        (peer) =>
          !told.has(peer.peerId) &&
          wiring.fits(peer, watcher, query) &&
          (publishers === undefined || publishers.has(hexOf(peer.publicKey!))),
      )
    const room = max - told.size
    watch.hasMore = found.length > room
    for (const { peerId } of watch.hasMore ? wiring.draw(found, room) : found) due.add(peerId)
  }

  private fitting(peerId: string, { watcher, query }: Watch): PeerInfo | undefined {
    const { wiring } = this
    const peer = wiring.peer(peerId)
    if (peer === undefined || !wiring.fits(peer, watcher, query)) return undefined
    const { resourceType } = query
    return resourceType === undefined || [...wiring.typesOf(hexOf(peer.publicKey!))].includes(resourceType) ? peer : undefined
  }
}

function criterionOf({ peerId, protocol, resourceType }: PeerQuery): string {
  if (peerId !== undefined) return `id ${peerId}`
  if (protocol !== undefined) return `protocol ${protocol}`
  return resourceType === undefined ? '' : `type ${resourceType}`
}

function isByType(query: PeerQuery): boolean {
  return criterionOf(query).startsWith('type ')
}

function add(sets: Map<string, Set<Watch>>, key: string, watch: Watch): void {
  const known = sets.get(key)
  if (known !== undefined) known.add(watch)
  else sets.set(key, new Set([watch]))
}

function remove(sets: Map<string, Set<Watch>>, key: string, watch: Watch): void {
  const known = sets.get(key)
  known?.delete(watch)
  if (known?.size === 0) sets.delete(key)
}

function tooMany(limit: 'maxPeerWatches' | 'maxRelayPeerWatches', limits: Limits): P2PError {
  return new P2PError('LIMIT_EXCEEDED', `The relay keeps no more than ${limits[limit]} watches for peers. End some.`, {
    details: { limit },
  })
}
