import { P2PError } from '../base/errors.js'
import type { WaitOptions } from '../base/wait.js'
import type { ChosenPeer } from '../peer/keep/anchors.js'
import type { Lifecycle } from './lifecycle.js'
import type { Network } from './network.js'
import type { Dialer } from './plugin.js'

/** How plugins reach peers for purposes of their own. */
export class NetworkDialer implements Dialer {
  constructor(
    private readonly network: Pick<Network, 'peers' | 'reconnector' | 'chosen'>,
    private readonly lifecycle: Pick<Lifecycle, 'run'>,
  ) {}

  async dial(address: string, expected: string | undefined, { signal, timeoutMs }: WaitOptions): Promise<string> {
    await this.lifecycle.run(signal)
    return this.network.peers.dial(address, expected, { signal, timeoutMs })
  }

  release(peerId: string): void {
    const { peers, reconnector } = this.network
    const peer = peers.get(peerId)
    if (peer === undefined || reconnector.wants(peer.peerId) || peer.isInUse) return
    void peers.disconnect(peer.peerId, new P2PError('CONNECTION_CLOSED', 'The lookup is over.'))
  }

  chosen(): ChosenPeer[] {
    return this.network.chosen()
  }

  seen(peerId: string): void {
    this.network.reconnector.seen(peerId)
  }
}
