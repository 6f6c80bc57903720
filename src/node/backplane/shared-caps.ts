import type { RelayBackplane } from '../../backplane/backplane.js'
import { Alarm } from '../../base/alarm.js'
import { type Clock, elapsed } from '../../base/clock.js'
import type { Unsubscribe } from '../../base/events.js'
import { decode, encode } from '../../message/codec.js'
import { array, int, parsed, text, tuple } from '../../message/shape.js'
import type { AddressCaps, AddressUse } from '../address-caps.js'

/** How often the others are told. */
const TELL_MS = 1_000
/** What a process has told counts for so long: it may lose two messages. */
const BELIEVED_MS = 3_500
/** Addresses in one message at most: half of what one may hold. */
const MAX_ADDRESSES = 8_192
const shape = /* @__PURE__ */ (() => array(tuple(text(1, 64), int(0), int(0), int(0))))()

/**
 * Caps of each client address over all processes of a relay. An address that takes more than a quarter of a cap at one process counts at the others
 * too, within a second: so it has less than twice the cap for a second, and the cap from then on. What takes less is not told.
 */
export class SharedCaps {
  private readonly stops: Unsubscribe[]
  private readonly telling: Alarm
  /** When each other process has told last, by `elapsed`. */
  private readonly heardAt = new Map<string, number>()
  private hasTold = false

  /** Called once the backplane has started. */
  constructor(
    private readonly backplane: RelayBackplane,
    private readonly clock: Clock,
    private readonly caps: AddressCaps,
  ) {
    this.telling = new Alarm(clock, () => this.tell())
    this.telling.arm(TELL_MS)
    this.stops = [
      backplane.receive('address-caps', (bytes, { nodeId }) => {
        const uses = parsed(shape, decode(bytes), 'What addresses take of another process')
        this.heardAt.set(nodeId, elapsed(clock))
        caps.told(nodeId, uses.slice(0, MAX_ADDRESSES))
      }),
      backplane.on('node-gone', (nodeId) => this.forget(nodeId)),
    ]
  }

  close(): void {
    this.telling.disarm()
    for (const stop of this.stops) stop()
    for (const nodeId of [...this.heardAt.keys()]) this.forget(nodeId)
  }

  private tell(): void {
    const uses: AddressUse[] = []
    for (const use of this.caps.notable()) if (uses.length < MAX_ADDRESSES) uses.push(use)
    // That there is nothing any more is told once.
    if (uses.length > 0 || this.hasTold) this.backplane.toAll('address-caps', encode(uses))
    this.hasTold = uses.length > 0
    const now = elapsed(this.clock)
    for (const [nodeId, at] of [...this.heardAt]) if (now - at > BELIEVED_MS) this.forget(nodeId)
    this.telling.arm(TELL_MS)
  }

  private forget(nodeId: string): void {
    this.heardAt.delete(nodeId)
    this.caps.forget(nodeId)
  }
}
