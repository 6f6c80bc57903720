import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed, systemClock } from '../base/clock.js'
import { isP2PError, P2PError, shutDownError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { fenced } from '../base/fenced.js'
import { changedLimits } from '../base/limits.js'
import { systemRandom } from '../base/random.js'
import { SerialByKey } from '../base/serial.js'
import { checkWait, JoinedSignal, type WaitOptions, withDeadline } from '../base/wait.js'
import { encodePeerId } from '../identity/peer-id.js'
import { memoryStore } from '../storage/key-value-store.js'
import { calledWallet } from './called-wallet.js'
import { type CoinBan, CoinBans } from './coin-bans.js'
import { depthOf, OWN_CONFIRMATIONS } from './coin-depth.js'
import { coinName, type Outpoint } from './coins.js'
import { type EntryWork, workMsOf } from './entry.js'
import { cancelled, type MixFailure, type MixFailureDetails, mixFailed } from './errors.js'
import { MAX_MEMBERS } from './items.js'
import { COINJOIN_LIMITS, type MixLimits } from './limits.js'
import { Lobby, type Roster } from './lobby.js'
import { MixPeer } from './mix-network.js'
import type { CoinJoinOptions, MixOptions, MixProgress, MixResult, PoolInfo } from './mix-options.js'
import { checkPlan, largestRoster, type MixPlan } from './plan.js'
import { DENOMINATIONS, MIN_RATE, placeOf, poolIdOf } from './pool.js'
import { MIN_MEMBERS } from './roster.js'
import { type RoundSummary, runRound } from './round.js'
import type { MixWallet } from './wallet.js'

const DEFAULT_PEERS = 5
const PATIENCE_MS = 600_000
/** A user has so long for the last look: the others wait. */
const LOOK_MS = 20_000
/** Time to reach the members of a round. */
const CONNECT_MS = 20_000
/** How long a peer stays after its round, for members that still lack something. */
const LINGER_MS = 15_000
/** What another round, with other members, may make good. */
const ANEW: ReadonlySet<MixFailure> = /* @__PURE__ */ new Set([
  'TOO_FEW_LEFT',
  'EXCLUDED',
  'MISSED_DEADLINE',
  'OUTPUT_MISSING',
  'NOT_ENOUGH_PEERS',
] as const)
/** Work that counts no longer than this is done anew: a pool may be waited in for half an hour. */
const MIN_WORK_MS = 1_800_000
/** How deep the block lies whose hash draws the order. */
const ORDER_DEPTH = 3
/** Work that is done already, and the seed of the peer that it was done for. */
interface Prepared {
  poolId: string
  seed: Uint8Array
  work: EntryWork
}

/** Progress before there is a round. */
const NOBODY = { attempt: 0, peers: 0, missing: [], members: [], named: [] } as const

/**
 * Mixes coins with those of others, without anybody in the middle: equal outputs that nobody can tie to an input, as long as two members are
 * honest strangers.
 *
 * @example
 * const mixer = new CoinJoin({ network: { bootstrap: ['wss://other-relay.example'] }, wallet, store })
 * const plan = planMix({ coins: [coin], denomination: 1_000_000n })
 * const { txid, anonymitySet } = await mixer.mix(plan, { minPeers: 5, onProgress: ({ step, peers, of }) => show(step, peers, of) })
 */
export class CoinJoin {
  private readonly clock: Clock
  private readonly limits: MixLimits
  private readonly coinBans: CoinBans
  private readonly mixing = new Set<string>()
  private readonly peers = new Set<MixPeer>()
  /** By pool: who waits in it. */
  private readonly waiting = new SerialByKey()
  private prepared: Prepared | undefined
  private browser: MixPeer | undefined
  private readonly closing = new AbortController()

  /** @throws P2PError INVALID_CONFIG for a limit that is none, or no whole number above 0. */
  constructor(private readonly options: CoinJoinOptions) {
    this.limits = changedLimits<MixLimits>(COINJOIN_LIMITS, options.limits)
    this.clock = options.network.clock ?? systemClock
    this.coinBans = new CoinBans(options.store ?? memoryStore(), this.clock)
  }

  /**
   * Mixes the coins of a plan. It forms rounds anew until one has succeeded, `patienceMs` has passed three times, or trying again is no use.
   *
   * @throws P2PError MIX_FAILED, `details.reason` a `MixFailure`; SHUT_DOWN; INVALID_CONFIG; ABORTED for a signal that has fired.
   */
  async mix(plan: MixPlan, options: MixOptions = {}): Promise<MixResult> {
    const { minPeers = DEFAULT_PEERS, preferPeers = minPeers, patienceMs = PATIENCE_MS, signal } = options
    this.check()
    checkWait('The mix', { signal, timeoutMs: patienceMs })
    if (!(Number.isInteger(minPeers) && minPeers >= MIN_MEMBERS && minPeers <= preferPeers && preferPeers <= MAX_MEMBERS))
      throw new P2PError('INVALID_CONFIG', `minPeers and preferPeers are whole numbers from ${MIN_MEMBERS} to ${MAX_MEMBERS}.`)
    checkPlan(plan)
    const poolId = this.poolOf(plan)
    if (largestRoster(plan) < minPeers)
      throw mixFailed('INVALID_PLAN', 'The plan has too many coins or outputs for so many members.')
    const names = plan.coins.map(coinName)
    if (names.some((name) => this.mixing.has(name))) throw mixFailed('COIN_BUSY', 'A coin of the plan is in a round already.')
    for (const name of names) this.mixing.add(name)
    const ending = new JoinedSignal(signal, this.closing.signal)
    const { clock } = this
    const begun = elapsed(clock)
    const wanted = () => (elapsed(clock) < begun + patienceMs ? preferPeers : minPeers)
    try {
      for (let round = 1; ; round++) {
        try {
          return await this.round(plan, poolId, { ...options, minPeers, wanted, until: begun + 3 * patienceMs }, ending.signal)
        } catch (error) {
          const { coinLocked, reason } = (isP2PError(error, 'MIX_FAILED') ? error.details : {}) as Partial<MixFailureDetails>
          const isOver = coinLocked || !reason || !ANEW.has(reason) || round >= this.limits.mixRounds
          if (ending.signal.aborted && !reason) throw cancelled(error)
          if (isOver || ending.signal.aborted || elapsed(clock) >= begun + 3 * patienceMs) throw error
        }
      }
    } finally {
      ending.release()
      for (const name of names) this.mixing.delete(name)
    }
  }

  /** Does the work for the next place in the pool of a plan, in slices or in the worker of `network.proofOfWork`. */
  async prepare(plan: MixPlan, { signal }: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    this.check()
    checkPlan(plan)
    const poolId = this.poolOf(plan)
    const seed = (this.options.network.random ?? systemRandom).bytes(32)
    const peer = new MixPeer(this.options.network, this.limits, seed)
    const ending = new JoinedSignal(signal, this.closing.signal)
    try {
      this.prepared = { poolId, seed, work: await peer.mine(poolId, ending.signal) }
    } finally {
      ending.release()
      await peer.shutdown()
    }
  }

  /** How many wait in each of the usual pools, those of the least rate. @throws P2PError MIX_FAILED with reason NO_RELAY, and as `discoverResources`. */
  async pools(wait: WaitOptions = {}): Promise<PoolInfo[]> {
    this.check()
    const { network } = this.options
    this.browser ??= this.peer()
    await this.browser.start(wait.signal)
    const now = this.clock.now()
    const { epochMs } = this.limits
    const all = DENOMINATIONS.flatMap((denomination) =>
      [0, 1].map((type) => ({ denomination, outputType: type as 0 | 1, rate: MIN_RATE })),
    )
    return Promise.all(
      all.map(async (pool) => {
        const keys = await this.browser!.entries(poolIdOf(network.network ?? 'lotus', pool), now + epochMs, wait)
        return { pool, waiting: keys.length, nextEpochAt: (Math.floor(now / epochMs) + 1) * epochMs }
      }),
    )
  }

  /** Tells of the pools now and in every epoch. What fails is tried again in the next. */
  watchPools(listener: (pools: PoolInfo[]) => void): Unsubscribe {
    this.check()
    let isOver = false
    const alarm = new Alarm(this.clock, () => {
      alarm.arm(this.limits.epochMs)
      this.pools().then(
        (pools) => isOver || fenced(() => listener(pools)),
        () => {},
      )
    })
    alarm.arm(0)
    const stop = () => {
      isOver = true
      alarm.disarm()
    }
    this.closing.signal.addEventListener('abort', stop)
    return () => {
      stop()
      this.closing.signal.removeEventListener('abort', stop)
    }
  }

  /** Coins that are refused, as their owners have spoiled rounds. */
  bans(): Promise<CoinBan[]> {
    return this.coinBans.list()
  }

  liftBan(outpoint: Outpoint): Promise<void> {
    return this.coinBans.lift(outpoint)
  }

  /** Ends all mixes, and lets go of the network. What is signed may still be mined. */
  async close(): Promise<void> {
    this.closing.abort()
    await Promise.all([...this.peers].map((peer) => peer.shutdown()))
  }

  private async round(
    plan: MixPlan,
    poolId: string,
    options: MixOptions & { minPeers: number; wanted: () => number; until: number },
    signal: AbortSignal,
  ): Promise<MixResult> {
    const { clock } = this
    const wallet = calledWallet(this.options.wallet, clock, signal)
    const tell = (progress: MixProgress) => fenced(() => options.onProgress?.(progress))
    tell({ ...NOBODY, step: 'preparing', of: 0 })
    await checkCoins(plan, wallet)
    const now = clock.now()
    const { prepared } = this
    const isPrepared = prepared?.poolId === poolId && workMsOf(prepared.work, now) > MIN_WORK_MS
    if (isPrepared) this.prepared = undefined
    const peer = this.peer(isPrepared ? prepared.seed : undefined)
    try {
      const work = isPrepared ? prepared.work : await peer.mine(poolId, signal)
      await peer.start(signal)
      // Whose work counts no more is seen by nobody: it comes again, as another.
      const until = Math.min(options.until, elapsed(clock) + workMsOf(work, clock.now()))
      const roster = await this.wait(peer, plan, poolId, work, { ...options, wallet, until }, signal, tell)
      const self = peer.identity.publicKey
      const place = placeOf(roster.keys, self)
      // Of two members the one whose key comes first dials. The first phase ends without those that cannot be reached.
      for (const key of roster.keys.slice(place + 1)) peer.connect(encodePeerId(key), { timeoutMs: CONNECT_MS }).catch(() => {})
      return await runRound({
        statements: peer.statements,
        clock,
        random: (count) => peer.kit.random.bytes(count),
        self,
        roster: roster.keys,
        rosterHash: roster.hash,
        minPeers: options.minPeers,
        plan,
        wallet,
        bans: this.coinBans,
        confirm: (summary) => this.confirm(summary, options),
        onProgress: tell,
        signal,
      })
    } finally {
      peer.linger(LINGER_MS, () => this.peers.delete(peer))
    }
  }

  private async wait(
    peer: MixPeer,
    plan: MixPlan,
    poolId: string,
    work: EntryWork,
    { wallet, wanted, until }: { wallet: MixWallet; wanted: () => number; until: number },
    signal: AbortSignal,
    tell: (progress: MixProgress) => void,
  ): Promise<Roster> {
    const { clock } = this
    const { epochMs } = this.limits
    /** Why the last epoch was none for us. */
    let failure: unknown
    const formed = async (inner: AbortSignal) => {
      let lobby: Lobby | undefined
      let leave: (() => Promise<void>) | undefined
      try {
        return await new Promise<Roster>((resolve, reject) => {
          if (inner.aborted) reject(inner.reason)
          inner.addEventListener('abort', () => reject(inner.reason))
          lobby = new Lobby({
            peer,
            poolId,
            epochMs,
            maxPeers: largestRoster(plan),
            minPeers: wanted,
            blockHash: async () => wallet.blockHash((await wallet.tip()) - ORDER_DEPTH),
            onRoster: resolve,
            onWaiting: (waiting, deadlineAt) => {
              failure = undefined
              tell({ ...NOBODY, step: 'waiting', peers: waiting, of: wanted(), deadlineAt })
            },
            onError: (error) => {
              failure = error
            },
          })
          // At a moment that says nothing of when the wallet was opened.
          clock.setTimeout(
            () => {
              if (!inner.aborted) peer.enter(poolId, work).then((left) => (leave = left), reject)
            },
            (peer.kit.random.unit() * epochMs) / 4,
          )
        })
      } finally {
        lobby?.close()
        await leave?.()
      }
    }
    try {
      // Two members of one wallet in one round would hide nobody: one waits in a pool at a time.
      return await withDeadline(clock, 'The round', { signal, timeoutMs: Math.max(1, until - elapsed(clock)) }, (inner) =>
        this.waiting.run(poolId, () => formed(inner)),
      )
    } catch (error) {
      if (!isP2PError(error, 'TIMEOUT')) throw error
      if (isP2PError(failure, 'MIX_FAILED')) throw failure
      if (peer.isSuspicious)
        throw mixFailed('ECLIPSE_SUSPECTED', 'The relays may keep us from the rest of the network.', {}, error)
      throw mixFailed('NOT_ENOUGH_PEERS', 'Too few wallets have come.', {}, error)
    }
  }

  private poolOf({ pool }: MixPlan): string {
    return poolIdOf(this.options.network.network ?? 'lotus', pool)
  }

  private async confirm(summary: RoundSummary, { confirm, signal }: MixOptions): Promise<boolean> {
    if (confirm === undefined) return true
    return withDeadline(this.clock, 'The last look', { signal, timeoutMs: LOOK_MS }, async () => confirm(summary)).catch(
      (cause) => {
        throw mixFailed('REFUSED', 'The last look has failed, or was not taken in its time.', { phase: 'keys' }, cause)
      },
    )
  }

  private peer(seed?: Uint8Array): MixPeer {
    const peer = new MixPeer(this.options.network, this.limits, seed)
    this.peers.add(peer)
    return peer
  }

  private check(): void {
    if (this.closing.signal.aborted) throw shutDownError('This mixer')
  }
}

/** Whether our own coins are what the plan says, and as deep as others want them. */
async function checkCoins({ coins }: MixPlan, wallet: MixWallet): Promise<void> {
  for (const coin of coins) {
    const depth = await depthOf(coin, wallet)
    if (typeof depth === 'string') throw mixFailed('COIN_SPENT', 'A coin of the plan is spent, or another than the plan says.')
    if (!(depth >= OWN_CONFIRMATIONS)) throw mixFailed('COIN_REJECTED', `A coin must be ${OWN_CONFIRMATIONS} blocks deep.`)
  }
}
