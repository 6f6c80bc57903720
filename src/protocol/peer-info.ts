/**
 * The life of a connection to a peer. The SDK tells of peers that are or were connected, so it uses `CONNECTED`, `DISCONNECTING` and
 * `DISCONNECTED`; `CONNECTING` and `FAILED` are for applications that keep a `PeerInfo` of their own through a dial.
 */
export const PeerState = {
  DISCONNECTED: 'disconnected',
  CONNECTING: 'connecting',
  CONNECTED: 'connected',
  DISCONNECTING: 'disconnecting',
  FAILED: 'failed',
} as const
export type PeerState = (typeof PeerState)[keyof typeof PeerState]

/** Where a peer can be reached. */
export interface PeerAddresses {
  webrtc?: { type: 'offer' | 'answer' | 'pranswer' | 'rollback'; sdp?: string }
  /** `ws://…` or `wss://…` */
  websocket?: string
  http?: string
  /**
   * Relays that the peer is connected to: peer ids of relays, or `wss://…#lp1…`, an address and the peer id that must answer there.
   * An address alone is dialled only where the application has written it, or it is connected already.
   */
  relays?: string[]
  /**
   * Addresses of any scheme that a transport here dials, such as `tcp://…` of a transport of the application's own. They travel by
   * what the application has: no peer, relay or record tells them. Dialled only while `privacy` is 'direct'.
   */
  others?: string[]
}

/**
 * What is known of a peer. Those handed to listeners and protocol handlers are frozen, and give a copy of their bytes at each read;
 * `getPeer`, `findPeers` and the like return copies.
 */
export interface PeerInfo {
  /** `lp1…`, or the name the peer chose (pinned to its key on first contact). */
  peerId: string
  /** The name that the peer claims, where `peerId` is not it: a relay pins no names, and several of its peers may claim one. */
  name?: string
  /** Ed25519 public key, 32 bytes. */
  publicKey?: Uint8Array
  addresses: PeerAddresses
  state: PeerState
  /** Milliseconds since the Unix epoch. */
  lastSeen: number
  /** Names of the protocols the peer has registered. */
  protocols?: string[]
  /** Whether the peer forwards circuits for others: infrastructure rather than company. Absent where its protocols are unknown. */
  isRelay?: boolean
  metadata?: Record<string, unknown>
  /** True of the sender of an anonymous message: its key serves for this purpose alone, and it can be reached by `reply` only. */
  anonymous?: true
  /** Present while connected. */
  connection?: {
    /** Name of the transport of the path that serves. */
    transport: string
    /** False where the path goes through somebody else, so that the peer does not see our network address. */
    direct: boolean
    /** Round-trip time of the last probe, milliseconds. */
    rttMs?: number
    /** How far the peer's clock is ahead of ours, milliseconds; it may lie. */
    clockSkewMs?: number
    /** Milliseconds since the Unix epoch. */
    since: number
    outbound: boolean
    /**
     * Whether we have dialled the peer at an address of its own, and not through others: such a peer alone is asked for what its protocols
     * offer (DHT, circuits, introductions, topic routing), for whoever comes by itself says what it likes. Absent: no.
     */
    chosen?: boolean
  }
}

/** Whether a peer may be asked to serve by a protocol: it offers that, and we have chosen it. A claim alone grants nothing. */
export function serves({ protocols, connection }: PeerInfo, protocol: string): boolean {
  return connection?.chosen === true && protocols?.includes(protocol) === true
}

/** A copy that belongs to the caller: to change it changes nothing for others. */
export function copyPeerInfo(info: PeerInfo): PeerInfo {
  const copy = structuredClone(info)
  if (isTold(info.addresses)) asTold(copy.addresses)
  return copy
}

/** Addresses that others have told, in what the SDK hands out: an application that passes them back has not chosen them. */
const told = /* @__PURE__ */ new WeakSet<object>()

/** Marks addresses as told by others: the dial policy judges them, whoever dials them. */
export function asTold<T extends PeerAddresses>(addresses: T): T {
  told.add(addresses)
  return addresses
}

/** Whether these are addresses that the SDK has handed out as others tell them; those that an application writes are its own choice. */
export function isTold(addresses: PeerAddresses | undefined): boolean {
  return addresses !== undefined && told.has(addresses)
}
