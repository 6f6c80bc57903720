import { expect, type Locator, type Page, type TestInfo, test } from '@playwright/test'
import { complaintsOfAxe } from './axe.js'
import { demoForAll } from './demo-server.js'

const address = demoForAll()
const TITLE = 'What does the relay know about me now?'

/** Opens the wallet and waits until it has its relay. What the page complains about is kept. */
async function openWallet(page: Page, complaints: string[], query = ''): Promise<{ id: string; name: string }> {
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(`${address()}${query}`)
  await expect(page.locator('#status')).toHaveText('Online')
  const id = await page.locator('#my-id').getAttribute('title')
  return { id: id!, name: await page.getByLabel('My display name').inputValue() }
}

const expectPath = (page: Page, peerId: string, path: string) =>
  expect(page.locator(`.peer[data-peer="${peerId}"] .path`)).toHaveAttribute('data-path', path)

const cardOf = (page: Page) => page.getByRole('region', { name: TITLE, exact: true })

/** A line of the card: what a party knows of one thing. */
const known = (card: Locator, party: string, what: string) => card.locator(`[data-party="${party}"] [data-what="${what}"]`)

/** Says what a party knows by now: yes, in part or no, and in which words. */
async function expectKnown(card: Locator, party: string, what: string, state: 'yes' | 'part' | 'no', text?: string | RegExp) {
  await expect(known(card, party, what)).toHaveAttribute('data-state', state)
  if (text !== undefined) await expect(known(card, party, what)).toContainText(text)
}

test('the card says who knows what of a wallet as its paths are, and a change of the setting changes both', {
  tag: '@firefox-long',
}, async ({ context }) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  const alice = await openWallet(first, complaints)
  const card = cardOf(first)
  await test.step('with the relay alone, nobody else knows a thing', async () => {
    await expectKnown(card, 'relay', 'Your network address', 'yes')
    await expectKnown(card, 'counterparty', 'Your network address', 'no')
    await expectKnown(card, 'relay', 'Who you talk with', 'no')
  })
  const bob = await openWallet(second, complaints)

  await test.step('direct: the other wallet has the address, and the relay carries nothing', async () => {
    await expectPath(first, bob.id, 'webrtc')
    await expect(card.locator('#privacy-now')).toHaveText('direct')
    await expect(card.getByRole('status')).toHaveText('1 wallet of 1 can see your network address.')
    await expectKnown(card, 'counterparty', 'Your network address', 'yes', bob.name)
    await expectKnown(card, 'relay', 'Who you talk with', 'part', `introduced you to ${bob.name}`)
    await expectKnown(card, 'relay', 'When, and how much', 'no')
    await expectKnown(card, 'relay', 'What you say', 'no')
    await expectKnown(card, 'watcher', 'Who you talk with', 'part', bob.name)
    await expectKnown(card, 'watcher', 'When, and how much', 'yes', 'the length of each frame')
  })

  await test.step('relayed: the path becomes a circuit at both ends, and the relay sees who talks with whom', async () => {
    const relayed = card.getByRole('button', { name: 'Relayed' })
    await relayed.click()
    await expect(relayed).toHaveAttribute('aria-pressed', 'true')
    await expectPath(first, bob.id, 'circuit')
    await expectPath(second, alice.id, 'circuit')
    await expect(card.locator('#privacy-now')).toHaveText('relayed')
    await expectKnown(card, 'counterparty', 'Your network address', 'no', 'Neither by a path, nor in a record')
    await expectKnown(card, 'relay', 'Who you talk with', 'yes', `circuits with ${bob.name}`)
    await expectKnown(card, 'relay', 'When, and how much', 'yes', 'power of two')
    await expectKnown(card, 'relay', 'Where others find you', 'yes', 'no address of yours and 1 relay')
    await expectKnown(card, 'watcher', 'Who you talk with', 'no')
    await expectKnown(card, 'relay', 'What you say', 'no')
  })

  await test.step('what is written goes through the circuit', async () => {
    await first.getByLabel('Message', { exact: true }).fill('Through the relay')
    await first.keyboard.press('Enter')
    await expect(second.getByRole('log', { name: 'Messages' })).toContainText('Through the relay')
  })

  await test.step('direct again', async () => {
    await card.getByRole('button', { name: 'Direct' }).click()
    await expectPath(first, bob.id, 'webrtc')
    await expectKnown(card, 'counterparty', 'Your network address', 'yes', bob.name)
  })
  expect(complaints).toEqual([])
})

test('a wallet that begins as relayed makes no WebRTC connection, and the other one is offered none', { tag: '@long' }, async ({
  context,
}) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  for (const page of [first, second]) {
    await page.addInitScript(() => {
      const counted = window as unknown as { rtcMade: number }
      counted.rtcMade = 0
      const Original = window.RTCPeerConnection
      window.RTCPeerConnection = class extends Original {
        constructor(...given: ConstructorParameters<typeof Original>) {
          super(...given)
          counted.rtcMade++
        }
      }
    })
  }
  const alice = await openWallet(first, complaints, '?privacy=relayed')
  const bob = await openWallet(second, complaints)
  await expectPath(first, bob.id, 'circuit')
  await expectPath(second, alice.id, 'circuit')
  await expectKnown(cardOf(first), 'counterparty', 'Your network address', 'no')
  await expectKnown(cardOf(second), 'counterparty', 'Your network address', 'no', 'until a direct path is found')
  const made = [first, second].map((page) => page.evaluate(() => (window as unknown as { rtcMade: number }).rtcMade))
  expect(await Promise.all(made)).toEqual([0, 0])
  expect(complaints).toEqual([])
})

