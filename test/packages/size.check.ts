import { describe, expect, it } from 'vitest'
import { BUDGETS, sizeOf } from '../../.ci/size.mjs'

describe('what an import costs a browser, gzip', () => {
  for (const { name, from, imports, budget } of BUDGETS) {
    it(`${name}: at most ${budget} bytes`, async () => {
      expect(await sizeOf(from, imports)).toBeLessThanOrEqual(budget)
    })
  }
})
