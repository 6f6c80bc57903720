import { Alarm } from '../base/alarm.js'
import { Backoff } from '../base/backoff.js'
import type { Clock } from '../base/clock.js'
import { asP2PError, type P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Logger } from '../base/logger.js'
import type { Random } from '../base/random.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import { P2PCoordinator } from '../core.js'
import { identityFromSeed, identityReady } from '../identity/identity.js'
import { checkEmpty, unknownType } from '../message/shape.js'
import { proofOfWork } from '../plugins/proof-of-work/plugin.js'
import type { Guard } from './guards.js'
import { ONION_PROTOCOL, readDelivered, readErrorMessage } from './messages.js'

const INBOX_MS = 10_000
/** How long a guard may take to show that it is there, when an answer does not come. */
const PROBE_MS = 2_000
const MIN_PAUSE_MS = 500

export interface EntryOptions {
  clock: Clock
  random: Random
  limits: Required<Limits>
  network: string
  allowPrivate: boolean
  logger: Logger
  /** Plugins of the coordinator that is made: transports, for instance. */
  plugins: () => Plugin[]
  /** Inbox tags to attach, 16 bytes each. */
  tags: () => Uint8Array[]
  /** It is there, with its inbox attached. */
  onOpen: (entry: Entry) => void
  /** It could not be reached, or is lost; it is dialled again. */
  onFailed: (entry: Entry, error: P2PError) => void
  onDelivered: (surbId: Uint8Array, delta: Uint8Array) => void
  onError: (packetId: Uint8Array, error: Uint8Array) => void
}

/**
 * The connection to one guard: by a coordinator of its own, whose identity serves for this guard alone. The guard learns the network
 * address of the wallet and that it uses the onion, and no id by which anybody else knows the wallet.
 */
export class Entry {
  isOpen = false
  private kit: PluginKit | undefined
  private coordinator: { shutdown(): Promise<void> } | undefined
  private peerId: string | undefined
  private isOver = false
  private isDialling = false
  private probing: Promise<boolean> | undefined
  private readonly again: Alarm
  private readonly attaching: Alarm
  private readonly backoff: Backoff

  constructor(
    readonly guard: Guard,
    private readonly options: EntryOptions,
  ) {
    const { clock, random, limits } = options
    this.again = new Alarm(clock, () => void this.open())
    this.attaching = new Alarm(clock, () => void this.attach().catch(() => {}))
    this.backoff = new Backoff({ minMs: MIN_PAUSE_MS, maxMs: limits.maxOnionGuardPauseMs, random })
  }

  /** Connects, and goes on trying. */
  async open(): Promise<void> {
    if (this.isOver || this.isOpen || this.isDialling) return
    this.isDialling = true
    try {
      const kit = await this.ready()
      const { guard, options } = this
      this.peerId = await kit.dialer.dial(guard.address, guard.id, { timeoutMs: options.limits.onionGuardDialMs })
      await this.attach()
      this.isOpen = !this.isOver
      this.backoff.reset()
      if (this.isOpen) options.onOpen(this)
    } catch (error) {
      this.lost(asP2PError(error, 'PEER_UNREACHABLE', 'The guard cannot be reached.'))
    } finally {
      this.isDialling = false
    }
  }

  /** The tags have changed: the guard is told soon, of several changes once. */
  tagsChanged(): void {
    if (this.isOpen) this.attaching.armOnce(0)
  }

  /** Resolves once the guard has the tags of now. @throws P2PError as `PluginKit.request`. */
  async attach(timeoutMs = INBOX_MS): Promise<void> {
    const { kit, peerId } = this
    if (kit === undefined || peerId === undefined) return
    this.attaching.disarm()
    const payload = this.options.tags()
    const answer = await kit.request(peerId, { type: 'inbox', payload, protocol: ONION_PROTOCOL }, { timeoutMs })
    if (answer.type !== 'attached') throw unknownType(answer)
    checkEmpty(answer)
  }

  /** An answer does not come: whether the guard itself is there, which a connection shows late. One that is not is lost. */
  isAlive(): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false)
    this.probing ??= this.attach(PROBE_MS)
      .then(() => true)
      .catch((error) => {
        if (this.isOpen) this.lost(asP2PError(error, 'CONNECTION_LOST', 'The guard does not answer.'))
        return false
      })
      .finally(() => {
        this.probing = undefined
      })
    return this.probing
  }

  /** Sends a packet; waits for the guard's budget. @throws P2PError PEER_NOT_CONNECTED, and as `PluginKit.sendTo`. */
  async send(packet: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { kit, peerId = this.guard.id } = this
    await kit?.sendTo(peerId, { type: 'packet', payload: packet, protocol: ONION_PROTOCOL }, { signal })
  }

  /** The round trip to the guard, milliseconds; undefined before it was measured. */
  get rttMs(): number | undefined {
    return this.peerId === undefined ? undefined : this.kit?.peer(this.peerId)?.connection?.rttMs
  }

  close(): void {
    this.isOver = true
    this.isOpen = false
    this.again.disarm()
    this.attaching.disarm()
    void this.coordinator?.shutdown().catch(() => {})
    this.coordinator = undefined
    this.kit = undefined
  }

  private async ready(): Promise<PluginKit> {
    if (this.kit !== undefined) return this.kit
    const { clock, random, network, allowPrivate, logger, plugins } = this.options
    const identity = identityFromSeed(this.guard.seed)
    await identityReady(identity)
    let inner: PluginKit | undefined
    const inside: Plugin = {
      name: 'onion-entry',
      attach: (kit) => {
        inner = kit
        kit.registerProtocol({
          protocolName: ONION_PROTOCOL,
          // Answers come as fast as hops let them.
          rateLimits: { messagesPerS: 200, burst: 1_000 },
          handleMessage: async ({ type, payload, protocol, ...rest }, from) => {
            if (from.peerId !== this.peerId) return
            if (type === 'delivered') this.options.onDelivered(...readDelivered(payload))
            else if (type === 'error') this.options.onError(...readErrorMessage(payload))
            else throw unknownType({ type, payload, ...rest, protocol: ONION_PROTOCOL })
          },
        })
        kit.onPeer({
          disconnected: ({ peerId }) => {
            if (peerId === this.peerId && this.isOpen) {
              this.isOpen = false
              this.lost(asP2PError(undefined, 'CONNECTION_LOST', 'The connection to the guard is lost.'))
            }
          },
        })
        return {}
      },
    }
    this.coordinator = new P2PCoordinator({
      network,
      identity,
      clock,
      random,
      logger,
      allowPrivate,
      plugins: [proofOfWork(), inside, ...plugins()],
    })
    this.kit = inner!
    return this.kit
  }

  private lost(error: P2PError): void {
    this.isOpen = false
    if (this.isOver) return
    this.again.arm(this.backoff.next(error.details.retryAfterMs))
    this.options.onFailed(this, error)
  }
}
