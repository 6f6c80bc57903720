import type { Clock, Timer } from '../../../base/clock.js'
import { P2PError } from '../../../base/errors.js'
import type { Limits } from '../../../base/limits.js'
import type { IProtocolHandler } from '../../../protocol/handler.js'
import type { PeerInfo } from '../../../protocol/peer-info.js'
import { DHT_NODE_PROTOCOL } from '../client/dht-messages.js'

/**
 * Whether others may keep us in their routing tables. A relay says so from the start; any other listening peer once somebody
 * has reached it from outside and it has been up for `dhtNodeAfterMs`: who cannot be dialled, or soon leaves, costs everybody
 * a timeout.
 */
export class NodeRole implements IProtocolHandler {
  readonly protocolName = DHT_NODE_PROTOCOL
  private readonly since: number
  private isReached = false
  private timer: Timer | undefined

  constructor(
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly mode: 'client' | 'server' | 'auto',
    private readonly onNode: (role: NodeRole) => void,
  ) {
    this.since = clock.now()
    this.isNode = mode === 'server'
  }

  isNode: boolean

  /** Somebody has connected. */
  met({ connection }: PeerInfo): void {
    if (this.mode !== 'auto' || this.isReached || connection === undefined) return
    const { outbound, transport } = connection
    if (outbound || (transport !== 'websocket' && transport !== 'http' && transport !== 'memory')) return
    this.isReached = true
    this.timer = this.clock.setTimeout(
      () => {
        this.timer = undefined
        this.isNode = true
        this.onNode(this)
      },
      Math.max(0, this.since + this.limits.dhtNodeAfterMs - this.clock.now()),
    )
  }

  onUnregister(): void {
    this.close()
  }

  async handleMessage(): Promise<void> {
    throw new P2PError('INVALID_MESSAGE', 'This only says that a peer is a node of the DHT; ask lotus/dht.')
  }

  close(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer)
    this.timer = undefined
  }
}
