import { nanoid } from 'nanoid'
import { tabAddress } from '../../address/addresses.js'
import { invalidAddress } from '../../address/web-address.js'
import { BoundedMap } from '../../base/bounded-map.js'
import { type Clock, systemClock } from '../../base/clock.js'
import { abortedError, P2PError } from '../../base/errors.js'
import type { Unsubscribe } from '../../base/events.js'
import { TAB_LIMITS } from '../../base/limits/tabs.js'
import { type Limits, limitsOf } from '../../base/limits.js'
import type { Connection, DialOptions, Listener, Transport } from '../transport.js'
import { TabCircuit } from './tab-circuit.js'
import { MIN_WINDOW_BYTES, parseTabMessage, TAB_FRAME_BYTES, type TabEnvelope, type TabMessage } from './tab-messages.js'

/** Options of `broadcastChannel`. */
export interface BroadcastChannelOptions {
  /** Tabs with the same name find each other. Default `lotus-p2p`; take one of your own where several networks share an origin. */
  name?: string | undefined
  limits?: Limits | undefined
  clock?: Clock | undefined
}

/**
 * Same-browser tabs find each other over `BroadcastChannel` without any server: a transport like the others (opt-in), so
 * that a wallet's own tabs share presence. It is also its own listener, and discovers the other tabs. It works in
 * browsers, workers and Node, where it never holds the process.
 *
 * Any script of the same origin reads and writes the channel; the secure channel on top gives privacy and identity, but such
 * a script can end connections, as it can end the page.
 *
 * Addresses are `tab:<name>/<node id>`; the id is random and new each time the channel is opened. Every frame wakes all
 * tabs, so it suits a handful of tabs, not bulk data.
 *
 * @throws P2PError INVALID_CONFIG for an empty name. Dialling, listening and discovering throw TRANSPORT_UNAVAILABLE where
 * there is no `BroadcastChannel`.
 *
 * @example
 * const tabs = broadcastChannel()
 * await tabs.listener.listen((connection) => accept(connection))
 * const stop = tabs.discover((address) => tabs.dial(address, { firstFrame }))
 */
export function broadcastChannel(options?: BroadcastChannelOptions): TabTransport {
  const { name = 'lotus-p2p', limits = limitsOf(TAB_LIMITS), clock = systemClock } = options ?? {}
  return new Tab(name, limits, clock)
}

/** The transport between tabs accepts connections and finds tabs as well. */
export type TabTransport = Transport & Required<Pick<Transport, 'listener' | 'discover'>>

const pageEvents = () => ({
  page: globalThis as Partial<EventTarget>,
  document: (globalThis as { document?: Partial<Document> & EventTarget }).document,
})

/** `nanoid` of this many characters holds 132 random bits. */
const ID_LENGTH = 22

interface Finder {
  found: (address: string) => void
  /** Node ids told already. */
  seen: BoundedMap<string, true>
}

/** One node on the channel. The channel is open while it listens, discovers or has circuits, and only then. */
class Tab implements TabTransport {
  readonly name = 'broadcast-channel'
  readonly rank = 3
  readonly direct = true
  readonly listener: Listener
  private readonly prefix: string
  private channel: BroadcastChannel | undefined
  private id = ''
  private accept: ((connection: Connection) => void) | undefined
  private readonly finders = new Set<Finder>()
  private readonly circuits = new Map<string, TabCircuit>()
  /** What to do with a dial, by circuit. */
  private readonly dials = new Map<string, { opened: () => void; failed: () => void }>()

  constructor(
    private readonly network: string,
    private readonly limits: Limits,
    private readonly clock: Clock,
  ) {
    if (network === '') throw new P2PError('INVALID_CONFIG', 'The name of a broadcastChannel must not be empty.')
    this.prefix = tabAddress(network, '')
    const addresses = () => (this.accept === undefined ? [] : [this.prefix + this.id])
    this.listener = {
      transport: this.name,
      get addresses() {
        return addresses()
      },
      listen: async (accept) => this.listen(accept),
      close: () => this.closeListener(),
    }
  }

  canDial(address: string): boolean {
    return address.startsWith(this.prefix)
  }

