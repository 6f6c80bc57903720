import { equalBytes } from '../base/bytes.js'
import { fieldOf, type MixField } from './fields.js'
import { type KeysItem, type Reveal, readEnd } from './items.js'
import { inputsOf, isSigned, type MixTransaction, mixTransactionOf } from './mix-transaction.js'
import { type PadParty, padKeysOf, padOf } from './pads.js'
import type { Steps } from './polynomials.js'
import { ascending } from './pool.js'
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
  /**
   * The attempt is over for these: no honest member says what they have said, an 'offence'; or they are 'out', as their coins are not taken, or
   * they do not take a coin of others, nobody's fault that can be proven.
   */
  | { readonly fault: 'offence' | 'out'; readonly places: readonly number[] }
  /** All messages are found. */
  | { readonly mix: MixTransaction; readonly messages: readonly Uint8Array[] }
  /** The sum is no sum of honest vectors: all reveal. */
  | 'disturbed'

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
   * @param before by place, what each had registered in an attempt before: it may say nothing else.
   */
  constructor(
    private readonly attempt: Uint8Array,
    private readonly members: readonly Uint8Array[],
    private readonly terms: RegistrationTerms,
    private readonly before: readonly (Uint8Array | undefined)[],
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
      const said = before[place]
      return said === undefined || equalBytes(said, item) ? [] : [place]
    })
    this.registered = { ...found, guilty: ascending([...found.guilty, ...others]) }
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

  /** @param commit what all have said, by place. */
  *verdict(commit: readonly Uint8Array[], vector: readonly Uint8Array[]): Steps<Verdict> {
    const { registered, judged, field, attempt, members, terms, draw } = this
    if (registered!.guilty.length > 0) return { fault: 'offence', places: registered!.guilty }
    const { guilty, outvoted, parting } = judged!
    if (guilty.length > 0) return { fault: 'offence', places: guilty }
    if (outvoted.length + parting.length > 0) return { fault: 'out', places: [...outvoted, ...parting] }
    const read = judgeVectors(field, attempt, members, { commit, vector }, this.count)
    if (read.guilty.length > 0) return { fault: 'offence', places: read.guilty }
    this.vectors = read.vectors
    const messages = yield* messagesIn(field, attempt, read.vectors, draw)
    return messages === undefined ? 'disturbed' : { messages, mix: mixTransactionOf(terms.pool, this.registrations, messages) }
  }

  /** Who has disturbed the sum, of those that have revealed. @param ends by place. */
  *culprits(ends: readonly (Uint8Array | undefined)[]): Steps<number[]> {
    const { field, attempt, members, counts, vectors } = this
    const keys = members.map((_, place) => this.keysOf(place))
    const reveals = ends.map((value) => {
      const item = value && readEnd(value)
      return item?.[0] === 'reveal' ? { seed: item[1], messages: item[2] } : undefined
    })
    const silent = ends.flatMap((value, place) => (value !== undefined && reveals[place] === undefined ? [place] : []))
    const found = yield* culpritsOf({ field, attempt, members, keys, counts, vectors }, reveals)
    return ascending([...found, ...silent])
  }

  /** @param ends by place. */
  *signatures(mix: MixTransaction, ends: readonly (Uint8Array | undefined)[]): Steps<SignedInputs> {
    const signatures: (Uint8Array | undefined)[] = mix.coins.map(() => undefined)
    const guilty: number[] = []
    for (const [place, value] of ends.entries()) {
      if (value === undefined) continue
      const item = readEnd(value)
      const said = item?.[0] === 'sign' ? item[1] : []
      let isGood = said.map(([input]) => input).join() === inputsOf(mix, place).join()
      for (const [input, signature] of isGood ? said : []) {
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
