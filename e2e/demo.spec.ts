import { once } from 'node:events'
import { expect, type Page, test } from '@playwright/test'
import { demoForAll, startDemo } from './demo-server.js'

const address = demoForAll()

/** Opens the wallet and waits until it has its relay. What the page complains about is kept. */
async function openWallet(page: Page, complaints: string[], query = ''): Promise<{ id: string; name: string }> {
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(`${address()}${query}`)
  await expect(page.locator('#status')).toHaveText('Online')
  await expect(page.locator('.peer[data-kind="relay"]')).toHaveCount(1)
  const id = await page.locator('#my-id').getAttribute('title')
  return { id: id!, name: await page.getByLabel('My display name').inputValue() }
}

/** The badge says now, or once it has changed, that this path serves the peer. */
const expectPath = (page: Page, peerId: string, path: string) =>
  expect(rowOf(page, peerId).locator('.path')).toHaveAttribute('data-path', path)

const rowOf = (page: Page, peerId: string) => page.locator(`.peer[data-peer="${peerId}"]`)

test('two demo wallets see each other, talk both ways, and share resources live', async ({ context }, testInfo) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  const alice = await openWallet(first, complaints)
  const bob = await openWallet(second, complaints)

  await test.step('they are two peers, and find each other by themselves, and soon directly', async () => {
    expect(alice.id).toMatch(/^lp1[0-9a-z]{58,59}$/)
    expect(bob.id).not.toBe(alice.id)
    await expectPath(first, bob.id, 'webrtc')
    await expectPath(second, alice.id, 'webrtc')
    await expect(first.getByRole('list', { name: 'Events, newest first' })).toContainText(`${bob.name}: circuit → webrtc`)
    await expect(first.locator('#path-news')).toHaveText(`${bob.name} is now reached by webrtc.`)
    await expect(rowOf(first, bob.id)).toContainText(bob.name)
    await expect(first.locator('.peer[data-kind="relay"]')).toContainText('websocket')
  })

  await test.step('to all, and to one alone, whose bubble says that it arrived', async () => {
    await first.getByLabel('Message', { exact: true }).fill('Hello, anyone?')
    await first.keyboard.press('Enter')
    await expect(second.getByRole('log', { name: 'Messages' })).toContainText('Hello, anyone?')

    await second.getByRole('button', { name: `Message ${alice.name}` }).click()
    await second.keyboard.type('Only for you <b>not bold</b>')
    await second.keyboard.press('Enter')
    await expect(first.getByRole('log', { name: 'Messages' })).toContainText('Only for you <b>not bold</b>')
    await expect(first.getByRole('log', { name: 'Messages' })).toContainText('to you alone')
    await expect(second.getByRole('log', { name: 'Messages' })).toContainText('delivered')
  })

  await test.step('a resource appears in the other tab, and is gone when it is withdrawn', async () => {
    await first.getByLabel('Id', { exact: true }).fill('offer-e2e')
    await first.getByLabel('Data (JSON)').fill('{ "give": "250 XPI" }')
    await first.getByRole('button', { name: 'Announce' }).click()
    const offer = second.getByRole('list', { name: 'Live resources' }).getByRole('listitem').filter({ hasText: 'offer-e2e' })
    await expect(offer).toContainText('{"give":"250 XPI"}')
    await expect(offer).toContainText(`by ${alice.name}`)
    // Playwright's screenshot puts a style into the page, and the page's policy complains of it, rightly.
    await second.removeAllListeners('console')
    await second.removeAllListeners('pageerror')
    await testInfo.attach('demo', { body: await second.screenshot(), contentType: 'image/png' })

    await first.getByRole('button', { name: 'Withdraw offer-e2e' }).click()
    await expect(offer).toHaveCount(0)
  })

  await test.step('the network picture says in words what it shows', async () => {
    await expect(first.locator('#picture')).toHaveAttribute(
      'aria-label',
      new RegExp(`Demo relay and 1 wallets: ${bob.name} by webrtc`),
    )
    await expect(first.locator('#picture .node')).toHaveCount(3)
    expect(await nearestToRelay(first)).toBeGreaterThan(8)
  })

  await test.step('a failure shows its code and its sentence', async () => {
    await first.getByLabel('Address, peer id or name').fill('not an address')
    await first.getByRole('button', { name: 'Connect', exact: true }).click()
    await expect(first.getByRole('alert')).toContainText(/Connecting failed\s*[A-Z_]{5,}/)
  })

  await test.step('a new name reaches the other, and survives a reload with the identity', async () => {
    await first.getByLabel('My display name').fill('Alice')
    await first.keyboard.press('Enter')
    await expect(rowOf(second, alice.id)).toContainText('Alice')
    await first.reload()
    await expect(first.locator('#my-id')).toHaveAttribute('title', alice.id)
    await expect(first.getByLabel('My display name')).toHaveValue('Alice')
    await expect(rowOf(second, alice.id)).toContainText('Alice')
    await expectPath(first, bob.id, 'webrtc')
  })

  await test.step('a tab that closes is away in the other, until it is forgotten', async () => {
    await second.close({ runBeforeUnload: true })
    // A browser need not send the goodbye of a tab that closes; then it is known to be away a quarter of a minute later.
    await expect(rowOf(first, bob.id)).toHaveAttribute('data-state', 'away', { timeout: 20_000 })
    await rowOf(first, bob.id)
      .getByRole('button', { name: `Forget ${bob.name}` })
      .click()
    await expect(rowOf(first, bob.id)).toHaveCount(0)
  })

  expect(complaints).toEqual([])
})

