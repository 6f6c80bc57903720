// In the place of src/peer/keep/heartbeat.ts: the link itself knows what a probe would tell, its round trip and whether the peer is gone.
import { Alarm } from '../../../src/base/alarm.js'
import type { Clock } from '../../../src/base/clock.js'
import { P2PError } from '../../../src/base/errors.js'
import type { IProtocolHandler, ProtocolHost } from '../../../src/protocol/handler.js'
import type { PeerInfo } from '../../../src/protocol/peer-info.js'
import type { SecureChannel } from './object-channel.js'
import type { ObjectLink } from './object-network.js'

interface Wiring {
  clock: Clock
  intervalMs: number
  pathOf(peerId: string): SecureChannel | undefined
  onMeasured(peerId: string, rttMs: number, skewMs: number): void
  onDead(peerId: string, error: P2PError): void
}

export class Heartbeat implements IProtocolHandler {
  readonly protocolName = 'lotus/heartbeat'
  readonly use = 'upkeep'
  private readonly alarm: Alarm
  private host: ProtocolHost | undefined

  constructor(private readonly wiring: Wiring) {
    this.alarm = new Alarm(wiring.clock, () => this.probeAll())
  }

  onRegister(host: ProtocolHost): void {
    this.host = host
  }

  onUnregister(): void {
    this.alarm.disarm()
    this.host = undefined
  }

  async handleMessage(): Promise<void> {}

  async onPeerConnected({ peerId }: PeerInfo): Promise<void> {
    this.alarm.armOnce(this.wiring.intervalMs)
    this.measure(peerId)
  }

  probeAll(): void {
    const peers = this.host?.peers() ?? []
    for (const { peerId } of peers) this.measure(peerId)
    if (peers.length > 0) this.alarm.armOnce(this.wiring.intervalMs)
  }

  measure(peerId: string): void {
    const { pathOf, onMeasured, onDead } = this.wiring
    const path = pathOf(peerId)
    if (path === undefined) return
    if ((path.connection as ObjectLink).isCut) onDead(peerId, new P2PError('CONNECTION_LOST', 'The peer did not answer.'))
    else onMeasured(peerId, path.rttMs, 0)
  }
}
