import { addressGroup, hostOf, isLoopback, prefixOf } from '../address/address-group.js'
import { groupOf } from '../address/origin.js'
import { BoundedMap } from '../base/bounded-map.js'
import { hexOf } from '../base/bytes.js'
import { type Clock, elapsed } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { RateBuckets } from '../base/rate-buckets.js'
import { SerialByKey } from '../base/serial.js'
import { encodePeerId } from '../identity/peer-id.js'
import { ADDRESS_FAULTS, BLAME, type BlameReason, isBlamed } from '../protocol/blame.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import type { Connection } from '../transport/transport.js'
import { type Ban, Bans } from './bans.js'
import { Gate } from './gate.js'
import type { GateOptions } from './gate-wiring.js'
import { HandshakeSlots } from './handshake-slots.js'
import { Reputation, type Standing } from './reputation.js'
import { VerificationBudget } from './verification-budget.js'

export interface DefenceOptions extends Pick<GateOptions, 'served' | 'limitsOf' | 'shareChanged'> {
  clock: Clock
  limits: Limits
  store: KeyValueStore
  /** Ends the connections of a peer, if there are any. */
  disconnect(publicKey: Uint8Array, error: P2PError): void
  onBanned(ban: Ban): void
  onError(error: P2PError): void
}

/** What stands between strangers and the rest: the parts of `defence/`, and what follows from what they find. */
export class Defence {
  readonly gate: Gate
  readonly reputation: Reputation
  readonly bans: Bans
  readonly budget: VerificationBudget
  readonly slots: HandshakeSlots
  /** The checks of each peer, by its key in hex. */
  private readonly checks = new SerialByKey()
  /** Failed handshakes by address, and by the networks around it; false certificates by themselves. */
  private readonly byAddress: RateBuckets
  private readonly byGroup: RateBuckets
  /** Addresses and groups of them whose diallers have to work, and until when, by `elapsed`. */
  private readonly working: BoundedMap<string, number>

  constructor(private readonly wiring: DefenceOptions) {
    const { clock, limits, served, limitsOf, shareChanged } = wiring
    this.reputation = new Reputation(clock, limits)
    this.bans = new Bans(wiring)
    this.budget = new VerificationBudget(clock, limits)
    this.slots = new HandshakeSlots(limits.maxPendingHandshakes)
    this.gate = new Gate({ clock, limits, served, limitsOf, shareChanged, shareOf: (key) => this.reputation.shareOf(key) })
    const { addressFaultsPerMin, addressGroupFactor, maxRateBuckets } = limits
    const faults = (factor: number) =>
      new RateBuckets(clock, (addressFaultsPerMin * factor) / 60, addressFaultsPerMin * factor, maxRateBuckets)
    this.byAddress = faults(1)
    this.byGroup = faults(addressGroupFactor)
    this.working = new BoundedMap(maxRateBuckets)
  }

  /** Where a connection comes from, for sharing out what strangers may cost. */
  sourceOf(connection: Connection): string {
    const { remoteAddress } = connection
    // A circuit comes from its relay: who the caller is, is but the relay's word.
    const group = addressGroup(remoteAddress)
    if (group === undefined) return groupOf(connection)
    const host = hostOf(remoteAddress)
    // One customer has all addresses of an IPv6 /64.
    return `address:${group.includes(':') ? prefixOf(host, 4) : host}`
  }

  /**
   * Bits of work that a dialler has to do before we do any cryptography for it: 0 unless many handshakes are under way that have cost
   * us some, or many have failed that came from its address or a network around it. Those that only hold a connection, or have not done
   * the work, do not raise the price for others.
   */
  retryBits(connection?: Connection): number {
    const { retryAboveHandshakes: least, maxPendingHandshakes: most, retryMinBits, retryMaxBits } = this.wiring.limits
    const { answered } = this.slots
    const now = elapsed(this.wiring.clock)
    const isSpoilt = connection !== undefined && addressIds(connection).some((id) => now < (this.working.get(id) ?? 0))
    const part = Math.max(isSpoilt ? 0.5 : 0, answered > least ? (answered - least) / (most - least) : 0)
    return part && Math.min(retryMaxBits, retryMinBits + Math.floor((retryMaxBits - retryMinBits) * part))
  }

