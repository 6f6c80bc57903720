import { originOf } from '../address/origin.js'
import { Alarm } from '../base/alarm.js'
import type { Limits } from '../base/limits.js'
import { jittered } from '../base/random.js'
import type { PluginKit } from '../core/plugin.js'
import { DHT_PROTOCOL } from '../plugins/dht/client/dht-messages.js'
import { dhtOf } from '../plugins/dht/client/plugin.js'
import { recordValue } from '../plugins/dht/records/record.js'
import { type PeerInfo, serves } from '../protocol/peer-info.js'
import { type Directory, hopsIn, type Told, tooFewDirectories } from './directory.js'
import { HOP_PREFIX, hopKeyOf } from './messages.js'

/** How long one relay may take to tell of all hops. */
const ASK_MS = 20_000
/** Relays that come while the directory is empty are given time to be several. */
const SETTLE_MS = 200

/** Who is told of what relays tell. */
export interface DirectoriesListener {
  changed: () => Promise<void>
  /** Ids of relays whose view does not fit those of the others. */
  suspected: (relays: string[]) => void
  failed: (error: Error) => void
}

/** Asks relays of different operators for the hops that they know, each alone, so that none answers for another. */
export class Directories {
  private readonly alarm: Alarm
  private asking: Promise<void> | undefined
  private isOver = true
  /** Whether the directory was had since the start. */
  private isFresh = false

  constructor(
    private readonly kit: PluginKit,
    private readonly directory: Directory,
    private readonly limits: Required<Limits>,
    private readonly on: DirectoriesListener,
  ) {
    this.alarm = new Alarm(kit.clock, () => void this.refresh())
  }

  start(): void {
    this.isOver = false
    this.alarm.arm(0)
  }

  stop(): void {
    this.isOver = true
    this.isFresh = false
    this.alarm.disarm()
  }

  /** A relay has come. */
  connected(): void {
    if (!this.isOver && !this.isFresh && this.asking === undefined) this.alarm.arm(SETTLE_MS)
  }

  /** Asks anew soon: what is known is out of date. */
  hurry(): void {
    if (!this.isOver && this.asking === undefined) this.alarm.arm(SETTLE_MS)
  }

  private refresh(): Promise<void> {
    this.asking ??= this.ask()
      .then(
        () => {
          this.isFresh = true
          this.again(jittered(this.kit.random, this.limits.onionDirectoryMs, 0.1))
        },
        (error) => {
          this.on.failed(error as Error)
          this.again(this.limits.onionDirectoryRetryMs)
        },
      )
      .finally(() => {
        this.asking = undefined
      })
    return this.asking
  }

  private again(delayMs: number): void {
    if (!this.isOver) this.alarm.arm(delayMs)
  }

  private async ask(): Promise<void> {
    const relays = this.relays()
    if (relays.length < 2) throw tooFewDirectories()
    const answers = await Promise.allSettled(relays.map((relay) => this.told(relay)))
    const told = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const { suspects } = await this.directory.take(told)
    if (suspects.length > 0) this.on.suspected(suspects)
    await this.on.changed()
  }

  private async told({ peerId }: PeerInfo): Promise<Told> {
    const { servers } = dhtOf(this.kit)
    const ask = servers.asker(peerId, { timeoutMs: ASK_MS })
    const { records } = await servers.exchanges.readFrom({ key: `${HOP_PREFIX}*`, walk: true }, ask, peerId)
    const live = records.filter(({ withdrawn }) => !withdrawn)
    const values = live.map((entry) => ({ key: entry.key, publicKey: entry.publicKey, value: recordValue(entry, this.limits) }))
    return { peerId, hops: hopsIn(values, hopKeyOf) }
  }

  /** Relays to ask, one of each operator. */
  private relays(): PeerInfo[] {
    const byOrigin = new Map<string, PeerInfo>()
    for (const peer of this.kit.peers()) {
      if (!serves(peer, DHT_PROTOCOL)) continue
      const origin = originOf(peer.addresses.websocket ?? peer.addresses.http) ?? peer.peerId
      if (!byOrigin.has(origin)) byOrigin.set(origin, peer)
    }
    return [...byOrigin.values()].slice(0, this.limits.onionDirectories)
  }
}