/** How near a direct link comes to a relay's mark, pixels; below 0 it runs through it. */
function nearestToRelay(page: Page): Promise<number> {
  return page.evaluate(() => {
    const [link] = document.querySelectorAll<SVGPathElement>('#picture .link[data-link="direct"] .edge')
    const marks = [...document.querySelectorAll('#picture .relay-mark')].map((mark) => mark.getBoundingClientRect())
    const matrix = link!.getScreenCTM()!
    const points = Array.from({ length: 200 }, (_, i) =>
      link!.getPointAtLength((link!.getTotalLength() * i) / 199).matrixTransform(matrix),
    )
    return Math.min(
      ...marks.flatMap(({ x, y, width, height }) =>
        points.map((point) => Math.hypot(point.x - x - width / 2, point.y - y - height / 2) - width / 2),
      ),
    )
  })
}

test('an offer is accepted by another wallet, and its seller signs', { tag: ['@chromium', '@long'] }, async ({ context }) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  const alice = await openWallet(first, complaints)
  const bob = await openWallet(second, complaints)
  const sales = (page: Page) => page.getByRole('list', { name: 'Sales' })
  await first.getByLabel('Id', { exact: true }).fill('offer-sale')
  await first.getByRole('button', { name: 'Announce' }).click()
  for (const word of ['Refuse', 'Sign']) {
    await second.getByRole('button', { name: 'Accept offer-sale' }).click()
    await expect(sales(first)).toContainText(`${bob.name} accepts offer-sale. Sign the sale?`)
    await first.getByRole('button', { name: `${word} offer-sale` }).click()
    await expect(sales(second)).toContainText(
      word === 'Sign' ? /signed offer-sale: [0-9a-f]{16}/ : `${alice.name} refused offer-sale.`,
    )
  }
  // What is sold is offered no more.
  await expect(second.getByRole('button', { name: 'Accept offer-sale' })).toHaveCount(0)
  expect(complaints).toEqual([])
})

test('a path that is killed is replaced: by the circuit at once, and by a new direct one', { tag: '@long' }, async ({
  context,
}) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  await openWallet(first, complaints)
  const bob = await openWallet(second, complaints)
  await expectPath(first, bob.id, 'webrtc')
  await expect(first.locator('#picture .link[data-link="direct"]')).toHaveCount(1)

  const events = first.getByRole('list', { name: 'Events, newest first' })
  await rowOf(first, bob.id)
    .getByRole('button', { name: `Kill the path to ${bob.name}` })
    .click()
  await expect(events).toContainText(`${bob.name}: path killed`)
  await expect(events.getByText(`${bob.name}: webrtc → circuit`)).toHaveCount(1)
  await expect(events.getByText(`${bob.name}: circuit → webrtc`)).toHaveCount(2)
  await expectPath(first, bob.id, 'webrtc')
  await expect(events).not.toContainText('was lost')
  expect(complaints).toEqual([])
})

