import { elapsed } from '../../base/clock.js'
import { abortedError, P2PError } from '../../base/errors.js'
import type { PluginKit } from '../../core/plugin.js'
import { decodeMessage } from '../../message/p2p-protocol.js'
import { bytes, int, parsed, text, tuple } from '../../message/shape.js'
import type { OutboxEntry, OutboxJournal } from '../outbox/outbox.js'
import { outboxOf } from '../outbox/plugin.js'
import { isQuota } from './quota.js'
import { readState, stateOf } from './state-format.js'
import type { StateWriter } from './state-writer.js'

const PREFIX = 'outbox/'
/** Hex digits of a number, so that keys sort as numbers do. */
const DIGITS = 12

const entryShape = /* @__PURE__ */ (() => tuple(text(1, 128), int(0), bytes()))()

/** The messages that wait for peers, in the store: `outbox/<number>` → version, peer id, end (ms), message as it goes out. */
export class KeptOutbox implements OutboxJournal {
  private readonly keys = new Map<OutboxEntry, string>()
  private next = 0
  /** Accepted while suspended, for another process may have the store, or while the store could not be read. */
  private readonly late = new Set<OutboxEntry>()
  private isSuspended = false
  /** Resolves when the store is ours and its messages are read. */
  private ready: Promise<void> | undefined
  private open!: () => void

  constructor(
    private readonly kit: PluginKit,
    private readonly writer: StateWriter,
  ) {
    this.close()
  }

  /** The store may be another process's from here on. */
  suspend(): void {
    this.isSuspended = true
    this.close()
  }

  private close(): void {
    this.ready ??= new Promise((resolve) => {
      this.open = () => {
        this.ready = undefined
        resolve()
      }
    })
  }

  /** Takes in what is in the store. What we had and is not there any more, another process has delivered, or it has expired. */
  async load(): Promise<number> {
    const { kit } = this
    const { limits, store, peerId: from } = kit
    const outbox = outboxOf(kit)
    const { found, bad } = await readState(store, PREFIX, (members) => {
      const [peerId, expiresAt, encoded] = parsed(entryShape, members, 'queued message')
      return { peerId, expiresAt, encoded, message: decodeMessage(encoded, limits, { remote: from, local: peerId }) }
    })
    const known = new Map([...this.keys].map(([entry, key]) => [key, entry]))
    const places = new Map<string, number>()
    for (const [key, held] of found) {
      const place = places.get(held.peerId) ?? 0
      places.set(held.peerId, place + 1)
      if (!known.delete(key)) this.keys.set(outbox.restore(held, place), key)
      this.next = Math.max(this.next, Number.parseInt(key.slice(PREFIX.length), 16) + 1)
    }
    for (const entry of known.values()) {
      this.keys.delete(entry)
      outbox.finish(entry, entry.endsAt <= elapsed(kit.clock) ? 'expired' : 'delivered')
    }
    return bad
  }

  /** Lets in what has waited for `load`. @param isLoaded false: nothing is written, for it could take the place of what could not be read. */
  resume(isLoaded: boolean): void {
    this.isSuspended = !isLoaded
    this.open()
    if (!isLoaded) return
    for (const entry of this.late) this.write(entry).catch((error) => this.kit.report(error))
    this.late.clear()
  }

  async add(entry: OutboxEntry, ended: AbortSignal | undefined): Promise<void> {
    const { ready } = this
    // A start that fails, as with STORE_TOO_NEW, is this call's failure.
    if (ready !== undefined && !this.isSuspended) await Promise.race([ready, this.kit.run().then(() => ready)])
    if (ended?.aborted) throw abortedError('Queueing the message', ended.reason)
    if (this.isSuspended) {
      this.late.add(entry)
      return
    }
    try {
      await this.write(entry)
    } catch (error) {
      this.keys.delete(entry)
      if (isQuota(error)) {
        throw new P2PError('OUTBOX_FULL', 'The browser gives this page no more room. Delete something.', {
          details: { limit: 'quota' },
          cause: error,
        })
      }
      // It waits in memory, as it would without a store.
      this.kit.report(error as P2PError)
    }
  }

  private write(entry: OutboxEntry): Promise<void> {
    const key = PREFIX + (this.next++).toString(16).padStart(DIGITS, '0')
    this.keys.set(entry, key)
    return this.writer.write({ key, value: stateOf(entry.peerId, entry.expiresAt, entry.encoded) })
  }

  keeps(entry: OutboxEntry): boolean {
    return this.keys.has(entry)
  }

  delete(entry: OutboxEntry): void {
    this.late.delete(entry)
    const key = this.keys.get(entry)
    this.keys.delete(entry)
    if (key !== undefined) this.writer.writeSoon({ key, delete: true })
  }
}
