import { asP2PError, P2PError, type P2PErrorCode } from '../errors.js'
import type { Unsubscribe } from '../events.js'
import { DEFAULT_LIMITS, type Limits } from '../limits.js'
import type { P2PMessage } from '../message/message.js'
import type { PeerInfo } from '../peer/peer-info.js'
import type { IProtocolHandler, ProtocolHost } from '../protocol-handler.js'
import {
  DHT_PROTOCOL,
  DHT_WATCH_PROTOCOL,
  type FindAnswer,
  type FindRequest,
  findRequest,
  parsePayload,
  storeRequest,
  watchRequest,
} from './dht-messages.js'
import { checkPattern, newestFirst, type RecordEntry, sizeOf, supersedes, wireRecord } from './record.js'
import { matchesFilters } from './record-filters.js'
import type { RecordStore } from './record-store.js'
import { isDishonest, type RecordVerifier } from './record-verifier.js'
import { Watchers } from './watchers.js'

/** Bytes that a record adds to an answer beyond its payload: key, signature, MessagePack heads. */
const WIRE_OVERHEAD = 112

export interface DhtServerStats {
  /** Requests served. */
  requests: number
  /** Records refused, by cause. */
  refused: { [Code in P2PErrorCode]?: number }
  watches: number
  /** Changes told to watchers. */
  pushed: number
}

/** What one watcher has not taken yet. */
interface Backlog {
  inFlight: number
  missed: boolean
}

/**
 * Stores records for others and answers for them: the protocol `lotus/dht`. Verifies what it stores when it receives it, and
 * so needs no signature check to answer.
 *
 * @example
 * coordinator.registerProtocol(new DhtServer(dht.store, dht.verifier))
 */
export class DhtServer implements IProtocolHandler {
  readonly protocolName = DHT_PROTOCOL
  private readonly limits: Limits
  private readonly watchers: Watchers
  private readonly backlogs = new Map<string, Backlog>()
  private readonly refused: DhtServerStats['refused'] = {}
  private requests = 0
  private pushed = 0
  private host: ProtocolHost | undefined
  private stopListening: Unsubscribe | undefined
  /** Whose request is being stored: it knows the record and need not be told. */
  private storing: string | undefined

  constructor(
    private readonly store: RecordStore,
    private readonly verifier: RecordVerifier,
    { limits = DEFAULT_LIMITS }: { limits?: Limits } = {},
  ) {
    this.limits = limits
    this.watchers = new Watchers(limits)
  }

  onRegister(host: ProtocolHost): void {
    this.host = host
    this.stopListening = this.store.onChange((entry) => {
      if (entry !== undefined) this.tellWatchers(entry)
    })
  }

  onUnregister(): void {
    this.stopListening?.()
    this.host = undefined
    for (const peerId of this.backlogs.keys()) this.watchers.deletePeer(peerId)
    this.backlogs.clear()
  }

  async onPeerDisconnected(peer: PeerInfo): Promise<void> {
    this.watchers.deletePeer(peer.peerId)
    this.backlogs.delete(peer.peerId)
  }

  async handleMessage(message: P2PMessage, from: PeerInfo): Promise<void> {
    this.requests++
    switch (message.type) {
      case 'store':
        return this.receive(message, from)
      case 'get':
      case 'query': {
        const request = parsePayload(findRequest, message.payload, message.type)
        return this.reply(message, 'records', this.find(request))
      }
      case 'watch': {
        const { key } = parsePayload(watchRequest, message.payload, message.type)
        checkPattern(key, this.limits)
        this.watchers.add(from.peerId, key)
        if (!this.backlogs.has(from.peerId)) this.backlogs.set(from.peerId, { inFlight: 0, missed: false })
        return this.reply(message, 'records', this.find({ key, withdrawn: true }))
      }
      case 'unwatch':
        return this.watchers.delete(from.peerId, parsePayload(watchRequest, message.payload, message.type).key)
      default:
        throw new P2PError('INVALID_MESSAGE', 'The DHT knows store, get, query, watch and unwatch, not this type.')
    }
  }

  getStats(): DhtServerStats {
    return { requests: this.requests, refused: { ...this.refused }, watches: this.watchers.count, pushed: this.pushed }
  }

