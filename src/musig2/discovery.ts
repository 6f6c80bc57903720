import { Alarm } from '../base/alarm.js'
import { equalBytes, hexOf } from '../base/bytes.js'
import { asP2PError } from '../base/errors.js'
import type { Unsubscribe } from '../base/events.js'
import { RateBuckets } from '../base/rate-buckets.js'
import { tupleKey } from '../base/tuple-key.js'
import type { WaitOptions } from '../base/wait.js'
import type { PluginKit } from '../core/plugin.js'
import { needsPlugin } from '../core/plugins.js'
import { isPeerId } from '../identity/peer-id.js'
import { discoveryOf } from '../plugins/discovery/plugin.js'
import type { ResourceWatch } from '../plugins/discovery/resource-watch.js'
import type { Resources } from '../plugins/discovery/resources.js'
import type { ResourceChange } from '../plugins/discovery/watch-resources.js'
import {
  dayOf,
  type FoundSigner,
  isOffer,
  meetingData,
  meetingDays,
  meetingId,
  meetingType,
  offerData,
  offerId,
  readMeeting,
  readOffer,
  SIGNER_TYPE,
  type SignerOffer,
  type SignerQuery,
} from './announcements.js'
import { invalidRequest, signerFailed } from './errors.js'
import type { Keyset } from './keyset.js'
import type { MuSig2Signer } from './signer.js'

/** Seconds that what we announce lives without us. */
const TTL_S = 1_800
/** Proofs are made anew so often: they hold on their day and the next. */
const RENEW_MS = 21_600_000
/** Offers that one search looks at, or one watch shows. A proof costs 2 ms to verify. */
const MAX_OFFERS = 256
/** Offers that watches verify, of one publisher and in all: at once, and in a second. */
const ONE_PUBLISHER = { perS: 1 / 60, burst: 20 }
const ALL_PUBLISHERS = { perS: 10, burst: MAX_OFFERS }

/**
 * Who signs with whom: signers that offer themselves, and members of a keyset that look for each other. Nobody is shown that has not
 * proven its wallet key, for this network, this peer and these days. `wallet.musig2.discovery`.
 *
 * @example
 * const [signer] = await wallet.musig2.discovery.findSigners({ purpose: 'escrow', sats: 1_000_000n })
 * await wallet.connectToPeer(signer.peerId)
 */
export class SignerDiscovery {
  /** Proofs that watches verify: for each publisher, and for all. */
  private readonly budget: RateBuckets
  private readonly whole: RateBuckets
  /** What we announce at present. */
  private readonly kept = new Set<Alarm>()

  /** @internal */
  constructor(
    private readonly kit: PluginKit,
    private readonly signer: () => Promise<MuSig2Signer>,
  ) {
    this.budget = new RateBuckets(kit.clock, ONE_PUBLISHER.perS, ONE_PUBLISHER.burst)
    this.whole = new RateBuckets(kit.clock, ALL_PUBLISHERS.perS, ALL_PUBLISHERS.burst, 1)
    const arm = (delayMs: number) => () => {
      for (const alarm of this.kept) alarm.arm(delayMs)
    }
    const rest = arm(Number.POSITIVE_INFINITY)
    kit.onLifecycle({ start: arm(0), suspend: rest, stop: rest })
  }

  /**
   * Offers to sign for others, publicly, for as long as we are connected.
   *
   * @returns ends the offer.
   * @throws P2PError SIGNING_FAILED, reason INVALID_REQUEST, for an offer of another form, or a peer with a chosen name, which proves nothing; reason SIGNER_FAILED
   *   where the signer has not the key, or does not advertise; and as `announceResource`.
   * @example
   * const withdraw = await wallet.musig2.discovery.advertise({ walletKey, purposes: ['escrow'], minSats: 0n, maxSats: 10_000_000n })
   */
  advertise(offer: SignerOffer): Promise<Unsubscribe> {
    return this.keep(offer.walletKey, (day) => {
      const id = offerId(offer.walletKey)
      return { type: SIGNER_TYPE, id, data: (proof) => offerData(offer, day, proof) }
    })
  }

  /**
   * Signers that offer what is asked for, each wallet key once, the newest first.
   *
   * @throws P2PError as `discoverResources`.
   */
  async findSigners(asked?: SignerQuery, given?: WaitOptions): Promise<FoundSigner[]> {
    const [query, wait] = [asked ?? {}, given ?? {}]
    const { kit } = this
    const found = new Map<string, FoundSigner>()
    const offers = await this.resources.discoverResources(SIGNER_TYPE, undefined, { ...wait, maxResults: MAX_OFFERS })
    for (const offer of offers) {
      const signer = readOffer(offer, query, kit.network, kit.clock.now())
      const name = signer && hexOf(signer.walletKey)
      if (name !== undefined && !found.has(name)) found.set(name, signer!)
    }
    return [...found.values()]
  }

