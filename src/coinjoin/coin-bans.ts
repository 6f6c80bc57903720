import { bytesOfHex } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import { decode, encode } from '../message/codec.js'
import { int, shaped, tuple } from '../message/shape.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { coinName, type Outpoint } from './coins.js'
import type { MixFault } from './errors.js'

const PREFIX = 'coinjoin-ban/'
const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
/** How long a coin is refused at the first time, by what its owner did: a day for all else. */
const TIMES_MS: Readonly<Partial<Record<MixFault, number>>> = { missed: 10 * MINUTE_MS, unsigned: 60 * MINUTE_MS, out: 0 }
/** How much longer each time, and the longest. */
const FACTOR = 4
const MAX_MS = 30 * DAY_MS
/** A coin that has kept its peace for so long after its ban begins anew. */
const FORGET_MS = 30 * DAY_MS
const MAX_BANS = 10_000

/** A coin that this wallet refuses to mix with for a time: its owner has spoiled a round. Nobody else is told. */
export interface CoinBan extends Outpoint {
  /** Milliseconds since the Unix epoch. */
  readonly until: number
  /** How often it has come to that. */
  readonly times: number
}

interface Row {
  readonly name: string
  readonly until: number
  readonly times: number
}

const row = /* @__PURE__ */ (() => tuple(int(0), int(1)))()

/** Coins that are refused, by outpoint, in the store. */
export class CoinBans {
  constructor(
    private readonly store: KeyValueStore,
    private readonly clock: Clock,
  ) {}

  /** @param fault of the coin's owner, who has proven that it is its own. */
  async add(outpoint: Outpoint, fault: MixFault): Promise<void> {
    const firstMs = TIMES_MS[fault] ?? DAY_MS
    if (firstMs === 0) return
    const name = PREFIX + coinName(outpoint)
    const now = this.clock.now()
    const { until, times: before } = await this.read(name)
    const times = until + FORGET_MS < now ? 1 : before + 1
    const lastsMs = Math.min(firstMs * FACTOR ** (times - 1), MAX_MS)
    try {
      await this.store.set(name, encode([Math.max(until, now + lastsMs), times]))
      await this.prune()
    } catch {
      // A store that is full, or lost, ends no round.
    }
  }

  async isBanned(outpoint: Outpoint): Promise<boolean> {
    const { until } = await this.read(PREFIX + coinName(outpoint))
    return until > this.clock.now()
  }

  async list(): Promise<CoinBan[]> {
    const rows = await this.rows()
    return rows.flatMap(({ name, until, times }) => {
      const bytes = bytesOfHex(name.slice(PREFIX.length))
      const ban = { txid: bytes.slice(0, 32), index: new DataView(bytes.buffer).getUint32(32, true), until, times }
      return until > this.clock.now() ? [ban] : []
    })
  }

  async lift(outpoint: Outpoint): Promise<void> {
    await this.store.delete(PREFIX + coinName(outpoint))
  }

  private async rows(): Promise<Row[]> {
    return Promise.all((await this.store.keys(PREFIX)).map((name) => this.read(name)))
  }

  /** What is none, or cannot be read, counts as over. */
  private async read(name: string): Promise<Row> {
    try {
      const [until, times] = shaped(row, decode((await this.store.get(name))!))!
      return { name, until, times }
    } catch {
      return { name, until: 0, times: 0 }
    }
  }

  private async prune(): Promise<void> {
    const rows = await this.rows()
    rows.sort((a, b) => b.until - a.until)
    for (const { name } of rows.slice(MAX_BANS)) await this.store.delete(name)
  }
}
