import { P2PError, suspendedError } from '../base/errors.js'
import { suggestion } from '../base/sentences.js'
import { tupleKey } from '../base/tuple-key.js'
import { asSent } from '../message/codec.js'
import type { PeerConnection } from '../peer/connection/peer-connection.js'
import { poolFull } from '../peer/pool/members.js'
import type { PeerInfo } from '../protocol/peer-info.js'
import { type CoreConfig, invalidOption, type ResolvedConfig, resolveConfig } from './config.js'
import type { Core } from './core.js'
import { addressOf, type Network } from './network.js'

/** What may change while a coordinator runs; what is left out stays as it is. */
export type RunTimeConfig = Pick<CoreConfig, 'bootstrap' | 'privacy' | 'metadata' | 'maxConnections'>

/**
 * Changes the configuration of a coordinator, all of it or nothing.
 *
 * @param others options that plugins take, checked already: each plugin is told by its hook `configured`.
 * @throws P2PError INVALID_CONFIG, LIMIT_EXCEEDED, UNSERIALIZABLE_PAYLOAD; nothing has changed then.
 */
export function reconfigure(core: Core, changes: RunTimeConfig, others: object = {}): void {
  core.checkOpen()
  checkChanges(core, changes, Object.keys(others))
  const { config, network } = core
  const { bootstrap, privacy = config.privacy, metadata, maxConnections } = changes
  const isMoved = privacy !== config.privacy
  config.privacy = privacy
  if (metadata !== undefined) config.metadata = asSent(metadata, core.limits)
  if (bootstrap !== undefined) {
    const before = config.bootstrap
    config.bootstrap = [...bootstrap]
    replaceBootstrap(network, before, config)
  }
  if (maxConnections !== undefined) {
    core.maxConnections = maxConnections
    for (const peer of leastWanted(network).slice(0, Math.max(0, network.peers.size - maxConnections))) peer.close(poolFull(core))
  }
  core.plugins.run('configured', { ...others, ...(isMoved && { privacy }) })
  if (isMoved || metadata !== undefined) core.described()
  if (isMoved && core.hidesAddress) renewConnections(core)
}

const NAMES: readonly string[] = ['bootstrap', 'privacy', 'metadata', 'maxConnections']

function checkChanges(core: Core, changes: RunTimeConfig, others: readonly string[]): void {
  if (typeof changes !== 'object' || changes === null) throw invalidOption('configure', 'must be an object')
  const known = [...NAMES, ...others]
  const fixed = Object.keys(changes).find((name) => !NAMES.includes(name))
  if (fixed !== undefined) throw invalidOption(fixed, `cannot be changed at run time${suggestion(fixed, known)}`)
  const { identity, limits } = core.config
  const { maxMetadataBytes } = limits
  resolveConfig({ ...changes, identity, limits: { maxMetadataBytes } })
  core.checkPrivacy(changes.privacy)
}

/** Keeps connections to these targets in place of those before. */
function replaceBootstrap(
  network: Network,
  before: readonly (string | PeerInfo)[],
  { bootstrap: after, anchors }: Pick<ResolvedConfig, 'bootstrap' | 'anchors'>,
): void {
  const { reconnector, peers, named } = network
  const keyOf = (target: string | PeerInfo) => (typeof target === 'string' ? target : tupleKey(target.peerId, addressOf(target)))
  const wanted = new Map(after.map((target) => [keyOf(target), target]))
  const old = new Set(before)
  for (const entry of [...reconnector.entries]) {
    if (!entry.bootstrap || !old.has(entry.target)) continue
    // It stays as it is, with its pauses; so does an anchor, which is another option's.
    if (wanted.delete(keyOf(entry.target)) || anchors.includes(entry.target)) continue
    entry.alarm.disarm()
    reconnector.entries.delete(entry)
    const { peerId } = entry
    if (peerId === undefined || reconnector.wants(peerId) || peers.get(peerId) === undefined) continue
    void peers.disconnect(peerId, new P2PError('CONNECTION_CLOSED', 'The peer has other relays.'))
  }
  named.clear()
  for (const target of [...anchors, ...after]) named.add(addressOf(target))
  for (const target of wanted.values()) {
    const entry = reconnector.entryOf(target, true, undefined)
    reconnector.entries.add(entry)
    if (reconnector.isActive) void reconnector.dial(entry)
  }
}

/** The connected peers, those first that the application misses least: which came by themselves, and came last; relays go last. */
function leastWanted(network: Network): PeerConnection[] {
  const worth = ({ peerId, info }: PeerConnection) => Number(network.isNamed(peerId)) + 2 * Number(info.isRelay === true)
  return network.peers.all().sort((a, b) => worth(a) - worth(b) || b.since - a.since)
}

/** Ends every path, for each shows our network address or has frames of any length, and connects anew. Sessions outlast it. */
function renewConnections({ network, isRunning }: Core): void {
  const { reconnector, peers } = network
  // A peer that was dialled at an address of its own is found by its id from here on.
  for (const entry of reconnector.entries) {
    const { bootstrap, peerId = '' } = entry
    if (!bootstrap && !peers.get(peerId)?.info.isRelay) entry.target = peerId
  }
  if (!isRunning) return
  network.rest()
  for (const peer of peers.all()) peer.close(suspendedError())
  network.run()
}
