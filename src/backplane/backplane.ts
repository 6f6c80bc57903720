import type { Unsubscribe } from '../base/events.js'
import type { WaitOptions } from '../base/wait.js'

/** How busy a process is, for those that choose among several. */
export interface NodeLoad {
  /** Connected peers, and how many it takes. */
  peers: number
  maxPeers: number
  /** It is about to end: its peers are on their way to the others. */
  draining: boolean
}

/** One process of a relay. */
export interface NodeInfo extends NodeLoad {
  /** Ten characters of base64url, drawn at each start. */
  nodeId: string
  /** Milliseconds since the Unix epoch, by its own clock. */
  startedAt: number
}

/** Where a message comes from. */
export interface Sender {
  /** The process that has sent it. */
  readonly nodeId: string
  /** Where it was sent to whoever holds a peer: the `lp1…` id of that peer. */
  readonly peer?: string | undefined
}

/** Answers a question. A `P2PError` that it throws reaches the asker with its code and details. */
export type Answerer = (bytes: Uint8Array, from: Sender) => Uint8Array | Promise<Uint8Array>
export type Receiver = (bytes: Uint8Array, from: Sender) => void

export interface GatherOptions {
  /** Milliseconds to wait for the slowest. Default `gatherMs`: 150. */
  slowestMs?: number | undefined
  /** Ends with so many answers. Default: when all processes that are there have answered. */
  enough?: number | undefined
  /** Asks the processes that have joined this group alone. */
  group?: string | undefined
}

/** What one process has answered to a question to all. */
export interface Gathered {
  readonly nodeId: string
  readonly bytes: Uint8Array
}

export interface SharedEntry {
  readonly value: Uint8Array
  /** Greater at each change of any key. */
  readonly revision: number
}

/**
 * A small map that is eventually the same at all processes. Each keeps a copy, which it reads; changes go through one place, which orders
 * them.
 */
export interface SharedMap {
  /** What our copy holds. */
  get(key: string): SharedEntry | undefined
  /** What our copy holds under keys that begin so. */
  entries(prefix: string): [key: string, entry: SharedEntry][]
  /**
   * Sets a key.
   *
   * @param key letters, digits, `-`, `_`, `=` and, between two others, dots.
   * @param revision what it takes the place of; 0: of nothing. Default: of whatever is there.
   * @returns its revision.
   * @throws P2PError STALE_RECORD where something else is there, BACKPLANE_DOWN, TIMEOUT.
   */
  put(key: string, value: Uint8Array, revision?: number): Promise<number>
  /** @throws P2PError as `put`. */
  delete(key: string, revision?: number): Promise<void>
  /** Tells of each change of our copy, and of all that is there at first; undefined: deleted. */
  watch(prefix: string, listener: (key: string, entry: SharedEntry | undefined) => void): Unsubscribe
}

/** A log of which the newest entry under each name is kept for a while, and read by all processes. */
export interface RecordLog {
  /**
   * Appends an entry in place of the one of the same name.
   *
   * @param name letters, digits, `-` and `_`.
   * @throws P2PError BACKPLANE_DOWN, TIMEOUT.
   */
  append(name: string, bytes: Uint8Array): Promise<void>
  /**
   * Gives what is kept, oldest first, and then each entry as it is appended, our own too. After the backplane was away it goes on where it was.
   *
   * @returns once all that was there has been given.
   */
  replay(onEntry: (bytes: Uint8Array) => void): Promise<Unsubscribe>
}

export interface BackplaneEvents {
  /** The others can be reached, at first or again: what was told them meanwhile is told anew. */
  up: []
  down: []
  /** Another process is there, which was not before. */
  'node-joined': [nodeId: string]
  /** A process has left, or was not heard for `nodeGoneMs`. */
  'node-gone': [nodeId: string]
  /** This process was frozen: the others may have taken it for gone. */
  late: []
  /** A question to a peer's holder or to a process was answered, or has failed, after so many milliseconds. */
  asked: [kind: string, ms: number]
}

/** What of a relay's work is done: for the operator's metrics. */
export interface BackplaneStats {
  up: boolean
  nodes: number
  /** Messages and questions sent, and received, by kind. */
  sent: Record<string, number>
  received: Record<string, number>
  bytesOut: number
  bytesIn: number
  /** Questions that nobody was there to answer. */
  noResponder: number
  /** Messages that were none of ours, or had no handler here. */
  unread: number
}

/**
 * What makes several processes one relay: who holds a peer is asked and told by the peer's id, whoever it is. All processes trust each
 * other. `test/compliance/relay-backplane.ts` is the suite that each implementation passes.
 *
 * A peer is named by its `lp1…` id, a kind by 1 to 16 small letters, and bodies have at most 1,047,552 bytes.
 */
export interface RelayBackplane {
  readonly nodeId: string
  /** `'down'` before `start`, after `close`, and while the others cannot be reached. */
  readonly state: 'up' | 'down'
  /** Joins the others. @param load is read each time that they are told. @throws P2PError BACKPLANE_DOWN. */
  start(load: () => NodeLoad): Promise<void>
  /** Tells the others `load()` at once. */
  announce(): void
  /** The processes that are there, with this one. */
  nodes(): NodeInfo[]
  /** Milliseconds since the Unix epoch, the same at all processes but for what a message takes, however wrong their clocks are. */
  now(): number
  /** What is asked of a peer, and told it, comes here from when it resolves. Others that hold it go on doing so; see `Presence`. */
  hold(peer: string): Promise<void>
  release(peer: string): void
  /** Asks whoever holds a peer. @throws P2PError PEER_NOT_FOUND at once where nobody does; BACKPLANE_DOWN, TIMEOUT, ABORTED, or what the holder has thrown. */
  askPeer(peer: string, kind: string, bytes: Uint8Array, wait?: WaitOptions): Promise<Uint8Array>
  /** Asks one process. @throws P2PError as `askPeer`. */
  askNode(nodeId: string, kind: string, bytes: Uint8Array, wait?: WaitOptions): Promise<Uint8Array>
  /** Asks all other processes. What has come by the end of the wait is the answer; it never fails. */
  gather(kind: string, bytes: Uint8Array, options?: GatherOptions): Promise<Gathered[]>
  /** To all other processes that hold a peer, which are none or one but for a moment. These four say false where nothing can leave now. */
  toPeer(peer: string, kind: string, bytes: Uint8Array): boolean
  /** To one process, in the order of the calls; it may be lost. */
  toNode(nodeId: string, kind: string, bytes: Uint8Array): boolean
  /** To all other processes. */
  toAll(kind: string, bytes: Uint8Array): boolean
  /** To all other processes that have joined a group. */
  toGroup(group: string, kind: string, bytes: Uint8Array): boolean
  /** @param group letters, digits, `-` and `_`. */
  join(group: string): void
  leaveGroup(group: string): void
  answer(kind: string, answerer: Answerer): Unsubscribe
  receive(kind: string, receiver: Receiver): Unsubscribe
  readonly shared: SharedMap
  readonly records: RecordLog
  /** One process at a time leads in a role. After it has died, or was cut off, another one does within 8 s. */
  lead(role: string, onChange: (leading: boolean) => void): Unsubscribe
  on<Name extends keyof BackplaneEvents>(event: Name, listener: (...args: BackplaneEvents[Name]) => void): Unsubscribe
  getStats(): BackplaneStats
  /** Gives up what it leads in, tells the others, and lets what was sent leave. */
  close(): Promise<void>
}
