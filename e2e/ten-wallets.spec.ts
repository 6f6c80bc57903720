// Ten wallets mix: five tabs, and five processes of Node, through relays in a process of their own. They know nothing of each other. The same
// tabs and processes mix in all tests, each time with new coins, keys and ids.
import { expect, type Page, test } from '@playwright/test'
import { Complaints } from './complaints.js'
import { demoForAll } from './demo-server.js'
import { idIn, judged, leaveMix, MixProcess, mixed, namedIn, openMix, setMix, startMix } from './mixing.js'

const address = demoForAll()

const TEN = 10
const HALF = 5
/** Half of what the page has: that they wait for a round is most of their time. */
const EPOCH_MS = 5_000

const complaints = new Complaints()
let pages: Page[] = []
let processes: MixProcess[] = []

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext()
  processes = Array.from({ length: HALF }, () => new MixProcess())
  const open = () => openMix(context, complaints, address(), { least: TEN, best: TEN, type: 0, epoch: EPOCH_MS })
  pages = await Promise.all(Array.from({ length: HALF }, open))
})

test.afterAll(async () => {
  await Promise.all(processes.map((each) => each.stop()))
  await pages[0]?.context().close()
})

// Whoever was left out waits for another round.
test.afterEach(async () => {
  await Promise.all([...pages.map(leaveMix), ...processes.map((each) => each.leave())])
})

/** @param cheat what one wallet does, and whether it is a tab. */
async function mixTen(type: 0 | 1, cheat?: { what: string; isTab: boolean }): Promise<void> {
  const { relay } = (await (await fetch(`${address()}config.json`)).json()) as { relay: string }
  const [least, best] = [cheat === undefined ? TEN : TEN - 1, TEN]
  // Wallets with change and without, with coins of both kinds.
  const cheats = (place: number) => (cheat !== undefined && place === (cheat.isTab ? 1 : HALF + 1) ? cheat.what : undefined)
  await Promise.all(pages.map((page, i) => setMix(page, { least, best, type, change: i % 2 === 0, cheat: cheats(i) })))
  const ending = processes.map((each, i) =>
    each.mix({
      server: address(),
      relay,
      epochMs: EPOCH_MS,
      outputType: type,
      coinType: (i % 2) as 0 | 1,
      change: i % 2 === 1,
      least,
      best,
      cheat: cheats(HALF + i),
    }),
  )
  await Promise.all(pages.map(startMix))
  const honestPages = pages.filter((_, i) => cheats(i) === undefined)
  const honestProcesses = ending.filter((_, i) => cheats(HALF + i) === undefined)
  await expect(honestPages[0]!.locator('#inputs li[data-member]')).toHaveCount(TEN, { timeout: 90_000 })
  const guilty = cheat && (cheat.isTab ? await idIn(pages[1]!) : processes[1]!.peerId)
  for (const page of honestPages) await expect(mixed(page)).toBeVisible({ timeout: 120_000 })
  const ends = await Promise.all(honestProcesses)

  const txids = [
    ...(await Promise.all(honestPages.map((page) => page.locator('#txid').textContent()))),
    ...ends.map(({ txid }) => txid),
  ]
  expect(txids).toEqual(txids.map(() => txids[0]))
  const { inputs, equal, others } = await judged(address(), txids[0]!)
  const honest = honestPages.length + honestProcesses.length
  // Three tabs and two processes have change; of these the second process may be the one that cheats.
  expect([inputs, equal.length, others]).toEqual([honest, honest, cheat?.isTab === false ? 4 : 5])
  for (const { anonymitySet } of ends) expect(anonymitySet).toBe(honest)

  const named = cheat === undefined ? [] : [guilty]
  for (const page of honestPages) expect(await namedIn(page)).toEqual(named)
  for (const end of ends) expect(end.named!.map(({ peerId }) => peerId)).toEqual(named)
  expect(complaints.unexpected).toEqual([])
}

test.describe.configure({ timeout: 300_000 })

test('ten wallets in five tabs and five processes mix to P2PKH, with change and without', { tag: '@long' }, () => mixTen(0))

test('ten wallets mix to Taproot, with change and without', { tag: ['@long', '@chromium'] }, () => mixTen(1))

for (const [i, what] of ['register', 'keys', 'commit', 'vector', 'end', 'silence'].entries()) {
  const isTab = i % 2 === 0
  const where = isTab ? 'a tab' : 'a process'
  test(
    `one of ten, ${where}, cheats in ${what}: the other nine finish, and name exactly it`,
    {
      tag: ['@long', '@chromium'],
    },
    () => mixTen((i % 2) as 0 | 1, { what, isTab }),
  )
}
