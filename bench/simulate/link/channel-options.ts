// In the place of src/peer/pool/channel-options.ts: without certificates, budgets and numbering, which a link of objects has none of.

import { hexOf } from '../../../src/base/bytes.js'
import type { Clock } from '../../../src/base/clock.js'
import type { Limits } from '../../../src/base/limits.js'
import { VERSION } from '../../../src/base/version.js'
import type { OwnDescription } from '../../../src/channel/description.js'
import type { RemotePeer } from '../../../src/channel/hello.js'
import type { PeerContext } from '../../../src/peer/peer-context.js'

export interface ChannelOptions {
  limits: Limits
  clock: Clock
  own: { publicKey: Uint8Array; session: string }
  describe(): OwnDescription
  approveRemote?: ((remote: RemotePeer) => Promise<void>) | undefined
}

const AGENT = `lotus-p2p/${VERSION}`
const STREAMS = new Uint8Array(8)

/** What does not change from one connection of a node to the next. */
interface Kept {
  own: ChannelOptions['own']
  description: OwnDescription
}
const kept = new WeakMap<PeerContext, Kept>()

export async function channelOptions(
  context: PeerContext,
  _sessions: unknown,
  approveRemote?: (remote: RemotePeer) => Promise<void>,
): Promise<ChannelOptions & Required<Pick<ChannelOptions, 'approveRemote'>>> {
  const { limits, clock } = context
  return {
    limits,
    clock,
    own: keptOf(context).own,
    describe: () => keptOf(context).description,
    approveRemote: async (remote) => approveRemote?.(remote),
  }
}

/** One description for all connections, as long as it is the same. */
function keptOf(context: PeerContext): Kept {
  const { protocols, addresses, metadata } = context.describe()
  const known = kept.get(context)
  if (known !== undefined && isSame(known.description.protocols, protocols) && isSame(known.description.addresses, addresses)) {
    return known
  }
  const own = known?.own ?? { publicKey: context.identity.publicKey, session: hexOf(context.hello.session) }
  const description = {
    agent: AGENT,
    streams: STREAMS,
    protocols: shared(protocols),
    addresses,
    ...(metadata !== undefined && { metadata }),
  }
  const fresh = { own, description }
  kept.set(context, fresh)
  return fresh
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((text, i) => text === others[i])
}

const lists = new Map<string, string[]>()

/** One list for all nodes that say the same. */
function shared(list: string[]): string[] {
  const id = list.join()
  const known = lists.get(id)
  if (known === undefined) lists.set(id, list)
  return known ?? list
}
