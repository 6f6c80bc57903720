import { P2PError, shutDownError } from '../base/errors.js'
import type { WaitOptions } from '../base/wait.js'
import type { Plugin } from '../core/plugin.js'
import type { P2PCoordinator } from '../core.js'
import { canonicalId } from '../identity/peer-id.js'
import type { OutgoingMessage, P2PMessage } from '../message/message.js'
import type { DiscoverOptions, ResourceConditions } from '../plugins/discovery/filters.js'
import type { ResourceAnnouncement } from '../plugins/discovery/resources.js'
import { checkTopic } from '../plugins/topics/topic-messages.js'
import { type PeerInfo, PeerState } from '../protocol/peer-info.js'
import type { AnonymousRequestOptions } from './letters.js'
import { onionCoordinator } from './onion-coordinator.js'
import { onionAddress } from './onion-transport.js'
import type { Persona } from './persona.js'
import type { OnionProfile } from './profile.js'

/** How a call goes through the onion. */
export interface OnionCallOptions extends WaitOptions {
  /** Default: `quick` for what somebody waits for, `background` for announcements, `mixed` for topics. */
  profile?: OnionProfile | undefined
}

/** Something that was announced in nobody's name. */
export interface OnionAnnouncement {
  /** The `lp1…` id that has announced it. */
  creatorPeerId: string
  /** Takes it back. @throws P2PError as `OnionIdentity.announce`. */
  withdraw(options?: WaitOptions): Promise<void>
}

/** Where an identity gets what it works as. */
export interface Personas {
  /** @throws P2PError LIMIT_EXCEEDED, SHUT_DOWN, and what keeps the onion from working. */
  open(name: string): Promise<Persona>
  /** It is over. */
  close(persona: Persona): void
  /** It waits for nothing from the network until `wake`. */
  rest(persona: Persona): void
  wake(persona: Persona): Promise<void>
}

/** The name under which each call has an identity of its own. */
export const FRESH = 'fresh'

/**
 * An identity for one purpose, isolated from all others of this wallet and from the wallet itself: an own key, exits and reply blocks. With
 * the purpose `'fresh'` each call has its own.
 *
 * @example
 * const bob = wallet.onion.identity('negotiation:7')
 * const answer = await bob.request(peerId, { type: 'ask', protocol: 'offers', payload: { sats: 5n } }, { profile: 'mixed' })
 * await bob.close()
 */
export class OnionIdentity<Plugins extends readonly Plugin[] = readonly Plugin[]> {
  private persona: Promise<Persona> | undefined
  private peer: Promise<P2PCoordinator<Plugins>> | undefined
  private isOver = false

  /** @internal */
  constructor(
    readonly purpose: string,
    private readonly personas: Personas,
    private readonly plugins: () => Plugins,
    private readonly onClose: () => void,
  ) {}

  /** The `lp1…` id by which others know this identity; of `'fresh'` there is none. @throws P2PError SHUT_DOWN, INVALID_CONFIG. */
  async peerId(): Promise<string> {
    if (this.purpose === FRESH) throw new P2PError('INVALID_CONFIG', 'An identity that is fresh for each call has no id.')
    return (await this.own()).peerId
  }

  /**
   * Asks an exit for nothing: measures the way there and back.
   *
   * @returns milliseconds. @throws P2PError as `request`.
   */
  async ping(options: OnionCallOptions = {}): Promise<number> {
    return this.as(async ({ asker, parts }) => {
      const now = () => parts.carrier.now
      const startedAt = now()
      await asker.ask({ ...options, action: 'ping', args: [] })
      return now() - startedAt
    })
  }

  /**
   * Asks a peer, which sees an ephemeral key as the sender. It must have a mailbox (its card says how to seal the question), and a handler of
   * the protocol with `anonymous: true`. Question and answer have at most 16 and 32 kB.
   *
   * @param options.profile default `quick`; `handlerMs`, default 20,000: how long the peer's handler may take.
   * @throws P2PError PEER_NOT_FOUND, ONION_TIMEOUT, ONION_EXIT_REFUSED, ONION_NO_PATH, ONION_TOO_FEW_OPERATORS, MESSAGE_TOO_LARGE,
   * INVALID_MESSAGE, INVALID_PEER_ID, ABORTED, SHUT_DOWN, or the code with which the peer refuses.
   */
  async request<T = unknown>(
    peerId: string,
    message: OutgoingMessage,
    options: AnonymousRequestOptions = {},
  ): Promise<P2PMessage<T>> {
    return this.as(({ letters }) => letters.request(peerId, message, options)) as Promise<P2PMessage<T>>
  }

  /**
   * Announces a resource. It ends with its `ttl`, and is not published anew by itself, which would tell how long the wallet is there.
   *
   * @param options.ttl seconds, rounded up to whole minutes; default 3,600.
   * @param options.republish true: it is published anew until it is withdrawn or the identity closed. Default false; not for `'fresh'`.
   * @throws P2PError INVALID_RESOURCE, NOT_STORED, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, and as `request`.
   */
  async announce<T>(
    type: string,
    id: string,
    data: T,
    options: OnionCallOptions & { ttl?: number | undefined; republish?: boolean | undefined } = {},
  ): Promise<OnionAnnouncement> {
    const { profile = 'background', ttl = 3_600, republish = false, ...wait } = options
    const persona = await this.begin()
    try {
      const isFresh = this.purpose === FRESH
      const { resources } = persona.table(profile)
      // Dates are rounded down to the minute: the minute that is lost is given back.
      await resources.announceResource(type, id, data, {
        ...wait,
        ttl: 60 * (Math.ceil(ttl / 60) + 1),
        republish: republish && !isFresh,
      })
      if (isFresh) this.personas.rest(persona)
      return {
        creatorPeerId: persona.peerId,
        withdraw: async (withdrawing) => {
          if (isFresh) await this.personas.wake(persona)
          try {
            await resources.withdrawResource(type, id, withdrawing)
          } finally {
            if (isFresh) this.personas.rest(persona)
          }
        },
      }
    } catch (error) {
      this.end(persona)
      throw error
    }
  }

