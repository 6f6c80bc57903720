import { expect } from 'vitest'
import { compareBytes, equalBytes, hexOf } from '../../src/base/bytes.js'
import type { Clock } from '../../src/base/clock.js'
import { P2PError } from '../../src/base/errors.js'
import { seededRandom } from '../../src/base/random.js'
import type { Named } from '../../src/coinjoin/attempt.js'
import { CoinBans } from '../../src/coinjoin/coin-bans.js'
import { type Coin, coinName, feeOf, type Outpoint, sizeOf } from '../../src/coinjoin/coins.js'
import type { OutputType } from '../../src/coinjoin/fields.js'
import { planMix } from '../../src/coinjoin/plan.js'
import { type RoundOptions, type RoundProgress, runRound } from '../../src/coinjoin/round.js'
import type { RoundResult } from '../../src/coinjoin/signed-mixes.js'
import { softwareMixSigner } from '../../src/coinjoin/software-signer.js'
import type { CoinState, MixWallet, ScriptFate } from '../../src/coinjoin/wallet.js'
import { encodePeerId } from '../../src/identity/peer-id.js'
import { publicKeyOf } from '../../src/lotus/curve.js'
import { p2pkhScript, taprootScript } from '../../src/lotus/script.js'
import { decodeTransaction, rootsOf, txidOf } from '../../src/lotus/transaction.js'
import type { SignedStatement } from '../../src/statements/statement.js'
import type { StatementRun, StatementRunOptions } from '../../src/statements/statement-run.js'
import { Statements } from '../../src/statements/statements.js'
import { memoryStore } from '../../src/storage/key-value-store.js'
import { createTestNetwork } from '../../src/testing/index.js'
import type { Transport } from '../../src/transport/transport.js'
import { verdictOf } from '../musig2/oracle.js'

/** A chain that takes what the interpreter takes, once. */
export class Chain {
  readonly coins = new Map<string, CoinState>()
  readonly transactions: Uint8Array[] = []
  height = 800_000

  lookup({ txid, index }: Outpoint): CoinState | undefined {
    const state = this.coins.get(coinName({ txid, index }))
    return state && { ...state }
  }

  add(coin: Coin, confirmations = 10): Coin {
    this.coins.set(coinName(coin), { sats: coin.sats, script: coin.script, confirmations })
    return coin
  }

  take(bytes: Uint8Array): string {
    const transaction = decodeTransaction(bytes)
    const names = transaction.inputs.map(coinName)
    const spent = names.map((name) => this.coins.get(name))
    if (spent.includes(undefined)) throw new Error('An input is spent already.')
    const id = txidOf(rootsOf(transaction))
    const txid = hexOf(id.slice().reverse())
    this.judge(bytes, spent as CoinState[], txid)
    for (const name of names) this.coins.delete(name)
    for (const [index, { sats, script }] of transaction.outputs.entries()) this.add({ txid: id, index, sats, script }, 0)
    this.transactions.push(bytes)
    return txid
  }

  /** @throws Error where the interpreter does not take it, or knows it by another id. */
  judge(bytes: Uint8Array, spent: readonly CoinState[], id: string): void {
    const { faults, txid } = verdictOf(bytes, spent as CoinState[])
    if (faults.some((fault) => fault !== undefined)) throw new Error(`The interpreter refuses it: ${faults.join()}`)
    if (txid !== id) throw new Error(`The interpreter calls it ${txid}.`)
  }
}

export interface PurseOptions {
  chain: Chain
  seed: number
  outputType?: OutputType
  coinKind?: OutputType
  outputs?: number
  change?: bigint
  confirmations?: number
  /** Of the keys that it gets mixed outputs to. Default: its own seed. */
  freshSeed?: number
}

