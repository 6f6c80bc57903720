import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isLoopback } from '../address/address-group.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import { TokenBucket } from '../base/token-bucket.js'
import { AddressCaps, type CapRefusal, type Release } from './address-caps.js'
import { TrustedProxies } from './client-address.js'
import { type OriginPolicy, originPolicy } from './origins.js'

export interface AdmissionOptions {
  /**
   * Proxies in front of us, whose `X-Forwarded-For` is believed: addresses, networks in CIDR form, `'loopback'`, `'private'`;
   * `true` stands for both of these. Default: nobody's.
   */
  trustProxy?: boolean | string[] | undefined
  /**
   * Pages that may connect: origins such as `https://wallet.example`, and `*.wallet.example` for https pages of all hosts below.
   * Default: all. Programs other than browsers name no origin and are let in.
   */
  origins?: string[] | undefined
  /** Refuse whoever names no origin too. Default false. */
  requireOrigin?: boolean | undefined
  /**
   * Apply the caps per address to 127.0.0.0/8 and ::1 as well. Default false: behind a proxy on the same machine that is not in
   * `trustProxy` all clients have this address.
   */
  capLoopback?: boolean | undefined
}

/** Connection attempts that were refused before any handshake, by what they ran into. */
export type AdmissionCounts = Record<CapRefusal['cap'] | 'origin' | 'bareUpgradesPerS', number>

/** After an upgrade that was refused for being bare, for so long the next heads are looked at before a parser is made for them, milliseconds. */
const FLOOD_MS = 1_000

const nothing: Release = () => {}

/** Decides, before anything is spent on it, whether a socket or a request may come in. */
export class Admission {
  readonly counts: AdmissionCounts = {
    connectionsPerAddressPerS: 0,
    maxConnectionsPerAddress: 0,
    maxPendingPerAddress: 0,
    origin: 0,
    bareUpgradesPerS: 0,
  }
  readonly origins: OriginPolicy
  readonly caps: AddressCaps
  private readonly bare: TokenBucket
  private readonly bareLetIn = new WeakSet<object>()
  private floodedUntil = 0
  private readonly proxies: TrustedProxies
  private readonly capLoopback: boolean
  /** Sockets that are counted themselves, so that their upgrade is not. */
  private readonly counted = new WeakSet<Socket>()

  /** @throws P2PError INVALID_CONFIG. */
  constructor({ trustProxy, origins, requireOrigin, capLoopback = false }: AdmissionOptions, limits: Limits) {
    this.caps = new AddressCaps(limits)
    this.bare = new TokenBucket(limits.bareUpgradesPerS, 2 * limits.bareUpgradesPerS, performance.now())
    this.proxies = new TrustedProxies(trustProxy)
    this.origins = originPolicy(origins, requireOrigin)
    this.capLoopback = capLoopback
  }

  /**
   * Whether an upgrade may come in that brings no first frame: it has said nothing yet that could not be said by anybody. One that may is not
   * counted again.
   */
  bareUpgrade(socket: object): boolean {
    if (this.bareLetIn.delete(socket)) return true
    const now = performance.now()
    if (this.bare.take(now) === 0) {
      this.bareLetIn.add(socket)
      return true
    }
    this.counts.bareUpgradesPerS++
    this.floodedUntil = now + FLOOD_MS
    return false
  }

  /** Whether bare upgrades have just come faster than they may. Trusted proxies are not meant: one takes a reset for our end. */
  isFlooded({ remoteAddress }: Socket): boolean {
    return performance.now() < this.floodedUntil && !this.proxies.includes(this.proxies.clientOf(remoteAddress, undefined))
  }

  /** Client addresses that are remembered. */
  get addresses(): number {
    return this.caps.size
  }

  /** A new socket of a server of our own. The functions end its count as open, and as half-open; undefined: it is refused. */
  socket(socket: Socket): { closed: Release; spoken: Release } | undefined {
    const host = this.proxies.clientOf(socket.remoteAddress, undefined)
    if (!this.isCapped(host)) return { closed: nothing, spoken: nothing }
    if (this.attempt(host) !== undefined) return undefined
    this.counted.add(socket)
    const [open, pending] = [this.caps.open(host), this.caps.pending(host)]
    return {
      spoken: pending,
      closed: () => {
        open()
        pending()
      },
    }
  }

  /** Who sent a request. */
  clientOf({ socket, headers }: IncomingMessage): string {
    return this.proxies.clientOf(socket.remoteAddress, headers['x-forwarded-for'])
  }

  /** The address of a connection made by a request: with the port where it is the socket's own. */
  addressOf(request: IncomingMessage, scheme: 'ws' | 'http'): string {
    const { remoteAddress, remotePort } = request.socket
    const client = this.clientOf(request)
    const port = client === this.proxies.clientOf(remoteAddress, undefined) ? `:${remotePort ?? 0}` : ''
    return `${scheme}://${client.includes(':') ? `[${client}]` : client}${port}`
  }

  /** Whether the page that sends a request may. */
  allowsOrigin({ headers }: IncomingMessage): boolean {
    if (this.origins.allows(headers.origin)) return true
    this.counts.origin++
    return false
  }

  /** Counts an upgrade where its socket was not: behind a proxy, and on a server that is not ours. */
  upgrade(request: IncomingMessage): CapRefusal | undefined {
    return this.counted.has(request.socket) ? undefined : this.request(request)
  }

  /** Counts a request that begins something. */
  request(request: IncomingMessage): CapRefusal | undefined {
    const host = this.clientOf(request)
    return this.isCapped(host) ? this.attempt(host) : undefined
  }

  /** A connection made by a request, as open and in its handshake. */
  hold(request: IncomingMessage, isSession: boolean): { closed: Release; spoken: Release } {
    const host = this.clientOf(request)
    if (!this.isCapped(host)) return { closed: nothing, spoken: nothing }
    const open = !isSession && this.counted.has(request.socket) ? nothing : this.caps.open(host)
    const pending = this.caps.pending(host)
    return {
      spoken: pending,
      closed: () => {
        open()
        pending()
      },
    }
  }

  private isCapped(host: string): boolean {
    return host !== 'unknown' && (this.capLoopback || !isLoopback(host)) && !this.proxies.includes(host)
  }

  private attempt(host: string): CapRefusal | undefined {
    const refusal = this.caps.attempt(host)
    if (refusal !== undefined) this.counts[refusal.cap]++
    return refusal
  }
}

/** What a request beyond a cap is told; the status is 429. */
export function tooMany({ cap, retryAfterMs }: CapRefusal): P2PError {
  return new P2PError('POOL_FULL', 'Too many connections from your address. Try again later, or use another relay.', {
    details: { limit: cap, retryAfterMs },
  })
}