  /** The refusal for whoever may not even begin a handshake. */
  refusalAt(connection: Connection): P2PError | undefined {
    for (const id of addressIds(connection)) {
      const refusal = this.bans.refusal(id)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  /** @throws P2PError BANNED. */
  checkPeer(publicKey: Uint8Array): void {
    const refusal = this.bans.refusal(encodePeerId(publicKey))
    if (refusal !== undefined) throw refusal
  }

  /**
   * A connection failed in a way that costs us and that honest ones seldom do. Whoever is on the way can spoil the handshakes of honest
   * diallers: those from there have to work for a while. A false certificate is the dialler's own: an address that brings many of them is
   * banned, and so is its site. A group of addresses is never banned, for it belongs to a provider and its honest
   * customers too; nor is loopback: everybody behind a proxy on this machine comes from there.
   */
  strangerFailed(connection: Connection, error: P2PError): void {
    if (connection.outbound) return
    if (error.details.fault === true) this.budget.suspect(this.sourceOf(connection))
    const ids = addressIds(connection)
    if (ids.length === 0 || !ADDRESS_FAULTS.has(error.code)) return
    const durationMs = this.wiring.limits.addressBanMs
    // Nobody on the way has the keys that seal a certificate in the handshake.
    const isSealed = error.code === 'INVALID_SIGNATURE'
    // All of an IPv6 address is in its /64, and one site in its /48; an IPv4 address has no neighbours that are as near.
    for (const [i, id] of (ids.length > 2 ? ids.slice(1) : ids).entries()) {
      if ((i > 0 ? this.byGroup : this.byAddress).take(isSealed ? `sealed ${id}` : id) === 0) continue
      if (!isSealed || id === ids.at(-1)) this.working.set(id, elapsed(this.wiring.clock) + durationMs)
      else this.bans.add(id, { cause: 'flood', reason: 'Too many faults came from there.', durationMs })
    }
  }

  /** A peer broke the rules; its connection ends anyway. */
  faulted(publicKey: Uint8Array, connection: Connection, error: P2PError): void {
    if (!connection.outbound) this.budget.suspect(this.sourceOf(connection))
    this.budget.suspect(hexOf(publicKey))
    if (isBlamed(error.code)) this.blame(publicKey, error.code, error.message)
  }

  /**
   * Runs an expensive check for a peer, after those before it.
   *
   * @param isHere whether the peer is connected: of one that was disconnected for a fault, nothing more is looked at.
   * @throws P2PError PEER_NOT_CONNECTED, RATE_LIMITED.
   */
  inTurn<T>(publicKey: Uint8Array, isHere: () => boolean, work: () => Promise<T>): Promise<T> {
    const key = hexOf(publicKey)
    return this.checks.run(key, async () => {
      if (this.budget.isSuspect(key) && !isHere()) throw new P2PError('PEER_NOT_CONNECTED', 'The peer is gone.')
      return this.budget.run(key, work)
    })
  }

  /** Notes a fault, and draws the consequence: all blame comes through here. */
  blame(publicKey: Uint8Array, why: BlameReason, reason: string): void {
    const consequence = this.reputation.blame(hexOf(publicKey), why)
    if (consequence === 'ban') this.ban(publicKey, { cause: BLAME[why], reason })
    else if (consequence === 'disconnect') {
      this.wiring.disconnect(publicKey, new P2PError('BANNED', `Its reputation is too low: ${reason}`))
    }
  }

  /** Bans a peer and ends its connections. */
  ban(publicKey: Uint8Array, about: { cause: Ban['cause']; reason: string; durationMs?: number | undefined }): Ban {
    const id = encodePeerId(publicKey)
    const ban = this.bans.of(id) !== undefined && about.cause !== 'manual' ? this.bans.of(id)! : this.bans.add(id, about)
    this.wiring.disconnect(publicKey, this.bans.refusal(id)!)
    return ban
  }

  standingOf(publicKey: Uint8Array): Standing {
    return this.reputation.standingOf(hexOf(publicKey))
  }
}

/**
 * What a connection comes from, as ids of bans, narrowest first: the address, its IPv6 /64 and /48, and the group; none for what is no
 * address on a network, or may be a proxy for many. Nobody rents less than the narrow ones, so others share but the last.
 */
function addressIds({ remoteAddress, outbound }: Connection): string[] {
  const group = addressGroup(remoteAddress)
  if (group === undefined || outbound || isLoopback(remoteAddress)) return []
  const host = hostOf(remoteAddress)
  const networks = group.includes(':') ? [`${prefixOf(host, 4)}::/64`, `${prefixOf(host, 3)}::/48`] : []
  return [host, ...networks, group].map((id) => `address:${id}`)
}
