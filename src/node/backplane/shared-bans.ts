import type { RelayBackplane } from '../../backplane/backplane.js'
import { Alarm } from '../../base/alarm.js'
import { fromBase64Url, toBase64Url } from '../../base/base64url.js'
import type { Clock } from '../../base/clock.js'
import type { Unsubscribe } from '../../base/events.js'
import type { P2PCoordinator } from '../../coordinator.js'
import type { Ban } from '../../defence/bans.js'
import { decode, encode } from '../../message/codec.js'
import { int, object, shaped, text } from '../../message/shape.js'

const PREFIX = 'ban.'
/** `until` is by the time that the processes have in common: the clock of one may be an hour ahead, and its bans would end at others an hour late. */
const banShape = /* @__PURE__ */ (() => object({ reason: text(0, 256), until: int(0) }))()
/** How often entries of bans that have ended are deleted. */
const SWEEP_MS = 600_000
/** Two ends of one ban that differ by less are the same, for what a process tells of its time is late. */
const SAME_MS = 5_000

interface Wiring {
  readonly backplane: RelayBackplane
  readonly clock: Clock
  readonly coordinator: Pick<P2PCoordinator, 'on' | 'ban' | 'unban' | 'listBans'>
}

/** Whoever is banned by one process of a relay is banned by all. A ban that is made while the others cannot be reached is written when they can. */
export class SharedBans {
  private readonly stops: Unsubscribe[]
  private readonly sweeping: Alarm
  /** A change of the map is being applied: it is none of ours. */
  private isApplying = false

  /** Called once the backplane has started. */
  constructor(private readonly wiring: Wiring) {
    const { backplane, coordinator, clock } = wiring
    this.sweeping = new Alarm(clock, () => this.sweep())
    this.sweeping.arm(SWEEP_MS)
    this.stops = [
      coordinator.on('peer-banned', (ban) => this.banned(ban)),
      coordinator.on('peer-unbanned', (id) => this.lifted(id)),
      backplane.shared.watch(PREFIX, (key, entry) => this.changed(key, entry?.value)),
      backplane.on('up', () => this.writeMissing()),
    ]
    this.writeMissing()
  }

  close(): void {
    this.sweeping.disarm()
    for (const stop of this.stops) stop()
  }

  private banned({ id, reason, until }: Ban): void {
    if (this.isApplying) return
    // What cannot be written now is missing when the backplane is back.
    const shared = encode({ reason, until: this.sharedUntil(until) })
    this.wiring.backplane.shared.put(keyOf(id), shared).catch(() => {})
  }

  private lifted(id: string): void {
    if (!this.isApplying) this.wiring.backplane.shared.delete(keyOf(id)).catch(() => {})
  }

  private changed(key: string, value: Uint8Array | undefined): void {
    const { coordinator, backplane } = this.wiring
    const id = idOf(key)
    if (id === undefined) return
    this.isApplying = true
    try {
      if (value === undefined) coordinator.unban(id)
      else {
        const { reason, until } = read(value) ?? { reason: '', until: 0 }
        const leftMs = until - backplane.now()
        const known = coordinator.listBans().find((ban) => ban.id === id)
        const isLonger = known === undefined || this.sharedUntil(known.until) < until - SAME_MS
        if (leftMs > 0 && isLonger) coordinator.ban(id, { reason, durationMs: leftMs })
      }
    } catch {
      // An entry that names nobody.
    } finally {
      this.isApplying = false
    }
  }

  /** The end of a ban of ours, by the time that the processes have in common. */
  private sharedUntil(until: number): number {
    const { backplane, clock } = this.wiring
    return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, until + backplane.now() - clock.now()))
  }

  private writeMissing(): void {
    const { backplane, coordinator } = this.wiring
    for (const ban of coordinator.listBans()) {
      const known = backplane.shared.get(keyOf(ban.id))
      if (known === undefined || (read(known.value)?.until ?? 0) < this.sharedUntil(ban.until) - SAME_MS) this.banned(ban)
    }
  }

  private sweep(): void {
    const { backplane } = this.wiring
    const now = backplane.now()
    for (const [key, { value, revision }] of backplane.shared.entries(PREFIX)) {
      if ((read(value)?.until ?? 0) + SAME_MS < now) backplane.shared.delete(key, revision).catch(() => {})
    }
    this.sweeping.arm(SWEEP_MS)
  }
}

function read(value: Uint8Array): { reason: string; until: number } | undefined {
  try {
    return shaped(banShape, decode(value))
  } catch {
    return undefined
  }
}

function keyOf(id: string): string {
  return PREFIX + toBase64Url(new TextEncoder().encode(id))
}

function idOf(key: string): string | undefined {
  try {
    return new TextDecoder().decode(fromBase64Url(key.slice(PREFIX.length)))
  } catch {
    return undefined
  }
}
