import { hexOf, isBytes, joined } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { abortedError, isP2PError, type P2PError } from '../base/errors.js'
import { encodePeerId } from '../identity/peer-id.js'
import { encodeTransaction } from '../lotus/transaction.js'
import type { Statements } from '../statements/statements.js'
import { goOnWith } from './again.js'
import { type AttemptEnd, type Named, runAttempt } from './attempt.js'
import type { CoinBans } from './coin-bans.js'
import { depthOf, judgeCoin } from './coin-depth.js'
import { keyOfCoin } from './coins.js'
import { cancelled, type MixFault, mixFailed, type NamedMember, signerFailed } from './errors.js'
import { isMessage, messageOf, type OutputType, scriptOf } from './fields.js'
import { inputsOf, type MixTransaction } from './mix-transaction.js'
import { pause } from './pause.js'
import type { MixPlan } from './plan.js'
import { placeOf, sortedBy } from './pool.js'
import { encodeRegistration, isOwned, type RegisteredCoin, type Registration } from './registration.js'
import { type RoundResult, SignedMixes } from './signed-mixes.js'
import type { MixWallet } from './wallet.js'

/** Attempts of one round: it forms anew then. */
const MAX_ATTEMPTS = 5
/** How long the next member waits to broadcast, and how often the chain is looked at. */
const BROADCAST_STEP_MS = 3_000
/** A round takes its time, yet no member waits for ever. */
const BROADCAST_LOOKS = 20

/** What a user is shown of a round. */
export interface RoundSummary {
  /** Wallets in the round, ours among them. */
  readonly members: number
  /** Equal outputs of all: the largest anonymity set there can be. */
  readonly outputs: number
  readonly fee: bigint
  readonly change: bigint
}

export type RoundStep = 'registering' | 'mixing' | 'signing' | 'blaming' | 'broadcasting'

export interface RoundProgress {
  readonly step: RoundStep
  readonly attempt: number
  /** Members that have acted in this step, of so many. */
  readonly peers: number
  readonly of: number
  /** `lp1…` ids of the members that have not. */
  readonly missing: readonly string[]
  /** `lp1…` ids of all members of this attempt, ours among them. An id is of one round alone. */
  readonly members: readonly string[]
  /** Those that were left out of the attempts before, and why. */
  readonly named: readonly NamedMember[]
  /** Milliseconds since the Unix epoch. */
  readonly deadlineAt?: number
}

export interface RoundOptions {
  statements: Statements
  clock: Clock
  random: (count: number) => Uint8Array
  self: Uint8Array
  /** All members, in bytewise order. */
  roster: readonly Uint8Array[]
  rosterHash: Uint8Array
  minPeers: number
  plan: MixPlan
  wallet: MixWallet
  bans: CoinBans
  confirm(summary: RoundSummary): Promise<boolean>
  onProgress?(progress: RoundProgress): void
  /** Of each attempt, whom it has left out. */
  onNamed?(named: readonly Named[]): void
  signal?: AbortSignal | undefined
}

const STEPS: Readonly<Record<string, RoundStep>> = { register: 'registering', end: 'signing' }

/** A round of a roster: attempts until one is signed, or too few are left. */
class Round {
  private readonly signed: SignedMixes
  private isConfirmed = false
  /** Our change script, once the wallet has given it, and whether the members have seen it. */
  private change: Uint8Array | undefined
  private isShown = false
  /** In which attempt the coins of all were looked up first, and were there. */
  private lookedIn = MAX_ATTEMPTS
  private burned = 0
  /** Our mixed scripts of a transaction that all have signed. */
  private unmined: Uint8Array[] = []
  /** Scripts of ours that members have seen: each is used once. */
  private readonly shown = new Set<string>()
  private members: readonly string[] = []
  private readonly named: NamedMember[] = []
  /** Coins of the member at each place of the roster, as far as it has ever proven them here. */
  private readonly proven = new Map<number, readonly RegisteredCoin[]>()

  constructor(private readonly options: RoundOptions) {
    this.signed = new SignedMixes(options.wallet, options.plan)
  }

  async go(): Promise<RoundResult> {
    try {
      return await this.attempts()
    } catch (error) {
      const { change, isShown, unmined } = this
      const { wallet } = this.options
      // Members that have seen it know whose it is, and what we have signed may still be mined.
      if (change !== undefined) wallet.onScripts?.([change], isShown ? 'pending' : 'released')
      if (unmined.length > 0) wallet.onScripts?.(unmined, 'pending')
      throw this.failed(error)
    }
  }

