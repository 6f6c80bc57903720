import { type Browser, type BrowserContext, expect, firefox, type Page, test } from '@playwright/test'
import { verdictOf } from '../test/musig2/oracle.js'
import { browserOptions } from './browsers.js'
import { Complaints } from './complaints.js'
import { demoForAll } from './demo-server.js'

const address = demoForAll()

interface Wallet {
  context: BrowserContext
  page: Page
  name: string
}

/** A wallet of its own: another profile has another key. */
async function openWallet(browser: Browser, complaints: Complaints, name: string): Promise<Wallet> {
  const context = await browser.newContext()
  const page = await context.newPage()
  complaints.watch(page)
  await page.goto(`${address()}shared-wallet.html`)
  await expect(page.locator('#status')).toHaveText('online')
  await page.getByLabel('My name').fill(name)
  await page.keyboard.press('Enter')
  return { context, page, name }
}

const payments = (page: Page) => page.getByRole('list', { name: 'Payments' })
const payment = (page: Page, words: string) => payments(page).getByRole('listitem').filter({ hasText: words })
const log = (page: Page) => page.getByRole('log', { name: 'What happened' })
const asked = (page: Page) => page.getByRole('dialog', { name: 'Sign this payment?' })

/** The first one invites the others, who join. */
async function share([first, ...others]: Wallet[]): Promise<void> {
  for (const { name } of others) await first!.page.getByRole('checkbox', { name }).check()
  await first!.page.getByRole('button', { name: 'Share a wallet with those chosen' }).click()
  for (const { page } of others) await page.getByRole('button', { name: 'Join' }).click()
  for (const { page } of [first!, ...others]) await expect(page.locator('#script')).toHaveText(/^76a914[0-9a-f]{40}88ac$/)
}

async function propose({ page }: Wallet, words: string): Promise<void> {
  await page.getByLabel('for', { exact: true }).fill(words)
  await page.getByRole('button', { name: 'Propose to the others' }).click()
}

/** What the Lotus interpreter says of a payment's input. */
async function verdict(page: Page, words: string): Promise<unknown> {
  const row = payment(page, words)
  await row.getByText('Transaction', { exact: true }).click()
  const transaction = Buffer.from((await row.locator('code.bytes').textContent())!, 'hex')
  const script = Buffer.from((await page.locator('#script').textContent())!, 'hex')
  return verdictOf(transaction, [{ sats: 1_000_000n, script }]).faults
}

test('three wallets share a key: payments are accepted, rejected, decided after a reload, and fail where a wallet is gone', async ({
  browser,
}) => {
  const complaints = new Complaints()
  const [alice, bob, carol] = [
    await openWallet(browser, complaints, 'Alice'),
    await openWallet(browser, complaints, 'Bob'),
    await openWallet(browser, complaints, 'Carol'),
  ] as const
  await share([alice, bob, carol])
  const script = await alice.page.locator('#script').textContent()
  await expect(bob.page.locator('#script')).toHaveText(script!)

  await test.step('the others see the decoded payment, and it is signed once both accept', async () => {
    await propose(alice, 'Rent')
    for (const { page } of [bob, carol]) {
      await expect(asked(page)).toContainText('back to this wallet748,000 sats')
      await expect(asked(page)).toContainText('fee2,000 sats')
      await expect(asked(page)).toContainText('Alice’s words: “Rent”')
      await page.getByRole('button', { name: 'Accept' }).click()
    }
    for (const { page } of [alice, bob, carol]) await expect(payment(page, '“Rent”')).toContainText('signed')
    expect(await verdict(alice.page, '“Rent”')).toEqual([undefined])
    expect(await verdict(carol.page, '“Rent”')).toEqual([undefined])
  })

  await test.step('who rejects is named', async () => {
    await propose(bob, 'A boat')
    await alice.page.getByRole('button', { name: 'Accept' }).click()
    await asked(carol.page).getByRole('button', { name: 'Reject' }).click()
    for (const { page } of [alice, bob]) {
      await expect(payment(page, '“A boat”')).toContainText('failed')
      await expect(payment(page, '“A boat”').locator('.failure')).toContainText('Carol')
    }
  })

  await test.step('a wallet that reloads before it has decided is asked again, and all sign', async () => {
    await propose(alice, 'Water')
    await bob.page.getByRole('button', { name: 'Accept' }).click()
    await expect(asked(carol.page)).toContainText('“Water”')
    await carol.page.reload()
    await expect(carol.page.locator('#script')).toHaveText(script!)
    await expect(asked(carol.page)).toContainText('“Water”')
    await carol.page.getByRole('button', { name: 'Accept' }).click()
    for (const { page } of [alice, bob, carol]) await expect(payment(page, '“Water”')).toContainText('signed')
    expect(await verdict(bob.page, '“Water”')).toEqual([undefined])
  })

  await test.step('a wallet that is gone keeps a payment waiting, which its proposer cancels', async () => {
    await carol.context.close()
    await propose(alice, 'Gas')
    await bob.page.getByRole('button', { name: 'Accept' }).click()
    await expect(payment(alice.page, '“Gas”').locator('.members')).toContainText(/Bob accepted/)
    await payment(alice.page, '“Gas”').getByRole('button', { name: 'Cancel' }).click()
    for (const { page } of [alice, bob]) await expect(payment(page, '“Gas”')).toContainText('failed')
    await expect(log(alice.page)).toContainText('CANCELLED')
  })

  expect(complaints.unexpected).toEqual([])
  for (const { context } of [alice, bob]) await context.close()
})

test('wallets in Chromium and in Firefox sign together', { tag: ['@chromium', '@long'] }, async ({ browser }) => {
  const complaints = new Complaints()
  const other = await firefox.launch(browserOptions.firefox)
  try {
    const wallets = [
      await openWallet(browser, complaints, 'Alice'),
      await openWallet(other, complaints, 'Bob'),
      await openWallet(browser, complaints, 'Carol'),
    ]
    await share(wallets)
    await propose(wallets[1]!, 'Bread')
    for (const i of [0, 2]) await wallets[i]!.page.getByRole('button', { name: 'Accept' }).click()
    for (const { page } of wallets) await expect(payment(page, '“Bread”')).toContainText('signed')
    expect(await verdict(wallets[1]!.page, '“Bread”')).toEqual([undefined])
    expect(complaints.unexpected).toEqual([])
    for (const { context } of wallets) await context.close()
  } finally {
    await other.close()
  }
})
