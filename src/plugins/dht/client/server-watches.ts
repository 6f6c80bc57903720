import { Alarm } from '../../../base/alarm.js'
import { asP2PError } from '../../../base/errors.js'
import type { Unsubscribe } from '../../../base/events.js'
import { LazyMap } from '../../../base/lazy-map.js'
import type { P2PMessage } from '../../../message/message.js'
import { shaped } from '../../../message/shape.js'
import { matchesPattern, type RecordEntry, type VerifiedRecord } from '../records/record.js'
import type { RecordSource } from '../records/record-watches.js'
import { type ConnectedServers, NO_ANSWER, type PushedRecords } from './connected-servers.js'
import { DHT_PROTOCOL, recordPush } from './dht-messages.js'
import type { Ask } from './exchanges.js'

/** Watches records at the connected servers: what each of them has already, then what it pushes by `lotus/dht-watch`. */
export class ServerWatches implements RecordSource, PushedRecords {
  private readonly watches = new LazyMap<string, Set<(entry: VerifiedRecord) => void>>()
  /** Servers whose watches are being set up again; true if that has to be done once more. */
  private readonly rewatching = new LazyMap<string, boolean>()
  private retry: Alarm | undefined

  constructor(private readonly servers: ConnectedServers) {
    servers.pushed = this
  }

  watch(pattern: string, onRecord: (entry: VerifiedRecord) => void): Unsubscribe {
    const listeners = this.watches.get(pattern) ?? new Set()
    this.watches.set(pattern, listeners.add(onRecord))
    // The second watcher of a pattern needs what the first one was given when it began.
    for (const peerId of this.servers.serverIds) void this.watchAt(peerId, pattern)
    return () => {
      if (!listeners.delete(onRecord) || listeners.size > 0) return
      this.unwatch(pattern)
    }
  }

  async take({ type, payload }: P2PMessage, peerId: string): Promise<void> {
    if (type === 'missed') {
      await this.begin(peerId)
    } else {
      const wire = shaped(recordPush, payload)?.record
      const { exchanges } = this.servers
      for (const entry of await exchanges.believe([wire], peerId, (entry) => this.isWatched(entry))) this.tell(entry)
    }
  }

  /** Watches at a server all that is under watch, from the beginning. */
  async begin(peerId: string): Promise<void> {
    if (this.rewatching.has(peerId)) {
      this.rewatching.set(peerId, true)
      return
    }
    this.rewatching.set(peerId, false)
    await Promise.all([...this.watches.keys()].map((pattern) => this.watchAt(peerId, pattern)))
    const again = this.rewatching.get(peerId)
    this.rewatching.delete(peerId)
    if (again && this.servers.serverIds.has(peerId)) await this.begin(peerId)
  }

  close(): void {
    for (const pattern of [...this.watches.keys()]) this.unwatch(pattern)
    this.retry?.disarm()
  }

  /** Watches at one server and takes what is there already, page by page. */
  private async watchAt(peerId: string, key: string): Promise<void> {
    const { serverIds, limits, exchanges, protocolHost: host } = this.servers
    const asker = this.servers.asker(peerId, { timeoutMs: limits.dhtTimeoutMs })
    let ask: Ask = () => {
      ask = asker
      return asker({ type: 'watch', payload: { key } })
    }
    const isEnough = () => !this.watches.has(key)
    try {
      await exchanges.readFrom(
        { key, withdrawn: true },
        (request) => ask(request),
        peerId,
        (entry) => this.tell(entry),
        isEnough,
      )
    } catch (error) {
      if (!serverIds.has(peerId) || host === undefined) return
      const { code } = asP2PError(error, 'TIMEOUT', NO_ANSWER)
      host.logger.warn('a DHT server did not take a watch', { peerId, code })
      if (code === 'LIMIT_EXCEEDED' || code === 'PROTOCOL_NOT_SUPPORTED') return
      this.retry ??= new Alarm(host.clock, () => {
        for (const server of serverIds) void this.begin(server)
      })
      this.retry.armOnce(limits.dhtTimeoutMs)
    }
  }

  private unwatch(key: string): void {
    this.watches.delete(key)
    const { serverIds, protocolHost: host } = this.servers
    for (const peerId of serverIds) {
      // A server that is gone has forgotten the watch already.
      host?.sendTo(peerId, { type: 'unwatch', protocol: DHT_PROTOCOL, payload: { key } }).catch(() => {})
    }
  }

  private isWatched({ key }: RecordEntry): boolean {
    return [...this.watches.keys()].some((pattern) => matchesPattern(key, pattern))
  }

  private tell(entry: VerifiedRecord): void {
    for (const [pattern, listeners] of this.watches) {
      if (matchesPattern(entry.key, pattern)) for (const listener of [...listeners]) listener(entry)
    }
  }
}
