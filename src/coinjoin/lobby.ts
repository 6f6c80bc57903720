import { Alarm } from '../base/alarm.js'
import { compareBytes, equalBytes } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import type { WaitOptions } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import type { Identity } from '../identity/identity.js'
import { encodePeerId } from '../identity/peer-id.js'
import type { P2PMessage } from '../message/message.js'
import { unknownType } from '../message/shape.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { MIX_PROTOCOL } from './attempt.js'
import { orderedKeys } from './entry.js'
import { MAX_MEMBERS } from './items.js'
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
/** By how much clocks may differ where a member's turn is looked at. */
const SKEW_MS = 3_000

/** A round that has formed. */
export interface Roster {
  readonly hash: Uint8Array
  /** In bytewise order. */
  readonly keys: readonly Uint8Array[]
}

export interface LobbyOptions {
  kit: PluginKit
  clock: Clock
  identity: Identity
  poolId: string
  epochMs: number
  /** The fewest members with which we begin, at this moment. */
  minPeers(): number
  /** False: nothing is joined now. */
  isOpen(): boolean
  /** The most members with which our plan fits. */
  maxPeers: number
  /** Keys of all entries that count in an epoch, ours among them. */
  entries(epoch: number): Promise<readonly Uint8Array[]>
  /** Hash of the block that the order takes in. */
  blockHash(): Promise<Uint8Array>
  connect(peerId: string, wait: WaitOptions): Promise<unknown>
  onRoster(roster: Roster): void
  onWaiting(waiting: number, nextEpochAt: number): void
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
  private readonly views = new Map<number, { until: number; view: Promise<readonly [readonly Uint8Array[], Uint8Array]> }>()
  private readonly alarm: Alarm