/** A wallet with one coin, and a plan for it. */
export function purseOf(options: PurseOptions) {
  const { chain, seed, outputType = 0, coinKind = 0, outputs = 1, change = 0n, confirmations = 10 } = options
  const freshRandom = seededRandom(options.freshSeed ?? seed + 5_000_000)
  const random = seededRandom(seed)
  const secret = random.bytes(32)
  const publicKey = publicKeyOf(secret)
  const script = coinKind === 0 ? p2pkhScript(publicKey) : taprootScript(publicKey)
  const fee = feeOf(sizeOf([coinKind], outputs, outputType, change > 0n ? coinKind : undefined), 1_000)
  const sats = BigInt(outputs) * 1_000_000n + fee + change
  const coin = chain.add({ txid: random.bytes(32), index: seed % 7, sats, script, publicKey }, confirmations)
  const fates = new Map<string, ScriptFate>()
  const given: string[] = []
  const calls = { signed: 0 }
  const signer = softwareMixSigner({ keyOf: async () => secret })
  const wallet: MixWallet = {
    lookup: async (outpoint) => chain.lookup(outpoint),
    freshScripts: async (kind, type, count) =>
      Array.from({ length: count }, () => {
        const key = publicKeyOf((kind === 'mixed' ? freshRandom : random).bytes(32))
        const fresh = type === 0 ? p2pkhScript(key) : taprootScript(key)
        if (kind === 'mixed') given.push(hexOf(fresh))
        return fresh
      }),
    proveOwnership: signer.proveOwnership,
    signInputs: async (input) => {
      const signatures = await signer.signInputs(input)
      calls.signed++
      return signatures
    },
    broadcast: async (bytes) => chain.take(bytes),
    tip: async () => chain.height,
    blockHash: async (height) => new Uint8Array(32).fill(height % 251),
    onScripts: (scripts, fate) => {
      for (const each of scripts) fates.set(hexOf(each), fate)
    },
  }
  const plan = planMix({ coins: [coin], denomination: 1_000_000n, outputs, outputType })
  return { wallet, plan, coin, secret, fates, given, calls }
}

/** Changes what a member says in a phase of an attempt; undefined: it says nothing. */
export type Tamper = (context: {
  phase: string
  /** Id of the attempt, and our key in it. */
  id: Uint8Array
  key: Uint8Array
  attempt: number
  honest: Uint8Array | undefined
  /** Says another thing in this phase to these members only. */
  whisper(value: Uint8Array, to: readonly number[]): Promise<void>
  /** What it has heard in a round of this attempt; 5 is that of the end. */
  heard(round: number): readonly SignedStatement[]
  /** Its machine is lost. */
  vanish(): void
  clock: Clock
  items: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
}) => Uint8Array | undefined | Promise<Uint8Array | undefined>

/** Statements of a member that does not say what it should. */
function tampered(
  real: Statements,
  key: Uint8Array,
  tamper: Tamper,
  whisper: (options: StatementRunOptions, phase: string, value: Uint8Array, to: readonly number[]) => Promise<void>,
  vanish: () => void,
  clock: Clock,
): Statements {
  const run = (options: StatementRunOptions) => {
    const begun: StatementRun = real.run({
      ...options,
      say: async (phase, items) => {
        const honest = await options.say(phase, items)
        return tamper({
          phase,
          key,
          id: Uint8Array.from(Buffer.from(options.session, 'hex')),
          attempt: options.attempt ?? 1,
          honest,
          items,
          whisper: (value, to) => whisper(options, phase, value, to),
          heard: (round) => begun.session.statements(round),
          vanish,
          clock,
        })
      },
    })
    return begun
  }
  return new Proxy(real, {
    get: (target, name) => (name === 'run' ? run : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name))),
  })
}

export interface TableOptions {
  members: number
  seed?: number
  outputType?: OutputType
  /** By member, in no order of keys. */
  purse?: (member: number) => Partial<PurseOptions>
  hostile?: Readonly<Record<number, Tamper>>
  /** Changes options of a member's round. */
  round?: (member: number) => Partial<RoundOptions>
  /** What a member sees of the coin of another. */
  seen?: (by: number, owner: number | undefined, state: CoinState | undefined) => CoinState | undefined
  latencyMs?: number
  minPeers?: number
  /** The wallets and the chain, before the round begins. */
  onSeats?: (seats: readonly { purse: ReturnType<typeof purseOf> }[], chain: Chain) => void
  /** Each frame of the round, as a relay sees it: between whom, how many bytes, milliseconds after the beginning. */
  onFrame?: (from: number, to: number, bytes: number, atMs: number) => void
}