  /** Takes back what this identity has announced with the same profile. @throws P2PError INVALID_CONFIG for `'fresh'`, and as `announce`. */
  async withdraw(type: string, id: string, options: OnionCallOptions = {}): Promise<void> {
    const { profile = 'background', ...wait } = options
    if (this.purpose === FRESH) {
      throw new P2PError('INVALID_CONFIG', 'What a fresh identity has announced is withdrawn by what `announce` has returned.')
    }
    await this.as((persona) => persona.table(profile).resources.withdrawResource(type, id, wait))
  }

  /** The resources of a type, newest first. @throws P2PError INVALID_RESOURCE, and as `request`. */
  async discover<T = unknown>(
    type: string,
    conditions?: ResourceConditions<T> | null,
    options: DiscoverOptions & OnionCallOptions = {},
  ): Promise<ResourceAnnouncement<T>[]> {
    const { profile = 'quick', ...rest } = options
    return this.as((persona) => persona.table(profile).resources.discoverResources<T>(type, conditions, rest))
  }

  /** What a peer publishes of itself; null where it publishes nothing. @throws P2PError INVALID_PEER_ID, and as `request`. */
  async resolve(peerId: string, options: WaitOptions = {}): Promise<PeerInfo | null> {
    return this.as(async ({ letters }) => (await letters.resolve(peerId, options)) ?? null)
  }

  /** Publishes on a topic. @throws P2PError INVALID_TOPIC, UNSERIALIZABLE_PAYLOAD, MESSAGE_TOO_LARGE, and as `request`. */
  async publish(topic: string, payload: unknown, options: OnionCallOptions = {}): Promise<void> {
    await this.as(async (persona) => {
      checkTopic(topic, persona.parts.limits)
      const args = [await persona.topicMessage(topic, payload)]
      await persona.asker.ask({ profile: 'mixed', ...options, action: 'publish', args })
    })
  }

  /**
   * Connects to a peer by a stream through the onion. The peer sees a relay and this identity's key; the connection is end to end as any
   * other, `peer.connection.transport` is 'onion', and it moves to no direct path. A stream carries some 200 kB/s at most.
   *
   * @returns the peer, connected in `coordinator()`.
   * @throws P2PError INVALID_CONFIG for `'fresh'`, PEER_UNREACHABLE, PEER_NOT_FOUND, TIMEOUT, ABORTED, and as `request`.
   * @example
   * const dealer = wallet.onion.identity('session:7', { plugins: () => [statements(), musig2({ signer })] })
   * await dealer.connect(peerId)
   * const { musig2 } = await dealer.coordinator()
   */
  async connect(peerId: string, options: WaitOptions = {}): Promise<PeerInfo> {
    const id = canonicalId(peerId)
    const coordinator = await this.coordinator()
    const target = { peerId: id, addresses: { others: [onionAddress(id)] }, state: PeerState.DISCONNECTED, lastSeen: 0 }
    return coordinator.connectToPeer(target, options)
  }

  /** What speaks for this identity over streams: a coordinator of `lotus-p2p/core` with no other way to reach anybody. @throws P2PError INVALID_CONFIG, SHUT_DOWN. */
  coordinator(): Promise<P2PCoordinator<Plugins>> {
    if (this.purpose === FRESH) {
      return Promise.reject(new P2PError('INVALID_CONFIG', 'A stream needs an identity that lasts. Name its purpose.'))
    }
    this.peer ??= this.own().then((persona) => onionCoordinator(persona, this.plugins()) as P2PCoordinator<Plugins>)
    return this.peer
  }

  /** Ends it: its key is gone. What it has announced stays until its `ttl`. */
  async close(): Promise<void> {
    this.isOver = true
    const { persona, peer } = this
    this.persona = undefined
    this.onClose()
    await peer?.then((coordinator) => coordinator.shutdown()).catch(() => {})
    if (persona !== undefined) this.personas.close(await persona)
  }

  private async as<T>(run: (persona: Persona) => Promise<T>): Promise<T> {
    const persona = await this.begin()
    try {
      return await run(persona)
    } finally {
      this.end(persona)
    }
  }

  private begin(): Promise<Persona> {
    if (this.isOver) throw shutDownError('This identity')
    return this.purpose === FRESH ? this.personas.open('') : this.own()
  }

  private own(): Promise<Persona> {
    if (this.isOver) return Promise.reject(shutDownError('This identity'))
    this.persona ??= this.personas.open(this.purpose)
    return this.persona
  }

  /** A persona for one call is over. */
  private end(persona: Persona): void {
    if (this.purpose === FRESH) this.personas.close(persona)
  }
}
