import { asP2PError, P2PError, shutDownError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Logger } from '../base/logger.js'
import type { WaitOptions } from '../base/wait.js'
import type { Plugin, PluginKit } from '../core/plugin.js'
import type { Identity } from '../identity/identity.js'
import type { Courier } from '../mail/courier.js'
import { openState } from '../plugins/persistence/state-format.js'
import { Carrier } from './carrier.js'
import { Cover, type CoverMode } from './cover.js'
import { Directories } from './directories.js'
import { Directory } from './directory.js'
import { Entries } from './entries.js'
import { Guards } from './guards.js'
import type { GroupOf, Hop } from './hop.js'
import { OnionIdentity } from './identity.js'
import { mailCourier } from './mail-courier.js'
import { Middles } from './middles.js'
import { Paths } from './paths.js'
import { Persona, type PersonaParts } from './persona.js'
import { anonymityBits, type OnionProfile } from './profile.js'
import { Scores } from './scores.js'
import { Tags } from './tags.js'

/** Options with nothing left open. */
export interface OnionSettings {
  readonly hops: 2 | 3 | 4
  readonly cover: CoverMode
  readonly minOperators: number
  readonly hopAgeMs: number
  readonly guardAgeMs: number
  readonly groupOf: GroupOf
  readonly entryPlugins: () => Plugin[]
  readonly mail: OnionProfile
}

/** A hop of a path, as it tells of itself. */
export interface OnionPathHop {
  /** Its `lp1…` id. */
  peerId: string
  /** Who it says that runs it. It may say what it likes: paths tell operators apart by addresses. */
  operator: string | undefined
  /** Where it is reached, such as `wss://relay.example`. */
  address: string
}

/** How the onion does. */
export interface OnionStatus {
  /** Guards that are connected: one carries all packets, another one stands by. */
  guards: number
  /** Hops that can be used now, and how many operators they have. */
  hops: number
  operators: number
  /** The fewest operators that are accepted; below 3, two of them may see both ends of a path. */
  minOperators: number
  /** `'paused'`: the page is hidden, and a browser slows its timers down, so that cover would tell more than none. */
  cover: 'on' | 'paused' | 'off'
  /**
   * For each profile, log2 of the packets among which an observer of all hops of a path has to guess, by the rates that hops tell: below 4
   * an application should call it weak. `quick` has 0: it hides who asks from each single hop, and from nobody who watches both ends.
   */
  estimate: Record<OnionProfile, number>
  /** Packets that were sent for somebody, those that came back, and those of cover. */
  sent: number
  received: number
  covered: number
  /** Loops that did not come back, and packets that somebody on the way has changed. */
  lost: number
  touched: number
  /** The hops of the last packet that was sent for somebody, from the guard to the exit; empty before the first. Answers come by others. */
  path: OnionPathHop[]
  /** Why the onion does not work yet; undefined where it does. */
  problem: P2PError | undefined
}

/** The onion of a wallet: `wallet.onion`. */
export class Onion {
  private readonly directory: Directory
  private readonly directories: Directories
  private readonly guards: Guards
  private readonly middles: Middles
  private readonly scores: Scores
  private readonly paths: Paths
  private readonly entries: Entries
  private readonly carrier: Carrier
  private readonly cover: Cover
  private readonly tags: Tags
  private readonly parts: PersonaParts
  private readonly identities = new Set<Pick<OnionIdentity, 'close'>>()
  private readonly personas = new Set<Persona>()
  private problem: P2PError | undefined
  private isOver = false

