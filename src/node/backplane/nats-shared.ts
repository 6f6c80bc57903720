import type { KV, KvWatchEntry } from '@nats-io/kv'
import type { SharedEntry, SharedMap } from '../../backplane/backplane.js'
import { backplaneDown } from '../../backplane/errors.js'
import { BACKPLANE_LIMITS } from '../../backplane/limits.js'
import { SharedCopy } from '../../backplane/shared-copy.js'
import { systemClock } from '../../base/clock.js'
import { P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import { withDeadline } from '../../base/wait.js'
import { missingPackage, type NatsClient, plainBytes } from './nats-link.js'
import { ensureBucket } from './nats-streams.js'

/** The bucket of what all processes know: bans, leaders. */
const BUCKET = 'lotus_shared'
/** JetStream's answer to a compare-and-set that something else came before: wrong last sequence. */
const WRONG_SEQUENCE = 10_071

/** The shared map, in a bucket of NATS: `<cluster>.<key>`. */
export class NatsShared implements SharedMap {
  private readonly copy = new SharedCopy()
  private kv: KV | undefined
  private watching: { stop(): void } | undefined
  private stopHearing: Unsubscribe | undefined

  private readonly prefix: string

  constructor(private readonly link: NatsClient) {
    this.prefix = `${link.cluster}.`
  }

  /** @throws P2PError BACKPLANE_DOWN where JetStream is not there, or the bucket is neither there nor can be made. */
  async open(): Promise<void> {
    const [{ jetstreamManager }, { Kvm }] = await Promise.all([import('@nats-io/jetstream'), import('@nats-io/kv')]).catch(
      (cause) => Promise.reject(missingPackage(cause)),
    )
    const connection = await this.link.connection()
    try {
      this.kv = await ensureBucket(await jetstreamManager(connection), new Kvm(connection), BUCKET, this.link.replicas)
      await this.follow()
      // A watch would notice late, or never, that its server was away.
      this.stopHearing = this.link.on('up', () => void this.follow().catch(() => {}))
    } catch (cause) {
      throw backplaneDown(cause)
    }
  }

  get(key: string): SharedEntry | undefined {
    return this.copy.get(key)
  }

  entries(prefix: string): [key: string, entry: SharedEntry][] {
    return this.copy.entries(prefix)
  }

  put(key: string, value: Uint8Array, revision?: number): Promise<number> {
    const name = this.nameOf(key)
    return this.change(key, async (kv) => {
      const put =
        revision === undefined ? kv.put(name, value) : revision === 0 ? kv.create(name, value) : kv.update(name, value, revision)
      const changed = await put
      this.copy.set(key, { value, revision: changed })
      return changed
    })
  }

  async delete(key: string, revision?: number): Promise<void> {
    await this.change(key, async (kv) => {
      await kv.delete(this.nameOf(key), revision === undefined ? {} : { previousSeq: revision })
    })
  }

  watch(prefix: string, listener: (key: string, entry: SharedEntry | undefined) => void): Unsubscribe {
    return this.copy.watch(prefix, listener)
  }

  close(): void {
    this.stopHearing?.()
    this.watching?.stop()
  }

  private nameOf(key: string): string {
    return this.prefix + key
  }

  private change<T>(key: string, task: (kv: KV) => Promise<T>): Promise<T> {
    const { kv, link } = this
    if (kv === undefined || link.state === 'down') return Promise.reject(backplaneDown())
    const wait = { timeoutMs: BACKPLANE_LIMITS.askMs }
    return withDeadline(systemClock, 'A change of what processes share', wait, () => {
      return task(kv).catch((cause) => {
        if ((cause as { code?: unknown }).code === WRONG_SEQUENCE) {
          throw new P2PError('STALE_RECORD', 'Another process has changed this entry meanwhile.', { details: { key } })
        }
        throw backplaneDown(cause)
      })
    })
  }

  /** Resolves once the copy has all that is there. */
  private async follow(): Promise<void> {
    const { prefix } = this
    const filter = `${prefix}>`
    const keys = new Set<string>()
    for await (const key of await this.kv!.keys(filter)) keys.add(key.slice(prefix.length))
    this.copy.keepOnly(keys)
    const watched = await this.kv!.watch({ key: filter })
    this.watching?.stop()
    this.watching = watched
    await new Promise<void>((resolve) => {
      // Where nothing is there, nothing says that it was all.
      if (keys.size === 0) resolve()
      void (async () => {
        for await (const entry of watched) {
          this.arrived(entry)
          if (entry.delta === 0) resolve()
        }
      })()
    })
  }

  private arrived({ key, value, revision, operation }: KvWatchEntry): void {
    const own = key.slice(this.prefix.length)
    this.copy.set(own, operation === 'PUT' ? { value: plainBytes(value), revision } : undefined, revision)
  }
}