  /**
   * As `findSigners`, for those that come, change and go. The coordinator's event `resource` tells of the offers as they came, which prove nothing.
   *
   * @returns ends it.
   * @throws P2PError as `watchResources`; INVALID_CONFIG without `resourceWatch()`.
   */
  watchSigners(query: SignerQuery, listener: (signer: FoundSigner, change: ResourceChange) => void): Unsubscribe {
    const { kit } = this
    const watch = kit.plugin('resource-watch') as ResourceWatch | undefined
    if (watch === undefined) throw needsPlugin('watchSigners', 'resourceWatch')
    const shown = new Map<string, FoundSigner>()
    return watch.watchResources(SIGNER_TYPE, {}, (offer, change) => {
      const name = tupleKey(offer.creatorPeerId, offer.resourceId)
      const before = shown.get(name)
      const hasRoom = before !== undefined || shown.size < MAX_OFFERS
      const mayProve = change !== 'removed' && hasRoom && this.budget.take(offer.creatorPeerId) === 0 && this.whole.take('') === 0
      const signer = mayProve ? readOffer(offer, query, kit.network, kit.clock.now()) : undefined
      if (signer !== undefined) {
        shown.set(name, signer)
        return listener(signer, before === undefined ? 'added' : 'updated')
      }
      if (before !== undefined) {
        shown.delete(name)
        return listener(before, 'removed')
      }
    })
  }

  /**
   * Lets the other members of a keyset find us, whatever our peer id is now: for wallets that know keys, and no ids. Whoever does not know
   * all keys learns none by it.
   *
   * @returns ends it.
   * @throws P2PError as `advertise`; reason INVALID_REQUEST also where no key of the keyset is the signer's.
   */
  async meet({ keys }: Keyset): Promise<Unsubscribe> {
    const { publicKeys } = await this.signer()
    const own = keys.find((key) => publicKeys.some((each) => equalBytes(each, key)))
    if (own === undefined) throw invalidRequest('keys', 'No key of the keyset is ours.')
    const { publicKey } = this.kit
    return this.keep(own, (day) => {
      const id = meetingId(publicKey)
      return { type: meetingType(keys, day), id, data: (proof) => meetingData(own, publicKey, day, proof) }
    })
  }

  /**
   * The members of a keyset that `meet` at present, but for ourselves.
   *
   * @returns `lp1…` ids by wallet key in hex: what `sign` takes as `cosigners`.
   * @throws P2PError as `discoverResources`.
   */
  async findCosigners({ keys }: Keyset, wait: WaitOptions = {}): Promise<Record<string, string>> {
    const { kit } = this
    const now = kit.clock.now()
    const types = meetingDays(now).map((day) => meetingType(keys, day))
    const options = { ...wait, onePerPublisher: true, maxResults: MAX_OFFERS }
    const met = await Promise.all(types.map((type) => this.resources.discoverResources(type, undefined, options)))
    const found: Record<string, string> = {}
    for (const each of met.flat().sort((a, b) => a.createdAt - b.createdAt)) {
      const key = each.creatorPeerId === kit.peerId ? undefined : readMeeting(each, keys, kit.network, now)
      if (key !== undefined) found[hexOf(key)] = each.creatorPeerId
    }
    return found
  }

  private get resources(): Resources {
    return discoveryOf(this.kit)
  }

  /** Announces, with a new proof before the last one has become too old. */
  private async keep(
    key: Uint8Array,
    of: (day: number) => { type: string; id: string; data: (proof: Uint8Array) => object },
  ): Promise<Unsubscribe> {
    const { kit } = this
    if (!isPeerId(kit.peerId))
      throw invalidRequest('peerId', 'A peer with a chosen name proves nothing. Leave out P2PConfig.peerId.')
    let current: { type: string; id: string } | undefined
    let ended = false
    const announce = async () => {
      const day = dayOf(kit.clock.now())
      const { type, id, data } = of(day)
      const signer = await this.signer()
      const input = { key, network: kit.network, resource: `${type}/${id}`, networkKey: kit.publicKey, day }
      const proof = await signer.proveAnnouncement?.(input).catch((cause) => {
        throw signerFailed('The signer made no proof.', cause)
      })
      if (proof === undefined) throw signerFailed('The signer advertises no keys.')
      const value = data(proof)
      if (type === SIGNER_TYPE && !isOffer(value)) throw invalidRequest('offer', 'The offer has not the form of one.')
      if (ended) return
      const before = current
      current = { type, id }
      await this.resources.announceResource(type, id, value, { ttl: TTL_S, whileConnected: true })
      if (before !== undefined && before.type !== type) await this.resources.withdrawResource(before.type, before.id)
    }
    const alarm = new Alarm(kit.clock, () => {
      alarm.arm(RENEW_MS)
      announce().catch((error) => kit.report(asP2PError(error, 'SIGNING_FAILED', 'A signer could not be advertised anew.')))
    })
    const end = () => {
      if (ended) return
      ended = true
      this.kept.delete(alarm)
      alarm.disarm()
      if (current !== undefined) this.resources.withdrawResource(current.type, current.id).catch(() => {})
    }
    await kit.run({})
    await announce()
    alarm.arm(RENEW_MS)
    this.kept.add(alarm)
    return end
  }
}
