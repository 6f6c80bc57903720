import type { PeerDescription } from '../../channel/hello.js'
import type { SecureChannel } from '../../channel/secure-channel.js'
import { type PeerAddresses, type PeerInfo, PeerState } from '../../protocol/peer-info.js'

/** All of a `PeerInfo` but the time of the last message, which changes too often. */
type Parts = Omit<PeerInfo, 'lastSeen'>

/**
 * What is known of one connected peer, as frozen objects: a receiver may keep one, and can change it for no other.
 * One object serves until something changes, so that a message costs no copy.
 */
export class PeerSnapshot {
  /** Round-trip time of the last probe, milliseconds. */
  rttMs: number | undefined
  private state: PeerState = PeerState.CONNECTED
  private skewMs: number | undefined
  private description: PeerDescription
  private parts: Parts | undefined
  private last: PeerInfo | undefined

  constructor(
    private channel: SecureChannel,
    private readonly since: number,
    private readonly isRelay: (protocols: readonly string[]) => boolean,
  ) {
    this.description = frozen(channel.remote)
  }

  /** @param lastSeen when the peer last sent something, milliseconds since the Unix epoch. */
  at(lastSeen: number): PeerInfo {
    if (this.parts !== undefined && this.last?.lastSeen === lastSeen) return this.last
    this.parts ??= this.build()
    this.last = Object.freeze({ ...this.parts, lastSeen })
    return this.last
  }

  describe(description: PeerDescription): void {
    this.description = frozen(description)
    this.parts = undefined
  }

  measured(rttMs: number, skewMs: number): void {
    this.rttMs = rttMs
    this.skewMs = skewMs
    this.parts = undefined
  }

  pathChanged(channel: SecureChannel): void {
    this.channel = channel
    this.parts = undefined
  }

  stateChanged(state: PeerState): void {
    this.state = state
    this.parts = undefined
  }

  private build(): Parts {
    const { remote, connection } = this.channel
    const { protocols, metadata } = this.description
    const { rttMs, skewMs } = this
    return {
      peerId: remote.peerId,
      publicKey: remote.publicKey.slice(),
      addresses: Object.freeze(this.addresses()),
      state: this.state,
      protocols,
      isRelay: this.isRelay(protocols),
      connection: Object.freeze({
        transport: connection.transport,
        direct: connection.direct,
        since: this.since,
        outbound: connection.outbound,
        ...(rttMs !== undefined && { rttMs }),
        ...(skewMs !== undefined && { clockSkewMs: skewMs }),
      }),
      ...(metadata !== undefined && { metadata }),
    }
  }

  /** As we dialled the peer, where we did; else as it says. */
  private addresses(): PeerAddresses {
    const { outbound, remoteAddress } = this.channel.connection
    const dialled = outbound ? remoteAddress : ''
    const websocket = /^wss?:/.test(dialled) ? dialled : this.description.addresses[0]
    const relay = /^circuit:([^/]+)\//.exec(remoteAddress)?.[1]
    return {
      ...(websocket !== undefined && { websocket }),
      ...(/^https?:/.test(dialled) && { http: dialled }),
      ...(/^(?!wss?:|https?:|circuit:|webrtc:)./.test(dialled) && { others: Object.freeze([dialled]) as string[] }),
      ...(relay !== undefined && { relays: Object.freeze([relay]) as string[] }),
    }
  }
}

/** The lists are shared by peers that say the same, so they are frozen rather than copied. */
function frozen(description: PeerDescription): PeerDescription {
  Object.freeze(description.protocols)
  freezeDeeply(description.metadata)
  return description
}

/** What came over the wire has no cycles, and a bounded depth. */
function freezeDeeply(value: unknown): void {
  // The elements of a view cannot be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  for (const part of Object.values(Object.freeze(value))) freezeDeeply(part)
}