  private async attempts(): Promise<RoundResult> {
    const { roster, minPeers, self } = this.options
    // Signers take their time: the round begins meanwhile, at all members at once.
    const registering = this.registration().then(encodeRegistration)
    registering.catch(() => {})
    const register = async () => {
      const item = await registering
      this.isShown = true
      return item
    }
    let places = roster.map((_, place) => place)
    let before: ReadonlyMap<number, Uint8Array> | undefined
    const least = Math.max(minPeers, Math.ceil((2 * roster.length) / 3))
    for (let number = 1; number <= MAX_ATTEMPTS; number++) {
      const end = await this.attempt(number, places, register, before).catch((error: unknown) => ({ error }))
      if ('transaction' in end && end.transaction !== undefined) return this.broadcast(number, end)
      // Who held the last signature back may have sent it, and our coin is gone with it: it pays us what was promised.
      const mined = await this.signed.seen()
      if (mined !== undefined) return this.signed.resultOf(mined, undefined, this.change)
      if ('error' in end) throw end.error
      await this.ban(end, number)
      const out = end.named.map(({ place }) => place)
      if (out.includes(placeOf(roster, self))) throw mixFailed('EXCLUDED', 'The others go on without us.')
      const rest = places.filter((place) => !out.includes(place))
      const next = await goOnWith({ ...this.options, number, places, rest })
      if (next.length < least) throw mixFailed('TOO_FEW_LEFT', 'Too few members are left.')
      if (end.registered.size > 0) before = end.registered
      places = next
    }
    throw mixFailed('TOO_FEW_LEFT', `${MAX_ATTEMPTS} attempts have failed.`)
  }

  private async attempt(
    number: number,
    places: readonly number[],
    register: () => Promise<Uint8Array>,
    before: ReadonlyMap<number, Uint8Array> | undefined,
  ): Promise<AttemptEnd> {
    const { roster, rosterHash, plan, wallet, bans } = this.options
    const { pool } = plan
    let fresh: Uint8Array[] = []
    let step: RoundStep = 'mixing'
    let end: AttemptEnd | undefined
    this.members = places.map((place) => encodePeerId(roster[place]!))
    try {
      end = await runAttempt({
        ...this.options,
        places,
        number,
        register,
        before,
        terms: { pool, rosterHash, rosterSize: roster.length },
        confirm: (registrations) => this.confirm(registrations),
        judgeCoin: (coin) => judgeCoin(coin, wallet, bans, before !== undefined),
        fresh: async () => {
          this.lookedIn = Math.min(this.lookedIn, number)
          fresh = await this.freshScripts('mixed', pool.outputType, plan.outputs)
          return fresh.map((script) => messageOf(pool.outputType, script)!)
        },
        sign: async (mix, inputs, messages) => {
          const mixed = messages.map((message) => scriptOf(pool.outputType, message))
          try {
            const signatures = await wallet.signInputs({
              transaction: encodeTransaction(mix.transaction),
              spent: mix.coins.map(({ sats, script }) => ({ sats, script })),
              inputs,
              plan,
              mixed,
              ...(this.change && { change: this.change }),
            })
            this.signed.add(mix, mixed)
            return signatures
          } catch (error) {
            // Another owner of the coin may have our part of its signature.
            if (isP2PError(error) && error.details.mayStillComplete === true) this.signed.add(mix, mixed)
            throw error
          }
        },
        onVerdict: (verdict) => {
          step = typeof verdict === 'object' && 'mix' in verdict ? 'signing' : 'blaming'
        },
        onProgress: ({ phase, done, of, missing, deadlineAt }) => {
          const named = phase === 'end' ? step : (STEPS[phase] ?? 'mixing')
          this.tell({ step: named, attempt: number, peers: done, of, missing, deadlineAt })
        },
      })
      return end
    } finally {
      // Where we have left ourselves, others may hold what we had opened.
      const fate = end?.fate ?? 'pending'
      if (fate === 'burned') this.burned += fresh.length
      if (fate !== 'released') for (const script of fresh) this.shown.add(String(script))
      if (end?.transaction !== undefined) this.unmined = fresh
      else if (fresh.length > 0) wallet.onScripts?.(fresh, fate)
    }
  }

  private async registration(): Promise<Registration> {
    const { wallet, rosterHash, self } = this.options
    const { coins: own, outputs, change } = this.options.plan
    if (change !== undefined) {
      const [script] = await this.freshScripts('change', change.type, 1)
      this.change = script
      this.shown.add(String(script))
    }
    const coins = await Promise.all(
      own.map(async (coin): Promise<RegisteredCoin> => {
        const { kind, key } = keyOfCoin(coin)!
        const registered = {
          ...coin,
          kind,
          publicKey: key,
          proof: await wallet.proveOwnership({ coin, rosterHash, member: self }),
        }
        // What does not hold would be held against us.
        if (!isOwned(registered, rosterHash, self)) throw signerFailed('The wallet has not proven that a coin is its own.')
        return registered
      }),
    )
    return { coins, outputs, change: change && { sats: change.sats, script: this.change! } }
  }

