import { allLearnt, type DialRules } from '../../address/dial-policy.js'
import { isDate } from '../../base/bytes.js'
import type { PeerDescription } from '../../channel/description.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import { asTold, type PeerAddresses, type PeerInfo, PeerState } from '../../protocol/peer-info.js'
import type { Connection } from '../../transport/transport.js'

/** All of a `PeerInfo` but its bytes, and the time of the last message, which changes too often. */
type Parts = Omit<PeerInfo, 'lastSeen'>

/** What a snapshot gives at each read anew. */
type Fresh = Record<string, PropertyDescriptor>

/**
 * What is known of one connected peer, as frozen objects: a receiver may keep one, and can change it for no other.
 * One object serves until something changes, so that a message costs no copy. Bytes cannot be frozen: who reads them gets a copy.
 */
export class PeerSnapshot {
  /** Round-trip time of the last probe, milliseconds. */
  rttMs: number | undefined
  private state: PeerState = PeerState.CONNECTED
  private isChosen = false
  private skewMs: number | undefined
  private description!: PeerDescription
  private fresh: Fresh = {}
  private parts: Parts | undefined
  private last: PeerInfo | undefined

  constructor(
    private channel: SecureChannel,
    private readonly since: number,
    private readonly isRelay: (protocols: readonly string[]) => boolean,
    private readonly rules: DialRules,
  ) {
    this.choose(channel.connection)
    this.describe(channel.remote)
  }

  /** @param lastSeen when the peer last sent something, milliseconds since the Unix epoch. */
  at(lastSeen: number): PeerInfo {
    if (this.parts !== undefined && this.last?.lastSeen === lastSeen) return this.last
    this.parts ??= this.build()
    const info: PeerInfo = { ...this.parts, lastSeen }
    this.last = Object.freeze(Object.defineProperties(info, this.fresh))
    return this.last
  }

  describe(description: PeerDescription): void {
    const { protocols, metadata } = description
    const { publicKey } = this.channel.remote
    // The lists are shared by peers that say the same, so they are frozen rather than copied.
    Object.freeze(protocols)
    this.fresh = { publicKey: read(() => publicKey.slice()) }
    if (freezeDeeply(metadata)) this.fresh.metadata = read(() => structuredClone(metadata))
    this.description = description
    this.change()
  }

  measured(rttMs: number, skewMs: number): void {
    this.rttMs = rttMs
    this.skewMs = skewMs
    this.change()
  }

  pathChanged(channel: SecureChannel): void {
    this.channel = channel
    this.choose(channel.connection)
  }

  /** Notes a dial of ours that has found the peer, at an address of its own: of this kind are those with an authority (RFC 3986 §3.2). */
  choose({ outbound, remoteAddress }: Pick<Connection, 'outbound' | 'remoteAddress'>): void {
    this.isChosen ||= outbound && remoteAddress.includes('://')
    this.change()
  }

  stateChanged(state: PeerState): void {
    this.state = state
    this.change()
  }

  private change(): void {
    this.parts = undefined
    this.last = undefined
  }

  private build(): Parts {
    const { remote, connection } = this.channel
    const { protocols, metadata } = this.description
    const { rttMs, skewMs } = this
    return {
      peerId: remote.peerId,
      ...(remote.name !== undefined && remote.name !== remote.peerId && { name: remote.name }),
      addresses: Object.freeze(connection.outbound ? this.addresses() : asTold(this.addresses())),
      state: this.state,
      protocols,
      isRelay: this.isRelay(protocols),
      connection: Object.freeze({
        transport: connection.transport,
        direct: connection.direct,
        since: this.since,
        outbound: connection.outbound,
        ...(this.isChosen && { chosen: true }),
        ...(rttMs !== undefined && { rttMs }),
        ...(skewMs !== undefined && { clockSkewMs: skewMs }),
      }),
      ...(metadata !== undefined && { metadata }),
    }
  }

  /** As we dialled the peer, where we did; else as it says, as far as the dial policy takes it. */
  private addresses(): PeerAddresses {
    const { outbound, remoteAddress } = this.channel.connection
    const dialled = outbound ? remoteAddress : ''
    const websocket = /^wss?:/.test(dialled) ? dialled : allLearnt(this.description.addresses, this.rules)[0]
    const relay = /^circuit:([^/]+)\//.exec(remoteAddress)?.[1]
    return {
      ...(websocket !== undefined && { websocket }),
      ...(/^https?:/.test(dialled) && { http: dialled }),
      ...(/^(?!wss?:|https?:|circuit:|webrtc:)./.test(dialled) && { others: Object.freeze([dialled]) as string[] }),
      ...(relay !== undefined && { relays: Object.freeze([relay]) as string[] }),
    }
  }
}

function read(get: () => unknown): PropertyDescriptor {
  return { get, enumerable: true }
}

/**
 * What came over the wire has no cycles, and a bounded depth.
 *
 * @returns whether there are bytes or dates in it, which cannot be frozen.
 */
function freezeDeeply(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (ArrayBuffer.isView(value) || isDate(value)) return true
  let isOpen = false
  for (const part of Object.values(Object.freeze(value))) isOpen = freezeDeeply(part) || isOpen
  return isOpen
}
