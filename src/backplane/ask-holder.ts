import type { Clock } from '../base/clock.js'
import { isP2PError } from '../base/errors.js'
import type { RelayBackplane } from './backplane.js'
import { BACKPLANE_LIMITS } from './limits.js'

/**
 * Asks whoever holds a peer, and once more a moment later where nobody does: the peer may have come just now, and the word of it be on its way.
 *
 * @throws P2PError as `RelayBackplane.askPeer`.
 */
export async function askHolder(
  backplane: RelayBackplane,
  clock: Clock,
  peer: string,
  kind: string,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  try {
    return await backplane.askPeer(peer, kind, bytes)
  } catch (error) {
    if (!isP2PError(error, 'PEER_NOT_FOUND')) throw error
    await new Promise<void>((resolve) => clock.setTimeout(resolve, BACKPLANE_LIMITS.justComeMs))
    return backplane.askPeer(peer, kind, bytes)
  }
}
