import { circuitAddress } from '../../address/addresses.js'
import { isWeb } from '../../address/dial-policy.js'
import { checkForm } from '../../address/web-address.js'
import type { Clock } from '../../base/clock.js'
import { isP2PError, P2PError } from '../../base/errors.js'
import type { Limits } from '../../base/limits.js'
import { type PausableWait, type WaitOptions, withDeadline } from '../../base/wait.js'
import { canonicalId, checkTarget, decodePeerId, encodePeerId } from '../../identity/peer-id.js'
import { isTold, type PeerInfo } from '../../protocol/peer-info.js'
import { type DialPath, PathRace } from './path-race.js'

/** What a plan needs from the coordinator. */
export interface DialTools {
  readonly clock: Clock
  readonly limits: Limits
  /** Our own id. */
  readonly peerId: string
  /** Never dial a peer but through a relay, so that it does not learn our network address. */
  readonly circuitsOnly: boolean
  /** See `PausableWait`. */
  pausedMs?(): number
  isConnected(peerId: string): boolean
  /**
   * Dials one address; resolves to the peer id found there.
   *
   * @param isNamed whether the application has named the address, so that the dial policy does not concern it. Absent: others have told it.
   */
  dial(address: string, expected: string | undefined, wait: PausableWait, isNamed?: boolean): Promise<string>
  /** Whether a text is an address that some transport understands. */
  canDial(address: string): boolean
  /** The rank of the best path that dialling an address may give; see `TransportRegistry.rankOf`. */
  rankOf(address: string): number
  /** Each knows a place to ask where a peer can be reached: the connected relays, the DHT. */
  readonly resolvers: readonly ((peerId: string, wait: WaitOptions) => Promise<PeerInfo[]>)[]
  /** Settles once the resolvers have somebody to ask: a relay is connected, or each that is named has failed. */
  reach?(): Promise<void>
  /** Settles once all that are named have connected or failed; undefined where that is so. */
  joining?(): Promise<unknown> | undefined
}

/**
 * Connects to an address, a peer id or a described peer. Of a peer all paths are tried, the better ones with a head start:
 * direct addresses by rank, then circuits through each relay that knows it; all under one deadline and one signal.
 *
 * @returns the peer id reached.
 * @throws P2PError PEER_NOT_FOUND; of a single path its own error; of several PEER_UNREACHABLE; TIMEOUT, ABORTED. `details.paths`
 * names each path tried and why it failed.
 */
export async function connectTo(target: string | PeerInfo, tools: DialTools, wait: PausableWait): Promise<string> {
  const { clock, limits } = tools
  const within = { ...wait, timeoutMs: wait.timeoutMs ?? limits.dialTimeoutMs }
  // What looks like an address and is none of ours fails with a word on which ones are.
  // A name that a peer chose has no '/', yet URL parsers read `ws:127.0.0.1:80` as an address: only '://' makes one of the web.
  if (typeof target === 'string' && (target.includes('://') || (!isWeb(target) && tools.canDial(target)))) {
    return tools.dial(target, undefined, within, true).catch((error) => {
      if (isP2PError(error)) error.details.paths ??= [{ path: target, code: error.code, message: error.message }]
      throw error
    })
  }
  const named: unknown = (target as PeerInfo | null)?.peerId ?? target
  if (typeof named !== 'string' || named === '') {
    throw invalidTarget(`"${named}" is no address, peer id or PeerInfo with a peerId`)
  }
  const peerId = canonicalId(named)
  checkTarget(peerId, tools.peerId)
  checkForm(peerId)
  if (tools.isConnected(peerId)) return peerId
  if (peerId.startsWith('lp1')) decodePeerId(peerId)
  const given = typeof target === 'string' ? [] : pathsTo(target, tools, !isTold(target.addresses))
  const race = new PathRace(peerId, clock, limits)
  try {
    return await withDeadline(clock, `Connecting to ${peerId}`, { ...within, pausedMs: tools.pausedMs }, (signal) =>
      race.run(signal, given, () => lookFor(peerId, tools, signal, race)),
    )
  } catch (error) {
    if (isP2PError(error, 'TIMEOUT')) error.details.paths ??= race.told()
    throw error
  }
}

function invalidTarget(why: string): P2PError {
  return new P2PError('INVALID_ADDRESS', `${why}.`)
}

/** How long a lookup at the start waits for the relays that have not answered yet, milliseconds. */
const JOIN_MS = 3_000

/** Asks all resolvers at once; what each knows is tried as soon as it is known. */
async function lookFor(peerId: string, tools: DialTools, signal: AbortSignal, race: PathRace): Promise<void> {
  const add = (peers: PeerInfo[]) => {
    for (const peer of peers) for (const path of pathsTo(peer, tools)) race.add(path)
  }
  await tools.reach?.()
  const failures: unknown[] = []
  const ask = (question: Promise<PeerInfo[]>) => question.then(add, (error) => void failures.push(error))
  for (let joining = tools.joining?.(); ; joining = undefined) {
    // One that throws at once, or knows nothing, holds up no other.
    await Promise.all(tools.resolvers.map((resolve) => ask((async () => (await resolve(peerId, { signal })) ?? [])())))
    if (race.knowsPaths || signal.aborted) return
    if (joining === undefined) break
    // A relay that knows the peer may be among those that are joined at this moment.
    await withDeadline(tools.clock, 'Joining', { timeoutMs: JOIN_MS, signal }, () => joining!).catch(() => {})
  }
  const hint = peerId.includes('.') ? ' An address begins with wss:// or ws://.' : ''
  throw new P2PError('PEER_NOT_FOUND', `No connected relay knows "${peerId}".${hint}`, {
    details: { peerId },
    cause: failures[0],
  })
}

function pathsTo(peer: PeerInfo, tools: DialTools, isNamed?: boolean): DialPath[] {
  const { websocket, http, others = [], relays = [] } = peer.addresses ?? {}
  if (![others, relays].every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string'))) {
    throw invalidTarget('addresses.others and addresses.relays are arrays of texts')
  }
  const direct = tools.circuitsOnly ? [] : [websocket, http, ...others].filter((address) => typeof address === 'string')
  const paths: DialPath[] = direct
    .sort((a, b) => tools.rankOf(b) - tools.rankOf(a))
    .map((address) => ({ name: address, dial: (signal) => tools.dial(address, peer.peerId, { signal }, isNamed) }))
  const key = peer.publicKey && encodePeerId(peer.publicKey)
  for (const relay of relays) {
    paths.push({
      name: `circuit:${relay}`,
      dial: async (signal) => {
        // A relay is named by its address, with or without its peer id, or by its peer id.
        const [address = '', expected] = relay.split('#')
        const id = relay.includes('://') ? await tools.dial(address, expected, { signal }, isNamed) : relay
        // A relay knows its peers by their keys.
        return tools.dial(circuitAddress(id, key ?? peer.peerId), peer.peerId, { signal }, isNamed)
      },
    })
  }
  return paths
}
