import { VERSION } from '../../base/version.js'
import type { ChannelOptions } from '../../channel/channel-options.js'
import type { RemotePeer } from '../../channel/hello.js'
import type { Sessions } from '../connection/sessions.js'
import type { PeerContext } from '../peer-context.js'

/**
 * What every channel of ours begins with: what we prove, and what we tell of ourselves.
 *
 * @throws P2PError IDENTITY_FAILED, before anybody is dialled for nothing.
 */
export async function channelOptions(
  context: PeerContext,
  sessions: Sessions,
  approveRemote: (remote: RemotePeer) => Promise<void>,
): Promise<ChannelOptions & Required<Pick<ChannelOptions, 'approveRemote'>>> {
  const { peerId, hello, requireSignatures, limits, clock, defence } = context
  await hello.keys(clock.now())
  const name = peerId.startsWith('lp1') ? undefined : peerId
  const agent = `lotus-p2p/${VERSION}`
  return {
    limits,
    clock,
    local: hello,
    padsFrames: context.hidesAddress,
    describe: (remote) => {
      const streams = sessions.of(remote).numbering
      const budgets = defence.gate.budgetsOf(remote.publicKey)
      return { agent, name, requireSignatures, streams, ...context.describe(), budgets }
    },
    approveRemote,
  }
}
