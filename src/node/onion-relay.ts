import { isPrivateAddress } from '../address/private-address.js'
import { Alarm } from '../base/alarm.js'
import { asP2PError, P2PError } from '../base/errors.js'
import { ONION_HOP_LIMITS, type OnionHopLimits } from '../base/limits/onion-hop.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import type { FairTurns } from '../defence/fair-turns.js'
import { encodePeerId, isPeerId } from '../identity/peer-id.js'
import { EXIT_ACTIONS, HOP_TTL_S, hopKeyOf, MAX_EXIT_BITS, MAX_FAMILY, ONION_PROTOCOL, readHopRecord } from '../onion/messages.js'
import { useSurb } from '../onion/surb.js'
import { dhtOf } from '../plugins/dht/client/plugin.js'
import { exitActions } from './exit-actions.js'
import { ExitStreams } from './exit-streams.js'
import { EXIT_BITS, ExitWork } from './exit-work.js'
import { HopDirectory } from './hop-directory.js'
import { HopKeys } from './hop-keys.js'
import { HopLinks } from './hop-links.js'
import { OnionExit } from './onion-exit.js'
import { OnionHop } from './onion-hop.js'
import { type OnionCount, OnionSums } from './onion-sums.js'
import { OwnHandlers } from './own-handlers.js'

/** How a relay takes part in the onion. */
export interface OnionRelayOptions {
  /** Do for callers that nobody knows what the relay does for its peers; nothing reaches the internet. Default true. */
  exit?: boolean | undefined
  /** Zero bits of work for each action of the exit, 0 to 24; see docs/onion.md for the defaults. */
  bits?: Readonly<Record<string, number>> | undefined
  /** Who runs the relay, 1 to 128 characters: no path has two hops of one operator. Default: none is named. */
  operator?: string | undefined
  /** `lp1…` ids of the other relays of the same operator, at most 32. */
  family?: readonly string[] | undefined
  /** Send packets of its own through others and back, as cover. Default true. */
  loops?: boolean | undefined
}

export interface OnionRelayStats {
  /** Other hops in the directory. */
  hops: number
  /** Connections to hops that were made for packets. */
  links: number
  /** Inbox tags of wallets that are connected. */
  inboxes: number
  /** Sums since the start, as of the last whole minute. */
  packets: { [Count in OnionCount]?: number }
}

/** The plugin `onionRelay()`. */
export interface OnionRelay extends Plugin<object, object, { onion: OnionRelayStats }> {
  getStats(): OnionRelayStats | undefined
  /** Writes what a restart needs into the store. To be called after the coordinator has shut down, before its store is closed. */
  save(): Promise<void>
}

/**
 * Makes a relay a hop of the onion: it passes on packets that it cannot read, and, as an exit, serves callers that it does not know.
 *
 * @throws P2PError INVALID_CONFIG for an option that is none.
 * @example
 * const relay = new P2PCoordinator({ listen: [webSocketServer()], plugins: [dhtNode({ mode: 'server' }), relayServices(), onionRelay()] })
 */
export function onionRelay(options: OnionRelayOptions = {}): OnionRelay {
  checkOptions(options)
  let read: (() => OnionRelayStats) | undefined
  let keys: HopKeys | undefined
  return {
    name: 'onion-relay',
    limits: ONION_HOP_LIMITS,
    needs: ['dht'],
    attach(kit) {
      keys = new HopKeys(kit)
      read = attachHop(kit, keys, options)
      kit.stats('onion', read)
      return {}
    },
    getStats: () => read?.(),
    save: async () => keys?.save(),
  }
}

