import { Alarm } from '../base/alarm.js'
import { hexOf } from '../base/bytes.js'
import { isP2PError } from '../base/errors.js'
import { systemRandom } from '../base/random.js'
import type { WaitOptions } from '../base/wait.js'
import { type P2PConfig, P2PCoordinator } from '../coordinator.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import { type Identity, identityFromSeed } from '../identity/identity.js'
import type { OnionIdentity } from '../onion/identity.js'
import type { Onion } from '../onion/onion.js'
import { statements } from '../statements/plugin.js'
import type { Statements } from '../statements/statements.js'
import { memoryStore } from '../storage/key-value-store.js'
import { ENTRY_TTL_S, type EntryTerms, type EntryWork, entryData, entryType, mineEntry, readEntry } from './entry.js'
import { mixFailed } from './errors.js'
import type { MixLimits } from './limits.js'

/** How the members of rounds find each other. Identity, name, metadata, store and paths are not for the wallet to choose: rounds have their own. */
export interface MixNetwork
  extends Pick<P2PConfig, 'bootstrap' | 'anchors' | 'proofOfWork' | 'clock' | 'random' | 'logger' | 'network' | 'allowPrivate'> {
  /** Plugins for each coordinator that is made, transports for instance. */
  plugins?: () => Plugin[]
  /**
   * `wallet.onion`: entries of pools are announced, and read, through the onion. The relays that keep them then see neither the network address
   * of who waits, nor who asks who waits. A round itself runs over relays in any case. Default: by the round's own connections.
   */
  onion?: Pick<Onion, 'identity'>
}

/** Connections of a round: 49 members, relays, and some more. */
const MAX_CONNECTIONS = 128
const ONLINE_MS = 30_000

type RoundCoordinator = P2PCoordinator<[Plugin<{ statements: Statements }>]>

/** One throwaway peer: for a round, or to look at pools. Nothing ties it to the wallet's own peer, and all of its paths lead through relays. */
export class MixPeer {
  readonly identity: Identity
  readonly kit: PluginKit
  private readonly peer: RoundCoordinator
  private lingering: Alarm | undefined
  /** By the onion, enters in the name of this peer, whom the others connect to, and asks for entries, each time as somebody else. */
  private readonly entrant: OnionIdentity | undefined
  private readonly reader: OnionIdentity | undefined

  constructor(
    private readonly network: MixNetwork,
    private readonly limits: MixLimits,
    seed?: Uint8Array,
  ) {
    const { plugins, onion, ...given } = network
    this.identity = identityFromSeed(seed ?? (network.random ?? systemRandom).bytes(32))
    this.entrant = onion?.identity('mix', { identity: this.identity })
    this.reader = onion?.identity('fresh')
    let kit: PluginKit | undefined
    const inside: Plugin = {
      name: 'coinjoin',
      needs: ['statements'],
      attach: (given) => {
        kit = given
        return {}
      },
    }
    this.peer = new P2PCoordinator({
      ...given,
      identity: this.identity,
      store: memoryStore(),
      privacy: 'relayed',
      webrtc: false,
      oneTab: false,
      maxConnections: MAX_CONNECTIONS,
      plugins: [statements(), inside, ...(plugins?.() ?? [])],
    }) as unknown as RoundCoordinator
    this.kit = kit!
  }

  get statements(): Statements {
    return this.peer.statements
  }

  get isSuspicious(): boolean {
    return this.peer.getStats().eclipse.suspected
  }

  /** @throws P2PError MIX_FAILED with reason NO_RELAY; ABORTED. */
  async start(signal?: AbortSignal): Promise<void> {
    try {
      await this.peer.start()
      await this.peer.waitFor('online', { timeoutMs: ONLINE_MS, signal })
    } catch (error) {
      if (isP2PError(error, 'ABORTED')) throw error
      throw mixFailed('NO_RELAY', 'No relay can be reached.', {}, error)
    }
  }

  /** @returns takes the entry back. */
  async enter(poolId: string, work: EntryWork): Promise<() => Promise<void>> {
    const id = hexOf(this.kit.random.bytes(16))
    const [type, data] = [entryType(poolId), entryData(work)]
    if (this.entrant !== undefined) {
      const { withdraw } = await this.entrant.announce(type, id, data, { ttl: ENTRY_TTL_S, republish: true, profile: 'quick' })
      return () => withdraw().catch(() => {})
    }
    await this.peer.announceResource(type, id, data, { ttl: ENTRY_TTL_S, whileConnected: true })
    return async () => void (await this.peer.withdrawResource(type, id).catch(() => {}))
  }

  /** Keys that wait in a pool. @param before milliseconds since the Unix epoch: what was announced later does not count. */
  async entries(poolId: string, before: number, wait: WaitOptions = {}): Promise<Uint8Array[]> {
    const options = { ...wait, onePerPublisher: true }
    const found = await (this.reader === undefined
      ? this.peer.discoverResources(entryType(poolId), undefined, options)
      : this.reader.discover(entryType(poolId), undefined, options))
    const terms = this.termsOf(poolId)
    return found.flatMap((entry) => (entry.createdAt <= before && readEntry(entry, terms)) || [])
  }

  /** Does the work for an entry. */
  mine(poolId: string, signal?: AbortSignal): Promise<EntryWork> {
    return mineEntry(this.termsOf(poolId), this.identity.publicKey, this.network.proofOfWork?.worker, signal)
  }

  private termsOf(poolId: string): EntryTerms {
    const { network, clock } = this.kit
    return { network, poolId, nowMs: clock.now(), bits: this.limits.entryWorkBits }
  }

  /** Entries that count in an epoch. */
  entriesOf(poolId: string, epoch: number): Promise<Uint8Array[]> {
    const { epochMs, entrySettleMs } = this.limits
    return this.entries(poolId, epoch * epochMs - entrySettleMs)
  }

  connect(peerId: string, wait: WaitOptions): Promise<unknown> {
    return this.peer.isConnected(peerId) ? Promise.resolve() : this.peer.connectToPeer(peerId, wait)
  }

  /** Stays for so many milliseconds, for members that still lack something, and ends then. */
  linger(ms: number, ended: () => void): void {
    this.lingering = new Alarm(this.kit.clock, () => void this.shutdown().finally(ended))
    this.lingering.arm(ms)
  }

  shutdown(): Promise<void> {
    this.lingering?.disarm()
    void this.entrant?.close()
    void this.reader?.close()
    return this.peer.shutdown()
  }
}