  constructor(private readonly options: LobbyOptions) {
    this.alarm = new Alarm(options.clock, () => {
      this.begin()
        .catch((error) => options.onError(error))
        .finally(() => this.isDone || this.schedule())
    })
    options.kit.registerProtocol({
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
    return Math.floor(this.options.clock.now() / this.options.epochMs)
  }

  private schedule(): void {
    const { clock, epochMs } = this.options
    const now = clock.now()
    const next = (this.epoch + 1) * epochMs
    const at = now % epochMs < FIRST_MS ? next - epochMs : next
    this.alarm.arm(at + FIRST_MS - now)
  }

  /** A new epoch: when it is our turn, and nobody has done it, we propose. */
  private async begin(): Promise<void> {
    const { clock, epochMs, poolId, identity, minPeers, onWaiting, maxPeers, isOpen } = this.options
    const { epoch } = this
    const [keys, hash] = await this.view(epoch)
    onWaiting(keys.length, (epoch + 1) * epochMs)
    const order = orderedKeys(poolId, epoch, hash, keys)
    const turn = placeOf(order, identity.publicKey)
    const invited = order.slice(0, Math.min(MAX_MEMBERS, maxPeers))
    if (turn < 0 || turn >= invited.length || invited.length < minPeers() || turn * FAILOVER_MS > epochMs / 2) return
    await pause(clock, turn * FAILOVER_MS)
    if (this.isDone || this.isBusy || !isOpen() || this.epoch !== epoch) return
    await this.propose([VERSION, poolId, epoch, hash, invited.sort(compareBytes)])
  }

  private async propose(proposal: Proposal): Promise<void> {
    const { kit, identity, connect, minPeers } = this.options
    const hash = proposalHash(proposal)
    const own = await this.promise(proposal, hash)
    const message = { type: 'propose', protocol: MIX_PROTOCOL, payload: proposal }
    const asked = proposal[4].filter((key) => !equalBytes(key, identity.publicKey))
    const joins = await Promise.all(
      asked.map(async (key): Promise<Join | undefined> => {
        const peerId = encodePeerId(key)
        try {
          await connect(peerId, { timeoutMs: ASK_MS })
          const { payload } = await kit.request(peerId, message, { timeoutMs: ASK_MS })
          const answer = readAnswer(payload)
          if (answer[0] === 'no') return undefined
          const join = { key, minPeers: answer[1], fresh: answer[2], signature: answer[3] }
          return (await isJoined(kit.network, hash, join)) ? join : undefined
        } catch {
          // Whoever does not answer is not in it.
          return undefined
        }
      }),
    )
    const set = largestSet([own, ...joins.filter((join) => join !== undefined)])
    const isTaken = this.isDone || this.promised?.hash !== hash
    if (isTaken || set.length < minPeers() || !set.some(({ key }) => equalBytes(key, identity.publicKey))) {
      if (!isTaken) this.promised = undefined
      return
    }
    const payload = rosterPayload(hash, set)
    const sent = set.map(({ key }) =>
      equalBytes(key, identity.publicKey)
        ? undefined
        : kit
            .sendTo(encodePeerId(key), { type: 'roster', protocol: MIX_PROTOCOL, payload }, { timeoutMs: ASK_MS })
            .catch(() => {}),
    )
    await Promise.all(sent)
    await this.join(hash, set)
  }

  /** Of three epochs at most, as others are not proposed. */
  private view(epoch: number): Promise<readonly [readonly Uint8Array[], Uint8Array]> {
    const { clock, entries, blockHash } = this.options
    const now = elapsed(clock)
    for (const [of, { until }] of this.views) if (now >= until) this.views.delete(of)
    const known = this.views.get(epoch)
    if (known !== undefined) return known.view
    const view = Promise.all([entries(epoch), blockHash()])
    this.views.set(epoch, { until: now + VIEW_MS, view })
    return view
  }

  private get isBusy(): boolean {
    return this.promised !== undefined && elapsed(this.options.clock) < this.promised.until
  }

  private async promise(proposal: Proposal, hash: Uint8Array): Promise<Join> {
    const { kit, identity, minPeers, clock } = this.options
    const fresh = kit.random.bytes(16)
    this.promised = { hash, fresh, proposal, until: elapsed(clock) + BUSY_MS }
    return signJoin(identity, kit.network, hash, minPeers(), fresh)
  }

  private async handle(message: P2PMessage, from: PeerInfo): Promise<void> {
    const { kit } = this.options
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
    const { poolId, identity, minPeers, maxPeers, clock, epochMs, isOpen } = this.options
    const [, pool, epoch, hash, keys] = proposal
    const isOurs = pool === poolId && Math.abs(epoch - this.epoch) <= 1 && areSorted(keys) && includesKey(keys, from)
    if (!isOurs || !includesKey(keys, identity.publicKey) || !isOpen() || keys.length > maxPeers) return ['no', 'REFUSED']
    if (keys.length < minPeers()) return ['no', 'TOO_SMALL']
    if (this.isBusy) return ['no', 'BUSY']
    const [seen, own] = await this.view(epoch)
    if (!equalBytes(own, hash)) return ['no', 'REFUSED']
    if (keys.some((key) => !includesKey(seen, key))) return ['no', 'UNKNOWN_ENTRY']
    const order = orderedKeys(poolId, epoch, hash, seen)
    if (!coversEnough(keys, order)) return ['no', 'REFUSED']
    const turn = placeOf(order, from)
    if (clock.now() + SKEW_MS < epoch * epochMs + FIRST_MS + turn * FAILOVER_MS) return ['no', 'REFUSED']
    // Another may have come while we looked.
    if (this.isBusy || this.isDone) return ['no', 'BUSY']
    const join = await this.promise(proposal, proposalHash(proposal))
    return ['yes', join.minPeers, join.fresh, join.signature]
  }

  /** Takes a roster, if it is what we have promised and each in it has too. The first one wins. */
  private async join(proposal: Uint8Array, joins: readonly Join[]): Promise<void> {
    const { kit, identity, poolId, isOpen, onRoster, minPeers } = this.options
    const { promised } = this
    if (this.isDone || promised === undefined || !equalBytes(promised.hash, proposal) || !isOpen()) return
    const keys = joins.map(({ key }) => key)
    const own = joins.find(({ key }) => equalBytes(key, identity.publicKey))
    const isOurs = own !== undefined && equalBytes(own.fresh, promised.fresh) && areSorted(keys)
    if (!isOurs || joins.length < minPeers() || joins.some((join) => join.minPeers > joins.length)) return
    const [, , epoch, hash, listed] = promised.proposal
    const order = orderedKeys(poolId, epoch, hash, (await this.view(epoch))[0])
    if (keys.some((key) => !includesKey(listed, key)) || !coversEnough(keys, order)) return
    const hold = await Promise.all(joins.map((join) => isJoined(kit.network, proposal, join)))
    if (hold.includes(false) || this.isDone) return
    this.close()
    onRoster({ hash: rosterHashOf(joins), keys })
  }
}
