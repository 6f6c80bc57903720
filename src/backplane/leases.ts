import { Alarm } from '../base/alarm.js'
import { type Clock, elapsed } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import type { SharedEntry, SharedMap } from './backplane.js'
import { BACKPLANE_LIMITS } from './limits.js'

const { nodeRenewMs, nodeGoneMs, askMs } = BACKPLANE_LIMITS
/** A leader that could not say so for this long stops: the others wait longer before one of them takes its place. */
const STEP_DOWN_MS = nodeGoneMs - askMs

/**
 * One process at a time leads in each role. The lease is a key of the shared map, which its holder renews by compare-and-set; whoever sees no
 * change of it for `nodeGoneMs` takes it over. So no two clocks need to agree.
 */
export class Leases {
  private readonly roles = new Map<string, Lease>()

  constructor(
    private readonly nodeId: string,
    private readonly clock: Clock,
    private readonly shared: SharedMap,
  ) {}

  lead(role: string, onChange: (leading: boolean) => void): Unsubscribe {
    const lease = new Lease(`leader.${role}`, this.nodeId, this.clock, this.shared, onChange)
    this.roles.set(role, lease)
    return () => {
      if (this.roles.get(role) === lease) this.roles.delete(role)
      void lease.close()
    }
  }

  leads(role: string): boolean {
    return this.roles.get(role)?.leads === true
  }

  /** Gives all of them back. */
  async close(): Promise<void> {
    const leases = [...this.roles.values()]
    this.roles.clear()
    await Promise.all(leases.map((lease) => lease.close()))
  }
}

class Lease {
  leads = false
  private revision = 0
  private renewals = 0
  /** When our lease was last renewed; of a follower, when the leader's was. By `elapsed`. */
  private heardAt: number
  private isBusy = false
  private isClosed = false
  private readonly alarm: Alarm
  private readonly stop: Unsubscribe

  constructor(
    private readonly key: string,
    private readonly nodeId: string,
    private readonly clock: Clock,
    private readonly shared: SharedMap,
    private readonly onChange: (leading: boolean) => void,
  ) {
    this.heardAt = elapsed(clock)
    this.alarm = new Alarm(clock, () => void this.turn())
    this.alarm.arm(0)
    this.stop = shared.watch(key, (changed, entry) => {
      if (changed === key) this.changed(entry)
    })
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.alarm.disarm()
    this.stop()
    if (!this.leads) return
    this.become(false)
    await this.shared.delete(this.key, this.revision).catch(() => {})
  }

  private changed(entry: SharedEntry | undefined): void {
    if (this.isClosed || this.isBusy || (entry !== undefined && this.leads && entry.revision <= this.revision)) return
    if (this.leads && entry !== undefined && ownerOf(entry) === this.nodeId) return
    this.become(false)
    this.heardAt = elapsed(this.clock)
    // A leader that has given it back makes room at once.
    this.alarm.arm(entry === undefined ? 0 : nodeGoneMs)
  }

  /** A leader renews its lease; a follower takes the one that has run out. */
  private async turn(): Promise<void> {
    const entry = this.shared.get(this.key)
    const silentMs = elapsed(this.clock) - this.heardAt
    const isOthers = entry !== undefined && ownerOf(entry) !== this.nodeId
    if (!this.leads && isOthers && silentMs < nodeGoneMs) return this.alarm.arm(nodeGoneMs - silentMs)
    if (this.leads && silentMs >= STEP_DOWN_MS) this.become(false)
    const revision = this.leads ? this.revision : (entry?.revision ?? 0)
    this.isBusy = true
    const askedAt = elapsed(this.clock)
    try {
      const value = new TextEncoder().encode([this.nodeId, ++this.renewals].join(' '))
      this.revision = await this.shared.put(this.key, value, revision)
      this.heardAt = askedAt
      if (this.isClosed) return void this.shared.delete(this.key, this.revision).catch(() => {})
      this.become(true)
    } catch (error) {
      // Somebody else was first, and is waited for anew.
      if (isP2PError(error, 'STALE_RECORD')) {
        this.become(false)
        this.heardAt = elapsed(this.clock)
      } else if (this.leads && elapsed(this.clock) - this.heardAt >= STEP_DOWN_MS) this.become(false)
    } finally {
      this.isBusy = false
      if (!this.isClosed) this.alarm.arm(nodeRenewMs)
    }
  }

  private become(leads: boolean): void {
    if (this.leads === leads) return
    this.leads = leads
    this.onChange(leads)
  }
}

function ownerOf({ value }: SharedEntry): string {
  return new TextDecoder().decode(value).split(' ')[0]!
}
