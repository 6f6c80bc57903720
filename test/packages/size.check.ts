import { describe, expect, it } from 'vitest'
import { BUDGETS, leftOf, sizeOf } from '../../.ci/size.mjs'

describe('what an import costs a browser, gzip', () => {
  for (const { name, from, imports, isBeside, beside, budget } of BUDGETS) {
    it(`${name}: at most ${budget} bytes`, async () => {
      expect(await sizeOf(from, imports, isBeside, beside)).toBeLessThanOrEqual(budget)
    })
  }
})

describe('what every import costs, whatever it names', () => {
  it.each(['./dist/core.js', './dist/index.js'])('%s: errors alone', async (from) => {
    expect(await leftOf(from)).toEqual(['BRAND', 'P2PError', 'base', 'errorsPageOf', 'messageOf', 'table', 'text'])
  })
})
