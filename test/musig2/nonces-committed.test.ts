// Over a network that loses, repeats and reorders, with members that crash at every await: no nonce is ever given out twice, or signs twice.
import { afterEach, describe, expect, it } from 'vitest'
import { LONG } from '../long.js'
import { draws } from '../seed.js'
import { play, stopPlay } from './crashing.js'

afterEach(stopPlay)

describe('no nonce that members have committed to is used twice over a network that fails, by members that crash', () => {
  it.each(LONG ? Array.from({ length: 10 }, (_, i) => i) : [0])('part %i', async (part) => {
    const attempts = Number(process.env.MUSIG2_ATTEMPTS ?? (LONG ? 50 : 40))
    const { uses, signed, crashes } = await play(draws(part), attempts, true)
    // It has tried: some were signed, some were not, and members came back.
    expect(uses.nonces.length).toBeGreaterThan(attempts / 2)
    expect(uses.signed.length).toBeGreaterThan(0)
    expect(signed).toBeGreaterThan(0)
    expect(crashes).toBeGreaterThan(0)
  })
})
