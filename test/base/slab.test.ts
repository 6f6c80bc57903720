import { describe, expect, it } from 'vitest'
import { newSlab } from '../../src/base/slab.node.js'

const source = Uint8Array.from({ length: 4_096 }, (_, i) => i & 0xff)

describe('copies on a slab', () => {
  it('are the bytes that were asked for, and stay so whatever the source and their neighbours become', () => {
    const slab = newSlab!()
    const from = source.slice()
    const copies = Array.from({ length: 200 }, (_, i) => slab.copy(from.subarray(i, i + 300)))
    from.fill(0)
    copies[100]!.fill(0xee)
    for (const [i, copy] of copies.entries()) {
      if (i !== 100) expect(copy, `copy ${i}`).toEqual(source.subarray(i, i + 300))
    }
  })

  it('share memory: fifty to a piece of it', () => {
    const slab = newSlab!()
    const copies = Array.from({ length: 500 }, () => slab.copy(source.subarray(0, 300)))
    expect(new Set(copies.map(({ buffer }) => buffer)).size).toBe(Math.ceil(500 / Math.floor(16_384 / 300)))
  })

  it('have memory of their own where they are long', () => {
    const slab = newSlab!()
    expect(slab.copy(source.subarray(0, 2_049)).buffer.byteLength).toBe(2_049)
  })
})
