import { describe, expect, it } from 'vitest'
import { BUDGETS, sizeOf } from '../../.ci/size.mjs'

describe('what an import costs a browser, gzip', () => {
  for (const [name, budget] of Object.entries(BUDGETS)) {
    it(`of ${name === '*' ? 'everything' : name} stays within ${budget} bytes`, async () => {
      expect(await sizeOf(name)).toBeLessThanOrEqual(budget)
    })
  }
})
