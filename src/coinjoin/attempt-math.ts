import { equalBytes } from '../base/bytes.js'
import { fieldOf, type MixField } from './fields.js'
import { type KeysItem, type Reveal, readEnd } from './items.js'
import { isSigned, type MixTransaction, mixTransactionOf } from './mix-transaction.js'
import { type PadParty, padKeysOf, padOf } from './pads.js'
import type { Steps } from './polynomials.js'
import {
  judgeRegistrations,
  type Registered,
  type RegisteredCoin,
  type Registration,
  type RegistrationTerms,
} from './registration.js'
import { messagesIn, vectorOf } from './vectors.js'
import { culpritsOf, type JudgedKeys, judgeKeys, judgeVectors } from './verdict.js'

/** What the items of an attempt come to, before it is signed or opened. Places are those among the attempt's members. */
export type Verdict =
  /** No honest member says what these have said. */
  | { readonly kind: 'offence'; readonly places: readonly number[] }
  /** Their coins are not taken, or they do not take a coin of others: nobody's fault that can be proven. */
  | { readonly kind: 'out'; readonly places: readonly number[] }
  /** All messages are found. */
  | { readonly kind: 'mixed'; readonly mix: MixTransaction; readonly messages: readonly Uint8Array[] }
  /** The sum is no sum of honest vectors: all reveal. */
  | { readonly kind: 'disturbed' }

/** The items by round, each by place. */
export interface RoundItems {
  readonly register: readonly Uint8Array[]
  readonly keys: readonly Uint8Array[]
  readonly commit: readonly Uint8Array[]
  readonly vector: readonly Uint8Array[]
}

/** What the signatures of all come to. */
export interface SignedInputs {
  /** By input those that hold. */
  readonly signatures: readonly (Uint8Array | undefined)[]
  /** Places of those that have said others. */
  readonly guilty: readonly number[]
}

/** What one attempt computes of what was said: pure, and the same at all who hold the same items. */
export class AttemptMath {
  readonly field: MixField
  registered: Registered | undefined
  judged: JudgedKeys | undefined
  private vectors: readonly (readonly bigint[])[] = []

  /**
   * @param members their keys, by place.
   * @param before what each had registered in an attempt before: it may say nothing else.
   */
  constructor(
    readonly attempt: Uint8Array,
    readonly members: readonly Uint8Array[],
    private readonly terms: RegistrationTerms,
    private readonly before: ReadonlyMap<string, Uint8Array> | undefined,
    private readonly draw: (count: number) => Uint8Array,
  ) {
    this.field = fieldOf(terms.pool.outputType)
  }

  /** M: the mixed outputs of all. */
  get count(): number {
    return this.counts.reduce((sum, each) => sum + each, 0)
  }

  /** Whether what was said so far leaves nothing to mix: nobody then says anything of its own. */
  get isDoomed(): boolean {
    const { registered, judged } = this
    if (registered === undefined || registered.guilty.length > 0) return true
    return judged !== undefined && judged.guilty.length + judged.outvoted.length + judged.parting.length > 0
  }

  *register(items: readonly Uint8Array[]): Steps<void> {
    const { terms, members, before } = this
    const found = yield* judgeRegistrations(terms, members, items)
    const others = items.flatMap((item, place) => {
      const said = before?.get(members[place]!.join())
      return said === undefined || equalBytes(said, item) ? [] : [place]
    })
    const guilty = [...new Set([...found.guilty, ...others])].sort((a, b) => a - b)
    this.registered = { ...found, guilty }
  }

  *keys(items: readonly Uint8Array[]): Steps<void> {
    this.judged = yield* judgeKeys(items)
  }

  /** Our own vector. */
  *vector(place: number, reveal: Reveal): Steps<bigint[]> {
    const { attempt, field, members, count } = this
    const own = padKeysOf(reveal.seed, attempt)
    const party = (at: number): PadParty => ({ member: members[at]!, padKey: this.keysOf(at).padKey })
    const padWith = (other: number) => padOf(field, attempt, own, party(place), party(other), count)
    return yield* vectorOf({ field, attempt, messages: reveal.messages, place, members: members.length, count, padWith })
  }

  *verdict({ commit, vector }: RoundItems): Steps<Verdict> {
    const { registered, judged, field, attempt, members, count, terms, draw } = this
    if (registered!.guilty.length > 0) return { kind: 'offence', places: registered!.guilty }
    const { guilty, outvoted, parting } = judged!
    if (guilty.length > 0) return { kind: 'offence', places: guilty }
    if (outvoted.length + parting.length > 0) return { kind: 'out', places: [...outvoted, ...parting].sort((a, b) => a - b) }
    const read = judgeVectors(field, attempt, members, { commit, vector }, count)
    if (read.guilty.length > 0) return { kind: 'offence', places: read.guilty }
    this.vectors = read.vectors
    const messages = yield* messagesIn(field, attempt, read.vectors, draw)
    if (messages === undefined) return { kind: 'disturbed' }
    return { kind: 'mixed', messages, mix: mixTransactionOf(terms.pool, this.registrations, messages) }
  }

  /** Who has disturbed the sum, of those that have revealed. @param ends by place. */
  *culprits(ends: readonly (Uint8Array | undefined)[]): Steps<number[]> {
    const { field, attempt, members, counts, vectors } = this
    const keys = members.map((_, place) => this.keysOf(place))
    const reveals = ends.map((value) => {
      const item = value && readEnd(value)
      return item?.kind === 'reveal' ? item : undefined
    })
    const silent = ends.flatMap((value, place) => (value !== undefined && reveals[place] === undefined ? [place] : []))
    const found = yield* culpritsOf({ field, attempt, members, keys, counts, vectors }, reveals)
    return [...new Set([...found, ...silent])].sort((a, b) => a - b)
  }

  /** @param ends by place. */
  *signatures(mix: MixTransaction, ends: readonly (Uint8Array | undefined)[]): Steps<SignedInputs> {
    const signatures: (Uint8Array | undefined)[] = mix.coins.map(() => undefined)
    const guilty: number[] = []
    for (const [place, value] of ends.entries()) {
      if (value === undefined) continue
      const item = readEnd(value)
      const own = mix.owners.flatMap((owner, input) => (owner === place ? [input] : []))
      let isGood = item?.kind === 'sign' && item.signatures.map(([input]) => input).join() === own.join()
      for (const [input, signature] of isGood && item?.kind === 'sign' ? item.signatures : []) {
        yield
        isGood &&= isSigned(mix, input, signature)
        if (isGood) signatures[input] = signature
      }
      if (!isGood) guilty.push(place)
    }
    return { signatures, guilty }
  }

  /** Coins of a member whose proof of ownership holds. */
  provenOf(place: number): readonly RegisteredCoin[] {
    return this.registered?.proven[place] ?? []
  }

  get registrations(): readonly Registration[] {
    return this.registered!.registrations as readonly Registration[]
  }

  private get counts(): number[] {
    return this.registrations.map((each) => each?.outputs ?? 0)
  }

  private keysOf(place: number): KeysItem {
    return this.judged!.keys[place]!
  }
}