  private async receive(message: P2PMessage, from: PeerInfo): Promise<void> {
    let entry: RecordEntry | undefined
    try {
      entry = this.verifier.read(parsePayload(storeRequest, message.payload, message.type).record)
      // What is older than ours needs no signature check to be refused.
      const known = this.store.find(entry.key, entry.publisher)
      if (known === undefined || supersedes(entry, known)) await this.verifier.verify(entry)
      this.storing = from.peerId
      this.store.put(entry)
      this.storing = undefined
      await this.reply(message, 'stored', { stored: true })
      if (!isServer(from)) this.replicate(entry)
    } catch (cause) {
      this.storing = undefined
      const error = asP2PError(cause, 'HANDLER_FAILED', 'The record could not be stored.')
      this.refused[error.code] = (this.refused[error.code] ?? 0) + 1
      const newer = entry && error.code === 'STALE_RECORD' ? this.store.find(entry.key, entry.publisher) : undefined
      const record = newer && wireRecord(newer)
      await this.reply(message, 'stored', { stored: false, code: error.code, message: error.message, ...(record && { record }) })
      if (isDishonest(error)) this.host?.reject(from.peerId, error)
    }
  }

  /** What a client has stored here goes on to the servers that we are connected to; they do not pass it further. */
  private replicate(entry: RecordEntry): void {
    const { host } = this
    const servers = host?.peers().filter(isServer).slice(0, this.limits.dhtServers) ?? []
    const payload = { record: wireRecord(entry) }
    // One that does not take it has a newer one, or is told by the publisher itself.
    for (const { peerId } of servers) host!.request(peerId, { type: 'store', protocol: DHT_PROTOCOL, payload }).catch(() => {})
  }

  /**
   * One page of what matches. Where only the newest are wanted and all of them fit, it holds the newest of the window looked
   * at; else a page in key order. Either way the asker who follows `after` to the end has missed nothing.
   */
  private find({ key, filters, max, withdrawn = false, after }: FindRequest): FindAnswer {
    checkPattern(key, this.limits)
    const { maxQueryRecords, maxRecordsPerAnswer, maxAnswerBytes } = this.limits
    const live: RecordEntry[] = []
    const window: RecordEntry[] = []
    let last: RecordEntry | undefined
    let scanned = 0
    let more = false
    for (const entry of this.store.scan(key, after)) {
      if (++scanned > maxQueryRecords) {
        more = true
        break
      }
      last = entry
      if (entry.signature === undefined) continue
      if (entry.withdrawn ? !withdrawn : !matchesFilters(entry, filters, this.limits)) continue
      window.push(entry)
      if (!entry.withdrawn) live.push(entry)
    }
    let page = window
    if (max !== undefined && live.length > max) {
      const newest = new Set(live.sort(newestFirst).slice(0, max))
      page = window.filter((entry) => entry.withdrawn || newest.has(entry))
      if (!fits(page, maxRecordsPerAnswer, maxAnswerBytes)) page = window
    }
    if (!fits(page, maxRecordsPerAnswer, maxAnswerBytes)) {
      page = page.slice(0, fitting(page, maxRecordsPerAnswer, maxAnswerBytes))
      last = page.at(-1)
      more = true
    }
    return { records: page.map(wireRecord), ...(more && last && { more, after: [last.key, last.publisher] }) }
  }

  private tellWatchers(entry: RecordEntry): void {
    const record = wireRecord(entry)
    if (record === undefined) return
    for (const peerId of this.watchers.of(entry.key)) if (peerId !== this.storing) this.push(peerId, { record })
  }

  /** A watcher that reads too slowly is not queued for without end: it is told once that it has missed something. */
  private push(peerId: string, payload: { record: unknown } | null): void {
    const backlog = this.backlogs.get(peerId)
    if (backlog === undefined || this.host === undefined) return
    if (backlog.inFlight >= this.limits.maxWatchBacklog) {
      backlog.missed = true
      return
    }
    const missed = backlog.missed || payload === null
    backlog.missed = false
    backlog.inFlight++
    this.pushed++
    this.host
      .sendTo(peerId, { type: missed ? 'missed' : 'record', protocol: DHT_WATCH_PROTOCOL, payload: missed ? null : payload })
      .then(
        () => {
          backlog.inFlight--
          if (backlog.inFlight === 0 && backlog.missed) this.push(peerId, null)
        },
        () => {
          backlog.inFlight--
          backlog.missed = true
        },
      )
  }

  private async reply(message: P2PMessage, type: string, payload: unknown): Promise<void> {
    await this.host?.reply(message, { type, payload })
  }
}

function isServer(peer: PeerInfo): boolean {
  return peer.protocols?.includes(DHT_PROTOCOL) === true
}

function fits(page: RecordEntry[], maxRecords: number, maxBytes: number): boolean {
  return fitting(page, maxRecords, maxBytes) === page.length
}

/** How many of these, from the first on, fit one answer; one always does. */
function fitting(page: RecordEntry[], maxRecords: number, maxBytes: number): number {
  let bytes = 0
  let count = 0
  for (const entry of page) {
    bytes += sizeOf(entry) + WIRE_OVERHEAD
    if (count >= maxRecords || (bytes > maxBytes && count > 0)) break
    count++
  }
  return count
}
