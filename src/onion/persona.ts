import { hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { Logger } from '../base/logger.js'
import type { Random } from '../base/random.js'
import { type Identity, identityFromSeed, identityReady } from '../identity/identity.js'
import { encodePeerId } from '../identity/peer-id.js'
import { HashTable } from '../plugins/dht/client/hash-table.js'
import { RecordVerifier } from '../plugins/dht/records/record-verifier.js'
import { Resources } from '../plugins/discovery/resources.js'
import { RUN_BYTES, signTopicMessage, wireOf } from '../plugins/topics/topic-messages.js'
import { Asker } from './asker.js'
import type { Carrier, Purpose } from './carrier.js'
import type { Entries } from './entries.js'
import { DATE_STEP_MS, Letters } from './letters.js'
import { OnionLookup } from './onion-lookup.js'
import type { Paths } from './paths.js'
import type { OnionProfile } from './profile.js'
import type { Scores } from './scores.js'

/** What all personas of a wallet share: none of it leaves the wallet. */
export interface PersonaParts {
  clock: Clock
  random: Random
  limits: Required<Limits>
  logger: Logger
  network: string
  allowPrivate: boolean
  paths: Paths
  scores: Scores
  entries: Entries
  carrier: Carrier
  report: (error: Error) => void
}

/** Records through the onion, and resources among them. */
export interface PersonaTable {
  readonly table: HashTable
  readonly resources: Resources
}

/**
 * One isolated identity on the network: a key, an inbox, exits and reply blocks of its own. Nothing of one persona appears in a packet of
 * another.
 */
export class Persona {
  readonly identity: Identity
  readonly purpose: Purpose
  readonly asker: Asker
  readonly letters: Letters
  /** The clock as anonymous messages tell it. */
  private readonly rounded: Clock
  private readonly tables = new Map<OnionProfile, PersonaTable>()
  private readonly run: Uint8Array
  private published = 0

  private constructor(
    name: string,
    tag: Uint8Array,
    readonly parts: PersonaParts,
    identity: Identity | undefined,
  ) {
    const { clock, random, limits, network, allowPrivate } = parts
    // Keys are never drawn from a generator that a test may have seeded.
    this.identity = identity ?? identityFromSeed(crypto.getRandomValues(new Uint8Array(32)))
    this.purpose = { name, id: hexOf(tag), tag }
    this.asker = new Asker({ ...parts, purpose: this.purpose })
    this.run = random.bytes(RUN_BYTES)
    const now = () => Math.floor(clock.now() / DATE_STEP_MS) * DATE_STEP_MS
    this.rounded = {
      now,
      elapsed: () => clock.elapsed?.() ?? clock.now(),
      setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
      clearTimeout: (timer) => clock.clearTimeout(timer),
    }
    this.letters = new Letters({
      asker: this.asker,
      table: this.table('quick').table,
      limits,
      random,
      identity: this.identity,
      network,
      now,
      allowPrivate,
    })
  }

  /**
   * A persona.
   *
   * @param name of the purpose; '' for one that is used once.
   * @param tag of its inbox, 16 bytes.
   * @param identity its key; default: a fresh one.
   */
  static async create(name: string, tag: Uint8Array, parts: PersonaParts, identity?: Identity): Promise<Persona> {
    const persona = new Persona(name, tag, parts, identity)
    await identityReady(persona.identity)
    return persona
  }

  get peerId(): string {
    return encodePeerId(this.identity.publicKey)
  }

  /** Records and resources through the onion, with the delays of a profile. */
  table(profile: OnionProfile): PersonaTable {
    const known = this.tables.get(profile)
    if (known !== undefined) return known
    const { clock, random, limits, logger, network, report } = this.parts
    // Cards live longer than all other records.
    const verifier = new RecordVerifier({
      network,
      clock,
      limits: { ...limits, maxTtlS: Math.max(limits.maxTtlS, limits.cardTtlS) },
    })
    const lookup = new OnionLookup(this.asker, verifier, limits, profile)
    const { identity, rounded } = this
    const ownId = () => this.peerId
    const owner = {
      get peerId() {
        return ownId()
      },
    }
    const table = new HashTable(owner, {
      clock: rounded,
      limits,
      logger,
      identity,
      network,
      verifier,
      lookup,
      random,
      onError: report,
    })
    const made: PersonaTable = { table, resources: new Resources(table, owner) }
    this.tables.set(profile, made)
    return made
  }

  /** A message for a topic, as subscribers verify it. */
  async topicMessage(topic: string, payload: unknown): Promise<unknown> {
    const { limits, network } = this.parts
    const publication = { run: this.run, sequence: ++this.published, publishedAt: this.rounded.now() }
    return wireOf(await signTopicMessage(this.identity, topic, payload, publication, limits, network))
  }

  close(): void {
    for (const { table } of this.tables.values()) table.shutdown()
  }
}
