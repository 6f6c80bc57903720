import { Alarm } from '../base/alarm.js'
import { BoundedMap } from '../base/bounded-map.js'
import { compareBytes, equalBytes } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import { tupleKey } from '../base/tuple-key.js'
import type { WaitOptions } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { MIX_PROTOCOL } from './attempt.js'
import { orderedKeys } from './entry.js'
import { MAX_MEMBERS } from './items.js'
import type { MixPeer } from './mix-network.js'
import { pause } from './pause.js'
import { placeOf, VERSION } from './pool.js'
import {
  areSorted,
  coversEnough,
  includesKey,
  isJoined,
  type Join,
  largestSet,
  type Proposal,
  proposalHash,
  readAnswer,
  readProposal,
  readRoster,
  rosterHashOf,
  rosterPayload,
  signJoin,
} from './roster.js'

/** How long after the beginning of an epoch its first member proposes, and how long the next waits. */
const FIRST_MS = 2_000
const FAILOVER_MS = 5_000
/** How long a member that has said yes waits for the roster. */
const BUSY_MS = 10_000
/** Time to reach a member, and for its answer. */
const ASK_MS = 4_000
/** Whoever asks, we look who waits no more often: it costs a question to the network, and one to the wallet's node. */
const VIEW_MS = 2_000
/** Others are asked for in three epochs at most. */
const MAX_VIEWS = 3
/** By how much clocks may differ where a member's turn is looked at. */
const SKEW_MS = 3_000

/** A round that has formed. */
export interface Roster {
  readonly hash: Uint8Array
  /** In bytewise order. */
  readonly keys: readonly Uint8Array[]
}

/** What a lobby needs of its peer. */
export interface LobbyPeer extends Pick<MixPeer, 'kit' | 'isSuspicious'> {
  connect(peerId: string, wait: WaitOptions): Promise<unknown>
  /** Keys of all entries that count in an epoch, ours among them. */
  entriesOf(poolId: string, epoch: number): Promise<readonly Uint8Array[]>
}

export interface LobbyOptions {
  /** Nothing is joined while it is suspicious of its relays. */
  peer: LobbyPeer
  poolId: string
  epochMs: number
  /** The fewest members with which we begin, at this moment. */
  minPeers(): number
  /** The most members with which our plan fits. */
  maxPeers: number
  /** Hash of the block that the order takes in. */
  blockHash(): Promise<Uint8Array>
  onRoster(roster: Roster): void
  onWaiting(waiting: number, nextEpochAt: number): void
  /** An epoch is none for us: nobody could be asked who waits, or the wallet has failed. */
  onError(error: unknown): void
}

/** What a member has said yes to. */
interface Promised {
  hash: Uint8Array
  fresh: Uint8Array
  proposal: Proposal
  until: number
}

/** Waits in a pool until a roster is found that we take: proposed by whoever's turn it is, checked by each. */
export class Lobby {
  /** What we have said yes to. */
  private promised: Promised | undefined
  private isDone = false
  /** Who waits, and what draws the order: by epoch. */
  private readonly views = new BoundedMap<string, Promise<readonly [readonly Uint8Array[], Uint8Array]>>(MAX_VIEWS)
  private readonly alarm: Alarm
  private readonly kit: PluginKit
  private readonly clock: Clock
  /** Our key in this round. */
  private readonly self: Uint8Array

  constructor(private readonly options: LobbyOptions) {
    const { kit } = options.peer
    this.kit = kit
    this.clock = kit.clock
    this.self = kit.identity.publicKey
    this.alarm = new Alarm(kit.clock, () => {
      this.begin()
        .catch(options.onError)
        .finally(() => this.isDone || this.schedule())
    })
    kit.registerProtocol({
      protocolName: MIX_PROTOCOL,
      rateLimits: { messagesPerS: 1, burst: 20 },
      handleMessage: (message, from) => this.handle(message, from),
    })
    this.schedule()
  }

  close(): void {
    this.isDone = true
    this.alarm.disarm()
  }

  private get epoch(): number {
    return Math.floor(this.clock.now() / this.options.epochMs)
  }

  private schedule(): void {
    const { epochMs } = this.options
    const now = this.clock.now()
    const next = (this.epoch + 1) * epochMs
    const at = now % epochMs < FIRST_MS ? next - epochMs : next
    this.alarm.arm(at + FIRST_MS - now)
  }

  /** A new epoch: when it is our turn, and nobody has done it, we propose. */
  private async begin(): Promise<void> {
    const { epochMs, poolId, minPeers, onWaiting, maxPeers } = this.options
    const { epoch } = this
    const [keys, hash] = await this.view(epoch)
    onWaiting(keys.length, (epoch + 1) * epochMs)
    const order = orderedKeys(poolId, epoch, hash, keys)
    const turn = placeOf(order, this.self)
    const invited = order.slice(0, Math.min(MAX_MEMBERS, maxPeers))
    if (turn < 0 || turn >= invited.length || invited.length < minPeers() || turn * FAILOVER_MS > epochMs / 2) return
    await pause(this.clock, turn * FAILOVER_MS)
    if (this.isClosed || this.isBusy || this.epoch !== epoch) return
    await this.propose([VERSION, poolId, epoch, hash, invited.sort(compareBytes)])
  }

