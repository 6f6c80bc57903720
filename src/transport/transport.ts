import type { Unsubscribe } from '../base/events.js'

/** The ways bytes can move. */
export type TransportName = 'websocket' | 'webrtc' | 'http' | 'circuit' | 'broadcast-channel' | 'memory'

/** Receives what happens on a connection. */
export interface FrameSink {
  /** One whole binary frame, in order. The bytes belong to the sink from now on. */
  onFrame(frame: Uint8Array): void
  /** The connection ended, for whatever reason; called once, nothing follows. */
  onClose(error?: Error): void
  /** `bufferedAmount` fell to the low-water mark after it had been above. */
  onDrain(): void
}

/**
 * A pipe of binary frames between two peers: ordered, whole frames, nothing lost while it is open. It knows nothing of
 * identity or encryption; the secure channel runs on top.
 */
export interface Connection {
  readonly transport: TransportName
  /** The address as dialled, or where an accepted connection came from. */
  readonly remoteAddress: string
  /** True where this side dialled. */
  readonly outbound: boolean
  /** Largest frame that `send` takes, bytes. */
  readonly maxFrameBytes: number
  /** Bytes accepted by `send` that have not yet left. */
  readonly bufferedAmount: number
  /** Names the sink. Frames that came earlier are delivered now, in order. Called once. */
  attach(sink: FrameSink): void
  /** Queues one frame. After the end it does nothing; the sink has been told. */
  send(frame: Uint8Array): void
  /** Ends the connection after what has been sent is flushed, where the transport can. The sink's `onClose` follows. */
  close(): void
}

export interface DialOptions {
  signal?: AbortSignal | undefined
  /**
   * The first frame to send. A transport that can carry it with its own opening saves a round trip; any other sends it
   * as soon as it is open. Either way the other side sees it as the first frame.
   */
  firstFrame: Uint8Array
}

/** Opens connections to the addresses it understands. Implementations must pass test/compliance/transport.ts. */
export interface Transport {
  readonly name: TransportName
  canDial(address: string): boolean
  /** @throws P2PError INVALID_ADDRESS, INSECURE_ADDRESS, PEER_UNREACHABLE, ABORTED, TRANSPORT_UNAVAILABLE. */
  dial(address: string, options: DialOptions): Promise<Connection>
  /** Present where the same object accepts connections as well: the coordinator listens on it when it starts. */
  readonly listener?: Listener
  /** Tells addresses of this kind as their peers appear, each once; the coordinator dials them. */
  discover?(found: (address: string) => void): Unsubscribe
}

/** Accepts connections. */
export interface Listener {
  readonly transport: TransportName
  /** The addresses others can dial, known once it listens. */
  readonly addresses: readonly string[]
  /** @throws P2PError ADDRESS_IN_USE, LISTEN_FAILED. */
  listen(accept: (connection: Connection) => void): Promise<void>
  /** Stops listening and ends what it accepted. */
  close(): Promise<void>
}
