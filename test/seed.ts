import { onTestFailed } from 'vitest'

/** Of this process; `SEED=… npx vitest run <file>` repeats what a test has drawn. */
const SEED = process.env.SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.SEED)

/** mulberry32: numbers from 0 to below 1, the same for the same seed. Source: Tommy Ettinger, public domain. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The draws of the test that runs; its failure names the seed. Properties of fast-check name theirs, and take `SEED` too. */
export function draws(): () => number {
  onTestFailed(() => console.error(`Repeat what this test has drawn with SEED=${SEED}`))
  return seeded(SEED)
}

export function drawnBytes(random: () => number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
