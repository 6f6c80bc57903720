import { allLearnt, type DialRules, learnt } from '../../address/dial-policy.js'
import { Alarm } from '../../base/alarm.js'
import { asP2PError } from '../../base/errors.js'
import type { WaitOptions } from '../../base/wait.js'
import { fitsKey, isPeerId } from '../../identity/peer-id.js'
import { array, object, oneOf, shaped, text, tuple, union } from '../../message/shape.js'
import { type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import { speaksAsRelay } from '../circuit/frames.js'
import type { HashTable } from '../dht/client/hash-table.js'

/** What a peer publishes of itself, so that each that knows its id can reach it. */
export interface PeerRecord {
  /** `ws://…` or `wss://…` where it listens; none of a peer that is reached through relays only. */
  addresses: string[]
  /** Where it has a reservation: the relay's peer id, and its address where that is known. */
  relays: [peerId: string, address: string | null][]
  protocols: string[]
}

/** Changes within so many milliseconds are published once. */
const SETTLE_MS = 50
/** Life of a peer record, seconds: published anew after half of it. */
const TTL_S = 1_800

const address = /* @__PURE__ */ (() => text(0, 512, /^wss?:\/\//))()
const recordShape = /* @__PURE__ */ (() =>
  object({
    addresses: array(address, 16),
    relays: array(tuple(text(1, 128), union(address, oneOf(null))), 16),
    protocols: array(text(0, 128), 128),
  }))()

/** Publishes our own peer record as it changes, and finds those of others: DHT records under `peer:<id>`, signed by the peer. */
export class PeerRecords {
  private readonly alarm: Alarm
  private published: string | undefined
  private isOver = false

  /** @param describe gives what we publish. */
  constructor(
    private readonly dht: HashTable,
    private readonly describe: () => PeerRecord,
    private readonly rules: DialRules = {},
  ) {
    this.alarm = new Alarm(dht.clock, () => {
      this.publish().catch((error) => {
        // It is offered again by the DHT itself; without servers there is nobody to tell.
        const { code, message } = asP2PError(error, 'NOT_STORED', 'The peer record was not published.')
        this.dht.logger.debug(message, { code })
      })
    })
  }

  /** Something of what we publish may have changed. */
  changed(): void {
    if (!this.isOver) this.alarm.armOnce(SETTLE_MS)
  }

  close(): void {
    this.isOver = true
    this.alarm.disarm()
  }

  /** @throws P2PError as `HashTable.get`. */
  async resolve(peerId: string, wait: WaitOptions): Promise<PeerInfo[]> {
    const record = await this.dht.get(`peer:${peerId}`, { ...wait, publisherId: peerId })
    const published = shaped(recordShape, record?.value)
    const publicKey = record?.publisherKey
    // The record's signature proves its key; an lp1 id must be of that key.
    if (published === undefined || publicKey === undefined || !fitsKey(peerId, publicKey)) return []
    const { relays, protocols } = published
    const [websocket] = allLearnt(published.addresses, this.rules)
    const info: PeerInfo = {
      peerId,
      publicKey,
      addresses: {
        ...(websocket !== undefined && { websocket }),
        // Through the relay where it is connected, whatever address the record gives it; else at that address, if it may be dialled.
        relays: relays.flatMap(([id, address]) => {
          const taken = address === null ? undefined : learnt(address, this.rules)
          return taken === undefined || !isPeerId(id) ? [id] : [id, `${taken}#${id}`]
        }),
      },
      state: PeerState.DISCONNECTED,
      lastSeen: record!.publishedAt,
      protocols,
      isRelay: speaksAsRelay(protocols),
    }
    return [info]
  }

  private async publish(): Promise<void> {
    const record = this.describe()
    const isReachable = record.addresses.length > 0 || record.relays.length > 0
    const content = isReachable ? JSON.stringify(record) : undefined
    if (content === this.published) return
    this.published = content
    const key = `peer:${this.dht.peerId}`
    if (isReachable) await this.dht.announce({ key, value: record, ttl: TTL_S })
    else await this.dht.withdraw(key)
  }
}
