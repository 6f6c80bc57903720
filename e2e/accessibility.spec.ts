import { expect, test } from '@playwright/test'
import { complaintsOfAxe } from './axe.js'
import { demoForAll } from './demo-server.js'

const address = demoForAll()

for (const path of ['', 'adapter.html', 'shared-wallet.html', 'mix.html', 'mail.html', 'script-tag.html']) {
  test(`axe finds nothing to complain of: ${path || 'the demo wallet'}, wide and narrow, light and dark`, {
    tag: ['@chromium', '@long'],
  }, async ({ context }) => {
    const open = async () => {
      const page = await context.newPage()
      await page.goto(address() + path)
      await expect(page.locator('#status')).toHaveText(/^online$/i)
      return page
    }
    const page = await open()
    if (path === '') {
      // A wallet to show; of the other pages one tab runs.
      const other = await open()
      await expect(page.locator('.peer[data-kind="wallet"]')).toHaveCount(1)
      await other.getByRole('button', { name: 'Announce' }).click()
      await expect(page.getByRole('button', { name: /^Accept / })).toHaveCount(1)
    }
    if (path === '') {
      const skip = page.locator('.skip')
      await skip.focus()
      expect((await skip.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    }
    // What moves or fades is in between of two states.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await expect(page.locator('.changed')).toHaveCount(0)
    for (const width of [1280, 390]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 844 })
        await page.emulateMedia({ colorScheme })
        expect([width, colorScheme, await complaintsOfAxe(page)]).toEqual([width, colorScheme, []])
      }
    }
  })
}
