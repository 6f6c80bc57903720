import type { Clock } from '../base/clock.js'
import { P2PError } from '../base/errors.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import type { Directory } from './directory.js'
import { drawByGroup } from './draw.js'
import { areRelated, type Hop, keyAt } from './hop.js'
import type { Middles } from './middles.js'
import { MIN_HOPS } from './packet.js'
import type { Scores } from './scores.js'

/** A path is drawn so often before it is given up: draws can lead to where the next hop has no choice. */
const DRAWS = 24
const NONE: ReadonlySet<string> = /* @__PURE__ */ new Set()

/** For whom a path is chosen. */
export interface PathPurpose {
  /** '' for purposes that are used once. */
  readonly name: string
  /** Tells purposes apart that have one name. */
  readonly id: string
}

export interface PathsOptions {
  clock: Clock
  random: Random
  limits: Required<Limits>
  directory: Directory
  scores: Scores
  middles: Middles
  groupOf: (hop: Hop) => string
  /** Hops of a path, 2 to 4. */
  hops: number
  /** Operators that there must be, 2 or more. */
  minOperators: number
}

/** What a path that is drawn has to keep to: that no two hops are related, and that no pair has failed lately. */
interface JoinRules {
  readonly areKept: boolean
  readonly arePairs: boolean
}

/** Chooses the hops of paths: by operator first, none of them related to another, and none that has failed lately. */
export class Paths {
  /** Which purpose has used an exit last, and when: by `lp1…` id. */
  private readonly exits = new Map<string, { purpose: string; at: number }>()

  constructor(private readonly options: PathsOptions) {}

  /** Hops that may be used now. */
  usable(): Hop[] {
    const { directory, scores, groupOf, minOperators } = this.options
    const all = directory.usable()
    const trusted = all.filter(({ id }) => !scores.isLeftOut(id))
    // A bad path is better than none, and than one of too few operators.
    return new Set(trusted.map(groupOf)).size < minOperators ? all : trusted
  }

  /** Of how many operators they are. */
  get operators(): number {
    return new Set(this.usable().map(this.options.groupOf)).size
  }

  /**
   * An exit for an action: not related to the guard, and by preference not used by another purpose within ten minutes.
   *
   * @param avoid ids of exits that have failed.
   * @param wanted ids of exits that would do; undefined: any.
   * @throws P2PError ONION_TOO_FEW_OPERATORS, ONION_NO_PATH.
   */
  exit(purpose: PathPurpose, guard: Hop, action: string, avoid: ReadonlySet<string>, wanted?: ReadonlySet<string>): Hop {
    const { clock, random, limits, groupOf, scores } = this.options
    this.checkOperators()
    const now = clock.now()
    const able = this.usable().filter(
      (hop) => hop.record.exit.includes(action) && !this.areRelated(hop, guard) && (wanted === undefined || wanted.has(hop.id)),
    )
    const isRested = ({ id }: Hop) => {
      const used = this.exits.get(id)
      return used === undefined || used.purpose === purpose.id || now - used.at >= limits.onionExitRestMs
    }
    const fresh = able.filter(({ id }) => !avoid.has(id))
    // Hops of one operator fail together.
    const groups = new Set(able.filter(({ id }) => avoid.has(id)).map(groupOf))
    const elsewhere = fresh.filter((hop) => !groups.has(groupOf(hop)))
    const isGood = ({ id }: Hop) => !scores.isDoubted(id)
    const rested = elsewhere.filter(isRested)
    const best = [rested.filter(isGood), rested, elsewhere, fresh.filter(isRested), fresh, able].find(({ length }) => length > 0)
    const exit = drawByGroup(random, best ?? [], groupOf)
    if (exit === undefined) throw noPath(`No hop that is known takes "${action}" and is unrelated to the guard.`)
    this.exits.delete(exit.id)
    this.exits.set(exit.id, { purpose: purpose.id, at: now })
    const [oldest] = this.exits.keys()
    if (this.exits.size > limits.maxOnionHops && oldest !== undefined) this.exits.delete(oldest)
    return exit
  }

  /**
   * From the guard to the exit.
   *
   * @param tried ids of hops in the middle that have been tried for the same message: others are taken where there are some.
   * @throws P2PError ONION_NO_PATH.
   */
  forward(purpose: PathPurpose, guard: Hop, exit: Hop, tried: ReadonlySet<string> = NONE): Hop[] {
    return this.join(purpose, [guard], this.options.hops - 2, [exit], tried)
  }

  /** From behind the exit to the guard: with the exit as many hops as on the way there. @throws P2PError ONION_NO_PATH. */
  back(purpose: PathPurpose, guard: Hop, exit: Hop, tried: ReadonlySet<string> = NONE): Hop[] {
    return this.join(purpose, [exit], Math.max(MIN_HOPS, this.options.hops - 1) - 1, [guard], tried).slice(1)
  }

