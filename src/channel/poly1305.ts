import { viewOf } from '../base/bytes.js'

/**
 * Poly1305 (RFC 8439 §2.5) over the parts one behind the other, each but the last filled up with zeros to 16 bytes (§2.8.1).
 *
 * The accumulator is six limbs of 22 bits in doubles, after the floating-point method of Bernstein, "The Poly1305-AES
 * message-authentication code", 2005. Every limb is an integer. After a block it lies within 2^21 + 2^12 of zero, with the next
 * message's bits within 1.51 · 2^22. A limb of r lies below 2^22. A product beyond 2^130 counts 5 times for each 2^130 (mod p), and
 * two bits more where six limbs have 132: 20 times. So a sum of products lies below 101 · 1.51 · 2^44 < 2^52, and every double is exact.
 *
 * @param key 32 bytes, for one message only.
 * @returns 16 bytes.
 */
export function poly1305(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const k = viewOf(key)
  const word = (at: number) => k.getUint32(at, true)
  // Clamped as §2.5 wants it.
  const [k0, k1, k2, k3] = [word(0) & 0x0fffffff, word(4) & 0x0ffffffc, word(8) & 0x0ffffffc, word(12) & 0x0ffffffc] as const
  const r0 = k0 & 0x3fffff
  const r1 = ((k0 >>> 22) | (k1 << 10)) & 0x3fffff
  const r2 = ((k1 >>> 12) | (k2 << 20)) & 0x3fffff
  const r3 = (k2 >>> 2) & 0x3fffff
  const r4 = ((k2 >>> 24) | (k3 << 8)) & 0x3fffff
  const r5 = k3 >>> 14
  const [s1, s2, s3, s4, s5] = [20 * r1, 20 * r2, 20 * r3, 20 * r4, 20 * r5] as const
  let h0 = 0
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  let h5 = 0
  const last = parts.at(-1)
  for (const part of parts) {
    const { length } = part
    let view = viewOf(part)
    for (let at = 0; at < length; at += 16) {
      let from = at
      let top = 1 << 18
      if (length - at < 16) {
        const tail = new Uint8Array(16)
        tail.set(part.subarray(at))
        if (part === last) {
          tail[length - at] = 1
          top = 0
        }
        view = viewOf(tail)
        from = 0
      }
      const m0 = view.getUint32(from, true)
      const m1 = view.getUint32(from + 4, true)
      const m2 = view.getUint32(from + 8, true)
      const m3 = view.getUint32(from + 12, true)
      h0 += m0 & 0x3fffff
      h1 += ((m0 >>> 22) | (m1 << 10)) & 0x3fffff
      h2 += ((m1 >>> 12) | (m2 << 20)) & 0x3fffff
      h3 += (m2 >>> 2) & 0x3fffff
      h4 += ((m2 >>> 24) | (m3 << 8)) & 0x3fffff
      h5 += (m3 >>> 14) | top
      let d0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1
      let d1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2
      let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3
      let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4
      let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5
      let d5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0
      // Two chains side by side, each limb rounded to the nearest: what is carried is a multiple of 2^22, of 2^20 at the top.
      let c = d0 + ROUND - ROUND
      let e = d3 + ROUND - ROUND
      d0 -= c
      d3 -= e
      d1 += c * DOWN
      d4 += e * DOWN
      c = d1 + ROUND - ROUND
      e = d4 + ROUND - ROUND
      d1 -= c
      d4 -= e
      d2 += c * DOWN
      d5 += e * DOWN
      c = d2 + ROUND - ROUND
      e = d5 + ROUND / 4 - ROUND / 4
      d2 -= c
      h5 = d5 - e
      d3 += c * DOWN
      d0 += e * (20 * DOWN)
      c = d3 + ROUND - ROUND
      e = d0 + ROUND - ROUND
      h3 = d3 - c
      h0 = d0 - e
      h4 = d4 + c * DOWN
      h1 = d1 + e * DOWN
      h2 = d2
    }
  }
  // The number lies between −2^129 and 2^129, give or take 2^111. Two rounds of rounding down give limbs from 0 on. A negative number
  // gains p on the way: 2^130 from the top, less the 5 that the top gives to the lowest limb. What comes out is the least residue.
  const h = [h0, h1, h2, h3, h4, h5]
  for (let i = 0; i < 12; i++) {
    const at = i % 6
    const unit = at === 5 ? 2 ** 20 : 2 ** 22
    const carry = Math.floor(h[at]! / unit)
    h[at]! -= carry * unit
    h[(at + 1) % 6]! += at === 5 ? 5 * carry : carry
  }
  const [a, b, c, d, e, f] = h as [number, number, number, number, number, number]
  const words = [a | (b << 22), (b >>> 10) | (c << 12), (c >>> 20) | (d << 2) | (e << 24), (e >>> 8) | (f << 14)]
  const tag = new Uint8Array(16)
  const view = viewOf(tag)
  let sum = 0
  words.forEach((low, i) => {
    sum = Math.floor(sum / 2 ** 32) + (low >>> 0) + word(16 + 4 * i)
    view.setUint32(4 * i, sum, true)
  })
  return tag
}

/** A double so large (1.5 · 2^74) that adding it rounds to a multiple of 2^22. */
const ROUND = 3 * 2 ** 73
const DOWN = 2 ** -22
