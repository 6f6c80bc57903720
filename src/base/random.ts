import { urlAlphabet } from 'nanoid'

/** Some two hundred ids. */
const POOL_BYTES = 4_096

/**
 * Where all randomness of the SDK comes from. In production it is `systemRandom`; a test network gives {@link seededRandom},
 * so that a run repeats from its seed.
 */
export interface Random {
  /**
   * Fresh random bytes, at most 65,536 of them (the bound of `crypto.getRandomValues`). Those of `systemRandom` are fit for keys.
   *
   * @param count how many.
   */
  bytes(count: number): Uint8Array
  /** A number of 0 ≤ x < 1, for delays and lots. It has 32 random bits, too few for a secret. */
  unit(): number
}

/** The random generator of the platform's Web Crypto. */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  unit: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
}

/**
 * The same numbers for the same seed, for tests only: whoever sees a few of them knows all. Algorithm: mulberry32 (Tommy Ettinger,
 * public domain), 32 bits of state.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { unit, bytes: (count) => Uint8Array.from({ length: count }, () => unit() * 256) }
}

/** Bytes drawn from the system for ids, of which the first `used` are spent. */
let pool = /* @__PURE__ */ new Uint8Array(0)
let used = 0

/** An id that nobody guesses: six random bits a character, of the alphabet of base64url. */
export function randomId(random: Random, length = 21): string {
  const bytes = random === systemRandom ? pooled(length) : random.bytes(length)
  let id = ''
  for (const byte of bytes) id += urlAlphabet[byte & 63]
  return id
}

/** To ask the system for each id would cost a third of what a short message costs in all. */
function pooled(count: number): Uint8Array {
  if (used + count > pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(Math.max(count, POOL_BYTES)))
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}

/** One of the items by lot; undefined where there are none. */
export function randomItem<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[Math.floor(random.unit() * items.length)]
}

/** The items in an order by lot. */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const lots = new Map(items.map((item) => [item, random.unit()]))
  return [...items].sort((a, b) => lots.get(a)! - lots.get(b)!)
}

/**
 * A time that varies by a share of itself to both sides, so that peers that begin together do not go on together.
 *
 * @param share 0 to 1: 0.3 gives 70 to 130 % of `ms`.
 * @returns milliseconds.
 */
export function jittered(random: Random, ms: number, share: number): number {
  return ms * (1 - share + 2 * share * random.unit())
}