test('a circuit that is killed comes back, and so does the path to the relay', { tag: '@long' }, async ({ context }) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  await openWallet(first, complaints, '?webrtc=off')
  const bob = await openWallet(second, complaints, '?privacy=relayed')
  const events = first.getByRole('list', { name: 'Events, newest first' })
  await first.locator('#relays-line').click()
  for (const row of [rowOf(first, bob.id), first.locator('.peer[data-kind="relay"]')]) {
    const path = row.locator('.path')
    const before = await path.getAttribute('data-path')
    await expectPath(first, bob.id, 'circuit')
    await row.getByRole('button', { name: /^Kill the path/ }).click()
    await expect(events).toContainText('was lost')
    await expect(path).toHaveAttribute('data-path', before!)
    await first.getByRole('button', { name: 'Clear', exact: true }).click()
  }
  await expectPath(first, bob.id, 'circuit')
  expect(complaints).toEqual([])
})

test('a message to a wallet that sleeps waits, and is delivered when it wakes', { tag: '@long' }, async ({ context }) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  await openWallet(first, complaints)
  const bob = await openWallet(second, complaints)
  await expectPath(first, bob.id, 'webrtc')

  const sleep = second.getByRole('button', { name: 'Sleep', exact: true })
  await sleep.click()
  await expect(sleep).toHaveAttribute('aria-pressed', 'true')
  await expect(second.locator('#status')).toHaveText('Asleep')
  await expect(rowOf(first, bob.id)).toHaveAttribute('data-state', 'away')
  await expectPath(first, bob.id, 'asleep')

  await rowOf(first, bob.id)
    .getByRole('button', { name: `Message ${bob.name}` })
    .click()
  await expect(first.getByLabel('To', { exact: true })).toHaveValue(bob.id)
  await first.keyboard.type('Read this when you are back')
  await first.keyboard.press('Enter')
  const bubble = first.getByRole('log', { name: 'Messages' }).getByRole('listitem').filter({ hasText: 'Read this' })
  await expect(bubble.locator('.delivery')).toHaveText('waiting')

  await sleep.click()
  await expect(second.locator('#status')).toHaveText('Online')
  await expect(second.getByRole('log', { name: 'Messages' })).toContainText('Read this when you are back')
  await expect(bubble.locator('.delivery')).toHaveText(/^delivered/)
  await expect(rowOf(first, bob.id)).toHaveAttribute('data-state', 'connected')
  await expect(first.getByLabel('To', { exact: true })).toHaveValue(bob.id)
  expect(complaints).toEqual([])
})

test('what is said in the room is read by whoever listens', { tag: ['@chromium', '@long'] }, async ({ context }) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  await openWallet(first, complaints)
  await openWallet(second, complaints)
  await second.getByLabel('Say in the room').fill('Who has coffee?')
  await second.keyboard.press('Enter')
  await expect(first.getByRole('log', { name: 'Room' })).toContainText('Who has coffee?')
  await expect(second.locator('#room-count')).toHaveText('others are listening')
  expect(complaints).toEqual([])
})

test(
  'a lookup is walked through the DHT, node by node, and what it finds is counted',
  { tag: '@firefox-long' },
  async ({ context }, testInfo) => {
    const complaints: string[] = []
    const page = await context.newPage()
    const me = await openWallet(page, complaints)
    const dht = page.getByRole('region', { name: 'DHT', exact: true })
    const fact = (name: string) => dht.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]')
    await expect(dht.locator('#dht-mode')).toHaveText('client')
    await expect(fact('Known nodes')).toHaveText('1')
    await expect(fact('Walks')).toHaveText('0')
    await page.getByLabel('Id', { exact: true }).fill('offer-dht')
    await page.getByRole('button', { name: 'Announce' }).click()
    await expect(page.getByRole('list', { name: 'Live resources' })).toContainText('offer-dht')

    const steps = dht.getByRole('list', { name: 'Steps of the walk' }).getByRole('listitem')
    await dht.getByRole('button', { name: 'Look up' }).click()
    await expect(dht.getByRole('status')).toHaveText(
      /^3 nodes asked in .+, the nearest after [12] hops?\. \d+ records? found in /,
    )
    await expect(steps).toHaveCount(3)
    await expect(steps.first()).toContainText(/Demo relay.*hop 1.*names 2 more.* ms$/)
    await expect(steps.last()).toContainText(/hop 2.* ms$/)
    await expect(
      dht.getByRole('img', { name: /^This tab asked, one after the other: Demo relay \(\d+ bits? shared\), / }),
    ).toBeVisible()
    await expect(dht.locator('.walk-node[data-state="answered"]')).toHaveCount(3)
    await expect(fact('Known nodes')).toHaveText('3')
    await expect(fact('Walks')).toHaveText('1')
    await expect(fact('Success')).toHaveText('100 %')

    // A peer id is known for one.
    await dht.getByLabel('Key, peer id or resource type').fill(me.id)
    await expect(dht.getByLabel('Kind of key')).toHaveValue('peer')
    await page.keyboard.press('Enter')
    await expect(dht.getByRole('status')).toContainText('1 record found')
    await dht.getByLabel('Kind of key').selectOption('Key')
    await dht.getByLabel('Key, peer id or resource type').fill('nobody announced this')
    await page.keyboard.press('Enter')
    await expect(dht.getByRole('status')).toContainText('0 records found')
    await expect(fact('Walks')).toHaveText('3')
    expect(complaints).toEqual([])

    // Playwright's screenshot puts a style into the page, and the page's policy complains of it, rightly.
    page.removeAllListeners('console')
    await testInfo.attach('dht', { body: await dht.screenshot(), contentType: 'image/png' })
  },
)