  /** @internal */
  constructor(
    private readonly kit: PluginKit,
    private readonly settings: OnionSettings,
  ) {
    const { clock, random, store, network, allowPrivate = false } = kit
    const limits = kit.limits as Required<Limits>
    const logger: Logger = kit.logger
    const report = (error: Error) => kit.report(error)
    const { hopAgeMs, guardAgeMs, hops, minOperators } = settings
    const groupOf = ({ id, record: { address, operator } }: Hop) => settings.groupOf({ peerId: id, address, operator })
    this.directory = new Directory({ clock, store, limits, hopAgeMs, guardAgeMs })
    this.scores = new Scores(clock, limits, (id) => this.leftOut(id))
    this.middles = new Middles({ clock, random, store, limits, groupOf, onFailed: report })
    const { directory, scores, middles } = this
    this.guards = new Guards({
      clock,
      random,
      store,
      limits,
      groupOf,
      isNamed: ({ record: { address } }) => kit.named.has(address),
      makeSeed: () => crypto.getRandomValues(new Uint8Array(32)),
    })
    this.paths = new Paths({ clock, random, limits, directory, scores, middles, groupOf, hops, minOperators })
    this.entries = new Entries({
      clock,
      random,
      limits,
      network,
      allowPrivate,
      logger,
      plugins: settings.entryPlugins,
      tags: () => this.tags.all,
      guards: this.guards,
      directory,
      isOnline: () => kit.peers().length > 0,
      onDelivered: (surbId, delta) => this.carrier.delivered(surbId, delta),
      onError: (packetId, error) => this.carrier.failed(packetId, error),
      onLost: (guardId) => this.carrier.lost(guardId),
      onChange: () => this.cover.update(),
      report,
    })
    this.carrier = new Carrier({
      clock,
      random,
      limits,
      paths: this.paths,
      scores,
      directory,
      entries: this.entries,
      cover: () => this.cover,
      onStaleKeys: () => this.directories.hurry(),
    })
    this.tags = new Tags(random, limits, this.carrier.loopTag, () => this.entries.tagsChanged())
    // Cover looks like what is sent most: packets that wait at hops.
    const profile: OnionProfile = 'mixed'
    this.cover = new Cover({
      clock,
      random,
      limits,
      mode: settings.cover,
      isInSession: () => this.identities.size > 0,
      drop: () => this.carrier.drop(profile),
      loop: () => this.carrier.loop(profile),
    })
    this.directories = new Directories(kit, directory, limits, {
      changed: () => this.directoryChanged(),
      suspected: (relays) => this.suspect(relays),
      failed: (error) => {
        this.problem = asP2PError(error, 'ONION_NO_PATH', 'The directory of hops could not be had.')
      },
    })
    const { paths, entries, carrier } = this
    this.parts = { clock, random, limits, logger, network, allowPrivate, paths, scores, entries, carrier, report }
  }

  /**
   * An identity for one purpose, such as one negotiation; `'fresh'`: each of its calls has an own one. It lives in memory: after a reload the
   * same purpose has another key.
   *
   * @param purpose 1 to 128 characters.
   * @param options.plugins of the coordinator that streams connect, such as `statements()`; none that brings a transport.
   * @param options.identity its key, where what it announces is to be somebody's who has a connection too; default: a fresh one. Not for `'fresh'`.
   * @throws P2PError INVALID_CONFIG, SHUT_DOWN.
   */
  identity<const Plugins extends readonly Plugin[] = readonly []>(
    purpose: string,
    options: { plugins?: (() => Plugins) | undefined; identity?: Identity | undefined } = {},
  ): OnionIdentity<Plugins> {
    if (this.isOver) throw shutDownError('The onion')
    if (typeof purpose !== 'string' || purpose === '' || purpose.length > 128) {
      throw new P2PError('INVALID_CONFIG', 'A purpose is a text of 1 to 128 characters.', { details: { option: 'purpose' } })
    }
    const { plugins = () => [] as unknown as Plugins } = options
    const identity: OnionIdentity<Plugins> = new OnionIdentity(
      purpose,
      {
        open: (name) => this.open(name, name === '' ? undefined : options.identity),
        close: (persona) => this.closePersona(persona),
        rest: (persona) => this.tags.give(persona.purpose.tag),
        wake: async (persona) => {
          this.tags.retake(persona.purpose.tag)
          await this.attach()
        },
      },
      plugins,
      () => {
        this.identities.delete(identity)
        this.cover.update()
      },
    )
    this.identities.add(identity)
    this.cover.update()
    return identity
  }

  /** Resolves once packets can go: a guard is connected, and hops of enough operators are known. @throws P2PError as `OnionIdentity.ping`. */
  async ready(wait: WaitOptions = {}): Promise<void> {
    await this.kit.run(wait)
    await this.entries.ready(wait)
    this.paths.checkOperators()
  }

