import { viewOf } from '../base/bytes.js'

/** RIPEMD-160 (Dobbertin, Bosselaers, Preneel, FSE 1996, appendix A). Digits of a table are in base 16. */
const RHO = '74d1a6f3c0952eb8'
/** By round, and then by word: how far each step rotates. */
const SHIFTS = ['befc5879bdef6798', 'cdbf6997cfbd7877', 'dfeb7768dedc5569', 'ebce8655fcfe9986', 'fcdd9586ebcb8655']
const LEFT = [0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e]
const RIGHT = [0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0]
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]

const digit = (text: string, i: number) => Number.parseInt(text[i]!, 16)
const rotated = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits))

/** @returns 20 bytes. */
export function ripemd160(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(64 * Math.ceil((message.length + 9) / 64))
  padded.set(message)
  padded[message.length] = 0x80
  const view = viewOf(padded)
  view.setUint32(padded.length - 8, message.length << 3, true)
  view.setUint32(padded.length - 4, message.length >>> 29, true)
  const hash = START.slice()
  for (let at = 0; at < padded.length; at += 64) {
    const word = (i: number) => view.getUint32(at + 4 * i, true)
    const left = line(
      hash,
      word,
      LEFT,
      (i) => i,
      (round) => round,
    )
    const right = line(
      hash,
      word,
      RIGHT,
      (i) => (9 * i + 5) % 16,
      (round) => 4 - round,
    )
    const next = hash.map((_, i) => (hash[(i + 1) % 5]! + left[(i + 2) % 5]! + right[(i + 3) % 5]!) | 0)
    hash.splice(0, 5, ...next)
  }
  const out = new Uint8Array(20)
  for (const [i, each] of hash.entries()) viewOf(out).setUint32(4 * i, each, true)
  return out
}

/** One of the two lines of five rounds. */
function line(
  hash: readonly number[],
  word: (i: number) => number,
  added: readonly number[],
  first: (i: number) => number,
  mixedBy: (round: number) => number,
): number[] {
  let [a, b, c, d, e] = hash as [number, number, number, number, number]
  let order = Array.from({ length: 16 }, (_, i) => first(i))
  for (let round = 0; round < 5; round++) {
    for (const i of order) {
      const sum = a + mixed(mixedBy(round), b, c, d) + word(i) + added[round]!
      const t = (rotated(sum | 0, digit(SHIFTS[round]!, i)) + e) | 0
      ;[a, b, c, d, e] = [e, t, b, rotated(c, 10), d]
    }
    order = order.map((i) => digit(RHO, i))
  }
  return [a, b, c, d, e]
}

function mixed(kind: number, x: number, y: number, z: number): number {
  if (kind === 0) return x ^ y ^ z
  if (kind === 1) return (x & y) | (~x & z)
  if (kind === 2) return (x | ~y) ^ z
  if (kind === 3) return (x & z) | (y & ~z)
  return x ^ (y | ~z)
}