test('HTTP alone carries a wallet: no WebSocket is opened', { tag: '@long' }, async ({ context }) => {
  const complaints: string[] = []
  const first = await context.newPage()
  const second = await context.newPage()
  const sockets: string[] = []
  second.on('websocket', (socket) => sockets.push(socket.url()))
  const alice = await openWallet(first, complaints)
  await openWallet(second, complaints, '?http=1&privacy=relayed')
  await expect(second.locator('.peer[data-kind="relay"] .path')).toHaveAttribute('data-path', 'http')
  await expectPath(second, alice.id, 'circuit')
  expect(sockets).toEqual([])
  expect(complaints).toEqual([])
})

test('the wallet fits a phone', { tag: '@firefox-long' }, async ({ context }, testInfo) => {
  const page = await context.newPage()
  await page.setViewportSize({ width: 360, height: 740 })
  await openWallet(page, [])
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(overflow).toBe(0)
  // A finger needs 44 px.
  const small = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, select, input:not([type="checkbox"]), summary')]
      .map(
        (element) =>
          ({ name: element.id || element.textContent, ...element.getBoundingClientRect().toJSON() }) as DOMRect & {
            name: string
          },
      )
      .filter(({ width, height }) => width > 0 && (height < 43.5 || width < 43.5))
      .map(({ name }) => name),
  )
  expect(small).toEqual([])
  const dht = page.locator('.dht-card')
  await expect(dht.locator('#dht-form')).toBeHidden()
  await dht.getByRole('button', { name: 'Show' }).click()
  await expect(dht.locator('#dht-form')).toBeVisible()
  await testInfo.attach('phone', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' })
})

test('the script-tag page says hello to another one', { tag: '@firefox-long' }, async ({ context }) => {
  const first = await context.newPage()
  const second = await context.newPage()
  for (const page of [first, second]) {
    await page.goto(`${address()}script-tag.html`)
    await expect(page.locator('#status')).toHaveText('online')
  }
  await expect(second.locator('#peers')).toContainText('circuit')
  await second.getByRole('button', { name: 'Say hello to all' }).click()
  await expect(first.locator('#messages')).toContainText('says hello!')
})

test('the demo server serves its pages and nothing else', { tag: '@chromium' }, async ({ request }) => {
  const page = await request.get(address())
  expect(page.headers()['content-security-policy']).toContain("script-src 'self'")
  for (const path of [
    'package.json',
    'demo.mjs',
    'node/basic.mjs',
    '..%2fpackage.json',
    '%2e%2e/package.json',
    'dist/node.js',
    'dist/',
  ]) {
    expect((await request.get(`${address()}${path}`)).status(), path).toBe(404)
  }
  expect((await request.post(address())).status()).toBe(405)
})

test('Ctrl-C ends relays and page, and the process with them, while a wallet is connected', { tag: '@chromium' }, async ({
  page,
}) => {
  const own = await startDemo()
  await page.goto(own.address)
  await expect(page.locator('#status')).toHaveText('Online')
  const exited = once(own.demo, 'exit')
  own.demo.kill('SIGINT')
  expect(await exited).toEqual([0, null])
  await expect(page.locator('#status')).not.toHaveText('Online')
})