  async dial(address: string, { signal, firstFrame }: DialOptions): Promise<Connection> {
    const peer = address.slice(this.prefix.length)
    if (!this.canDial(address) || !/^[\w-]{16,64}$/.test(peer)) {
      throw invalidAddress(address, `it must be ${this.prefix} and the id of a node`)
    }
    if (peer === this.id) throw new P2PError('SELF_DIAL', 'That address is of this tab itself.', { details: { address } })
    if (firstFrame.length > TAB_FRAME_BYTES) {
      throw new P2PError('LIMIT_EXCEEDED', `A frame between tabs has at most ${TAB_FRAME_BYTES} bytes. Split what you send.`)
    }
    if (signal?.aborted) throw abortedError('The dial', signal.reason)
    this.open()
    return new Promise((resolve, reject) => {
      const circuit = this.add(nanoid(ID_LENGTH), peer, true)
      const settle = () => {
        this.dials.delete(circuit.id)
        this.clock.clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const failed = () => {
        settle()
        const message = `No tab answers at ${address}: it is closed, frozen or full.`
        reject(new P2PError('PEER_UNREACHABLE', message, { details: { address } }))
      }
      const onAbort = () => {
        settle()
        circuit.end()
        reject(abortedError('The dial', signal?.reason))
      }
      const opened = () => {
        settle()
        resolve(circuit.pipe)
      }
      // The end of the circuit fails the dial.
      const timer = this.clock.setTimeout(() => circuit.end(), this.limits.tabDialTimeoutMs)
      signal?.addEventListener('abort', onAbort)
      this.dials.set(circuit.id, { opened, failed })
      // A copy of these bytes alone: cloning a view would send all of its buffer.
      const frame = new Uint8Array(firstFrame)
      this.post({ kind: 'open', circuit: circuit.id, window: this.window, frame }, peer)
    })
  }

  /**
   * Tells each tab that accepts connections, once; again only when its connection has failed or ended and it announces
   * itself anew, as a tab does that was frozen. Of two tabs that both listen only the one with the larger id is told
   * of the other, so that one dials; therefore listen first.
   */
  discover(found: (address: string) => void): Unsubscribe {
    this.open()
    const finder: Finder = { found, seen: new BoundedMap(this.limits.maxTabs) }
    this.finders.add(finder)
    // Who may dial us only is told as well: we may have been away.
    this.announce()
    return () => {
      if (this.finders.delete(finder)) this.closeIfIdle()
    }
  }

  private listen(accept: (connection: Connection) => void): void {
    if (this.accept !== undefined) {
      const message = 'This broadcastChannel listens already. Make another one.'
      throw new P2PError('ADDRESS_IN_USE', message, { details: { address: this.prefix + this.id } })
    }
    this.open()
    this.accept = accept
    this.post({ kind: 'here' })
  }

  private async closeListener(): Promise<void> {
    if (this.accept === undefined) return
    this.accept = undefined
    const accepted = [...this.circuits.values()].filter(({ pipe }) => !pipe.outbound)
    for (const { pipe } of accepted) pipe.close()
    // What was sent is flushed for so long as `closeGraceMs`.
    await Promise.all(accepted.map(({ ended }) => ended))
    this.closeIfIdle()
  }

  private get window(): number {
    return Math.max(this.limits.tabWindowBytes, MIN_WINDOW_BYTES)
  }

  private add(id: string, peer: string, outbound: boolean): TabCircuit {
    const circuit = new TabCircuit({
      id,
      peer,
      remoteAddress: this.prefix + peer,
      outbound,
      receiveWindow: this.window,
      limits: this.limits,
      clock: this.clock,
      post: (message) => this.post(message, peer),
      onEnd: () => {
        this.circuits.delete(id)
        this.dials.get(id)?.failed()
        this.forget(peer)
        this.closeIfIdle()
      },
    })
    this.circuits.set(id, circuit)
    return circuit
  }

  private open(): void {
    if (this.channel !== undefined) return
    let channel: BroadcastChannel
    try {
      channel = new BroadcastChannel(this.network)
    } catch (cause) {
      const message = 'This platform has no BroadcastChannel.'
      throw new P2PError('TRANSPORT_UNAVAILABLE', message, { cause })
    }
    this.channel = channel
    this.id = nanoid(ID_LENGTH)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = parseTabMessage(data)
      // Messages may still be queued when a channel is closed.
      if (message !== undefined && this.channel === channel) this.handle(message)
    }
    // Node keeps a process alive for an open channel.
    ;(channel as { unref?: () => void }).unref?.()
    const { page, document } = pageEvents()
    page.addEventListener?.('pagehide', this.onPageHide)
    page.addEventListener?.('pageshow', this.onPageShow)
    document?.addEventListener('resume', this.announce)
  }