/** Tells of each frame of the connections that it dials, both ways. */
function tapped(real: Transport, onFrame: (address: string, isOut: boolean, bytes: number) => void): Transport {
  return {
    ...real,
    dial: async (address, options) => {
      const connection = await real.dial(address, options)
      return {
        get transport() {
          return connection.transport
        },
        rank: connection.rank,
        direct: connection.direct,
        remoteAddress: connection.remoteAddress,
        outbound: connection.outbound,
        maxFrameBytes: connection.maxFrameBytes,
        get bufferedAmount() {
          return connection.bufferedAmount
        },
        attach: (sink) =>
          connection.attach({
            onDrain: () => sink.onDrain(),
            onInterrupted: (interrupted) => sink.onInterrupted?.(interrupted),
            onFrame: (frame) => {
              onFrame(address, false, frame.length)
              sink.onFrame(frame)
            },
            onClose: (...why) => sink.onClose(...why),
          }),
        send: (frame) => {
          onFrame(address, true, frame.length)
          connection.send(frame)
        },
        close: () => connection.close(),
      }
    },
  }
}

export interface MemberEnd {
  result?: RoundResult
  error?: P2PError
}

const ROUND_SLOT: Readonly<Record<string, number>> = { register: 0, keys: 1, commit: 2, vector: 3, end: 5 }

