import type { Unsubscribe } from '../base/events.js'
import type { Limits } from '../base/limits.js'

/** Receives what happens on a connection. */
export interface FrameSink {
  /** One whole binary frame, in order. The bytes belong to the sink from this call on. */
  onFrame(frame: Uint8Array): void
  /** The connection ended, for whatever reason; called once, nothing follows. */
  onClose(error?: Error): void
  /** `bufferedAmount` fell to the low-water mark after it had been above. */
  onDrain(): void
  /** True: the connection carries nothing at present and may recover. False: it has recovered. */
  onInterrupted?(interrupted: boolean): void
}

/**
 * A pipe of binary frames between two peers: ordered, whole frames, nothing lost while it is open. It knows nothing of
 * identity or encryption; the secure channel runs on top.
 */
export interface Connection {
  /** The name of its transport. */
  readonly transport: string
  /** As `Transport.rank`. */
  readonly rank: number
  /** As `Transport.direct`. */
  readonly direct: boolean
  /** The address as dialled, or where an accepted connection came from. */
  readonly remoteAddress: string
  /** True where this side dialled. */
  readonly outbound: boolean
  /** Largest frame that `send` takes, bytes. */
  readonly maxFrameBytes: number
  /** Bytes accepted by `send` that have not yet left. */
  readonly bufferedAmount: number
  /** Names the sink. Frames that came earlier are delivered at once, in order. Called once. */
  attach(sink: FrameSink): void
  /** Queues one frame, whose bytes belong to the connection from this call on. After the end it does nothing. */
  send(frame: Uint8Array): void
  /** Ends the connection after what `send` took has left, where the transport can. The sink's `onClose` follows. */
  close(): void
}

/** What a dial is given. */
export interface DialOptions {
  /** Gives the dial up; it then fails with ABORTED. */
  signal?: AbortSignal | undefined
  /**
   * The first frame to send. A transport that can carry it with its own opening saves a round trip; any other sends it
   * as soon as it is open. Either way the other side sees it as the first frame.
   */
  firstFrame: Uint8Array
  /**
   * True for an address that others have told: the transport connects to no host in a private network, checks what a name resolves
   * to where it can, and follows no redirect. Absent where the application has named the address, or allows private networks.
   */
  learnt?: boolean | undefined
  /** The limits of the coordinator that dials. A transport that was made with limits of its own keeps to those. */
  limits?: Limits | undefined
}

/**
 * Opens connections to the addresses it understands. Anybody can write one; implementations must pass
 * test/compliance/transport.ts. `FramePipe` is a `Connection` to build on.
 */
export interface Transport {
  /** Unique within a coordinator, such as `websocket`; statistics, events and `PeerInfo.connection` name it. */
  readonly name: string
  /**
   * Which of two paths to a peer serves: the one of the higher rank. WebSocket, WebRTC, tabs and memory have 3, HTTP has 2,
   * circuits have 1. Any number is possible, such as 2.5.
   */
  readonly rank: number
  /** False where frames go through a third party, so that the peer does not learn our network address. */
  readonly direct: boolean
  canDial(address: string): boolean
  /** @throws P2PError INVALID_ADDRESS, INSECURE_ADDRESS, PEER_UNREACHABLE, ABORTED, TRANSPORT_UNAVAILABLE. */
  dial(address: string, options: DialOptions): Promise<Connection>
  /** Present where the same object accepts connections as well: the coordinator listens on it when it starts. */
  readonly listener?: Listener
  /** Tells addresses of this kind as their peers appear, each once; the coordinator dials them. */
  discover?(found: (address: string) => void): Unsubscribe
  /**
   * @param peer a peer that is connected by a path of lower rank.
   * @returns the address at which this transport may reach it, or undefined where it cannot.
   */
  upgradeOf?(peer: { peerId: string; protocols?: readonly string[] | undefined }): string | undefined
  /** The device has changed its network: open connections look for a new way, where they can. */
  networkChanged?(): void
}

/** Accepts connections. */
export interface Listener {
  /** The name of the transport that dials it. */
  readonly transport: string
  /** The addresses others can dial, known once it listens. */
  readonly addresses: readonly string[]
  /** @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED. */
  listen(accept: (connection: Connection) => void): Promise<void>
  /** Stops listening and ends what it accepted. */
  close(): Promise<void>
}