  private closeIfIdle(): void {
    const channel = this.channel
    if (channel === undefined || this.accept !== undefined || this.finders.size > 0 || this.circuits.size > 0) return
    this.post({ kind: 'bye' })
    this.channel = undefined
    this.id = ''
    channel.onmessage = null
    channel.close()
    const { page, document } = pageEvents()
    page.removeEventListener?.('pagehide', this.onPageHide)
    page.removeEventListener?.('pageshow', this.onPageShow)
    document?.removeEventListener('resume', this.announce)
  }

  private readonly onPageHide = (event: Event): void => {
    // One that is kept in the back/forward cache may come back with its circuits; else the others need not wait for a probe.
    if (!(event as PageTransitionEvent).persisted) this.post({ kind: 'bye' })
  }

  private readonly onPageShow = (event: Event): void => {
    if ((event as PageTransitionEvent).persisted) this.announce()
  }

  /** Says again that we are here after a sleep: what was said meanwhile is lost, or was answered too late. */
  private readonly announce = (): void => {
    if (this.accept !== undefined) this.post({ kind: 'here' })
    if (this.finders.size > 0) this.post({ kind: 'who' })
  }

  private post(message: TabMessage, to?: string): void {
    const envelope: TabEnvelope = { v: 1, from: this.id, ...(to !== undefined && { to }), ...message }
    this.channel?.postMessage(envelope)
  }

  private handle(message: TabEnvelope): void {
    const { from, to } = message
    if (from === this.id || (to !== undefined && to !== this.id)) return
    switch (message.kind) {
      case 'who':
        if (this.accept !== undefined) this.post({ kind: 'here' }, from)
        break
      case 'here':
        this.found(from)
        break
      case 'bye':
        this.gone(from)
        break
      case 'open':
        this.accepted(from, message.circuit, message.window, message.frame)
        break
      default: {
        const circuit = this.circuits.get(message.circuit)
        if (circuit?.peer === from) this.onCircuit(circuit, message)
        // The other end missed our close: a page in the back/forward cache hears nothing.
        else if (circuit === undefined && message.kind === 'data') {
          this.post({ kind: 'close', circuit: message.circuit, number: 0 }, from)
        }
      }
    }
  }

  private onCircuit(circuit: TabCircuit, message: TabMessage): void {
    if (message.kind === 'data') circuit.receive(message.number, message.frame)
    else if (message.kind === 'ack') circuit.acknowledged(message.consumed)
    else if (message.kind === 'close') circuit.closed(message.number, message.code)
    else if (message.kind === 'refuse' && circuit.dialling) circuit.end(undefined, false)
    else if (message.kind === 'opened' && circuit.dialling) {
      circuit.opened(message.window)
      this.dials.get(circuit.id)?.opened()
    }
  }

  private found(node: string): void {
    // Who does not listen cannot be dialled back, and so dials in any case.
    if (this.accept !== undefined && this.id < node) return
    for (const { found, seen } of [...this.finders]) {
      if (seen.has(node)) continue
      seen.set(node, true)
      found(this.prefix + node)
    }
  }

  private gone(node: string): void {
    for (const circuit of [...this.circuits.values()]) if (circuit.peer === node) circuit.end(undefined, false)
    this.forget(node)
  }

  /** A tab that we have no connection with any more may be told again when it next says that it is here: it was frozen. */
  private forget(node: string): void {
    for (const { peer } of this.circuits.values()) if (peer === node) return
    for (const { seen } of this.finders) seen.delete(node)
  }

  private accepted(from: string, id: string, window: number, firstFrame: Uint8Array): void {
    if (this.circuits.has(id)) return
    let inbound = 0
    for (const { pipe } of this.circuits.values()) if (!pipe.outbound) inbound++
    if (this.accept === undefined || inbound >= this.limits.maxConnections) {
      this.post({ kind: 'refuse', circuit: id }, from)
      return
    }
    const circuit = this.add(id, from, false)
    circuit.opened(window, firstFrame)
    this.post({ kind: 'opened', circuit: id, window: this.window }, from)
    this.accept(circuit.pipe)
  }
}
