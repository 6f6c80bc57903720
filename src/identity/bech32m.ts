// Bech32m (BIP-350), in lower case only: peer ids have one spelling.

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECKSUM = 0x2bc830a3
const CHECKSUM_LENGTH = 6
const MAX_LENGTH = 90
const SHAPE = /^([\x21-\x7e]+)1([02-9ac-hj-np-z]*).{6}$/

/**
 * @param words of 5 bits each.
 * @returns a text in one piece: see `hexOf`.
 */
export function encodeBech32m(prefix: string, words: readonly number[]): string {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0))
  const expanded = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
  const sum = polymod([...expanded, ...words, ...new Array<number>(CHECKSUM_LENGTH).fill(0)]) ^ CHECKSUM
  const checksum = Array.from({ length: CHECKSUM_LENGTH }, (_, index) => (sum >> (5 * (CHECKSUM_LENGTH - 1 - index))) & 31)
  // 49 is the separator '1'.
  return String.fromCharCode(...codes, 49, ...[...words, ...checksum].map((word) => CHARSET.charCodeAt(word)))
}

/** @returns undefined for what is no bech32m. */
export function decodeBech32m(text: string): { prefix: string; words: number[] } | undefined {
  const [, prefix, data = ''] = SHAPE.exec(text.slice(0, MAX_LENGTH)) ?? []
  if (prefix === undefined) return undefined
  const words = Array.from(data, (character) => CHARSET.indexOf(character))
  return encodeBech32m(prefix, words) === text ? { prefix, words } : undefined
}

/** Bytes as words of 5 bits. The last one is filled up with zeros. */
export function toWords(bytes: Uint8Array): number[] {
  return regroup([...bytes, 0], 8, 5).slice(0, Math.ceil((bytes.length * 8) / 5))
}

/** The whole bytes in words of 5 bits. */
export function fromWords(words: readonly number[]): Uint8Array {
  return Uint8Array.from(regroup(words, 5, 8))
}

function regroup(groups: readonly number[], from: number, to: number): number[] {
  const regrouped: number[] = []
  let bits = 0
  let count = 0
  for (const group of groups) {
    bits = (bits << from) | group
    for (count += from; count >= to; ) {
      count -= to
      regrouped.push(bits >> count)
      bits &= (1 << count) - 1
    }
  }
  return regrouped
}

function polymod(values: readonly number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (let bit = 0; bit < GENERATOR.length; bit++) if ((top >> bit) & 1) sum ^= GENERATOR[bit]!
  }
  return sum
}
