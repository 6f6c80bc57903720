import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { Complaints } from './complaints.js'
import { demoForAll } from './demo-server.js'
import { idIn, judged, type MixQuery, mixed, namedIn, openMix, startMix } from './mixing.js'

const address = demoForAll()

/** Half of what the page has: that they wait for a round is most of their time. */
const EPOCH_MS = 5_000

/** Five tabs that mix, each with a coin of its own; what each asks for may differ. */
async function five(context: BrowserContext, complaints: Complaints, query: (tab: number) => Partial<MixQuery>) {
  const usual: MixQuery = { least: 4, best: 5, type: 0, epoch: EPOCH_MS }
  const pages: Page[] = []
  for (let tab = 0; tab < 5; tab++) pages.push(await openMix(context, complaints, address(), { ...usual, ...query(tab) }))
  for (const page of pages) await startMix(page)
  return pages
}

const log = (page: Page) => page.getByRole('log', { name: 'What happened' })

test('five tabs mix, one of them cheats: it is found out, and the other four finish', { tag: '@firefox-long' }, async ({
  context,
}) => {
  test.setTimeout(120_000)
  const complaints = new Complaints()
  const pages = await five(context, complaints, (tab) => ({ ...(tab === 2 && { cheat: 'vector' }), change: tab === 0 }))
  const [first, , cheating] = pages
  const honest = pages.filter((page) => page !== cheating)

  await expect(first!.locator('#inputs li[data-member]')).toHaveCount(5, { timeout: 60_000 })
  const guilty = await idIn(cheating!)
  for (const page of honest) await expect(mixed(page)).toBeVisible({ timeout: 60_000 })

  const txids = new Set(await Promise.all(honest.map((page) => page.locator('#txid').textContent())))
  expect(txids.size).toBe(1)
  const { inputs, equal, others } = await judged(address(), [...txids][0]!)
  expect([inputs, equal.length, others]).toEqual([4, 4, 1])
  const mine = await Promise.all(honest.map((page) => page.locator('#mine').textContent()))
  expect([...mine].sort()).toEqual([...equal].sort())

  for (const page of honest) {
    expect(await namedIn(page)).toEqual([guilty])
    await expect(page.locator('#inputs li[data-state="out"]')).toContainText('said what no honest wallet says')
    await expect(log(page)).toContainText('was left out')
    // Five coins, of which four are in it; four equal outputs, of which one is known to be this wallet's.
    await expect(page.locator('#inputs li[data-state="in"]')).toHaveCount(4)
    await expect(page.locator('#outputs li')).toHaveCount(4)
    await expect(page.locator('#outputs li[data-mine="true"]')).toHaveCount(1)
    await expect(page.locator('#links .known')).toHaveCount(4)
    await expect(page.locator('#set')).toContainText('at most 4')
  }
  await expect(first!.locator('#change-left')).toContainText('is not mixed')
  await expect(mixed(cheating!)).toBeHidden()
  expect(complaints.unexpected).toEqual([])
})

test('a tab is closed in mid-round, and the other four finish', { tag: ['@chromium', '@long'] }, async ({ context }) => {
  test.setTimeout(180_000)
  const complaints = new Complaints()
  const pages = await five(context, complaints, (tab) => ({ type: 1, ...(tab === 1 && { cheat: 'silence' }) }))
  const closed = pages[1]!
  // It has shown its coin, and says nothing at the commitment: then it goes.
  await expect(pages[0]!.locator('#step')).toHaveText('Adding up outputs', { timeout: 60_000 })
  const guilty = await idIn(closed)
  await closed.close()
  const rest = pages.filter((page) => page !== closed)
  for (const page of rest) await expect(mixed(page)).toBeVisible({ timeout: 90_000 })
  for (const page of rest) {
    expect(await namedIn(page)).toEqual([guilty])
    await expect(page.locator('#inputs li[data-state="out"]')).toContainText('did not answer')
  }
  const { inputs, equal } = await judged(address(), (await rest[0]!.locator('#txid').textContent())!)
  expect([inputs, equal.length]).toEqual([4, 4])
  expect(complaints.unexpected).toEqual([])
})