  /** Brings letters to mailboxes. @internal */
  courier(): Courier {
    const { directory, settings, kit } = this
    return mailCourier({
      network: kit.network,
      random: kit.random,
      profile: settings.mail,
      serves: (relayId) => directory.get(relayId)?.record.exit.includes('deposit') === true,
      as: async (run) => {
        const persona = await this.open('')
        try {
          return await run(persona)
        } finally {
          this.closePersona(persona)
        }
      },
    })
  }

  /** How the onion does at present. */
  status(): OnionStatus {
    const { minOperators, hops } = this.settings
    const usable = this.paths.usable()
    const { sent, received, lost, touched, cover: covered } = this.carrier.counts
    const typical = [...usable]
      .sort((a, b) => a.record.rate - b.record.rate)
      .slice(0, Math.ceil(usable.length / 2))
      .slice(-hops)
    const bits = (profile: OnionProfile) => anonymityBits(typical, profile)
    return {
      guards: this.entries.open().length,
      hops: usable.length,
      operators: this.paths.operators,
      minOperators,
      cover: this.cover.state,
      estimate: { quick: bits('quick'), mixed: bits('mixed'), background: bits('background') },
      sent,
      received,
      covered,
      lost,
      touched,
      path: this.carrier.route.map(({ id, record: { operator, address } }) => ({ peerId: id, operator, address })),
      problem: this.entries.open().length > 0 && this.paths.operators >= minOperators ? undefined : this.problem,
    }
  }

  /** Ends all identities, and lets go of the guards, which stay the same for the next time. */
  async close(): Promise<void> {
    this.isOver = true
    for (const identity of [...this.identities]) await identity.close()
    this.stop()
  }

  /** @internal The store is ours from here on. */
  async lead(): Promise<void> {
    try {
      await openState(this.kit.store)
      const bad = (await this.directory.load()) + (await this.guards.load()) + (await this.middles.load())
      if (bad > 0)
        this.kit.report(new P2PError('STORAGE_FAILED', `${bad} entries of the onion could not be read; see bad/ in the store.`))
    } catch (error) {
      this.kit.report(asP2PError(error, 'STORAGE_FAILED', 'What the onion keeps could not be read.'))
    }
  }

  /** @internal */
  start(): void {
    if (this.isOver) return
    this.directories.start()
    this.entries.start()
    this.cover.update()
  }

  /** @internal */
  connected(): void {
    this.directories.connected()
  }

  /** @internal */
  suspend(): void {
    this.directories.stop()
    this.entries.stop()
    this.carrier.stop()
    this.cover.update()
  }

  /** @internal */
  stop(): void {
    this.isOver = true
    this.suspend()
    this.cover.close()
    for (const persona of [...this.personas]) this.closePersona(persona)
  }

  private async directoryChanged(): Promise<void> {
    const { directory, guards } = this
    await guards.update(directory.guards(), (id) => directory.get(id))
    this.problem =
      guards.all().length === 0
        ? new P2PError('ONION_NO_PATH', 'No hop that is known may be a guard yet. Hops must be known for a while.')
        : undefined
    this.entries.update()
  }

  /** A guard that loses packets is one that cannot be reached: the next of the sample is used. */
  private leftOut(id: string): void {
    if (!this.guards.all().some((guard) => guard.id === id)) return
    this.guards.failed(id)
    this.carrier.lost(id)
    this.entries.update()
  }

  private suspect(relays: string[]): void {
    const detail = 'What relays tell of the hops of the onion does not fit together.'
    const evidence = { reasons: [{ kind: 'views-differ', detail }], peers: relays, groups: [], since: this.kit.clock.now() }
    this.kit.emit('eclipse-suspected', evidence)
  }

  private async open(name: string, identity?: Identity): Promise<Persona> {
    if (this.isOver) throw shutDownError('The onion')
    await this.kit.run()
    const { tag, isAttached } = this.tags.take()
    try {
      if (!isAttached) await this.attach()
      const persona = await Persona.create(name, tag, this.parts, identity)
      this.personas.add(persona)
      return persona
    } catch (error) {
      this.tags.give(tag)
      throw error
    }
  }

  private async attach(): Promise<void> {
    await Promise.allSettled(this.entries.open().map(({ entry }) => entry.attach()))
  }

  private closePersona(persona: Persona): void {
    if (!this.personas.delete(persona)) return
    persona.close()
    this.tags.give(persona.purpose.tag)
  }
}
