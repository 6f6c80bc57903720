import { type Browser, expect, type Page, test } from '@playwright/test'
import { Complaints } from './complaints.js'
import { demoForAll } from './demo-server.js'

const address = demoForAll()

/** A wallet of its own: another browser, or another profile, has another key. */
async function openWallet(browser: Browser, complaints: Complaints, name: string) {
  const context = await browser.newContext()
  const page = await context.newPage()
  complaints.watch(page)
  await open(page)
  await page.getByLabel('My name').fill(name)
  await page.keyboard.press('Enter')
  return { context, page, id: await page.locator('#peer-id').textContent() }
}

async function open(page: Page) {
  await page.goto(`${address()}adapter.html`)
  await expect(page.locator('#status')).toHaveText('online')
}

const list = (page: Page, name: string) => page.getByRole('list', { name, exact: true })
const row = (page: Page, name: string, text: string) => list(page, name).getByRole('listitem').filter({ hasText: text })
/** How many messages wait in the wallet's store. */
const queued = (page: Page) =>
  page.evaluate(async () => {
    const opened = indexedDB.open('lotus-p2p/default')
    const database = await new Promise<IDBDatabase>((resolve) => {
      opened.onsuccess = () => resolve(opened.result)
    })
    const asked = database.transaction('entries').objectStore('entries').getAllKeys()
    const keys = await new Promise<IDBValidKey[]>((resolve) => {
      asked.onsuccess = () => resolve(asked.result)
    })
    database.close()
    return keys.filter((key) => String(key).startsWith('outbox/')).length
  })
const log = (page: Page) => page.getByRole('log', { name: 'What happened' })

test('a wallet on the adapter: presence, offers, messages, and requests that are accepted, rejected and outlast a reload', {
  tag: '@firefox-long',
}, async ({ browser }) => {
  const complaints = new Complaints()
  const alice = await openWallet(browser, complaints, 'Alice')
  const bob = await openWallet(browser, complaints, 'Bob')
  expect(bob.id).not.toBe(alice.id)

  await test.step('each sees the other by name, and says hello', async () => {
    await expect(row(alice.page, 'Wallets here', 'Bob')).toHaveCount(1)
    await row(bob.page, 'Wallets here', 'Alice').getByRole('button', { name: 'Say hello' }).click()
    await expect(log(alice.page)).toContainText('Bob: Hello!')
    await expect(log(bob.page)).toContainText('my hello was delivered')
  })

  await test.step('an offer is bought: asked, accepted, worked on, signed', async () => {
    await alice.page.getByRole('button', { name: 'Advertise' }).click()
    await row(bob.page, 'Offers', '1 coffee, by Alice').getByRole('button', { name: 'Buy' }).click()
    await row(alice.page, 'Requests to me', 'Bob asks me to sign the sale of 1 coffee')
      .getByRole('button', { name: 'Accept' })
      .click()
    for (const step of ['accepted', 'checking', 'signing']) await expect(log(bob.page)).toContainText(`Alice: ${step}`)
    await expect(log(bob.page)).toContainText('Alice has signed: signature of 1 coffee')
    await expect(list(alice.page, 'Requests to me').getByRole('listitem')).toHaveCount(0)
  })

  await test.step('the key, the offer and a request that nobody has answered outlast a reload', async () => {
    await row(bob.page, 'Offers', '1 coffee, by Alice').getByRole('button', { name: 'Buy' }).click()
    await expect(row(alice.page, 'Requests to me', 'Bob asks me')).toHaveCount(1)
    await alice.page.reload()
    await expect(alice.page.locator('#peer-id')).toHaveText(alice.id!)
    await expect(row(alice.page, 'Offers', '1 coffee, by me')).toHaveCount(1)
    await row(alice.page, 'Requests to me', 'asks me').getByRole('button', { name: 'Reject' }).click()
    await expect(log(bob.page)).toContainText('refused: The user said no.')
  })

  await test.step('what is said to a wallet that is gone arrives when it is back, over a reload of the one that said it', async () => {
    const { context } = bob
    // A browser may end a tab before its last acknowledgement leaves, and what is not acknowledged is sent again.
    await expect.poll(() => queued(alice.page)).toBe(0)
    await bob.page.close()
    await expect(row(alice.page, 'Wallets here', 'Bob, away')).toHaveCount(1)
    await row(alice.page, 'Wallets here', 'Bob, away').getByRole('button', { name: 'Say hello' }).click()
    // What is in the store outlasts the page.
    await expect.poll(() => queued(alice.page)).toBe(1)
    await alice.page.reload()
    await expect(alice.page.locator('#status')).toHaveText('online')
    const again = await context.newPage()
    complaints.watch(again)
    await open(again)
    await expect(log(again)).toContainText('Hello!')
    await expect(again.locator('#peer-id')).toHaveText(bob.id!)
  })

  expect(complaints.unexpected).toEqual([])
  await alice.context.close()
  await bob.context.close()
})
