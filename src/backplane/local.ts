import { type Clock, systemClock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import type { Random } from '../base/random.js'
import { type WaitOptions, withDeadline } from '../base/wait.js'
import type { RecordLog, RelayBackplane, SharedEntry, SharedMap } from './backplane.js'
import type { Bus, OnBusMessage, Subscription } from './bus.js'
import { BusBackplane } from './bus-backplane.js'
import { backplaneDown, nobodyHolds } from './errors.js'
import { BACKPLANE_LIMITS } from './limits.js'
import { SharedCopy } from './shared-copy.js'

export interface LocalHubOptions {
  clock?: Clock | undefined
  /** Time between two processes, one way, milliseconds. Default 0: the next microtask. */
  latencyMs?: number | undefined
  random?: Random | undefined
}

interface Logged {
  readonly name: string
  readonly bytes: Uint8Array
  readonly sequence: number
}

/**
 * Joins several backplanes of one process, with faults for tests: delay, loss, a link that is cut, a process that freezes or dies.
 *
 * @example
 * const hub = new LocalHub({ clock, latencyMs: 1 })
 * const [one, two] = [localBackplane(hub), localBackplane(hub)]
 * hub.cut(two.nodeId)
 */
export class LocalHub {
  readonly clock: Clock
  readonly random: Random | undefined
  latencyMs: number
  /** True for a message that is lost on its way, by the ids of the two processes. */
  loses: (from: string, to: string) => boolean = () => false
  readonly map = new Map<string, SharedEntry>()
  readonly log = new Map<string, Logged>()
  /** Of the shared map, and of the log. */
  revision = 0
  private readonly buses = new Map<string, LocalBus>()

  constructor({ clock = systemClock, latencyMs = 0, random }: LocalHubOptions = {}) {
    this.clock = clock
    this.latencyMs = latencyMs
    this.random = random
  }

  /** @internal */
  bus(nodeId: string): Bus {
    const bus = new LocalBus(this, nodeId)
    this.buses.set(nodeId, bus)
    return bus
  }

  /** A process reaches no other one, and knows it. */
  cut(nodeId: string): void {
    this.buses.get(nodeId)?.setLink('down')
  }

  heal(nodeId: string): void {
    this.buses.get(nodeId)?.setLink('up')
  }

  /** A process ends without a goodbye. */
  kill(nodeId: string): void {
    this.buses.get(nodeId)?.die()
    this.buses.delete(nodeId)
  }

  /** A process does not run. What is sent to it waits; what it sends, as its timers go on in a test, is lost. */
  freeze(nodeId: string): void {
    const bus = this.buses.get(nodeId)
    if (bus !== undefined) bus.frozen = []
  }

  thaw(nodeId: string): void {
    const bus = this.buses.get(nodeId)
    const waiting = bus?.frozen ?? []
    if (bus !== undefined) bus.frozen = undefined
    for (const run of waiting) run()
  }

  /** @internal */
  all(): LocalBus[] {
    return [...this.buses.values()]
  }

  /** @internal */
  later(run: () => void): void {
    if (this.latencyMs > 0) this.clock.setTimeout(run, this.latencyMs)
    else queueMicrotask(run)
  }

  /** @internal @throws P2PError STALE_RECORD. */
  change(key: string, value: Uint8Array | undefined, expected: number | undefined): number {
    const known = this.map.get(key)
    if (expected !== undefined && expected !== (known?.revision ?? 0)) {
      throw new P2PError('STALE_RECORD', 'Another process has changed this entry meanwhile.', { details: { key } })
    }
    const revision = ++this.revision
    if (value === undefined) this.map.delete(key)
    else this.map.set(key, { value, revision })
    const entry = this.map.get(key)
    for (const bus of this.all()) bus.run(() => bus.copy.set(key, entry, revision))
    return revision
  }

  /** @internal */
  append(name: string, bytes: Uint8Array): void {
    const entry = { name, bytes, sequence: ++this.revision }
    this.log.delete(name)
    this.log.set(name, entry)
    for (const bus of this.all()) bus.run(() => bus.logged(entry))
  }
}

/** What one process has of a hub. */
class LocalBus implements Bus {
  readonly copy = new SharedCopy()
  readonly shared: SharedMap
  readonly records: RecordLog
  /** What waits while the process is frozen. */
  frozen: (() => void)[] | undefined
  state: 'up' | 'down' = 'down'
  private isOpen = false
  private isDead = false
  private readonly subjects = new Map<string, OnBusMessage>()
  private onState: (state: 'up' | 'down') => void = () => {}
  /** Questions that wait: nothing answers them once the link is down. */
  private readonly asking = new Set<(error: Error) => void>()
  private readonly readers = new Map<(bytes: Uint8Array) => void, { at: number }>()

  constructor(
    private readonly hub: LocalHub,
    readonly nodeId: string,
  ) {
    const change = (key: string, value: Uint8Array | undefined, revision: number | undefined) =>
      this.roundTrip(() => hub.change(key, value, revision))
    this.shared = {
      get: (key) => this.copy.get(key),
      entries: (prefix) => this.copy.entries(prefix),
      put: (key, value, revision) => change(key, value, revision),
      delete: async (key, revision) => void (await change(key, undefined, revision)),
      watch: (prefix, listener) => this.copy.watch(prefix, listener),
    }
    this.records = {
      append: (name, bytes) => this.roundTrip(() => hub.append(name, bytes)),
      replay: (onEntry) => this.replay(onEntry),
    }
  }

  async open(onState: (state: 'up' | 'down') => void): Promise<void> {
    this.onState = onState
    this.isOpen = true
    this.state = 'up'
    this.synchronise()
  }

  subscribe(subject: string, onMessage: OnBusMessage): Subscription {
    this.subjects.set(subject, onMessage)
    return {
      ready: Promise.resolve(),
      end: () => {
        if (this.subjects.get(subject) === onMessage) this.subjects.delete(subject)
      },
    }
  }

  publish(subject: string, bytes: Uint8Array): boolean {
    if (this.state === 'down') return false
    if (this.frozen !== undefined) return true
    for (const bus of this.subscribers(subject)) {
      if (!this.hub.loses(this.nodeId, bus.nodeId)) bus.run(() => bus.subjects.get(subject)?.(bytes, undefined))
    }
    return true
  }

  request(subject: string, bytes: Uint8Array, wait: WaitOptions): Promise<Uint8Array> {
    return withDeadline(this.hub.clock, 'A question to another process', wait, () => {
      return new Promise((resolve, reject) => {
        if (this.state === 'down') return reject(backplaneDown())
        this.asking.add(reject)
        const settle = (done: () => void) => {
          this.asking.delete(reject)
          done()
        }
        const holders = this.subscribers(subject)
        if (holders.length === 0) return this.run(() => settle(() => reject(nobodyHolds())))
        for (const bus of holders) {
          const respond = (answer: Uint8Array) => {
            if (bus.state === 'up') this.run(() => settle(() => resolve(answer)))
          }
          if (!this.hub.loses(this.nodeId, bus.nodeId)) bus.run(() => bus.subjects.get(subject)?.(bytes, respond))
        }
      })
    })
  }

  async close(): Promise<void> {
    this.die()
    this.hub.kill(this.nodeId)
  }

  /** Runs something that comes to this process from another one. */
  run(task: () => void): void {
    this.hub.later(() => {
      if (this.isDead || this.state === 'down') return
      if (this.frozen !== undefined) this.frozen.push(task)
      else task()
    })
  }

  setLink(state: 'up' | 'down'): void {
    if (!this.isOpen || this.isDead || this.state === state) return
    this.state = state
    if (state === 'up') this.synchronise()
    else this.failAll()
    this.onState(state)
  }

  die(): void {
    this.isDead = true
    this.state = 'down'
    this.subjects.clear()
    this.readers.clear()
    this.failAll()
  }

  private failAll(): void {
    for (const fail of [...this.asking]) fail(backplaneDown())
    this.asking.clear()
  }

  logged(entry: Logged): void {
    for (const [reader, place] of [...this.readers]) {
      if (entry.sequence <= place.at) continue
      place.at = entry.sequence
      reader(entry.bytes)
    }
  }

  private subscribers(subject: string): LocalBus[] {
    return this.hub.all().filter((bus) => bus.state === 'up' && bus.subjects.has(subject))
  }

  /** What has changed while we were away. */
  private synchronise(): void {
    const { map, log } = this.hub
    this.copy.keepOnly(new Set(map.keys()))
    for (const [key, entry] of map) this.copy.set(key, entry)
    for (const entry of log.values()) this.logged(entry)
  }

  private async replay(onEntry: (bytes: Uint8Array) => void): Promise<Unsubscribe> {
    const place = { at: 0 }
    const reader = (bytes: Uint8Array) => onEntry(bytes)
    this.readers.set(reader, place)
    for (const { bytes, sequence } of this.hub.log.values()) {
      place.at = sequence
      reader(bytes)
    }
    return () => this.readers.delete(reader)
  }

  /** Done at the hub, one way from here, and answered. */
  private roundTrip<T>(task: () => T): Promise<T> {
    return withDeadline(this.hub.clock, 'A change of what processes share', { timeoutMs: BACKPLANE_LIMITS.askMs }, () => {
      return new Promise((resolve, reject) => {
        if (this.state === 'down' || this.frozen !== undefined) return reject(backplaneDown())
        this.hub.later(() => {
          try {
            const result = task()
            this.run(() => resolve(result))
          } catch (error) {
            this.run(() => reject(error))
          }
        })
      })
    })
  }
}

/**
 * A backplane without a network: of a relay that is one process, or of several in one process that share a hub.
 *
 * @param clock of the one process. Default: that of the hub.
 * @example
 * const relay = await startRelay({ backplane: localBackplane(hub) })
 */
export function localBackplane(hub: LocalHub = new LocalHub(), clock: Clock = hub.clock): RelayBackplane {
  return new BusBackplane({ clock, random: hub.random, bus: (nodeId) => hub.bus(nodeId) })
}