/** There is a way by the onion, and the first look-up has gone by it, which goes by itself. */
async function expectWay(card: Locator) {
  const way = card.getByRole('region', { name: 'The way of what goes by the onion' })
  await expect(way).toHaveAttribute('data-state', 'ready', { timeout: 30_000 })
  await expect(way.getByRole('status').last()).toHaveText(/^0 offers found in \d+ ms$/, { timeout: 30_000 })
}

test('onion: the card draws the way of a look-up, guard, middle and exit of three operators, and who sees what on it', async ({
  context,
}) => {
  const complaints: string[] = []
  const page = await context.newPage()
  await openWallet(page, complaints)
  const card = cardOf(page)
  const way = card.getByRole('region', { name: 'The way of what goes by the onion' })
  await expect(way).toBeHidden()
  await card.getByRole('button', { name: 'Onion' }).click()
  await expect(card.getByRole('button', { name: 'Onion' })).toHaveAttribute('aria-pressed', 'true')
  await expectWay(card)
  const steps = way.getByRole('listitem')
  await expect(steps.locator('strong')).toHaveText(['You', 'Guard', 'Middle', 'Exit', 'The DHT'])
  const operators = await steps.locator('.onion-name').allTextContents()
  expect(operators.slice(1, 4).sort()).toEqual(['Heron Relays', 'Lily Relays', 'Reed Relays'])
  await expect(steps.nth(1)).toContainText('Sees your network address')
  await expect(steps.nth(3)).toContainText('Not who you are')
  await expect(way).toContainText('run on one machine, so here they hide nothing')
  const hops = steps.filter({ has: page.locator('code') })
  expect(new Set(await hops.evaluateAll((all) => all.map(({ dataset }) => (dataset as { peer?: string }).peer))).size).toBe(4)

  await way.getByRole('button', { name: 'Look up offers by the onion' }).click()
  await expect(way.getByRole('status').last()).toHaveText(/^0 offers found in \d+ ms$/, { timeout: 30_000 })
  expect(complaints).toEqual([])
})

test(
  'onion with one relay: the card says that there are too few hops, and that nothing is hidden by them',
  { tag: '@long' },
  async ({ context }, testInfo) => {
    const complaints: string[] = []
    const { relay } = (await (await fetch(`${address()}config.json`)).json()) as { relay: string }
    const page = await context.newPage()
    await openWallet(page, complaints, `?relay=${relay}`)
    const card = cardOf(page)
    await card.getByRole('button', { name: 'Onion' }).click()
    const way = card.getByRole('region', { name: 'The way of what goes by the onion' })
    await expect(way).toHaveAttribute('data-state', 'few')
    await expect(way.getByRole('status').first()).toContainText('Too few hops: none is known, and a path needs three')
    await expect(way.getByRole('status').first()).toContainText('ONION_NO_PATH')
    await expect(way.getByRole('button')).toBeHidden()
    await expect(card.locator('#privacy-now')).toHaveText('onion')
    expect(complaints).toEqual([])
    await expectReadable(page, card, testInfo, 'onion-few')
    await card.getByRole('button', { name: 'Relayed' }).click()
    await expect(way).toBeHidden()
  },
)

test('the card is readable on a phone and on a desk, light and dark', { tag: '@long' }, async ({ context }, testInfo) => {
  test.setTimeout(180_000)
  const first = await context.newPage()
  const second = await context.newPage()
  await openWallet(first, [])
  const bob = await openWallet(second, [])
  await expectPath(first, bob.id, 'webrtc')
  const card = cardOf(first)
  await expectReadable(first, card, testInfo, 'privacy')
  await card.getByRole('button', { name: 'Onion' }).click()
  await expectWay(card)
  await expectReadable(first, card, testInfo, 'onion')
})

/**
 * On a phone and on a desk nothing is cut; in Chromium axe finds nothing, light and dark, and pictures of the card are kept with the test:
 * for them Playwright brings a style of its own, of which Firefox complains.
 */
async function expectReadable(page: Page, card: Locator, testInfo: TestInfo, name: string) {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height })
    const show = card.getByRole('button', { name: 'Show' })
    if (await show.isVisible()) await show.click()
    await expect(known(card, 'watcher', 'What you say')).toBeVisible()
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(overflow).toBe(0)
    // Nothing is cut: each text has the room that it needs.
    const cut = await card.evaluate((element) =>
      [...element.querySelectorAll('dt, dd, h3, p, button, .mark')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1 && clientWidth > 0)
        .map(({ textContent }) => textContent),
    )
    expect(cut).toEqual([])
    if (width === 390) {
      for (const button of await card.getByRole('button').all()) {
        const box = await button.boundingBox()
        expect([box!.height >= 43.5, box!.width >= 43.5]).toEqual([true, true])
      }
    }
    // Axe reads the same of each browser, as it does of the other pages.
    if (testInfo.project.name !== 'chromium') continue
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect([width, colorScheme, await complaintsOfAxe(page, '.privacy-card')]).toEqual([width, colorScheme, []])
      await testInfo.attach(`${name}-${width}-${colorScheme}`, { body: await card.screenshot(), contentType: 'image/png' })
    }
  }
}
