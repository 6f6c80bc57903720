import { learnt } from '../../address/dial-policy.js'
import { coreOf } from '../../core/core.js'
import type { PluginKit } from '../../core/plugin.js'
import { encodePeerId } from '../../identity/peer-id.js'
import type { PeerInfo } from '../../protocol/peer-info.js'

/**
 * The WebSocket address of a peer that others may be told: one that they may dial, and at which a handshake of ours has proven the
 * peer's key. What the peer says itself is none, nor what leads into a network of ours.
 */
export function provenAddress(kit: PluginKit, { publicKey, addresses }: PeerInfo): string | undefined {
  const address = learnt(addresses.websocket ?? '', kit)
  const isProven = publicKey && address && coreOf(kit).network.peers.outgoing.isProven(address, encodePeerId(publicKey))
  return isProven ? address : undefined
}
