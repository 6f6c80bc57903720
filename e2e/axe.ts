import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

/**
 * What axe complains of, a sentence for each element; in a part of the page, where its selector is given. The pages have no frames: axe
 * runs in the page alone, and needs no second page to put together what it has found in each. What it does not complain of it keeps short.
 */
export async function complaintsOfAxe(page: Page, part?: string): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
  const { violations } = await (part === undefined ? axe : axe.include(part)).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))
}
