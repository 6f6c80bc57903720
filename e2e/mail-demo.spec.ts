import { expect, type Page, test } from '@playwright/test'
import { Complaints } from './complaints.js'
import { demoForAll } from './demo-server.js'

const address = demoForAll()

const list = (page: Page, name: string) => page.getByRole('list', { name, exact: true }).getByRole('listitem')
const log = (page: Page) => page.getByRole('log', { name: 'What happened' })

test('a letter to a wallet whose tab is closed waits at the relay, its writer gone too, and comes once when the tab is opened again', {
  tag: '@long',
}, async ({ context }) => {
  const complaints = new Complaints()
  const open = async (wallet: string) => {
    const page = await context.newPage()
    complaints.watch(page)
    await page.goto(`${address()}mail.html?wallet=${wallet}`)
    await expect(page.locator('#status')).toHaveText('online')
    await expect(page.locator('#boxes')).toContainText('1, at ws://', { timeout: 20_000 })
    return page
  }
  const bob = await open('bob')
  const id = await bob.locator('#peer-id').textContent()
  const alice = await open('alice')
  await expect(alice.locator(`#to option[value="${id}"]`)).toHaveText('Bob')
  await bob.close()

  await alice.getByLabel('Message').fill('The key is under the mat')
  await alice.getByRole('button', { name: 'Send' }).click()
  await expect(list(alice, 'On their way')).toContainText('lies at a mailbox: you may close this page', { timeout: 40_000 })
  await alice.close()

  const again = await open('bob')
  await expect(list(again, 'For me')).toContainText('Alice: The key is under the mat')
  await expect(list(again, 'For me')).toContainText('by mail, written')
  await expect(list(again, 'For me')).toHaveCount(1)

  // Whoever wrote it learns what became of it, in the next tab.
  const back = await open('alice')
  await expect(log(back)).toContainText('Bob has had', { timeout: 30_000 })
  await expect(list(back, 'On their way')).toHaveCount(0)
  expect(complaints.unexpected).toEqual([])
})