  private async propose(proposal: Proposal): Promise<void> {
    const { kit, self, options } = this
    const hash = proposalHash(proposal)
    const own = await this.promise(proposal, hash)
    const message = { type: 'propose', protocol: MIX_PROTOCOL, payload: proposal }
    const wait = { timeoutMs: ASK_MS }
    const joins = [own]
    // Whoever does not answer is not in it.
    await eachOther(proposal[4], self, async (key, peerId) => {
      await options.peer.connect(peerId, wait)
      const { payload } = await kit.request(peerId, message, wait)
      const answer = readAnswer(payload)
      if (answer[0] === 'no') return
      const [, ...said] = answer
      const join: Join = [key, ...said]
      if (await isJoined(kit.network, hash, join)) joins.push(join)
    })
    const set = largestSet(joins)
    if (this.isDone || this.promised?.hash !== hash) return
    if (set.length < options.minPeers() || !set.includes(own)) {
      this.promised = undefined
      return
    }
    const roster = { type: 'roster', protocol: MIX_PROTOCOL, payload: rosterPayload(hash, set) }
    await eachOther(
      set.map(([key]) => key),
      self,
      (_, peerId) => kit.sendTo(peerId, roster, wait),
    )
    await this.join(hash, set)
  }

  private view(epoch: number): Promise<readonly [readonly Uint8Array[], Uint8Array]> {
    const { peer, poolId, blockHash } = this.options
    const name = tupleKey(epoch, Math.floor(elapsed(this.clock) / VIEW_MS))
    return this.views.use(name, () => Promise.all([peer.entriesOf(poolId, epoch), blockHash()]))
  }

  private get isBusy(): boolean {
    return this.promised !== undefined && elapsed(this.clock) < this.promised.until
  }

  private get isClosed(): boolean {
    return this.isDone || this.options.peer.isSuspicious
  }

  private async promise(proposal: Proposal, hash: Uint8Array): Promise<Join> {
    const { kit } = this
    const fresh = kit.random.bytes(16)
    this.promised = { hash, fresh, proposal, until: elapsed(this.clock) + BUSY_MS }
    return signJoin(kit.identity, kit.network, hash, this.options.minPeers(), fresh)
  }

  private async handle(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { kit } = this
    if (this.isDone || from.publicKey === undefined) return
    if (message.type === 'propose') {
      const proposal = readProposal(message.payload)
      await kit.reply(message, { type: 'answer', protocol: MIX_PROTOCOL, payload: await this.answer(proposal, from.publicKey) })
    } else if (message.type === 'roster') {
      const { proposal, joins } = readRoster(message.payload)
      await this.join(proposal, joins)
    } else throw unknownType(message)
  }

  private async answer(proposal: Proposal, from: Uint8Array): Promise<unknown[]> {
    const { poolId, minPeers, maxPeers, epochMs } = this.options
    const [, pool, epoch, hash, keys] = proposal
    const isOurs = pool === poolId && Math.abs(epoch - this.epoch) <= 1 && areSorted(keys) && includesKey(keys, from)
    if (!isOurs || !includesKey(keys, this.self) || this.isClosed || keys.length > maxPeers) return ['no', 'REFUSED']
    if (keys.length < minPeers()) return ['no', 'TOO_SMALL']
    if (this.isBusy) return ['no', 'BUSY']
    const [seen, own] = await this.view(epoch)
    if (!equalBytes(own, hash)) return ['no', 'REFUSED']
    if (keys.some((key) => !includesKey(seen, key))) return ['no', 'UNKNOWN_ENTRY']
    const order = orderedKeys(poolId, epoch, hash, seen)
    if (!coversEnough(keys, order)) return ['no', 'REFUSED']
    const turn = placeOf(order, from)
    if (this.clock.now() + SKEW_MS < epoch * epochMs + FIRST_MS + turn * FAILOVER_MS) return ['no', 'REFUSED']
    // Another may have come while we looked.
    if (this.isBusy || this.isDone) return ['no', 'BUSY']
    const [, ...said] = await this.promise(proposal, proposalHash(proposal))
    return ['yes', ...said]
  }

  /** Takes a roster, if it is what we have promised and each in it has too. The first one wins. */
  private async join(proposal: Uint8Array, joins: readonly Join[]): Promise<void> {
    const { poolId, onRoster, minPeers } = this.options
    const { promised, kit } = this
    if (this.isClosed || promised === undefined || !equalBytes(promised.hash, proposal)) return
    const keys = joins.map(([key]) => key)
    const isOurs = joins.some(([key, , fresh]) => equalBytes(key, this.self) && equalBytes(fresh, promised.fresh))
    if (!isOurs || !areSorted(keys) || joins.length < minPeers() || joins.some(([, least]) => least > joins.length)) return
    const [, , epoch, hash, listed] = promised.proposal
    const order = orderedKeys(poolId, epoch, hash, (await this.view(epoch))[0])
    if (keys.some((key) => !includesKey(listed, key)) || !coversEnough(keys, order)) return
    const hold = await Promise.all(joins.map((join) => isJoined(kit.network, proposal, join)))
    if (hold.includes(false) || this.isDone) return
    this.close()
    onRoster({ hash: rosterHashOf(joins), keys })
  }
}

/** Does something for each key but our own, at once; what fails for one is nothing to the rest. */
async function eachOther(
  keys: readonly Uint8Array[],
  self: Uint8Array,
  act: (key: Uint8Array, peerId: string) => Promise<void>,
): Promise<void> {
  const others = keys.filter((key) => !equalBytes(key, self))
  await Promise.allSettled(others.map((key) => act(key, encodePeerId(key))))
}