  private async freshScripts(kind: 'mixed' | 'change', type: OutputType, count: number): Promise<Uint8Array[]> {
    const scripts = await this.options.wallet.freshScripts(kind, type, count)
    const isFresh = (script: unknown) => {
      const message = isBytes(script) ? messageOf(type, script) : undefined
      return message !== undefined && isMessage(type, message) && !this.shown.has(String(script))
    }
    const isGood = Array.isArray(scripts) && scripts.every(isFresh) && new Set(scripts.map(String)).size === scripts.length
    if (!isGood || scripts.length !== count)
      throw mixFailed('WALLET_FAILED', 'freshScripts must give as many new scripts of the type that is asked for.')
    return scripts
  }

  /** The user is asked once: reruns have fewer members, and nothing else that is new. */
  private async confirm(registrations: readonly Registration[]): Promise<boolean> {
    if (this.isConfirmed) return true
    const { plan, confirm } = this.options
    const outputs = registrations.reduce((sum, each) => sum + each.outputs, 0)
    this.isConfirmed = await confirm({ members: registrations.length, outputs, fee: plan.fee, change: plan.change?.sats ?? 0n })
    return this.isConfirmed
  }

  private async ban({ named, registered }: AttemptEnd, number: number): Promise<void> {
    const { onNamed } = this.options
    // Who does not come to a rerun may have gone on with others.
    const isApart = number > 1 && registered.size === 0
    const guilty: Named[] = []
    for (const each of named) {
      const { place, coins } = each
      if (isApart && each.fault === 'missed') continue
      // It was there when we first looked.
      const fault = number > this.lookedIn && each.fault === 'out' && (await this.isGone(coins)) ? 'spent' : each.fault
      if (coins.length > 0) this.proven.set(place, coins)
      await this.name(encodePeerId(this.options.roster[place]!), this.proven.get(place) ?? [], fault)
      guilty.push({ place, coins, fault })
    }
    onNamed?.(guilty)
  }

  private async name(peerId: string, coins: readonly RegisteredCoin[], fault: MixFault): Promise<void> {
    for (const coin of coins) await this.options.bans.add(coin, fault)
    this.named.push({ peerId, fault })
  }

  private async isGone(coins: readonly RegisteredCoin[]): Promise<boolean> {
    const depths = await Promise.all(coins.map((coin) => depthOf(coin, this.options.wallet)))
    return depths.includes('gone')
  }

  /** Names those of whose coins one is spent elsewhere. */
  private async nameSpent(mix: MixTransaction): Promise<void> {
    for (const [place, peerId] of this.members.entries()) {
      const own = inputsOf(mix, place).map((input) => mix.coins[input]!)
      if (await this.isGone(own)) await this.name(peerId, own, 'spent')
    }
  }

  /** All members hold the transaction: they send it one after the other, until the chain knows it. */
  private async broadcast(number: number, end: AttemptEnd): Promise<RoundResult> {
    const { clock, wallet, self, roster, rosterHash, signal } = this.options
    const { members } = this
    const { mix, transaction } = end
    const rank = placeOf(sortedBy('lotus-p2p/coinjoin/broadcast/1', joined(rosterHash, mix!.txid), roster), self)
    this.tell({ step: 'broadcasting', attempt: number, peers: members.length, of: members.length, missing: [] })
    let cause: unknown
    for (let look = 0; look < rank + BROADCAST_LOOKS; look++) {
      if (signal?.aborted) throw abortedError('The mix', signal.reason)
      const mined = await this.signed.seen()
      if (mined !== undefined) return this.signed.resultOf(mined, mined === mix ? transaction : undefined, this.change)
      if (look >= rank) {
        try {
          await wallet.broadcast(transaction!.slice())
          return this.signed.resultOf(mix!, transaction, this.change)
        } catch (error) {
          cause = error
        }
        // Of two transactions that spend a coin the chain takes one, whatever we try.
        if ((await this.isGone(mix!.coins)) && (await this.signed.seen()) === undefined) {
          await this.nameSpent(mix!)
          break
        }
      }
      await pause(clock, BROADCAST_STEP_MS)
    }
    const message = 'All have signed, but no node takes the transaction. Send it by another way.'
    throw mixFailed('BROADCAST_FAILED', message, { transaction: hexOf(transaction!) }, cause)
  }

  private tell(progress: Omit<RoundProgress, 'members' | 'named'>): void {
    const { members, named } = this
    this.options.onProgress?.({ ...progress, members, named: [...named] })
  }

  /** Adds what a failure means for the coin: a signature of an attempt before may be out. */
  private failed(error: unknown): unknown {
    const isCancelled = this.options.signal?.aborted
    if (!isCancelled && !isP2PError(error, 'MIX_FAILED')) return error
    const failure = isCancelled ? cancelled(error) : (error as P2PError)
    const { signed, burned, named } = this
    Object.assign(failure.details, { coinLocked: signed.isLocked, burned, named })
    return failure
  }
}

/** @throws P2PError MIX_FAILED, and what the wallet's callbacks throw. */
export function runRound(options: RoundOptions): Promise<RoundResult> {
  return new Round(options).go()
}