  /** Over one guard, a hop, and another guard: what a loop tests. @throws P2PError ONION_NO_PATH. */
  loop(first: Hop, last: Hop): Hop[] {
    const { random, groupOf } = this.options
    const others = this.usable().filter((hop) => {
      const isCut = this.isPairLeftOut(first, hop) || this.isPairLeftOut(hop, last)
      return !isCut && !this.areRelated(hop, first) && !this.areRelated(hop, last)
    })
    const hop = drawByGroup(random, others, groupOf)
    if (hop === undefined || first.id === last.id) throw noPath('No hop is known for a loop.')
    return [first, hop, last]
  }

  /** To a hop where the packet ends: cover, which looks like a request. @throws P2PError ONION_NO_PATH. */
  drop(purpose: PathPurpose, guard: Hop): Hop[] {
    const { random, groupOf } = this.options
    const ends = this.usable().filter((hop) => !this.areRelated(hop, guard))
    const end = drawByGroup(random, ends, groupOf)
    if (end === undefined) throw noPath('No hop is known for cover.')
    return this.forward(purpose, guard, end)
  }

  /** With each hop its key of this epoch. @throws P2PError ONION_NO_PATH. */
  withKeys(path: readonly Hop[]): { hop: Hop; key: Uint8Array }[] {
    const now = this.options.clock.now()
    return path.map((hop) => {
      const key = keyAt(hop, now)
      if (key === undefined) throw noPath('The key of a hop is too old. The directory is asked anew.')
      return { hop, key }
    })
  }

  /** @throws P2PError ONION_TOO_FEW_OPERATORS. */
  checkOperators(): void {
    const { minOperators } = this.options
    const { operators } = this
    if (operators >= minOperators) return
    throw new P2PError(
      'ONION_TOO_FEW_OPERATORS',
      `Hops of ${operators} operators can be used, and ${minOperators} are needed: fewer could see both ends. Wait, or set minOperators to 2.`,
      { details: { operators, minOperators } },
    )
  }

  private join(purpose: PathPurpose, head: Hop[], count: number, tail: Hop[], tried: ReadonlySet<string>): Hop[] {
    const { directory, middles, scores } = this.options
    const usable = this.usable()
    const set = middles.of(purpose.name, usable, (id) => directory.get(id) !== undefined)
    // With two operators all that can be kept apart are the ends.
    const isSmall = this.options.minOperators === 2 && this.operators < this.options.hops
    const ways: [candidates: readonly Hop[], rules: JoinRules][] = [
      [set.filter(({ id }) => !tried.has(id) && !scores.isDoubted(id)), { areKept: true, arePairs: true }],
      [set.filter(({ id }) => !tried.has(id)), { areKept: true, arePairs: true }],
      [set, { areKept: true, arePairs: true }],
      [usable, { areKept: true, arePairs: true }],
      // Where each pair has failed, one of them may be there again.
      [usable, { areKept: true, arePairs: false }],
      [isSmall ? usable : [], { areKept: false, arePairs: false }],
    ]
    for (const [candidates, rules] of ways) {
      for (let i = 0; i < DRAWS; i++) {
        const path = this.drawn(head, count, tail, candidates, rules)
        if (path !== undefined) return path
      }
    }
    throw noPath('No hops are known that are unrelated to each other and reach each other.')
  }

  private drawn(head: Hop[], count: number, tail: Hop[], candidates: readonly Hop[], rules: JoinRules): Hop[] | undefined {
    const { random, groupOf } = this.options
    const path = [...head]
    for (let i = 0; i < count; i++) {
      const free = candidates.filter((hop) => {
        if (rules.arePairs && this.isPairLeftOut(path.at(-1)!, hop)) return false
        if (!rules.areKept) return ![...path, ...tail].some(({ id }) => id === hop.id)
        return [...path, ...tail].every((other) => !this.areRelated(hop, other))
      })
      const hop = drawByGroup(random, free, groupOf)
      if (hop === undefined) return undefined
      path.push(hop)
    }
    const [end] = tail
    const isCut = rules.arePairs && end !== undefined && this.isPairLeftOut(path.at(-1)!, end)
    return isCut ? undefined : [...path, ...tail]
  }

  private isPairLeftOut(hop: Hop, next: Hop): boolean {
    return this.options.scores.isPairLeftOut(hop.id, next.id)
  }

  private areRelated(a: Hop, b: Hop): boolean {
    return areRelated(a, b, this.options.groupOf)
  }
}

export function noPath(why: string): P2PError {
  return new P2PError('ONION_NO_PATH', `${why} More hops may be known in an hour.`)
}