/** A round of members that are all connected to each other. */
export async function playRound(options: TableOptions) {
  const { members: count, seed = 1, outputType = 0, hostile = {}, latencyMs = 20, minPeers = 3 } = options
  const { signStatement, wireStatement } = await import('../../src/statements/statement.js')
  const { kitOf } = await import('../kit-of.js')
  const { identityFromSeed } = await import('../../src/identity/identity.js')
  const net = createTestNetwork({ latencyMs, seed })
  const chain = new Chain()
  let isPlaying = false
  let startedAt = 0
  const seats = Array.from({ length: count }, (_, member) => {
    const identity = identityFromSeed(seededRandom(1_000 * seed + member).bytes(32))
    const onFrame = (address: string, isOut: boolean, bytes: number) => {
      const other = Number(/\d+$/.exec(address)?.[0])
      if (isPlaying) options.onFrame?.(isOut ? member : other, isOut ? other : member, bytes, net.clock.now() - startedAt)
    }
    const host = `seat${member}`
    const limits = { maxConnections: 128 }
    const peer = net.createPeer({ identity, host, limits, transport: tapped(net.network.transport(host), onFrame) })
    const statements = new Statements(identity)
    peer.registerProtocol(statements)
    const purse = purseOf({ chain, seed: 10_000 * seed + member, outputType, ...options.purse?.(member) })
    return { member, identity, peer, statements, purse, bans: new CoinBans(memoryStore(), net.clock) }
  })
  for (const [i, one] of seats.entries()) {
    await net.run(one.peer.start())
    for (const other of seats.slice(0, i)) await net.run(one.peer.connectToPeer(net.addressOf(other.peer)))
  }
  const roster = seats.map(({ identity }) => identity.publicKey).sort(compareBytes)
  const rosterHash = seededRandom(seed).bytes(32)
  const named: { by: number; named: (Pick<Named, 'fault'> & { member: Uint8Array })[] }[] = []
  const progress: { by: number; progress: RoundProgress }[] = []
  const memberOf = (key: Uint8Array) => seats.findIndex(({ identity }) => equalBytes(identity.publicKey, key))
  /** What each has said in `end`, by attempt: from every member's own `say`. */
  const ends: { by: number; attempt: number; kind: 'sign' | 'reveal' }[] = []
  options.onSeats?.(seats, chain)
  startedAt = net.clock.now()
  isPlaying = true
  const rounds = seats.map(async (seat): Promise<MemberEnd> => {
    const tamper = hostile[seat.member]
    const whisper = async (run: StatementRunOptions, phase: string, value: Uint8Array, to: readonly number[]) => {
      const session = `${run.session} #${run.attempt}`
      const said = await signStatement(seat.identity, {
        protocol: run.protocol,
        session,
        round: ROUND_SLOT[phase]!,
        slot: 'item',
        value,
      })
      const kit = await kitOf(seat.peer)
      for (const other of to) {
        const tag = seats[other]!.statements as unknown as { sessions: Map<string, { tag: string }> }
        for (const hex of tag.sessions.keys())
          await kit.sendTo(encodePeerId(seats[other]!.identity.publicKey), {
            type: 'statements',
            protocol: 'lotus/statements',
            payload: [Uint8Array.from(Buffer.from(hex, 'hex')), [wireStatement(said)]],
          })
      }
    }
    const watch: Tamper = ({ phase, attempt, honest }) => {
      if (phase === 'end' && honest !== undefined) {
        const kind = Buffer.from(honest).includes('reveal') ? 'reveal' : 'sign'
        ends.push({ by: seat.member, attempt, kind })
      }
      return honest
    }
    try {
      const result = await runRound({
        statements: tampered(
          seat.statements,
          seat.identity.publicKey,
          tamper ?? watch,
          whisper,
          () => net.network.vanish(`seat${seat.member}`),
          net.clock,
        ),
        clock: net.clock,
        random: seededRandom(77 * seed + seat.member).bytes,
        self: seat.identity.publicKey,
        roster,
        rosterHash,
        minPeers,
        plan: seat.purse.plan,
        wallet: {
          ...seat.purse.wallet,
          lookup: async (outpoint) => {
            const owner = seats.findIndex(({ purse }) => coinName(purse.coin) === coinName(outpoint))
            const state = chain.lookup(outpoint)
            return options.seen === undefined ? state : options.seen(seat.member, owner < 0 ? undefined : owner, state)
          },
        },
        bans: seat.bans,
        confirm: async () => true,
        onNamed: (list) =>
          void named.push({ by: seat.member, named: list.map(({ place, fault }) => ({ member: roster[place]!, fault })) }),
        onProgress: (each) => void progress.push({ by: seat.member, progress: each }),
        ...options.round?.(seat.member),
      })
      return { result }
    } catch (error) {
      if (!(error instanceof P2PError)) throw error
      return { error }
    }
  })
  const results = await net.clock.run(Promise.all(rounds), 3_600_000)
  const tookMs = net.clock.now() - startedAt
  isPlaying = false
  const bans = await Promise.all(seats.map(({ bans: own }) => own.list()))
  await net.stop()
  return { net, chain, seats, results, named, progress, ends, bans, memberOf, tookMs }
}

export type Played = Awaited<ReturnType<typeof playRound>>

/** Members that honest ones have named, with their faults. */
export function namedBy(played: Played, honest: readonly number[]): string[] {
  const all = played.named.filter(({ by }) => honest.includes(by)).flatMap(({ named }) => named)
  return [...new Set(all.map(({ member, fault }) => `${played.memberOf(member)} ${fault}`))].sort()
}

/** What always holds, whatever hostile members do. */
export function judge(played: Played, hostile: readonly number[]) {
  const honest = played.seats.map(({ member }) => member).filter((member) => !hostile.includes(member))
  const txids = new Set(honest.flatMap((member) => played.results[member]!.result?.txid ?? []))
  expect(txids.size).toBeLessThanOrEqual(1)
  for (const each of namedBy(played, honest)) expect(hostile).toContain(Number(each.split(' ')[0]))
  for (const { attempt } of played.ends) {
    const kinds = new Set(played.ends.filter((end) => end.attempt === attempt && honest.includes(end.by)).map(({ kind }) => kind))
    expect(kinds.size).toBeLessThanOrEqual(1)
  }
  const hostileCoins = hostile.map((member) => hexOf(played.seats[member]!.purse.coin.txid))
  for (const by of honest) for (const ban of played.bans[by]!) expect(hostileCoins).toContain(hexOf(ban.txid))
  return { honest, txids }
}
