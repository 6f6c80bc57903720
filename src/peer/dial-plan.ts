import { asP2PError, P2PError } from '../errors.js'
import { decodePeerId } from '../identity/peer-id.js'
import type { WaitOptions } from '../wait.js'
import type { PeerInfo } from './peer-info.js'

/** What a plan needs from the coordinator. */
export interface DialTools {
  isConnected(peerId: string): boolean
  /** Dials one address; resolves to the peer id found there. */
  dial(address: string, expected: string | undefined, wait: WaitOptions): Promise<string>
  /** Asks the connected relays for a peer. */
  find(peerId: string, wait: WaitOptions): Promise<PeerInfo[]>
}

/**
 * Connects to an address, a peer id or a described peer: the direct address first, then circuits through each relay that
 * knows the peer.
 *
 * @returns the peer id reached.
 * @throws P2PError PEER_NOT_FOUND; of a single path its own error; of several PEER_UNREACHABLE with `details.paths` naming each
 * and why it failed.
 */
export async function connectTo(target: string | PeerInfo, tools: DialTools, wait: WaitOptions): Promise<string> {
  if (typeof target === 'string') {
    if (target.includes('://') || target.startsWith('circuit:')) return tools.dial(target, undefined, wait)
    return connectToId(target, tools, wait)
  }
  if (typeof target?.peerId !== 'string') {
    throw new P2PError('INVALID_ADDRESS', 'Give an address (wss://…), a peer id (lp1…) or a PeerInfo with a peerId.')
  }
  if (tools.isConnected(target.peerId)) return target.peerId
  const { websocket, relays = [] } = target.addresses ?? {}
  if (websocket === undefined && relays.length === 0) return connectToId(target.peerId, tools, wait)
  return tryPaths(target, tools, wait)
}

async function connectToId(peerId: string, tools: DialTools, wait: WaitOptions): Promise<string> {
  if (tools.isConnected(peerId)) return peerId
  if (peerId.startsWith('lp1')) decodePeerId(peerId)
  const notFound = (cause?: unknown) =>
    new P2PError(
      'PEER_NOT_FOUND',
      `No connected relay knows ${peerId}. Check the id, and that the peer is online and at one of your relays.`,
      {
        details: { peerId },
        cause,
      },
    )
  let peers: PeerInfo[]
  try {
    peers = await tools.find(peerId, wait)
  } catch (error) {
    throw (error as P2PError).code === 'ABORTED' ? error : notFound(error)
  }
  const [peer] = peers
  if (peer === undefined) throw notFound()
  return tryPaths(peer, tools, wait)
}

async function tryPaths(peer: PeerInfo, tools: DialTools, wait: WaitOptions): Promise<string> {
  const { websocket, relays = [] } = peer.addresses
  const paths = [...(websocket === undefined ? [] : [websocket]), ...relays]
  const failures: { path: string; error: P2PError }[] = []
  for (const path of paths) {
    try {
      if (path === websocket) return await tools.dial(path, peer.peerId, wait)
      // A relay is named by its address or by its peer id.
      const relay = path.includes('://') ? await tools.dial(path, undefined, wait) : path
      return await tools.dial(`circuit:${relay}/${peer.peerId}`, peer.peerId, wait)
    } catch (error) {
      const failure = asP2PError(error, 'PEER_UNREACHABLE', `The path over ${path} failed.`)
      if (failure.code === 'ABORTED' || failure.code === 'SHUT_DOWN') throw failure
      failures.push({ path, error: failure })
    }
  }
  if (failures.length === 1) throw failures[0]!.error
  const told = failures.map(({ path, error }) => `${path}: ${error.code}`).join(', ')
  throw new P2PError('PEER_UNREACHABLE', `${peer.peerId} could not be reached by any path (${told}).`, {
    details: {
      peerId: peer.peerId,
      paths: failures.map(({ path, error }) => ({ path, code: error.code, message: error.message })),
    },
    cause: failures[0]?.error,
  })
}
