import { VERSION } from '../../base/version.js'
import type { ChannelOptions } from '../../channel/secure-channel.js'
import type { PeerContext } from '../peer-context.js'

/** What every channel of ours begins with: our keys, and what we tell of ourselves. @throws P2PError IDENTITY_FAILED. */
export async function channelOptions(context: PeerContext): Promise<ChannelOptions> {
  const { peerId, networkName: network, requireSignatures, limits, clock } = context
  const keys = await context.keys()
  const name = peerId.startsWith('lp1') ? undefined : peerId
  return {
    limits,
    clock,
    local: { keys, network, name, agent: `lotus-p2p/${VERSION}`, requireSignatures, ...context.describe() },
  }
}
