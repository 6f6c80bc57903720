import { Alarm } from '../../../base/alarm.js'
import { type Clock, elapsed } from '../../../base/clock.js'
import { P2PError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import type { IProtocolHandler } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { DHT_NODE_PROTOCOL } from '../client/dht-messages.js'

/**
 * Tells others that they may keep us in their routing tables. A relay says so from the start; any other listening peer waits until
 * a peer has reached it from outside and it has been up for `dhtNodeAfterMs`: a node that cannot be dialled, or soon leaves,
 * costs each that knows it a timeout.
 */
export class NodeRole implements IProtocolHandler {
  readonly protocolName = DHT_NODE_PROTOCOL
  private readonly since: number
  private readonly alarm: Alarm
  private isReached = false

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    /** Called once it is time. */
    onNode: () => void,
  ) {
    this.since = elapsed(clock)
    this.alarm = new Alarm(clock, onNode)
  }

  /** A peer has connected. */
  connected({ connection }: PeerInfo): void {
    if (this.isReached || connection === undefined) return
    const { outbound, transport } = connection
    if (outbound || (transport !== 'websocket' && transport !== 'http' && transport !== 'memory')) return
    this.isReached = true
    this.alarm.arm(this.since + this.limits.dhtNodeAfterMs - elapsed(this.clock))
  }

  onUnregister(): void {
    this.close()
  }

  async handleMessage(): Promise<void> {
    throw new P2PError('INVALID_MESSAGE', 'This only says that a peer is a node of the DHT; ask lotus/dht.')
  }

  close(): void {
    this.alarm.disarm()
  }
}