function attachHop(kit: PluginKit, keys: HopKeys, options: OnionRelayOptions): () => OnionRelayStats {
  const limits = kit.limits as unknown as OnionHopLimits
  const { clock, publicKey } = kit
  const { dht } = dhtOf(kit)
  const sums = new OnionSums(clock)
  const directory = new HopDirectory(kit, dht, limits)
  const links = new HopLinks(kit, limits)
  const bits = { ...EXIT_BITS, ...options.bits }
  const own = options.exit === false ? undefined : new OwnHandlers(kit)
  const work = new ExitWork(publicKey, clock, limits, bits)
  /** Made at the start: plugins that are attached later bring what is offered too. */
  let exit: OnionExit | undefined
  let actions: readonly string[] = []
  const hop = new OnionHop(kit, {
    ...{ keys, directory, links, sums, limits, hasLoops: options.loops ?? true },
    exit: own === undefined ? undefined : (delta) => exit?.receive(delta),
    charge: (key, ms) => (kit.plugin('costs') as { turns: FairTurns } | undefined)?.turns.charge(key, ms),
  })
  kit.registerProtocol(hop)

  const startedMs = performance.now()
  const publish = async () => {
    const address = kit.describe().addresses[0]
    if (address === undefined) return
    const value = readHopRecord({
      ...{ v: 1, address, keys: keys.told(), family: [...(options.family ?? [])], exit: [...actions] },
      rate: Math.max(0, Math.round(Math.log2(Math.max(1, sums.rate)))),
      bits: Object.fromEntries(actions.map((action) => [action, work.bitsOf(action)])),
      up: Math.floor((performance.now() - startedMs) / 1_000),
      ...(options.operator !== undefined && { operator: options.operator }),
    })
    await dht.announce({ key: hopKeyOf(encodePeerId(publicKey)), value, ttl: HOP_TTL_S, republish: false })
  }
  const publishing = new Alarm(clock, () => {
    publishing.arm(limits.onionRecordMs)
    publish().catch((error) => kit.logger.debug('The record of this hop was not published.', { error }))
  })
  const turning = new Alarm(clock, () => turning.arm(keys.turn()))
  const reading = new Alarm(clock, () => {
    reading.arm(limits.onionHopDirectoryMs)
    void directory.read()
  })
  let isStarted = false
  kit.onLifecycle({
    async start() {
      if (isStarted) return
      isStarted = true
      try {
        await keys.load()
      } catch (cause) {
        kit.report(asP2PError(cause, 'STORAGE_FAILED', 'The keys of the onion could not be read. The hop has fresh ones.'))
      }
      if (own !== undefined) {
        const sendBy = (surb: Uint8Array, content: Uint8Array) => {
          const { first, packet } = useSurb(surb, content)
          sums.count('answered')
          hop.sendFrom(first, packet)
        }
        const streams = new ExitStreams({ clock, own, limits, sendBy })
        const offered = exitActions(kit, own, limits, streams)
        actions = [...offered.keys()]
        exit = new OnionExit({
          ...{ kit, limits, work, streams, actions: offered, sendBy },
          count: (what) => sums.count(what),
        })
      }
      turning.arm(keys.turn())
      publishing.arm(0)
      reading.arm(0)
      hop.start()
    },
    stop() {
      for (const alarm of [turning, publishing, reading]) alarm.disarm()
      exit?.close()
      links.close()
      sums.close()
    },
  })
  // A network that was alone until now has hops to learn of, and to tell of this one.
  kit.onPeer({
    connected: ({ protocols }) => {
      if (protocols?.includes(ONION_PROTOCOL)) directory.refresh()
    },
  })
  return () => ({
    ...{ hops: directory.size, links: links.size, inboxes: hop.attached, packets: sums.read() },
  })
}

/** Whether a relay that tells these addresses is a hop by itself: others reach it. */
export function isHopByDefault(addresses: readonly string[]): boolean {
  return !addresses.every(isPrivateAddress)
}

/** @throws P2PError INVALID_CONFIG. */
function checkOptions(given: OnionRelayOptions): void {
  if (typeof given !== 'object' || given === null) throw new P2PError('INVALID_CONFIG', 'onion must be true, false or an object.')
  const { exit, bits = {}, operator, family = [], loops } = given
  const isFlag = (value: unknown) => value === undefined || typeof value === 'boolean'
  if (!isFlag(exit)) throw invalid('exit', 'must be true or false')
  if (!isFlag(loops)) throw invalid('loops', 'must be true or false')
  if (operator !== undefined && !(typeof operator === 'string' && operator.length > 0 && operator.length <= 128))
    throw invalid('operator', 'must be a text of 1 to 128 characters')
  if (!(Array.isArray(family) && family.length <= MAX_FAMILY && family.every(isPeerId)))
    throw invalid('family', `must be a list of at most ${MAX_FAMILY} lp1 ids`)
  for (const [action, count] of Object.entries(bits)) {
    if (!(EXIT_ACTIONS as readonly string[]).includes(action)) throw invalid('bits', `names an action that is none: ${action}`)
    if (!(Number.isInteger(count) && count >= 0 && count <= MAX_EXIT_BITS)) throw invalid('bits', `must be 0 to ${MAX_EXIT_BITS}`)
  }
}

function invalid(option: string, fault: string): P2PError {
  return new P2PError('INVALID_CONFIG', `onion.${option} ${fault}.`, { details: { option: `onion.${option}` } })
}
