import { hexOf } from '../base/bytes.js'
import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/limits.js'
import type { Random } from '../base/random.js'
import { sha256 } from '../base/sha256.js'
import { array, int, parsed, text, tuple } from '../message/shape.js'
import { readState, stateOf } from '../plugins/persistence/state-format.js'
import type { KeyValueStore } from '../storage/key-value-store.js'
import { drawDiverse } from './draw.js'
import type { Hop } from './hop.js'

const PREFIX = 'onion/middles/'
/** Purposes whose sets are kept: those that were used last. */
const MAX_SETS = 64
/** Fewer than so many that can be used, and the set is filled up again. */
const FEW = 2

const setShape = /* @__PURE__ */ (() => tuple(array(tuple(text(1, 128), int(0, Number.MAX_SAFE_INTEGER)), 16)))()

/** What middles work with. */
export interface MiddlesOptions {
  clock: Clock
  random: Random
  store: KeyValueStore
  limits: Required<Limits>
  groupOf: (hop: Hop) => string
  onFailed: (error: Error) => void
}

/**
 * The hops that stand in the middle of one purpose's paths (Tor's vanguards-lite): four, each kept for five to ten days, over reloads. To
 * draw a middle for each packet would cross a hostile one soon, which then knows the guard. Purposes that are used once share a set.
 */
export class Middles {
  /** By purpose, as its name in the store: the ids of the hops, and until when each is kept, milliseconds since the Unix epoch. */
  private readonly sets = new Map<string, Map<string, number>>()

  constructor(private readonly options: MiddlesOptions) {}

  /** @returns how many entries could not be read. */
  async load(): Promise<number> {
    const { found, bad } = await readState(this.options.store, PREFIX, (members) => parsed(setShape, members, 'middles'))
    this.sets.clear()
    for (const [key, [hops]] of found) this.sets.set(key, new Map(hops))
    return bad
  }

  /**
   * The set of a purpose, as far as it can be used. It is filled where fewer than two can be: a hop that is left out for a while keeps its
   * place, or whoever makes hops fail would choose what comes after them.
   *
   * @param purpose '' for those that are used once.
   * @param isTold whether the directory still has a hop.
   */
  of(purpose: string, usable: readonly Hop[], isTold: (id: string) => boolean): Hop[] {
    const { clock, random, limits, groupOf } = this.options
    const now = clock.now()
    const key = PREFIX + hexOf(sha256(new TextEncoder().encode(purpose)).subarray(0, 16))
    const set = this.sets.get(key) ?? new Map<string, number>()
    for (const [id, until] of set) if (now >= until || !isTold(id)) set.delete(id)
    const offered = () => usable.filter(({ id }) => set.has(id))
    if (set.size < limits.onionMiddles || offered().length < FEW) {
      const missing = limits.onionMiddles - offered().length
      const { minOnionMiddleMs: min, maxOnionMiddleMs: max } = limits
      for (const hop of drawDiverse(random, usable, missing, groupOf, offered())) {
        set.set(hop.id, now + Math.floor(min + (max - min) * random.unit()))
      }
      this.keep(key, set)
    }
    return offered()
  }

  private keep(key: string, set: Map<string, number>): void {
    this.sets.delete(key)
    this.sets.set(key, set)
    const [oldest] = this.sets.keys()
    const { store, onFailed } = this.options
    const changes = [{ key, value: stateOf([...set]) }]
    const gone = this.sets.size > MAX_SETS && oldest !== undefined ? [{ key: oldest, delete: true as const }] : []
    for (const { key: old } of gone) this.sets.delete(old)
    store.batch([...changes, ...gone]).catch(onFailed)
  }
}
