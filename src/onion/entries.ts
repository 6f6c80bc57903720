import { Alarm } from '../base/alarm.js'
import { shutDownError } from '../base/errors.js'
import { type WaitOptions, withDeadline } from '../base/wait.js'
import type { Directory } from './directory.js'
import { Entry, type EntryOptions } from './entry.js'
import type { Guards } from './guards.js'
import { type Hop, keyAt } from './hop.js'

/** How often it is looked whether all guards have been unreachable for too long. */
const PATIENCE_CHECK_MS = 60_000

export interface EntriesOptions extends Omit<EntryOptions, 'onOpen' | 'onFailed'> {
  guards: Guards
  directory: Directory
  /** Whether some relay is connected: guards that cannot be reached are gone then, and not the network. */
  isOnline: () => boolean
  /** A guard is gone: what went through it will not be answered. */
  onLost: (guardId: string) => void
  /** Guards have come or gone. */
  onChange: () => void
  report: (error: Error) => void
}

/**
 * The connections to the guards. All packets go by one of them, the first of the sample that can be reached, which so sees one steady
 * stream; the second stands by, and ends loops.
 */
export class Entries {
  private readonly entries = new Map<string, Entry>()
  private readonly waiting = new Set<() => void>()
  private readonly patience: Alarm
  private isRunning = false

  constructor(private readonly options: EntriesOptions) {
    this.patience = new Alarm(options.clock, () => void this.check())
  }

  start(): void {
    this.isRunning = true
    this.patience.arm(PATIENCE_CHECK_MS)
    this.update()
  }

  /** Closes all connections; `start` opens them anew. */
  stop(): void {
    this.isRunning = false
    this.patience.disarm()
    for (const entry of this.entries.values()) entry.close()
    this.entries.clear()
    for (const go of [...this.waiting]) go()
  }

  /** The guards have changed, or the directory. */
  update(): void {
    if (!this.isRunning) return
    const { guards } = this.options
    const primaries = guards.primaries()
    const sampled = new Set(guards.all().map(({ id }) => id))
    for (const guard of primaries) this.enter(guard.id)
    for (const [id, entry] of this.entries) {
      const isPrimary = primaries.some((guard) => guard.id === id)
      // One that is not open is dialled on: it is used again when it is back.
      if (sampled.has(id) && (isPrimary || !entry.isOpen)) continue
      entry.close()
      this.entries.delete(id)
    }
    for (const go of [...this.waiting]) go()
    this.options.onChange()
  }

  tagsChanged(): void {
    for (const entry of this.entries.values()) entry.tagsChanged()
  }

  /** Guards that are open, the one that is used first. */
  open(): { entry: Entry; hop: Hop }[] {
    const { guards, directory, clock } = this.options
    const now = clock.now()
    return guards.all().flatMap(({ id }) => {
      const entry = this.entries.get(id)
      const hop = directory.get(id)
      return entry?.isOpen && hop !== undefined && keyAt(hop, now) !== undefined ? [{ entry, hop }] : []
    })
  }

  /**
   * The guard that packets go by, once it is there.
   *
   * @throws P2PError ONION_NO_PATH where there is none in the sample, TIMEOUT, ABORTED, SHUT_DOWN.
   */
  async ready({ signal, timeoutMs }: WaitOptions): Promise<{ entry: Entry; hop: Hop }> {
    const [first] = this.open()
    if (first !== undefined) return first
    return withDeadline(this.options.clock, 'Reaching a guard', { signal, timeoutMs }, (inner) => {
      return new Promise((resolve, reject) => {
        const settle = () => {
          const [found] = this.open()
          if (found === undefined && this.isRunning && !inner.aborted) return
          this.waiting.delete(settle)
          inner.removeEventListener('abort', settle)
          if (found !== undefined) resolve(found)
          else reject(inner.aborted ? inner.reason : shutDownError('The onion'))
        }
        this.waiting.add(settle)
        inner.addEventListener('abort', settle)
        settle()
      })
    })
  }

  private enter(id: string): void {
    if (this.entries.has(id)) return
    const { guards, options } = { guards: this.options.guards, options: this.options }
    const guard = guards.all().find((each) => each.id === id)!
    const entry = new Entry(guard, {
      ...options,
      onOpen: () => {
        guards.reached(id)
        this.update()
      },
      onFailed: () => {
        guards.failed(id)
        options.onLost(id)
        this.update()
      },
    })
    this.entries.set(id, entry)
    void entry.open()
  }

  /** All guards may be gone for good. */
  private async check(): Promise<void> {
    const { guards, directory, isOnline, report } = this.options
    try {
      if (await guards.extend(directory.guards(), isOnline())) this.update()
    } catch (error) {
      report(error as Error)
    }
    if (this.isRunning) this.patience.arm(PATIENCE_CHECK_MS)
  }
}
